"""How the emulated marking system judges a request about a code, and what a notification changes in its book. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from emulator.marking.book import CodeBook, CodeFacts, Status
from protocols.ffd.enums import Operation
from protocols.ofd.marking import STATUS_RIGHT, STATUS_WRONG, TURNOVER_SUSPENDED

#: Tag 2003 / 2110: what becomes of the goods.
SOLD, PARTLY_SOLD, RETURNED, PARTLY_RETURNED, BEING_SOLD, MEASURED_SOLD, UNCHANGED = 1, 2, 3, 4, 5, 6, 255
PLANNED: Final = frozenset({SOLD, PARTLY_SOLD, RETURNED, PARTLY_RETURNED, BEING_SOLD, MEASURED_SOLD, UNCHANGED})
SALES: Final = frozenset({SOLD, PARTLY_SOLD, BEING_SOLD, MEASURED_SOLD})

#: Operations (1054) by which goods come back to the shop.
_BACK: Final = frozenset({Operation.SELL_REFUND.code, Operation.BUY.code})


def movement(operation: int | None, *, partial: bool) -> int:
    """Tag 2003 or 2110 of goods in a receipt of this operation (1054): they leave or come back, whole or in part."""
    return (RETURNED if operation in _BACK else SOLD) + partial


#: Planned status -> statuses of the book it may follow.
_ON_SHELF = frozenset({Status.IN_CIRCULATION, Status.RETURNED})
_OPENED = _ON_SHELF | {Status.PARTLY_SOLD}
FOLLOWS: Final[Mapping[int, frozenset[Status]]] = {
    SOLD: _ON_SHELF,
    PARTLY_SOLD: _OPENED,
    RETURNED: frozenset({Status.SOLD}),
    PARTLY_RETURNED: frozenset({Status.SOLD, Status.PARTLY_SOLD}),
    BEING_SOLD: _ON_SHELF,
    MEASURED_SOLD: _OPENED,
    UNCHANGED: frozenset(Status),
}
#: Assigned status (2110) -> status of the book it leaves behind. Part of a measured thing that came back leaves it
#: open; 5 and 6 appear in one source of 2026 only (UNCONFIRMED).
BECOMES: Final[Mapping[int, Status]] = {
    SOLD: Status.SOLD,
    PARTLY_SOLD: Status.PARTLY_SOLD,
    RETURNED: Status.RETURNED,
    PARTLY_RETURNED: Status.PARTLY_SOLD,
    BEING_SOLD: Status.PARTLY_SOLD,
    MEASURED_SOLD: Status.SOLD,
}
#: A code that the book never heard of may have been sold before it was begun: it is taken back too.
UNKNOWN_COMES_BACK: Final = True

#: Bits of 2005, as those of 2106.
CHECKED, POSITIVE, STATUS_KNOWN, STATUS_FITS = 1, 2, 4, 8


def negative(flags: int) -> bool:
    """[M-] of a tag 2106: a check was made and failed."""
    return flags & 0b11 == 0b01 or flags & 0b1100 == 0b0100


@dataclass(frozen=True, slots=True)
class Judgement:
    """`result` is tag 2005, `status` tag 2109, `why` a word for the log and the control server."""

    result: int
    status: int
    why: str


def judge(facts: CodeFacts, *, planned: int, inn: str, now: datetime, genuine: bool, gtin: str | None) -> Judgement:
    """The answer about a code: `genuine` is what its crypto part says, `gtin` what the code itself names."""
    why = _objection(facts, planned=planned, inn=inn, now=now, gtin=gtin)
    status = TURNOVER_SUSPENDED if why == "blocked" else STATUS_WRONG if why else STATUS_RIGHT
    if not (genuine and facts.verified):
        return Judgement(CHECKED | STATUS_KNOWN, max(status, STATUS_WRONG), why or "counterfeit")
    result = CHECKED | POSITIVE | STATUS_KNOWN
    return Judgement(result | (0 if why else STATUS_FITS), status, why)


def _objection(facts: CodeFacts, *, planned: int, inn: str, now: datetime, gtin: str | None) -> str:
    """A word for what is wrong with this movement of this code; nothing when it is right."""
    if not facts.found:
        return "not_found"
    if planned == UNCHANGED:
        return ""
    if facts.blocked:
        return "blocked"
    if facts.gtin is not None and facts.gtin != gtin:
        return "other_gtin"
    if planned in SALES and not facts.owned_by(inn):
        return "foreign_owner"
    if planned in SALES and facts.expired(now):
        return "expired"
    if not facts.known and planned in {RETURNED, PARTLY_RETURNED} and UNKNOWN_COMES_BACK:
        return ""
    return "" if facts.status in FOLLOWS.get(planned, frozenset()) else str(facts.status)


def learn(book: CodeBook, cis: str, assigned: int) -> None:
    """What a notification of a sale or return (2110) says of a code."""
    status = BECOMES.get(assigned)
    if status is not None:
        book.put(cis, {"status": status})
