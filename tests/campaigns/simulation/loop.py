"""The scheduler: virtual time, no system calls, and an order of events that comes from the seed.

Time stands still while anything can happen and then jumps to the next timer. asyncio promises that callbacks handed to
`call_soon` run in their order, and that is kept. It promises nothing about which of several ready *tasks* runs first
(that hangs on which bytes or timers came first), nor about timers that are due at the same moment: these two are
shuffled in every round.
"""

from __future__ import annotations

import asyncio
import heapq
from random import Random

#: Rounds after which a life that does not end is taken for one that runs in circles.
MOST_ROUNDS = 2_000_000
#: The C implementation of tasks hands these to the loop.
_STEPS = frozenset({"TaskStepMethWrapper", "TaskWakeupMethWrapper"})


class RunsInCircles(Exception):
    """The world is busy without end, in virtual time that passes or does not."""


class SeededLoop(asyncio.BaseEventLoop):
    """`time()` starts at 0. There are no sockets, signals or threads."""

    def __init__(self, rng: Random) -> None:
        super().__init__()
        self.elapsed = 0.0
        self.rounds = 0
        self.stalled = 0.0  # seconds of `elapsed` in which the machine stood still
        self._chance = rng.random

    def time(self) -> float:
        return self.elapsed

    def stall(self, seconds: float) -> None:
        """The machine does nothing for so long: what became due meanwhile, bytes and time-outs, is due at once."""
        self.elapsed += seconds
        self.stalled += seconds

    def _write_to_self(self) -> None:
        """Nobody sleeps in a selector."""

    def _run_once(self) -> None:
        self.rounds += 1
        if self.rounds > MOST_ROUNDS:
            self.rounds = 0
            raise RunsInCircles(f"not at rest after {MOST_ROUNDS} rounds, at {self.elapsed:.3f} s")
        ready, timers = self._ready, self._scheduled
        if self._timer_cancelled_count > 200 and self._timer_cancelled_count * 2 > len(timers):
            for handle in timers:
                if handle._cancelled:
                    handle._scheduled = False
            timers[:] = [handle for handle in timers if not handle._cancelled]
            heapq.heapify(timers)
            self._timer_cancelled_count = 0
        while timers and timers[0]._cancelled:
            heapq.heappop(timers)._scheduled = False
            self._timer_cancelled_count -= 1
        if not ready and not self._stopping:
            if not timers:
                raise RunsInCircles("time stands still: every task waits and no timer is set")
            self.elapsed = max(self.elapsed, timers[0]._when)
        if timers and timers[0]._when <= self.elapsed:
            self._due(self.elapsed)
        count = len(ready)
        if count > 1:
            self._shuffle(count)
        for _ in range(count):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _due(self, now: float) -> None:
        timers = self._scheduled
        due = []
        while timers and timers[0]._when <= now:
            handle = heapq.heappop(timers)
            handle._scheduled = False
            if handle._cancelled:
                self._timer_cancelled_count -= 1
            else:
                due.append(handle)
        if len(due) > 1:
            due.sort(key=lambda handle: (handle._when, self._chance()))
        self._ready.extend(due)

    def _shuffle(self, count: int) -> None:
        ready = self._ready
        places = [at for at in range(count) if type(ready[at]._callback).__name__ in _STEPS]
        if len(places) > 1:
            steps = sorted((self._chance(), at) for at in places)
            moved = [ready[at] for _, at in steps]
            for at, handle in zip(places, moved, strict=True):
                ready[at] = handle
