"""The product code that a scanned marking code becomes: tag 1163 (ФФД 1.2) and tag 1162 (1.05 / 1.1).

Only what a document needs: GS1 codes with a GTIN and a serial number, plain EAN / ITF numbers, and the "unrecognised"
form for everything else. In practice the register derives 1163 itself from the code that it is given.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element

GS = b"\x1d"
#: AIM identifiers and the leading FNC1 that a scanner may leave in front.
_PREFIX = re.compile(rb"\A(?:\][A-Za-z][0-9])?\x1d?")
_GS1 = re.compile(rb"\A01([0-9]{14})21([^\x1d]{1,20})(?=\x1d|\Z)")
_BLOCK_PRICE = re.compile(rb"\x1d8005([0-9]{6})")

_UNKNOWN_1163 = 32
_UNKNOWN_1162 = 30
#: Two bytes of type in front of 1162 (marking.md 2: two vendor drivers agree byte for byte).
_DATA_MATRIX = b"DM"
_UNRECOGNISED = b"\x00\x00"


class _Number(NamedTuple):
    """A plain bar code: its tag inside 1163 and its type in 1162."""

    tag: T
    kind: bytes


_NUMBERS = {
    8: _Number(T.PRODUCT_CODE_EAN8, b"\x45\x08"),
    13: _Number(T.PRODUCT_CODE_EAN13, b"\x45\x0d"),
    14: _Number(T.PRODUCT_CODE_ITF14, b"\x49\x0e"),
}


def stripped(code: bytes) -> bytes:
    """The code without AIM identifier, leading FNC1 and trailing line ends; inner GS stay."""
    return _PREFIX.sub(b"", code, count=1).rstrip(b"\r\n\t")


def product_code(code: bytes) -> Element:
    """Tag 1163 with its one child: 1305 `01`+GTIN+`21`+serial, 1301…1303 for a bar code, else 1300 (32 characters)."""
    tag, text = _recognised(stripped(code))
    return Element(T.PRODUCT_CODE, (Element(tag, text),))


def product_code_bytes(code: bytes) -> bytes:
    """Tag 1162: two bytes of type, GTIN as six big-endian bytes, serial; unrecognised codes keep 30 characters."""
    code = stripped(code)
    if gs1 := _GS1.match(code):
        price = _BLOCK_PRICE.search(code, gs1.end())
        return _DATA_MATRIX + _gtin(gs1[1]) + gs1[2] + (price[1] if price else b"")[: 32 - 8 - len(gs1[2])]
    if number := _number(code):
        return number.kind + _gtin(code)
    return _UNRECOGNISED + code[:_UNKNOWN_1162]


def equivalents(code: bytes) -> tuple[tuple[int, str], ...]:
    """(tag, text) of every child of 1163 that a register may honestly make of this code.

    Registers differ in calling a code GS1.0 (1304), GS1.М (1305) or unrecognised; each form still names this very code.
    """
    code = stripped(code)
    tag, text = _recognised(code)
    forms = [(tag, text), (T.PRODUCT_CODE_UNKNOWN, _text(code[:_UNKNOWN_1163]))]
    if tag == T.PRODUCT_CODE_GS1M:
        forms.append((T.PRODUCT_CODE_GS1, text))
    return tuple((int(tag), text) for tag, text in forms)


def _recognised(code: bytes) -> tuple[T, str]:
    if gs1 := _GS1.match(code):
        return T.PRODUCT_CODE_GS1M, _text(gs1[0])
    if number := _number(code):
        return number.tag, _text(code)
    return T.PRODUCT_CODE_UNKNOWN, _text(code[:_UNKNOWN_1163])


def _number(code: bytes) -> _Number | None:
    if not code.isdigit() or len(code) not in _NUMBERS:
        return None
    weighted = sum(int(chr(digit)) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(code[:-1])))
    return _NUMBERS[len(code)] if (weighted + int(chr(code[-1]))) % 10 == 0 else None


def _gtin(digits: bytes) -> bytes:
    return int(digits).to_bytes(6, "big")


def _text(code: bytes) -> str:
    return code.decode("ascii", "replace").replace("\ufffd", "?")
