"""What stops an order's chain: a document that failed, and one that another till is to issue."""

from __future__ import annotations

from typing import Any

import pytest
from api_world import World
from fake_register import Till
from orders_http import FEE, ORDERS, Caller, an_order, chain, faults, paid

from devices.errors import RequestError

FISCAL = {"fn": "9999078902001111", "document": 7, "sign": "0123456789"}
NOT_RECEIVED = {
    "event": "p1",
    "detail": "given up: 1000.00 counts as not received",
    "hint": "Отменено вручную: 1000.00 не получено. Чтобы сообщить о событии ещё раз, дайте ему новый id.",
}
DOOR = {"id": "d1", "type": "delivery"}


@pytest.fixture
def caller(world: World) -> Caller:
    return Caller(world)


def broken(till: Till) -> None:
    till.faults["check"].append(RequestError("the drive is full", code="drive_full", hint="Замените накопитель."))


async def alarmed(world: World) -> list[str]:
    _, page, _ = await world.get(f"{ORDERS}?attention=1")
    return [alarm["code"] for order in page["orders"] for alarm in order["attention"]]


async def test_a_failed_document_stops_the_chain_until_it_is_retried(caller: Caller) -> None:
    world = caller.world
    await caller.put()
    broken(world.till)
    _, order = await caller.tell(paid("p1", "5000"))
    assert (chain(order), order["held"], order["state"]) == ([("prepayment", "failed", "5000.00")], "0.00", "new")
    (failed,) = order["documents"]
    assert failed["error"] == {"code": "drive_full", "detail": "the drive is full", "hint": "Замените накопитель."}
    assert (await alarmed(world), order["attention"][0]["code"]) == (["document_failed"], "document_failed")
    _, order = await caller.tell(DOOR)
    assert chain(order)[1:] == [("closing", "planned", "5000.00")]  # planned on what is intended
    assert world.till.documents == []
    status, _, _ = await world.post(f"/api/v1/receipts/{failed['receipt_id']}/retry?wait=60")
    assert status == 201
    order = await caller.get()
    assert (chain(order), order["state"]) == (
        [("prepayment", "done", "5000.00"), ("closing", "done", "5000.00")],
        "settled",
    )
    assert (await alarmed(world), order["documents"][0]["error"]) == ([], None)


async def test_a_failed_document_is_given_up_and_the_later_events_are_planned_anew(caller: Caller) -> None:
    world = caller.world
    await caller.put()
    broken(world.till)
    _, order = await caller.tell(paid("p1", "1000"))
    await caller.tell(paid("p2", "5000"))
    status, job, _ = await world.post(f"/api/v1/receipts/{order['documents'][0]['receipt_id']}/cancel")
    assert (status, job["state"]) == (200, "cancelled")
    order = await caller.get()
    assert [made for made in chain(order) if made[1] == "done"] == [("prepayment", "done", "5000.00")]
    assert (order["held"], order["refused"], await alarmed(world)) == (
        "5000.00",
        [NOT_RECEIVED],
        ["event_without_document"],
    )


async def test_what_was_given_up_is_heard_by_the_very_next_call(caller: Caller) -> None:
    world = caller.world
    await caller.put()
    for number in range(5):
        broken(world.till)
        door = {**DOOR, "id": f"d{number}", "payments": [{"method": "cash", "sum": "5000"}]}
        _, order = await caller.tell(door)
        assert chain(order)[-1][1] == "failed"
        await world.post(f"/api/v1/receipts/{order['documents'][-1]['receipt_id']}/cancel")
        if number % 2:
            _, order, _ = await world.get(caller.path)
            assert order["documents"][-1]["state"] == "cancelled"
    assert (await caller.put(an_order(FEE)))[1]["total"] == "300.00"


async def bank_order(caller: Caller) -> list[Any]:
    await caller.put(an_order(policy={"fiscaliser": "bank"}))
    await caller.tell(paid("p1", "1000"))
    _, order = await caller.tell(paid("p2", "4000"))
    assert chain(order) == [("advance", "awaited", "1000.00"), ("advance", "awaited", "4000.00")]
    assert order["held"] == "0.00"
    assert {made["fiscaliser"] for made in order["documents"]} == {"bank"}
    documents: list[Any] = order["documents"]
    return documents


