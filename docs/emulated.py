"""A gateway with an emulated shop, for what draws pictures of its papers."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

#: (path, body, method) -> the answer's body.
Call = Callable[..., bytes]


@contextmanager
def shop() -> Iterator[Call]:
    """`with shop() as call: call("/api/v1/orders/1", {...}, "PUT")`."""
    with tempfile.TemporaryDirectory() as directory:
        command = [str(Path(sys.executable).parent / "fiscal-gateway"), "serve", "--emulated", "--json"]
        server = subprocess.Popen([*command, "--port", "0", "--data-dir", directory], stdout=subprocess.PIPE)
        try:
            assert server.stdout is not None
            url = json.loads(server.stdout.readline())["http"]
            token = (Path(directory) / "admin.token").read_text().strip()

            def call(path: str, body: object = None, method: str | None = None) -> bytes:
                data = None if body is None else json.dumps(body).encode()
                headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
                request = urllib.request.Request(url + path, data, headers, method=method)
                with urllib.request.urlopen(request) as answer:
                    return bytes(answer.read())

            yield call
        finally:
            server.terminate()
            server.wait()
