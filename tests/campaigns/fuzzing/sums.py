"""What all runs together have done: docs/fuzzing.json, which docs/generate.py makes a page of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[3] / "docs" / "fuzzing.json"


def read() -> dict[str, Any]:
    """`{"targets": {name: {"seconds", "executions", "found"}}, "schemathesis": {…}, "sockets": {…}}`."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {"targets": {}}


def add(name: str, seconds: float, executions: int, found: int) -> None:
    """A run of one target."""
    known = read()
    row = known["targets"].setdefault(name, {"seconds": 0, "executions": 0, "found": 0})
    row["seconds"] += round(seconds)
    row["executions"] += executions
    row["found"] += found
    write(known)


def put(section: str, **figures: Any) -> None:
    """The figures of a section, in place of those of its run before."""
    known = read()
    known[section] = figures
    write(known)


def write(known: dict[str, Any]) -> None:
    known["targets"] = dict(sorted(known["targets"].items()))
    FILE.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
