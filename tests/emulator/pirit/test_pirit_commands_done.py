"""Every row of the table is carried out: questions tell what the drive and the till know, settings stay."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pirit_kit import BUY, CARD, CASH_IN, CASH_OUT, CASHIER, REFUND, SALE, PiritBench
from register_bench import START
from shtrih_kit import value

from emulator.fiscal_drive import default_registration
from emulator.registers.pirit import command_code
from emulator.registers.pirit.register import SUPPORTED
from protocols.ffd.enums import DocumentCode, FfdVersion, Vat
from protocols.ffd.presence import validate
from protocols.ffd.tlv import decode
from protocols.pirit import errors
from protocols.pirit.commands import COMMANDS, Line
from protocols.pirit.commands import counters as c
from protocols.pirit.commands import drive as d
from protocols.pirit.commands import info as i
from protocols.pirit.commands import printing as p
from protocols.pirit.commands import receipts as r
from protocols.pirit.commands import service as sv
from protocols.pirit.commands import shifts as s
from protocols.pirit.commands import state as st
from protocols.pirit.fields import Cashier
from protocols.pirit.vat import of_table

V105, V12 = FfdVersion.V1_05, FfdVersion.V1_2
NOW = START.replace(tzinfo=None)
REGISTRATION: dict[str, Any] = {
    "drive_replaced": 0,
    "registration_number": "",
    "inn": "",
    "taxations": 1,
    "mode": 0x20,
    "operator": Cashier("Петров", "500100732259"),
    "at": NOW,
    "user_1": "ООО Лютик",
    "user_2": "и партнёры",
    "address_1": "Тверь",
    "address_2": "",
    "place": "Склад",
    "automat": "",
    "ofd_name": "Такском",
    "ofd_inn": "7704211201",
    "sender": "a@b.ru",
    "fns_site": "nalog.gov.ru",
    "extended_mode": 2,
    "ffd": 4,
}


def test_every_row_is_carried_out() -> None:
    assert {row.request for row in COMMANDS.values()} == SUPPORTED
    assert (command_code("close_document"), command_code("select_document"), command_code("nothing")) == (
        0x31,
        0x780F,
        None,
    )


@pytest.mark.parametrize(
    ("quirk", "line", "code"), [("", Line.FM16, 5), ("pirit-2f", Line.PIRIT_2F, 8), ("pirit-2sf", Line.PUNIX, 9)]
)
def test_a_model_has_its_own_commands(quirk: str, line: Line, code: int) -> None:
    bench = PiritBench(quirks=frozenset({quirk} if quirk else ()))
    assert bench.call(i.Model()).value == code
    for row in COMMANDS.values():
        known = {type_: make for type_, make in (_plain(row.request),) if make is not None}
        for request in known.values():
            assert (bench.refused(request) == errors.UNKNOWN_COMMAND) is not (row.lines & line), row.name


def _plain(kind: type) -> tuple[type, Any]:
    """A question without parameters."""
    try:
        return kind, kind()
    except TypeError:
        return kind, None


def test_words_of_an_error_are_not_told_by_every_model() -> None:
    for quirk, words in (("pirit-2sf", "Документ не был открыт"), ("pirit-2f", "")):
        bench = PiritBench(quirks=frozenset({quirk}))
        bench.refused(r.CancelDocument())
        assert bench.call(st.ExtendedError()) == st.ExtendedErrorReply(8, words)


def a_day(ffd: FfdVersion = V12) -> PiritBench:
    bench = PiritBench(ffd)
    bench.open_shift()
    bench.receipt(30000)
    bench.open()
    bench.sell(10000, section=3)
    bench.pay(4000, CARD)
    bench.pay(500, 13)
    bench.pay(6000)
    bench.close()
    bench.receipt(1000, REFUND)
    bench.receipt(700, BUY)
    for mode, amount in ((CASH_IN, 5000), (CASH_OUT, 200)):
        bench.call(r.OpenDocument(mode, 1, CASHIER))
        bench.call(r.CashInOut("", amount))
        bench.close()
    return bench


def test_counters_of_a_shift() -> None:
    bench = a_day()
    sums, counts = bench.call(c.SaleSums()).values, bench.call(c.SaleCounts()).values
    assert (sums[0], sums[1], sums[13], sum(sums)) == (35500, 4000, 500, 40000)
    assert (counts[0], counts[1], counts[13], sum(counts)) == (2, 1, 1, 4)
    assert bench.call(c.ReturnSums()).values[0] == 1000
    assert bench.call(c.ReturnCounts()).values[0] == 1
    assert bench.call(c.BuySums()).values[0] == 700
    assert sum(bench.call(c.BuyReturnSums()).values) == 0
    assert bench.call(c.BuyCounts()) == c.BuyCountsReply(1, 0)
    assert bench.call(c.SectionSales()).values[:3] == (30000, 0, 10000)
    assert bench.call(c.SectionReturns()).values[0] == 1000
    assert bench.call(c.SaleTaxes()).values == (0, 2727 + 909, 0, 0, 0, 0)
    assert bench.call(c.ReturnTaxes()).values[1] == 91
    assert bench.call(c.ReceiptCounts()) == c.ReceiptCountsReply(2, 1, 0, 0, 1, 1)
    assert bench.call(c.ReceiptSums()) == c.ReceiptSumsReply(0, 0, 5000, 200)
    assert (bench.call(c.ShiftNumber()).value, bench.call(c.NextReceipt()).value) == (1, 5)
    cash = 30000 + 5500 - 1000 - 700 + 5000 - 200
    assert bench.call(i.CashInDrawer()).value == cash
    assert bench.call(i.GrandTotals()).values == (40000, 1000, 700, 0)
    shown = bench.call(d.DriveCounters(0, 1))
    assert (shown.count, shown.total, shown.cash, shown.electronic, shown.prepaid) == (2, 40000, 35500, 4000, 500)
    assert shown.taxes == (0, 3636, 0, 0, 0, 0)
    bench.call(s.XReport(CASHIER))
    report = bench.call(c.LastReport())
    assert (report.cash, report.sale_count, report.sale_sum, report.return_sum) == (cash, 2, 40000, 1000)
    assert (report.cash_in_sum, report.cash_out_sum, bench.call(i.NextXReport()).value) == (5000, 200, 2)
    bench.call(st.WriteSetting(5, 0, "4"))  # the drawer is emptied with the shift
    bench.close_shift()
    bench.open_shift()
    assert [bench.call(d.DriveCounters(kind, 1)).total for kind in (0, 1)] == [0, 40000]
    assert (sum(bench.call(c.SaleSums()).values), bench.call(i.CashInDrawer()).value) == (0, 0)
    assert bench.call(c.LastReport()).sale_sum == 40000


@pytest.mark.parametrize("ffd", [V105, V12])
def test_corrections_are_counted(ffd: FfdVersion) -> None:
    bench = PiritBench(ffd)
    bench.open_shift()
    kind = 0x80 if ffd is V105 else 0
    cash: tuple[Any, ...] = (0, 0, 0, 0, 0) if ffd is V105 else (None,) * 5
    bench.call(r.Correction(CASHIER, *cash, kind, NOW.date(), "1"))
    bench.sell(500)
    bench.pay(200, CARD)
    bench.pay(300)
    bench.close()
    more = (0, 0, 0) if ffd is V12 else (None, None, None)
    assert bench.call(c.Corrections()) == c.CorrectionsReply(1, 300, 200, *more)


def test_what_the_drive_says() -> None:
    bench = a_day()
    drive = bench.drive
    assert bench.call(d.DriveNumber()).value == drive.number
    assert bench.call(d.DriveState()) == d.DriveStateReply(3 | 0x20, 0, 0)
    assert bench.call(d.LastDocument()).value == drive.last_document == 6
    assert bench.call(d.ShiftState()) == d.ShiftStateReply(1, 1, 4)
    assert bench.call(d.ShiftStart()).value == 2
    assert (bench.call(d.RegisteredAt()).at, bench.call(d.RegistrationDocument()).value) == (NOW, 1)
    assert bench.call(d.LastRegistration()).document == 1
    queue = bench.call(d.Exchange())
    assert (queue.status, queue.queue, queue.first, queue.at) == (2, 6, 1, NOW)
    assert bench.call(d.DriveVersions()).ffd == 4
    assert bench.call(d.DriveFfd()) == d.DriveFfdReply(4, 4)
    found = bench.call(d.Archived(3))
    assert (found.acknowledged, found.code, found.data) == (0, 3, drive.short_record(3)[2:])
    assert bench.read_back(3) == (3, drive.document(3).body)  # type: ignore[union-attr]
    for request in (d.ReadTlv(), d.SelectDocument(99), d.Archived(99), d.Confirmation(1), d.SelectRegistration(2)):
        assert bench.refused(request) == errors.FN_NO_DATA
    assert bench.call(d.SelectRegistration(0)).value == bench.call(d.SelectRegistration(1)).value == 1
    data = b""
    while not bench.refused(d.SelectRegistration(1)) and len(data) < len(drive.document(1).body):  # type: ignore[union-attr]
        data += bench.call(d.ReadRegistrationTlv()).data
    assert decode(data) == drive.document(1).elements  # type: ignore[union-attr]
    bench.open()
    bench.sell()
    assert bench.call(d.DriveState()) == d.DriveStateReply(3 | 0x30, 4, 0)


def test_who_the_register_is() -> None:
    bench = PiritBench()
    bench.open_shift()
    known = bench.drive.registration
    assert known is not None
    assert bench.call(i.SerialNumber()).value == known.serial
    assert bench.call(i.Inn()).value == known.inn
    assert bench.call(i.RegistrationNumber()).value == known.registration_number
    assert bench.call(i.LastFiscalMoment()).at == NOW
    assert bench.call(i.RegistrationDate()).on == NOW.date()
    assert bench.call(i.RegistrationShift()).value == 0
    assert bench.call(i.ShiftOpened()).at == NOW
    assert bench.call(i.Taxation()) == i.TaxationReply(0b110111, 0x7FE0 | 0x8000, 2)
    assert bench.call(i.DriveExpiry()).days == bench.drive.resource.days_left
    assert PiritBench(V105).call(i.DriveExpiry()).days is None
    assert bench.call(sv.CashInfo()).inn == known.inn
    assert bench.call(sv.RegisterInfo()).model_name == "Viki Print 80+"
    bench.close_shift()
    assert bench.refused(i.ShiftOpened()) == errors.FN_NO_DATA


@pytest.mark.parametrize(
    ("quirk", "rows", "vat"), [("", 12, Vat.VAT20), ("old-vat", 6, Vat.VAT20), ("vat-22", 6, Vat.VAT22)]
)
def test_the_vat_table_is_told_by_settings(quirk: str, rows: int, vat: Vat) -> None:
    bench = PiritBench(quirks=frozenset({quirk} if quirk else ()))
    names = [bench.call(st.ReadSetting(40, at)).value for at in range(rows)]
    percents = [Decimal(bench.call(st.ReadSetting(41, at)).value) for at in range(rows)]
    assert of_table(names, percents)[vat] == 0
    assert len(of_table(names, percents)) == rows
    assert bench.refused(st.ReadSetting(40, rows)) == errors.BAD_PARAMETERS
    assert (bench.refused(st.WriteSetting(40, 0, "x")), bench.why()) == (errors.BAD_PARAMETERS, 38)
    bench.open_shift()
    bench.open()
    bench.call(r.AddItem("Чай", "", Decimal(1), 12200, 0))
    bench.pay(12200)
    bench.close()
    assert value(bench.document(), 1059, 1199) == vat.code


def test_settings_stay_and_registration_data_cannot_be_written() -> None:
    bench = PiritBench()
    bench.call(st.WriteSetting(31, 2, "Спасибо"))
    bench.call(st.WriteSetting(30, 0, "ООО Чужое"))
    bench = PiritBench(storage=bench.storage)
    assert bench.call(st.ReadSetting(31, 2)).value == "Спасибо"
    assert bench.call(st.ReadSetting(30, 0)).value == 'ООО "Ромашка"'
    assert bench.call(st.ReadSetting(85, 0)).value == "Магазин"
    assert bench.call(st.ReadSetting(32, 13)).value == "ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС)"
    for setting, index, text in ((31, 10, "x"), (999, 0, "x"), (1, 0, "300"), (20, 0, "abc"), (12, 1, "5")):
        assert bench.refused(st.WriteSetting(setting, index, text)) == errors.BAD_PARAMETERS


def test_parts_wear_and_begin_anew() -> None:
    bench = PiritBench(quirks=frozenset({"pirit-2f"}))
    bench.open_shift()
    assert (bench.call(i.Cuts()).value, bench.call(i.HeadMileage()).value) == (1, 150)
    bench.call(i.ResetCuts())
    bench.call(i.ResetHeadMileage())
    bench.close_shift()
    assert (bench.call(i.Cuts()).value, bench.call(i.HeadMileage()).value) == (1, 150)
    assert (bench.call(i.CutsForever()).value, bench.call(i.HeadMileageForever()).value) == (2, 300)


# --- reports, registration, the end


def test_reports_carry_what_was_sent_for_them() -> None:
    bench = PiritBench()
    bench.call(s.ReportTag(2, "смена", b"\x01\x1d"))
    bench.call(s.ReportTag(3, "конец", b""))
    bench.call(s.OpenShift(Cashier("Иванова", "500100732259"), "Тверь", "Склад"))
    tags = {element.tag: element.value for element in bench.document()}
    assert (tags[1021], str(tags[1203]).strip(), tags[1009], tags[1187]) == (
        "Иванова",
        "500100732259",
        "Тверь",
        "Склад",
    )
    assert (tags[1276], tags[1277], 1278 in tags) == ("смена", b"\x01\x1d", False)
    bench.call(s.StateReport(CASHIER))
    bench.close_shift()
    assert validate(DocumentCode.SHIFT_CLOSE, V12, bench.document()) == []
    assert value(bench.document(), 1278) == "конец"
    bench.open_shift()
    assert 1276 not in {element.tag for element in bench.document()}


def test_reregistration_keeps_who_it_is() -> None:
    bench = PiritBench()
    made = bench.call(s.Register(**REGISTRATION))
    known = bench.drive.registration
    assert known is not None
    assert (made.document, known.user_name, known.inn) == (2, "ООО Лютик и партнёры", "7701234560")
    assert (known.marking, known.excise, known.internet, known.agents) == (True, False, True, 0)
    assert bench.call(i.Taxation()) == i.TaxationReply(1, 0x20, 2)
    assert value(bench.document(), 1205) == 1 << 1 | 1 << 2 | 1 << 3 | 1 << 7
    assert validate(DocumentCode.REREGISTRATION, V12, bench.document()) == []
    bench.open_shift()
    assert bench.refused(s.Register(**REGISTRATION)) == errors.CLOSE_SHIFT_FIRST
    bench.close_shift()
    for mode, automat in ((0x24, "17"), (0x20, "")):
        bench.call(s.Register(**(REGISTRATION | {"mode": mode, "automat": "17"})))
        assert bench.drive.registration.machine_number == automat
    assert bench.call(i.RegistrationShift()).value == 1


@pytest.mark.parametrize(
    ("more", "why"), [({"taxations": 0}, 43), ({"mode": 3}, 62), ({"ffd": 9}, 63), ({"operator": Cashier()}, 33)]
)
def test_registrations_that_are_refused(more: dict[str, Any], why: int) -> None:
    bench = PiritBench()
    assert bench.refused(s.Register(**(REGISTRATION | more))) in {errors.WRONG_STATE, errors.BAD_PARAMETERS}
    assert (bench.why(), bench.drive.last_document) == (why, 1)


def test_a_register_that_forgets_can_be_registered_anew() -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.receipt()
    assert bench.refused(s.Zero(NOW)) == errors.CLOSE_SHIFT_FIRST
    bench.close_shift()
    bench.call(s.Zero(NOW))
    assert (bench.flags, bench.register.core.memory.papers) == (0x22, 0)
    assert (bench.refused(r.OpenDocument(SALE, 1, CASHIER)), bench.why()) == (errors.WRONG_STATE, 2)
    assert (bench.refused(s.Register(**(REGISTRATION | {"inn": "123"}))), bench.why()) == (errors.BAD_PARAMETERS, 60)
    known = default_registration(V12)
    again = REGISTRATION | {"inn": known.inn, "registration_number": known.registration_number}
    assert bench.call(s.Register(**again)).document == 1
    bench.open_shift()
    assert bench.receipt().document == 3


def test_a_drive_ends_when_the_ofd_has_everything() -> None:
    bench = PiritBench()
    assert (bench.refused(s.CloseDrive(CASHIER)), bench.why()) == (errors.WRONG_STATE, 34)
    bench.call(s.EmergencyCloseDrive())
    assert bench.flags & 0x10
    assert (bench.refused(s.OpenShift(CASHIER)), bench.why()) == (errors.WRONG_STATE, 3)
    other = PiritBench()
    other.drive.reregister(replace(default_registration(V12), offline=True), 1 << 31)
    assert other.call(s.CloseDrive(CASHIER)).document == 3
    assert other.call(s.StateReport(CASHIER)) is not None


def test_an_emergency_end_of_a_shift() -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.call(s.EmergencyCloseShift())
    assert not bench.drive.shift_open


# --- printing and the rest


def test_pictures_of_registers_that_have_them() -> None:
    bench = PiritBench(quirks=frozenset({"pirit-2f"}))
    assert bench.call(p.FindPicture("лого")).value == 0
    bench.call(p.LoadPicture(16, 2, 0, "лого"), payload=bytes(4))
    assert bench.call(p.FindPicture("лого")).value == 1
    bench.call(r.OpenDocument(1, 1))
    bench.call(p.PrintPicture(0, 1))
    assert bench.refused(p.PrintPicture(0, 2)) == 0x10
    assert (bench.refused(p.PrintBitmap(1000, 2, 0), payload=bytes(250)), bench.why()) == (errors.BAD_PARAMETERS, 94)
    bench.call(p.PrintPng(3, 16, 2, 0), payload=b"png")
    bench.close()
    shown = bench.register.tape.lines(1)
    assert sum("картинка" in str(line) for line in shown) == 2
    bench.call(p.LoadLogo(4), payload=b"\x1bBMP")
    assert bench.refused(p.LoadLogo(3), payload=b"BMP") == errors.BAD_PARAMETERS
    bench.call(p.DeleteLogo())
    bench.call(p.LoadDesign(3), payload=b"abc")


def test_copies_come_from_the_drive() -> None:
    bench = a_day()
    papers = bench.register.core.memory.papers
    for request in (p.PrintArchived(3), p.PrintArchived(0), p.PrintRegistration(), p.PrintServiceData()):
        bench.call(request)
    assert bench.register.core.memory.papers == papers + 4
    assert bench.refused(p.PrintLastZReport()) == errors.FN_NO_DATA
    assert bench.refused(p.PrintArchived(99)) == errors.FN_NO_DATA
    bench.close_shift()
    bench.call(p.PrintLastZReport())


def test_what_is_not_paper() -> None:
    bench = PiritBench()
    for request in (p.OpenDrawer(), p.Beep(100), p.CutDocument(), sv.SetSpeed(5), sv.SetCabinetFlag(7), s.ZeroCash()):
        bench.call(request)
    assert bench.register.core.memory.drawer_openings == 1
    assert bench.register.baud == 115200
    assert (bench.call(p.DrawerState()).value, bench.call(sv.CabinetFlag()).value) == (0, 7)
    assert (bench.refused(sv.ActivateKey("123")), bench.why()) == (errors.BAD_PARAMETERS, 65)
    bench.call(sv.WifiJoin("склад", "secret"))
    assert bench.call(sv.WifiNetwork()).ssid == "склад"
    assert "secret" not in str(bench.register.core.memory)
    assert len(bench.call(sv.ReadMemory(0, 0, 64)).data) == 64
    bench.open_shift()
    bench.open()
    bench.call(r.DepartmentSum(0, 5, 700))
    bench.call(r.DepartmentSum(1, 5, 70))
    assert bench.call(c.SectionSales()).values[4] == 700
    assert bench.call(c.SectionReturns()).values[4] == 70
    assert (bench.refused(r.DepartmentSum(2, 5, 1)), bench.why()) == (errors.BAD_PARAMETERS, 76)
    bench.call(r.CancelDocument())
    for department, section in ((0, 0), (7, 6)):
        bench.call(r.OpenDocument(SALE, department, CASHIER))
        bench.receipt_of_open(100)
        assert bench.call(c.SectionSales()).values[section] == 100


def test_details_are_printed_with_the_receipt() -> None:
    bench = PiritBench()
    bench.call(st.WriteSetting(52, 1, "Карта"))
    bench.open_shift()
    bench.open()
    bench.call(p.PrintDetail(0, 0, "&до"))
    bench.sell()
    bench.call(p.PrintDetail(1, 0, "1234", "вторая"))
    bench.pay(10000)
    bench.close()
    shown = [str(line) for line in bench.register.tape.lines(1)]
    places = [next(at for at, line in enumerate(shown) if word in line) for word in ("'до'", "Молоко", "Карта 1234")]
    assert places == sorted(places)


def test_a_drive_without_a_registration() -> None:
    bench = PiritBench(begun=False, fiscalised=False)
    assert bench.flags == 0x23
    assert bench.call(d.DriveState()).state == 1
    bench.begin()
    for request in (i.SerialNumber(), i.Inn(), d.DriveVersions(), s.XReport(CASHIER), s.OpenShift(CASHIER)):
        assert (bench.refused(request), bench.why()) == (errors.WRONG_STATE, 2)
    for request in (i.LastFiscalMoment(), i.RegistrationDate(), i.DriveExpiry(), d.LastRegistration()):
        assert bench.refused(request) == errors.FN_NO_DATA
