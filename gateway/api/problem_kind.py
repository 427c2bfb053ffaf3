"""A row of the table of refusals."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One row: HTTP status, English title, the program's next step, and that of the person at the till (Russian)."""

    status: int
    title: str
    step: str
    hint: str
