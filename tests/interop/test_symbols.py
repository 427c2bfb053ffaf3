"""Codes drawn as symbols by zxing-cpp and read back by it (Apache-2.0): what was drawn arrives, FNC1 and all."""

from __future__ import annotations

import random
import string

import pytest
import zxingcpp
from codes_made import GS, SET82, gtin_of, price_of

from protocols.marking import Kind, parse


def _gs1(chance: random.Random, length: int, tail: str) -> str:
    gtin = gtin_of("04" + "".join(chance.choices(string.digits, k=11)))
    return f"01{gtin}21{''.join(chance.choices(SET82, k=length))}{GS}{tail}"


def _elements(text: str) -> str:
    """The bracketed form that the drawing side takes; the serial alphabet has no square brackets."""
    serial, *tail = text[18:].split(GS)
    named = "".join(f"[{part[:width]}]{part[width:]}" for part in tail for width in (4 if part[0] in "83" else 2,))
    return f"[01]{text[2:16]}[21]{serial}{named}"


def _scanned(content: str, **options: bool) -> tuple[str, str]:
    """(AIM id, text) as the reading side gives them."""
    symbol = zxingcpp.create_barcode(content, zxingcpp.BarcodeFormat.DataMatrix, force_square=True, **options)
    (seen,) = zxingcpp.read_barcodes(zxingcpp.write_barcode_to_image(symbol, scale=4, add_quiet_zones=True))
    return seen.symbology_identifier, seen.bytes.decode("ascii")


@pytest.mark.parametrize(
    ("length", "tail"),
    [
        (6, "93dGVz"),
        (6, f"93dGVz{GS}3103001250"),
        (7, f"8005180000{GS}93dGVz"),
        (13, "93dGVz"),
        (13, f"91EE06{GS}92dGVzdL31KAYL0YT6592MjmW7a2HkF3IY+muf2pVSKdQ="),
        (20, f"91EE06{GS}92dGVzdL31KAYL0YT6592MjmW7a2HkF3IY+muf2pVSKdQ="),
        (
            13,
            f"91EE06{GS}92kf158zZIRc5pkQP9FHIupiPmC8ko9LbbgpVnW3OFSrVrj2dG57De2BmWmhqQ8v1dDV8vTvRM3fcBlj8dfq3xfA==",
        ),
    ],
)
def test_a_gs1_datamatrix(length: int, tail: str) -> None:
    chance = random.Random(length + len(tail))
    for _ in range(5):
        text = _gs1(chance, length, tail)
        aim, read = _scanned(_elements(text), gs1=True)
        code = parse(f"{aim}{read}")
        assert (code.symbology, code.text, code.warnings) == ("]d2", text, ())


def test_a_pack_is_a_plain_datamatrix() -> None:
    chance = random.Random(29)
    for _ in range(5):
        gtin = gtin_of("046" + "".join(chance.choices(string.digits, k=10)))
        text = gtin + "".join(chance.choices(SET82, k=7)) + price_of(chance.randrange(5120)) + "dGVz"
        aim, read = _scanned(text)
        code = parse(read, symbology=aim)
        assert (code.kind, code.symbology, code.text, code.warnings) == (Kind.TOBACCO29, "]d1", text, ())


def test_gs1_data_in_a_plain_symbol_are_told() -> None:
    aim, read = _scanned("0104607070190158215Ky5oR\x1d93dGVz")
    code = parse(f"{aim}{read}")
    assert code.text == "0104607070190158215Ky5oR\x1d93dGVz"
    assert [warning.code for warning in code.warnings] == ["marking_code_plain_symbol"]
