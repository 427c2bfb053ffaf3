"""What all runs came to, kept in docs/campaigns.json under "processes" beside the simulation's sums.

Those of another family than Shtrih-M have a section of their own (`campaign_sums.section`).

`lives`, `receipts`, `faulted` and `seconds` (of lives, several at a time) add up; `kinds` counts what struck; `seeds`
are the lives lived, as spans; `failed` the lives that found something, with what they found; `spoilt` the receipts that
the line spoilt and whose jobs say so; `judge` one row a run of `--judge`.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from campaign_sums import change, section, spans

from processes.life import Outcome

CAMPAIGN = "processes"


def keep(path: Path, family: str, outcome: Outcome) -> None:
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
        told = sums.setdefault("spoilt", [])
        told += [{"seed": outcome.seed, "told": text[:300]} for text in outcome.spoilt]
        sums.setdefault("failed", [])
        if outcome.faults:
            sums["failed"].append({"seed": outcome.seed, "found": [text[:300] for text in outcome.faults[:5]]})

    change(path, section(CAMPAIGN, family), add)


def keep_judged(path: Path, family: str, outcome: Outcome) -> None:
    row = {
        "family": family,
        "seed": outcome.seed,
        "receipts": outcome.receipts,
        "faulted": outcome.faulted,
        "seconds": round(outcome.seconds),
        "found": [text[:300] for text in outcome.faults[:5]],
        "spoilt": [text[:300] for text in outcome.spoilt],
        "kinds": dict(outcome.struck.most_common()),
    }
    change(path, CAMPAIGN, lambda sums: sums.setdefault("judge", []).append(row))
