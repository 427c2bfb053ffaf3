"""An order's rows against its log: digests without a gap, entries that parse, and columns that say what it says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gateway.journal.orders import OrderRow, link
from gateway.journal.rows import Row, stamp
from gateway.orders import log
from gateway.orders.book import Book, DocumentState, folded
from gateway.orders.claims import Foreign, foreigners, units
from gateway.orders.log import Entry
from gateway.orders.words import Rejected

_LOG = "SELECT place, entry, digest FROM order_log WHERE number = ? ORDER BY place"


class Link(NamedTuple):
    """A row of a log."""

    place: int
    entry: str
    digest: str


def row_of(book: Book, last: Entry) -> OrderRow:
    """What is looked for of an order without its log; `last` is the log's last entry."""
    head = book.head
    return OrderRow(
        number=book.order.number,
        entries=book.entries,
        state=str(book.state),
        held=book.ledger.held,
        debt=book.ledger.debt,
        waits_since=None if not book.pending else stamp(min(waiting.at for waiting in book.pending)),
        next=None if head is None or head.document.by_bank else head.document.id,
        stopped=int(head is not None and head.state is DocumentState.FAILED),
        moved_at=None if book.moved_at is None else stamp(book.moved_at),
        updated_at=stamp(last.at),
    )


def sound(number: str, found: Iterable[Link]) -> list[Link]:
    """Of rows in the order of places, the log from its first entry on, as far as each follows the one before."""
    kept: list[Link] = []
    before = number
    for one in found:
        if one.place == len(kept) + 1 and one.digest == link(before, one.entry):
            kept.append(one)
            before = one.digest
    return kept


def told(number: str, links: Iterable[Link]) -> tuple[list[Link], OrderRow | None]:
    """As much of a sound log as can be understood, and the order's columns; None where that is nothing."""
    kept, book, last = _understood(number, links)
    return kept, None if last is None else row_of(book, last)


def _understood(number: str, links: Iterable[Link]) -> tuple[list[Link], Book, Entry | None]:
    kept: list[Link] = []
    entries: list[Entry] = []
    book = folded(number, ())
    try:
        for one in links:
            entry = log.from_json(one.entry)
            book.apply(entry)
            kept.append(one)
            entries.append(entry)
    except (ValueError, LookupError, Rejected):
        book = folded(number, entries)
    return kept, book, entries[-1] if entries else None


def links(connection: sqlite3.Connection, number: str) -> Iterator[Link]:
    """An order's log as it is kept."""
    for place, entry, digest in connection.execute(_LOG, (number,)):
        yield Link(place, entry, digest)


def log_fault(connection: sqlite3.Connection, number: str, entries: int) -> str | None:
    """Why an order's log cannot be believed."""
    found = list(links(connection, number))
    good = len(sound(number, found))
    if good == len(found) == entries:
        return None
    return f"the log of order {number!r} is whole up to entry {good} of {max(entries, len(found))}"


def order_fault(connection: sqlite3.Connection, row: Row) -> str | None:
    """Why an order's log or its row cannot be believed."""
    number = str(row["number"])
    fault = log_fault(connection, number, row["entries"])
    if fault is not None:
        return fault
    found = list(links(connection, number))
    kept, book, last = _understood(number, found)
    if last is None or len(kept) < len(found):
        return f"entry {len(kept) + 1} of the log of order {number!r} cannot follow those before it"
    expected = row_of(book, last)
    wrong = [name for name in OrderRow.__dataclass_fields__ if row[name] != getattr(expected, name)]
    wrong += _claims_fault(connection, book)
    return f"order {number!r} is not what its log tells ({', '.join(wrong)})" if wrong else None


def _claims_fault(connection: sqlite3.Connection, book: Book) -> Iterator[str]:
    number = book.order.number
    held = {unit for (unit,) in connection.execute("SELECT unit FROM order_units WHERE number = ?", (number,))}
    if held != units(book.order):
        yield "units"
    told = set(foreigners(book))
    kept = {
        Foreign(*one)
        for one in connection.execute("SELECT fn, document, receipt FROM order_documents WHERE number = ?", (number,))
    }
    # Of a document that two orders recorded before it was looked for, one has the row.
    others = {
        one
        for one in told - kept
        if connection.execute(
            "SELECT 1 FROM order_documents WHERE fn = ? AND document = ?", (one.fn, one.document)
        ).fetchone()
    }
    if kept - told or told - kept - others:
        yield "documents of a bank"
