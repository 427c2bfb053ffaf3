"""A scanner of the tests' own: it is there or away, and reads what it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from devices.errors import LinkError
from devices.scanners.base import Kind, Reading, Scanner

#: A pair of shoes and a pack of cigarettes, both made up: right check digits, wrong proofs.
SHOES = b"0104600439931256215Qbag!\x1d91EE06\x1d92" + b"A" * 43 + b"="
PACK = b"00000046198488X?io+qCABm8wAYa"


class Wire:
    """What a scanner is plugged into; scanners made of it come and go, it stays."""

    def __init__(self, *, there: bool = True) -> None:
        self.there = there
        self.opened = 0
        self.closed = 0
        self.tries = 0
        self.breaks_with: Callable[[], BaseException] = lambda: LinkError("gone", hint="Проверьте кабель.", code="gone")
        self._read: asyncio.Queue[Reading | BaseException] = asyncio.Queue()

    def make(self) -> FakeScanner:
        return FakeScanner(self)

    def scan(self, data: bytes, symbology: str | None = "]d2", **more: object) -> None:
        reading = Reading(data=data, symbology=symbology, packets=(data + b"\r",), **more)  # type: ignore[arg-type]
        self._read.put_nowait(reading)

    def unplug(self) -> None:
        self.there = False
        self._read.put_nowait(self.breaks_with())

    def plug_in(self) -> None:
        self.there = True


class FakeScanner(Scanner):
    kind = Kind.SERIAL

    def __init__(self, wire: Wire) -> None:
        self.name = "fake"
        self._wire = wire

    async def open(self) -> None:
        self._wire.tries += 1
        if not self._wire.there:
            raise LinkError("no such port", hint="Сканера нет: проверьте кабель.", code="link_no_port")
        self._wire.opened += 1

    async def read(self) -> Reading:
        read = await self._wire._read.get()
        if isinstance(read, BaseException):
            raise read
        return read

    async def close(self) -> None:
        self._wire.closed += 1
