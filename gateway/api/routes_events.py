"""`GET /api/v1/events`: everything that happens to documents and registers, from the journal (`gateway.api.sse`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from gateway.api import answers, sse
from gateway.api.context import Context, Handler
from gateway.api.query import Query
from gateway.journal import Event
from gateway.shop import Shop
from gateway.subscription import Subscription


def encode(event: Event) -> bytes:
    """One event on the wire."""
    return sse.frame(event.type, answers.event_object(event), event.id)


@dataclass(frozen=True, slots=True)
class _Journal:
    """The journal's events; the past of months is read page by page."""

    shop: Shop

    def events(self, *, limit: int, size: Callable[[Event], int], limit_size: int) -> Subscription[Event]:
        return self.shop.events(limit=limit, size=size, limit_size=limit_size)

    async def past(self, after: int, limit: int) -> Sequence[Event]:
        return await self.shop.journal.events(after, limit)

    async def newest(self) -> int:
        return await self.shop.journal.last_event()


def stream(readers: sse.Readers[Event]) -> Handler:
    """The handler, sharing one count of readers."""

    async def handle(context: Context, request: web.BaseRequest) -> web.StreamResponse:
        with Query(request, "last_event_id") as asked:
            after = sse.last_seen(request, asked)
        return await sse.stream(context, request, readers, _Journal(context.shop), after)

    return handle
