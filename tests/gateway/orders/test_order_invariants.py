"""Random lives of an order: whatever happens, money and goods add up (receipt_lifecycle.md 4)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from order_play import Play, line, service

from gateway.orders.goods import Line
from gateway.orders.ledger import Document
from gateway.orders.order import Cancel, Delivery, Event, Goods, Invoice, Order, Paid, Payment, Refund, Return
from gateway.orders.plan import plan
from gateway.orders.words import REFUNDS, DocumentKind, Means, Rejected
from protocols.ffd.arithmetic import line_sum
from protocols.ffd.enums import PaymentMethod, PaymentObject, Vat

NAMES = ("Ботинки", "Крем", "Молоко", "Доставка")
MEANS = st.sampled_from(list(Means))
POLICIES = st.fixed_dictionaries(
    {
        "partial_policy": st.sampled_from(["advance", "prepayment"]),
        "after_change": st.sampled_from(["advance", "prepayment"]),
        "courier": st.sampled_from(["two_receipts", "single"]),
        "counter": st.sampled_from(["full", "always_advance"]),
        "refund_mirror": st.sampled_from(["mirror", "as_advance"]),
        "refund_receipts": st.sampled_from(["per_document", "one"]),
        "overpaid": st.sampled_from(["refund", "keep"]),
        "unpaid_delivery": st.sampled_from(["block", "credit"]),
        "closing_trigger": st.sampled_from(["delivery", "shipment", "payment"]),
        "delivery_line": st.sampled_from(["first_parcel", "last_parcel", "spread"]),
    }
)


@st.composite
def compositions(draw: st.DrawFn) -> tuple[Line, ...]:
    rates = st.sampled_from([Vat.VAT22, Vat.VAT10, Vat.NONE, Vat.VAT0, Vat.VAT5])
    price = st.integers(0, 99_999).map(lambda kopecks: f"{kopecks // 100}.{kopecks % 100:02}")
    whole = st.integers(1, 7).map(str)
    lines = [
        line("Ботинки", draw(price), draw(whole), vat=draw(rates)),
        line("Крем", draw(price), draw(whole), vat=draw(rates)),
        line("Молоко", draw(price), draw(st.sampled_from(["0.345", "1.5", "2.750", "10.5"])), vat=draw(rates)),
        service("Доставка", draw(price), vat=draw(rates)),
    ]
    return tuple(draw(st.lists(st.sampled_from(lines), min_size=1, unique_by=lambda one: one.id)))


@st.composite
def goods(draw: st.DrawFn) -> tuple[Goods, ...] | None:
    chosen = draw(st.none() | st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True))
    quantity = st.none() | st.sampled_from([Decimal(1), Decimal(2), Decimal("0.345")])
    return None if chosen is None else tuple(Goods(name, draw(quantity)) for name in chosen)


SUMS = st.integers(1, 300_000)
PAID = st.lists(st.builds(Paid, MEANS, SUMS), min_size=1, max_size=3).map(tuple)
STEPS = st.one_of(
    st.builds(Invoice, id=st.just(""), sum=SUMS),
    st.builds(Payment, id=st.just(""), paid=PAID),
    st.builds(Delivery, id=st.just(""), goods=goods(), paid=st.just(()) | PAID, shipped=st.booleans()),
    st.builds(Refund, id=st.just(""), sum=st.none() | SUMS, means=st.none() | MEANS),
    st.builds(Return, id=st.just(""), goods=goods(), means=st.none() | MEANS),
    st.builds(Cancel, id=st.just("")),
    st.tuples(st.just("pay what is due"), MEANS),
    st.tuples(st.just("hand over, the rest paid"), MEANS),
    compositions(),
)


def _event(step: Any, name: str, order: Order) -> Any:
    due = order.open_cost - order.ledger.held
    match step:
        case ("pay what is due", Means() as means):
            return Payment(id=name, paid=(Paid(means, max(1, due)),))
        case ("hand over, the rest paid", Means() as means):
            return Delivery(id=name, paid=(Paid(means, due),) if due > 0 else ())
        case tuple():
            return step
        case _:
            return replace(step, id=name)


@settings(max_examples=300, deadline=None)
@given(compositions(), POLICIES, st.lists(STEPS, max_size=14))
def test_money_and_goods_add_up(lines: tuple[Line, ...], policy: dict[str, str], steps: list[object]) -> None:
    play = Play(*lines, **policy)
    moved = 0
    for number, step in enumerate(steps):
        event = _event(step, f"e{number}", play.order)
        before = play.order
        if isinstance(event, tuple):
            if not before.begun and not before.cancelled:
                play.edit(*event)
            continue
        try:
            made = play.play(event)
        except Rejected:
            assert play.order == before
            continue
        assert plan(before, event, play.policy) == tuple(made)  # deterministic
        moved += _came(event, before, made)
        for document in made:
            _sound(document)
        _sums(play, moved)


def _came(event: Event, before: Order, made: list[Document]) -> int:
    """What the caller said that moved must be what the documents say."""
    said = sum(document.moved for document in made)
    match event:
        case Payment():
            assert said == sum(entry.sum for entry in event.paid)
        case Refund():
            assert said == -(before.ledger.held if event.sum is None else event.sum)
        case Cancel():
            assert said == -before.ledger.held
        case Invoice():
            assert not made
    return said


def _sound(document: Document) -> None:
    """Invariants 1, 2, 6 and the tables of methods, rates and objects."""
    assert document.total == sum(entry.sum for entry in document.money) + document.prepaid + document.postpaid
    assert min(document.prepaid, document.postpaid, *(entry.sum for entry in document.money), 0) == 0
    for item in document.items:
        assert item.quantity > 0
        assert abs(item.sum - line_sum(item.price, item.quantity)) <= 1
        if item.quantity == item.quantity.to_integral_value():
            assert item.sum == line_sum(item.price, item.quantity)
        early = item.method in (PaymentMethod.ADVANCE, PaymentMethod.PREPAYMENT, PaymentMethod.FULL_PREPAYMENT)
        assert not (early and (item.code or item.vat in (Vat.VAT22, Vat.VAT10, Vat.VAT5)))
        assert early or item.vat not in (Vat.VAT122, Vat.VAT110, Vat.VAT105)
        assert (item.method is PaymentMethod.ADVANCE) <= (item.object is PaymentObject.PAYMENT)
    if document.kind in (DocumentKind.ADVANCE, DocumentKind.PREPAYMENT, DocumentKind.REFUND_ADVANCE):
        assert document.money
        assert not document.prepaid


def _sums(play: Play, moved: int) -> None:
    """Invariants 3, 4, 8 and: the fiscal documents sum to the money that moved."""
    order, ledger = play.order, play.order.ledger
    assert sum(document.moved for document in play.documents) == moved
    assert 0 <= ledger.held == sum(holding.left for holding in ledger.holdings)
    for holding in ledger.holdings:
        assert holding.left == sum(held.sum for held in holding.lines) > 0
        assert all(held.sum >= 0 <= held.quantity for held in holding.lines)
    totals: Counter[DocumentKind] = Counter()
    offset = 0
    for document in play.documents:
        totals[document.kind] += document.total
        offset += document.prepaid
    taken = totals[DocumentKind.ADVANCE] + totals[DocumentKind.PREPAYMENT] + totals[DocumentKind.PARTIAL_PREPAYMENT]
    given = totals[DocumentKind.REFUND_ADVANCE] + totals[DocumentKind.REFUND_PREPAYMENT]
    assert ledger.held == taken - given - offset
    handed = totals[DocumentKind.FULL] + totals[DocumentKind.CLOSING]
    assert handed == sum(part.cost for part in ledger.settled.values()) == order.total - order.open_cost
    assert sum(entry.sum for entry in ledger.sold) == handed - totals[DocumentKind.REFUND_GOODS]
    assert all(entry.sum >= 0 <= entry.quantity for entry in ledger.sold)
    assert sum(entry.sum for entry in ledger.paid) + ledger.debt == handed - totals[DocumentKind.REFUND_GOODS]
    assert ledger.debt >= 0
    assert not any(document.kind in REFUNDS and document.prepaid for document in play.documents)
