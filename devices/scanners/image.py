"""Codes in a picture: a ladder of small changes until a code is read, and no answer where two readings differ.

zxing-cpp looks first, at the picture as it is, then sharpened, smoothed and reduced; libdmtx gives a second opinion
where zxing-cpp sees nothing or is not sure. A wrong code sells the wrong goods, so a doubt is never decided by a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat

from devices.errors import RequestError
from devices.scanners import engines
from devices.scanners.engines import Sight
from devices.scanners.looks import MAX_BYTES, MOST, SECONDS, Corners, Look, PictureError, Seen
from devices.scanners.picture import Picture, load

#: Pixels of the first look; a larger picture is first looked at reduced, then whole.
FIRST_LOOK: Final = 2_100_000
#: libdmtx's time for one look; it does not stop by itself.
SECOND_OPINION_MS: Final = 250
#: Mean difference of the colours, 0..255, from which they are looked at one by one.
COLOURFUL: Final = 12

__all__ = ["MOST", "SECONDS", "Look", "Seen", "look", "read_codes"]

Change = Callable[[Image.Image], Image.Image]


class Step(NamedTuple):
    """One rung: the change of the picture, how many times smaller it makes it, and the threshold."""

    name: str
    change: Change
    reduced: int = 1
    even_light: bool = False
    both: bool = True  # dark on light and light on dark


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


AS_IS: Final = Step("as it is", lambda image: image, both=False)
INVERTED: Final = Step("inverted", ImageOps.invert, both=False)
SHARPENED: Final = Step("sharpened", _sharp(4, 300))  # mends blur
#: In the order of what they cost; which damage each mends is measured by bench/pictures.py.
STEPS: Final = (
    Step("reduced by 2, sharpened", _in_turn(_reduce(2), _sharp(2, 250)), reduced=2),  # noise, blur of large modules
    SHARPENED,
    Step("reduced by 3", _reduce(3), reduced=3),  # strong noise
    Step("smoothed, sharpened", _in_turn(_smooth(2), _sharp(4, 300))),  # noise on small modules
    Step("much smoothed, sharpened", _in_turn(_smooth(3), _sharp(6, 300))),  # dots of an ink jet
    Step("smoothed, even light", _smooth(1.5), even_light=True),
    Step("much sharpened", _sharp(6, 500)),  # strong blur
    Step("thickened", lambda image: image.filter(ImageFilter.MinFilter(3))),  # glare, thin ink
    Step("reduced by 4", _in_turn(_reduce(4), _sharp(2, 150)), reduced=4),
)
#: How many of them come before a look for codes of other kinds, which costs as much as all of these.
CHEAP: Final = 3
#: Codes of other kinds must be read twice, so they get a second look.
AGAIN: Final = (Step("smoothed", _smooth(0.8)), Step("reduced by 2", _reduce(2), reduced=2))
SECOND_OPINION: Final = (
    Step("as it is", lambda image: image),
    Step("much smoothed", _smooth(2.5)),
    Step("reduced by 2", _reduce(2), reduced=2),
)
#: The fine look at a large picture takes long, so it is short.
FINE: Final = (AS_IS, INVERTED, SHARPENED)


def read_codes(
    image: bytes | Path, *, clock: Callable[[], float], most: int = MOST, seconds: float = SECONDS
) -> tuple[Seen, ...]:
    """The codes of a picture (its bytes or its file), at most `most`, DataMatrix first; none is a guess.

    `clock` counts seconds (a loop's `time`); no new look begins after `seconds`. PictureError when it is no picture.
    """
    return look(load(_bytes(image)), clock=clock, most=most, seconds=seconds).seen


def look(picture: Picture, *, clock: Callable[[], float], most: int = MOST, seconds: float = SECONDS) -> Look:
    """As `read_codes`, with what was doubtful."""
    if (why := engines.missing()).keys() == {engines.ZXING, engines.LIBDMTX}:
        raise RequestError(
            f"no library reads pictures here: {why[engines.ZXING]}",
            hint="Установите библиотеку zxing-cpp: без неё коды на снимках не читаются.",
            code="picture_engines_missing",
        )
    deadline = clock() + seconds
    sights: list[tuple[str, Sight]] = []
    verdict = Verdict(kept=(), contradicted=0, doubtful=False)
    in_time = True
    for rung in _rungs(picture, most, lambda: max(0, round((deadline - clock()) * 1000))):
        if clock() >= deadline:
            in_time = False
            break
        if rung.opinion and not (verdict.doubtful or not verdict.kept):
            break
        found = [(rung.name, _scaled(one, rung.scale)) for one in rung.look()]
        if not found:
            continue
        sights += found
        verdict = judge(sights)
        if rung.enough and any(seen.symbology.startswith("]d") for seen in verdict.kept) and not verdict.doubtful:
            break
    ordered = sorted(verdict.kept, key=lambda seen: (not seen.symbology.startswith("]d"), seen.corners[0][::-1]))
    return Look(seen=tuple(ordered[:most]), contradicted=verdict.contradicted, in_time=in_time)


class Verdict(NamedTuple):
    """What readings of one picture come to. doubtful: something was seen that needs to be seen again."""

    kept: tuple[Seen, ...]
    contradicted: int
    doubtful: bool


def judge(sights: Sequence[tuple[str, Sight]]) -> Verdict:
    """Readings by step -> codes. At one place there is one code: who differ there refute each other.

    A reading that is not sure counts only when another step or engine reads the same; a sure one of the same engine
    outweighs it.
    """
    kept: dict[bytes, Seen] = {}
    contradicted, doubtful = 0, False
    for place in _places(sights):
        sure = [entry for entry in place if entry[1].sure]
        engines_sure = {sight.engine for _, sight in sure}
        voices = [entry for entry in place if entry[1].sure or entry[1].engine not in engines_sure]
        if len({sight.data for _, sight in voices}) > 1:
            contradicted += 1
            continue
        if not sure and len({(step, sight.engine) for step, sight in voices}) < 2:
            doubtful = True
            continue
        step, sight = (sure or voices)[0]
        kept.setdefault(
            sight.data,
            Seen(data=sight.data, symbology=sight.symbology, engine=sight.engine, step=step, corners=sight.corners),
        )
    return Verdict(tuple(kept.values()), contradicted, doubtful)


class _Rung(NamedTuple):
    name: str
    look: Callable[[], list[Sight]]
    scale: float
    enough: bool = True  # a code read here ends the search
    opinion: bool = False  # only asked where the search came to nothing or to a doubt


def _rungs(picture: Picture, most: int, left_ms: Callable[[], int]) -> Iterator[_Rung]:
    """The ladder, step by step; pictures are made when their turn comes."""
    grey, colour, scale = picture
    factor = _factor(grey)
    first = grey.reduce(factor) if factor > 1 else grey
    coarse = scale * factor
    for step in (AS_IS, INVERTED, *STEPS[:CHEAP]):
        yield _rung(step, first, coarse)
    yield _Rung("other codes", lambda: engines.zxing(first, others=True), coarse)
    for step in AGAIN:
        # Made in any case: what is seen once only must be seen again.
        changed = step.change(first)
        yield _Rung(
            f"other codes, {step.name}",
            lambda changed=changed: engines.zxing(changed, others=True),  # type: ignore[misc]
            coarse * step.reduced,
        )
    for step in STEPS[CHEAP:]:
        yield _rung(step, first, coarse)
    if factor > 1:
        for step in FINE:
            yield _rung(step, grey, scale)
    if colour is not None:
        for name, band in _bands(colour.reduce(factor) if factor > 1 else colour):
            yield _rung(AS_IS._replace(name=name, both=True), band, coarse)
            yield _rung(SHARPENED._replace(name=f"{name}, sharpened"), band, coarse)
    for step in SECOND_OPINION:
        changed = step.change(first)
        yield _Rung(
            step.name,
            lambda changed=changed: engines.libdmtx(  # type: ignore[misc]
                changed, most=most, milliseconds=min(SECOND_OPINION_MS, left_ms())
            ),
            coarse * step.reduced,
            opinion=True,
        )


def _rung(step: Step, image: Image.Image, scale: float) -> _Rung:
    return _Rung(
        step.name,
        lambda: engines.zxing(step.change(image), even_light=step.even_light, both=step.both),
        scale * step.reduced,
    )


def _factor(image: Image.Image) -> int:
    factor = 1
    while image.width * image.height > FIRST_LOOK * factor * factor:
        factor += 1
    return factor


def _bands(colour: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """Inks that are grey to the eye are black or nothing in one of the colours."""
    bands = colour.split()
    spread = ImageChops.subtract(
        ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2]),
        ImageChops.darker(ImageChops.darker(bands[0], bands[1]), bands[2]),
    )
    if ImageStat.Stat(spread).mean[0] >= COLOURFUL:
        yield from zip(("red", "green", "blue"), bands, strict=True)


def _places(sights: Sequence[tuple[str, Sight]]) -> list[list[tuple[str, Sight]]]:
    """Readings that lie over each other, together."""
    places: list[list[tuple[str, Sight]]] = []
    for entry in sights:
        for place in places:
            if any(_overlap(entry[1].corners, other.corners) for _, other in place):
                place.append(entry)
                break
        else:
            places.append([entry])
    return places


def _overlap(one: Corners, other: Corners) -> bool:
    return _holds(one, _middle(other)) or _holds(other, _middle(one))


def _middle(corners: Corners) -> tuple[float, float]:
    return sum(x for x, _ in corners) / 4, sum(y for _, y in corners) / 4


def _holds(corners: Corners, point: tuple[float, float]) -> bool:
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs) <= point[0] <= max(xs) and min(ys) <= point[1] <= max(ys)


def _scaled(sight: Sight, scale: float) -> Sight:
    if scale == 1:
        return sight
    one, two, three, four = ((round(x * scale), round(y * scale)) for x, y in sight.corners)
    return replace(sight, corners=(one, two, three, four))


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
