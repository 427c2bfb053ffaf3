"""Registration, re-registration and the reset of a test drive: FF05, FF06, FF34, FF07 (shtrih_m §4, §7)."""

from __future__ import annotations

import pytest
from shtrih_kit import ADMIN, OSN, Bench, flat, item

from protocols.ffd.checks import registration_number
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import Element, decode, find
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.commands import state as s
from protocols.shtrih.commands import tables as t

INN = "7701234560"
OTHER_INN = "7709876545"
RESET = d.ResetDrive(ADMIN, 0x16)
STRIPPED = " \0"


def number_for(bench: Bench, inn: str = INN) -> str:
    return registration_number(7, inn, bench.register.core.registered.serial)


def registered(bench: Bench, inn: str = INN, taxations: int = 3, mode: int = 0x20) -> d.MakeRegistration:
    return d.MakeRegistration(ADMIN, inn, number_for(bench, inn), taxations, mode)


def long_form(bench: Bench, reason: int, *, taxations: int, mode: int) -> d.Reregistration:
    """§4: INN 12, RNM 20, tax 1, mode 1, reason 1."""
    known = bench.drive.registration
    fields = known.inn.ljust(12) + known.registration_number.ljust(20)
    return d.Reregistration(ADMIN, fields.encode() + bytes((taxations, mode, reason)))


def written(bench: Bench, table: int, field: int, value: bytes) -> int:
    return bench.refused(t.WriteTable(ADMIN, table, 1, field, value))


def shown(bench: Bench, table: int, field: int) -> str:
    return bench.call(t.ReadTable(ADMIN, table, 1, field)).value.rstrip(b"\0").decode("cp1251")


@pytest.mark.parametrize("ffd", FfdVersion)
def test_a_reset_drive_is_registered_anew(ffd):
    bench = Bench(ffd)
    bench.receipt()
    serial = bench.drive.registration.serial
    bench.call(RESET)
    status = bench.call(d.DriveStatus(ADMIN))
    assert (status.phase, status.shift_open, status.last_document) == (1, 0, 0)
    assert bench.money(241 - 120 + 72) == 0
    assert bench.refused(item()) == 0x8F
    assert bench.refused(r.OpenShift(ADMIN)) == 0x02
    assert bench.call(s.LongStatus(ADMIN)).inn is None

    bench.call(d.BeginRegistration(ADMIN, 0))
    assert bench.call(d.DriveStatus(ADMIN)).current_document == 1
    bench.tag(Element(1048, "ИП Ромашкин"), Element(1009, "Тверь"), Element(1187, "Ларёк"), Element(1021, "Мастер"))
    made = bench.call(registered(bench, OTHER_INN))
    assert made.document == 1
    document = flat(bench.document(1))
    assert (document[1018].strip(), document[1048], document[1187], document[1021]) == (
        OTHER_INN, "ИП Ромашкин", "Ларёк", "Мастер",
    )  # fmt: skip
    assert (document[1062], document[1013].strip(), document[1209]) == (3, serial, ffd.code)
    totals = bench.call(d.LastRegistration(ADMIN))
    assert (totals.inn, totals.taxations, totals.work_mode) == (OTHER_INN, 3, 0x20)
    assert (totals.tail.document, totals.tail.sign) == (1, made.sign)
    assert bench.call(d.DriveStatus(ADMIN)).phase == 3
    assert bench.receipt().document == 3
    assert shown(bench, 18, 7) == "ИП Ромашкин"
    assert "ИП Ромашкин" in "".join(str(line) for line in bench.register.tape.lines())


def test_paper_and_shift_of_a_reset_drive_are_gone():
    bench = Bench()
    bench.receipt(12345)
    bench.call(RESET)
    assert bench.register.tape.lines() == []
    assert bench.refused(r.CopyLast(ADMIN)) == 0x56
    assert bench.mode == 4
    assert bench.counter(144) == 0


