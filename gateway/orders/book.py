"""One order's log, folded: what is intended, what is true, and which document is next.

`Book.order.ledger` counts documents still on their way; `Book.ledger` counts registered ones only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

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
from gateway.orders.order import Event, Order
from gateway.orders.plan import happened, plan, put
from gateway.orders.policy import Policy
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """An event of which documents are still to come."""

    event: Event
    before: Order  # the order that it found
    at: datetime
    left: tuple[Document, ...]


@dataclass(slots=True, kw_only=True)
class Book:
    """An order and its documents; `apply` moves it by one entry of its log."""

    order: Order
    ledger: Ledger = field(default_factory=Ledger)
    policy: Policy = field(default_factory=Policy)
    common: str = "{}"
    version: int = 0  # of the composition: PUTs that changed something
    entries: int = 0
    events: dict[str, str] = field(default_factory=dict)  # id -> digest
    documents: dict[str, Made] = field(default_factory=dict)
    pending: list[Pending] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # accepted events that can make nothing any more, and why
    given_up_at: datetime | None = None  # when that was, until the next event
    doubted: Doubted | None = None  # until the caller speaks of the order again
    moved_at: datetime | None = None  # when money or goods moved last

    @property
    def head(self) -> Made | None:
        """The document that is to be registered next."""
        return self.documents[self.pending[0].left[0].id] if self.pending else None

    @property
    def state(self) -> OrderState:
        """What the registered documents have made of the order."""
        return replace(self.order, ledger=self.ledger, cancelled=self.order.cancelled and not self.pending).state

    def copy(self) -> Book:
        """One that can be moved without moving this one."""
        return replace(
            self,
            events=dict(self.events),
            documents=dict(self.documents),
            pending=list(self.pending),
            refused=dict(self.refused),
        )

    def order_of(self, put: Put) -> Order:
        """The order with what a PUT says of it."""
        return replace(self.order, type=put.type, lines=put.lines, remote=put.remote)

    def differs(self, put: Put) -> bool:
        """Whether a PUT says anything that is not so already; of an order in doubt it always does."""
        said, known = (self.order_of(put), put.common, put.policy), (self.order, self.common, self.policy)
        return self.doubted is not None or said != known

    def apply(self, entry: Entry) -> None:
        """Move by one entry. ValueError when it cannot follow (the log is damaged)."""
        self.entries += 1
        if isinstance(entry, Put | Happened | Scanned):
            self.doubted = None
        match entry:
            case Put():
                self._put(entry)
            case Happened():
                self._happened(entry)
            case Scanned():
                self._scanned(entry)
            case Registered():
                self._registered(entry)
            case Failed():
                made = self._next(entry.document)
                self.documents[entry.document] = replace(made, state=DocumentState.FAILED, error=entry)
            case Retried():
                made = self._next(entry.document)
                self.documents[entry.document] = replace(made, state=DocumentState.PLANNED, error=None)
            case GivenUp():
                self._given_up(entry)
            case Doubted():
                self.doubted = entry

    def replanned(self, document: str) -> tuple[Replanned, ...]:
        """What the later events make when `document`, which is next, is given up."""
        self._next(document)
        ledger = self.ledger
        found = []
        for waiting in self.pending[1:]:
            before = replace(waiting.before, ledger=ledger)
            try:
                documents = plan(before, waiting.event, self.policy)
            except Rejected as refused:
                found.append(Replanned(event=waiting.event.id, refused=f"{refused.code}: {refused.detail}"))
                continue
            found.append(Replanned(event=waiting.event.id, documents=documents))
            ledger = happened(before, waiting.event, documents).ledger
        return tuple(found)

    def _put(self, entry: Put) -> None:
        other = self.order_of(entry)
        if not self.version or other != self.order:
            self.version += 1
        self.order = put(self.order, other)
        self.policy, self.common = entry.policy, entry.common

    def _happened(self, entry: Happened) -> None:
        self.events[entry.event.id] = entry.digest
        self.given_up_at = None
        if entry.documents:
            self.pending.append(Pending(event=entry.event, before=self.order, at=entry.at, left=entry.documents))
        self._made(entry.documents, entry.at)
        self.order = happened(self.order, entry.event, entry.documents)

    def _made(self, documents: Iterable[Document], at: datetime) -> None:
        for document in documents:
            self.documents[document.id] = Made(document=document, planned_at=at)

    def _scanned(self, entry: Scanned) -> None:
        codes = dict(self.order.codes)
        kept = tuple(code for code in codes.pop(entry.line, ()) if code != entry.code)
        codes[entry.line] = kept if entry.taken else (*kept, entry.code)
        self.order = replace(self.order, codes={line: found for line, found in codes.items() if found})

    def _registered(self, entry: Registered) -> None:
        made = self._next(entry.document)
        self.documents[entry.document] = replace(made, state=DocumentState.DONE, fiscal=entry.fiscal, error=None)
        self.ledger = self.ledger.after(made.document)
        self.moved_at = entry.at
        waiting = self.pending.pop(0)
        if waiting.left[1:]:
            self.pending.insert(0, replace(waiting, left=waiting.left[1:]))

    def _given_up(self, entry: GivenUp) -> None:
        self._next(entry.document)
        abandoned, later = self.pending[0], self.pending[1:]
        for document in (one for waiting in self.pending for one in waiting.left):
            self.documents[document.id] = replace(self.documents[document.id], state=DocumentState.CANCELLED)
        self.refused[abandoned.event.id] = "given up"
        self.given_up_at = entry.at
        self.pending = []
        # Its units were not handed over: they are picked still.
        order = replace(self.order, ledger=self.ledger, codes={**abandoned.before.codes, **self.order.codes})
        anew = {one.event: one for one in entry.replanned}
        for waiting in later:
            one = anew[waiting.event.id]
            if one.refused is not None:
                self.refused[one.event] = one.refused
            before = replace(waiting.before, ledger=order.ledger)
            self._made(one.documents, waiting.at)
            if one.documents:
                self.pending.append(Pending(event=waiting.event, before=before, at=waiting.at, left=one.documents))
            order = replace(order, ledger=happened(before, waiting.event, one.documents).ledger)
        self.order = order

    def _next(self, document: str) -> Made:
        made = self.head
        if made is None or made.document.id != document:
            raise ValueError(f"{document} is not the next document of order {self.order.number}")
        return made


def folded(number: str, entries: Iterable[Entry]) -> Book:
    """The order that a log tells of."""
    book = Book(order=Order(number=number))
    for entry in entries:
        book.apply(entry)
    return book
