"""Receipts and corrections in each ФФД: the drive signs what an emulated Shtrih-M makes of the same."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from atol_kit import NO_VAT, VAT0, VAT10, VAT20, AtolBench, end_item
from shtrih_kit import ADMIN, flat, value
from shtrih_kit import Bench as ShtrihBench

from emulator.fiscal_drive.rules import DRIVE_TAGS
from protocols.atol import errors
from protocols.atol.commands import receipts as r
from protocols.atol.statuses import Mode
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element, all_of, encode
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import operations as o
from protocols.shtrih.commands import receipts as classic

EVERY_FFD = pytest.mark.parametrize("ffd", FfdVersion)
CASHIER = Element(1021, "Иванова А. А.")
BASIS = Element(1174, (Element(1178, datetime(2026, 3, 1)), Element(1179, "17")))
CASH_RULE = Element(1173, 1)
#: Wire numbers of the same rate: ATOL's, Shtrih-M's. 20 % is left out: from 2026 on a Shtrih-M turns it into 22 %.
RATES = {"10": (VAT10, 2), "0": (VAT0, 4), "none": (NO_VAT, 8)}


def written(elements: tuple[Element, ...]) -> tuple[Element, ...]:
    """Less what the drive adds, which differs from drive to drive."""
    return tuple(element for element in elements if element.tag not in DRIVE_TAGS)


def flat_total(bench: AtolBench) -> int:
    draft = bench.register.core.draft
    return 0 if draft is None else draft.total


CLIENT = (Element(1227, "ООО Василёк"), Element(1228, "500100732259"))
CLIENTS = {FfdVersion.V1_05: (), FfdVersion.V1_1: CLIENT, FfdVersion.V1_2: (Element(1256, CLIENT),)}


@EVERY_FFD
def test_a_sale_is_the_one_that_shtrih_makes(ffd: FfdVersion) -> None:
    lines: list[tuple[str, int, str, str, tuple[Element, ...]]] = [
        ("Молоко 1л", 10000, "2", "10", ()),
        ("Сыр", 5050, "0.333", "none", (Element(1191, "скидка учтена"), Element(1229, 1500))),
        ("Экспорт", 999, "1", "0", ()),
    ]
    atol, shtrih = AtolBench(ffd), ShtrihBench(ffd)
    atol.open_shift()
    shtrih.open_shift()
    atol.open()
    for name, price, quantity, rate, tags in lines:
        number, mask = RATES[rate]
        atol.sell(price, *tags, name=name, quantity=quantity, tax=number)
        shtrih.sell(price, name=name, quantity=quantity, tax=mask)
        for element in tags:
            shtrih.call(d.SendItemTlv(ADMIN, encode((element,))))
    tags = (CASHIER, Element(1008, "+79990001122"), *CLIENTS[ffd])
    atol.tag(*tags)
    shtrih.tag(*tags)
    total = flat_total(atol)
    atol.call(r.Pay(0, 1, 100))
    atol.close(2)
    shtrih.close(100, electronic=total - 100)
    assert written(atol.document()) == written(shtrih.document())
    assert validate(DocumentCode.RECEIPT, ffd, atol.document()) == []
    assert flat(atol.document())[1031] == 100


@EVERY_FFD
def test_a_refund_is_the_one_that_shtrih_makes(ffd: FfdVersion) -> None:
    atol, shtrih = AtolBench(ffd), ShtrihBench(ffd)
    atol.open_shift()
    shtrih.open_shift()
    for bench in (atol, shtrih):
        bench.receipt(50000)
    atol.tag(CASHIER)
    atol.open(2)
    atol.sell(12345)
    atol.close()
    shtrih.sell(12345, operation=2)
    shtrih.tag(CASHIER)
    shtrih.close(12345)
    assert written(atol.document()) == written(shtrih.document())
    assert atol.read(10).sum == 50000 - 12345


def test_a_correction_of_105_is_made_of_sums_as_by_shtrih() -> None:
    atol, shtrih = AtolBench(FfdVersion.V1_05), ShtrihBench(FfdVersion.V1_05)
    atol.open_shift()
    shtrih.open_shift()
    atol.open(7)
    atol.tag(CASH_RULE, BASIS, CASHIER)
    atol.sell(11000, tax=VAT10)
    assert atol.refused(r.BeginItem(0, 1, 0)) == errors.SEE_REGISTER_55
    assert (atol.extended().command, atol.extended().code) == (0xEA, 0x0101)
    atol.close()
    shtrih.call(d.BeginCorrection(ADMIN))
    shtrih.tag(BASIS, CASHIER)
    shtrih.call(o.CorrectionV2(ADMIN, 1, 1, 11000, 11000, 0, 0, 0, 0, (0, 1000, 0, 0, 0, 0), 1))
    mine, theirs = (sorted(written(bench.document())) for bench in (atol, shtrih))
    assert mine == theirs
    assert validate(DocumentCode.CORRECTION, FfdVersion.V1_05, atol.document()) == []


@pytest.mark.parametrize("ffd", [FfdVersion.V1_1, FfdVersion.V1_2])
def test_a_later_correction_has_items(ffd: FfdVersion) -> None:
    atol, shtrih = AtolBench(ffd), ShtrihBench(ffd)
    atol.open_shift()
    shtrih.open_shift()
    atol.open(7)
    atol.tag(CASH_RULE, BASIS, CASHIER)
    shtrih.call(classic.OpenReceipt(ADMIN, 0x80))
    for price in (11000, 300):
        atol.sell(price)
        shtrih.sell(price)
    shtrih.tag(CASH_RULE, BASIS, CASHIER)
    atol.close()
    shtrih.close(11300)
    assert written(atol.document()) == written(shtrih.document())


def test_a_correction_without_its_basis_names_the_tag() -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.open(9)
    bench.sell()
    assert bench.refused(r.CloseReceipt(0, 1, 0)) == errors.SEE_REGISTER_55
    assert bench.extended().tag == 1174
    bench.tag(CASH_RULE, BASIS)
    bench.close(2)
    assert value(bench.document(), 1054) == 3


def test_e6_and_52_are_positions_too() -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.open()
    # flag 02h and tax 0, as A4J sends them; a discount of 1.00
    bench.call(r.RegisterItem(2, "Чай", 12345, Decimal(2), 1, 0, 100, 0, 0, bytes(16), 0))
    bench.call(r.RegisterItem(2, "Сахар", 500, Decimal("1.5"), 1, 1, 50, VAT20, 2, bytes(16), 0))
    bench.call(r.Sale(0, 700, Decimal(1), 3))
    bench.close()
    items = [flat(item.value) for item in all_of(bench.document(), 1059) if isinstance(item.value, tuple)]
    assert [(item[1030], item[1043], item[1199]) for item in items] == [
        ("Чай", 24590, 6),
        ("Сахар", 800, 1),
        ("Секция 3", 700, 6),
    ]


def test_a_tax_of_the_host_is_signed() -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.open()
    bench.sell(12000, tax=VAT20, tax_sum=1999)
    bench.close()
    assert (value(bench.document(), 1059, 1200), value(bench.document(), 1102)) == (1999, 1999)
    bench.open()
    bench.sell(12000, tax=VAT20)
    assert bench.refused(r.ReceiptTax(0, 0, VAT20, 12001)) == 0xDF
    bench.call(r.ReceiptTax(0, 0, VAT20, 1998))
    bench.close()
    assert value(bench.document(), 1102) == 1998


def test_payments_add_up_are_taken_back_and_give_change() -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.open()
    assert bench.refused(r.Pay(0, 1, 1)) == errors.WRONG_SUM
    bench.sell(10000)
    assert bench.refused(r.Pay(0, 2, 10001)) == errors.CASHLESS_EXCEEDS
    assert bench.refused(r.Pay(0, 9, 1)) == 0x7E
    assert bench.call(r.Pay(0, 3, 4000)) == r.PayReply(6000, 0)
    assert bench.refused(r.BeginItem(0, 1, 0)) == errors.WRONG_MODE
    assert bench.refused(r.UndoPay(0, 3, 4001)) == 0x0C
    assert bench.call(r.UndoPay(0, 3, 4000)) == r.PayReply(10000, 0)
    assert bench.call(r.Pay(0, 5, 4000)) == r.PayReply(6000, 0)
    assert bench.refused(r.CloseReceipt(0, 1, 5999)) == errors.PAYMENT_SHORT
    assert bench.call(r.Pay(0, 1, 7000)) == r.PayReply(0, 1000)
    bench.close()
    tags = flat(bench.document())
    assert (tags[1020], tags[1031], tags[1217]) == (10000, 6000, 4000)
    assert (bench.read(3, 1, 1).sum, bench.read(3, 1, 5).sum) == (6000, 4000)


def test_a_discount_of_the_receipt_is_spread() -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.open()
    bench.sell(10000)
    bench.sell(5000)
    bench.call(r.Adjust(0, 0, 1, 0, 300))
    bench.call(r.Adjust(0, 1, 1, 1, 7))
    assert bench.refused(r.Adjust(0, 0, 1, 0, 99999)) == 0x7B
    bench.close()
    assert [value(item.value, 1043) for item in all_of(bench.document(), 1059)] == [9800, 4907]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "number", "extended"),
    [
        ({"tax": 99}, errors.SEE_REGISTER_55, 0x0104),
        ({"method": 8}, errors.SEE_REGISTER_55, 0x0105),
        ({"name": ""}, errors.SEE_REGISTER_55, 0x0206),
        ({"quantity": "0"}, errors.WRONG_QUANTITY, 0),
        ({"sum": 9000}, errors.WRONG_SUM, 0),
        ({"discount": 20000}, 0x7B, 0),
    ],
)
def test_positions_that_are_refused(given: dict[str, Any], number: int, extended: int) -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.open()
    bench.call(r.BeginItem(0, 1, 0))
    assert bench.refused(end_item(**given)) == number
    assert bench.extended().code == extended
    bench.call(end_item(sum=9000, discount=1000))
    bench.close()
    assert value(bench.document(), 1059, 1043) == 9000


def test_tags_lie_where_they_belong() -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.open()

    def refused(element: Element) -> tuple[int, int]:
        number = bench.refused(r.write_tag(encode((element,)), printed=False)[0])
        return number, bench.extended().code if number == errors.SEE_REGISTER_55 else 0

    assert refused(Element(1191, "к позиции")) == (errors.SEE_REGISTER_55, 0x0207)
    assert refused(Element(1055, 3)) == (errors.SEE_REGISTER_55, 0x0103)
    assert refused(Element(1020, 1)) == (errors.WRONG_FIELD, 0)
    assert refused(Element(2000, b"0")) == (errors.WRONG_FIELD, 0)  # marking: no source has it on this wire
    bench.tag(Element(1008, "a@b.ru"))
    assert refused(Element(1008, "a@b.ru")) == (errors.SEE_REGISTER_55, 0x0201)
    bench.call(r.BeginItem(0, 1, 0))
    assert refused(Element(1117, "a@b.ru")) == (errors.SEE_REGISTER_55, 0x0208)
    assert bench.refused(r.CloseReceipt(0, 1, 0)) == errors.SEE_REGISTER_55


def test_tags_sent_before_a_document_wait_for_one_that_has_them() -> None:
    bench = AtolBench()
    bench.mode(Mode.REGISTRATION)
    bench.tag(Element(1008, "a@b.ru"), CASHIER)
    assert bench.refused(r.OpenReceipt(0, 1)) == errors.FN_WRONG_STATE
    bench.call(r.OpenShift(0))
    assert value(bench.document(), 1021) == CASHIER.value
    assert value(bench.document(), 1008) is None
    bench.receipt()
    assert (value(bench.document(), 1008), value(bench.document(), 1021)) == ("a@b.ru", "Системный администратор")
    bench.receipt()
    assert value(bench.document(), 1008) is None


def test_a_long_tag_comes_in_blocks_both_ways() -> None:
    bench = AtolBench(FfdVersion.V1_1)
    bench.open_shift()
    bench.open()
    text = Element(1085, "п" * 64), Element(1086, "в" * 234)
    bench.tag(Element(1084, text))
    assert len(r.write_tag(encode((Element(1084, text),)), printed=False)) == 2
    first = bench.call(r.ReadTag(1084 & 0xFF, 1084 >> 8, 0))
    second = bench.call(r.ReadTag(1084 & 0xFF, 1084 >> 8, 1))
    assert (first.blocks, first.data + second.data) == (2, encode((Element(1084, text),)))
    bench.sell()
    bench.close()
    assert value(bench.document(), 1084, 1086) == "в" * 234


def test_a_receipt_is_cancelled_and_tested_without_a_trace() -> None:
    bench = AtolBench()
    bench.open_shift()
    before = bench.drive.last_document
    bench.call(r.OpenReceipt(r.TEST_ONLY, 1))
    bench.open()
    bench.sell(flags=r.TEST_ONLY)
    assert flat_total(bench) == 0
    bench.call(end_item())
    bench.call(r.CloseReceipt(r.TEST_ONLY, 1, 0))
    bench.call(r.CancelReceipt())
    assert bench.refused(r.CancelReceipt()) == errors.RECEIPT_CLOSED
    assert (bench.drive.last_document, bench.read(10).sum) == (before, 0)


def test_cash_for_a_refund_must_be_there_unless_told_otherwise() -> None:
    bench = AtolBench()
    bench.open_shift()
    bench.open(2)
    bench.sell()
    assert bench.refused(r.CloseReceipt(0, 1, 0)) == errors.NOT_ENOUGH_CASH
    bench.call(r.CancelReceipt())
    bench.open(2)
    bench.sell(flags=r.IGNORE_CASH)
    bench.close()
    assert bench.refused(r.CashOut(0, 1)) == errors.NOT_ENOUGH_CASH
    bench.call(r.CashIn(0, 20000))
    bench.call(r.CashOut(0, 500))
    assert bench.read(10).sum == 9500


def test_a_receipt_kept_off_the_paper() -> None:
    bench = AtolBench()
    bench.open_shift()
    papers = bench.register.core.memory.papers
    bench.open(flags=r.DO_NOT_PRINT)
    bench.sell()
    bench.close()
    assert bench.register.core.memory.papers == papers
    quirky = AtolBench(quirks=frozenset({"no-print-02"}))
    quirky.open_shift()
    papers = quirky.register.core.memory.papers
    quirky.open(flags=0x02)
    quirky.sell()
    quirky.close()
    assert quirky.register.core.memory.papers == papers
