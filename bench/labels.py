"""Labels on pictures as shops see them: codes of every shape, drawn, and then spoilt in one way each.

`REQUIRED` are the ways that the reader must master, `WORLD` those that it is only measured on. All chance comes from
the generator that is passed in, so a seed names a set of pictures.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Mapping
from io import BytesIO
from random import Random
from typing import NamedTuple

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

from emulator.labels import symbol

SERIAL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!\"%&'()*+,-./_:;=<>?"
PRICE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!\"%&'*+-./_,:;=<>?"
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
DIGITS = "0123456789"
GS = "\x1d"
FRAME = (1280, 720)
PHOTO = (2016, 1512)
BICUBIC = Image.Resampling.BICUBIC


class Shot(NamedTuple):
    """A picture and the codes on it."""

    picture: Image.Image
    codes: frozenset[bytes]


# --- codes ---


def some(rng: Random, alphabet: str, length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def gtin(rng: Random) -> str:
    digits = "0" + some(rng, DIGITS, 12)
    weighed = sum(int(digit) * (1 if place % 2 else 3) for place, digit in enumerate(digits))
    return digits + str(-weighed % 10)


def _gs1(serial: int, tail: Callable[[Random], str]) -> Callable[[Random], str]:
    return lambda rng: f"01{gtin(rng)}21{some(rng, SERIAL, serial)}{GS}{tail(rng)}"


def _key(rng: Random) -> str:
    return "91" + rng.choice(("EE06", "FFD0", "8097", "EE07")) + GS


def _short(rng: Random) -> str:
    return "93" + some(rng, BASE64, 4)


def _long(rng: Random) -> str:
    return _key(rng) + "92" + some(rng, BASE64, 43) + "="


def _longest(rng: Random) -> str:
    return _key(rng) + "92" + some(rng, BASE64, 86) + "=="


#: The shapes of marking.md 1.1 and 1.2.
SHAPES: Mapping[str, Callable[[Random], str]] = {
    "milk": _gs1(6, _short),
    "milk by weight": _gs1(6, lambda rng: f"{_short(rng)}{GS}3103{rng.randrange(10, 9999):06}"),
    "beer": _gs1(7, _short),
    "water": _gs1(13, _short),
    "clothing": _gs1(13, _long),
    "electronics": _gs1(20, _long),
    "shoes": _gs1(13, _longest),
    "older shoes": _gs1(13, lambda rng: f"240{some(rng, DIGITS, 4)}{GS}{_longest(rng)}"),
    "dated": _gs1(13, lambda rng: f"17{rng.randrange(26, 30)}0{rng.randrange(1, 10)}15"
                                  f"10{some(rng, DIGITS, 6)}{GS}{_short(rng)}"),
    "tobacco block": _gs1(7, lambda rng: f"8005{rng.randrange(50_000, 300_000):06}{GS}{_short(rng)}"),
    "tobacco pack": lambda rng: gtin(rng) + some(rng, SERIAL, 7) + some(rng, PRICE, 4) + some(rng, BASE64, 4),
}  # fmt: skip


def code(rng: Random) -> bytes:
    """A code of any shape."""
    return SHAPES[rng.choice(tuple(SHAPES))](rng).encode("ascii")


def modules(rng: Random, data: bytes) -> Image.Image:
    """Its symbol, one pixel a module; every third one of another maker, who packs characters differently."""
    other = _by_libdmtx(data, rng.choice(("Ascii", "C40", "Text", "AutoBest"))) if rng.random() < 1 / 3 else None
    return other or symbol(data)


def _by_libdmtx(data: bytes, scheme: str) -> Image.Image | None:
    """libdmtx's own drawing; None where the library is missing or finds no room for the code."""
    try:
        from pylibdmtx import pylibdmtx, wrapper
    except ImportError:
        return None
    given = (b"\x1d" if data.startswith(b"01") and b"\x1d" in data else b"") + data
    with pylibdmtx._encoder() as encoder:
        for name, value in (
            (wrapper.DmtxProperty.DmtxPropScheme, wrapper.DmtxScheme[f"DmtxScheme{scheme}"]),
            (wrapper.DmtxProperty.DmtxPropSizeRequest, wrapper.DmtxSymbolSize.DmtxSymbolSquareAuto),
            (wrapper.DmtxProperty.DmtxPropModuleSize, 1),
            (wrapper.DmtxProperty.DmtxPropMarginSize, 0),
            (104, 0x1D),
        ):
            wrapper.dmtxEncodeSetProp(encoder, name, value)
        if not wrapper.dmtxEncodeDataMatrix(encoder, len(given), ctypes.cast(given, wrapper.c_ubyte_p)):
            return None
        image = encoder[0].image
        width, height = image[0].width, image[0].height
        drawn = Image.frombytes("RGB", (width, height), ctypes.string_at(image[0].pxl, width * height * 3))
    return drawn.convert("L")


