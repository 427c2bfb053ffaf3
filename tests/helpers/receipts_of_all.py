"""Receipts that every register must make alike: one for each thing a receipt may say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from till import MOSCOW, item, receipt

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
    Correction,
    Customer,
    IndustryDetail,
    Marking,
    OperationDetail,
    Payments,
    Receipt,
    Supplier,
    UserDetail,
)

AGENT = Agent(
    kind=AgentKind.PAYING_AGENT,
    operation="Приём платежа",
    phones=("+79990000001",),
    receive_operator_phones=("+79990000002",),
    transfer_operator_phones=("+79990000003",),
    transfer_operator_name="Оператор",
    transfer_operator_address="Москва",
    transfer_operator_inn="7707083893",
)
SUPPLIER = Supplier(name="ООО Поставщик", inn="7707083893", phones=("+79991112233",))
INDUSTRY = IndustryDetail(federal_id="030", date=date(2023, 11, 21), number="1944", value="UUID=1&Time=2")
BUYER = Customer(
    email="buyer@example.ru",
    name="Петров Пётр",
    inn="500100732259",
    birth_date=date(1990, 5, 4),
    citizenship="643",
    document_code="21",
    document_data="4501 123456",
    address="г. Тула",
)
SELF = Correction(kind=CorrectionKind.SELF, date=date(2026, 2, 1))
INSTRUCTION = Correction(kind=CorrectionKind.INSTRUCTION, date=date(2026, 2, 1), number="15-А")


def unit(number: int) -> bytes:
    return f"010460000000001521{number:06d}\x1d93dGVz".encode()


def shoe(code: bytes = unit(0), price: int = 499_000, quantity: str = "1", **more: Any) -> Any:
    marking = Marking(code=code, **more.pop("part", {}))
    return item(
        "Ботинки", price, quantity, payment_object=PaymentObject.COMMODITY_WITH_MARKING, marking=marking, **more
    )


def paid(one: Receipt, **payments: int) -> Receipt:
    return replace(one, payments=Payments(**payments))


#: 20 % is no rate of 2026.
_RATES: Final = {str(vat): receipt(item("Чай", 12_345, vat=vat)) for vat in Vat if vat not in {Vat.VAT20, Vat.VAT120}}
_METHODS: Final = {str(method.value): receipt(item("Чай", 10_000, payment_method=method)) for method in PaymentMethod}
_AGENTS: Final = {
    str(kind.value): receipt(item("Чай", 10_000, agent=replace(AGENT, kind=kind), supplier=SUPPLIER))
    for kind in AgentKind
}

#: By name; ФФД 1.05 and 1.2 alike.
RECEIPTS: Final[Mapping[str, Receipt]] = {
    "plain": receipt(item("Чай", 12_345), item("Сахар", 5_000, "0.5")),
    "weighed to a gram": receipt(
        item("Творог", 30_050, "1.234", vat=Vat.VAT10, measure=Measure.KILOGRAM), item("Лук", 3_333, "0.333")
    ),
    "weighed to less than a gram": receipt(item("Шафран", 30_050, "1.234567", measure=Measure.KILOGRAM)),
    "every form of payment": paid(
        receipt(item("Шкаф", 150_000)), cash=10_000, electronic=20_000, prepaid=30_000, postpaid=40_000, other=50_000
    ),
    "change": paid(receipt(item("Чай", 10_000)), cash=10_000, received=53_300),
    "card": paid(receipt(item("Чай", 10_000)), electronic=10_000),
    "the buyer by phone": receipt(customer=Customer(phone="+79001112233")),
    "no buyer, no cashier's ИНН": receipt(customer=None),
    "the buyer in full": receipt(customer=BUYER),
    "in the Internet": receipt(internet=True),
    "requisites": receipt(additional="доп. реквизит", user_detail=UserDetail(name="Заказ", value="1001")),
    "requisites of a line": receipt(
        item("Чай", user_data="реквизит предмета"),
        item("Сыр", country_code="643", declaration_number="10702020/060520/0013422"),
        item("Вино", 100_000, excise=1_234),
    ),
    "on the patent": receipt(item("Чай", vat=Vat.NONE), taxation=Taxation.PATENT),
    "a supplier's goods": receipt(item("Чай"), item("Чужой чай", agent=AGENT, supplier=SUPPLIER)),
    "for nothing": receipt(item("Чай", 10_000), item("Подарок", 0)),
    "not printed": receipt(print_paper=False),
    "thirty lines": receipt(*(item(f"Товар номер {number}", 100 + number) for number in range(30))),
    **{f"rate {name}": one for name, one in _RATES.items()},
    **{f"method {name}": one for name, one in _METHODS.items()},
    **{f"agent {name}": one for name, one in _AGENTS.items()},
    **{
        f"object {kind.value}": receipt(item("Чай", 10_000, payment_object=kind))
        for kind in (PaymentObject.EXCISE, PaymentObject.JOB, PaymentObject.SERVICE, PaymentObject.PAYMENT)
    },
    **{f"operation {operation.value}": receipt(item("Чай", 10_000), operation=operation) for operation in Operation},
    **{
        f"correction {operation.value}, {correction.kind.value}": receipt(
            item("Чай", 10_000, vat=Vat.VAT10),
            operation=operation,
            correction=correction,
            customer=None,
        )
        for operation in (Operation.SELL, Operation.BUY)
        for correction in (SELF, INSTRUCTION)
    },
}

#: ФФД 1.2 alone.
RECEIPTS_12: Final[Mapping[str, Receipt]] = {
    "industry": receipt(item("Чай", industry=(INDUSTRY,)), industry=(INDUSTRY,)),
    "operation": receipt(
        operation_detail=OperationDetail(id=0, data="данные", at=datetime(2026, 3, 2, 9, 30, tzinfo=MOSCOW))
    ),
    "measures": receipt(
        *(item(measure.value, 1_000, "1.5", measure=measure) for measure in Measure if measure is not Measure.PIECE)
    ),
    **{
        f"correction with lines {operation.value}": receipt(
            item("Чай", 10_000, vat=Vat.VAT22),
            item("Хлеб", 5_000, "2", vat=Vat.VAT10),
            operation=operation,
            correction=INSTRUCTION,
            customer=None,
        )
        for operation in Operation
    },
}

#: Marked goods: the marking system answers.
MARKED: Final[Mapping[str, Receipt]] = {
    "two units and a bag": receipt(item("Пакет", 500), shoe(), shoe(unit(1))),
    "a part": receipt(shoe(unit(2), 10_000, part={"numerator": 1, "denominator": 3})),
    "by weight": receipt(shoe(unit(3), 40_000, "0.250", measure=Measure.KILOGRAM, vat=Vat.VAT10)),
    "marked and given": receipt(shoe(unit(4), 0), item("Чай")),
    "marked, with its permit": receipt(shoe(unit(5), industry=(INDUSTRY,))),
}
