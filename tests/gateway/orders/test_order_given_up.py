"""What giving up an event's documents does to what the event had changed (docs/orders.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_keeper import NOW, Keeper, card
from order_play import line, rub, service

from gateway.orders.book import Book, folded
from gateway.orders.goods import Line
from gateway.orders.log import Entry, GivenUp, Happened, Replanned, Scanned, from_json
from gateway.orders.order import Cancel, Delivery, Event, Goods, Invoice, Paid, Payment, Refund, Return
from gateway.orders.words import Means, OrderState, Rejected

BOOTS = line("Ботинки", "4700.00")
LINES = (BOOTS, service("Доставка", "300.00"))
PAIRS = (line("Ботинки", "2000.00", "2", marked=True),)
CODES = tuple(f"0104600439931256215Qbag{index}\x1d93dGVz" for index in range(4))


def door(name: str, amount: str) -> Delivery:
    return Delivery(id=name, paid=(Paid(Means.CASH, rub(amount)),))


def test_a_cancellation_is_taken_back_and_the_order_is_open_with_its_money() -> None:
    kept = Keeper(*LINES)
    kept.happens(card("e1", "1000"))
    kept.registers()
    kept.happens(Cancel(id="e2"))
    kept.happens(Cancel(id="e3"))  # the same said twice
    kept.gives_up()
    assert (kept.book.state, kept.book.order.cancelled) == (OrderState.HELD, False)
    assert kept.book.order.ledger.held == kept.book.ledger.held == rub("1000")
    assert [(event, why.detail) for event, why in kept.book.refused.items()] == [
        ("e2", "given up: the order is not cancelled, 1000.00 counts as held still")
    ]
    assert kept.happens(door("e4", "4000")) == [
        "advance 4000.00: cash 4000.00",
        "closing 5000.00: prepaid 5000.00",
    ]


def test_a_cancellation_of_the_rest_is_taken_back_with_its_lines() -> None:
    kept = Keeper(*LINES)
    kept.happens(card("e1", "5000"))
    kept.happens(Delivery(id="e2", goods=(Goods("Доставка", Decimal(1)),)))
    kept.registers(2)
    assert kept.happens(Cancel(id="e3")) == ["refund_prepayment 4700.00: electronic 4700.00"]
    assert kept.book.order.settled
    kept.gives_up()
    assert (kept.book.order.lines, kept.book.state) == (LINES, OrderState.PART_SETTLED)
    assert kept.happens(Delivery(id="e4")) == ["closing 4700.00: prepaid 4700.00"]


def test_a_cancellation_of_which_a_part_was_refunded_holds_the_rest() -> None:
    kept = Keeper(*LINES)
    for name, amount in (("e1", "1000"), ("e2", "500")):
        kept.happens(card(name, amount))
        kept.registers()
    kept.happens(Cancel(id="e3"))
    kept.registers()
    kept.gives_up()
    assert (kept.book.state, kept.book.ledger.held) == (OrderState.HELD, rub("1000"))
    kept.happens(Cancel(id="e4"))
    kept.registers()
    assert (kept.book.state, kept.book.ledger.held) == (OrderState.CANCELLED, 0)


def test_a_payment_was_not_received_its_invoice_is_open_and_the_change_before_it_counts() -> None:
    kept = Keeper(*LINES)
    kept.happens(Invoice(id="i1", sum=rub("5000")))
    kept.put(*LINES, line("Крем", "1200.00"))
    kept.happens(Invoice(id="i2", sum=rub("6200")))
    kept.happens(card("e1", "6200"))
    kept.gives_up()
    assert (kept.book.order.invoices, kept.book.order.changed) == ((rub("6200"),), True)
    assert kept.happens(card("e2", "6200")) == ["advance 6200.00: electronic 6200.00"]


def test_of_a_delivery_the_advance_that_is_registered_stays_and_the_goods_do_not_go() -> None:
    kept = Keeper(*LINES)
    kept.happens(Invoice(id="i1", sum=rub("4000")))
    kept.happens(card("e1", "1000"))
    kept.registers()
    kept.happens(door("e2", "4000"))
    kept.registers()
    kept.gives_up()
    assert (kept.book.state, kept.book.ledger.held) == (OrderState.HELD, rub("5000"))
    assert kept.book.order.invoices == ()
    assert kept.happens(Delivery(id="e3")) == ["closing 5000.00: prepaid 5000.00"]


def test_units_of_a_delivery_are_picked_still_and_those_scanned_since_too() -> None:
    kept = Keeper(*PAIRS)
    kept.happens(card("e1", "4000"))
    kept.registers()
    for code in CODES[:2]:
        kept.add(Scanned(at=NOW, line="Ботинки", code=code))
    kept.happens(Delivery(id="e2", goods=(Goods("Ботинки", Decimal(1)),)))
    assert kept.book.order.codes == {"Ботинки": CODES[1:2]}
    kept.add(Scanned(at=NOW, line="Ботинки", code=CODES[2]))
    kept.add(Scanned(at=NOW, line="Ботинки", code=CODES[1], taken=True))
    kept.gives_up()
    assert kept.book.order.codes == {"Ботинки": (CODES[0], CODES[2])}
    assert kept.book.order.open_quantity(PAIRS[0]) == 2


def test_a_refund_was_not_paid_out() -> None:
    kept = Keeper(*LINES)
    kept.happens(card("e1", "1000"))
    kept.registers()
    kept.happens(Refund(id="e2", sum=rub("400")))
    kept.gives_up()
    assert kept.book.order.ledger.held == kept.book.ledger.held == rub("1000")
    assert kept.happens(Refund(id="e3")) == ["refund_advance 1000.00: electronic 1000.00"]


def test_goods_of_a_return_are_with_the_buyer() -> None:
    kept = Keeper(*LINES)
    kept.happens(door("e1", "5000"))
    kept.registers()
    kept.happens(Return(id="e2"))
    kept.gives_up()
    assert kept.book.state is OrderState.SETTLED
    assert kept.happens(Return(id="e3")) == ["refund_goods 5000.00: cash 5000.00"]


def test_a_later_event_without_documents_is_judged_anew_too() -> None:
    """The goods of a digital order were handed over by the payment; without it nothing was."""
    kept = Keeper(*LINES, closing_trigger="payment")
    kept.happens(card("e1", "5000"))
    assert kept.happens(Delivery(id="e2")) == []
    kept.gives_up()
    assert kept.book.refused["e2"].detail.startswith("delivery_unpaid")
    assert kept.book.state is OrderState.NEW


def test_documents_are_listed_as_they_will_be_registered() -> None:
    """The prepayment becomes an advance of another id, the documents after it keep theirs."""
    kept = Keeper(*LINES)
    kept.happens(card("e1", "1000"))
    kept.happens(card("e2", "5000"))
    kept.happens(Refund(id="e3", sum=rub("500")))
    kept.gives_up()
    made = list(kept.book.documents.values())
    assert [one.document.id for one in made[-2:]] == [one.left[0].id for one in kept.book.pending]
    assert [one.document.event for one in made] == ["e1", "e2", "e2", "e3"]


def test_what_is_planned_anew_can_be_given_up_in_its_turn() -> None:
    kept = Keeper(*LINES)
    kept.happens(card("e1", "1000"))
    kept.put(*LINES, line("Крем", "1200.00"))
    kept.happens(card("e2", "5200"))
    kept.gives_up()
    assert kept.planned() == ["advance 5200.00: electronic 5200.00"]
    kept.gives_up()
    assert (kept.book.order.ledger.held, kept.book.pending) == (0, ())
    assert [one.id for one in kept.book.order.lines] == ["Ботинки", "Доставка", "Крем"]


STEPS: list[Callable[[str], Event | tuple[Line, ...]]] = [
    lambda name: Invoice(id=name, sum=rub("5000")),
    lambda name: card(name, "1000"),
    lambda name: card(name, "4000"),
    lambda name: Delivery(id=name),
    lambda name: Delivery(id=name, goods=(Goods("Доставка", Decimal(1)),)),
    lambda name: door(name, "4000"),
    lambda name: Refund(id=name),
    lambda name: Return(id=name),
    lambda name: Cancel(id=name),
    lambda name: (*LINES, line(f"Крем {name}", "100.00")),
    lambda name: LINES,
]


def lived(kept: Keeper, steps: list[int], prefix: str) -> None:
    for place, step in enumerate(steps):
        said = STEPS[step](f"{prefix}{place}")
        try:
            kept.put(*said) if isinstance(said, tuple) else kept.happens(said)
        except Rejected:
            continue


def as_if_untold(entries: list[Entry], given_up: str) -> Book:
    """The oracle: the log without the event and without what it made impossible, the others as planned anew."""
    last = entries[-1]
    assert isinstance(last, GivenUp)
    anew = {one.event: one for one in last.replanned}
    told: list[Entry] = []
    for entry in entries[:-2]:  # the failure and the giving up
        if isinstance(entry, Happened) and entry.documents and entry.event.id == given_up:
            continue
        if isinstance(entry, Happened):
            one = anew.get(entry.event.id, Replanned(event=""))
            if one.refused is not None:
                continue
            entry = replace(entry, documents=one.documents)
        told.append(entry)
    return folded("1001", told)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(range(len(STEPS))), min_size=1, max_size=8), st.sampled_from(["two_receipts", "single"])
)
def test_an_event_that_is_given_up_whole_reads_as_if_it_had_not_been_told(steps: list[int], courier: str) -> None:
    kept = Keeper(*LINES, courier=courier)
    lived(kept, steps, "e")
    if kept.book.head is None:
        return
    given_up = kept.book.pending[0].event
    said = [from_json(text) for text in kept.kept]
    cancels = [one for one in said if isinstance(one, Happened) and isinstance(one.event, Cancel)]
    if isinstance(given_up, Cancel) and len(cancels) > 1:
        return  # a repetition goes with it, as told above
    kept.gives_up()
    entries = [from_json(text) for text in kept.kept]
    assert kept.book.order == as_if_untold(entries, given_up.id).order


def test_the_steps_reach_every_kind_of_event() -> None:
    assert {type(step("e")) for step in STEPS} == {Invoice, Payment, Delivery, Refund, Return, Cancel, tuple}


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_book_that_moved_on_leaves_the_one_before_as_it_was(count: int) -> None:
    kept = Keeper(*LINES)
    kept.happens(card("e0", "1000"))
    before = kept.book
    seen = (dict(before.documents), dict(before.events), before.pending, before.order)
    after = before.copy()
    for place in range(count):
        kept.happens(card(f"p{place}", "1"))
    for text in kept.kept[2:]:
        after.apply(from_json(text))
    assert (dict(before.documents), dict(before.events), before.pending, before.order) == seen
    assert after == kept.book
    assert len(after.documents) == count + 1


def test_what_is_said_of_an_event_given_up_is_so() -> None:
    kept = Keeper(*LINES)
    kept.happens(card("e1", "1000"))
    kept.registers()
    kept.happens(door("e2", "4000"))
    kept.registers()
    kept.gives_up()
    said = kept.book.refused["e2"]
    assert said.detail == "given up: the goods count as not handed over; registered, and stays: advance 4000.00"
    assert said.hint.startswith("Отменено вручную: товар не выдан. Чеки, которые уже пробиты, остаются: advance 4000")
    kept.happens(Delivery(id="e3"))
    kept.happens(Return(id="e4"))
    kept.gives_up()
    assert kept.book.refused["e3"].detail == "given up: the goods count as not handed over"
    assert kept.book.refused["e4"].detail.startswith("nothing_to_return: ")
    assert kept.book.refused["e4"].hint.startswith("По заказу нет выданных товаров.")
    kept.happens(Cancel(id="e5"))
    kept.registers()
    kept.gives_up()
    assert kept.book.refused["e5"].detail == (
        "given up: the order is not cancelled, 1000.00 counts as held still; "
        "registered, and stays: refund_advance 4000.00"
    )


def test_money_and_goods_given_up_are_told_by_their_sums() -> None:
    kept = Keeper(*LINES, courier="single")
    kept.happens(card("e1", "1000"))
    kept.registers()
    kept.happens(door("e2", "4000"))
    kept.gives_up()
    assert kept.book.refused["e2"].detail == (
        "given up: the goods count as not handed over, 4000.00 counts as not received"
    )
    kept.happens(door("e3", "4000"))
    kept.registers()
    kept.happens(Return(id="e4"))
    kept.gives_up()
    assert kept.book.refused["e4"].detail == "given up: goods for 5000.00 count as with the buyer"


def test_an_earlier_builds_log_has_no_hint() -> None:
    kept = Keeper(*LINES)
    kept.happens(card("e1", "5000"))
    kept.happens(Delivery(id="e2"))
    kept.gives_up()
    old = json.loads(kept.kept[-1])
    for one in old["replanned"]:
        one.pop("hint", None)
    kept.kept[-1] = json.dumps(old)
    assert kept.book.refused["e2"].detail.startswith("delivery_unpaid: ")
    assert "новый id" in kept.book.refused["e2"].hint
