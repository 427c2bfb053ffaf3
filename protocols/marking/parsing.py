"""Whatever a scanner, a keyboard or a program hands over -> a `Code`, repaired where the damage is provable.

A repair is provable when it can be undone to the very text that came, and when exactly one whole code comes out: right
check digit, all elements known, a tail of a known shape. Everything else is refused with advice, or taken as it is and
warned about where the code is still usable (КИ without a tail, an odd tail or serial number, a wrong check digit of the
GTIN: the symbol itself is protected against misreading, so the label is printed so, and the marking system is the
judge).

A bare separator says that nothing around it was escaped by JSON or a URL, which would have escaped it too. HTML and
spreadsheets leave it alone: theirs are undone where that alone gives a code of a known shape, and where the code is of
a known shape either way, nothing decides. A spelling of the separator beside a bare one counts by the same rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import IntEnum

from protocols.marking import gluing, kiz, layout, packs, spellings, unknowns
from protocols.marking.code import GS, LONGEST, Code, Kind
from protocols.marking.gs1 import SET82, check_digit_fits
from protocols.marking.notices import refusal, warning
from protocols.marking.recognise import recognise
from protocols.marking.repairs import candidates, is_hexadecimal
from protocols.marking.shapes import SERIALS

#: Longer input is no scan at all, however it is spelled.
LONGEST_INPUT = 512
_HEAD = re.compile(r"01([0-9]{14})21").match
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")
_PACKS = frozenset({Kind.TOBACCO29, Kind.TOBACCO25})
#: A word before the code that somebody wrote in Russian.
_CAPTION = re.compile(r"[^0-9]{1,20}(?=[0-9]{14})").match
#: Characters of `01`, GTIN and `21`; what in a КИ may be left of a tail, and what is in none.
_HEAD_LENGTH = 18
_TRACE = re.compile(rf"9[123]|8005|7003|240|17|[<(%&]|[^{SET82}]").search
#: A tail of so many characters may have swallowed another scan.
_ROOM_FOR_A_SCAN = 12
_LONGEST_SERIAL = 20
#: AI 01 and 21.
_IDENTIFICATION = 2
#: Repairs that show in the text itself, so that a wrong check digit of the GTIN casts no doubt on them.
_TELLING = frozenset(
    {
        "marking_code_separator_spelled",
        "marking_code_encoding",
        "marking_code_brackets",
        "marking_code_suffix",
        "marking_code_plus",
    }
)
#: Repairs that only a known shape proves.
_GUESSES = frozenset({"marking_code_escapes", "marking_code_plus", "marking_code_blanks"})
#: What undoes an escape.
_ESCAPES = frozenset({"marking_code_escapes", "marking_code_encoding"})
_LINES = re.compile(r"[\r\n\t]")
_CONTROLS = re.compile(r"[\x00-\x1c\x1e\x1f\x7f]")
#: The front of a GS1 code, however it was damaged.
_SOME_HEAD = re.compile(r"[(\[]?0?1[)\]]?([0-9]{14})[(\[]?21")
#: A short tail whose separator is gone, behind a serial number of any length.
_SHORT_TAIL_INSIDE = re.compile(r".*93.{4}").fullmatch
_KEY_INSIDE = re.compile(r".*91.{4}").fullmatch
#: A pack by its length alone: as many characters has milk that lost its separator and a digit of its front (in the
#: third way: of 21), beer without its separator and 01, and an older pack with a line end spelled behind it.
_CHANCE_PACK = re.compile(
    r"(?:[0-9]{15}21.{6}|[0-9]{14}21.{7}|01[0-9]{14}[12].{6})93.{4}|.{25}(?:<(?:CR|LF|GS)>|\((?:CR|LF|GS)\))",
    re.IGNORECASE,
).fullmatch
_ELEMENTS_ODD = frozenset({"marking_code_elements", "marking_code_element"})
_STAMPS = frozenset({Kind.EGAIS2, Kind.EGAIS3})
_SPOILING = frozenset(
    {"marking_code_elements", "marking_code_no_tail", "marking_code_tail", "marking_code_serial", "marking_code_case"}
    | {"marking_code_element", "marking_code_date", "marking_code_pack", "marking_code_pack_short"}
)


def parse(data: bytes | str, *, symbology: str | None = None) -> Code:
    """The code, with a warning for each repair and each oddity; raises CodeError (code, detail, Russian hint).

    symbology: the AIM id when the scanner reports it apart; one in front of the data wins.
    """
    if isinstance(data, bytes) and (wide := _wide(data)) is not None:
        return _noted(parse(wide, symbology=symbology), ("marking_code_encoding",))
    whole = text = data if isinstance(data, str) else _decoded(data)
    aim = symbology
    if text[:1] == "]" and text[3:5] == "01":
        aim, text = text[:3], text[3:]
    if text.isascii() and aim not in layout.CAPS_IDS:
        code = recognise(text, aim)
        if _is_sound(code):
            return code
    return _mended(whole, symbology)


def _decoded(data: bytes) -> str:
    if data.isascii():
        return data.decode("ascii")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # 232 is the codeword FNC1, which some scanners send as it is
        return data.decode("latin-1")


def _wide(data: bytes) -> str | None:
    """The text of UTF-16, which its mark or its zero bytes show; None when it is none."""
    if data[:2] in _WIDE_MARKS or data[1:4:2] == b"\0\0":
        encoding = "utf-16-be" if data[:2] == _WIDE_MARKS[1] else "utf-16-le"
    elif data[:3:2] == b"\0\0" and data[1:2] != b"\0":
        encoding = "utf-16-be"
    else:
        return None
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_sound(code: Code) -> bool:
    """Nothing to mend: what is known and no GS1, a whole GS1 code, one in whose serial number nothing hides."""
    if spellings.needs_a_look(code.raw):
        return False
    if code.kind in _STAMPS:
        return not is_hexadecimal(code.text)
    if code.kind is Kind.TRANSPORT and gluing.has_second_head(code.text):
        return False  # "02": the front of a pack's GTIN, begun again
    if code.kind is not Kind.GS1:
        return code.kind is not Kind.UNKNOWN and not _is_chance(code) and not _has(code, "marking_code_pack")
    if _is_whole(code):
        return True
    if (
        code.serial is None
        or _TRACE(code.serial) is not None
        or any(odd.code in _ELEMENTS_ODD for odd in code.warnings)
    ):
        return False
    if code.tail is None:
        return len(code.raw) == len(code.serial) + _HEAD_LENGTH
    return code.tail < _ROOM_FOR_A_SCAN or not _has(code, "marking_code_tail")


def _is_chance(code: Code) -> bool:
    return code.kind is Kind.TOBACCO29 and _CHANCE_PACK(code.text) is not None


def _has(code: Code, oddity: str) -> bool:
    return any(odd.code == oddity for odd in code.warnings)


def _is_whole(code: Code) -> bool:
    """A pack, or a GS1 code of a known shape: nothing is missing that a scanner could have lost."""
    return (
        code.tail is not None
        and code.serial is not None
        and not (code.warnings and any(odd.code in _SPOILING for odd in code.warnings))
    )


def _mended(data: str, symbology: str | None) -> Code:
    if not data.strip() or len(data) > LONGEST_INPUT:
        raise refusal("marking_code_length")
    text, aim, notes = _plain(data, symbology)
    if not text:
        raise refusal("marking_code_length")
    as_is = recognise(text, aim) if _is_latin(text) else None
    escaped = tuple(_escaped(data, text))
    if as_is is not None and _is_chance(as_is):
        raise refusal("marking_code_ambiguous")
    if as_is is not None and _is_whole(as_is):
        if any(_is_whole(recognise(plain, aim)) for plain in escaped if plain.isascii()):
            raise refusal("marking_code_ambiguous")
        return _noted(as_is, notes)
    if gluing.has_second_head(text):
        raise refusal("marking_code_glued")
    found = _proven(text, aim, escaped)
    if len(found) > 1:
        raise refusal("marking_code_ambiguous")
    if found and not _rather_as_it_is(as_is):
        ((code, repairs),) = found.values()
        if not _is_settled(code, aim) or (as_is is not None and _fits_too(as_is, repairs)):
            raise refusal("marking_code_ambiguous")
        return _noted(code, (*notes, *repairs))
    if _may_hold_two(as_is) and gluing.are_scans(text):
        raise refusal("marking_code_glued")
    if len(text) > LONGEST:
        raise refusal("marking_code_length")
    return _noted(_usable(text, as_is, typed="marking_code_layout" in notes), notes)


def _fits_too(as_is: Code, repairs: tuple[str, ...]) -> bool:
    """True when the КИ is one as it came, and another one when its escapes are undone."""
    alone = as_is.elements[1:] == (("21", as_is.serial),)
    return alone and len(str(as_is.serial)) in SERIALS and _ESCAPES.issuperset(repairs)


def _is_settled(code: Code, symbology: str | None) -> bool:
    """True when the mended code leaves nothing to mend: else one repair has only uncovered the next."""
    if _is_sound(code):
        return True
    text = code.text
    if gluing.has_second_head(text) or (_may_hold_two(code) and gluing.are_scans(text)):
        return False
    return not _proven(text, symbology, spellings.without_entities(text)) and not _hides_a_tail(code)


def _escaped(data: str, text: str) -> Iterator[str]:
    """What the text says if its escapes are of those that leave separators alone."""
    field = spellings.from_field(data)
    if field is not None:
        text = spellings.unwrapped(field)[0]
        yield text
    yield from spellings.without_entities(text)


def _is_latin(text: str) -> bool:
    return all(character <= "\xff" for character in text)


def _plain(data: str, symbology: str | None) -> tuple[str, str | None, tuple[str, ...]]:
    """(text without wrapping, escapes and layout damage, AIM id, repairs made)."""
    notes = []
    text, aim, odd = spellings.unwrapped(data)
    if odd:
        notes.append("marking_code_prefix")
    aim = aim or symbology
    if layout.is_mixed(text) and (caption := _CAPTION(text)) and not layout.is_cyrillic(text[caption.end() :]):
        text = text[caption.end() :]
        notes.append("marking_code_prefix")
    if (written := kiz.rewritten(text)) is not None:
        return written, aim, (*notes, "marking_code_kiz")
    caps = aim in layout.CAPS_IDS
    text = _unspelled(text, notes)
    if layout.is_cyrillic(text):
        text, caps = _in_us_layout(text, caps=caps)
        notes.append("marking_code_layout")
        text, typed, odd = spellings.unwrapped(text)
        aim = typed or aim
        if odd:
            notes.append("marking_code_prefix")
        text = _unspelled(text, notes)
    elif caps:
        text = layout.caps_swapped(text)
    if caps:
        aim = layout.caps_swapped(aim) if aim in layout.CAPS_IDS else aim
        notes.append("marking_code_caps_lock")
    inner = spellings.unwrapped(text)[0]
    if (written := kiz.rewritten(inner)) is not None:
        return written, aim, (*notes, "marking_code_kiz")
    whole = spellings.without_extra(inner)
    if whole != inner or spellings.goes_on(data) or spellings.goes_on(text):
        notes.append("marking_code_separators_extra")
    # where the AIM id was told, it has shown already that there was no Caps Lock
    if aim is None and (pack := _pack_in_caps(whole, typed="marking_code_layout" in notes)) is not None:
        return pack, aim, (*notes, "marking_code_caps_lock")
    return whole, aim, tuple(notes)


def _pack_in_caps(text: str, *, typed: bool) -> str | None:
    """The pack with the other case of every letter when that alone gives it a price; typed: in the Russian layout."""
    if packs.has_price(text) is not False:
        return None
    # there signs are letters too
    other = layout.retyped(layout.caps_swapped(layout.damaged(text))) if typed else layout.caps_swapped(text)
    return other if other is not None and packs.has_price(other) else None


def _unspelled(text: str, notes: list[str]) -> str:
    if not spellings.has_foreign(text):
        return text
    plain = spellings.unescaped(text)
    if plain != text:
        notes.append("marking_code_escapes")
    if layout.is_cyrillic(plain):
        # the Russian layout types neither < nor >, and no Latin letters: such spellings came later
        plain = spellings.surely_separated(plain)
    spelled = spellings.separated(plain)
    if spelled != plain:
        notes.append("marking_code_separator_spelled")
    return spelled


def _in_us_layout(text: str, *, caps: bool) -> tuple[str, bool]:
    """(the text typed anew, True when Caps Lock was on: its AIM id shows it)."""
    if layout.is_mixed(text):
        raise refusal("marking_code_layout_mixed")
    plain = layout.retyped(text)
    if plain is None:
        raise refusal("marking_code_layout_unproven")
    if not caps and not layout.had_caps(plain):
        return plain, False
    swapped = layout.retyped(layout.caps_swapped(text))
    return (swapped, True) if swapped is not None else (plain, False)


def _may_hold_two(code: Code | None) -> bool:
    return code is None or code.kind is Kind.UNKNOWN or code.kind in _PACKS or _is_odd(code)


def _is_odd(code: Code) -> bool:
    return _has(code, "marking_code_elements") or _has(code, "marking_code_tail")


def _proven(text: str, symbology: str | None, escaped: Iterable[str]) -> dict[bytes, tuple[Code, tuple[str, ...]]]:
    """The codes that repairs lead to and that are proven best, with the repairs that led there."""
    found: list[tuple[_Proof, Code, tuple[str, ...]]] = []
    # beside a bare separator another spelling of it is a guess
    guesses = _GUESSES | {"marking_code_separator_spelled"} if GS in text else _GUESSES
    for candidate, repairs in candidates(text, escaped):
        if len(candidate) <= LONGEST and _is_latin(candidate):
            code = recognise(candidate, symbology)
            proof = _proof(code, repairs, guesses)
            if proof is not None:
                found.append((proof, code, repairs))
    best = min((proof for proof, _, _ in found), default=None)
    ways: dict[bytes, tuple[Code, tuple[str, ...]]] = {}
    for proof, code, repairs in found:
        if proof is best:
            ways.setdefault(code.raw, (code, repairs))
    return ways


class _Proof(IntEnum):
    """How good a repaired code is, best first."""

    KNOWN_SHAPE = 1
    WHOLE = 2
    SEPARATORS_GUESSED = 3
    ODD_TAIL = 4
    BARE = 5
    BARE_AND_ODD = 6


def _proof(code: Code, repairs: tuple[str, ...], guesses: frozenset[str]) -> _Proof | None:
    if code.kind in _PACKS:
        return _pack_proof(code, repairs)
    if code.kind is not Kind.GS1 or code.serial is None or spellings.has_foreign(code.text):
        return None
    odd = {warning.code for warning in code.warnings}
    if "marking_code_elements" in odd:
        return None
    if "marking_code_separators_restored" in repairs:
        return _Proof.SEPARATORS_GUESSED if odd.isdisjoint(_SPOILING) else None
    if odd.isdisjoint(_SPOILING | {"marking_code_gtin"}):
        return _Proof.KNOWN_SHAPE
    if len(code.elements) == _IDENTIFICATION and "marking_code_gtin" not in odd and _ESCAPES.issuperset(repairs):
        if len(code.serial) in SERIALS:
            return _Proof.BARE
        # no serial number has a reference of HTML by chance; percent signs and two digits some have
        return _Proof.BARE_AND_ODD if repairs == ("marking_code_escapes",) else None
    if not guesses.isdisjoint(repairs):
        return None
    if odd == {"marking_code_serial"}:
        return _Proof.WHOLE
    if len(code.elements) > _IDENTIFICATION:
        return _Proof.ODD_TAIL if "marking_code_gtin" not in odd or _TELLING.issuperset(repairs) else None
    # a КИ has no tail to prove anything, but these repairs are seen in its front alone
    bare = repairs == ("marking_code_brackets",) or (
        repairs == ("marking_code_leading_zero",) and len(code.serial) in SERIALS
    )
    return _Proof.BARE if bare and "marking_code_gtin" not in odd else None


def _pack_proof(code: Code, repairs: tuple[str, ...]) -> _Proof | None:
    if _is_chance(code) or _has(code, "marking_code_pack"):
        return None
    if code.kind is Kind.TOBACCO29:
        return _Proof.KNOWN_SHAPE
    return _Proof.BARE if _ESCAPES.issuperset(repairs) else None


def _rather_as_it_is(code: Code | None) -> bool:
    """A КИ whose serial number is all digits: 93 in the midst of them is no trace of a lost tail."""
    return code is not None and code.elements[1:] == (("21", code.serial),) and str(code.serial).isdecimal()


def _usable(text: str, code: Code | None, *, typed: bool) -> Code:
    """The code as it is, or why it cannot be used."""
    if _LINES.search(text):
        raise refusal("marking_code_glued")
    if code is None or _CONTROLS.search(text) or not text.isascii():
        raise refusal("marking_code_layout_unproven" if typed else "marking_code_characters")
    if code.kind is Kind.UNKNOWN:
        if typed and not _HEAD(text):
            raise refusal("marking_code_layout_unproven")
        if (reason := _reason(text)) is not None:
            raise refusal(reason)
        if _has(code, "marking_code_unknown"):
            return replace(code, warnings=(warning(unknowns.oddity(text)),))
    elif typed and code.kind is Kind.FUR_KIZ and text[:2] not in kiz.COUNTRIES:
        raise refusal("marking_code_layout_unproven")
    elif code.kind is Kind.GS1:
        if spellings.has_foreign(text):
            raise refusal("marking_code_characters")
        if _has(code, "marking_code_elements"):
            raise refusal("marking_code_damaged")
        if _hides_a_tail(code):
            raise refusal("marking_code_separators_lost")
    return code


def _reason(text: str) -> str | None:
    """Why what begins like a GS1 code is none; None when it does not begin so."""
    if not _HEAD(text):
        headed = any(GS in text or check_digit_fits(match[1]) for match in _SOME_HEAD.finditer(text))
        return "marking_code_damaged" if headed else None
    if spellings.has_foreign(text):
        return "marking_code_characters"
    serial, parted, _ = text[_HEAD_LENGTH:].partition(GS)
    if parted and not 0 < len(serial) <= _LONGEST_SERIAL:
        return "marking_code_serial_number"
    return "marking_code_separators_lost"


def _hides_a_tail(code: Code) -> bool:
    """True when the serial number ends like a tail whose separator is gone."""
    serial = code.serial
    if serial is None:
        return False
    if code.tail is None:
        return len(serial) not in SERIALS and _SHORT_TAIL_INSIDE(serial) is not None
    return code.value("92") is not None and code.value("91") is None and _KEY_INSIDE(serial) is not None


def _noted(code: Code, notes: tuple[str, ...]) -> Code:
    """The code with the repairs' warnings in front of its own, each once."""
    if not notes:
        return code
    return replace(code, warnings=(*map(warning, dict.fromkeys(notes)), *code.warnings))
