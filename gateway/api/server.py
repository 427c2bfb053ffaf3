"""The socket side: limits on connections, headers and silence, so that no client can hold the daemon.

Who may stay when there are too many connections: a program that has shown a valid token before one that has not. A
newcomer cuts the oldest connection that never showed a token; where there is none, the one that has been idle longest.
A request of a known program is never cut. So a local program without a token cannot keep the shop's module out, however
many connections it opens: it only cuts its own. When every connection is at work for a token, the newcomer hears 503.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from aiohttp import web

from gateway.api import problems
from gateway.api.problems import Problem

T = TypeVar("T")

#: Idle ones cost about 9 kB each (docs/performance.md).
MAX_CONNECTIONS = 2048
#: A connection that has not sent one whole request head by then is cut (slow loris).
HEAD_SECONDS = 10.0
#: A head longer than this is not waited for.
MAX_HEAD = 65_536
KEEP_ALIVE_SECONDS = 75.0
#: How long the rest of a refused body is thrown away before the connection closes, so that the answer gets through.
LINGER_SECONDS = 1.0
MAX_LINE = 8190
#: Bytes of a body that wait for their handler before the socket is left alone; twice as much may be held.
READ_BUFFER = 16_384
#: Bytes of all bodies that are being received at once.
MAX_BODIES = 32 * 1024 * 1024
#: Bytes of answers that wait in our memory before a handler is made to wait, and for how long.
WRITE_BUFFER = 32_768
WRITE_SECONDS = 10.0
#: Refused newcomers that are given time to read why, at once.
MAX_REFUSED = 32

#: aiohttp writes a traceback for every line that is no HTTP; what our handlers fail with is logged by the gate.
_quiet = logging.getLogger("gateway.api.connections")
_quiet.setLevel(logging.CRITICAL)

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def calm_collector() -> None:
    """For the process that serves: thousands of waiting jobs are no garbage, and walking them costs 50 ms a time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class Gone(ConnectionError):
    """The caller went away; nobody reads an answer."""


class Connection(web.RequestHandler):
    """aiohttp's connection with a deadline for its first request, a limit on its head, and a place in the count."""

    __slots__ = ("_attended", "_deadline", "_head", "_stalled", "known", "places")

    def __init__(self, manager: Any, *, places: Places, **rest: Any) -> None:
        super().__init__(manager, **rest)
        self.known = False  # a valid token was shown
        self.places = places
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._attended: asyncio.Future[Any] | None = None
        self._head = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        # uvloop's transports are none of asyncio's classes.
        cast("asyncio.Transport", transport).set_write_buffer_limits(high=WRITE_BUFFER)
        if self.places.take(self):
            self._deadline = self._loop.call_later(HEAD_SECONDS, self.cut)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.places.leave(self)
        self._stop_timers()
        super().connection_lost(exc)
        if self._attended is not None:
            self._attended.cancel()

    def data_received(self, data: bytes) -> None:
        between = self._waiter is not None and not self._waiter.done()
        super().data_received(data)
        if not between or self._messages:
            self._head = 0
            return
        self._head += len(data)
        if self._head > MAX_HEAD:
            self.cut()

    def pause_writing(self) -> None:
        """The caller does not read: it has a while to go on."""
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self._loop.call_later(WRITE_SECONDS, self.cut)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        try:
            return await super().finish_response(request, resp, start_time)
        finally:
            self.places.rests(self)

    def head_arrived(self) -> None:
        """The first request is whole; from here keep-alive's own timeout watches the silence."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def token_shown(self) -> None:
        """The request at hand is a known program's."""
        self.known = True
        self.places.works(self)

    def last_words(self) -> None:
        """Nothing follows the answer at hand: who does not read its end in time is cut."""
        if self._stalled is None:
            self._stalled = self._loop.call_later(WRITE_SECONDS, self.cut)

    def cut_if_deaf(self) -> None:
        """End it now if the caller leaves answers unread."""
        if self.writing_paused:
            self.cut()

    def cut(self) -> None:
        """End it now: what was not read by the caller is thrown away with it."""
        transport = self.transport
        self.force_close()
        if transport is not None:
            transport.abort()

    def refuse(self, answer: bytes, *, linger: bool) -> None:
        """Say why and close; what the caller sends meanwhile is thrown away, so that the answer is not lost to it."""
        transport = self.transport
        self._force_close = True
        if self._waiter is not None:
            self._waiter.cancel()
        if transport is None:
            return
        if not linger or not transport.can_write_eof():
            transport.abort()
            return
        transport.write(answer)
        transport.write_eof()
        self._deadline = self._loop.call_later(LINGER_SECONDS, self.cut)

    async def attend(self, waiting: Awaitable[T]) -> T:
        """What `waiting` answers; Gone as soon as the caller has gone away."""
        task = asyncio.ensure_future(waiting)
        if self.transport is None:
            task.cancel()
        self._attended = task
        try:
            return await task
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            raise Gone("the caller went away") from None
        finally:
            self._attended = None

    def _stop_timers(self) -> None:
        self.head_arrived()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


