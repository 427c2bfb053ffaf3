"""Draws docs/receipt.png, the picture in the README: the closing receipt of the demo, as the emulator prints it.

.venv/bin/python docs/picture.py
"""

from __future__ import annotations

import json
from pathlib import Path

from emulated import shop

from gateway.cli.story import story
from gateway.orders.words import DocumentKind

PICTURE = Path(__file__).parent / "receipt.png"


def main() -> int:
    place = "/api/v1/orders/1002"
    with shop() as call:
        for number, step in enumerate(step for step in story() if step.order == "1002"):
            if not step.call:
                call(place, step.body, "PUT")
                continue
            told = json.loads(call(f"{place}/events?wait=20", {"id": f"e{number}", **step.body}))
            if DocumentKind.CLOSING in step.makes:
                closing = told["documents"][-1]["receipt_id"]
                PICTURE.write_bytes(call(f"/api/v1/receipts/{closing}/picture.png"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
