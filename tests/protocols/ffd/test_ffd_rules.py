"""A receipt's values against each other. Limits and tables of tags are in test_ffd_presence.py."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from receipts_made import CODE, a_full_receipt, a_receipt, an_item

from protocols.ffd.enums import FfdVersion, Measure, PaymentMethod, PaymentObject, Vat
from protocols.ffd.limits import MAX_KOPECKS
from protocols.ffd.receipt import ElectronicPayment, Marking, Payments
from protocols.ffd.rules import document_faults, sum_faults


def test_good_receipts_have_no_faults() -> None:
    assert sum_faults(a_full_receipt()) == []
    assert sum_faults(a_receipt()) == []


def faults_of(*items: object, **changes: object) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in sum_faults(a_receipt(*items, **changes))]  # type: ignore[arg-type]


def test_payments_must_make_the_total() -> None:
    assert faults_of(payments=Payments(cash=29999)) == [("/payments", "payments_short")]
    assert faults_of(payments=Payments(cash=30001)) == [("/payments", "payment_exceeds_total")]
    assert faults_of(payments=Payments(prepaid=10000, postpaid=10000, other=5000, cash=5000)) == []


def test_a_line_may_differ_by_a_kopeck_only() -> None:
    assert faults_of(an_item(sum=30001)) == []
    assert faults_of(an_item(sum=30002)) == [("/items/0/sum", "item_sum_mismatch")]


def test_change_comes_from_cash() -> None:
    assert faults_of(payments=Payments(cash=30000, received=50000)) == []
    assert faults_of(payments=Payments(cash=30000, received=30000)) == []
    assert faults_of(payments=Payments(cash=30000, received=29999)) == [("/payments", "received_too_small")]
    assert faults_of(payments=Payments(electronic=30000, received=50000)) == [("/payments", "received_too_small")]


def test_all_faults_come_at_once() -> None:
    bad = an_item(quantity=Decimal(0), sum=0)
    far = an_item(quantity=Decimal("0.0000001"), sum=0)
    assert faults_of(an_item(price=-1, sum=30000), bad, far, payments=Payments(cash=-5)) == [
        ("/items/0/price", "money_negative"),
        ("/items/0/sum", "item_sum_mismatch"),
        ("/items/1/quantity", "quantity_out_of_range"),
        ("/items/2/quantity", "quantity_out_of_range"),
        ("/payments", "money_negative"),
    ]


def test_a_receipt_has_items() -> None:
    empty = replace(a_receipt(), items=(), payments=Payments())
    assert [(fault.pointer, fault.code) for fault in sum_faults(empty)] == [("/items", "items_empty")]


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "-1", "1E+40", "1E-9", "72057594037.927937"])
def test_impossible_quantities(quantity: str) -> None:
    assert ("/items/0/quantity", "quantity_out_of_range") in faults_of(an_item(quantity=Decimal(quantity), sum=1))


def test_money_beyond_six_bytes() -> None:
    assert ("/items/0/price", "money_too_big") in faults_of(an_item(price=MAX_KOPECKS + 1, quantity=Decimal(1)))
    half = an_item(price=MAX_KOPECKS, quantity=Decimal(1))
    assert ("/total", "money_too_big") in faults_of(
        half, half, payments=Payments(cash=MAX_KOPECKS, electronic=MAX_KOPECKS)
    )


def test_cashless_entries_sum_to_the_electronic_payment() -> None:
    entry = ElectronicPayment(sum=29999, method=1, ids="1")
    assert faults_of(electronic_payments=(entry,)) == [("/cashless_payments", "cashless_sum_mismatch")]


def test_a_fraction_goes_with_one_piece() -> None:
    def of(numerator: int | None, denominator: int | None, **changes: object) -> list[tuple[str, str]]:
        marking = Marking(code=CODE, numerator=numerator, denominator=denominator)
        kind = PaymentObject.COMMODITY_WITH_MARKING
        item = an_item(**{"quantity": Decimal(1), "payment_object": kind, "marking": marking, **changes})
        return [(fault.pointer, fault.code) for fault in document_faults(a_receipt(item), FfdVersion.V1_2)]

    assert of(1, 3) == []
    assert of(3, 3) == [("/items/0/marking/numerator", "fraction_invalid")]
    assert of(1, None) == [("/items/0/marking", "fraction_invalid")]
    assert of(1, 3, quantity=Decimal(2)) == [("/items/0/quantity", "marking_quantity")]
    assert of(1, 3, measure=Measure.GRAM) == [("/items/0/measure", "fraction_quantity")]


@pytest.mark.parametrize("method", [PaymentMethod.ADVANCE, PaymentMethod.CREDIT_PAYMENT])
@pytest.mark.parametrize("ffd", FfdVersion)
def test_a_settlement_before_the_goods_bears_no_code(ffd: FfdVersion, method: PaymentMethod) -> None:
    kind, marking = PaymentObject.COMMODITY_WITH_MARKING, Marking(code=CODE)
    item = an_item(quantity=Decimal(1), payment_object=kind, marking=marking, payment_method=method, vat=Vat.VAT122)
    (fault,) = document_faults(a_receipt(item), ffd)
    assert (fault.pointer, fault.code) == ("/items/0/marking", "marking_before_handover")
    assert fault.hint
