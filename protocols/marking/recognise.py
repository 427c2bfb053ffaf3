"""What a register and its drive see in a code: its kind and parts, without any repair.

Source: the order of recognition in two vendor drivers and the FNS examples that both test (javapos_shtrih, opos).
"""

from __future__ import annotations

import re
from decimal import Decimal

from protocols.marking import packs
from protocols.marking.code import GS, Code, Kind, Warning_
from protocols.marking.gs1 import SET82, check_digit_fits, dates_exist, elements, weights
from protocols.marking.notices import warning
from protocols.marking.shapes import is_known, is_usual_order

_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_ENDS = "\r\n\t\0 "
_HEAD = re.compile(r"01([0-9]{14})21([^\x1d]{1,20})(?=\x1d|\Z)").match
#: What labels of marked goods print, in one match: GTIN, serial number, then pairs of identifier and value.
_USUAL = re.compile(
    rf"01([0-9]{{14}})21(?P<serial>[{SET82}]{{1,20}})(?:\x1d"
    rf"(?:(240)([0-9]{{1,30}})\x1d)?(?:(8005)([0-9]{{6}})\x1d)?"
    rf"(?:(1[1235-7])([0-9]{{6}})\x1d?)?(?:(10)([{SET82}]{{1,20}})\x1d)?(?:(7003)([0-9]{{10}})\x1d)?"
    rf"(?:(93)(?P<short>[{SET82}]{{4}})(?:\x1d(310[0-5])(?P<weight>[0-9]{{6}}))?"
    rf"|(91)(?P<key>[{SET82}]{{4}})\x1d(92)(?P<long>[A-Za-z0-9+/]{{86}}==|[A-Za-z0-9+/]{{43}}=)))?"
).fullmatch
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}").fullmatch
_KIZ = re.compile(r"[A-Z]{2}-[0-9]{6}-[0-9A-Z]{10,11}").fullmatch
_EGAIS2 = re.compile(r"[0-9A-Z]{68}").fullmatch
_EGAIS3 = re.compile(r"[0-9A-Z]{150}").fullmatch
_NUMBERS = {8: Kind.EAN8, 13: Kind.EAN13, 14: Kind.ITF14}
#: Characters of AI 93; AI 92 behind a key of AI 91 has 32 or 64 bytes.
SHORT_TAIL = 4
_LONG_TAIL = re.compile("[A-Za-z0-9+/]{86}==|[A-Za-z0-9+/]{43}=").fullmatch
#: Characters of a КИЗ, as its tag 1307 has them; longer ones are read too.
KIZ_LENGTH = 20
#: What of an excise stamp names the bottle (tags 1308 and 1309), and how much of an unknown code may be shown.
EGAIS2_PLACE, EGAIS3_LENGTH, UNKNOWN_LENGTH = slice(8, 31), 14, 14
#: First digit of the GTIN of a case (GS1: indicator digit of a grouping).
_CASES = frozenset("12345678")
#: AIM ids of matrix symbols that do not say "GS1 inside" (GS1: ]d2, ]Q3).
_PLAIN_SYMBOLS = frozenset({"]d0", "]d1", "]Q0", "]Q1"})


def read(data: bytes) -> Code:
    """The code in these bytes as a register takes it; never raises, repairs nothing but AIM id, FNC1 and line ends.

    What has no known kind is `unknown`, whatever its bytes.
    """
    text = data.decode("latin-1")
    aim = _AIM.match(text)
    if aim is not None:
        text = text[3:]
    return recognise(text.lstrip(GS).rstrip(_ENDS), aim[0] if aim else None)


def recognise(text: str, symbology: str | None = None) -> Code:
    """The code in this text (Latin-1, nothing in front or behind); what has no known kind is `unknown`."""
    usual = _USUAL(text)
    if usual is not None and (usual.lastgroup != "serial" or not _rather_a_pack(text)):
        return _usual(text, usual, symbology)
    if text[:2] == "01" and (head := _HEAD(text)) is not None and not _rather_a_pack(text):
        return _gs1(text, head, symbology)
    return _other(text, symbology)


