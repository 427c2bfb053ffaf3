"""A log of an order that is kept as text, and folded anew for every question."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from order_play import rub, told

from gateway.orders.book import Book, DocumentState, folded
from gateway.orders.goods import Line
from gateway.orders.log import Entry, Failed, GivenUp, Happened, Put, Registered, from_json, to_json
from gateway.orders.order import Event, Paid, Payment
from gateway.orders.plan import plan
from gateway.orders.policy import Policy
from gateway.orders.words import Means, OrderType

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Keeper:
    def __init__(self, *lines: Line, **policy: Any) -> None:
        self.kept: list[str] = []
        self.policy = Policy(**policy)
        self.put(*lines)

    def put(self, *lines: Line) -> None:
        self.add(Put(at=NOW, type=OrderType.GOODS, lines=lines, remote=False, common="{}", policy=self.policy))

    def add(self, entry: Entry) -> None:
        self.kept.append(to_json(entry))

    @property
    def book(self) -> Book:
        return folded("1001", map(from_json, self.kept))

    def happens(self, event: Event) -> list[str]:
        book = self.book
        documents = plan(book.order, event, book.policy)
        self.add(Happened(at=NOW, event=event, digest=event.id, documents=documents))
        return [told(document) for document in documents]

    def registers(self, count: int = 1) -> None:
        for _ in range(count):
            head = self.book.head
            assert head is not None
            self.add(Registered(at=NOW, document=head.document.id, fiscal={"document": 1}))

    def gives_up(self) -> GivenUp:
        book = self.book
        assert book.head is not None
        name = book.head.document.id
        self.add(Failed(at=NOW, document=name, code="rejected", detail="the register says no"))
        entry = GivenUp(at=NOW, document=name, replanned=self.book.replanned(name))
        self.add(entry)
        return entry

    def planned(self) -> list[str]:
        """Documents that are still to come."""
        made = self.book.documents.values()
        return [told(one.document) for one in made if one.state is DocumentState.PLANNED]


def card(name: str, amount: str) -> Payment:
    return Payment(id=name, paid=(Paid(Means.CARD, rub(amount)),))
