"""What a connected register cannot make of an order: told once for each cause, at the order's own line."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_world import World, a_body, an_item_body, gateway_world
from orders_http import FEE, SHOES, Caller, a_line, an_order, code, faults

from devices.registers.factory import create
from gateway.api.order_checks import _at_event
from gateway.api.schemas import SCHEMAS
from gateway.embedded import EmbeddedShop
from gateway.orders.accept import accept_order
from gateway.orders.order import Delivery, Goods, Order, Paid, Payment
from gateway.orders.plan import plan
from gateway.orders.policy import Policy
from gateway.orders.words import Means
from gateway.rim import now


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Registers that turn 20 % into 22 % by themselves, as they do since 2026; one of ФФД 1.05."""
    links = {"kkt-1": "emulated:shtrih", "kkt-105": "emulated:shtrih?ffd=1.05"}
    embedded = EmbeddedShop(tmp_path / "emulated", links, rng=random.Random(7), ticks=asyncio.get_running_loop().time)
    await embedded.start()
    registers = {name: create("shtrih", embedded.link(name)) for name in links}
    async with gateway_world(tmp_path, registers=registers) as world:
        for name in links:  # it answers, so it is connected
            status, answer, _ = await world.post(f"/api/v1/registers/{name}/x-report?wait=60", {"id": name})
            assert status == 201, answer
        yield world
    await embedded.close()


async def test_each_cause_is_told_once(world: World) -> None:
    for lines, expected in (
        ([a_line(vat="vat20"), FEE], [("/items/0/vat", "vat_replaced_by_register")]),
        (
            [FEE, a_line(vat="vat20"), a_line(id="b", vat="vat20")],
            [("/items/1/vat", "vat_replaced_by_register"), ("/items/2/vat", "vat_replaced_by_register")],
        ),
        ([a_line(price="99999999.99", quantity=9999), FEE], [("/items/0", "receipt_does_not_fit")]),
        (
            [a_line(id=name, price="99999999.99", quantity=90) for name in ("a", "b", "c")],
            [("/items", "receipt_does_not_fit")],  # each line fits, their sum does not
        ),
    ):
        status, problem = await Caller(world).put(an_order(*lines))
        assert (status, faults(problem)) == (422, expected), problem


async def test_what_the_codes_of_marked_lines_would_be_refused_for_is_told_before_there_are_any(world: World) -> None:
    half = a_line(marked=True, numerator=1, denominator=2, quantity=200)
    status, problem = await Caller(world).put(an_order(FEE, half, register="kkt-105"))
    assert (status, faults(problem)) == (422, [("/items/1", "fraction_not_in_ffd")]), problem
    for body in (an_order(FEE, half), an_order(FEE, a_line(marked=True), register="kkt-105")):
        status, order = await Caller(world, "1002").put(body)
        assert status in {200, 201}, order


async def test_a_closing_that_fails_names_the_orders_line(world: World) -> None:
    """The unit was sold by a receipt that is no order's: only the closing itself learns of it."""
    sold = an_item_body(payment_object="commodity_with_marking", marking={"code": code(1)}, quantity=1, price="10.00")
    money = [{"type": "cash", "sum": "10.00"}]
    status, receipt, _ = await world.post(
        "/api/v1/receipts?wait=60", a_body(id="sold", items=[sold], payments=money, taxation="osn")
    )
    assert (status, receipt["state"]) == (201, "done"), receipt
    caller = Caller(world)
    await caller.put(an_order(FEE, a_line(marked=True, gtin=SHOES)))
    await caller.scan(code(1))
    status, order = await caller.tell(
        {"id": "d1", "type": "delivery", "payments": [{"method": "card", "sum": "5000.00"}]}, wait=60
    )
    (made,) = order["documents"]
    assert made["state"] == "failed"
    assert "line boots (Ботинки), /items/1/marking of the receipt" in made["error"]["detail"]
    assert made["error"]["hint"].startswith("«Ботинки» (в чеке позиция 2): ")
    (alarm,) = order["attention"]
    assert made["error"]["hint"] in alarm["hint"]


def test_a_fault_of_a_picked_unit_is_told_of_its_line() -> None:
    """The delivery names no lines: the pointer is into the order."""
    put, _ = accept_order(an_order(FEE, a_line(marked=True, gtin=SHOES)), "1001", now, Policy())
    order = Order(number="1001", lines=put.lines, codes={"boots": (code(1),)})
    bare = Delivery(id="d1", paid=(Paid(Means.CARD, order.total),))
    (made,) = plan(order, bare, Policy())
    assert [item.line for item in made.items] == ["fee", "boots"]
    named = Delivery(id="d1", goods=(Goods("boots", None, (code(1),)), Goods("fee")))
    for pointer, event, expected in (
        ("/items/1/marking", bare, "/items/1"),
        ("/items/1/marking", named, "/items/0/codes/0"),
        ("/items/0/name", named, "/items/1"),
        ("/items/0/name", Payment(id="p1", paid=bare.paid), "/items/0"),
        ("/items", bare, "/items"),
        ("/payments/0", bare, ""),
    ):
        assert _at_event(pointer, made, event, order) == expected, (pointer, event)


def test_the_document_names_every_kind_of_the_design() -> None:
    """design.md, "Orders (fixed)"."""
    assert set(SCHEMAS["OrderDocument"]["properties"]["kind"]["enum"]) == {
        "advance", "prepayment", "partial_prepayment", "full", "closing", "credit_payment",
        "refund_advance", "refund_prepayment", "refund_goods", "correction",
    }  # fmt: skip
