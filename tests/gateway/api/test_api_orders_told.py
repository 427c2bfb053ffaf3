"""What the orders' calls say of things told twice, frozen, given up, or not there yet: what is so, what is next."""

from __future__ import annotations

from typing import Any

import pytest
from api_world import World
from fake_register import Till
from orders_http import FEE, Caller, a_line, an_order, chain, faults, paid

from devices.errors import RequestError

DOOR = {"id": "d1", "type": "delivery"}
FISCAL = {"fn": "9999078902001111", "document": 7, "sign": "0123456789"}


@pytest.fixture
def caller(world: World) -> Caller:
    return Caller(world)


def broken(till: Till) -> None:
    till.faults["check"].append(RequestError("the drive is full", code="drive_full", hint="Замените накопитель."))


async def test_a_plan_of_what_was_told_answers_as_the_event_would(caller: Caller) -> None:
    await caller.put()
    for event in (paid("p1", "1000"), paid("p2", "4000"), DOOR):
        _, planned = await caller.plan(event)
        assert planned["documents"]
        await caller.tell(event)
        assert await caller.plan(event) == (200, {"number": "1001", "documents": []})
        status, problem = await caller.plan({**event, "fiscaliser": "bank"})
        assert (status, problem["code"]) == (409, "event_conflict")
        assert await caller.tell({**event, "fiscaliser": "bank"}) == (status, problem)


async def test_a_settled_orders_tax_system_is_frozen_and_its_refund_bears_it(caller: Caller) -> None:
    await caller.put()
    await caller.tell({**DOOR, "payments": [{"method": "cash", "sum": "5000"}]})
    left_out = {key: value for key, value in an_order().items() if key != "taxation"}  # the register has one only
    status, problem = await caller.put(left_out)
    assert (status, problem["code"], faults(problem)) == (409, "order_settled", [("/taxation", "order_settled")])
    assert (await caller.put(an_order(customer={"email": "buyer@example.ru"})))[0] == 200
    _, planned = await caller.plan({"id": "r1", "type": "return"})
    tags = planned["documents"][0]["receipt"]["document"]["tags"]
    assert [tag["value"] for tag in tags if tag["tag"] == 1055] == [1]


async def test_a_cancellation_while_the_closing_has_failed_names_the_failed_receipt(caller: Caller) -> None:
    world = caller.world
    await caller.put()
    await caller.tell(paid("p1", "5000"))
    broken(world.till)
    _, order = await caller.tell(DOOR)
    closing = order["documents"][-1]["receipt_id"]
    assert chain(order)[-1][1] == "failed"
    cancel = {"id": "c1", "type": "cancel"}
    for status, problem in (await caller.tell(cancel), await caller.plan(cancel)):
        assert (status, problem["code"]) == (409, "order_settled")
        assert f"once {closing} is registered, which is failed" in problem["detail"]
        assert problem["hint"].startswith(f"Чек {closing} ещё не пробит.")
    status, problem = await caller.tell({"id": "r1", "type": "refund", "sum": "6000"})  # wrong with and without it
    assert "once" not in problem["detail"]
    await world.post(f"/api/v1/receipts/{closing}/cancel")
    status, order = await caller.tell(cancel)
    assert (status, order["state"], order["held"]) == (200, "cancelled", "0.00")


@pytest.mark.parametrize("number", ["1001", "%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7%201"])
async def test_the_cancellation_of_a_receipt_that_is_awaited_names_the_right_way(world: World, number: str) -> None:
    caller = Caller(world, number)
    await caller.put(an_order(policy={"fiscaliser": "bank"}))
    await caller.tell(paid("p1", "1000"))
    _, order = await caller.tell(paid("p2", "4000"))
    first, second = (made["receipt_id"] for made in order["documents"])

    async def cancelled(receipt: str) -> Any:
        status, problem, _ = await world.post(f"/api/v1/receipts/{receipt}/cancel")
        assert (status, problem["code"]) == (404, "job_unknown")
        return problem

    problem = await cancelled(first)
    told = {"id": "x1", "type": "document", "receipt_id": first, "cancelled": True}
    assert f'"receipt_id": "{first}", "cancelled": true' in problem["detail"]
    assert "сообщите заказу событие document" in problem["hint"]
    problem = await cancelled(second)
    assert f"{first} is before it" in problem["detail"]
    assert first in problem["hint"]
    status, order = await caller.tell(told)
    assert (status, [one["event"] for one in order["refused"]]) == (200, ["p1"])
    for nobody in ("nobody", f"{first[:-1]}x"):
        assert nobody in (await cancelled(nobody))["detail"]


async def test_the_cancellation_of_a_receipt_that_is_planned_names_what_stands_before_it(caller: Caller) -> None:
    await caller.put()
    broken(caller.world.till)
    await caller.tell(paid("p1", "5000"))
    _, order = await caller.tell(DOOR)
    failed, planned = (made["receipt_id"] for made in order["documents"])
    status, problem, _ = await caller.world.post(f"/api/v1/receipts/{planned}/cancel")
    assert (status, problem["code"]) == (404, "job_unknown")
    assert f"planned and no job; documents of an order are given up in their order, and {failed}" in problem["detail"]


@pytest.mark.parametrize(
    ("sign", "kept"), [(123456789, "0123456789"), ("123456789", "123456789"), (0, "0000000000"), (9999999999, "9" * 10)]
)
async def test_a_fiscal_sign_may_be_the_number_that_the_gateway_writes(caller: Caller, sign: object, kept: str) -> None:
    await caller.put(an_order(a_line(), FEE, policy={"fiscaliser": "bank"}))
    _, order = await caller.tell(paid("p1", "1000"))
    event = {"id": "f1", "type": "document", "receipt_id": order["documents"][0]["receipt_id"]}
    for _ in range(2):
        status, order = await caller.tell({**event, "fiscal": {**FISCAL, "sign": sign}})
        assert (status, order["held"], order["documents"][0]["fiscal"]["sign"]) == (200, "1000.00", kept)
    for wrong in (-1, 10**10, 1.5, True, "12345678901", None):
        status, problem = await caller.tell({**event, "fiscal": {**FISCAL, "sign": wrong}})
        assert (status, faults(problem)[0][0]) == (422, "/fiscal/sign")


async def test_the_types_of_a_foreign_document_are_told(world: World) -> None:
    _, described, _ = await world.get("/openapi.json")
    sign = described["components"]["schemas"]["ForeignFiscal"]["properties"]["sign"]
    assert [one["type"] for one in sign["anyOf"]] == ["string", "integer"]
