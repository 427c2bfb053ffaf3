"""What a connected register cannot make of an order: told once for each cause, at the order's own line."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_world import World, gateway_world
from orders_http import FEE, SHOES, Caller, a_line, an_order, code, faults, paid

from devices.registers.factory import create
from gateway.api.schemas import SCHEMAS
from gateway.embedded import EmbeddedShop


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Registers that turn 20 % into 22 % by themselves, as they do since 2026; one of ФФД 1.05."""
    links = {"kkt-1": "emulated:shtrih", "kkt-105": "emulated:shtrih?ffd=1.05"}
    embedded = EmbeddedShop(tmp_path / "emulated", links, rng=random.Random(7), ticks=asyncio.get_running_loop().time)
    await embedded.start()
    registers = {name: create("shtrih", embedded.link(name)) for name in links}
    async with gateway_world(tmp_path, registers=registers) as world:
        for name in links:  # it answers, so it is connected
            status, answer, _ = await world.post(f"/api/v1/registers/{name}/x-report?wait=20", {"id": name})
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


async def test_a_fault_of_a_scanned_unit_is_told_of_its_line(world: World) -> None:
    """The delivery names no lines: the pointer is into the order."""
    caller = Caller(world)
    half = a_line(marked=True, gtin=SHOES, numerator=1, denominator=2)
    status, order = await caller.put(an_order(FEE, half, register="kkt-105"))
    assert status == 201, order
    await caller.tell(paid("p1", "5000.00"))
    status, order = await caller.scan(code(1))
    assert status == 200, order
    status, problem = await caller.tell({"id": "d1", "type": "delivery"})
    assert (status, faults(problem)) == (422, [("/items/1", "fraction_not_in_ffd")]), problem
    assert problem["errors"][0]["message"].startswith("line boots: ")


def test_the_document_names_every_kind_of_the_design() -> None:
    """design.md, "Orders (fixed)"."""
    assert set(SCHEMAS["OrderDocument"]["properties"]["kind"]["enum"]) == {
        "advance", "prepayment", "partial_prepayment", "full", "closing", "credit_payment",
        "refund_advance", "refund_prepayment", "refund_goods", "correction",
    }  # fmt: skip
