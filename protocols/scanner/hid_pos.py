"""HID-POS input reports (USB HID Point of Sale Usage Tables 1.02, page 8Ch): one code in one to many reports.

The layout below is the one of Honeywell's and many other makers' report 2; `descriptor` finds where a device that
differs keeps the same fields and brings its reports into this form. Sources: the worked frames in Access-IS' product
manuals (LSR118, ATR110, appendix "HID reports"), NielsLeenheer/WebHidBarcodeScanner: src/main.js, the answers of a
Voyager 1602g captured in HenkVanAsselt/python_hon_usbhid: README.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from protocols.scanner.framing import CAP, Framing, unframe
from protocols.scanner.reading import Note, Reading

REPORT_ID: Final = 0x02
#: Bytes of a report with its id, and of the code in it.
SIZE: Final = 64
ROOM: Final = 56

#: Offsets in the report behind its id.
_COUNT, _AIM, _DATA, _VENDOR, _MORE = 0, 1, 4, 60, 62
_BRACKET: Final = 0x5D

#: Seconds after which a code whose next report does not come is given up.
PATIENCE: Final = 0.2

#: Vendors whose scanners stay silent on HID-POS until told by this feature report (Honeywell, Youjie).
SWITCHED_ON_BY_FEATURE: Final = frozenset({0x0C2E, 0x23D0})
FEATURE_ID: Final = 0xFE
SWITCH_ON: Final = bytes((FEATURE_ID, 0x01))

#: What scanners say of themselves in the form of a scan: answers to commands of a vendor's program.
NOT_SCANS: Final = frozenset({"]Z6"})


@dataclass(frozen=True, slots=True)
class VendorSymbology:
    """A maker's own symbology byte; `aim` where it leaves no choice."""

    number: int
    name: str
    aim: str | None = None


_HONEYWELL: Final = (
    VendorSymbology(0x3C, "Code 32"),
    VendorSymbology(0x44, "EAN-8", "]E4"),
    VendorSymbology(0x45, "UPC-E", "]E0"),
    VendorSymbology(0x48, "Han Xin"),
    VendorSymbology(0x52, "MicroPDF417"),
    VendorSymbology(0x61, "Codabar"),
    VendorSymbology(0x62, "Code 39"),
    VendorSymbology(0x63, "UPC-A", "]E0"),
    VendorSymbology(0x64, "EAN-13", "]E0"),
    VendorSymbology(0x65, "Interleaved 2 of 5"),
    VendorSymbology(0x68, "Code 11"),
    VendorSymbology(0x69, "Code 93"),
    VendorSymbology(0x6A, "Code 128"),
    VendorSymbology(0x72, "PDF417"),
    VendorSymbology(0x73, "QR Code"),
    VendorSymbology(0x77, "Data Matrix"),
    VendorSymbology(0x78, "MaxiCode"),
    VendorSymbology(0x79, "GS1 DataBar", "]e0"),
    VendorSymbology(0x7A, "Aztec Code"),
    VendorSymbology(0x7B, "GS1 DataBar Limited", "]e0"),
    VendorSymbology(0x7C, "GS1-128", "]C1"),
    VendorSymbology(0x7D, "GS1 DataBar Expanded", "]e0"),
)
HONEYWELL: Final[Mapping[int, VendorSymbology]] = {row.number: row for row in _HONEYWELL}


@dataclass(frozen=True, slots=True)
class Report:
    """One report's part of a code. `vendor` is the maker's symbology byte (0: none), `more`: another report follows."""

    data: bytes
    symbology: str | None
    vendor: int
    more: bool


def parse_report(report: bytes) -> Report | None:
    """A report with its id, padded to SIZE; None for another report of the device."""
    if len(report) < SIZE or report[0] != REPORT_ID:
        return None
    body = report[1:SIZE]
    # Some devices keep AIM id and data one byte further (WebHidBarcodeScanner looks for the bracket in both places).
    shift = 1 if body[_AIM] != _BRACKET and body[_AIM + 1] == _BRACKET else 0
    aim = body[_AIM + shift : _DATA + shift]
    known = aim[0] == _BRACKET and aim.isascii() and aim[1:].isalnum()
    start = _DATA + shift
    return Report(
        data=body[start : start + min(body[_COUNT], ROOM)],
        symbology=aim.decode("ascii") if known else None,
        # Where shifted devices keep this byte is not known (UNCONFIRMED), and it overlaps their data.
        vendor=0 if shift else body[_VENDOR],
        more=body[_MORE] != 0,
    )


def build_report(part: Report) -> bytes:
    """The report of `part`, SIZE bytes with the id. ValueError for more than ROOM bytes or an AIM id not of three."""
    aim = (part.symbology or "\0\0\0").encode("ascii")
    if len(part.data) > ROOM or len(aim) != _DATA - _AIM:
        raise ValueError(f"{len(part.data)} bytes of data and AIM id {part.symbology!r} do not fit into a report")
    body = bytes((len(part.data),)) + aim + part.data.ljust(ROOM, b"\0") + bytes((part.vendor, 0, part.more))
    return bytes((REPORT_ID,)) + body


def build_reports(data: bytes, symbology: str | None, vendor: int = 0) -> tuple[bytes, ...]:
    """As many reports as the code needs."""
    pieces = [data[start : start + ROOM] for start in range(0, len(data), ROOM)] or [b""]
    last = len(pieces) - 1
    return tuple(
        build_report(Report(piece, symbology, vendor, more=place < last)) for place, piece in enumerate(pieces)
    )


class Joiner:
    """A stream of reports of SIZE bytes each in, readings out; knows no clock, see `framing.Cutter`."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self.reset()

    def reset(self) -> None:
        self._rest = b""
        self._open: list[Report] = []
        self._packets: list[bytes] = []

    @property
    def patience(self) -> float | None:
        return PATIENCE if self._open or self._rest else None

    def feed(self, data: bytes) -> list[Reading]:
        """What the bytes complete; they may be cut anywhere."""
        self._rest += data
        found: list[Reading] = []
        while len(self._rest) >= SIZE:
            packet, self._rest = self._rest[:SIZE], self._rest[SIZE:]
            part = parse_report(packet)
            if part is None:
                continue
            self._open.append(part)
            self._packets.append(packet)
            if not part.more:
                found += self._finish(())
            elif len(self._open) * ROOM > CAP:
                found += self._finish((Note.OVERLONG,))
        return found

    def silence(self) -> list[Reading]:
        """The report that should follow did not come."""
        self._rest = b""
        return self._finish((Note.TRUNCATED,)) if self._open else []

    def _finish(self, notes: tuple[Note, ...]) -> list[Reading]:
        parts, packets = self._open, tuple(self._packets)
        self._open, self._packets = [], []
        symbology = parts[0].symbology
        if symbology in NOT_SCANS:
            return []
        if symbology is None and parts[0].vendor in HONEYWELL:
            symbology = HONEYWELL[parts[0].vendor].aim
        reading = unframe(b"".join(part.data for part in parts), self._framing)
        if reading is None:
            return []
        return [
            replace(reading, symbology=symbology or reading.symbology, packets=packets, notes=(*reading.notes, *notes))
        ]
