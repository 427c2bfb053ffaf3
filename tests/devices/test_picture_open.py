"""Pictures from anywhere: what cameras and screens make is opened, everything else is refused in words."""

import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from time import perf_counter

import pytest
from PIL import Image, ImageOps

from devices.scanners import picture
from devices.scanners.image import read_codes
from devices.scanners.looks import MAX_BYTES, PictureError
from devices.scanners.picture import KEPT_PIXELS, MAX_PIXELS, is_picture, load
from emulator.labels import draw

MILK = b"0104600439931256215opFcm\x1d93dGVz"
LABEL = draw(MILK)
ORIENTATION = 0x0112


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def codes(data: bytes) -> list[bytes]:
    return [seen.data for seen in read_codes(data, clock=perf_counter, seconds=20)]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM"])
def test_formats(kind: str) -> None:
    data = saved(LABEL, kind)
    assert is_picture(data)
    assert codes(data) == [MILK]


def _deep(image: Image.Image) -> Image.Image:
    """Sixteen bits a pixel, of which a scanner uses the lower twelve."""
    deep = Image.new("I;16", image.size)
    for x in range(image.width):
        for y in range(image.height):
            deep.putpixel((x, y), 4000 if image.getpixel((x, y)) else 300)
    return deep


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda label: label.convert("1"), "PNG"),
        (lambda label: label.convert("RGB"), "PNG"),
        (lambda label: label.convert("P"), "PNG"),
        (lambda label: label.convert("RGBA"), "PNG"),
        (lambda label: label.convert("LA"), "PNG"),
        (lambda label: label.convert("CMYK"), "JPEG"),
        (lambda label: label.convert("CMYK"), "TIFF"),
        (_deep, "PNG"),
        (_deep, "TIFF"),
        (lambda label: label.convert("F"), "TIFF"),
        (lambda label: label.convert("I"), "TIFF"),
        (lambda label: label.convert("YCbCr"), "TIFF"),
    ],
)
def test_kinds_of_pixels(make: Callable[[Image.Image], Image.Image], kind: str) -> None:
    assert codes(saved(make(draw(MILK, module=4)), kind)) == [MILK]


@pytest.mark.parametrize("ink", [0, 255])
def test_behind_transparent_pixels_is_paper(ink: int) -> None:
    """A symbol cut out for the web: ink on nothing, and the colour under nothing is the ink's."""
    cut = Image.new("RGBA", LABEL.size, (ink, ink, ink, 255))
    cut.putalpha(ImageOps.invert(LABEL))
    assert codes(saved(cut, "PNG")) == [MILK]
    palette = cut.quantize(4)
    assert codes(saved(palette, "PNG")) == [MILK]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_held_sideways_is_turned_upright(orientation: int) -> None:
    upright = Image.new("L", (300, 200), 255)
    upright.paste(draw(MILK, module=4), (0, 0))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    undo = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    held = upright if undo is None else upright.transpose(undo)
    (seen,) = read_codes(saved(held, "JPEG", exif=exif, quality=90), clock=perf_counter, seconds=20)
    assert seen.data == MILK
    assert seen.corners[0] == pytest.approx((8, 8), abs=2)


def test_a_telephones_picture_is_shrunk_while_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "KEPT_PIXELS", 300_000)
    wide = Image.new("RGB", (1600, 1200), "white")
    wide.paste(draw(MILK, module=12).convert("RGB"), (1200, 800))  # a ninth of it is more than what is kept
    data = saved(wide, "JPEG")
    opened = load(data)
    assert (opened.grey.size, opened.scale) == ((400, 300), 4)
    (seen,) = read_codes(data, clock=perf_counter, seconds=20)
    assert seen.data == MILK
    assert seen.corners[0] == pytest.approx((1224, 824), abs=8)


def test_a_large_scan_is_shrunk_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "KEPT_PIXELS", 700_000)
    opened = load(saved(Image.new("1", (1000, 1000), 1), "PNG"))
    assert (opened.grey.size, opened.scale, opened.colour) == ((500, 500), 2, None)


