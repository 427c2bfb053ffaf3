"""Receipts as ATOL's JSON tasks: the worked examples of the reference, and our own receipts there and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receipts_made import CODE, a_correction, a_full_receipt, a_receipt, an_item

from protocols.atol_web.receipts import TaskFaults, parse, to_receipt
from protocols.atol_web.text import NotJson, read, write
from protocols.atol_web.writing import task_of
from protocols.ffd.enums import (
    CorrectionKind,
    FfdVersion,
    Measure,
    Operation,
    PaymentMethod,
    PaymentObject,
    Taxation,
    Vat,
)
from protocols.ffd.receipt import Cashier, Customer, Marking, Payments, Receipt

MOSCOW = ZoneInfo("Europe/Moscow")

# atol_json.md 6.1 and 6.2
PREPAYMENT = """{
  "type":"sell","taxationType":"usnIncome","electronically":true,
  "operator":{"name":"Петрова А.","vatin":"500100732259"},
  "clientInfo":{"emailOrPhone":"+79161234567"},
  "companyInfo":{"email":"shop@example.ru"},
  "items":[{"type":"position","name":"Куртка, арт. 77","price":4500.0,"quantity":1,"amount":4500.0,
    "department":1,"paymentMethod":"fullPrepayment","paymentObject":"commodity","tax":{"type":"none"}}],
  "payments":[{"type":"electronically","sum":4500.0}],"total":4500.0}"""
CLOSING = """{
  "type":"sell","taxationType":"usnIncome","validateMarkingCodes":true,
  "operator":{"name":"Петрова А."},
  "items":[{"type":"position","name":"Куртка, арт. 77","price":4500.0,"quantity":1,"amount":4500.0,
    "measurementUnit":"piece","paymentMethod":"fullPayment","paymentObject":"commodityWithMarking",
    "tax":{"type":"none"},
    "imcParams":{"imcType":"auto","imc":"MDEwNDYwMTIzNDU2Nzg5MzIxQUJDREUxMh05MUVFMDYdOTJTSUdO",
      "itemEstimatedStatus":"itemPieceSold","imcModeProcessing":0}}],
  "payments":[{"type":"prepaid","sum":4500.0}],"total":4500.0}"""


def receipt_of(text: str | dict[str, Any]) -> Receipt:
    values = read(text.encode()) if isinstance(text, str) else text
    return to_receipt(parse(values), zone=MOSCOW)


def test_a_prepayment_of_the_reference() -> None:
    receipt = receipt_of(PREPAYMENT)
    assert receipt.operation is Operation.SELL
    assert receipt.taxation is Taxation.USN_INCOME
    assert receipt.cashier == Cashier(name="Петрова А.", inn="500100732259")
    assert receipt.customer == Customer(phone="+79161234567")
    assert receipt.sender_email == "shop@example.ru"
    assert not receipt.print_paper
    assert receipt.payments == Payments(electronic=450000)
    (item,) = receipt.items
    assert (item.price, item.quantity, item.sum, item.vat) == (450000, Decimal(1), 450000, Vat.NONE)
    assert item.payment_method is PaymentMethod.FULL_PREPAYMENT
    assert item.payment_object is PaymentObject.COMMODITY


def test_a_closing_receipt_with_a_mark_of_the_reference() -> None:
    receipt = receipt_of(CLOSING)
    (item,) = receipt.items
    assert item.marking == Marking(code=b"010460123456789321ABCDE12\x1d91EE06\x1d92SIGN")
    assert item.payment_object is PaymentObject.COMMODITY_WITH_MARKING
    assert receipt.payments == Payments(prepaid=450000)
    assert parse(read(CLOSING.encode())).validate_marking_codes


@pytest.mark.parametrize("ffd", list(FfdVersion))
@pytest.mark.parametrize("operation", list(Operation))
def test_a_full_receipt_there_and_back(operation: Operation, ffd: FfdVersion) -> None:
    asked = replace(a_full_receipt(), operation=operation)
    heard = receipt_of(read(write(task_of(asked, ffd, planned={}))))
    assert heard == as_atol_hears(asked, ffd)


def as_atol_hears(asked: Receipt, ffd: FfdVersion) -> Receipt:
    """What its JSON cannot say, and what a version has no word for."""
    items = tuple(
        replace(
            one,
            payment_object=one.payment_object if ffd is FfdVersion.V1_2 else _older(one.payment_object),
            marking=one.marking if one.marking is None or ffd is FfdVersion.V1_2 else Marking(code=one.marking.code),
        )
        for one in asked.items
    )
    customer = asked.customer
    if customer is not None and customer.email is not None:
        customer = replace(customer, phone=None)
    happened = asked.operation_detail
    if happened is not None:
        happened = replace(happened, at=happened.at.replace(tzinfo=MOSCOW))
    return replace(asked, items=items, customer=customer, operation_detail=happened, sell_despite_marking=False)


def _older(given: PaymentObject) -> PaymentObject:
    return {
        PaymentObject.COMMODITY_WITH_MARKING: PaymentObject.COMMODITY,
        PaymentObject.COMMODITY_WITHOUT_MARKING: PaymentObject.COMMODITY,
        PaymentObject.EXCISE_WITH_MARKING: PaymentObject.EXCISE,
        PaymentObject.EXCISE_WITHOUT_MARKING: PaymentObject.EXCISE,
    }.get(given, given)


def test_a_correction_there_and_back() -> None:
    asked = a_correction()
    heard = receipt_of(task_of(asked, FfdVersion.V1_2, planned={}))
    assert asked.correction is not None
    assert heard == replace(asked, correction=replace(asked.correction, description=None))


amounts = st.integers(1, 10**8)


@given(
    price=amounts,
    quantity=st.decimals("0.001", "999", places=3),
    vat=st.sampled_from(list(Vat)),
    method=st.sampled_from(list(PaymentMethod)),
    what=st.sampled_from(list(PaymentObject)),
    measure=st.sampled_from(list(Measure)),
    handed=st.integers(0, 10**6),
)
def test_any_line_and_change_there_and_back(
    price: int,
    quantity: Decimal,
    vat: Vat,
    method: PaymentMethod,
    what: PaymentObject,
    measure: Measure,
    handed: int,
) -> None:
    item = an_item(price=price, quantity=quantity, vat=vat, payment_method=method, payment_object=what, measure=measure)
    payments = Payments(cash=item.sum, received=item.sum + handed if handed else None)
    asked = a_receipt(item, payments=payments)
    assert receipt_of(read(write(task_of(asked, FfdVersion.V1_2, planned={})))) == asked


def test_a_part_of_a_pack_and_its_check_are_said() -> None:
    part = an_item(
        quantity=Decimal(1),
        payment_object=PaymentObject.COMMODITY_WITH_MARKING,
        marking=Marking(code=CODE, numerator=1, denominator=3),
    )
    checked = {"imcCheckFlag": True, "imcCheckResult": True}
    task = task_of(a_receipt(part), FfdVersion.V1_2, planned={0: 2}, checks={0: checked})
    said = task["items"][0]["imcParams"]
    assert said["itemFractionalAmount"] == "1/3"
    assert said["itemEstimatedStatus"] == "itemDryForSale"
    assert said["itemInfoCheckResult"] == checked
    assert receipt_of(task).items[0].marking == part.marking


def test_amounts_are_numbers_with_kopecks() -> None:
    text = write(task_of(a_receipt(an_item(price=1, quantity=Decimal("0.1"), sum=1)), FfdVersion.V1_05, planned={}))
    assert b'"price":0.01,"quantity":0.1,"amount":0.01' in text


def test_a_line_with_another_amount_is_a_discounted_one() -> None:
    task = read(PREPAYMENT.encode())
    task["items"][0] |= {"quantity": 2, "amount": Decimal("8999.00")}
    task["payments"][0]["sum"] = task["total"] = Decimal("8999.00")
    (item,) = receipt_of(task).items
    assert (item.price, item.sum) == (449950, 899900)


def test_old_spellings_and_numbers_are_understood() -> None:
    task = read(PREPAYMENT.encode())
    task["items"][0] |= {"paymentMethod": 4, "paymentObject": "pay", "tax": {"type": "vat18"}}
    task["payments"] = [{"type": 0, "sum": 5000}]
    receipt = receipt_of(task)
    assert receipt.items[0].payment_method is PaymentMethod.FULL_PAYMENT
    assert receipt.items[0].payment_object is PaymentObject.AWARD
    assert receipt.items[0].vat is Vat.VAT20
    assert receipt.payments == Payments(cash=450000, received=500000)


@pytest.mark.parametrize(
    "code",
    [
        {"type": "shoes", "gtin": "04601234567893", "serial": "ABCDE12"},
        # 44 4D, the GTIN in six bytes, the serial
        "RE0EL07zstVBQkNERTEy",
    ],
)
def test_codes_of_the_oldest_clients(code: object) -> None:
    task = read(PREPAYMENT.encode())
    task["items"][0]["nomenclatureCode"] = code
    assert receipt_of(task).items[0].marking == Marking(code=b"010460123456789321ABCDE12")


def test_all_faults_are_told_at_once_by_the_callers_own_path() -> None:
    task = read(PREPAYMENT.encode())
    task["taxationType"] = "osm"
    task["items"][0] |= {"price": "12", "tax": {"type": "vat9"}, "amount": Decimal("1.005")}
    task["payments"][0]["sum"] = True
    with pytest.raises(TaskFaults) as caught:
        parse(task)
    assert [path for path, _ in caught.value.faults] == [
        "taxationType",
        "items[0].price",
        "items[0].amount",
        "items[0].tax.type",
        "payments[0].sum",
    ]


def test_a_correction_needs_its_basis_and_a_receipt_its_lines() -> None:
    with pytest.raises(TaskFaults) as caught:
        receipt_of({"type": "sellCorrection", "items": [], "payments": []})
    assert {path for path, _ in caught.value.faults} == {"correctionType", "correctionBaseDate"}
    with pytest.raises(TaskFaults, match="at least one position"):
        receipt_of({"type": "sell", "items": [], "payments": []})
    kind = {"correctionType": "instruction", "correctionBaseDate": "2026.01.31", "correctionBaseNumber": "7"}
    receipt = receipt_of({**read(PREPAYMENT.encode()), "type": "sellReturnCorrection", **kind})
    assert receipt.operation is Operation.SELL_REFUND
    assert receipt.correction is not None
    assert (receipt.correction.kind, receipt.correction.date) == (CorrectionKind.INSTRUCTION, date(2026, 1, 31))


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": NaN}', b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_said_so(body: bytes) -> None:
    with pytest.raises(NotJson):
        read(body)


def test_a_byte_order_mark_and_numbers() -> None:
    assert read('\ufeff{"sum": 0.1}'.encode()) == {"sum": Decimal("0.1")}
