"""Hypothesis strategies for ATOL's messages, drawn from each message's own fields."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import shtrih_messages as shared
from hypothesis import strategies as st

from protocols.wire import Kind, kinds_of

LETTERS = "абвгдАБЯёЁ 019.,-№$€abcXYZ"
CLOCKS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(microsecond=0))
NAMED = {
    "clock": st.none() | CLOCKS,
    "clock_dmy": st.none() | CLOCKS,
    "day_bcd": st.none() | st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    "time_bcd": st.times().map(lambda at: at.replace(microsecond=0)),
}


def digits(size: int) -> st.SearchStrategy[int]:
    return st.integers(0, 10 ** (2 * size) - 1)


def values(kind: Kind) -> st.SearchStrategy[object]:
    """What a field of this kind may hold, from its own row."""
    name, size = kind.name, kind.size
    if name in NAMED:
        return NAMED[name]
    if name == "bcd":
        return digits(kind.detail)
    if name == "text":
        return st.text(LETTERS, max_size=min(kind.detail, 20))
    if name == "bytes":
        shortest, longest = kind.detail
        return st.binary(min_size=shortest, max_size=min(longest, 60))
    if size is not None and name.startswith("bcd"):
        return digits(size)
    if size is not None and name.startswith("quantity"):
        return digits(size).map(lambda units: Decimal(units).scaleb(-3))
    if size is not None and name.startswith("text"):
        return st.text(LETTERS, max_size=size)
    if size is not None and name.endswith("be"):
        return shared.unsigned(8 * size)
    return shared.values(kind)


def messages(cls: type) -> st.SearchStrategy[Any]:
    """Optional tails are there up to some field and not after it."""
    kinds = kinds_of(cls)

    def build(drawn: dict[str, object]) -> object:
        gone = False
        for name, kind in kinds.items():
            if kind.name == "maybe":
                gone = gone or drawn[name] is None
                drawn[name] = None if gone else drawn[name]
        return cls(**drawn)

    return st.fixed_dictionaries({name: values(kind) for name, kind in kinds.items()}).map(build)
