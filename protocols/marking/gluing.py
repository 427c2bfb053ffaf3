"""Two scans that arrived as one: a scanner without a suffix, or a host that read too late."""

from __future__ import annotations

import re

from protocols.marking.gs1 import SET82, check_digit_fits
from protocols.marking.packs import PACK, PACK_PATTERN, PACK_WITHOUT_CHECK, has_price

_HEAD = re.compile(r"01([0-9]{14})21").match
_NEXT_HEAD = re.compile(r"01(?=([0-9]{14})21)")
#: The shortest GS1 code: head and a serial number of one character.
_SECOND_HEAD_AT = 19
_SHORTEST_SCAN = 8
#: Characters of a pack, and of one without a check code.
_PACK, _OLD_PACK = 29, 25
_AIM_INSIDE = re.compile(r"(?<=.)\][A-Za-z][0-9](?=[0-9]{8})", re.DOTALL)
#: Behind it the printed form may go on with its next identifier.
_LINE_END = re.compile(r"[\r\n\t](?![(\[](?!01)[0-9]{2,4}[)\]])")
_BETWEEN = re.compile(r"[\x00-\x20;,|]*")
_SHORT = f"93[{SET82}]{{4}}"
#: Whole scans, and in each the number whose check digit must fit (none of a КИЗ or a stamp).
_GS1_SCANS = tuple(
    re.compile(rf"01([0-9]{{14}})21[{SET82}]{{1,20}}\x1d{tail}")
    for tail in (
        rf"(?:8005[0-9]{{6}}\x1d)?{_SHORT}(?:\x1d3103[0-9]{{6}})?",
        _SHORT,
        rf"91[{SET82}]{{4}}\x1d92(?:[0-9A-Za-z+/]{{86}}==|[0-9A-Za-z+/]{{43}}=)",
    )
)
_OTHER_SCANS = tuple(
    re.compile(pattern)
    for pattern in (
        PACK_PATTERN,
        r"00([0-9]{18})",
        r"([0-9]{14})",
        r"([0-9]{13})",
        r"([0-9]{8})",
        PACK_WITHOUT_CHECK,
        r"[A-Z]{2}-[0-9]{6}-[0-9A-Z]{11}()",
        r"[A-Z]{2}-[0-9]{6}-[0-9A-Z]{10}()",
        r"[0-9A-Z]{150}()",
        r"[0-9A-Z]{68}()",
    )
)


def has_second_head(text: str) -> bool:
    """True when another GS1 code begins within this one, or an AIM id stands in its midst."""
    if _AIM_INSIDE.search(text, _SHORTEST_SCAN):
        return True
    line = _LINE_END.search(text)
    if any(_is_begun_again(text, length) for length in (_PACK, _OLD_PACK)):
        return True
    head = _HEAD(text)
    if line is not None and head is None:
        return True
    if head is None and PACK(text):
        # an older pack and the front of its next scan; or a scan that was cut off and begun again
        return text[_OLD_PACK:] == text[:4] or _another_head(text, 1)
    return head is not None and _another_head(text, _SECOND_HEAD_AT)


def _is_begun_again(text: str, length: int) -> bool:
    """True when a whole pack is at the end, and its own front once more in front of it."""
    return (
        length < len(text) <= 2 * length
        and text.startswith(text[:-length], len(text) - length)
        and has_price(text[-length:]) is True
    )


def _another_head(text: str, place: int) -> bool:
    return any(check_digit_fits(match[1]) for match in _NEXT_HEAD.finditer(text, place))


def are_scans(text: str) -> bool:
    """True when the text falls into two whole scans or more, end to end."""
    seen, todo = set(), [0]
    while todo:
        place = todo.pop()
        head = _HEAD(text, place)
        # what begins like GS1 with the right check digit is nothing else
        for scan in _GS1_SCANS if head is not None and check_digit_fits(head[1]) else _OTHER_SCANS:
            match = scan.match(text, place)
            if match is None or not (match[1] == "" or check_digit_fits(match[1])):
                continue
            end = _BETWEEN.match(text, match.end())
            following = match.end() if end is None else end.end()
            if following == len(text):
                if place > 0:
                    return True
            elif following not in seen:
                seen.add(following)
                todo.append(following)
    return False