def test_what_is_kept_of_the_largest_fits_into_memory() -> None:
    assert KEPT_PIXELS * 4 <= MAX_PIXELS * 4 <= 128 * 1024 * 1024


def test_a_jpeg_with_a_second_picture_inside_is_read_by_its_first() -> None:
    data = saved(LABEL.convert("RGB"), "MPO", save_all=True, append_images=[Image.new("RGB", (16, 16))])
    assert codes(data) == [MILK]


def _png_head(width: int, height: int) -> bytes:
    """A picture of so many pixels in a hundred bytes."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = b"IDAT" + zlib.compress(b"\0" * 64)
    chunks = (
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in (head, body)
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_the_longest_side_is_looked_at() -> None:
    long = Image.new("L", (100, 65_535), 255)
    long.paste(LABEL.convert("L").resize((80, 80)), (10, 65_400))
    assert codes(saved(long, "PNG")) == [MILK]


def _torn(data: bytes) -> bytes:
    """Its pixels overwritten."""
    at = data.index(b"IDAT") + 4
    return data[:at] + b"\xff" * 20 + data[at + 20 :]


def _frames(kind: str) -> bytes:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue", "white")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "picture_empty", "no bytes"),
        (b"hello", "picture_format_refused", "no picture"),
        (b"%PDF-1.7 ...", "picture_format_refused", "PDF"),
        (b"<svg xmlns=''>", "picture_format_refused", "SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "picture_format_refused", "HEIC"),
        (b"\0\0\0\x18ftypavif\0\0\0\0", "picture_format_refused", "AVIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "picture_format_refused", "video"),
        (b"PK\x03\x04....", "picture_format_refused", "archive"),
        (saved(LABEL, "ICO"), "picture_format_refused", "no picture"),
        (_frames("GIF"), "picture_animated", "several frames"),
        (_frames("PNG"), "picture_animated", "several frames"),
        (_frames("WEBP"), "picture_animated", "several frames"),
        (_frames("TIFF"), "picture_animated", "several frames"),
        (saved(LABEL, "PNG")[:-400], "picture_truncated", "the picture ends"),
        (saved(LABEL, "JPEG")[:900], "picture_truncated", "the picture ends"),
        (saved(LABEL, "PNG")[:20], "picture_truncated", "head ends"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "picture_truncated", "head ends"),
        (_torn(saved(LABEL, "PNG")), "picture_broken", "damaged"),
        (_png_head(100_000, 100_000), "picture_too_large", "many times more pixels than the 110000000"),
        (_png_head(20_000, 2_000), "picture_too_large", "26000000 at most"),
        (_png_head(12, 65_536), "picture_too_large", "12 x 65536 pixels, a side has 65535 at most"),
        (_png_head(100_000, 12), "picture_too_large", "a side has 65535 at most"),
        (_png_head(64, 5), "picture_too_small", "64 x 5"),
        (b"\0" * (MAX_BYTES + 1), "picture_too_large", "bytes"),
    ],
    ids=lambda value: value[:12].hex() if isinstance(value, bytes) else None,
)
def test_refusals_are_words(data: bytes, code: str, words: str) -> None:
    with pytest.raises(PictureError, match=words) as told:
        load(data)
    assert told.value.code == code
    assert any("а" <= letter <= "я" for letter in told.value.hint)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM"])
def test_damage_anywhere_is_refused_or_survived(kind: str) -> None:
    whole = bytearray(saved(draw(MILK, module=3).convert("RGB"), kind))
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        spoilt = bytearray(whole)
        spoilt[at] ^= 0xFF
        with suppress(PictureError):
            load(bytes(spoilt))


@pytest.mark.parametrize(
    ("data", "is_one"),
    [(b"\xff\xd8\xff", True), (b"%PDF", True), (b"RIFF1234WEBP", True), (MILK, False), (b"RIFF1234WAVE", False)],
)
def test_text_is_told_from_pictures(data: bytes, *, is_one: bool) -> None:
    assert is_picture(data) is is_one
