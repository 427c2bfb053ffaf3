"""What a look at a picture comes to, told without a picture library: the gateway holds it, another process looks."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from devices.errors import RequestError

Point = tuple[int, int]
Corners = tuple[Point, Point, Point, Point]

#: Codes told of one picture, as many as one document holds, and seconds spent on it, unless the caller says otherwise.
MOST: Final = 128
SECONDS: Final = 3.0
#: A telephone's picture has 2 to 12 MB.
MAX_BYTES: Final = 16 * 1024 * 1024
#: Names of pictures' files end so.
SUFFIXES: Final = (".png", ".jpg", ".jpeg", ".jfif", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".pgm", ".ppm", ".pbm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A code found in a picture.

    data: what it says, GS as 0x1D, without leading FNC1. symbology: AIM id ("]d2"). engine: who read it, step: in which
    rung of the ladder. corners: clockwise from the symbol's own top left, pixels of the upright picture.
    """

    data: bytes
    symbology: str
    engine: str
    step: str
    corners: Corners


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What became of a picture.

    contradicted: places where readings differed, so that none is told. in_time: everything was looked at. unread:
    places that look like a code and could not be read. left_out: codes read beyond those that were asked for. repeated:
    further symbols that say the same as one that is told.
    """

    seen: tuple[Seen, ...]
    contradicted: int = 0
    in_time: bool = True
    unread: tuple[Corners, ...] = ()
    left_out: int = 0
    repeated: int = 0

    @property
    def whole(self) -> bool:
        """Whether all that looks like a code is told."""
        return self.in_time and not (self.contradicted or self.unread or self.left_out)


class PictureError(RequestError):
    """This is no picture that can be searched for codes."""

    code = "picture_broken"


def too_large(detail: str) -> PictureError:
    """The refusal of a picture that would take too much memory or time."""
    return PictureError(
        detail,
        hint="Снимок слишком велик: уменьшите его или сфотографируйте один код крупно.",
        code="picture_too_large",
    )


def to_json(found: Look) -> dict[str, Any]:
    """A look as the answer tells it."""
    return {
        "seen": [
            {
                "data": base64.b64encode(seen.data).decode(),
                "symbology": seen.symbology,
                "engine": seen.engine,
                "step": seen.step,
                "corners": seen.corners,
            }
            for seen in found.seen
        ],
        "contradicted": found.contradicted,
        "in_time": found.in_time,
        "unread": found.unread,
        "left_out": found.left_out,
        "repeated": found.repeated,
    }


def from_json(answer: Mapping[str, Any]) -> Look:
    """The look an answer tells."""
    return Look(
        seen=tuple(
            Seen(
                data=base64.b64decode(seen["data"]),
                symbology=seen["symbology"],
                engine=seen["engine"],
                step=seen["step"],
                corners=_corners(seen["corners"]),
            )
            for seen in answer["seen"]
        ),
        contradicted=answer["contradicted"],
        in_time=answer["in_time"],
        unread=tuple(map(_corners, answer["unread"])),
        left_out=answer["left_out"],
        repeated=answer["repeated"],
    )


def _corners(told: Sequence[Sequence[int]]) -> Corners:
    one, two, three, four = ((x, y) for x, y in told)
    return one, two, three, four
