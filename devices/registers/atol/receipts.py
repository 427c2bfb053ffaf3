"""Carrying out a plan: the document itself, and reading back what the drive made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from typing import Final

from devices.errors import DeviceError, LinkError, NeedsOperator, Rejected, Retryable
from devices.registers.archive import missing
from devices.registers.atol.archive import read_tlv, short_record
from devices.registers.atol.exchange import Exchange
from devices.registers.atol.fence import cancel_open, patient
from devices.registers.atol.modes import Modes
from devices.registers.atol.plan import Plan
from devices.registers.atol.profile import Profile
from devices.registers.atol.status import paper_text
from devices.registers.base import Answered, Fiscal, Outcome
from devices.registers.marking import unchecked
from devices.registers.readback import PAPER_PENDING, answered_of_old, refused_yet_made, surely_read_back
from devices.registers.timing import Timeouts
from protocols.atol.commands.drive import DriveStatus
from protocols.atol.commands.state import GetState
from protocols.atol.errors import EXTENDED, RECEIPT_OPEN, WRONG_SUM
from protocols.atol.statuses import Mode
from protocols.ffd.arithmetic import rubles
from protocols.ffd.receipt import Receipt

#: The tag is in the receipt already: it waited in the register for a document that was never made.
_WAITED: Final = EXTENDED[0x0201].code


class Receipts:
    """Makes documents on one connection."""

    def __init__(self, exchange: Exchange, modes: Modes, profile: Profile, timeouts: Timeouts, zone: tzinfo) -> None:
        self._exchange = exchange
        self._modes = modes
        self._profile = profile
        self._timeouts = timeouts
        self._zone = zone

    async def make(
        self,
        receipt: Receipt,
        plan: Plan,
        base: Fiscal,
        *,
        last_document: int | None,
        heard: Callable[[Answered], None],
    ) -> Outcome:
        """From the opening to the comparison.

        `last_document`: the drive's last one before, as far as known. 4Ah is answered without a number: the drive is
        asked for it, and `heard` is told once it stands one document further. After a refusal nothing is left open;
        LinkError when the answer and the drive contradict each other.
        """
        if last_document is None:
            last_document = (await self._exchange.ask(DriveStatus())).last_document
        try:
            await self._commands(receipt, plan, last_document)
        except DeviceError as error:
            await self._undo(error, last_document)
            raise
        now = (await self._exchange.ask(DriveStatus())).last_document
        if now <= last_document:
            raise answered_of_old(now, last_document)
        if now > last_document + 1:
            raise _several(last_document, now)
        return await self._read_back(receipt, base, now, heard)

    async def _commands(self, receipt: Receipt, plan: Plan, last_document: int) -> None:
        exchange = self._exchange
        try:
            await patient(
                exchange, self._timeouts, last_document, lambda: self._modes.act(Mode.REGISTRATION, plan.open)
            )
            for request in plan.lines:
                await exchange.act(request)
        except Rejected as error:
            if error.number != RECEIPT_OPEN and error.code != _WAITED:
                raise
            # Behind the fence nothing was open and nothing waited: it came of late bytes of an older connection, or of
            # a shift's report that was refused. With the receipt it is cancelled, then all starts anew.
            raise Retryable(
                error.detail, number=error.number, command=error.command, hint=error.hint, code=error.code
            ) from error
        await self._compare_total(receipt)
        for payment in plan.payments:
            await exchange.act(payment)
        await exchange.act(plan.close)

    async def _compare_total(self, receipt: Receipt) -> None:
        """Closing takes what is due for whatever lines there are: one that was lost or spoilt shows here."""
        total = (await self._exchange.ask(GetState())).sum
        if total != receipt.total:
            raise Rejected(
                f"the register counts {rubles(total)} where the receipt is {rubles(receipt.total)}",
                number=WRONG_SUM,
                command="get_state",
                hint="Касса насчитала в чеке другую сумму: чек отменён. Проверьте связь с кассой и её настройки.",
                code="total_differs",
            )

    async def _undo(self, error: DeviceError, last_document: int) -> None:
        """Leave nothing behind after a refusal."""
        try:
            drive = await cancel_open(self._exchange)
        except DeviceError as obstacle:
            # The refusal itself may be what keeps it from being cancelled: that one is told.
            if isinstance(error, NeedsOperator):
                raise error from obstacle
            raise
        if drive.last_document != last_document:
            raise refused_yet_made(error, last_document, drive.last_document) from error

    async def _read_back(
        self, receipt: Receipt, base: Fiscal, number: int, heard: Callable[[Answered], None]
    ) -> Outcome:
        record = await short_record(self._exchange, number, base=base, zone=self._zone)
        if record is None:
            raise missing(number)
        heard(Answered(document=number, sign=record.fiscal.sign))
        verdicts = tuple(unchecked(index) for index, item in enumerate(receipt.items) if item.marking is not None)
        read, identity = partial(read_tlv, self._exchange, number), self._profile.identity
        outcome = await surely_read_back(read, receipt, identity, record.fiscal, verdicts, zone=self._zone)
        if not receipt.print_paper or paper_text(await self._exchange.ask(GetState()))[1]:
            return outcome
        return replace(outcome, warnings=(*outcome.warnings, PAPER_PENDING))


def _several(before: int, now: int) -> LinkError:
    return LinkError(
        f"the drive went on from document {before} to {now} with one receipt",
        hint="На кассе работает кто-то ещё: программа проверит, какой документ её.",
        code="answer_contradicts_drive",
    )
