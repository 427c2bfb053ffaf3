"""Marking codes and the drive's table of checked ones: FF61, FF69, FF70 (§4.4).

A code that was checked and accepted stays in the drive until a receipt carries it away, and one that was checked waits
for a decision. Neither may be left when a receipt comes to nothing: a check is decided at once, the table is emptied
behind every fence and after every refusal.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal

from devices.errors import DeviceError, ProtocolError, Rejected, Retryable
from devices.registers.base import CodeCheck, MarkingVerdict
from devices.registers.marking import (
    MINUS,
    ONLINE_FINE,
    ONLINE_REJECTED,
    ONLINE_SILENT,
    UNMOVED,
    MarkingRefused,
    is_measured,
    letter,
    planned_status,
    reason_of,
    verdict,
)
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.oism_wait import ServerWait
from devices.registers.waiting import Tell, noticed
from protocols.ffd.documents import plain_quantity
from protocols.ffd.enums import Measure, Operation
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Item
from protocols.ffd.tlv import Element, TlvError, decode, encode, find
from protocols.shtrih.commands import WireError
from protocols.shtrih.commands.marking import CheckCode, CheckCodeReply, DecideCode, MarkingStatus
from protocols.shtrih.errors import (
    BAD_PARAMETERS,
    MARKING_BLOCKED,
    MARKING_FULL,
    MARKING_SEQUENCE,
    MARKING_UNCHECKED,
    UNSUPPORTED,
    WRONG_MODE,
)

_REJECT, _ACCEPT, _CLEAR = 0, 1, 2

#: FF70's first byte when no code is being checked.
_NO_CHECK = 1

#: Refusals of FF61 that somebody else's leftovers cause: cleared away, the checks begin anew.
_LEFTOVERS = frozenset({MARKING_SEQUENCE, MARKING_FULL})

#: What firmware without "clear" says to it.
_NO_SUCH_DECISION = frozenset({BAD_PARAMETERS, UNSUPPORTED})

#: How often and how long apart a code is tried again while marking is blocked (A2h): that may be for a moment only,
#: while a notification goes out (UNCONFIRMED).
_BLOCKED_TRIES, _BLOCKED_PAUSE = 3, 1.0

Fraction = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedCode:
    """FF61 for the item with this index.

    `over`: it tells of a movement that may have happened already, as corrections do: where the marking system finds it
    wrong, the code is asked about once more, as of a unit that stays where it is.
    """

    item: int
    check: CheckCode
    over: bool = False


def check_request(
    password: int,
    code: bytes,
    *,
    operation: Operation,
    measure: Measure = Measure.PIECE,
    quantity: Decimal = Decimal(1),
    fraction: Fraction | None = None,
) -> CheckCode:
    """FF61; the TLV of 2108, 1023 and 1291 only for what is measured or sold in part."""
    measured = is_measured(measure, fraction=fraction is not None)
    tlv = b""
    if measured:
        elements = [Element(T.QUANTITY_UNIT, measure.code), Element(T.QUANTITY, plain_quantity(quantity))]
        if fraction is not None:
            parts = (Element(T.NUMERATOR, fraction[0]), Element(T.DENOMINATOR, fraction[1]))
            elements.append(Element(T.FRACTIONAL_QUANTITY, parts))
        tlv = encode(elements)
    return CheckCode(password, planned_status(operation, measured=measured), 0, (code, tlv))


def check_of(password: int, item: Item, operation: Operation) -> CheckCode:
    """FF61 for a line of a receipt."""
    marking = item.marking
    assert marking is not None, "asked for lines with a code"
    parts = None
    if marking.numerator is not None and marking.denominator is not None:
        parts = marking.numerator, marking.denominator
    return check_request(
        password, marking.code, operation=operation, measure=item.measure, quantity=item.quantity, fraction=parts
    )


class Codes:
    """The drive's table on one connection."""

    def __init__(self, exchange: Exchange, tell: Tell) -> None:
        self._exchange = exchange
        self._tell = tell
        self._wait = ServerWait(exchange)
        self._dirty = True  # something may be in the table
        self._forgot = False  # the last receipt came to nothing because a code was gone from the table

    def lost(self) -> None:
        """The connection is over: what is in the table is not known any more."""
        self._dirty = True

    async def fence(self) -> None:
        """Nothing of an earlier connection is left in the table."""
        await self._wait.usual()
        status = None
        try:
            status = await self._exchange.ask(MarkingStatus(self._exchange.password))
        except Rejected as error:
            if error.number == WRONG_MODE:
                return  # it waits for its date (mode 6) and takes nothing before; the next receipt clears
        if status is None or status.check != _NO_CHECK or status.results:
            await self.clear()
        self._dirty = False

    async def clear(self) -> None:
        """Reject what waits for a decision, forget what was accepted."""
        self._dirty = True
        try:
            await self._decide(_CLEAR)
        except Rejected:
            # UNCONFIRMED whether all firmware clears while a decision is wanted: then that comes first.
            with suppress(Rejected):
                await self._decide(_REJECT)
            try:
                await self._decide(_CLEAR)
            except Rejected as error:
                # Old firmware knows two decisions; there a cancelled receipt takes its codes with it.
                if error.number not in _NO_SUCH_DECISION:
                    raise
        self._dirty = False

    async def give_up(self) -> None:
        """`clear` beside another failure, which is the one to be told: what is left is found at the next receipt."""
        await self._wait.calm_down()
        if self._dirty:
            with suppress(DeviceError):
                await self.clear()

    def carried_away(self) -> None:
        """A receipt was closed: its codes left the table with it."""
        self._dirty = self._forgot = False

    def checked_anew(self, code: MarkedCode, check: bytes) -> MarkingVerdict:
        """FF67 did not find a code that was accepted a moment ago, and checked what it was given: its verdict.

        Retryable the first time: the line may have made another code of it. When it happens again, the register
        forgets, and its word counts.
        """
        if not self._forgot:
            self._forgot = True
            raise Retryable(
                f"/items/{code.item}/marking: the drive does not know the code that it has just accepted",
                number=MARKING_UNCHECKED,
                command="bind_code",
                hint="Накопитель забыл проверенный код. Чек будет пробит заново.",
                code="marking_check_lost",
            )
        return bound(code, check)

    async def check_all(self, codes: Sequence[MarkedCode], *, refuse: bool) -> tuple[MarkingVerdict, ...]:
        """Check and accept the codes of a receipt. With `refuse`, [M-] of any of them is MarkingRefused.

        All are checked even then, so that the caller hears of every bad line at once.
        """
        if not codes:
            return ()
        if self._dirty:
            await self.clear()
        self._dirty = True
        try:
            found = await self._checked(codes, refuse=refuse)
        except Rejected as error:
            if error.number not in _LEFTOVERS:
                raise
            await self.clear()
            self._dirty = True
            found = await self._checked(codes, refuse=refuse)
        await self._wait.calm_down()
        refuse_bad(found, refuse=refuse)
        return found

    async def ask(self, request: CheckCode) -> CodeCheck:
        """One check, rejected at once."""
        if self._dirty:
            await self.clear()
        self._dirty = True
        try:
            reply = await self._check(request)
        except Rejected as error:
            if error.number not in _LEFTOVERS:
                raise
            await self.clear()
            self._dirty = True
            reply = await self._check(request)
        await self._decide(_REJECT)
        self._dirty = False
        return said(reply, request)

    async def _checked(self, codes: Sequence[MarkedCode], *, refuse: bool) -> tuple[MarkingVerdict, ...]:
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
                request = CheckCode(request.password, UNMOVED, request.mode, request.parts)
                check = said(await self._check(request), request)
            spoilt = spoilt or (refuse and check.result == MINUS)
            # Of a receipt that will not be made no code is accepted any more.
            flags = await self._decide(_REJECT if spoilt else _ACCEPT)
            if check.online == ONLINE_SILENT and code is not codes[-1]:
                await self._wait.hurry()
            found.append(verdict(code.item, check if spoilt or flags is None else _decided(check, flags, request)))
        return tuple(found)

    async def _check(self, request: CheckCode) -> CheckCodeReply:
        for _ in range(_BLOCKED_TRIES):
            try:
                async with noticed(self._tell):
                    return await self._exchange.ask(request)
            except Rejected as error:
                if error.number != MARKING_BLOCKED:
                    raise
            await asyncio.sleep(_BLOCKED_PAUSE)
        return await self._exchange.ask(request)

    async def _decide(self, decision: int) -> int | None:
        return (await self._exchange.ask(DecideCode(self._exchange.password, decision))).flags


