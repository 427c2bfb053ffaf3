"""Whatever a task says, the register answers it: its queue must never stand still for a host's mistake."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import datetime
from random import Random
from typing import Any

import pytest
from atol_web_kit import MOSCOW, OPERATOR, START
from receipts_made import a_correction, a_full_receipt, a_receipt

from emulator.fiscal_drive import Factory, FiscalDrive, default_registration
from emulator.registers.atol_web.register import AtolWebRegister
from emulator.registers.executor import Question
from emulator.storage import Storage
from protocols.atol_web import text
from protocols.atol_web.commands import TASKS
from protocols.atol_web.writing import task_of
from protocols.ffd.enums import FfdVersion

ROUNDS = 400
ODD: tuple[Any, ...] = (
    None, 0, -1, 10**18, "", "я" * 300, "\U0001f600", "\0", [], {}, True, ["a"], {"a": 1}, "2026.01.01", "1/0", "MDE=",
)  # fmt: skip
MARK = {"imc": "MDEwNDYwMDAwMDAwMDAxNTIxNUFCY2RFRmdoMTIzNB05M2RHVno=", "itemEstimatedStatus": "itemPieceSold"}


def a_register(ffd: FfdVersion) -> AtolWebRegister:
    storage, rng = Storage(), Random(1)

    def make(clock: Any) -> FiscalDrive:
        factory = Factory(number="9999078900001234", ffd=ffd)
        registration = default_registration(ffd)
        return FiscalDrive(storage, now=clock, rng=rng, ffd=ffd, factory=factory, registration=registration)

    def now() -> datetime:
        return START.astimezone(MOSCOW)

    return AtolWebRegister(make, storage, now=now, rng=rng)


def tasks(ffd: FfdVersion) -> list[Any]:
    """One of each, and every kind of receipt."""
    marks = dict.fromkeys(range(3), 1)
    receipts = [
        task_of(made, ffd, planned=marks, validate_marks=True)
        for made in (a_full_receipt(), a_receipt(), a_correction())
    ]
    more = {"operator": OPERATOR, "cashSum": 10, "items": [{"type": "text", "text": "a"}], "fiscalDocumentNumber": 1}
    more |= {"params": [MARK], "dateTime": "2026.03.02 10:00:00", "keys": [1]}
    more["deviceParameters"] = [{"key": 1, "value": "x"}]
    plain = [{"type": name, **more} for name in TASKS]
    return [text.read(text.write(one)) for one in (*receipts * 10, *plain)]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*path, key)
        yield from places(one, (*path, key))


def spoil(task: Any, rng: Random) -> None:
    path = rng.choice(list(places(task)))
    for key in path[:-1]:
        task = task[key]
    task[path[-1]] = copy.deepcopy(rng.choice(ODD))


@pytest.mark.parametrize("ffd", FfdVersion)
def test_every_task_is_answered(ffd):
    rng, register = Random(str(ffd)), a_register(ffd)
    known = tasks(ffd)
    codes = set()
    for turn in range(ROUNDS):
        if turn % 20 == 0:
            for way_back in ({"type": "setDateTime", "dateTime": "2026.03.02 10:00:00"}, {"type": "openShift"}):
                register.execute(text.write(way_back))
        task = copy.deepcopy(rng.choice(known))
        for _ in range(rng.randrange(3)):
            spoil(task, rng)
        reply = register.start(text.write(task))
        while isinstance(reply, Question):
            reply = register.go_on(reply, None)
        answer = text.read(reply)
        assert answer["status"] in {"ready", "error"}
        codes.add(answer["error"]["code"])
    assert {0, 11, 501} <= codes
