"""Check digits and shapes of what a fiscal document names: INN, registration number, drive number, contacts, dates.

Each check answers None when all is well, else one English sentence that says what is wrong. Sources: the FNS rules of
INN and of tag 1037; the registration number was verified on six real registrations.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from datetime import date

from protocols.ffd.limits import longest
from protocols.ffd.numbers import T

NO_INN = "0" * 12
"""Stands for a buyer or supplier without a Russian INN (tags 1226 and 1228 only)."""

INN_WIDTH = 12
SERIAL_WIDTH = 20
ORDINAL_WIDTH = 10
REGISTRATION_WIDTH = 16
DRIVE_WIDTH = 16
TEST_DRIVE_PREFIX = "9999"

_PHONE_WIDTH, _CONTACT_WIDTH = longest(T.SUPPLIER_PHONE), longest(T.BUYER_CONTACT)

_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\".]+(\.[^@\s,;<>()\".]+)+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]*")
_DATE = re.compile(r"(\d{2})\.(\d{2})\.(\d{4})")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _control(digits: str) -> int:
    """The check digit that follows these digits."""
    weights = _WEIGHTS[len(_WEIGHTS) - len(digits) :]
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 % 10


def inn_fault(inn: str, *, may_be_absent: bool = False) -> str | None:
    """INN of a firm (10 digits) or person (12). All zeros count as an INN only where the tag lets it be absent."""
    if not _digits(inn) or len(inn) not in {10, 12}:
        return "an INN has 10 or 12 digits"
    if not inn.strip("0"):
        return None if may_be_absent and inn == NO_INN else "an INN of zeros names nobody"
    controlled = 9 if len(inn) == 10 else 10
    if any(_control(inn[:place]) != int(inn[place]) for place in range(controlled, len(inn))):
        return "the INN's check digits are wrong"
    return None


def inn_of_field(value: str) -> str:
    """The INN inside a 12-character field: padding goes, and so do the two zeros of old registers."""
    inn = value.strip(" ")
    if len(inn) == INN_WIDTH and inn.startswith("00") and inn != NO_INN and inn_fault(inn[2:]) is None:
        return inn[2:]
    return inn


def registration_number(ordinal: int, inn: str, serial: str) -> str:
    """Tag 1037 for the register with this serial number (1013), owner's INN and ordinal in the tax registry.

    16 digits: the ordinal, then the CRC-16/CCITT-FALSE of ordinal, INN and serial, in decimal. ValueError when a part
    is too long.
    """
    digits = f"{ordinal:0{ORDINAL_WIDTH}d}"
    if ordinal < 0 or len(digits) > ORDINAL_WIDTH or len(inn) > INN_WIDTH or len(serial) > SERIAL_WIDTH:
        raise ValueError("an ordinal of 10 digits, an INN of 12 and a serial number of 20 characters at most")
    text = digits + inn.rjust(INN_WIDTH, "0") + serial.rjust(SERIAL_WIDTH, "0")
    return f"{digits}{crc_hqx(text.encode('cp866'), 0xFFFF):06d}"


def registration_number_fault(number: str, inn: str | None = None, serial: str | None = None) -> str | None:
    """The shape of tag 1037 and, when INN and serial number are known, its check digits."""
    if not _digits(number) or len(number) != REGISTRATION_WIDTH:
        return "a registration number has 16 digits"
    if inn is None or serial is None:
        return None
    try:
        expected = registration_number(int(number[:ORDINAL_WIDTH]), inn, serial)
    except ValueError:
        return "an INN has 12 and a serial number 20 characters at most, in letters that a document can hold"
    if number != expected:
        return "the registration number does not belong to this INN and serial number"
    return None


def drive_number_fault(number: str) -> str | None:
    """Tag 1041: 16 digits."""
    return None if _digits(number) and len(number) == DRIVE_WIDTH else "a fiscal drive's number has 16 digits"


def is_test_drive(number: str) -> bool:
    """Debugging drives (МГМ) begin with 9999."""
    return number.startswith(TEST_DRIVE_PREFIX)


def email_fault(address: str) -> str | None:
    """The shape of an e-mail address (tags 1008, 1117)."""
    return None if _EMAIL.fullmatch(address) else "not the shape of an e-mail address"


def phone_fault(number: str) -> str | None:
    """A telephone number (1008, 1073, 1074, 1075, 1171): `+` and digits, 5 to 15 of them; at most 19 characters."""
    digits = sum(map(str.isdigit, number))
    if not (number.isascii() and _PHONE.fullmatch(number)) or not 5 <= digits <= 15 or len(number) > _PHONE_WIDTH:
        return "a telephone number is + and 5 to 15 digits"
    return None


def contact_fault(contact: str) -> str | None:
    """Tag 1008: an e-mail address or a telephone number, 64 characters at most."""
    if len(contact) > _CONTACT_WIDTH:
        return f"a contact has at most {_CONTACT_WIDTH} characters"
    return email_fault(contact) if "@" in contact else phone_fault(contact)


def date_text(day: date) -> str:
    """A date as tags 1243 and 1263 write it: DD.MM.YYYY."""
    return f"{day:%d.%m.}{day.year:04d}"


def parse_date_text(text: str) -> date:
    """The date of tags 1243 and 1263; ValueError when it is none."""
    match = _DATE.fullmatch(text) if text.isascii() else None
    if match is None:
        raise ValueError(f"{text!r} is no date of the shape DD.MM.YYYY")
    day, month, year = map(int, match.groups())
    return date(year, month, day)
