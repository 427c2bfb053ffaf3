"""What a scanner sent, packet by packet, in words for a technician."""

from __future__ import annotations

from typing import Final

from protocols.scanner import keys
from protocols.scanner.hid_pos import HONEYWELL, parse_report
from protocols.scanner.reading import Kind

#: ASCII names of what cannot be seen.
_NAMES: Final = (
    *("NUL", "SOH", "STX", "ETX", "EOT", "ENQ", "ACK", "BEL", "BS", "TAB", "LF", "VT", "FF", "CR", "SO", "SI"),
    *("DLE", "DC1", "DC2", "DC3", "DC4", "NAK", "SYN", "ETB", "CAN", "EM", "SUB", "ESC", "FS", "GS", "RS", "US"),
)


def explain(kind: Kind, packet: bytes) -> str:
    """One of a reading's packets, of a scanner of this kind."""
    return {Kind.KEYBOARD: explain_keys, Kind.HID_POS: explain_report}.get(kind, shown)(packet)


def shown(data: bytes) -> str:
    """Text with `<GS>` for what cannot be printed."""
    return "".join(_shown(byte) for byte in data)


def explain_report(packet: bytes) -> str:
    """A HID-POS report as `hid_pos` reads them."""
    part = parse_report(packet)
    if part is None:
        return f"отчёт {packet[:1].hex().upper() or '—'}: не скан ({packet.hex(' ')})"
    vendor = HONEYWELL.get(part.vendor)
    maker = f", код производителя {part.vendor:02X}h" + (f" ({vendor.name})" if vendor else "") if part.vendor else ""
    more = ", продолжение следует" if part.more else ", последний"
    return f"AIM {part.symbology or 'нет'}{maker}, {len(part.data)} байт{more}: {shown(part.data)}"


def explain_keys(packet: bytes) -> str:
    """Key events in order: `LEFTSHIFT↓ A↓↑ LEFTSHIFT↑`."""
    words: list[str] = []
    for event in keys.events(packet):
        if event.type != keys.EV_KEY or event.value == keys.REPEATED:
            continue
        key = keys.KEYS.get(event.code)
        name = key.name if key else f"KEY{event.code}"
        if event.value == keys.PRESSED:
            words.append(f"{name}↓")
        elif words and words[-1] == f"{name}↓":
            words[-1] += "↑"
        else:
            words.append(f"{name}↑")
    return " ".join(words)


def _shown(byte: int) -> str:
    if byte < 0x20:
        return f"<{_NAMES[byte]}>"
    return chr(byte) if byte < 0x7F else f"<{byte:02X}>"
