"""The ATOL register: `devices.registers.base.Register` over the commands of `protocols.atol`."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import partial
from typing import Final

from devices.errors import DeviceError, GatewayError, LinkError, NeedsOperator, ProtocolError, Rejected, RequestError
from devices.links.base import Link
from devices.registers.alike import heard_alike
from devices.registers.archive import empty_fiscal
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
    Answered,
    ArchivedDocument,
    Bookmark,
    Capability,
    CodeCheck,
    DriveState,
    Identity,
    OfdState,
    Outcome,
    Register,
    RegisterState,
    SettingsTable,
)
from devices.registers.marking import NOT_IN_FFD
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
from protocols.ffd.characters import fit
from protocols.ffd.enums import FfdVersion, Measure, Operation
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Cashier, Receipt

_CAPABILITIES: Final = frozenset(Capability) - {Capability.MARKING, Capability.CORRECTION_ITEMS}

#: Seconds within which nobody takes a register's line, changes its tables and gives it back: a vendor's tool needs
#: longer to connect alone.
SAME_SETTINGS: Final = 10.0

#: Empty lines that push text past the cutter.
_FEED_LINES: Final = 5


class AtolRegister(Register):
    """`zone`: where the register's wall clock ticks."""

    family = "atol"

    def __init__(
        self, link: Link, *, zone: tzinfo, timeouts: Timeouts | None = None, options: Options | None = None
    ) -> None:
        self._zone = zone
        self._timeouts = timeouts or Timeouts()
        self._options = options or Options()
        self._exchange = Exchange(link, self._timeouts, self._options)
        self._modes = Modes(self._exchange, self._options.password)
        self._link = link
        self._profile: Profile | None = None
        self._last_document: int | None = None
        self._judged: tuple[Receipt, Profile, tuple[Fault, ...]] | None = None

    def _forget(self) -> None:
        """What is known of the device only as long as nobody else can have talked to it."""
        self._last_document = None
        self._modes.forget()

    # --- connection

    @property
    def identity(self) -> Identity:
        return self._known().identity

    @property
    def capabilities(self) -> frozenset[Capability]:
        items = () if self.identity.ffd is FfdVersion.V1_05 else (Capability.CORRECTION_ITEMS,)
        return _CAPABILITIES.union(items)

    async def connect(self) -> None:
        await self.close()
        try:
            heard_at = self._exchange.heard_at
            await self._exchange.open()
            await self._ready_to_work(heard_at)
        except BaseException:
            await self.close()
            raise

    async def _ready_to_work(self, heard_at: float) -> None:
        """Nothing is left of what was before, and it is known who answers.

        A register that lost its clock refuses to be cleared and to enter a mode: it must still be reachable to be set.
        """
        with _clock_may_be_lost():
            await cancel_open(self._exchange)
        now = self._now()
        self._profile = await read_profile(
            self._exchange, now, self._profile, heard_lately=now - heard_at <= SAME_SETTINGS
        )
        with _clock_may_be_lost():
            await self._modes.enter(Mode.REGISTRATION)  # a wrong password keeps it from being spoken to at all

    async def close(self) -> None:
        self._forget()
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
        fraction: tuple[int, int] | None = None,
    ) -> CodeCheck:
        if self.identity.ffd is not FfdVersion.V1_2:
            return NOT_IN_FFD
        return await super().check_code(
            code, operation=operation, measure=measure, quantity=quantity, fraction=fraction
        )

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
        return await self._report(shifts.open_shift, cashier)

    async def close_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(shifts.close_shift, cashier)

    async def fiscalise(self, receipt: Receipt) -> Outcome:
        await self.check(receipt)
        profile = self._known()
        plan = make_plan(receipt, profile, no_print=self._options.no_print)
        self.answered = None
        last, self._last_document = self._last_document, None
        receipts = Receipts(self._exchange, self._modes, profile, self._timeouts, self._zone)
        base = empty_fiscal(profile.identity, self._clock())
        outcome = await receipts.make(receipt, plan, base, last_document=last, heard=self._heard)
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
        fitted = [fit(line) for line in lines]
        requests = [PrintLine(line.text) for line in fitted]
        refused = "".join(dict.fromkeys(character for line in fitted for character in line.refused))
        try:
            for request in requests:
                encode_request(request)
        except ValueError as error:
            refused = refused or str(error)
        if refused:
            raise RequestError(
                f"the register cannot print this text: {refused}",
                hint="В тексте слишком длинная строка или символы, которых касса не знает.",
                code="text_unprintable",
            )
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
            raise Rejected(
                f"the clock can be set only while the shift is closed ({error.detail}); close the shift first",
                number=error.number,
                command=error.command,
                hint="Часы кассы устанавливают при закрытой смене: снимите Z-отчёт и повторите.",
                code="shift_must_be_closed",
            ) from error
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

    async def _report(self, make: shifts.Report, cashier: Cashier | None) -> Outcome:
        self._last_document = None
        await make(self._exchange, self._modes, self._timeouts, cashier)
        status = await self._exchange.ask(DriveStatus())
        document = await self.document(status.last_document)
        if document is None:
            raise ProtocolError(
                f"the drive does not know its last document {status.last_document}",
                hint="Накопитель не отдаёт последний документ. Передайте журнал обмена в поддержку.",
                code="document_missing",
            )
        printed = paper_text(await self._exchange.ask(GetState()))[1]
        return Outcome(fiscal=document.fiscal, warnings=() if printed else (PAPER_PENDING,))

    def _clock(self) -> datetime:
        """The register's wall clock now, reckoned from what it showed when we connected."""
        profile = self._known()
        passed = timedelta(seconds=self._now() - profile.read_at)
        return (profile.clock + passed).replace(tzinfo=self._zone)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def make(link: Link, zone: tzinfo, timeouts: Timeouts, options: Mapping[str, str]) -> AtolRegister:
    """A closed driver; RequestError for an option that is none."""
    return AtolRegister(link, zone=zone, timeouts=timeouts, options=Options.of(options))


@contextmanager
def _clock_may_be_lost() -> Iterator[None]:
    try:
        yield
    except NeedsOperator as error:
        if error.number not in CLOCK_LOST:
            raise