async def attended(request: web.BaseRequest, waiting: Awaitable[T]) -> T:
    """What `waiting` answers; given up (Gone) when the caller of `request` goes away."""
    connection = request.protocol
    return await (connection.attend(waiting) if isinstance(connection, Connection) else waiting)


@contextmanager
def room_for(request: web.BaseRequest, size: int) -> Iterator[None]:
    """Memory for a body of `size` bytes while it is read; too_many_bodies (503) where others have taken it all."""
    connection = request.protocol
    if not isinstance(connection, Connection):
        yield
        return
    with connection.places.room_for(size):
        yield


class Places:
    """Which connections there are, and which must make room for a newcomer."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # Dictionaries for their order: the first one goes first.
        self._strangers: dict[Connection, None] = {}
        self._resting: dict[Connection, None] = {}
        self._working: set[Connection] = set()
        self._refused: set[Connection] = set()
        self._bodies = 0
        self._full = problems.raw_answer(
            Problem("too_many_connections", f"all {limit} connections of the gateway are at work; try again soon")
        )

    def __len__(self) -> int:
        return len(self._strangers) + len(self._resting) + len(self._working)

    def take(self, newcomer: Connection) -> bool:
        """A place for a newcomer, another's if need be; False when it was refused."""
        if len(self) >= self._limit:
            least = next(iter(self._strangers), None) or next(iter(self._resting), None)
            if least is None:
                linger = len(self._refused) < MAX_REFUSED
                if linger:
                    self._refused.add(newcomer)
                newcomer.refuse(self._full, linger=linger)
                return False
            self.leave(least)
            least.cut()
        self._strangers[newcomer] = None
        return True

    @contextmanager
    def room_for(self, size: int) -> Iterator[None]:
        """As the function of this name."""
        if self._bodies + size > MAX_BODIES:
            raise Problem(
                "too_many_bodies",
                f"bodies of {MAX_BODIES} bytes in all are being received already",
                headers={"Connection": "close"},
                retry_after=1,
            )
        self._bodies += size
        try:
            yield
        finally:
            self._bodies -= size

    def works(self, connection: Connection) -> None:
        """A request with a valid token began."""
        if connection in self._strangers or connection in self._resting:
            self.leave(connection)
            self._working.add(connection)

    def rests(self, connection: Connection) -> None:
        """Its request is answered."""
        if connection in self._working:
            self._working.remove(connection)
            self._resting[connection] = None

    def leave(self, connection: Connection) -> None:
        """It is gone, or about to be."""
        self._strangers.pop(connection, None)
        self._resting.pop(connection, None)
        self._working.discard(connection)
        self._refused.discard(connection)


class Server(web.Server):
    """`web.Server` that makes `Connection`s."""

    def __init__(self, handle: Handle, *, limit: int = MAX_CONNECTIONS) -> None:
        super().__init__(handle, debug=False)
        self.places = Places(limit)
        self._options: dict[str, Any] = {
            "access_log": None,
            "logger": _quiet,
            "keepalive_timeout": KEEP_ALIVE_SECONDS,
            "lingering_time": LINGER_SECONDS,
            "max_line_size": MAX_LINE,
            "max_field_size": MAX_LINE,
            "read_bufsize": READ_BUFFER,
        }

    def __call__(self) -> web.RequestHandler:
        return Connection(self, places=self.places, loop=self._loop, **self._options)


def hold_little(request: web.BaseRequest, size: int) -> None:
    """Keep the system from holding more than `size` unread bytes of this connection's answers."""
    transport = request.transport
    sock = transport.get_extra_info("socket") if transport is not None else None
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, size)
