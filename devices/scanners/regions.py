"""Where on a picture codes may lie, whatever they say and whether they can be read.

Readers say what they read, never what they passed over. So the picture is divided into cells; in a symbol every cell
holds ink and paper, on edges and lines few of their neighbours do. What hangs together and looks like a code is a place
to look at closely.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from PIL import Image, ImageChops, ImageDraw

from devices.scanners.likeness import FULL, Box, Like, Shape, likeness
from devices.scanners.looks import Corners

#: Pixels of a cell's side, and how many times the picture is reduced: large modules leave small cells empty.
CELL: Final = 8
LEVELS: Final = (1, 2, 4)
#: Difference of ink and paper, 0..255, that a cell needs: more than the noise of the quietest tenth of all cells.
CONTRAST: Final = 28
_QUIET: Final = 0.1
_ABOVE_NOISE: Final = 1.5
#: Where even the quietest are full, they are no noise: the picture is one large label.
_CONTRAST_ENOUGH: Final = 120
#: Cells of a place's side at least; what is thinner is an edge or a line.
_LEAST_SIDE: Final = 3
#: Labels that lie close together hang together; what is thinner than twice so many cells is taken for their bridge.
BRIDGES: Final = (1, 2, 3)
#: What is alone fills so much of all that holds ink and paper.
_MOST_OF_ALL: Final = 0.6
#: A symbol with its edge, which may be told a little within it; the next label may begin right behind.
_WITH_EDGE: Final = 1.06

_Blend = Callable[[Image.Image, Image.Image], Image.Image]


class Region(NamedTuple):
    """A place that looks like a code; its box in pixels."""

    box: Box
    like: Like


class _Run(NamedTuple):
    row: int
    start: int
    end: int


def regions(grey: Image.Image, known: Sequence[Corners] = (), *, alone: bool = False) -> list[Region]:
    """Places that look like codes, but for those where codes are known to lie; one may be told in several sizes.

    With `alone` less of a likeness is enough, where there is hardly anything else on the picture.
    """
    found: list[Region] = []
    for level in LEVELS:
        image = grey.reduce(level) if level > 1 else grey
        if min(image.size) < CELL * _LEAST_SIDE:
            break
        cells = _lively(image)
        least = cells.histogram()[FULL] * _MOST_OF_ALL if alone else 0
        for bridge in BRIDGES:
            cells = _opened(cells, bridge)
            if bridge == BRIDGES[0]:
                _strike_out(cells, known, CELL * level)
            for runs in _together(cells):
                shape = _shape(runs, CELL * level) if _area(runs) >= least else None
                if shape is not None and (like := likeness(grey, shape, alone=alone)) is not None:
                    found.append(Region(shape.box, like))
                    _strike(cells, runs)
    return found


def _lively(image: Image.Image) -> Image.Image:
    """The cells where ink and paper lie beside each other: a small picture of nothing and `FULL`."""
    high, low = _spread(image, ImageChops.lighter), _spread(image, ImageChops.darker)
    span = ImageChops.subtract(high, low)
    counts = span.histogram()
    quiet = seen = 0
    while seen <= span.width * span.height * _QUIET and quiet < FULL:
        seen += counts[quiet]
        quiet += 1
    least = min(_CONTRAST_ENOUGH, max(CONTRAST, round((quiet - 1) * _ABOVE_NOISE)))
    return span.point([FULL if value >= least else 0 for value in range(FULL + 1)])


def _spread(image: Image.Image, blend: _Blend) -> Image.Image:
    """The extreme of each cell."""
    across, down = image.width // CELL, image.height // CELL
    step = 1
    while step < CELL:
        image = blend(image, ImageChops.offset(image, -step, 0))
        image = blend(image, ImageChops.offset(image, 0, -step))
        step *= 2
    # A cell's extreme now stands at its first pixel, and resizing takes the middle one.
    image = ImageChops.offset(image, CELL // 2, CELL // 2).crop((0, 0, across * CELL, down * CELL))
    return image.resize((across, down), Image.Resampling.NEAREST)


def _opened(cells: Image.Image, reach: int) -> Image.Image:
    """Without what is thinner than twice the reach."""
    for blend in (ImageChops.darker, ImageChops.lighter):
        for _ in range(reach):
            cells = _around(cells, blend)
    return cells


def _around(cells: Image.Image, blend: _Blend) -> Image.Image:
    """The extreme of each cell and its eight neighbours."""
    for x, y in ((1, 0), (0, 1)):
        cells = blend(blend(cells, ImageChops.offset(cells, x, y)), ImageChops.offset(cells, -x, -y))
    return cells


def _strike_out(cells: Image.Image, known: Sequence[Corners], side: int) -> None:
    pen = ImageDraw.Draw(cells)
    for corners in known:
        x, y = sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4
        # Half a cell more, along the diagonals: whatever the symbol touches is its own.
        reach = max(abs(a - x) + abs(b - y) for a, b in corners) or 1
        wider = _WITH_EDGE + side / 2 / reach
        pen.polygon(
            [((x + (a - x) * wider) / side, (y + (b - y) * wider) / side) for a, b in corners], fill=0, outline=0
        )


def _strike(cells: Image.Image, runs: Sequence[_Run]) -> None:
    for row, start, end in runs:
        cells.paste(0, (start, row, end, row + 1))


def _together(cells: Image.Image) -> Iterator[list[_Run]]:
    """Cells that touch, as runs along rows."""
    width, content = cells.width, cells.tobytes()
    runs: list[_Run] = []
    owner: list[int] = []

    def root(one: int) -> int:
        while owner[one] != one:
            owner[one] = owner[owner[one]]
            one = owner[one]
        return one

    above: list[int] = []
    for row in range(cells.height):
        here: list[int] = []
        for match in re.finditer(b"\xff+", content[row * width : (row + 1) * width]):
            run, number = _Run(row, *match.span()), len(runs)
            runs.append(run)
            owner.append(number)
            here.append(number)
            for other in above:
                if runs[other].start < run.end and run.start < runs[other].end:
                    owner[root(other)] = root(number)
        above = here
    groups: dict[int, list[_Run]] = {}
    for number, run in enumerate(runs):
        groups.setdefault(root(number), []).append(run)
    yield from groups.values()


def _area(runs: Sequence[_Run]) -> int:
    return sum(end - start for _, start, end in runs)


def _shape(runs: Sequence[_Run], side: int) -> Shape | None:
    """Its outline from the moments of its area: those of a filled square are its area by twelve, in every direction."""
    left, right = min(run.start for run in runs), max(run.end for run in runs)
    top, bottom = runs[0].row, runs[-1].row + 1
    if min(right - left, bottom - top) < _LEAST_SIDE:
        return None
    area = _area(runs)
    x = sum((end - start) * (start + end) / 2 for _, start, end in runs) / area
    y = sum((end - start) * (row + 0.5) for row, start, end in runs) / area
    xx = yy = xy = 0.0
    for row, start, end in runs:
        length, dx, dy = end - start, (start + end) / 2 - x, row + 0.5 - y
        xx += length * (dx * dx + length * length / 12) / area
        yy += length * (dy * dy + 1 / 12) / area
        xy += length * dx * dy / area
    mean, apart = (xx + yy) / 2, (((xx - yy) / 2) ** 2 + xy * xy) ** 0.5
    short, long = max(mean - apart, 1e-9), mean + apart
    return Shape(
        box=(left * side, top * side, right * side, bottom * side),
        square=(short / long) ** 0.5,
        solid=area / (12 * (short * long) ** 0.5),
    )
