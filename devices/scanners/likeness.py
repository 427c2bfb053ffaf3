"""Whether a place on a picture looks like a code: a matrix, or rows of bars.

A matrix is a filled square, half of it ink, with as many changes of ink and paper in every direction. Bars change in
one direction only. Lettering has less ink, fewer changes down than across, and gaps between its lines. The limits were
drawn between some thousand of each, from bench/crowds.py and from photographs without codes.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from PIL import Image, ImageChops, ImageStat

FULL: Final = 255

Box = tuple[int, int, int, int]


class Like(Enum):
    """What a place looks like."""

    MATRIX = "matrix"
    BARS = "bars"


class Shape(NamedTuple):
    """A place's box, and its outline at any angle. square: width by length; solid: 1 when filled, less with holes."""

    box: Box
    square: float
    solid: float


class _Limits(NamedTuple):
    like: Like
    ink: tuple[float, float]
    changes: tuple[float, float]  # of ink and paper, from one side to the other
    even: tuple[float, float]  # the direction of fewest changes by that of most
    square: float
    solid: float
    side: int = 0  # pixels
    most: float = 400  # changes in any direction
    astray: float = 1  # how far its changes are from those of parallel lines, which have one direction


#: Of each kind first what is seen well, then what is blurred, or flat, or several side by side, and like nothing else.
_LIMITS: Final = (
    _Limits(Like.MATRIX, ink=(0.36, 0.68), changes=(8, 64), even=(0.62, 1), square=0.65, solid=0.85),
    _Limits(Like.MATRIX, ink=(0.40, 0.72), changes=(6, 64), even=(0.75, 1), square=0.75, solid=0.97, side=56),
    _Limits(Like.MATRIX, ink=(0.42, 0.58), changes=(10, 400), even=(0.8, 1), square=0.1, solid=0.8, side=40),
    _Limits(Like.BARS, ink=(0.38, 0.62), changes=(26, 160), even=(0, 0.56), square=0.4, solid=0.8, astray=0.5),
    _Limits(Like.BARS, ink=(0.38, 0.62), changes=(26, 160), even=(0, 0.45), square=0.15, solid=0.8, astray=0.25),
    _Limits(Like.BARS, ink=(0.22, 0.75), changes=(18, 160), even=(0, 0.15), square=0.4, solid=0.9, side=40),
)

#: A filled square that is alone on a picture: few modules, or moved, or blurred; or under the lines of a screen.
_ALONE: Final = (
    _Limits(Like.MATRIX, ink=(0.34, 0.72), changes=(4, 40), even=(0.25, 1), square=0.74, solid=0.95, side=56, most=40),
    _Limits(
        Like.MATRIX, ink=(0.34, 0.72), changes=(10, 40), even=(0.2, 1), square=0.8, solid=0.95, side=56, astray=0.4
    ),
)


def likeness(grey: Image.Image, shape: Shape, *, alone: bool = False) -> Like | None:
    """What the place looks like, judged by its middle half, which lies within a square at any angle."""
    left, top, right, bottom = shape.box
    width, height = right - left, bottom - top
    middle = grey.crop((left + width // 4, top + height // 4, right - width // 4, bottom - height // 4))
    least = _threshold(middle.histogram())
    ink = middle.point([FULL if value <= least else 0 for value in range(FULL + 1)])
    across, down = _changes(ink, 1, 0), _changes(ink, 0, 1)
    upright, slanting = _ratio(across, down), _ratio(_changes(ink, 1, 1), _changes(ink, 1, -1))
    even = min(upright, slanting)
    # Lines at an angle whose tangent is t have the ratios t and (1 - t) / (1 + t).
    astray = slanting - (1 - upright) / (1 + upright)
    changes = {
        Like.MATRIX: min(across * width, down * height),
        Like.BARS: (across**2 + down**2) ** 0.5 * max(width, height),
    }
    share = _share(ink)
    for limits in _ALONE if alone else _LIMITS:
        if (
            limits.ink[0] <= share <= limits.ink[1]
            and limits.changes[0] <= changes[limits.like] <= limits.changes[1]
            and limits.even[0] <= even <= limits.even[1]
            and shape.square >= limits.square
            and shape.solid >= limits.solid
            and min(width, height) >= limits.side
            and max(across * width, down * height) <= limits.most
            and astray <= limits.astray
        ):
            return limits.like
    return None


def _threshold(counts: list[int]) -> int:
    """The brightness that parts ink from paper best (Otsu's method)."""
    total, weighed = sum(counts), sum(value * count for value, count in enumerate(counts))
    below = moment = least = 0
    best = -1.0
    for value, count in enumerate(counts):
        below += count
        moment += value * count
        if 0 < below < total:
            apart = (moment * total - below * weighed) ** 2 / (below * (total - below))
            if apart > best:
                best, least = apart, value
    return least


def _share(image: Image.Image) -> float:
    return ImageStat.Stat(image).mean[0] / FULL


def _changes(ink: Image.Image, x: int, y: int) -> float:
    """Share of pixels whose neighbour in this direction is of the other kind."""
    width, height = ink.width - abs(x), ink.height - abs(y)
    here = ink.crop((0, max(0, -y), width, max(0, -y) + height))
    there = ink.crop((x, max(0, y), x + width, max(0, y) + height))
    return _share(ImageChops.difference(here, there))


def _ratio(one: float, other: float) -> float:
    return min(one, other) / max(one, other, 1e-9)
