"""Labels as a factory prints them: GS1 DataMatrix with FNC1 (]d2), plain DataMatrix (]d1), and other codes of goods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from PIL import Image, ImageOps

from protocols.marking import Kind, read

WHITE: Final = 255


class LabelError(ValueError):
    """This code cannot be printed as this symbol."""


class _Symbol(NamedTuple):
    format: str  # of zxing-cpp
    gs1: bool
    quiet: int  # modules of empty paper around it


#: AIM id -> how the symbol is drawn. Quiet zones: ISO/IEC 16022, 18004, 15417, 15420, 16390, 15438.
SYMBOLS: Final[Mapping[str, _Symbol]] = {
    "]d1": _Symbol("DataMatrix", gs1=False, quiet=2),
    "]d2": _Symbol("DataMatrix", gs1=True, quiet=2),
    "]Q1": _Symbol("QRCode", gs1=False, quiet=4),
    "]Q3": _Symbol("QRCode", gs1=True, quiet=4),
    "]C0": _Symbol("Code128", gs1=False, quiet=10),
    "]C1": _Symbol("Code128", gs1=True, quiet=10),
    "]E0": _Symbol("EAN13", gs1=False, quiet=11),
    "]E4": _Symbol("EAN8", gs1=False, quiet=7),
    "]I1": _Symbol("ITF", gs1=False, quiet=10),
    "]L2": _Symbol("PDF417", gs1=False, quiet=2),
}
#: What a code is printed as when nobody says otherwise; other kinds are plain DataMatrix.
USUAL: Final[Mapping[Kind, str]] = {
    Kind.GS1: "]d2",
    Kind.TRANSPORT: "]C1",
    Kind.EAN8: "]E4",
    Kind.EAN13: "]E0",
    Kind.ITF14: "]I1",
    Kind.EGAIS2: "]L2",
}


def symbol(code: bytes, *, symbology: str | None = None) -> Image.Image:
    """The bare symbol, one pixel a module (mode L, black on white). `code` is as `Code.raw`, GS as 0x1D.

    `symbology` is an AIM id of `SYMBOLS`, by default what such goods bear. LabelError when the code cannot be printed
    so: GS1 symbols hold well-formed elements only, and their separators are FNC1.
    """
    return _symbol(code, symbology)[0]


def draw(
    code: bytes,
    *,
    symbology: str | None = None,
    module: int = 6,
    quiet: int | None = None,
    dark: int = 0,
    light: int = WHITE,
) -> Image.Image:
    """A printed label (mode L); the rest as `symbol`.

    `module` is pixels a module, `quiet` modules of paper around the symbol (the standard's by default), `dark` and
    `light` the brightness of ink and paper, 0..255.
    """
    if module < 1:
        raise LabelError(f"a module has at least one pixel, not {module}")
    bare, kind = _symbol(code, symbology)
    label = ImageOps.expand(bare, kind.quiet if quiet is None else quiet, WHITE)
    label = label.resize((label.width * module, label.height * module), Image.Resampling.NEAREST)
    return label.point([dark + (light - dark) * value // WHITE for value in range(WHITE + 1)])


def _symbol(code: bytes, symbology: str | None) -> tuple[Image.Image, _Symbol]:
    import zxingcpp

    known = read(code)
    aim = symbology or USUAL.get(known.kind, "]d1")
    kind = SYMBOLS.get(aim)
    if kind is None:
        raise LabelError(f"no symbol {aim!r} is drawn here; there are {' '.join(SYMBOLS)}")
    # As text: bytes would be drawn behind an ECI, which no label of the marking system has.
    content = known.text
    if kind.gs1:
        if not known.elements:
            raise LabelError(f"holds no GS1 elements, so it cannot be drawn as {aim}")
        content = "".join(f"[{ai}]{value}" for ai, value in known.elements)
    wanted = zxingcpp.barcode_format_from_str(kind.format)
    try:
        # Rectangles of the extended kind, which fit long codes best, are on no shelf: factories print squares.
        drawn = zxingcpp.create_barcode(content, wanted, gs1=kind.gs1, force_square=True)
    except ValueError as error:
        raise LabelError(f"cannot be drawn as {aim}: {error}") from error
    if drawn.bytes != known.raw:
        raise LabelError(f"not all of it fits into {aim}: no whole GS1 element string")
    return Image.fromarray(drawn.to_image(scale=1, add_quiet_zones=False)).convert("L"), kind
