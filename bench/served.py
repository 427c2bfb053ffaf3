"""A server process on one core and wrk, the load generator, on the other."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVER_CORE, LOAD_CORE = 0, 1


def need_tools() -> None:
    """End with a clear line where the load generator is missing."""
    missing = [tool for tool in ("wrk", "taskset") if shutil.which(tool) is None]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)} (apt install wrk util-linux)")


class Server:
    """A server process on its core."""

    def __init__(self, *command: str, token_file: Path | None = None) -> None:
        environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
        pinned = ["taskset", "-c", str(SERVER_CORE), sys.executable, *command]
        self.process = subprocess.Popen(
            pinned, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
        )
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["http"]
        self.token = token_file.read_text().strip() if token_file else "none"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def load(self, run: str, concurrency: int, seconds: float, items: int, query: str = "") -> dict[str, float]:
        """One run of wrk: receipts of `items` lines posted to /api/v1/receipts with `query`."""
        command = ["taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{concurrency}", f"-d{seconds:g}s"]
        command += ["-s", str(HERE / "accept.lua"), self.url, "--", run, self.token, str(items), query]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found: dict[str, float] = json.loads(said.strip().splitlines()[-1])
        found["per_second"] = found["requests"] / found["seconds"]
        return found
