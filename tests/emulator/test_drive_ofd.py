"""The drive's side of the OFD: documents in order, and which confirmations it believes."""

import random

import pytest
from drive_kit import HandClock, close_shift, correction, make_drive, open_shift, receipt

from emulator.fiscal_drive import DriveError, FiscalDrive
from emulator.ofd import Behaviour, OfdServer
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import find
from protocols.fn import archive
from protocols.fn.statuses import ConfirmationFault, DriveWarning, Fault, Phase
from protocols.ofd import session
from protocols.ofd.confirmation import parse

C = DocumentCode


def answered(drive: FiscalDrive, ofd: OfdServer, behaviour: Behaviour = Behaviour.CONFIRM) -> bytes:
    """What the OFD says to the drive's next message."""
    message = drive.next_message()
    assert message is not None
    registration = drive.registration
    data = session.build(drive.number, message, session.P_VERSIONS[registration.ffd])
    (event,) = session.Parser().feed(data)
    return ofd.receive(event, behaviour)


@pytest.fixture(params=FfdVersion, ids=str)
def pair(request: pytest.FixtureRequest):
    drive, clock = make_drive(request.param)
    return drive, OfdServer(now=clock), clock


def test_documents_are_confirmed_in_order(pair) -> None:
    drive, ofd, clock = pair
    open_shift(drive)
    clock.advance(minutes=2)
    drive.commit(C.RECEIPT, receipt())
    assert (drive.backlog.count, drive.backlog.first) == (3, 1)
    for number in (1, 2, 3):
        assert not drive.document(number).confirmation
        confirmed = drive.confirm(answered(drive, ofd))
        assert confirmed.number == number
        assert archive.parse(drive.short_record(number)).acknowledged
        answer = parse(drive.document(number).confirmation)
        assert (answer.number, answer.fn, answer.ofd_inn) == (number, drive.number, "7709876545")
    assert (drive.backlog.count, drive.backlog.first, drive.backlog.first_at) == (0, None, None)
    assert drive.next_message() is None
    assert [one.number for one in ofd.received()] == [1, 2, 3]
    assert [one.tlv for one in ofd.received()] == [one.tlv for one in drive.documents()]


def test_oldest_waiting_document_decides_the_time(pair) -> None:
    drive, ofd, clock = pair
    first_at = drive.backlog.first_at
    clock.advance(hours=1)
    open_shift(drive)
    assert drive.backlog.first_at == first_at
    drive.confirm(answered(drive, ofd))
    assert drive.backlog.first_at == drive.last_at
    drive.confirm(answered(drive, ofd))
    clock.advance(hours=1)
    drive.commit(C.RECEIPT, receipt())
    assert drive.backlog.first_at == drive.last_at


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        (Behaviour.WRONG_CRC, ConfirmationFault.WRONG_CRC),
        (Behaviour.WRONG_NUMBER, ConfirmationFault.WRONG_DOCUMENT),
        (Behaviour.WRONG_SIGN, ConfirmationFault.WRONG_SIGN),
        (Behaviour.NOT_RECOGNISED, ConfirmationFault.REJECTED),
    ],
)
def test_confirmations_that_are_refused(pair, behaviour: Behaviour, fault: ConfirmationFault) -> None:
    drive, ofd, _ = pair
    with pytest.raises(DriveError) as refused:
        drive.confirm(answered(drive, ofd, behaviour))
    assert (refused.value.number, refused.value.fault) == (Fault.CONFIRMATION_REFUSED, fault)
    assert drive.backlog.count == 1
    assert drive.document(1).confirmation is None
    drive.confirm(answered(drive, ofd))
    assert drive.backlog.count == 0


def test_confirmation_of_another_drive(pair) -> None:
    drive, ofd, clock = pair
    other = FiscalDrive(Storage(), now=clock, rng=random.Random(8))
    with pytest.raises(DriveError) as refused:
        drive.confirm(answered(other, ofd))
    assert refused.value.fault is ConfirmationFault.WRONG_DRIVE


@pytest.mark.parametrize("data", [b"", b"garbage" * 20])
def test_garbage_is_no_confirmation(pair, data: bytes) -> None:
    drive, _, _ = pair
    with pytest.raises(DriveError) as refused:
        drive.confirm(data)
    assert refused.value.number == Fault.CONFIRMATION_REFUSED


def test_own_message_is_no_confirmation(pair) -> None:
    drive, _, _ = pair
    with pytest.raises(DriveError) as refused:
        drive.confirm(drive.next_message())
    assert refused.value.fault is ConfirmationFault.WRONG_FORMAT


