"""`GET /api/v1/events`: everything that happens, as Server-Sent Events, resumable by the last id seen."""

from __future__ import annotations

import asyncio
import json
import re

from aiohttp import web

from gateway.api import answers
from gateway.api.context import Context, Handler, bad_query, query
from gateway.api.problems import Problem
from gateway.journal import Event
from gateway.subscription import Subscription

#: A comment line this often keeps proxies from closing a quiet stream.
HEARTBEAT = 15.0
#: A reader that does not take one write in this time is cut; it comes back with Last-Event-ID.
WRITE_SECONDS = 10.0
MAX_READERS = 64
PAGE = 500
BACKLOG = 1000
_ID = re.compile(r"[0-9]{1,18}").fullmatch


class Readers:
    """How many streams are open."""

    def __init__(self) -> None:
        self.open = 0


def encode(event: Event) -> bytes:
    """One event on the wire."""
    data = json.dumps(answers.event_object(event), ensure_ascii=False, separators=(",", ":"))
    return f"id: {event.id}\nevent: {event.type}\ndata: {data}\n\n".encode()


def last_seen(request: web.BaseRequest) -> int | None:
    """The id after which the reader wants to go on; None: from now on."""
    parameters = query(request, "last_event_id")
    given = request.headers.get("Last-Event-ID", parameters.get("last_event_id"))
    if not given:
        return None
    if _ID(given) is None:
        raise bad_query("last_event_id", "the id of an event is expected")
    return int(given)


def stream(readers: Readers) -> Handler:
    """The handler, sharing one count of readers."""

    async def handle(context: Context, request: web.BaseRequest) -> web.StreamResponse:
        after = last_seen(request)
        if readers.open >= MAX_READERS:
            raise Problem("too_many_readers", f"{MAX_READERS} event streams are open already")
        readers.open += 1
        # Subscribed before the journal is read: what happens in between is in both and sent once.
        subscription = context.shop.events(limit=BACKLOG)
        try:
            return await _serve(context, request, subscription, after)
        finally:
            readers.open -= 1
            subscription.close()

    return handle


async def _serve(
    context: Context, request: web.BaseRequest, subscription: Subscription, after: int | None
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
    sent = await context.shop.journal.last_event() if after is None else after
    await response.prepare(request)
    try:
        await _write(response, b"retry: 2000\n\n")
        while page := await context.shop.journal.events(sent, PAGE):
            await _write(response, b"".join(map(encode, page)))
            sent = page[-1].id
        await _live(response, subscription, sent)
    except (ConnectionError, TimeoutError):
        if request.transport is not None:
            request.transport.abort()
    return response


async def _live(response: web.StreamResponse, subscription: Subscription, sent: int) -> None:
    """Until the subscription ends (slow reader, shop stopping) or the connection breaks."""
    following: asyncio.Task[Event] | None = None
    try:
        while True:
            following = following or asyncio.ensure_future(_next(subscription))
            done, _ = await asyncio.wait({following}, timeout=HEARTBEAT)
            if not done:
                await _write(response, b": still here\n\n")
                continue
            try:
                event = following.result()
            except StopStream:
                return
            finally:
                following = None
            if event.id > sent:
                await _write(response, encode(event))
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


async def _write(response: web.StreamResponse, data: bytes) -> None:
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(data)
