"""The Shtrih-M register: `devices.registers.base.Register` over the commands of `protocols.shtrih`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, tzinfo
from functools import partial
from typing import TypeVar

from devices.errors import DeviceError, GatewayError, NeedsOperator
from devices.links.base import Link
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
from devices.registers.driver import BaseDriver, code_fits, shift_must_be_closed, text_fits
from devices.registers.marking import MarkedUnit
from devices.registers.readback import PAPER_PENDING
from devices.registers.shtrih import shifts
from devices.registers.shtrih.archive import read_document
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.faults import Judge
from devices.registers.shtrih.fence import cancel_open, date_to_confirm, print_again
from devices.registers.shtrih.marking import ShtrihCodes, check_request
from devices.registers.shtrih.notifications import read_marking, unload
from devices.registers.shtrih.options import Options
from devices.registers.shtrih.plan import Plan, make_plan
from devices.registers.shtrih.profile import Profile, read_profile
from devices.registers.shtrih.receipts import INTERRUPTED, Receipts
from devices.registers.shtrih.reports import read_counters, read_settings, with_counters
from devices.registers.shtrih.status import read_drive, read_ofd, read_state
from devices.registers.timing import Timeouts
from protocols.ffd.enums import DocumentCode
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Cashier, Receipt
from protocols.shtrih.commands import Bare, encode_request
from protocols.shtrih.commands.drive import DriveStatus, DriveStatusReply, ShiftParameters
from protocols.shtrih.commands.printing import Cut, Feed, OpenDrawer, PrintString
from protocols.shtrih.commands.receipts import CashIn, CashOut, CopyLast, XReport
from protocols.shtrih.commands.state import ConfirmDate, SetDate, SetTime, ShortStatus
from protocols.shtrih.commands.tables import ReadTable
from protocols.shtrih.errors import CONFIRM_CLOCK, WRONG_MODE
from protocols.shtrih.statuses import Mode, Submode, split_mode
from protocols.shtrih.tables import CASHIER_NAME, CASHIERS
from protocols.shtrih.wire import cp1251
from protocols.wire import Message

R = TypeVar("R", bound=Message)

#: Table 17 field 7 = 1: the next document is not printed.
_SKIPS_NEXT = 1

_ON_RECEIPT = 0x02
_FEED_LINES = 5
_PARTIAL_CUT = 1


class Driver(BaseDriver[Profile]):
    """Shtrih-M and its relatives."""

    family = "shtrih"

    def __init__(self, link: Link, *, zone: tzinfo, timeouts: Timeouts, options: Options) -> None:
        super().__init__(link, zone=zone, timeouts=timeouts)
        self._options = options
        self._exchange = Exchange(link, timeouts, options)
        self._codes = ShtrihCodes(self._exchange, self._tell)
        self._judge = Judge()
        self._forget()

    def _forget(self) -> None:
        """What is known of the device only as long as nobody else can have talked to it."""
        self._last_document: int | None = None
        self._shift: tuple[bool, int] | None = None
        self._ready = False  # nothing is open, nothing prints, and nothing was sent since that was seen

    # --- connection

    async def _connect(self) -> None:
        heard_at = self._exchange.heard_at
        await self._exchange.open()
        await self._ready_to_work(heard_at)

    async def _ready_to_work(self, heard_at: float) -> None:
        """Nothing is left of what was before, and it is known who answers.

        A register that lost its clock refuses to be cleared with C0h: it must still be reachable to be set.
        """
        with _clock_may_be_lost():
            self._last_document = (await cancel_open(self._exchange, self._timeouts)).last_document
        lately = self._lately(heard_at)
        self._profile = await read_profile(self._exchange, self._now(), self._profile, heard_lately=lately)
        await self._print_again()
        with _clock_may_be_lost():
            await self._fence_codes()

    async def _print_again(self) -> None:
        """The next document is printed, whatever an interrupted one wanted."""
        profile = self._known()
        if profile.skip_printing == _SKIPS_NEXT:
            with _clock_may_be_lost():
                await print_again(self._exchange)
                self._profile = replace(profile, skip_printing=0)

    async def _fence_codes(self) -> None:
        """No marking code is half accepted."""
        if Capability.MARKING in self.capabilities:
            await self._codes.fence()

    async def close(self) -> None:
        self._forget()
        self._codes.lost()
        await self._exchange.close()

    # --- asking

    async def state(self) -> RegisterState:
        state, status = await read_state(self._exchange, self._zone)
        self._shift = (state.shift != "closed", state.shift_number)
        self._ready = status.submode == Submode.IDLE and not state.document_open
        # The year decides about rates, and a technician may have set the clock meanwhile.
        self._saw(state.clock)
        return state

    async def drive(self) -> DriveState:
        return await read_drive(self._exchange, self._zone, self._clock())

    async def ofd(self) -> OfdState:
        return await read_ofd(self._exchange, self._zone)

    async def bookmark(self, *, counters: bool = False) -> Bookmark:
        self.answered = None
        await self._print_again()  # the date that kept it from being taken back may have been confirmed at the till
        place = partial(self._place, counters=counters)
        bookmark, half_made = await self._exchange.heard_alike(place)
        if half_made:
            await cancel_open(self._exchange, self._timeouts)
            await self._fence_codes()
            bookmark, _ = await self._exchange.heard_alike(place)
        self._last_document = bookmark.document
        return bookmark

    async def _place(self, *, counters: bool) -> tuple[Bookmark, int]:
        """And the document that the drive is in the midst of."""
        status = await self._exchange.ask(DriveStatus(self._exchange.password))
        bookmark = Bookmark(
            fn=status.fn,
            document=status.last_document,
            shift=await self._current_shift(status),
            shift_open=bool(status.shift_open),
        )
        # Read each time: a cashier at the till may have taken money in since.
        found = await with_counters(self._exchange, bookmark) if counters else bookmark
        return found, status.current_document

    async def _archived(self, number: int, base: Fiscal) -> ArchivedDocument | None:
        return await read_document(self._exchange, number, base=base, zone=self._zone)

    async def own_cashiers(self) -> Collection[str]:
        """Table 2 names the operator whose password is used."""
        operator = (await self._exchange.ask(ShortStatus(self._exchange.password))).operator
        name = await self._exchange.try_ask(ReadTable(self._exchange.password, CASHIERS, operator, CASHIER_NAME[1]))
        return () if name is None else (cp1251(name.value).strip(),)

    async def counters(self) -> Mapping[str, int]:
        return await read_counters(self._exchange)

    async def settings(self) -> Sequence[SettingsTable]:
        return await read_settings(self._exchange)

    async def _check_code(self, unit: MarkedUnit) -> CodeCheck:
        request = check_request(self._exchange.password, unit)
        with code_fits():
            encode_request(request)
        return await self._codes.ask(request)

    async def _marking(self) -> MarkingState:
        return await read_marking(self._exchange, self._zone)

    async def _unload(self, keep: Keep) -> int:
        return await unload(self._exchange, keep)

    def faults(self, receipt: Receipt) -> tuple[Fault, ...]:
        return self._judge.faults(receipt, self._known(), year=self._clock().year)

    # --- acting

    async def open_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(DocumentCode.SHIFT_OPEN, shifts.open_shift, cashier)

    async def close_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(DocumentCode.SHIFT_CLOSE, shifts.close_shift, cashier)

    async def fiscalise(self, receipt: Receipt) -> Outcome:
        await self.check(receipt)
        plan = self._plan(receipt)
        if not self._ready:
            await self._exchange.printer_ready()
        self._ready = False
        self.answered = None
        last, self._last_document = self._last_document, None
        profile = self._known()
        receipts = Receipts(self._exchange, self._codes, profile, self._timeouts, self._zone)
        outcome = await receipts.make(receipt, plan, self._empty_fiscal(), last_document=last, heard=self._heard)
        self._last_document = outcome.fiscal.document
        return outcome

    async def cash_in(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._print(CashIn(self._exchange.password, kopecks))

    async def cash_out(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._print(CashOut(self._exchange.password, kopecks))

    async def x_report(self) -> Mapping[str, int]:
        await self._print(XReport(self._exchange.password))
        await self._until_printed()
        return await self.counters()

    async def open_drawer(self) -> None:
        self._ready = False
        await self._exchange.ask(OpenDrawer(self._exchange.password, 0))

    async def print_text(self, lines: Sequence[str]) -> None:
        requests = [PrintString(self._exchange.password, _ON_RECEIPT, line) for line in lines]
        with text_fits():
            for request in requests:
                encode_request(request)
        for request in requests:
            await self._print(request)
        await self._exchange.act(Feed(self._exchange.password, _ON_RECEIPT, _FEED_LINES))
        await self._exchange.try_ask(Cut(self._exchange.password, _PARTIAL_CUT))
        await self._until_printed()

    async def copy_last(self) -> None:
        await self._print(CopyLast(self._exchange.password))
        await self._until_printed()

    async def set_clock(self, now: datetime) -> None:
        """Also out of mode 6 and error C0h, where the register waits for its date after a loss of power (§10.4)."""
        local = now.astimezone(self._zone)
        password = self._exchange.password
        try:
            await self._exchange.ask(SetTime(password, local.time().replace(microsecond=0)))
        except DeviceError as error:
            if error.number != WRONG_MODE:
                raise
            raise shift_must_be_closed(error) from error
        await self._exchange.ask(SetDate(password, local.date()))
        await self._exchange.ask(ConfirmDate(password, local.date()))
        self._forget()
        await self._ready_to_work(self._now())

    async def recover(self) -> None:
        self._forget()
        status = await self._exchange.ask(ShortStatus(self._exchange.password))
        if split_mode(status.mode)[0] is Mode.CONFIRM_DATE:
            raise date_to_confirm()
        await self._exchange.printer_ready()
        await cancel_open(self._exchange, self._timeouts)
        await self._fence_codes()
        await self._exchange.printer_ready()

    # --- helpers

    def _plan(self, receipt: Receipt) -> Plan:
        return make_plan(
            receipt,
            self._known(),
            password=self._exchange.password,
            year=self._clock().year,
            row_codes=self._options.vat_code == "row",
        )

    async def _print(self, request: Bare[R]) -> R:
        self._ready = False
        await self._exchange.printer_ready()
        return await self._exchange.act(request)

    async def _until_printed(self) -> None:
        """What was taken is done, whatever becomes of the paper and of the line now."""
        with suppress(GatewayError):
            await self._exchange.printed()

    async def _report(self, code: DocumentCode, make: shifts.Report, cashier: Cashier | None) -> Outcome:
        before = self._last_document
        self._forget()
        await make(self._exchange, self._timeouts, cashier)
        status = await self._exchange.ask(DriveStatus(self._exchange.password))
        fiscal = await self._reported(code, status.last_document, before)
        try:
            printed = await self._exchange.printed()
        except DeviceError:
            return Outcome(fiscal=fiscal, warnings=(PAPER_PENDING,))
        return Outcome(fiscal=fiscal, warnings=(PAPER_PENDING,) if printed.submode in INTERRUPTED else ())

    async def _current_shift(self, status: DriveStatusReply) -> int:
        if self._shift is None or self._shift[0] != bool(status.shift_open):
            shift = await self._exchange.heard_alike(
                partial(self._exchange.ask, ShiftParameters(self._exchange.password))
            )
            self._shift = (bool(shift.open), shift.shift)
        return self._shift[1]


@contextmanager
def _clock_may_be_lost() -> Iterator[None]:
    try:
        yield
    except NeedsOperator as error:
        if error.number != CONFIRM_CLOCK:
            raise
