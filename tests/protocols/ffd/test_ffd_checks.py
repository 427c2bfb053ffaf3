"""Check digits and shapes, against numbers of real documents."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ffd.checks import (
    NO_INN,
    contact_fault,
    date_text,
    drive_number_fault,
    email_fault,
    inn_fault,
    inn_of_field,
    is_test_drive,
    parse_date_text,
    phone_fault,
    registration_number,
    registration_number_fault,
)

# INNs found in receipts and registration reports of the tax service, of OFDs and of shops; the last is the example of
# a person's INN that integrators' manuals print.
REAL_INNS = ["4705021744", "7841465198", "2320110334", "7734675810", "7731162754", "7814148471", "7704211201"]
REAL_INNS += ["7706107510"]  # a public company whose weighted sum leaves 10, which counts as 0
REAL_INNS += ["7702203276", "7704358518", "7840098280", "4703148343", "7825706086", "7806197274", "500100732259"]

# Ordinal, INN and serial number of registers whose registration report is public: tests of tieugene/kitpos (two) and of
# yandex/ofd (tests/example_test.py), and the registration number that the tax service gave them.
REAL_REGISTRATIONS = [
    (1, "4705021744", "550101006105", "0000000001045782"),
    (0, "2320110334", "550101011096", "0000000000030024"),
    (5, "7702203276", "000000000002", "0000000005008570"),
]


@pytest.mark.parametrize("inn", REAL_INNS)
def test_real_inns(inn):
    assert inn_fault(inn) is None


@pytest.mark.parametrize("inn", REAL_INNS)
@pytest.mark.parametrize("place", [0, 3, -2, -1])
def test_a_changed_digit_is_noticed(inn, place):
    digits = list(inn)
    digits[place] = str((int(digits[place]) + 1) % 10)
    assert inn_fault("".join(digits)) == "the INN's check digits are wrong"


@pytest.mark.parametrize("inn", ["", "123", "47050217440", "470502174x", "٤705021744", "4705021744  ", "-705021744"])
def test_no_inns(inn):
    assert inn_fault(inn) == "an INN has 10 or 12 digits"


def test_both_check_digits_of_a_person_count():
    """500100732259 with its eleventh digit changed and the twelfth reckoned anew."""
    assert inn_fault("500100732266") == "the INN's check digits are wrong"


def test_zeros_name_nobody_but_where_the_inn_may_be_absent():
    assert inn_fault(NO_INN) is not None
    assert inn_fault("0" * 10) is not None
    assert inn_fault("0" * 10, may_be_absent=True) is not None
    assert inn_fault(NO_INN, may_be_absent=True) is None


def test_inn_inside_its_field():
    assert inn_of_field("4705021744  ") == "4705021744"
    assert inn_of_field("004705021744") == "4705021744"
    assert inn_of_field("500100732259") == "500100732259"
    assert inn_of_field("004705021745") == "004705021745"
    assert inn_of_field(NO_INN) == NO_INN


@pytest.mark.parametrize(("ordinal", "inn", "serial", "number"), REAL_REGISTRATIONS)
def test_real_registration_numbers(ordinal, inn, serial, number):
    assert registration_number(ordinal, inn, serial) == number
    assert registration_number_fault(number, inn, serial) is None


def test_wrong_registration_numbers():
    _, inn, serial, number = REAL_REGISTRATIONS[0]
    assert registration_number_fault(number) is None
    assert registration_number_fault(number[:-1]) == "a registration number has 16 digits"
    assert registration_number_fault(number, inn, "550101006106") is not None
    assert registration_number_fault(number, "7841465198", serial) is not None
    assert registration_number_fault("0000000002045782", inn, serial) is not None


@pytest.mark.parametrize(
    ("ordinal", "inn", "serial"), [(-1, "1", "1"), (10**10, "1", "1"), (1, "1" * 13, "1"), (1, "1", "1" * 21)]
)
def test_a_registration_number_needs_parts_that_fit(ordinal, inn, serial):
    with pytest.raises(ValueError, match="at most"):
        registration_number(ordinal, inn, serial)


def test_drive_numbers():
    assert drive_number_fault("9999078902003867") is None
    assert drive_number_fault("999907890200386") is not None
    assert drive_number_fault("999907890200386x") is not None
    assert is_test_drive("9999078902003867")
    assert not is_test_drive("7281440500751551")


@pytest.mark.parametrize("address", ["a@b.ru", "buyer+1@example.co.uk", "почта@пример.рф", "o'neil_5@x-y.org"])
def test_emails(address):
    assert email_fault(address) is None
    assert contact_fault(address) is None


@pytest.mark.parametrize(
    "address", ["", "a", "a@b", "@b.ru", "a@.ru", "a@b..ru", "a b@c.ru", "a@b.ru,c@d.ru", "a@b.ru.", "a@@b.ru"]
)
def test_no_emails(address):
    assert email_fault(address) is not None


@pytest.mark.parametrize("number", ["+79991234567", "89991234567", "+7 (999) 123-45-67", "+375291234567", "12345"])
def test_phones(number):
    assert phone_fault(number) is None
    assert contact_fault(number) is None


@pytest.mark.parametrize(
    "number", ["", "+", "1234", "+7999123456789012", "8-800-FLOWERS", "++79991234567", "+7٩991234567"]
)
def test_no_phones(number):
    assert phone_fault(number) is not None


def test_a_contact_is_short():
    assert contact_fault("a" * 60 + "@b.ru") == "a contact has at most 64 characters"


@given(st.dates())
def test_dates(day):
    text = date_text(day)
    assert len(text) == 10
    assert parse_date_text(text) == day


def test_the_date_of_a_real_industry_detail():
    """1263 of a receipt for beer by the glass, December 2025."""
    assert parse_date_text("29.12.2022") == date(2022, 12, 29)
    assert date_text(date(2022, 12, 29)) == "29.12.2022"


@pytest.mark.parametrize("text", ["", "29.12.22", "2022-12-29", "31.02.2022", "1.1.2022", "29.12.2022 ", "٢9.12.2022"])
def test_no_dates(text):
    with pytest.raises(ValueError):  # noqa: PT011 - datetime's own words where the shape is right
        parse_date_text(text)


@pytest.mark.parametrize("inn", ["7" * 13, "№"])
def test_an_inn_that_fits_no_document_is_a_fault_and_no_failure(inn: str) -> None:
    assert registration_number_fault("0000000001000000", inn, "1") is not None
