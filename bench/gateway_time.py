"""What the gateway itself costs a receipt: accept, bookmark, result and worker, on a register that answers at once.

    .venv/bin/python -m bench.gateway_time [--receipts N]

Prints receipts/s and milliseconds a receipt beside three raw SQLite commits, the least that the rules allow.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from fake_register import FakeRegister, Till
from fake_shop import new_job, receipt_body

from bench.journal import raw_commits
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal
from gateway.rim import ThreadExecutor, now
from gateway.shop import Shop


class Instant(FakeRegister):
    """Answers without waiting."""

    async def _call(self, name: str, effect: object = None) -> object:
        return effect() if callable(effect) else None


async def measure(directory: Path, count: int) -> None:
    raw = raw_commits(directory, 1000)
    journal = await Journal.open(directory / "data", now=now, executor=ThreadExecutor("journal"), on_fatal=print)
    shop = Shop(
        journal,
        {"kkt-1": RegisterSettings(name="kkt-1", queue_limit=count + 1)},
        {"kkt-1": Instant(Till())},
        now=now,
        rng=random.Random(1),
    )
    await shop.start()
    item_body = receipt_body(10)
    began = time.perf_counter()
    for number in range(count):
        job, _ = await shop.submit(new_job(f"one-{number}", item_body))
        await shop.wait(job.id, 60)
    one_by_one = (time.perf_counter() - began) / count
    began = time.perf_counter()
    await asyncio.gather(*(shop.submit(new_job(f"many-{number}", item_body)) for number in range(count)))
    await shop.wait(f"many-{count - 1}", 600)
    queued = (time.perf_counter() - began) / count
    await shop.drain()
    await journal.close()
    least = 3 / raw
    for name, taken in (("one after another", one_by_one), ("from a full queue", queued)):
        print(f"{name}: {taken * 1000:.2f} ms a receipt, {1 / taken:6.0f} /s, {taken / least:.1f} x three raw commits")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, help="where the files go; decides which disk is measured")
    parser.add_argument("--receipts", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        asyncio.run(measure(Path(directory), options.receipts))


if __name__ == "__main__":
    main()
