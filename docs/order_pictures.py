"""Draws docs/orders/*.png: each chain of docs/orders.md as its papers come out of the emulated register.

.venv/bin/python docs/order_pictures.py
"""

from __future__ import annotations

import io
import json
from pathlib import Path

from emulated import Call, shop
from order_chains import CHAINS, Chain
from PIL import Image

PICTURES = Path(__file__).parent / "orders"
#: Papers stand beside each other at this part of their size, so many pixels apart.
SCALE, GAP = 0.55, 16


def strip(chain: Chain, call: Call) -> Image.Image:
    """The papers of one chain, side by side."""
    number = f"docs-{chain.name}"
    papers: list[str] = []
    for place, step in enumerate(chain.steps):
        path = f"/api/v1/orders/{number}"
        if "put" in step:
            call(path, {"taxation": "osn", "items": step["put"], **chain.order}, method="PUT")
            continue
        answer = json.loads(call(f"{path}/events?wait=30", {"id": f"e{place}", **step}))
        papers = [one["receipt_id"] for one in answer["documents"]]
    drawn = [Image.open(io.BytesIO(call(f"/api/v1/receipts/{paper}/picture.png"))).convert("L") for paper in papers]
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
        for chain in CHAINS:
            strip(chain, call).save(PICTURES / f"{chain.name}.png", optimize=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
