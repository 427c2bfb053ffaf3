"""Receipts by FF46 / FF4D / FF0C / FF45 in each ФФД, judged by the tags the drive signed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from shtrih_kit import ADMIN, NO_VAT, VAT0, VAT10, VAT20, VAT22, Bench, closing, flat, item, value

from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element, all_of, encode
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import operations as o
from protocols.shtrih.commands import receipts as r
from protocols.shtrih.commands import tables as t

EVERY_FFD = pytest.mark.parametrize("ffd", FfdVersion)


@EVERY_FFD
def test_a_sale_holds_what_the_host_sent(ffd):
    bench = Bench(ffd)
    bench.open_shift()
    bench.call(r.OpenReceipt(ADMIN, 0))
    bench.sell(10000, quantity="2", tax=VAT10)
    bench.sell(5050, quantity="0.333", tax=VAT20, name="Сыр", method=1, object=4)
    bench.tag(Element(1008, "+79990001122"), Element(1021, "Иванова А. А."))
    bench.tag(Element(1203, "500100732259"))
    reply = bench.close(10000, electronic=11682, forms={14: 0})
    elements = bench.document()
    assert (reply.change, reply.document, reply.made_at) == (0, 3, None)
    assert validate(DocumentCode.RECEIPT, ffd, elements) == []
    tags = flat(elements)
    assert (tags[1054], tags[1055], tags[1020], tags[1031], tags[1081]) == (1, 1, 21682, 10000, 11682)
    assert (tags[1215], tags[1216], tags[1217]) == (0, 0, 0)
    assert (tags[1008], tags[1021], tags[1203]) == ("+79990001122", "Иванова А. А.", "500100732259")
    assert tags[1209] == ffd.code
    first, second = (element.value for element in all_of(elements, 1059))
    assert flat(first) == {
        1030: "Молоко 1л",
        1079: 10000,
        1023: Decimal(2),
        1043: 20000,
        1199: 2,
        1200: 1818,
        1212: 1,
        1214: 4,
    } | ({2108: 0} if ffd is FfdVersion.V1_2 else {})
    # 17.71 = 1: from 2026 on the register itself turns 20 % into 22 %
    assert (value(second, 1199), value(second, 1043), value(second, 1214), value(second, 1212)) == (11, 1682, 1, 4)
    assert tags[1103] == 1818
    assert value(elements, 1115, 1119, 1199) == 11
    assert value(elements, 1115, 1119, 1120) == 303


def test_rates_are_printed_as_sent_when_the_setting_says_so():
    bench = Bench()
    bench.setting(17, 71, 2)
    bench.receipt(12000, tax=VAT20)
    assert value(bench.document(), 1059, 1199) == 1
    assert value(bench.document(), 1102) == 2000
    bench.receipt(12200, tax=VAT22)
    assert value(bench.document(), 1059, 1199) == 11
    assert value(bench.document(), 1115, 1119, 1120) == 2200


def test_turnovers_without_tax_and_at_zero():
    bench = Bench()
    bench.sell(1000, tax=VAT0)
    bench.sell(2000, tax=NO_VAT)
    bench.sell(3000, tax=0)
    bench.close(6000)
    tags = flat(bench.document())
    assert (tags[1104], tags[1105]) == (1000, 5000)
    assert 1103 not in tags


def test_taxes_come_from_the_host_when_the_setting_says_so():
    bench = Bench()
    bench.setting(1, 14, 1)
    bench.sell(11000, tax=VAT10, tax_sum=999)
    bench.sell(5000, tax=NO_VAT)
    bench.close(16000, taxes=(0, 999, 0, 0, 0, 0))
    tags = flat(bench.document())
    # §4.1: a wrong setting leaves 1105 = 0
    assert (tags[1103], tags[1105]) == (999, 0)
    assert value(bench.document(), 1059, 1200) == 999


def test_the_host_s_taxes_are_ignored_when_the_register_computes():
    bench = Bench()
    bench.sell(11000, tax=VAT10, tax_sum=1)
    bench.close(11000, taxes=(1, 2, 3, 4, 5, 6))
    assert flat(bench.document())[1103] == 1000
    assert 1102 not in flat(bench.document())


def test_row_numbers_instead_of_masks_with_the_quirk():
    bench = Bench(quirks=frozenset({"raw-vat-index"}))
    bench.sell(1000, tax=3)
    bench.sell(1000, tax=4)
    bench.close(2000)
    tags = flat(bench.document())
    assert (tags[1104], tags[1105]) == (1000, 1000)
    assert Bench().refused(item(1000, tax=0x7F)) == 0x33


@pytest.mark.parametrize(("kind", "operation"), [(0, 1), (1, 3), (2, 2), (3, 4)])
def test_the_four_kinds_of_receipt(kind, operation):
    bench = Bench()
    bench.receipt(50000)
    bench.call(r.OpenReceipt(ADMIN, kind))
    assert bench.mode == 8 | kind << 4
    assert bench.refused(item(operation=operation % 4 + 1)) == 0x49
    bench.sell(10000, operation=operation)
    bench.close(10000)
    assert value(bench.document(), 1054) == operation
    assert bench.money(241) == 50000 + (10000 if kind in {0, 3} else -10000)


def test_payment_forms_and_change():
    bench = Bench()
    bench.sell(100000)
    assert bench.refused(closing(0, electronic=100001)) == 0x4D
    assert bench.refused(closing(99999)) == 0x45
    reply = bench.close(60000, electronic=10000, forms={13: 5000, 14: 20000, 15: 8000, 16: 7000})
    tags = flat(bench.document())
    assert reply.change == 10000
    assert [tags[tag] for tag in (1020, 1031, 1081, 1215, 1216, 1217)] == [100000, 50000, 15000, 20000, 8000, 7000]
    assert bench.money(193) == 50000
    assert bench.money(197) == 10000
    assert bench.money(4144 + 4 * 8) == 5000


def test_rounding_is_taken_off_the_total():
    bench = Bench()
    bench.sell(10050)
    bench.close(10000, rounding=50)
    assert flat(bench.document())[1020] == 10000
    assert value(bench.document(), 1059, 1043) == 10050


def test_a_given_sum_may_differ_by_one_kopeck():
    bench = Bench()
    for off, number in ((-2, 0x33), (2, 0x33), (-1, 0), (1, 0)):
        assert bench.refused(item(3333, quantity="3", sum=9999 + off)) == number
    bench.close(9999 * 2)
    assert [value(each.value, 1043) for each in all_of(bench.document(), 1059)] == [9998, 10000]


@pytest.mark.parametrize(
    ("wrong", "number"),
    [
        ({"operation": 5}, 0x33),
        ({"method": 0}, 0x33),
        ({"object": 29}, 0x33),
        ({"tax": 0x7F}, 0x33),
        ({"department": 17}, 0x63),
        ({"quantity": "0"}, 0x62),
        ({"password": 77}, 0x4F),
    ],
)
def test_an_operation_with_a_wrong_field_changes_nothing(wrong, number):
    bench = Bench()
    assert bench.refused(item(**wrong)) == number
    assert bench.drive.last_document == 1
    assert bench.mode == 4


def test_objects_of_12_do_not_exist_before_it():
    assert Bench(FfdVersion.V1_1).refused(item(object=33)) == 0x33
    assert Bench(FfdVersion.V1_2).refused(item(object=32)) == 0


def test_names_may_be_empty_padded_or_kept_off_the_paper():
    bench = Bench()
    bench.sell(100, name="")
    message = bytes.fromhex("FF 46 1E 00 00 00 01 40 42 0F 00 00 00 64 00 00 00 00") + b"\xff" * 10
    message += bytes.fromhex("02 01 04 01") + "Хлеб".encode("cp1251").ljust(128, b"\0")
    assert len(message) == 160
    assert bench.register.execute(message) == bytes.fromhex("FF 46 00")
    bench.sell(100, name="//Скрыто")
    bench.close(300)
    names = [value(each.value, 1030) for each in all_of(bench.document(), 1059)]
    assert names == ["", "Хлеб", "Скрыто"]


def test_tags_of_an_item_follow_it():
    bench = Bench()
    bench.sell(100)
    bench.sell(200, quantity="1.5")
    agent = Element(1222, 64)
    supplier = (Element(1225, "ООО Поставщик"), Element(1171, "+79990001133"))
    tlv = encode([agent, Element(1224, supplier), Element(1226, "7701234560"), Element(2108, 11)])
    bench.call(d.SendItemTlv(ADMIN, tlv))
    bench.close(400)
    first, second = (element.value for element in all_of(bench.document(), 1059))
    assert value(first, 1222) is None
    assert (value(second, 1222), value(second, 1226), value(second, 2108)) == (64, "7701234560", 11)
    assert value(second, 1224) == supplier
    assert bench.refused(d.SendItemTlv(ADMIN, tlv)) == 0x55


def test_tags_that_are_not_the_host_s_to_send():
    bench = Bench()
    bench.sell(100)
    for tag, content in ((1055, b"\x01"), (1020, b"\x01"), (1040, b"\1\0\0\0"), (1059, b"")):
        raw = tag.to_bytes(2, "little") + len(content).to_bytes(2, "little") + content
        assert bench.refused(d.SendTlv(ADMIN, raw)) == 0x33
    assert bench.refused(d.SendTlv(ADMIN, b"\xf0\x03\x0c\x00+7")) == 0x33
    assert bench.refused(d.SendTlv(ADMIN, b"")) == 0x33
    assert bench.refused(d.SendItemTlv(ADMIN, encode([Element(1199, 1)]))) == 0x33


def test_a_tag_sent_twice_replaces_the_first():
    bench = Bench()
    bench.sell(100)
    bench.tag(Element(1008, "a@example.ru"))
    bench.tag(Element(1008, "b@example.ru"))
    bench.close(100)
    assert [element.value for element in all_of(bench.document(), 1008)] == ["b@example.ru"]


def test_tags_without_a_document_are_refused():
    assert Bench().refused(d.SendTlv(ADMIN, encode([Element(1008, "a@example.ru")]))) == 0x02


@pytest.mark.parametrize("taxation", [3, 8])
def test_a_taxation_that_is_none_is_refused_and_the_receipt_stays_open(taxation):
    bench = Bench()
    bench.sell(100)
    assert bench.refused(closing(100, taxation=taxation)) == 0x33
    assert bench.mode == 8
    bench.close(100, taxation=16)
    assert value(bench.document(), 1055) == 16


def test_no_taxation_means_the_registers_own():
    # javapos_shtrih and kkt-shtrih send a zero byte unless told otherwise
    bench = Bench()
    bench.sell(100)
    bench.close(100, taxation=0)
    assert value(bench.document(), 1055) == 1


@pytest.mark.parametrize("inn", ["7707083893", "500100732259"])
def test_an_inn_is_padded_to_its_length(inn):
    # shtrih-drv and kkt-shtrih send the ten digits of a company as they are
    bench = Bench()
    bench.sell(100)
    bench.call(d.SendItemTlv(ADMIN, (1226).to_bytes(2, "little") + bytes((len(inn), 0)) + inn.encode()))
    bench.close(100)
    assert value(bench.document(), 1059, 1226) == inn
    assert validate(DocumentCode.RECEIPT, FfdVersion.V1_2, bench.document()) == []


def test_the_quantity_may_come_again_as_a_tag():
    # javapos_shtrih: quantity 9.950 in FF46, then FF4D with 1023 as FVLN 02 E3 03
    bench = Bench()
    bench.sell(10000, quantity="9.95")
    bench.call(d.SendItemTlv(ADMIN, bytes.fromhex("ff03030002e303")))
    bench.close(99500)
    assert value(bench.document(), 1059, 1023) == Decimal("9.95")
    assert validate(DocumentCode.RECEIPT, FfdVersion.V1_2, bench.document()) == []


def test_a_value_the_drive_cannot_hold_is_refused_at_once():
    bench = Bench()
    bench.sell(100)
    assert bench.refused(d.SendItemTlv(ADMIN, bytes((0xCA, 0x04, 13, 0)) + b"1234567890123")) == 0x33


def test_the_cashier_is_the_operator_who_closes():
    bench = Bench()
    bench.call(t.WriteTable(ADMIN, 2, 1, 2, "Петрова".encode("cp1251")))
    bench.sell(100)
    bench.close(100, password=1)
    assert value(bench.document(), 1021) == "Петрова"


def test_a_document_the_drive_refuses_leaves_the_receipt_open():
    bench = Bench()
    for _ in range(200):
        bench.sell(1, name="Я" * 128)
    assert bench.refused(closing(200)) == 0x10
    assert bench.mode == 8
    assert bench.call(d.DriveStatus(ADMIN)).current_document == 4
    bench.call(r.CancelReceipt(ADMIN))
    assert bench.call(d.DriveStatus(ADMIN)).current_document == 0
    assert bench.receipt().document == 3


def test_extended_answers_carry_the_moment():
    bench = Bench()
    bench.setting(17, 36, 1)
    assert bench.receipt().made_at == bench.at.replace(tzinfo=None)


def test_a_discount_on_the_receipt_is_spread_over_items():
    bench = Bench()
    for price in (1000, 2000, 7000):
        bench.sell(price)
    bench.call(o.ReceiptAdjustment(ADMIN, 1001, 0, 0, ""))
    bench.close(8999)
    sums = [value(each.value, 1043) for each in all_of(bench.document(), 1059)]
    assert sum(sums) == 8999 == flat(bench.document())[1020]
    assert all(0 <= before - after - before // 10 <= 2 for before, after in zip((1000, 2000, 7000), sums, strict=True))


def test_operation_with_discount_folds_it_into_the_price():
    bench = Bench()
    bench.call(o.OperationDiscount(ADMIN, 1, Decimal(2), 1000, 300, 100, 1, 2, bytes(5), "Чай\0внутр."))
    bench.close(1800)
    inside = flat(value(bench.document(), 1059))
    assert (inside[1030], inside[1079], inside[1043], inside[1199]) == ("Чай", 900, 1800, 2)
