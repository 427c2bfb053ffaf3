"""The only place where the emulator meets real time and chance (design.md, rule 8).

Everything else gets a `now` (a callable answering zone-aware datetimes) and a `random.Random`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from random import Random, SystemRandom
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

#: Moscow keeps one offset all year since 2014, which stands in where a machine has no zone database.
DEFAULT_ZONE = "Europe/Moscow"


def zone(name: str = DEFAULT_ZONE) -> tzinfo:
    """A time zone by its name; ValueError when it is unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        if name == DEFAULT_ZONE:
            from datetime import timezone

            return timezone(timedelta(hours=3), "MSK")
        raise ValueError(f"unknown time zone {name!r}") from None


def monotonic() -> float:
    """Seconds of real time since an arbitrary moment."""
    return time.monotonic()


class Clock:
    """The wall clock of an emulated shop; call it for the time.

    It runs with `ticks` (seconds, real time by default; a virtual loop's `time` in simulations) from `start`
    (zone-aware, the machine's own time when None), and jumps with `advance`.
    """

    def __init__(
        self,
        start: datetime | None = None,
        *,
        local: tzinfo | None = None,
        ticks: Callable[[], float] = monotonic,
    ) -> None:
        self.zone = local or zone()
        if start is not None and start.tzinfo is None:
            raise ValueError("the start time of a clock must have a zone")
        self._wanted = start
        self._ticks = ticks
        self.reset()

    def reset(self) -> None:
        """Start over: at the start time, or at the machine's own time where none was given."""
        self._start = (self._wanted or datetime.fromtimestamp(time.time(), UTC)).astimezone(self.zone)
        self._began = self._ticks()
        self._shift = timedelta(0)

    def __call__(self) -> datetime:
        elapsed = timedelta(seconds=self._ticks() - self._began)
        # In UTC, so that a zone's summer time does not swallow or repeat an hour of the sum.
        return (self._start.astimezone(UTC) + elapsed + self._shift).astimezone(self.zone)

    def advance(self, seconds: float) -> None:
        """Move forward; ValueError for a negative step: a drive refuses to go back."""
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self._shift += timedelta(seconds=seconds)


def parse_time(text: str, local: tzinfo | None = None) -> datetime:
    """ISO 8601; without an offset it is the time of the shop's zone. ValueError says what is wrong."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time in ISO 8601, for example 2026-03-02T09:00:00+03:00") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=local or zone())


def seeded(seed: int | None = None) -> Random:
    """Randomness: repeatable from a seed, the system's own without one."""
    return Random(SystemRandom().getrandbits(64) if seed is None else seed)  # noqa: S311 — no secret hangs on it # nosec B311
