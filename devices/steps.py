"""What a diagnosis finds, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Code of an interview's step, not ok, about a document that is open or half made: a driver's way in would cancel it.
DOCUMENT_OPEN: Final = "document_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Bytes that went one way: ">" to the device, "<" from it, as hexadecimal and in words."""

    direction: str
    hex: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One finding of a diagnosis: stable `code`, a Russian sentence for the technician, and the bytes it rests on."""

    code: str
    ok: bool
    text: str
    said: tuple[Said, ...] = ()
