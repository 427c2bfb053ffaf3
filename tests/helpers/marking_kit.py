"""A shop with a marking system, and one of its registers told commands over a pipe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from random import Random
from typing import Any

from register_bench import MOSCOW
from shtrih_kit import ADMIN, closing, item
from shtrih_stand import ACK, ENQ, NAK

from emulator.channels import PipeEnd
from emulator.fiscal_drive import FiscalDrive
from emulator.marking.keys import signed
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop
from protocols.ffd.tlv import Element, encode
from protocols.shtrih.commands import DeviceRefusal, answer_to, encode_request
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import marking as m
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.framing import encode_v1

START = datetime(2026, 3, 2, 9, 15, tzinfo=MOSCOW)
KI = b"0104600000000015215ABcdEFgh1234"
SHORT = KI + b"\x1d93dGVz"
#: 88 characters signed with the emulator's test key, and the same spoilt in one character.
GENUINE = signed(b"010460000000001521AAAAAAAAAAAAA")
SPOILT = GENUINE[:-5] + bytes([GENUINE[-5] ^ 1]) + GENUINE[-4:]
PACK = b"00000046198488X?io+qCABm8wAYa"


def gs1(serial: str) -> bytes:
    """A code whose crypto part nobody can check."""
    return f"010460000000001521{serial}\x1d93dGVz".encode()


class Host:
    """A register's host; `call` raises `DeviceRefusal`, `refused` answers its number."""

    def __init__(self, shop: Shop, name: str = "kkt-1") -> None:
        self.shop = shop
        self.name = name
        self._line: PipeEnd = shop.connect(name)

    @property
    def drive(self) -> FiscalDrive:
        return self.shop.registers[self.name].device.drive

    def reconnect(self) -> None:
        self._line = self.shop.connect(self.name)

    async def call(self, request: Any, patience: float = 60.0) -> Any:
        await self._line.write(ENQ)
        assert await self._line.read(patience) == NAK
        await self._line.write(encode_v1(encode_request(request)))
        got = b""
        while len(got) < 3 or len(got) < got[2] + 4:
            more = await self._line.read(patience)
            if not more:
                raise ConnectionError("the register is silent")
            got += more
        await self._line.write(ACK)
        return answer_to(request, got[3:-1])

    async def refused(self, request: Any) -> int:
        try:
            await self.call(request)
        except DeviceRefusal as refusal:
            return refusal.number
        return 0

    async def check(self, code: bytes = SHORT, status: int = 1, *measure: Element) -> m.CheckCodeReply:
        return await self.call(m.CheckCode(ADMIN, status, 0, (code, encode(measure))))

    async def accept(self) -> int:
        return (await self.call(m.DecideCode(ADMIN, 1))).flags

    async def ask(self, code: bytes = SHORT, status: int = 1) -> int:
        """2106 of a code, which is then rejected."""
        checked = await self.check(code, status)
        await self.call(m.DecideCode(ADMIN, 0))
        return checked.flags if checked.flags is not None else checked.local

    async def open(self, kind: int = 0) -> None:
        await self.call(r.OpenReceipt(ADMIN, kind))

    async def line(self, code: bytes | None, price: int = 15000, *tags: Element, **more: Any) -> None:
        await self.call(item(price, **({"object": 1 if code is None else 33} | more)))
        if tags:
            await self.call(d.SendItemTlv(ADMIN, encode(tags)))
        if code is not None:
            await self.call(m.BindCode(ADMIN, code, None))

    async def sell(self, *codes: bytes, status: int = 1, operation: int = 1) -> tuple[int, ...]:
        """A whole receipt; the 2106 of each code."""
        flags = []
        for code in codes:
            await self.check(code, status)
            flags.append(await self.accept())
        await self.sell_checked(*codes, operation=operation)
        return tuple(flags)

    async def sell_checked(self, *codes: bytes, operation: int = 1) -> None:
        """A receipt of codes that were accepted, or that FF67 has to check."""
        await self.open({1: 0, 2: 2}[operation])
        for code in codes:
            await self.line(code, operation=operation)
        await self.call(closing(0, electronic=15000 * len(codes)))

    def state(self) -> dict[str, Any]:
        """What `GET /state` shows of the register's codes."""
        found = self.shop.registers[self.name].state()["marking"]
        assert isinstance(found, dict)
        return found

    async def until(self, true: Callable[[], bool], seconds: float = 300.0) -> None:
        """Time goes on until it is so."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not true():
            assert loop.time() < end, "it never came to pass"
            await asyncio.sleep(0.5)

    def document(self, number: int | None = None) -> tuple[Element, ...]:
        stored = self.drive.document(self.drive.last_document if number is None else number)
        assert stored is not None
        return stored.elements


@asynccontextmanager
async def a_shop(*, ticks: Any = None, seed: int = 1, **settings: Any) -> AsyncIterator[Host]:
    """An open shop with one register and a marking system; the loop's clock is its clock when `ticks` is given."""
    plan = Plan(registers=(RegisterPlan(settings=Settings(**settings)),), with_oism=True)
    shop = Shop(plan, clock=Clock(START, ticks=ticks or (lambda: 0.0)), random=Random(seed))
    await shop.start()
    try:
        host = Host(shop)
        await host.call(r.OpenShift(ADMIN))
        yield host
    finally:
        await shop.close()
