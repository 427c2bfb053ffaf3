"""Orders' logs as rows, and the few columns by which orders are found."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from devices.errors import GatewayError
from gateway.journal.rows import stamp


class OrderMoved(GatewayError):
    """The order's log has grown since it was read."""

    code = "order_moved"
    hint = "Заказ изменился одновременно с этим запросом. Повторите запрос."


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """An order without its log. `held` is kopecks; `entries` the length of the log."""

    number: str
    entries: int
    state: str
    held: int
    waiting: bool
    stopped: bool
    moved_at: datetime | None
    updated_at: datetime


_COLUMNS = "number, entries, state, held, waiting, stopped, moved_at, updated_at"
_LOG = "INSERT INTO order_log (number, place, entry) VALUES (?, ?, ?)"
_KEEP = (
    f"INSERT INTO orders ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608 # nosec B608
    "ON CONFLICT (number) DO UPDATE SET entries = excluded.entries, state = excluded.state, held = excluded.held, "
    "waiting = excluded.waiting, stopped = excluded.stopped, moved_at = excluded.moved_at, "
    "updated_at = excluded.updated_at"
)


def append(connection: sqlite3.Connection, row: OrderRow, entry: str) -> None:
    """Add the entry that makes the log `row.entries` long; OrderMoved when it is of another length by now."""
    (entries,) = connection.execute(
        "SELECT coalesce((SELECT entries FROM orders WHERE number = ?), 0)", (row.number,)
    ).fetchone()
    if entries != row.entries - 1:
        raise OrderMoved(f"order {row.number} has {entries} entries, not {row.entries - 1}")
    connection.execute(_LOG, (row.number, row.entries, entry))
    connection.execute(
        _KEEP,
        (
            row.number,
            row.entries,
            row.state,
            row.held,
            int(row.waiting),
            int(row.stopped),
            None if row.moved_at is None else stamp(row.moved_at),
            stamp(row.updated_at),
        ),
    )


def log(connection: sqlite3.Connection, number: str) -> Iterator[str]:
    """The entries of an order's log, the oldest first; none where the order is not known."""
    for (entry,) in connection.execute("SELECT entry FROM order_log WHERE number = ? ORDER BY place", (number,)):
        yield entry


def waiting(connection: sqlite3.Connection) -> list[str]:
    """Orders of which a document is still to be registered."""
    return [number for (number,) in connection.execute("SELECT number FROM orders WHERE waiting = 1 ORDER BY number")]


def listed(connection: sqlite3.Connection, *, after: str, limit: int, open_only: bool) -> list[OrderRow]:
    """Orders by number; `open_only`: those with money held or a document to come."""
    chosen = "AND (waiting = 1 OR held > 0) " if open_only else ""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM orders WHERE number > ? {chosen}ORDER BY number LIMIT ?",  # noqa: S608 # nosec B608
        (after, limit),
    )
    return [_row(*row) for row in rows]


def _row(
    number: str, entries: int, state: str, held: int, waiting: int, stopped: int, moved_at: str | None, updated_at: str
) -> OrderRow:
    return OrderRow(
        number=number,
        entries=entries,
        state=state,
        held=held,
        waiting=bool(waiting),
        stopped=bool(stopped),
        moved_at=None if moved_at is None else datetime.fromisoformat(moved_at),
        updated_at=datetime.fromisoformat(updated_at),
    )
