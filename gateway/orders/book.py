"""One order's log, folded: what is intended, what is true, and which document is next.

`Book.order.ledger` counts documents still on their way; `Book.ledger` counts registered ones only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from gateway.orders.grown import Grown
from gateway.orders.ledger import Document, Ledger
from gateway.orders.log import (
    Doubted,
    Entry,
    Failed,
    GivenUp,
    Happened,
    Put,
    Registered,
    Replanned,
    Retried,
    Scanned,
)
from gateway.orders.order import Cancel, Delivery, Event, Order
from gateway.orders.picking import unit_of
from gateway.orders.plan import happened, plan, put
from gateway.orders.policy import Policy
from gateway.orders.undone import Refusal, impossible, undone
from gateway.orders.words import OrderState, Rejected


class DocumentState(StrEnum):
    """A document in its order. Between `planned` and the others its job has states of its own."""

    PLANNED = "planned"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A document and what became of it."""

    document: Document
    planned_at: datetime
    state: DocumentState = DocumentState.PLANNED
    fiscal: Mapping[str, Any] | None = None
    error: Failed | None = None


class Accepted(NamedTuple):
    """An event that makes no document."""

    event: Event
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An event of which documents are still to come."""

    event: Event
    before: Order  # the order that it found
    at: datetime
    left: tuple[Document, ...]
    done: tuple[Document, ...] = ()
    then: tuple[Put | Scanned | Accepted, ...] = ()  # what followed, up to the next event with documents


@dataclass(slots=True, kw_only=True)
class Book:
    """An order and its documents; `apply` moves it by one entry of its log."""

    order: Order
    ledger: Ledger = field(default_factory=Ledger)
    policy: Policy = field(default_factory=Policy)
    common: str = "{}"
    version: int = 0  # of the composition: PUTs that changed something
    entries: int = 0
    events: Grown[str, str] = field(default_factory=Grown)  # id -> digest
    documents: Grown[str, Made] = field(default_factory=Grown)
    pending: tuple[Pending, ...] = ()
    refused: Grown[str, Refusal] = field(default_factory=Grown)  # accepted events that can make nothing any more
    given_up_at: datetime | None = None  # when that was, until the next event
    doubted: Doubted | None = None  # until the caller speaks of the order again
    moved_at: datetime | None = None  # when money or goods moved last
    left_over_at: datetime | None = None  # when a picked unit lost its place last

    @property
    def head(self) -> Made | None:
        """The document that is to be registered next."""
        return self.documents[self.pending[0].left[0].id] if self.pending else None

    @property
    def state(self) -> OrderState:
        """What the registered documents have made of the order."""
        return replace(self.order, ledger=self.ledger, cancelled=self.order.cancelled and not self.pending).state

    def copy(self) -> Book:
        """One that can be moved without moving this one; both share what they hold."""
        return replace(self)

    def order_of(self, put: Put) -> Order:
        """The order with what a PUT says of it."""
        return _said(self.order, put)

    def says(self, put: Put) -> bool:
        """Whether the order is exactly what a PUT says: who repeats one after a time-out has an older version."""
        said, known = (self.order_of(put), put.common, put.policy), (self.order, self.common, self.policy)
        return self.version > 0 and said == known

    def differs(self, put: Put) -> bool:
        """Whether a PUT says anything that is not so already; of an order in doubt it always does."""
        return self.doubted is not None or not self.says(put)

    def apply(self, entry: Entry) -> None:
        """Move by one entry. ValueError when it cannot follow (the log is damaged)."""
        self.entries += 1
        if isinstance(entry, Put | Happened | Scanned):
            self.doubted = None
        left_over = self.order.put_back
        match entry:
            case Put():
                self._put(entry)
            case Happened():
                self._happened(entry)
            case Scanned():
                self.order = scanned(self.order, entry)
                self._followed(entry)
            case Registered():
                self._registered(entry)
            case Failed():
                self._became(replace(self._next(entry.document), state=DocumentState.FAILED, error=entry))
            case Retried():
                self._became(replace(self._next(entry.document), state=DocumentState.PLANNED, error=None))
            case GivenUp():
                self._given_up(entry)
            case Doubted():
                self.doubted = entry
        if not set(self.order.put_back) <= set(left_over):
            self.left_over_at = entry.at

    def replanned(self, document: str) -> tuple[Replanned, ...]:
        """What the later events make when `document`, which is next, is given up."""
        self._next(document)
        found = []

        def decided(order: Order, event: Event) -> Replanned:
            one = self._planned(order, event)
            if one.documents or one.refused is not None:
                found.append(one)
            return one

        self._anew(decided)
        return tuple(found)

    def without_next(self) -> Order:
        """The order as it would be with its next document given up."""
        return self._anew(self._planned)[0]

    def _planned(self, order: Order, event: Event) -> Replanned:
        try:
            return Replanned(event=event.id, documents=plan(order, event, self.policy))
        except Rejected as refused:
            return Replanned(event=event.id, refused=f"{refused.code}: {refused.detail}", hint=refused.hint)

    def _put(self, entry: Put) -> None:
        other = self.order_of(entry)
        if not self.version or replace(other, taxation=self.order.taxation) != self.order:
            self.version += 1
        self.order = put(self.order, other)
        self.policy, self.common = entry.policy, entry.common
        self._followed(entry)

    def _happened(self, entry: Happened) -> None:
        self.events = self.events.also({entry.event.id: entry.digest})
        self.given_up_at = None
        if entry.documents:
            waiting = Pending(event=entry.event, before=self.order, at=entry.at, left=entry.documents)
            self.pending = (*self.pending, waiting)
        elif not self.order.cancelled:  # another word for a cancellation goes with it when that is given up
            self._followed(Accepted(entry.event, entry.at))
        self._made(entry.documents, entry.at)
        self.order = happened(self.order, entry.event, entry.documents)

    def _followed(self, said: Put | Scanned | Accepted) -> None:
        self.pending = _then(self.pending, said)

    def _made(self, documents: Iterable[Document], at: datetime) -> None:
        made = (Made(document=document, planned_at=at) for document in documents)
        self.documents = self.documents.also({one.document.id: one for one in made})

    def _became(self, *made: Made) -> None:
        self.documents = self.documents.also({one.document.id: one for one in made})

    def _registered(self, entry: Registered) -> None:
        made = self._next(entry.document)
        self._became(replace(made, state=DocumentState.DONE, fiscal=entry.fiscal, error=None))
        self.ledger = self.ledger.after(made.document)
        self.moved_at = entry.at
        first, *later = self.pending
        left = replace(first, left=first.left[1:], done=(*first.done, made.document))
        self.pending = (left, *later) if left.left else tuple(later)

    def _given_up(self, entry: GivenUp) -> None:
        self._next(entry.document)
        given_up = self.pending[0]
        every = (self.documents[document.id] for waiting in self.pending for document in waiting.left)
        self._became(*(replace(made, state=DocumentState.CANCELLED) for made in every))
        anew = {one.event: one for one in entry.replanned}
        why = undone(given_up.event, given_up.left, given_up.done)
        refused = {one.event: impossible(one.refused, one.hint) for one in entry.replanned if one.refused is not None}
        self.refused = self.refused.also({given_up.event.id: why, **refused})
        self.given_up_at = entry.at
        self.order, self.pending = self._anew(lambda _, event: anew.get(event.id) or Replanned(event=event.id))
        anew_made = {document.id for waiting in self.pending for document in waiting.left}
        self.documents = Grown({name: made for name, made in self.documents.items() if name not in anew_made})
        for waiting in self.pending:  # in the order in which they will be registered, whatever stood there before
            self._made(waiting.left, waiting.at)

    def _anew(self, decided: Callable[[Order, Event], Replanned]) -> tuple[Order, tuple[Pending, ...]]:
        """What the order is, and waits for, when the next document's event has done only what of it is registered.

        Everything that was said after it is said again; `decided` tells what an event makes of the order it finds.
        """
        order = _kept(self.pending[0], self.ledger)
        pending: tuple[Pending, ...] = ()
        for said in _since(self.pending):
            match said:
                case Put():
                    order = put(order, _said(order, said))
                    pending = _then(pending, said)
                case Scanned():
                    order = scanned(order, said)
                    pending = _then(pending, said)
                case _:
                    one = decided(order, said.event)
                    if one.refused is not None:
                        continue
                    if one.documents:
                        waiting = Pending(event=said.event, before=order, at=said.at, left=one.documents)
                        pending = (*pending, waiting)
                    else:
                        pending = _then(pending, Accepted(said.event, said.at))
                    order = happened(order, said.event, one.documents)
        return order, pending

    def _next(self, document: str) -> Made:
        made = self.head
        if made is None or made.document.id != document:
            raise ValueError(f"{document} is not the next document of order {self.order.number}")
        return made


def _said(order: Order, put: Put) -> Order:
    return replace(order, type=put.type, lines=put.lines, remote=put.remote, taxation=put.taxation)


def scanned(order: Order, entry: Scanned) -> Order:
    codes = dict(order.codes)
    kept = tuple(code for code in codes.pop(entry.line, ()) if code != entry.code)
    codes[entry.line] = kept if entry.taken else (*kept, entry.code)
    put_back = tuple(one for one in order.put_back if one.unit != unit_of(entry.code))
    return replace(order, codes={line: found for line, found in codes.items() if found}, put_back=put_back)


def _then(pending: tuple[Pending, ...], said: Put | Scanned | Accepted) -> tuple[Pending, ...]:
    if not pending:
        return pending
    *earlier, last = pending
    return (*earlier, replace(last, then=(*last.then, said)))


def _since(pending: Sequence[Pending]) -> Iterator[Put | Scanned | Accepted | Pending]:
    """What was said after the first of these, in its order."""
    for place, waiting in enumerate(pending):
        if place:
            yield waiting
        yield from waiting.then


def _kept(given_up: Pending, ledger: Ledger) -> Order:
    """The order with what is registered of an event, and nothing else of it. A cancellation is whole or none."""
    order, event = given_up.before, given_up.event
    if isinstance(event, Delivery):
        event = replace(event, goods=None)  # the units that it named are free
    if given_up.done and not isinstance(event, Cancel):
        order = happened(order, event, given_up.done)
    return replace(order, ledger=ledger)


def folded(number: str, entries: Iterable[Entry]) -> Book:
    """The order that a log tells of."""
    book = Book(order=Order(number=number))
    for entry in entries:
        book.apply(entry)
    return book
