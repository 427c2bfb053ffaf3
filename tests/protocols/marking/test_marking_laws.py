"""Whatever the code: it is read back whole, and damage is undone to the very code or refused, never to another one."""

from __future__ import annotations

import base64
import json
import random
import string

import pytest
from codes_made import GS, codes, gs1, gtin_of, packs, shaped
from hypothesis import assume, example, given
from hypothesis import strategies as st

from protocols.marking import Code, CodeError, Kind, parse, read
from protocols.marking.layout import damaged, retyped

#: The keys of both layouts, row by row as they lie on the keyboard, unshifted and shifted (Windows, xkb).
KEYS_US = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./" + '~@#$^&QWERTYUIOP{}|ASDFGHJKL:"ZXCVBNM<>?'
KEYS_RU = "ёйцукенгшщзхъфывапролджэячсмитьбю." + 'Ё"№;:?ЙЦУКЕНГШЩЗХЪ/ФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,'
IN_RUSSIAN = str.maketrans(KEYS_US, KEYS_RU)
CERTAIN = ("\\u001d", "\\\\u001d", "\\x1d", "\\F", "[GS]", "{GS}", "{FNC1}", "␝", "↔", "|", "~", "^", " ", "&#29;")
_DAMAGE = frozenset({"ambiguous", "separators_lost", "damaged", "characters", "glued"})
POSSIBLE = ("<GS>", "(GS)", "<FNC1>", "%1D")


def repairs(code: Code) -> set[str]:
    return {warning.code for warning in code.warnings}


@given(codes)
def test_a_clean_code_is_taken_as_it_is(text: str) -> None:
    code = parse(text)
    assert code.text == text
    assert code.raw == text.encode()
    assert (
        read(text.encode()).cis
        == code.cis
        == text.split(GS, maxsplit=1)[0][: 21 if code.kind is Kind.TOBACCO29 else None]
    )
    assert not repairs(code) - {"marking_code_no_tail", "marking_code_serial"}


@given(shaped)
def test_a_usual_code_is_taken_without_a_word(text: str) -> None:
    assert not parse(text).warnings


@given(gs1)
def test_parts_are_the_parts(text: str) -> None:
    code = parse(text)
    assert (code.kind, code.gtin, code.serial) == (Kind.GS1, text[2:16], text.split(GS, maxsplit=1)[0][18:])
    assert GS.join(ai + value for ai, value in code.elements[2:]) == text.partition(GS)[2]
    assert code.tail == len(text.rpartition(f"{GS}92")[2] if f"{GS}92" in text and f"{GS}91" in text else "four")


@given(gs1, st.sampled_from(("]d2", GS, "]d2\x1d", "\xe8", "{FNC1}", "<FNC1>", " \t", "\x02", "\ufeff")))
def test_what_scanners_put_in_front_and_behind(text: str, front: str) -> None:
    for behind in ("", "\r", "\r\n", "\t", "\n\n", "\x03", "\x00"):
        assert parse(f"{front}{text}{behind}").text == text


@given(codes)
def test_the_russian_layout_is_undone(text: str) -> None:
    assume(any(letter.isalpha() for letter in text))
    typed = text.translate(IN_RUSSIAN)
    assert damaged(text) == typed
    assert retyped(typed) == text
    code = parse(typed)
    assert code.text == text
    assert "marking_code_layout" in repairs(code)
    assert parse(typed.encode()).text == text


@given(gs1)
def test_the_russian_layout_with_aim_id_caps_lock_and_spelled_separators(text: str) -> None:
    typed = f"]d2{text}".translate(IN_RUSSIAN)
    code = parse(typed)
    assert (code.text, code.symbology) == (text, "]d2")
    with_caps = parse(typed.swapcase())
    assert with_caps.text == text
    assert {"marking_code_layout", "marking_code_caps_lock"} <= repairs(with_caps)
    assert parse(f"]d2{text}".swapcase()).text == text
    assume(any(letter.isalpha() for letter in text))
    assert parse(text.translate(IN_RUSSIAN).replace(GS, "<GS>")).text == text


@given(gs1, st.data())
def test_half_a_layout_is_refused(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(18, len(text)))
    half = text[:place].translate(IN_RUSSIAN) + text[place:]
    latin, cyrillic = (any(letter in alphabet for letter in half) for alphabet in (string.ascii_letters, KEYS_RU[1:13]))
    assume(latin and cyrillic)
    with pytest.raises(CodeError) as refused:
        parse(half)
    assert refused.value.code == "marking_code_layout_mixed"
    assert "раскладк" in refused.value.hint.lower()


