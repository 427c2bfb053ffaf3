"""Bytes that have arrived and one reader who waits for them."""

from __future__ import annotations

import asyncio

from devices.errors import LinkError

#: Unread bytes after which the other side is taken for a source of garbage: an answer has some hundred.
LIMIT = 1 << 20


class Inbox:
    """Where a link's receiving side (protocol, pump, thread) leaves bytes for `Link.read`.

    All calls come from the loop's thread. One reader at a time: a link is owned by one worker.
    """

    __slots__ = ("_broken", "_data", "_waiter")

    def __init__(self) -> None:
        self._data = bytearray()
        self._broken: LinkError | None = None
        self._waiter: asyncio.Future[None] | None = None

    def feed(self, data: bytes) -> None:
        if self._broken is not None:
            return
        self._data += data
        if len(self._data) > LIMIT:
            self._data.clear()
            self._broken = LinkError(
                f"more than {LIMIT} unread bytes: the other side sends without end",
                hint="По этому адресу отвечает не касса: поток данных без конца. Проверьте адрес и порт.",
                code="line_flood",
            )
        self._wake()

    def fail(self, error: LinkError) -> None:
        """No more bytes will come: what is here can still be read, then `error` is raised."""
        if self._broken is None:
            self._broken = error
        self._wake()

    def raise_if_broken(self) -> None:
        if self._broken is not None:
            raise self._broken

    async def get(self, timeout: float) -> bytes:
        """All bytes that are here, waiting up to `timeout` seconds for the first; `b""` after silence."""
        if not self._data:
            self.raise_if_broken()
            if timeout <= 0:
                return b""
            await self._wait(timeout)
            if not self._data:
                self.raise_if_broken()
                return b""
        data = bytes(self._data)
        self._data.clear()
        return data

    async def _wait(self, timeout: float) -> None:
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiter = waiter
        timer = loop.call_later(timeout, _release, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None:
            _release(self._waiter)


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)
