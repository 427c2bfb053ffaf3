"""How soon `fiscal-gateway serve` accepts and what it keeps resident, beside bare Python with the same server library.

    .venv/bin/python bench/start.py [--runs 7]

One Shtrih-M register over TCP; the emulator is a process of its own. Runs are interleaved with the reference, which
imports aiohttp and pydantic and opens a port. Prints medians and the ratio.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
BARE = """
import asyncio, json
import pydantic
from aiohttp import web
async def main():
    runner = web.ServerRunner(web.Server(lambda request: None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"ready": True}), flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def measured(command: list[str]) -> tuple[float, float]:
    """Seconds to the ready line, megabytes resident a moment later."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["ready"]
        took = time.perf_counter() - began
        time.sleep(1)  # the register is connected and read by then
        status = Path(f"/proc/{process.pid}/status").read_text()
        resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
        return took, resident / 1024
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as directory:
        emulator = subprocess.Popen(
            [BIN / "fiscal-emulator", "shtrih", "--listen", "tcp:127.0.0.1:0", "--json"], stdout=subprocess.PIPE
        )
        try:
            assert emulator.stdout is not None
            link = json.loads(emulator.stdout.readline())["listen"][0]
            config = Path(directory) / "config.toml"
            config.write_text(f'[[registers]]\nname = "kkt-1"\nfamily = "shtrih"\nlink = "{link}"\n')
            serve = [str(BIN / "fiscal-gateway"), "serve", "--config", str(config), "--data-dir", directory]
            ours, bare = [], []
            for _ in range(runs):
                ours.append(measured([*serve, "--port", "0", "--json"]))
                bare.append(measured([sys.executable, "-c", BARE]))
        finally:
            emulator.terminate()
            emulator.wait()
    for name, place, unit in (("ready", 0, "s"), ("resident", 1, "MB")):
        mine = statistics.median(one[place] for one in ours)
        reference = statistics.median(one[place] for one in bare)
        print(f"{name}: {mine:.2f} {unit}, bare aiohttp {reference:.2f} {unit}, ratio {mine / reference:.2f}")


if __name__ == "__main__":
    main()
