"""Carrying out a plan: checks of marking codes, the document itself, and reading back what the drive made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from functools import partial
from typing import Final

from devices.errors import DeviceError, Rejected, Retryable
from devices.registers.base import Answered, Fiscal, Outcome, Warn
from devices.registers.codes import Accepted
from devices.registers.marking import unchecked
from devices.registers.pirit.archive import last_document, read_tlv
from devices.registers.pirit.errors import PRINTER
from devices.registers.pirit.exchange import Exchange
from devices.registers.pirit.fence import clear_away, in_drive
from devices.registers.pirit.marking import UNCHECKED, PiritCodes, attached
from devices.registers.pirit.plan import Plan
from devices.registers.pirit.profile import Profile
from devices.registers.readback import (
    PAPER_PENDING,
    answered_of_none,
    answered_of_old,
    refused_yet_made,
    surely_read_back,
)
from protocols.ffd.documents import document_code
from protocols.ffd.enums import FfdVersion
from protocols.ffd.receipt import Receipt
from protocols.pirit.commands.marking import AttachCode, CheckCode
from protocols.pirit.commands.receipts import CompareTotal
from protocols.pirit.commands.state import Status
from protocols.pirit.errors import BAD_PARAMETERS
from protocols.pirit.extended import DOCUMENT_OPEN, extended
from protocols.pirit.settings import PrinterMask

_NEVER_PRINTED: Final = Warn(
    code="printing_disabled",
    detail="setting 1 bit 7 is set: no document is printed",
    hint="В кассе отключена печать документов (таблица настроек 1, бит 7).",
)
_PRINTED: Final = Warn(
    code="printed_anyway",
    detail="58 has no mode without paper",
    hint="Чек коррекции на этой кассе печатается всегда.",
)
_OPEN: Final = extended(DOCUMENT_OPEN).code


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A document as its closing answered; `sign` None: it did not, and the drive tells. `pending`: paper is missing."""

    document: int
    sign: int | None = None
    shift: int | None = None
    receipt: int | None = None
    at: datetime | None = None
    pending: bool = False


class Receipts:
    """Makes documents on one connection."""

    def __init__(self, exchange: Exchange, codes: PiritCodes, profile: Profile, zone: tzinfo) -> None:
        self._exchange = exchange
        self._codes = codes
        self._profile = profile
        self._zone = zone

    async def make(self, receipt: Receipt, plan: Plan, base: Fiscal, *, heard: Callable[[Answered], None]) -> Outcome:
        """Everything from the first marking check to the comparison; MarkingRefused for a code that is [M-].

        `heard` is told what the closing answered. After a refusal nothing is left open; LinkError when the answer and
        the drive contradict each other.
        """
        before = await last_document(self._exchange)
        try:
            codes = await self._codes.check_all(plan.checks, refuse=plan.refuse)
        except DeviceError:
            await self._codes.give_up()
            raise
        try:
            made = await self._commands(plan, codes, before)
        except DeviceError as error:
            await undone(self._exchange, error, before)
            await self._codes.give_up()
            raise
        if plan.checks:
            self._codes.carried_away()
        if made.document <= before:
            raise answered_of_old(made.document, before)
        # The line may have made another number of it: then the drive does not have it.
        if made.document != before + 1 and made.document != (last := await last_document(self._exchange)):
            raise answered_of_none(made.document, last)
        if made.sign is not None:
            heard(Answered(document=made.document, sign=made.sign))
        return await self._read_back(receipt, made, base, codes)

    async def _commands(self, plan: Plan, codes: tuple[Accepted[CheckCode], ...], before: int) -> Made:
        try:
            await self._exchange.ask(plan.begin)
        except Rejected as error:
            if error.code != _OPEN:
                raise
            # Behind the fence nothing was open: late bytes of an older connection opened it. It is cancelled, then all
            # starts anew.
            raise Retryable(error.detail, number=error.number, hint=error.hint, code=error.code) from error
        accepted = iter(codes)
        for request in plan.lines:
            if isinstance(request, AttachCode):
                await self._attach(next(accepted))
            elif isinstance(request, CompareTotal):
                await self._compare(request)
            else:
                await self._exchange.ask(request)
        if plan.close is None:
            return Made(document=await last_document(self._exchange))
        try:
            reply = await self._exchange.ask(plan.close)
        except DeviceError as error:
            if error.number not in PRINTER or not in_drive(await self._exchange.ask(Status())):
                raise
            return Made(document=await last_document(self._exchange), pending=True)
        if reply.document is None:
            return Made(document=await last_document(self._exchange))
        return Made(
            document=reply.document, sign=reply.sign, shift=reply.shift, receipt=reply.receipt, at=reply.at
        )  # fmt: skip

    async def _attach(self, code: Accepted[CheckCode]) -> None:
        try:
            await self._exchange.ask(attached(code))
        except DeviceError as error:
            gone = None
            if error.number == UNCHECKED:
                gone = self._codes.forgotten(code.verdict.item, number=error.number, command=error.command)
            raise gone or error from error

    async def _compare(self, request: CompareTotal) -> None:
        try:
            await self._exchange.ask(request)
        except Rejected as error:
            if error.number != BAD_PARAMETERS:
                raise
            raise Rejected(
                f"the register's total is not {request.sum} kopecks: its settings change sums, or the line spoilt some",
                number=error.number,
                command=error.command,
                hint="Касса насчитала другой итог, чек отменён. Проверьте настройки расчётов кассы и кабель.",
                code="total_differs",
            ) from error

    async def _read_back(
        self, receipt: Receipt, made: Made, base: Fiscal, codes: tuple[Accepted[CheckCode], ...]
    ) -> Outcome:
        fiscal = replace(
            base,
            document=made.document,
            sign=made.sign or 0,
            datetime=made.at.replace(tzinfo=self._zone) if made.at else base.datetime,
            shift=made.shift,
            number=made.receipt,
            code=document_code(receipt),
        )
        verdicts = tuple(one.verdict for one in codes)
        if self._profile.identity.ffd is not FfdVersion.V1_2 and receipt.correction is None:
            verdicts = tuple(unchecked(index) for index, item in enumerate(receipt.items) if item.marking is not None)
        read, identity = partial(read_tlv, self._exchange, made.document), self._profile.identity
        outcome = await surely_read_back(read, receipt, identity, fiscal, verdicts, zone=self._zone)
        warnings = []
        if made.pending:
            warnings.append(PAPER_PENDING)
        if receipt.correction is not None and not receipt.print_paper:
            warnings.append(_PRINTED)
        if receipt.print_paper and self._profile.settings.printer & PrinterMask.NO_PRINT:
            warnings.append(_NEVER_PRINTED)
        return replace(outcome, warnings=(*outcome.warnings, *warnings))


async def undone(exchange: Exchange, error: DeviceError, before: int) -> None:
    """Leave nothing behind after a refusal; LinkError where the drive has made a document in spite of it."""
    try:
        await clear_away(exchange)
    except DeviceError as obstacle:
        # The refusal itself may be what keeps it from being cancelled (no paper): that one is told.
        if error.number in PRINTER:
            raise error from obstacle
        raise
    now = await last_document(exchange)
    if now != before:
        raise refused_yet_made(error, before, now) from error
