"""What idle callers cost: memory of a thousand keep-alive connections and of every event stream there may be.

    .venv/bin/python bench/idle.py [--connections 1000] [--rounds 3]

Each connection has asked once and stays; `fiscal-gateway serve` and a bare aiohttp server with the same handler's
worth of work take turns, each as a fresh process in every round. Prints one JSON object: megabytes resident before and
after, the difference, and the ratio of the differences; and that the gateway still answers a newcomer.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from accept import HERE as ACCEPT
from accept import gateway
from served import Server

STREAMS = 64


def megabytes(process_id: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


async def ask(server: Server, path: str) -> asyncio.StreamWriter:
    """A connection that asked once, read the answer's head, and stays open."""
    address = urlsplit(server.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {address.netloc}\r\nAuthorization: Bearer {server.token}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 202 ")), head
    return writer


async def held(server: Server, path: str, count: int) -> tuple[float, float]:
    """Megabytes before and after `count` connections that stay."""
    await ask(server, path)  # what the first one loads is not the connections' cost
    before = megabytes(server.process.pid)
    writers = []
    for begin in range(0, count, 50):
        writers += await asyncio.gather(*(ask(server, path) for _ in range(begin, min(begin + 50, count))))
    await asyncio.sleep(0.5)
    after = megabytes(server.process.pid)
    (await ask(server, "/health/live")).close()
    for writer in writers:
        writer.close()
    return before, after


@contextmanager
def served(name: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as directory:
        server = Server(str(ACCEPT), "--hello") if name == "bare" else gateway(Path(directory))
        with server:
            yield server


def measure(connections: int, rounds: int) -> dict[str, Any]:
    """Medians over the rounds."""
    taken: dict[str, list[tuple[float, float]]] = {"bare": [], "gateway": [], "streams": []}
    for _ in range(rounds):
        for name in ("bare", "gateway"):
            with served(name) as server:
                taken[name].append(asyncio.run(held(server, "/api/v1/version", connections)))
        with served("gateway") as server:
            # One stream is open from the warming-up.
            taken["streams"].append(asyncio.run(held(server, "/api/v1/events", STREAMS - 1)))
    figures: dict[str, Any] = {"connections": connections, "streams": STREAMS}
    for name, pairs in taken.items():
        figures[name] = {
            "before_mb": round(statistics.median(before for before, _ in pairs), 1),
            "after_mb": round(statistics.median(after for _, after in pairs), 1),
            "cost_mb": round(statistics.median(after - before for before, after in pairs), 1),
        }
    figures["ratio"] = round(figures["gateway"]["cost_mb"] / figures["bare"]["cost_mb"], 2)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--connections", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    print(json.dumps(measure(given.connections, given.rounds), indent=1))


if __name__ == "__main__":
    main()
