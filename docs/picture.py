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

PICTURE = Path(__file__).parent / "receipt.png"


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        command = [Path(sys.executable).parent / "fiscal-gateway", "serve", "--emulated", "--json"]
        server = subprocess.Popen([*command, "--port", "0", "--data-dir", directory], stdout=subprocess.PIPE)
        try:
            assert server.stdout is not None
            url = json.loads(server.stdout.readline())["http"]
            token = (Path(directory) / "admin.token").read_text().strip()

            def call(path: str, body: object = None) -> bytes:
                data = None if body is None else json.dumps(body).encode()
                headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
                with urllib.request.urlopen(urllib.request.Request(url + path, data, headers)) as answer:
                    return bytes(answer.read())

            closing = story("docs")[2].body
            call("/api/v1/receipts?wait=20", closing)
            PICTURE.write_bytes(call(f"/api/v1/receipts/{closing['id']}/picture.png"))
        finally:
            server.terminate()
            server.wait()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
