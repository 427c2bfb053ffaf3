"""What the register does in which mode, and what it tells: state, registers, tables, clock, reports, the drive."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

import pytest
from atol_kit import AtolBench, end_item

from emulator.registers.atol.register import SUPPORTED
from protocols.atol import errors
from protocols.atol.commands import COMMANDS, encode_request, printing, service
from protocols.atol.commands import drive as d
from protocols.atol.commands import receipts as r
from protocols.atol.commands import state as s
from protocols.atol.statuses import Flag, Mode, PrinterFlag, XReport
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import decode, find

EVERY_FFD = pytest.mark.parametrize("ffd", FfdVersion)


def test_every_row_is_carried_out() -> None:
    assert {row.request for row in COMMANDS.values()} == SUPPORTED


REFUSED: list[tuple[str, Any, int]] = [
    ("choice", r.OpenShift(0), errors.WRONG_MODE),
    ("choice", r.CloseShift(), errors.WRONG_MODE),
    ("choice", s.EnterMode(1, 31), errors.WRONG_PASSWORD),
    ("choice", s.EnterMode(4, 5), errors.WRONG_PASSWORD),
    ("choice", s.EnterMode(9, 30), errors.WRONG_FORMAT),
    ("registration", s.EnterMode(3, 30), errors.WRONG_MODE),
    ("registration", r.OpenReceipt(0, 1), errors.FN_WRONG_STATE),
    ("registration", r.CashIn(0, 100), errors.FN_WRONG_STATE),
    ("shift", r.OpenShift(0), errors.SHIFT_OPEN),
    ("shift", r.BeginItem(0, 1, 0), errors.RECEIPT_CLOSED),
    ("shift", r.CloseReceipt(0, 1, 0), errors.RECEIPT_CLOSED),
    ("shift", r.OpenReceipt(0, 3), errors.WRONG_RECEIPT_TYPE),
    ("shift", service.SetClock(datetime(2026, 3, 3)), errors.SHIFT_OPEN),
    ("receipt", r.OpenReceipt(0, 1), errors.RECEIPT_OPEN),
    ("receipt", r.CashIn(0, 100), errors.RECEIPT_OPEN),
    ("receipt", s.LeaveMode(), errors.RECEIPT_OPEN),
    ("receipt", s.EnterMode(3, 30), errors.RECEIPT_OPEN),
    ("receipt", end_item(), errors.SEE_REGISTER_55),
    ("expired", r.OpenReceipt(0, 1), errors.SHIFT_EXPIRED),
    ("expired", r.CashIn(0, 100), errors.SHIFT_EXPIRED),
]


@pytest.mark.parametrize(("where", "request_", "number"), REFUSED)
def test_what_is_refused_where(where: str, request_: Any, number: int) -> None:
    bench = AtolBench()
    if where != "choice":
        bench.mode(Mode.REGISTRATION)
    if where in {"shift", "receipt", "expired"}:
        bench.call(r.OpenShift(0))
    if where == "receipt":
        bench.open()
    if where == "expired":
        bench.wait(hours=25)
    before = bench.drive.last_document
    assert bench.refused(request_) == number
    assert bench.drive.last_document == before
    assert bench.refused(s.GetLastError()) == number


def test_what_is_no_command_is_refused_by_its_kind() -> None:
    execute = AtolBench().register.execute
    assert execute(b"\0\0\xa4\x50") == bytes((0x55, errors.UNSUPPORTED, 0))  # the drive's marking: in no source
    assert execute(b"\0\0\x92\0") == bytes((0x55, errors.WRONG_LENGTH, 0))
    assert execute(b"\0\0\x4f\0\xaa\xaa\xaa\xaa\xaa") == bytes((0x55, errors.WRONG_FORMAT, 0))
    assert execute(b"\0\x01\x3f") == bytes((0x55, errors.WRONG_PASSWORD, 0))
    assert execute(b"\0") == bytes((0x55, errors.WRONG_LENGTH, 0))


def test_quirks_open_shifts_and_modes() -> None:
    bench = AtolBench(quirks=frozenset({"shift-by-receipt", "free-modes"}))
    bench.mode(Mode.REGISTRATION)
    bench.receipt()
    assert bench.drive.last_document == 3
    bench.open()
    bench.call(s.EnterMode(Mode.Z_REPORTS, 30))
    assert bench.refused(r.CloseShift()) == errors.RECEIPT_OPEN


def test_the_state_follows_the_receipt() -> None:
    bench = AtolBench()
    bench.open_shift(user=5)
    bench.open(2)
    bench.sell(12345)
    state = bench.call(s.GetState())
    wanted = Flag.REGISTERED | Flag.SHIFT_OPEN | Flag.PAPER | Flag.DRIVE_ACTIVE
    assert (state.cashier, state.receipt_state, state.sum, state.flags) == (5, 2, 12345, wanted)
    assert (state.state, state.shift, state.receipt) == (0x01, 0, 0)
    bench.call(r.Pay(0, 2, 12345))
    assert bench.call(s.GetStateCode()).state == 0x41
    bench.close()
    assert (bench.call(s.GetState()).receipt, bench.call(s.GetState()).receipt_state) == (1, 0)
    bench.register.printer.set_paper(present=False)
    assert bench.call(s.GetStateCode()).flags == PrinterFlag.NO_PAPER
    assert not bench.call(s.GetState()).flags & Flag.PAPER


def test_reports_are_done_when_the_state_says_so() -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.receipt(5000)
    bench.mode(Mode.X_REPORTS)
    bench.call(r.Report(XReport.DAILY))
    assert [bench.call(s.GetStateCode()).state for _ in range(2)] == [0x22, 0x02]
    for kind in XReport:
        bench.call(r.Report(kind))
    assert bench.refused(r.Report(0x77)) == 0xA3
    assert bench.drive.document(4).code is DocumentCode.STATE_REPORT  # type: ignore[union-attr]
    bench.close_shift()
    assert [bench.call(s.GetStateCode()).state for _ in range(3)] == [0x23, 0x17, 0x03]
    assert (bench.drive.shift_open, bench.read(3, 1, 1).sum, bench.read(10).sum) == (False, 0, 5000)
    assert bench.call(s.GetShiftTotals()) == s.GetShiftTotalsReply(5000, 0)


def test_registers_say_what_was_sold() -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.receipt(5000)
    bench.receipt(2500)
    assert (bench.read(6, 1).count, bench.read(40, 1).sum) == (2, 7500)
    last = bench.read(51)
    stored = bench.drive.document(4)
    assert stored is not None
    assert (last.document, last.total, last.at, last.sign) == (4, 2500, stored.at, stored.sign)
    assert (bench.read(52).document, bench.read(53).shift, bench.read(44).count) == (4, 1, 4)
    assert (bench.read(54).ffd, bench.read(54).drive_ffd) == (2, 2)
    assert bench.read(18).at == datetime(2026, 3, 3, 9, 15)
    assert bench.read(47).data == bench.drive.number.encode()
    for number, first in ((99, 0), (3, 0), (6, 6)):
        assert bench.refused(s.ReadRegister(number, first, 1)) == errors.WRONG_REGISTER


def test_tables_keep_what_is_written_and_refuse_what_is_not_theirs() -> None:
    bench = AtolBench()

    def read(*where: int) -> bytes:
        return bytes(bench.call(s.ReadField(*where)).value)

    assert (read(2, 1, 24), read(13, 1, 2), read(2, 1, 55)) == (b"\x01", b"\x20\0", b"\x32")
    assert bench.refused(s.WriteField(2, 1, 24, b"\0")) == errors.WRONG_MODE
    bench.mode(Mode.PROGRAMMING)
    bench.call(s.WriteField(6, 1, 1, "Ромашка".encode("cp866")))
    bench.call(s.WriteField(2, 1, 24, b"\0"))
    assert read(2, 1, 24) == b"\0"
    again = AtolBench(storage=bench.storage)
    assert bytes(again.call(s.ReadField(6, 1, 1)).value) == "Ромашка".encode("cp866")
    refusals = {(99, 1, 1): 0x91, (6, 21, 1): 0x92, (2, 1, 99): 0x93}
    assert {where: bench.refused(s.ReadField(*where)) for where in refusals} == refusals
    assert bench.refused(s.WriteField(2, 1, 24, b"\0\0")) == errors.WRONG_LENGTH
    assert bench.refused(s.WriteField(2, 1, 55, b"\xaa")) == errors.WRONG_FORMAT
    bench.open_shift()
    bench.receipt()
    paper = "\n".join(str(line) for line in bench.register.tape.lines(1))
    assert "Ромашка" in paper
    bench.close_shift()
    bench.call(service.InitTables())
    assert read(2, 1, 24) == b"\x01"


def test_the_clock_is_set_and_confirmed() -> None:
    bench = AtolBench()
    bench.call(service.SetTime(time(10, 30)))
    assert bench.call(s.GetState()).at == datetime(2026, 3, 2, 10, 30)
    assert bench.refused(service.SetDate(date(2026, 3, 5))) == errors.CONFIRM_DATE
    bench.call(service.SetDate(date(2026, 3, 5)))
    assert bench.read(17).at == datetime(2026, 3, 5, 10, 30)
    assert bench.refused(service.SetClock(datetime(2026, 3, 1))) == 0x20


def test_a_lost_clock_locks_all_but_questions() -> None:
    bench = AtolBench()
    bench.register.core.lose_clock()
    assert bench.refused(s.EnterMode(1, 30)) == 0x15
    assert bench.call(s.GetStateCode()).state == 0x55
    bench.refused(service.SetDate(date(2026, 3, 2)))
    bench.call(service.SetDate(date(2026, 3, 2)))
    assert bench.call(s.GetStateCode()).state == 0x65
    bench.call(service.SetTime(time(9, 20)))
    bench.open_shift()


@EVERY_FFD
def test_documents_are_read_back_by_tlv(ffd: FfdVersion) -> None:
    bench = AtolBench(ffd)
    bench.open_shift()
    bench.open()
    for _ in range(8):
        bench.sell()
    bench.close()
    code, data = bench.read_back(3)
    assert (code, decode(data)) == (3, bench.document())
    assert bench.refused(d.ReadTlv()) == errors.FN_NO_DATA
    assert bench.refused(d.BeginTlv(99)) == errors.FN_NO_DATA
    found = bench.call(d.FindDocument(3))
    assert (found.code, found.confirmed) == (3, 0)
    status = bench.call(d.DriveStatus())
    assert (status.last_document, status.shift_open, status.fn) == (3, 1, bench.drive.number)
    assert bench.call(d.DriveShift()) == d.DriveShiftReply(1, 1, 1)
    totals = bench.call(d.RegistrationTotals(None))
    assert (totals.inn.strip(), totals.taxations) == ("7701234560", 0x37)
    assert bench.refused(d.RegistrationTotals(7)) == errors.FN_NO_DATA
    assert bench.call(d.DriveExchange()).unsent == 3


def test_a_tag_of_the_registration_is_read() -> None:
    bench = AtolBench()
    answer = bench.call(r.ReadTag(1048 & 0xFF, 1048 >> 8, 0))
    name = find(decode(answer.data), 1048)
    assert name is not None
    assert name.value == 'ООО "Ромашка"'
    assert bench.refused(r.ReadTag(0xFF, 0xFF, 0)) == errors.WRONG_FIELD


def test_printing_needs_paper_and_pictures_there_are_none() -> None:
    bench = AtolBench()
    bench.call(printing.PrintLine("Зал\t№ 2"))
    assert "Зал№ 2" in str(bench.register.tape.lines(1)[0]).replace(" № ", "№ ")
    bench.call(printing.PrintBarcode(0, 2, 0, 0, 0, 0, 0, 0, 0, 0, b"t=20260302"))
    bench.call(printing.OpenDrawer())
    assert bench.register.core.memory.drawer_openings == 1
    assert bench.refused(printing.PictureParameters(1)) == errors.WRONG_ROW
    assert bench.refused(printing.RepeatLast()) == errors.NO_REPORTS
    bench.open_shift()
    bench.call(printing.RepeatLast())
    bench.register.printer.set_paper(present=False)
    assert bench.refused(printing.PrintLine("нет")) == errors.NO_PAPER
    assert bench.refused(r.OpenReceipt(0, 1)) == errors.NO_PAPER
    assert bench.refused(r.OpenReceipt(r.DO_NOT_PRINT, 1)) == 0


def test_what_lies_in_ram_goes_with_the_power() -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.open()
    bench.sell()
    after = AtolBench(storage=bench.storage)
    state = after.call(s.GetState())
    assert (state.state, state.receipt_state, state.sum) == (0, 0, 0)
    after.mode(Mode.REGISTRATION)
    after.receipt()
    assert after.drive.last_document == 3


def test_at_real_speed_reports_take_their_time() -> None:
    bench = AtolBench(real_speed=True)
    bench.open_shift()
    bench.receipt()
    bench.close_shift()
    assert [bench.call(s.GetStateCode()).state for _ in range(3)] == [0x23] * 3
    bench.wait(seconds=5)
    assert [bench.call(s.GetStateCode()).state for _ in range(3)] == [0x23, 0x17, 0x03]


def test_a_worked_question_of_the_reference() -> None:
    """atol_wire §2.5: the device type, in the reference's own bytes but for the build."""
    answer = AtolBench().register.execute(encode_request(s.GetDeviceType()))
    assert answer == bytes.fromhex("00 03 01 3D 00 00 03 00 00 51 99") + "АТОЛ 30Ф".encode("cp866")
