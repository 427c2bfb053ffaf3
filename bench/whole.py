"""Five-item receipts through the whole gateway: HTTP, journal, worker, driver, wire, register, drive — until `done`.

    .venv/bin/python bench/whole.py [--seconds 8]

`fiscal-gateway serve --emulated` (the emulator in the same process, instant speed) has one core, wrk the other; each
request waits for its document. `bench/receipts.py` says what of it is the driver's and the emulator's share.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from served import Server, need_tools

ITEMS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=8)
    seconds = parser.parse_args().seconds
    need_tools()
    with tempfile.TemporaryDirectory() as directory:
        data = Path(directory)
        start = "from gateway.cli.main import main; main()"
        options = ["serve", "--emulated", "--data-dir", directory, "--port", "0", "--json"]
        with Server("-c", start, *options, token_file=data / "admin.token") as server:
            server.load("warm", 1, 2, ITEMS, "?wait=60")
            for concurrency in (1, 8):
                run = server.load(f"run{concurrency}", concurrency, seconds, ITEMS, "?wait=60")
                assert not run["refused"], run
                assert not run["broken"], run
                print(
                    f"concurrency {concurrency}: {run['per_second']:6.1f} documents/s, "
                    f"p50 {run['p50_us'] / 1000:.1f} ms, p99 {run['p99_us'] / 1000:.1f} ms"
                )


if __name__ == "__main__":
    main()
