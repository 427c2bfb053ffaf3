"""What a diagnosis finds, one thing at a time."""

from __future__ import annotations

from collections.abc import Iterable
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


def drive_step(number: str, phase: str, last_document: int, warnings: Iterable[str]) -> Step:
    """What is said of a fiscal drive."""
    of_note = ", ".join(warnings)
    text = f"ФН {number}: {phase}, последний документ {last_document}"
    return Step(code="drive", ok=not of_note, text=text + (f"; предупреждения: {of_note}" if of_note else ""))
