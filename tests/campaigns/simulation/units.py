"""Marked goods of a simulated world: units to sell, and those that the marking system has something against."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

#: Share of receipts with marked lines, and of units that must not change hands.
SHARE, BAD = 0.45, 0.08
#: Marked lines of a receipt.
_LINES = (1, 1, 2, 3, 6)
#: What the marking system knows against a unit, as its book takes it.
_AGAINST: tuple[Mapping[str, Any], ...] = ({"blocked": True}, {"status": "withdrawn"}, {"status": "counterfeit"})
#: AI 91 and 92: a key that no emulated drive has, 44 characters that nobody can check.
_TAIL = "\x1d91EE06\x1d92" + "A" * 44

#: What the book of misfortunes calls those of the marking system.
SYSTEM = "marking system"

Put = Callable[[str, Mapping[str, Any]], object]


class Units:
    """Each unit is asked for once, but for the same content under another key; `put` tells the book of bad ones."""

    def __init__(self, rng: Random, put: Put, first: int = 0) -> None:
        self._rng = rng
        self._put = put
        self._count = first

    def lines(self) -> int:
        """How many marked lines the next receipt has."""
        return self._rng.choice(_LINES) if self._rng.random() < SHARE else 0

    def make(self) -> str:
        """The next unit's code."""
        self._count += 1
        cis = f"010460043993125621{self._count:06d}"
        if self._rng.random() < BAD:
            self._put(cis, self._rng.choice(_AGAINST))
        return cis + _TAIL
