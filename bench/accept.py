"""Durable accept: `POST /api/v1/receipts` to 202 with the job on disk, beside a bare aiohttp handler in the same run.

    .venv/bin/python bench/accept.py [--seconds 5] [--items 1] [--directory DIR]

The load generator is wrk (apt install wrk) on a core of its own; the server has the other core. Both are real
processes on uvloop; the gateway is `fiscal-gateway serve` with a register that is switched off: everything is accepted.
Prints one JSON object: requests per second at concurrency 32, p50 at concurrency 1, and the ratio to the bare handler.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

import uvloop
from aiohttp import web
from served import Server, need_tools

HERE = Path(__file__).resolve()
#: Nothing listens on the discard port; the queue holds what ten seconds bring.
CONFIGURATION = """
[[registers]]
name = "kkt-1"
family = "shtrih"
link = "tcp:127.0.0.1:9"
queue_limit = 100000
"""


async def hello(request: web.BaseRequest) -> web.StreamResponse:
    """What aiohttp itself costs: the body is read, a constant is answered."""
    await request.read()
    return web.Response(status=202, body=b'{"state":"queued"}', content_type="application/json")


async def serve_hello() -> None:
    runner = web.ServerRunner(web.Server(hello, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    print(json.dumps({"ready": True, "http": f"http://{host}:{port}"}), flush=True)
    await asyncio.Event().wait()


def gateway(directory: Path) -> Server:
    """`fiscal-gateway serve` with a register that is away."""
    configuration = directory / "config.toml"
    configuration.write_text(CONFIGURATION)
    data = directory / "data"
    start = "from gateway.cli.main import main; main()"
    options = ["--config", str(configuration), "--data-dir", str(data), "--port", "0", "--json"]
    return Server("-c", start, "serve", *options, token_file=data / "admin.token")


def measure(seconds: float, items: int, directory: Path) -> dict[str, Any]:
    """Both servers, warmed up, at concurrency 1 and 32."""
    figures: dict[str, Any] = {"load_generator": "wrk", "items": items}
    for name in ("hello", "gateway"):
        with Server(str(HERE), "--hello") if name == "hello" else gateway(directory) as server:
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
    parser.add_argument("--hello", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.hello:
        uvloop.run(serve_hello())
    else:
        need_tools()
        with tempfile.TemporaryDirectory(dir=given.directory) as directory:
            print(json.dumps(measure(given.seconds, given.items, Path(directory)), indent=1))


if __name__ == "__main__":
    main()
