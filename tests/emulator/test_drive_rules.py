"""When the emulated drive refuses, with which number, and that a refusal changes nothing."""

from dataclasses import replace
from datetime import datetime

import pytest
from drive_kit import START, HandClock, close_shift, correction, make_drive, open_shift, receipt

from emulator.faults import PowerLoss
from emulator.fiscal_drive import DriveError, Factory, FiscalDrive, default_registration
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import Element, find
from protocols.fn.statuses import DriveWarning, Fault

C = DocumentCode


def refused(drive: FiscalDrive, code: DocumentCode, body=()) -> int:
    """The number of the refusal, once it is sure that nothing changed."""
    before = (drive.last_document, drive.receipt, drive.shift, drive.shift_open, dict(drive.totals), drive.backlog)
    with pytest.raises(DriveError) as caught:
        drive.commit(code, body)
    after = (drive.last_document, drive.receipt, drive.shift, drive.shift_open, dict(drive.totals), drive.backlog)
    assert before == after
    assert drive.document(drive.last_document + 1) is None
    assert caught.value.hint
    return caught.value.number


@pytest.mark.parametrize("code", [C.RECEIPT, C.BSO, C.CORRECTION, C.BSO_CORRECTION, C.SHIFT_CLOSE])
def test_needs_an_open_shift(code: DocumentCode) -> None:
    drive, _ = make_drive()
    assert refused(drive, code, receipt()) == Fault.WRONG_STATE


@pytest.mark.parametrize("code", [C.SHIFT_OPEN, C.DRIVE_CLOSE, C.REREGISTRATION, C.REGISTRATION])
def test_needs_a_closed_shift(code: DocumentCode) -> None:
    drive, _ = make_drive()
    open_shift(drive)
    assert refused(drive, code) == Fault.WRONG_STATE


def test_re_registration_needs_a_closed_shift() -> None:
    drive, _ = make_drive()
    open_shift(drive)
    with pytest.raises(DriveError) as caught:
        drive.reregister(replace(drive.registration, place="Ларёк"), reasons=8)
    assert caught.value.number == Fault.WRONG_STATE
    assert drive.registration.place == "Магазин"


def test_shift_of_24_hours() -> None:
    drive, clock = make_drive()
    open_shift(drive)
    clock.advance(hours=24)
    assert not drive.shift_expired
    drive.commit(C.RECEIPT, receipt())
    clock.advance(minutes=1)
    assert drive.shift_expired
    assert refused(drive, C.RECEIPT, receipt()) == Fault.SHIFT_EXPIRED
    assert refused(drive, C.CORRECTION, correction()) == Fault.SHIFT_EXPIRED
    with pytest.raises(DriveError) as caught:
        drive.begin(C.RECEIPT)
    assert caught.value.number == Fault.SHIFT_EXPIRED
    drive.commit(C.STATE_REPORT)
    close_shift(drive)
    assert not drive.shift_expired
    open_shift(drive)
    drive.commit(C.RECEIPT, receipt())


def test_clock_before_the_last_document() -> None:
    drive, clock = make_drive()
    clock.advance(minutes=10)
    open_shift(drive)
    clock.advance(minutes=-1)
    assert refused(drive, C.RECEIPT, receipt()) == Fault.BAD_TIME
    clock.advance(minutes=1)
    drive.commit(C.RECEIPT, receipt())


def test_clock_that_jumps_while_a_document_is_open() -> None:
    timer = HandClock()
    drive, clock = make_drive(timer=timer)
    open_shift(drive)
    drive.begin(C.RECEIPT)
    clock.advance(minutes=30)
    timer.advance(minutes=24)
    assert refused(drive, C.RECEIPT, receipt()) == Fault.TIME_STEP
    drive.cancel()
    drive.begin(C.RECEIPT)
    clock.advance(minutes=30)
    timer.advance(minutes=26)
    drive.commit(C.RECEIPT, receipt())


def test_thirty_days_without_ofd() -> None:
    drive, clock = make_drive()
    clock.advance(days=30)
    open_shift(drive)
    drive.commit(C.RECEIPT, receipt())
    clock.advance(minutes=1)
    assert refused(drive, C.RECEIPT, receipt()) == Fault.OFD_WAIT_EXHAUSTED
    drive.commit(C.STATE_REPORT)
    close_shift(drive)
    assert refused(drive, C.SHIFT_OPEN) == Fault.OFD_WAIT_EXHAUSTED


def test_offline_registration_waits_for_nobody() -> None:
    drive, clock = make_drive(registration=replace(default_registration(FfdVersion.V1_2), offline=True))
    clock.advance(days=40)
    open_shift(drive)
    drive.commit(C.RECEIPT, receipt())
    assert drive.backlog.count == 0
    assert drive.next_message() is None
    assert drive.unsent_totals == {}
    assert not drive.warnings & DriveWarning.OFD_OVERDUE
    report = drive.commit(C.STATE_REPORT)
    assert find(report.elements, 1097) is None
    assert find(report.elements, 1002).value == 1
    first = drive.document(1)
    assert find(first.elements, 1017) is None


