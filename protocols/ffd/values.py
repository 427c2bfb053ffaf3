"""What a tag's value looks like once decoded, and the pure functions between it and its bytes.

Some writers use more bytes than a value needs, or fewer than usual (a VLN of 6 bytes for a small sum, an INN without
its padding). Such a value is an ordinary int, Decimal or str that also knows its width, so it compares by value and is
written as it was read.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Self

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - tag times are the register's wall clock without a zone
SECOND = timedelta(seconds=1)
NUMBER_WIDTH = 8


class WideInt(int):
    """An int written in `width` bytes where another number of bytes is usual."""

    width: int

    def __new__(cls, value: int, width: int) -> Self:
        self = super().__new__(cls, value)
        self.width = width
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[int, int]]:
        return type(self), (int(self), self.width)


class WideDecimal(Decimal):
    """A Decimal whose FVLN takes `width` bytes, more or fewer than its mantissa needs."""

    width: int

    def __new__(cls, value: Decimal, width: int) -> Self:
        self = super().__new__(cls, value)
        self.width = width
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[Decimal, int]]:  # type: ignore[override]
        return type(self), (Decimal(self), self.width)


class PaddedStr(str):
    """A fixed-length string that was padded to `width` characters instead of its own length."""

    __slots__ = ("width",)
    width: int

    def __new__(cls, value: str, width: int) -> Self:
        self = super().__new__(cls, value)
        self.width = width
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[str, int]]:
        return type(self), (str(self), self.width)


def parse_vln(data: bytes) -> int:
    """Unsigned little-endian integer of 0…8 bytes; none at all reads as 0."""
    width = len(data)
    if width > NUMBER_WIDTH:
        raise ValueError(f"a number of {width} bytes")
    value = int.from_bytes(data, "little")
    if width == 1 or (width and data[-1]):
        return value
    return WideInt(value, width)


def build_vln(value: int) -> bytes:
    """As few bytes as hold the value (one for 0), or as many as it was read with."""
    if type(value) is not int:
        if isinstance(value, WideInt):
            return value.to_bytes(value.width, "little")
        if not isinstance(value, int):
            raise TypeError(f"{value!r} is no int")
    return value.to_bytes((value.bit_length() + 7) >> 3 or 1, "little")


def parse_wide(data: bytes) -> WideInt:
    """An integer in a width that is not its tag's usual one."""
    if len(data) > NUMBER_WIDTH:
        raise ValueError(f"a number of {len(data)} bytes")
    return WideInt(int.from_bytes(data, "little"), len(data))


def build_wide(value: WideInt) -> bytes:
    """Only what was read in an unusual width is written in one."""
    if not isinstance(value, WideInt):
        raise TypeError(f"{value!r} is no int that fits")
    return value.to_bytes(value.width, "little")


def plain_int(value: int) -> int:
    """Refuses a value that asks for a width of its own."""
    if isinstance(value, WideInt):
        raise ValueError("a width of its own")
    return value


def parse_fvln(data: bytes) -> Decimal:
    """Byte 0 counts the digits right of the point, the rest is a VLN; `03 E8 03` is Decimal("1.000")."""
    width = len(data)
    if width > NUMBER_WIDTH + 1:
        raise ValueError(f"a number of {width} bytes")
    mantissa = int.from_bytes(data[1:], "little")
    value = Decimal(mantissa).scaleb(-data[0]) if width else Decimal(0)
    if width - 1 == ((mantissa.bit_length() + 7) >> 3 or 1):
        return value
    return WideDecimal(value, width)


def build_fvln(value: Decimal) -> bytes:
    """The digits after the point follow the Decimal's own exponent: Decimal("2") is `00 02`, "2.000" is `03 D0 07`."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{value!r} is no Decimal")
    units, _, fraction = f"{value:f}".partition(".")
    places, mantissa = len(fraction), int(units + fraction)
    if isinstance(value, WideDecimal):
        return (bytes((places,)) + mantissa.to_bytes(value.width - 1, "little")) if value.width else b""
    return bytes((places,)) + mantissa.to_bytes((mantissa.bit_length() + 7) >> 3 or 1, "little")


def parse_time(seconds: int) -> datetime:
    return EPOCH + timedelta(0, seconds)


def build_time(value: datetime) -> int:
    """Seconds of the wall clock; an aware datetime would mean another clock and is refused."""
    if not isinstance(value, datetime) or value.tzinfo is not None:
        raise TypeError(f"{value!r} is no naive datetime")
    if value.microsecond:
        raise ValueError(f"{value} is not on a whole second")
    return (value - EPOCH) // SECOND
