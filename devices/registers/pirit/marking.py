"""Marking codes and the drive's table of checked ones: 79/1, 79/2, 79/3.

A code that was checked and accepted stays in the drive until a receipt carries it away, and one that was checked waits
for a decision. Neither may be left when a receipt comes to nothing: a check is decided at once, the table is emptied
behind every fence and after every refusal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from devices.errors import DeviceError, Rejected, Retryable
from devices.registers.base import CodeCheck, MarkingVerdict
from devices.registers.marking import (
    MINUS,
    ONLINE_FINE,
    ONLINE_SILENT,
    UNMOVED,
    Flag,
    MarkingRefused,
    is_measured,
    letter,
    planned_status,
    reason_of,
    verdict,
)
from devices.registers.pirit.exchange import Exchange
from devices.registers.waiting import Tell, noticed
from protocols.ffd.documents import plain_quantity
from protocols.ffd.enums import Measure, Operation
from protocols.ffd.receipt import Item
from protocols.fn.statuses import Fault
from protocols.pirit.commands.marking import AttachCode, CheckCode, CheckCodeReply, ClearCodes, DecideCode, MarkingState
from protocols.pirit.errors import of_drive
from protocols.pirit.fields import Part

_REJECT, _ACCEPT = 0, 1
#: 79/0's first number when no code is being checked.
NO_CHECK = 1
#: 79/1: ask the marking system whatever the drive says.
_INSIST = 1
#: 2102, the only mode there is.
_MODE = 0

UNCHECKED = of_drive(Fault.MARKING_UNCHECKED)
_BLOCKED = of_drive(Fault.MARKING_BLOCKED)
#: Refusals of 79/1 that somebody else's leftovers cause: cleared away, the checks begin anew.
_LEFTOVERS = frozenset({of_drive(Fault.MARKING_SEQUENCE), of_drive(Fault.MARKING_FULL)})

#: How often and how long apart a code is tried again while marking is blocked: that may be for a moment only, while a
#: notification goes out (UNCONFIRMED).
_BLOCKED_TRIES, _BLOCKED_PAUSE = 3, 1.0

T = TypeVar("T")
Fraction = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedCode:
    """79/1 for the item with this index.

    `over`: it tells of a movement that may have happened already, as corrections do: where the marking system finds it
    wrong, the code is asked about once more, as of a unit that stays where it is.
    """

    item: int
    check: CheckCode
    over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A code in the drive's table as it was asked about last."""

    check: CheckCode
    verdict: MarkingVerdict

    @property
    def attach(self) -> AttachCode:
        """79/15 for its line."""
        return AttachCode(self.check.code, self.check.planned, _MODE, self.verdict.flags, self.check.unit)


def check_request(
    code: bytes,
    *,
    operation: Operation,
    measure: Measure = Measure.PIECE,
    quantity: Decimal = Decimal(1),
    fraction: Fraction | None = None,
) -> CheckCode:
    """79/1 of a code that is about to change hands so."""
    planned = planned_status(operation, measured=is_measured(measure, fraction=fraction is not None))
    amount = plain_quantity(quantity) if fraction is None else Part(*fraction)
    return CheckCode(code, _MODE, planned, amount, measure.code, _INSIST)


def check_of(item: Item, operation: Operation) -> CheckCode:
    """79/1 for a line of a receipt."""
    assert item.marking is not None, "asked for lines with a code"
    return check_request(
        item.marking.code,
        operation=operation,
        measure=item.measure,
        quantity=item.quantity,
        fraction=part_of(item),
    )


def part_of(item: Item) -> Fraction | None:
    """Numerator and denominator of a part of a piece."""
    marking = item.marking
    if marking is None or marking.numerator is None or marking.denominator is None:
        return None
    return marking.numerator, marking.denominator


