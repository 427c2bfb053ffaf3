"""Settings tables, money and operation registers, cash (shtrih_m §3.1, §7, §8)."""

from __future__ import annotations

import pytest
from shtrih_kit import ADMIN, Bench, closing, item

from protocols.ffd.enums import FfdVersion
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.commands import state as s
from protocols.shtrih.commands import tables as t


def text_of(bench: Bench, table: int, field: int, row: int = 1) -> str:
    return bench.call(t.ReadTable(ADMIN, table, row, field)).value.split(b"\0")[0].decode("cp1251")


def number_of(bench: Bench, table: int, field: int, row: int = 1) -> int:
    return int.from_bytes(bench.call(t.ReadTable(ADMIN, table, row, field)).value, "little")


def test_every_table_can_be_dumped():
    # §3.1: 2Dh for 1, 2, 3… until 5Dh, then 2Eh per field, then 1Fh per row and field
    bench = Bench()
    found = {}
    last = next(table for table in range(1, 256) if bench.refused(t.TableStructure(ADMIN, table)) == 0x5D)
    for table in range(1, last):
        structure = bench.call(t.TableStructure(ADMIN, table))
        for field in range(1, structure.fields + 1):
            known = bench.call(t.FieldStructure(ADMIN, table, field))
            for row in range(1, structure.rows + 1):
                value = bench.call(t.ReadTable(ADMIN, table, row, field)).value
                assert len(value) == known.size
                if not known.is_text:
                    low, high = known.range
                    assert low <= int.from_bytes(value, "little") <= high
        found[table] = structure.name
    assert len(found) == 25
    assert found[17] == "РЕГИОНАЛЬНЫЕ НАСТРОЙКИ"


@pytest.mark.parametrize(("ffd", "code"), [(FfdVersion.V1_05, 2), (FfdVersion.V1_1, 3), (FfdVersion.V1_2, 4)])
def test_tables_show_the_registration(ffd, code):
    bench = Bench(ffd)
    registration = bench.drive.registration
    assert number_of(bench, 17, 17) == code
    assert text_of(bench, 18, 2) == registration.inn
    assert text_of(bench, 18, 3) == registration.registration_number
    assert text_of(bench, 18, 4) == "9999078900001234"
    assert text_of(bench, 18, 7) == registration.user_name
    assert number_of(bench, 18, 5) == registration.taxations
    assert number_of(bench, 20, 3) == 1


def test_settings_are_written_kept_and_reset():
    bench = Bench()
    bench.call(t.WriteTable(ADMIN, 2, 3, 2, "Сидорова".encode("cp1251")))
    assert text_of(Bench(storage=bench.storage), 2, 2, row=3) == "Сидорова"
    bench.call(t.WriteTable(ADMIN, 17, 1, 7, b"\1\0"))  # one client writes two bytes into a field of one
    assert number_of(bench, 17, 7) == 1
    bench.call(t.InitTables(ADMIN))
    assert (text_of(bench, 2, 2, row=3), number_of(bench, 17, 7)) == ("Кассир 3", 0)


@pytest.mark.parametrize(
    ("table", "row", "field", "value", "number"),
    [
        (18, 1, 2, b"1", 0x7A),
        (18, 1, 5, b"\2", 0x7A),
        (17, 1, 17, b"\4", 0),
        (17, 1, 7, b"\x09", 0x33),
        (2, 31, 1, b"\1", 0x33),
        (2, 1, 3, b"\1", 0x33),
        (99, 1, 1, b"\1", 0x5D),
    ],
)
def test_writing_what_cannot_be_written(table, row, field, value, number):
    assert Bench().refused(t.WriteTable(ADMIN, table, row, field, value)) == number