@given(gs1, st.sampled_from(CERTAIN))
def test_separators_that_cannot_be_data(text: str, spelling: str) -> None:
    assert parse(text.replace(GS, spelling)).text == text


@given(shaped, st.sampled_from(POSSIBLE))
@example("0101114144444701213000000010000\x1d930000", "<FNC1>")
def test_separators_that_could_be_data(text: str, spelling: str) -> None:
    assert right_or_refused(text.replace(GS, spelling), text)


@given(shaped)
@example("0104600439931256215abcde\x1d93dGVz")
@example("010460043993125621abcdefg\x1d93dGVz")
@example("010460043993125621abcdefghijklm\x1d91EE06\x1d92" + "A" * 43 + "=")
def test_lost_separators_come_back(text: str) -> None:
    """A serial number may look like a tail itself; then the code is refused, or it is a КИ that is told to be one."""
    lost = text.replace(GS, "")
    code = parsed(lost)
    if code is None:
        return
    assert code.text in {text, lost}
    assert code.text == text or "marking_code_no_tail" in repairs(code)
    assert code.text == lost or "marking_code_separators_restored" in repairs(code)


def test_lost_separators_come_back_nearly_always() -> None:
    """The law above would hold for a parser that refuses everything: over plain serial numbers nothing is refused."""
    chance = random.Random(4)
    for _ in range(300):
        length = chance.choice((6, 7, 13))
        serial = "".join(chance.choices(string.ascii_letters, k=length))
        text = f"01{gtin_of('0' + str(chance.randrange(10**12)).zfill(12))}21{serial}{GS}93dGVz"
        assert parse(text.replace(GS, "")).text == text


@given(shaped, st.data())
def test_a_single_lost_separator(text: str, data: st.DataObject) -> None:
    places = [place for place, character in enumerate(text) if character == GS]
    place = data.draw(st.sampled_from(places))
    lost = text[:place] + text[place + 1 :]
    assert right_or_refused(lost, text) or parse(lost).tail is None


@given(gs1)
def test_wrappings_of_programs(text: str) -> None:
    for wrapped in (
        json.dumps(text),
        json.dumps(json.dumps(text))[1:-1],
        text.encode().hex(),
        base64.b64encode(text.encode()).decode(),
    ):
        assert parse(wrapped).text == text
    assert right_or_refused("(01)" + text[2:16] + "(21)" + _bracketed(text), text)


def _bracketed(text: str) -> str:
    serial, *tail = text[18:].split(GS)
    return serial + "".join(
        f"({part[:width]}){part[width:]}" for part in tail for width in (4 if part[:2] in {"80", "31"} else 2,)
    )


@given(shaped, st.sampled_from(("ABC", "~", "@", "#1", "7", "STX", "скан ")))
def test_characters_in_front(text: str, front: str) -> None:
    assume(front.isascii() or not any(letter.isalpha() for letter in text))
    assert right_or_refused(front + text, text)


@given(shaped)
def test_a_lost_zero(text: str) -> None:
    code = parse(text[1:])
    assert code.text == text
    assert "marking_code_leading_zero" in repairs(code)


@example(["0" * 29, "010000000001000921000000\x1d930000"], "")
@given(st.lists(st.one_of(gs1, packs), min_size=2, max_size=3), st.sampled_from(("", GS, "\r\n", "\t", "]d2")))
def test_glued_scans_are_refused(texts: list[str], glue: str) -> None:
    with pytest.raises(CodeError) as refused:
        parse(glue.join(texts))
    assert refused.value.code in {"marking_code_glued", "marking_code_length"}


@given(codes, st.data())
def test_a_cut_code_is_never_another_whole_one(text: str, data: st.DataObject) -> None:
    """But for a weight cut off whole: what is left is the code of a pack of milk."""
    assume(f"{GS}3103" not in text)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    try:
        code = parse(cut)
    except CodeError:
        return
    assert text.startswith(code.text)
    assert code.warnings


def parsed(text: str) -> Code | None:
    """None when it was refused, for a reason of damage."""
    try:
        return parse(text)
    except CodeError as fault:
        if fault.code.removeprefix("marking_code_") in _DAMAGE:
            return None
        raise


def right_or_refused(came: str, text: str) -> bool:
    code = parsed(came)
    return code is None or code.text == text
