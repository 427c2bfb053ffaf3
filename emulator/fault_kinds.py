"""Every kind of fault as one row: where in the life of a command it strikes, what it does, what its parameters mean.

The names of `--fault` and `POST /faults`, the pages of docs/ and the emulated registers all read this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class FaultPoint(StrEnum):
    """Where in the life of a command a fault strikes."""

    COMMAND = "command"  # the request is here, nothing is executed yet
    COMMIT = "commit"  # the drive is about to keep a document
    COMMITTED = "committed"  # the drive has kept it
    ANSWER = "answer"  # executed, the answer is about to be sent


class FaultKind(StrEnum):
    """The value is the word of `--fault` and `POST /faults`."""

    LOSE_COMMAND = "lose_command"
    CUT_BEFORE = "cut_before"
    CUT_REQUEST = "cut_request"
    STALL_REQUEST = "stall_request"
    RESTART = "restart"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    BUSY = "busy"
    CLOCK_LOST = "clock_lost"
    DRIVE_FULL = "drive_full"
    DRIVE_ERROR = "drive_error"
    POWER_BEFORE_COMMIT = "power_before_commit"
    POWER_AFTER_COMMIT = "power_after_commit"
    DRIVE_ERROR_KEPT = "drive_error_kept"
    DROP_ANSWER = "drop_answer"
    GARBLE = "garble"
    CUT = "cut"
    SLOW = "slow"
    DELAY = "delay"
    DUPLICATE_ANSWER = "duplicate_answer"
    REORDER = "reorder"
    LATE_ANSWER = "late_answer"
    STALL = "stall"
    RESTART_AFTER = "restart_after"


@dataclass(frozen=True, slots=True)
class KindRow:
    """`uses` maps the parameters this kind reads to the value each has when a fault does not say."""

    point: FaultPoint
    what: str
    uses: Mapping[str, float] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, float | str]:
        """`uses` as a user reads it: an `error` that is left out is the family's."""
        return {name: "the family's" if name == "error" else value for name, value in self.uses.items()}


_COMMAND, _COMMIT, _COMMITTED, _ANSWER = FaultPoint
_UNTIL_ACTED: Final = {"seconds": 0.0}
#: Left out: the family's number for a drive that does not answer in time.
_ERROR: Final = {"error": 0}

KINDS: Final[Mapping[FaultKind, KindRow]] = {
    FaultKind.LOSE_COMMAND: KindRow(_COMMAND, "the request never arrives: not executed, nothing is sent"),
    FaultKind.CUT_BEFORE: KindRow(_COMMAND, "the connection is cut when the request has arrived: not executed"),
    FaultKind.CUT_REQUEST: KindRow(
        _COMMAND,
        "the connection is cut when `after_bytes` bytes of the request's frame have arrived: executed only when that"
        " is the whole frame; no answer in either case",
        {"after_bytes": 0},
    ),
    FaultKind.STALL_REQUEST: KindRow(
        _COMMAND,
        "the line is dead for `seconds`, from this request on: it and everything after it is swallowed in both"
        " directions, on this connection and newer ones, and nothing is hung up",
        {"seconds": 5.0},
    ),
    FaultKind.RESTART: KindRow(
        _COMMAND,
        "the register restarts instead of executing: RAM and connections are lost, it is back after `seconds`",
        {"seconds": 0.2},
    ),
    FaultKind.PAPER_OUT: KindRow(
        _COMMAND,
        "the paper ends while this command works; a new roll after `seconds`, when 0 by `POST /paper`",
        _UNTIL_ACTED,
    ),
    FaultKind.COVER_OPEN: KindRow(
        _COMMAND,
        "the cover opens while this command works; shut after `seconds`, when 0 by `POST /cover`",
        _UNTIL_ACTED,
    ),
    FaultKind.BUSY: KindRow(
        _COMMAND, "refused because something prints, and the printer is busy for `seconds`", {"seconds": 1.0}
    ),
    FaultKind.CLOCK_LOST: KindRow(
        _COMMAND,
        "the register's clock is lost and starts in the past: from this command on nearly all are refused, until the"
        " host has set it as the family wants it",
    ),
    FaultKind.DRIVE_FULL: KindRow(
        _COMMAND,
        "from this command on the drive has no room but for closing the shift and itself; room again after"
        " `seconds`, when 0 by `POST /drive`",
        _UNTIL_ACTED,
    ),
    FaultKind.DRIVE_ERROR: KindRow(
        _COMMAND,
        "the command is refused with the drive's error `error` (hexadecimal): nothing was executed",
        _ERROR,
    ),
    FaultKind.POWER_BEFORE_COMMIT: KindRow(
        _COMMIT, "power fails before the drive keeps the document; back after `seconds`", {"seconds": 0.2}
    ),
    FaultKind.POWER_AFTER_COMMIT: KindRow(
        _COMMITTED, "power fails when the drive has the document, before the answer; back after `seconds`",
        {"seconds": 0.2},
    ),
    FaultKind.DRIVE_ERROR_KEPT: KindRow(
        _COMMITTED,
        "the drive keeps the document, the register answers error `error` all the same and takes it for unmade",
        _ERROR,
    ),
    FaultKind.DROP_ANSWER: KindRow(
        _ANSWER, "executed; the answer is never sent (the host may ask for what the family's protocol keeps of it)"
    ),
    FaultKind.GARBLE: KindRow(_ANSWER, "one byte of the answer is changed"),
    FaultKind.CUT: KindRow(
        _ANSWER, "the connection is cut after `after_bytes` bytes of the answer (0: before its first byte)",
        {"after_bytes": 0},
    ),
    FaultKind.SLOW: KindRow(_ANSWER, "the answer comes byte by byte, spread over `seconds`", {"seconds": 2.0}),
    FaultKind.DELAY: KindRow(_ANSWER, "the answer comes whole, `seconds` late", {"seconds": 2.0}),
    FaultKind.DUPLICATE_ANSWER: KindRow(_ANSWER, "the answer is sent twice"),
    FaultKind.REORDER: KindRow(_ANSWER, "the answer is sent behind whatever the register says next"),
    FaultKind.LATE_ANSWER: KindRow(
        _ANSWER,
        "the connection is cut and the answer comes in the next one, `seconds` after that was made: late bytes of an"
        " old connection",
        {"seconds": 0.0},
    ),
    FaultKind.STALL: KindRow(
        _ANSWER, "as `stall_request`, from this answer on: the command was executed", {"seconds": 5.0}
    ),
    FaultKind.RESTART_AFTER: KindRow(
        _ANSWER, "the register restarts when it has executed, before the answer; back after `seconds`", {"seconds": 0.2}
    ),
}  # fmt: skip
