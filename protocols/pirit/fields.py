"""Kinds of fields of Пирит's messages: text in cp866, each ended by FS (other_kkt §1.2).

An empty field means "not given": None, zero or an empty text, as the alias says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

from construct import ExprAdapter, GreedyBytes, NullTerminated, Sequence

from protocols.wire import Kind, Truncated, WireError, array

FS = b"\x1c"
ENCODING = "cp866"
#: UNCONFIRMED: the manual's own range ends at F0h and would cut off «ё» (F1h) and «№» (FCh), which its clients send.
LAST_CHARACTER = 0xFF
#: UNCONFIRMED: how a literal $ is sent where $XX stands for a byte. True: as $24; False: as it is.
ESCAPE_DOLLAR = True

_DIGITS = re.compile(rb" *(\d{1,20}) *")
_DECIMAL = re.compile(rb" *(-?)(\d{0,20})(?:\.(\d{0,20}))? *")
_NUMBER = 20  # digits of the longest number


def field(
    name: str, to_bytes: Callable[[Any], bytes], from_bytes: Callable[[bytes], Any], *, detail: object = None
) -> Kind:
    """One field with its FS."""

    def pack(value: Any) -> bytes:
        raw = to_bytes(value)
        if FS in raw:
            raise WireError("a separator inside a field")
        return raw + FS

    def unpack(data: bytes, offset: int) -> tuple[Any, int]:
        if offset >= len(data):
            raise Truncated(f"{name} is missing")
        stop = data.find(FS, offset)
        if stop < 0:
            stop = len(data)
        return from_bytes(data[offset:stop]), stop + 1

    grammar = ExprAdapter(
        NullTerminated(GreedyBytes, term=FS, require=False),
        lambda raw, _: from_bytes(raw),
        lambda value, _: to_bytes(value),
    )
    return Kind(name, grammar, pack, unpack, None, detail)


def optional(kind: Kind) -> Kind:
    """None is an empty field."""

    def read(raw: bytes) -> Any:
        return kind.unpack(raw + FS, 0)[0] if raw else None

    def write(value: Any) -> bytes:
        return b"" if value is None else kind.pack(value)[:-1]

    return field(f"{kind.name}?", write, read, detail=kind.detail)


def number(least: int = 0, most: int | None = None) -> Kind:
    """Decimal digits; an empty field is zero."""

    def write(value: int) -> bytes:
        return str(judged(value)).encode()

    def read(raw: bytes) -> int:
        found = _DIGITS.fullmatch(raw)
        if raw and found is None:
            raise WireError(f"{raw[:_NUMBER]!r} is no whole number")
        return judged(int(found[1]) if found else 0)

    def judged(value: int) -> int:
        if value < least or (most is not None and value > most):
            raise WireError(f"{value} is outside {least}..{'' if most is None else most}")
        return value

    return field("number", write, read, detail=(least, most))


def fraction(places: int) -> Kind:
    """A decimal fraction with at most so many places; an empty field is zero."""

    def write(value: Decimal) -> bytes:
        return f"{_places(value, places):.{places}f}".encode()

    return field(f"fraction{places}", write, lambda raw: _places(_decimal(raw), places), detail=places)


def _decimal(raw: bytes) -> Decimal:
    found = _DECIMAL.fullmatch(raw)
    if found is None or (raw and not (found[2] or found[3])):
        raise WireError(f"{raw[:_NUMBER]!r} is no number")
    sign, whole, parts = (each.decode() if each else "" for each in found.groups())
    return Decimal(f"{sign}{whole or 0}{f'.{parts}' if parts else ''}")


def _places(value: Decimal, places: int) -> Decimal:
    if value != value.quantize(Decimal(1).scaleb(-places)):
        raise WireError(f"{value} has more than {places} decimal places")
    return value


def kopecks(most: int | None = None) -> Kind:
    """Rubles with two places on the wire; an empty field is zero."""

    def write(value: int) -> bytes:
        rubles, rest = divmod(abs(judged(value)), 100)
        return f"{'-' if value < 0 else ''}{rubles}.{rest:02d}".encode()

    def judged(value: int) -> int:
        if most is not None and not 0 <= value <= most:
            raise WireError(f"{value} kopecks are outside 0..{most}")
        return value

    return field("kopecks", write, lambda raw: judged(int(_places(_decimal(raw), 2).scaleb(2))), detail=most)


@dataclass(frozen=True, slots=True)
class Part:
    """`sold` of `of` parts of one marked piece (tags 1293, 1294)."""

    sold: int
    of: int


_PART = re.compile(rb"(\d{1,10})/(\d{1,10})")


def _write_quantity(value: Decimal | Part) -> bytes:
    if isinstance(value, Part):
        return f"{value.sold}/{value.of}".encode()
    return f"{_places(value, 9).normalize():f}".encode()


def _read_quantity(raw: bytes) -> Decimal | Part:
    found = _PART.fullmatch(raw)
    if found is None:
        return _places(_decimal(raw), 9)
    sold, of = int(found[1]), int(found[2])
    if not 0 < sold < of:
        raise WireError(f"{sold}/{of} is no part of one piece")
    return Part(sold, of)


def text(most: int | None = None, least: int = 0) -> Kind:
    """Text in cp866."""

    def write(value: str) -> bytes:
        return judged(value.encode(ENCODING))

    def read(raw: bytes) -> str:
        return judged(raw).decode(ENCODING)

    def judged(raw: bytes) -> bytes:
        if any(byte < 0x20 or byte > LAST_CHARACTER for byte in raw):
            raise WireError("a control character inside a text")
        if len(raw) < least or (most is not None and len(raw) > most):
            raise WireError(f"a text of {len(raw)} characters is outside {least}..{'' if most is None else most}")
        return raw

    return field("text", write, read, detail=(least, most))


@dataclass(frozen=True, slots=True)
class Cashier:
    """Tags 1021 and 1203: the name, before it the INN and & when there is one."""

    name: str = ""
    inn: str = ""


_NAME = text(64)
_INN = re.compile(r"(?:\d{10}|\d{12})")


def _write_cashier(value: Cashier) -> bytes:
    if value.inn and not _INN.fullmatch(value.inn):
        raise WireError(f"{value.inn!r} is no INN")
    if not value.inn and _INN.fullmatch(value.name.partition("&")[0]) and "&" in value.name:
        raise WireError("the name would be read as an INN and a name")
    return (value.inn + "&" if value.inn else "").encode() + _NAME.pack(value.name)[:-1]


def _read_cashier(raw: bytes) -> Cashier:
    inn, mark, name = raw.partition(b"&")
    if mark and _INN.fullmatch(inn.decode(ENCODING)):
        return Cashier(_NAME.unpack(name + FS, 0)[0], inn.decode())
    return Cashier(_NAME.unpack(raw + FS, 0)[0])


_ESCAPED = re.compile(rb"\$([0-9A-Fa-f]{2})")


def escape(raw: bytes) -> bytes:
    """Bytes of a marking code as they travel: control characters, and $ itself, as $XX."""
    return b"".join(
        b"$%02X" % byte if byte < 0x20 or (byte == 0x24 and ESCAPE_DOLLAR) else bytes((byte,)) for byte in raw
    )


def unescape(raw: bytes) -> bytes:
    """The bytes that were meant. A $ that two hexadecimal digits do not follow is itself."""
    return _ESCAPED.sub(lambda found: bytes((int(found[1], 16),)), raw)


def code(most: int | None = None) -> Kind:
    """A marking code or other bytes, escaped; `most` counts the bytes that are meant."""

    def judged(raw: bytes) -> bytes:
        if most is not None and len(raw) > most:
            raise WireError(f"{len(raw)} bytes where at most {most} fit")
        return raw

    return field("code", lambda value: escape(judged(value)), lambda raw: judged(unescape(raw)), detail=most)


def hexadecimal() -> Kind:
    """Bytes as pairs of digits."""

    def read(raw: bytes) -> bytes:
        if not re.fullmatch(rb"(?:[0-9A-Fa-f]{2})*", raw):
            raise WireError(f"{raw[:_NUMBER]!r} is not hexadecimal")
        return bytes.fromhex(raw.decode())

    return field("hex", lambda value: value.hex().upper().encode(), read)


def _date(raw: bytes) -> date:
    """ddmmyy or ddmmyyyy: the vendor's own clients meet both."""
    if not re.fullmatch(rb"\d{6}(?:\d{2})?", raw):
        raise WireError(f"{raw[:_NUMBER]!r} is no date")
    year = int(raw[4:])
    try:
        return date(year if len(raw) == 8 else 2000 + year, int(raw[2:4]), int(raw[:2]))
    except ValueError as error:
        raise WireError(str(error)) from error


