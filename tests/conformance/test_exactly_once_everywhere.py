"""Exactly once, on every register: each call that changes something × what can go wrong at its commands.

A choice of the cells; `make conformance` goes through all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from every_loss import CALLS, Call, Cell, a_few, commands_of, struck
from every_register import Place, places, told
from register_rows import difference
from virtual_loop import run_virtual

from devices.errors import GatewayError


def pairs() -> Iterator[object]:
    """Each call on each family; corrections, which are others by ФФД 1.05, of both."""
    for call in CALLS.values():
        for place in places(call.ffds, call.needs, label=call.name, once=call.name != "correction"):
            yield pytest.param(place, call, id=f"{place}-{call.name}")


@pytest.mark.parametrize(("place", "call"), pairs())
def test_settling_says_the_truth(place: Place, call: Call) -> None:
    commands, commits = run_virtual(commands_of(place, call))
    assert commands
    wrong: dict[str, str] = {}
    for cell in dict.fromkeys(a_few(f"{place}{call.name}", commands, commits)):
        what = outcome(place, call, cell)
        if (
            what.startswith("wrong")
            and difference(place.row.family, "exactly_once", f"{call.name} {cell.fault}") is None
        ):
            wrong[f"{cell.command:02X} {cell.fault}"] = what
    assert wrong == {}


def outcome(place: Place, call: Call, cell: Cell) -> str:
    try:
        what: str = run_virtual(struck(place, call, cell))
    except (GatewayError, AssertionError) as error:
        return f"wrong: {type(error).__name__} {told(error)}"
    return f"wrong: {what}" if "unprovable" in what or what == "never struck" else what
