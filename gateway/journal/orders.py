"""Orders' logs as rows, and the few columns by which orders are found without folding a log."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from typing import Any, Final, NamedTuple

from devices.errors import GatewayError
from gateway.journal.records import Event
from gateway.journal.rows import insert_event, stamp

#: `Event.type` of what happens to an order; `subject` is its number, `register` is empty.
ORDER_EVENT: Final = "order"
#: Stands in `alarms` where they must be worked out anew at the next start.
UNKNOWN_ALARMS: Final = " ? "


class OrderMoved(GatewayError):
    """The order's log has grown since it was read."""

    code = "order_moved"
    hint = "Заказ изменился одновременно с этим запросом. Повторите запрос."


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order without its log. `held` and `debt` are kopecks; `entries` the length of the log; moments UTC text."""

    number: str
    entries: int
    state: str
    held: int
    debt: int
    waits_since: str | None
    next: str | None
    stopped: int
    moved_at: str | None
    updated_at: str


class Told(NamedTuple):
    """One event of the stream: its state and data."""

    state: str
    data: Mapping[str, Any]


class Totals(NamedTuple):
    """Of all orders: money held (kopecks), those with a document to come, and how many bear each set of alarms."""

    held: int
    waiting: int
    alarms: Sequence[tuple[frozenset[str], int]]


_NAMES = tuple(field.name for field in fields(OrderRow))
_COLUMNS = ", ".join(_NAMES)
_LOG = "INSERT INTO order_log (number, place, entry, digest) VALUES (?, ?, ?, ?)"
_KEEP = (
    f"INSERT INTO orders ({_COLUMNS}) VALUES ({', '.join('?' * len(_NAMES))}) "  # noqa: S608 # nosec B608
    f"ON CONFLICT (number) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _NAMES[1:])}"
)
_LAST = (
    "SELECT entries, (SELECT digest FROM order_log WHERE number = ? AND place = entries) FROM orders WHERE number = ?"
)
#: What a restart has something to do for: a document without a job, or a job that moved unheard.
_UNHEARD = """
SELECT number FROM orders LEFT JOIN jobs ON jobs.id = orders.next
WHERE waits_since IS NOT NULL AND next IS NOT NULL AND (jobs.id IS NULL OR jobs.state IN ('done', 'cancelled')
      OR (stopped = 0 AND jobs.state = 'failed') OR (stopped = 1 AND jobs.state <> 'failed'))
ORDER BY waits_since, number"""
#: Orders whose alarms may begin by the clock alone, and have not been told.
_TIMELY = """
SELECT number FROM orders WHERE waits_since <= ? AND instr(alarms, ' receipt_late ') = 0
       AND instr(alarms, ' receipt_overdue ') = 0
