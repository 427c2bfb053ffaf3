"""HID report descriptors: what a USB device is, and where a HID-POS scanner keeps a scan in its reports.

Makers order and size the fields of their reports differently; the descriptor names each (USB Device Class Definition
for HID 1.11, section 6.2.2; HID Usage Tables 1.5, section 25).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from protocols.scanner.hid_pos import REPORT_ID, ROOM, SIZE, Report, build_report

#: (usage page, usage) of top-level collections.
SCANNER: Final = (0x8C, 0x02)
KEYBOARD: Final = (0x01, 0x06)

_BYTE_COUNT: Final = (0x01, 0x3B)
_AIM: Final = ((0x8C, 0xFB), (0x8C, 0xFC), (0x8C, 0xFD))
_DATA: Final = (0x8C, 0xFE)
_MORE: Final = (0x8C, 0xFF)
#: Honeywell's page for its own fields; usage 4 is the symbology byte.
_VENDOR: Final = (0xFF66, 0x04)

#: Bits of a report beyond which a descriptor is nonsense: full-speed HID has 64 bytes a packet, some send several.
_MOST_BITS: Final = 4096 * 8


class DescriptorError(ValueError):
    """The bytes are no report descriptor."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field begins behind the report's id and how long it is, in bits; `size` in bytes, 0 for odd bits."""

    bit: int
    bits: int

    @property
    def size(self) -> int:
        return 0 if self.bits % 8 or self.bit % 8 else self.bits // 8

    @property
    def end(self) -> int:
        """The first byte behind it."""
        return (self.bit + self.bits + 7) // 8

    def number(self, body: bytes) -> int:
        whole = int.from_bytes(body[: self.end], "little")
        return whole >> self.bit & (1 << self.bits) - 1

    def take(self, body: bytes) -> bytes:
        return body[self.bit // 8 : self.bit // 8 + self.size]


@dataclass(slots=True)
class _Fields:
    end: int = 0
    places: dict[tuple[int, int], Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one device keeps a scan. `report_id` 0: its reports bear none."""

    report_id: int
    data: Place
    aim: Place | None
    count: Place | None
    more: Place | None
    vendor: Place | None

    @property
    def least(self) -> int:
        """Bytes behind the id that a report has at least."""
        places = (self.data, self.aim, self.count, self.more, self.vendor)
        return max(place.end for place in places if place is not None)

    def parse(self, report: bytes) -> Report | None:
        """A report as the system gives it, its id first where it has one; None for another one or a short one."""
        body = report
        if self.report_id:
            if not report or report[0] != self.report_id:
                return None
            body = report[1:]
        if len(body) < self.least:
            return None
        data = self.data.take(body)
        data = data.rstrip(b"\0") if self.count is None else data[: self.count.take(body)[0]]
        aim = b"" if self.aim is None else self.aim.take(body)
        return Report(
            data=data,
            symbology=aim.decode("ascii") if aim[:1] == b"]" and aim.isascii() and aim[1:].isalnum() else None,
            vendor=0 if self.vendor is None else self.vendor.take(body)[0],
            more=self.more is not None and self.more.number(body) != 0,
        )

    def usual(self, report: bytes) -> bytes:
        """The same scan in reports as `hid_pos` reads them; empty for another report."""
        if self == USUAL:  # as it is: `hid_pos` knows what devices do that do not keep to their own descriptor
            return report[:SIZE].ljust(SIZE, b"\0") if report[:1] == bytes((REPORT_ID,)) else b""
        part = self.parse(report)
        if part is None:
            return b""
        pieces = [part.data[start : start + ROOM] for start in range(0, len(part.data), ROOM)] or [b""]
        last = len(pieces) - 1
        return b"".join(
            build_report(Report(piece, part.symbology, part.vendor, part.more or place < last))
            for place, piece in enumerate(pieces)
        )


#: The layout that `hid_pos` reads.
USUAL: Final = Layout(
    report_id=REPORT_ID,
    data=Place(32, 8 * ROOM),
    aim=Place(8, 24),
    count=Place(0, 8),
    more=Place(496, 8),
    vendor=Place(480, 8),
)


def collections(descriptor: bytes) -> tuple[tuple[int, int], ...]:
    """(usage page, usage) of each top-level collection. DescriptorError for what is no descriptor."""
    found: list[tuple[int, int]] = []
    page, depth = 0, 0
    usages: list[tuple[int, int]] = []
    for tag, value, size in _items(descriptor):
        if tag == _PAGE:
            page = value
        elif tag == _USAGE:
            usages.append(_usage(page, value, size))
        elif tag == _COLLECTION:
            if depth == 0 and usages:
                found.append(usages[0])
            depth += 1
        elif tag == _END:
            depth -= 1
        if tag in _MAIN:
            usages = []
    return tuple(found)


def layout(descriptor: bytes) -> Layout | None:
    """Where the input report with decoded data keeps it; None when there is no such report.

    DescriptorError for what is no descriptor.
    """
    for report_id, fields in _reports(descriptor).items():
        data = fields.places.get(_DATA)
        if data is None or data.size == 0:
            continue
        return Layout(
            report_id=report_id,
            data=data,
            aim=_aim(fields),
            count=_bytes_only(fields.places.get(_BYTE_COUNT)),
            more=fields.places.get(_MORE),
            vendor=_bytes_only(fields.places.get(_VENDOR)),
        )
    return None


_PAGE, _USAGE, _REPORT_ID, _REPORT_SIZE, _REPORT_COUNT = 0x04, 0x08, 0x84, 0x74, 0x94
_INPUT, _OUTPUT, _FEATURE, _COLLECTION, _END = 0x80, 0x90, 0xB0, 0xA0, 0xC0
_MAIN: Final = frozenset({_INPUT, _OUTPUT, _FEATURE, _COLLECTION, _END})
_CONSTANT: Final = 0x01


def _items(descriptor: bytes) -> Iterator[tuple[int, int, int]]:
    """(tag and type, value, bytes of the value) of each short item."""
    at = 0
    while at < len(descriptor):
        prefix = descriptor[at]
        if prefix == 0xFE:  # a long item: nobody uses them, their size is the next byte
            at += 3 + (descriptor[at + 1] if at + 1 < len(descriptor) else 0)
            continue
        size = (0, 1, 2, 4)[prefix & 3]
        value = descriptor[at + 1 : at + 1 + size]
        if len(value) < size:
            raise DescriptorError("a report descriptor ends within an item")
        yield prefix & 0xFC, int.from_bytes(value, "little"), size
        at += 1 + size


def _reports(descriptor: bytes) -> dict[int, _Fields]:
    """The fields of each input report by its id (0: none)."""
    found: dict[int, _Fields] = {}
    page = report_id = size = count = 0
    usages: list[tuple[int, int]] = []
    for tag, value, length in _items(descriptor):
        if tag == _PAGE:
            page = value
        elif tag == _REPORT_ID:
            if not 1 <= value <= 0xFF:
                raise DescriptorError(f"report id {value} is not one byte")
            report_id = value
        elif tag == _REPORT_SIZE:
            size = value
        elif tag == _REPORT_COUNT:
            count = value
        elif tag == _USAGE:
            usages.append(_usage(page, value, length))
        elif tag == _INPUT:
            fields = found.setdefault(report_id, _Fields())
            if fields.end + size * count > _MOST_BITS:
                raise DescriptorError(f"a report of {fields.end + size * count} bits")
            if not value & _CONSTANT:
                _place(fields, usages, size, count)
            fields.end += size * count
        if tag in _MAIN:
            usages = []
    return found


def _place(fields: _Fields, usages: list[tuple[int, int]], size: int, count: int) -> None:
    """One usage for all the fields is an array of them; several are one field each."""
    if len(usages) == 1:
        fields.places.setdefault(usages[0], Place(fields.end, size * count))
        return
    for place, usage in enumerate(usages[:count]):
        fields.places.setdefault(usage, Place(fields.end + place * size, size))


def _usage(page: int, value: int, size: int) -> tuple[int, int]:
    """A usage of four bytes names its own page."""
    return (value >> 16, value & 0xFFFF) if size == 4 else (page, value)


def _aim(fields: _Fields) -> Place | None:
    """Three bytes in a row, as one field of three or as three fields."""
    places = [fields.places.get(usage) for usage in _AIM]
    first = _bytes_only(places[0])
    if first is None or first.size == 3:
        return first
    row = [Place(first.bit + 8 * place, 8) for place in range(3)]
    return Place(first.bit, 24) if places == row else None


def _bytes_only(place: Place | None) -> Place | None:
    return place if place is not None and place.size else None


def _item(tag: int, value: int, size: int = 1) -> bytes:
    return bytes((tag | (0, 1, 2, 0, 3)[size],)) + value.to_bytes(size, "little")


#: A scanner as `hid_pos` reads it: count, AIM id, data, the maker's byte, one reserved, eight bits of "continued";
#: and the feature report that switches it on.
DESCRIPTOR: Final = b"".join(
    (
        _item(_PAGE, 0x8C), _item(_USAGE, 0x02), _item(_COLLECTION, 1),
        _item(_USAGE, 0x12), _item(_COLLECTION, 2), _item(_REPORT_ID, 2),
        _item(0x14, 0), _item(0x24, 255, 2), _item(_REPORT_SIZE, 8), _item(_REPORT_COUNT, 1),
        _item(_PAGE, 0x01), _item(_USAGE, 0x3B), _item(_INPUT, 2),
        _item(_REPORT_COUNT, 3), _item(_PAGE, 0x8C),
        _item(_USAGE, 0xFB), _item(_USAGE, 0xFC), _item(_USAGE, 0xFD), _item(_INPUT, 2),
        _item(_REPORT_COUNT, ROOM), _item(_USAGE, 0xFE), _item(_INPUT, 0x102, 2),
        _item(_PAGE, 0xFF66, 2), _item(_REPORT_COUNT, 2), _item(_USAGE, 0x04), _item(_USAGE, 0x00), _item(_INPUT, 2),
        _item(_PAGE, 0x8C), _item(0x24, 1), _item(_REPORT_SIZE, 1), _item(_REPORT_COUNT, 8),
        _item(_USAGE, 0xFF), _item(_INPUT, 2), bytes((_END,)),
        _item(_PAGE, 0xFF66, 2), _item(_REPORT_SIZE, 8), _item(0x24, 255, 2),
        _item(_USAGE, 0x03), _item(_COLLECTION, 2), _item(_REPORT_ID, 0xFE), _item(_REPORT_COUNT, 1),
        _item(_USAGE, 0x03), _item(_FEATURE, 0x182, 2), bytes((_END,)),
        bytes((_END,)),
    )
)  # fmt: skip
