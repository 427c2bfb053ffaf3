"""AIM symbology identifiers (ISO/IEC 15424): what a scanner in AIM mode puts before each code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Symbology:
    """`aim` with its bracket; `gs1` when the data is GS1 element strings with FNC1 as 1Dh."""

    aim: str
    name: str
    gs1: bool = False


_ROWS: Final = (
    Symbology("]d0", "Data Matrix ECC 000-140"),
    Symbology("]d1", "Data Matrix"),
    Symbology("]d2", "GS1 DataMatrix", gs1=True),
    Symbology("]d3", "Data Matrix, FNC1 second"),
    Symbology("]d4", "Data Matrix, ECI"),
    Symbology("]d5", "Data Matrix, FNC1 first, ECI", gs1=True),
    Symbology("]d6", "Data Matrix, FNC1 second, ECI"),
    Symbology("]C0", "Code 128"),
    Symbology("]C1", "GS1-128", gs1=True),
    Symbology("]C2", "Code 128, FNC1 second"),
    Symbology("]C4", "Code 128, concatenated"),
    Symbology("]E0", "EAN-13, UPC"),
    Symbology("]E1", "EAN add-on 2"),
    Symbology("]E2", "EAN add-on 5"),
    Symbology("]E3", "EAN-13 with add-on"),
    Symbology("]E4", "EAN-8"),
    Symbology("]e0", "GS1 DataBar", gs1=True),
    Symbology("]e1", "GS1 Composite", gs1=True),
    Symbology("]e2", "GS1 Composite, escape"),
    Symbology("]I0", "Interleaved 2 of 5"),
    Symbology("]I1", "Interleaved 2 of 5, check digit sent"),
    Symbology("]I3", "Interleaved 2 of 5, check digit stripped"),
    Symbology("]A0", "Code 39"),
    Symbology("]G0", "Code 93"),
    Symbology("]F0", "Codabar"),
    Symbology("]L0", "PDF417"),
    Symbology("]L2", "PDF417, basic channel"),
    Symbology("]Q0", "QR Code, model 1"),
    Symbology("]Q1", "QR Code"),
    Symbology("]Q2", "QR Code, ECI"),
    Symbology("]Q3", "GS1 QR Code", gs1=True),
    Symbology("]z0", "Aztec Code"),
    Symbology("]z1", "Aztec Code, FNC1 first", gs1=True),
    Symbology("]J1", "GS1 DotCode", gs1=True),
    Symbology("]U0", "MaxiCode"),
)
AIM: Final[Mapping[str, Symbology]] = {row.aim: row for row in _ROWS}

#: `]`, a letter and a modifier (ISO/IEC 15424 allows 0-9 and A-F or more): unlisted pairs are ids all the same.
_ID = re.compile(rb"\][A-Za-z][0-9A-Za-z]")


def split_aim(data: bytes) -> tuple[str | None, bytes]:
    """The AIM id at the very start and what follows; (None, data) when there is none.

    No code of a marked unit begins with `]`: the bracket is outside the character set of GS1.
    """
    match = _ID.match(data)
    if match is None:
        return None, data
    return match[0].decode("ascii"), data[match.end() :]


def inner_ids(data: bytes) -> tuple[int, ...]:
    """Where listed AIM ids stand behind the first byte: each begins another code that was glued on."""
    return tuple(match.start() for match in _ID.finditer(data, 1) if match[0].decode("ascii") in AIM)
