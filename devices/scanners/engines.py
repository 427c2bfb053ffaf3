"""The two libraries that find codes in grey pixels: zxing-cpp, and libdmtx for a second opinion on DataMatrix.

Both are optional: where one cannot be loaded, `missing` says so in words and the other works alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char_p, c_ubyte, cast, string_at
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType
from typing import Any, Final

from PIL import Image

from devices.scanners.looks import Corners, Point

ZXING: Final = "zxing-cpp"
LIBDMTX: Final = "libdmtx"
GS: Final = b"\x1d"
PLAIN_DATAMATRIX, GS1_DATAMATRIX = "]d1", "]d2"
#: Of libdmtx: what stands for FNC1 in a message. Left alone it is nothing, so that every separator is lost.
PROPERTY_FNC1: Final = 104
#: zxing-cpp tells which share of a symbol's error correction was left over; below this it may have guessed.
LEAST_SPARE: Final = 0.1
#: Codewords that say how the rest is to be understood (ECI, structured append, macros, reader programming). libdmtx
#: passes them over or takes them for text, so what follows them is not what it says.
UNHEEDED: Final = frozenset({233, 234, 236, 237, 241})
FNC1: Final = 232
#: Smaller symbols correct so little that chance may make one; a code of the marking system takes 22 and more.
LEAST_MODULES: Final = 16
#: The codes of goods that are no DataMatrix.
OTHER_FORMATS: Final = ("QRCode", "PDF417", "EAN13", "EAN8", "ITF", "Code128", "DataBar")
#: Rows of bars have one check digit or none, so that chance makes them easily, short ones above all.
_WELL_GUARDED: Final = ("]d", "]Q")
_SHORTEST_OTHER: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One code as one engine sees it in one picture; `sure` unless chance may have made it."""

    data: bytes
    symbology: str
    engine: str
    corners: Corners
    sure: bool

    def moved(self, change: Callable[[float, float], tuple[float, float]]) -> Sight:
        """The same sight with its corners elsewhere."""
        one, two, three, four = ((round(x), round(y)) for x, y in (change(*corner) for corner in self.corners))
        return replace(self, corners=(one, two, three, four))


def missing() -> dict[str, str]:
    """Engine -> why it cannot be used; empty when both work."""
    found = {}
    for engine, loader in ((ZXING, _zxing), (LIBDMTX, _libdmtx)):
        try:
            loader()
        except ImportError as error:
            found[engine] = str(error)
    return found


def zxing(image: Image.Image, *, others: bool = False, even_light: bool = False, both: bool = True) -> list[Sight]:
    """What zxing-cpp finds: DataMatrix, or with `others` the other codes of goods; nothing where it is missing.

    `even_light` takes one threshold for the whole picture, which small blurred symbols need. Without `both` only dark
    symbols on light ground are seen, in half the time.
    """
    try:
        library = _zxing()
    except ImportError:
        return []
    wanted = library.barcode_formats_from_str(",".join(OTHER_FORMATS) if others else "DataMatrix")
    binarizer = library.Binarizer.GlobalHistogram if even_light else library.Binarizer.LocalAverage
    return [
        _of_zxing(found)
        for found in library.read_barcodes(image, formats=wanted, binarizer=binarizer, try_invert=both)
        if found.bytes and not (others and len(found.bytes) < _SHORTEST_OTHER)
    ]


def libdmtx(image: Image.Image, *, most: int, milliseconds: int) -> list[Sight]:
    """What libdmtx finds in the picture, at most `most` codes in `milliseconds`; nothing where it is missing."""
    try:
        library = _libdmtx()
    except ImportError:
        return []
    # libdmtx reads what it is given without asking for its size, so the bytes must live as long as the decoder.
    pixels = image.tobytes()
    found: list[Sight] = []
    deadline = library.dmtxTimeAdd(library.dmtxTimeNow(), milliseconds)
    with _decoder(library, pixels, image.size) as decoder:
        while len(found) < most:
            region = library.dmtxRegionFindNext(decoder, byref(deadline))
            if not region:
                break
            try:
                message = library.dmtxDecodeMatrixRegion(decoder, region, library.DmtxUndefined)
                if message:
                    if _understands(message):
                        found.append(_of_libdmtx(library, message, region, image.height))
                    library.dmtxMessageDestroy(byref(message))
            finally:
                library.dmtxRegionDestroy(byref(region))
    return [sight for sight in found if sight.data]


@cache
def _zxing() -> ModuleType:
    import zxingcpp

    return zxingcpp


@cache
def _libdmtx() -> Any:
    try:
        from pylibdmtx import wrapper
    except ModuleNotFoundError as error:
        raise ImportError(f"{error}: install the Python package pylibdmtx") from error
    except ImportError as error:  # its words for a missing shared library
        raise ImportError(f"{error}: install libdmtx (on Debian the package libdmtx0b)") from error
    return wrapper


def _of_zxing(found: Any) -> Sight:
    place = found.position
    one, two, three, four = (
        (corner.x, corner.y) for corner in (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    )
    extra = found.extra or {}
    sides = [int(side) for side in str(extra.get("Version", "")).split("x") if side.isdecimal()]
    guarded = found.symbology_identifier.startswith(_WELL_GUARDED)
    return Sight(
        data=found.bytes,
        symbology=found.symbology_identifier,
        engine=ZXING,
        corners=(one, two, three, four),
        sure=guarded and extra.get("UEC", 0.0) >= LEAST_SPARE and (len(sides) < 2 or min(sides) >= LEAST_MODULES),
    )


@contextmanager
def _decoder(library: Any, pixels: bytes, size: tuple[int, int]) -> Iterator[Any]:
    image = library.dmtxImageCreate(
        cast(c_char_p(pixels), POINTER(c_ubyte)), *size, library.DmtxPackOrder.DmtxPack8bppK
    )
    if not image:
        raise MemoryError("libdmtx has no room for the picture")
    try:
        decoder = library.dmtxDecodeCreate(image, 1)
        if not decoder:
            raise MemoryError("libdmtx has no room for the picture")
        try:
            library.dmtxDecodeSetProp(decoder, PROPERTY_FNC1, GS[0])
            yield decoder
        finally:
            library.dmtxDecodeDestroy(byref(decoder))
    finally:
        library.dmtxImageDestroy(byref(image))


def _understands(message: Any) -> bool:
    first, second = message.contents.code[0], message.contents.code[1]
    return first not in UNHEEDED and not (first == FNC1 and second in UNHEEDED)


def _of_libdmtx(library: Any, message: Any, region: Any, height: int) -> Sight:
    # By its length: pylibdmtx itself stops at the first NUL.
    data = string_at(message.contents.output, message.contents.outputIdx)
    one, two, three, four = (_raw(library, region, x, y, height) for x, y in ((0, 1), (1, 1), (1, 0), (0, 0)))
    return Sight(
        data=data.removeprefix(GS),
        symbology=GS1_DATAMATRIX if data.startswith(GS) else PLAIN_DATAMATRIX,
        engine=LIBDMTX,
        corners=(one, two, three, four),
        sure=min(region.contents.symbolRows, region.contents.symbolCols) >= LEAST_MODULES,
    )


def _raw(library: Any, region: Any, x: float, y: float, height: int) -> Point:
    """A point of the symbol's unit square in the picture; libdmtx counts from the bottom left corner."""
    point = library.DmtxVector2(x, y)
    library.dmtxMatrix3VMultiplyBy(point, region.contents.fit2raw)
    return round(point.X), round(height - point.Y)
