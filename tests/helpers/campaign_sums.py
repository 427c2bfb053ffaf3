"""docs/campaigns.json: what campaigns came to over all their runs, one section a campaign."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: The family of sums without a family's name.
USUAL = "shtrih"

FILE = Path(__file__).parents[2] / "docs" / "campaigns.json"


def section(campaign: str, family: str) -> str:
    """The name of a campaign's sums on one family's registers."""
    return campaign if family == USUAL else f"{campaign} {family}"


def read(path: Path, name: str) -> dict[str, Any]:
    """A section; empty before its first run."""
    whole = json.loads(path.read_text("utf-8")) if path.exists() else {}
    found: dict[str, Any] = whole.get(name, {})
    return found


def change(path: Path, name: str, edit: Callable[[dict[str, Any]], Any]) -> None:
    """Whole or not at all, one writer at a time: other runs keep their sums in the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        whole = json.loads(path.read_text("utf-8")) if path.exists() else {}
        edit(whole.setdefault(name, {}))
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", "utf-8")
        fresh.replace(path)
    finally:
        os.close(directory)


def spans(pairs: list[list[int]]) -> list[list[int]]:
    """Spans first…last, those that touch joined."""
    joined: list[list[int]] = []
    for first, last in sorted(pairs):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return joined
