"""Tags of a code, and the product groups it may be of. 1162 has its published vectors in test_marking_facts."""

from __future__ import annotations

import pytest
from codes_made import codes
from hypothesis import given
from hypothesis import strategies as st

from protocols.ffd.tlv import Element, encode
from protocols.marking import (
    code_type,
    equivalents,
    groups,
    identifier,
    marking_code,
    product_code,
    product_code_bytes,
    read,
    unit_named,
)
from protocols.marking.shapes import SHAPES

LONG44, LONG88 = "dGVzdL31KAYL0YT6592MjmW7a2HkF3IY+muf2pVSKdQ=", "A" * 86 + "=="
WATER = b"0104605035006964215OoyE8qxeIOn>\x1d93ABCD"


@pytest.mark.parametrize(
    ("code", "tag", "text"),
    [
        # confirmed on a real receipt: gs1m.rawProductCode
        (WATER, 1305, "0104605035006964215OoyE8qxeIOn>"),
        (b"]d2\x1d" + WATER + b"\r\n", 1305, "0104605035006964215OoyE8qxeIOn>"),
        (b"0104605035006964215OoyE8qxeIOn>", 1305, "0104605035006964215OoyE8qxeIOn>"),
        (b"0104605035006964", 1304, "0104605035006964"),
        (b"00000046198488X?io+qCABm8wAYa", 1306, "00000046198488X?io+qC"),
        (b"04640030090709DYBLHiyACoA", 1306, "04640030090709DYBLHiy"),
        (b"RU-401301-AAA0277031", 1307, "RU-401301-AAA0277031"),
        (b"RU-401301-AAA02770315", 1307, "RU-401301-AAA0277031"),
        (b"22N0000154DZ3ZEA2T4IOUE31" + b"0" * 43, 1308, "54DZ3ZEA2T4IOUE31000000"),
        (b"136222000058810918" + b"QWERTY" * 22, 1309, "13622200005881"),
        (b"46198488", 1301, "46198488"),
        (b"4606203090785", 1302, "4606203090785"),
        (b"04627083415024", 1303, "04627083415024"),
        (b"4606203090786", 1300, "4606203090786"),  # wrong check digit
        (b"x" * 40, 1300, "x" * 32),
        (b"\xff\x00z", 1300, "?\x00z"),
    ],
)
def test_1163(code: bytes, tag: int, text: str) -> None:
    element = product_code(read(code))
    assert element == Element(1163, (Element(tag, text),))
    assert encode((element,))


def test_other_names_of_the_same_code() -> None:
    """A register may call marked goods GS1.0, or keep a pack's price in 1306, or recognise nothing at all."""
    forms = equivalents(read(WATER))
    assert forms == (
        (1305, "0104605035006964215OoyE8qxeIOn>"),
        (1300, "0104605035006964215OoyE8qxeIOn>\x1d"),
        (1304, "0104605035006964215OoyE8qxeIOn>"),
    )
    assert (1306, "00000046198488X?io+qCABm8") in equivalents(read(b"00000046198488X?io+qCABm8wAYa"))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("no code", 0),
        ("0104605035006964215OoyE8qxeIOn>", 0),
        ("00000046198488X?io+qCABm8wAYa", 1),
        (f"010464007801637221AgqLybqxM9MbR\x1d91FFD0\x1d92{LONG88}", 2),
        (f"010464007801637221AgqLybqxM9MbR\x1d91FFD0\x1d92{LONG44}", 3),
        ("0104605035006964215OoyE8qxeIOn>\x1d93ABCD", 5),
        (f"010464007801637221AgqLybqxM9MbR\x1d91FFD0\x1d92{LONG44[:-2]}", 0),
    ],
)
def test_2100(code: str, kind: int) -> None:
    """The vendor's worked frame of FF61 answers 5 for a code with a check value of four characters."""
    assert code_type(read(code.encode())) == kind
    assert code_type(read(code.encode()), verified=True) == (4 if kind == 3 else kind)


def test_2000_and_2101() -> None:
    assert marking_code(read(b"]d2\x1d" + WATER)) == WATER
    assert identifier(read(WATER)) == "0104605035006964215OoyE8qxeIOn>"
    assert identifier(read(b"00000046198488X?io+qCABm8wAYa")) == "00000046198488X?io+qC"


