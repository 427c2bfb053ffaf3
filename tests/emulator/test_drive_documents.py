"""Documents of the emulated drive: composition in every ФФД, numbering, signs, counters, archive."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from drive_kit import CASHIER, START, HandClock, close_shift, correction, make_drive, open_shift, receipt

from emulator.fiscal_drive import DriveError, Factory, FiscalDrive, default_registration
from emulator.storage import Storage, StorageError
from protocols.ffd.checks import inn_fault, registration_number_fault
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tags import Presence, presence
from protocols.ffd.tlv import Element, all_of, decode, encode, find
from protocols.fn import archive, container
from protocols.fn.archive import Registered, Settlement, Shift
from protocols.fn.statuses import CurrentDocument, Fault, Phase

C = DocumentCode


def value(document, *path: int):
    """The value under nested tags, None where there is none."""
    elements = document.elements
    found = None
    for tag in path:
        found = find(elements, tag)
        if found is None:
            return None
        elements = found.value
    return found.value


def whole_life(ffd: FfdVersion) -> FiscalDrive:
    """A drive that has made every document it can."""
    drive, clock = make_drive(ffd)
    registration = drive.registration
    drive.reregister(replace(registration, place="Склад"), reasons=1 << 3)
    open_shift(drive)
    with_all = [*drive.registration.receipt_elements()]
    drive.commit(C.RECEIPT, [*receipt(ffd=ffd), *with_all])
    drive.commit(C.BSO, [*receipt(electronic=200_00, ffd=ffd), *with_all])
    drive.commit(C.CORRECTION, [*correction(ffd=ffd), *with_all])
    drive.commit(C.BSO_CORRECTION, [*correction(operation=3, ffd=ffd), *with_all])
    drive.commit(C.STATE_REPORT)
    clock.advance(hours=3)
    close_shift(drive)
    drive.commit(C.DRIVE_CLOSE, [CASHIER])
    return drive


LIVES = {ffd: whole_life(ffd) for ffd in FfdVersion}
ALL = [(ffd, document) for ffd, drive in LIVES.items() for document in drive.documents()]


@pytest.mark.parametrize(("ffd", "document"), ALL, ids=lambda part: str(getattr(part, "code", part)))
def test_composition_by_the_tables(ffd: FfdVersion, document) -> None:
    compose(document.elements, presence(document.code, ffd))
    for element in document.elements:
        if isinstance(element.value, tuple):
            compose(element.value, presence(document.code, ffd, element.tag))


def compose(elements: tuple[Element, ...], table: Mapping[int, Presence]) -> None:
    tags = {element.tag for element in elements}
    mandatory = {tag for tag, mark in table.items() if mark is Presence.MANDATORY}
    assert mandatory <= tags, f"missing {sorted(mandatory - tags)}"
    assert tags <= set(table), f"not allowed {sorted(tags - set(table))}"


@pytest.mark.parametrize(("ffd", "document"), ALL, ids=lambda part: str(getattr(part, "code", part)))
def test_header_and_bytes(ffd: FfdVersion, document) -> None:
    order = [element.tag for element in document.elements]
    assert order[:6] == [1041, 1037, 1018, 1040, 1012, 1077]
    if document.code in {C.RECEIPT, C.CORRECTION}:
        assert order[6:10] == [1038, 1042, 1054, 1020]
    (outer,) = decode(document.tlv)
    assert outer == Element(document.code, document.elements)
    assert encode((outer,), limits=False) == document.tlv
    assert value(document, 1209) == ffd.code
    assert value(document, 1040) == document.number
    assert value(document, 1012) == document.at


@pytest.mark.parametrize("ffd", FfdVersion)
def test_order_of_codes_and_prefixes_of_signs(ffd: FfdVersion) -> None:
    documents = list(LIVES[ffd].documents())
    assert [document.code for document in documents] == [1, 11, 2, 3, 4, 31, 41, 21, 5, 6]
    assert [document.number for document in documents] == list(range(1, 11))
    signs = [value(document, 1077) for document in documents]
    prefixes = ["2104", "2104", "2104", "3104", "3104", "3304", "3304", "2104", "2104", "2104"]
    assert [sign[:2].hex() for sign in signs] == prefixes
    assert [int.from_bytes(sign[2:], "big") for sign in signs] == [document.sign for document in documents]
    assert len({document.sign for document in documents}) == 10


def test_signs_depend_on_drive_and_content_and_are_repeatable() -> None:
    def sign(number: str, total: int) -> int:
        drive, _ = make_drive(factory=Factory(number=number))
        open_shift(drive)
        return drive.commit(C.RECEIPT, receipt(total)).sign

    assert sign("9999000000000001", 1) == sign("9999000000000001", 1)
    assert sign("9999000000000001", 1) != sign("9999000000000001", 2)
    assert sign("9999000000000001", 1) != sign("9999000000000002", 1)


def test_new_drive_is_a_registered_test_drive() -> None:
    drive, _ = make_drive()
    assert drive.number.startswith("9999")
    assert len(drive.number) == 16
    assert drive.phase is Phase.FISCAL
    registration = drive.registration
    assert registration_number_fault(registration.registration_number, registration.inn, registration.serial) is None
    assert inn_fault(registration.inn) is None
    assert inn_fault(registration.ofd_inn) is None
    assert len(registration.serial) == 16
    assert registration.taxations == 0b110111
    assert registration.marking
    assert registration.internet
    assert registration.excise
    assert (drive.last_document, drive.shift, drive.shift_open) == (1, 0, False)


@pytest.mark.parametrize(
    ("ffd", "versions"),
    [(FfdVersion.V1_05, (2, 2, None)), (FfdVersion.V1_1, (3, 3, 3)), (FfdVersion.V1_2, (4, 4, 4))],
)
def test_versions_in_the_registration(ffd: FfdVersion, versions: tuple) -> None:
    document = next(LIVES[ffd].documents())
    assert (value(document, 1209), value(document, 1189), value(document, 1190)) == versions


def test_a_new_drive_works_in_an_older_format() -> None:
    drive, _ = make_drive(
        None, factory=Factory(number="9999000000000001"), registration=default_registration(FfdVersion.V1_1)
    )
    document = drive.registration_document
    assert (value(document, 1209), value(document, 1189), value(document, 1190)) == (3, 3, 4)


def test_an_old_drive_refuses_a_newer_format() -> None:
    factory = Factory(number="9999000000000001", ffd=FfdVersion.V1_1)
    with pytest.raises(DriveError) as refused:
        make_drive(None, factory=factory, registration=default_registration(FfdVersion.V1_2))
    assert refused.value.number == Fault.BAD_PARAMETER


def test_usage_conditions_of_the_default_registration() -> None:
    document = next(LIVES[FfdVersion.V1_2].documents())
    # 1290 by bits: 5 internet, 6 excise, 8 marking, 10 gambling, 11 lottery
    assert value(document, 1290) == 1 << 5 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 11
    assert value(next(LIVES[FfdVersion.V1_1].documents()), 1207) == 1


def test_re_registration_names_its_reasons() -> None:
    old = LIVES[FfdVersion.V1_05].document(2)
    assert [element.value for element in all_of(old.elements, 1101)] == [3]
    new = LIVES[FfdVersion.V1_2].document(2)
    assert value(new, 1205) == 1 << 3
    assert value(new, 1187) == "Склад"
    assert LIVES[FfdVersion.V1_2].registration.place == "Склад"


def test_re_registration_keeps_the_owner() -> None:
    drive, _ = make_drive()
    with pytest.raises(DriveError) as refused:
        drive.reregister(replace(drive.registration, inn="7709876545"), reasons=4)
    assert refused.value.number == Fault.BAD_PARAMETER
    assert drive.last_document == 1


def test_re_registrations_run_out() -> None:
    drive, _ = make_drive(factory=Factory(number="9999000000000001", registrations=2))
    drive.reregister(drive.registration, reasons=4)
    assert drive.resource.registrations_left == 0
    with pytest.raises(DriveError) as refused:
        drive.reregister(drive.registration, reasons=4)
    assert refused.value.number == Fault.CRYPTO_EXHAUSTED


def test_counters_of_a_shift_and_of_the_life() -> None:
    document = LIVES[FfdVersion.V1_2].document(9)
    assert value(document, 1118) == 4
    assert value(document, 1111) == 7  # 2, 3, 4, 31, 41, 21, 5
    for totals in (1157, 1194):
        assert value(document, totals, 1134) == 4
        assert value(document, totals, 1129, 1135) == 2
        assert value(document, totals, 1129, 1201) == 400_00
        assert value(document, totals, 1129, 1136) == 200_00
        assert value(document, totals, 1129, 1138) == 200_00
        assert value(document, totals, 1129, 1183) == 400_00
        assert value(document, totals, 1130) is None
        assert value(document, totals, 1133, 1144) == 2
        assert value(document, totals, 1133, 1145, 1201) == 50_00
        assert value(document, totals, 1133, 1146, 1135) == 1
        assert value(document, totals, 1133, 1232) is None


def test_counters_of_1_05_are_not_written() -> None:
    tags = {element.tag for document in LIVES[FfdVersion.V1_05].documents() for element in document.elements}
    assert not tags & {1157, 1158, 1194}


def test_taxes_are_counted() -> None:
    drive, _ = make_drive()
    open_shift(drive)
    taxes = {1102: 1, 1103: 2, 1104: 3, 1105: 4, 1106: 5, 1107: 6}
    body = [element for element in receipt(1000) if element.tag != 1105]
    for _ in range(2):
        drive.commit(C.RECEIPT, [*body, *(Element(tag, sum_) for tag, sum_ in taxes.items())])
    totals = find(drive.commit(C.SHIFT_CLOSE).elements, 1194).value
    group = {element.tag: element.value for element in find(totals, 1129).value}
    assert {tag: group[tag] for tag in (1139, 1140, 1143, 1183, 1141, 1142)} == {
        1139: 2,
        1140: 4,
        1143: 6,
        1183: 8,
        1141: 10,
        1142: 12,
    }


def test_unsent_totals_merge_receipts_and_corrections() -> None:
    report = LIVES[FfdVersion.V1_2].document(8)
    assert value(report, 1158, 1144) == 4
    assert value(report, 1158, 1145, 1201) == 450_00
    assert value(report, 1158, 1146, 1201) == 50_00
    assert (value(report, 1097), value(report, 1116)) == (7, 1)
    assert value(report, 1098) == START.replace(tzinfo=None)


def test_numbers_start_again_with_each_shift() -> None:
    drive, clock = make_drive()
    for shift in (1, 2):
        open_shift(drive)
        for number in (1, 2):
            document = drive.commit(C.RECEIPT, receipt())
            assert (document.shift, document.receipt, drive.receipt) == (shift, number, number)
            assert (value(document, 1038), value(document, 1042)) == (shift, number)
        closing = drive.commit(C.SHIFT_CLOSE)
        assert (value(closing, 1038), value(closing, 1118), value(closing, 1194, 1134)) == (shift, 2, 2)
        clock.advance(hours=1)
    assert value(closing, 1157, 1134) == 4


def test_short_records() -> None:
    drive = LIVES[FfdVersion.V1_2]
    first, _, opening, sale = (archive.parse(drive.short_record(number)) for number in (1, 2, 3, 4))
    registration = default_registration(FfdVersion.V1_2)
    assert isinstance(first.details, Registered)
    assert (first.details.inn, first.details.taxations) == (registration.inn, 0b110111)
    assert (first.details.mode, first.details.ofd_inn) == (1 << 5, registration.ofd_inn)
    assert opening.details == Shift(shift=1)
    assert sale.details == Settlement(operation=1, total=100_00)
    stored = drive.document(4)
    assert (sale.sign, sale.at, sale.number, sale.code, sale.acknowledged) == (stored.sign, stored.at, 4, 3, False)
    old = archive.parse(LIVES[FfdVersion.V1_05].short_record(2)).details
    assert (old.reason, old.extended_mode) == (3, None)


def test_messages_for_the_ofd() -> None:
    drive = LIVES[FfdVersion.V1_2]
    for document in drive.documents():
        message = container.parse(drive.container(document.number))
        assert (message.fn, message.number, message.code) == (drive.number, document.number, document.code)
        assert message.tlv == document.tlv
        assert message.trailer[:2] == bytes.fromhex("8106")
        assert len(message.trailer) == 10
        assert drive.container(document.number) == drive.container(document.number)


def test_what_is_not_in_the_archive() -> None:
    drive = LIVES[FfdVersion.V1_2]
    assert drive.document(99) is None
    for ask in (drive.short_record, drive.container):
        with pytest.raises(DriveError) as refused:
            ask(99)
        assert refused.value.number == Fault.NO_DATA


def test_time_is_the_local_wall_clock_to_the_minute() -> None:
    drive, clock = make_drive()
    clock.at = START + timedelta(minutes=5, seconds=59, microseconds=7)
    open_shift(drive)
    assert drive.last_at == datetime(2026, 3, 2, 9, 5)
    assert drive.shift_opened_at == datetime(2026, 3, 2, 9, 5)


def test_half_made_document() -> None:
    drive, _ = make_drive()
    open_shift(drive)
    assert drive.current is CurrentDocument.NONE
    drive.begin(C.RECEIPT)
    assert drive.current is CurrentDocument.RECEIPT
    for action in (lambda: drive.begin(C.RECEIPT), lambda: drive.commit(C.SHIFT_CLOSE)):
        with pytest.raises(DriveError) as refused:
            action()
        assert refused.value.number == Fault.WRONG_STATE
    drive.cancel()
    drive.cancel()
    assert drive.current is CurrentDocument.NONE
    drive.begin(C.CORRECTION)
    drive.commit(C.CORRECTION, correction())
    assert drive.current is CurrentDocument.NONE


def test_an_undone_transaction_gives_the_begun_document_back() -> None:
    drive, _ = make_drive()
    open_shift(drive)
    drive.begin(C.RECEIPT)
    with contextlib.suppress(KeyboardInterrupt), drive.storage.transaction():
        drive.commit(C.RECEIPT, receipt())
        assert not drive.current
        raise KeyboardInterrupt
    assert drive.current is CurrentDocument.RECEIPT
    drive.commit(C.RECEIPT, receipt())
    with contextlib.suppress(KeyboardInterrupt), drive.storage.transaction():
        drive.storage.put("register", 1)
        raise KeyboardInterrupt
    assert not drive.current


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    drive, clock = make_drive(FfdVersion.V1_1, storage=tmp_path)
    open_shift(drive)
    drive.commit(C.RECEIPT, receipt())
    before = (
        drive.number,
        drive.registration,
        drive.shift,
        drive.shift_open,
        dict(drive.totals),
        list(drive.documents()),
    )
    drive.storage.close()
    again, _ = make_drive(None, storage=tmp_path, clock=clock)
    assert before == (
        again.number,
        again.registration,
        again.shift,
        again.shift_open,
        dict(again.totals),
        list(again.documents()),
    )
    assert again.commit(C.RECEIPT, receipt()).number == 4


def test_another_ffd_than_the_stored_one_is_refused(tmp_path: Path) -> None:
    drive, clock = make_drive(FfdVersion.V1_05, storage=tmp_path)
    with pytest.raises(StorageError, match=r"--ffd 1\.05"):
        make_drive(FfdVersion.V1_2, storage=drive.storage, clock=clock)


def test_unregistered_drive_and_reset() -> None:
    drive, _ = make_drive(fiscalised=False)
    assert (drive.phase, drive.registration, drive.last_at) == (Phase.READY, None, None)
    with pytest.raises(DriveError) as refused:
        open_shift(drive)
    assert refused.value.number == Fault.WRONG_STATE
    drive.register(default_registration(FfdVersion.V1_2))
    open_shift(drive)
    number = drive.number
    drive.reset()
    assert (drive.phase, drive.number, drive.last_document, drive.totals) == (Phase.READY, number, 0, {})
    assert list(drive.documents()) == []
    drive.register(default_registration(FfdVersion.V1_05))
    assert drive.document(1).code is C.REGISTRATION
    with pytest.raises(DriveError) as refused:
        drive.register(default_registration(FfdVersion.V1_05))
    assert refused.value.number == Fault.WRONG_STATE


def test_registration_read_back_from_tags() -> None:
    registration = default_registration(FfdVersion.V1_2)
    blank = replace(registration, user_name="", place="", taxations=0, excise=False, marking=False)
    assert blank.with_tags(registration.elements(FfdVersion.V1_2)) == replace(
        registration, services=False, internet=True
    )
    assert registration.with_mode(0b1010).offline
    assert registration.with_mode(0b1010).services
    assert not registration.with_mode(0b1010).internet
    assert registration.with_mode(0, 1 << 4).marking


def test_resource() -> None:
    drive, clock = make_drive(factory=Factory(number="9999000000000001", validity_days=410, capacity=100))
    resource = drive.resource
    assert (resource.valid_until, resource.days_left) == (date(2027, 4, 16), 410)
    assert (resource.documents_left, resource.registrations_left) == (99, 29)
    clock.advance(days=10)
    assert drive.resource.days_left == 400
    clock.advance(days=1000)
    assert drive.resource.days_left == 0


def test_storage_shared_with_a_register_is_one_transaction() -> None:
    storage = Storage()
    drive, _ = make_drive(storage=storage, clock=HandClock())
    open_shift(drive)
    with contextlib.suppress(KeyboardInterrupt), storage.transaction():
        storage.put("register", {"paper": "printed"})
        drive.commit(C.RECEIPT, receipt())
        assert drive.last_document == 3
        raise KeyboardInterrupt
    assert (drive.last_document, drive.receipt, drive.totals) == (2, 0, {})
    assert storage.get("register") is None
    assert drive.commit(C.RECEIPT, receipt()).number == 3
