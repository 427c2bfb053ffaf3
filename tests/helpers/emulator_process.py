"""`fiscal-emulator` as a real process, for tests that want nothing but its command line and its sockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
ROOT = Path(__file__).parents[2]


def run(*arguments: str, timeout: float = 20) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", "emulator.cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def until(get: Callable[[], T], seconds: float = 10) -> T:
    """The first true answer of `get`, asked again and again; AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := get()):
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
        time.sleep(0.01)
    return answer


class Emulator:
    """A running emulator; `ready` is its ready line, `ports` the TCP ports it listens on."""

    def __init__(self, *arguments: str) -> None:
        # A file, not a pipe: nobody reads it while the process lives, and a full pipe would stop it.
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - open as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "emulator.cli", *arguments, "--json"],
            cwd=ROOT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.communicate(timeout=10)
            raise AssertionError(f"fiscal-emulator ended with {self.process.returncode}: {self.errors()}")
        self.ready: dict[str, Any] = json.loads(line)
        self.control: str = self.ready["control"] or ""
        self.ports = [int(one.rpartition(":")[2]) for one in self.ready["listen"] if one.startswith("tcp:")]

    def __enter__(self) -> Emulator:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self._errors.close()

    def errors(self) -> str:
        """Its standard error so far."""
        self._errors.seek(0)
        return self._errors.read()

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def get(self, path: str) -> Any:
        return self.request("GET", path)

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """JSON in, JSON out; text for /paper.txt."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.control + path, data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            raw: bytes = answer.read()
        return json.loads(raw) if answer.headers.get_content_type() == "application/json" else raw.decode()

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=10)

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Ask it to end; exit code, rest of standard output, standard error."""
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=10)
        return self.process.returncode, out, self.errors()