def foreign(key: str, made: Any, **more: Any) -> dict[str, Any]:
    return {"id": key, "type": "document", "receipt_id": made["receipt_id"], **({"fiscal": FISCAL} | more)}


async def test_documents_of_the_banks_till_are_recorded_in_their_order(caller: Caller) -> None:
    first, second = await bank_order(caller)
    status, problem = await caller.tell(foreign("f2", second))
    assert (status, problem["code"]) == (409, "document_not_next")
    for _ in range(2):
        status, order = await caller.tell(foreign("f1", first))
        assert (status, order["held"], order["documents"][0]["fiscal"]) == (200, "1000.00", FISCAL)
    status, problem = await caller.tell(foreign("f1", first, fiscal={**FISCAL, "document": 8}))
    assert (status, problem["code"]) == (409, "document_not_next")
    status, problem = await caller.tell(foreign("f3", {"receipt_id": "nobody"}))
    assert (status, problem["code"]) == (409, "document_not_next")
    await caller.tell(foreign("f2", second, fiscal={**FISCAL, "document": 8}))
    _, order = await caller.tell({**DOOR, "fiscaliser": "local"})
    assert (chain(order)[-1], order["state"]) == (("closing", "done", "5000.00"), "settled")
    assert len(caller.world.till.documents) == 1


async def test_a_document_of_the_banks_till_is_one_receipt(caller: Caller) -> None:
    first, second = await bank_order(caller)
    await caller.tell(foreign("f1", first))
    status, problem = await caller.tell(foreign("f2", second))
    assert (status, problem["code"]) == (409, "document_recorded")
    assert first["receipt_id"] in problem["detail"]


async def test_what_our_register_cannot_make_the_banks_may(caller: Caller) -> None:
    order = an_order(taxation="patent")
    assert faults((await caller.put(order))[1]) == [("/taxation", "taxation_not_registered")]
    assert (await caller.put({**order, "policy": {"fiscaliser": "bank"}}))[0] == 201
    assert (await caller.tell(paid("p1", "1000")))[0] == 200
    status, problem = await caller.tell(
        {**DOOR, "fiscaliser": "local", "payments": [{"method": "cash", "sum": "4000"}]}
    )
    assert (status, [code for _, code in faults(problem)]) == (422, ["taxation_not_registered"])


async def test_a_document_that_the_bank_never_issued_is_given_up(caller: Caller) -> None:
    first, _ = await bank_order(caller)
    status, order = await caller.tell(
        {"id": "f1", "type": "document", "receipt_id": first["receipt_id"], "cancelled": True}
    )
    assert (status, order["refused"]) == (
        200,
        [NOT_RECEIVED],
    )
    made = order["documents"][-1]
    assert (made["event"], made["state"], made["total"]) == ("p2", "awaited", "4000.00")
    status, order = await caller.tell(foreign("f2", made, datetime=None))
    assert status == 422
    status, order = await caller.tell(foreign("f2", made))
    assert (status, order["held"]) == (200, "4000.00")


async def test_a_foreign_documents_data_is_checked(caller: Caller) -> None:
    first, _ = await bank_order(caller)
    status, problem = await caller.tell(
        foreign("f1", first, fiscal={"fn": "12", "document": 0, "sign": "x", "datetime": "yesterday", "colour": 1})
    )
    assert (status, {pointer for pointer, _ in faults(problem)}) == (
        422,
        {f"/fiscal/{name}" for name in ("fn", "document", "sign", "datetime", "colour")},
    )


async def test_a_cancellation_whose_refund_is_given_up_is_taken_back(caller: Caller) -> None:
    world = caller.world
    await caller.put()
    await caller.tell(paid("p1", "5000"))
    broken(world.till)
    _, order = await caller.tell({"id": "c1", "type": "cancel"})
    assert chain(order)[1:] == [("refund_prepayment", "failed", "5000.00")]
    refund = order["documents"][1]["receipt_id"]
    assert (await world.post(f"/api/v1/receipts/{refund}/cancel"))[0] == 200
    order = await caller.get()
    assert (order["state"], order["held"], order["next"]["delivery"]) == ("held", "5000.00", ["closing"])
    assert [one["code"] for one in order["attention"]] == ["event_without_document"]
    _, order = await caller.tell(DOOR)
    assert (order["state"], chain(order)[-1], order["attention"]) == ("settled", ("closing", "done", "5000.00"), [])
