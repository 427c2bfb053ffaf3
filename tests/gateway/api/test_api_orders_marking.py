"""Marked goods of orders on emulated registers: picked, asked about, sold with their codes, and one unit back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from api_world import World, gateway_world
from orders_http import FEE, SHOES, Caller, a_line, an_order, chain, code, faults, forms_of, paid
from permit_kit import CDN, Stand

from devices.registers.factory import create
from emulator.permit.faults import Kind
from gateway.embedded import EmbeddedShop
from gateway.rim import now

SOCKS, BOOKS = "04600439931263", "04600439931270"
PAIRS = a_line(id="pairs", price="1999.00", quantity=3, marked=True, gtin=SHOES)
ALL = [code(1), code(2), code(3)]


@dataclass
class House:
    world: World
    embedded: EmbeddedShop
    stand: Stand

    async def items(self, made: Any) -> list[dict[int, Any]]:
        """Tags of each line of a document, as its drive holds them."""
        status, answer, _ = await self.world.get(f"/api/v1/receipts/{made['receipt_id']}/tags")
        assert status == 200, answer
        return [
            {tag["tag"]: tag.get("value", tag.get("children")) for tag in item["children"]}
            for item in answer["tags"]
            if item["tag"] == 1059
        ]


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A register of each ФФД; permit mode on."""
    links = {
        "kkt-1": "emulated:shtrih",
        "kkt-105": "emulated:shtrih?ffd=1.05",
        "kkt-11": "emulated:shtrih?ffd=1.1",
    }
    embedded = EmbeddedShop(tmp_path / "emulated", links, rng=random.Random(7), ticks=asyncio.get_running_loop().time)
    await embedded.start()
    registers = {name: create("shtrih", embedded.link(name)) for name in links}
    stand = Stand(CDN, now=now)
    async with gateway_world(tmp_path, registers=registers, permit=stand.permit) as world:
        yield House(world, embedded, stand)
    await embedded.close()


def goods(*codes: str) -> dict[str, Any]:
    return {"id": "pairs", "quantity": len(codes), "codes": list(codes)}


async def test_three_marked_units_from_the_prepayment_to_one_back(house: House) -> None:
    caller = Caller(house.world)
    await caller.put(an_order(PAIRS, FEE))
    _, order = await caller.tell(paid("p1", "6297.00"))
    (early,) = order["documents"]
    assert early["kind"] == "prepayment"
    assert [(item[1212], item[1214], item[1023], 1163 in item) for item in await house.items(early)] == [
        (32, 1, "3", False),
        (4, 1, "1", False),
    ]
    _, order = await caller.tell({"id": "d1", "type": "delivery", "items": [goods(*ALL)]})
    closing = order["documents"][-1]
    assert chain(order)[1:] == [("closing", "done", "6297.00")]
    lines = await house.items(closing)
    assert [(item[1212], item[1214], item[1023]) for item in lines] == [(33, 4, "1")] * 3 + [(4, 4, "1")]
    assert [item[2106] for item in lines[:3]] == [15] * 3
    assert len({str(item[1163]) for item in lines[:3]}) == 3
    _, receipt, _ = await house.world.get(f"/api/v1/receipts/{closing['receipt_id']}")
    assert [one["result"] for one in receipt["marking"]] == ["M+"] * 3
    status, order = await caller.tell({"id": "b1", "type": "return", "items": [goods(ALL[1])], "method": "sbp"})
    assert chain(order)[-1] == ("refund_goods", "done", "1999.00"), order
    (back,) = await house.items(order["documents"][-1])
    assert (back[1212], back[1214], back[1163]) == (33, 4, lines[1][1163])
    status, problem = await caller.tell({"id": "b2", "type": "return", "items": [goods(ALL[1], code(9))]})
    assert (status, faults(problem)) == (
        422,
        [("/items/0/codes/0", "code_not_sold"), ("/items/0/codes/1", "code_not_sold")],
    )


