"""Receipts of ФФД 1.05 and 1.1: their registers ask no marking system, it hears of their codes from the OFD."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from marking_kit import KI, PACK, SHORT, START, Host
from shtrih_kit import ADMIN, closing
from virtual_loop import virtual

from emulator.marking.book import Status
from emulator.marking.told_by_ofd import movements
from emulator.ofd import Behaviour
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element
from protocols.marking import product_code_bytes, read
from protocols.shtrih.commands.receipts import OpenShift

SOLD, PARTLY, BACK, PARTLY_BACK = 1, 2, 3, 4
FUR, BLOCK = b"RU-401301-AAA0277031", b"010460043993125621JgXJ5.T\x1d8005112000\x1d93dGVz"


@asynccontextmanager
async def shop_of(ffd: FfdVersion) -> AsyncIterator[tuple[Host, Host]]:
    """A register of this ФФД and one of 1.2 that asks what is known, with an OFD and a marking system."""
    plan = Plan(
        registers=tuple(
            RegisterPlan(settings=Settings(name=name, serial=serial, ffd=version))
            for serial, (name, version) in enumerate((("old", ffd), ("new", FfdVersion.V1_2)), 1)
        ),
        with_ofd=True,
        with_oism=True,
    )
    shop = Shop(plan, clock=Clock(START, ticks=lambda: 0.0), random=Random(1))
    await shop.start()
    try:
        old = Host(shop, "old")
        await old.call(OpenShift(ADMIN))
        yield old, Host(shop, "new")
    finally:
        await shop.close()


async def sold(host: Host, operation: int = 1) -> None:
    """A receipt of one marked unit, as a register without a check of codes makes it."""
    await host.open({1: 0, 2: 2}[operation])
    await host.line(SHORT, object=1, operation=operation)
    await host.call(closing(0, electronic=15000))


async def delivered(host: Host) -> None:
    await host.until(lambda: not host.drive.backlog.count)


@pytest.mark.parametrize("ffd", [FfdVersion.V1_05, FfdVersion.V1_1])
@virtual
async def test_the_next_check_knows_of_the_sale_and_of_the_return(ffd: FfdVersion) -> None:
    async with shop_of(ffd) as (old, new):
        oism = old.shop.oism
        assert oism is not None
        await sold(old)
        await delivered(old)
        assert oism.book.facts(KI.decode()).status is Status.SOLD
        assert await new.ask(SHORT) == 7
        await sold(old, operation=2)
        await delivered(old)
        assert await new.ask(SHORT) == 15
        assert oism.notifications() == []


@virtual
async def test_it_hears_when_the_ofd_has_the_receipt_and_not_before() -> None:
    async with shop_of(FfdVersion.V1_05) as (old, new):
        await delivered(old)
        ofd, oism = old.shop.ofd, old.shop.oism
        assert ofd is not None
        assert oism is not None
        ofd.behaviour = Behaviour.REFUSE
        await sold(old)
        ofd.misbehave(Behaviour.NOT_RECOGNISED, 2)
        await asyncio.sleep(120)  # it was brought several times
        assert await new.ask(SHORT) == 15
        assert old.drive.backlog.count == 1
        # the OFD has it, and its answer is lost: told once, however often it comes
        ofd.behaviour = Behaviour.SILENT
        await old.until(lambda: oism.book.facts(KI.decode()).sold)
        oism.book.returned(KI.decode())
        ofd.behaviour = Behaviour.CONFIRM
        await delivered(old)
        assert await new.ask(SHORT) == 15


@virtual
async def test_a_receipt_of_12_is_told_of_by_its_drive_alone() -> None:
    async with shop_of(FfdVersion.V1_05) as (_, new):
        await new.call(OpenShift(ADMIN))
        oism = new.shop.oism
        assert oism is not None
        await new.sell(SHORT)
        await new.until(lambda: not new.drive.marking.unsent)
        oism.book.returned(KI.decode())
        await delivered(new)
        assert oism.book.facts(KI.decode()).status is Status.RETURNED


def told(*codes: bytes, operation: int = 1, **more: Any) -> list[tuple[str, int]]:
    """Items of a receipt as `movements` reads them; `t1214=1` and the like change a tag of each."""
    tags = {1023: Decimal(1), 1212: 1, 1214: 4} | {int(name[1:]): value for name, value in more.items()}
    items = [
        Element(
            1059,
            (Element(1162, product_code_bytes(read(code))), *(Element(tag, value) for tag, value in tags.items())),
        )
        for code in codes
    ]
    return [*movements([Element(1054, operation), *items, Element(1059, (Element(1030, "Хлеб"),))])]


def test_each_unit_by_its_own_name() -> None:
    assert told(SHORT, FUR) == [(KI.decode(), SOLD), (FUR.decode(), SOLD)]
    assert told(PACK, BLOCK, t1212=2) == [("00000046198488X?io+qC", SOLD), ("010460043993125621JgXJ5.T", SOLD)]
    assert told(b"4606203090785", b"no code") == []


@pytest.mark.parametrize(("operation", "status"), [(1, SOLD), (2, BACK), (3, BACK), (4, SOLD)])
def test_which_way_the_goods_go(operation: int, status: int) -> None:
    assert told(SHORT, operation=operation) == [(KI.decode(), status)]
    assert told(SHORT, operation=operation, t1023=Decimal("0.5")) == [(KI.decode(), status + 1)]
    assert told(SHORT, operation=operation, t1023=Decimal("1.000")) == [(KI.decode(), status)]


@pytest.mark.parametrize(("method", "moves"), [(1, 0), (2, 0), (3, 0), (4, 1), (5, 1), (6, 1), (7, 0)])
def test_only_what_changes_hands(method: int, moves: int) -> None:
    assert len(told(SHORT, t1214=method)) == moves
