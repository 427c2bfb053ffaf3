"""Durable accepts: group commit against one raw SQLite commit per row, on the same disk.

    .venv/bin/python bench/journal.py [--directory DIR] [--jobs N]

Prints accepts/s at concurrency 1 and 32, latencies in ms, and the ratio to raw single-row commits.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gateway.jobs.model import JobKind, NewJob
from gateway.journal import Journal
from gateway.journal.database import connect
from gateway.rim import ThreadExecutor, now

ITEM = {
    "name": "Ботинки зимние, кожа, размер 42",
    "payment_method": "full_payment",
    "payment_object": "commodity",
    "price": 499000,
    "quantity": "1",
    "vat": "vat22",
}
BODY = json.dumps({"items": [ITEM] * 5, "operation": "sell", "payments": {"electronic": 2495000}}, ensure_ascii=False)


def new_job(number: int, run: str) -> NewJob:
    digest = hashlib.sha256(BODY.encode()).hexdigest()
    return NewJob(id=f"{run}-{number}", kind=JobKind.RECEIPT, register="kkt-1", body=BODY, digest=digest)


def raw_commits(directory: Path, count: int) -> float:
    """Single-row commits per second, nothing around them."""
    connection = connect(directory / "raw.db", synchronous="FULL")
    connection.execute("CREATE TABLE jobs (id TEXT PRIMARY KEY, body TEXT)")
    began = time.perf_counter()
    for number in range(count):
        connection.execute("INSERT INTO jobs VALUES (?, ?)", (f"raw-{number}", BODY))
    rate = count / (time.perf_counter() - began)
    connection.close()
    return rate


async def accepts(journal: Journal, run: str, count: int, concurrency: int) -> tuple[float, list[float]]:
    """Accepts per second and each accept's seconds."""
    numbers = iter(range(count))
    taken: list[float] = []

    async def caller() -> None:
        for number in numbers:
            began = time.perf_counter()
            await journal.accept(new_job(number, run))
            taken.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(concurrency)))
    return count / (time.perf_counter() - began), taken


async def measure(directory: Path, count: int, report: Callable[[str], None]) -> None:
    raw = raw_commits(directory, min(count, 3000))
    report(f"raw sqlite, one row a commit: {raw:8.0f} /s   p50 {1000 / raw:.2f} ms")
    journal = await Journal.open(
        directory / "data", now=now, executor=ThreadExecutor("journal"), on_fatal=lambda error: report(str(error))
    )
    for concurrency, jobs in ((1, min(count, 3000)), (32, count)):
        before = journal.commits
        rate, taken = await accepts(journal, f"c{concurrency}", jobs, concurrency)
        p50, p99 = statistics.median(taken) * 1000, statistics.quantiles(taken, n=100)[98] * 1000
        group = jobs / (journal.commits - before)
        report(
            f"accept, concurrency {concurrency:3}:       {rate:8.0f} /s   p50 {p50:.2f} ms  p99 {p99:.2f} ms"
            f"   {group:.1f} accepts a commit   {rate / raw:.2f} x raw"
        )
    await journal.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, help="where the files go; decides which disk is measured")
    parser.add_argument("--jobs", type=int, default=60_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        asyncio.run(measure(Path(directory), options.jobs, print))


if __name__ == "__main__":
    main()
