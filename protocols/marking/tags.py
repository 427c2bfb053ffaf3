"""The tags that a code becomes: 1162 (ФФД 1.05, 1.1), 1163 (1.2), and 2000, 2100, 2101, 2115 of the marking documents.

In practice the register and its drive compose them from the code they are given; the driver compares with what is here.
"""

from __future__ import annotations

from types import MappingProxyType
from zlib import crc32

from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element
from protocols.marking.code import Code, Kind
from protocols.marking.recognise import EGAIS2_PLACE, EGAIS3_LENGTH, SHORT_TAIL, read

#: Two bytes of type in front of 1162 (two vendor drivers agree byte for byte on the examples of the FNS).
_DATA_MATRIX, _FUR, _UNRECOGNISED = b"\x44\x4d", b"\x52\x46", b"\x00\x00"
_EGAIS2, _EGAIS3 = b"\xc5\x14", b"\xc5\x1e"
#: Fuel and the like is named by ten digits of ТН ВЭД.
_CUSTOMS_CODE, _CUSTOMS_LENGTH = b"\x45\x41", 10
_BAR_CODES = MappingProxyType({Kind.EAN8: b"\x45\x08", Kind.EAN13: b"\x45\x0d", Kind.ITF14: b"\x49\x0e"})
_LONGEST_1162, _UNKNOWN_1162, _UNKNOWN_1163 = 32, 30, 32
#: A price fills six places; a pack's price has four letters.
_BLANKS = b"  "
_PLAIN = MappingProxyType(
    {Kind.EAN8: T.PRODUCT_CODE_EAN8, Kind.EAN13: T.PRODUCT_CODE_EAN13, Kind.ITF14: T.PRODUCT_CODE_ITF14}
)
_PACKS = frozenset({Kind.TOBACCO29, Kind.TOBACCO25})
#: A KIZ whose last part has 11 characters is longer than its tag.
_KIZ_LENGTH = 20
_IDENTIFIER_LENGTH = 38
#: Where 1162 has its GTIN, and characters behind it: serial number and price of a pack (with blanks) or of a block.
_GTIN_PLACE, _SERIAL_OF_PACK, _SERIAL_OF_BLOCK = slice(2, 8), 7, 7
_PRICED_LENGTH, _PRICE_LENGTH = 13, 6


def product_code_bytes(code: Code) -> bytes:
    """Tag 1162: two bytes of type, then by kind a GTIN as six big-endian bytes, a serial number, a price, a text."""
    raw = code.raw
    if code.kind is Kind.GS1 and code.gtin is not None and code.serial is not None:
        written = _DATA_MATRIX + _number(code.gtin) + code.serial.encode("latin-1")
        # half a price would be another price
        price = (code.value("8005") or "").encode("ascii")
        return written + price if len(written) + len(price) <= _LONGEST_1162 else written
    if code.kind in _PACKS and code.gtin is not None:
        return _DATA_MATRIX + _number(code.gtin) + raw[14:25] + _BLANKS
    if code.kind in _BAR_CODES:
        return _BAR_CODES[code.kind] + _number(code.cis)
    if code.kind is Kind.FUR_KIZ:
        return _FUR + raw
    if code.kind is Kind.EGAIS2:
        return _EGAIS2 + raw[EGAIS2_PLACE]
    if code.kind is Kind.EGAIS3:
        return _EGAIS3 + raw[:EGAIS3_LENGTH]
    if _is_customs_code(code):
        return _CUSTOMS_CODE + _number(code.text)
    return _UNRECOGNISED + raw[:_UNKNOWN_1162]


def unit_named(product_code: bytes, *, excise: bool) -> str | None:
    """КИ of the unit that a tag 1162 names: `product_code_bytes` read backwards; None where it names none.

    A block's price behind its serial number looks like the end of a longer one: only excise goods are read as blocks.
    """
    kind, body = product_code[:2], product_code[8:]
    if kind == _FUR:
        known = read(product_code[2:].rstrip())
        return known.cis if known.kind is Kind.FUR_KIZ else None
    gtin = f"{int.from_bytes(product_code[_GTIN_PLACE], 'big'):014}"
    if kind != _DATA_MATRIX or len(product_code) > _LONGEST_1162 or len(gtin) > len("01234567890123"):
        return None
    if len(body) == _PRICED_LENGTH and body.endswith(_BLANKS) and _BLANKS[:1] not in body[: -len(_BLANKS)]:
        return _text(gtin.encode() + body[:_SERIAL_OF_PACK])
    if excise and len(body) == _PRICED_LENGTH and body[-_PRICE_LENGTH:].isdigit():
        body = body[:_SERIAL_OF_BLOCK]
    known = read(b"01" + gtin.encode() + b"21" + body.rstrip())
    return known.cis if known.kind is Kind.GS1 else None


