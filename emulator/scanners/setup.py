"""How an emulated scanner is set up, as a technician would do with its set-up codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from protocols.scanner.framing import SUFFIXES
from protocols.scanner.keyboard import chord_name
from protocols.scanner.reading import Kind

#: Ways of speaking that can be played as a stream of bytes.
KINDS: Final = (Kind.SERIAL, Kind.KEYBOARD, Kind.HID_POS)

#: Bytes of one bulk packet of a USB serial port.
PACKET: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """`aim`: AIM ids are sent (HID-POS always does), `suffix` a name of `SUFFIXES`, `gs` what is sent for GS.

    `gs` None: GS itself on wires that carry bytes, Ctrl+] on a keyboard. A chord ("f8") is for keyboards alone.
    """

    kind: Kind = Kind.SERIAL
    aim: bool = True
    prefix: str = ""
    suffix: str = "cr"
    gs: str | None = None
    packet: int = PACKET

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"as is one of {', '.join(KINDS)}, not {self.kind}")
        if self.suffix not in SUFFIXES:
            raise ValueError(f"suffix is one of {', '.join(SUFFIXES)}, not {self.suffix!r}")
        if not 1 <= self.packet <= 4096:
            raise ValueError(f"packet is from 1 to 4096 bytes, not {self.packet}")
        if not f"{self.prefix}{self.gs or ''}".isascii():
            raise ValueError("prefix and gs are ASCII")
        if self.gs and chord_name(self.gs) is not None and self.kind is not Kind.KEYBOARD:
            raise ValueError(f"gs={self.gs} is a chord of keys, which a {self.kind} scanner does not have")


def parse_setup(given: Mapping[str, str]) -> Setup:
    """From the options of a link or a command line; ValueError names the one that is wrong."""
    unknown = sorted(set(given) - set(_PARSE))
    if unknown:
        raise ValueError(f"unknown option {unknown[0]!r}; known: {', '.join(_PARSE)}")
    parsed: dict[str, object] = {}
    for name, text in given.items():
        field, parse = _PARSE[name]
        try:
            parsed[field] = parse(text)
        except (KeyError, ValueError):
            raise ValueError(f"{name} cannot be {text!r}") from None
    return Setup(**parsed)  # type: ignore[arg-type]


_YES: Final[Mapping[str, bool]] = {"1": True, "yes": True, "true": True, "0": False, "no": False, "false": False}
_PARSE: Final[Mapping[str, tuple[str, Callable[[str], object]]]] = {
    "as": ("kind", Kind),
    "aim": ("aim", lambda text: _YES[text.lower()]),
    "prefix": ("prefix", str),
    "suffix": ("suffix", str),
    "gs": ("gs", str),
    "packet": ("packet", int),
}
