"""Everything of a Пирит that is no plain receipt: work begun, paper, clock, shifts that broke off, settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pirit_kit import PiritBench
from till import CASHIER, MOSCOW, OPENING_TIME, Till, item, receipt, till
from virtual_loop import virtual

from devices.errors import LinkError, NeedsOperator, ProtocolError, Rejected, RequestError
from devices.links.pair import PairLink
from devices.registers.base import Notification, Outcome, Paper, Shift
from devices.registers.factory import FAMILIES, create
from devices.registers.pirit.archive import read_tlv
from devices.registers.pirit.exchange import Exchange
from devices.registers.pirit.fence import clear_away
from devices.registers.pirit.notifications import read_marking, unload
from devices.registers.pirit.options import Options
from devices.registers.pirit.status import paper_text
from devices.registers.settle import Exists, ShiftWanted, settle
from devices.registers.timing import Timeouts
from devices.steps import DOCUMENT_OPEN
from emulator.faults import FaultKind
from emulator.fiscal_drive import default_registration
from emulator.registers.pirit import command_code
from protocols.ffd.enums import CorrectionKind, FfdVersion, Vat
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Correction
from protocols.ffd.tlv import all_of, find
from protocols.fn import container
from protocols.pirit.commands import marking as m
from protocols.pirit.commands.drive import DriveStateReply, HexReply, SelectDocument, SelectDocumentReply
from protocols.pirit.commands.state import StatusReply
from protocols.pirit.errors import FN_NO_DATA

INTERVIEW = FAMILIES["pirit"].interview
SALE = receipt(item("Чай", 1_000))


def strike(one: Till, kind: FaultKind, command: str, **more: Any) -> None:
    one.fault(kind, command_code(command), **more)


@virtual
async def test_work_is_begun_by_the_registers_own_clock() -> None:
    async with till(family="pirit") as one:
        one.shop.clock.advance(100)
        core = one.device.register.core
        core.clock.set((OPENING_TIME + timedelta(hours=1)).replace(tzinfo=None))
        before = core.now()
        core.begun = False
        bookmark = await one.driver.bookmark()
        assert core.begun
        assert abs(core.now() - before) < timedelta(seconds=2)
        assert bookmark.shift_open


@virtual
async def test_a_clock_behind_the_last_document_is_a_persons_affair() -> None:
    async with till(family="pirit", shift=False) as one:
        core = one.device.register.core
        core.clock.set((OPENING_TIME - timedelta(days=400)).replace(tzinfo=None))
        core.begun = False
        await one.driver.connect()
        assert (await one.driver.state()).clock < OPENING_TIME
        with pytest.raises(NeedsOperator) as held:
            await one.driver.bookmark()
        assert held.value.code == "clock_before_last"
        await one.driver.set_clock(OPENING_TIME + timedelta(hours=2))
        assert (await one.driver.state()).clock == OPENING_TIME + timedelta(hours=2)
        await one.driver.open_shift(CASHIER)


@virtual
async def test_the_clock_is_set_between_shifts_a_day_ahead_too() -> None:
    async with till(family="pirit") as one:
        with pytest.raises(Rejected) as refused:
            await one.driver.set_clock(OPENING_TIME + timedelta(minutes=3))
        assert refused.value.code == "shift_must_be_closed"
        await one.driver.close_shift(CASHIER)
        await one.driver.set_clock(OPENING_TIME + timedelta(days=3))
        assert (await one.driver.state()).clock == OPENING_TIME + timedelta(days=3)


async def sold_without_paper(one: Till) -> Outcome:
    strike(one, FaultKind.PAPER_OUT, "close_document", seconds=3600)
    return await one.driver.fiscalise(SALE)


@virtual
async def test_a_document_whose_paper_broke_off_is_done_and_printed_on_later() -> None:
    async with till(family="pirit") as one:
        outcome = await sold_without_paper(one)
        assert [warning.code for warning in outcome.warnings] == ["paper_pending"]
        state = await one.driver.state()
        assert (state.paper, state.document_open) == (Paper.OUT, False)
        before = len(one.documents())
        await one.driver.connect()  # nothing is in doubt, so it must be reachable
        await one.driver.bookmark()
        with pytest.raises(NeedsOperator) as held:
            await one.driver.fiscalise(SALE)
        assert held.value.code == "paper_out"
        with pytest.raises(NeedsOperator):
            await one.driver.recover()
        one.device.set_paper(present=True)
        assert (await one.driver.state()).paper is Paper.WAITING_CONTINUE
        await one.driver.fiscalise(SALE)
        assert len(one.documents()) == before + 1
        assert (await one.driver.state()).paper is Paper.PRESENT


@pytest.mark.parametrize("lost", [False, True])
@virtual
async def test_paper_that_ends_under_the_closing(lost: bool) -> None:
    """The drive has the document: it is done with a warning, and settled so when the answer is lost as well."""
    async with till(family="pirit") as one:
        bookmark = await one.driver.bookmark()
        strike(one, FaultKind.PAPER_OUT, "close_document", seconds=3600)
        if lost:
            strike(one, FaultKind.CUT, "close_document")
            with pytest.raises(LinkError):
                await one.driver.fiscalise(SALE)
            settled = await settle(one.driver, bookmark, SALE)
            assert isinstance(settled, Exists)
            outcome = settled.outcome
        else:
            outcome = await one.driver.fiscalise(SALE)
        assert outcome is not None
        assert [warning.code for warning in outcome.warnings] == ["paper_pending"]
        assert outcome.fiscal.document == one.documents()[-1].number == bookmark.document + 1
        stored = one.device.drive.document(outcome.fiscal.document)
        assert outcome.fiscal.sign == stored.sign
        assert outcome.differences == ()


@virtual
async def test_a_shift_whose_end_broke_off_is_ended_again_and_makes_no_second_report() -> None:
    async with till(family="pirit") as one:
        bookmark = await one.driver.bookmark()
        strike(one, FaultKind.PAPER_OUT, "close_shift", seconds=3600)
        wanted = ShiftWanted(opening=False, cashier=CASHIER)
        with pytest.raises(LinkError):
            await one.driver.close_shift(CASHIER)
        settled = await settle(one.driver, bookmark, wanted)
        assert isinstance(settled, Exists)
        one.device.set_paper(present=True)
        await one.driver.connect()
        assert (await one.driver.state()).shift is Shift.CLOSED
        await one.driver.open_shift(CASHIER)
        assert [record.code for record in one.documents()] == [1, 2, 5, 2]


@virtual
async def test_a_receipt_of_somebody_else_is_cancelled_on_the_way_in() -> None:
    async with till(family="pirit") as one:
        strike(one, FaultKind.CUT_BEFORE, "close_document")
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        steps = [step async for step in INTERVIEW(PairLink(one.emulated.connect), Timeouts())]
        assert DOCUMENT_OPEN in [step.code for step in steps]
        await one.driver.connect()
        assert not (await one.driver.state()).document_open
        assert len(one.documents()) == 2


@virtual
async def test_a_document_half_made_in_the_drive_is_told() -> None:
    replies = {"Status": StatusReply(0, 0, 0), "DriveState": DriveStateReply(3, 4, 0)}

    async def ask(request: Any) -> Any:
        return replies[type(request).__name__]

    with pytest.raises(NeedsOperator) as held:
        await clear_away(cast(Exchange, SimpleNamespace(ask=ask)))
    assert held.value.code == "document_half_made"
    assert "кассовый чек" in held.value.hint


@virtual
async def test_a_document_that_ends_too_early_is_not_taken_for_whole() -> None:
    """The register was switched off and on between two blocks: that is no reason to call the document unreadable."""
    blocks = [b"\0" * 50]

    async def ask(request: Any) -> Any:
        if isinstance(request, SelectDocument):
            return SelectDocumentReply(3, 100)
        if not blocks:
            raise Rejected("no data", number=FN_NO_DATA)
        return HexReply(blocks.pop())

    with pytest.raises(ProtocolError) as cut:
        await read_tlv(cast(Exchange, SimpleNamespace(ask=ask)), 3)
    assert cut.value.code == "document_cut"


@virtual
async def test_the_register_is_told_in_words() -> None:
    async with till(family="pirit") as one:
        steps = [step async for step in INTERVIEW(PairLink(one.emulated.connect), Timeouts())]
        assert [step.code for step in steps] == ["answers", "model", "mode", "paper", "drive", "ofd", "register"]
        assert all(step.ok for step in steps)
        assert "Viki Print 80+" in steps[1].text
        one.device.set_cover(open_=True)
        texts = {step.code: step async for step in INTERVIEW(PairLink(one.emulated.connect), Timeouts())}
        assert (texts["paper"].text, texts["paper"].ok) == ("Крышка открыта", False)
    assert paper_text(8, StatusReply(0, 0, 0)) == ("Принтер не готов", False)
    assert paper_text(0, StatusReply(0, 0, 0x82)) == ("Бумага вставлена, документ ждёт допечатки", False)


@virtual
async def test_rates_are_those_of_the_registers_own_table() -> None:
    async with till(family="pirit", quirks=frozenset({"vat-22"})) as one:
        assert Vat.VAT20 not in one.driver.identity.vat_rates
        outcome = await one.driver.fiscalise(receipt(item(vat=Vat.VAT22)))
        assert outcome.differences == ()
        document = await one.driver.document(outcome.fiscal.document)
        assert document is not None
        (line,) = all_of(document.elements, T.ITEM)
        rate = find(cast(Any, line.value), T.VAT_RATE)
        assert rate is not None
        assert rate.value == Vat.VAT22.code
    async with till(family="pirit", quirks=frozenset({"old-vat", "pirit-2f"})) as one:
        assert len(one.driver.identity.vat_rates) == 6
        assert (one.driver.identity.model, one.driver.identity.columns) == ("Пирит 2Ф", 44)
        assert [fault.code for fault in one.driver.faults(SALE)] == ["vat_missing_in_register"]


@virtual
async def test_what_is_printed_otherwise_than_asked_is_told() -> None:
    async with till(family="pirit") as one:
        plain = replace(SALE, print_paper=False)
        papers = one.device.paper_text()
        assert (await one.driver.fiscalise(plain)).warnings == ()
        assert one.device.paper_text() == papers
        correction = replace(
            plain, correction=Correction(kind=CorrectionKind.SELF, date=OPENING_TIME.date()), customer=None
        )
        outcome = await one.driver.fiscalise(correction)
        assert [warning.code for warning in outcome.warnings] == ["printed_anyway"]
        assert one.device.paper_text() != papers
        one.device.register.core.memory.write(1, 0, "128")
        await asyncio.sleep(60)
        await one.driver.connect()
        assert [warning.code for warning in (await one.driver.fiscalise(SALE)).warnings] == ["printing_disabled"]


@virtual
async def test_settings_are_dumped_without_the_password() -> None:
    async with till(family="pirit") as one:
        tables = {table.number: table for table in await one.driver.settings()}
        assert tables[20].rows == ({"0": "***"},)
        assert tables[40].rows[1] == {"1": "НДС 10%"}


@virtual
async def test_at_real_speed_nothing_is_taken_for_lost() -> None:
    async with till(family="pirit", real_speed=True) as one:
        for _ in range(3):
            assert (await one.driver.fiscalise(SALE)).warnings == ()
        await one.driver.x_report()
        assert (await one.driver.close_shift(CASHIER)).warnings == ()


@virtual
async def test_facts_of_a_registration_are_not_asked_again() -> None:
    async with till(family="pirit") as one:
        asked: list[int] = []
        one.on_frame = lambda frame: asked.append(len(frame))
        await one.driver.connect()
        quick = len(asked)
        asked.clear()
        await asyncio.sleep(60)  # long enough for a technician
        await one.driver.connect()
        assert quick < 12 < len(asked)


@pytest.mark.parametrize("lost", [False, True])
@virtual
async def test_codes_that_somebody_left_in_the_drive_are_cleared_on_the_way_in(lost: bool) -> None:
    async with till(family="pirit") as one:
        exchange = one.driver._exchange  # type: ignore[attr-defined]
        await exchange.ask(m.CheckCode(unit(1), 0, 1, Decimal(1), 0, 1))
        await exchange.ask(m.DecideCode(1))
        core = one.device.register.core
        if lost:
            core.lose_clock()
        await one.driver.connect()  # with its clock lost it takes nothing, and must be reachable all the same
        assert bool(core.drive.marking.table) is lost
        if lost:
            with pytest.raises(NeedsOperator):
                await one.driver.bookmark()
            await one.driver.set_clock(one.shop.clock())
            await one.driver.connect()
        state = await one.driver.marking_state()
        assert state is not None
        assert (state.accepted, state.undecided) == (0, False)


def test_options_are_checked() -> None:
    assert Options.of({"password": "ABCD"}).password == b"ABCD"
    for wrong in ({"password": "ABC"}, {"password": "кодж"}, {"color": "red"}):
        with pytest.raises(RequestError) as refused:
            create("pirit", PairLink(lambda: pytest.fail("closed")), zone=MOSCOW, options=wrong)
        assert refused.value.code == "option_unknown"


def unit(number: int) -> bytes:
    return f"010460000000001521{number:06d}\x1d93dGVz".encode()


class Autonomous:
    """The exchange and the register behind it; `spoil` may change an answer."""

    def __init__(self, sold: int) -> None:
        registration = replace(default_registration(FfdVersion.V1_2), offline=True)
        self.bench = PiritBench(registration=registration)
        self.spoil: Callable[[Any, Any], Any] = lambda request, reply: reply
        self.bench.open_shift()
        for number in range(sold):
            self.bench.call(m.CheckCode(unit(number), 0, 1, Decimal(1), 0, 1))
            self.bench.call(m.DecideCode(1))
            self.bench.open()
            self.bench.call(m.AttachCode(unit(number), 1, 0, 0, 0))
            self.bench.sell(object=33)
            self.bench.pay(10000)
            self.bench.close()

    async def ask(self, request: Any) -> Any:
        return self.spoil(request, self.bench.call(request))

    async def waiting(self) -> int:
        return (await read_marking(cast(Exchange, self), MOSCOW, autonomous=True)).unsent


@virtual
async def test_notifications_are_taken_out_oldest_first() -> None:
    register, kept = Autonomous(3), list[Notification]()

    async def keep(one: Notification) -> None:
        assert await register.waiting() == 3 - len(kept)  # it leaves the drive when it is kept for good
        kept.append(one)

    assert await unload(cast(Exchange, register), keep) == 3
    assert await register.waiting() == 0
    assert [one.number for one in kept] == sorted({one.number for one in kept})
    assert len({container.parse(one.message).number for one in kept}) == 3


@virtual
async def test_a_notification_read_wrong_is_not_confirmed() -> None:
    register, kept = Autonomous(1), list[Notification]()

    def spoil(request: Any, reply: Any) -> Any:
        if isinstance(request, m.UnloadBlock):
            return type(reply)(reply.data[:-1] + bytes((reply.data[-1] ^ 1,)))
        return reply

    async def keep(one: Notification) -> None:
        kept.append(one)

    register.spoil = spoil
    with pytest.raises(ProtocolError) as unfit:
        await unload(cast(Exchange, register), keep)
    assert unfit.value.code == "notifications_disordered"
    assert kept == []
    assert await register.waiting() == 1