def test_shift_registers_count_and_are_zeroed():
    bench = Bench()
    bench.receipt(10000, department=3)
    bench.receipt(5000)
    bench.call(r.OpenReceipt(ADMIN, 2))
    bench.sell(2000, operation=2)
    bench.close(2000)
    bench.call(r.CashIn(ADMIN, 30000))
    reply = bench.call(r.CashOut(ADMIN, 1000))
    assert bench.money(241) == 10000 + 5000 - 2000 + 30000 - 1000
    assert (bench.money(242), bench.money(243)) == (30000, 1000)
    assert (bench.money(193), bench.money(195)) == (15000, 2000)
    assert (bench.money(121 + 2 * 4), bench.money(121)) == (10000, 5000)
    assert bench.money(209 + 4) == 15000  # turnover of tax group 2
    assert bench.money(225 + 4) == 909 + 455
    assert [bench.counter(number) for number in (144, 145, 146, 153, 154)] == [2, 0, 1, 1, 1]
    assert reply.document == bench.counter(152)
    bench.call(r.ZReport(ADMIN))
    assert [bench.money(number) for number in (193, 195, 242, 243, 121)] == [0] * 5
    assert [bench.counter(number) for number in (144, 146, 153, 154)] == [0] * 4
    assert bench.money(241) == 42000
    assert (bench.counter(148), bench.counter(150)) == (2, 1)  # running numbers go on


def test_the_drawer_is_emptied_by_a_z_report_when_the_setting_says_so():
    bench = Bench()
    bench.setting(1, 2, 1)
    bench.receipt()
    bench.call(r.ZReport(ADMIN))
    assert bench.money(241) == 0


def test_registers_of_the_open_receipt():
    bench = Bench()
    bench.sell(10000, department=2)
    bench.sell(3000)
    assert (bench.money(4), bench.money(0), bench.money(88 + 4), bench.money(104 + 4)) == (10000, 3000, 13000, 1182)
    assert bench.call(s.ShortStatus(ADMIN)).operations == 2
    bench.close(5000, electronic=8000)
    assert (bench.money(72), bench.money(76)) == (5000, 8000)


def test_a_refund_needs_the_money():
    bench = Bench()
    bench.call(r.OpenReceipt(ADMIN, 2))
    bench.sell(2000, operation=2)
    assert bench.refused(closing(2000)) == 0x46
    bench.close(0, electronic=2000)
    assert bench.money(241) == 0


def test_registers_nobody_has():
    bench = Bench()
    assert bench.refused(t.ReadMoney(ADMIN, 300)) == 0x33
    # javapos_shtrih's readCashRegisters and readOperRegisters go through all of 0…255
    assert {bench.call(t.ReadMoney(ADMIN, number)).value for number in range(256)} == {0}
    assert {bench.call(t.ReadCounter(ADMIN, number)).value for number in range(250, 256)} == {0}


def test_a_zero_receipt_may_be_forbidden():
    bench = Bench()
    bench.sell(0)
    bench.close(0)
    bench.setting(1, 23, 1)
    bench.sell(0)
    assert bench.refused(closing(0)) == 0x8E


def test_a_receipt_without_items_is_not_closed():
    bench = Bench()
    bench.call(r.OpenReceipt(ADMIN, 0))
    assert bench.refused(closing(0)) == 0x8E


def test_registers_survive_a_power_cut_with_their_document():
    bench = Bench()
    bench.receipt(7777)
    again = Bench(storage=bench.storage)
    assert again.money(241) == 7777
    assert again.refused(item()) == 0


def test_exchange_parameters():
    bench = Bench()
    bench.call(s.SetExchange(ADMIN, 0, 9, 200))
    assert (bench.call(s.GetExchange(ADMIN, 0)).baud, bench.call(s.GetExchange(ADMIN, 0)).timeout) == (9, 200)
    assert bench.refused(s.SetExchange(ADMIN, 0, 10, 200)) == 0x33
    bench.call(s.SetExchange(ADMIN, 128, 0x39, 100))
    assert number_of(bench, 21, 4) == 12345  # §3.1: 57 = 39h -> 3039h = 12345
