"""What all runs came to, kept in docs/campaigns.json under "processes" beside the simulation's sums.

`lives`, `receipts`, `faulted` and `seconds` (of lives, several at a time) add up; `kinds` counts what struck; `seeds`
are the lives lived, as spans; `failed` the lives that found something, with what they found; `judge` one row a run of
`--judge`.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from processes.life import Outcome

KEY = "processes"


def keep(path: Path, outcome: Outcome) -> None:
    """Add one life."""

    def add(sums: dict[str, Any]) -> None:
        for name, value in (
            ("lives", 1),
            ("receipts", outcome.receipts),
            ("faulted", outcome.faulted),
            ("seconds", round(outcome.seconds)),
        ):
            sums[name] = sums.get(name, 0) + value
        kinds = Counter(sums.get("kinds", {})) + outcome.struck
        sums["kinds"] = dict(kinds.most_common())
        sums["seeds"] = spans([*sums.get("seeds", []), [outcome.seed, outcome.seed]])
        sums.setdefault("failed", [])
        if outcome.faults:
            sums["failed"].append({"seed": outcome.seed, "found": [text[:300] for text in outcome.faults[:5]]})

    _changed(path, add)


def keep_judged(path: Path, outcome: Outcome) -> None:
    row = {
        "seed": outcome.seed,
        "receipts": outcome.receipts,
        "faulted": outcome.faulted,
        "seconds": round(outcome.seconds),
        "found": [text[:300] for text in outcome.faults[:5]],
        "kinds": dict(outcome.struck.most_common()),
    }
    _changed(path, lambda sums: sums.setdefault("judge", []).append(row))


def spans(pairs: list[list[int]]) -> list[list[int]]:
    """Spans first…last, those that touch joined."""
    joined: list[list[int]] = []
    for first, last in sorted(pairs):
        if joined and first <= joined[-1][1] + 1:
            joined[-1][1] = max(joined[-1][1], last)
        else:
            joined.append([first, last])
    return joined


def _changed(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Whole or not at all, one writer at a time: other runs keep their sums in the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX)
        whole = json.loads(path.read_text("utf-8")) if path.exists() else {}
        change(whole.setdefault(KEY, {}))
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", "utf-8")
        fresh.replace(path)
    finally:
        os.close(directory)
