"""Draws docs/orders/*.png: each chain of docs/orders.md as its papers come out of the emulated register.

.venv/bin/python docs/order_pictures.py
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence
from pathlib import Path

from emulated import Call, shop
from order_chains import CHAINS, Chain
from PIL import Image

PICTURES = Path(__file__).parent / "orders"
#: Papers stand beside each other at this part of their size, so many pixels apart.
SCALE, GAP = 0.55, 16


def strip(chain: Chain, call: Call) -> Image.Image:
    """The papers of one chain, side by side; those of a bank's till as the gateway says that they must be."""
    path = f"/api/v1/orders/docs-{chain.name}"
    drawn: dict[str, Image.Image] = {}
    for place, step in enumerate(chain.steps):
        if "put" in step:
            call(path, {"taxation": "osn", **chain.body(step)}, method="PUT")
            continue
        call(f"{path}/events?wait=30", {"id": f"e{place}", **step})
        for one in json.loads(call(path))["documents"]:
            name = one["receipt_id"]
            if name in drawn:
                continue
            if one["state"] == "awaited":
                receipt = json.loads(call(f"{path}/documents/{name}"))["receipt"]
                drawn[name] = _paper(base64.b64decode(receipt["picture"]))
                issued = {"fn": "9999078902000000", "document": len(drawn), "sign": "1234567890"}
                call(f"{path}/events", {"id": name, "type": "document", "receipt_id": name, "fiscal": issued})
            else:
                drawn[name] = _paper(call(f"/api/v1/receipts/{name}/picture.png"))
    return _beside(list(drawn.values()))


def _paper(picture: bytes) -> Image.Image:
    return Image.open(io.BytesIO(picture)).convert("L")


def _beside(drawn: Sequence[Image.Image]) -> Image.Image:
    sizes = [(round(one.width * SCALE), round(one.height * SCALE)) for one in drawn]
    whole = Image.new("L", (sum(w for w, _ in sizes) + GAP * (len(sizes) - 1), max(h for _, h in sizes)), 225)
    left = 0
    for one, size in zip(drawn, sizes, strict=True):
        whole.paste(one.resize(size, Image.Resampling.LANCZOS), (left, 0))
        left += size[0] + GAP
    return whole.quantize(16)


def main() -> int:
    PICTURES.mkdir(exist_ok=True)
    with shop() as call:
        for chain in (chain for chain in CHAINS if chain.drawn):
            strip(chain, call).save(PICTURES / f"{chain.name}.png", optimize=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
