"""What an emulated Пирит refuses in which state, packet mode, and a document that is in the drive but not on paper."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pirit_kit import CARD, CASH_IN, CASHIER, NO_PRINT, PACKET, SALE, PiritBench
from register_bench import START

from emulator.registers.pirit.rules import NEEDS, PRINTS
from protocols.ffd.enums import FfdVersion
from protocols.pirit import errors, extended
from protocols.pirit.commands import COMMANDS
from protocols.pirit.commands import counters as c
from protocols.pirit.commands import printing as p
from protocols.pirit.commands import receipts as r
from protocols.pirit.commands import shifts as s
from protocols.pirit.commands import state as st
from protocols.pirit.commands.drive import DriveFfd
from protocols.pirit.commands.marking import MarkingState
from protocols.pirit.statuses import Flag, Printer

NOW = START.replace(tzinfo=None)
CHEAP = r.AddItem("Чай", "", Decimal(1), 100, 1)
SERVICE = r.OpenDocument(1, 1)
SELLING = r.OpenDocument(SALE, 1, CASHIER)
PAID = (SELLING, CHEAP, r.Payment(0, 100))


def bench_of(*done: Any, shift: bool = True) -> PiritBench:
    bench = PiritBench()
    if shift:
        bench.open_shift()
    for request in done:
        bench.call(request)
    return bench


def test_the_tables_of_rules_name_commands() -> None:
    names = {row.name for row in COMMANDS.values()}
    assert set(NEEDS) | PRINTS <= names


@pytest.mark.parametrize(
    ("done", "request_", "number", "why"),
    [
        ((), CHEAP, 1, extended.DOCUMENT_CLOSED),
        ((), r.CancelDocument(), 1, extended.DOCUMENT_CLOSED),
        ((), r.CloseDocument(0), 1, extended.DOCUMENT_CLOSED),
        ((SELLING,), SELLING, 1, extended.DOCUMENT_OPEN),
        ((SELLING,), s.XReport(CASHIER), 1, extended.DOCUMENT_OPEN),
        ((SELLING,), s.CloseShift(CASHIER), 1, extended.DOCUMENT_OPEN),
        ((SELLING,), r.CloseDocument(0), 1, extended.NOT_STATE_4),
        ((SELLING,), r.Payment(0, 100), 1, extended.ZERO_TOTAL),
        ((SELLING,), r.CashInOut("", 1), 1, extended.NOT_CASH_IN_OUT),
        ((SELLING,), p.PrintText("x"), 1, extended.NOT_SERVICE),
        ((SERVICE,), CHEAP, 1, extended.NOT_A_RECEIPT),
        ((SERVICE,), r.Subtotal(), 1, extended.NOT_A_RECEIPT),
        (PAID, CHEAP, 1, extended.NOT_STATE_1_2),
        (PAID, r.Subtotal(), 1, extended.NOT_STATE_1_2),
        (PAID, r.SetTotal(99), 1, extended.NOT_STATE_1_2),
        (PAID, r.Payment(0, 1), 1, extended.NOT_STATE_1_2_3),
        ((SELLING, CHEAP, r.Subtotal(), r.Subtotal()), CHEAP, 1, extended.NOT_STATE_1_2),
        ((), s.OpenShift(CASHIER), errors.CLOSE_SHIFT_FIRST, 0),
        ((), st.WriteClock(NOW), errors.CLOSE_SHIFT_FIRST, 0),
        ((), s.OpenShift(), errors.CLOSE_SHIFT_FIRST, 0),
        ((), r.OpenDocument(SALE, 1), 3, extended.NO_OPERATOR),
        ((), r.OpenDocument(8, 1, CASHIER), 3, 40),
        ((), r.OpenDocument(SALE, 1, CASHIER, None, 3), 3, 43),
        ((), s.StateReport(), 3, extended.NO_OPERATOR),
    ],
)
def test_refusals_say_why(done: tuple[Any, ...], request_: Any, number: int, why: int) -> None:
    bench = bench_of(*done)
    before = bench.state, bench.drive.last_document
    assert bench.refused(request_) == number
    assert bench.why() == why
    assert bench.why() == why  # questions do not change what it is
    assert (bench.state, bench.drive.last_document) == before


def test_a_shift_is_closed_before_it_is_a_day_old() -> None:
    bench = bench_of(shift=False)
    assert (bench.refused(SELLING), bench.why()) == (1, extended.SHIFT_CLOSED)
    assert (bench.refused(s.CloseShift(CASHIER)), bench.why()) == (1, extended.SHIFT_CLOSED)
    assert bench.refused(SERVICE) == 0
    bench.call(r.CancelDocument())
    bench.open_shift()
    assert bench.flags == Flag.SHIFT_OPEN
    bench.wait(hours=25)
    assert bench.flags == Flag.SHIFT_OPEN | Flag.SHIFT_EXPIRED
    assert bench.refused(SELLING) == errors.SHIFT_EXPIRED
    bench.close_shift()
    bench.open_shift()
    bench.receipt()


@pytest.mark.parametrize(
    ("steps", "state"),
    [
        ((), 1),
        ((CHEAP,), 1),
        ((CHEAP, r.Subtotal()), 2),
        ((CHEAP, r.Subtotal(), CHEAP), 2),
        ((CHEAP, r.Subtotal(), r.Subtotal()), 3),
        ((CHEAP, r.Payment(0, 99)), 3),
        ((CHEAP, r.Payment(0, 100)), 4),
    ],
)
def test_states_of_a_receipt(steps: tuple[Any, ...], state: int) -> None:
    bench = bench_of(SELLING, *steps)
    assert bench.state == (SALE, state)
    bench = PiritBench(storage=bench.storage)  # the power was gone
    assert bench.state == (0, 0)
    bench.receipt()


def test_nothing_is_done_before_the_beginning_of_work() -> None:
    bench = PiritBench(begun=False)
    assert bench.flags == Flag.WORK_NOT_BEGUN
    for request in (s.OpenShift(CASHIER), SERVICE, s.XReport(CASHIER), p.PrintServiceData()):
        assert (bench.refused(request), bench.why()) == (1, extended.WORK_NOT_BEGUN)
    bench.call(c.LastReceipt())
    bench.begin()
    bench.open_shift()


@pytest.mark.parametrize(
    ("minutes", "number"), [(7, 0), (-7, 0), (9, errors.CLOCK_DIFFERS), (-20, errors.CLOCK_DIFFERS)]
)
def test_the_beginning_of_work_takes_a_near_clock_over(minutes: int, number: int) -> None:
    bench = PiritBench(begun=False)
    bench.wait(hours=1)
    host = bench.at.replace(tzinfo=None) + timedelta(minutes=minutes)
    assert bench.refused(st.BeginWork(host)) == number
    assert bench.flags == 0
    shown = bench.call(st.ReadClock()).at
    assert shown == (host if not number else bench.at.replace(tzinfo=None))


def test_a_host_whose_day_is_over_does_not_begin() -> None:
    bench = PiritBench(begun=False)
    assert bench.refused(st.BeginWork(NOW - timedelta(minutes=1))) == errors.CLOCK_BEFORE_LAST
    assert bench.flags == Flag.WORK_NOT_BEGUN


def test_a_lost_clock_takes_what_the_host_says() -> None:
    bench = bench_of()
    bench.register.core.lose_clock()
    assert bench.flags & Flag.WORK_NOT_BEGUN
    assert bench.refused(SELLING) == errors.WRONG_STATE
    assert bench.call(st.ReadClock()).at.year == 2000
    bench.begin()
    bench.receipt()


def test_a_long_step_of_the_clock_is_confirmed_by_saying_it_again() -> None:
    bench = PiritBench()
    later = NOW + timedelta(days=3)
    assert bench.refused(st.WriteClock(NOW - timedelta(days=1))) == errors.CLOCK_BEFORE_LAST
    assert bench.refused(st.WriteClock(later)) == errors.SHIFT_EXPIRED
    assert bench.call(st.ReadClock()).at == NOW
    bench.call(st.WriteClock(later))
    assert bench.call(st.ReadClock()).at == later


def test_packet_mode_is_silent_until_something_fails() -> None:
    bench = bench_of(r.OpenDocument(SALE | PACKET, 1, CASHIER))
    assert bench.silent(CHEAP)
    assert bench.silent(r.CompareTotal(100))
    assert bench.call(st.Status()).document == SALE | 1 << 4
    assert bench.refused(r.AddItem("x", "", Decimal(1), 100, 77)) == errors.BAD_PARAMETERS
    assert (bench.refused(CHEAP), bench.why()) == (errors.WRONG_STATE, extended.NONE)
    assert bench.refused(r.Payment(0, 100)) == errors.WRONG_STATE
    assert (bench.refused(r.CloseDocument(0)), bench.why()) == (errors.WRONG_STATE, extended.NOT_STATE_4)
    assert not bench.silent(CHEAP)  # 31 ended packet mode, not the document
    bench.call(r.CancelDocument())
    bench.receipt()


def test_a_receipt_in_packet_mode_is_answered_at_its_end() -> None:
    bench = bench_of(r.OpenDocument(SALE | PACKET, 1, CASHIER))
    for request in (r.ItemDetails(additional="x"), CHEAP, r.Subtotal(), r.Payment(CARD, 100)):
        assert bench.silent(request)
    assert bench.close().document == 3
    assert not bench.silent(SERVICE)
    assert not bench.silent(p.PrintText("x"))


# --- paper


def _out(bench: PiritBench, *, paper: bool = True) -> None:
    """The paper ends (or the cover opens) while the next command prints."""
    bench.register.printer.break_off(paper=paper)


@pytest.mark.parametrize(("paper", "number"), [(True, errors.NO_PAPER), (False, errors.PRINTER_NOT_READY)])
def test_a_receipt_that_is_not_on_paper_waits_for_its_closing(paper: bool, number: int) -> None:
    bench = bench_of(*PAID)
    _out(bench, paper=paper)
    assert bench.refused(r.CloseDocument(0)) == number
    assert bench.drive.last_document == 3
    assert bench.state == (SALE, 8)
    for request in (r.CancelDocument(), SELLING, s.CloseShift(CASHIER), s.XReport(CASHIER)):
        assert (bench.refused(request), bench.why()) == (errors.WRONG_STATE, extended.IN_DRIVE)
    assert bench.refused(r.CloseDocument(0)) == number
    bench = PiritBench(storage=bench.storage)  # the power was gone
    assert bench.state == (SALE, 8)
    bench.register.printer.set_paper(present=True)
    bench.register.printer.set_cover(open_=False)
    answer = bench.close()
    assert (answer.document, answer.sign) == (3, bench.drive.document(3).sign)  # type: ignore[union-attr]
    assert bench.state == (0, 0)
    assert bench.drive.last_document == 3
    bench.receipt()


def test_a_shift_whose_end_is_not_on_paper_is_closed_once_more() -> None:
    bench = bench_of()
    _out(bench)
    assert bench.refused(s.CloseShift(CASHIER)) == errors.NO_PAPER
    assert bench.flags == Flag.SHIFT_END_BROKEN
    assert bench.call(st.DriveBlocks()).value == 0x20
    assert bench.refused(s.OpenShift(CASHIER)) == errors.WRONG_STATE
    bench.register.printer.set_paper(present=True)
    bench.close_shift()
    assert (bench.flags, bench.drive.last_document) == (0, 3)
    bench.open_shift()


def test_without_paper_nothing_is_done_that_prints() -> None:
    bench = bench_of(SELLING, CHEAP)
    bench.register.printer.set_paper(present=False)
    assert bench.call(st.PrinterStatus()).value == Printer.NO_PAPER | Printer.NOT_READY
    assert bench.refused(CHEAP) == errors.NO_PAPER
    bench.call(r.CancelDocument())
    assert bench.refused(SELLING) == errors.NO_PAPER
    assert bench.refused(s.XReport(CASHIER)) == errors.NO_PAPER
    bench.call(r.OpenDocument(SALE | NO_PRINT, 1, CASHIER))
    bench.call(CHEAP)
    bench.call(r.CancelDocument())
    bench.register.printer.set_paper(present=True)
    bench.register.printer.set_cover(open_=True)
    assert bench.call(st.PrinterStatus()).value == Printer.COVER_OPEN | Printer.NOT_READY
    assert bench.refused(SELLING) == errors.PRINTER_NOT_READY


def test_paper_that_ends_in_a_slip_leaves_no_document_behind() -> None:
    bench = bench_of(r.OpenDocument(CASH_IN, 1, CASHIER), r.CashInOut("", 500))
    _out(bench)
    assert bench.refused(r.CloseDocument(0)) == errors.NO_PAPER
    assert bench.state == (0, 0)
    assert bench.call(c.ReceiptSums()).cash_in == 500


def test_a_register_of_105_knows_what_its_firmware_knows() -> None:
    """The vendor's own client asks 78/22 first, whatever the register is registered for."""
    bench = PiritBench(FfdVersion.V1_05)
    assert bench.call(DriveFfd()).current == 2
    assert bench.refused(s.ReportTag(2, "x", b"\x01\x02")) == errors.WRONG_STATE
    assert bench.refused(MarkingState()) == 0x72


def test_frames_that_are_wrong_in_themselves() -> None:
    bench = PiritBench()
    assert bench.refused(st.Status(), password=b"DRRB") == errors.WRONG_PASSWORD
    assert bench.sent(0x22, b"") == errors.UNKNOWN_COMMAND
    assert bench.sent(0x78, b"99\x1c") == errors.BAD_PARAMETERS
    assert bench.why() == extended.UNKNOWN_QUERY
    assert bench.sent(0x30, b"x\x1c1\x1c") == errors.BAD_PARAMETERS
    assert bench.why() == 40
    bench.call(st.WriteSetting(20, 0, "DRRB"))
    assert bench.refused(st.Status()) == errors.WRONG_PASSWORD
    assert bench.refused(st.Status(), password=b"DRRB") == 0
