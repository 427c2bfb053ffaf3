"""Byte traces: what went over the wires, kept for 30 days in a database that may be lost.

Rows are gathered in memory and written in batches, so that a trace costs a receipt nothing; the memory is bounded.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from devices.errors import GatewayError
from gateway.journal import database
from gateway.journal.executor import Executor
from gateway.journal.migrate import migrate, versions
from gateway.journal.records import TraceRow
from gateway.journal.rows import stamp

#: How long bytes are kept (design.md, HTTP API).
RETENTION = timedelta(days=30)

#: What is gathered reaches the disk after this many seconds at the latest.
DELAY = 2.0

#: Bytes of one read or write that are kept: frames have some hundred, and what floods a line explains itself soon.
#: With it the rows in memory and on disk bound their bytes too.
LONGEST = 1024

#: Loop time, register, job id, direction, bytes: the moment is reckoned when the batch is written.
_Noted = tuple[float, str, str | None, str, bytes]

_INSERT = "INSERT INTO traces (at, register, job_id, direction, data) VALUES (?, ?, ?, ?, ?)"

#: The oldest rows come first, so this stops at the first one that is young enough.
_FORGET = "DELETE FROM traces WHERE id < (SELECT id FROM traces WHERE at >= ? ORDER BY id LIMIT 1)"


class Traces:
    """Made by `open`; belongs to one event loop. A trace that cannot be written is dropped and counted."""

    def __init__(
        self,
        connections: tuple[sqlite3.Connection, sqlite3.Connection],
        executor: Executor,
        *,
        now: Callable[[], datetime],
        batch: int,
        bound: int,
        max_rows: int,
    ) -> None:
        self._writing, self._reading = connections
        self._executor = executor
        self._now = now
        self._batch = batch
        self._max_rows = max_rows
        self._gathered: deque[_Noted] = deque(maxlen=bound)
        self._alarm: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._written = asyncio.Event()
        self._written.set()
        self._next_purge: datetime | None = None
        self.dropped = 0

    @classmethod
    async def open(
        cls,
        directory: Path,
        *,
        now: Callable[[], datetime],
        executor: Executor,
        batch: int = 256,
        bound: int = 8192,
        max_rows: int = 2_000_000,
    ) -> Traces:
        """The traces of an owned data directory; a damaged file is replaced by a new one."""
        path = directory / database.TRACE_FILE
        try:
            connections = _connections(path)
        except (sqlite3.DatabaseError, GatewayError):
            for suffix in ("", "-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            connections = _connections(path)
        return cls(connections, executor, now=now, batch=batch, bound=bound, max_rows=max_rows)

    def record(self, register: str, job_id: str | None, direction: str, data: bytes) -> None:
        """Note bytes (`direction` ">" or "<"; the first LONGEST) or a remark ("!"). Never waits."""
        if len(self._gathered) == self._gathered.maxlen:
            self.dropped += 1
        self._gathered.append((self._loop.time(), register, job_id, direction, data[:LONGEST]))
        if len(self._gathered) >= self._batch and self._written.is_set():
            self._hand_over()
        elif self._alarm is None:
            self._alarm = self._loop.call_later(DELAY, self._late)

    async def for_job(self, job_id: str, limit: int = 10_000) -> list[TraceRow]:
        """What was exchanged for one job, oldest first."""
        await self.flush()
        found = self._reading.execute("SELECT * FROM traces WHERE job_id = ? ORDER BY id LIMIT ?", (job_id, limit))
        return [row_of(row) for row in found.fetchall()]

    async def latest(self, register: str, limit: int = 200) -> list[TraceRow]:
        """The newest bytes of one register, oldest first."""
        await self.flush()
        found = self._reading.execute(
            "SELECT * FROM traces WHERE register = ? ORDER BY id DESC LIMIT ?", (register, limit)
        )
        return [row_of(row) for row in reversed(found.fetchall())]

    async def flush(self) -> None:
        """Until everything recorded so far can be read."""
        while self._gathered or not self._written.is_set():
            if self._written.is_set():
                self._hand_over()
            await self._written.wait()

    async def close(self) -> None:
        """Write what is left and close."""
        await self.flush()
        if self._alarm is not None:
            self._alarm.cancel()
        self._executor.close()
        self._reading.close()
        self._writing.close()

    def _late(self) -> None:
        self._alarm = None
        if self._gathered and self._written.is_set():
            self._hand_over()

    def _hand_over(self) -> None:
        batch = list(self._gathered)
        self._gathered.clear()
        self._written.clear()
        now, ticks = self._now().astimezone(UTC), self._loop.time()
        horizon = None
        if self._next_purge is None or now >= self._next_purge:
            self._next_purge = now + timedelta(hours=1)
            horizon = stamp(now - RETENTION)
        self._executor.submit(lambda: self._write(batch, now, ticks, horizon))

    def _write(self, batch: list[_Noted], now: datetime, ticks: float, horizon: str | None) -> None:
        """`now` and `ticks` are the same moment, on the wall clock and on the loop's."""
        dropped = 0
        try:
            self._writing.execute("BEGIN IMMEDIATE")
            self._writing.executemany(
                _INSERT,
                [
                    ((now - timedelta(seconds=ticks - noted[0])).isoformat(timespec="microseconds"), *noted[1:])
                    for noted in batch
                ],
            )
            if horizon is not None:
                self._writing.execute(_FORGET, (horizon,))
                self._writing.execute(
                    "DELETE FROM traces WHERE id <= (SELECT max(id) FROM traces) - ?", (self._max_rows,)
                )
            self._writing.execute("COMMIT")
        except sqlite3.Error:
            # Traces serve diagnosis: a full disk is the journal's to report, receipts go on without traces.
            dropped = len(batch)
            if self._writing.in_transaction:
                self._writing.execute("ROLLBACK")
        self._loop.call_soon_threadsafe(self._wrote, dropped)

    def _wrote(self, dropped: int) -> None:
        self.dropped += dropped
        self._written.set()


def _connections(path: Path) -> tuple[sqlite3.Connection, sqlite3.Connection]:
    writing = database.connect(path, synchronous="NORMAL")
    migrate(writing, versions("trace_schema"))
    return writing, database.connect(path, synchronous="NORMAL")


def row_of(row: sqlite3.Row) -> TraceRow:
    """A row of the table."""
    return TraceRow(
        at=datetime.fromisoformat(row["at"]),
        register=row["register"],
        job_id=row["job_id"],
        direction=row["direction"],
        data=row["data"],
    )
