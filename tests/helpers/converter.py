"""A serial converter in front of an emulated register: one line behind it, whoever dials in.

What an old connection sent and the converter still holds goes down the line when the next one is there; what the
device says goes to the newest caller.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from severed_line import command_in
from till import MOSCOW, Till, till

from devices.links.pair import PairLink
from devices.registers.factory import create

#: Makes of one chunk for the host the chunks that arrive.
Spoil = Callable[[bytes], list[bytes]]


class Converter:
    """`hold` takes the frames of one command back from the first connection, and cuts it."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._device = connect()
        self._caller: _Call | None = None
        self._pump = asyncio.create_task(self._receive(), name="converter")
        self.held: list[bytes] = []
        self.hold: int | None = None  # the command whose frame gets stuck
        self.after = 0  # writes of the next connection that overtake what is held
        self.spoil: Spoil = lambda data: [data]
        self.spoil_sent: Callable[[bytes], bytes] = lambda data: data

    def dial(self) -> _Call:
        if self._caller is not None:
            self._caller.hang_up()
        self._caller = _Call(self)
        return self._caller

    async def close(self) -> None:
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)
        self._device.close()

    async def _receive(self) -> None:
        while data := await self._device.read():
            for chunk in self.spoil(data):
                if self._caller is not None:
                    self._caller.received.put_nowait(chunk)

    async def send(self, call: _Call, data: bytes) -> None:
        if self.hold is not None and command_in(data) == self.hold:
            self.hold = None
            self.held.append(data)
            call.hang_up()
            return
        if self.held and call.writes > self.after:
            late, self.held = b"".join(self.held), []
            await self._device.write(late)
        await self._device.write(self.spoil_sent(data))


class _Call:
    """The host's pipe end."""

    def __init__(self, converter: Converter) -> None:
        self._converter = converter
        self.received: asyncio.Queue[bytes] = asyncio.Queue()
        self.writes = 0

    def hang_up(self) -> None:
        self.received.put_nowait(b"")

    async def read(self) -> bytes:
        return await self.received.get()

    async def write(self, data: bytes) -> None:
        self.writes += 1
        await self._converter.send(self, data)

    def close(self) -> None:
        self.hang_up()


@asynccontextmanager
async def behind_converter(
    family: str, options: Mapping[str, str] | None = None, *, shift: bool = True, connected: bool = True
) -> AsyncIterator[tuple[Till, Converter]]:
    """A till whose driver speaks through a converter."""
    async with till(family=family, shift=shift) as one:
        converter = Converter(one.emulated.connect)
        one.driver = create(family, PairLink(converter.dial), zone=MOSCOW, options=options)
        try:
            if connected:
                await one.driver.connect()
            yield one, converter
        finally:
            await one.driver.close()
            await converter.close()
