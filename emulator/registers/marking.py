"""Marking codes in any register: asking the marking system about one, and putting one into a line of the receipt.

What a check is and what becomes of it is the drive's affair (`fiscal_drive.marking`); commands are the family's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from emulator.fiscal_drive import DriveError
from emulator.fiscal_drive.checks import Check
from emulator.marking.verdicts import movement
from emulator.registers.core import Asking, Core
from emulator.registers.draft import DraftItem
from protocols.ffd.enums import Operation
from protocols.ffd.tlv import find

#: Tags that describe measured and partial goods to the drive.
MEASURE: Final = frozenset({1023, 2108, 1291})


class Online(Enum):
    """What became of the question to the marking system."""

    NOT_ASKED = auto()  # the register works without an exchange of data
    SILENT = auto()
    NOT_TAKEN = auto()  # the drive did not take the answer
    TAKEN = auto()


@dataclass(frozen=True, slots=True)
class Heard:
    """A check after the question: with the answer where it was taken, `fault` says why it was not."""

    check: Check
    online: Online
    fault: int = 0


def ask(core: Core, check: Check, finish: Callable[[Heard], Any]) -> Any:
    """What `finish` makes of a begun check; online, an `Asking` that does so when the marking system has answered."""
    if check.offline:
        return finish(Heard(check, Online.NOT_ASKED))
    return Asking(core.drive.marking.request(), lambda answer: finish(_heard(core, check, answer)))


def _heard(core: Core, check: Check, answer: bytes | None) -> Heard:
    if answer is None:
        return Heard(check, Online.SILENT)
    try:
        return Heard(core.drive.marking.take(answer), Online.TAKEN)
    except DriveError as refusal:
        if refusal.fault is None:
            raise
        return Heard(check, Online.NOT_TAKEN, int(refusal.fault))


def put_checked(core: Core, item: DraftItem, code: bytes) -> bool:
    """The code as the drive checked and accepted it goes into the line; False when it never did."""
    known = core.drive.marking.checked(code)
    if known is None:
        return False
    item.code, item.flags = known.code, known.flags
    return True


def planned(operation: Operation, item: DraftItem) -> int:
    """Tag 2003 of a code that the host did not have checked."""
    measure = find(item.tags, 2108)
    partial = find(item.tags, 1291) is not None or (measure is not None and measure.value != 0)
    return movement(operation.code, partial=partial)
