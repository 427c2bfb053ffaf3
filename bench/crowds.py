"""Counters full of labels: many codes on one picture, each of its own size, angle, blur and light.

What is asked of a reader here is more than reading: a code that it does not read must be told, or a shop sells what
nobody counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import NamedTuple

from PIL import Image, ImageFilter, ImageOps

from bench.labels import BICUBIC, FRAME, PHOTO, background, between, code, enlarged, grainy, gtin, modules
from devices.scanners.looks import Look
from devices.scanners.verdict import middle
from emulator.labels import draw

LARGE = (4000, 3000)
#: Pixels beside a label that its place may be told at.
_NEAR = 8
Box = tuple[int, int, int, int]


class Placed(NamedTuple):
    """A code and where it lies; `dim`: so small or blurred that nobody need read it."""

    data: bytes
    box: Box
    dim: bool


class Crowd(NamedTuple):
    """A picture and what lies on it."""

    picture: Image.Image
    placed: tuple[Placed, ...]


class Heard(NamedTuple):
    """What a reader made of a crowd. told: codes not read whose place it told; needless: told places without a code."""

    read: int
    told: int
    lost: list[Placed]
    wrong: int
    needless: int


class Kind(NamedTuple):
    """How a crowd looks: pixels a module, blur in modules, share of what else there is."""

    size: tuple[int, int]
    labels: tuple[int, int]
    module: tuple[float, float]
    blur: tuple[float, float]
    bars: float = 0.1
    dim: float = 0.0
    light: float = 0.1
    plain: bool = False


KINDS: Mapping[str, Kind] = {
    "2-20 in a frame": Kind(FRAME, (2, 20), (2.2, 6), (0, 0.45)),
    "2-20, some spoilt": Kind(FRAME, (2, 20), (2.2, 6), (0, 0.45), dim=0.25),
    "2-20 on paper": Kind(FRAME, (2, 20), (2, 5), (0, 0.35), plain=True),
    "3 Mpx, 2-20": Kind(PHOTO, (2, 20), (2.5, 8), (0.1, 0.5)),
    "12 Mpx, 1-12 small": Kind(LARGE, (1, 12), (2.2, 5), (0.2, 0.5)),
}


def crowd(kind: str, rng: Random) -> Crowd:
    """One picture of this kind."""
    look = KINDS[kind]
    picture = Image.new("L", look.size, rng.randint(170, 255)) if look.plain else background(rng, look.size)
    placed: list[Placed] = []
    for _ in range(rng.randint(*look.labels)):
        data, label, dim = _label(rng, look)
        box = _free(rng, look.size, label.size, placed)
        if box is None:
            continue
        mask = label.getchannel("A")
        picture.paste(label.convert("L"), box[:2], mask)
        placed.append(Placed(data, box, dim))
    return Crowd(grainy(picture, rng, rng.uniform(0, 8)), tuple(placed))


def heard(shown: Crowd, found: Look) -> Heard:
    """Compare what lies there with what is told."""
    codes = {seen.data for seen in found.seen}
    centres = [middle(corners) for corners in found.unread]
    unread = [placed for placed in shown.placed if placed.data not in codes]
    lost = [placed for placed in unread if not any(_within(placed.box, centre) for centre in centres)]
    return Heard(
        read=len(shown.placed) - len(unread),
        told=len(unread) - len(lost),
        lost=lost,
        wrong=len(codes - {placed.data for placed in shown.placed}),
        needless=sum(not any(_within(placed.box, centre) for placed in unread) for centre in centres),
    )


def _within(box: Box, point: tuple[float, float]) -> bool:
    return box[0] - _NEAR <= point[0] <= box[2] + _NEAR and box[1] - _NEAR <= point[1] <= box[3] + _NEAR


def _label(rng: Random, look: Kind) -> tuple[bytes, Image.Image, bool]:
    dim = rng.random() < look.dim
    module = rng.uniform(*look.module) if not dim else rng.uniform(1.3, 4)
    blur = module * (rng.uniform(*look.blur) if not dim else rng.uniform(0.5, 0.8))
    if rng.random() < look.bars:
        data = gtin(rng)[1:].encode()
        picture = draw(data, symbology="]E0", module=8)
        module = max(module, 2.2)
    else:
        data = code(rng)
        picture = enlarged(modules(rng, data), 8)
        if rng.random() < look.light:
            picture = ImageOps.invert(picture)
    dark = rng.randint(0, 70)
    picture = between(picture, dark, dark + rng.randint(90, 185))
    side = (round(picture.width * module / 8), round(picture.height * module / 8))
    label = picture.resize(side, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(blur))
    label = Image.merge("LA", (label, Image.new("L", label.size, 255)))
    return data, label.rotate(rng.choice((0, rng.uniform(0, 360))), BICUBIC, expand=True), dim


def _free(rng: Random, size: tuple[int, int], label: tuple[int, int], placed: list[Placed]) -> Box | None:
    for _ in range(60):
        x, y = rng.randint(0, max(0, size[0] - label[0])), rng.randint(0, max(0, size[1] - label[1]))
        box = (x, y, x + label[0], y + label[1])
        if box[2] <= size[0] and box[3] <= size[1] and not any(_meet(box, other.box) for other in placed):
            return box
    return None


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
