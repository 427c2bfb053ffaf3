"""Exactly once, on every register: each call that changes something × what can go wrong at its commands.

A choice of the cells; `make conformance` goes through all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from every_loss import CALLS, THOROUGH, Call, a_few, commands_of, outcome, some_at_once
from every_register import ALL, Place, places
from register_rows import FAMILIES
from virtual_loop import run_virtual

CHOSEN = ("close shift", "sell", "marked", "correction", "cash in")


def pairs() -> Iterator[object]:
    """The calls that differ most, on each family but the first, which has docs/fault-matrix.csv."""
    for call in CALLS.values() if ALL else map(CALLS.__getitem__, CHOSEN):
        for place in places(call.ffds, call.needs, label=call.name, once=call.name not in THOROUGH):
            if place.row.family != FAMILIES[0] or ALL:
                yield pytest.param(place, call, id=f"{place}-{call.name}")


@pytest.mark.parametrize(("place", "call"), list(pairs()))
def test_settling_says_the_truth(place: Place, call: Call) -> None:
    commands, commits = run_virtual(commands_of(place, call))
    assert commands
    wrong: dict[str, str] = {}
    for cell in dict.fromkeys(a_few(f"{place}{call.name}", commands, commits)):
        what = outcome(place, call, cell)
        if what.startswith("wrong"):
            wrong[f"{cell.command:02X} {cell.fault}"] = what
    assert wrong == {}


@pytest.mark.parametrize("place", places(label="several", once=True), ids=str)
def test_several_faults_at_once(place: Place) -> None:
    call = CALLS["sell"]
    known = run_virtual(commands_of(place, call))
    for seed in range(200 if ALL else 5):
        faults = some_at_once(f"{place}{seed}", *known)
        assert not (what := outcome(place, call, *faults)).startswith("wrong"), (seed, faults, what)
