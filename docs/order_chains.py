"""The chains that docs/orders.md shows: what callers say, in the API's own JSON. Page and pictures are made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

BOOTS = {"id": "boots", "name": "Ботинки", "price": "2350.00", "quantity": 2, "vat": "vat22"}
CREAM = {"id": "cream", "name": "Крем для обуви", "price": "1200.00", "quantity": 1, "vat": "vat22"}
FEE = {
    "id": "fee",
    "name": "Доставка",
    "price": "300.00",
    "quantity": 1,
    "vat": "vat22",
    "payment_object": "service",
}
LICENCE = {
    "id": "licence",
    "name": "Лицензия на год",
    "price": "990.00",
    "quantity": 1,
    "vat": "none",
    "payment_object": "intellectual_activity",
}


class Chain(NamedTuple):
    """`steps`: `{"put": items}` is a change of the order, anything else an event without its id."""

    name: str
    title: str
    russian: str
    english: str
    steps: Sequence[Mapping[str, Any]]
    order: Mapping[str, Any] = {}


def paid(amount: str, method: str = "sbp") -> dict[str, Any]:
    return {"type": "payment", "sum": amount, "method": method}


CHAINS: Sequence[Chain] = (
    Chain(
        "prepayment",
        "Предоплата · prepayment",
        "Счёт равен сумме заказа: предоплата 100 % с товарами, при выдаче — закрывающий чек с зачётом.",
        "The invoice is the order's sum: a full prepayment that names the goods, at the hand-over the closing receipt.",
        ({"put": [BOOTS, FEE]}, {"type": "invoice", "sum": "5000"}, paid("5000"), {"type": "delivery"}),
    ),
    Chain(
        "edited",
        "Заказ изменили · the order was changed",
        "После предоплаты добавили товар: доплата — аванс; закрывающий чек — с окончательным составом.",
        "Goods were added after the prepayment: the rest is an advance; the closing receipt has the final composition.",
        (
            {"put": [BOOTS, FEE]},
            {"type": "invoice", "sum": "5000"},
            paid("5000"),
            {"put": [BOOTS, FEE, CREAM]},
            {"type": "invoice", "sum": "1200"},
            paid("1200", "card"),
            {"type": "delivery"},
        ),
    ),
    Chain(
        "courier",
        "Аванс и курьер · an advance, the rest at the door",
        "Счёт меньше суммы заказа — аванс; у двери: аванс на разницу и закрывающий чек.",
        "An invoice below the order's sum is an advance; at the door an advance of the difference, then the closing.",
        (
            {"put": [BOOTS, FEE]},
            {"type": "invoice", "sum": "1000"},
            paid("1000"),
            {
                "type": "delivery",
                "payments": [{"method": "cash", "sum": "1500"}, {"method": "card", "sum": "2500"}],
            },
        ),
    ),
    Chain(
        "single",
        "Один чек у двери · one receipt at the door (`courier: single`)",
        "То же одним чеком: зачёт аванса и доплата вместе.",
        "The same in one receipt: the offset and the money of the door together.",
        (
            {"put": [BOOTS, FEE]},
            {"type": "invoice", "sum": "1000"},
            paid("1000"),
            {"type": "delivery", "payments": [{"method": "card", "sum": "4000"}]},
        ),
        {"policy": {"courier": "single"}},
    ),
    Chain(
        "parcels",
        "Две посылки · two parcels",
        "Каждая посылка закрывает свои товары; доставка — в первой.",
        "Each parcel closes its own goods; the delivery service goes with the first.",
        (
            {"put": [BOOTS, CREAM, FEE]},
            paid("6200"),
            {"type": "delivery", "items": [{"id": "boots"}]},
            {"type": "delivery"},
        ),
    ),
    Chain(
        "cancelled",
        "Отмена · cancelled",
        "Деньги возвращаются документами, которые их приняли, начиная с последнего.",
        "Money goes back by the documents that took it, the newest first.",
        (
            {"put": [BOOTS, FEE]},
            {"type": "invoice", "sum": "5000"},
            paid("5000"),
            {"put": [BOOTS, FEE, CREAM]},
            paid("1200", "card"),
            {"type": "cancel"},
        ),
    ),
    Chain(
        "returned",
        "Возврат после выдачи · a return",
        "Покупатель вернул одну пару: возврат прихода этой позиции, деньгами.",
        "The buyer brought one pair back: a refund of that line, in money.",
        (
            {"put": [BOOTS, FEE]},
            {"type": "delivery", "payments": [{"method": "card", "sum": "5000"}]},
            {"type": "return", "items": [{"id": "boots", "quantity": 1}]},
        ),
    ),
    Chain(
        "digital",
        "Цифровой товар · digital goods",
        "Полный расчёт сразу при оплате.",
        "One full settlement at the moment of payment.",
        ({"put": [LICENCE]}, paid("990")),
        {"type": "digital"},
    ),
    Chain(
        "credit",
        "В кредит · on credit (`unpaid_delivery: credit`)",
        "Выдан неоплаченный товар: частичный расчёт и кредит, позже — оплата кредита.",
        "Goods handed over unpaid: partial settlement with credit, later the credit's payment.",
        (
            {"put": [BOOTS, FEE]},
            {"type": "invoice", "sum": "2000"},
            paid("2000"),
            {"type": "delivery"},
            paid("3000", "cash"),
        ),
        {"policy": {"unpaid_delivery": "credit"}},
    ),
)