def test_nothing_waits(pair) -> None:
    drive, ofd, _ = pair
    answer = answered(drive, ofd)
    drive.confirm(answer)
    with pytest.raises(DriveError) as refused:
        drive.confirm(answer)
    assert refused.value.number == Fault.WRONG_STATE


def test_code_14_delivers_and_is_remembered(pair) -> None:
    drive, ofd, _ = pair
    drive.confirm(answered(drive, ofd, Behaviour.CHECK_FAILED))
    assert drive.backlog.count == 0
    assert drive.warnings == DriveWarning.OFD_REJECTED
    document = drive.commit(C.SHIFT_OPEN)
    message = find(document.elements, 1206)
    assert (message.value if message else None) == (None if drive.registration.ffd is FfdVersion.V1_05 else 2)
    drive.confirm(answered(drive, ofd))
    assert not drive.warnings


def test_unsent_totals_follow_the_confirmations(pair) -> None:
    drive, ofd, _ = pair
    open_shift(drive)
    drive.commit(C.RECEIPT, receipt(100))
    drive.commit(C.CORRECTION, correction(7))
    for left in (
        {"1.1201": 100, "c1.1201": 7},
        {"1.1201": 100, "c1.1201": 7},
        {"c1.1201": 7},
        {},
    ):
        drive.confirm(answered(drive, ofd))
        assert {key: drive.unsent_totals[key] for key in drive.unsent_totals if key.endswith("1201")} == left
    assert drive.unsent_totals == {}
    assert drive.totals["1.1201"] == 100


def test_a_document_begun_goes_on_while_another_is_confirmed(pair) -> None:
    drive, ofd, _ = pair
    open_shift(drive)
    drive.begin(C.RECEIPT)
    drive.confirm(answered(drive, ofd))
    assert drive.current
    drive.commit(C.RECEIPT, receipt())


def test_confirmation_lifts_the_thirty_days(pair) -> None:
    drive, ofd, clock = pair
    clock.advance(days=31)
    with pytest.raises(DriveError) as refused:
        open_shift(drive)
    assert refused.value.number == Fault.OFD_WAIT_EXHAUSTED
    drive.confirm(answered(drive, ofd))
    open_shift(drive)


def test_closed_drive_is_done_when_everything_is_sent(pair) -> None:
    drive, ofd, _ = pair
    drive.commit(C.DRIVE_CLOSE)
    assert drive.phase is Phase.CLOSING
    drive.confirm(answered(drive, ofd))
    assert drive.phase is Phase.CLOSING
    drive.confirm(answered(drive, ofd))
    assert drive.phase is Phase.CLOSED


def test_backlog_in_reports(pair) -> None:
    drive, ofd, _ = pair
    drive.confirm(answered(drive, ofd))
    report = drive.commit(C.STATE_REPORT)
    assert find(report.elements, 1097) is None
    second = drive.commit(C.STATE_REPORT)
    assert find(second.elements, 1097).value == 1
    assert find(second.elements, 1116).value == 2
    open_shift(drive)
    close_shift(drive)
    closing = drive.document(drive.last_document)
    assert find(closing.elements, 1097).value == 3


def test_clock_of_the_answer_is_the_operators() -> None:
    drive, _ = make_drive()
    ofd_clock = HandClock()
    ofd_clock.advance(hours=5)
    drive.confirm(answered(drive, OfdServer(now=ofd_clock)))
    answer = parse(drive.document(1).confirmation)
    assert answer.at == ofd_clock().replace(tzinfo=None)


def test_the_format_check_finds_what_the_tables_miss(pair) -> None:
    drive, ofd, _ = pair
    ffd = drive.registration.ffd
    open_shift(drive)
    good = [*receipt(ffd=ffd), *drive.registration.receipt_elements()]
    drive.commit(C.RECEIPT, good)
    drive.commit(C.CORRECTION, [*correction(ffd=ffd), *drive.registration.receipt_elements()])
    drive.commit(C.STATE_REPORT)
    close_shift(drive)
    open_shift(drive)
    drive.commit(C.RECEIPT, [element for element in good if element.tag != 1059])
    while drive.backlog.count:
        drive.confirm(answered(drive, ofd, Behaviour.STRICT))
    faults = {one.number: [fault.pointer for fault in one.faults] for one in ofd.received() if one.faults}
    assert faults == {8: ["/1059"]}
    codes = [parse(document.confirmation).code for document in drive.documents()]
    assert codes == [0] * 7 + [14]
