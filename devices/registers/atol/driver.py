"""The ATOL register: `devices.registers.base.Register` over the commands of `protocols.atol`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, tzinfo
from functools import partial
from typing import Final

from devices.errors import DeviceError, GatewayError, NeedsOperator
from devices.links.base import Link
from devices.registers.alike import heard_alike
from devices.registers.atol import shifts
from devices.registers.atol.archive import read_document
from devices.registers.atol.errors import printer_trouble
from devices.registers.atol.exchange import Exchange
from devices.registers.atol.faults import faults
from devices.registers.atol.fence import CLOCK_LOST, cancel_open, patient, while_busy
from devices.registers.atol.modes import Modes
from devices.registers.atol.options import Options
from devices.registers.atol.plan import make_plan
from devices.registers.atol.profile import Profile, read_profile
from devices.registers.atol.receipts import Receipts
from devices.registers.atol.reports import read_counters, read_settings, with_counters
from devices.registers.atol.status import paper_text, read_drive, read_ofd, read_state
from devices.registers.base import (
    ArchivedDocument,
    Bookmark,
    Capability,
    DriveState,
    Fiscal,
    OfdState,
    Outcome,
    RegisterState,
    SettingsTable,
)
from devices.registers.driver import BaseDriver, printable, shift_must_be_closed, text_fits
from devices.registers.readback import PAPER_PENDING
from devices.registers.timing import Timeouts
from protocols.atol.commands import encode_request
from protocols.atol.commands.drive import DriveShift, DriveStatus
from protocols.atol.commands.printing import CUT_PARTIAL, Cut, OpenDrawer, PrintLine, RepeatLast
from protocols.atol.commands.receipts import CashIn, CashOut, FinishReport, Report
from protocols.atol.commands.service import SetClock
from protocols.atol.commands.state import GetCash, GetState
from protocols.atol.errors import SHIFT_OPEN
from protocols.atol.statuses import Mode, XReport
from protocols.ffd.enums import DocumentCode
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Cashier, Receipt

#: Empty lines that push text past the cutter.
_FEED_LINES: Final = 5


class Driver(BaseDriver[Profile]):
    """ATOL by its own protocols 2 and 3, of which no source tells the commands for marking by ФФД 1.2."""

    family = "atol"
    lacks = frozenset({Capability.MARKING})

    def __init__(self, link: Link, *, zone: tzinfo, timeouts: Timeouts, options: Options) -> None:
        super().__init__(link, zone=zone, timeouts=timeouts)
        self._options = options
        self._exchange = Exchange(link, timeouts, options)
        self._modes = Modes(self._exchange, options.password)
        self._last_document: int | None = None
        self._judged: tuple[Receipt, Profile, tuple[Fault, ...]] | None = None

    def _forget(self) -> None:
        """What is known of the device only as long as nobody else can have talked to it."""
        self._last_document = None
        self._modes.forget()

    # --- connection

    async def _connect(self) -> None:
        heard_at = self._exchange.heard_at
        await self._exchange.open()
        await self._ready_to_work(heard_at)

    async def _ready_to_work(self, heard_at: float) -> None:
        """Nothing is left of what was before, and it is known who answers.

        A register that lost its clock refuses to be cleared and to enter a mode: it must still be reachable to be set.
        """
        with _clock_may_be_lost():
            await cancel_open(self._exchange)
        lately = self._lately(heard_at)
        self._profile = await read_profile(self._exchange, self._now(), self._profile, heard_lately=lately)
        with _clock_may_be_lost():
            await self._modes.enter(Mode.REGISTRATION)  # a wrong password keeps it from being spoken to at all

    async def close(self) -> None:
        self._forget()
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
        place = partial(self._place, counters=counters)
        bookmark, half_made = await heard_alike(place, None)
        if half_made:
            await cancel_open(self._exchange)
            bookmark, _ = await heard_alike(place, None)
        self._last_document = bookmark.document
        return bookmark

    async def _place(self, *, counters: bool) -> tuple[Bookmark, int]:
        """And the document that the drive is in the midst of."""
        status = await self._exchange.ask(DriveStatus())
        shift = await self._exchange.ask(DriveShift())
        bookmark = Bookmark(
            fn=status.fn, document=status.last_document, shift=shift.shift, shift_open=bool(status.shift_open)
        )
        found = await with_counters(self._exchange, bookmark) if counters else bookmark
        return found, status.current_document

    async def _archived(self, number: int, base: Fiscal) -> ArchivedDocument | None:
        return await read_document(self._exchange, number, base=base, zone=self._zone)

    async def counters(self) -> Mapping[str, int]:
        return await read_counters(self._exchange)

    async def settings(self) -> Sequence[SettingsTable]:
        return await read_settings(self._exchange)

    def faults(self, receipt: Receipt) -> tuple[Fault, ...]:
        """A receipt is judged when its turn comes, and again right before it is sent."""
        profile, judged = self._known(), self._judged
        if judged is not None and judged[0] is receipt and judged[1].settings is profile.settings:
            return judged[2]
        found = faults(receipt, profile)
        self._judged = receipt, profile, found
        return found

    # --- acting

    async def open_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(DocumentCode.SHIFT_OPEN, shifts.open_shift, cashier)

    async def close_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(DocumentCode.SHIFT_CLOSE, shifts.close_shift, cashier)

    async def fiscalise(self, receipt: Receipt) -> Outcome:
        await self.check(receipt)
        profile = self._known()
        plan = make_plan(receipt, profile, no_print=self._options.no_print)
        self.answered = None
        last, self._last_document = self._last_document, None
        receipts = Receipts(self._exchange, self._modes, profile, self._timeouts, self._zone)
        outcome = await receipts.make(receipt, plan, self._empty_fiscal(), last_document=last, heard=self._heard)
        self._last_document = outcome.fiscal.document
        return outcome

    async def cash_in(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._move_cash(CashIn(0, kopecks))

    async def cash_out(self, kopecks: int, cashier: Cashier | None) -> None:
        await self._move_cash(CashOut(0, kopecks))

    async def x_report(self) -> Mapping[str, int]:
        last = (await self._exchange.ask(DriveStatus())).last_document
        await patient(
            self._exchange,
            self._timeouts,
            last,
            lambda: self._modes.act(Mode.X_REPORTS, Report(XReport.DAILY)),
        )
        await self._until_done()
        return await self.counters()

    async def open_drawer(self) -> None:
        await self._exchange.act(OpenDrawer())

    async def print_text(self, lines: Sequence[str]) -> None:
        requests = [PrintLine(printable(line)) for line in lines]
        with text_fits():
            for request in requests:
                encode_request(request)
        for request in (*requests, *[PrintLine("")] * _FEED_LINES):
            await self._exchange.act(request)
        await self._exchange.try_ask(Cut(CUT_PARTIAL))

    async def copy_last(self) -> None:
        await self._exchange.act(RepeatLast())

    async def set_clock(self, now: datetime) -> None:
        """Also where the register waits for its date and time after it lost them (15h)."""
        local = now.astimezone(self._zone).replace(tzinfo=None, microsecond=0)
        try:
            await self._exchange.act(SetClock(local))
        except DeviceError as error:
            if error.number != SHIFT_OPEN:
                raise
            raise shift_must_be_closed(error) from error
        self._forget()
        await self._ready_to_work(self._now())

    async def recover(self) -> None:
        self._forget()
        await cancel_open(self._exchange)
        trouble = printer_trouble(await self._exchange.ask(GetState()))
        if trouble is not None:
            raise trouble
        await self._exchange.try_ask(FinishReport())
        await self._modes.enter(Mode.REGISTRATION)

    # --- helpers

    async def _move_cash(self, request: CashIn | CashOut) -> None:
        """While the printer is busy again, unless the drawer holds another sum than before."""
        before = (await self._exchange.ask(GetCash())).sum

        async def unmoved() -> bool:
            return (await self._exchange.ask(GetCash())).sum == before

        await while_busy(self._timeouts, lambda: self._modes.act(Mode.REGISTRATION, request), unmoved)

    async def _until_done(self) -> None:
        """What was taken is done, whatever becomes of the paper and of the line now."""
        with suppress(GatewayError):
            await self._exchange.finished()

    async def _report(self, code: DocumentCode, make: shifts.Report, cashier: Cashier | None) -> Outcome:
        self._last_document = None
        before = await make(self._exchange, self._modes, self._timeouts, cashier)
        status = await self._exchange.ask(DriveStatus())
        fiscal = await self._reported(code, status.last_document, before)
        printed = paper_text(await self._exchange.ask(GetState()))[1]
        return Outcome(fiscal=fiscal, warnings=() if printed else (PAPER_PENDING,))


@contextmanager
def _clock_may_be_lost() -> Iterator[None]:
    try:
        yield
    except NeedsOperator as error:
        if error.number not in CLOCK_LOST:
            raise
