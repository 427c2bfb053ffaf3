"""Paper as a PNG picture."""

from __future__ import annotations

from collections.abc import Iterable

from protocols.paper.lines import Line


def render(lines: Iterable[Line], width: int = 48, *, emulated: bool = False) -> bytes:
    """PNG of the tape; `emulated` puts the mark «ЭМУЛЯТОР» on it."""
    raise NotImplementedError
