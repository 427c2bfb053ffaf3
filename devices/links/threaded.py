"""Links whose system calls block: one thread per port reads and hands bytes to the loop, another one writes.

The threads are the rim of rule 8 (design.md): the first opens the port, blocks in its reads and closes it; the second
blocks in its writes, because a device that takes no bytes must not hold the loop, on which other registers live.
"""

from __future__ import annotations

import asyncio
import queue
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


#: What the writing thread is handed; None: the link closes.
Outgoing = queue.SimpleQueue["tuple[bytes, asyncio.Future[None]] | None"]


class BlockingPort(Protocol):
    """An open port with blocking calls."""

    def read(self) -> bytes:
        """Bytes that have come, or `b""` after a short while; OSError when the port is gone."""

    def write(self, data: bytes) -> None:
        """Hand bytes to the system, in the writing thread; OSError when it does not take them in a quarter second."""

    def interrupt(self) -> None:
        """Make a running `read` return soon."""

    def close(self) -> None: ...


class ThreadedLink(Link):
    """A link over a BlockingPort."""

    reliable = False

    def __init__(self, name: str) -> None:
        self.name = name
        self._port: BlockingPort | None = None
        self._outgoing: Outgoing = queue.SimpleQueue()
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
        self._outgoing = queue.SimpleQueue()
        thread = threading.Thread(
            target=self._serve,
            args=(loop, opened, self._inbox, self._stop, self._gone, self._outgoing),
            name=f"{self.name} reader",
            daemon=True,
        )
        thread.start()
        try:
            self._port = await opened
        except asyncio.CancelledError:
            self._stop.set()
            self._outgoing.put(None)
            raise

    async def close(self) -> None:
        port, self._port = self._port, None
        if port is None:
            return
        self._stop.set()
        self._outgoing.put(None)
        with suppress(OSError):
            port.interrupt()
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_LIMIT):
                await self._gone.wait()

    async def write(self, data: bytes) -> None:
        if self._port is None:
            raise _lost(self.name, "the link is not open")
        self._inbox.raise_if_broken()
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._outgoing.put((data, written))
        await written

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
        outgoing: Outgoing,
    ) -> None:
        """The reading thread."""
        try:
            port = self.open_port()
        except LinkError as error:
            _tell(loop, _refuse, opened, error)
            return
        except Exception as error:
            # Of a port that vanishes while it is opened libraries say what they like (pyserial: termios.error, which is
            # no OSError), and whoever waits for this thread waits without limit.
            _tell(loop, _refuse, opened, _unopened(self.name, error))
            return
        writer = threading.Thread(
            target=_write_all, args=(self.name, loop, port, outgoing), name=f"{self.name} writer", daemon=True
        )
        writer.start()
        _tell(loop, _accept, opened, port)
        try:
            while not stop.is_set():
                data = port.read()
                if data:
                    _tell(loop, inbox.feed, data)
        except Exception as error:  # pyserial's answer to a descriptor closed under its read is a TypeError
            _tell(loop, inbox.fail, _lost(self.name, str(error)))
        finally:
            with suppress(Exception):
                port.close()
            _tell(loop, gone.set)


def _write_all(name: str, loop: asyncio.AbstractEventLoop, port: BlockingPort, outgoing: Outgoing) -> None:
    """The writing thread, until the link is closed: a port that is gone answers every write with its error."""
    while (piece := outgoing.get()) is not None:
        data, written = piece
        error: LinkError | None = None
        try:
            port.write(data)
        except Exception as cause:
            error = _lost(name, str(cause))
        _tell(loop, _finish, written, error)


def _finish(written: asyncio.Future[None], error: LinkError | None) -> None:
    if written.done():
        return
    if error is None:
        written.set_result(None)
    else:
        written.set_exception(error)


def _tell(loop: asyncio.AbstractEventLoop, call: Callable[..., object], *args: object) -> None:
    with suppress(RuntimeError):  # the loop is closed: nobody listens any more
        loop.call_soon_threadsafe(call, *args)


def _accept(opened: asyncio.Future[BlockingPort], port: BlockingPort) -> None:
    if not opened.done():
        opened.set_result(port)


def _refuse(opened: asyncio.Future[BlockingPort], error: LinkError) -> None:
    if not opened.done():
        opened.set_exception(error)


def _unopened(name: str, cause: Exception) -> LinkError:
    return LinkError(
        f"{name}: cannot open the port ({cause!r})",
        hint="Порт не открывается. Проверьте кабель и питание кассы.",
        code="link_open_failed",
    )


def _lost(name: str, cause: str) -> LinkError:
    return LinkError(
        f"{name}: the port is gone ({cause})",
        hint="Порт кассы пропал. Проверьте кабель USB и питание кассы.",
        code="link_closed",
    )
