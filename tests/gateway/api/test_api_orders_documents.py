"""A document of an order with its receipt, whoever makes it; and a PUT that says again what is so."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from api_world import World
from orders_http import FEE, Caller, a_line, an_order, code, paid

from gateway.api.schemas import SCHEMAS

BANK = {"policy": {"fiscaliser": "bank"}}
DOOR = {"id": "d1", "type": "delivery", "items": [{"id": "boots", "codes": [code(1)]}, {"id": "fee"}]}


@pytest.fixture
def caller(world: World) -> Caller:
    return Caller(world)


async def document(caller: Caller, made: Any) -> Any:
    status, answer, _ = await caller.world.get(f"{caller.path}/documents/{made['receipt_id']}")
    assert (status, set(answer)) == (200, set(SCHEMAS["OrderReceipt"]["properties"]))
    assert {**made, "receipt": answer["receipt"]} == answer
    return answer["receipt"]


def tags(receipt: Any, tag: int) -> list[Any]:
    found = [one for one in receipt["document"]["tags"] if one["tag"] == tag]
    return [one.get("value", one.get("children")) for one in found]


async def test_what_the_banks_till_is_to_issue_can_be_read(caller: Caller) -> None:
    await caller.put(an_order(a_line(marked=True), FEE, **BANK, customer={"email": "buyer@example.ru"}))
    _, planned = await caller.plan(paid("p1", "5000"))
    _, order = await caller.tell(paid("p1", "5000"))
    (made,) = order["documents"]
    assert made["state"] == "awaited"
    assert await document(caller, made) == planned["documents"][0]["receipt"]
    await caller.tell(DOOR)
    closing = await document(caller, (await caller.get())["documents"][1])
    assert (tags(closing, 1008), tags(closing, 1215)) == (["buyer@example.ru"], [500000])
    boots, _ = tags(closing, 1059)
    assert [one["value"] for one in boots if one["tag"] in (1030, 1214)] == ["Ботинки", 4]
    assert any(one["tag"] == 1163 for one in boots)
    assert "Ботинки" in closing["paper"]
    assert base64.b64decode(closing["picture"]).startswith(b"\x89PNG")
    assert caller.world.till.documents == []


async def test_so_can_what_is_planned_anew_when_a_document_is_given_up(caller: Caller) -> None:
    await caller.put(an_order(**BANK))
    await caller.tell(paid("p1", "1000"))
    _, order = await caller.tell(paid("p2", "5000"))
    first = order["documents"][0]
    _, order = await caller.tell({"id": "f1", "type": "document", "receipt_id": first["receipt_id"], "cancelled": True})
    given_up, _, anew = order["documents"]
    assert (given_up["state"], anew["kind"]) == ("cancelled", "prepayment")
    assert (await document(caller, given_up))["total"] == "1000.00"
    assert len(tags(await document(caller, anew), 1059)) == 2


async def test_a_documents_receipt_is_as_it_was_posted(caller: Caller) -> None:
    await caller.put(an_order(customer={"email": "old@example.ru"}))
    _, order = await caller.tell(paid("p1", "1000"))
    await caller.put(an_order(customer={"email": "new@example.ru"}))
    (made,) = order["documents"]
    assert (made["state"], tags(await document(caller, made), 1008)) == ("done", ["old@example.ru"])


async def test_another_orders_document_is_unknown(caller: Caller) -> None:
    await caller.put()
    _, order = await caller.tell(paid("p1", "1000"))
    other = Caller(caller.world, "1002")
    await other.put()
    for name in (order["documents"][0]["receipt_id"], "nothing"):
        status, problem, _ = await caller.world.get(f"{other.path}/documents/{name}")
        assert (status, problem["code"]) == (404, "order_document_unknown")


async def test_our_register_need_not_be_able_to_make_the_banks_document(caller: Caller) -> None:
    await caller.put(an_order(taxation="patent", **BANK))
    status, planned = await caller.plan(paid("p1", "1000"))
    assert status == 200
    _, order = await caller.tell(paid("p1", "1000"))
    assert await document(caller, order["documents"][0]) == planned["documents"][0]["receipt"]


async def test_ones_own_put_may_be_repeated_with_the_version_that_it_changed(caller: Caller) -> None:
    await caller.put()
    edit = an_order(FEE, version=1)
    for _ in range(2):
        status, order = await caller.put(edit)
        assert (status, order["version"], order["total"]) == (200, 2, "300.00")
    status, problem = await caller.put(an_order(version=1))  # once it was so: that is an edit
    assert (status, problem["code"]) == (409, "order_stale")
    status, problem = await caller.put({**edit, "policy": {"courier": "single"}})
    assert (status, problem["code"]) == (409, "order_stale")
    status, problem = await Caller(caller.world, "1002").put(edit)
    assert (status, problem["code"]) == (409, "order_stale")
