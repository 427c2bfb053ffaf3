"""What holds of every order, whatever happened to it (receipt_lifecycle.md 4). AssertionError where it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from gateway.orders.ledger import Document
from gateway.orders.order import Order
from gateway.orders.picking import needed
from gateway.orders.words import REFUNDS, DocumentKind, Form
from protocols.ffd.arithmetic import line_sum
from protocols.ffd.enums import Measure, PaymentMethod, PaymentObject, Vat

EARLY = (PaymentMethod.ADVANCE, PaymentMethod.PREPAYMENT, PaymentMethod.FULL_PREPAYMENT)


def sound(document: Document) -> None:
    """Invariants 1, 2, 6 and the tables of methods, rates and objects."""
    assert document.total == sum(entry.sum for entry in document.money) + document.prepaid + document.postpaid
    assert min(document.prepaid, document.postpaid, *(entry.sum for entry in document.money), 0) == 0
    for item in document.items:
        assert item.quantity > 0
        off = abs(item.sum - line_sum(item.price, item.quantity))
        assert off <= (1 if item.measure is Measure.KILOGRAM else 0)
        early = item.method in EARLY
        assert not (early and (item.code or item.vat in (Vat.VAT22, Vat.VAT10, Vat.VAT5)))
        assert early or item.vat not in (Vat.VAT122, Vat.VAT110, Vat.VAT105)
        assert (item.method is PaymentMethod.ADVANCE) <= (item.object is PaymentObject.PAYMENT)
    if document.kind in (DocumentKind.ADVANCE, DocumentKind.PREPAYMENT, DocumentKind.REFUND_ADVANCE):
        assert document.money
        assert not document.prepaid


def sums(order: Order, documents: Sequence[Document], moved: int) -> None:
    """Invariants 3, 4, 5, 8, 11 and: the documents of `order.ledger` sum to the money that moved."""
    ledger = order.ledger
    assert sum(document.moved for document in documents) == moved
    assert 0 <= ledger.held == sum(holding.left for holding in ledger.holdings)
    for holding in ledger.holdings:
        assert holding.left == sum(held.sum for held in holding.lines) > 0
        assert all(held.sum >= 0 <= held.quantity for held in holding.lines)
    totals: Counter[DocumentKind] = Counter()
    offset = 0
    for document in documents:
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
    if order.settled:
        assert order.open_cost == 0
    assert sum(holding.kind is DocumentKind.PREPAYMENT for holding in ledger.holdings) <= 1  # invariant 5
    assert len({document.id for document in documents}) == len(documents)
    for form in Form:  # invariant 11: no form gives back more than came in it
        of_form = sum(entry.sum for entry in ledger.paid if entry.form is form)
        of_form += sum(entry.sum for holding in ledger.holdings for entry in holding.forms if entry.form is form)
        assert of_form == sum(
            (-1 if document.kind in REFUNDS else 1) * entry.sum
            for document in documents
            for entry in document.money
            if entry.form is form
        )
    assert not any(document.kind in REFUNDS and document.prepaid for document in documents)


def units(order: Order, documents: Sequence[Document], marked_lines: Collection[str]) -> None:
    """Invariants 6, 7, 10: who has which marked unit; a unit is a line of its own."""
    out: Counter[str] = Counter()
    for document in documents:
        back = document.kind is DocumentKind.REFUND_GOODS
        for item in document.items:
            marked = item.object in (PaymentObject.COMMODITY_WITH_MARKING, PaymentObject.EXCISE_WITH_MARKING)
            assert marked is (item.code is not None)
            assert marked is (item.line in marked_lines and item.method not in EARLY)
            if item.code is None or item.measure is not Measure.PIECE:
                continue
            assert item.quantity == 1
            out[item.code] += -1 if back else 1
            assert out[item.code] in (0, 1)
    sold = {
        entry.item.code
        for entry in order.ledger.sold
        if entry.item.code and entry.quantity and entry.item.measure is Measure.PIECE
    }
    assert sold == set(+out)
    waiting = [code for codes in order.codes.values() for code in codes]
    assert len(waiting) == len(set(waiting) - sold)  # a unit is picked once, and sold it is picked no more
    for line in order.lines:
        places = 0 if order.cancelled else needed(line, order.open_quantity(line))
        assert len(order.codes.get(line.id, ())) <= places
