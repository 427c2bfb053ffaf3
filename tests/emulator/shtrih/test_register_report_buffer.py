"""The Z report in the buffer (C6h…CAh), items kept off the paper (§4.1), the drive's authorisation (FF65, FF66)."""

from __future__ import annotations

from shtrih_kit import ADMIN, Bench, flat, item

from protocols.paper import text
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import encode_request
from protocols.shtrih.commands import marking as m
from protocols.shtrih.commands import printing as p
from protocols.shtrih.commands import receipts as r


def paper(bench: Bench, last: int | None = None) -> str:
    return text.render(bench.register.tape.lines(last), qr=False)


def test_the_z_report_goes_into_the_buffer_and_no_paper_is_needed():
    bench = Bench()
    bench.receipt(12300)
    printed = bench.register.core.memory.papers
    bench.register.printer.set_paper(present=False)
    assert bench.refused(r.ZReport(ADMIN)) == 0x6B
    assert bench.call(p.ReportToBuffer(ADMIN)).operator == ADMIN
    assert (bench.mode, bench.money(193), bench.register.core.memory.papers) == (4, 0, printed)
    assert flat(bench.document())[1118] == 1
    counted = bench.call(p.ReportBufferLines(ADMIN))
    assert (counted.total > 5, counted.printed) == (True, 0)
    lines = [bench.call(p.ReportBufferLine(ADMIN, line)).text for line in range(counted.total)]
    assert "ОТЧЕТ О ЗАКРЫТИИ СМЕНЫ" in "".join(lines)
    assert bench.refused(p.ReportBufferLine(ADMIN, counted.total)) == 0x33

    assert bench.refused(p.PrintReportBuffer(ADMIN)) == 0x6B
    bench.register.printer.set_paper(present=True)
    bench.call(p.PrintReportBuffer(ADMIN))
    assert [line.rstrip() for line in lines if line.strip()] == [
        line for line in paper(bench, 1).splitlines() if line.strip()
    ]
    assert bench.call(p.ReportBufferLines(ADMIN)).printed == counted.total
    assert Bench(storage=bench.storage).call(p.ReportBufferLines(ADMIN)).total == counted.total
    # §3.2: the reply to CAh has no operator
    assert bench.register.execute(encode_request(p.ClearReportBuffer(ADMIN))) == b"\xca\0"
    assert bench.call(p.ReportBufferLines(ADMIN)).total == 0
    assert bench.refused(p.PrintReportBuffer(ADMIN)) == 0x34
    assert bench.refused(p.ReportBufferLine(ADMIN, 0)) == 0x34


def test_the_z_report_to_the_buffer_closes_shifts_only():
    bench = Bench()
    assert bench.refused(p.ReportToBuffer(ADMIN)) == 0x3D
    bench.sell()
    assert bench.refused(p.ReportToBuffer(ADMIN)) == 0x4A
    assert bench.refused(p.ReportToBuffer(1)) == 0x4F


def test_two_slashes_keep_an_item_off_the_paper_and_not_out_of_the_document():
    bench = Bench()
    bench.call(item(10000, name="//Скрытый сыр"))
    bench.call(item(5000, name="Явный хлеб"))
    made = bench.close(15000)
    names = [flat(element.value)[1030] for element in bench.document(made.document) if element.tag == 1059]
    assert names == ["Скрытый сыр", "Явный хлеб"]
    shown = paper(bench, 1)
    assert "Явный хлеб" in shown
    assert "Скрытый" not in shown
    assert "150.00" in shown


def test_an_answer_to_the_drive_needs_its_question():
    bench = Bench()
    assert bench.refused(m.Authorise(ADMIN, bytes(16))) == 0xD5
    first = bench.call(m.RandomData(ADMIN)).data
    assert bench.call(m.RandomData(ADMIN)).data != first
    assert bench.refused(m.Authorise(ADMIN, bytes(16))) == 0
    assert bench.refused(m.Authorise(ADMIN, bytes(16))) == 0xD5


def test_the_archive_is_closed_in_two_steps():
    bench = Bench()
    bench.call(d.BeginDriveClose(ADMIN))
    made = bench.call(d.MakeDriveClose(ADMIN))
    assert bench.drive.document(made.document).code == 6
    assert bench.call(d.DriveStatus(ADMIN)).phase == 7
    assert bench.refused(item()) == 0x02
