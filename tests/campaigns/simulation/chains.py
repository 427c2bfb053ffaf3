"""Orders of a simulated world: how many there are, what they consist of, and what happens to them, from chance.

Every line of an order, its advances included, bears the order's number in its name, so that its documents are known in
a drive by themselves, whatever the journal says of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, Final

from gateway.orders.book import Book
from gateway.orders.goods import Line
from gateway.orders.handover import parcel
from gateway.orders.log import Put
from gateway.orders.order import Event, Goods, Order
from gateway.orders.picking import needed
from gateway.orders.policy import Policy
from gateway.orders.words import OrderState, Rejected
from protocols.ffd.arithmetic import rubles
from simulation.units import Units

#: Share of worlds with orders, and how many they have.
SHARE, MANY = 0.3, (3, 6, 12)
#: The first serial number of the orders' own units.
FIRST_UNIT: Final = 500_000

_NAMES = ("Ботинки", "Крем", "Чай", "Книга «Фискальная память»", "Шапка")
_VATS = ("vat22", "vat22", "vat10", "none", "vat0", "vat5")
_METHODS = ("cash", "card", "sbp", "credit")
_POLICIES: Mapping[str, tuple[str, ...]] = {
    "partial_policy": ("advance", "prepayment"),
    "after_change": ("advance", "prepayment"),
    "courier": ("two_receipts", "single"),
    "counter": ("full", "always_advance"),
    "refund_mirror": ("mirror", "as_advance"),
    "refund_receipts": ("per_document", "one"),
    "overpaid": ("refund", "keep"),
    "unpaid_delivery": ("block", "credit"),
    "closing_trigger": ("delivery", "delivery", "shipment", "payment"),
    "delivery_line": ("first_parcel", "last_parcel", "spread"),
}
#: How often each thing happens: to an order whose goods are still to come, and to one that is closed.
_OPEN = {"invoice": 3, "payment": 8, "delivery": 5, "refund": 2, "return": 1, "cancel": 0.5}
_CLOSED = {"return": 6, "refund": 2, "payment": 1, "cancel": 1, "delivery": 1}
_OVER: Final = frozenset({OrderState.SETTLED, OrderState.RETURNED, OrderState.CANCELLED})
_MARK: Final = re.compile(r"\[(order-\d+)\]")


def drawn(seed: int) -> int:
    """How many orders a world has. Of chances of its own: worlds without any are what they were without them."""
    rng = Random(f"{seed}/chains")
    return rng.choice(MANY) if rng.random() < SHARE else 0


def number_in(text: str) -> str | None:
    """The order that a line's name speaks of."""
    found = _MARK.search(text)
    return found[1] if found else None


@dataclass(slots=True)
class Said:
    """An event as its order's program tells it, and what it heard of it."""

    event: Event
    digest: str
    accepted: bool = False
    refused: str = ""  # the code of the last refusal
    sent: bool = False  # it may have arrived, though nobody waited for the answer
    contested: bool = False  # the same id was told with another content, too


@dataclass(slots=True)
class Chain:
    """One order as the program knows it that leads it. `put`: the last composition that was accepted."""

    number: str
    house: str
    register: str
    policy: Mapping[str, str]
    digital: bool
    said: dict[str, Said] = field(default_factory=dict)
    put: Put | None = None
    marked: set[str] = field(default_factory=set)  # ids of the lines that ever bore codes
    by_bank: dict[str, int] = field(default_factory=dict)  # documents of the bank's till, by receipt
    over: bool = False  # nobody says anything more


