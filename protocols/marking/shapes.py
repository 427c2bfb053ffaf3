"""Which serial lengths and tails each product group prints, as data: to guess the group and to find lost separators.

Never used to parse: real codes differ. Source: the ordering templates of ГИС МТ as public emulators and test data give
them (marking.md 1.1); numbers of the groups: marking.md 1.1, those above 26 are refreshed by ЦРПТ and UNCONFIRMED.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from protocols.marking.code import GS
from protocols.marking.gs1 import SET82, check_digit_fits


class Tail(NamedTuple):
    """A tail: characters of its check value, and what a separator stands before, each as a pattern."""

    size: int
    elements: tuple[str, ...]


_SHORT_VALUE = f"[{SET82}]{{4}}"
_KEY = "[0-9A-Za-z]{4}"
#: 32 and 64 bytes in Base64: the padding is part of the proof.
_BASE64_44, _BASE64_88 = "[0-9A-Za-z+/]{43}=", "[0-9A-Za-z+/]{86}=="
_DATE = "[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-2][0-9]|3[01])"
SHORT = Tail(4, (f"93{_SHORT_VALUE}",))
WEIGHED = Tail(4, (f"93{_SHORT_VALUE}", "3103[0-9]{6}"))
BLOCK = Tail(4, ("8005[0-9]{6}", f"93{_SHORT_VALUE}"))
LONG44 = Tail(44, (f"91{_KEY}", f"92{_BASE64_44}"))
LONG88 = Tail(88, (f"91{_KEY}", f"92{_BASE64_88}"))
#: Seen besides: a customs code before the tail of older shoes, a date of expiry (17 ends without a separator).
CUSTOMS = Tail(88, ("240(?:[0-9]{4}|[0-9]{10})", *LONG88.elements))
DATED = Tail(4, (f"17{_DATE}93{_SHORT_VALUE}",))
DATED44 = Tail(44, (f"17{_DATE}91{_KEY}", f"92{_BASE64_44}"))
_TIME = f"7003{_DATE}(?:[01][0-9]|2[0-3])[0-5][0-9]"
TIMED = Tail(4, ("7003[0-9]{10}", f"93{_SHORT_VALUE}"))


class Shape(NamedTuple):
    """Serial lengths of a group with this tail."""

    group: str
    number: int
    serials: tuple[int, ...]
    tail: Tail


SHAPES = (
    Shape("lp", 1, (13,), LONG44),
    Shape("shoes", 2, (13,), LONG88),
    Shape("tobacco", 3, (7,), BLOCK),
    Shape("perfumery", 4, (13,), LONG44),
    Shape("tires", 5, (13,), LONG44),
    Shape("electronics", 6, (20,), LONG44),
    Shape("pharma", 7, (13,), LONG44),
    Shape("milk", 8, (6,), SHORT),
    Shape("milk", 8, (6,), WEIGHED),
    Shape("bicycle", 9, (13,), LONG44),
    Shape("wheelchairs", 10, (13,), LONG44),
    Shape("otp", 12, (7,), SHORT),
    Shape("water", 13, (13,), SHORT),
    Shape("beer", 15, (7,), SHORT),
    Shape("bio", 17, (13,), LONG44),
    Shape("bio", 17, (13,), SHORT),
    Shape("antiseptic", 19, (13,), LONG44),
    Shape("antiseptic", 19, (13,), SHORT),
    Shape("petfood", 20, (6,), LONG44),
    Shape("petfood", 20, (6,), SHORT),
    Shape("seafood", 21, (6,), LONG44),
    Shape("seafood", 21, (6,), SHORT),
    Shape("nabeer", 22, (7,), SHORT),
    Shape("softdrinks", 23, (13,), SHORT),
    Shape("meat", 25, (13,), LONG44),
    Shape("meat", 25, (6,), SHORT),
    Shape("vetpharma", 26, (13,), LONG44),
    Shape("toys", 27, (13,), LONG44),
    Shape("toys", 27, (6,), SHORT),
    Shape("radio", 28, (20,), LONG44),
    Shape("radio", 28, (20,), SHORT),
    Shape("titan", 31, (13,), SHORT),
    Shape("titan", 31, (13,), LONG44),
    Shape("conserve", 32, (6,), LONG44),
    Shape("conserve", 32, (6,), SHORT),
    Shape("vegetableoil", 33, (13,), SHORT),
    Shape("vegetableoil", 33, (13,), LONG44),
    Shape("chemistry", 35, (6,), LONG44),
    Shape("chemistry", 35, (6,), SHORT),
    Shape("grocery", 37, (13,), SHORT),
    Shape("grocery", 37, (13,), LONG44),
    Shape("sweets", 45, (13,), LONG44),
    Shape("sweets", 45, (6,), SHORT),
    Shape("furslp", 49, (13,), LONG44),
    Shape("gadgets", 51, (20,), LONG44),
    Shape("gadgets", 51, (20,), SHORT),
    Shape("frozen", 52, (13,), LONG44),
    Shape("frozen", 52, (6,), SHORT),
    Shape("homeware", 54, (13,), LONG44),
    Shape("homeware", 54, (6,), SHORT),
)
#: (length of the serial number, characters of the check value, with a weight, with a price) that some group prints.
_KNOWN = frozenset(
    (length, tail.size, tail is WEIGHED, tail is BLOCK) for _, _, lengths, tail in SHAPES for length in lengths
)
SERIALS = frozenset(length for length, *_ in _KNOWN)
#: Characters of `01`, GTIN and `21`.
_HEAD = 18
_RARE = ((CUSTOMS, (13,)), (DATED, (6, 7, 13)), (DATED44, (13,)), (TIMED, (6, 7, 13)))


#: What labels carry before a check value (a customs code, dates, a batch, a block's price, weight or volume: the place
#: of 335n is UNCONFIRMED) and behind it.
_USUAL_ORDER = re.compile(
    "(?:01 |21 |240 |1[01567] |13 |7003 |8005 |310[0-5] |335[0-5] )*9[123] (?:9[23] |240 |310[0-5] |335[0-5] )*"
).fullmatch


#: Milk with a time of expiry that lost its first separator has a serial number as long as the longest.
_TIMED_SERIAL = re.compile(f".{{6}}{_TIME}").fullmatch


def is_known(serial: str, size: int, *, weighed: bool, priced: bool) -> bool:
    """True when some group prints a serial number of this length with a check value of `size` characters."""
    return (len(serial), size, weighed, priced) in _KNOWN and (size > SHORT.size or _TIMED_SERIAL(serial) is None)


def is_usual_order(identifiers: Iterable[str]) -> bool:
    """True when these elements stand where labels of marked goods have them: others come of lost characters."""
    return _USUAL_ORDER("".join(f"{ai} " for ai in identifiers)) is not None


def _pattern(serial: str, tail: Tail, first: str) -> re.Pattern[str]:
    parts = (f"({element})" for element in tail.elements)
    return re.compile(rf"(01[0-9]{{14}}21[{SET82}]{serial}){first}" + rf"{GS}?".join(parts))


def _patterns() -> Iterator[tuple[int, re.Pattern[str]]]:
    rows = {(tail, length) for _, _, lengths, tail in SHAPES for length in lengths}
    rows |= {(tail, length) for tail, lengths in _RARE for length in lengths}
    for tail, length in sorted(rows):
        yield tail.size, _pattern(f"{{{length}}}", tail, f"{GS}?")
    for tail in sorted({tail for tail, _ in rows if len(tail.elements) > 1}):
        yield tail.size, _pattern("{1,20}", tail, GS)
    # a price that runs on from the serial number of a block, whatever follows it
    yield 4, re.compile(rf"(01[0-9]{{14}}21[{SET82}]{{7}})(8005[0-9]{{6}}{GS}.+)")


_SEPARATORS_OPTIONAL = tuple(_patterns())


def with_separators(text: str) -> Iterator[str]:
    """The text with separators where a known shape wants them; once for every way that fits, itself left out.

    Separators that are there stay where they are. A short tail proves little: there the GTIN's check digit must fit.
    """
    sure = check_digit_fits(text[2:16])
    seen = {text}
    for size, pattern in _SEPARATORS_OPTIONAL:
        match = pattern.fullmatch(text) if sure or size > 4 else None
        if match is None or (size == SHORT.size and _TIMED_SERIAL(match[1], _HEAD)):
            continue
        if (whole := GS.join(match.groups())) not in seen:
            seen.add(whole)
            yield whole
