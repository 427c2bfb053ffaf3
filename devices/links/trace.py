"""A link that shows every chunk to an observer: the journal's byte trace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum

from devices.links.base import Link


class Direction(StrEnum):
    SENT = ">"
    RECEIVED = "<"


#: Called with the direction, the bytes and the running loop's time (seconds, monotonic) of every chunk.
Observer = Callable[[Direction, bytes, float], None]


class TracingLink(Link):
    """Passes everything through to `inner`."""

    def __init__(self, inner: Link, observer: Observer) -> None:
        self._inner = inner
        self._observer = observer
        self.name = inner.name
        self.reliable, self.web, self.tunable = inner.reliable, inner.web, inner.tunable

    def tune(self, baudrate: int) -> None:
        self._inner.tune(baudrate)
        self.name = self._inner.name

    async def open(self) -> None:
        await self._inner.open()

    async def close(self) -> None:
        await self._inner.close()

    async def write(self, data: bytes) -> None:
        # Before the write: what was sent must be in the trace even if the write is what fails.
        self._observer(Direction.SENT, data, asyncio.get_running_loop().time())
        await self._inner.write(data)

    async def read(self, timeout: float) -> bytes:
        data = await self._inner.read(timeout)
        if data:
            self._observer(Direction.RECEIVED, data, asyncio.get_running_loop().time())
        return data
