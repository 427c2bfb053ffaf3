"""Live events for one reader, who is cut when he is too slow (back-pressure never reaches the shop)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from gateway.journal import Event


class Subscription(AsyncIterator[Event]):
    """Events in journal order; iteration ends when the reader was cut, `close` was called or the shop stops.

    A reader is cut when more than `limit` events are unread, or more than `limit_size` by the measure of `size`.
    """

    def __init__(
        self,
        limit: int,
        leave: Callable[[Subscription], None],
        *,
        size: Callable[[Event], int] = lambda event: 0,
        limit_size: int = 0,
    ) -> None:
        self._unread: deque[Event] = deque()
        self._limit = limit
        self._size = size
        self._limit_size = limit_size
        self._held = 0
        self._leave = leave
        self._there = asyncio.Event()
        self._closed = False
        self.cut = False  # True when the reader was too slow
        self.when_cut: Callable[[], None] = lambda: None

    def offer(self, event: Event) -> None:
        """One more event; one too many ends the subscription at once."""
        if self._closed:
            return
        self._held += self._size(event)
        if len(self._unread) >= self._limit or self._held > self._limit_size:
            self.cut = True
            self._unread.clear()
            self.close()
            self.when_cut()
            return
        self._unread.append(event)
        self._there.set()

    def close(self) -> None:
        """What was not read yet can still be read."""
        if not self._closed:
            self._closed = True
            self._leave(self)
            self._there.set()

    async def __anext__(self) -> Event:
        while not self._unread:
            if self._closed:
                raise StopAsyncIteration
            self._there.clear()
            await self._there.wait()
        event = self._unread.popleft()
        self._held -= self._size(event)
        return event