def _usual(text: str, parts: re.Match[str], symbology: str | None) -> Code:
    gtin, serial, last = parts[1], parts[2], parts.lastgroup
    pairs: tuple[tuple[str, str], ...] = ()
    price, weight, size, dated, oddity = None, None, None, False, None
    behind = parts.end(2) + len("\x1d93")
    # nine codes in ten are a serial number and a tail
    if last == "short" and parts.start("short") == behind:
        pairs, size = (("93", parts["short"]),), SHORT_TAIL
    elif last == "long" and parts.start("key") == behind:
        pairs, size = (("91", parts["key"]), ("92", parts["long"])), len(parts["long"])
    elif last != "serial":
        rest = parts.groups()[2:]
        pairs = tuple((ai, value) for ai, value in zip(rest[::2], rest[1::2], strict=True) if ai is not None)
        price, weight, dated = _price(pairs), _weight(pairs), True
        size = len(parts["long"] or parts["short"])
    if size is None:
        oddity = "marking_code_case" if gtin[0] in _CASES else "marking_code_no_tail"
    elif not is_known(serial, size, weighed=weight is not None, priced=price is not None):
        oddity = "marking_code_serial"
    elif dated and not dates_exist(pairs):
        oddity = "marking_code_date"
    return Code(
        raw=text.encode("ascii"),
        kind=Kind.GS1,
        symbology=symbology,
        gtin=gtin,
        serial=serial,
        cis=f"01{gtin}21{serial}",
        mrp=price,
        weight=weight,
        tail=size,
        elements=(("01", gtin), ("21", serial), *pairs),
        warnings=_odd(gtin, oddity, symbology),
    )


def _odd(gtin: str, oddity: str | None, symbology: str | None) -> tuple[Warning_, ...]:
    if oddity is None and symbology not in _PLAIN_SYMBOLS and check_digit_fits(gtin):
        return ()
    codes = []
    if not check_digit_fits(gtin):
        codes.append("marking_code_gtin")
    if oddity is not None:
        codes.append(oddity)
    if symbology in _PLAIN_SYMBOLS:
        codes.append("marking_code_plain_symbol")
    return tuple(map(warning, codes))


def _rather_a_pack(text: str) -> bool:
    """A pack whose GTIN begins with 01 and whose serial number goes on like GS1: the check digits decide."""
    return packs.PACK(text) is not None and check_digit_fits(text[:14]) and not check_digit_fits(text[2:16])


def _gs1(text: str, head: re.Match[str], symbology: str | None) -> Code:
    gtin, serial = head.groups()
    parts = elements(text)
    known = parts if parts is not None else (("01", gtin), ("21", serial))
    tail = check_value(known)
    return Code(
        raw=text.encode("latin-1"),
        kind=Kind.GS1,
        symbology=symbology,
        gtin=gtin,
        serial=serial,
        cis=f"01{gtin}21{serial}",
        mrp=_price(known),
        weight=_weight(known),
        tail=None if tail is None else len(tail),
        elements=known,
        warnings=_odd(gtin, "marking_code_elements" if parts is None else _oddity(known, gtin), symbology),
    )


def check_value(pairs: tuple[tuple[str, str], ...]) -> str | None:
    """AI 92 behind a key of AI 91, else AI 93, else a lone 92."""
    by_ai = dict(pairs)
    return by_ai.get("92") if "91" in by_ai else by_ai.get("93", by_ai.get("92"))


def _oddity(pairs: tuple[tuple[str, str], ...], gtin: str) -> str | None:
    by_ai = dict(pairs)
    tail = check_value(pairs)
    signature = by_ai.get("92", "")
    if len(by_ai) != len(pairs) or not _BASE64(signature):
        return "marking_code_elements"
    if tail is None:
        return "marking_code_case" if gtin[0] in _CASES else "marking_code_no_tail"
    long = "91" in by_ai
    usual = len(by_ai["91"]) == SHORT_TAIL and _LONG_TAIL(tail) if long else len(tail) == SHORT_TAIL
    # a short tail beside a long one may have swallowed another scan
    if not usual or len(by_ai.get("93", "....")) != SHORT_TAIL or ("=" in signature and len(signature) % 4):
        return "marking_code_tail"
    if not is_usual_order(ai for ai, _ in pairs) or not by_ai.get("240", "0").isdecimal():
        return "marking_code_element"
    if not dates_exist(pairs):
        return "marking_code_date"
    known = is_known(by_ai.get("21", ""), len(tail), weighed=any(weights(pairs)), priced="8005" in by_ai)
    return None if known else "marking_code_serial"


