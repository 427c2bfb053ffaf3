"""One marking code in the drive: its own check, and the result once the marking system has answered. Pure.

Source: marking.md 3.2-3.4 (tags 2004, 2100, 2106; reasons of FF61).
"""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from enum import IntEnum
from typing import Final
from zlib import crc32

from emulator.marking.keys import genuine
from emulator.marking.verdicts import CHECKED, POSITIVE, STATUS_FITS, STATUS_KNOWN
from protocols.ffd.tlv import Element
from protocols.marking import Code, Kind, code_type, control_code, identifier, read
from protocols.ofd.marking import REQUEST_OK, CodeAnswer

#: Characters of the shorter signature, and the bytes of it that a mere checksum counts over.
_SHORT_SIGNATURE, _SUMMED = 44, 28
#: Bit of 2106: the register works without an exchange of data.
OFFLINE: Final = 16


class Reason(IntEnum):
    """Why the drive did not check a code itself."""

    CHECKED = 0
    NOT_CHECKABLE = 1
    NO_KEY = 2
    MALFORMED = 3


class Step(IntEnum):
    """How far the check in hand has come, as FF70 tells it."""

    BLOCKED = 0
    NONE = 1
    PASSED = 2
    ASKED = 3
    ANSWERED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A code and what is known of it: `planned` is tag 2003, `local` 2004, `kind` 2100; `asked` the number of the
    request (0: none), `answer` document 83, `measure` what measured and partial goods add (1023, 2108, 1291)."""

    code: bytes
    planned: int
    local: int
    reason: Reason
    kind: int
    measure: tuple[Element, ...] = ()
    offline: bool = False
    asked: int = 0
    answer: CodeAnswer | None = None

    @property
    def flags(self) -> int:
        """Tag 2106. A server that did not understand leaves what the drive found; a check value that the drive finds
        spoilt is negative whatever the server says (5: the table of marking.md 3.3 has no 13)."""
        if self.answer is None or self.answer.outcome != REQUEST_OK or self.answer.result is None:
            return self.local | (OFFLINE if self.offline else 0)
        if self.local == CHECKED:
            return CHECKED | STATUS_KNOWN
        return self.answer.result & (CHECKED | POSITIVE | STATUS_KNOWN | STATUS_FITS)

    @property
    def step(self) -> Step:
        if self.answer is not None:
            return Step.ANSWERED
        return Step.ASKED if self.asked else Step.PASSED

    def results(self) -> tuple[Element, ...]:
        """What a notification says of the code beside the item: 2000, 2100, 2101, 2102, 2106, 2110, 2115."""
        known = read(self.code)
        return (
            Element(2000, self.code),
            Element(2100, self.kind),
            Element(2101, identifier(known)),
            Element(2102, 0),
            Element(2106, self.flags),
            Element(2110, self.planned),
            Element(2115, control_code(known)),
        )


def checked(code: bytes, planned: int, *, measure: tuple[Element, ...] = (), offline: bool = False) -> Check:
    """What the drive finds out itself: it has one key, that of labels the emulator draws."""
    known, fits = read(code), genuine(code)
    for_drives = _for_drives(known)
    kind = code_type(known, verified=for_drives)
    if fits is not None:
        local, reason = CHECKED | (POSITIVE if fits else 0), Reason.CHECKED
    elif _ill_formed(known, kind):
        local, reason = 0, Reason.MALFORMED
    else:
        local, reason = 0, Reason.NO_KEY if for_drives else Reason.NOT_CHECKABLE
    return Check(
        code=code,
        planned=planned,
        local=local,
        reason=reason,
        kind=kind,
        measure=measure,
        offline=offline,
    )


def _ill_formed(code: Code, kind: int) -> bool:
    """A GS1 code with neither a short check value nor a key and a signature of a known length behind it."""
    return code.kind is Kind.GS1 and code.value("93") is None and (code.value("91") is None or not kind)


def _for_drives(code: Code) -> bool:
    """Whether the check value is one that drives can verify: it stands behind a key of AI 91, and one of 44 characters
    is not merely a checksum (its last four bytes are then the CRC-32 of the 28 before; source: an open core of a
    certified register, class MarkingCodeParam of rs.fncore2; UNCONFIRMED by a second)."""
    value = code.value("92")
    if value is None or code.value("91") is None:
        return False
    if len(value) != _SHORT_SIGNATURE:
        return True
    try:
        data = b64decode(value)
    except ValueError:
        return True
    return crc32(data[:_SUMMED]) != int.from_bytes(data[-4:], "little")
