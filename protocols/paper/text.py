"""Paper as plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import segno

from protocols.paper.lines import Line, Qr
from protocols.paper.rows import Row, rows, wrapped

EMULATED = "*** ЭМУЛЯТОР ***"
_QUIET = 2
#: Two modules of a column in one character: (upper dark, lower dark).
_HALF_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def render(lines: Iterable[Line], width: int = 48, *, qr: bool = True, emulated: bool = False) -> str:
    """Text of at most `width` columns, each row ended by a line feed, no trailing spaces.

    With `qr` the code is drawn in half blocks, or written out where the paper is too narrow for it; without, left out.
    `emulated` puts the emulator's mark above and below.
    """
    printed: list[str] = []
    for row in rows(lines, width):
        if isinstance(row, Qr):
            printed.extend(_qr(row.data, width) if qr else ())
        elif isinstance(row, Row):
            printed.append(row.text.rstrip())
    if emulated:
        mark = EMULATED.center(width).rstrip()
        printed = [mark, *printed, mark]
    return "".join(f"{row}\n" for row in printed)


def _qr(data: str, width: int) -> Iterator[str]:
    matrix = segno.make_qr(data, error="l", boost_error=False).matrix
    size = len(matrix) + 2 * _QUIET
    if size > width:
        yield from wrapped(data, width)
        return
    blank = (False,) * size
    grid = [blank] * _QUIET
    grid += [(*(False,) * _QUIET, *(bool(cell) for cell in row), *(False,) * _QUIET) for row in matrix]
    grid += [blank] * (_QUIET + len(grid) % 2)
    margin = " " * ((width - size) // 2)
    for upper, lower in zip(grid[::2], grid[1::2], strict=False):
        yield (margin + "".join(_HALF_BLOCKS[pair] for pair in zip(upper, lower, strict=True))).rstrip()
