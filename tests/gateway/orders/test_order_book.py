"""One order's log, folded: what is intended and what is true, and what giving a document up does to the rest."""

from __future__ import annotations

import pytest
from order_keeper import NOW, Keeper, card
from order_play import line, rub, service, told

from gateway.orders.book import DocumentState
from gateway.orders.log import Put, Registered, Scanned
from gateway.orders.order import Delivery, Paid
from gateway.orders.policy import Policy
from gateway.orders.words import Means, OrderState, OrderType

LINES = (line("Ботинки", "4700.00"), service("Доставка", "300.00"))


def test_a_second_payment_is_planned_on_what_is_intended() -> None:
    kept = Keeper(*LINES)
    assert kept.happens(card("e1", "5000")) == ["prepayment 5000.00: electronic 5000.00"]
    assert kept.happens(card("e2", "5000")) == ["advance 5000.00: electronic 5000.00"]
    assert (kept.book.ledger.held, kept.book.order.ledger.held) == (0, rub("10000"))
    assert kept.book.state is OrderState.NEW


def test_the_ledger_moves_with_each_registered_document() -> None:
    kept = Keeper(*LINES)
    kept.happens(card("e1", "1000"))
    kept.happens(Delivery(id="e2", paid=(Paid(Means.CASH, rub("4000")),)))
    states = []
    while kept.book.head is not None:
        kept.registers()
        states.append((kept.book.ledger.held, kept.book.state))
    assert states == [
        (rub("1000"), OrderState.HELD),
        (rub("5000"), OrderState.HELD),
        (0, OrderState.SETTLED),
    ]
    assert kept.book.ledger == kept.book.order.ledger
    assert {made.state for made in kept.book.documents.values()} == {DocumentState.DONE}


def test_only_the_next_document_can_be_registered() -> None:
    kept = Keeper(*LINES)
    kept.happens(Delivery(id="e1", paid=(Paid(Means.CARD, rub("1000")), Paid(Means.CREDIT, rub("4000")))))
    _, closing = kept.book.documents
    kept.add(Registered(at=NOW, document=closing, fiscal={}))
    with pytest.raises(ValueError, match="not the next document"):
        _ = kept.book


def test_a_document_given_up_takes_its_event_with_it_and_later_ones_are_planned_anew() -> None:
    kept = Keeper(*LINES)
    kept.happens(card("e1", "1000"))
    kept.happens(card("e2", "4000"))
    kept.happens(Delivery(id="e3"))
    kept.gives_up()
    book = kept.book
    planned = [told(made.document) for made in book.documents.values() if made.state is DocumentState.PLANNED]
    assert planned == ["advance 4000.00: electronic 4000.00"]
    assert set(book.refused) == {"e1", "e3"}
    assert book.refused["e3"].detail.startswith("delivery_unpaid")
    kept.registers()
    assert kept.book.ledger == kept.book.order.ledger
    assert kept.book.ledger.held == rub("4000")


def test_the_rest_of_the_event_is_dropped_with_its_document() -> None:
    kept = Keeper(*LINES)
    kept.happens(Delivery(id="e1", paid=(Paid(Means.CASH, rub("1000")), Paid(Means.CREDIT, rub("4000")))))
    kept.gives_up()
    assert {made.state for made in kept.book.documents.values()} == {DocumentState.CANCELLED}
    assert kept.book.head is None
    assert kept.book.state is OrderState.NEW


def test_an_edit_that_changes_nothing_is_none() -> None:
    kept = Keeper(*LINES)
    put = Put(at=NOW, type=OrderType.GOODS, lines=LINES, remote=False, common='{"a":1}', policy=Policy())
    kept.add(put)
    assert (kept.book.version, kept.book.common) == (1, '{"a":1}')
    assert kept.happens(card("e1", "5000")) == ["prepayment 5000.00: electronic 5000.00"]


def test_scanned_units_are_kept_by_line() -> None:
    kept = Keeper(line("Ботинки", "1999.00", "2", marked=True))
    kept.add(Scanned(at=NOW, line="Ботинки", code="one"))
    kept.add(Scanned(at=NOW, line="Ботинки", code="two"))
    kept.add(Scanned(at=NOW, line="Ботинки", code="one", taken=True))
    assert kept.book.order.codes == {"Ботинки": ("two",)}


def test_an_accepted_put_is_not_judged_again() -> None:
    """What a later version of the rules forbids may stand in an old log."""
    kept = Keeper(*LINES)
    kept.happens(Delivery(id="e1", paid=(Paid(Means.CARD, rub("5000")),)))
    kept.registers()
    kept.add(Put(at=NOW, type=OrderType.GOODS, lines=LINES[:1], remote=False, common="{}", policy=Policy()))
    assert kept.book.order.lines == LINES[:1]
