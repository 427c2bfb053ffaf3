"""Draws docs/receipt.png, the picture in the README: the closing receipt of the demo, as the emulator prints it.

.venv/bin/python docs/picture.py
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from gateway.cli.story import story
from gateway.orders.words import DocumentKind

PICTURE = Path(__file__).parent / "receipt.png"


def main() -> int:
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

            place = "/api/v1/orders/1002"
            for number, step in enumerate(step for step in story() if step.order == "1002"):
                if not step.call:
                    call(place, step.body, "PUT")
                    continue
                told = json.loads(call(f"{place}/events?wait=20", {"id": f"e{number}", **step.body}))
                if DocumentKind.CLOSING in step.makes:
                    closing = told["documents"][-1]["receipt_id"]
                    PICTURE.write_bytes(call(f"/api/v1/receipts/{closing}/picture.png"))
        finally:
            server.terminate()
            server.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
