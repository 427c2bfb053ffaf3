"""A connection as an emulated device sees it, and the ways one comes to be: in-process pipe, TCP.

A device is served by a handler, `async def handler(channel)`, which reads until `b""` and writes answers. Bytes written
to a channel that is gone vanish, as they do on a cut cable: a handler never sees an error for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import structlog

log = structlog.get_logger(__name__)

#: Bytes a sender may be ahead of the device before TCP is told to wait.
HIGH_WATER = 1 << 18


class Channel(ABC):
    """One end of a byte stream."""

    name: str
    network = False  # whether a device's time-out for idle network connections applies

    @abstractmethod
    async def read(self) -> bytes:
        """At least one byte, as many as are there; `b""` once the other side is gone or this end is closed."""

    @abstractmethod
    async def write(self, data: bytes) -> None:
        """Send; bytes for a peer that is gone are lost without an error."""

    @abstractmethod
    def close(self) -> None:
        """Hang up and throw away what was received and not read. Idempotent, never raises."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """True once either side has hung up."""


Handler = Callable[[Channel], Awaitable[None]]


class Inbox:
    """Received bytes with at most one reader waiting for them."""

    __slots__ = ("_chunks", "_waiter", "eof")

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self.eof = False

    def __len__(self) -> int:
        return sum(map(len, self._chunks))

    def feed(self, data: bytes) -> None:
        self._chunks.append(data)
        self._wake()

    def feed_eof(self) -> None:
        """What was received before can still be read."""
        self.eof = True
        self._wake()

    def discard(self) -> None:
        """End of stream at once; nothing received is ever read."""
        self._chunks.clear()
        self.feed_eof()

    async def get(self, timeout: float | None = None) -> bytes:
        """All that is there, waiting for something; `b""` at the end of the stream or after `timeout` seconds."""
        if not self._chunks and not self.eof:
            loop = asyncio.get_running_loop()
            waiter = self._waiter = loop.create_future()
            alarm = None if timeout is None else loop.call_later(timeout, self._wake)
            try:
                await waiter
            finally:
                self._waiter = None
                if alarm is not None:
                    alarm.cancel()
        if len(self._chunks) == 1:
            return self._chunks.popleft()
        data = b"".join(self._chunks)
        self._chunks.clear()
        return data

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class PipeEnd(Channel):
    """One end of an in-process connection; `read` takes a time-out for the host's side of it."""

    __slots__ = ("_inbox", "_peer", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self._inbox = Inbox()
        self._peer: PipeEnd = self

    async def read(self, timeout: float | None = None) -> bytes:
        """As `Channel.read`; with a time-out, `b""` after that many silent seconds (then `closed` is False)."""
        return await self._inbox.get(timeout)

    async def write(self, data: bytes) -> None:
        if data and not self._inbox.eof and not self._peer._inbox.eof:
            self._peer._inbox.feed(bytes(data))

    def close(self) -> None:
        self._inbox.discard()
        self._peer._inbox.feed_eof()

    @property
    def closed(self) -> bool:
        return self._inbox.eof


def pipe(name: str = "pipe") -> tuple[PipeEnd, PipeEnd]:
    """Two connected in-process ends: (host's, device's)."""
    host, device = PipeEnd(f"{name}:host"), PipeEnd(f"{name}:device")
    host._peer, device._peer = device, host
    return host, device


class TcpChannel(asyncio.Protocol, Channel):
    """One accepted TCP connection."""

    network = True

    def __init__(self, accepted: Callable[[TcpChannel], None]) -> None:
        self.name = "tcp"
        self._accepted = accepted
        self._inbox = Inbox()
        self._transport: asyncio.Transport | None = None
        self._socket: socket.socket | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._paused = False

    async def read(self) -> bytes:
        data = await self._inbox.get()
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()
        return data

    async def write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(data)
        await self._writable.wait()

    def close(self) -> None:
        self._inbox.discard()
        self._writable.set()
        if self._transport is not None:
            # abort() would turn an answer under way into a reset; close() sends it and then hangs up.
            self._transport.close()

    def abort(self) -> None:
        """Hang up without sending what is still queued: a cut cable."""
        self.close()
        if self._transport is not None:
            self._transport.abort()

    @property
    def closed(self) -> bool:
        return self._inbox.eof

    # --- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if sys.platform == "linux":
            self._socket = transport.get_extra_info("socket")
        peer = transport.get_extra_info("peername")
        self.name = f"tcp:{peer[0]}:{peer[1]}" if peer else "tcp"
        self._accepted(self)

    def data_received(self, data: bytes) -> None:
        if self._inbox.eof:
            return
        self._inbox.feed(data)
        self._acknowledge()
        if not self._paused and self._transport is not None and len(self._inbox) > HIGH_WATER:
            self._paused = True
            self._transport.pause_reading()

    def _acknowledge(self) -> None:
        # A host that sends its ACK and the next ENQ as two small packets (Nagle's algorithm on) would otherwise wait
        # 40 ms for our delayed acknowledgement with every command. Linux forgets the option, so it is set each time.
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def eof_received(self) -> bool:
        # Half-closed clients (`printf … | nc`) still want their answers: the handler decides when it is over.
        self._inbox.feed_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._inbox.feed_eof()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()


@dataclass(frozen=True, slots=True)
class TcpAddress:
    """`tcp:HOST:PORT`; port 0 asks for any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp:[{self.host}]:{self.port}" if ":" in self.host else f"tcp:{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class PtyAddress:
    """`pty:PATH`; PATH becomes a symbolic link to the terminal a client opens."""

    path: str

    def __str__(self) -> str:
        return f"pty:{self.path}"


Address = TcpAddress | PtyAddress


def parse_host_port(text: str) -> tuple[str, int]:
    """`HOST:PORT` or `[IPv6]:PORT`; ValueError says what is wrong with it."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host:
        raise ValueError(f"{text!r} is not HOST:PORT, for example 127.0.0.1:7778")
    if not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError(f"{port!r} is not a port number (0…65535)")
    return host, int(port)


def parse_listen(text: str) -> Address:
    """`tcp:HOST:PORT` or `pty:PATH`; ValueError says what is wrong with it."""
    kind, _, rest = text.partition(":")
    if kind == "tcp":
        return TcpAddress(*parse_host_port(rest))
    if kind == "pty" and rest:
        return PtyAddress(rest)
    raise ValueError(f"{text!r} is neither tcp:HOST:PORT nor pty:PATH")


class Sessions:
    """The connections of one device: every accepted channel gets the handler in a task of its own.

    With `exclusive` the newest connection wins: the one before it is hung up and its unread bytes are thrown away
    (design.md, rule 3). Its handler may still be finishing a command when the new one starts.
    """

    def __init__(self, handler: Handler, *, exclusive: bool = True) -> None:
        self._handler = handler
        self._exclusive = exclusive
        self._open: dict[Channel, asyncio.Task[None]] = {}

    def accept(self, channel: Channel) -> None:
        if self._exclusive:
            self.hang_up()
        log.debug("connected", channel=channel.name)
        self._open[channel] = asyncio.get_running_loop().create_task(self._run(channel))

    def hang_up(self) -> None:
        """Close every connection; handlers see the end of their stream."""
        for channel in self._open:
            channel.close()

    def cut(self) -> None:
        """Close every connection and stop its handler where it waits: the power is gone."""
        self.hang_up()
        for task in self._open.values():
            if task is not asyncio.current_task():
                task.cancel()

    async def close(self) -> None:
        """`cut`, and wait until every handler has ended."""
        self.cut()
        tasks = [task for task in self._open.values() if task is not asyncio.current_task()]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, channel: Channel) -> None:
        try:
            await self._handler(channel)
        except Exception:
            # A device that trips over what a client sent hangs up; it goes on serving everybody else.
            log.exception("the handler of a connection failed", channel=channel.name)
        finally:
            channel.close()
            self._open.pop(channel, None)
            log.debug("disconnected", channel=channel.name)


class Listener(ABC):
    """Something clients connect to. `address` is the real one (a port of 0 is replaced by the port found)."""

    address: Address
    sessions: Sessions

    @abstractmethod
    async def close(self) -> None:
        """Accept no more, hang up, let the address go."""

    def silent(self) -> Channel | None:
        """A client that is here but cannot be told from nobody until it speaks: for devices that speak first."""
        return None


class TcpListener(Listener):
    def __init__(self, server: asyncio.Server, address: TcpAddress, sessions: Sessions) -> None:
        self._server = server
        self.address = address
        self.sessions = sessions

    async def close(self) -> None:
        self._server.close()
        await self.sessions.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._server.wait_closed()


async def dial(host: str, port: int) -> Channel:
    """Connect to somebody else's TCP server; OSError where nobody answers."""
    _, channel = await asyncio.get_running_loop().create_connection(lambda: TcpChannel(_no_sessions), host, port)
    return channel


def _no_sessions(channel: TcpChannel) -> None:
    """A dialled connection belongs to whoever dialled."""
