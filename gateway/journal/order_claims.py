"""Rows of what only one order may have: which order holds a unit, whose document a bank's till issued."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from gateway.journal import order_check, orders, recovered
from gateway.journal.orders import OrderMoved, OrderRow, Told
from gateway.journal.records import Event
from gateway.orders import log
from gateway.orders.book import folded
from gateway.orders.claims import Claims, Foreign, foreigners, units
from gateway.orders.words import Rejected

_FACT: Final = "order_claims_kept"
_TAKE: Final = "INSERT OR IGNORE INTO order_units (unit, number) VALUES (?, ?)"
_FREE: Final = "DELETE FROM order_units WHERE unit = ? AND number = ?"
_RECORD: Final = "INSERT OR IGNORE INTO order_documents (fn, document, number, receipt) VALUES (?, ?, ?, ?)"


class Owner(NamedTuple):
    """A document of an order."""

    number: str
    receipt: str


def holders(connection: sqlite3.Connection, unit: str) -> list[str]:
    """Orders that have a unit."""
    found = connection.execute("SELECT number FROM order_units WHERE unit = ? ORDER BY number", (unit,))
    return [number for (number,) in found]


def owner(connection: sqlite3.Connection, fn: str, document: int) -> Owner | None:
    """What a document of a bank's till is recorded for."""
    sql = "SELECT number, receipt FROM order_documents WHERE fn = ? AND document = ?"
    row = connection.execute(sql, (fn, document)).fetchone()
    return None if row is None else Owner(*row)


def append(
    connection: sqlite3.Connection,
    row: OrderRow,
    entry: str,
    at: datetime,
    alarms: Iterable[str],
    told: Iterable[Told],
    claims: Claims,
    beside: frozenset[str],
) -> list[Event]:
    """As `orders.append`, and what the entry takes and frees. OrderMoved, too, where another order was faster.

    `beside`: orders that have a unit and were judged before.
    """
    _allow(connection, row.number, claims, beside)
    events = orders.append(connection, row, entry, at, alarms, told)
    connection.executemany(_FREE, [(unit, row.number) for unit in sorted(claims.freed)])
    connection.executemany(_TAKE, [(unit, row.number) for unit in sorted(claims.taken)])
    _record(connection, row.number, () if claims.foreign is None else (claims.foreign,))
    return events


def fill(connection: sqlite3.Connection) -> None:
    """Once in a journal's life: of the orders that it knew before it had these rows, or that were saved."""
    if recovered.fact(connection, _FACT) is not None:
        return
    connection.execute("BEGIN IMMEDIATE")
    for (number,) in connection.execute("SELECT number FROM orders ORDER BY number").fetchall():
        try:
            entries = [log.from_json(text) for text in orders.log(connection, number)]
            book = folded(number, entries)
        except (ValueError, LookupError, Rejected):
            continue  # `journal verify` names it
        connection.executemany(_TAKE, [(unit, number) for unit in sorted(units(book.order))])
        _record(connection, number, foreigners(book))
        if entries:
            orders.keep(connection, order_check.row_of(book, entries[-1]))
    recovered.set_fact(connection, _FACT, "1")
    connection.execute("COMMIT")


def _record(connection: sqlite3.Connection, number: str, found: Iterable[Foreign]) -> None:
    connection.executemany(_RECORD, [(one.fn, one.document, number, one.receipt) for one in found])


def _allow(connection: sqlite3.Connection, number: str, claims: Claims, beside: frozenset[str]) -> None:
    if claims.exclusive:
        for unit in claims.taken:
            others = set(holders(connection, unit)) - {number} - beside
            if others:
                raise OrderMoved(f"order {min(others)} took a unit of order {number} at the same moment")
    if claims.foreign is not None:
        fn, document, receipt = claims.foreign
        known = owner(connection, fn, document)
        if known is not None and known != Owner(number, receipt):
            raise OrderMoved(f"document {document} of {fn} was recorded for order {known.number} at the same moment")
