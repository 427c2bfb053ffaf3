"""Which scanners may hang on this machine: by what they show, never by their maker's number alone.

Only a device with the HID POS collection says that it is a scanner. A serial port or a keyboard says so by a scan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from devices.candidate import Candidate, Guise
from devices.scanners import hidraw
from protocols.scanner.vendors import SNAPI, VENDORS

#: Chips between USB and RS-232: anything may be behind them.
BRIDGES: Final[Mapping[int, str]] = {0x1A86: "CH340", 0x10C4: "CP210x", 0x067B: "PL2303", 0x0403: "FTDI"}
INPUTS: Final = Path("/dev/input/by-id")
SERIALS: Final = Path("/dev/serial/by-id")
_KEYBOARDS: Final = "*-event-kbd"


def hint(vendor: int | None, product: int | None) -> str:
    """What the USB ids of a port suggest (Russian); "" for nothing."""
    if vendor is None:
        return ""
    if vendor in VENDORS:
        return f"производитель сканеров {VENDORS[vendor]}: проверьте командой scan"
    if vendor in BRIDGES:
        return f"переходник {BRIDGES[vendor]}: по номеру не узнать, касса это или сканер"
    return ""


def lasting_names(folder: Path = SERIALS) -> Mapping[str, str]:
    """Device file to the name that stays when it is plugged in elsewhere; empty where the system has none."""
    return {str(link.resolve()): str(link) for link in sorted(folder.glob("*"))}


def candidates(*, inputs: Path = INPUTS, sysfs: Path = hidraw.SYSFS) -> Iterator[Candidate]:
    """Scanners that say so, and keyboards, one of which may be a scanner."""
    shown = list(hidraw.present(sysfs))
    for one in shown:
        ids = f"{one.vendor:04x}:{one.product:04x}"
        serial = f":{one.serial}" if one.serial else ""
        if one.scanner:
            yield Candidate(link=f"usb:{ids}{serial}", title=one.name or "сканер", note="HID POS", guise=Guise.SCANNER)
        elif (one.vendor, one.product) in SNAPI:
            yield Candidate(
                link=f"usb:{ids}{serial}",
                title=one.name or "сканер Zebra",
                note="режим SNAPI не поддерживается: отсканируйте настроечный код «USB CDC Host»",
            )
    makers = {one.name: one.vendor for one in shown if one.keyboard and one.vendor in VENDORS}
    for path in sorted(inputs.glob(_KEYBOARDS)):
        name = path.name.removesuffix("-event-kbd")
        maker = next((VENDORS[vendor] for known, vendor in makers.items() if _same(known, name)), "")
        note = f"производитель сканеров {maker}: похоже на сканер в режиме клавиатуры" if maker else ""
        yield Candidate(
            link=f"hid:{path}",
            title=name.replace("_", " ").removeprefix("usb-"),
            note=note or "клавиатура или сканер в режиме клавиатуры",
            guise=Guise.KEYBOARD,
        )


def _same(name: str, by_id: str) -> bool:
    """Whether a device's own name and the name udev made of it are alike."""
    words = "".join(letter if letter.isalnum() else "_" for letter in name)
    return bool(words) and words in by_id
