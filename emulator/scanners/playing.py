"""A code as the bytes a scanner sends, in the pieces it sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from emulator.scanners.faults import ScanFault, Waiting
from emulator.scanners.setup import Setup
from protocols.marking.layout import damaged
from protocols.scanner.framing import SUFFIXES
from protocols.scanner.hid_pos import SIZE, build_reports
from protocols.scanner.keyboard import GS, chord_name
from protocols.scanner.keys import EVENT_SIZE
from protocols.scanner.keystrokes import Capitals, Fingers, type_code
from protocols.scanner.reading import Kind

#: The maker's byte of Data Matrix and of what else is asked for most (Honeywell).
_VENDOR_BYTES: Final[Mapping[str, int]] = {"d": 0x77, "Q": 0x73, "E": 0x64, "C": 0x6A}
_ENDS: Final[Mapping[str, str]] = {"cr": "ENTER", "lf": "ENTER", "crlf": "ENTER", "tab": "TAB", "etx": "ENTER"}
#: Bytes of a piece of a split code: less than a report or an event has.
_SPLIT: Final = 7
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes to send, `pause` seconds after the piece before."""

    data: bytes
    pause: float = 0.0


def play(
    code: bytes, symbology: str | None, setup: Setup, faults: Mapping[ScanFault, Waiting], *, at: float = 0.0
) -> list[Piece]:
    """What goes over the wire for `code` (GS as 1Dh); `at` is the time of its first key in seconds.

    ValueError for what this scanner cannot send: other letters than a US keyboard's, an AIM id that is none.
    """
    if symbology is not None and (len(symbology) != 3 or symbology[0] != "]" or not symbology.isascii()):
        raise ValueError(f"an AIM id is three characters such as ]d2, not {symbology!r}")
    if ScanFault.GS_LOST in faults:
        code = code.replace(b"\x1d", b"")
    once = _encoded(code, symbology, setup, faults, at)
    if ScanFault.GLUED in faults:
        endless = _encoded(code, symbology, replace(setup, suffix="none"), faults, at)
        once = _glued(endless, once, code, symbology, setup, faults)
    if ScanFault.TRUNCATED in faults:
        once = once[: _middle(len(once), setup.kind)]
    if ScanFault.DOUBLE in faults:
        once += once
    if ScanFault.SPLIT in faults:
        return _pieces(once, _SPLIT, faults[ScanFault.SPLIT].seconds)
    return _pieces(once, setup.packet if setup.kind is Kind.SERIAL else len(once), 0.0)


def _encoded(code: bytes, symbology: str | None, setup: Setup, faults: Mapping[ScanFault, Waiting], at: float) -> bytes:
    aim = symbology if setup.aim else None
    text = setup.prefix + (aim or "") + code.decode("latin-1")
    if setup.kind is Kind.KEYBOARD:
        gs = setup.gs or "ctrl+]"
        fingers = Fingers(gs=gs, capitals=_capitals(faults), end=_ENDS.get(setup.suffix, ""))
        events = type_code(text.encode("latin-1"), fingers, start=round(at * _MICROSECONDS))
        return b"".join(event.pack() for event in events)
    if setup.kind is Kind.HID_POS:
        data = _spelt(setup.prefix + code.decode("latin-1"), setup, faults) + SUFFIXES[setup.suffix]
        vendor = _VENDOR_BYTES.get((symbology or "  ")[1], 0)
        return b"".join(build_reports(data, symbology, vendor))
    return _spelt(text, setup, faults) + SUFFIXES[setup.suffix]


def _spelt(text: str, setup: Setup, faults: Mapping[ScanFault, Waiting]) -> bytes:
    if setup.gs is not None and chord_name(setup.gs) is None:
        text = text.replace(GS, setup.gs)
    if ScanFault.RU_LAYOUT in faults:
        return damaged(text).encode()
    return text.encode("latin-1")


def _glued(
    endless: bytes,
    once: bytes,
    code: bytes,
    symbology: str | None,
    setup: Setup,
    faults: Mapping[ScanFault, Waiting],
) -> bytes:
    """Reports carry their own end, so two codes are glued within them; elsewhere one stream follows the other."""
    if setup.kind is Kind.HID_POS:
        return _encoded(code + code, symbology, setup, faults, 0.0)
    return endless + once


def _middle(length: int, kind: Kind) -> int:
    """Half of it; of reports and events whole ones, and one report at least stays away."""
    unit = {Kind.KEYBOARD: EVENT_SIZE, Kind.HID_POS: SIZE}.get(kind, 1)
    return length // unit // 2 * unit


def _capitals(faults: Mapping[ScanFault, Waiting]) -> Capitals:
    if ScanFault.CAPS_TYPED in faults:
        return Capitals.BY_CAPS_LOCK
    return Capitals.SHIFT_IN_CAPS_LOCK if ScanFault.CAPS_LOCK in faults else Capitals.BY_SHIFT


def _pieces(data: bytes, size: int, pause: float) -> list[Piece]:
    pieces = [data[start : start + size] for start in range(0, len(data), max(size, 1))]
    return [Piece(piece, pause if place else 0.0) for place, piece in enumerate(pieces)]
