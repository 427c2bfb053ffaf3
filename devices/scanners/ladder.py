"""The ladder: small changes of a picture, each for one kind of damage, in the order of what they cost.

A rung is one look of one engine at one such picture. What each mends is measured by bench/pictures.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from devices.scanners import engines
from devices.scanners.engines import Sight
from devices.scanners.picture import Picture

#: Pixels of the first look; a larger picture is first looked at reduced, then whole.
FIRST_LOOK: Final = 2_100_000
#: libdmtx's time for one look at a picture, and at one place of it; it does not stop by itself.
SECOND_OPINION_MS: Final = 250
CLOSE_OPINION_MS: Final = 40
#: Mean difference of the colours, 0..255, from which they are looked at one by one.
COLOURFUL: Final = 12
#: What lies around a picture that is turned.
PAPER: Final = 255
#: A place is made larger, so that its modules have enough pixels, up to so many pixels a side.
ENLARGED_SIDE: Final = 700

Change = Callable[[Image.Image], Image.Image]


class Step(NamedTuple):
    """One change, how many times smaller it makes the picture, whether it turns it by 45 degrees, and the threshold."""

    name: str
    change: Change
    reduced: float = 1
    turned: bool = False
    even_light: bool = False
    both: bool = True  # dark on light and light on dark


class Rung(NamedTuple):
    """One look. opinion: only asked where the search came to nothing or to a doubt."""

    name: str
    look: Callable[[], list[Sight]]
    opinion: bool = False


def _sharp(radius: float, percent: int) -> Change:
    unsharp = ImageFilter.UnsharpMask(radius, percent)
    return lambda image: image.filter(unsharp)


def _smooth(radius: float) -> Change:
    blur = ImageFilter.GaussianBlur(radius)
    return lambda image: image.filter(blur)


def _in_turn(*changes: Change) -> Change:
    def change(image: Image.Image) -> Image.Image:
        for one in changes:
            image = one(image)
        return image

    return change


def _reduce(factor: int) -> Change:
    return lambda image: image.reduce(factor)


def _enlarge(factor: int) -> Change:
    return lambda image: image.resize((image.width * factor, image.height * factor), Image.Resampling.BICUBIC)


def _turn(image: Image.Image) -> Image.Image:
    return image.rotate(45, Image.Resampling.BICUBIC, expand=True, fillcolor=PAPER)


AS_IS: Final = Step("as it is", lambda image: image, both=False)
INVERTED: Final = Step("inverted", ImageOps.invert, both=False)
SHARPENED: Final = Step("sharpened", _sharp(4, 300))  # mends blur
CHEAP: Final = (
    Step("reduced by 2, sharpened", _in_turn(_reduce(2), _sharp(2, 250)), reduced=2),  # noise, blur of large modules
    SHARPENED,
    Step("reduced by 3", _reduce(3), reduced=3),  # strong noise
)
DEAR: Final = (
    Step("smoothed, sharpened", _in_turn(_smooth(2), _sharp(4, 300))),  # noise on small modules
    Step("much smoothed, sharpened", _in_turn(_smooth(3), _sharp(6, 300))),  # dots of an ink jet
    Step("smoothed, even light", _smooth(1.5), even_light=True),
    Step("much sharpened", _sharp(6, 500)),  # strong blur
    Step("thickened", lambda image: image.filter(ImageFilter.MinFilter(3))),  # glare, thin ink
    Step("reduced by 4", _in_turn(_reduce(4), _sharp(2, 150)), reduced=4),
)
#: Codes of other kinds must be read twice, so they get a second look.
AGAIN: Final = (Step("smoothed", _smooth(0.8)), Step("reduced by 2", _reduce(2), reduced=2))
SECOND_OPINION: Final = (
    Step("as it is", lambda image: image),
    Step("much smoothed", _smooth(2.5)),
    Step("reduced by 2", _reduce(2), reduced=2),
)
#: The fine look at a large picture takes long, so it is short.
FINE: Final = (AS_IS, INVERTED, SHARPENED)
#: A place has few pixels: small modules are given more of them.
LARGER: Final = (
    Step("enlarged by 2", _enlarge(2), reduced=1 / 2),
    Step("enlarged by 3, sharpened", _in_turn(_enlarge(3), _smooth(2), _sharp(8, 300)), reduced=1 / 3),
    Step("a little smoothed, sharpened, even light", _in_turn(_smooth(0.8), _sharp(2, 250)), even_light=True),
    Step("a little smoothed, sharpened", _in_turn(_smooth(0.8), _sharp(2, 250))),
    Step("enlarged by 2, sharpened", _in_turn(_enlarge(2), _sharp(4, 300)), reduced=1 / 2),
    Step("enlarged by 2, smoothed, sharpened", _in_turn(_enlarge(2), _smooth(1.5), _sharp(2, 250)), reduced=1 / 2),
    Step("enlarged by 3, much sharpened", _in_turn(_enlarge(3), _sharp(6, 400)), reduced=1 / 3),
)
#: Rows of bars are read along lines, which cross all bars of a slanting one only when it is turned.
SLANTING: Final = (
    AS_IS,
    AGAIN[0],
    LARGER[0],
    Step("turned", _turn, turned=True),
    Step("smoothed, turned", _in_turn(_smooth(0.8), _turn), turned=True),
    AGAIN[1],
)

Left = Callable[[], int]  # milliseconds


def first(picture: Picture) -> Iterator[Rung]:
    """Looks at the whole, cheap enough for every picture."""
    image, scale = _coarse(picture)
    for step in (AS_IS, INVERTED, *CHEAP):
        yield _rung(step, image, scale)


def whole(picture: Picture) -> Iterator[Rung]:
    """The plainest look at the whole of a picture that the first looks saw reduced."""
    if _coarse(picture)[0] is not picture.grey:
        yield _rung(AS_IS._replace(name="whole", both=True), picture.grey, picture.scale)


def further(picture: Picture, *, most: int, left_ms: Left) -> Iterator[Rung]:
    """Looks at the whole for pictures on which nothing else found a code."""
    image, scale = _coarse(picture)
    yield from _others(image, scale, (AS_IS, *AGAIN))
    for step in DEAR:
        yield _rung(step, image, scale)
    if image is not picture.grey:
        for step in FINE:
            yield _rung(step, picture.grey, picture.scale)
    yield from _bands(picture)
    yield from _opinions(SECOND_OPINION, image, scale, most=most, limit=SECOND_OPINION_MS, left_ms=left_ms)


def close(place: Picture, *, bars: bool, left_ms: Left) -> Iterator[Rung]:
    """Looks at one place, cut out of a picture; `bars` when it looks like rows of them."""
    image, scale = _coarse(place)
    if bars:
        yield from _others(image, scale, SLANTING)
    yield _rung(AS_IS._replace(both=True), image, scale)
    for step in (*LARGER, *CHEAP):
        if max(image.size) / step.reduced <= ENLARGED_SIDE or step.reduced >= 1:
            yield _rung(step, image, scale)
    if not bars:
        yield from _others(image, scale, SLANTING)
    for step in DEAR:
        yield _rung(step, image, scale)
    yield from _bands(place)
    yield from _opinions(SECOND_OPINION[:1], image, scale, most=1, limit=CLOSE_OPINION_MS, left_ms=left_ms)


def _coarse(picture: Picture) -> tuple[Image.Image, float]:
    factor = 1
    while picture.grey.width * picture.grey.height > FIRST_LOOK * factor * factor:
        factor += 1
    return (picture.grey.reduce(factor) if factor > 1 else picture.grey), picture.scale * factor


def _rung(step: Step, image: Image.Image, scale: float) -> Rung:
    def seen() -> list[Sight]:
        found = engines.zxing(step.change(image), even_light=step.even_light, both=step.both)
        return _back(found, step, image, scale)

    return Rung(step.name, seen)


def _others(image: Image.Image, scale: float, steps: Sequence[Step]) -> Iterator[Rung]:
    for step in steps:
        yield Rung(
            f"other codes, {step.name}",
            lambda step=step: _back(  # type: ignore[misc]
                engines.zxing(step.change(image), others=True), step, image, scale
            ),
        )


def _bands(picture: Picture) -> Iterator[Rung]:
    """Inks that are grey to the eye are black or nothing in one of the colours."""
    if picture.colour is None:
        return
    colour, scale = picture.colour, picture.scale
    image, coarse = _coarse(picture)
    if image is not picture.grey:
        colour, scale = colour.reduce(round(coarse / scale)), coarse
    bands = colour.split()
    spread = ImageChops.subtract(
        ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2]),
        ImageChops.darker(ImageChops.darker(bands[0], bands[1]), bands[2]),
    )
    if ImageStat.Stat(spread).mean[0] < COLOURFUL:
        return
    for name, band in zip(("red", "green", "blue"), bands, strict=True):
        yield _rung(AS_IS._replace(name=name, both=True), band, scale)
        yield _rung(SHARPENED._replace(name=f"{name}, sharpened"), band, scale)


def _opinions(
    steps: Sequence[Step], image: Image.Image, scale: float, *, most: int, limit: int, left_ms: Left
) -> Iterator[Rung]:
    for step in steps:
        yield Rung(
            step.name,
            lambda step=step: _back(  # type: ignore[misc]
                engines.libdmtx(step.change(image), most=most, milliseconds=min(limit, left_ms())), step, image, scale
            ),
            opinion=True,
        )


def _back(sights: list[Sight], step: Step, image: Image.Image, scale: float) -> list[Sight]:
    """Sights of a changed picture where they lie on the one that `image` is `scale` times smaller than."""
    half, by = 0.5**0.5, scale * step.reduced
    reach = (image.width + image.height) * half / 2

    def origin(x: float, y: float) -> tuple[float, float]:
        if step.turned:
            x, y = (x - reach - (y - reach)) * half + image.width / 2, (x - reach + y - reach) * half + image.height / 2
        return x * by, y * by

    return [sight.moved(origin) for sight in sights]
