"""What deciding an order's receipts costs: 10 000 events of one order replayed, and the plan of an order of 100 lines.

Run: `.venv/bin/python bench/orders.py [--json]`. The life: money in two forms, a parcel, one of its units back, an
edit, part of the money back, round and round. `planned` decides every event anew, `replayed` reads the log that was
kept (JSON lines, with the documents' registrations) into a book. Beside them in the same run: the same lines read by
plain `json.loads`, and for the plan a bare loop that only prices the lines (Decimal times kopecks, split in two).
`taken_in` is what one more event costs an order in memory before it goes to disk (a book of its own, moved by the
event's entry, and the row of its columns), at the end of that life and, beside it, near its beginning.
Nothing here waits, so the figures are processor time: a busy machine does not change them much.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from gateway.journal.order_check import row_of
from gateway.orders.book import Book
from gateway.orders.goods import Line, discounted
from gateway.orders.log import Entry, Happened, Put, Registered, from_json, to_json
from gateway.orders.order import Delivery, Event, Goods, Order, Paid, Payment, Refund, Return
from gateway.orders.plan import edited, happened, plan
from gateway.orders.policy import Policy
from gateway.orders.words import Means, OrderType
from protocols.ffd.arithmetic import line_sum, rubles
from protocols.ffd.enums import PaymentObject, Vat

EVENTS = 10_000
LINES = 100
ROUNDS = 3
PLANS = 50
#: Entries of the young book.
YOUNG = 100
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RATES = (Vat.VAT22, Vat.VAT10, Vat.NONE)


def composition(quantity: int, discount: int) -> tuple[Line, ...]:
    lines = tuple(
        Line(
            id=f"l{index}",
            name=f"Товар {index}",
            quantity=Decimal(quantity),
            price=10_000 + 37 * index,
            cost=quantity * (10_000 + 37 * index),
            vat=RATES[index % 3],
            object=PaymentObject.COMMODITY,
        )
        for index in range(LINES)
    )
    return discounted(lines, discount)


def life(order: Order) -> list[Event | tuple[Line, ...]]:
    """`EVENTS` things that happen to an order: events, and compositions of edits."""
    steps: list[Event | tuple[Line, ...]] = []
    lines = order.lines
    for turn in range(EVENTS // 6 + 1):
        index = turn % LINES
        name = lines[index].id
        price = lines[index].price
        steps.append(Payment(id=f"p{turn}", paid=(Paid(Means.CASH, price), Paid(Means.CARD, price))))
        steps.append(Delivery(id=f"d{turn}", goods=(Goods(name, Decimal(2)),)))
        steps.append(Return(id=f"r{turn}", goods=(Goods(name, Decimal(1)),)))
        dearer = replace(lines[index], cost=lines[index].cost + 1)
        lines = (*lines[:index], dearer, *lines[index + 1 :])
        steps.append(lines)
        steps.append(Payment(id=f"q{turn}", paid=(Paid(Means.SBP, 5_000),)))
        steps.append(Refund(id=f"b{turn}", sum=4_999))
    return steps[:EVENTS]


def planned(order: Order, steps: list[Event | tuple[Line, ...]], policy: Policy) -> list[Entry]:
    """Decide everything; the entries of its log."""
    log: list[Entry] = []
    for step in steps:
        if isinstance(step, tuple):
            order = edited(order, replace(order, lines=step))
            log.append(put_of(order, policy))
            continue
        documents = plan(order, step, policy)
        order = happened(order, step, documents)
        log.append(Happened(at=NOW, event=step, digest="", documents=documents))
        log += [Registered(at=NOW, document=document.id, fiscal={"document": 1}) for document in documents]
    return log


def put_of(order: Order, policy: Policy) -> Put:
    return Put(at=NOW, type=OrderType.GOODS, lines=order.lines, remote=False, common="{}", policy=policy)


def replayed(log: list[str]) -> Book:
    book = Book(order=Order(number="1"))
    for entry in log:
        book.apply(from_json(entry))
    return book


def moved(book: Book, entry: Entry) -> None:
    after = book.copy()
    after.apply(entry)
    row_of(after, entry)


def priced(lines: tuple[Line, ...]) -> int:
    """The reference: every line's sum and its pieces, and nothing else."""
    whole = 0
    for line in lines:
        low, dear = divmod(line.cost, int(line.quantity))
        whole += line_sum(low, line.quantity - dear) + line_sum(low + 1, Decimal(dear))
        whole += len(rubles(line.cost))
    return whole


