"""The orders' calls on a register that works: what they answer, and that saying a thing twice changes nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote

import pytest
from api_world import World, gateway_world
from orders_http import FEE, ORDERS, Caller, a_line, an_order, chain, code, faults, paid

DOOR = {"id": "d1", "type": "delivery", "payments": [{"method": "cash", "sum": "4000.00"}]}
STORY = [("advance", "done", "1000.00"), ("advance", "done", "4000.00"), ("closing", "done", "5000.00")]


@pytest.fixture
def caller(world: World) -> Caller:
    return Caller(world)


async def test_an_order_is_put_once_and_counts_its_versions(caller: Caller) -> None:
    status, order = await caller.put()
    assert (status, order["version"], order["state"], order["total"]) == (201, 1, "new", "5000.00")
    status, again = await caller.put(an_order(a_line(price=4700, quantity="1.0"), FEE, version=1))
    assert (status, again) == (200, order)
    status, edited = await caller.put(an_order(a_line(price="4800"), FEE, version=1))
    assert (status, edited["version"], edited["total"]) == (200, 2, "5100.00")
    status, problem = await caller.put(an_order(version=1))
    assert (status, problem["code"]) == (409, "order_stale")
    assert (await caller.get())["version"] == 2


async def test_the_story_of_an_order(caller: Caller) -> None:
    await caller.put()
    status, order = await caller.tell({"id": "i1", "type": "invoice", "sum": "1000.00"})
    assert (status, order["documents"]) == (200, [])
    status, order = await caller.tell(paid("p1", "1000.00"))
    assert (order["held"], order["state"], order["next"]) == (
        "1000.00", "held",
        {"due": "4000.00", "refund": "0.00", "payment": ["advance"], "delivery": ["advance", "closing"]},
    )  # fmt: skip
    assert "number" in order["documents"][0]["fiscal"]
    status, order = await caller.tell(DOOR)
    assert (status, chain(order), order["held"], order["state"]) == (200, STORY, "0.00", "settled")
    assert [item["open"] for item in order["items"]] == ["0", "0"]
    for made in order["documents"]:
        status, job, _ = await caller.world.get(f"/api/v1/receipts/{made['receipt_id']}")
        assert (job["state"], job["fiscal"]) == ("done", made["fiscal"])


async def test_what_was_handed_over_is_frozen(caller: Caller) -> None:
    await caller.put()
    await caller.tell(paid("p1", "5000.00"))
    await caller.tell({"id": "d1", "type": "delivery", "items": [{"id": "fee"}]})
    status, problem = await caller.put(an_order(a_line(), {**FEE, "price": "200.00"}))
    assert (status, problem["code"], faults(problem)) == (409, "line_settled", [("/items/1", "line_settled")])
    assert (await caller.put(an_order(a_line(quantity=2), FEE)))[0] == 200
    await caller.tell({**DOOR, "id": "d2", "payments": [{"method": "card", "sum": "4700"}]})
    status, problem = await caller.put(an_order(a_line(quantity=3), FEE))
    assert (status, problem["code"]) == (409, "order_settled")
    assert (await caller.put(an_order(a_line(quantity=2), FEE)))[0] == 200  # it changes nothing


async def test_every_event_there_is(caller: Caller) -> None:
    await caller.put(an_order(a_line(quantity=2), FEE))
    await caller.tell({"id": "i1", "type": "invoice", "sum": "9700.00"})
    await caller.tell({**paid("p1", "9700.00"), "sum": None, "method": None} | {
        "payments": [{"method": "cash", "sum": "700"}, {"method": "card", "sum": "9000"}]
    })  # fmt: skip
    await caller.put(an_order(a_line(), FEE))
    await caller.tell({"id": "r1", "type": "refund", "sum": "4700.00", "method": "card"})
    await caller.tell({"id": "s1", "type": "shipment"})
    await caller.tell({"id": "d1", "type": "delivery"})
    await caller.tell({"id": "b1", "type": "return", "items": [{"id": "boots", "quantity": 1}]})
    status, problem = await caller.tell({"id": "c1", "type": "cancel"})
    assert (status, problem["code"]) == (409, "order_settled")
    order = await caller.get()
    assert chain(order) == [
        ("prepayment", "done", "9700.00"),
        ("refund_prepayment", "done", "4700.00"),
        ("closing", "done", "5000.00"),
        ("refund_goods", "done", "4700.00"),
    ]
    status, problem = await caller.tell({"id": "b2", "type": "return", "method": "card"})
    assert (status, problem["code"]) == (409, "form_not_paid")  # what is left was paid in cash
    await Caller(caller.world, "1002").put()
    other = Caller(caller.world, "1002")
    await other.tell(paid("p1", "500"))
    status, order = await other.tell({"id": "c1", "type": "cancel"})
    assert (order["state"], chain(order)[1:]) == ("cancelled", [("refund_advance", "done", "500.00")])
    assert order["next"] == {"due": "0.00", "refund": "0.00", "payment": [], "delivery": []}
    assert [(await other.tell(paid("p2", "1")))[1]["code"], (await other.put(an_order(FEE)))[1]["code"]] == [
        "order_cancelled",
        "order_cancelled",
    ]


async def test_what_the_buyer_owes_is_due(caller: Caller) -> None:
    await caller.put()
    credit = {"id": "d1", "type": "delivery", "payments": [{"method": "credit", "sum": "5000"}]}
    _, order = await caller.tell(credit)
    assert (order["debt"], order["next"]["due"], order["next"]["payment"]) == ("5000.00", "5000.00", ["credit_payment"])
    _, order = await caller.tell(paid("p1", "5000"))
    assert (order["debt"], order["next"]["due"], chain(order)[1:]) == (
        "0.00", "0.00", [("credit_payment", "done", "5000.00")],
    )  # fmt: skip


async def test_marked_goods_where_nobody_is_asked(caller: Caller) -> None:
    await caller.put(an_order(a_line(marked=True), FEE))
    door = {**DOOR, "items": [{"id": "boots", "codes": [code(1)]}, {"id": "fee"}]}
    _, order = await caller.tell({**door, "payments": [{"method": "cash", "sum": "5000"}]})
    assert chain(order) == [("full", "done", "5000.00")], order


async def test_an_event_is_known_by_its_id(caller: Caller) -> None:
    await caller.put()
    event = paid("p1", "1000")
    _, first = await caller.tell(event)
    for same in (event, {**event, "sum": "1000.00"}):
        assert await caller.tell(same) == (200, first)
    keyless = {key: value for key, value in event.items() if key != "id"}
    assert await caller.tell(keyless, headers={"Idempotency-Key": '"p1"'}) == (200, first)
    assert await caller.tell(event, headers={"Idempotency-Key": "p1"}) == (200, first)
    status, problem = await caller.tell(event, headers={"Idempotency-Key": "p2"})
    assert (status, faults(problem)) == (422, [("/id", "key_mismatch")])
    status, problem = await caller.tell({**event, "sum": "1001"})
    assert (status, problem["code"]) == (409, "event_conflict")
    status, problem = await caller.tell(keyless)
    assert (status, faults(problem)) == (422, [("/id", "required")])
    assert await caller.get() == first
    assert len(caller.world.till.documents) == 1


async def test_the_same_event_from_many_callers_at_once(caller: Caller) -> None:
    await caller.put()
    answers = await asyncio.gather(*(caller.tell(paid("p1", "1000")) for _ in range(8)))
    assert {status for status, _ in answers} == {200}
    assert chain(await caller.get()) == STORY[:1]


async def test_known_events_are_known_after_a_restart(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        caller = Caller(world)
        await caller.put()
        _, before = await caller.tell(paid("p1", "1000"))
    async with gateway_world(tmp_path) as world:
        caller = Caller(world)
        assert await caller.get() == before
        assert await caller.tell(paid("p1", "1000")) == (200, before)
        status, problem = await caller.tell(paid("p1", "1000", "card"))
        assert (status, problem["code"]) == (409, "event_conflict")
        assert world.till.documents == []


async def test_an_event_before_the_composition_and_late_ones(caller: Caller) -> None:
    status, problem = await caller.tell(paid("p1", "1000"))
    assert (status, problem["code"]) == (404, "order_unknown")
    status, order = await caller.put({"taxation": "osn"})
    assert (status, order["total"]) == (201, "0.00")
    status, problem = await caller.tell({"id": "d1", "type": "delivery"})
    assert (status, problem["code"]) == (409, "nothing_to_deliver")
    assert (await caller.tell(paid("p1", "1000")))[0] == 200  # money is money
    await caller.put()
    await caller.tell(DOOR)
    _, order = await caller.tell({"id": "i1", "type": "invoice", "sum": "1000.00"})
    assert order["code"] == "order_settled"
    assert (await caller.get())["state"] == "settled"


async def test_an_answer_waits_as_long_as_it_is_told(waiting: World) -> None:
    caller = Caller(waiting)
    await caller.put()
    _, order = await caller.tell(paid("p1", "1000"), wait=0.05)
    assert (chain(order), order["held"]) == ([("advance", "queued", "1000.00")], "0.00")
    _, order = await caller.tell(paid("p2", "100"), wait=0)
    assert chain(order)[1:] == [("advance", "planned", "100.00")]
    status, problem, _ = await waiting.post(f"{caller.path}/events?wait=soon", paid("p3", "1"))
    assert (status, faults(problem)) == (422, [("/wait", "query_invalid")])


async def test_a_plan_makes_nothing(caller: Caller) -> None:
    await caller.put()
    before = await caller.get()
    status, planned = await caller.plan(DOOR)
    assert (status, planned["code"]) == (409, "delivery_unpaid")
    door = {**DOOR, "payments": [{"method": "cash", "sum": "5000"}]}
    status, planned = await caller.plan(door)
    assert (status, [(one["kind"], one["total"]) for one in planned["documents"]]) == (200, [("full", "5000.00")])
    receipt = planned["documents"][0]["receipt"]
    assert (receipt["dry_run"], receipt["total"], receipt["picture"][:5]) == (True, "5000.00", "iVBOR")
    assert "Ботинки" in receipt["paper"]
    assert {"tag": 1031, "value": 500000} in [
        {key: tag[key] for key in ("tag", "value") if key in tag} for tag in receipt["document"]["tags"]
    ]
    assert (await caller.get(), caller.world.till.documents) == (before, [])
    _, order = await caller.tell(door)
    assert [made["receipt_id"] for made in order["documents"]] == [planned["documents"][0]["receipt_id"]]
    for wrong in ({"id": "x", "type": "document", "receipt_id": "r", "cancelled": True}, {"type": "payment"}):
        assert (await caller.plan(wrong))[0] == 422


async def test_orders_are_listed_by_page(world: World) -> None:
    for number in ("a", "b", "c", "d"):
        await Caller(world, number).put()
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        _, page, _ = await world.get(f"{ORDERS}?limit=3&after_number={after}")
        found += [order["number"] for order in page["orders"]]
        after = page["next"]
    assert found == ["a", "b", "c", "d"]
    for query in ("limit=0", "attention=maybe", "color=1"):
        assert (await world.get(f"{ORDERS}?{query}"))[0] == 422


async def test_faults_of_a_body_come_at_once_and_leave_nothing(caller: Caller) -> None:
    body = an_order(a_line(price=-1), a_line(vat="vat122"), register="kkt-9", policy={"courier": "x"})
    status, problem = await caller.put(body)
    assert (status, set(faults(problem))) == (
        422,
        {
            ("/items/0/price", "money_negative"),
            ("/items/1/id", "line_twice"),
            ("/items/1/vat", "vat_not_plain"),
            ("/policy/courier", "unknown_value"),
            ("/register", "register_unknown"),
        },
    )
    assert all(fault["hint"] for fault in problem["errors"])
    assert (await caller.world.get(caller.path))[0] == 404


@pytest.mark.parametrize("number", ["заказ 15/2", "№ 7", "a b", "1001%2F2", "x" * 64])
async def test_an_orders_number_is_the_shops_own(world: World, number: str) -> None:
    caller = Caller(world, quote(number, safe=""))
    status, order = await caller.put()
    assert (status, order["number"]) == (201, number)
    await caller.tell(paid("p1", "1000"))
    _, page, _ = await world.get("/api/v1/receipts", params={"order": number})
    assert [receipt["order"] for receipt in page["receipts"]] == [number]


@pytest.mark.parametrize("number", ["x" * 65, "%0A", "%00", "%20"])
async def test_numbers_that_nobody_can_read_are_refused(world: World, number: str) -> None:
    status, problem = await Caller(world, number).put()
    assert (status, problem["code"]) in {(422, "order_number_invalid"), (400, "address_invalid")}
