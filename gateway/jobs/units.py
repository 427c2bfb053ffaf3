"""One unit leaves the shop once: before a receipt begins, its marked lines are held against the journal's own moves.

The drive and the marking system (ОИСМ) cannot tell before they have heard of the last sale: its notification may wait,
and before ФФД 1.2 there is none. So whoever sold the unit remembers it. A unit counts as gone once it left through any
register of this gateway and has not come back through one; what it says otherwise must be an authority that has
demonstrably heard of that sale. The rule in full: docs/marking.md.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import Any, Final, Protocol

import structlog

from devices.errors import DeviceError, RequestError
from devices.hints import joined
from devices.registers.base import Fiscal, Register, Warn
from devices.registers.marking import MINUS, Flag
from gateway.jobs.model import JobState
from gateway.jobs.task import Task
from gateway.journal import Journal
from gateway.journal.records import PermitVerdict
from gateway.journal.units import Line, Move, Seen
from gateway.marking.permit.model import Source
from gateway.marking.permit.reasons import FINE

log = structlog.get_logger(__name__)

#: The part of the intent that tells of units that are gone, and all parts that tell of the lines of one attempt only.
UNITS: Final = "units"
LINE_VERDICTS: Final = frozenset({"permit", UNITS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a unit cannot leave; in `hint` (Russian, for the cashier) the dots stand for the sales in question."""

    code: str
    detail: str
    hint: str


SOLD_HERE: Final = Reason(
    code="marking_sold_here",
    detail="this unit was sold through this gateway already",
    hint="Этот товар уже продан: … . Отсканируйте другой экземпляр. Если вернули этот, сначала пробейте возврат; если "
    "его вернули не здесь, он продаётся через сутки после той продажи с разрешения «Честного знака», а раньше — если "
    "программа передаст чек с on_marking_failure = sell.",
)
BEING_SOLD: Final = Reason(
    code="marking_being_sold",
    detail="this unit is being sold now",
    hint="Этот товар прямо сейчас продаётся: … . Дождитесь, чем закончится тот чек, и только потом повторите.",
)

#: How long the marking system may take to learn of a sale that the OFD has confirmed (UNCONFIRMED): before that its
#: "not sold" says nothing of our sale. That a drive's notification was taken proves less: what the marking system
#: cannot read it throws away, and the drive counts it as delivered (2111).
OFD_TO_SYSTEM: Final = timedelta(days=1)

_WHOLE: Final = Fraction(1)
_NOTHING: Final = Fraction(0)
_SAID_SO: Final = Flag.SERVER_CHECKED | Flag.SERVER_GOOD
_ONLINE: Final = frozenset({Source.CDN.value, Source.PIOT.value})


#: A line's part of the intent and of the answer: item, reason, detail, hint.
Said = Mapping[str, Any]


class UnitGone(RequestError):
    """Lines whose unit is not here any more, or is about to go."""

    def __init__(self, lines: Sequence[Said]) -> None:
        self.lines = tuple(lines)
        super().__init__(
            f"nothing was printed: {'; '.join(_with_place(one) for one in lines)}",
            hint=joined((f"/items/{one['item']}", one["hint"]) for one in lines),
            code=lines[0]["reason"],
        )


class Ask(Protocol):
    """Ask a register of the shop something without waiting for its jobs; None where it cannot answer at once."""

    async def __call__(self, register: str, question: Callable[[Register], Awaitable[bool]]) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class Gone:
    """How much of a unit is out of the shop, and by which moves since the whole of it was last here."""

    share: Fraction
    by: tuple[Move, ...]


def gone(moves: Iterable[Move]) -> Gone:
    """Of moves in their order; those under way are left out.

    There is one unit: what comes back that was never sold here is just here, and what went out twice is out.
    """
    share, by = _NOTHING, tuple[Move, ...]()
    for move in moves:
        if move.state is not JobState.DONE:
            continue
        share = min(_WHOLE, max(_NOTHING, share + move.share))
        if not share:
            by = ()
        elif move.share > 0:
            by = (*by, move)
    return Gone(share, by)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a line's unit cannot leave: it is gone by these moves, or is about to go."""

    line: Line
    reason: Reason
    out: Fraction  # of the unit
    moves: tuple[Move, ...]

    @property
    def in_parts(self) -> bool:
        """Whether it is about how much of the unit is out, which nobody counts but the journal."""
        return any(share < _WHOLE for share in (self.out, self.line.share, *(move.share for move in self.moves)))

    def said(self) -> Said:
        """In words, with the sales in question."""
        detail = f"{self.reason.detail}: {'; '.join(map(_named, self.moves))}"
        hint = self.reason.hint.replace("… ", "; ".join(map(_named_in_russian, self.moves)))
        if self.out < _WHOLE or self.line.share < _WHOLE:
            detail = f"{self.out} of it is gone and {self.line.share} is asked; {detail}"
            hint = f"Из упаковки уже выбыло {self.out}, продаётся ещё {self.line.share}. {hint}"
        return {"item": self.line.item, "reason": self.reason.code, "detail": detail, "hint": hint}