def taken(job: Callable[[], object], times: int = 1) -> float:
    start = process_time()
    for _ in range(times):
        job()
    return (process_time() - start) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    policy = Policy()
    order = Order(number="1", lines=composition(1_000_000, 0))
    steps = life(order)
    log = [to_json(entry) for entry in [put_of(order, policy), *planned(order, steps, policy)]]
    book = replayed(log)
    if book.ledger != book.order.ledger or len(book.documents) < EVENTS // 2:
        sys.exit("the replay is not what was planned; nothing to measure")

    young = replayed(log[:YOUNG])
    payment = Payment(id="last", paid=(Paid(Means.CASH, 100),))
    last = {
        name: Happened(at=NOW, event=payment, digest="", documents=plan(one.order, payment, policy))
        for name, one in (("young", young), ("old", book))
    }

    whole = Order(number="2", lines=composition(7, 123_457))
    cash = Payment(id="e1", paid=(Paid(Means.CASH, whole.total),))
    advance = Payment(id="e1", paid=(Paid(Means.CASH, whole.total - 1),))
    paid = happened(whole, cash, plan(whole, cash, policy))
    jobs: dict[str, tuple[Callable[[], object], int]] = {
        "planned_s": (lambda: planned(order, steps, policy), 1),
        "replayed_s": (lambda: replayed(log), 1),
        "json_s": (lambda: [json.loads(entry) for entry in log], 1),
        "prepayment_ms": (lambda: plan(whole, cash, policy), PLANS),
        "advance_ms": (lambda: plan(whole, advance, policy), PLANS),
        "closing_ms": (lambda: plan(paid, Delivery(id="e2"), policy), PLANS),
        "cancel_ms": (lambda: plan(paid, Refund(id="e2"), policy), PLANS),
        "taken_in_ms": (lambda: moved(book, last["old"]), PLANS),
        "taken_in_young_ms": (lambda: moved(young, last["young"]), PLANS),
        "priced_ms": (lambda: priced(whole.lines), PLANS),
    }
    rounds = [{name: taken(job, times) for name, (job, times) in jobs.items()} for _ in range(ROUNDS)]
    figures = {name: median(one[name] for one in rounds) * (1000 if name.endswith("ms") else 1) for name in jobs}
    ratios = {
        "replayed_to_json": figures["replayed_s"] / figures["json_s"],
        "closing_to_priced": figures["closing_ms"] / figures["priced_ms"],
        "taken_in_to_young": figures["taken_in_ms"] / figures["taken_in_young_ms"],
    }
    if options.json:
        print(json.dumps({name: round(value, 4) for name, value in (figures | ratios).items()}))
        return
    print(f"{EVENTS} events of one order: {figures['planned_s']:.2f} s to decide")
    print(
        f"its log of {len(log)} entries: {figures['replayed_s']:.2f} s to replay"
        f"   json.loads {figures['json_s']:.2f} s   ratio {ratios['replayed_to_json']:.1f}"
    )
    print(
        f"one more event of an order of {book.entries} entries: {figures['taken_in_ms']:.3f} ms"
        f"   of {young.entries} entries {figures['taken_in_young_ms']:.3f} ms   ratio {ratios['taken_in_to_young']:.1f}"
    )
    for name in ("prepayment", "advance", "closing", "cancel"):
        milliseconds = figures[f"{name}_ms"]
        print(
            f"{name} of {LINES} lines: {milliseconds:.2f} ms"
            f"   priced only {figures['priced_ms']:.2f} ms   ratio {milliseconds / figures['priced_ms']:.1f}"
        )


if __name__ == "__main__":
    main()