# --- what becomes of pixels ---


def enlarged(bare: Image.Image, module: int, quiet: int = 3) -> Image.Image:
    return ImageOps.expand(bare.resize((bare.width * module, bare.height * module), 0), quiet * module, 255)


def turned(picture: Image.Image, angle: float, fill: int = 255) -> Image.Image:
    return picture.rotate(angle, BICUBIC, expand=True, fillcolor=fill)


def between(picture: Image.Image, dark: float, light: float) -> Image.Image:
    return picture.point([round(dark + (light - dark) * value / 255) for value in range(256)])


def grainy(picture: Image.Image, rng: Random, sigma: float) -> Image.Image:
    """Noise of nearly Gaussian shape: the mean of three even ones, whose sigma is 42.5."""
    grains = [Image.frombytes("L", picture.size, rng.randbytes(picture.width * picture.height)) for _ in range(3)]
    mean = Image.blend(Image.blend(grains[0], grains[1], 0.5), grains[2], 1 / 3)
    noise = mean.point([max(0, min(255, round(128 + (value - 127.5) * sigma / 42.5))) for value in range(256)])
    return ImageChops.add(picture, noise, 1, -128)


def any_angle(rng: Random, bare: Image.Image, low: int = 4, high: int = 8) -> Image.Image:
    return turned(enlarged(bare, rng.randint(low, high)), rng.uniform(0, 360))


def background(rng: Random, size: tuple[int, int]) -> Image.Image:
    """A counter: a slope of light, boxes, lines, lettering."""
    low = rng.randint(20, 120)
    slope = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(size)
    picture = between(slope, low, low + rng.randint(10, 100))
    pen = ImageDraw.Draw(picture)
    for _ in range(rng.randint(5, 25)):
        x, y = rng.randint(0, size[0]), rng.randint(0, size[1])
        box = (x, y, x + rng.randint(10, 300), y + rng.randint(10, 200))
        kind, fill = rng.random(), rng.randint(0, 255)
        if kind < 0.4:
            pen.rectangle(box, fill=fill)
        elif kind < 0.6:
            pen.ellipse(box, fill=fill)
        elif kind < 0.8:
            pen.line(box, fill=fill, width=rng.randint(1, 8))
        else:
            font = ImageFont.load_default(rng.randint(10, 40))
            pen.text((x, y), some(rng, SERIAL, rng.randint(5, 30)), fill=fill, font=font)
    return picture


def put(rng: Random, picture: Image.Image, label: Image.Image, box: tuple[int, int, int, int]) -> None:
    """Paste a label at any angle somewhere within the box."""
    angle = rng.uniform(0, 360)
    mask = Image.new("L", label.size, 255).rotate(angle, BICUBIC, expand=True)
    label = label.rotate(angle, BICUBIC, expand=True)
    x = rng.randint(box[0], max(box[0], box[2] - label.width))
    y = rng.randint(box[1], max(box[1], box[3] - label.height))
    picture.paste(label, (x, y), mask)


