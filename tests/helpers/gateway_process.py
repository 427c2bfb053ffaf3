"""`fiscal-gateway serve` as a real process, for tests that want nothing but its command line and its HTTP API."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CLI = [sys.executable, "-c", "from gateway.cli.main import main; main()"]
MORTAL = str(Path(__file__).with_name("mortal_gateway.py"))


def command(*arguments: str, timeout: float = 60, **environment: str) -> subprocess.CompletedProcess[str]:
    """A `fiscal-gateway` command that ends by itself."""
    return subprocess.run(
        [*CLI, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def sale(key: str, **changes: Any) -> dict[str, Any]:
    """A plain cash sale of one line, 100.00."""
    return {
        "id": key,
        "operation": "sell",
        "taxation": "osn",
        "customer": {"email": "buyer@example.ru"},
        "items": [
            {
                "name": f"Товар {key}"[:128],
                "price": "100.00",
                "quantity": 1,
                "vat": "vat22",
                "payment_method": "full_payment",
                "payment_object": "commodity",
            }
        ],
        "payments": [{"type": "cash", "sum": "100.00"}],
        **changes,
    }


class Gateway:
    """A running daemon. `registers` maps names to links; without any the daemon serves an embedded emulated shop.

    `dying` is a step of the journal at which something happens to it (`mortal_gateway`).
    """

    def __init__(
        self,
        directory: Path,
        registers: dict[str, str] | None = None,
        *,
        extra: str = "",
        data: Path | None = None,
        dying: str | None = None,
    ) -> None:
        self.directory = directory
        self.data = data or directory / "data"
        arguments = ["serve", "--port", "0", "--json", "--data-dir", str(self.data)]
        if registers is None:
            arguments.append("--emulated")
        else:
            config = directory / "config.toml"
            config.write_text(
                "".join(
                    f'[[registers]]\nname = "{name}"\nlink = "{link}"\n{extra}\n' for name, link in registers.items()
                )
            )
            arguments += ["--config", str(config)]
        self.log = (directory / "gateway.log").open("ab")
        self.process = subprocess.Popen(
            [*(CLI if dying is None else [sys.executable, MORTAL, dying]), *arguments],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.ready: dict[str, Any] = json.loads(line or "{}")
        if not self.ready.get("ready"):
            self.process.communicate(timeout=10)
            raise AssertionError(f"the daemon ended with {self.process.returncode}: {self.errors()}{line}")
        self.url: str = self.ready["http"]
        self.port = int(self.url.rpartition(":")[2])
        self.token = (self.data / "admin.token").read_text().strip()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.log.close()

    def errors(self) -> str:
        return (self.directory / "gateway.log").read_text()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and body (JSON where it is JSON, else bytes)."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        if data is not None:
            request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, _content(answer.headers.get_content_type(), answer.read())
        except urllib.error.HTTPError as error:
            return error.code, _content(error.headers.get_content_type(), error.read())

    def get(self, path: str) -> Any:
        status, body = self.call("GET", path)
        assert status == 200, (status, body)
        return body

    def post(self, path: str, body: Any = None) -> Any:
        status, answer = self.call("POST", path, {} if body is None else body)
        assert status < 300, (status, answer)
        return answer

    def kill(self) -> None:
        """As a power cut would: no warning, no goodbye."""
        self.process.kill()
        self.process.communicate(timeout=10)

    def stop(self, number: int = signal.SIGTERM, timeout: float = 40) -> int:
        self.process.send_signal(number)
        self.process.communicate(timeout=timeout)
        return self.process.returncode


def _content(kind: str, raw: bytes) -> Any:
    return json.loads(raw) if kind in {"application/json", "application/problem+json"} else raw
