"""The socket side: limits on connections, headers and silence, so that no client can hold the daemon."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

MAX_CONNECTIONS = 256
#: A connection that has not sent one whole request head by then is cut (slow loris).
HEAD_SECONDS = 10.0
KEEP_ALIVE_SECONDS = 75.0
#: How long the rest of a refused body is thrown away before the connection closes, so that the answer gets through.
LINGER_SECONDS = 1.0
MAX_LINE = 8190

#: aiohttp writes a traceback for every line that is no HTTP; what our handlers fail with is logged by the gate.
_quiet = logging.getLogger("gateway.api.connections")
_quiet.setLevel(logging.CRITICAL)

Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def calm_collector() -> None:
    """For the process that serves: thousands of waiting jobs are no garbage, and walking them costs 50 ms a time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


class Connection(web.RequestHandler):
    """aiohttp's connection with a deadline for its first request and a place in the count."""

    __slots__ = ("_deadline", "_limit")

    def __init__(self, manager: Any, *, limit: int, **rest: Any) -> None:
        super().__init__(manager, **rest)
        self._deadline: asyncio.TimerHandle | None = None
        self._limit = limit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if len(self._manager.connections) > self._limit:  # type: ignore[union-attr]
            self.force_close()
            return
        self._deadline = self._loop.call_later(HEAD_SECONDS, self.force_close)

    def connection_lost(self, exc: BaseException | None) -> None:
        self.head_arrived()
        super().connection_lost(exc)

    def head_arrived(self) -> None:
        """The first request is whole; from here keep-alive's own timeout watches the silence."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class Server(web.Server):
    """`web.Server` that makes `Connection`s."""

    def __init__(self, handle: Handle, *, limit: int = MAX_CONNECTIONS) -> None:
        super().__init__(handle, debug=False)
        self._limit = limit
        self._options: dict[str, Any] = {
            "access_log": None,
            "logger": _quiet,
            "keepalive_timeout": KEEP_ALIVE_SECONDS,
            "lingering_time": LINGER_SECONDS,
            "max_line_size": MAX_LINE,
            "max_field_size": MAX_LINE,
        }

    def __call__(self) -> web.RequestHandler:
        return Connection(self, limit=self._limit, loop=self._loop, **self._options)
