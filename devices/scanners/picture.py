"""A picture from anywhere, opened within bounds: one still image as grey pixels, upright, on paper instead of nothing.

Pillow knows forty formats, most of them seldom tried; only those that cameras, scanners and screens make are let in.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from io import BytesIO
from typing import Final, NamedTuple

from PIL import Image, ImageOps, ImageStat, UnidentifiedImageError

from devices.scanners.looks import MAX_BYTES, PictureError, too_large

FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")
#: Cameras put a small second picture into some of their JPEGs, which Pillow then calls MPO.
JPEGS: Final = frozenset({"JPEG", "MPO"})
#: Width x height. A JPEG is shrunk while it is decoded, so it may be larger than what lies in memory whole.
MAX_PIXELS: Final = 26_000_000
MAX_JPEG_PIXELS: Final = 110_000_000
#: Pixels after opening, at most. A code of 2 cm on a picture of half a metre has 3 pixels a module there.
KEPT_PIXELS: Final = 16_000_000
#: A symbol of 10 modules with a pixel each.
MIN_SIDE: Final = 10
#: zxing-cpp takes no more.
MAX_SIDE: Final = 65_535
WHITE: Final = 255
_HALF: Final = 128


class _Stranger(NamedTuple):
    name: str
    hint: str


_CONVERT = "Сохраните снимок как JPEG или PNG и повторите."
_SEND_AGAIN = "Сохраните или передайте файл снимка ещё раз; если не поможет, сделайте новый снимок."
_IPHONE = "Это снимок iPhone (HEIC): в настройках камеры выберите «Наиболее совместимые» или сохраните снимок как JPEG."
#: Offset and first bytes of what people send instead of a picture we read.
_STRANGERS: Final[Mapping[tuple[int, bytes], _Stranger]] = {
    (4, b"ftyphei"): _Stranger("HEIC", _IPHONE),
    (4, b"ftypmif1"): _Stranger("HEIF", _IPHONE),
    (4, b"ftypavif"): _Stranger("AVIF", _CONVERT),
    (4, b"ftyp"): _Stranger("a video", "Это видео, а нужен снимок. " + _CONVERT),
    (0, b"%PDF"): _Stranger("PDF", "Это PDF, а нужен снимок: сделайте снимок экрана или фотографию кода."),
    (0, b"<svg"): _Stranger("SVG", _CONVERT),
    (0, b"<?xml"): _Stranger("XML", _CONVERT),
    (0, b"8BPS"): _Stranger("PSD", _CONVERT),
    (0, b"\0\0\0\x0cjP  "): _Stranger("JPEG 2000", _CONVERT),
    (0, b"PK\x03\x04"): _Stranger("an archive", "Это архив или документ, а нужен снимок. " + _CONVERT),
}


class Picture(NamedTuple):
    """Grey pixels (mode L), and the colours (mode RGB) where there were any; `scale`: original pixels per pixel."""

    grey: Image.Image
    colour: Image.Image | None
    scale: float


def is_picture(data: bytes) -> bool:
    """Whether the first bytes are those of any picture or document, readable or not."""
    starts = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"P4", b"P5", b"P6")
    return data.startswith(starts) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP") or _stranger(data) is not None


def load(data: bytes) -> Picture:
    """Decode a picture; PictureError says in words what is wrong with it."""
    if not data:
        raise PictureError(
            "the picture has no bytes", hint=f"Файл снимка пуст: он не записан. {_SEND_AGAIN}", code="picture_empty"
        )
    if len(data) > MAX_BYTES:
        raise too_large(f"the picture has {len(data)} bytes, {MAX_BYTES} at most are read")
    image = _identify(data)
    try:
        with warnings.catch_warnings(), image:
            warnings.simplefilter("ignore")  # what Pillow warns of, we count ourselves
            _check(image)
            scale = _shrink_while_decoding(image)
            image.load()
            return _plain(image, scale)
    except PictureError:
        raise
    # Pillow's decoders fail with whatever their format's fault leads to; all of it says the same to a caller.
    except Exception as error:
        raise _damaged("the picture", error) from error


def _identify(data: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        # Pillow's words are of an attack, which a poster's scan is not.
        raise too_large(f"many times more pixels than the {MAX_JPEG_PIXELS} that are decoded at most") from error
    except UnidentifiedImageError as error:
        stranger = _stranger(data)
        if stranger is not None:
            raise PictureError(
                f"{stranger.name} is not read", hint=stranger.hint, code="picture_format_refused"
            ) from error
        raise PictureError(
            f"no picture in any of the formats {', '.join(FORMATS)}",
            hint="Это не снимок или снимок в незнакомом формате. Выберите файл JPEG или PNG.",
            code="picture_format_refused",
        ) from error
    except Exception as error:
        raise _damaged("the picture's head", error) from error


def _damaged(what: str, error: Exception) -> PictureError:
    if "truncat" in (words := f"{type(error).__name__} {error}".lower()) or "unexpected end" in words:
        return PictureError(
            f"{what} ends too early", hint=f"Файл снимка передан не целиком. {_SEND_AGAIN}", code="picture_truncated"
        )
    return PictureError(
        f"{what} is damaged: {str(error)[:100] or type(error).__name__}", hint=f"Файл снимка испорчен. {_SEND_AGAIN}"
    )


def _stranger(data: bytes) -> _Stranger | None:
    for (offset, start), stranger in _STRANGERS.items():
        if data.startswith(start, offset):
            return stranger
    return None


def _check(image: Image.Image) -> None:
    width, height = image.size
    limit = MAX_JPEG_PIXELS if image.format in JPEGS else MAX_PIXELS
    if width * height > limit:
        raise too_large(f"{width} x {height} pixels, {limit} at most are decoded")
    if max(width, height) > MAX_SIDE:
        raise PictureError(
            f"{width} x {height} pixels, a side has {MAX_SIDE} at most",
            hint="Сторона снимка слишком длинная: разрежьте снимок на части.",
            code="picture_too_large",
        )
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            f"{width} x {height} pixels hold no code",
            hint="Снимок слишком мал: сфотографируйте код крупнее.",
            code="picture_too_small",
        )
    if image.format != "MPO" and getattr(image, "is_animated", False):
        raise PictureError(
            "several frames or pages in one file",
            hint="Анимация и многостраничные файлы не читаются: сохраните один кадр как JPEG или PNG.",
            code="picture_animated",
        )


def _shrink_while_decoding(image: Image.Image) -> float:
    """Let the JPEG decoder halve the picture as often as needed; original pixels per pixel."""
    width = image.width
    if image.format in JPEGS:
        share = (KEPT_PIXELS / (image.width * image.height)) ** 0.5
        if share < 1:
            # draft() answers with the next larger of 1/2, 1/4, 1/8; the next smaller is wanted.
            halved = 1
            while halved * share < 1 and halved < 8:
                halved *= 2
            image.draft(None, (image.width // halved, image.height // halved))
    return width / image.width


def _plain(image: Image.Image, scale: float) -> Picture:
    if image.mode in {"I", "F", "I;16", "I;16B", "I;16L"}:
        image = _eight_bits(image)
    if image.has_transparency_data:
        image = _on_paper(image.convert("RGBA"))
    elif image.mode not in {"1", "L"}:
        image = image.convert("RGB")
    if image.width * image.height > KEPT_PIXELS:
        image = (image.convert("L") if image.mode == "1" else image).reduce(2)
        scale *= 2
    # Corners are told in the picture as a person sees it, so a camera held sideways is turned first.
    image = ImageOps.exif_transpose(image)
    if image.mode in {"1", "L"}:
        return Picture(image.convert("L"), None, scale)
    colour = image.convert("RGB")
    return Picture(colour.convert("L"), colour, scale)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Deep greys stretched over 8 bits, whatever their range."""
    low, high = image.getextrema()
    assert isinstance(low, int | float)
    assert isinstance(high, int | float)
    span = (high - low) or 1
    return image.convert("F").point(lambda value: value * (WHITE / span) - low * WHITE / span).convert("L")


def _on_paper(image: Image.Image) -> Image.Image:
    """Behind transparent pixels is paper: white under dark ink, black under light ink."""
    ink = ImageStat.Stat(image.convert("L"), image.getchannel("A")).mean[0]
    paper = Image.new("RGBA", image.size, (0, 0, 0, WHITE) if ink > _HALF else (WHITE,) * 4)
    return Image.alpha_composite(paper, image).convert("RGB")