def perspective(source: list[tuple[float, float]], target: list[tuple[float, float]]) -> list[float]:
    """Coefficients for Pillow that bring the source's corners to the target's: eight linear equations."""
    rows = []
    for (u, v), (x, y) in zip(source, target, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for at in range(8):
        pivot = max(range(at, 8), key=lambda row: abs(rows[row][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for row in range(8):
            if row != at:
                factor = rows[row][at]
                rows[row] = [value - factor * other for value, other in zip(rows[row], rows[at], strict=True)]
    return [row[8] for row in rows]


# --- what the reader must master ---


def clean(rng: Random, bare: Image.Image) -> Image.Image:
    return enlarged(bare, rng.randint(4, 10), rng.randint(2, 4))


def small(rng: Random, bare: Image.Image) -> Image.Image:
    return enlarged(bare, 3, rng.randint(2, 4))


def rotated(rng: Random, bare: Image.Image) -> Image.Image:
    return any_angle(rng, bare)


def blurred(rng: Random, bare: Image.Image) -> Image.Image:
    module = rng.randint(5, 8)
    return enlarged(bare, module).filter(ImageFilter.GaussianBlur(module * rng.uniform(0.25, 0.55)))


def noisy(rng: Random, bare: Image.Image) -> Image.Image:
    return grainy(enlarged(bare, rng.randint(5, 8)), rng, rng.uniform(25, 70))


def low_contrast(rng: Random, bare: Image.Image) -> Image.Image:
    dark = rng.randint(40, 180)
    picture = between(enlarged(bare, rng.randint(4, 8)), dark, dark + rng.randint(20, 60))
    return grainy(picture, rng, rng.uniform(0, 3))


def scene(rng: Random, bare: Image.Image) -> Image.Image:
    picture = background(rng, FRAME)
    put(rng, picture, enlarged(bare, rng.randint(3, 7), rng.randint(2, 4)), (0, 0, *FRAME))
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1)))
    return grainy(picture, rng, rng.uniform(0, 10))


# --- what the world adds ---


def tilted(rng: Random, bare: Image.Image) -> Image.Image:
    picture = enlarged(bare, rng.randint(6, 10), 4)
    width, height = picture.size
    margin = round(0.15 * width)
    source = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)]
    moved = [
        (x + margin + rng.uniform(-0.11, 0.11) * width, y + margin + rng.uniform(-0.11, 0.11) * height)
        for x, y in source
    ]
    size = (width + 2 * margin, height + 2 * margin)
    seen = picture.transform(size, Image.Transform.PERSPECTIVE, perspective(source, moved), BICUBIC, fillcolor=255)
    return turned(seen, rng.uniform(0, 360))


def curved(rng: Random, bare: Image.Image) -> Image.Image:
    """On a bottle, from the front: strips that grow narrower to the sides."""
    picture = enlarged(bare, rng.randint(6, 10), 4)
    width, height = picture.size
    radius = width * rng.uniform(0.62, 1.1)
    half = radius * math.sin(width / 2 / radius)

    def origin(x: float) -> float:
        return width / 2 + radius * math.asin(max(-1.0, min(1.0, (x - half) / radius)))

    seen, strips = round(2 * half), 40
    mesh = []
    for strip in range(strips):
        left, right = seen * strip // strips, seen * (strip + 1) // strips
        a, b = origin(left), origin(right)
        mesh.append(((left, 0, right, height), (a, 0, a, height, b, height, b, 0)))
    bent = picture.transform((seen, height), Image.Transform.MESH, mesh, BICUBIC)
    return turned(bent, rng.choice((0, 90, 180, 270)) + rng.uniform(-8, 8))


