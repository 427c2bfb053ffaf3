"""Receipts and corrections in both ФФД: the drive signs what an emulated Shtrih-M makes of the same."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pirit_kit import (
    BUY,
    CARD,
    CASH,
    CASH_IN,
    CASH_OUT,
    CASHIER,
    CREDIT,
    NO_PRINT,
    PREPAID,
    REFUND,
    SALE,
    PiritBench,
)
from shtrih_kit import ADMIN, flat, value
from shtrih_kit import Bench as ShtrihBench

from emulator.fiscal_drive.rules import DRIVE_TAGS
from protocols.ffd.enums import DocumentCode, FfdVersion, Vat
from protocols.ffd.presence import validate
from protocols.ffd.tlv import Element, all_of, encode
from protocols.pirit import errors, extended
from protocols.pirit.commands import counters as c
from protocols.pirit.commands import info as i
from protocols.pirit.commands import receipts as r
from protocols.pirit.commands.shifts import XReport
from protocols.pirit.commands.state import WriteSetting
from protocols.pirit.fields import Cashier, Part
from protocols.shtrih.commands import drive as d
from protocols.shtrih.commands import operations as o
from protocols.shtrih.commands import receipts as classic

V105, V12 = FfdVersion.V1_05, FfdVersion.V1_2
BOTH = pytest.mark.parametrize("ffd", [V105, V12])
WHO = Element(1021, CASHIER.name)
BASIS = Element(1174, (Element(1178, datetime(2026, 3, 1)), Element(1179, "17")))
DAY = date(2026, 3, 1)
#: Rate -> the tax byte of Shtrih-M. 20 % is left out: from 2026 on a Shtrih-M turns it into 22 %.
MASKS = {Vat.VAT10: 2, Vat.VAT0: 4, Vat.NONE: 8}
INDUSTRY = (Element(1262, "030"), Element(1263, "21.11.2023"), Element(1264, "1944"), Element(1265, "UUID=1&Time=2"))
AGENT = (
    Element(1222, 32),
    Element(1223, (Element(1005, "Москва"), Element(1044, "Приём"), Element(1073, "+79001112233"))),
    Element(1224, (Element(1171, "+74950000000"), Element(1171, "+74950000001"), Element(1225, "ООО Сыр"))),
    Element(1226, "7734675810"),
)


def written(elements: tuple[Element, ...]) -> list[str]:
    """Every tag and its value, whatever its place, less what the drive adds."""
    return sorted(_words(element) for element in elements if element.tag not in DRIVE_TAGS)


def _words(element: Element) -> str:
    inner: Any = element.value
    return f"{element.tag}({', '.join(sorted(map(_words, inner)))})" if isinstance(inner, tuple) else str(element)


def open_shifts(*benches: Any) -> None:
    for bench in benches:
        bench.open_shift()


@BOTH
def test_a_sale_is_the_one_that_shtrih_makes(ffd: FfdVersion) -> None:
    pirit, shtrih = PiritBench(ffd), ShtrihBench(ffd)
    open_shifts(pirit, shtrih)
    lines: list[tuple[str, int, str, Vat, r.ItemDetails | None, dict[str, Any], list[Element]]] = [
        ("Молоко 1л", 10000, "2", Vat.VAT10, None, {}, []),
        (
            "Сыр",
            5050,
            "0.333",
            Vat.NONE,
            r.ItemDetails(
                additional="учтена",
                agent=32,
                supplier_inn="7734675810",
                supplier_phones="+74950000000,+74950000001",
                supplier_name="ООО Сыр",
                operator_address="Москва",
                agent_operation="Приём",
                agent_phones="+79001112233",
            ),
            {"country": "643", "declaration": "10702020/060520/0013422", "excise": 1500},
            [Element(1191, "учтена"), Element(1229, 1500), Element(1230, "643"), *AGENT],
        ),
        ("Экспорт", 999, "1", Vat.VAT0, None, {"method": 1, "object": 3}, []),
    ]
    lines[1][6].append(Element(1231, "10702020/060520/0013422"))
    where = {"address": "Тверь, 1"} if ffd is V12 else {}
    pirit.open(operator=Cashier(CASHIER.name, "500100732259"), **where)
    for name, price, quantity, rate, details, more, tags in lines:
        if details is not None:
            pirit.call(details)
        unit = {"unit": "11" if ffd is V12 else "кг"} if name == "Сыр" else {}
        pirit.sell(price, quantity, rate, name=name, **unit, **more)
        shtrih.sell(price, name=name, quantity=quantity, tax=MASKS[rate], **_places(more))
        if unit:
            tags = [*tags, Element(2108, 11) if ffd is V12 else Element(1197, "кг")]
        for element in tags:
            shtrih.call(d.SendItemTlv(ADMIN, encode((element,))))
    total = pirit.call(c.CurrentDocument()).sum
    pirit.call(r.DocumentTag(1192, 0, "Доп.", "доп. 1"))
    for form, amount in ((CARD, 100), (PREPAID, 50), (CREDIT, 25), (CASH, total)):
        pirit.pay(amount, form)
    client: dict[str, Any] = {"buyer_name": "ООО Василёк", "buyer_inn": "500100732259"}
    buyer = (Element(1227, "ООО Василёк"), Element(1228, "500100732259"))
    if ffd is V12:
        client |= {"buyer_birthday": date(1980, 5, 7), "buyer_citizenship": "643", "buyer_document_code": "21"}
        client |= {"buyer_document": "4500 1", "buyer_address": "Тверь"}
        more_tags = (Element(1243, "07.05.1980"), Element(1244, "643"), Element(1245, "21"))
        buyer = (Element(1256, (*buyer, *more_tags, Element(1246, "4500 1"), Element(1254, "Тверь"))),)  # type: ignore[assignment]
    pirit.close(buyer="+79990001122", flags=1, user_name="имя", user_value="значение", place="Склад", **client)
    shtrih.tag(WHO, Element(1203, "500100732259"), Element(1008, "+79990001122"), *buyer)
    shtrih.tag(Element(1084, (Element(1085, "имя"), Element(1086, "значение"))), Element(1192, "доп. 1"))
    shtrih.tag(Element(1187, "Склад"), Element(1125, 1), *(Element(1009, text) for text in where.values()))
    sums = [0] * 16
    sums[0], sums[1], sums[13], sums[14] = total, 100, 50, 25
    shtrih.call(o.CloseReceiptV2(ADMIN, tuple(sums), 0, (0,) * 6, 1, ("", ())))
    assert written(pirit.document()) == written(shtrih.document())
    assert validate(DocumentCode.RECEIPT, ffd, pirit.document()) == []
    assert flat(pirit.document())[1031] == total - 175


def _places(more: dict[str, Any]) -> dict[str, Any]:
    return {name: more[name] for name in ("method", "object") if name in more}


@BOTH
def test_a_refund_is_the_one_that_shtrih_makes(ffd: FfdVersion) -> None:
    pirit, shtrih = PiritBench(ffd), ShtrihBench(ffd)
    open_shifts(pirit, shtrih)
    for bench in (pirit, shtrih):
        bench.receipt(50000)
    pirit.receipt(12345, REFUND)
    shtrih.sell(12345, operation=2)
    shtrih.tag(WHO)
    shtrih.close(12345)
    assert written(pirit.document()) == written(shtrih.document())
    assert pirit.call(i.CashInDrawer()).value == 50000 - 12345


def test_a_correction_of_105_is_made_of_sums_as_by_shtrih() -> None:
    pirit, shtrih = PiritBench(V105), ShtrihBench(V105)
    open_shifts(pirit, shtrih)
    sums = (Decimal(0), 1000, 0, 0, 0, 0)
    pirit.call(r.Correction(CASHIER, 11000, 0, 0, 0, 0, 0x21, DAY, "17", "", *sums, buyer_name="ООО Василёк"))
    shtrih.call(d.BeginCorrection(ADMIN))
    shtrih.tag(BASIS, WHO, Element(1227, "ООО Василёк"))
    shtrih.call(o.CorrectionV2(ADMIN, 1, 1, 11000, 11000, 0, 0, 0, 0, (0, 1000, 0, 0, 0, 0), 1))
    assert written(pirit.document()) == written(shtrih.document())
    assert validate(DocumentCode.CORRECTION, V105, pirit.document()) == []
    assert pirit.call(c.LastReceipt()).type == 9
    assert pirit.state == (0, 0)


def test_a_correction_of_105_by_a_row_of_the_vat_table() -> None:
    bench = PiritBench(V105)
    bench.open_shift()
    bench.call(r.Correction(CASHIER, 0, 11000, 0, 0, 0, 0x02, DAY, "17", "", Decimal(1)))
    assert (flat(bench.document())[1103], flat(bench.document())[1054]) == (1000, 3)
    assert bench.refused(r.Correction(CASHIER, 1, 0, 0, 0, 0, 0, DAY, "17", "", Decimal(99))) == errors.BAD_PARAMETERS
    assert bench.why() == 48
    assert bench.refused(r.Correction(CASHIER, 0, 0, 0, 0, 0, 0, DAY, "17")) == errors.WRONG_STATE
    assert bench.why() == extended.ZERO_TOTAL


def test_a_correction_of_105_pays_out_what_the_drawer_holds() -> None:
    bench = PiritBench(V105)
    bench.open_shift()
    paid_out = r.Correction(CASHIER, 500, 0, 0, 0, 0, 0x02, DAY, "17", "", Decimal(1))
    assert (bench.refused(paid_out), bench.drive.last_document) == (errors.NOT_ENOUGH_CASH, 2)
    bench.receipt(500)
    bench.call(paid_out)
    assert bench.call(i.CashInDrawer()).value == 0


def test_a_correction_of_105_with_items_is_answered_as_no_receipt() -> None:
    bench = PiritBench(V105)
    bench.open_shift()
    bench.call(r.Correction(CASHIER, 0, 0, 0, 0, 0, 0x80, DAY, "17"))
    assert bench.state == (9, 1)
    bench.sell(11000)
    bench.pay(11000)
    assert bench.close().document is None
    assert len(list(all_of(bench.document(), 1059))) == 1
    assert bench.call(c.LastReceipt()).fiscal == 3


@pytest.mark.parametrize(("type_", "kind", "operation"), [(0, 9, 1), (2, 10, 3), (0x40, 11, 2), (0x42, 12, 4)])
def test_a_correction_of_12_goes_on_as_a_receipt(type_: int, kind: int, operation: int) -> None:
    pirit, shtrih = PiritBench(), ShtrihBench()
    open_shifts(pirit, shtrih)
    pirit.call(r.Correction(CASHIER, None, None, None, None, None, type_ | 1, DAY, "17"))
    assert pirit.state == (kind, 1)
    shtrih.call(classic.OpenReceipt(ADMIN, 0x80 | {1: 0, 3: 1, 2: 2, 4: 3}[operation]))
    for price in (11000, 300):
        pirit.sell(price)
        shtrih.sell(price, operation=operation)
    shtrih.tag(Element(1173, 1), BASIS, WHO)
    pirit.pay(11300, CARD)
    assert pirit.close().document == 3
    shtrih.close(electronic=11300)
    assert written(pirit.document()) == written(shtrih.document())


def test_details_of_the_receipt_come_by_parts() -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.open()
    bench.call(
        r.ItemDetails(federal_id="030", base_date=date(2023, 11, 21), base_number="1944", industry="UUID=1&Time=2")
    )
    bench.sell()
    for tag, text in ((1262, "030"), (1263, "21112023"), (1264, "1944"), (1265, "UUID=1&Time=2")):
        bench.call(r.DocumentTag(tag, 0, "", text))
    for tag, text in ((1271, "7"), (1272, "данные"), (1273, "0203260910")):
        bench.call(r.DocumentTag(tag, 0, "", text))
    for tag, caption, text, why in (
        (1057, "x", "1", 0),
        (1263, "x", "31022023", 0),
        (1271, "x", "x", 0),
        (1264, "x", "й" * 33, 0),
        (1192, "x", "", 71),
        (1192, "", "x", 71),
        (1192, "x", "й" * 17, 71),
    ):
        assert (bench.refused(r.DocumentTag(tag, 0, caption, text)), bench.why()) == (errors.BAD_PARAMETERS, why)
    bench.pay(10000)
    bench.close()
    assert value(bench.document(), 1059, 1260) == INDUSTRY == value(bench.document(), 1261)
    operation = (Element(1271, 7), Element(1272, "данные"), Element(1273, datetime(2026, 3, 2, 9, 10)))
    assert value(bench.document(), 1270) == operation
    assert validate(DocumentCode.RECEIPT, V12, bench.document()) == []


def test_details_are_of_one_item_only() -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.open()
    bench.call(r.ItemDetails(additional="первый"))
    assert bench.refused(r.AddItem("x", "", Decimal(1), 100, 77)) == errors.BAD_PARAMETERS
    bench.sell()
    bench.sell()
    first, second = bench.register.core.draft.items  # type: ignore[union-attr]
    assert (Element(1191, "первый") in first.tags, Element(1191, "первый") in second.tags) == (True, False)


@pytest.mark.parametrize(("mask", "price", "total"), [(0, 100, 300), (0x40, 300, 300)])
def test_a_part_of_a_piece_is_one_of_what_it_costs(mask: int, price: int, total: int) -> None:
    bench = PiritBench()
    bench.call(WriteSetting(4, 0, str(mask)))
    bench.open_shift()
    bench.open()
    bench.call(r.AddItem("Таблетки", "", Part(3, 10), price, 1))
    bench.pay(total)
    bench.close()
    line = flat(value(bench.document(), 1059))
    assert (line[1023], line[1079], line[1043], line[1291]) == (1, 300, 300, (Element(1293, 3), Element(1294, 10)))
    older = PiritBench(V105)
    older.open_shift()
    older.open()
    assert older.refused(r.AddItem("Таблетки", "", Part(3, 10), 100, 1)) == errors.BAD_PARAMETERS


@pytest.mark.parametrize("request_", [r.ReceiptDiscount(1, "скидка", 45), r.SetTotal(12300)])
def test_kopecks_less_leave_the_items_as_they_are(request_: Any) -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.open()
    bench.sell(12345)
    bench.call(r.Subtotal())
    bench.call(request_)
    assert (bench.call(c.CurrentDocument()).sum, bench.call(c.CurrentDocument()).discount) == (12300, 45)
    assert bench.refused(r.CompareTotal(12345)) == errors.BAD_PARAMETERS
    bench.pay(12300)
    bench.close()
    sums = flat(bench.document())
    assert (sums[1020], sums[1031], value(bench.document(), 1059, 1043)) == (12300, 12300, 12345)
    assert bench.call(c.Discounts()).values == (45, 0, 0, 0)
    assert bench.call(c.LastReceipt()).discount == 45


def test_a_discount_is_one_a_receipt_and_below_a_ruble() -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.open()
    bench.sell(12345)
    assert bench.refused(r.ReceiptDiscount(1, "", 45)) == errors.WRONG_STATE  # the subtotal comes first
    bench.call(r.Subtotal())
    assert bench.refused(r.ReceiptDiscount(2, "", 45)) == errors.BAD_PARAMETERS
    bench.call(r.ReceiptDiscount(1, "", 40))
    assert (bench.refused(r.ReceiptDiscount(1, "", 5)), bench.why()) == (errors.WRONG_STATE, extended.ONE_DISCOUNT)
    assert bench.refused(r.SetTotal(12400)) == errors.BAD_PARAMETERS


def test_vat_on_top_makes_another_total() -> None:
    bench = PiritBench()
    bench.call(WriteSetting(6, 0, "64"))
    bench.open_shift()
    bench.open()
    assert bench.sell(10000).tax == Decimal("10.0000")
    assert bench.call(c.CurrentDocument()).sum == 11000


def test_change_is_given_from_cash_alone() -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.open()
    bench.sell(10000)
    assert (bench.refused(r.Payment(CARD, 10001)), bench.why()) == (errors.BAD_PARAMETERS, 56)
    bench.pay(4000, CARD)
    assert bench.state == (SALE, 3)
    assert (bench.refused(r.AddItem("x", "", Decimal(1), 1, 1)), bench.why()) == (1, extended.NOT_STATE_1_2)
    assert (bench.refused(r.CloseDocument(0)), bench.why()) == (errors.WRONG_STATE, extended.NOT_STATE_4)
    bench.pay(9000)
    assert (bench.refused(r.Payment(CASH, 1)), bench.why()) == (errors.WRONG_STATE, extended.NOT_STATE_1_2_3)
    bench.close()
    assert (flat(bench.document())[1031], flat(bench.document())[1081]) == (6000, 4000)
    assert "СДАЧА" in paper(bench).upper()


def paper(bench: PiritBench) -> str:
    from protocols.paper import text

    return text.render(bench.register.tape.lines(1), emulated=True)


def test_cash_in_and_out_and_a_drawer_that_holds_too_little() -> None:
    bench = PiritBench()
    bench.open_shift()
    for mode, notes in ((CASH_IN, (5000, 2500)), (CASH_OUT, (1500,))):
        bench.call(r.OpenDocument(mode, 1, CASHIER))
        for amount in notes:
            bench.call(r.CashInOut("купюры", amount))
        bench.call(r.CompareTotal(sum(notes)))
        before = int(bench.call(i.OperationCounter()).value)
        made = bench.close()
        assert (made.document, int(made.operations)) == (None, before + 1)
    assert bench.call(i.CashInDrawer()).value == 6000
    bench.call(r.OpenDocument(CASH_OUT, 1, CASHIER))
    assert bench.refused(r.CashInOut("", 6001)) == errors.NOT_ENOUGH_CASH
    bench.call(r.CancelDocument())
    bench.open(BUY)
    bench.sell(6001)
    bench.pay(6001)
    assert bench.refused(r.CloseDocument(0)) == errors.NOT_ENOUGH_CASH
    assert bench.state == (BUY, 4)
    bench.call(r.CancelDocument())
    bench.call(WriteSetting(5, 0, "1"))  # nobody counts the drawer
    bench.receipt(6001, BUY)
    assert flat(bench.document())[1054] == 3


def test_a_receipt_is_not_printed_when_it_says_so() -> None:
    bench = PiritBench()
    bench.open_shift()
    papers = bench.register.core.memory.papers
    bench.register.printer.set_paper(present=False)
    bench.receipt(mode=SALE | NO_PRINT)
    assert (bench.register.core.memory.papers, bench.drive.last_document) == (papers, 3)
    bench.call(WriteSetting(1, 0, "128"))
    bench.receipt()
    assert (bench.register.core.memory.papers, bench.drive.last_document) == (papers, 4)
    for request in (r.OpenDocument(CASH_IN | NO_PRINT, 1, CASHIER), r.OpenDocument(1, 1), XReport(CASHIER)):
        assert bench.refused(request) == errors.NO_PAPER  # those are nothing but paper


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"vat": 12}, 48),
        ({"quantity": Decimal(0)}, 46),
        ({"quantity": Decimal("0.123456789") + 10**18}, 46),
        ({"method": 9}, 53),
        ({"object": 99}, 54),
        ({"name": "й" * 200}, 44),
        ({"country": "6432"}, 89),
        ({"unit": "кг"}, extended.NONE),
        ({"price": 9_999_999_999, "quantity": Decimal(2)}, 47),
    ],
)
def test_an_item_that_is_not_taken_says_what_is_wrong(more: dict[str, Any], why: int) -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.open()
    given: dict[str, Any] = {"name": "x", "article": "", "quantity": Decimal(1), "price": 100, "vat": 1} | more
    if why == 89:
        frame = r.AddItem(**(given | {"country": "643"})).encode().replace(b"643", b"6432")
        assert bench.sent(0x42, frame) == errors.BAD_PARAMETERS
    else:
        assert bench.refused(r.AddItem(**given)) == errors.BAD_PARAMETERS
    assert bench.why() == why
    assert bench.register.core.draft.items == []  # type: ignore[union-attr]


def test_a_credit_is_paid_once_a_receipt() -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.open()
    bench.sell(method=7)
    bench.sell(method=4)
    again = r.AddItem("x", "", Decimal(1), 100, 1, method=7)
    assert (bench.refused(again), bench.why()) == (errors.WRONG_STATE, extended.SECOND_CREDIT_PAYMENT)


def test_agents_without_their_sign_are_refused() -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.open()
    assert (bench.refused(r.ItemDetails(supplier_inn="7734675810")), bench.why()) == (errors.BAD_PARAMETERS, 79)
    assert bench.call(r.ItemDetails(b"@\xff")).check == "Unrecogn"
    assert (bench.refused(r.ItemDetails(b"0104600000000015")), bench.why()) == (errors.BAD_PARAMETERS, 81)


def test_a_copy_is_no_fiscal_document() -> None:
    bench = PiritBench()
    bench.open_shift()
    made = bench.receipt()
    moment = made.at
    bench.call(r.OpenCopy(SALE, 1, CASHIER, made.receipt, 1, moment, made.document))
    bench.sell(10000)
    bench.call(r.Subtotal())
    bench.pay(20000)
    answer = bench.close()
    assert (answer.document, bench.drive.last_document) == (None, 3)
    assert "КОПИЯ" in paper(bench)
    assert bench.refused(r.OpenCopy(SALE, 1, CASHIER, 1, 1, moment, 99)) == errors.BAD_PARAMETERS


def test_what_is_cancelled_or_postponed_is_counted_and_forgotten() -> None:
    bench = PiritBench()
    bench.open_shift()
    bench.receipt(100)
    for request in (r.CancelDocument(), r.PostponeDocument(), r.PostponeDocument("перерыв")):
        bench.open()
        bench.sell(700)
        bench.call(request)
        assert bench.state == (0, 0)
        assert {"АННУЛИРОВАН", "ОТЛОЖЕН"} & set(paper(bench).split())
    counts, sums = bench.call(c.ReceiptCounts()), bench.call(c.ReceiptSums())
    assert (counts.sales, counts.cancelled, counts.postponed) == (1, 1, 2)
    assert (sums.cancelled, sums.postponed) == (700, 700)
    last = bench.call(c.LastReceipt())
    assert (last.type, last.fiscal, last.sum) == (0, 3, 700)
    bench.receipt(200)
    assert bench.drive.last_document == 4
