"""TLV: tag u16 LE, length u16 LE, value; a document is a tree of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Union

Value = Union[int, str, bytes, Decimal, datetime, tuple["Element", ...]]


@dataclass(frozen=True, slots=True)
class Element:
    """One tag with its value.

    The value's type follows the tag's kind: int (byte, bits, u16, u32, VLN in kopecks), Decimal (FVLN), str (string,
    padding stripped), naive datetime (unixtime: the register's local wall clock), bytes (bytes, unknown tags), tuple
    of Elements (STLV). A VLN wider than needed, or a padded string, keeps its bytes through a round trip.
    """

    tag: int
    value: Value


def decode(data: bytes) -> tuple[Element, ...]:
    """Elements of a TLV sequence; unknown tags come as bytes. TlvError (with offset) when lengths do not fit."""
    raise NotImplementedError


def encode(elements: Iterable[Element]) -> bytes:
    """Bytes of a TLV sequence; TlvError names the tag whose value does not fit its kind or length."""
    raise NotImplementedError


def find(elements: Iterable[Element], tag: int) -> Element | None:
    """The first element with this tag on this level."""
    raise NotImplementedError


def all_of(elements: Iterable[Element], tag: int) -> Iterator[Element]:
    """Every element with this tag on this level, in order."""
    raise NotImplementedError
