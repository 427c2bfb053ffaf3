"""What callers ask for: bodies from chance, each with a total that no other body of the world has."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from random import Random
from typing import Any

from gateway.jobs import bodies
from gateway.jobs.model import JobKind, NewJob
from gateway.receipts.normalise import accept
from protocols.ffd.arithmetic import rubles
from simulation.units import Put, Units

#: How often each kind of job is posted.
KINDS = {
    JobKind.RECEIPT: 100,
    JobKind.CORRECTION: 8,
    JobKind.CASH_IN: 5,
    JobKind.CASH_OUT: 3,
    JobKind.OPEN_SHIFT: 2,
    JobKind.CLOSE_SHIFT: 3,
    JobKind.X_REPORT: 2,
    JobKind.OPEN_DRAWER: 1,
    JobKind.PRINT_TEXT: 1,
    JobKind.SET_CLOCK: 1,
    JobKind.RECOVER: 1,
    JobKind.DIAGNOSE: 1,
    JobKind.RELEASE: 1,
}
RECEIPTS = frozenset({JobKind.RECEIPT, JobKind.CORRECTION})
CASH = frozenset({JobKind.CASH_IN, JobKind.CASH_OUT})

_VATS = ("vat22", "vat10", "none", "vat0", "vat122")
_NAMES = ("Чай", "Ботинки зимние 42", "Доставка", "Книга «Фискальная память»", "Сыр, кг")
_METHODS = ("full_payment", "full_prepayment", "advance", "partial_payment")


@dataclass(slots=True)
class Order:
    """One thing that a caller wants of one register through one gateway, and what the caller was told of it."""

    new: NewJob
    house: str
    total: int = 0  # kopecks, the content's mark; 0 where the kind has none
    accepted: bool = False  # the caller was told that it is on disk
    contested: bool = False  # somebody posted other content under its key
    posted_at: int = -1  # misfortunes of its register before it was posted
    ended_at: int = -1  # and when it had its last word
    struck: bool = False  # a misfortune happened to it while it was in hand
    twins: list[str] = field(default_factory=list)  # other keys with the same content

    @property
    def id(self) -> str:
        return self.new.id


class Orders:
    """Makes them; `now` is the shop's clock, `put` tells the marking system's book of a unit."""

    def __init__(self, rng: Random, *, now: Any, manual: float, put: Put) -> None:
        self._units = Units(rng, put)
        self._rng = rng
        self._now = now
        self._manual = manual
        self._count = 0

    def make(self, house: str, register: str, kind: JobKind | None = None) -> Order:
        rng = self._rng
        self._count += 1
        first = self._count == 1
        if kind is None:
            kind = JobKind.CASH_IN if first else rng.choices(list(KINDS), list(KINDS.values()))[0]
        total = 20_000 + 7 * self._count + (5_000 if first else rng.randrange(20)) * 100_000
        job_id = f"{kind.value}-{self._count}"
        if kind in RECEIPTS:
            raw = self._receipt(total, correction=kind is JobKind.CORRECTION)
            checked = accept(raw, self._now, correction=kind is JobKind.CORRECTION)
            new = partial(NewJob, body=checked.canonical, digest=checked.digest)
        else:
            body, digest = bodies.canonical(self._plain(kind, total))
            new = partial(NewJob, body=body, digest=digest)
        marked = kind in RECEIPTS or kind in CASH
        return Order(new(id=job_id, kind=kind, register=register), house, total=total if marked else 0)

    def twin(self, order: Order) -> Order:
        """The same content under another key."""
        new = order.new
        key = f"{new.id}-twin{len(order.twins)}"
        order.twins.append(key)
        again = NewJob(id=key, kind=new.kind, register=new.register, body=new.body, digest=new.digest)
        return Order(again, order.house, total=order.total, twins=[order.id])

    def changed(self, order: Order) -> NewJob:
        """The same key with other content."""
        other = self.make(order.house, order.new.register)
        while other.new.kind is not order.new.kind or other.new.digest == order.new.digest:
            other = self.make(order.house, order.new.register)
        new = other.new
        return NewJob(id=order.id, kind=new.kind, register=new.register, body=new.body, digest=new.digest)

    def _receipt(self, total: int, *, correction: bool) -> dict[str, Any]:
        rng = self._rng
        extras = [rng.randrange(1, 3000) for _ in range(rng.choice((0, 0, 1, 2, 4)))]
        lines = self._units.lines()
        units = [rng.randrange(0, min(3000, 6000 // lines)) for _ in range(lines)]  # something is left for the first
        items = [self._item(total - sum(extras) - sum(units)), *(self._item(price) for price in extras)]
        items += [self._unit(price) for price in units]
        body: dict[str, Any] = {
            "operation": rng.choice(("sell", "sell", "sell", "sell", "sell_refund", "buy", "buy_refund")),
            "taxation": rng.choice(("osn", "osn", "usn_income")),
            "items": items,
            "payments": self._payments(total),
        }
        if rng.random() < 0.4:
            body["customer"] = {"email": f"buyer{self._count}@example.ru"}
        if rng.random() < 0.3:
            body["cashier"] = {"name": "Иванова А. А."}
        if rng.random() < 0.2:
            body["print"] = False
        if units and rng.random() < 0.2:
            body["on_marking_failure"] = "sell"
        if rng.random() < self._manual:
            body["shift"] = "manual"
        if correction:
            today: datetime = self._now()
            body["correction"] = {"kind": "self", "date": today.date().isoformat(), "number": f"{self._count}"}
            body["operation"] = rng.choice(("sell", "sell_refund", "buy"))
        return body

    def _item(self, price: int) -> dict[str, Any]:
        rng = self._rng
        quantity = "1"
        if price % 2 == 0 and rng.random() < 0.2:
            price, quantity = price // 2, "2"
        return {
            "name": rng.choice(_NAMES),
            "price": rubles(price),
            "quantity": quantity,
            "payment_method": rng.choice(_METHODS) if rng.random() < 0.2 else "full_payment",
            "payment_object": rng.choice(("commodity", "service")),
            "vat": rng.choice(_VATS),
        }

    def _unit(self, price: int) -> dict[str, Any]:
        """A marked line; one in a while is a gift."""
        line = {**self._item(price), "price": rubles(price), "quantity": "1"}
        line["payment_object"] = self._rng.choice(("commodity_with_marking", "excise_with_marking"))
        line["payment_method"] = "full_payment"
        line["marking"] = {"code": self._units.make()}
        return line

    def _payments(self, total: int) -> list[dict[str, Any]]:
        rng = self._rng
        kind = rng.choice(("cash", "electronic", "both", "prepaid"))
        if kind != "both":
            return [{"type": kind, "sum": rubles(total)}]
        part = rng.randrange(1, total)
        return [{"type": "cash", "sum": rubles(part)}, {"type": "electronic", "sum": rubles(total - part)}]

    def _plain(self, kind: JobKind, total: int) -> dict[str, Any]:
        if kind in CASH:
            return {"sum": rubles(total)}
        if kind is JobKind.PRINT_TEXT:
            return {"lines": ["Ждём вас снова"]}
        if kind is JobKind.RELEASE:
            return {"minutes": 1}
        return {}