class Codes:
    """The drive's table on one connection."""

    def __init__(self, exchange: Exchange, tell: Tell) -> None:
        self._exchange = exchange
        self._tell = tell
        self._dirty = True  # something may be in the table
        self._forgot = False  # the last receipt came to nothing because a code was gone from the table

    def lost(self) -> None:
        """The connection is over: what is in the table is not known any more."""
        self._dirty = True

    async def fence(self) -> None:
        """Nothing of an earlier connection is left in the table."""
        status = await self._exchange.try_ask(MarkingState())
        if status is None or status.check != NO_CHECK or status.saved:
            await self.clear()
        self._dirty = False

    async def clear(self) -> None:
        """Reject what waits for a decision, forget what was accepted."""
        self._dirty = True
        try:
            await self._exchange.ask(ClearCodes())
        except Rejected:
            # UNCONFIRMED whether all drives clear while a decision is wanted: then that comes first.
            with suppress(Rejected):
                await self._decide(_REJECT)
            await self._exchange.ask(ClearCodes())
        self._dirty = False

    async def give_up(self) -> None:
        """`clear` beside another failure, which is the one to be told: what is left is found at the next receipt."""
        if self._dirty:
            with suppress(DeviceError):
                await self.clear()

    def carried_away(self) -> None:
        """A receipt was closed: its codes left the table with it."""
        self._dirty = self._forgot = False

    def gone(self, refusal: DeviceError, item: int) -> DeviceError:
        """79/15 did not find a code that was accepted a moment ago: Retryable the first time, since the line may have
        made another code of it. When it happens again, the register forgets, and its word counts."""
        if refusal.number != UNCHECKED or self._forgot:
            return refusal
        self._forgot = True
        return Retryable(
            f"/items/{item}/marking: the drive does not know the code that it has just accepted",
            number=refusal.number,
            command=refusal.command,
            hint="Накопитель забыл проверенный код. Чек будет пробит заново.",
            code="marking_check_lost",
        )

    async def check_all(self, codes: Sequence[MarkedCode], *, refuse: bool) -> tuple[Accepted, ...]:
        """Check and accept the codes of a receipt. With `refuse`, [M-] of any of them is MarkingRefused.

        All are checked even then, so that the caller hears of every bad line at once.
        """
        if not codes:
            return ()
        found = await self._begun(lambda: self._checked(codes, refuse=refuse))
        if refuse and any(one.verdict.result == MINUS for one in found):
            raise MarkingRefused([one.verdict for one in found])
        return found

    async def ask(self, request: CheckCode) -> CodeCheck:
        """One check, rejected at once."""
        reply = await self._begun(lambda: self._check(request))
        await self._decide(_REJECT)
        self._dirty = False
        return said(reply, request)

    async def _begun(self, check: Callable[[], Awaitable[T]]) -> T:
        """On an empty table, and once more where leftovers were in the way."""
        if self._dirty:
            await self.clear()
        self._dirty = True
        try:
            return await check()
        except Rejected as error:
            if error.number not in _LEFTOVERS:
                raise
        await self.clear()
        self._dirty = True
        return await check()

    async def _checked(self, codes: Sequence[MarkedCode], *, refuse: bool) -> tuple[Accepted, ...]:
        found = []
        spoilt = False
        for code in codes:
            request = code.check
            check = said(await self._check(request), request)
            if (refuse or code.over) and check.result == MINUS:
                # The line may have spoilt the code under its one-byte checksum: a first refusal is not believed.
                await self._decide(_REJECT)
                check = said(await self._check(request), request)
            if code.over and check.result == MINUS:
                await self._decide(_REJECT)
                request = CheckCode(
                    request.code, request.mode, UNMOVED, request.quantity, request.unit, request.insist
                )  # fmt: skip
                check = said(await self._check(request), request)
            spoilt = spoilt or (refuse and check.result == MINUS)
            # Of a receipt that will not be made no code is accepted any more.
            flags = await self._decide(_REJECT if spoilt else _ACCEPT)
            decided = check if spoilt else _said(request, flags, check)
            found.append(Accepted(check=request, verdict=verdict(code.item, decided)))
        return tuple(found)

    async def _check(self, request: CheckCode) -> CheckCodeReply:
        for _ in range(_BLOCKED_TRIES):
            try:
                async with noticed(self._tell):
                    return await self._exchange.ask(request)
            except Rejected as error:
                if error.number != _BLOCKED:
                    raise
            await asyncio.sleep(_BLOCKED_PAUSE)
        return await self._exchange.ask(request)

    async def _decide(self, decision: int) -> int:
        return (await self._exchange.ask(DecideCode(decision))).value


def said(reply: CheckCodeReply, asked: CheckCode) -> CodeCheck:
    """79/1's answer in the house's words."""
    answered = reply.system_code is not None
    alone = bool(reply.result & Flag.AUTONOMOUS)
    heard = CodeCheck(
        flags=reply.result,
        result="",
        reason="",
        local=reply.result & (Flag.DRIVE_CHECKED | Flag.DRIVE_GOOD),
        local_reason=reply.reason,
        online=ONLINE_FINE if answered else None if alone else ONLINE_SILENT,
        processed=reply.system_code,
        server=reply.system_result,
        status=reply.status,
    )
    return _said(asked, reply.result, heard)


def _said(asked: CheckCode, flags: int, heard: CodeCheck) -> CodeCheck:
    """With these flags: the final word is 79/2's."""
    reason = reason_of(
        flags,
        planned=asked.planned,
        code=asked.code,
        local_reason=heard.local_reason,
        online=heard.online,
        processed=heard.processed,
        status=heard.status,
    )
    return replace(heard, flags=flags, result=letter(flags), reason=reason)
