"""From a data directory to the journal's two connections: owned, checked, rebuilt or migrated as needed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Protocol

from gateway.journal import check, database, order_claims, rebuild, recovered, units_fill
from gateway.journal.errors import JournalDamaged
from gateway.journal.migrate import migrate

#: Written into every backup: a journal that holds it has been restored from one.
BACKUP_FACT = "backup_made_at"


class Connect(Protocol):
    """As `database.connect`."""

    def __call__(self, path: Path, *, synchronous: str) -> sqlite3.Connection: ...


class Opened(NamedTuple):
    """Close in this order."""

    reading: sqlite3.Connection
    writing: sqlite3.Connection
    lock: sqlite3.Connection


def opened(directory: Path, schema: Mapping[int, str], connect: Connect, now: Callable[[], datetime]) -> Opened:
    """Raises DirectoryInUse, DirectoryUnusable; JournalDamaged where the file is of a newer program."""
    path = directory / database.JOURNAL_FILE
    with ExitStack() as stack:
        lock = stack.enter_context(closing(database.own(directory)))
        try:
            rebuild.finish_interrupted(directory)
            if rebuild.was_lost(directory):
                rebuild.rebuild(
                    directory, "the journal's file is gone", "missing", schema=schema, now=now, connect=connect
                )
            writing = stack.enter_context(closing(_sound(directory, schema, connect, now)))
            migrate(writing, schema)
            _restored(writing, now)
            units_fill.fill(writing)
            order_claims.fill(writing)
            reading = stack.enter_context(closing(connect(path, synchronous="FULL")))
        except (OSError, sqlite3.Error) as error:
            raise database.refused_by_disk(path, error) from error
        stack.pop_all()
    return Opened(reading, writing, lock)


def _sound(
    directory: Path, schema: Mapping[int, str], connect: Connect, now: Callable[[], datetime]
) -> sqlite3.Connection:
    """A connection to a file that passed the check; a damaged one is set aside and built anew first."""
    path = directory / database.JOURNAL_FILE
    try:
        connection = connect(path, synchronous="FULL")
    except JournalDamaged as error:
        reason = error.detail
    else:
        try:
            fault = check.fault_of(connection, path, schema)
        except BaseException:
            connection.close()
            raise
        if fault is None:
            return connection
        connection.close()
        reason = fault
    rebuild.rebuild(directory, reason, "damaged", schema=schema, now=now, connect=connect)
    return connect(path, synchronous="FULL")


def _restored(connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
    made = recovered.fact(connection, BACKUP_FACT)
    if made is None:
        return
    connection.execute("BEGIN IMMEDIATE")
    report = {"reason": f"restored from a backup made at {made}", "backup_made_at": made, "registers": {}}
    rebuild.open_loss(connection, now().astimezone(UTC), "restored", report)
    recovered.set_fact(connection, BACKUP_FACT, None)
    connection.execute("COMMIT")