def test_a_reset_drive_stays_new_after_a_power_cut():
    bench = Bench()
    bench.call(RESET)
    again = Bench(storage=bench.storage)
    assert again.call(d.DriveStatus(ADMIN)).phase == 1
    again.call(registered(again))
    assert again.drive.registration.user_name == 'ООО "Ромашка"'


@pytest.mark.parametrize(
    ("number", "code", "refusal"), [("9999078900001234", 0, 0x33), ("9287440300001234", 0x16, 0x02)]
)
def test_only_a_test_drive_is_reset_by_its_code(number, code, refusal):
    bench = Bench(number=number)
    assert bench.refused(d.ResetDrive(ADMIN, code)) == refusal
    assert bench.drive.last_document == 1


def test_reset_with_a_receipt_open_is_refused():
    bench = Bench()
    bench.sell()
    assert bench.refused(RESET) == 0x4A


def test_reregistration_changes_what_was_asked_and_keeps_the_rest():
    bench = Bench()
    before = bench.drive.registration
    bench.call(d.BeginRegistration(ADMIN, 2))
    assert bench.call(d.DriveStatus(ADMIN)).current_document == 0x13
    bench.tag(Element(1187, "Склад"))
    made = bench.call(d.Reregistration(ADMIN, b"\3"))
    document = flat(bench.document(made.document))
    # reason 3, requisites: the place has changed, which is bit 3 of 1205
    assert (document[1187], document[1205], document[1048]) == ("Склад", 1 << 3, before.user_name)
    assert bench.drive.registration.taxations == before.taxations
    assert bench.drive.registration.internet == before.internet
    assert bench.call(d.DriveStatus(ADMIN)).current_document == 0

    made = bench.call(long_form(bench, 4, taxations=1, mode=0x20))
    assert flat(bench.document(made.document))[1205] == 1 << 7
    assert (bench.drive.registration.taxations, bench.drive.registration.place) == (1, "Склад")
    assert [bench.call(d.RegistrationByNumber(ADMIN, number)).taxations for number in (1, 2, 3)] == [0x37, 0x37, 1]
    assert bench.call(d.RegistrationByNumber(ADMIN, 2)).tail.reasons == 1 << 3
    assert bench.refused(d.RegistrationByNumber(ADMIN, 4)) == 0x08
    for request in (d.RegistrationTag(ADMIN, 3, 1187), d.RegistrationParameter(ADMIN, 0, 1187)):
        assert find(decode(bench.call(request).tlv), 1187).value == "Склад"
    assert find(decode(bench.call(d.RegistrationParameter(ADMIN, 1, 1187)).tlv), 1187).value == before.place
    assert bench.call(d.DriveExpiry(ADMIN)).registrations == 3
    assert bench.refused(item(tax=1)) == 0
    assert bench.close(10000, taxation=OSN).document == made.document + 2


def test_the_host_may_name_the_reasons_itself():
    bench = Bench()
    bench.call(d.BeginRegistration(ADMIN, 2))
    bench.tag(Element(1205, 1 << 1 | 1 << 8), Element(1046, "Другой ОФД"))
    made = bench.call(d.Reregistration(ADMIN, b"\2"))
    assert flat(bench.document(made.document))[1205] == 1 << 1 | 1 << 8
    assert bench.drive.registration.ofd_name == "Другой ОФД"


def test_reasons_of_1_05_are_codes():
    bench = Bench(FfdVersion.V1_05)
    made = bench.call(d.Reregistration(ADMIN, b"\2"))
    assert flat(bench.document(made.document))[1101] == 2
    assert bench.call(d.RegistrationByNumber(ADMIN, 2)).tail.reasons == 2


def test_a_drive_takes_the_place_of_another():
    bench = Bench()
    bench.call(RESET)
    assert bench.refused(d.BeginRegistration(ADMIN, 2)) == 0x02
    bench.call(d.BeginRegistration(ADMIN, 1))
    assert bench.call(d.DriveStatus(ADMIN)).current_document == 0x12
    bench.call(registered(bench))
    assert bench.drive.document(1).code == 11
    assert flat(bench.document(1))[1205] == 1
    assert bench.call(d.DriveStatus(ADMIN)).phase == 3


