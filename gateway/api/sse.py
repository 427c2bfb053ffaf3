"""Server-Sent Events: a stream of numbered news, resumable by the last id seen.

A reader is cut, and comes back with Last-Event-ID, when it leaves too many news or bytes unread, or does not take for
WRITE_SECONDS (`gateway.api.server`) what the socket holds for it. Nobody else notices: one of the news is encoded once
for all readers, and a reader that never reads costs the buffers named here.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

from aiohttp import web

from gateway.api.context import Context
from gateway.api.problems import Problem
from gateway.api.query import Query
from gateway.api.server import Connection, attended, hold_little
from gateway.subscription import Subscription

#: A comment line this often keeps proxies from closing a quiet stream.
HEARTBEAT = 15.0
MAX_READERS = 64
#: News read from the past at once for a reader who resumes.
PAGE = 100
#: News and bytes of news that may wait for a reader.
BACKLOG = 1000
BACKLOG_BYTES = 262_144
#: Bytes that the system may hold for a reader besides.
SOCKET_BYTES = 65_536
_ID = re.compile(r"[0-9]{1,18}").fullmatch


class Numbered(Protocol):
    """Ids grow in the order told."""

    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=Numbered)


class Source(Protocol[T]):
    """Where news come from."""

    def events(self, *, limit: int, size: Callable[[T], int], limit_size: int) -> Subscription[T]:
        """News from now on."""

    async def past(self, after: int, limit: int) -> Sequence[T]:
        """The first `limit` of what was told after this id."""

    async def newest(self) -> int:
        """The id of what was told last."""


class Readers(Generic[T]):
    """How many streams are open, and the newest news as bytes."""

    def __init__(self, encode: Callable[[T], bytes]) -> None:
        self.open = 0
        self._encode = encode
        self._encoded: dict[int, bytes] = {}

    def encoded(self, one: T) -> bytes:
        """One of the news on the wire, encoded once however many readers there are."""
        found = self._encoded.get(one.id)
        if found is None:
            found = self._encoded[one.id] = self._encode(one)
            if len(self._encoded) > BACKLOG:
                del self._encoded[next(iter(self._encoded))]
        return found

    def encode(self, one: T) -> bytes:
        """The same for the past, which is not worth remembering."""
        return self._encoded.get(one.id) or self._encode(one)


def frame(kind: str, data: object, number: int | None = None) -> bytes:
    """One event on the wire; without a number it does not move the place where a reader resumes."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    numbered = "" if number is None else f"id: {number}\n"
    return f"{numbered}event: {kind}\ndata: {text}\n\n".encode()


def last_seen(request: web.BaseRequest, asked: Query) -> int | None:
    """The id after which the reader wants to go on, by the header or `last_event_id`; None: from now on."""
    given = request.headers.get("Last-Event-ID", asked.text("last_event_id"))
    if not given:
        return None
    if _ID(given) is None:
        asked.fault("last_event_id", "the id of an event is expected")
        return None
    return int(given)


async def stream(
    context: Context,
    request: web.BaseRequest,
    readers: Readers[T],
    source: Source[T],
    after: int | None,
    *,
    notice: bytes = b"",
) -> web.StreamResponse:
    """Tell a reader `notice`, then everything after `after` (None: from now on) until it goes or the source ends."""
    if readers.open >= MAX_READERS:
        raise Problem("too_many_readers", f"{MAX_READERS} event streams are open already", retry_after=30)
    readers.open += 1
    # Subscribed before the past is read: what happens in between is in both and sent once.
    subscription = source.events(limit=BACKLOG, size=lambda one: len(readers.encoded(one)), limit_size=BACKLOG_BYTES)
    connection = request.protocol
    if isinstance(connection, Connection):
        subscription.when_cut = connection.cut_if_deaf
    try:
        # A reader that goes away gives its place up at once, not at the next heartbeat.
        return await attended(request, _serve(context, request, readers, source, subscription, after, notice))
    finally:
        readers.open -= 1
        subscription.close()


async def _serve(
    context: Context,
    request: web.BaseRequest,
    readers: Readers[T],
    source: Source[T],
    subscription: Subscription[T],
    after: int | None,
    notice: bytes,
) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
            **context.cors(request),
        }
    )
    response.force_close()
    hold_little(request, SOCKET_BYTES)
    sent = await source.newest() if after is None else after
    await response.prepare(request)
    await response.write(b"retry: 2000\n\n" + notice)
    while page := await source.past(sent, PAGE):
        await response.write(b"".join(map(readers.encode, page)))
        sent = page[-1].id
    await _live(response, readers, subscription, sent)
    if isinstance(request.protocol, Connection):
        request.protocol.last_words()
    return response


async def _live(response: web.StreamResponse, readers: Readers[T], subscription: Subscription[T], sent: int) -> None:
    """Until the subscription ends (slow reader, source stopping) or the connection breaks."""
    following: asyncio.Task[Any] | None = None
    try:
        while True:
            following = following or asyncio.ensure_future(_next(subscription))
            done, _ = await asyncio.wait({following}, timeout=HEARTBEAT)
            if not done:
                await response.write(b": still here\n\n")
                continue
            try:
                one: T = following.result()
            except StopStream:
                return
            finally:
                following = None
            if one.id > sent:
                await response.write(readers.encoded(one))
                sent = one.id
    finally:
        if following is not None:
            following.cancel()


async def _next(subscription: Subscription[T]) -> T:
    try:
        return await anext(subscription)
    except StopAsyncIteration as error:
        raise StopStream from error


class StopStream(Exception):
    """A task cannot end with StopAsyncIteration."""
