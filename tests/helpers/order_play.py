"""An order played event by event, and its documents in the fewest words."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal
from typing import Any

from gateway.orders.goods import Line, discounted
from gateway.orders.ledger import Document
from gateway.orders.order import Cancel, Delivery, Event, Goods, Invoice, Order, Paid, Payment, Refund, Return
from gateway.orders.plan import edited, happened, plan
from gateway.orders.policy import Policy
from gateway.orders.words import Means
from protocols.ffd.arithmetic import line_sum
from protocols.ffd.enums import PaymentObject, Vat


def rub(value: str) -> int:
    return int(Decimal(value) * 100)


def line(name: str, price: str, quantity: str = "1", **more: Any) -> Line:
    cost = line_sum(rub(price), Decimal(quantity))
    fields: dict[str, Any] = {"vat": Vat.VAT22, "object": PaymentObject.COMMODITY, **more}
    return Line(id=name, name=name, quantity=Decimal(quantity), price=rub(price), cost=cost, **fields)


def service(name: str, price: str, **more: Any) -> Line:
    return line(name, price, object=PaymentObject.SERVICE, delivery=True, **more)


class Play:
    """Events in, documents out; every document is registered at once."""

    def __init__(self, *lines: Line, discount: str = "0", **policy: Any) -> None:
        self.order = Order(number="1001", lines=discounted(lines, rub(discount)))
        self.policy = Policy(**policy)
        self.documents: list[Document] = []
        self._ids = (f"e{number}" for number in itertools.count(1))

    def play(self, event: Event) -> list[Document]:
        made = plan(self.order, event, self.policy)
        self.order = happened(self.order, event, made)
        self.documents += made
        return list(made)

    def edit(self, *lines: Line) -> None:
        self.change(lines=lines)

    def change(self, **said: Any) -> None:
        """What a PUT says of the order."""
        self.order = edited(self.order, replace(self.order, **said))

    def invoice(self, amount: str) -> list[Document]:
        return self.play(Invoice(id=next(self._ids), sum=rub(amount)))

    def pay(self, **sums: str) -> list[Document]:
        return self.play(Payment(id=next(self._ids), paid=_paid(sums)))

    def deliver(self, *goods: Goods, shipped: bool = False, **sums: str) -> list[Document]:
        return self.play(Delivery(id=next(self._ids), goods=goods or None, paid=_paid(sums), shipped=shipped))

    def refund(self, amount: str | None = None, means: Means | None = None) -> list[Document]:
        return self.play(Refund(id=next(self._ids), sum=None if amount is None else rub(amount), means=means))

    def back(self, *goods: Goods, means: Means | None = None) -> list[Document]:
        return self.play(Return(id=next(self._ids), goods=goods or None, means=means))

    def cancel(self) -> list[Document]:
        return self.play(Cancel(id=next(self._ids)))


def _paid(sums: dict[str, str]) -> tuple[Paid, ...]:
    return tuple(Paid(Means(name), rub(amount)) for name, amount in sums.items())


def told(document: Document) -> str:
    """`closing 5000.00: prepaid 5000.00`: kind, total, and the money tags that are not zero."""
    sums: dict[str, int] = {}
    for form, amount in document.money:
        sums[form] = sums.get(form, 0) + amount
    sums |= {"prepaid": document.prepaid, "postpaid": document.postpaid}
    tags = ", ".join(f"{name} {_rubles(amount)}" for name, amount in sums.items() if amount)
    return f"{document.kind} {_rubles(document.total)}: {tags}"


def lines_of(document: Document) -> list[str]:
    """`Ботинки 2 x 2350.00 = 4700.00 vat122 full_prepayment`, line by line."""
    return [
        f"{item.name} {item.quantity} x {_rubles(item.price)} = {_rubles(item.sum)}"
        f" {item.vat.value} {item.method.value}"
        for item in document.items
    ]


def _rubles(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02}"
