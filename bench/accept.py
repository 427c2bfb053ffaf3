"""Durable accept: `POST /api/v1/receipts` to 202 with the job on disk, beside a bare aiohttp handler in the same run.

    .venv/bin/python bench/accept.py [--seconds 5] [--items 1] [--directory DIR]

The load generator is wrk (apt install wrk) on a core of its own; the server has the other core. Both servers are real
processes on uvloop. The gateway's register is away, as in a shop whose till is switched off: everything is accepted.
Prints one JSON object: requests per second at concurrency 32, p50 at concurrency 1, and the ratio to the bare handler.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web

from gateway.api.app import create_app
from gateway.api.tokens import Tokens
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal
from gateway.rim import ThreadExecutor, now
from gateway.shop import Shop

HERE = Path(__file__).resolve()
SERVER_CORE, LOAD_CORE = 0, 1


async def hello(request: web.BaseRequest) -> web.StreamResponse:
    """What aiohttp itself costs: the body is read, a constant is answered."""
    await request.read()
    return web.Response(status=202, body=b'{"state":"queued"}', content_type="application/json")


async def serve_hello() -> None:
    runner: web.BaseRunner[Any] = web.ServerRunner(web.Server(hello, access_log=None))
    await listen(runner, "")
    await asyncio.Event().wait()


async def serve_gateway(directory: Path) -> None:
    rng = random.SystemRandom()
    journal = await Journal.open(
        directory, now=now, executor=ThreadExecutor("journal"), on_fatal=lambda error: sys.exit(str(error))
    )
    settings = {"kkt-1": RegisterSettings(name="kkt-1", queue_limit=10_000_000)}
    away: Any = object()  # the workers are not started
    shop = Shop(journal, settings, {"kkt-1": away}, now=now, rng=rng)
    tokens = Tokens(journal, now=now, rng=rng)
    path = await tokens.ensure_admin(directory)
    await listen(create_app(shop, tokens=tokens, now=now, rng=rng).runner(), path.read_text().strip())
    await asyncio.Event().wait()


async def listen(runner: web.BaseRunner[Any], token: str) -> None:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    print(json.dumps({"url": f"http://{host}:{port}", "token": token}), flush=True)


class Server:
    """A server process on its core."""

    def __init__(self, *arguments: str) -> None:
        command = ["taskset", "-c", str(SERVER_CORE), sys.executable, str(HERE), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        self.url, self.token = said["url"], said["token"]

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def load(self, run: str, concurrency: int, seconds: float, items: int) -> dict[str, float]:
        """One run of wrk."""
        command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{concurrency}", f"-d{seconds:g}s"]
        command += ["-s", str(HERE.with_suffix(".lua")), self.url, "--", run, self.token or "none", str(items)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found: dict[str, float] = json.loads(said.strip().splitlines()[-1])
        found["per_second"] = found["requests"] / found["seconds"]
        return found


def measure(seconds: float, items: int, directory: Path) -> dict[str, Any]:
    """Both servers, warmed up, at concurrency 1 and 32."""
    figures: dict[str, Any] = {"load_generator": "wrk", "items": items}
    for name, arguments in {"hello": ["--hello"], "gateway": ["--serve", str(directory)]}.items():
        with Server(*arguments) as server:
            server.load("warm", 32, 1, items)
            alone = server.load("alone", 1, seconds, items)
            many = server.load("many", 32, seconds, items)
        assert not any(run["refused"] or run["broken"] for run in (alone, many)), (alone, many)
        figures[name] = {
            "per_second_at_32": round(many["per_second"]),
            "p99_ms_at_32": many["p99_us"] / 1000,
            "per_second_at_1": round(alone["per_second"]),
            "p50_ms_at_1": alone["p50_us"] / 1000,
        }
    figures["ratio_at_32"] = round(figures["gateway"]["per_second_at_32"] / figures["hello"]["per_second_at_32"], 3)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--items", type=int, default=1)
    parser.add_argument("--directory", type=Path, help="on the disk to be measured; a temporary one by default")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--hello", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.hello:
        uvloop.run(serve_hello())
    elif given.serve:
        uvloop.run(serve_gateway(given.serve))
    else:
        missing = [tool for tool in ("wrk", "taskset") if shutil.which(tool) is None]
        if missing:
            sys.exit(f"not installed: {', '.join(missing)} (apt install wrk util-linux)")
        with tempfile.TemporaryDirectory(dir=given.directory) as directory:
            print(json.dumps(measure(given.seconds, given.items, Path(directory)), indent=1))


if __name__ == "__main__":
    main()
