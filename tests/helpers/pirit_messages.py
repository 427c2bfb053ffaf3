"""Hypothesis strategies for Пирит's messages, drawn from each message's own fields, and its worked frames."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from protocols.pirit.fields import Cashier, Part
from protocols.wire import Kind, kinds_of

LETTERS = 'абвгдАБЯёЁ№ 019.,-&$/abcXYZ"'
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31)).map(lambda at: at.replace(microsecond=0))


def texts(least: int = 0, most: int | None = None) -> st.SearchStrategy[str]:
    return st.text(LETTERS, min_size=least, max_size=min(most or 12, 12))


def kopecks(most: int | None) -> st.SearchStrategy[int]:
    return st.integers(-(10**15), 10**15) if most is None else st.integers(0, most)


def decimals(places: int) -> st.SearchStrategy[Decimal]:
    return st.integers(-(10**12), 10**12).map(lambda units: Decimal(units).scaleb(-places))


PARTS = st.tuples(st.integers(1, 10**6), st.integers(1, 10**6)).map(lambda pair: Part(pair[0], sum(pair)))
INNS = st.sampled_from(["", "7707083893", "500100732259"])


def values(kind: Kind) -> st.SearchStrategy[object]:
    """What a field of this kind may hold, from its own row."""
    if kind.name == "array":
        return st.tuples(*[values(kind.detail[1])] * kind.detail[0])
    if kind.name.endswith("?"):
        return st.none() | given_values(kind.name[:-1], kind.detail)
    return given_values(kind.name, kind.detail)


def given_values(name: str, detail: object) -> st.SearchStrategy[object]:
    match name, detail:
        case "number", (int(least), most):
            return st.integers(least, 10**15 if most is None else most)
        case "kopecks", most:
            return kopecks(most)
        case "text", (least, most):
            return texts(least, most)
        case "code", most:
            return st.binary(max_size=min(most or 40, 40))
        case _:
            return NAMED[name]


NAMED: dict[str, st.SearchStrategy[object]] = {
    "moment": MOMENTS,
    "date": st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    "date8": st.dates(date(1900, 1, 1), date(2099, 12, 31)),
    "hex": st.binary(max_size=40),
    "cashier": st.builds(Cashier, texts().map(lambda name: name.replace("&", "")), INNS),
    "quantity": PARTS | decimals(9),
    "fraction4": decimals(4),
    "decimal": decimals(6),
}


def messages(cls: type) -> st.SearchStrategy[object]:
    return st.builds(cls, **{name: values(kind) for name, kind in kinds_of(cls).items()})


#: The worked frames of other_kkt §1.3 (their checksums computed, the rule compared with three clients).
STATUS = bytes.fromhex("02 50 49 52 49 20 30 30 03 32 31")
STATUS_LONE_FS = bytes.fromhex("02 50 49 52 49 20 30 30 1C 03 33 44")
STATUS_REPLY = bytes.fromhex("02 20 30 30 30 30 30 1C 34 1C 30 1C 03 30 42")
BEGIN_WORK = bytes.fromhex("02 50 49 52 49 21 31 30 32 33 30 31 32 34 1C 31 30 31 35 30 30 1C 03 32 32")
OPEN_SHIFT = bytes.fromhex("02 50 49 52 49 22 32 33 80 A4 AC A8 AD A8 E1 E2 E0 A0 E2 AE E0 1C 03 46 34")
OPEN_SALE = bytes.fromhex("02 50 49 52 49 23 33 30 32 1C 31 1C 8F A5 E2 E0 AE A2 1C 1C 30 1C 1C 03 33 36")
ITEM = bytes.fromhex(
    "02 50 49 52 49 24 34 32 91 A0 E5 A0 E0 1C 1C 31 1C 31 30 30 1C 34 1C 1C 1C 1C 30 1C 1C 34 1C 31 1C 1C 1C 1C 03"
    "41 41"
)
ITEM_REPLY = bytes.fromhex("02 24 34 32 30 30 30 2E 30 30 30 30 1C 03 32 33")
SUBTOTAL = bytes.fromhex("02 50 49 52 49 25 34 34 03 32 34")
CASH = bytes.fromhex("02 50 49 52 49 26 34 37 30 1C 31 30 30 30 2E 30 30 1C 03 33 42")
CLOSE = bytes.fromhex("02 50 49 52 49 27 33 31 32 1C 03 30 41")
CHECK_CODE = bytes.fromhex(
    "02 50 49 52 49 28 37 39 31 1C 30 31 30 33 30 34 31 30 39 34 37 38 37 34 34 33 32 31 35 43 59 36 74 48 24 31 44"
    "39 33 64 47 56 7A 1C 30 1C 31 1C 31 1C 30 1C 30 1C 03 34 39"
)
WRONG_STATE = bytes.fromhex("02 23 33 30 30 31 03 32 32")
SHIFT_CLOSED = bytes.fromhex(
    "02 29 30 36 30 30 31 1C 32 30 1C 91 AC A5 AD A0 20 AD A5 20 AE E2 AA E0 EB E2 A0 1C 03 33 31"
)
REQUESTS = (
    STATUS, STATUS_LONE_FS, BEGIN_WORK, OPEN_SHIFT, OPEN_SALE, ITEM, SUBTOTAL, CASH, CLOSE, CHECK_CODE,
)  # fmt: skip
REPLIES = (STATUS_REPLY, ITEM_REPLY, WRONG_STATE, SHIFT_CLOSED)
