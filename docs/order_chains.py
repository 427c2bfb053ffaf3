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
MARKED = BOOTS | {"marked": True, "gtin": "04600439931256"}
CODES = ["0104600439931256215docs00001\u001d93dGVz", "0104600439931256215docs00002\u001d93dGVz"]
CUPS = {"id": "cups", "name": "Кружка", "price": "333.33", "quantity": 3, "vat": "vat22"}
BOOK = {"id": "book", "name": "Книга", "price": "150.50", "quantity": 1, "vat": "vat10"}
REPAIR = {
    "id": "repair",
    "name": "Подгонка",
    "price": "500.00",
    "quantity": 1,
    "vat": "vat22",
    "payment_object": "service",
    "delivery": False,
}


class Chain(NamedTuple):
    """`steps`: `{"put": items}` is a change of the order, anything else an event without its id.

    Beside `put` stands what this PUT says besides. `drawn`: its papers are a picture, too.
    """

    name: str
    title: str
    russian: str
    english: str
    steps: Sequence[Mapping[str, Any]]
    order: Mapping[str, Any] = {}
    drawn: bool = True

    def body(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """What the PUT of a step says."""
        said = {**self.order, **step}
        return {"items": said.pop("put"), **said}


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
    Chain(
        "marked",
        "Маркированный товар · marked goods",
        "До выдачи код не указывают (1212 = 32), в закрывающем чеке у каждой единицы своя строка с кодом (1212 = "
        "33) и отметкой [M+]; возвращают единицу по её коду.",
        "Before the hand-over no code is told (1212 = 32); in the closing each unit has a line with its code (1212 "
        "= 33) and the mark [M+]; a unit comes back by its code.",
        (
            {"put": [MARKED, FEE]},
            {"type": "invoice", "sum": "5000"},
            paid("5000"),
            {"type": "delivery", "items": [{"id": "boots", "codes": CODES}, {"id": "fee"}]},
            {"type": "return", "items": [{"id": "boots", "quantity": 1, "codes": CODES[1:]}]},
        ),
    ),
    Chain(
        "mixed",
        "Разные ставки НДС и скидка · mixed VAT and a discount",
        "Скидка 100.00 делится между товарами по стоимости: 86.92 и 13.08, доставка её не несёт; 913.07 на три "
        "кружки — это 1 × 304.35 и 2 × 304.36. Аванс делится по ставкам в той же доле. Возвращённая кружка стоит "
        "столько, за сколько продана: сначала 304.35.",
        "The discount of 100.00 is shared by the goods: 86.92 and 13.08, none by the fee; 913.07 for three cups is "
        "1 × 304.35 and 2 × 304.36. The advance is split by rates in the same proportion. A cup comes back at what "
        "it was sold for, 304.35 first.",
        (
            {"put": [CUPS, BOOK, FEE], "discount": "100.00"},
            {"type": "invoice", "sum": "500"},
            paid("500"),
            {"type": "delivery", "payments": [{"method": "cash", "sum": "850.49"}]},
            {"type": "return", "items": [{"id": "cups", "quantity": 1}]},
        ),
    ),
    Chain(
        "bank",
        "Касса банка · a bank's till (`fiscaliser: bank`)",
        "Чек на оплату пробивает касса банка: шлюз говорит, каким он должен быть (`awaited`, `GET "
        "/orders/{number}/documents/{receipt_id}`), и записывает его данные событием `document`. Закрывающий чек "
        "здесь пробивает своя касса (`fiscaliser: local` у события).",
        "The bank's till makes the payment's receipt: the gateway tells what it must be (`awaited`) and records its "
        "data by the event `document`. The closing is made by the shop's own register here (`fiscaliser: local` of "
        "the event).",
        (
            {"put": [BOOTS, FEE]},
            {"type": "invoice", "sum": "5000"},
            paid("5000"),
            {"type": "delivery", "fiscaliser": "local"},
        ),
        {"policy": {"fiscaliser": "bank"}},
    ),
    Chain(
        "uninvoiced",
        "Заказ сохранили, счёт не выставляли · saved again, no invoice told",
        "Кто не сообщает счетов, у того после любого изменения состава первая оплата — аванс, хотя сумма та же.",
        "Who tells no invoices gets an advance after any change of the lines, whatever the sum.",
        ({"put": [BOOTS, FEE]}, {"put": [BOOTS]}, paid("4700"), {"type": "delivery"}),
        drawn=False,
    ),
    Chain(
        "invoiced",
        "То же со счётом · the same with an invoice",
        "Первое событие `invoice` после изменений говорит, что состав готов: оплата — предоплата. Для второго и "
        "следующих нужна политика `after_change: prepayment`.",
        "The first `invoice` says that the order is ready: its payment is a prepayment. Later ones need the policy "
        "`after_change: prepayment`.",
        (
            {"put": [BOOTS, FEE]},
            {"put": [BOOTS]},
            {"type": "invoice", "sum": "4700"},
            paid("4700"),
            {"type": "delivery"},
        ),
        drawn=False,
    ),
    Chain(
        "reinvoiced",
        "Изменили после счёта · changed after its invoice (`after_change: prepayment`)",
        "Новый счёт на весь изменённый заказ — предоплата с товарами.",
        "A new invoice for all of the changed order makes a prepayment that names the goods.",
        (
            {"put": [BOOTS, FEE]},
            {"type": "invoice", "sum": "5000"},
            {"put": [BOOTS]},
            {"type": "invoice", "sum": "4700"},
            paid("4700"),
        ),
        {"policy": {"after_change": "prepayment"}},
        drawn=False,
    ),
    Chain(
        "services",
        "Услуга, которая не доставка · a service that is no delivery fee",
        "«Подгонка» с `delivery: false` — такой же товар: несёт скидку и ждёт своей выдачи. «Доставка» (просто "
        "`service`) скидки не несёт и уходит с первой посылкой сама.",
        "A service with `delivery: false` is goods like others: it bears the discount and waits for its own hand- "
        "over. A plain `service` is a delivery fee: no discount, and it goes with the first parcel by itself.",
        (
            {"put": [BOOTS, REPAIR, FEE], "discount": "520.00"},
            paid("4980"),
            {"type": "delivery", "items": [{"id": "boots"}]},
            {"type": "delivery"},
        ),
        drawn=False,
    ),
    Chain(
        "codeless",
        "Закрыть при оплате, кодов ещё нет · to be settled by its payment, codes lacking (`closing_trigger: payment`)",
        "Строка 4 ждёт `full`, но без кодов закрывать нельзя: предоплата и тревога `closing_awaited`, пока выдача "
        "не принесёт коды. То же у цифровых заказов.",
        "Row 4 says `full`, but without codes nothing is settled: a prepayment and the alarm `closing_awaited` "
        "until a delivery brings them. Digital orders alike.",
        (
            {"put": [MARKED]},
            paid("4700"),
            {"type": "delivery", "items": [{"id": "boots", "codes": CODES}]},
        ),
        {"policy": {"closing_trigger": "payment"}},
        drawn=False,
    ),
    Chain(
        "forms",
        "Какая форма оплаты возвращается первой · which form of money goes back first",
        "Та, что пришла последней: платёж — наличные, потом карта; возврат 900 — 700 на карту и 200 наличными. "
        "Нужна одна форма — её называет `method` возврата.",
        "The one that came last: a payment of cash, then card; of 900 refunded 700 go to the card and 200 are cash. "
        "The refund's `method` asks for one form alone.",
        (
            {"put": [BOOTS, FEE]},
            {"type": "payment", "payments": [{"method": "cash", "sum": "500"}, {"method": "card", "sum": "700"}]},
            {"type": "refund", "sum": "900"},
            {"type": "refund", "method": "cash"},
        ),
        drawn=False,
    ),
    Chain(
        "loan",
        "Слово credit в оплате и в выдаче · `credit` in a payment and in a delivery",
        "В оплате `credit` — кредит банка: деньги пришли, безналичные (1081). В выдаче `credit` — долг покупателя "
        "магазину (1216): денег нет, их примет `credit_payment`.",
        "In a payment `credit` is a bank's loan: money that came, electronic (1081). In a delivery it is what the "
        "buyer owes the shop (1216): no money, a `credit_payment` takes it later.",
        (
            {"put": [BOOTS, FEE]},
            {"type": "invoice", "sum": "2000"},
            paid("2000", "credit"),
            {"type": "delivery", "payments": [{"method": "credit", "sum": "3000"}]},
            paid("3000", "card"),
        ),
        drawn=False,
    ),
    Chain(
        "partial",
        "Часть частичной предоплаты вернули · a part of a partial prepayment goes back (`partial_policy: prepayment`)",
        "Строка 13 буквально: сумма, которая не равна убранным позициям, возвращается как аванс (1214 = 3), и "
        "остаток этого чека потом тоже.",
        "Row 13 to the letter: a sum that is not one of dropped lines goes back as an advance (1214 = 3), and what "
        "is then left of that document does so, too.",
        (
            {"put": [BOOTS, CREAM, FEE]},
            {"type": "invoice", "sum": "5000"},
            paid("5000"),
            {"type": "refund", "sum": "100"},
            {"type": "cancel"},
        ),
        {"policy": {"partial_policy": "prepayment"}},
        drawn=False,
    ),
    Chain(
        "later_discount",
        "Скидка после первой посылки · a discount after the first parcel",
        "Скидка заказа делится по полной стоимости позиций (4700 : 1200), а не по остатку (2350 : 1200): 4700 несёт "
        "159.32, и всё это — на вторую пару.",
        "A discount of the order is shared by what lines cost in whole (4700 : 1200), not by what is left of them "
        "(2350 : 1200); what was handed over keeps its price, so the rest of the line bears the line's share.",
        (
            {"put": [BOOTS, CREAM]},
            paid("5900"),
            {"type": "delivery", "items": [{"id": "boots", "quantity": 1}]},
            {"put": [BOOTS, CREAM], "discount": "200.00"},
            {"type": "delivery"},
        ),
        drawn=False,
    ),
)
