"""Every scanner of the shop: its task, its feed, and what is known of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from devices.scanners.base import Kind, Reading, Scanner
from gateway.scanners.feed import Feed
from gateway.scanners.model import Now, Scan, ScannerSnapshot, understood
from gateway.scanners.repeats import WINDOW, Repeats
from gateway.scanners.watch import Watch

log = structlog.get_logger(__name__)

#: Ids are milliseconds of the clock, one more where two fall together: so they grow over restarts too.
_MILLISECONDS = 1000
#: Seconds which `stop` gives devices to close.
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A scanner of the configuration. `make` makes a closed one for each try; `window` in seconds."""

    name: str
    link: str
    make: Callable[[], Scanner]
    window: float = WINDOW
    emulated: bool = False


class _Post:
    """One scanner's place in the hub."""

    def __init__(self, watched: Watched, number: Callable[[], int], now: Now) -> None:
        self._watched = watched
        self._number = number
        self._now = now
        self._repeats = Repeats(watched.window)
        self._last: Scan | None = None
        self.feed = Feed()
        self.watch = Watch(watched.name, watched.make, self._take, now)

    @property
    def snapshot(self) -> ScannerSnapshot:
        watched, watch = self._watched, self.watch
        return ScannerSnapshot(
            name=watched.name,
            link=watched.link,
            emulated=watched.emulated,
            kind=watch.kind,
            state=watch.state,
            since=watch.since,
            error=watch.error,
            last=self._last,
            counts=replace(watch.counts, claimed=self.feed.claimed),
        )

    def _take(self, reading: Reading, kind: Kind) -> None:
        name = self._watched.name
        scan = understood(reading, kind, name, self._now())
        if self._repeats.is_repeat(scan, asyncio.get_running_loop().time()):
            self.watch.counts.repeats += 1
            return
        scan = replace(scan, id=self._number())
        self.watch.counts.scans += 1
        self.watch.counts.faults += scan.code is None
        self._last = scan
        # Of the code its product and unit, never what proves it.
        cis, fault = scan.code and scan.code.cis, scan.fault and scan.fault.code
        log.debug("scan", scanner=name, id=scan.id, cis=cis, fault=fault)
        self.feed.tell(scan)


class Hub:
    """The scanners by name. Start and stop never wait for a device and never fail because of one."""

    def __init__(self, scanners: Mapping[str, Watched], *, now: Now) -> None:
        self._now = now
        self._newest = 0
        self._posts = {name: _Post(watched, self._number, now) for name, watched in scanners.items()}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to look for every scanner."""
        self._tasks = [asyncio.create_task(post.watch.run(), name=f"scanner {n}") for n, post in self._posts.items()]

    async def stop(self) -> None:
        """Let the devices go; readers and callers who wait hear that nothing more comes. May be called again."""
        for post in self._posts.values():
            post.feed.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_SECONDS)

    @property
    def snapshots(self) -> list[ScannerSnapshot]:
        """What is known of each, in the order of the configuration."""
        return [post.snapshot for post in self._posts.values()]

    def feed(self, name: str) -> Feed | None:
        """The scans of one; None where no scanner has this name."""
        post = self._posts.get(name)
        return None if post is None else post.feed

    @property
    def feeds(self) -> Mapping[str, Feed]:
        """Of all of them."""
        return {name: post.feed for name, post in self._posts.items()}

    def _number(self) -> int:
        self._newest = max(self._newest + 1, int(self._now().timestamp() * _MILLISECONDS))
        return self._newest
