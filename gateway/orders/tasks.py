"""Work on orders that is done to its end, whoever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

from devices.errors import GatewayError
from gateway.orders.words import Rejected
from gateway.receipts.faults import BodyFaults

T = TypeVar("T")

logger = structlog.get_logger(__name__)


class Tasks:
    """Those that run. Belongs to one event loop."""

    def __init__(self) -> None:
        self.running: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Begin it beside everything else."""
        task = asyncio.create_task(work)
        self.running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Done to its end, also when the caller goes away in the midst of it."""
        return await asyncio.shield(self.spawn(work))

    async def finish(self) -> None:
        """Until nothing runs any more."""
        while self.running:
            await asyncio.gather(*self.running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """Who waits for it hears of its error, too; who does not must not lose it."""
        self.running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, GatewayError | Rejected | BodyFaults):
            logger.error("an order's task failed", exc_info=error)
