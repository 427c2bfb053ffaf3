"""Kinds of fields of ATOL's command layer: packed BCD and big-endian binary, texts in the register's own page."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from construct import BytesInteger

from protocols.atol import text
from protocols.wire import Kind, Truncated, WireError, fixed, raw_bytes, rest, year_byte

_TWO = 2  # digits of a byte


def bcd_bytes(value: int, size: int) -> bytes:
    """Packed BCD, the most significant digit first; ValueError when the number has too many digits."""
    digits = f"{value:0{size * _TWO}d}"
    if value < 0 or len(digits) > size * _TWO:
        raise WireError(f"{value} does not fit {size * _TWO} digits")
    return bytes.fromhex(digits)


def bcd_value(raw: bytes) -> int:
    """The number in packed BCD; WireError when a nibble is no digit."""
    digits = raw.hex()
    if not digits.isdecimal() and digits:
        raise WireError(f"{raw.hex(' ')} is no BCD")
    return int(digits or "0")


def bcd(size: int) -> Kind:
    return fixed(f"bcd{size}", size, lambda value: bcd_bytes(value, size), bcd_value)


def big(size: int) -> Kind:
    """Binary big-endian integer: what is no BCD in the command layer."""

    def unpack(data: bytes, offset: int) -> tuple[int, int]:
        end = offset + size
        if end > len(data):
            raise Truncated(f"integer needs {size} bytes at {offset}, {len(data) - offset} left")
        return int.from_bytes(data[offset:end], "big"), end

    return Kind(f"u{size * 8}be", BytesInteger(size), lambda value: value.to_bytes(size, "big"), unpack, size)


def quantity(size: int) -> Kind:
    """Thousandths in BCD; a quantity with more places is an error, never rounded."""

    def pack(value: Decimal) -> bytes:
        scaled = value.scaleb(3)
        if int(scaled) != scaled:
            raise WireError(f"quantity {value} has more than 3 decimal places")
        return bcd_bytes(int(scaled), size)

    return fixed(f"quantity{size}", size, pack, lambda raw: Decimal(bcd_value(raw)).scaleb(-3))


def bcd_tail(shortest: int, longest: int) -> Kind:
    """BCD to the end of the message: `longest` bytes are written, from `shortest` on are read (sources disagree)."""

    def parse(raw: bytes) -> int:
        if not shortest <= len(raw) <= longest:
            raise WireError(f"{shortest} to {longest} bytes of BCD are expected, not {len(raw)}")
        return bcd_value(raw)

    return rest("bcd", lambda value: bcd_bytes(value, longest), parse, detail=longest)


def fixed_text(size: int) -> Kind:
    """Text padded with NULs to exactly `size` bytes."""

    def pack(value: str) -> bytes:
        raw = text.encode(value)
        if len(raw) > size:
            raise WireError(f"text of {len(raw)} characters is longer than {size}")
        return raw.ljust(size, b"\0")

    return fixed(f"text{size}", size, pack, lambda raw: text.decode(raw.rstrip(b"\0")))


def tail_text(longest: int) -> Kind:
    """Text to the end of the message, of no more than `longest` characters on both sides."""

    def pack(value: str) -> bytes:
        raw = text.encode(value)
        if len(raw) > longest:
            raise WireError(f"text of {len(raw)} characters is longer than {longest}")
        return raw

    def parse(raw: bytes) -> str:
        raw = raw.rstrip(b"\0")
        if len(raw) > longest:
            raise WireError(f"text of {len(raw)} characters is longer than {longest}")
        return text.decode(raw)

    return rest("text", pack, parse, detail=longest)


def tail_bytes(longest: int, shortest: int = 0) -> Kind:
    """Bytes to the end of the message, as many as a command can take."""

    def check(raw: bytes) -> bytes:
        if not shortest <= len(raw) <= longest:
            raise WireError(f"{shortest} to {longest} bytes are expected, not {len(raw)}")
        return bytes(raw)

    return rest("bytes", check, check, detail=(shortest, longest))


def _pack_clock(value: datetime | None) -> bytes:
    if value is None:
        return bytes(6)
    return b"".join(
        bcd_bytes(part, 1)
        for part in (year_byte(value.year), value.month, value.day, value.hour, value.minute, value.second)
    )


def _clock(raw: bytes) -> datetime | None:
    try:
        year, month, day, hour, minute, second = (bcd_value(raw[at : at + 1]) for at in range(6))
        return datetime(2000 + year, month, day, hour, minute, second)  # noqa: DTZ001 the register's wall clock has no zone
    except ValueError:
        return None


def _pack_day(value: date | None) -> bytes:
    if value is None:
        return bytes(3)
    return b"".join(bcd_bytes(part, 1) for part in (value.day, value.month, year_byte(value.year)))


def _day(raw: bytes) -> date | None:
    try:
        day, month, year = (bcd_value(raw[at : at + 1]) for at in range(3))
        return date(2000 + year, month, day)
    except ValueError:
        return None


def _turned(raw: bytes) -> bytes:
    """DD MM YY … as YY MM DD …, and back."""
    return raw[2::-1] + raw[3:]


U8 = Annotated[int, big(1)]
U16be = Annotated[int, big(2)]
U24be = Annotated[int, big(3)]
Bcd1 = Annotated[int, bcd(1)]
Bcd2 = Annotated[int, bcd(2)]
Bcd3 = Annotated[int, bcd(3)]
Bcd4 = Annotated[int, bcd(4)]
Bcd5 = Annotated[int, bcd(5)]
Bcd6 = Annotated[int, bcd(6)]
Bcd7 = Annotated[int, bcd(7)]
Quantity5 = Annotated[Decimal, quantity(5)]
#: 3F: YY MM DD HH MM SS, naive: the register's own clock; None where it shows no date.
Clock = Annotated[datetime | None, fixed("clock", 6, _pack_clock, _clock)]
#: ED and register 11h: DD MM YY HH MM SS.
ClockDmy = Annotated[
    datetime | None,
    fixed("clock_dmy", 6, lambda value: _turned(_pack_clock(value)), lambda raw: _clock(_turned(raw))),
]
DayBcd = Annotated[date | None, fixed("day_bcd", 3, _pack_day, _day)]
Name64 = Annotated[str, fixed_text(64)]
Code16 = Annotated[bytes, raw_bytes(16)]
#: Protocol 2 holds 255 bytes with password and code.
Line = Annotated[str, tail_text(252)]