def test_what_the_host_writes_into_the_tables_is_registered_next():
    bench = Bench(FfdVersion.V1_2)
    assert written(bench, 18, 7, "ООО Лютик".encode("cp1251")) == 0
    assert written(bench, 17, 17, b"\3") == 0
    assert (shown(bench, 18, 7), shown(bench, 17, 17)) == ("ООО Лютик", "\3")
    assert bench.drive.registration.user_name == 'ООО "Ромашка"'
    bench.call(d.Reregistration(ADMIN, b"\4"))
    assert (bench.drive.registration.user_name, bench.drive.registration.ffd) == ("ООО Лютик", FfdVersion.V1_1)
    assert (shown(bench, 18, 7), shown(bench, 17, 17)) == ("ООО Лютик", "\3")
    bench.call(d.BeginRegistration(ADMIN, 2))
    bench.tag(Element(1048, "ООО Лотос"))
    bench.call(d.Reregistration(ADMIN, b"\3"))
    assert shown(bench, 18, 7) == "ООО Лотос"  # what was written has been used up
    # the same power-on settings still fit the drive that its host has registered otherwise
    assert Bench(FfdVersion.V1_2, storage=bench.storage).drive.registration.ffd is FfdVersion.V1_1
    assert flat(bench.document(bench.receipt().document))[1209] == FfdVersion.V1_1.code


def test_what_tables_refuse():
    old = Bench(FfdVersion.V1_05)
    assert written(old, 17, 17, b"\4") == 0x33  # more than the drive can do
    bench = Bench()
    assert written(bench, 17, 17, b"\1") == 0x33
    bench.open_shift()
    assert written(bench, 18, 7, b"X") == 0xC7
    assert bench.refused(d.BeginRegistration(ADMIN, 2)) == 0x73


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"inn": "7701234567"}, 0x33),
        ({"registration_number": "0000000000000001"}, 0x33),
        ({"taxations": 0}, 0x33),
        ({"taxations": 0x40}, 0x33),
    ],
)
def test_a_registration_that_cannot_be(change, refusal):
    bench = Bench()
    bench.call(RESET)
    given = {"inn": INN, "registration_number": number_for(bench), "taxations": 1, "work_mode": 0} | change
    assert bench.refused(d.MakeRegistration(ADMIN, **given)) == refusal
    assert bench.drive.last_document == 0


def test_registration_in_the_wrong_phase_and_other_owners():
    bench = Bench()
    assert bench.refused(d.BeginRegistration(ADMIN, 0)) == 0x02
    assert bench.refused(d.BeginRegistration(ADMIN, 9)) == 0x33
    assert bench.refused(registered(bench)) == 0x02
    fields = OTHER_INN.ljust(12) + number_for(bench, OTHER_INN).ljust(20)
    assert bench.refused(d.Reregistration(ADMIN, fields.encode() + b"\1\0\3")) == 0x09
    assert bench.refused(d.Reregistration(ADMIN, b"\5")) == 0x33
    assert bench.refused(d.Reregistration(ADMIN, b"\3\3")) == 0x7E
    assert bench.drive.last_document == 1


def test_a_failed_registration_leaves_the_settings_for_the_next_try():
    bench = Bench()
    written(bench, 18, 7, b"Shop")
    bench.call(d.BeginRegistration(ADMIN, 2))
    bench.wait(days=-1)
    assert bench.refused(d.Reregistration(ADMIN, b"\3")) == 0x07
    assert shown(bench, 18, 7) == "Shop"
    bench.wait(days=1)
    bench.call(d.Reregistration(ADMIN, b"\3"))
    assert bench.drive.registration.user_name == "Shop"
