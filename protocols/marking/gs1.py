"""GS1 element strings: which application identifiers there are, how long they are, and the check digit.

Source: GS1 General Specifications, table of predefined-length element strings and the list of application identifiers.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from types import MappingProxyType

from protocols.marking.code import GS

#: GS1 set 82, as the inside of a regular expression's class; every serial number and tail is written in it.
SET82 = r"""!"%-?A-Z_a-z"""
_VALUE = re.compile(f"[{SET82}]{{1,90}}").fullmatch

#: Every identifier there is. One that lost a digit is mostly none, so the list is kept to the letter.
IDENTIFIER = re.compile(
    "0[0-3]|1[0-35-7]|2[0-2]|235|24[0-3]|25[01345]|3(?:0|7|(?:1[0-6]|[35][0-7]|[246][0-9])[0-5]|9(?:[0-3][0-9]|4[0-3]|5[0-5]))"
    "|4(?:0[0-3]|[12][0-7]|3(?:[01][0-9]|2[0-6]|3[0-3]))|7(?:0(?:0[1-9]|1[01]|2[0-3]|3[0-9]|4[01])|1[0-7])"
    "|72(?:3[0-9]|4[0-2]|5[0-9])|8(?:0(?:0[1-9]|1[0-47-9]|2[06]|30|4[0-3])|11[0-2]|200)|9[0-9]"
).match
#: First two digits -> characters of identifier and value together; no separator follows these.
_PREDEFINED = MappingProxyType(
    {"00": 20, "01": 16, "02": 16, "03": 16, "20": 4, "41": 16}
    | {f"{two:02}": 8 for two in (*range(11, 14), *range(15, 18))}
    | {f"{two:02}": 10 for two in range(31, 37)}
)
#: Identifiers whose value has a fixed length although a separator follows: digits of the value.
_EXACT = MappingProxyType(
    {"402": 17, "422": 3, "424": 3, "426": 3, "7001": 13, "7003": 10, "7006": 6, "8001": 14, "8005": 6, "8006": 18}
    | {"8017": 18, "8018": 18, "8026": 18, "8111": 4}
)
#: Their values are YYMMDD; that of 7003 goes on with hours and minutes.
_DATES = frozenset({"11", "12", "13", "15", "16", "17"})
_DATE_LENGTH = 6
_LIMITS = MappingProxyType({"10": 20, "21": 20, "22": 20, "30": 8, "37": 8, "240": 30, "241": 30, "250": 30})


def elements(text: str) -> tuple[tuple[str, str], ...] | None:
    """The text as (AI, value) pairs, or None when it is no GS1 element string. Empty elements are passed over."""
    found: list[tuple[str, str]] = []
    for chunk in text.split(GS):
        while chunk:
            pair = _element(chunk)
            if pair is None:
                return None
            found.append(pair)
            chunk = chunk[len(pair[0]) + len(pair[1]) :]
    return tuple(found)


def _element(chunk: str) -> tuple[str, str] | None:
    known = IDENTIFIER(chunk)
    if known is None:
        return None
    ai, value = known[0], chunk[known.end() :]
    predefined = _PREDEFINED.get(ai[:2])
    if predefined is not None:
        value = value[: predefined - len(ai)]
        return (ai, value) if len(value) == predefined - len(ai) and _digits(value) else None
    exact = _EXACT.get(ai)
    if exact is not None:
        return (ai, value) if len(value) == exact and _digits(value) else None
    if len(value) > _LIMITS.get(ai, 90) or _VALUE(value) is None:
        return None
    return ai, value


def ends_itself(ai: str) -> bool:
    """True when the element has a predefined length, so that no separator follows it."""
    return ai[:2] in _PREDEFINED


def _digits(text: str) -> bool:
    # isdecimal alone takes the digits of every script
    return text.isascii() and text.isdecimal()


def check_digit_fits(number: str) -> bool:
    """True when the last digit of a GTIN, EAN or SSCC is right (modulo 10, weights 3 and 1 from the right)."""
    if not _digits(number):
        return False
    # the codes of the digits: 48 above their values, which the last term takes off again
    digits = number.encode("ascii")
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(odd) + 3 * sum(even) - 48 * (len(odd) + 3 * len(even))) % 10 == 0


def dates_exist(pairs: Iterable[tuple[str, str]]) -> bool:
    """False when a date (AI 11 to 17) or a time of expiry (AI 7003) is none; day 00 is the last of its month."""
    return all(_exists(value) for ai, value in pairs if ai == "7003" or (len(ai) == 2 and ai in _DATES))


def _exists(value: str) -> bool:
    year, month, day = int(value[:2]), int(value[2:4]), int(value[4:6])
    if not 1 <= month <= 12 or day > monthrange(2000 + year, month)[1]:
        return False
    return len(value) == _DATE_LENGTH or (day > 0 and int(value[6:8]) < 24 and int(value[8:10]) < 60)


def weights(pairs: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, int]]:
    """(value, decimal places) of every net weight in kilograms (AI 310n)."""
    for ai, value in pairs:
        if len(ai) == 4 and ai.startswith("310"):
            yield value, int(ai[3])
