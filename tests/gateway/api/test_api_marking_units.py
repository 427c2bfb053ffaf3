"""`POST /marking/check` on emulated registers: each unit is asked about as its receipt will move it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from api_world import World, a_body, an_item_body, gateway_world
from permit_kit import CDN, Stand, shoe

from devices.registers.factory import create
from emulator.marking.oism import OismServer
from gateway.embedded import EmbeddedShop
from gateway.rim import now

CHECK = "/api/v1/marking/check"


@dataclass
class Emulated:
    world: World
    embedded: EmbeddedShop

    async def check(self, **body: Any) -> Any:
        status, answer, _ = await self.world.post(CHECK, {"drive": True, **body})
        assert status == 200, answer
        return answer.get("items", answer)

    def planned(self) -> list[int]:
        """Tag 2003 of every request that reached the marking system."""
        return [entry["planned"] for entry in self.oism.requests()]

    @property
    def oism(self) -> OismServer:
        assert self.embedded.shop.oism is not None
        return self.embedded.shop.oism


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Emulated]:
    """kkt-1 of ФФД 1.2, kkt-2 of 1.05; permit mode on."""
    links = {"kkt-1": "emulated:shtrih", "kkt-2": "emulated:shtrih?ffd=1.05"}
    ticks = asyncio.get_running_loop().time
    embedded = EmbeddedShop(tmp_path / "emulated", links, rng=random.Random(7), ticks=ticks)
    await embedded.start()
    registers = {name: create("shtrih", embedded.link(name)) for name in links}
    async with gateway_world(tmp_path, registers=registers, permit=Stand(CDN, now=now).permit) as world:
        yield Emulated(world, embedded)
    await embedded.close()


async def test_each_unit_with_the_status_that_its_receipt_will_plan(house: Emulated) -> None:
    found = await house.check(
        items=[
            {"code": shoe(1)},
            {"code": shoe(2), "numerator": 1, "denominator": 3},
            {"code": shoe(3), "quantity": "0.250", "measure": "kilogram"},
            {"code": shoe(4), "operation": "sell_refund"},
            {"code": shoe(5), "operation": "sell_refund", "numerator": 1, "denominator": 2},
            {"code": shoe(6), "operation": "buy"},
            {"code": shoe(7), "operation": "buy_refund", "quantity": "1.5", "measure": "liter"},
        ]
    )
    assert house.planned() == [1, 2, 2, 3, 4, 3, 2]
    assert [one["drive"]["result"] for one in found] == ["M+"] * 7
    assert {one["permit"]["reason"] for one in found[5:]} == {"permit_not_asked"}


async def test_the_operation_of_all_is_that_of_each_unless_it_says_otherwise(house: Emulated) -> None:
    await house.check(operation="sell_refund", items=[{"code": shoe(1)}, {"code": shoe(2), "operation": "sell"}])
    assert house.planned() == [3, 1]


async def test_a_pack_that_is_partly_sold_is_judged_by_what_is_asked(house: Emulated) -> None:
    part = {"code": shoe(1), "numerator": 1, "denominator": 2}
    line = an_item_body(payment_object="commodity_with_marking", marking=part)
    status, sold, _ = await house.world.post("/api/v1/receipts?wait=60", a_body(items=[line]))
    assert (status, sold["state"]) == (201, "done")
    whole, half, back = await house.check(items=[{"code": shoe(1)}, part, {**part, "operation": "sell_refund"}])
    assert (whole["drive"]["result"], whole["drive"]["reason"]["code"]) == ("M-", "marking_status_wrong")
    assert (half["drive"]["result"], back["drive"]["result"]) == ("M+", "M+")
    assert whole["oism"]["status"] == 2


async def test_a_return_of_what_was_never_sold_says_so(house: Emulated) -> None:
    house.oism.book.put(shoe(1).partition("\x1d")[0], {"status": "in_circulation"})
    found = await house.check(code=shoe(1), operation="sell_refund")
    assert found["drive"]["reason"]["code"] == "marking_return_status_wrong"
    assert "не числится проданным" in found["drive"]["reason"]["hint"]


async def test_a_register_of_an_older_ffd_does_not_fail_it_does_not_check(house: Emulated) -> None:
    house.oism.book.put(shoe(2).partition("\x1d")[0], {"blocked": True})
    one = await house.check(register="kkt-2", code=shoe(1))
    assert (one["drive"]["result"], one["drive"]["flags"], one["drive"]["error"]) == ("M", 0, None)
    assert one["drive"]["reason"]["code"] == "marking_not_in_ffd"
    assert (one["drive"]["local"], one["drive"]["kind"], one["oism"]) == (None, None, None)
    assert (one["permit"]["allowed"], one["permit"]["reason"]) == (True, "permit_granted")
    assert house.planned() == []


async def test_what_a_receipt_would_refuse_is_a_fault_of_its_line_alone(house: Emulated) -> None:
    items = [{"code": shoe(1)}, {"code": "4600439931256"}, {"code": "00106141411234567897"}, {"code": "hello"}]
    good, *bad = await house.check(items=items)
    assert (good["fault"], good["drive"]["result"]) == (None, "M+")
    assert [one["fault"]["code"] for one in bad] == [
        "marking_code_no_unit",
        "marking_code_not_sold",
        "marking_code_no_unit",
    ]
    assert all(one["code"] is None and one["drive"] is None and not one["permit"]["allowed"] for one in bad)
    assert house.planned() == [1]
