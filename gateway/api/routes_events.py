"""`GET /api/v1/events`: everything that happens, as Server-Sent Events, resumable by the last id seen.

A reader is cut, and comes back with Last-Event-ID, when it leaves too many events or bytes unread, or does not take
for WRITE_SECONDS (`gateway.api.server`) what the socket holds for it. Nobody else notices: an event is encoded once
for all readers, and a reader that never reads costs the buffers named here.
"""

from __future__ import annotations

import asyncio
import json
import re

from aiohttp import web

from gateway.api import answers
from gateway.api.context import Context, Handler
from gateway.api.problems import Problem
from gateway.api.query import Query
from gateway.api.server import Connection, attended, hold_little
from gateway.journal import Event
from gateway.subscription import Subscription

#: A comment line this often keeps proxies from closing a quiet stream.
HEARTBEAT = 15.0
MAX_READERS = 64
#: Events read from the journal at once for a reader who resumes.
PAGE = 100
#: Events and bytes of events that may wait for a reader.
BACKLOG = 1000
BACKLOG_BYTES = 262_144
#: Bytes that the system may hold for a reader besides.
SOCKET_BYTES = 65_536
_ID = re.compile(r"[0-9]{1,18}").fullmatch


class Readers:
    """How many streams are open, and the newest events as bytes."""

    def __init__(self) -> None:
        self.open = 0
        self._encoded: dict[int, bytes] = {}

    def encoded(self, event: Event) -> bytes:
        """One event on the wire, encoded once however many readers there are."""
        found = self._encoded.get(event.id)
        if found is None:
            found = self._encoded[event.id] = encode(event)
            if len(self._encoded) > BACKLOG:
                del self._encoded[next(iter(self._encoded))]
        return found


def encode(event: Event) -> bytes:
    """One event on the wire."""
    data = json.dumps(answers.event_object(event), ensure_ascii=False, separators=(",", ":"))
    return f"id: {event.id}\nevent: {event.type}\ndata: {data}\n\n".encode()


def last_seen(request: web.BaseRequest) -> int | None:
    """The id after which the reader wants to go on; None: from now on."""
    with Query(request, "last_event_id") as asked:
        given = request.headers.get("Last-Event-ID", asked.text("last_event_id"))
        if given and _ID(given) is None:
            asked.fault("last_event_id", "the id of an event is expected")
    return int(given) if given else None


def stream(readers: Readers) -> Handler:
    """The handler, sharing one count of readers."""

    async def handle(context: Context, request: web.BaseRequest) -> web.StreamResponse:
        after = last_seen(request)
        if readers.open >= MAX_READERS:
            raise Problem("too_many_readers", f"{MAX_READERS} event streams are open already", retry_after=30)
        readers.open += 1
        # Subscribed before the journal is read: what happens in between is in both and sent once.
        subscription = context.shop.events(
            limit=BACKLOG, size=lambda event: len(readers.encoded(event)), limit_size=BACKLOG_BYTES
        )
        connection = request.protocol
        if isinstance(connection, Connection):
            subscription.when_cut = connection.cut_if_deaf
        try:
            # A reader that goes away gives its place up at once, not at the next heartbeat.
            return await attended(request, _serve(context, request, readers, subscription, after))
        finally:
            readers.open -= 1
            subscription.close()

    return handle


async def _serve(
    context: Context, request: web.BaseRequest, readers: Readers, subscription: Subscription, after: int | None
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
    sent = await context.shop.journal.last_event() if after is None else after
    await response.prepare(request)
    await response.write(b"retry: 2000\n\n")
    while page := await context.shop.journal.events(sent, PAGE):
        await response.write(b"".join(map(encode, page)))
        sent = page[-1].id
    await _live(response, readers, subscription, sent)
    if isinstance(request.protocol, Connection):
        request.protocol.last_words()
    return response


async def _live(response: web.StreamResponse, readers: Readers, subscription: Subscription, sent: int) -> None:
    """Until the subscription ends (slow reader, shop stopping) or the connection breaks."""
    following: asyncio.Task[Event] | None = None
    try:
        while True:
            following = following or asyncio.ensure_future(_next(subscription))
            done, _ = await asyncio.wait({following}, timeout=HEARTBEAT)
            if not done:
                await response.write(b": still here\n\n")
                continue
            try:
                event = following.result()
            except StopStream:
                return
            finally:
                following = None
            if event.id > sent:
                await response.write(readers.encoded(event))
                sent = event.id
    finally:
        if following is not None:
            following.cancel()


async def _next(subscription: Subscription) -> Event:
    try:
        return await anext(subscription)
    except StopAsyncIteration as error:
        raise StopStream from error


class StopStream(Exception):
    """A task cannot end with StopAsyncIteration."""
