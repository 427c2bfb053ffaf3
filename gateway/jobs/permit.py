"""Permit mode before a receipt begins: every marked line is asked about, and its verdict kept before anything is sent.

The verdicts become part of the job's intent (`permit`), so that settling and the read-back look for the very receipt
that was sent, tag 1260 included. They count for this one attempt: once a byte has gone out, the next attempt asks anew.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from devices.errors import RequestError
from devices.hints import joined
from devices.registers.base import Identity, Warn
from gateway.jobs import task as tasks
from gateway.jobs.task import Task
from gateway.journal import Journal
from gateway.journal.records import PermitVerdict
from gateway.marking.permit import Asked, Permit, Source, Verdict, is_requisite
from gateway.marking.permit.decision import DEALS, Deal
from gateway.marking.permit.emergency import Order, ordered
from gateway.marking.permit.reasons import NO_ANSWER, REASONS, UNCHECKED, UNREADABLE
from protocols.ffd.enums import FfdVersion, Operation
from protocols.ffd.receipt import Item, Receipt
from protocols.marking import Code, CodeError, groups, parse

log = structlog.get_logger(__name__)

#: Seconds for which verdicts count while the receipt they are for waits for its register (busy, a lost connection).
FRESH: Final = 30.0

#: Where the journal keeps the order for emergency sale.
ORDER_FACT = "permit_emergency"

#: A line's part of the intent: item, allowed, reason, source; `value` is its tag 1265. `detail` and `hint` are there
#: where they say more than the reason's row.
Line = Mapping[str, Any]


class PermitDenied(RequestError):
    """Lines that may not be sold; `lines` are all of the receipt's verdicts."""

    code = "permit_denied"

    def __init__(self, detail: str, *, hint: str, code: str, lines: Sequence[Line]) -> None:
        super().__init__(detail, hint=hint, code=code)
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class Permitted:
    """Verdicts that nothing was sent on yet."""

    until: float  # loop time
    fn: str
    lines: tuple[Line, ...]


class PermitGate:
    """Of one register."""

    def __init__(self, permit: Permit, journal: Journal, register: str) -> None:
        self._permit = permit
        self._journal = journal
        self._register = register

    async def passed(self, task: Task, identity: Identity, before: Permitted | None) -> tuple[Task, Permitted | None]:
        """The task with the requisites of its lines. PermitDenied when a line may not be sold."""
        asked = [(place, one) for place, one in enumerate(task.document.items) if concerns(task.document, one)]
        if not asked:
            return task, None
        now = asyncio.get_running_loop().time()
        if before is None or before.until <= now or before.fn != identity.fn:
            lines = await self._lines(task, identity, asked)
            before = Permitted(until=now + FRESH, fn=identity.fn, lines=lines)
        return tasks.permitted(task, before.lines), before

    async def _lines(self, task: Task, identity: Identity, asked: Sequence[tuple[int, Item]]) -> tuple[Line, ...]:
        said = await checked(
            self._permit,
            [(_code(item), item.price, task.document.operation) for _, item in asked],
            fn=identity.fn,
            now=task.now,
        )
        at = task.now.astimezone(UTC)
        kept = [
            record(verdict, code, at=at, register=self._register, fn=identity.fn, job_id=task.job.id, item=place)
            for (place, _), (code, verdict) in zip(asked, said, strict=True)
        ]
        await self._journal.keep_verdicts(kept)
        for one in kept:
            log.info(
                "permit verdict",
                job=task.job.id,
                item=one.item,
                cis=one.cis,
                allowed=one.allowed,
                reason=one.reason,
                source=one.source,
            )
        lines = tuple(
            line(verdict, place, with_value=identity.ffd is FfdVersion.V1_2)
            for (place, _), (_, verdict) in zip(asked, said, strict=True)
        )
        if not all(one["allowed"] for one in lines):
            raise denied(lines)
        return lines


def concerns(receipt: Receipt, item: Item) -> bool:
    """Whether permit mode is asked about a line: a sale or return now, of marked goods, and nobody has asked before.

    A correction tells of a sale that is over; a line that bears the requisite already was asked about by its caller.
    """
    if receipt.correction is not None or receipt.operation not in DEALS or item.marking is None:
        return False
    return not any(is_requisite(detail) for detail in item.industry)


def _code(item: Item) -> Code | CodeError:
    assert item.marking is not None, "only marked lines are asked about"
    try:
        return parse(item.marking.code)
    except CodeError as error:
        return error