def _price(pairs: tuple[tuple[str, str], ...]) -> int | None:
    for ai, value in pairs:
        if ai == "8005":
            return int(value)
    return None


def _weight(pairs: tuple[tuple[str, str], ...]) -> Decimal | None:
    for value, places in weights(pairs):
        return Decimal(int(value)).scaleb(-places)
    return None


def _other(text: str, symbology: str | None) -> Code:
    if (pack := packs.PACK(text)) is not None and check_digit_fits(pack[1]):
        return _pack(text, pack, symbology)
    if text[:2].isdecimal() and (parts := elements(text)) and len(ais := dict(parts)) == len(parts):
        if parts[0][0] in {"00", "02"}:
            if check_digit_fits(parts[0][1]):
                return _simple(
                    text, Kind.TRANSPORT, symbology, "marking_code_case", elements=parts, cis="".join(parts[0])
                )
        elif "01" in ais and check_digit_fits(ais["01"]):
            return _elements_in_another_order(text, parts, symbology)
    if _KIZ(text):
        oddity = None if len(text) == KIZ_LENGTH else "marking_code_serial"
        return _simple(text, Kind.FUR_KIZ, symbology, oddity, cis=text)
    if _EGAIS2(text):
        return _simple(text, Kind.EGAIS2, symbology, cis=text[EGAIS2_PLACE])
    if _EGAIS3(text):
        return _simple(text, Kind.EGAIS3, symbology, cis=text[:EGAIS3_LENGTH])
    return _bar_code(text, symbology)


def _pack(text: str, parts: re.Match[str], symbology: str | None) -> Code:
    gtin, serial, price, check = parts.groups()
    mrp = packs.price(price)
    odd = []
    if not packs.is_usual(mrp) or (check is not None and packs.begins_a_scan(check)):
        odd.append("marking_code_pack")
    if check is None:
        odd.append("marking_code_pack_short")
    return Code(
        raw=text.encode("ascii"),
        kind=Kind.TOBACCO25 if check is None else Kind.TOBACCO29,
        symbology=symbology,
        gtin=gtin,
        serial=serial,
        cis=gtin + serial,
        mrp=mrp,
        weight=None,
        tail=None if check is None else len(check),
        elements=(),
        warnings=tuple(map(warning, odd)),
    )


def _elements_in_another_order(text: str, parts: tuple[tuple[str, str], ...], symbology: str | None) -> Code:
    ais = dict(parts)
    gtin, serial, tail = ais["01"], ais.get("21"), check_value(parts)
    return Code(
        raw=text.encode("ascii"),
        kind=Kind.GS1,
        symbology=symbology,
        gtin=gtin,
        serial=serial,
        cis=f"01{gtin}" if serial is None else f"01{gtin}21{serial}",
        mrp=_price(parts),
        weight=_weight(parts),
        tail=None if tail is None else len(tail),
        elements=parts,
        warnings=_odd(gtin, "marking_code_bar_code" if serial is None else _oddity(parts, gtin), symbology),
    )


def _bar_code(text: str, symbology: str | None) -> Code:
    kind = _NUMBERS.get(len(text)) if text.isascii() and text.isdecimal() else None
    if kind is None:
        return _simple(
            text, Kind.UNKNOWN, symbology, "marking_code_unknown", cis=text.partition(GS)[0][:UNKNOWN_LENGTH]
        )
    if not check_digit_fits(text):
        return _simple(text, Kind.UNKNOWN, symbology, "marking_code_check_digit", cis=text)
    return _simple(text, kind, symbology, "marking_code_bar_code", cis=text, gtin=text.rjust(14, "0"))


def _simple(
    text: str,
    kind: Kind,
    symbology: str | None,
    oddity: str | None = None,
    *,
    cis: str,
    gtin: str | None = None,
    elements: tuple[tuple[str, str], ...] = (),
) -> Code:
    return Code(
        raw=text.encode("latin-1"),
        kind=kind,
        symbology=symbology,
        gtin=gtin,
        serial=None,
        cis=cis,
        mrp=None,
        weight=None,
        tail=None,
        elements=elements,
        warnings=() if oddity is None else (warning(oddity),),
    )
