"""A unit leaves the shop by one order: another that has picked or sold it is named before anything is accepted.

One that another order has sold and registered counts as gone for a day: by then who was told of the sale, or of a
return elsewhere, says so to the receipt itself (docs/marking.md).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from gateway.jobs.model import JobState
from gateway.jobs.units import OFD_TO_SYSTEM
from gateway.journal import Journal
from gateway.orders.book import Book
from gateway.orders.books import Books
from gateway.orders.claims import picked, sold, unit
from gateway.orders.ledger import NOTHING, Document, Sold
from gateway.orders.log import Scanned
from gateway.orders.order import Delivery, Event, Order
from gateway.orders.plan import happened
from gateway.orders.words import Rejected
from protocols.ffd.faults import Fault

_CODE = "code_of_other_order"


class Taken(NamedTuple):
    """Other orders that have a unit: those that keep it, and those that sold it and may be passed over."""

    by: tuple[str, ...]
    beside: tuple[str, ...]


class Elsewhere:
    """Of every order of the shop."""

    def __init__(self, journal: Journal, books: Books, *, now: Callable[[], datetime]) -> None:
        self._journal = journal
        self._books = books
        self._now = now

    async def of_scan(self, book: Book, entry: Scanned) -> tuple[str, ...]:
        """Orders that may have the unit beside this one. Rejected where one may not."""
        if entry.taken:
            return ()
        taken = await self._taken(book, entry.code)
        if taken.by:
            fault = _fault("/code", taken.by[0])
            raise Rejected("scan_refused", "picking", fault.message, fault.hint, (fault,))
        return taken.beside

    async def of_documents(self, book: Book, event: Event, documents: Sequence[Document]) -> tuple[str, ...]:
        """As `of_scan`, of the units that an event's documents hand over or that it picks; every fault at once."""
        faults, beside = [], set[str]()
        for line, code in _units_of(book.order, event, documents):
            taken = await self._taken(book, code)
            beside.update(taken.beside)
            if taken.by:
                name = next((one.name for one in book.order.lines if one.id == line), None)
                faults.append(_fault(_place(event, line, code), taken.by[0], name))
        if faults:
            hint = faults[0].hint if len(faults) == 1 else "Замените экземпляры, перечисленные в ошибке, и повторите."
            raise Rejected(
                "delivery_wrong", "picking", f"{len(faults)} unit(s) are of other orders", hint, tuple(faults)
            )
        return tuple(sorted(beside))

    async def _taken(self, book: Book, code: str) -> Taken:
        by: list[str] = []
        beside: list[str] = []
        found = unit(code)
        others = [] if found is None else self._journal.orders_with_unit(found)
        risked = bool(others) and json.loads(book.common).get("on_marking_failure") == "sell"
        for other in others:
            if found is not None and other != book.order.number:
                free = await self._passed_over(self._books.get(other), found, risked)
                (beside if free else by).append(other)
        return Taken(tuple(by), tuple(beside))

    async def _passed_over(self, other: Book, found: str, risked: bool) -> bool:
        """Whether an order that has the unit has sold it, and this is no reason any more."""
        if found in picked(other.order):
            return False
        last = next((one for one in reversed(other.order.ledger.sold) if _is_out(one, found)), None)
        if last is None:
            return True
        job = await self._journal.get(last.document)
        if job is None or job.state is not JobState.DONE or job.fiscal is None:
            return False  # on its way, or the bank's
        moment = job.fiscal.datetime
        seen = self._journal.moves(job)
        came_back = any(
            move.share < 0 and move.fiscal is not None and move.fiscal.datetime >= moment
            for line, moves in zip(seen.lines, seen.moves, strict=True)
            for move in moves
            if line.code.unit == found and move.state is JobState.DONE
        )
        return came_back or risked or self._now() - moment >= OFD_TO_SYSTEM


def _is_out(one: Sold, found: str) -> bool:
    return one.item.code is not None and one.quantity > NOTHING and unit(one.item.code) == found


def _units_of(order: Order, event: Event, documents: Sequence[Document]) -> Iterator[tuple[str | None, str]]:
    """Line and code of every unit that an event takes."""
    if sold(documents):
        for item in (item for document in documents for item in document.items):
            if item.code is not None:
                yield item.line, item.code
    if isinstance(event, Delivery) and event.goods:
        for line, codes in happened(order, event, documents).codes.items():
            yield from ((line, code) for code in codes if code not in order.codes.get(line, ()))


def _place(event: Event, line: str | None, code: str) -> str:
    """The code in the event, or its line; to the whole where the event names neither."""
    for index, goods in enumerate((event.goods if isinstance(event, Delivery) else None) or ()):
        if goods.line == line:
            at = f"/items/{index}"
            return f"{at}/codes/{goods.codes.index(code)}" if code in goods.codes else at
    return ""


def _fault(pointer: str, number: str, name: str | None = None) -> Fault:
    goods = "Этот экземпляр" if name is None else f"«{name}»: этот экземпляр"
    hint = f"{goods} уже отобран или продан по заказу {number}. Возьмите другой либо уберите его из того заказа."
    return Fault(pointer, _CODE, f"this unit is picked for, or sold by, order {number}", hint)