def glare(rng: Random, bare: Image.Image) -> Image.Image:
    picture = between(enlarged(bare, rng.randint(6, 10), 4), rng.randint(20, 60), rng.randint(170, 220))
    size = round(picture.width * rng.uniform(0.4, 0.9))
    spot = ImageOps.invert(Image.radial_gradient("L")).resize((size, size))
    light = Image.new("L", picture.size, 0)
    reach = picture.width - 2 * size // 3
    light.paste(spot, (rng.randint(-size // 3, reach), rng.randint(-size // 3, reach)))
    return ImageChops.add(picture, light)


def uneven(rng: Random, bare: Image.Image) -> Image.Image:
    picture = any_angle(rng, bare)
    slope = Image.linear_gradient("L").rotate(rng.choice((0, 90, 180, 270))).resize(picture.size)
    return ImageChops.multiply(picture, between(slope, rng.randint(20, 60), rng.randint(180, 255)))


def moved(rng: Random, bare: Image.Image) -> Image.Image:
    module = rng.randint(5, 8)
    picture = mean = enlarged(bare, module)
    angle = rng.uniform(0, math.pi)
    for step in range(1, max(2, round(module * rng.uniform(0.5, 1.2)))):
        shifted = ImageChops.offset(picture, round(math.cos(angle) * step), round(math.sin(angle) * step))
        mean = Image.blend(mean, shifted, 1 / (step + 1))
    return mean


def jpeg(rng: Random, bare: Image.Image) -> Image.Image:
    file = BytesIO()
    any_angle(rng, bare, 4, 7).save(file, "JPEG", quality=rng.randint(8, 40))
    return Image.open(BytesIO(file.getvalue())).convert("L")


def covered(rng: Random, bare: Image.Image) -> Image.Image:
    picture = enlarged(bare, rng.randint(5, 8))
    side = math.sqrt(rng.uniform(0.01, 0.07)) * picture.width
    x, y = (rng.uniform(0, picture.width - side) for _ in range(2))
    ImageDraw.Draw(picture).rectangle((x, y, x + side, y + side), fill=rng.choice((0, 128, 255)))
    return picture


def inverted(rng: Random, bare: Image.Image) -> Image.Image:
    return ImageOps.invert(any_angle(rng, bare))


def mirrored(rng: Random, bare: Image.Image) -> Image.Image:
    return ImageOps.mirror(any_angle(rng, bare))


def dots(rng: Random, bare: Image.Image) -> Image.Image:
    """An ink jet's drops, none quite in its place."""
    module = rng.randint(6, 10)
    picture = Image.new("L", (bare.width * module, bare.height * module), 255)
    pen, drop = ImageDraw.Draw(picture), rng.uniform(0.38, 0.52) * module
    for y in range(bare.height):
        for x in range(bare.width):
            if not bare.getpixel((x, y)):
                a, b = ((place + 0.5 + rng.uniform(-0.06, 0.06)) * module for place in (x, y))
                pen.ellipse((a - drop, b - drop, a + drop, b + drop), fill=0)
    return turned(ImageOps.expand(picture, module * 3, 255), rng.uniform(0, 360))


def ink(rng: Random, bare: Image.Image) -> Image.Image:
    """Too much of it, or too little."""
    module = rng.randint(6, 10)
    reach = 2 * max(1, round(module * rng.uniform(0.08, 0.16))) + 1
    return enlarged(bare, module).filter(rng.choice((ImageFilter.MinFilter(reach), ImageFilter.MaxFilter(reach))))


def no_margin(rng: Random, bare: Image.Image) -> Image.Image:
    label = ImageOps.expand(enlarged(bare, rng.randint(4, 8), 1), 40, rng.choice((0, 60)))
    return turned(label, rng.uniform(0, 360), 0)


def tiny(rng: Random, bare: Image.Image) -> Image.Image:
    picture = any_angle(rng, bare, 8, 8)
    share = rng.uniform(2.0, 2.8) / 8
    return picture.resize((round(picture.width * share), round(picture.height * share)), Image.Resampling.BOX)


def coloured(rng: Random, bare: Image.Image) -> Image.Image:
    inks = (("#c03020", "#ffffff"), ("#204080", "#f0e040"), ("#ffe000", "#ffffff"), ("#ffffff", "#d01818"))
    dark, light = rng.choice((*inks, ("#b03030", "#3c7a3c")))
    return ImageOps.colorize(any_angle(rng, bare), dark, light)


def photo(rng: Random, bare: Image.Image) -> Image.Image:
    picture = background(rng, PHOTO)
    put(rng, picture, enlarged(bare, rng.randint(4, 10)), (0, 0, *PHOTO))
    picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 1.8)))
    return grainy(picture, rng, rng.uniform(2, 12))


Way = Callable[[Random, Image.Image], Image.Image]
REQUIRED: Mapping[str, Way] = {
    "clean": clean,
    "3 px modules": small,
    "rotated": rotated,
    "blurred": blurred,
    "noisy": noisy,
    "low contrast": low_contrast,
    "1280x720 scene": scene,
}
WORLD: Mapping[str, Way] = {
    "perspective": tilted,
    "on a bottle": curved,
    "glare": glare,
    "uneven light": uneven,
    "moved": moved,
    "JPEG 8-40": jpeg,
    "1-7 % covered": covered,
    "inverted": inverted,
    "mirrored": mirrored,
    "ink jet dots": dots,
    "thick or thin ink": ink,
    "no quiet zone": no_margin,
    "2-2.8 px modules": tiny,
    "coloured": coloured,
    "3 Mpx photo": photo,
}
SEVERAL = "2-6 in a scene"
WAYS: Mapping[str, Way] = {**REQUIRED, **WORLD}


def shot(way: str, rng: Random) -> Shot:
    """One picture of this way."""
    if way == SEVERAL:
        return several(rng)
    data = code(rng)
    return Shot(WAYS[way](rng, modules(rng, data)), frozenset({data}))


def several(rng: Random) -> Shot:
    """Labels beside each other on one counter; the reader is to find them all."""
    picture, codes = background(rng, FRAME), set()
    for place in rng.sample(range(6), rng.randint(2, 6)):
        data = code(rng)
        codes.add(data)
        left, top = place % 3 * 426, place // 3 * 360
        put(rng, picture, enlarged(modules(rng, data), rng.choice((3, 4))), (left, top, left + 426, top + 360))
    return Shot(grainy(picture, rng, rng.uniform(0, 8)), frozenset(codes))