def doubts(seen: Seen) -> Iterator[Doubt]:
    """The lines whose unit, or so much of it, is not here any more."""
    for line, moves in zip(seen.lines, seen.moves, strict=True):
        if line.share <= 0:
            continue
        out = gone(moves)
        leaving = tuple(move for move in moves if move.state is not JobState.DONE and move.share > 0)
        if out.share + line.share > _WHOLE:
            yield Doubt(line, SOLD_HERE, out.share, out.by)
        elif (total := sum((move.share for move in leaving), out.share)) + line.share > _WHOLE:
            yield Doubt(line, BEING_SOLD, total, leaving)


class UnitGate:
    """Of one register."""

    def __init__(self, journal: Journal, driver: Register, register: str, ask: Ask) -> None:
        self._journal = journal
        self._driver = driver
        self._register = register
        self._ask_other = ask

    async def passed(self, task: Task) -> tuple[Task, Seen | None]:
        """The task, its doubts as warnings where the caller sells all the same, and what was seen of its units.

        UnitGone where a unit is. A correction tells of a sale that is over, so it is kept and not judged.
        """
        receipt = task.document
        if receipt.correction is not None or not any(item.marking is not None for item in receipt.items):
            return task, None
        seen = self._journal.moves(task.job)
        found = list(doubts(seen))
        if not receipt.sell_despite_marking:
            found = [doubt for doubt in found if not await self._known_better(task, doubt)]
        lines = [doubt.said() for doubt in found]
        if lines and not receipt.sell_despite_marking:
            raise UnitGone(lines)
        return replace(task, intent={**task.intent, UNITS: lines}) if lines else task, seen

    async def _known_better(self, task: Task, doubt: Doubt) -> bool:
        """Whether an authority that has had time to hear of every sale in question says that the unit may be sold."""
        sales = [(move.register, move.fiscal) for move in doubt.moves if move.fiscal is not None]
        if doubt.reason is not SOLD_HERE or doubt.in_parts or len(sales) < len(doubt.moves):
            return False
        if any(task.now - sold.datetime < OFD_TO_SYSTEM for _, sold in sales):
            return False
        for register, sold in sales:
            if not await self._asked(register, confirmed(sold)):
                return False
        marking = task.document.items[doubt.line.item].marking
        assert marking is not None, "a line with a unit has its code"
        if await self._permit_allows(task, doubt.line.item):
            by = "permit mode"
        elif await self._system_allows(task, marking.code):
            by = "marking system"
        else:
            return False
        log.info("a unit sold here before is free again", job=task.job.id, cis=doubt.line.code.cis, said_by=by)
        return True

    async def _asked(self, register: str, question: Callable[[Register], Awaitable[bool]]) -> bool:
        if register != self._register:
            return bool(await self._ask_other(register, question))
        try:
            return await question(self._driver)
        except (DeviceError, RequestError):
            return False

    async def _system_allows(self, task: Task, code: bytes) -> bool:
        """The marking system's own word on this very unit, asked now."""

        async def question(driver: Register) -> bool:
            check = await driver.check_code(code, operation=task.document.operation)
            return check.result != MINUS and check.flags & _SAID_SO == _SAID_SO

        return await self._asked(self._register, question)

    async def _permit_allows(self, task: Task, item: int) -> bool:
        said = [one for one in task.intent.get("permit", ()) if one["item"] == item]
        if not said or said[0]["reason"] != FINE.code or said[0]["source"] not in _ONLINE:
            return False
        kept = [one for one in await self._journal.verdicts(task.job.id) if one.item == item]
        return bool(kept) and by_online(kept[-1])


def by_online(verdict: PermitVerdict) -> bool:
    """Whether the marking system itself was asked: ТС ПИоТ has a black list too, and names its instance in tag 1265."""
    return verdict.source in _ONLINE and verdict.value is not None and "&Inst=" not in verdict.value


def confirmed(sold: Fiscal) -> Callable[[Register], Awaitable[bool]]:
    """Whether the OFD has confirmed that sale, and no notification of it waits, as the drive that made it says."""

    async def question(register: Register) -> bool:
        if register.identity.fn != sold.fn:
            return False
        document = await register.document(sold.document)
        if document is None or not document.acknowledged or document.fiscal.sign != sold.sign:
            return False
        state = await register.marking_state()
        if state is None or not state.unsent:
            return True
        return state.first_unsent_at is not None and state.first_unsent_at > sold.datetime

    return question


def sold_again(intent: Mapping[str, Any]) -> tuple[Warn, ...]:
    """What the answer of a done job says of units that were sold all the same."""
    return tuple(
        Warn(code=one["reason"], detail=_with_place(one), hint=joined([(f"/items/{one['item']}", one["hint"])]))
        for one in intent.get(UNITS, ())
    )


def _with_place(one: Said) -> str:
    return f"/items/{one['item']}/marking: {one['detail']}"


def _named(move: Move) -> str:
    job = f"job {move.job_id}" if move.job_id is not None else "a document that no job owns"
    if move.fiscal is None:
        return f"{job} on {move.register}" + ("" if move.state is JobState.DONE else f" ({move.state})")
    fiscal = move.fiscal
    return (
        f"{job} on {move.register}: document {fiscal.document} of drive {fiscal.fn}, "
        f"{fiscal.datetime.isoformat(timespec='minutes')}"
    )


def _named_in_russian(move: Move) -> str:
    job = f"чек {move.job_id}, " if move.job_id is not None else ""
    if move.fiscal is None:
        return f"{job}касса {move.register}"
    return f"{job}касса {move.register}, ФД {move.fiscal.document} от {move.fiscal.datetime:%d.%m.%Y %H:%M}"
