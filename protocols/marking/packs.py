"""Packs of cigarettes and the like: no identifiers, fixed places, the price as a number of base 80.

GTIN(14) serial(7) price(4) check code(4); older stock of alternative tobacco has no check code.
The base is 80, not 64: with it alone every known price is a whole number of roubles.
"""

from __future__ import annotations

import re

from protocols.marking.gs1 import SET82

#: The digits of the price, from 0 to 79; unlike a serial number it has no brackets.
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!\"%&'*+-./_,:;=<>?"
_DIGITS = {letter: value for value, letter in enumerate(ALPHABET)}
#: What the last three letters hold. No pack costs 5120 roubles, so the price begins with A; one in the wrong case, or
#: anything else in its place, mostly begins with another letter.
_TOO_DEAR = len(ALPHABET) ** 3
PACK_WITHOUT_CHECK = rf"([0-9]{{14}})([{SET82}]{{7}})([{re.escape(ALPHABET)}]{{4}})"
PACK_PATTERN = rf"{PACK_WITHOUT_CHECK}([{SET82}]{{4}})"
#: Groups: GTIN, serial number, price, check code (None in older stock).
PACK = re.compile(f"{PACK_PATTERN}?").fullmatch


def price(letters: str) -> int:
    """Kopecks; most significant letter first. Raises KeyError for a letter outside the alphabet."""
    total = 0
    for letter in letters:
        total = total * len(ALPHABET) + _DIGITS[letter]
    return total


def is_usual(kopecks: int) -> bool:
    """True for a price that packs have: whole roubles, less than 5120 of them, or none at all."""
    return kopecks % 100 == 0 and kopecks < _TOO_DEAR


def has_price(text: str) -> bool | None:
    """Whether the text has a usual price, or None when it is no pack by its form."""
    parts = PACK(text)
    return None if parts is None else is_usual(price(parts[3]))


def begins_a_scan(check: str) -> bool:
    """True when the check code may be the front of the next scan: all digits, a zero first."""
    return check[0] == "0" and check.isdecimal()


def letters(kopecks: int, width: int = 4) -> str:
    """The price as a pack carries it; raises ValueError when it does not fit."""
    if not 0 <= kopecks < len(ALPHABET) ** width:
        raise ValueError(f"{kopecks} kopecks do not fit {width} letters")
    written = ""
    for _ in range(width):
        kopecks, digit = divmod(kopecks, len(ALPHABET))
        written = ALPHABET[digit] + written
    return written
