from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from api_world import a_body, an_item_body

from gateway.receipts.convert import to_receipt
from gateway.receipts.normalise import accept
from protocols.ffd.enums import (
    AgentKind,
    CorrectionKind,
    Measure,
    Operation,
    PaymentMethod,
    PaymentObject,
    Taxation,
    Vat,
)
from protocols.ffd.receipt import (
    Agent,
    Cashier,
    Correction,
    Customer,
    ElectronicPayment,
    IndustryDetail,
    Item,
    Marking,
    OperationDetail,
    Payments,
    Receipt,
    Supplier,
    UserDetail,
)

CODE = b"0104600439931256215Pahn,cV.W?Pj\x1d91EE06\x1d92" + b"A" * 44
PERMIT = {"federal_id": "030", "date": "21.11.2023", "number": "1944", "value": "UUID=1&Time=2"}
DETAIL = IndustryDetail(federal_id="030", date=date(2023, 11, 21), number="1944", value="UUID=1&Time=2")


def receipt_of(body: dict[str, Any], *, correction: bool = False) -> Receipt:
    accepted = accept(body, lambda: datetime(2026, 3, 2, tzinfo=UTC), correction=correction)
    direct, journalled = to_receipt(accepted.body), to_receipt(accepted.canonical)
    assert direct == journalled
    return journalled


def test_everything_a_body_can_say_arrives() -> None:
    marked = an_item_body(
        name="Ботинки «Зима»",
        price="4990.00",
        payment_object="commodity_with_marking",
        marking={"code": CODE.decode()},
        agent_info={
            "type": "commission_agent",
            "paying_agent": {"operation": "Приём", "phones": ["+79001112233"]},
            "receive_payments_operator": {"phones": ["+79001112234"]},
            "money_transfer_operator": {
                "phones": ["+79001112235"], "name": "Оператор", "address": "Москва", "inn": "7707083893",
            },
        },
        supplier_info={"name": "ООО", "inn": "7707083893", "phones": ["+79001112236"]},
        user_data="белые",
        excise="12.00",
        country_code="643",
        declaration_number="10702020/060520/0013422",
        sectoral_item_props=[PERMIT],
    )  # fmt: skip
    weighed = an_item_body(name="Сыр", price="189.00", quantity="0.396", measure="kilogram", vat="vat10")
    body = a_body(
        operation="sell_refund",
        customer={
            "email": "buyer@example.ru", "phone": "+79991234567", "name": "Иванов", "inn": "500100732259",
            "birthdate": "1980-01-31", "citizenship": "643", "document_code": "21", "document_data": "4509 123456",
            "address": "Москва",
        },
        cashier={"name": "Петрова", "inn": "500100732259"},
        internet=True,
        print=False,
        items=[marked, weighed],
        payments=[
            {"type": "cash", "sum": "64.84", "received": "100.00"},
            {"type": "electronic", "sum": "1000.00"},
            {"type": "electronic", "sum": "1000.00"},
            {"type": "prepaid", "sum": "1500.00"},
            {"type": "postpaid", "sum": "1000.00"},
            {"type": "other", "sum": "500.00"},
        ],
        additional_check_props="1234567890",
        additional_user_props={"name": "Столик", "value": "5"},
        operating_check_props={"name": 0, "value": "x", "timestamp": "2026-03-01T12:00:00+03:00"},
        sectoral_check_props=[PERMIT],
        cashless_payments=[{"sum": "2000.00", "method": 1, "id": "rrn", "additional_info": "СБП"}],
        sender_email="shop@example.ru",
        place="shop.example.ru",
        address="Москва",
        device_number="7",
        header_lines=["Привет"],
        footer_lines=["Спасибо…"],
    )  # fmt: skip
    assert receipt_of(body) == Receipt(
        operation=Operation.SELL_REFUND,
        taxation=Taxation.OSN,
        items=(
            Item(
                name='Ботинки "Зима"',
                price=499000,
                quantity=Decimal(1),
                sum=499000,
                vat=Vat.VAT22,
                payment_method=PaymentMethod.FULL_PAYMENT,
                payment_object=PaymentObject.COMMODITY_WITH_MARKING,
                marking=Marking(code=CODE),
                agent=Agent(
                    kind=AgentKind.COMMISSION_AGENT,
                    operation="Приём",
                    phones=("+79001112233",),
                    receive_operator_phones=("+79001112234",),
                    transfer_operator_phones=("+79001112235",),
                    transfer_operator_name="Оператор",
                    transfer_operator_address="Москва",
                    transfer_operator_inn="7707083893",
                ),
                supplier=Supplier(name="ООО", inn="7707083893", phones=("+79001112236",)),
                user_data="белые",
                excise=1200,
                country_code="643",
                declaration_number="10702020/060520/0013422",
                industry=(DETAIL,),
            ),
            Item(
                name="Сыр",
                price=18900,
                quantity=Decimal("0.396"),
                sum=7484,  # ffd_documents: 0.396 x 189.00 = 74.84 on a real receipt
                vat=Vat.VAT10,
                payment_method=PaymentMethod.FULL_PAYMENT,
                payment_object=PaymentObject.COMMODITY,
                measure=Measure.KILOGRAM,
            ),
        ),
        payments=Payments(cash=6484, electronic=200000, prepaid=150000, postpaid=100000, other=50000, received=10000),
        customer=Customer(
            email="buyer@example.ru",
            phone="+79991234567",
            name="Иванов",
            inn="500100732259",
            birth_date=date(1980, 1, 31),
            citizenship="643",
            document_code="21",
            document_data="4509 123456",
            address="Москва",
        ),
        cashier=Cashier(name="Петрова", inn="500100732259"),
        internet=True,
        print_paper=False,
        additional="1234567890",
        user_detail=UserDetail(name="Столик", value="5"),
        operation_detail=OperationDetail(id=0, data="x", at=datetime.fromisoformat("2026-03-01T12:00:00+03:00")),
        industry=(DETAIL,),
        electronic_payments=(ElectronicPayment(sum=200000, method=1, ids="rrn", extra="СБП"),),
        sender_email="shop@example.ru",
        place="shop.example.ru",
        address="Москва",
        machine_number="7",
        header_lines=("Привет",),
        footer_lines=("Спасибо...",),
    )


def test_a_correction() -> None:
    body = a_body(
        operation="buy_refund_correction",
        correction={"kind": "instruction", "date": "2026-03-01", "number": "12-34/56", "description": "Акт"},
    )
    receipt = receipt_of(body, correction=True)
    assert receipt.operation is Operation.BUY_REFUND
    assert receipt.correction == Correction(
        kind=CorrectionKind.INSTRUCTION, date=date(2026, 3, 1), number="12-34/56", description="Акт"
    )


def test_a_code_as_bytes_is_the_code() -> None:
    item = an_item_body(
        payment_object="commodity_with_marking",
        marking={"code_base64": base64.b64encode(CODE).decode(), "numerator": 1, "denominator": 3},
    )
    (found,) = receipt_of(a_body(items=[item])).items
    assert found.marking == Marking(code=CODE, numerator=1, denominator=3)


def test_change_counts_the_cash_that_was_given_exactly() -> None:
    cash = [{"type": "cash", "sum": 990}, {"type": "cash", "sum": 1000, "received": 5000}]
    payments = receipt_of(a_body(payments=cash)).payments
    assert (payments.cash, payments.received) == (199000, 599000)


def test_a_name_that_quotes_a_correction_is_no_correction() -> None:
    receipt = receipt_of(a_body(items=[an_item_body(name='"correction":{')]))
    assert receipt.correction is None