def test_half_a_price_is_no_price() -> None:
    """1162 has 32 bytes: a serial number of 20 leaves four for a price of six digits."""
    longest = b"0104600439931256" + b"21" + b"S" * 20 + b"\x1d8005112000\x1d93dGVz"
    assert product_code_bytes(read(longest)) == bytes.fromhex("444d042f1f968178") + b"S" * 20
    fits = b"0104600439931256" + b"21" + b"S" * 18 + b"\x1d8005112000\x1d93dGVz"
    assert product_code_bytes(read(fits)) == bytes.fromhex("444d042f1f968178") + b"S" * 18 + b"112000"


@pytest.mark.parametrize(
    ("written", "excise", "unit"),
    [
        # the examples of the FNS that two vendors' drivers test
        ("444d000002c0eed8583f696f2b714341426d382020", True, "00000046198488X?io+qC"),
        ("444d042f1f9681784a67584a352e54313132303030", True, "010460043993125621JgXJ5.T"),
        ("444d042f1f9681784a67584a352e54313132303030", False, "010460043993125621JgXJ5.T112000"),
        ("524652552d3430313330312d41414130323737303331", False, "RU-401301-AAA0277031"),
        ("444d042f1f9681784a67584a352e54202020202020", False, "010460043993125621JgXJ5.T"),  # filled up with blanks
        ("450802c0eed8", False, None),
        ("450d043077195761", False, None),
        ("c51e3133363232323030303035383831", False, None),
        ("00003435", False, None),
        ("5246", False, None),
        ("444d", False, None),
        ("444dffffffffffff41", False, None),
        ("", False, None),
    ],
)
def test_1162_read_backwards(written: str, excise: bool, unit: str | None) -> None:
    assert unit_named(bytes.fromhex(written), excise=excise) == unit


@given(codes)
def test_1162_names_the_unit_it_was_made_of(code: str) -> None:
    known = read(code.encode())
    assert unit_named(product_code_bytes(known), excise=known.value("8005") is not None) == known.cis


@given(st.one_of(st.binary(max_size=300), codes.map(str.encode)))
def test_every_code_fits_its_tags(code: bytes) -> None:
    known = read(code)
    encode((product_code(known), Element(1162, product_code_bytes(known)), Element(2101, identifier(known))))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (f"010464007801637221AgqLybqxM9MbR\x1d91FFD0\x1d92{LONG88}", {("shoes", 2)}),
        (f"010460780959145421m9tNPzJTWzuc9exC5/M+\x1d91EE07\x1d92{LONG44}",
         {("electronics", 6), ("radio", 28), ("gadgets", 51)}),
        ("010461013628057121%008iVk\x1d8005180000\x1d93dGVz", {("tobacco", 3)}),
        ("0104607070190158215Ky5oR\x1d93dGVz\x1d3103001250", {("milk", 8)}),
        ("010290005275769421a?RI7ZL\x1d93X9NA", {("otp", 12), ("beer", 15), ("nabeer", 22)}),
        ("04601653035829H;dV)bFACVUdGVz", {("tobacco", 3), ("otp", 12), ("ncp", 16)}),
        ("01230000211093s)pTKjQAAAAHwvf", {("ncp", 16)}),
        ("04640030090709DYBLHiyACoA", {("otp", 12)}),
        ("RU-401301-AAA0277031", {("furs", 14)}),
        ("136222000058810918" + "QWERTY" * 22, {("alcohol", 11)}),
        ("4606203090785", set()),
        ("0104605035006964215OoyE8qxeIOn>", set()),
    ],
)  # fmt: skip
def test_groups(code: str, expected: set[tuple[str, int]]) -> None:
    found = groups(read(code.encode()))
    assert {(guess.group, guess.id) for guess in found} == expected
    assert all(guess.reason for guess in found)


def test_numbers_of_groups_are_one_to_one() -> None:
    assert len({shape.group for shape in SHAPES}) == len({shape.number for shape in SHAPES})
    assert len({(shape.group, shape.number) for shape in SHAPES}) == len({shape.group for shape in SHAPES})
