"""Paper as a PNG picture: a strip of receipt paper with torn edges, in a bundled monospaced font."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from io import BytesIO

import segno
from PIL import Image, ImageDraw, ImageFont

from protocols.paper.lines import Gap, Line, Qr
from protocols.paper.rows import Row, rows

EMULATED = "ЭМУЛЯТОР"

#: Greys, 0 black … 255 white.
_INK = 24
_PAPER = 252
_DESK = 214
_EDGE = 188
_MARK = 236

_SIZE = 20
_LINE = 26
_MARGIN = 26  # paper left and right of the text
_DESK_WIDTH = 14  # what the paper lies on
_TOOTH = 9  # torn edge
_QR_MODULE = 7
_QR_QUIET = 4
_BANNER = 40
_GAP = 8
_COMPRESSION = 3
#: No register prints a longer tape; more rows than these would take hundreds of megabytes to draw.
_MAX_ROWS = 4000
_LAST_ROWS = 100


def render(lines: Iterable[Line], width: int = 48, *, emulated: bool = False) -> bytes:
    """PNG of the tape, `width` columns wide; `emulated` puts the mark «ЭМУЛЯТОР» across it and on a bar at the top.

    The QR code has error correction L and a quiet zone, and reads off the picture as it is. A tape of thousands of
    rows is drawn without its middle.
    """
    printed = [_qr(row) if isinstance(row, Qr) else row for row in _shortened(rows(lines, width, scales=True))]
    paper_width = round(_font(_SIZE, bold=False).getlength("0") * width) + 2 * _MARGIN
    banner = _BANNER if emulated else 0
    body = sum(map(_height, printed))
    paper_height = body + banner + 2 * (_MARGIN + _TOOTH)
    image = Image.new("L", (paper_width + 2 * _DESK_WIDTH, paper_height + 2 * _DESK_WIDTH), _DESK)
    draw = ImageDraw.Draw(image)
    draw.polygon(_outline(paper_width, paper_height, 3), fill=_EDGE)  # the shadow
    draw.polygon(_outline(paper_width, paper_height, 0), fill=_PAPER)
    top = _DESK_WIDTH + _TOOTH + _MARGIN
    if emulated:
        _watermark(image, paper_width, paper_height)
        _bar(draw, paper_width, top - _MARGIN // 2)
        top += banner
    left = _DESK_WIDTH + _MARGIN
    for row in printed:
        if isinstance(row, Row):
            font = _font(2 * _SIZE if row.double else _SIZE, bold=row.bold)
            draw.text((left, top), row.text, fill=_INK, font=font)
        elif isinstance(row, Image.Image):
            image.paste(row, (_DESK_WIDTH + (paper_width - row.width) // 2, top))
        top += _height(row)
    png = BytesIO()
    image.save(png, "PNG", compress_level=_COMPRESSION, dpi=(203, 203))
    return png.getvalue()


def _shortened(printed: Iterable[Row | Gap | Qr]) -> list[Row | Gap | Qr]:
    """All rows, or of an endless tape its beginning and its end."""
    every = list(printed)
    if len(every) <= _MAX_ROWS:
        return every
    left_out = len(every) - _MAX_ROWS
    return [*every[: _MAX_ROWS - _LAST_ROWS], Row(f"... пропущено строк: {left_out} ..."), *every[-_LAST_ROWS:]]


def _height(row: Row | Gap | Image.Image) -> int:
    if isinstance(row, Image.Image):
        return row.height
    if isinstance(row, Gap):
        return _GAP
    return 2 * _LINE if row.double else _LINE


@cache
def _font(size: int, *, bold: bool) -> ImageFont.FreeTypeFont:
    name = "DejaVuSansMono-Bold.ttf" if bold else "DejaVuSansMono.ttf"
    data = files(__package__).joinpath("fonts", name).read_bytes()
    # The simple layout: a monospaced Cyrillic font needs no other, and the shaping library fails on some characters.
    return ImageFont.truetype(BytesIO(data), size, layout_engine=ImageFont.Layout.BASIC)


def _outline(width: int, height: int, shift: int) -> list[tuple[int, int]]:
    """The strip with saw teeth where it was torn off, above and below."""
    left, right = _DESK_WIDTH + shift, _DESK_WIDTH + width + shift
    top, bottom = _DESK_WIDTH + shift, _DESK_WIDTH + height + shift
    teeth = width // (2 * _TOOTH)
    steps = [left + width * step // (2 * teeth) for step in range(2 * teeth + 1)]
    upper = [(x, top + (0 if step % 2 else _TOOTH)) for step, x in enumerate(steps)]
    lower = [(x, bottom - (0 if step % 2 else _TOOTH)) for step, x in enumerate(steps)]
    return [*upper, (right, top + _TOOTH), (right, bottom - _TOOTH), *reversed(lower)]


def _qr(qr: Qr) -> Image.Image:
    matrix = segno.make_qr(qr.data, error="l", boost_error=False).matrix
    size = len(matrix)
    modules = Image.new("L", (size + 2 * _QR_QUIET,) * 2, _PAPER)
    cells = Image.frombytes("L", (size, size), bytes(_INK if cell else _PAPER for row in matrix for cell in row))
    modules.paste(cells, (_QR_QUIET, _QR_QUIET))
    return modules.resize((modules.width * _QR_MODULE,) * 2, Image.Resampling.NEAREST)


@cache
def _tile() -> Image.Image:
    """The mark aslant, black where it is: a mask to paste through."""
    font = _font(2 * _SIZE, bold=True)
    length = round(font.getlength(EMULATED))
    flat = Image.new("L", (length + 60, 2 * _LINE), 0)
    ImageDraw.Draw(flat).text((30, 0), EMULATED, fill=255, font=font)
    return flat.rotate(30, resample=Image.Resampling.BILINEAR, expand=True)


def _watermark(image: Image.Image, width: int, height: int) -> None:
    tile = _tile()
    inside = (width, height - 2 * _TOOTH)
    layer = Image.new("L", inside, 0)
    for number, y in enumerate(range(0, inside[1], tile.height)):
        for x in range(-(number % 2) * tile.width // 2, width, tile.width):
            layer.paste(tile, (x, y))
    image.paste(_MARK, (_DESK_WIDTH, _DESK_WIDTH + _TOOTH), layer)


def _bar(draw: ImageDraw.ImageDraw, width: int, top: int) -> None:
    draw.rectangle((_DESK_WIDTH + _MARGIN, top, _DESK_WIDTH + width - _MARGIN, top + _BANNER - 8), fill=_INK)
    middle = (_DESK_WIDTH + width // 2, top + (_BANNER - 8) // 2)
    draw.text(middle, EMULATED, fill=_PAPER, font=_font(_SIZE, bold=True), anchor="mm")
