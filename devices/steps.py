"""What a diagnosis finds, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One finding of a diagnosis: stable `code`, and a Russian sentence for the technician."""

    code: str
    ok: bool
    text: str