class Wishes:
    """Bodies of one order's calls; `spare` are units of other orders that somebody may scan by mistake."""

    def __init__(self, chain: Chain, rng: Random, units: Units, spare: list[str]) -> None:
        self._chain = chain
        self._rng = rng
        self._units = units
        self._spare = spare
        self._lines = 0

    # --- what it consists of

    def composition(self) -> dict[str, Any]:
        """The first PUT."""
        rng = self._rng
        items = [self._line() for _ in range(rng.choice((1, 2, 2, 3)))]
        if rng.random() < 0.4:
            items.append(self._fee())
        return self._body(items)

    def edited(self, body: dict[str, Any]) -> dict[str, Any]:
        """Another PUT: a line more, fewer, dearer, of another quantity; or nothing but the buyer, or nothing at all."""
        rng = self._rng
        items = [dict(item) for item in body["items"]]
        what = rng.choice(("more", "fewer", "dearer", "quantity", "discount", "buyer", "nothing", "version"))
        if what == "more":
            items.append(self._line())
        elif what == "fewer" and len(items) > 1:
            items.pop(rng.randrange(len(items)))
        elif what == "dearer":
            rng.choice(items)["price"] = rubles(rng.randrange(100, 900_000))
        elif what == "quantity":
            rng.choice(items)["quantity"] = str(rng.randrange(1, 5))
        again = {**body, "items": items}
        if what == "discount":
            again["discount"] = rubles(rng.randrange(100))
        elif what == "buyer":
            again["customer"] = {"email": f"buyer{rng.randrange(100)}@example.ru"}
        return again

    def _body(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        rng, chain = self._rng, self._chain
        names = {"advance_item_name": self._named("Аванс"), "credit_item_name": self._named("Оплата кредита")}
        body: dict[str, Any] = {
            "type": "digital" if chain.digital else "goods",
            "items": items,
            "taxation": "osn",
            "register": chain.register,
            "customer": {"email": "buyer@example.ru"},
            "policy": {**chain.policy, **names},
        }
        if rng.random() < 0.3:
            body["internet"] = True
        if rng.random() < 0.2:
            body["print"] = False
        return body

    def _named(self, name: str) -> str:
        return f"{name} [{self._chain.number}]"

    def _line(self) -> dict[str, Any]:
        rng = self._rng
        self._lines += 1
        name = f"l{self._lines}"
        line: dict[str, Any] = {
            "id": name,
            "name": self._named(rng.choice(_NAMES)),
            "price": rubles(rng.randrange(1, 900_000)),
            "quantity": str(rng.choice((1, 1, 2, 3))),
            "vat": rng.choice(_VATS),
        }
        if rng.random() < 0.35:
            self._chain.marked.add(name)
            line["marked"] = True
        elif rng.random() < 0.1:
            line |= {"quantity": rng.choice(("0.345", "1.5", "2.065")), "measure": "kilogram"}
        return line

    def _fee(self) -> dict[str, Any]:
        fee = {"id": "fee", "name": self._named("Доставка"), "quantity": "1", "vat": "none"}
        return {**fee, "price": rubles(self._rng.randrange(1, 50_000)), "payment_object": "service"}

    # --- what happens to it

    def event(self, name: str, book: Book) -> dict[str, Any]:
        """Mostly what a shop would do next, sometimes what it must not."""
        rng, order = self._rng, book.order
        kinds = _CLOSED if book.state in _OVER or order.settled else _OPEN
        kind = rng.choices(list(kinds), list(kinds.values()))[0]
        told: dict[str, Any] = {"id": name, "type": kind}
        match kind:
            case "invoice":
                told["sum"] = rubles(self._some(order))
            case "payment":
                told |= self._payment(self._some(order))
            case "delivery":
                told |= self._delivery(order, book.policy)
            case "refund":
                told |= {"sum": rubles(rng.randrange(1, order.ledger.held + 2))} if rng.random() < 0.6 else {}
            case "return":
                told |= self._return(order)
        if kind == "refund" and rng.random() < 0.2:
            told["method"] = rng.choice(_METHODS[:3])
        if kind in ("payment", "refund") and rng.random() < 0.06:
            told["fiscaliser"] = "bank"
        return told

    def other(self, told: dict[str, Any]) -> dict[str, Any]:
        """Another content under the same id."""
        return {"id": told["id"], "type": "payment", "sum": rubles(self._rng.randrange(1, 777)), "method": "cash"}

    def scans(self, order: Order) -> list[dict[str, Any]]:
        """Some units of its marked lines are picked; one in a while is put back."""
        rng = self._rng
        lines = [line for line in order.lines if needed(line, order.open_quantity(line))]
        wanted = rng.choice((1, 2)) if lines else 0
        found: list[dict[str, Any]] = [{"code": self._code(), "item": rng.choice(lines).id} for _ in range(wanted)]
        if found and rng.random() < 0.2:
            found.append(found[0] | {"remove": True})
        return found

    def _some(self, order: Order) -> int:
        """What is due, or a part of it, or more."""
        rng = self._rng
        due = order.open_cost - order.ledger.held + order.ledger.debt
        if due <= 0:
            return rng.randrange(1, 99_999)
        return rng.choice((due, due, due, max(1, order.total), rng.randrange(1, due + 1), due + rng.randrange(1, 999)))

    def _payment(self, amount: int) -> dict[str, Any]:
        rng = self._rng
        if amount < 2 or rng.random() < 0.6:
            return {"sum": rubles(amount), "method": rng.choice(_METHODS)}
        return {"payments": self._parts(amount, _METHODS)}

    def _parts(self, amount: int, methods: tuple[str, ...]) -> list[dict[str, Any]]:
        first = self._rng.randrange(1, amount)
        both = self._rng.sample(methods, 2)
        sums = zip(both, (first, amount - first), strict=True)
        return [{"method": method, "sum": rubles(part)} for method, part in sums]

    def _delivery(self, order: Order, policy: Policy) -> dict[str, Any]:
        rng = self._rng
        right = "shipment" if policy.closing_trigger == "shipment" else "delivery"
        told: dict[str, Any] = {"type": right if rng.random() < 0.9 else "delivery"}
        lines = [line for line in order.lines if order.open_quantity(line) > 0]
        all_of_it = not lines or rng.random() < 0.4
        chosen = [(line, order.open_quantity(line)) for line in lines]
        if not all_of_it:
            chosen = [(line, self._part(left)) for line, left in rng.sample(chosen, rng.randrange(1, len(chosen) + 1))]
        items = [self._handed(order, line, quantity) for line, quantity in chosen]
        if items and not (all_of_it and not any("codes" in item for item in items)):
            told["items"] = items
        goods = tuple(Goods(one["id"], Decimal(one["quantity"]), tuple(one.get("codes", ()))) for one in items)
        try:
            cost = sum(part.cost for part in parcel(order, goods or None, policy)) - order.ledger.held
        except Rejected:
            cost = 0
        if cost > 0 and rng.random() < 0.85:
            alone = cost < 2 or rng.random() < 0.6
            of = {"method": rng.choice(_METHODS[:3]), "sum": rubles(cost)}
            told["payments"] = [of] if alone else self._parts(cost, _METHODS[:3])
        elif rng.random() < 0.1:
            told["payments"] = [{"method": rng.choice(_METHODS), "sum": rubles(rng.randrange(1, 5000))}]
        return told

    def _part(self, quantity: Decimal) -> Decimal:
        whole = quantity == quantity.to_integral_value()
        return Decimal(self._rng.randrange(1, int(quantity) + 1)) if whole else quantity

    def _handed(self, order: Order, line: Line, quantity: Decimal) -> dict[str, Any]:
        told: dict[str, Any] = {"id": line.id, "quantity": format(quantity, "f")}
        units = needed(line, quantity)
        if units and len(order.codes.get(line.id, ())) < units and self._rng.random() < 0.95:
            told["codes"] = [self._code() for _ in range(units)]
        return told

    def _return(self, order: Order) -> dict[str, Any]:
        rng = self._rng
        out = [entry for entry in order.ledger.sold if entry.quantity > 0]
        if not out or rng.random() < 0.4:
            return {}
        one = rng.choice(out)
        if one.item.code is not None:
            return {"items": [{"id": one.item.line, "quantity": "1", "codes": [one.item.code]}]}
        return {"items": [{"id": one.item.line, "quantity": format(self._part(one.quantity), "f")}]}

    def _code(self) -> str:
        """A unit of its own; rarely one that another order has taken."""
        if self._spare and self._rng.random() < 0.03:
            return self._rng.choice(self._spare)
        code = self._units.make()
        self._spare.append(code)
        return code


def policy(rng: Random) -> dict[str, str]:
    """The switches of one order: the defaults, or any."""
    if rng.random() < 0.4:
        return {}
    return {name: rng.choice(words) for name, words in _POLICIES.items()}
