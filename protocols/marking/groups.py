"""Which product group of ГИС МТ a code may belong to: guessed from its shape, with the reason."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.marking.code import Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """name and number of a product group of ГИС МТ, and why this code may be of it (English)."""

    group: str
    id: int
    reason: str


def groups(code: Code) -> tuple[Guess, ...]:
    return ()
