"""Kinds of fields that only Shtrih-M has; messages themselves and the drive's formats are in `protocols.wire`."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Annotated

from construct import ExprAdapter, GreedyBytes

from protocols.wire import Kind, Truncated, WireError, fixed, integer, prefixed, rest, year_byte, ymd


def not_supplied(size: int) -> Kind:
    """An integer whose all-FF value means "not supplied" and is None here (sum and tax of FF46, INN of 11h)."""
    marker = b"\xff" * size
    return fixed(
        f"u{size * 8}?",
        size,
        lambda value: marker if value is None else value.to_bytes(size, "little"),
        lambda raw: None if raw == marker else int.from_bytes(raw, "little"),
    )


def quantity(size: int, places: int) -> Kind:
    """Fixed-point quantity; more places than the wire has are an error, never a rounding."""

    def pack(value: Decimal) -> bytes:
        scaled = value.scaleb(places)
        units = int(scaled)
        if units != scaled:
            raise WireError(f"quantity {value} has more than {places} decimal places")
        return units.to_bytes(size, "little")

    return fixed(f"quantity{places}", size, pack, lambda raw: Decimal(int.from_bytes(raw, "little")).scaleb(-places))


def _pack_dmy(value: date | None) -> bytes:
    return b"\0\0\0" if value is None else bytes((value.day, value.month, year_byte(value.year)))


def _time(raw: bytes) -> time:
    try:
        return time(raw[0], raw[1], raw[2])
    except ValueError as error:
        raise WireError(f"{raw.hex(' ')} is no time of day") from error


def cp1251(raw: bytes) -> str:
    """Text of the classic commands: NUL ends it."""
    return raw.split(b"\0", 1)[0].decode("cp1251", "replace")


def fixed_text(size: int) -> Kind:
    """cp1251 padded with NULs to exactly `size` bytes."""

    def pack(value: str) -> bytes:
        raw = value.encode("cp1251")
        if len(raw) > size:
            raise WireError(f"text of {len(raw)} bytes is longer than {size}")
        return raw.ljust(size, b"\0")

    return fixed(f"text{size}", size, pack, cp1251)


def tail_text(minimum: int = 0, maximum: int = 250) -> Kind:
    """cp1251 to the end of the message, padded to `minimum`; shorter text is taken too, hosts differ.

    Longer text than `maximum` is refused on both sides: what a peer says must also be what we could say.
    """

    def pack(value: str) -> bytes:
        raw = value.encode("cp1251")
        if len(raw) > maximum:
            raise WireError(f"text of {len(raw)} bytes is longer than {maximum}")
        return raw.ljust(minimum, b"\0")

    def parse(raw: bytes) -> str:
        if len(raw) > maximum and len(raw.rstrip(b"\0")) > maximum:
            raise WireError(f"text of {len(raw)} bytes is longer than {maximum}")
        return cp1251(raw)

    return rest("text", pack, parse, detail=maximum)


def narrow_or_wide() -> Kind:
    """A register number: one byte up to 255, two above (1Ah); two are taken for small numbers too."""

    def parse(raw: bytes) -> int:
        if not raw:
            raise Truncated("the register's number is missing")
        if len(raw) > 2:
            raise WireError(f"a register's number has 1 or 2 bytes, not {len(raw)}")
        return int.from_bytes(raw, "little")

    return rest("number", lambda value: value.to_bytes(1 if value < 256 else 2, "little"), parse)


def blocks(count: int) -> Kind:
    """`count` byte strings: all lengths first (one byte each), then all contents (FF61)."""

    def pack(values: tuple[bytes, ...]) -> bytes:
        return bytes(len(value) for value in values) + b"".join(values)

    def unpack(data: bytes, offset: int) -> tuple[tuple[bytes, ...], int]:
        lengths = data[offset : offset + count]
        offset += count
        if len(lengths) < count or offset + sum(lengths) > len(data):
            raise Truncated(f"blocks of {list(lengths)} bytes do not fit the message")
        found = []
        for length in lengths:
            found.append(data[offset : offset + length])
            offset += length
        return tuple(found), offset

    grammar = ExprAdapter(GreedyBytes, lambda raw, _: unpack(raw, 0)[0], lambda value, _: pack(value))
    return Kind("blocks", grammar, pack, unpack, None, count)


Password = Annotated[int, integer(4)]
Kopecks = Annotated[int, integer(5)]
KopecksOrNone = Annotated[int | None, not_supplied(5)]
SerialOrNone = Annotated[int | None, not_supplied(4)]
InnOrNone = Annotated[int | None, not_supplied(6)]
Thousandths = Annotated[Decimal, quantity(5, 3)]
Millionths = Annotated[Decimal, quantity(6, 6)]
DateDmy = Annotated[date | None, fixed("dmy", 3, _pack_dmy, lambda raw: ymd(raw[2], raw[1], raw[0]))]
Hms = Annotated[time, fixed("hms", 3, lambda value: bytes((value.hour, value.minute, value.second)), _time)]
Short = Annotated[bytes, prefixed()]  # at most 255 bytes
Text40 = Annotated[str, fixed_text(40)]
Tail = Annotated[str, tail_text()]
Tail40 = Annotated[str, tail_text(40)]
Tail20 = Annotated[str, tail_text(20)]
Tail200 = Annotated[str, tail_text(0, 200)]
RegisterNumber = Annotated[int, narrow_or_wide()]
