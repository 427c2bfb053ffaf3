"""What one scanner told: the newest scans, its live readers, and which caller was given which scan."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from gateway.scanners.model import Scan
from gateway.subscription import Subscription

#: Scans kept of each scanner, for readers that resume and for callers whose answer was lost.
KEPT = 256
#: Callers who may wait for scans of one scanner at once; who comes later hears at once that there is none.
WAITERS = 64
#: Seconds after which a scan that nobody claimed is nobody's: it was not meant for the receipt that is opened now.
CLAIMABLE = 60


@dataclass(slots=True)
class _Kept:
    scan: Scan
    moment: float  # of the loop's clock
    claimed: bool = False
    key: str | None = None


@dataclass(slots=True, eq=False)
class _Waiter:
    key: str | None
    given: asyncio.Future[_Kept]


class Feed:
    """The scans of one scanner."""

    def __init__(self) -> None:
        self._kept: deque[_Kept] = deque()
        self._by_key: dict[str, _Kept] = {}
        self._waiters: list[_Waiter] = []
        self._subscriptions: list[Subscription[Scan]] = []
        self._closed = False
        self.claimed = 0  # scans given to a caller
        self.forgotten = 0  # the id of the newest scan that is no longer kept

    def tell(self, scan: Scan) -> None:
        """A new scan: to every reader, and to the caller who has waited longest."""
        kept = _Kept(scan, self._moment())
        self._kept.append(kept)
        if len(self._kept) > KEPT:
            self._forget(self._kept.popleft())
        for subscription in tuple(self._subscriptions):
            subscription.offer(scan)
        self._give(kept)

    # --- readers

    def events(
        self, *, limit: int, size: Callable[[Scan], int] = lambda scan: 0, limit_size: int = 0
    ) -> Subscription[Scan]:
        """Scans from now on. A reader with too many unread is cut."""
        subscription: Subscription[Scan] = Subscription(
            limit, self._subscriptions.remove, size=size, limit_size=limit_size
        )
        self._subscriptions.append(subscription)
        if self._closed:
            subscription.close()
        return subscription

    async def past(self, after: int, limit: int) -> Sequence[Scan]:
        """The first `limit` of the scans kept whose id is beyond `after`."""
        return tuple(islice(self._later(after), limit))

    async def newest(self) -> int:
        """The id of the newest scan; 0 before the first."""
        return self._newest()

    @property
    def readers(self) -> int:
        """How many follow."""
        return len(self._subscriptions)

    # --- callers

    async def claim(
        self, *, key: str | None = None, after: int = 0, max_age: float = CLAIMABLE, seconds: float = 0.0
    ) -> Scan | None:
        """The oldest scan that was given to nobody, is later than `after` and not older than `max_age` seconds.

        Waits for one as long as `seconds`; None when there was none. A caller who comes again with the same `key` is
        given the same scan again, so an answer that was lost loses no scan. Cancelled without a key, it took nothing.
        """
        known = self._by_key.get(key) if key is not None else None
        # An id that is not told yet is another life's, before a clock was set back.
        found = known or self._free(0 if after > self._newest() else after, max_age)
        if found is not None:
            return self._taken(found, key)
        if seconds <= 0 or self._closed or len(self._waiters) >= WAITERS:
            return None
        waiter = _Waiter(key, asyncio.get_running_loop().create_future())
        self._waiters.append(waiter)
        try:
            await asyncio.wait({waiter.given}, timeout=seconds)
        except asyncio.CancelledError:
            if waiter.given.done() and not waiter.given.cancelled():
                self._give_back(waiter)
            raise
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)
        if not waiter.given.done():
            return None
        return None if waiter.given.cancelled() else waiter.given.result().scan

    def close(self) -> None:
        """Readers and callers who wait hear that nothing more comes."""
        self._closed = True
        for waiter in self._waiters:
            waiter.given.cancel()
        self._waiters.clear()
        for subscription in tuple(self._subscriptions):
            subscription.close()

    # --- inside

    def _newest(self) -> int:
        return self._kept[-1].scan.id if self._kept else 0

    def _later(self, after: int) -> Iterator[Scan]:
        return (kept.scan for kept in self._kept if kept.scan.id > after)

    def _free(self, after: int, max_age: float) -> _Kept | None:
        oldest = self._moment() - max_age
        return next(
            (kept for kept in self._kept if not kept.claimed and kept.scan.id > after and kept.moment >= oldest), None
        )

    def _taken(self, kept: _Kept, key: str | None) -> Scan:
        if not kept.claimed:
            kept.claimed = True
            self.claimed += 1
            if key is not None:
                kept.key = key
                self._by_key[key] = kept
        return kept.scan

    def _give(self, kept: _Kept) -> None:
        if not self._waiters:
            return
        first = self._waiters[0]
        self._taken(kept, first.key)
        # A caller that lost its connection and came again waits twice under one key: one scan for both.
        for one in [one for one in self._waiters if one is first or (one.key == first.key is not None)]:
            self._waiters.remove(one)
            one.given.set_result(kept)

    def _give_back(self, waiter: _Waiter) -> None:
        """The caller went away before it could hear of its scan: it is the next one's."""
        kept = waiter.given.result()
        if waiter.key is not None:
            return  # it will come again, or another connection of the same caller has it
        kept.claimed = False
        self.claimed -= 1
        self._give(kept)

    def _forget(self, kept: _Kept) -> None:
        self.forgotten = kept.scan.id
        if kept.key is not None:
            del self._by_key[kept.key]

    def _moment(self) -> float:
        return asyncio.get_running_loop().time()
