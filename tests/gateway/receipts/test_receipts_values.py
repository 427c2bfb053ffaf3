from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from gateway.receipts.money import kopecks, quantity
from gateway.receipts.text import mapped, replacements, text
from protocols.ffd.arithmetic import rubles
from protocols.ffd.characters import fit, fits
from protocols.ffd.limits import MAX_KOPECKS, MAX_QUANTITY

KOPECKS = st.integers(min_value=0, max_value=MAX_KOPECKS)


@given(KOPECKS)
def test_money_reads_back_as_it_was_written_in_every_spelling(amount: int) -> None:
    written = rubles(amount)
    spellings: list[object] = [written, Decimal(written), written + "00", Decimal(written).normalize()]
    if amount % 100 == 0:
        spellings += [amount // 100, str(amount // 100), Decimal(amount // 100)]
    assert {kopecks(spelling) for spelling in spellings} == {amount}


@given(KOPECKS)
def test_json_numbers_never_pass_through_a_float(amount: int) -> None:
    parsed = json.loads(rubles(amount), parse_float=Decimal)
    assert kopecks(parsed) == amount


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (json.loads("0.30000000000000004", parse_float=Decimal), "money_decimals"),  # 0.1 + 0.2
        ("0.001", "money_decimals"),
        (Decimal("1E-50"), "money_decimals"),
        (-1, "money_negative"),
        ("-0.01", "money_negative"),
        (Decimal("-5.5"), "money_negative"),
        (MAX_KOPECKS // 100 + 1, "money_too_big"),
        ("99999999999999999999", "money_too_big"),
        (Decimal("1E+50"), "money_too_big"),
        (Decimal("1E+999999999"), "money_format"),
        (Decimal("1E-999999999"), "money_format"),
        (Decimal("NaN"), "money_format"),
        (Decimal("Infinity"), "money_format"),
        (10**4000, "money_format"),
        (True, "money_format"),
        (None, "money_format"),
        (1.5, "money_format"),
        ("", "money_format"),
        ("1,50", "money_format"),
        ("1e3", "money_format"),
        (" 1", "money_format"),
        ("1.", "money_format"),
        (".5", "money_format"),
        ("+1", "money_format"),
        ("١", "money_format"),
        ("1\n", "money_format"),
        ([1], "money_format"),
    ],
)
def test_what_is_no_money(value: object, code: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        kopecks(value)
    assert caught.value.type == code


@given(st.decimals(min_value="0.000001", max_value=MAX_QUANTITY, places=6), st.integers(min_value=0, max_value=5))
def test_a_quantity_has_one_spelling(number: Decimal, zeros: int) -> None:
    plain = format(number, "f") + "0" * zeros
    assert quantity(plain) == number
    assert str(quantity(plain)) == str(quantity(number))
    assert "E" not in str(quantity(number))


@pytest.mark.parametrize(
    ("value", "spelled"), [(10, "10"), ("10.00", "10"), (Decimal("1E+3"), "1000"), ("0.500", "0.5")]
)
def test_quantities_lose_their_trailing_zeros(value: object, spelled: str) -> None:
    assert str(quantity(value)) == spelled


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "quantity_not_positive"),
        ("-1", "quantity_not_positive"),
        ("0.0000001", "quantity_decimals"),
        (MAX_QUANTITY + 1, "quantity_too_big"),
        (True, "quantity_format"),
        ("много", "quantity_format"),
        (None, "quantity_format"),
    ],
)
def test_what_is_no_quantity(value: object, code: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        quantity(value)
    assert caught.value.type == code


@given(st.text(max_size=40))
def test_the_fast_look_at_a_text_agrees_with_the_character_table(given_text: str) -> None:
    fitted = fit(given_text)
    assert fits(given_text) == (fitted.text == given_text and not fitted.replaced and not fitted.refused)


def test_length_counts_what_will_be_printed() -> None:
    check = text(3)
    assert check("…") == "…"  # three points on paper
    assert mapped("…") == "..."
    with pytest.raises(PydanticCustomError) as caught:
        check("……")
    assert caught.value.type == "text_too_long"


@pytest.mark.parametrize("blank", ["", "  ", "\u200b", "\u00a0"])
def test_a_text_of_nothing_is_refused(blank: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        text(64)(blank)
    assert caught.value.type == "text_empty"
    assert text(64, blank=True)(blank) == blank


def test_replacements_are_told_by_pointer_and_leave_codes_alone() -> None:
    body = {"id": "«»", "items": [{"name": "«Ёлка»", "marking": {"code": "…"}}, {"name": "просто"}], "place": "a—b"}
    assert list(replacements(body)) == [("/items/0/name", "«»"), ("/place", "—")]