async def checked(
    permit: Permit,
    codes: Sequence[tuple[Code | CodeError, int | None, Operation]],
    *,
    fn: str,
    now: datetime,
) -> list[tuple[Code | None, Verdict]]:
    """A verdict a code, given with its price in kopecks and its deal.

    One that cannot be read is refused without asking anybody.
    """
    asked = [
        Asked(code=code, group=_group(code), price=price, operation=operation)
        for code, price, operation in codes
        if isinstance(code, Code)
    ]
    verdicts = iter(await permit.check(asked, fn=fn, now=now))
    return [
        (code, next(verdicts)) if isinstance(code, Code) else (None, _unreadable(code, operation))
        for code, _, operation in codes
    ]


def _unreadable(error: CodeError, operation: Operation) -> Verdict:
    """A return is taken all the same: what cannot be read cannot be proven to be somebody else's."""
    return Verdict(
        allowed=DEALS.get(operation) is not Deal.SALE,
        reason=UNREADABLE.code,
        source=Source.NONE,
        detail=f"{UNREADABLE.detail}: {error.detail}",
        hint=error.hint or UNREADABLE.hint,
    )


def _group(code: Code) -> int | None:
    """The product group where the code's shape leaves one only."""
    guesses = {guess.id for guess in groups(code)}
    return guesses.pop() if len(guesses) == 1 else None


def record(
    verdict: Verdict,
    code: Code | None,
    *,
    at: datetime,
    register: str,
    fn: str,
    job_id: str | None,
    item: int,
) -> PermitVerdict:
    """A verdict as the journal keeps it."""
    return PermitVerdict(
        at=at,
        register=register,
        fn=fn,
        job_id=job_id,
        item=item,
        cis="" if code is None else code.cis,
        allowed=verdict.allowed,
        reason=verdict.reason,
        source=str(verdict.source),
        value=None if verdict.industry is None else verdict.industry.value,
        detail=verdict.detail,
        request=verdict.request,
        answer=verdict.answer,
    )


def line(verdict: Verdict, item: int, *, with_value: bool) -> Line:
    """A verdict as the intent keeps it. Before ФФД 1.2 there is no tag for the requisite."""
    found: dict[str, Any] = {
        "item": item,
        "allowed": verdict.allowed,
        "reason": verdict.reason,
        "source": str(verdict.source),
    }
    row = REASONS[verdict.reason]
    found |= {
        name: given
        for name, given, known in (("detail", verdict.detail, row.detail), ("hint", verdict.hint, row.hint))
        if given != known
    }
    if with_value and verdict.industry is not None:
        found["value"] = verdict.industry.value
    return found


def denied(lines: Sequence[Line]) -> PermitDenied:
    """The refusal of a receipt, each line with its reason."""
    refused = [one for one in lines if not one["allowed"]]
    unanswered = all(one["reason"] == NO_ANSWER.code for one in refused)
    detail = "; ".join(f"/items/{one['item']}: {one['reason']}, {words(one)[0]}" for one in refused)
    return PermitDenied(
        f"nothing was printed: {detail}",
        hint=joined((f"/items/{one['item']}", words(one)[1]) for one in refused),
        code=NO_ANSWER.code if unanswered else PermitDenied.code,
        lines=lines,
    )


def words(one: Line) -> tuple[str, str]:
    """Detail (English) and hint (Russian) of a line."""
    row = REASONS[one["reason"]]
    return one.get("detail", row.detail), one.get("hint", row.hint)


def unchecked(intent: Mapping[str, Any]) -> tuple[Warn, ...]:
    """What the answer of a done job says of lines that were sold without an answer."""
    return tuple(
        Warn(
            code=one["reason"],
            detail=f"/items/{one['item']}: {words(one)[0]}",
            hint=words(one)[1],
        )
        for one in intent.get("permit", ())
        if one["reason"] in UNCHECKED
    )


class Orders:
    """The order for emergency sale: given by a person, kept in the journal, told to every register."""

    def __init__(
        self, permit: Permit, journal: Journal, registers: Sequence[str], *, now: Callable[[], datetime]
    ) -> None:
        self._permit = permit
        self._journal = journal
        self._registers = tuple(registers)
        self._now = now

    def recall(self) -> None:
        """The order that a former process was given."""
        text = self._journal.fact(ORDER_FACT)
        self._permit.emergency.order = None if text is None else Order(**json.loads(text))

    async def give(self, minutes: int, by: str, why: str) -> Order | None:
        """From now on for so many minutes; 0 ends it. On disk when it returns."""
        order = ordered(self._now(), minutes, by, why) if minutes else None
        kept = None if order is None else json.dumps(asdict(order), ensure_ascii=False)
        await self._journal.set_fact(ORDER_FACT, kept)
        self._permit.emergency.order = order
        log.warning("permit mode: emergency sale", on=order is not None, by=by, why=why)
        told = {"on": order is not None, "by": by, "why": why, "until": None if order is None else order.until}
        for register in self._registers:
            await self._journal.note(register, "permit_emergency", told)
        return order
