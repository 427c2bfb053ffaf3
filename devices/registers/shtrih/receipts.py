"""Carrying out a plan: checks of marking codes, the document itself, and reading back what the drive made of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo
from functools import partial

from devices.errors import DeviceError, NeedsOperator, Rejected, Retryable
from devices.registers.base import Answered, Fiscal, MarkingVerdict, Outcome, Warn
from devices.registers.codes import refuse_bad
from devices.registers.marking import unchecked
from devices.registers.readback import PAPER_PENDING, answered_of_old, refused_yet_made, surely_read_back
from devices.registers.shtrih.archive import read_tlv
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.fence import cancel_open, print_again, skip_printing
from devices.registers.shtrih.marking import ShtrihCodes
from devices.registers.shtrih.plan import Plan
from devices.registers.shtrih.profile import Profile
from devices.registers.timing import Timeouts
from protocols.ffd.documents import document_code
from protocols.ffd.enums import FfdVersion
from protocols.ffd.receipt import Receipt
from protocols.shtrih.commands.drive import DriveStatus
from protocols.shtrih.commands.marking import BindCode
from protocols.shtrih.commands.operations import CloseReply, CorrectionReply, CorrectionV2
from protocols.shtrih.errors import RECEIPT_OPEN
from protocols.shtrih.statuses import Submode

#: Values of table 17 field 7 under which no document is printed at all.
NEVER_PRINTED = frozenset({2, 3})

#: The paper broke under the document. Passive lack of paper (1) comes after a document that was printed whole.
INTERRUPTED = frozenset({Submode.ACTIVE_NO_PAPER, Submode.WAITING_CONTINUE})

_NEVER_PRINTED = Warn(
    code="printing_disabled",
    detail="table 17 field 7 is set so that no document is printed",
    hint="В кассе отключена печать документов (таблица 17, поле 7).",
)


Verdicts = tuple[MarkingVerdict, ...]


class Receipts:
    """Makes documents on one connection."""

    def __init__(
        self, exchange: Exchange, codes: ShtrihCodes, profile: Profile, timeouts: Timeouts, zone: tzinfo
    ) -> None:
        self._exchange = exchange
        self._codes = codes
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
        """Everything from the first marking check to the comparison; MarkingRefused for a code that is [M-].

        `last_document`: the drive's last one before, as far as known. `heard` is told what the closing answered. After
        a refusal nothing is left open; LinkError when the answer and the drive contradict each other.
        """
        skip = not receipt.print_paper and self._profile.skip_printing not in NEVER_PRINTED
        if last_document is None:
            last_document = (await self._exchange.ask(DriveStatus(self._exchange.password))).last_document
        try:
            accepted = await self._codes.check_all(plan.checks, refuse=plan.refuse)
        except DeviceError:
            await self._codes.give_up()
            raise
        if skip:
            await skip_printing(self._exchange)
        try:
            made, verdicts = await self._commands(plan, tuple(one.verdict for one in accepted))
        except DeviceError as error:
            await self._undo(error, last_document, skip=skip)
            raise
        if plan.checks:
            self._codes.carried_away()
        if made.document <= last_document:
            raise answered_of_old(made.document, last_document)
        heard(Answered(document=made.document, sign=made.sign))
        return await self._read_back(receipt, made, base, verdicts)

    async def _commands(self, plan: Plan, verdicts: Verdicts) -> tuple[CloseReply | CorrectionReply, Verdicts]:
        try:
            await self._exchange.act(plan.begin)
        except Rejected as error:
            if error.number != RECEIPT_OPEN:
                raise
            # Behind the fence nothing was open: late bytes of an older connection opened it. It is cancelled, then all
            # starts anew.
            raise Retryable(error.detail, number=error.number, hint=error.hint, code=error.code) from error
        codes = iter(plan.checks)
        for request in plan.lines:
            reply = await self._exchange.act(request)
            if isinstance(request, BindCode):
                code = next(codes)
                if reply.check:
                    anew = self._codes.checked_anew(code, reply.check)
                    verdicts = tuple(anew if one.item == code.item else one for one in verdicts)
                    refuse_bad(verdicts, refuse=plan.refuse)
        if isinstance(plan.close, CorrectionV2):
            return await self._exchange.act(plan.close), verdicts
        return await self._exchange.act(plan.close), verdicts

    async def _undo(self, error: DeviceError, last_document: int, *, skip: bool) -> None:
        """Leave nothing behind after a refusal."""
        try:
            drive = await cancel_open(self._exchange, self._timeouts)
        except DeviceError as obstacle:
            # The refusal itself may be what keeps it from being cancelled (no paper): that one is told.
            if isinstance(error, NeedsOperator):
                raise error from obstacle
            raise
        if drive.last_document != last_document:
            raise refused_yet_made(error, last_document, drive.last_document) from error
        await self._codes.give_up()
        if skip:
            with suppress(DeviceError):
                await print_again(self._exchange)

    async def _read_back(
        self, receipt: Receipt, made: CloseReply | CorrectionReply, base: Fiscal, verdicts: Verdicts
    ) -> Outcome:
        fiscal = Fiscal(
            fn=base.fn,
            registration_number=base.registration_number,
            document=made.document,
            sign=made.sign,
            datetime=made.made_at.replace(tzinfo=self._zone) if made.made_at else base.datetime,
            shift=base.shift,
            code=document_code(receipt),
        )
        if self._profile.identity.ffd is not FfdVersion.V1_2 and not isinstance(made, CorrectionReply):
            verdicts = tuple(unchecked(index) for index, item in enumerate(receipt.items) if item.marking is not None)
        read, identity = partial(read_tlv, self._exchange, made.document), self._profile.identity
        outcome = await surely_read_back(read, receipt, identity, fiscal, verdicts, zone=self._zone)
        if not receipt.print_paper:
            return outcome
        return replace(outcome, warnings=(*outcome.warnings, *await self._paper()))

    async def _paper(self) -> list[Warn]:
        """What became of the paper; waits while it is being printed."""
        if self._profile.skip_printing in NEVER_PRINTED:
            return [_NEVER_PRINTED]
        try:
            status = await self._exchange.printed()
        except Retryable:  # still at it after `timeouts.printing`
            return [PAPER_PENDING]
        return [PAPER_PENDING] if status.submode in INTERRUPTED else []
