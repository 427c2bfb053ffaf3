"""How each command that changes something is settled after its answer was lost: one row a command.

`settle` goes by this table, the gateway's worker goes by `lost`, and docs/exactly-once.md shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from devices.registers.doubts import Doubt


class Command(StrEnum):
    """What a job asks of a register, as far as settling tells commands apart."""

    RECEIPT = "receipt"
    CORRECTION = "correction"
    OPEN_SHIFT = "open-shift"
    CLOSE_SHIFT = "close-shift"
    CASH_IN = "cash-in"
    CASH_OUT = "cash-out"
    X_REPORT = "x-report"
    PRINT_TEXT = "print-text"
    REPRINT = "reprint"
    OPEN_DRAWER = "open-drawer"
    SET_CLOCK = "set-clock"
    RECOVER = "recover"
    DIAGNOSE = "diagnose"


class Lost(Enum):
    """What a lost answer means."""

    SETTLE = auto()  # the register knows: ask it
    AGAIN = auto()  # doing it twice does no harm
    GIVE_UP = auto()  # it may have been printed; nothing fiscal hangs on it, so a person decides


class Asked(Enum):
    """Where the register keeps the answer."""

    ARCHIVE = auto()  # every document the drive made since the bookmark
    CASH = auto()  # count and sum of cash ins or outs in the shift
    REPORTS = auto()  # count of X reports


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`known`, `exists`, `absent`, `foreign`: sentences for the page. `doubts`: every reason to ask a person."""

    lost: Lost
    asked: Asked | None = None
    known: str = "–"
    exists: str = "–"
    absent: str = "–"
    foreign: str = "–"
    doubts: frozenset[Doubt] = frozenset()

    @property
    def counters(self) -> bool:
        """Whether the bookmark must hold the register's counters."""
        return self.asked in {Asked.CASH, Asked.REPORTS}


_DRIVE: Final = frozenset({Doubt.OTHER_DRIVE, Doubt.FEWER_DOCUMENTS})
_ARCHIVE: Final = _DRIVE | {Doubt.HIDDEN_DOCUMENT, Doubt.UNREADABLE_DOCUMENT, Doubt.SEVERAL_ALIKE, Doubt.PORT_LENT}
_SALE: Final = _ARCHIVE | {Doubt.NEARLY_ALIKE}
_CASH: Final = _DRIVE | {
    Doubt.DRIVE_AWAY,
    Doubt.NO_COUNTERS,
    Doubt.SHIFT_CHANGED,
    Doubt.COUNTERS_DISAGREE,
    Doubt.SEVERAL_OPERATIONS,
    Doubt.PORT_LENT,
}

_DOCUMENT: Final = Row(
    lost=Lost.SETTLE,
    asked=Asked.ARCHIVE,
    known="drive number, last document, shift",
    exists="exactly one unclaimed document since then has the content that was sent, or the number and sign of the "
    "answer that did come → `done`",
    absent="none has → sent anew from its start, or `failed` if the register refused it twice",
    foreign="other content, or another job's document → reported as `foreign_documents`, otherwise ignored",
    doubts=_SALE,
)
_CASH_ROW: Final = Row(
    lost=Lost.SETTLE,
    asked=Asked.CASH,
    known="drive number, shift, count and sum of the shift's cash ins and outs",
    exists="one operation more, and the sum grew by ours → `done`",
    absent="no operation more, or the sum grew by less than ours would need → sent anew, or `failed` if refused twice",
    foreign="one operation more over another sum is somebody else's",
    doubts=_CASH,
)

SETTLING: Final[Mapping[Command, Row]] = {
    Command.RECEIPT: _DOCUMENT,
    Command.CORRECTION: _DOCUMENT,
    Command.OPEN_SHIFT: Row(
        lost=Lost.SETTLE,
        asked=Asked.ARCHIVE,
        known="drive number, last document, number of the closed shift",
        exists="one report opens the next shift and names our cashier → `done`",
        absent="none does; the shift is still closed → sent anew",
        foreign="a report with another cashier or shift number: if the shift is open by it, ours is moot → `failed` "
        "`shift_already_open`, the document is named",
        doubts=_ARCHIVE,
    ),
    Command.CLOSE_SHIFT: Row(
        lost=Lost.SETTLE,
        asked=Asked.ARCHIVE,
        known="drive number, last document, number of the open shift",
        exists="one report closes this shift and names our cashier → `done`",
        absent="none does; the shift is still open → sent anew",
        foreign="a report with another cashier or shift number: if the shift is closed by it, ours is moot → `failed` "
        "`shift_already_closed` (`done` with that warning for the scheduled closing), the document is named",
        doubts=_ARCHIVE,
    ),
    Command.CASH_IN: _CASH_ROW,
    Command.CASH_OUT: _CASH_ROW,
    Command.X_REPORT: Row(
        lost=Lost.SETTLE,
        asked=Asked.REPORTS,
        known="drive number, count of X reports",
        exists="the count grew → `done`; the counters are read, nothing is printed again",
        absent="the count did not grow, or the register has none → printed (again); it is no fiscal document",
        foreign="cannot be told apart and need not be: the report shows the shift, whoever asked for it",
        doubts=frozenset(),
    ),
    Command.PRINT_TEXT: Row(
        lost=Lost.GIVE_UP, absent="not fiscal → `failed` `maybe_printed`: the paper tells, a person repeats it"
    ),
    Command.REPRINT: Row(
        lost=Lost.GIVE_UP, absent="not fiscal → `failed` `maybe_printed`: the paper tells, a person repeats it"
    ),
    Command.OPEN_DRAWER: Row(lost=Lost.AGAIN, absent="opened (again): harmless"),
    Command.SET_CLOCK: Row(lost=Lost.AGAIN, absent="set (again), to the time it is then: harmless"),
    Command.RECOVER: Row(lost=Lost.AGAIN, absent="done again: it only clears away what is half made"),
    Command.DIAGNOSE: Row(lost=Lost.AGAIN, absent="asked again: changes nothing"),
}
