"""The simulation in short on registers of the other families.

Many more: `python -m simulation next:1000 --family atol`; figures in docs/campaigns.md.
"""

from __future__ import annotations

import pytest
from simulation.life import live


@pytest.mark.parametrize(
    ("family", "seed"),
    [
        ("atol", 2),  # ФФД 1.1 and 1.05
        ("atol-web", 2),
        ("pirit", 3),
    ],
)
def test_nothing_is_lost_doubled_silent_or_wrong(family: str, seed: int) -> None:
    result = live(seed, family=family)
    assert result.findings == [], f"python -m simulation {seed} --family {family} --story"
    assert result.faulted > 0