UNION SELECT number FROM orders WHERE waits_since <= ? AND instr(alarms, ' receipt_overdue ') = 0
UNION SELECT number FROM orders WHERE held > 0 AND moved_at <= ? AND instr(alarms, ' money_') = 0"""

#: Orders that bear an alarm as told, or by now would.
_ATTENDED = """
SELECT number FROM orders WHERE alarms <> '' AND number > :after
UNION SELECT number FROM orders WHERE waits_since <= :late AND number > :after
UNION SELECT number FROM orders WHERE held > 0 AND moved_at <= :idle AND number > :after
ORDER BY number LIMIT :limit"""


def link(before: str, entry: str) -> str:
    """The digest of an entry that follows the one with the digest `before` (the first follows the order's number)."""
    return hashlib.sha256(f"{before}\n{entry}".encode()).hexdigest()


def append(
    connection: sqlite3.Connection, row: OrderRow, entry: str, at: datetime, alarms: Iterable[str], told: Iterable[Told]
) -> list[Event]:
    """Add the entry that makes the log `row.entries` long; OrderMoved when it is of another length by now."""
    entries, digest = connection.execute(_LAST, (row.number, row.number)).fetchone() or (0, row.number)
    if entries != row.entries - 1:
        raise OrderMoved(f"order {row.number} has {entries} entries, not {row.entries - 1}")
    connection.execute(_LOG, (row.number, row.entries, entry, link(digest, entry)))
    keep(connection, row)
    return alarmed(connection, row.number, at, alarms, told)


def keep(connection: sqlite3.Connection, row: OrderRow) -> None:
    """The columns of an order; its alarms stay."""
    connection.execute(_KEEP, astuple(row))


def alarmed(
    connection: sqlite3.Connection, number: str, at: datetime, alarms: Iterable[str], told: Iterable[Told]
) -> list[Event]:
    """Keep which alarms of an order are told, and tell."""
    words = " ".join(sorted(alarms))
    connection.execute("UPDATE orders SET alarms = ? WHERE number = ?", (f" {words} " if words else "", number))
    return [insert_event(connection, stamp(at), at, ORDER_EVENT, number, "", one.state, one.data) for one in told]


def alarms(connection: sqlite3.Connection, number: str) -> frozenset[str]:
    """The codes told as begun and not as over."""
    row = connection.execute("SELECT alarms FROM orders WHERE number = ?", (number,)).fetchone()
    return frozenset() if row is None else frozenset(row[0].split())


def log(connection: sqlite3.Connection, number: str) -> Iterator[str]:
    """The entries of an order's log, the oldest first; none where the order is not known."""
    for (entry,) in connection.execute("SELECT entry FROM order_log WHERE number = ? ORDER BY place", (number,)):
        yield entry


def unheard(connection: sqlite3.Connection) -> list[str]:
    """Orders whose next document has no job, or has one that moved while nobody listened; the longest waiting first."""
    return [number for (number,) in connection.execute(_UNHEARD)]


def waiting(connection: sqlite3.Connection) -> list[str]:
    """Orders with a document to come, whoever makes it; the longest waiting first."""
    rows = connection.execute("SELECT number FROM orders WHERE waits_since IS NOT NULL ORDER BY waits_since, number")
    return [number for (number,) in rows]


def timely(connection: sqlite3.Connection, *, late: datetime, overdue: datetime, idle: datetime) -> list[str]:
    """Orders of which an alarm may begin now: what waits, or lies, since before these moments and was not told."""
    return [number for (number,) in connection.execute(_TIMELY, (stamp(late), stamp(overdue), stamp(idle)))]


def attended(connection: sqlite3.Connection, *, after: str, limit: int, late: datetime, idle: datetime) -> list[str]:
    """By number, orders with an alarm that was told, and those that wait, or hold money, since before these moments."""
    values = {"after": after, "limit": limit, "late": stamp(late), "idle": stamp(idle)}
    return [number for (number,) in connection.execute(_ATTENDED, values)]


def with_alarms(connection: sqlite3.Connection, after: str, limit: int) -> list[str]:
    """Orders with an alarm that was told, by number."""
    sql = "SELECT number FROM orders WHERE alarms <> '' AND number > ? ORDER BY number LIMIT ?"
    return [number for (number,) in connection.execute(sql, (after, limit))]


def listed(connection: sqlite3.Connection, after: str, limit: int) -> list[str]:
    """Numbers of orders, in their order."""
    sql = "SELECT number FROM orders WHERE number > ? ORDER BY number LIMIT ?"
    return [number for (number,) in connection.execute(sql, (after, limit))]


def totals(connection: sqlite3.Connection) -> Totals:
    """For the metrics."""
    (held,) = connection.execute("SELECT coalesce(sum(held), 0) FROM orders WHERE held > 0").fetchone()
    (waiting,) = connection.execute("SELECT count(*) FROM orders WHERE waits_since IS NOT NULL").fetchone()
    found = connection.execute("SELECT alarms, count(*) FROM orders WHERE alarms <> '' GROUP BY alarms").fetchall()
    return Totals(held, waiting, [(frozenset(words.split()), count) for words, count in found])


def forget(connection: sqlite3.Connection, before: datetime, step: int) -> int:
    """Drop some orders with nothing held, owed or to come that last changed before that moment; how many.

    The keys of their receipts stay with the jobs: said again, such an order prints nothing twice.
    """
    found = connection.execute(
        "SELECT number FROM orders WHERE waits_since IS NULL AND held = 0 AND debt = 0 AND updated_at < ? LIMIT ?",
        (stamp(before), step),
    ).fetchall()
    for (number,) in found:
        connection.execute("DELETE FROM order_log WHERE number = ?", (number,))
        connection.execute("DELETE FROM order_units WHERE number = ?", (number,))
        connection.execute("DELETE FROM order_documents WHERE number = ?", (number,))
        connection.execute("DELETE FROM orders WHERE number = ?", (number,))
    return len(found)
