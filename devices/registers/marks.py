"""The letter that the paper shows before a marked item: [M+], [M] or [M-]."""

from __future__ import annotations

from collections.abc import Iterable

from devices.registers.base import MarkingVerdict
from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element, all_of, find

#: Bits of tag 2106: each check was made, and its result.
_DRIVE_CHECKED, _DRIVE_GOOD, _SERVER_CHECKED, _SERVER_GOOD = 0x01, 0x02, 0x04, 0x08
_ALL_GOOD = 0x0F


def letter(flags: int) -> str:
    """ "M+" when both checks were made and passed, "M-" when one was made and failed, "M" otherwise."""
    if flags & _ALL_GOOD == _ALL_GOOD:
        return "M+"
    drive_failed = flags & _DRIVE_CHECKED and not flags & _DRIVE_GOOD
    server_failed = flags & _SERVER_CHECKED and not flags & _SERVER_GOOD
    return "M-" if drive_failed or server_failed else "M"


def verdicts(elements: Iterable[Element]) -> tuple[MarkingVerdict, ...]:
    """Per item of a document that holds tag 2106."""
    found = []
    for index, item in enumerate(all_of(elements, T.ITEM)):
        result = find(item.value, T.ITEM_CHECK_RESULT) if isinstance(item.value, tuple) else None
        if result is not None and isinstance(result.value, int):
            found.append(MarkingVerdict(item=index, result=letter(result.value), flags=result.value))
    return tuple(found)