def test_validity() -> None:
    drive, clock = make_drive(registration=replace(default_registration(FfdVersion.V1_2), offline=True))
    clock.at = datetime(2027, 4, 16, 23, 58, tzinfo=START.tzinfo)
    open_shift(drive)
    clock.advance(minutes=1)
    drive.commit(C.RECEIPT, receipt())
    clock.advance(minutes=1)
    assert refused(drive, C.RECEIPT, receipt()) == Fault.VALIDITY_ENDED
    drive.commit(C.STATE_REPORT)
    close_shift(drive)
    assert refused(drive, C.SHIFT_OPEN) == Fault.VALIDITY_ENDED
    drive.commit(C.DRIVE_CLOSE)


def test_full_archive_leaves_room_to_close() -> None:
    drive, _ = make_drive(factory=Factory(number="9999000000000001", capacity=6))
    open_shift(drive)
    drive.commit(C.RECEIPT, receipt())
    drive.commit(C.RECEIPT, receipt())
    assert refused(drive, C.RECEIPT, receipt()) == Fault.ARCHIVE_FULL
    assert refused(drive, C.STATE_REPORT) == Fault.ARCHIVE_FULL
    close_shift(drive)
    assert refused(drive, C.SHIFT_OPEN) == Fault.ARCHIVE_FULL
    drive.commit(C.DRIVE_CLOSE)
    assert drive.resource.documents_left == 0


def test_closed_drive_makes_nothing_more() -> None:
    drive, _ = make_drive()
    drive.commit(C.DRIVE_CLOSE)
    for code in (C.SHIFT_OPEN, C.DRIVE_CLOSE):
        assert refused(drive, code) == Fault.WRONG_STATE
    drive.commit(C.STATE_REPORT)


def changed(tag: int, value: object = None) -> list[Element]:
    """A receipt with another value of a tag, or without it."""
    body = [element for element in receipt() if element.tag != tag]
    return body if value is None else [*body, Element(tag, value)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        changed(1055, 8),
        changed(1055, 3),
        changed(1055, 0),
        changed(1055),
        changed(1054, 5),
        changed(1054),
        changed(1020, 100_01),
        changed(1031, 99_99),
        changed(1217),
        [*receipt(), Element(1054, 1)],
        [*receipt(), Element(1041, "9999000000000001")],
        [*receipt(), Element(1077, bytes(6))],
        changed(1021, "к" * 65),
        changed(1031, -1),
        changed(1031, "100"),
    ],
)
def test_bad_bodies(body: list[Element]) -> None:
    drive, _ = make_drive()
    open_shift(drive)
    assert refused(drive, C.RECEIPT, body) == Fault.BAD_PARAMETER


@pytest.mark.parametrize(
    ("kind", "flag"),
    [(2, "excise"), (30, "excise"), (31, "excise"), (31, "marking"), (33, "marking"), (5, "gambling"), (8, "lottery")],
)
def test_goods_that_the_registration_forbids(kind: int, flag: str) -> None:
    drive, _ = make_drive()
    open_shift(drive)
    drive.commit(C.RECEIPT, receipt(kind=kind))
    registration = replace(default_registration(FfdVersion.V1_2), **{flag: False})
    drive, _ = make_drive(registration=registration)
    open_shift(drive)
    assert refused(drive, C.RECEIPT, receipt(kind=kind)) == Fault.BAD_PARAMETER


@pytest.mark.parametrize("ffd", [FfdVersion.V1_05, FfdVersion.V1_1])
def test_agents_that_the_registration_does_not_name(ffd: FfdVersion) -> None:
    drive, _ = make_drive(registration=replace(default_registration(ffd), agents=0b11), ffd=ffd)
    assert find(drive.document(1).elements, 1057).value == 0b11
    open_shift(drive)
    body = receipt(ffd=ffd)
    drive.commit(C.RECEIPT, [*body, Element(1057, 2)])
    assert refused(drive, C.RECEIPT, [*body, Element(1057, 4)]) == Fault.BAD_PARAMETER
    with_agent = Element(1059, (*body[0].value, Element(1222, 64)))
    assert refused(drive, C.RECEIPT, [with_agent, *body[1:]]) == Fault.BAD_PARAMETER


def test_any_agent_since_1_2() -> None:
    drive, _ = make_drive(registration=replace(default_registration(FfdVersion.V1_2), agents=0))
    open_shift(drive)
    body = receipt()
    drive.commit(C.RECEIPT, [Element(1059, (*body[0].value, Element(1222, 64))), *body[1:]])


