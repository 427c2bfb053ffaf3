"""Paper as plain text."""

from __future__ import annotations

from collections.abc import Iterable

from protocols.paper.lines import Line


def render(lines: Iterable[Line], width: int = 48, *, qr: bool = True) -> str:
    """Text of `width` columns, lines ended by \\n; with `qr` the code is drawn in half blocks where it fits."""
    raise NotImplementedError
