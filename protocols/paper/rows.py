"""Lines laid out in columns of one width: what text and picture have in common."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from protocols.paper.lines import Gap, Line, Pair, Qr, Rule, Text

#: What a document may carry and no paper can show (an ESC would command the terminal that shows the text).
_CONTROLS = dict.fromkeys((*range(0x20), 0x7F), "·")


@dataclass(frozen=True, slots=True)
class Row:
    """One printed row; `double` rows are laid out for half as many columns where the medium can scale."""

    text: str
    bold: bool = False
    double: bool = False


def rows(lines: Iterable[Line], width: int, *, scales: bool = False) -> Iterator[Row | Gap | Qr]:
    """Rows of at most `width` columns. With `scales` double lines are laid out for half the width."""
    for line in lines:
        match line:
            case Qr() | Gap():
                yield line
            case Rule():
                yield Row((line.char * width)[:width].rstrip())
            case Text():
                columns = width // 2 if scales and line.double else width
                for part in wrapped(line.text, columns):
                    yield Row(_aligned(part, line.align, columns), line.bold, line.double)
            case Pair():
                columns = width // 2 if scales and line.double else width
                for part in paired(line.left, line.right, columns):
                    yield Row(part, line.bold, line.double)


def wrapped(text: str, width: int) -> list[str]:
    """Rows of a text: as it is where it fits, else broken between words, a long word cut at the edge."""
    parts: list[str] = []
    for line in text.splitlines() or [""]:
        line = line.translate(_CONTROLS)
        fits = len(line) <= width
        parts.extend([line] if fits else textwrap.wrap(line, width, break_on_hyphens=True) or [""])
    return parts


def paired(left: str, right: str, width: int) -> list[str]:
    """A label and a value on one row where there is room, else the value on rows of its own at the right edge."""
    left, right = (" ".join(side.splitlines()).translate(_CONTROLS) for side in (left, right))
    if not right:
        return wrapped(left, width)
    if not left:
        return [part.rjust(width) for part in wrapped(right, width)]
    labels = wrapped(left, width)
    if len(labels[-1]) + 1 + len(right) <= width:
        return [*labels[:-1], labels[-1] + right.rjust(width - len(labels[-1]))]
    return [*labels, *(part.rjust(width) for part in wrapped(right, width))]


def _aligned(text: str, align: str, width: int) -> str:
    if align == "center":
        return (" " * ((width - len(text)) // 2)) + text
    return text.rjust(width) if align == "right" else text
