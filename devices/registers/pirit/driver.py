"""Viki Print and Пирит: `devices.registers.base.Register` over the commands of `protocols.pirit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from functools import partial
from typing import Any, Final

from devices.errors import DeviceError, NeedsOperator
from devices.links.base import Link
from devices.registers.alike import heard_alike
from devices.registers.base import (
    ArchivedDocument,
    Bookmark,
    Capability,
    CodeCheck,
    DriveState,
    Fiscal,
    Keep,
    MarkingState,
    OfdState,
    Outcome,
    RegisterState,
    SettingsTable,
)
from devices.registers.driver import BaseDriver, code_fits, printable, shift_must_be_closed, text_fits
from devices.registers.marking import MarkedUnit
from devices.registers.pirit.archive import last_document, read_document
from devices.registers.pirit.exchange import Exchange
from devices.registers.pirit.faults import faults
from devices.registers.pirit.fence import CUT, clear_away
from devices.registers.pirit.marking import PiritCodes, check_request
from devices.registers.pirit.notifications import read_marking, unload
from devices.registers.pirit.options import Options
from devices.registers.pirit.plan import DEPARTMENT, NOBODY, make_plan, operator
from devices.registers.pirit.profile import Profile, read_profile
from devices.registers.pirit.receipts import Receipts, undone
from devices.registers.pirit.reports import read_counters, read_settings, with_counters
from devices.registers.pirit.status import read_drive, read_ofd, read_state
from devices.registers.timing import Timeouts
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Cashier, Receipt
from protocols.pirit.commands import Asks, encode_request
from protocols.pirit.commands.drive import DriveNumber, LastDocument, ShiftState
from protocols.pirit.commands.printing import OpenDrawer, PrintArchived, PrintText
from protocols.pirit.commands.receipts import CashInOut, CloseDocument, OpenDocument
from protocols.pirit.commands.shifts import CloseShift, OpenShift, XReport
from protocols.pirit.commands.state import BeginWork, Status, WriteClock
from protocols.pirit.errors import CLOCK_BEFORE_LAST, CLOCK_DIFFERS, CLOSE_SHIFT_FIRST, SHIFT_EXPIRED, WRONG_STATE
from protocols.pirit.framing import FIRST_ID
from protocols.pirit.statuses import DocumentType, Flag

#: Refusals of 14 while a shift is open.
_SHIFT_IN_THE_WAY: Final = frozenset({WRONG_STATE, CLOSE_SHIFT_FIRST})


class Driver(BaseDriver[Profile]):
    """Viki Print and its relatives."""

    family = "pirit"
    correction_items = frozenset({FfdVersion.V1_2})

    def __init__(self, link: Link, *, zone: tzinfo, timeouts: Timeouts, options: Options) -> None:
        super().__init__(link, zone=zone, timeouts=timeouts)
        self._exchange = Exchange(link, timeouts, options)
        self._codes = PiritCodes(self._exchange, self._tell)
        self._ready = False  # nothing is open, and nothing was sent since that was seen

    # --- connection

    async def _connect(self) -> None:
        heard_at = self._exchange.heard_at
        await self._exchange.open()
        begun = await self._clear_away()
        lately = self._lately(heard_at)
        self._profile = await read_profile(self._exchange, self._now(), self._profile, heard_lately=lately)
        if begun:
            await self._fence_codes()

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
        self._saw(state.clock)
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

    async def _archived(self, number: int, base: Fiscal) -> ArchivedDocument | None:
        return await read_document(self._exchange, number, base=base, zone=self._zone)

    async def counters(self) -> Mapping[str, int]:
        return await read_counters(self._exchange)

    async def settings(self) -> Sequence[SettingsTable]:
        return await read_settings(self._exchange)

    async def _check_code(self, unit: MarkedUnit) -> CodeCheck:
        request = check_request(unit)
        with code_fits():
            encode_request(FIRST_ID, request)
        return await self._codes.ask(request)

    async def _marking(self) -> MarkingState:
        return await read_marking(self._exchange, self._zone, autonomous=self._known().autonomous)

    async def _unload(self, keep: Keep) -> int:
        return await unload(self._exchange, keep)

    def faults(self, receipt: Receipt) -> tuple[Fault, ...]:
        return faults(receipt, self._known())

    # --- acting

    async def open_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(DocumentCode.SHIFT_OPEN, OpenShift(operator(cashier)))

    async def close_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(DocumentCode.SHIFT_CLOSE, CloseShift(operator(cashier)))

    async def fiscalise(self, receipt: Receipt) -> Outcome:
        await self.check(receipt)
        profile = self._known()
        plan = make_plan(receipt, profile)
        await self._be_ready()
        self.answered = None
        receipts = Receipts(self._exchange, self._codes, profile, self._zone)
        return await receipts.make(receipt, plan, self._empty_fiscal(), heard=self._heard)

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
        requests = [PrintText(printable(line) or " ") for line in lines]
        with text_fits():
            for request in requests:
                encode_request(FIRST_ID, request)
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
        self._saw(local)
        self._ready = await clear_away(self._exchange) is None

    async def recover(self) -> None:
        obstacle = await clear_away(self._exchange)
        await self._fence_codes()
        self._ready = obstacle is None
        if obstacle is not None:
            raise obstacle

    # --- helpers

    async def _be_ready(self) -> None:
        """Nothing is open, and no document waits for its paper."""
        ready, self._ready = self._ready, False
        if not ready:
            obstacle = await clear_away(self._exchange)
            if obstacle is not None:
                raise obstacle

    async def _report(self, code: DocumentCode, request: Asks[Any]) -> Outcome:
        await self._be_ready()
        before = await last_document(self._exchange)
        try:
            await self._exchange.ask(request)
        except DeviceError as error:
            await undone(self._exchange, error, before)
            raise
        return Outcome(fiscal=await self._reported(code, await last_document(self._exchange), before))

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
            raise shift_must_be_closed(error) from error
