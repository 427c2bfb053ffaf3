"""Marking codes by 79: what is asked of one, and what was said."""

from __future__ import annotations

from devices.registers.base import CodeCheck
from devices.registers.codes import Accepted, Codes, settled
from devices.registers.marking import ONLINE_FINE, ONLINE_SILENT, UNMOVED, Flag, MarkedUnit
from devices.registers.pirit.exchange import Exchange
from devices.registers.waiting import Tell
from protocols.ffd.documents import plain_quantity
from protocols.fn.statuses import Fault
from protocols.pirit.commands.marking import AttachCode, CheckCode, CheckCodeReply, ClearCodes, DecideCode, MarkingState
from protocols.pirit.errors import of_drive
from protocols.pirit.fields import Part

#: 79/0's first number when no code is being checked.
NO_CHECK = 1
#: 79/1: ask the marking system whatever the drive says.
_INSIST = 1
#: 2102, the only mode there is.
_MODE = 0

#: 79/15 of a code that the table does not hold.
UNCHECKED = of_drive(Fault.MARKING_UNCHECKED)


def attached(code: Accepted[CheckCode]) -> AttachCode:
    """79/15 for the line of a code that was accepted."""
    check = code.check
    return AttachCode(check.code, check.planned, _MODE, code.verdict.flags, check.unit)


def check_request(unit: MarkedUnit) -> CheckCode:
    """79/1 of a code that is about to change hands so."""
    amount = plain_quantity(unit.quantity) if unit.fraction is None else Part(*unit.fraction)
    return CheckCode(unit.code, _MODE, unit.planned, amount, unit.measure.code, _INSIST)


class PiritCodes(Codes[CheckCode]):
    """By 79/1, 79/2 and 79/3."""

    leftovers = frozenset({of_drive(Fault.MARKING_SEQUENCE), of_drive(Fault.MARKING_FULL)})
    blocked = of_drive(Fault.MARKING_BLOCKED)

    def __init__(self, exchange: Exchange, tell: Tell) -> None:
        super().__init__(tell)
        self._exchange = exchange

    async def fence(self) -> None:
        status = await self._exchange.try_ask(MarkingState())
        if status is None or status.check != NO_CHECK or status.saved:
            await self.clear()
        self._dirty = False

    async def _asked(self, check: CheckCode) -> CodeCheck:
        return said(await self._exchange.ask(check), check)

    async def _decide(self, *, accept: bool) -> int:
        return (await self._exchange.ask(DecideCode(int(accept)))).value

    async def _empty(self) -> None:
        await self._exchange.ask(ClearCodes())

    def _unmoved(self, check: CheckCode) -> CheckCode:
        return CheckCode(check.code, check.mode, UNMOVED, check.quantity, check.unit, check.insist)

    def _with(self, flags: int, heard: CodeCheck, asked: CheckCode) -> CodeCheck:
        return settled(flags, heard, planned=asked.planned, code=asked.code)


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
    return settled(reply.result, heard, planned=asked.planned, code=asked.code)
