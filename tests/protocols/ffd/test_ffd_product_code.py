"""Vectors: two vendor drivers of Shtrih-M registers and the examples of the FNS order that they share."""

import pytest

from protocols.ffd.product_code import equivalents, product_code, product_code_bytes, stripped
from protocols.ffd.tlv import Element, encode

GS = b"\x1d"


@pytest.mark.parametrize(
    ("code", "written"),
    [
        (b"46198488", "4508 0000 02C0EED8"),
        (b"4606203090785", "450D 0430 77195761"),
        (b"14601234567890", "490E 0D47 9D6652D2"),
        (
            b"0104600439931256" + b"21JgXJ5.T" + GS + b"8005112000" + GS + b"93dGVz",
            "444D 042F1F968178 4A67584A352E54 313132303030",
        ),
        (b"no such code at all, and it is very long", "0000" + b"no such code at all, and it is"[:30].hex()),
    ],
)
def test_1162(code: bytes, written: str) -> None:
    assert product_code_bytes(code) == bytes.fromhex(written)


@pytest.mark.parametrize(
    ("code", "tag", "text"),
    [
        # confirmed on a real receipt: gs1m.rawProductCode
        (b"0104605035006964215OoyE8qxeIOn>" + GS + b"93ABCD", 1305, "0104605035006964215OoyE8qxeIOn>"),
        (b"]d2\x1d0104605035006964215OoyE8qxeIOn>\r\n", 1305, "0104605035006964215OoyE8qxeIOn>"),
        (b"4606203090785", 1302, "4606203090785"),
        (b"04627083415024", 1303, "04627083415024"),
        (b"4606203090786", 1300, "4606203090786"),  # wrong check digit
        (b"00000046198488X?io+qCABm8wAYa", 1300, "00000046198488X?io+qCABm8wAYa"),
        (b"x" * 40, 1300, "x" * 32),
    ],
)
def test_1163(code: bytes, tag: int, text: str) -> None:
    assert product_code(code) == Element(1163, (Element(tag, text),))
    assert encode((product_code(code),))


def test_a_serial_may_hold_21_and_91() -> None:
    assert product_code(b"010460503500696421219121" + GS + b"93AAAA").value == (
        Element(1305, "010460503500696421219121"),
    )


def test_equivalents_name_the_same_code() -> None:
    forms = equivalents(b"0104605035006964215OoyE8qxeIOn>" + GS + b"93ABCD")
    assert (1304, "0104605035006964215OoyE8qxeIOn>") in forms
    assert (1305, "0104605035006964215OoyE8qxeIOn>") in forms
    assert all(text.startswith("0104605035006964215OoyE8qxeIOn>") for _, text in forms)


def test_stripped_keeps_inner_separators() -> None:
    assert stripped(b"]d20104\x1d93A\r") == b"0104\x1d93A"


def test_1162_never_exceeds_its_field() -> None:
    longest = b"0104600439931256" + b"21" + b"S" * 20 + GS + b"8005112000"
    assert len(product_code_bytes(longest)) <= 32
