"""What a queue of 50 000 receipts for a dead register costs: time to start, memory, and another register's callers.

    .venv/bin/python bench/backlog.py [--jobs 50000] [--seconds 2] [--rounds 4]

Two gateways take turns, as fresh processes on a copy of their data in every round: one with the queue, one without.
`good` then gets one five-item receipt after another. Prints one JSON object with medians and ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from idle import megabytes
from isolation import Caller, emulator, p99, processor_ms
from receipts import BODY, DIGEST
from served import Server

from gateway.jobs.model import JobKind, NewJob
from gateway.journal import Journal
from gateway.rim import ThreadExecutor, now

#: Nothing listens on the discard port.
CONFIGURATION = """
[[registers]]
name = "good"
family = "shtrih"
link = "{good}"
[[registers]]
name = "dead"
family = "shtrih"
link = "tcp:127.0.0.1:9"
"""


async def fill(directory: Path, jobs: int) -> None:
    """A data directory with so many receipts queued for the dead register."""
    journal = await Journal.open(directory, now=now, executor=ThreadExecutor("journal"), on_fatal=print)
    chance = random.Random(1)
    for begin in range(0, jobs, 1000):
        await asyncio.gather(
            *(
                journal.accept(
                    NewJob(
                        id=f"{chance.getrandbits(64):016x}-{number}",
                        kind=JobKind.RECEIPT,
                        register="dead",
                        body=BODY,
                        digest=DIGEST,
                    )
                )
                for number in range(begin, min(begin + 1000, jobs))
            )
        )
    await journal.close()


async def sold(server: Server, seconds: float, prefix: str) -> tuple[list[float], list[float], float]:
    """Milliseconds of each receipt to 202 and to its document; of the gateway's processor in all."""
    caller = await Caller(server, prefix).open()
    await caller.settled("good")
    await caller.round(0.3)
    before = processor_ms(server.process.pid)
    accepts, documents = await caller.round(seconds)
    return accepts, documents, processor_ms(server.process.pid) - before


def measure(jobs: int, rounds: int, seconds: float, directory: Path) -> dict[str, Any]:
    """Both gateways in every round."""
    register, link = emulator("tcp:127.0.0.1:0", directory / "register")
    configuration = directory / "config.toml"
    configuration.write_text(CONFIGURATION.format(good=link))
    for name, count in (("empty", 0), ("full", jobs)):
        (directory / name).mkdir()
        asyncio.run(fill(directory / name, count))
    taken: dict[str, list[dict[str, float]]] = {"empty": [], "full": []}
    try:
        for number in range(rounds):
            for name, found in taken.items():
                data = directory / f"{name}-{number}"
                shutil.copytree(directory / name, data)
                options = ["--config", str(configuration), "--data-dir", str(data), "--port", "0", "--json"]
                began = time.perf_counter()
                start = "from gateway.cli.main import main; main()"
                with Server("-c", start, "serve", *options, token_file=data / "admin.token") as server:
                    ready = time.perf_counter() - began
                    accepts, documents, processor = asyncio.run(sold(server, seconds, f"{name}-{number}-"))
                    found.append(
                        {
                            "ready_s": ready,
                            "resident_mb": megabytes(server.process.pid),
                            "accept_p50_ms": statistics.median(accepts),
                            "accept_p99_ms": p99(accepts),
                            "done_p50_ms": statistics.median(documents),
                            "done_p99_ms": p99(documents),
                            "cpu_ms": processor / len(documents),
                        }
                    )
                shutil.rmtree(data)
    finally:
        register.kill()
        register.wait()
    figures: dict[str, Any] = {"jobs": jobs}
    for figure in taken["empty"][0]:
        empty, full = (statistics.median(one[figure] for one in taken[name]) for name in ("empty", "full"))
        figures[figure] = {"empty": round(empty, 2), "full": round(full, 2), "ratio": round(full / empty, 2)}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        print(json.dumps(measure(given.jobs, given.rounds, given.seconds, Path(directory)), indent=1))


if __name__ == "__main__":
    main()
