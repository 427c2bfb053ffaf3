"""Receipts that several tests look at."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from protocols.ffd.arithmetic import line_sum
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

#: A clothing code: 01 GTIN 21 serial GS 91 key GS 92 signature (44 characters).
CODE = b"0104600439931256215Pahn,cV.W?Pj\x1d91EE06\x1d92" + b"A" * 44


def an_item(**changes: Any) -> Item:
    values: dict[str, Any] = {
        "name": "Чай чёрный листовой",
        "price": 15000,
        "quantity": Decimal(2),
        "vat": Vat.VAT22,
        "payment_method": PaymentMethod.FULL_PAYMENT,
        "payment_object": PaymentObject.COMMODITY,
    }
    values.update(changes)
    if "sum" not in values:
        values["sum"] = line_sum(values["price"], values["quantity"])
    return Item(**values)


def a_receipt(*items: Item, **changes: Any) -> Receipt:
    items = items or (an_item(),)
    values: dict[str, Any] = {
        "operation": Operation.SELL,
        "taxation": Taxation.OSN,
        "items": items,
        "payments": Payments(electronic=sum(item.sum for item in items)),
    }
    values.update(changes)
    return Receipt(**values)


def a_full_receipt() -> Receipt:
    """Everything that a receipt may say at once."""
    agency = Agent(
        kind=AgentKind.COMMISSION_AGENT,
        operation="Приём платежа",
        phones=("+79001112233",),
        receive_operator_phones=("+79001112234",),
        transfer_operator_phones=("+79001112235",),
        transfer_operator_name="Оператор",
        transfer_operator_address="Москва",
        transfer_operator_inn="7707083893",
    )
    permit = IndustryDetail(
        federal_id="030", date=date(2023, 11, 21), number="1944", value="UUID=5e1fba9e&Time=1774000000000"
    )
    marked = an_item(
        name="Ботинки",
        price=499000,
        quantity=Decimal(1),
        payment_object=PaymentObject.COMMODITY_WITH_MARKING,
        marking=Marking(code=CODE),
        industry=(permit,),
        country_code="643",
        declaration_number="10702020/060520/0013422",
        user_data="белые",
        excise=1200,
    )
    weighed = an_item(
        name="Сыр весовой",
        price=34999,
        quantity=Decimal("7.445"),
        measure=Measure.KILOGRAM,
        vat=Vat.VAT10,
        agent=agency,
        supplier=Supplier(name="ООО Сыроварня", inn="7734675810", phones=("+74950000000", "+74950000001")),
    )
    total = marked.sum + weighed.sum
    return a_receipt(
        marked,
        weighed,
        payments=Payments(cash=100000, electronic=total - 400000, prepaid=300000, received=150000),
        customer=Customer(
            email="buyer@example.ru",
            name="Иванов Иван Иванович",
            inn="500100732259",
            birth_date=date(1980, 5, 7),
            citizenship="643",
            document_code="21",
            document_data="4500 123456",
            address="Тверь",
        ),
        cashier=Cashier(name="Петрова П. П.", inn="500100732259"),
        internet=True,
        additional="доп. 1",
        user_detail=UserDetail(name="Номер заказа", value="151939ПРИ"),
        operation_detail=OperationDetail(id=0, data="данные", at=datetime(2026, 3, 1, 12, 30, tzinfo=UTC)),
        industry=(permit,),
        electronic_payments=(ElectronicPayment(sum=total - 400000, method=1, ids="RRN 42", extra="СБП"),),
        sender_email="shop@example.ru",
        place="https://shop.example.ru",
        address="г. Москва, ул. Складочная, 1",
        machine_number="7",
    )


def a_correction(**changes: Any) -> Receipt:
    values: dict[str, Any] = {
        "correction": Correction(kind=CorrectionKind.INSTRUCTION, date=date(2026, 2, 3), number="42-К"),
        "additional": "1234567890",
    }
    values.update(changes)
    return a_receipt(**values)