def _time(raw: bytes) -> time:
    if not re.fullmatch(rb"\d{6}", raw):
        raise WireError(f"{raw[:_NUMBER]!r} is no time")
    try:
        return time(int(raw[:2]), int(raw[2:4]), int(raw[4:]))
    except ValueError as error:
        raise WireError(str(error)) from error


def _write_date(value: date) -> bytes:
    if not 2000 <= value.year <= 2099:
        raise WireError(f"year {value.year} does not fit two digits")
    return value.strftime("%d%m%y").encode()


def _write_date8(value: date) -> bytes:
    return f"{value.day:02d}{value.month:02d}{value.year:04d}".encode()


DATE = field("date", _write_date, _date)
DATE8 = field("date8", _write_date8, _date)
TIME = field("time", lambda value: value.strftime("%H%M%S").encode(), _time)


def moment(*, empty: bool = False) -> Kind:
    """A date and a time, two fields, as a naive datetime: the register's own clock. `empty`: both may be, for None."""
    day, hour = (optional(DATE), optional(TIME)) if empty else (DATE, TIME)

    def pack(value: datetime | None) -> bytes:
        return FS + FS if value is None and empty else DATE.pack(value) + TIME.pack(value)

    def unpack(data: bytes, offset: int) -> tuple[datetime | None, int]:
        on, offset = day.unpack(data, offset)
        at, offset = hour.unpack(data, offset)
        if on is None or at is None:
            return None, offset
        return datetime.combine(on, at), offset

    def joined(pair: list[Any]) -> datetime | None:
        return None if None in pair else datetime.combine(*pair)

    def parted(value: datetime | None) -> tuple[Any, Any]:
        return (None, None) if value is None else (value.date(), value.time())

    grammar = ExprAdapter(Sequence(day.grammar, hour.grammar), lambda pair, _: joined(pair), lambda at, _: parted(at))
    return Kind("moment?" if empty else "moment", grammar, pack, unpack)