def refuse_bad(marking: Sequence[MarkingVerdict], *, refuse: bool) -> None:
    """MarkingRefused where the caller does not sell what is [M-]."""
    if refuse and any(one.result == MINUS for one in marking):
        raise MarkingRefused(marking)


def said(reply: CheckCodeReply, asked: CheckCode) -> CodeCheck:
    """FF61's answer in the house's words."""
    online = reply.online_code
    fault = reply.online[1] if online == ONLINE_REJECTED and len(reply.online) > 1 else None
    # Before the online check there is only the drive's own result, and an autonomous register has no other.
    flags = reply.flags if reply.flags is not None else reply.local
    server = _server(reply.server_tlv) if online == ONLINE_FINE else {}
    processed, status = server.get(T.REQUEST_PROCESSING_CODE), server.get(T.OISM_STATUS_RESPONSE)
    return CodeCheck(
        flags=flags,
        result=letter(flags),
        reason=reason_of(
            flags,
            planned=asked.status,
            code=asked.parts[0],
            local_reason=reply.reason,
            online=online,
            processed=processed,
            status=status,
        ),
        local=reply.local,
        local_reason=reply.reason,
        kind=reply.kind,
        online=online,
        fault=fault,
        processed=processed,
        server=server.get(T.REQUEST_PROCESSING_RESULT),
        status=status,
    )


def bound(code: MarkedCode, check: bytes) -> MarkingVerdict:
    """What FF67 answers of a code that the table did not hold: the check it made then."""
    try:
        return verdict(code.item, said(CheckCodeReply.decode(check), code.check))
    except WireError as error:
        raise ProtocolError(
            f"FF67's answer holds a check that does not parse: {error}",
            hint="Касса ответила непонятно. Передайте журнал обмена в поддержку.",
            code="answer_malformed",
        ) from error


def _decided(check: CodeCheck, flags: int, asked: CheckCode) -> CodeCheck:
    """The final word is FF69's."""
    return replace(
        check,
        flags=flags,
        result=letter(flags),
        reason=reason_of(
            flags,
            planned=asked.status,
            code=asked.parts[0],
            local_reason=check.local_reason,
            online=check.online,
            processed=check.processed,
            status=check.status,
        ),
    )


def _server(tlv: bytes) -> dict[T, int]:
    """Numbers of the server's answer; nothing where it cannot be read, because the flags say what counts."""
    wanted = (T.REQUEST_PROCESSING_CODE, T.REQUEST_PROCESSING_RESULT, T.OISM_STATUS_RESPONSE)
    try:
        elements = decode(tlv)
    except TlvError:
        return {}
    found = {tag: find(elements, tag) for tag in wanted}
    return {tag: one.value for tag, one in found.items() if one is not None and isinstance(one.value, int)}
