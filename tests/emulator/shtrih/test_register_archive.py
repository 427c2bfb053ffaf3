"""Reading the drive through the register: status, archive, registration, OFD exchange carried by the host."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from shtrih_kit import ADMIN, Bench

from emulator.ofd import OfdServer
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element, decode, encode
from protocols.ofd import session
from protocols.shtrih.archive import found_document
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import receipts as r

EVERY_FFD = pytest.mark.parametrize("ffd", FfdVersion)


def read_back(bench: Bench, number: int) -> tuple[int, bytes]:
    """FF3A, then FF3B until the announced length is there (§4)."""
    selected = bench.call(d.SelectDocument(ADMIN, number))
    body = b""
    while len(body) < selected.length:
        block = bench.call(d.NextTlv(ADMIN)).tlv
        assert 0 < len(block) <= 250  # with code and error it must fit a frame
        body += block
    assert bench.refused(d.NextTlv(ADMIN)) == 0x08
    assert len(body) == selected.length
    return selected.code, body


def test_the_drive_s_status():
    bench = Bench()
    before = bench.call(d.DriveStatus(ADMIN))
    assert (before.phase, before.shift_open, before.last_document, before.fn) == (3, 0, 1, "9999078900001234")
    bench.open_shift()
    bench.sell()
    during = bench.call(d.DriveStatus(ADMIN))
    assert (during.current_document, during.document_data, during.shift_open) == (4, 1, 1)
    bench.close(10000)
    after = bench.call(d.DriveStatus(ADMIN))
    assert (after.current_document, after.last_document) == (0, 3)
    assert after.last_at == datetime(2026, 3, 2, 9, 15)
    shift = bench.call(d.ShiftParameters(ADMIN))
    assert (shift.open, shift.shift, shift.receipt) == (1, 1, 1)


def test_the_drive_s_resource():
    bench = Bench()
    expiry = bench.call(d.DriveExpiry(ADMIN))
    assert expiry.valid_until > date(2027, 1, 1)
    assert (expiry.registrations_left, expiry.registrations) == (29, 1)
    assert bench.call(d.DriveNumber(ADMIN)).fn == "9999078900001234"
    assert bench.call(d.DriveVersion(ADMIN)).serial_type == 0
    memory = bench.call(d.DriveMemory(ADMIN))
    assert (memory.documents_left, memory.notifications_percent) == (249_999, 0)
    assert Bench(FfdVersion.V1_05).call(d.DriveMemory(ADMIN)).notifications_percent is None


def test_documents_are_found_by_number():
    bench = Bench()
    bench.receipt(12345)
    bench.call(r.ZReport(ADMIN))
    found = [bench.call(d.FindDocument(ADMIN, number)) for number in range(1, 5)]
    assert [each.code for each in found] == [1, 2, 3, 5]
    receipt = found_document(found[2].code, found[2].data)
    assert (receipt.document, receipt.operation, receipt.total) == (3, 1, 12345)
    assert receipt.made_at == datetime(2026, 3, 2, 9, 15)
    assert receipt.sign == bench.drive.document(3).sign
    assert found_document(5, found[3].data).shift == 1
    assert found_document(1, found[0].data).inn == "7701234560"


@EVERY_FFD
def test_documents_are_read_back_as_they_are(ffd):
    bench = Bench(ffd)
    for name in ("Булка", "Я" * 128, "Чай"):
        bench.sell(100, name=name)
    long = encode([Element(1191, "д" * 64), Element(1224, (Element(1225, "П" * 150), Element(1171, "+79990001133")))])
    bench.call(d.SendItemTlv(ADMIN, long))
    bench.close(300)
    code, body = read_back(bench, 3)
    stored = bench.drive.document(3)
    assert (code, body) == (3, stored.body)
    assert decode(body) == stored.elements


def test_each_answer_holds_whole_tags_where_they_fit():
    bench = Bench()
    bench.receipt()
    bench.call(d.SelectDocument(ADMIN, 3))
    first = bench.call(d.NextTlv(ADMIN)).tlv
    assert len(first) <= 250
    assert decode(first)


@EVERY_FFD
def test_registration_totals(ffd):
    bench = Bench(ffd)
    registration = bench.drive.registration
    for request in (d.LastRegistration(ADMIN), d.RegistrationByNumber(ADMIN, 1)):
        totals = bench.call(request)
        assert (totals.inn, totals.registration_number) == (registration.inn, registration.registration_number)
        assert totals.taxations == registration.taxations
        assert (totals.tail.document, totals.tail.sign) == (1, bench.drive.document(1).sign)
        assert (totals.tail.ofd_inn is None) == (ffd is FfdVersion.V1_05)
    assert bench.refused(d.RegistrationByNumber(ADMIN, 2)) == 0x08


def test_a_parameter_of_the_registration():
    bench = Bench()
    assert decode(bench.call(d.RegistrationTag(ADMIN, 1, 1048)).tlv) == (Element(1048, 'ООО "Ромашка"'),)
    assert decode(bench.call(d.RegistrationParameter(ADMIN, 0, 1209)).tlv) == (Element(1209, 4),)
    assert bench.refused(d.RegistrationParameter(ADMIN, 0, 1036)) == 0x08
    assert bench.call(d.RegistrationTag(ADMIN, 1, 0xFFFF)).tlv == b""
    body = bench.drive.document(1).body
    read = b""
    while len(read) < len(body):
        read += bench.call(d.NextTlv(ADMIN)).tlv
    assert read == body


def test_the_queue_for_the_ofd():
    bench = Bench()
    bench.receipt()
    status = bench.call(d.OfdStatus(ADMIN))
    assert (status.queued, status.first_document) == (3, 1)
    assert status.status & 2
    assert bench.call(d.UnconfirmedCount(ADMIN)).count == 3
    assert bench.refused(d.OfdReceipt(ADMIN, 3)) == 0x08


@EVERY_FFD
def test_a_report_on_the_state_of_settlements(ffd):
    bench = Bench(ffd)
    bench.receipt()
    bench.call(d.BeginStateReport(ADMIN))
    reply = bench.call(d.MakeStateReport(ADMIN))
    assert (reply.document, reply.unconfirmed, reply.first_unconfirmed) == (4, 3, date(2026, 3, 2))
    assert bench.drive.document(4).code is DocumentCode.STATE_REPORT
    # the published limit of 1145 is smaller than the counters it must hold
    faults = [
        fault for fault in validate(DocumentCode.STATE_REPORT, ffd, bench.document()) if "1145" not in fault.pointer
    ]
    assert faults == []


def test_closing_the_drive():
    bench = Bench()
    bench.open_shift()
    assert bench.refused(d.BeginDriveClose(ADMIN)) == 0x73
    bench.call(r.ZReport(ADMIN))
    bench.call(d.BeginDriveClose(ADMIN))
    bench.call(d.MakeDriveClose(ADMIN))
    assert bench.call(d.DriveStatus(ADMIN)).phase == 7
    assert bench.refused(r.OpenShift(ADMIN)) == 0x02


def carry_one(bench: Bench, ofd: OfdServer) -> None:
    """One message to the OFD and its answer back, through the host (FF30…FF33)."""
    status = bench.call(d.BufferStatus(ADMIN))
    message = b""
    while len(message) < status.size:
        count = min(status.max_block, status.size - len(message))
        message += bench.call(d.ReadBuffer(ADMIN, len(message), count)).data
    (received,) = session.Parser().feed(session.build(bench.drive.number, message, b"\x01\x20"))
    answer = ofd.receive(received)
    block = bench.call(d.BeginBufferWrite(ADMIN, len(answer))).max_block
    for at in range(0, len(answer), block):
        bench.call(d.WriteBuffer(ADMIN, at, answer[at : at + block]))


def test_the_host_carries_messages_to_the_ofd():
    bench = Bench()
    ofd = OfdServer(now=lambda: bench.at)
    bench.receipt()
    assert bench.call(d.BufferStatus(ADMIN)).size == 0  # the device does it itself by default (table 21 field 2)
    bench.setting(21, 2, 0)
    for _ in range(3):
        carry_one(bench, ofd)
    assert bench.call(d.UnconfirmedCount(ADMIN)).count == 0
    assert bench.call(d.OfdStatus(ADMIN)).first_at is None
    assert [document.tlv for document in ofd.received()] == [document.tlv for document in bench.drive.documents()]
    receipt = bench.call(d.OfdReceipt(ADMIN, 3))
    assert (receipt.document, receipt.made_at) == (3, datetime(2026, 3, 2, 9, 15))
    assert receipt.sign[:2] == b"\x82\x06"
    assert bench.call(d.FindDocument(ADMIN, 3)).acknowledged == 1
    assert bench.call(d.BufferStatus(ADMIN)).size == 0
    assert bench.refused(d.ReadBuffer(ADMIN, 0, 1)) == 0x08


def test_an_answer_that_is_no_confirmation_is_refused():
    bench = Bench()
    bench.setting(21, 2, 0)
    assert bench.refused(d.WriteBuffer(ADMIN, 0, b"x")) == 0x09
    bench.call(d.BeginBufferWrite(ADMIN, 20))
    bench.call(d.WriteBuffer(ADMIN, 0, bytes(10)))
    assert bench.refused(d.WriteBuffer(ADMIN, 0, bytes(10))) == 0x09
    assert bench.refused(d.WriteBuffer(ADMIN, 10, bytes(10))) == 0x20
    assert bench.call(d.UnconfirmedCount(ADMIN)).count == 1
