"""What an emulated device remembers: one SQLite file that survives a kill at any moment.

A change is a transaction: after `kill -9` the file holds all of it or nothing. (WAL with synchronous=NORMAL: a power
cut of the host itself may cost the last changes, never the consistency.) The file is held exclusively while it is open,
so a second process that is pointed at the same directory is refused instead of corrupting it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FILE = "state.sqlite3"
_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

_SCHEMA = """
create table if not exists state (key text primary key, value text not null) without rowid;
create table if not exists documents (
    drive text not null, number integer not null, code integer not null, at integer not null, sign integer not null,
    shift integer not null, receipt integer not null, operation integer not null, total integer not null,
    tlv blob not null, confirmation blob, primary key (drive, number)) without rowid;
create table if not exists notifications (
    drive text not null, number integer not null, document integer not null, at integer not null, tlv blob not null,
    receipt blob, primary key (drive, number)) without rowid;
"""


class StorageError(Exception):
    """The state cannot be opened; the text names the directory and the next step."""


class Storage:
    """Key/value JSON blobs and rows of tables in one file, or in memory when no directory is given.

    `transaction()` may be nested: everything inside the outermost one is committed together or not at all. Whoever
    keeps values in memory compares `generation` with the one it loaded at: it changes whenever a transaction was
    undone.
    """

    def __init__(self, directory: Path | str | None = None) -> None:
        self.directory = None if directory is None else Path(directory)
        self.generation = 0
        self._depth = 0
        self._afterwards: list[Callable[[], None]] = []
        self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        if self.directory is None:
            db = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
            db.executescript(_SCHEMA)
            return db
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            db = sqlite3.connect(self.directory / FILE, timeout=0, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                f"cannot use state directory {self.directory}: {error}; check its path and rights"
            ) from error
        try:
            # Exclusive before WAL: the lock is then held until close or death, and no shared memory file is needed.
            db.execute("pragma locking_mode=exclusive")
            db.execute("pragma journal_mode=wal")
            db.execute("pragma synchronous=normal")
            db.executescript(_SCHEMA)
            db.execute("begin immediate")
            db.execute("insert or replace into state values ('opened', '1')")
            db.execute("commit")
        except sqlite3.Error as error:
            db.close()
            if "locked" in str(error):
                raise StorageError(
                    f"state directory {self.directory} is in use by another emulator; stop it or give another --state"
                ) from error
            raise StorageError(
                f"state in {self.directory} cannot be used: {error}; check its rights, or move it away to start anew"
            ) from error
        return db

    def close(self) -> None:
        """Let the file go; a second close does nothing."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside are kept together, or none when an exception leaves the outermost block."""
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        self._db.execute("begin immediate")
        self._depth = 1
        try:
            yield
            self._db.execute("commit")
        except BaseException:
            self._afterwards.clear()
            self.generation += 1
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise
        finally:
            self._depth = 0
        afterwards, self._afterwards = self._afterwards, []
        for call in afterwards:
            call()

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call once the changes made so far are on disk: at the end of the outermost transaction, or right now."""
        if self._depth:
            self._afterwards.append(call)
        else:
            call()

    def get(self, key: str) -> Any:
        """The JSON value under `key`, None when there is none."""
        row = self._db.execute("select value from state where key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put(self, key: str, value: Any) -> None:
        """Keep a JSON value under `key`."""
        self._db.execute("insert or replace into state values (?, ?)", (key, _to_json(value)))

    def delete(self, key: str) -> None:
        """Forget `key`."""
        self._db.execute("delete from state where key = ?", (key,))

    def clear(self) -> None:
        """Forget everything: the device leaves the factory again. Values kept in memory must be loaded anew."""
        tables = self.rows("select name from sqlite_master where type = 'table'")
        with self.transaction():
            for (table,) in tables:
                self._db.execute(f"delete from {table}")  # noqa: S608 - names of our own tables # nosec B608
        self.generation += 1

    def execute(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        """Change rows."""
        self._db.execute(sql, tuple(parameters))

    def rows(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """Read rows."""
        return self._db.execute(sql, tuple(parameters)).fetchall()
