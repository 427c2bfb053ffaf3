"""Reading a document's elements for print: typed, and forgiving to what a register left out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from protocols.ffd.tlv import Element, all_of, find


class Fields:
    """The tags of one level. Absent or oddly typed values read as None, "" or nothing, never as an error."""

    def __init__(self, elements: object) -> None:
        self.elements: tuple[Element, ...] = elements if isinstance(elements, tuple) else ()

    def number(self, tag: int) -> int | None:
        value = self._value(tag)
        return value if isinstance(value, int) else None

    def text(self, tag: int) -> str:
        value = self._value(tag)
        return value.strip() if isinstance(value, str) else ""

    def texts(self, tag: int) -> Iterator[str]:
        return (element.value for element in all_of(self.elements, tag) if isinstance(element.value, str))

    def moment(self, tag: int) -> datetime | None:
        value = self._value(tag)
        return value if isinstance(value, datetime) else None

    def quantity(self, tag: int) -> Decimal | None:
        value = self._value(tag)
        return value if isinstance(value, Decimal) else None

    def raw(self, tag: int) -> bytes:
        value = self._value(tag)
        return value if isinstance(value, bytes) else b""

    def inside(self, tag: int) -> Fields:
        return Fields(self._value(tag))

    def each(self, tag: int) -> Iterator[Fields]:
        return (Fields(element.value) for element in all_of(self.elements, tag))

    def _value(self, tag: int) -> object:
        element = find(self.elements, tag)
        return None if element is None else element.value


def bits(value: int | None) -> Iterator[int]:
    """Positions of the bits that are set."""
    left = value or 0
    position = 0
    while left:
        if left & 1:
            yield position
        left >>= 1
        position += 1


def plain(quantity: Decimal) -> str:
    """2.500 -> 2.5, 10 -> 10."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
