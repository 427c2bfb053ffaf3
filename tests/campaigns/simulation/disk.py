"""A journal's disk that is full, read-only or fails its fsync, and a process that dies at a commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any


class Trouble(StrEnum):
    FULL = "disk_full"  # no write finds room
    READ_ONLY = "disk_read_only"  # no transaction begins
    FSYNC = "fsync_failed"  # the commit fails, and what it held is gone
    FSYNC_KEPT = "fsync_failed_kept"  # the commit fails, yet what it held turns out to be on the disk


_ERRORS = {
    Trouble.FULL: "database or disk is full",
    Trouble.READ_ONLY: "attempt to write a readonly database",
    Trouble.FSYNC: "disk I/O error",
    Trouble.FSYNC_KEPT: "disk I/O error",
}
_AT = {
    Trouble.FULL: ("INSERT", "UPDATE", "CREATE"),
    Trouble.READ_ONLY: ("BEGIN",),
    Trouble.FSYNC: ("COMMIT",),
    Trouble.FSYNC_KEPT: ("COMMIT",),
}


@dataclass(slots=True)
class Disk:
    """One data directory's disk. `until` is the time at which a trouble that has begun is over."""

    now: Callable[[], float]
    struck: Callable[[Trouble], None]
    trouble: Trouble | None = None
    after: int = 0  # commits that still work
    lasts: float = 0.0
    until: float | None = None

    def arm(self, trouble: Trouble, *, after: int, lasts: float) -> None:
        self.trouble, self.after, self.lasts, self.until = trouble, after, lasts, None

    def heal(self) -> None:
        self.trouble = self.until = None

    def fails(self, sql: str) -> Trouble | None:
        """What goes wrong with this statement."""
        trouble = self.trouble
        if trouble is None:
            return None
        if self.until is None:
            if sql.startswith("COMMIT"):
                self.after -= 1
            if self.after >= 0 or not sql.startswith(_AT[trouble]):
                return None
            self.until = self.now() + self.lasts
        elif self.now() >= self.until:
            self.heal()
            return None
        elif not sql.startswith(_AT[trouble]):
            return None
        self.struck(trouble)
        return trouble

    def connect(self, path: Path, *, synchronous: str) -> sqlite3.Connection:
        """As `gateway.journal.database.connect`, on this disk; nothing is synced, for nothing here loses its power."""
        connection = sqlite3.connect(
            path, timeout=0, isolation_level=None, cached_statements=256, factory=partial(Connection, self)
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.row_factory = sqlite3.Row
        return connection


class Connection(sqlite3.Connection):
    def __init__(self, disk: Disk, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._disk = disk

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:  # type: ignore[override]
        if self._disk.trouble is not None:
            trouble = self._disk.fails(sql)
            if trouble is not None:
                if trouble is Trouble.FSYNC_KEPT:
                    super().execute(sql, *parameters)
                raise sqlite3.OperationalError(_ERRORS[trouble])
        return super().execute(sql, *parameters)


class MortalExecutor:
    """Runs the journal's writes in place, `latency()` seconds late, and dies before or after the n-th commit."""

    def __init__(
        self, call_later: Callable[..., object], latency: Callable[[], float], die: Callable[[], None]
    ) -> None:
        self._call_later = call_later
        self._latency = latency
        self._die = die
        self._doom: tuple[int, bool] | None = None
        self.dead = False

    def doom(self, commits: int, *, before: bool) -> None:
        """Die at the commit after so many more."""
        self._doom = commits, before

    def spare(self) -> None:
        """Live on."""
        self._doom = None

    def submit(self, work: Callable[[], None]) -> None:
        if self.dead:
            return
        seconds = self._latency()
        if seconds:
            self._call_later(seconds, self._run, work)
        else:
            self._run(work)

    def _run(self, work: Callable[[], None]) -> None:
        if self.dead:
            return
        if self._doom is None:
            work()
            return
        left, before = self._doom
        if left:
            self._doom = left - 1, before
            work()
            return
        self._doom = None
        if before:
            self._die()
            return
        work()
        self._die()

    def close(self) -> None:
        return