Number = Annotated[int, number()]
MaybeNumber = Annotated[int | None, optional(number())]
Kopecks = Annotated[int, kopecks()]
MAYBE_KOPECKS = optional(kopecks())
MaybeKopecks = Annotated[int | None, MAYBE_KOPECKS]
Kopecks16 = Annotated[tuple[int, ...], array(16, kopecks())]
Kopecks6 = Annotated[tuple[int, ...], array(6, kopecks())]
Kopecks4 = Annotated[tuple[int, ...], array(4, kopecks())]
Numbers16 = Annotated[tuple[int, ...], array(16, number())]
#: Rubles as they come, or another number in their place.
MAYBE_DECIMAL = optional(field("decimal", lambda value: f"{value.normalize():f}".encode(), _decimal))
Tax = Annotated[Decimal, fraction(4)]  # rubles, for the host to round
Quantity = Annotated[Decimal | Part, field("quantity", _write_quantity, _read_quantity)]
Text = Annotated[str, text()]
Operator = Annotated[Cashier, field("cashier", _write_cashier, _read_cashier)]
Code = Annotated[bytes, code()]
Hex = Annotated[bytes, hexadecimal()]
Date = Annotated[date, DATE]
MaybeDate = Annotated[date | None, optional(DATE)]
MAYBE_DATE8 = optional(DATE8)
Moment = Annotated[datetime, moment()]
MaybeMoment = Annotated[datetime | None, moment(empty=True)]
