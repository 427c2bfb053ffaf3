"""Hypothesis strategies for Shtrih-M messages, drawn from each message's own fields."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from protocols.shtrih.commands.drive import RegistrationTail
from protocols.wire import Kind, kinds_of

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2255, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0))
DATES = st.dates(date(2000, 1, 1), date(2255, 12, 31))
LETTERS = 'абвгдАБЯёЁ 019.,-№abcXYZ"«»'


def texts(size: int) -> st.SearchStrategy[str]:
    return st.text(LETTERS, max_size=size)


def unsigned(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, (1 << bits) - 1)


#: Kinds whose name says all.
NAMED = {
    "moment": st.none() | MOMENTS,
    "ymd": st.none() | DATES,
    "dmy": st.none() | DATES,
    "hms": st.times().map(lambda at: at.replace(microsecond=0)),
    "text": texts(20),
    "number": unsigned(16),
    "rest": st.binary(max_size=60),
    "prefixed": st.binary(max_size=60),
    "closing": st.tuples(texts(64), st.just(()) | st.tuples(*[unsigned(40)] * 4)),
    "registration_tail": st.builds(RegistrationTail, unsigned(32), unsigned(32), made_at=st.none() | MOMENTS),
}


def values(kind: Kind) -> st.SearchStrategy[object]:
    """What a field of this kind may hold, from its own row."""
    if kind.name in NAMED:
        return NAMED[kind.name]
    if kind.name == "maybe":
        return st.none() | values(kind.detail)
    if kind.name == "array":
        return st.tuples(*[values(kind.detail[1])] * kind.detail[0])
    if kind.name == "blocks":
        return st.tuples(*[st.binary(max_size=40)] * kind.detail)
    assert kind.size is not None, kind.name
    return sized(kind.name, kind.size)


def sized(name: str, size: int) -> st.SearchStrategy[object]:
    if name.startswith("quantity"):
        return unsigned(8 * size).map(lambda units: Decimal(units).scaleb(-int(name[-1])))
    if name.startswith("ascii"):
        return st.text("0123456789ABCfn_", max_size=size)
    if name.startswith("bytes"):
        return st.binary(min_size=size, max_size=size)
    if name.startswith("text"):
        return texts(size)
    if name.endswith("?"):
        return st.none() | st.integers(0, (1 << 8 * size) - 2)
    if name.startswith("i"):
        return st.integers(-(1 << 8 * size - 1), (1 << 8 * size - 1) - 1)
    assert name.startswith("u"), name
    return unsigned(8 * size)


def messages(cls: type) -> st.SearchStrategy[object]:
    """Optional tails are there up to some field and not after it, as firmware sends them."""
    kinds = kinds_of(cls)

    def build(drawn: dict[str, object]) -> object:
        gone = False
        for name, kind in kinds.items():
            if kind.name == "maybe":
                gone = gone or drawn[name] is None
                drawn[name] = None if gone else drawn[name]
        return cls(**drawn)

    return st.fixed_dictionaries({name: values(kind) for name, kind in kinds.items()}).map(build)
