"""The CDN's hosts, best first, and which of them are left alone for a while."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

#: Seconds for which a host is left alone that did not answer in time, or twice with 429 or 5xx (marking.md §4.1).
PARKED: Final = 15 * 60.0


class Hosts:
    """Times are those of the event loop."""

    def __init__(self) -> None:
        self._ranked: tuple[str, ...] = ()
        self._parked: dict[str, float] = {}  # host -> free again at

    def __bool__(self) -> bool:
        return bool(self._ranked)

    def replace(self, ranked: Sequence[str], unhealthy: Iterable[str], now: float) -> None:
        """A new list, best first. Hosts stay parked that were, unless they have just shown themselves healthy."""
        self._ranked = tuple(ranked)
        sick = frozenset(unhealthy)
        self._parked = {host: self._parked.get(host, now + PARKED) for host in ranked if host in sick}

    def park(self, host: str, now: float) -> None:
        """Leave this host alone for a while."""
        self._parked[host] = now + PARKED

    def usable(self, now: float) -> list[str]:
        """Those not parked, best first."""
        return [host for host in self._ranked if self._parked.get(host, now) <= now]

    def parked(self, now: float) -> list[str]:
        """The others, the one that is free soonest first."""
        still = {host: until for host, until in self._parked.items() if until > now and host in self._ranked}
        return sorted(still, key=still.__getitem__)

    def seen(self, now: float) -> list[dict[str, object]]:
        """For a technician: every host in order, and for how many seconds it is parked."""
        return [{"host": host, "parked": max(0, round(self._parked.get(host, now) - now))} for host in self._ranked]
