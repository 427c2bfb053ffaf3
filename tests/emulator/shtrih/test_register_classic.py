"""The classic ("V1") receipt commands, as old clients send them (shtrih_m §3.3, §11)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from shtrih_kit import ADMIN, Bench, flat, item, value

from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.presence import validate
from protocols.ffd.tlv import all_of
from protocols.paper import text
from protocols.shtrih.commands import operations as o
from protocols.shtrih.commands import printing as p
from protocols.shtrih.commands import receipts as r

CASHIER = 1
NO_TAX = (0, 0, 0, 0)


def sale(price: int = 10000, quantity: str = "1", tax: int = 2, text: str = "Молоко 1л", kind: type = r.Sale, **more):
    return kind(more.get("password", CASHIER), Decimal(quantity), price, 1, (tax, 0, 0, 0), text)


def close(cash: int, discount: int = 0, text: str = "", card: int = 0, password: int = CASHIER) -> r.CloseReceipt:
    return r.CloseReceipt(password, (cash, card, 0, 0), discount, NO_TAX, text)


@pytest.mark.parametrize("ffd", FfdVersion)
def test_the_sequence_of_an_old_client(ffd):
    # §11: FC 10 11 FF01 E0 10 8D 80 85 10 41
    bench = Bench(ffd)
    bench.call(r.OpenShift(CASHIER))
    bench.call(r.OpenReceipt(CASHIER, 0))
    bench.call(sale())
    reply = bench.call(close(15000))
    assert (reply.operator, reply.change) == (1, 5000)
    elements = bench.document()
    assert validate(DocumentCode.RECEIPT, ffd, elements) == []
    assert (value(elements, 1020), value(elements, 1031), value(elements, 1103)) == (10000, 10000, 909)
    assert value(elements, 1021) == "Кассир 1"
    assert (value(elements, 1059, 1212), value(elements, 1059, 1214)) == (1, 4)
    bench.call(r.ZReport(ADMIN))
    assert bench.mode == 4


def test_the_first_operation_opens_shift_and_receipt():
    bench = Bench()
    bench.call(sale())
    assert bench.mode == 8
    assert bench.drive.document(2).code is DocumentCode.SHIFT_OPEN


@pytest.mark.parametrize(("kind", "operation"), [(r.Sale, 1), (r.Buy, 3), (r.SaleReturn, 2), (r.BuyReturn, 4)])
def test_kinds_of_operations(kind, operation):
    bench = Bench()
    bench.receipt(20000)
    bench.call(sale(kind=kind))
    bench.call(close(10000))
    assert value(bench.document(), 1054) == operation


def test_another_kind_in_an_open_receipt_is_refused():
    bench = Bench()
    bench.call(sale())
    assert bench.refused(sale(kind=r.Buy)) == 0x49


def test_tax_groups_are_rows_of_table_6():
    bench = Bench()
    for tax in (3, 4, 0, 6):
        bench.call(sale(tax=tax))
    bench.call(close(40000))
    assert [value(each.value, 1199) for each in all_of(bench.document(), 1059)] == [5, 6, 6, 4]
    assert bench.refused(sale(tax=13)) == 0x33


def test_void_takes_back_an_operation():
    bench = Bench()
    bench.call(sale(quantity="3"))
    bench.call(sale(quantity="1", kind=r.Void))
    assert bench.call(r.Subtotal(CASHIER)).sum == 20000
    assert bench.refused(sale(quantity="5", kind=r.Void)) == 0x5F
    bench.call(sale(quantity="2", kind=r.Void))
    assert bench.call(r.Subtotal(CASHIER)).sum == 0


def test_discounts_change_the_last_operation():
    bench = Bench()
    bench.call(sale())
    bench.call(r.Discount(CASHIER, 1000, NO_TAX, ""))
    bench.call(r.Surcharge(CASHIER, 500, NO_TAX, ""))
    assert bench.call(r.Subtotal(CASHIER)).sum == 9500
    bench.call(r.VoidDiscount(CASHIER, 1000, NO_TAX, ""))
    bench.call(r.VoidSurcharge(CASHIER, 500, NO_TAX, ""))
    assert bench.call(r.Subtotal(CASHIER)).sum == 10000
    assert bench.refused(r.Discount(CASHIER, 10001, NO_TAX, "")) == 0x5A


def test_a_discount_in_percent_at_closing():
    bench = Bench()
    bench.call(sale())
    assert bench.refused(close(9000 - 1, discount=1000)) == 0x45
    assert bench.call(r.Subtotal(CASHIER)).sum == 10000  # a refused closing changes nothing
    bench.call(close(9000, discount=1000))
    assert flat(bench.document())[1020] == 9000


def test_a_surcharge_is_a_negative_discount():
    bench = Bench()
    bench.call(sale())
    bench.call(close(11000, discount=-1000))
    assert flat(bench.document())[1020] == 11000


def test_extended_closing_has_sixteen_payments():
    bench = Bench()
    bench.call(sale())
    payments = (1000, 2000, *(0,) * 11, 3000, 4000, 0)
    reply = bench.call(r.CloseReceiptExtended(CASHIER, payments, 0, NO_TAX, ""))
    tags = flat(bench.document())
    assert reply.change == 0
    assert [tags[tag] for tag in (1031, 1081, 1215, 1216, 1217)] == [1000, 2000, 3000, 4000, 0]


def test_another_operator_must_keep_off():
    bench = Bench()
    bench.call(sale())
    for request in (sale(password=2), close(10000, password=2), r.CancelReceipt(2)):
        assert bench.refused(request) == 0x59
    assert bench.refused(item(password=2)) == 0  # drivers mix passwords in the FF commands
    bench.call(r.CancelReceipt(CASHIER))


@pytest.mark.parametrize(
    "request_",
    [close(1), r.CancelReceipt(CASHIER), r.Subtotal(CASHIER), r.Discount(CASHIER, 1, NO_TAX, ""), sale(kind=r.Void)],
    ids=["85h", "88h", "89h", "86h", "84h"],
)
def test_receipt_commands_without_a_receipt(request_):
    assert Bench().refused(request_) == 0x55


def test_cancelling_counts_and_prints():
    bench = Bench()
    bench.call(sale())
    bench.call(r.CancelReceipt(CASHIER))
    assert bench.mode == 2
    assert (bench.counter(157), bench.counter(166), bench.money(249)) == (1, 1, 10000)
    assert bench.drive.last_document == 2


def test_text_of_an_operation_is_short_or_padded():
    bench = Bench()
    raw = bytes.fromhex("80 01 00 00 00 E8 03 00 00 00 10 27 00 00 00 01 02 00 00 00") + "Чай".encode("cp1251")
    assert bench.register.execute(raw) == bytes.fromhex("80 00 01")
    bench.call(close(10000))
    assert value(bench.document(), 1059, 1030) == "Чай"


def test_text_lines_go_to_the_tape():

    bench = Bench()
    bench.call(p.PrintString(CASHIER, 2, "Привет"))
    bench.call(p.PrintBold(CASHIER, 2, "Жирно"))
    bench.call(p.PrintEan13(CASHIER, (460000000001).to_bytes(5, "little")))
    paper = text.render(bench.register.tape.lines())
    assert "Привет" in paper
    assert "Жирно" in paper
    assert "460000000001" in paper
    assert bench.refused(r.CopyLast(CASHIER)) == 0x56


def test_text_lines_of_an_open_receipt_come_out_with_it():

    bench = Bench()
    bench.call(r.OpenReceipt(CASHIER, 0))
    bench.call(p.PrintString(CASHIER, 2, "Над чеком"))
    bench.call(sale())
    bench.call(p.PrintString(CASHIER, 2, ""))
    bench.call(p.PrintString(CASHIER, 2, "Под чеком"))
    assert "чеком" not in text.render(bench.register.tape.lines())
    bench.call(close(10000, text="Спасибо"))
    paper = text.render(bench.register.tape.lines(), qr=False)
    places = [paper.index(word) for word in ("Над чеком", "КАССОВЫЙ ЧЕК", "Под чеком", "Спасибо")]
    assert places == sorted(places)


def test_lines_of_a_cancelled_receipt_are_never_printed():

    bench = Bench()
    bench.call(sale())
    bench.call(p.PrintString(CASHIER, 2, "Под чеком"))
    bench.call(r.CancelReceipt(CASHIER))
    paper = text.render(bench.register.tape.lines())
    assert "Под чеком" not in paper
    assert "ЧЕК АННУЛИРОВАН" in paper


def test_cash_of_nothing_is_an_operation_too():
    # javapos_shtrih ends a cancelled cash-in and a cancelled cash-out with a sum of zero
    bench = Bench()
    bench.open_shift()
    bench.call(r.CashIn(ADMIN, 0))
    bench.call(r.CashOut(ADMIN, 0))
    assert (bench.money(241), bench.counter(153), bench.counter(154)) == (0, 1, 1)


@pytest.mark.parametrize("host_counts", [0, 1])
def test_the_obsolete_operation_with_its_tax(host_counts):
    # FF44: FF0D and the tax sum, which counts when the host computes taxes (1.14)
    bench = Bench()
    bench.setting(1, 14, host_counts)
    bench.call(o.OperationDiscountTax(ADMIN, 1, Decimal(2), 5500, 1000, 0, 777, 1, 2, bytes(5), "Сыр"))
    bench.close(10000, taxes=(0, 777, 0, 0, 0, 0))
    inside = flat(value(bench.document(), 1059))
    assert (inside[1043], inside[1079], inside[1199]) == (10000, 5000, 2)
    assert inside[1200] == (777 if host_counts else 909)
