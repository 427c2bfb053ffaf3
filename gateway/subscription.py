"""Live news for one reader, who is cut when he is too slow (back-pressure never reaches who tells them)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Subscription(AsyncIterator[T], Generic[T]):
    """News in the order told; iteration ends when the reader was cut, `close` was called or the teller stops.

    A reader is cut when more than `limit` of them are unread, or more than `limit_size` by the measure of `size`.
    """

    def __init__(
        self,
        limit: int,
        leave: Callable[[Subscription[T]], None],
        *,
        size: Callable[[T], int] = lambda one: 0,
        limit_size: int = 0,
    ) -> None:
        self._unread: deque[T] = deque()
        self._limit = limit
        self._size = size
        self._limit_size = limit_size
        self._held = 0
        self._leave = leave
        self._there = asyncio.Event()
        self._closed = False
        self.cut = False  # True when the reader was too slow
        self.when_cut: Callable[[], None] = lambda: None

    def offer(self, one: T) -> None:
        """One more; one too many ends the subscription at once."""
        if self._closed:
            return
        self._held += self._size(one)
        if len(self._unread) >= self._limit or self._held > self._limit_size:
            self.cut = True
            self._unread.clear()
            self.close()
            self.when_cut()
            return
        self._unread.append(one)
        self._there.set()

    def close(self) -> None:
        """What was not read yet can still be read."""
        if not self._closed:
            self._closed = True
            self._leave(self)
            self._there.set()

    async def __anext__(self) -> T:
        while not self._unread:
            if self._closed:
                raise StopAsyncIteration
            self._there.clear()
            await self._there.wait()
        one = self._unread.popleft()
        self._held -= self._size(one)
        return one
