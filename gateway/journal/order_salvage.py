"""Orders of a damaged journal, or of one restored: logs as far as they are whole, and what may be missing told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from gateway.jobs.model import JobKind
from gateway.journal import order_check, orders
from gateway.journal.order_check import Link
from gateway.journal.rows import of_order
from gateway.journal.salvage import OrderEntry, OrderLength
from gateway.orders import log
from gateway.orders.book import folded
from gateway.orders.log import Doubted
from gateway.orders.lost import lost_receipts

#: How many orders a report names.
_NAMED = 100

_TABLES = (
    """CREATE TEMP TABLE found_log (number TEXT, place INTEGER, digest TEXT, entry TEXT,
    PRIMARY KEY (number, place, digest)) WITHOUT ROWID""",
    "CREATE TEMP TABLE found_orders (number TEXT PRIMARY KEY, entries INTEGER) WITHOUT ROWID",
)
_LENGTH = (
    "INSERT INTO found_orders VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET entries = max(entries, excluded.entries)"
)
#: Orders that a restored journal may know too little of: those that were not over.
_OPEN = (
    "SELECT number FROM orders WHERE waits_since IS NOT NULL OR held > 0 OR debt > 0 "
    "OR state NOT IN ('settled', 'returned', 'cancelled') ORDER BY number"
)


def begin(connection: sqlite3.Connection) -> None:
    """Room for what is found, in no order and perhaps twice."""
    for table in _TABLES:
        connection.execute(table)


def keep(connection: sqlite3.Connection, one: OrderEntry | OrderLength) -> None:
    """One row found."""
    if isinstance(one, OrderLength):
        connection.execute(_LENGTH, (one.number, one.entries))
        return
    number, (place, entry, digest) = one.number, one.link
    connection.execute("INSERT OR IGNORE INTO found_log VALUES (?, ?, ?, ?)", (number, place, digest, entry))
    connection.execute(_LENGTH, (number, place))


def finish(connection: sqlite3.Connection, at: datetime) -> dict[str, Any]:
    """Every log as far as it is whole; the report's part about orders. The jobs that were saved are in already."""
    saved, doubted, lost = 0, [], []
    for number, length in connection.execute("SELECT number, entries FROM found_orders ORDER BY number").fetchall():
        found = connection.execute(
            "SELECT place, entry, digest FROM found_log WHERE number = ? ORDER BY place", (number,)
        )
        kept = order_check.sound(number, _candidates(number, found))
        _, row = order_check.told(number, kept)
        if row is None:
            lost.append(number)
            continue
        saved += 1
        connection.executemany(
            "INSERT INTO order_log (number, place, entry, digest) VALUES (?, ?, ?, ?)",
            [(number, *one) for one in kept],
        )
        orders.keep(connection, replace(row, entries=len(kept)))
        connection.execute("UPDATE orders SET alarms = ? WHERE number = ?", (orders.UNKNOWN_ALARMS, number))
        if len(kept) < length or _passed_over(connection, number, kept):
            doubt(connection, number, at, f"its log is whole up to entry {len(kept)} of {length}")
            doubted.append(number)
    known = {number for (number,) in connection.execute("SELECT number FROM orders").fetchall()}
    named = connection.execute(
        "SELECT DISTINCT order_id FROM jobs WHERE order_id IS NOT NULL AND kind = ?", (JobKind.RECEIPT,)
    ).fetchall()
    for (number,) in named:
        if number not in known and number not in lost and _passed_over(connection, number, []):
            lost.append(number)
    return {
        "orders_saved": saved,
        "orders_doubted": doubted[:_NAMED],
        "orders_lost": lost[:_NAMED],
    }


def restored(connection: sqlite3.Connection, at: datetime, why: str) -> int:
    """What was said of open orders since the backup is not in it; how many there are."""
    numbers = [number for (number,) in connection.execute(_OPEN).fetchall()]
    for number in numbers:
        doubt(connection, number, at, why)
    return len(numbers)


def doubt(connection: sqlite3.Connection, number: str, at: datetime, why: str) -> None:
    """Say in the log itself that it may lack entries."""
    links = list(order_check.links(connection, number))
    entry = log.to_json(Doubted(at=at, why=why))
    before = links[-1].digest if links else number
    place = len(links) + 1
    connection.execute(
        "INSERT INTO order_log (number, place, entry, digest) VALUES (?, ?, ?, ?)",
        (number, place, entry, orders.link(before, entry)),
    )
    _, row = order_check.told(number, [*links, Link(place, entry, orders.link(before, entry))])
    if row is not None:
        orders.keep(connection, replace(row, entries=place))
    connection.execute("UPDATE orders SET alarms = ? WHERE number = ?", (orders.UNKNOWN_ALARMS, number))


def _candidates(number: str, found: Iterable[tuple[int, str, str]]) -> Iterable[Link]:
    """Of several rows at one place the one that follows the row before it."""
    before = number
    for place, entry, digest in found:
        if digest == orders.link(before, entry):
            yield Link(place, entry, digest)
            before = digest


def _passed_over(connection: sqlite3.Connection, number: str, kept: Iterable[Link]) -> bool:
    """Whether there are receipts that the log does not know."""
    jobs = of_order(connection, number)
    if not jobs:
        return False
    return bool(lost_receipts(folded(number, [log.from_json(one.entry) for one in kept]), jobs))
