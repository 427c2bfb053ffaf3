"""Each chain of docs/orders.md, told over HTTP, makes the receipts that the page shows."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from api_world import World
from orders_http import Caller, chain

DOCS = Path(__file__).parents[3] / "docs"
sys.path.insert(0, str(DOCS))
from order_chains import CHAINS, Chain  # noqa: E402 — the pages' own data, outside the packages

PAGE = (DOCS / "orders.md").read_text(encoding="utf-8")


def shown(told: Chain) -> list[tuple[str, str]]:
    """Kind and total of each receipt in the chain's table."""
    section = PAGE.partition(f"\n### {told.title}\n")[2].partition("\n### ")[0]
    return re.findall(r"^\|[^|]*\| `([a-z_]+)` ([0-9.]+)", section, re.MULTILINE)


async def issued(caller: Caller, order: Any) -> Any:
    """The order with what the bank's till had to make."""
    for number, made in enumerate(order["documents"], 1):
        if made["state"] == "awaited":
            fiscal = {"fn": "9999078902001111", "document": number, "sign": "1"}
            event = {"id": f"f{number}", "type": "document", "receipt_id": made["receipt_id"], "fiscal": fiscal}
            _, order = await caller.tell(event)
    return order


@pytest.mark.parametrize("told", CHAINS, ids=lambda told: told.name)
async def test_a_chain_makes_the_receipts_that_the_page_shows(world: World, told: Chain) -> None:
    caller, order = Caller(world), None
    for number, step in enumerate(told.steps):
        if "put" in step:
            status, order = await caller.put({"taxation": "osn", **told.body(step)})
        else:
            status, order = await caller.tell({"id": f"e{number}", **step})
            order = await issued(caller, order) if status == 200 else order
        assert status in (200, 201), order
    made = chain(order)
    assert [(kind, total) for kind, _, total in made] == shown(told) != []
    assert {state for _, state, _ in made} == {"done"}
