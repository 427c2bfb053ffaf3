"""A device in the same process: a pair of byte pipes, of which the link holds one end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from devices.errors import LinkError
from devices.links.base import Link
from devices.links.inbox import Inbox


class Pipe(Protocol):
    """One end of an in-process byte stream."""

    async def read(self) -> bytes:
        """At least one byte; `b""` when the other end is closed."""

    async def write(self, data: bytes) -> None:
        """Hand bytes over; raises ConnectionError (or OSError) when the other end is closed."""

    def close(self) -> None:
        """Close this end; the other one reads `b""`."""


class PairLink(Link):
    """A link to an in-process device. `connect` makes a fresh pair and answers our end, as dialling does for TCP."""

    reliable = True

    def __init__(self, connect: Callable[[], Pipe], *, name: str = "pair:", web: bool = False) -> None:
        self.name = name
        self.web = web
        self._connect = connect
        self._pipe: Pipe | None = None
        self._inbox = Inbox()
        self._pump: asyncio.Task[None] | None = None

    async def open(self) -> None:
        await self.close()
        try:
            pipe = self._connect()
        except OSError as error:
            raise LinkError(
                f"{self.name}: the device does not take the connection ({error})",
                hint="Эмулированная касса выключена. Включите её и повторите.",
                code="link_refused",
            ) from error
        self._pipe, self._inbox = pipe, Inbox()
        self._pump = asyncio.create_task(self._receive(pipe, self._inbox), name=f"{self.name} receiver")

    async def close(self) -> None:
        pipe, pump = self._pipe, self._pump
        self._pipe = self._pump = None
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
        if pump is not None:
            pump.cancel()
            await asyncio.wait({pump})  # awaiting it itself would take our own cancellation for its end

    async def write(self, data: bytes) -> None:
        if self._pipe is None:
            raise _closed(self.name)
        self._inbox.raise_if_broken()
        try:
            await self._pipe.write(data)
        except OSError as error:
            raise _closed(self.name) from error

    async def read(self, timeout: float) -> bytes:
        if self._pipe is None:
            raise _closed(self.name)
        return await self._inbox.get(timeout)

    async def _receive(self, pipe: Pipe, inbox: Inbox) -> None:
        with suppress(OSError):
            while data := await pipe.read():
                inbox.feed(data)
        inbox.fail(_closed(self.name))


def _closed(name: str) -> LinkError:
    return LinkError(
        f"{name}: the other end is closed", hint="Связь с кассой оборвалась: касса выключена.", code="link_closed"
    )
