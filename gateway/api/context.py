"""What every handler works with."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from aiohttp import web

from gateway.api.pictures import Pictures
from gateway.api.tokens import Tokens
from gateway.journal.records import TraceRow
from gateway.marking.decode import Decoder
from gateway.orders.service import Orders
from gateway.scanners import Hub
from gateway.shop import Shop


class TraceSource(Protocol):
    """Where byte traces are kept (`gateway.journal.traces.Traces`)."""

    async def for_job(self, job_id: str, limit: int = ...) -> list[TraceRow]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The handlers' world."""

    shop: Shop
    orders: Orders
    scanners: Hub
    tokens: Tokens
    traces: TraceSource | None
    pictures: Pictures
    decoder: Decoder
    now: Callable[[], datetime]
    rng: random.Random
    version: str
    metrics_open: bool
    cors: Callable[[web.BaseRequest], Mapping[str, str]]
    counts: Mapping[tuple[str, int], int]


Handler = Callable[..., Awaitable[web.StreamResponse]]
