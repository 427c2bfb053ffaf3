"""Which PUT is an edit, and which raises the version: the table of docs/orders.md, row by row."""

from __future__ import annotations

from typing import Any

import pytest
from api_world import World
from orders_http import FEE, Caller, a_line, an_order, chain, paid

GIFT = a_line(id="gift", price="0.00")


@pytest.fixture
def caller(world: World) -> Caller:
    return Caller(world)


@pytest.mark.parametrize(
    ("changed", "edit", "version"),
    [
        pytest.param(an_order(a_line(name="Сапоги"), FEE), True, 2, id="name"),
        pytest.param(an_order(a_line(vat="vat10"), FEE), True, 2, id="vat"),
        pytest.param(an_order(a_line(price="4800.00"), FEE, discount="100.00"), True, 2, id="price"),
        pytest.param(an_order(a_line(), FEE, GIFT), True, 2, id="another line"),
        pytest.param(an_order(FEE, a_line()), False, 2, id="order of lines"),
        pytest.param(an_order(internet=True, customer={"email": "buyer@example.ru"}), False, 2, id="internet"),
        pytest.param(an_order(policy={"courier": "single"}), False, 1, id="policy"),
        pytest.param(an_order(customer={"email": "buyer@example.ru"}), False, 1, id="customer"),
        pytest.param(an_order(), False, 1, id="nothing"),
    ],
)
async def test_an_edit_makes_the_next_receipt_an_advance(
    caller: Caller, changed: dict[str, Any], edit: bool, version: int
) -> None:
    await caller.put()
    status, order = await caller.put(changed)
    assert (status, order["version"]) == (200, version)
    _, order = await caller.tell(paid("p1", "5000"))
    assert chain(order) == [("advance" if edit else "prepayment", "done", "5000.00")]


async def test_the_first_lines_of_an_order_are_no_edit(caller: Caller) -> None:
    await caller.put({"items": [], "taxation": "osn"})
    assert (await caller.put())[1]["version"] == 2
    assert chain((await caller.tell(paid("p1", "5000")))[1]) == [("prepayment", "done", "5000.00")]


async def test_a_put_without_policy_has_the_shops(caller: Caller) -> None:
    assert (await caller.put(an_order(policy={"courier": "single"})))[1]["policy"]["courier"] == "single"
    assert (await caller.put())[1]["policy"]["courier"] == "two_receipts"