def test_a_correction_is_of_a_day_that_was() -> None:
    drive, _ = make_drive()
    open_shift(drive)
    body = [element for element in correction() if element.tag != 1174]
    tomorrow = Element(1174, (Element(1178, datetime(2026, 3, 3)),))
    assert refused(drive, C.CORRECTION, [*body, tomorrow]) == Fault.BAD_PARAMETER
    today = Element(1174, (Element(1178, datetime(2026, 3, 2)),))
    drive.commit(C.CORRECTION, [*body, today])


def test_repeated_items_are_no_repetition() -> None:
    drive, _ = make_drive()
    open_shift(drive)
    drive.commit(C.RECEIPT, [*receipt(), receipt()[0]])


@pytest.mark.parametrize(("size", "fits"), [(32_768, True), (32_769, False)])
def test_size_of_a_document(size: int, fits: bool) -> None:
    drive, _ = make_drive()
    open_shift(drive)
    # An unknown tag of any length brings the document to the size wanted.
    empty = drive.commit(C.RECEIPT, [*receipt(), Element(60_000, b"")])
    body = [*receipt(), Element(60_000, bytes(size - len(empty.tlv)))]
    if fits:
        assert len(drive.commit(C.RECEIPT, body).tlv) == size
    else:
        assert refused(drive, C.RECEIPT, body) == Fault.TLV_TOO_LARGE


def test_warnings_come_and_are_written_into_shift_reports() -> None:
    drive, clock = make_drive(registration=replace(default_registration(FfdVersion.V1_2), offline=True))
    seen = []
    for days in (379, 1, 27):
        clock.advance(days=days)
        document = drive.commit(C.SHIFT_OPEN)
        seen.append((int(drive.warnings), [tag for tag in (1050, 1051, 1052, 1053) if find(document.elements, tag)]))
        close_shift(drive)
    assert seen == [(0, []), (2, [1050]), (3, [1050, 1051])]


def test_warning_of_memory() -> None:
    drive, _ = make_drive(factory=Factory(number="9999000000000001", capacity=20))
    open_shift(drive)
    while drive.last_document < 17:
        drive.commit(C.RECEIPT, receipt())
    assert not drive.warnings
    close_shift(drive)
    assert drive.warnings == DriveWarning.MEMORY_90


def test_warning_of_a_silent_ofd() -> None:
    drive, clock = make_drive()
    clock.advance(days=2)
    assert not drive.warnings
    clock.advance(minutes=1)
    assert drive.warnings == DriveWarning.OFD_OVERDUE
    assert find(drive.commit(C.SHIFT_OPEN).elements, 1053).value == 1


class Cut:
    """A commit hook that cuts the power once, in the phase asked for."""

    def __init__(self) -> None:
        self.phase = ""

    def __call__(self, phase: str) -> None:
        if phase == self.phase:
            self.phase = ""
            raise PowerLoss(0)


@pytest.mark.parametrize(("phase", "stored"), [("before", False), ("after", True)])
@pytest.mark.parametrize("outer", [False, True])
def test_power_cut_at_commit(phase: str, stored: bool, outer: bool) -> None:
    storage, cut = Storage(), Cut()
    drive, clock = make_drive(storage=storage, on_commit=cut)
    open_shift(drive)

    def sell() -> None:
        if not outer:
            drive.commit(C.RECEIPT, receipt())
            return
        with storage.transaction():
            drive.commit(C.RECEIPT, receipt())
            storage.put("register", "printed")

    cut.phase = phase
    with pytest.raises(PowerLoss):
        sell()
    again, _ = make_drive(None, storage=storage, clock=clock)
    for each in (drive, again):
        assert each.last_document == (3 if stored else 2)
        assert each.receipt == (1 if stored else 0)
        assert (each.document(3) is not None) is stored
    assert storage.get("register") == ("printed" if stored and outer else None)
    assert again.commit(C.RECEIPT, receipt()).number == again.last_document


def test_power_cut_drops_the_half_made_document() -> None:
    storage = Storage()
    drive, clock = make_drive(storage=storage)
    open_shift(drive)
    drive.begin(C.RECEIPT)
    again, _ = make_drive(None, storage=storage, clock=clock)
    assert not again.current
    close_shift(again)


def test_listeners_hear_of_documents_on_disk() -> None:
    drive, _ = make_drive()
    heard: list[int] = []
    stop = drive.subscribe(lambda: heard.append(drive.last_document))
    open_shift(drive)
    with drive.storage.transaction():
        drive.commit(C.RECEIPT, receipt())
        assert heard == [2]
    stop()
    drive.commit(C.RECEIPT, receipt())
    assert heard == [2, 3]
