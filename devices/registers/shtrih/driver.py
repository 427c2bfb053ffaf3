"""The Shtrih-M register: `devices.registers.base.Register` over the commands of `protocols.shtrih`."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from functools import partial
from typing import TypeVar

from devices.errors import DeviceError, GatewayError, LinkError, NeedsOperator, ProtocolError, Rejected, RequestError
from devices.links.base import Link
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
from devices.registers.readback import PAPER_PENDING
from devices.registers.shtrih import shifts
from devices.registers.shtrih.archive import read_document
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.faults import Judge
from devices.registers.shtrih.fence import cancel_open, date_to_confirm, print_again
from devices.registers.shtrih.marking import Fraction, ShtrihCodes, check_request
from devices.registers.shtrih.notifications import read_marking, unload
from devices.registers.shtrih.options import Options
from devices.registers.shtrih.plan import Plan, make_plan
from devices.registers.shtrih.profile import Profile, read_profile
from devices.registers.shtrih.receipts import INTERRUPTED, Receipts
from devices.registers.shtrih.reports import read_counters, read_settings, with_counters
from devices.registers.shtrih.status import read_drive, read_ofd, read_state
from devices.registers.timing import Timeouts
from protocols.ffd.enums import FfdVersion, Measure, Operation
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Cashier, Receipt
from protocols.shtrih.commands import Bare, WireError, encode_request
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

_CAPABILITIES = frozenset(Capability) - {Capability.MARKING, Capability.CORRECTION_ITEMS}

#: Table 17 field 7 = 1: the next document is not printed.
_SKIPS_NEXT = 1

#: Seconds within which nobody takes a register's line, changes its tables and gives it back: a vendor's tool needs
#: longer to connect alone.
SAME_SETTINGS = 10.0

_ON_RECEIPT = 0x02
_FEED_LINES = 5
_PARTIAL_CUT = 1


class ShtrihRegister(Register):
    """`zone`: where the register's wall clock ticks."""

    family = "shtrih"

    def __init__(
        self, link: Link, *, zone: tzinfo, timeouts: Timeouts | None = None, options: Options | None = None
    ) -> None:
        self._zone = zone
        self._timeouts = timeouts or Timeouts()
        self._options = options or Options()
        self._exchange = Exchange(link, self._timeouts, self._options)
        self._link = link
        self._profile: Profile | None = None
        self._codes = ShtrihCodes(self._exchange, self._tell)
        self._judge = Judge()
        self._forget()

    def _forget(self) -> None:
        """What is known of the device only as long as nobody else can have talked to it."""
        self._last_document: int | None = None
        self._shift: tuple[bool, int] | None = None
        self._ready = False  # nothing is open, nothing prints, and nothing was sent since that was seen

    # --- connection

    @property
    def identity(self) -> Identity:
        return self._known().identity

    @property
    def capabilities(self) -> frozenset[Capability]:
        identity = self.identity
        extra = set()
        if identity.ffd is not FfdVersion.V1_05:
            extra.add(Capability.CORRECTION_ITEMS)
        if identity.ffd is FfdVersion.V1_2 and identity.marking:
            extra.add(Capability.MARKING)
        return _CAPABILITIES | extra

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

        A register that lost its clock refuses to be cleared with C0h: it must still be reachable to be set.
        """
        with _clock_may_be_lost():
            self._last_document = (await cancel_open(self._exchange, self._timeouts)).last_document
        now = self._now()
        self._profile = await read_profile(
            self._exchange, now, self._profile, heard_lately=now - heard_at <= SAME_SETTINGS
        )
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
        self._profile = replace(self._known(), clock=state.clock.replace(tzinfo=None), read_at=self._now())
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

    async def document(self, number: int) -> ArchivedDocument | None:
        base = empty_fiscal(self.identity, self._clock())
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
        request = check_request(
            self._exchange.password, code, operation=operation, measure=measure, quantity=quantity, fraction=fraction
        )
        try:
            encode_request(request)
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
        return await read_marking(self._exchange, self._zone)

    async def unload_notifications(self, keep: Keep) -> int:
        state = await self.marking_state()
        if state is None or not state.autonomous:
            return await super().unload_notifications(keep)
        return await unload(self._exchange, keep)

    def faults(self, receipt: Receipt) -> tuple[Fault, ...]:
        return self._judge.faults(receipt, self._known(), year=self._clock().year)

    # --- acting

    async def open_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(shifts.open_shift, cashier)

    async def close_shift(self, cashier: Cashier | None) -> Outcome:
        return await self._report(shifts.close_shift, cashier)

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
        base = empty_fiscal(profile.identity, self._clock())
        outcome = await receipts.make(receipt, plan, base, last_document=last, heard=self._heard)
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
        try:
            for request in requests:
                encode_request(request)
        except (WireError, UnicodeEncodeError) as error:
            raise RequestError(
                f"the register cannot print this text: {error}",
                hint="В тексте слишком длинная строка или символы, которых касса не знает.",
                code="text_unprintable",
            ) from error
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
            raise Rejected(
                f"the clock can be set only while the shift is closed ({error.detail}); close the shift first",
                number=error.number,
                command=error.command,
                hint="Часы кассы устанавливают при закрытой смене: снимите Z-отчёт и повторите.",
                code="shift_must_be_closed",
            ) from error
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

    async def _report(self, make: shifts.Report, cashier: Cashier | None) -> Outcome:
        self._forget()
        await make(self._exchange, self._timeouts, cashier)
        status = await self._exchange.ask(DriveStatus(self._exchange.password))
        document = await self.document(status.last_document)
        if document is None:
            raise ProtocolError(
                f"the drive does not know its last document {status.last_document}",
                hint="Накопитель не отдаёт последний документ. Передайте журнал обмена в поддержку.",
                code="document_missing",
            )
        try:
            printed = await self._exchange.printed()
        except DeviceError:
            return Outcome(fiscal=document.fiscal, warnings=(PAPER_PENDING,))
        warnings = (PAPER_PENDING,) if printed.submode in INTERRUPTED else ()
        return Outcome(fiscal=document.fiscal, warnings=warnings)

    async def _current_shift(self, status: DriveStatusReply) -> int:
        if self._shift is None or self._shift[0] != bool(status.shift_open):
            shift = await self._exchange.heard_alike(
                partial(self._exchange.ask, ShiftParameters(self._exchange.password))
            )
            self._shift = (bool(shift.open), shift.shift)
        return self._shift[1]

    def _clock(self) -> datetime:
        """The register's wall clock now, reckoned from what it showed when we connected."""
        profile = self._known()
        passed = timedelta(seconds=self._now() - profile.read_at)
        return (profile.clock + passed).replace(tzinfo=self._zone)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def make(link: Link, zone: tzinfo, timeouts: Timeouts, options: Mapping[str, str]) -> ShtrihRegister:
    """A closed driver; RequestError for an option that is none."""
    return ShtrihRegister(link, zone=zone, timeouts=timeouts, options=Options.of(options))


@contextmanager
def _clock_may_be_lost() -> Iterator[None]:
    try:
        yield
    except NeedsOperator as error:
        if error.number != CONFIRM_CLOCK:
            raise
