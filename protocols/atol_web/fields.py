"""Values of ATOL's JSON as annotated types: each is read into ours.

JSON numbers must have been read as `Decimal` or `int`: a float is refused, since it holds no kopecks.
"""

from __future__ import annotations

import base64
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from protocols.atol_web import words
from protocols.ffd.enums import (
    AgentKind,
    CorrectionKind,
    FfdVersion,
    Measure,
    PaymentKind,
    PaymentMethod,
    PaymentObject,
    Taxation,
    Vat,
)

DATE = "%Y.%m.%d"
MOMENT = "%Y.%m.%d %H:%M:%S"
BIRTH_DATE = "%d.%m.%Y"
#: `strftime` writes an earlier one with fewer digits.
_FIRST_YEAR = 1000


#: What ATOL takes no less of (§4.3).
LEAST_QUANTITY = Decimal("0.001")
#: What any amount or quantity is below and a multiple of: beyond lies nothing but mischief.
_MOST, _LEAST = Decimal(10**15), Decimal("1e-9")


def _number(given: object) -> Decimal:
    if not isinstance(given, int | Decimal) or isinstance(given, bool):
        raise ValueError("a JSON number is expected")
    value = Decimal(given)
    if not value.is_finite() or abs(value) >= _MOST or value % _LEAST:
        raise ValueError("the number is out of all proportion")
    return value


def _amount(given: object) -> int:
    value = _number(given) * 100
    if value % 1:
        raise ValueError("an amount has two decimal places at most")
    return int(value)


def _kopecks(given: object) -> int:
    amount = _amount(given)
    if amount < 0:
        raise ValueError("an amount is not negative")
    return amount


def _quantity(given: object) -> Decimal:
    value = _number(given)
    if value < LEAST_QUANTITY:
        raise ValueError(f"a quantity is {LEAST_QUANTITY} at least")
    return value


def _whole(given: object) -> int:
    value = _number(given)
    if value % 1:
        raise ValueError("a whole number is expected")
    return int(value)


def rubles(amount: int) -> Decimal:
    """An amount of ours in kopecks, as ATOL says it: rubles."""
    return Decimal(amount).scaleb(-2)


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise ValueError("a JSON string is expected")
    return given


def _bytes(given: object) -> bytes:
    return base64.b64decode(_text(given), validate=True)


def base64_text(given: bytes) -> str:
    """Bytes of ours for a JSON string."""
    return base64.b64encode(given).decode("ascii")


def _word(table: words.Words[Any]) -> BeforeValidator:
    return BeforeValidator(table.member)


def _day(layout: str) -> BeforeValidator:
    def read(given: object) -> date:
        day = datetime.strptime(_text(given), layout).date()  # noqa: DTZ007 — a day has no zone
        if day.year < _FIRST_YEAR:
            raise ValueError("a year of four digits is expected")
        return day

    return BeforeValidator(read)


def _moment(given: object) -> datetime:
    """Naive: the register's own wall clock."""
    moment = datetime.strptime(_text(given), MOMENT)  # noqa: DTZ007
    if moment.year < _FIRST_YEAR:
        raise ValueError("a year of four digits is expected")
    return moment


def _instant(given: object) -> datetime:
    """ISO 8601; one without an offset stays naive."""
    return given if isinstance(given, datetime) else datetime.fromisoformat(_text(given))


#: Kopecks inside, rubles with two places outside.
Rubles = Annotated[int, BeforeValidator(_kopecks)]
#: The same in an answer: counters may be negative there.
Sum = Annotated[int, BeforeValidator(_amount), PlainSerializer(rubles)]
Instant = Annotated[datetime, BeforeValidator(_instant), PlainSerializer(lambda at: at.isoformat(timespec="seconds"))]
Quantity = Annotated[Decimal, BeforeValidator(_quantity)]
Whole = Annotated[int, BeforeValidator(_whole)]
Base64 = Annotated[bytes, BeforeValidator(_bytes)]
Date = Annotated[date, _day(DATE)]
BirthDate = Annotated[date, _day(BIRTH_DATE)]
Moment = Annotated[datetime, BeforeValidator(_moment)]

TaxationWord = Annotated[Taxation, _word(words.TAXATIONS)]
MethodWord = Annotated[PaymentMethod, _word(words.PAYMENT_METHODS)]
ObjectWord = Annotated[PaymentObject, _word(words.PAYMENT_OBJECTS)]
VatWord = Annotated[Vat, _word(words.VATS)]
MeasureWord = Annotated[Measure, _word(words.MEASURES)]
PaymentWord = Annotated[PaymentKind, _word(words.PAYMENT_KINDS)]
AgentWord = Annotated[AgentKind, _word(words.AGENTS)]
CorrectionWord = Annotated[CorrectionKind, _word(words.CORRECTIONS)]
VersionWord = Annotated[FfdVersion, _word(words.VERSIONS)]
