"""The simulation in short: some seeds, that they happen again exactly, and that its judge sees what it is to see.

Many more: `make simulate SEEDS=next:1000`; figures in docs/campaigns.md.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from simulation import life, orders, units
from simulation.life import live
from simulation.weather import Weather

from devices.registers import codes
from devices.registers.settle import Absent
from devices.registers.shtrih import receipts
from devices.registers.shtrih.marking import ShtrihCodes
from emulator.marking.oism import OismServer
from emulator.ofd.server import OfdServer
from gateway.jobs import steps
from gateway.jobs import units as unit_gate
from gateway.jobs.model import JobKind
from gateway.journal import rows

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "seed",
    [
        2,  # two registers, three misfortunes a job
        3,  # ФФД 1.05, quirks, permit mode
        8,  # ENQ before every command, latencies, slow commits, permit mode
        20,  # tax bytes as rows
        22,  # protocol v2, two gateways on one register
        33,  # the same with a queue of two
        37,  # two gateways which close each other's shifts
        38,  # v1 alone, an STX that is always taken
        45,  # v2 on two registers
        21,  # an STX that is taken in the middle, latencies
    ],
)
def test_nothing_is_lost_doubled_silent_or_wrong(seed: int) -> None:
    result = live(seed)
    assert result.findings == [], f"python -m simulation {seed} --story"
    assert result.faulted > 0


def test_a_seed_happens_again_exactly() -> None:
    first = live(7, story=True)
    again = live(7, story=True)
    assert again.story == first.story
    assert (again.digest, again.events) == (first.digest, first.events)
    program = "from simulation.life import live; print(live(7).digest)"
    paths = os.pathsep.join(str(ROOT / one) for one in (".", "tests/helpers", "tests/campaigns"))
    said = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": paths, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == first.digest
    assert live(8).digest != first.digest


def kinds(seed: int) -> set[str]:
    return {finding.kind for finding in live(seed).findings}


def test_the_judge_sees_a_receipt_that_is_made_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    async def absent(register: Any, *_: Any, **__: Any) -> Absent:
        await register.connect()
        return Absent()

    monkeypatch.setattr(steps, "settle", absent)
    assert "doubled" in kinds(3)


def test_the_judge_sees_a_job_that_was_accepted_and_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    insert = rows.insert_job

    def forgetful(connection: Any, new: Any, *rest: Any, **more: Any) -> Any:
        answer = insert(connection, new, *rest, **more)
        if new.id in {"receipt-2", "receipt-3", "receipt-4"}:
            connection.execute("DELETE FROM jobs WHERE id = ?", (new.id,))
        return answer

    monkeypatch.setattr(rows, "insert_job", forgetful)
    assert "lost" in kinds(7)


def test_the_judge_sees_what_the_ofd_did_not_get(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = OfdServer._keep

    def forgetful(self: OfdServer, container: Any, *rest: Any) -> None:
        if container.number != 9:
            keep(self, container, *rest)

    monkeypatch.setattr(OfdServer, "_keep", forgetful)
    assert kinds(7) == {"ofd"}


def test_the_judge_sees_codes_that_are_left_in_a_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(self: ShtrihCodes) -> None:
        self._dirty = False

    monkeypatch.setattr(ShtrihCodes, "clear", nothing)
    monkeypatch.setattr(ShtrihCodes, "fence", nothing)
    assert kinds(61) == {"half-accepted"}


def test_the_judge_sees_bad_units_that_are_sold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codes, "refuse_bad", lambda *_, **__: None)
    monkeypatch.setattr(receipts, "refuse_bad", lambda *_, **__: None)
    assert kinds(5) == {"marks"}


def test_the_judge_sees_what_the_marking_system_was_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    notifications = OismServer.notifications
    monkeypatch.setattr(OismServer, "notifications", lambda self: notifications(self)[1:])
    assert kinds(8) == {"told"}


def test_the_judge_sees_a_unit_that_leaves_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Marked goods nearly alone, and a marking system that is away for much of the time."""
    began = Weather.__init__

    def without_system(self: Weather, *arguments: Any) -> None:
        began(self, *arguments)
        self._kinds[self._oism] = 25

    monkeypatch.setattr(Weather, "__init__", without_system)
    monkeypatch.setattr(units, "SHARE", 0.9)
    monkeypatch.setattr(orders, "KINDS", {JobKind.RECEIPT: 100, JobKind.CASH_IN: 3})
    assert live(520017).findings == []
    monkeypatch.setattr(unit_gate, "doubts", lambda seen: ())
    assert kinds(520017) == {"doubled"}


def test_the_judge_sees_other_fiscal_data_and_mute_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from gateway.jobs import actions
    from gateway.jobs.steps import Steps

    done = actions.changes

    def other_sign(answer: Any) -> Any:
        facts = done(answer)
        fiscal = facts.get("fiscal")
        return facts if fiscal is None else {**facts, "fiscal": replace(fiscal, sign=fiscal.sign ^ 1)}

    async def asleep(self: Steps, *_: Any) -> None:
        await asyncio.sleep(7 * 24 * 3600)

    with monkeypatch.context() as changed:
        changed.setattr(steps, "changes", other_sign)
        assert "wrong" in kinds(7)
    monkeypatch.setattr(Steps, "step", asleep)
    monkeypatch.setattr(life, "PATIENCE", 300.0)
    assert "silent" in kinds(7)
