"""Byte traces: batched, bounded, kept for 30 days, and never in a receipt's way."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from virtual_loop import virtual

from gateway.journal.database import TRACE_FILE
from gateway.journal.executor import InlineExecutor
from gateway.journal.traces import LONGEST, Traces
from gateway.rim import ThreadExecutor


class Clock:
    moment = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


async def opened(directory: Path, clock: Clock | None = None, **more: object) -> Traces:
    arguments = {"executor": InlineExecutor(), "now": clock or Clock()} | more
    return await Traces.open(directory, **arguments)


async def test_bytes_are_found_by_job_in_their_order(tmp_path: Path) -> None:
    traces = await opened(tmp_path, executor=ThreadExecutor("traces"), batch=3)
    for number in range(10):
        traces.record("kkt-1", "a" if number % 2 else None, "<" if number % 3 else ">", bytes([number]))
    assert [row.data[0] for row in await traces.for_job("a")] == [1, 3, 5, 7, 9]
    assert [row.data[0] for row in await traces.latest("kkt-1", limit=3)] == [7, 8, 9]
    await traces.close()
    traces = await opened(tmp_path)
    assert len(await traces.for_job("a")) == 5
    await traces.close()


async def test_old_bytes_are_forgotten(tmp_path: Path) -> None:
    clock = Clock()
    traces = await opened(tmp_path, clock)
    traces.record("kkt-1", "old", ">", b"1")
    await traces.flush()
    clock.moment += timedelta(days=29)
    traces.record("kkt-1", "new", ">", b"2")
    await traces.flush()
    assert len(await traces.for_job("old")) == 1
    clock.moment += timedelta(days=2)
    traces.record("kkt-1", "newest", ">", b"3")
    await traces.flush()
    assert await traces.for_job("old") == []
    assert len(await traces.for_job("new")) == 1
    await traces.close()


async def test_the_number_of_rows_is_bounded(tmp_path: Path) -> None:
    clock = Clock()
    traces = await opened(tmp_path, clock, max_rows=10)
    for _ in range(3):
        clock.moment += timedelta(hours=2)
        for number in range(20):
            traces.record("kkt-1", "a", ">", bytes([number]))
        await traces.flush()
    assert len(await traces.for_job("a")) == 10
    await traces.close()


class NeverRuns(InlineExecutor):
    """A disk that hangs."""

    def submit(self, work: Callable[[], None]) -> None:
        self.work = work


async def test_memory_is_bounded_while_the_disk_hangs(tmp_path: Path) -> None:
    executor = NeverRuns()
    traces = await opened(tmp_path, executor=executor, batch=4, bound=10)
    for number in range(30):
        traces.record("kkt-1", "a", ">", bytes([number]))
    assert traces.dropped == 16  # 4 are on their way, 10 wait
    executor.work()
    executor.submit = lambda work: work()  # type: ignore[method-assign]
    assert [row.data[0] for row in await traces.for_job("a")] == [0, 1, 2, 3, *range(20, 30)]
    await traces.close()


async def test_a_flooded_line_fills_neither_memory_nor_disk(tmp_path: Path) -> None:
    traces = await opened(tmp_path)
    flood = bytes(range(256)) * 256
    traces.record("kkt-1", "a", "<", flood)
    traces.record("kkt-1", "a", "<", flood[:LONGEST])
    assert [row.data for row in await traces.for_job("a")] == [flood[:LONGEST]] * 2
    await traces.close()


async def test_a_full_disk_costs_traces_only(tmp_path: Path) -> None:
    traces = await opened(tmp_path)
    pages = traces._writing.execute("PRAGMA page_count").fetchone()[0]
    traces._writing.execute(f"PRAGMA max_page_count = {pages}")
    for _ in range(100):
        traces.record("kkt-1", "a", ">", bytes(LONGEST))
    assert await traces.for_job("a") == []
    assert traces.dropped == 100
    traces._writing.execute("PRAGMA max_page_count = 100000")
    traces.record("kkt-1", "a", ">", b"1")
    assert len(await traces.for_job("a")) == 1
    await traces.close()


async def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / TRACE_FILE).write_bytes(b"garbage " * 1000)
    traces = await opened(tmp_path)
    traces.record("kkt-1", "a", ">", b"1")
    assert len(await traces.for_job("a")) == 1
    await traces.close()


async def test_traces_are_written_less_strictly_than_the_journal(tmp_path: Path) -> None:
    traces = await opened(tmp_path)
    assert traces._writing.execute("PRAGMA synchronous").fetchone()[0] == 1
    await traces.close()
    assert sqlite3.connect(tmp_path / TRACE_FILE).execute("PRAGMA journal_mode").fetchone()[0] == "wal"


@virtual
async def test_a_quiet_shops_bytes_reach_the_disk_too_with_their_moments(tmp_path: Path) -> None:
    clock = Clock()
    traces = await opened(tmp_path, clock)
    traces.record("kkt-1", "a", ">", b"1")
    await asyncio.sleep(1)
    traces.record("kkt-1", "a", "<", b"2")
    await asyncio.sleep(2)
    rows = traces._reading.execute("SELECT at FROM traces ORDER BY id").fetchall()
    # Written two seconds after the first byte; the clock of this test stands still.
    assert [row["at"] for row in rows] == ["2026-02-28T23:59:58.000000+00:00", "2026-02-28T23:59:59.000000+00:00"]
    await traces.close()
