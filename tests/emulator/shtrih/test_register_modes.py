"""Modes, shifts, the 24 h rule, passwords, the clock, paper and cover (shtrih_m §5.7, §5.8, §10)."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
from register_bench import MOSCOW
from shtrih_kit import ADMIN, Bench, closing, item, value

from emulator.registers.shtrih.register import SUPPORTED
from emulator.registers.shtrih.unsupported import UNSUPPORTED
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element
from protocols.paper import text
from protocols.shtrih.commands import COMMANDS
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import printing as p
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.commands import state as s
from protocols.shtrih.commands import tables as t


def test_modes_of_a_day():
    bench = Bench()
    assert bench.mode == 4
    bench.open_shift()
    assert bench.mode == 2
    bench.call(r.OpenReceipt(ADMIN, 2))
    assert bench.mode == 0x28
    bench.call(r.CancelReceipt(ADMIN))
    bench.call(p.OpenNonFiscal(ADMIN))
    assert bench.mode == 0x48
    assert bench.refused(item()) == 0x73
    bench.call(p.CloseNonFiscal(ADMIN))
    bench.wait(hours=24, minutes=1)
    assert bench.mode == 3
    bench.call(r.ZReport(ADMIN))
    assert bench.mode == 4


@pytest.mark.parametrize("ffd", FfdVersion)
def test_shift_reports_are_whole_documents(ffd):
    bench = Bench(ffd)
    bench.call(d.BeginOpenShift(ADMIN))
    assert bench.call(d.DriveStatus(ADMIN)).current_document == 2
    bench.tag(Element(1021, "Иванова А. А."), Element(1203, "500100732259"))
    bench.open_shift()
    opened = bench.document()
    assert (value(opened, 1021), value(opened, 1203)) == ("Иванова А. А.", "500100732259")
    assert validate(DocumentCode.SHIFT_OPEN, ffd, opened) == []
    bench.receipt()
    bench.call(r.ZReport(29))
    closed = bench.document()
    assert value(closed, 1021) == "АДМИНИСТРАТОР"
    assert validate(DocumentCode.SHIFT_CLOSE, ffd, closed) == []
    assert value(closed, 1118) == 1


def test_shift_commands_of_the_drive_level():
    bench = Bench()
    opened = bench.call(d.DriveOpenShift(ADMIN))
    assert (opened.shift, opened.document) == (1, 2)
    bench.call(d.BeginCloseShift(ADMIN))
    closed = bench.call(d.DriveCloseShift(ADMIN))
    assert (closed.shift, closed.document) == (1, 3)


def test_a_begun_document_can_be_dropped():
    bench = Bench()
    bench.call(d.BeginOpenShift(ADMIN))
    bench.tag(Element(1021, "Иванова"))
    bench.call(d.CancelDocument(ADMIN))
    assert bench.call(d.DriveStatus(ADMIN)).current_document == 0
    bench.open_shift()
    assert value(bench.document(), 1021) == "СИСТ. АДМИНИСТРАТОР"


@pytest.mark.parametrize(
    ("prepare", "request_", "number"),
    [
        ("open", r.OpenShift(ADMIN), 0x3C),
        ("closed", r.ZReport(ADMIN), 0x3D),
        ("receipt", r.ZReport(ADMIN), 0x4A),
        ("receipt", r.XReport(ADMIN), 0x4A),
        ("receipt", r.OpenReceipt(ADMIN, 0), 0x4A),
        ("receipt", r.CashIn(ADMIN, 100), 0x4A),
        ("receipt", r.OpenShift(ADMIN), 0x4A),
        ("receipt", s.SetTime(ADMIN, time(10, 0)), 0x73),
        ("receipt", t.WriteTable(ADMIN, 17, 1, 7, b"\1"), 0x73),
        ("open", s.SetTime(ADMIN, time(10, 0)), 0x73),
        ("open", s.SetDate(ADMIN, date(2026, 3, 3)), 0x73),
        ("closed", s.ConfirmDate(ADMIN, date(2026, 3, 3)), 0x73),
        ("closed", r.CashIn(ADMIN, 100), 0x73),
        ("closed", closing(100), 0x55),
        ("open", closing(100), 0x55),
        ("expired", item(), 0x4E),
        ("expired", r.OpenReceipt(ADMIN, 0), 0x4E),
        ("expired", r.CashIn(ADMIN, 100), 0x4E),
        ("expired", r.XReport(ADMIN), 0),
        ("open", s.TechnologicalReset(), 0x73),
        ("open", r.OpenReceipt(ADMIN, 4), 0x33),
        ("open", p.CloseNonFiscal(ADMIN), 0x73),
        ("open", s.StopTestRun(ADMIN), 0x73),
        ("open", r.CashOut(ADMIN, 100), 0x46),
        ("open", d.SelectDocument(ADMIN, 99), 0x08),
        ("open", d.FindDocument(ADMIN, 99), 0x08),
        ("open", t.TableStructure(ADMIN, 99), 0x5D),
    ],
)
def test_what_each_mode_refuses(prepare, request_, number):
    bench = Bench()
    if prepare != "closed":
        bench.open_shift()
    if prepare == "receipt":
        bench.sell()
    if prepare == "expired":
        bench.wait(hours=24, minutes=1)
    before = bench.drive.last_document
    assert bench.refused(request_) == number
    assert bench.drive.last_document == before


def test_a_receipt_over_midnight_of_the_shift_is_the_drive_s_to_refuse():
    bench = Bench()
    bench.sell()
    bench.wait(hours=24, minutes=1)
    assert bench.refused(closing(10000)) == 0x16
    bench.call(r.CancelReceipt(ADMIN))
    assert bench.mode == 3


def test_ranks_of_operators():
    bench = Bench()
    bench.open_shift()
    for password, number in ((1, 0x4F), (27, 0x4F), (28, 0), (29, 0), (30, 0), (31, 0x4F), (0, 0x4F)):
        assert bench.refused(r.XReport(password)) == number
    assert bench.refused(r.ZReport(28)) == 0x4F
    assert bench.refused(t.ReadTable(29, 1, 1, 1)) == 0x4F
    bench.setting(2, 1, 777777, row=30, size=4)
    assert bench.refused(t.ReadTable(30, 1, 1, 1)) == 0x4F
    assert bench.refused(t.ReadTable(777777, 1, 1, 1)) == 0


def test_every_command_is_carried_out_or_said_to_be_missing():
    missing = {row.name for row in COMMANDS.values() if row.request not in SUPPORTED}
    assert missing == set(UNSUPPORTED)


def test_unknown_and_misshapen_commands():
    execute = Bench().register.execute
    assert execute(bytes.fromhex("A0 1E 00 00 00")) == bytes.fromhex("A0 37")
    assert execute(bytes.fromhex("FF 64 1E 00 00 00")) == bytes.fromhex("FF 64 37")
    assert execute(bytes.fromhex("10 1E 00")) == bytes.fromhex("10 7E")
    assert execute(bytes.fromhex("10 1E 00 00 00 00")) == bytes.fromhex("10 7E")
    assert execute(bytes.fromhex("21 1E 00 00 00 19 00 00")) == bytes.fromhex("21 33")
    assert execute(b"\xff") == bytes.fromhex("FF 37")


# --- the clock


def test_setting_the_clock():
    bench = Bench()
    bench.call(s.SetTime(ADMIN, time(23, 30, 15)))
    bench.call(s.SetDate(ADMIN, date(2026, 3, 5)))
    assert bench.mode == 6
    assert bench.refused(r.OpenShift(ADMIN)) == 0x73
    assert bench.refused(s.ConfirmDate(ADMIN, date(2026, 3, 6))) == 0x7C
    assert bench.mode == 6
    bench.call(s.ConfirmDate(ADMIN, date(2026, 3, 5)))
    status = bench.call(s.LongStatus(ADMIN))
    assert (status.date, status.time, bench.mode) == (date(2026, 3, 5), time(23, 30, 15), 4)
    bench.wait(minutes=2)
    bench.open_shift()
    assert value(bench.document(), 1012) == datetime(2026, 3, 5, 23, 32)


def test_a_clock_behind_the_last_document_is_the_drive_s_to_refuse():
    bench = Bench()
    bench.open_shift()
    bench.call(r.ZReport(ADMIN))
    bench.call(s.SetTime(ADMIN, time(1, 0)))
    assert bench.refused(r.OpenShift(ADMIN)) == 0x07


def test_the_clock_stays_set_over_a_power_cut():
    bench = Bench()
    bench.call(s.SetTime(ADMIN, time(20, 0)))
    again = Bench(storage=bench.storage)
    assert again.call(s.LongStatus(ADMIN)).time == time(20, 0)


# --- paper and cover


def paper_of(bench: Bench) -> str:
    return text.render(bench.register.tape.lines(), qr=False)


def test_no_paper_refuses_printing_and_nothing_else():
    bench = Bench()
    bench.open_shift()
    bench.register.printer.set_paper(present=False)
    status = bench.call(s.ShortStatus(ADMIN))
    assert (status.submode, status.flags & 0x82) == (1, 0)
    for request in (r.OpenReceipt(ADMIN, 0), item(), r.XReport(ADMIN), p.PrintString(ADMIN, 2, "x"), r.ZReport(ADMIN)):
        assert bench.refused(request) == 0x6B
    assert bench.refused(d.DriveStatus(ADMIN)) == 0
    bench.register.printer.set_paper(present=True)
    assert bench.submode == 0
    bench.receipt()


def test_an_open_cover_shows_in_the_flags():
    bench = Bench()
    bench.register.printer.set_cover(open_=True)
    status = bench.call(s.ShortStatus(ADMIN))
    assert (status.submode, status.flags & 0x400) == (1, 0x400)
    assert bench.refused(r.OpenShift(ADMIN)) == 0x72


def test_suppressed_printing_needs_no_paper():
    bench = Bench()
    bench.open_shift()
    bench.setting(17, 7, 1)
    bench.register.printer.set_paper(present=False)
    bench.receipt()
    assert bench.refused(item()) == 0x6B  # one document was skipped, the setting fell back to 0
    bench.setting(17, 7, 2)
    bench.receipt()
    bench.receipt()
    assert paper_of(bench).count("КАССОВЫЙ ЧЕК") == 0
    bench.register.printer.set_paper(present=True)
    bench.call(r.CopyLast(ADMIN))
    assert paper_of(bench).count("КАССОВЫЙ ЧЕК") == 1


def test_paper_that_ends_while_printing_waits_for_continue():
    # §5.8, §10.2: 2 -> new paper -> 3 -> B0h prints the document again from its start; it was fiscal all along
    bench = Bench()
    bench.open_shift()
    bench.sell()
    bench.register.printer.break_off(paper=True)
    assert bench.close(10000).document == 3
    assert (bench.mode, bench.submode) == (2, 2)
    assert bench.refused(item()) == 0x6B
    assert bench.refused(p.ContinuePrint(ADMIN)) == 0x6B
    bench.register.printer.set_paper(present=True)
    assert bench.submode == 3
    assert bench.refused(item()) == 0x58
    assert bench.refused(d.DriveStatus(ADMIN)) == 0
    assert "КАССОВЫЙ ЧЕК" not in paper_of(bench)
    bench.call(p.ContinuePrint(ADMIN))
    assert bench.submode == 0
    assert "НЕ ДЕЙСТВИТЕЛЕН" in paper_of(bench)
    assert paper_of(bench).count("КАССОВЫЙ ЧЕК") == 1
    assert bench.receipt().document == 4


def test_paper_that_ends_while_nothing_prints_is_simply_gone():
    bench = Bench()
    bench.open_shift()
    bench.register.printer.break_off(paper=True)
    assert bench.submode == 1
    assert bench.refused(item()) == 0x6B
    bench.register.printer.set_paper(present=True)
    assert bench.submode == 0
    bench.receipt()
    assert bench.submode == 0
    assert paper_of(bench).count("КАССОВЫЙ ЧЕК") == 1


def test_continue_with_nothing_to_continue_is_no_error():
    assert Bench().refused(p.ContinuePrint(ADMIN)) == 0


def test_an_interrupted_document_prints_itself_after_a_power_cut():
    bench = Bench()
    bench.open_shift()
    bench.sell()
    bench.register.printer.break_off(paper=True)
    bench.close(10000)
    dark = Bench(storage=bench.storage)
    assert dark.submode == 2
    dark.register.printer.set_paper(present=True)
    dark.register.core.save()
    again = Bench(storage=dark.storage)
    assert again.submode == 0
    assert paper_of(again).count("КАССОВЫЙ ЧЕК") == 1


def test_an_open_receipt_does_not_outlive_the_power():
    bench = Bench()
    bench.sell()
    assert bench.mode == 8
    again = Bench(storage=bench.storage)
    assert again.mode == 2
    assert again.call(d.DriveStatus(ADMIN)).current_document == 0


def test_printing_takes_its_time_at_real_speed():
    bench = Bench(real_speed=True)
    bench.open_shift()
    assert bench.submode == 5
    assert bench.refused(item()) == 0x50
    assert bench.refused(d.ShiftParameters(ADMIN)) == 0
    bench.wait(seconds=5)
    assert bench.submode == 0
    bench.sell()


def test_a_test_run_is_a_mode_of_its_own():
    bench = Bench()
    bench.call(s.StartTestRun(ADMIN, 1))
    assert bench.mode == 10
    assert bench.refused(r.OpenShift(ADMIN)) == 0x73
    bench.call(s.StopTestRun(ADMIN))
    assert bench.mode == 4


def test_a_restart_by_command_drops_the_open_receipt():
    bench = Bench()
    bench.sell()
    assert bench.register.execute(bytes.fromhex("FE F3 00 00 00 00")) == bytes.fromhex("FE 00")
    assert bench.mode == 2


def test_grand_totals_as_the_vendors_driver_reads_them():
    # javapos_shtrih: FE F4 and group 0, eight bytes each for sale, sale return, buy, buy return; other groups unknown
    bench = Bench()
    bench.receipt(12345)
    bench.call(r.ZReport(ADMIN))
    bench.call(r.OpenReceipt(ADMIN, 2))
    bench.sell(345, operation=2)
    bench.close(345)
    answer = bench.register.execute(bytes.fromhex("FE F4 00 00 00 00"))
    assert answer == bytes((0xFE, 0)) + (12345).to_bytes(8, "little") + (345).to_bytes(8, "little") + bytes(16)
    assert bench.register.execute(bytes.fromhex("FE F4 01 00 00 00")) == bytes.fromhex("FE 33")


def test_reports_by_cashier_hour_and_goods():
    bench = Bench()
    bench.receipt(100, name="Вчерашний хлеб")
    bench.call(r.ZReport(ADMIN))
    bench.receipt(12345, name="Сыр")
    bench.sell(300, name="Хлеб")
    bench.tag(Element(1021, "Петров П. П."))
    bench.close(300)
    bench.wait(hours=2)
    bench.receipt(700, name="Хлеб")
    before = len(paper_of(bench))
    bench.call(r.CashierReport(ADMIN))
    bench.call(r.HourlyReport(ADMIN))
    bench.call(r.GoodsReport(ADMIN))
    cashiers, rest = paper_of(bench)[before:].split("ПОЧАСОВОЙ ОТЧЁТ")
    hours, goods = rest.split("ОТЧЁТ ПО ТОВАРАМ")
    assert lines_of(cashiers, "приход") == {"Петров П. П.": "3.00", "СИСТ. АДМИНИСТРАТОР": "130.45"}
    assert sorted(lines_of(hours, "приход").values()) == ["126.45", "7.00"]
    assert lines_of(goods, "приход") == {"Сыр": "123.45", "Хлеб": "10.00"}


def lines_of(paper: str, kind: str) -> dict[str, str]:
    """`name, kind      sum` -> {name: sum}."""
    found = (line.strip().rpartition(" ") for line in paper.splitlines() if f", {kind} " in line)
    return {name.strip().removesuffix(f", {kind}"): amount for name, _, amount in found}


def test_copies_and_reports_are_printed():
    bench = Bench()
    bench.receipt(12345)
    bench.call(r.CopyLast(ADMIN))
    bench.call(r.XReport(ADMIN))
    bench.call(r.DepartmentReport(ADMIN))
    bench.call(r.TaxReport(ADMIN))
    bench.call(r.PrintCounters(ADMIN))
    paper = paper_of(bench)
    assert paper.count("КАССОВЫЙ ЧЕК") == 2
    assert "КОПИЯ" in paper
    assert "Отдел 1, приход" in paper
    assert "123.45" in paper


def test_the_long_status_says_who_it_is():
    bench = Bench(start=datetime(2026, 3, 2, 9, 17, 5, tzinfo=MOSCOW))
    bench.open_shift()
    status = bench.call(s.LongStatus(ADMIN))
    assert len(bench.register.execute(bytes.fromhex("11 1E 00 00 00"))) == 48
    assert (status.firmware_text, status.inn, status.serial) == ("C.3", 7701234560, 12345678)
    assert (status.time, status.last_closed_shift, status.port) == (time(9, 17, 5), 0, 128)
    kind = bench.call(s.DeviceType())
    assert (kind.model, kind.name) == (250, "ШТРИХ-М-01Ф")
    parameters = bench.call(s.ModelParameters(1))
    assert (parameters.fn_table, parameters.ofd_table, parameters.ffd_table, parameters.ffd_field) == (18, 19, 17, 17)
    assert parameters.flags >> 43 & 1


def test_the_last_error_in_words():
    bench = Bench()
    assert bench.call(s.ErrorText(b"")).text == "Ошибок нет"
    bench.refused(r.ZReport(ADMIN))
    assert "Смена не открыта" in bench.call(s.ErrorText(b"")).text
    assert "бумаг" in bench.call(s.ErrorText(b"\x6b")).text or "лент" in bench.call(s.ErrorText(b"\x6b")).text
