"""Drawn labels, read back by a library that did not draw them."""

import pytest

from devices.scanners.engines import GS1_DATAMATRIX, PLAIN_DATAMATRIX, libdmtx, zxing
from emulator.labels import LabelError, draw, symbol

MILK = b"0104600439931256215opFcm\x1d93dGVz"
SHOES = b"0104600439931256215opFcmKaBc<>%\x1d240\x34\x30\x30\x33\x1d91EE06\x1d92" + b"dGVz/+" * 14 + b"dGVz"
BLOCK = b"010460043993125621JgXJ5.T\x1d8005112000\x1d93Mdlr"
DATED = b"010460043993125621abcdefghijklm\x1d1726010110123456\x1d93dGVz"
PACK = b"00000046198488X?io+qCABm8wAYa"


@pytest.mark.parametrize("code", [MILK, SHOES, BLOCK, DATED])
def test_a_gs1_code_is_drawn_with_fnc1_in_front_and_between(code: bytes) -> None:
    (seen,) = libdmtx(draw(code), most=1, milliseconds=2000)
    assert (seen.data, seen.symbology) == (code, GS1_DATAMATRIX)


def test_a_pack_is_drawn_as_a_plain_datamatrix() -> None:
    (seen,) = libdmtx(draw(PACK), most=1, milliseconds=2000)
    assert (seen.data, seen.symbology) == (PACK, PLAIN_DATAMATRIX)


def test_a_printer_without_fnc1_is_drawn_when_asked() -> None:
    (seen,) = libdmtx(draw(MILK, symbology="]d1"), most=1, milliseconds=2000)
    assert (seen.data, seen.symbology) == (MILK, PLAIN_DATAMATRIX)


@pytest.mark.parametrize(
    ("code", "symbology"),
    [
        (b"4606203090785", "]E0"),
        (b"46198488", "]E4"),
        (b"14601234567890", "]I1"),
        (b"00046012345678900003", "]C1"),
        (b"22N00001CRNF7A9ZT4C18T5Q0415001000046AIZWNBYQKAEFPPLOYAF8XPGY31GVQPZ", "]L2"),
    ],
)
def test_other_codes_of_goods_are_drawn_as_usual(code: bytes, symbology: str) -> None:
    seen = zxing(draw(code, module=3), others=True)
    assert [(one.data, one.symbology) for one in seen] == [(code, symbology)]


def test_a_label_has_its_quiet_zone_module_size_and_inks() -> None:
    bare = symbol(MILK)
    assert bare.getpixel((0, 0)) == 0  # the corner of the L
    label = draw(MILK, module=5, quiet=3, dark=40, light=200)
    assert label.size == ((bare.width + 6) * 5,) * 2
    assert label.getpixel((14, 14)) == 200
    assert label.getpixel((15, 15)) == 40


@pytest.mark.parametrize(
    ("code", "wanted", "words"),
    [
        (b"010460043993125621abc\x1d17zz", None, "no whole GS1 element string"),
        (PACK, "]d2", "no GS1 elements"),
        (MILK, "]x9", "no symbol ']x9'"),
        (MILK, "]E0", "cannot be drawn"),
    ],
)
def test_what_cannot_be_printed_so_is_said(code: bytes, wanted: str | None, words: str) -> None:
    with pytest.raises(LabelError, match=words):
        draw(code, symbology=wanted)


def test_a_module_has_a_pixel_at_least() -> None:
    with pytest.raises(LabelError, match="at least one pixel"):
        draw(MILK, module=0)
