"""The character table: what comes out fits both codings, and what went in is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ffd.characters import CODINGS, REPLACEMENTS, fit


@pytest.mark.parametrize(
    ("text", "fitted", "replaced"),
    [
        ("«Ёлка» „ель“ ”сосна”", '"Ёлка" "ель" "сосна"', "«»„“”"),
        ("1–2 — 3−1", "1-2 - 3-1", "–—−"),
        ("и так далее…", "и так далее...", "…"),
        ("2×3", "2x3", "×"),
        ("10\u00a0₽", "10 руб.", "\u00a0₽"),
        ("Café naïve ŽÅ", "Cafe naive ZA", "éïŽÅ"),
        ("м² ㎏ ①", "м2 kg 1", "²㎏①"),
        ("a\tb\r\nc", "a b  c", "\t\r\n"),
        ("со\u00adфт\u200b", "софт", "\u00ad\u200b"),
        ("™©®", "(TM)(c)(R)", "™©®"),
    ],
)
def test_replaced(text, fitted, replaced):
    result = fit(text)
    assert (result.text, result.replaced, result.refused) == (fitted, tuple(replaced), ())


@pytest.mark.parametrize("text", ["Товар №5 °·¤ Ёё Ўў Єє Її", "АБВ xyz 0-9 \"'`~!@#$%^&*()_+|\\/<>?[]{};:,.=", ""])
def test_kept(text):
    assert fit(text) == type(fit(""))(text)


def test_the_number_sign_is_one_byte_in_both():
    assert fit("№").text.encode("cp866") == b"\xfc"
    assert fit("№").text.encode("cp1251") == b"\xb9"


def test_a_letter_of_two_code_points_is_no_replacement():
    assert fit("и\u0306од").text == "йод"
    assert fit("и\u0306од").replaced == ()


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("Кот 🐈 и 🐈", "🐈"),
        ("日本", "日本"),
        ("a\x00b\x1dc\x7f", "\x00\x1d\x7f"),
        ("한", "한"),
        ("\u202e", "\u202e"),
        ("α", "α"),
        ("¨", "¨"),
    ],
)
def test_refused(text, refused):
    assert fit(text).refused == tuple(refused)


def test_each_character_is_named_once():
    assert fit("«а» «б» 🐈🐈") == type(fit(""))('"а" "б" ', ("«", "»"), ("🐈",))


def test_the_table_holds_only_what_needs_it():
    """A row for a character that both codings hold would never be used."""
    for character, instead in REPLACEMENTS.items():
        assert fit(instead).text == instead
        in_both = all(character.encode(coding, "ignore") for coding in CODINGS)
        assert not (in_both and character.isprintable()), character


@given(st.text())
def test_what_is_left_fits_both_codings(text):
    result = fit(text)
    for coding in CODINGS:
        assert result.text.encode(coding).decode(coding) == result.text
    assert result.text.isprintable()
    assert fit(result.text).text == result.text
    assert fit(result.text).replaced == fit(result.text).refused == ()
    assert not set(result.replaced) & set(result.refused)