def _is_customs_code(code: Code) -> bool:
    return code.kind is Kind.UNKNOWN and len(code.raw) == _CUSTOMS_LENGTH and code.raw.isdigit()


def product_code(code: Code) -> Element:
    """Tag 1163 of a marked item, with its one child: 1305 КИ, 1306 a pack's КИ, 1307…1309, 1301…1303, else 1300."""
    return Element(T.PRODUCT_CODE, (Element(*_recognised(code)),))


def equivalents(code: Code) -> tuple[tuple[int, str], ...]:
    """(tag, text) of every child of 1163 that a register may honestly make of this code.

    Registers differ in calling a code GS1.0 (1304), GS1.М (1305) or unrecognised (1300), and in keeping a pack's price
    in 1306 (UNCONFIRMED); each form still names this very code.
    """
    tag, text = _recognised(code)
    forms = [(tag, text), (T.PRODUCT_CODE_UNKNOWN, _text(code.raw[:_UNKNOWN_1163]))]
    if tag == T.PRODUCT_CODE_GS1M:
        forms.append((T.PRODUCT_CODE_GS1, text))
    if code.kind in _PACKS:
        forms.append((T.PRODUCT_CODE_SHORT, _text(code.raw[:25])))
    return tuple((int(tag), text) for tag, text in forms)


def _recognised(code: Code) -> tuple[T, str]:
    kind = code.kind
    if kind is Kind.GS1:
        marked = code.serial is not None
        return T.PRODUCT_CODE_GS1M if marked else T.PRODUCT_CODE_GS1, _text(code.cis.encode("latin-1"))
    if kind in _PACKS:
        return T.PRODUCT_CODE_SHORT, code.cis
    if kind in _PLAIN:
        return _PLAIN[kind], code.cis
    if kind is Kind.FUR_KIZ:
        return T.PRODUCT_CODE_FUR, code.cis[:_KIZ_LENGTH]
    if kind is Kind.EGAIS2:
        return T.PRODUCT_CODE_EGAIS2, code.cis
    if kind is Kind.EGAIS3:
        return T.PRODUCT_CODE_EGAIS3, code.cis
    return T.PRODUCT_CODE_UNKNOWN, _text(code.raw[:_UNKNOWN_1163])


def marking_code(code: Code) -> bytes:
    """Tag 2000: the whole code, GS kept."""
    return code.raw


def code_type(code: Code, *, verified: bool = False) -> int:
    """Tag 2100: 0 unrecognised, 1 a short code (no GS1), 2 check value of 88, 3 of 44, 4 of 44 that the drive has the
    key for (`verified`), 5 of 4 characters."""
    if code.kind in _PACKS:
        return 1
    if code.kind is not Kind.GS1 or code.tail is None:
        return 0
    if code.tail == SHORT_TAIL:
        return 5
    if code.tail == 44:
        return 4 if verified else 3
    return 2 if code.tail in {86, 87, 88} else 0


def identifier(code: Code) -> str:
    """Tag 2101: КИ, 38 characters at most."""
    return _text(code.cis.encode("latin-1")[:_IDENTIFIER_LENGTH])


def control_code(code: Code) -> str:
    """Tag 2115, «контрольный код КМ»: the last four decimal digits of the CRC-32 (IEEE 802.3) of tag 2000.

    Source: the vendor's Java driver of Shtrih-M registers, class Tag2115, which quotes the rule.
    """
    return f"{crc32(code.raw) % 10_000:04}"


def _number(digits: str) -> bytes:
    return int(digits).to_bytes(6, "big")


def _text(code: bytes) -> str:
    return code.decode("ascii", "replace").replace("\ufffd", "?")
