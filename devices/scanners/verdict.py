"""What readings of one picture come to: one code at one place, and no answer where two readings differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from devices.scanners.engines import Sight
from devices.scanners.looks import Corners, Point, Seen


class Verdict(NamedTuple):
    """`kept`: what is believed. `contradicted`: where readings differ. `doubtful`: where one must be seen again."""

    kept: tuple[Seen, ...] = ()
    contradicted: tuple[Corners, ...] = ()
    doubtful: tuple[Corners, ...] = ()


class Readings:
    """The readings of one picture so far, together where they lie over each other."""

    def __init__(self) -> None:
        self._places: list[list[tuple[str, Sight]]] = []

    def add(self, step: str, sight: Sight) -> None:
        """One more, seen at this step."""
        for place in self._places:
            if any(_overlap(sight.corners, other.corners) for _, other in place):
                place.append((step, sight))
                return
        self._places.append([(step, sight)])

    def verdict(self) -> Verdict:
        """Readings by step -> codes. At one place there is one code: who differ there refute each other.

        A reading that is not sure counts only when another step or engine reads the same; a sure one of the same
        engine outweighs it.
        """
        kept: list[Seen] = []
        contradicted: list[Corners] = []
        doubtful: list[Corners] = []
        for place in self._places:
            sure = [entry for entry in place if entry[1].sure]
            engines_sure = {sight.engine for _, sight in sure}
            voices = [entry for entry in place if entry[1].sure or entry[1].engine not in engines_sure]
            step, sight = (sure or voices)[0]
            if len({sight.data for _, sight in voices}) > 1:
                contradicted.append(sight.corners)
            elif not sure and len({(step, sight.engine) for step, sight in voices}) < 2:
                doubtful.append(sight.corners)
            else:
                kept.append(
                    Seen(
                        data=sight.data,
                        symbology=sight.symbology,
                        engine=sight.engine,
                        step=step,
                        corners=sight.corners,
                    )
                )
        return Verdict(tuple(kept), tuple(contradicted), tuple(doubtful))


def holds(corners: Corners, point: tuple[float, float]) -> bool:
    """Whether a point lies within four corners that go round in either direction."""
    turns = [
        (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)
        for (ax, ay), (bx, by) in zip(corners, (*corners[1:], corners[0]), strict=True)
    ]
    return min(turns) >= 0 or max(turns) <= 0


def middle(corners: Sequence[Point]) -> tuple[float, float]:
    """The point between all corners."""
    return sum(x for x, _ in corners) / len(corners), sum(y for _, y in corners) / len(corners)


def _overlap(one: Corners, other: Corners) -> bool:
    return holds(one, middle(other)) or holds(other, middle(one))
