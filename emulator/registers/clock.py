"""The register's own clock: the shop's, set off by whoever sets it, or lost with its battery."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from emulator.registers.memory import Memory

#: Where a clock without battery starts (UNCONFIRMED; any moment before the last document will do).
LOST_CLOCK = datetime(2000, 1, 1)  # noqa: DTZ001 — the shop's zone is put in


class RegisterClock:
    """Call it for the time, zone-aware. `shop` is the shop's clock, which nobody at the register can set."""

    def __init__(self, memory: Memory, shop: Callable[[], datetime]) -> None:
        self._memory = memory
        self.shop = shop

    def __call__(self) -> datetime:
        return self.shop() + timedelta(seconds=self._memory.clock_offset)

    def set(self, wall: datetime) -> None:
        """Show this naive wall time from now on."""
        shop = self.shop()
        self._memory.clock_offset = (wall.replace(tzinfo=shop.tzinfo) - shop).total_seconds()

    def lose(self, wanted: str) -> None:
        """Start from `LOST_CLOCK`; `wanted` are the family's words for what it must be told before it goes on."""
        self.set(LOST_CLOCK)
        self._memory.clock_lost = wanted

    def told(self, word: str) -> None:
        """One of the wanted words is dealt with."""
        if self._memory.clock_lost:
            self._memory.clock_lost = " ".join(one for one in self._memory.clock_lost.split() if one != word)

    def find(self) -> None:
        """A lost clock shows the shop's time again."""
        if self._memory.clock_lost:
            self._memory.clock_lost, self._memory.clock_offset = "", 0.0
