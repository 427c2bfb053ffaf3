"""Scenarios written once and run on every register: `@everywhere` over a test whose first parameter is a till."""

from __future__ import annotations

import inspect
import os
import zlib
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, cast

import pytest
from register_rows import FAMILIES, ROWS, V12, V105, Row, difference, lacks
from till import Till, till
from virtual_loop import run_virtual

from devices.errors import GatewayError, Unmakeable
from devices.registers.base import Capability
from emulator.families import FAMILIES as EMULATED
from emulator.place import EmulatedRegister
from protocols.ffd.enums import FfdVersion
from protocols.ffd.receipt import Receipt

Scenario = Callable[..., Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Place:
    """One register of one ФФД."""

    row: Row
    ffd: FfdVersion

    def __str__(self) -> str:
        return f"{self.row.name}-{self.ffd}"


#: `make conformance` goes through all there is; the suite through a choice of it.
ALL = os.environ.get("CONFORMANCE") == "all"


def places(
    ffds: Iterable[FfdVersion] = (V105, V12), needs: Iterable[Capability] = (), *, label: str = "", once: bool = False
) -> list[Place]:
    """Every register that can do what is needed, of each ФФД.

    A family with several framings has each ФФД on one of them, and which on which changes with the `label`; `once`: on
    one of them, of one ФФД.
    """
    wanted, turn = frozenset(needs), zlib.crc32(label.encode())
    found = []
    for family in FAMILIES:
        rows = [row for row in ROWS if row.family == family]
        able = [ffd for ffd in ffds if not wanted & lacks(family, ffd)]
        if ALL:
            found += [Place(row, ffd) for row in rows for ffd in able]
        else:
            chosen = [Place(rows[(turn + place) % len(rows)], ffd) for place, ffd in enumerate(able)]
            found += chosen[-1:] if once else chosen
    return found


def everywhere(
    *needs: Capability, ffds: Iterable[FfdVersion] = (V105, V12), once: bool = False, **settings: Any
) -> Callable[[Scenario], Callable[..., None]]:
    """A test per register and ФФД, in virtual time, on a till made with `settings`.

    `once`: as for `places`. Other parameters of the test are pytest's, below this decorator or above.
    """

    def wrap(scenario: Scenario) -> Callable[..., None]:
        def run(place: Place, request: pytest.FixtureRequest, **case: Any) -> None:
            run_virtual(_run(scenario, place, request.node.callspec.id, case, settings))

        _, *parameters = inspect.signature(scenario).parameters.values()
        own = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("place", "request")]
        kept = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
        run.__signature__ = inspect.Signature([*own, *kept])  # type: ignore[attr-defined]
        run.__name__, run.__doc__, run.__module__ = scenario.__name__, scenario.__doc__, scenario.__module__
        run.pytestmark = list(getattr(scenario, "pytestmark", []))  # type: ignore[attr-defined]
        found = places(ffds, needs, label=scenario.__name__, once=once)
        return cast(Callable[..., None], pytest.mark.parametrize("place", found, ids=str)(run))

    return wrap


async def _run(scenario: Scenario, place: Place, case: str, values: Any, settings: Any) -> None:
    known = difference(place.row.family, scenario.__name__, case)
    try:
        async with a_till(place, **settings) as one:
            await scenario(one, **values)
    except (GatewayError, AssertionError) as error:
        if known is None or known.says not in told(error):
            raise
        return
    assert known is None, f"no longer true, take it out of the table of differences: {known}"


def a_till(place: Place, **settings: Any) -> Any:
    """A connected till there."""
    options = {**place.row.options, **settings.pop("options", {})}
    return till(family=place.row.family, ffd=place.ffd, options=options, **settings)


def told(error: BaseException) -> str:
    """Codes and words of an error, whatever kind it is."""
    if isinstance(error, Unmakeable):
        return " ".join(f"{fault.pointer} {fault.code}" for fault in error.faults) + f" {error}"
    return f"{getattr(error, 'code', '')} {error}"


def asked(register: Till | EmulatedRegister) -> tuple[list[int], list[int]]:
    """From now on: the codes of the commands that the register carries out, and of those by which its drive keeps
    something."""
    commands: list[int] = []
    commits: list[int] = []
    faults: Any = (register.emulated if isinstance(register, Till) else register).faults
    take = faults.take

    def noting(command: int, point: Any, **more: Any) -> Any:
        if point == "command":
            commands.append(command)
        elif point == "commit":
            commits.append(command)
        return take(command, point, **more)

    faults.take = noting
    return commands, commits


async def closing_of(one: Till, wanted: Receipt) -> int:
    """The command by which a receipt is handed over for good, found by making this one."""
    _, commits = asked(one)
    await one.driver.fiscalise(wanted)
    return handed_over(one.emulated) or commits[-1]


def handed_over(register: EmulatedRegister) -> int | None:
    """Its code where the family has a command of its own for that."""
    name = next(row.handed_over for row in ROWS if row.family == register.plan.family)
    return EMULATED[register.plan.family].command_code(name) if name else None


def nothing_is_left(one: Till) -> None:
    """However it ended, whoever comes next finds the register as it should be."""
    core = one.device.register.core
    assert core.draft is None, "a receipt is open in the register"
    assert not core.drive.current, "a document is half made in the drive"
    marking = one.device.state()["marking"]
    assert marking["step"] == "none", "a marking code waits for its decision in the drive"
    assert marking["accepted"] == [], "a marking code is half accepted in the drive"
