"""A person's verdict on a job: held against the drive that is there, in the attempt that it was asked about."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from fake_register import LOST_AFTER, LOST_BEFORE, FakeRegister
from fake_shop import House, new_job, receipt_body
from virtual_loop import virtual

from devices.errors import LinkError
from gateway.jobs.model import Job, JobKind, JobState
from gateway.jobs.resolve import Verdict
from gateway.journal import IllegalTransition
from gateway.receipts.convert import to_receipt
from protocols.ffd.enums import DocumentCode


async def in_doubt(house: House, *names: str) -> None:
    """Of each job there are two documents alike, both of somebody else."""
    for name in names:
        body = receipt_body(100 + len(name))
        house.till.faults["fiscalise"].append(LOST_BEFORE)
        await house.shop.submit(new_job(name, body))
        await house.until(name, "settling")
        for _ in range(2):
            house.till.add(DocumentCode.RECEIPT, to_receipt(body))
        assert (await house.shop.wait(name, 5)).warnings


@virtual
async def test_the_register_that_is_there_is_looked_into(tmp_path: Path) -> None:
    """It was exchanged behind a converter a moment ago: its document of that number is another one."""
    house = House(tmp_path)
    await house.start()
    await in_doubt(house, "a")
    house.till.fn = "9999000000000002"
    job = await house.shop.resolve("a", exists=True, document=2)
    assert (job.state, job.fiscal) == (JobState.DONE, None)
    await house.stop()


@virtual
async def test_a_busy_register_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(tmp_path)
    await house.start()
    await in_doubt(house, "a")
    report = FakeRegister.x_report

    async def slow(self: FakeRegister) -> Any:
        await asyncio.sleep(20)
        return await report(self)

    monkeypatch.setattr(FakeRegister, "x_report", slow)
    await house.shop.submit(new_job("x", "{}", kind=JobKind.X_REPORT))
    await house.until("x", "running")
    with pytest.raises(LinkError) as busy:
        await house.shop.resolve("a", exists=True, document=2)
    assert busy.value.code == "register_busy"
    assert (await house.shop.wait("x", 60)).state is JobState.DONE
    job = await house.shop.resolve("a", exists=True, document=2)
    assert job.fiscal is not None
    assert job.fiscal.document == 2
    await house.stop()


@pytest.mark.parametrize("exists", [True, False])
@virtual
async def test_a_verdict_is_of_one_attempt(tmp_path: Path, exists: bool) -> None:
    """The job was settling when the person looked, was begun anew, and is settling again: this time it was made."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"] += [LOST_BEFORE, LOST_AFTER]
    await house.shop.submit(new_job("a"))
    await house.until("a", "settling")
    found = await house.shop.wait("a", 0)
    await house.until("a", "queued")
    await house.until("a", "settling")
    verdict = Verdict(journal=house.journal, ask=house.shop._asked, now=house.now, by=None)
    with pytest.raises(IllegalTransition):
        await (verdict.present(found, 1) if exists else verdict.absent(found))
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_a_port_is_lent_for_all_that_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them is resolved while it is noted: the next is not passed over."""
    house = House(tmp_path)
    await house.start()
    await in_doubt(house, "a", "bb")
    transition = house.journal.transition

    async def resolved_meanwhile(job_id: str, state: JobState, **changes: Any) -> Job:
        job = await transition(job_id, state, **changes)
        if job_id == "a" and "port_released" in (changes.get("intent") or {}):
            await house.shop.resolve("a", exists=False)
        return job

    for name in ("a", "bb"):  # a command that was not fenced off
        await transition(name, JobState.SETTLING, intent={})
    monkeypatch.setattr(house.journal, "transition", resolved_meanwhile)
    await house.shop.submit(new_job("lend", json.dumps({"minutes": 1}), kind=JobKind.RELEASE))
    await house.until("lend", "done")
    waits = await house.journal.get("bb")
    assert waits is not None
    assert waits.intent is not None
    assert waits.intent["port_released"]
    await house.stop()