@pytest.mark.parametrize("register", ["kkt-105", "kkt-11"])
async def test_an_older_register_gets_the_objects_of_its_own_ffd(house: House, register: str) -> None:
    caller = Caller(house.world)
    status, order = await caller.put(an_order(PAIRS, register=register))
    assert status == 201, order
    await caller.tell(paid("p1", "5997.00"))
    _, order = await caller.tell({"id": "d1", "type": "delivery", "items": [goods(*ALL)]})
    assert chain(order) == [("prepayment", "done", "5997.00"), ("closing", "done", "5997.00")], order
    early, closing = [await house.items(made) for made in order["documents"]]
    assert [(item.get(1212), item[1214], 1162 in item) for item in early] == [(1, 1, False)]
    assert [(item.get(1212), item[1214], 1162 in item) for item in closing] == [(1, 4, True)] * 3


async def test_units_are_picked_by_scans(house: House) -> None:
    caller = Caller(house.world)
    socks = [a_line(id=name, name=f"Носки {name}", price="100", marked=True, gtin=SOCKS) for name in ("s1", "s2")]
    loose = [a_line(id=name, name=name, price="50", marked=True) for name in ("x1", "x2")]
    await caller.put(an_order(a_line(id="tea", name="Чай"), {**PAIRS, "quantity": 2}, *socks, *loose))

    async def scanned(text: str, **more: Any) -> Any:
        status, answer = await caller.scan(text, **more)
        if status != 200:
            assert (status, answer["code"]) == (422, "scan_refused")
            return [fault["code"] for fault in answer["errors"]]
        return {item["id"]: item["codes"] for item in answer["items"] if item["codes"]}

    assert await scanned(code(1), item="pairs") == {"pairs": 1}
    assert await scanned(code(1)) == {"pairs": 1}
    assert await scanned(code(2)) == {"pairs": 2}  # not of the lines that have no GTIN
    assert await scanned(code(3)) == ["scan_not_needed"]
    assert await scanned(code(3, BOOKS)) == ["scan_ambiguous"]
    assert await scanned(code(3), item="pairs") == ["scan_not_needed"]
    assert await scanned(code(1, SOCKS), item="s1") == {"pairs": 2, "s1": 1}
    assert await scanned(code(1, SOCKS), item="pairs") == ["code_of_other_goods"]
    assert await scanned(code(5), item="tea") == ["codes_unexpected"]
    assert await scanned(code(2), remove=True) == {"pairs": 1, "s1": 1}
    assert await scanned(code(2), remove=True) == ["unit_not_picked"]
    status, problem = await caller.tell({"id": "d1", "type": "delivery", "items": [{"id": "pairs"}, {"id": "s1"}]})
    assert (status, problem["code"], faults(problem)) == (
        422, "codes_missing", [("/items/0/codes", "codes_missing")],
    )  # fmt: skip
    door = {"id": "d1", "type": "delivery", "items": [{"id": "pairs", "quantity": 1}, {"id": "s1"}]}
    _, order = await caller.tell({**door, "payments": [{"method": "card", "sum": "2099.00"}]})
    assert chain(order) == [("full", "done", "2099.00")], order
    assert await scanned(code(1), item="pairs") == ["code_twice"]


@pytest.mark.parametrize("way", ["scans", "delivery", "shipment"])
async def test_a_code_in_every_form_goes_to_the_receipt(house: House, way: str) -> None:
    caller = Caller(house.world)
    await caller.put(an_order({**PAIRS, "quantity": 9, "price": "100.00"}))
    whole = [f"01{SHOES}21{index}AbCdE\x1d93dGVz" for index in range(9)]
    damaged = [forms_of(text)[index] for index, text in enumerate(whole)]
    named = {"items": [goods(*damaged)]}
    told: list[Any] = []
    if way == "shipment":
        told.append(await caller.tell({"id": "s1", "type": "shipment", **named}))
    elif way == "scans":
        told += [await caller.scan(text) for text in damaged]
    door = {"id": "d1", "type": "delivery", "payments": [{"method": "card", "sum": "900.00"}]}
    door |= named if way == "delivery" else {}
    told.append(await caller.plan(door))
    told.append(await caller.tell(door))
    assert {status for status, _ in told} == {200}, told
    closing = told[-1][1]["documents"][-1]
    _, receipt, _ = await house.world.get(f"/api/v1/receipts/{closing['receipt_id']}")
    assert [one["result"] for one in receipt["marking"]] == ["M+"] * 9
    assert len([one for one in receipt["warnings"] if one["code"].startswith("marking_code_")]) == 3, receipt
    lines = await house.items(closing)
    assert [text.partition("\x1d")[0] in str(item[1163]) for text, item in zip(whole, lines, strict=True)] == [True] * 9


