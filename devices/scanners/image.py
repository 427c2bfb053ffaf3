"""Codes in a picture: the whole is looked at, then every place that looks like a code and was not read.

zxing-cpp looks first, at the picture as it is and at changed ones (`ladder`); libdmtx gives a second opinion where
zxing-cpp sees nothing or is not sure. A wrong code sells the wrong goods, so a doubt is never decided by a guess; a
code passed over in silence is not sold at all, so what looks like one and is not read is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from devices.errors import RequestError
from devices.scanners import engines, ladder
from devices.scanners.ladder import Rung
from devices.scanners.likeness import Box, Like
from devices.scanners.looks import MAX_BYTES, MOST, SECONDS, Corners, Look, PictureError, Point, Seen
from devices.scanners.picture import Picture, load
from devices.scanners.regions import Region, regions
from devices.scanners.verdict import Readings, Verdict, holds, middle

#: AIM ids of codes that are squares.
MATRICES: Final = ("]d", "]Q")
#: Paper around a place that is cut out: a share of its side, and pixels at least.
_MARGIN: Final = 0.15
_LEAST_MARGIN: Final = 12
#: Places unread from which one look at the whole, unreduced, is cheaper than a look at each.
_MANY: Final = 12

__all__ = ["MOST", "SECONDS", "Look", "Seen", "look", "read_codes"]


def read_codes(
    image: bytes | Path, *, clock: Callable[[], float], most: int = MOST, seconds: float = SECONDS
) -> tuple[Seen, ...]:
    """The codes of a picture (its bytes or its file), at most `most`, DataMatrix first; none is a guess.

    `clock` counts seconds (a loop's `time`); no new look begins after `seconds`. PictureError when it is no picture.
    """
    return look(load(_bytes(image)), clock=clock, most=most, seconds=seconds).seen


def look(picture: Picture, *, clock: Callable[[], float], most: int = MOST, seconds: float = SECONDS) -> Look:
    """As `read_codes`, with what looks like a code and was not read or is doubtful, and how many were too many."""
    if (why := engines.missing()).keys() == {engines.ZXING, engines.LIBDMTX}:
        raise RequestError(
            f"no library reads pictures here: {why[engines.ZXING]}",
            hint="Установите библиотеку zxing-cpp: без неё коды на снимках не читаются.",
            code="picture_engines_missing",
        )
    return _Search(picture, clock, clock() + seconds, most).done()


class _Search:
    """One picture's readings so far, in the picture's own pixels."""

    def __init__(self, picture: Picture, clock: Callable[[], float], deadline: float, most: int) -> None:
        self._picture = picture._replace(scale=1)
        self._scale = picture.scale
        self._clock = clock
        self._deadline = deadline
        self._most = most
        self._readings = Readings()
        self._verdict = Verdict()
        self._in_time = True

    def done(self) -> Look:
        self._climb(ladder.first(self._picture), self._has_datamatrix)
        unread = self._close()
        if not self._verdict.kept:
            further = ladder.further(self._picture, most=self._most, left_ms=self._left_ms)
            self._climb(further, self._has_datamatrix)
            if self._verdict.kept:
                unread = self._close()
            elif not unread and not self._verdict.contradicted:
                unread = _apart(region.box for region in regions(self._picture.grey, alone=True))
        codes = {seen.data: seen for seen in reversed(self._verdict.kept)}
        # Bars are told along the lines they were read by, so that one row of them may be told twice.
        matrices = [seen.data for seen in self._verdict.kept if seen.symbology.startswith(MATRICES)]
        ordered = sorted(codes.values(), key=lambda seen: (not _is_datamatrix(seen), seen.corners[0][::-1]))
        return Look(
            seen=tuple(replace(seen, corners=_scaled(seen.corners, self._scale)) for seen in ordered[: self._most]),
            contradicted=len(self._verdict.contradicted),
            in_time=self._in_time,
            unread=tuple(_scaled(_corners(box), self._scale) for box in unread),
            left_out=max(0, len(ordered) - self._most),
            repeated=len(matrices) - len(set(matrices)),
        )

    def _climb(self, rungs: Iterable[Rung], enough: Callable[[], bool], at: Point = (0, 0)) -> None:
        for rung in rungs:
            if self._clock() >= self._deadline:
                self._in_time = False
                return
            if rung.opinion and self._verdict.kept and not self._verdict.doubtful and at == (0, 0):
                return
            found = [(rung.name, sight.moved(lambda x, y: (x + at[0], y + at[1]))) for sight in rung.look()]
            if found:
                for name, sight in found:
                    self._readings.add(name, sight)
                self._verdict = self._readings.verdict()
                if enough():
                    return

    def _close(self) -> list[Box]:
        """Look closely wherever something looks like a code, until that tells nothing new; what stays unread."""
        tried: set[Box] = set()
        whole = ladder.whole(self._picture)
        while True:
            places = regions(self._picture.grey, self._known())
            doubts = [Region(_box(corners), Like.MATRIX) for corners in self._verdict.doubtful]
            new = [region for region in (*doubts, *places) if region.box not in tried]
            if not new:
                return _apart(region.box for region in places if not self._explained(region))
            if len(new) >= _MANY and (rung := next(whole, None)) is not None:
                self._climb([rung], lambda: False)
                continue
            for region in new:
                tried.add(region.box)
                if not self._explained(region):
                    self._closely(region)

    def _closely(self, region: Region) -> None:
        box, (grey, colour, _) = region.box, self._picture
        margin = max(_LEAST_MARGIN, round(_MARGIN * max(box[2] - box[0], box[3] - box[1])))
        left, top = max(0, box[0] - margin), max(0, box[1] - margin)
        cut = (left, top, min(grey.width, box[2] + margin), min(grey.height, box[3] + margin))
        place = Picture(grey.crop(cut), None if colour is None else colour.crop(cut), 1)
        rungs = ladder.close(place, bars=region.like is Like.BARS, left_ms=self._left_ms)
        self._climb(rungs, lambda: self._explained(region), (left, top))

    def _explained(self, region: Region) -> bool:
        centre = middle(_corners(region.box))
        if region.like is Like.BARS and any(
            holds(_tall(seen.corners), centre) for seen in self._verdict.kept if not seen.symbology.startswith(MATRICES)
        ):
            return True
        return any(holds(corners, centre) for corners in self._known())

    def _known(self) -> list[Corners]:
        return [*(seen.corners for seen in self._verdict.kept), *self._verdict.contradicted]

    def _has_datamatrix(self) -> bool:
        return any(map(_is_datamatrix, self._verdict.kept))

    def _left_ms(self) -> int:
        return max(0, round((self._deadline - self._clock()) * 1000))


def _is_datamatrix(seen: Seen) -> bool:
    return seen.symbology.startswith("]d")


def _scaled(corners: Corners, scale: float) -> Corners:
    one, two, three, four = ((round(x * scale), round(y * scale)) for x, y in corners)
    return one, two, three, four


def _corners(box: Box) -> Corners:
    left, top, right, bottom = box
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _tall(bars: Corners) -> Corners:
    """Bars are told along the lines that were read; they may be as tall above and below as half their length."""
    (ax, ay), (bx, by) = bars[0], bars[1]
    x, y = middle(bars)
    along, down = ((bx - ax) / 2, (by - ay) / 2), ((ay - by) / 2, (bx - ax) / 2)
    one, two, three, four = (
        (round(x + i * along[0] + j * down[0]), round(y + i * along[1] + j * down[1]))
        for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    )
    return one, two, three, four


def _box(corners: Corners) -> Box:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def _apart(boxes: Iterable[Box]) -> list[Box]:
    """One box a place: the smallest of those that lie over each other."""
    kept: list[Box] = []
    for box in sorted(boxes, key=lambda box: (box[2] - box[0]) * (box[3] - box[1])):
        if not any(
            holds(_corners(box), middle(_corners(other))) or holds(_corners(other), middle(_corners(box)))
            for other in kept
        ):
            kept.append(box)
    return kept


def _bytes(image: bytes | Path) -> bytes:
    if isinstance(image, bytes):
        return image
    try:
        with image.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PictureError(
            f"cannot read the picture: {error.strerror or error}",
            hint="Файл снимка не читается: проверьте имя и права.",
            code="picture_unreadable",
        ) from error
