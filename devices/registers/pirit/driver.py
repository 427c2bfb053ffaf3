"""Viki Print and Пирит: `devices.registers.base.Register` over the commands of `protocols.pirit`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import partial
from typing import Any, Final

from devices.errors import DeviceError, LinkError, NeedsOperator, ProtocolError, Rejected, RequestError
from devices.links.base import Link
from devices.registers.alike import heard_alike
from devices.registers.archive import empty_fiscal
from devices.registers.base import (
    Answered,
    ArchivedDocument,
    Bookmark,
    Capability,
    CodeCheck,
    DriveState,
    Identity,
    Keep,
    MarkingState,
    OfdState,
    Outcome,
    Register,
    RegisterState,
    SettingsTable,
    Warn,
)
from devices.registers.marking import NOT_IN_FFD, marking_not_registered
from devices.registers.pirit.archive import last_document, read_document
from devices.registers.pirit.exchange import Exchange
from devices.registers.pirit.faults import faults
from devices.registers.pirit.fence import CUT, clear_away
from devices.registers.pirit.marking import Fraction, PiritCodes, check_request
from devices.registers.pirit.notifications import read_marking, unload
from devices.registers.pirit.options import Options
from devices.registers.pirit.plan import DEPARTMENT, NOBODY, make_plan, operator
from devices.registers.pirit.profile import Profile, read_profile
from devices.registers.pirit.receipts import Receipts, undone
from devices.registers.pirit.reports import read_counters, read_settings, with_counters
from devices.registers.pirit.status import read_drive, read_ofd, read_state
from devices.registers.readback import answered_of_old
from devices.registers.timing import Timeouts
from protocols.ffd.characters import fit
from protocols.ffd.enums import FfdVersion, Measure, Operation
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Cashier, Receipt
from protocols.pirit.commands import Asks, WireError, encode_request
from protocols.pirit.commands.drive import DriveNumber, LastDocument, ShiftState
from protocols.pirit.commands.printing import OpenDrawer, PrintArchived, PrintText
from protocols.pirit.commands.receipts import CashInOut, CloseDocument, OpenDocument
from protocols.pirit.commands.shifts import CloseShift, OpenShift, XReport
from protocols.pirit.commands.state import BeginWork, Status, WriteClock
from protocols.pirit.errors import CLOCK_BEFORE_LAST, CLOCK_DIFFERS, CLOSE_SHIFT_FIRST, SHIFT_EXPIRED, WRONG_STATE
from protocols.pirit.framing import FIRST_ID
from protocols.pirit.statuses import DocumentType, Flag

_CAPABILITIES: Final = frozenset(Capability) - {Capability.MARKING, Capability.CORRECTION_ITEMS}

#: Seconds within which nobody takes a register's line, changes its settings and gives it back.
SAME_SETTINGS: Final = 10.0

#: Refusals of 14 while a shift is open.
_SHIFT_IN_THE_WAY: Final = frozenset({WRONG_STATE, CLOSE_SHIFT_FIRST})


class PiritRegister(Register):
    """`zone`: where the register's wall clock ticks."""

    family = "pirit"

    def __init__(
        self, link: Link, *, zone: tzinfo, timeouts: Timeouts | None = None, options: Options | None = None
    ) -> None:
        self._zone = zone
        self._timeouts = timeouts or Timeouts()
        self._exchange = Exchange(link, self._timeouts, options or Options())
        self._link = link
        self._profile: Profile | None = None
        self._codes = PiritCodes(self._exchange, self._tell)
        self._ready = False  # nothing is open, and nothing was sent since that was seen

    # --- connection

    @property
    def identity(self) -> Identity:
        return self._known().identity

    @property
    def capabilities(self) -> frozenset[Capability]:
        identity = self.identity
        extra = set()
        if identity.ffd is FfdVersion.V1_2:
            extra.add(Capability.CORRECTION_ITEMS)
            if identity.marking:
                extra.add(Capability.MARKING)
        return _CAPABILITIES | extra

    async def connect(self) -> None:
        await self.close()
        try:
            heard_at = self._exchange.heard_at
            await self._exchange.open()
            begun = await self._clear_away()
            now = self._now()
            lately = now - heard_at <= SAME_SETTINGS
            self._profile = await read_profile(self._exchange, now, self._profile, heard_lately=lately)
            if begun:
                await self._fence_codes()
        except BaseException:
            await self.close()
            raise

    async def _clear_away(self) -> bool:
        """False where the register's clock keeps it from beginning work: it must still be reachable, to be set."""
        try:
            self._ready = await clear_away(self._exchange) is None
        except NeedsOperator as error:
            if error.number != CLOCK_BEFORE_LAST:
                raise
            return False
        return True

    async def _fence_codes(self) -> None:
        """No marking code is half accepted."""
        if Capability.MARKING in self.capabilities:
            await self._codes.fence()

    async def close(self) -> None:
        self._ready = False
        self._codes.lost()
        await self._exchange.close()

    # --- asking

    async def state(self) -> RegisterState:
        state = await read_state(self._exchange, self._zone)
        self._profile = replace(self._known(), clock=state.clock.replace(tzinfo=None), read_at=self._now())
        return state

    async def drive(self) -> DriveState:
        return await read_drive(self._exchange, self._zone, self._clock())

    async def ofd(self) -> OfdState:
        return await read_ofd(self._exchange, self._zone)

    async def bookmark(self, *, counters: bool = False) -> Bookmark:
        self.answered = None
        self._ready = await clear_away(self._exchange) is None
        return await heard_alike(partial(self._place, counters=counters), None)

    async def _place(self, *, counters: bool) -> Bookmark:
        shift = await self._exchange.ask(ShiftState())
        bookmark = Bookmark(
            fn=(await self._exchange.ask(DriveNumber())).value,
            document=(await self._exchange.ask(LastDocument())).value,
            shift=shift.shift,
            shift_open=bool(shift.open),
        )
        # Read each time: a cashier at the till may have taken money in since.
        return await with_counters(self._exchange, bookmark) if counters else bookmark

    async def document(self, number: int) -> ArchivedDocument | None:
        base = empty_fiscal(self.identity, self._clock())
        return await read_document(self._exchange, number, base=base, zone=self._zone)

    async def counters(self) -> Mapping[str, int]:
        return await read_counters(self._exchange)

    async def settings(self) -> Sequence[SettingsTable]:
        return await read_settings(self._exchange)

    async def check_code(
        self,
        code: bytes,
        *,
        operation: Operation = Operation.SELL,
        measure: Measure = Measure.PIECE,
        quantity: Decimal = Decimal(1),
        fraction: Fraction | None = None,
    ) -> CodeCheck:
        if self.identity.ffd is not FfdVersion.V1_2:
            return NOT_IN_FFD
        if Capability.MARKING not in self.capabilities:
            raise marking_not_registered("the code")
        request = check_request(code, operation=operation, measure=measure, quantity=quantity, fraction=fraction)
        try:
            encode_request(FIRST_ID, request)
        except WireError as error:
            raise RequestError(
                f"the register cannot take this code: {error}",
                hint="Код маркировки слишком длинный или пустой. Отсканируйте его ещё раз.",
                code="marking_code_unfit",
            ) from error
        return await self._codes.ask(request)

    async def marking_state(self) -> MarkingState | None:
        if Capability.MARKING not in self.capabilities:
            return None
        return await read_marking(self._exchange, self._zone, autonomous=self._known().autonomous)

    async def unload_notifications(self, keep: Keep) -> int:
        state = await self.marking_state()
        if state is None or not state.autonomous:
            return await super().unload_notifications(keep)
        return await unload(self._exchange, keep)

    def faults(self, receipt: Receipt) -> tuple[Fault, ...]:
        return faults(receipt, self._known())

    # --- acting

    async def open_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(OpenShift(operator(cashier)))

    async def close_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(CloseShift(operator(cashier)))

    async def fiscalise(self, receipt: Receipt) -> Outcome:
        await self.check(receipt)
        profile = self._known()
        plan = make_plan(receipt, profile)
        await self._be_ready()
        self.answered = None
        receipts = Receipts(self._exchange, self._codes, profile, self._zone)
        base = empty_fiscal(profile.identity, self._clock())
        return await receipts.make(receipt, plan, base, heard=self._heard)

    async def cash_in(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._unfiscal(DocumentType.CASH_IN, (CashInOut("", kopecks),), cashier)

    async def cash_out(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._unfiscal(DocumentType.CASH_OUT, (CashInOut("", kopecks),), cashier)

    async def x_report(self) -> Mapping[str, int]:
        await self._be_ready()
        await self._exchange.ask(XReport(NOBODY))
        return await self.counters()

    async def open_drawer(self) -> None:
        await self._exchange.ask(OpenDrawer())

    async def print_text(self, lines: Sequence[str]) -> None:
        requests = [PrintText(_printable(line) or " ") for line in lines]
        try:
            for request in requests:
                encode_request(FIRST_ID, request)
        except (WireError, UnicodeEncodeError) as error:
            raise RequestError(
                f"the register cannot print this text: {error}",
                hint="В тексте слишком длинная строка или символы, которых касса не знает.",
                code="text_unprintable",
            ) from error
        await self._unfiscal(DocumentType.SERVICE, requests, None)

    async def copy_last(self) -> None:
        await self._be_ready()
        await self._exchange.ask(PrintArchived(await last_document(self._exchange)))

    async def set_clock(self, now: datetime) -> None:
        """Also where the clock itself kept work from being begun (0Ch)."""
        local = now.astimezone(self._zone).replace(tzinfo=None, microsecond=0)
        status = await self._exchange.ask(Status())
        if not (status.flags & Flag.WORK_NOT_BEGUN and await self._begun_at(local)):
            await self._write_clock(local, again=not status.flags & Flag.SHIFT_OPEN)
        self._profile = replace(self._known(), clock=local, read_at=self._now())
        self._ready = await clear_away(self._exchange) is None

    async def recover(self) -> None:
        obstacle = await clear_away(self._exchange)
        await self._fence_codes()
        self._ready = obstacle is None
        if obstacle is not None:
            raise obstacle

    # --- helpers

    async def _tell(self, warn: Warn) -> None:
        if self.tell is not None:
            await self.tell(warn)

    def _heard(self, answered: Answered) -> None:
        self.answered = answered

    def _known(self) -> Profile:
        if self._profile is None:
            raise LinkError(
                f"{self._link.name}: the register was never connected",
                hint="Связь с кассой ещё не установлена.",
                code="link_closed",
            )
        return self._profile

    async def _be_ready(self) -> None:
        """Nothing is open, and no document waits for its paper."""
        ready, self._ready = self._ready, False
        if not ready:
            obstacle = await clear_away(self._exchange)
            if obstacle is not None:
                raise obstacle

    async def _report(self, request: Asks[Any]) -> Outcome:
        await self._be_ready()
        before = await last_document(self._exchange)
        try:
            await self._exchange.ask(request)
        except DeviceError as error:
            await undone(self._exchange, error, before)
            raise
        last = await last_document(self._exchange)
        if last <= before:
            raise answered_of_old(last, before)
        document = await self.document(last)
        if document is None:
            raise ProtocolError(
                f"the drive does not know its last document {last}",
                hint="Накопитель не отдаёт последний документ. Передайте журнал обмена в поддержку.",
                code="document_missing",
            )
        return Outcome(fiscal=document.fiscal)

    async def _unfiscal(self, kind: DocumentType, lines: Sequence[Asks[Any]], cashier: Cashier | None) -> None:
        await self._be_ready()
        try:
            await self._exchange.ask(OpenDocument(kind, DEPARTMENT, operator(cashier)))
            for request in lines:
                await self._exchange.ask(request)
            await self._exchange.ask(CloseDocument(CUT))
        except DeviceError:
            with suppress(DeviceError):
                await clear_away(self._exchange)
            raise

    async def _begun_at(self, local: datetime) -> bool:
        """Work is begun by our clock: true where the register took it over."""
        try:
            await self._exchange.ask(BeginWork(local))
        except NeedsOperator as error:
            if error.number not in {CLOCK_DIFFERS, CLOCK_BEFORE_LAST}:
                raise
            return False
        return True

    async def _write_clock(self, local: datetime, *, again: bool) -> None:
        """A step of more than a day is refused once and taken when it is told again."""
        try:
            await self._exchange.ask(WriteClock(local))
        except DeviceError as error:
            if error.number == SHIFT_EXPIRED and again:
                await self._write_clock(local, again=False)
                return
            if error.number not in _SHIFT_IN_THE_WAY:
                raise
            raise Rejected(
                f"the clock can be set only while the shift is closed ({error.detail}); close the shift first",
                number=error.number,
                command=error.command,
                hint="Часы кассы устанавливают при закрытой смене: снимите Z-отчёт и повторите.",
                code="shift_must_be_closed",
            ) from error

    def _clock(self) -> datetime:
        """The register's wall clock now, reckoned from what it showed when we connected."""
        profile = self._known()
        passed = timedelta(seconds=self._now() - profile.read_at)
        return (profile.clock + passed).replace(tzinfo=self._zone)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _printable(line: str) -> str:
    """In the device's characters; what has no likeness among them is left for the command to refuse."""
    fitted = fit(line)
    return line if fitted.refused else fitted.text


def make(link: Link, zone: tzinfo, timeouts: Timeouts, options: Mapping[str, str]) -> PiritRegister:
    """A closed driver; RequestError for an option that is none."""
    return PiritRegister(link, zone=zone, timeouts=timeouts, options=Options.of(options))
