"""Every register over a real socket, and over a pseudo-terminal where it has a serial line."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from every_register import Place, asked, handed_over, places
from register_rows import V12
from till import CASHIER, MOSCOW, OPENING_TIME, item, receipt

from devices.errors import GatewayError, LinkError, ProtocolError
from devices.links.parse import parse_link
from devices.registers.factory import FAMILIES, create
from devices.registers.settle import Exists, settle
from emulator.channels import Address, PtyAddress, TcpAddress
from emulator.faults import Fault, FaultKind
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop

WANTED = receipt(item("Чай"), item("Сахар", 5_000, "0.5"))
#: Each register over one of its links; which changes from row to row.
ON_LINKS = [
    pytest.param(place, kind, id=f"{place}-{kind}")
    for place in places((V12,), label="tcp")
    for kind in (("tcp", "pty") if place.row.serial else ("tcp",))
]


@contextlib.asynccontextmanager
async def a_shop(place: Place, kind: str, directory: Path) -> AsyncIterator[Shop]:
    address: Address = TcpAddress("127.0.0.1", 0) if kind == "tcp" else PtyAddress(str(directory / "kkt"))
    plan = RegisterPlan(settings=Settings(ffd=place.ffd), family=place.row.family, listen=(address,))
    shop = Shop(Plan(registers=(plan,)), clock=Clock(OPENING_TIME, local=MOSCOW), random=Random(1))
    await shop.start()
    try:
        yield shop
    finally:
        await shop.close()


def link_of(shop: Shop, place: Place) -> Any:
    (address,) = shop.addresses()
    if isinstance(address, PtyAddress):
        return parse_link(f"serial:{address.path}")()
    return parse_link(f"http://{str(address).partition(':')[2]}" if FAMILIES[place.row.family].web else str(address))()


@pytest.mark.parametrize(("place", "kind"), ON_LINKS)
async def test_a_sale_and_a_lost_answer(place: Place, kind: str, tmp_path: Path) -> None:
    async with a_shop(place, kind, tmp_path) as shop:
        register = shop.registers["kkt-1"]
        driver = create(place.row.family, link_of(shop, place), options=place.row.options)
        await driver.connect()
        await driver.open_shift(CASHIER)
        _, commits = asked(register)
        assert (await driver.fiscalise(WANTED)).differences == ()
        bookmark = await driver.bookmark()
        if kind == "tcp":  # a serial line is given its time, which is real here
            register.faults.add(Fault(kind=FaultKind.CUT, command=handed_over(register) or commits[-1]))
        with contextlib.suppress(LinkError, ProtocolError):
            await driver.fiscalise(WANTED)
        assert not register.faults.listed(), "the fault never struck"
        settled = await settled_at_last(driver, bookmark)
        assert isinstance(settled, Exists)
        assert settled.outcome is not None
        assert (settled.outcome.fiscal.document, settled.outcome.differences) == (4, ())
        assert [record.code for record in register.documents()] == [1, 2, 3, 3]
        await driver.close()


async def settled_at_last(driver: Any, bookmark: Any) -> Any:
    async with asyncio.timeout(30):
        while True:
            try:
                return await settle(driver, bookmark, WANTED)
            except GatewayError:
                await asyncio.sleep(0.1)