async def test_a_closing_is_refused_with_a_precise_list(house: House) -> None:
    caller = Caller(house.world)
    other = a_line(id="coat", name="Пальто", price="10.00", marked=True)
    _, order = await caller.put(an_order(PAIRS, other))
    assert order["next"]["delivery"] == ["full"]  # the codes come with it
    await caller.tell(paid("p1", "6007.00"))
    other_shoe = code(1, SOCKS)
    missing = [("/items/0/codes", "codes_missing"), ("/items/1/codes", "codes_missing")]
    wrong = [("/items/0/codes/1", "code_of_other_goods"), ("/items/0/codes/2", "code_twice")]
    for items, wanted in (
        ([goods(*ALL[:2]) | {"quantity": 3}, {"id": "coat"}], missing),
        ([goods(ALL[0], other_shoe, ALL[0])], wrong),
        ([{"id": "coat", "codes": ["4600439931256"]}], [("/items/0/codes/0", "marking_code_no_unit")]),
        ([{"id": "coat", "codes": [code(8), code(9)]}], [("/items/0/codes", "codes_unexpected")]),
    ):
        delivery = {"id": "d1", "type": "delivery", "items": items}
        status, problem = await caller.tell(delivery)
        assert (status, faults(problem)) == (422, wanted), problem
        assert faults((await caller.plan(delivery))[1]) == wanted
        assert all(fault["hint"] for fault in problem["errors"])
    assert len((await caller.get())["documents"]) == 1


async def test_permit_mode_is_asked_before_the_delivery_is_accepted(house: House) -> None:
    caller = Caller(house.world)
    await caller.put(an_order(PAIRS))
    await caller.tell(paid("p1", "5997.00"))
    assert house.stand.line.checks() == []  # nothing is asked before the hand-over
    house.stand.book.put(code(2).partition("\x1d")[0], {"blocked": True})
    house.stand.book.put(code(3).partition("\x1d")[0], {"status": "sold"})
    door = {
        "id": "d1",
        "type": "delivery",
        "items": [
            goods(ALL[0]),
        ],
    }
    status, problem = await caller.tell({**door, "items": [goods(*ALL)]})
    assert (status, problem["code"], faults(problem)) == (
        422,
        "permit_denied",
        [("/items/0/codes/1", "permit_blocked"), ("/items/0/codes/2", "permit_sold")],
    )
    assert all("«Ботинки»" in fault["hint"] for fault in problem["errors"])
    assert len((await caller.get())["documents"]) == 1
    _, order = await caller.tell(door)
    assert chain(order)[-1] == ("closing", "done", "1999.00"), order
    asked = len(house.stand.line.checks())
    assert await caller.tell(door) == (200, order)
    assert len(house.stand.line.checks()) == asked  # a known event asks nobody


async def test_silent_services_refuse_the_delivery_too(house: House) -> None:
    caller = Caller(house.world)
    await caller.put(an_order(PAIRS))
    await caller.tell(paid("p1", "5997.00"))
    house.stand.fault(Kind.DROP, count=1000)
    status, problem = await caller.tell({"id": "d1", "type": "delivery", "items": [goods(ALL[0])]})
    assert (status, problem["code"], faults(problem)) == (
        503,
        "permit_no_answer",
        [("/items/0/codes/0", "permit_no_answer")],
    )


async def test_a_unit_that_another_order_has_is_refused_by_its_name(house: House) -> None:
    one, other = Caller(house.world, "1001"), Caller(house.world, "1002")
    for caller in (one, other):
        await caller.put(an_order(PAIRS))
    await one.scan(code(1))
    status, problem = await other.scan(code(1))
    assert (status, problem["code"], faults(problem)) == (422, "scan_refused", [("/code", "code_of_other_order")])
    assert "order 1001" in problem["detail"]
    door = {"id": "d1", "type": "delivery", "items": [goods(code(2), code(1))], "payments": []}
    for status, problem in (
        await other.tell({**door, "payments": [{"method": "cash", "sum": "3998.00"}]}),
        await other.plan({**door, "payments": [{"method": "cash", "sum": "3998.00"}]}),
    ):
        assert (status, faults(problem)) == (422, [("/items/0/codes/1", "code_of_other_order")])
        assert "order 1001" in problem["errors"][0]["message"]
