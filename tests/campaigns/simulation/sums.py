"""What all runs came to, kept in docs/campaigns.json under "simulation" beside the campaign of real processes.

Worlds of Shtrih-M have that section, those of another family one of their own (`campaign_sums.section`).
`seeds` are the seeds lived, as spans first…last; `receipts` those with a last word, `faulted` those of them whose
register or gateway was struck between posting and last word, `in_hand` those struck while being worked on themselves;
`kinds` counts what struck; `lived` seconds of the shops' clocks, `processor` seconds of ours; `parked` jobs left to a
person, by kind of job; `chains` the orders that a program led, with their events and documents; `spoilt` the receipts
that the line spoilt and whose jobs say so; `failed` the seeds that found something, with what they found; `by_program`
receipts faulted under each commit.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from campaign_sums import change, read, section, spans

from simulation.life import Result

CAMPAIGN = "simulation"


def next_seed(path: Path, family: str) -> int:
    """The first seed that nobody has lived yet and none after it."""
    return max((last + 1 for _, last in read(path, section(CAMPAIGN, family)).get("seeds", [])), default=0)


def keep(path: Path, family: str, results: list[Result], processor: float, program: str) -> None:
    """Add a batch of seeds."""

    def add(sums: dict[str, Any]) -> None:
        for name in ("receipts", "faulted", "in_hand"):
            sums[name] = sums.get(name, 0) + sum(getattr(one, name) for one in results)
        told = sums.setdefault("spoilt", [])
        told += [{"seed": one.seed, "told": str(found)[:300]} for one in results for found in one.spoilt]
        sums["lived"] = sums.get("lived", 0) + round(sum(one.lived for one in results))
        sums["processor"] = round(sums.get("processor", 0) + processor)
        for name in ("jobs", "kinds", "parked", "chains"):
            whole = Counter(sums.get(name, {}))
            for one in results:
                whole += one.struck if name == "kinds" else getattr(one, name)
            sums[name] = dict(whole.most_common())
        sums["seeds"] = spans([*sums.get("seeds", []), *([one.seed, one.seed] for one in results)])
        by_program = Counter(sums.get("by_program", {}))
        by_program[program] += sum(one.faulted for one in results)
        sums["by_program"] = dict(by_program)
        failed = sums.setdefault("failed", [])
        failed += [
            {"seed": one.seed, "program": program, "found": [str(found)[:300] for found in one.findings[:5]]}
            for one in results
            if one.findings
        ]

    change(path, section(CAMPAIGN, family), add)
