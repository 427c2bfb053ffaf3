"""Money and quantity as callers write them: decimal strings or JSON numbers, never a float.

The HTTP layer parses JSON with `parse_float=Decimal`, so a number arrives here as int or Decimal with every digit.
"""

from __future__ import annotations

import re
from decimal import Decimal

from pydantic_core import PydanticCustomError

from protocols.ffd.limits import MAX_KOPECKS, MAX_QUANTITY, QUANTITY_PLACES

_FAST_MONEY = re.compile(r"([0-9]{1,13})(?:\.([0-9]{2}))?").fullmatch
_PLAIN = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,40})?").fullmatch
#: Beyond these a Decimal from JSON (1e999999999) would cost memory to expand.
_SANE_EXPONENT = 60


def kopecks(value: object) -> int:
    """Kopecks of a decimal string or number; PydanticCustomError `money_…` when it is no sum of money."""
    if type(value) is str:
        match = _FAST_MONEY(value)
        if match is not None:
            rubles, fraction = match.groups()
            amount = int(rubles) * 100 + (int(fraction) if fraction else 0)
            if amount <= MAX_KOPECKS:
                return amount
    elif type(value) is int and 0 <= value <= MAX_KOPECKS // 100:
        return value * 100
    return _slow_kopecks(value)


def _slow_kopecks(value: object) -> int:
    number = _decimal(value, "money_format", 'money is a decimal string such as "1350.49" or a JSON number')
    if number.is_signed():  # -0, too: who writes it has lost a sum
        raise PydanticCustomError("money_negative", "money cannot be negative; a refund is an operation of its own")
    if number > MAX_KOPECKS:
        raise PydanticCustomError("money_too_big", "the sum does not fit a fiscal document")
    scaled = number * 100
    amount = int(scaled)
    if amount != scaled:
        raise PydanticCustomError("money_decimals", "money has two decimal places at most")
    if amount > MAX_KOPECKS:
        raise PydanticCustomError("money_too_big", "the sum does not fit a fiscal document")
    return amount


def quantity(value: object) -> Decimal:
    """A positive Decimal in plain notation without trailing zeros; PydanticCustomError `quantity_…` otherwise."""
    if type(value) is int and 0 < value <= MAX_QUANTITY:
        return Decimal(value)
    number = _decimal(value, "quantity_format", "a quantity is a number or a decimal string")
    if number <= 0:
        raise PydanticCustomError("quantity_not_positive", "a quantity is greater than zero")
    if number > MAX_QUANTITY:
        raise PydanticCustomError("quantity_too_big", f"a quantity is at most {MAX_QUANTITY}")
    plain = number.normalize()
    exponent = plain.as_tuple().exponent
    assert isinstance(exponent, int)
    if exponent < -QUANTITY_PLACES:
        raise PydanticCustomError("quantity_decimals", "a quantity has six decimal places at most")
    return plain.quantize(Decimal(1)) if exponent > 0 else plain


def _decimal(value: object, code: str, message: str) -> Decimal:
    if type(value) is str and _PLAIN(value) is not None:
        return Decimal(value)
    if type(value) is int and abs(value) < 10**30:
        return Decimal(value)
    if type(value) is Decimal and value.is_finite():
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and abs(exponent) <= _SANE_EXPONENT and value.adjusted() <= _SANE_EXPONENT:
            return value
    raise PydanticCustomError(code, message)
