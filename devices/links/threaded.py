"""Links whose system calls block: one thread per port reads and hands bytes to the loop.

The thread is the rim of rule 8 (design.md): it opens the port, blocks in its reads and closes it; everything else
happens on the loop.
"""

from __future__ import annotations

import asyncio
import threading
from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from devices.errors import LinkError
from devices.links.base import Link
from devices.links.inbox import Inbox

#: Seconds `close` waits for the thread to let the port go.
CLOSE_LIMIT = 2.0


class BlockingPort(Protocol):
    """An open port with blocking calls."""

    def read(self) -> bytes:
        """Bytes that have come, or `b""` after a short while; OSError when the port is gone."""

    def write(self, data: bytes) -> None:
        """Hand bytes to the system; must return within a quarter of a second. OSError when it cannot."""

    def interrupt(self) -> None:
        """Make a running `read` return soon."""

    def close(self) -> None: ...


class ThreadedLink(Link):
    """A link over a BlockingPort."""

    reliable = False

    def __init__(self, name: str) -> None:
        self.name = name
        self._port: BlockingPort | None = None
        self._inbox = Inbox()
        self._stop = threading.Event()
        self._gone: asyncio.Event = asyncio.Event()

    @abstractmethod
    def open_port(self) -> BlockingPort:
        """Open the port, in the port's thread; LinkError names the cause."""

    async def open(self) -> None:
        await self.close()
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[BlockingPort] = loop.create_future()
        self._inbox, self._stop, self._gone = Inbox(), threading.Event(), asyncio.Event()
        thread = threading.Thread(
            target=self._serve,
            args=(loop, opened, self._inbox, self._stop, self._gone),
            name=f"{self.name} reader",
            daemon=True,
        )
        thread.start()
        try:
            self._port = await opened
        except asyncio.CancelledError:
            self._stop.set()
            raise

    async def close(self) -> None:
        port, self._port = self._port, None
        if port is None:
            return
        self._stop.set()
        with suppress(OSError):
            port.interrupt()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT):
                await self._gone.wait()

    async def write(self, data: bytes) -> None:
        if self._port is None:
            raise _lost(self.name, "the link is not open")
        self._inbox.raise_if_broken()
        try:
            self._port.write(data)
        except OSError as error:
            raise _lost(self.name, str(error)) from error

    async def read(self, timeout: float) -> bytes:
        if self._port is None:
            raise _lost(self.name, "the link is not open")
        return await self._inbox.get(timeout)

    def _serve(
        self,
        loop: asyncio.AbstractEventLoop,
        opened: asyncio.Future[BlockingPort],
        inbox: Inbox,
        stop: threading.Event,
        gone: asyncio.Event,
    ) -> None:
        """The thread."""
        try:
            port = self.open_port()
        except LinkError as error:
            _tell(loop, _refuse, opened, error)
            return
        _tell(loop, _accept, opened, port)
        try:
            while not stop.is_set():
                data = port.read()
                if data:
                    _tell(loop, inbox.feed, data)
        except (OSError, TypeError) as error:  # TypeError: pyserial's answer to a descriptor closed under its read
            _tell(loop, inbox.fail, _lost(self.name, str(error)))
        finally:
            with suppress(OSError):
                port.close()
            _tell(loop, gone.set)


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[..., object], *args: object) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody listens any more
        loop.call_soon_threadsafe(call, *args)


def _accept(opened: asyncio.Future[BlockingPort], port: BlockingPort) -> None:
    if not opened.done():
        opened.set_result(port)


def _refuse(opened: asyncio.Future[BlockingPort], error: LinkError) -> None:
    if not opened.done():
        opened.set_exception(error)


def _lost(name: str, cause: str) -> LinkError:
    return LinkError(
        f"{name}: the port is gone ({cause})",
        hint="Порт кассы пропал. Проверьте кабель USB и питание кассы.",
        code="link_closed",
    )
