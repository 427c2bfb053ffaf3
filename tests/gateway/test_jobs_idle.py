"""A register with nothing to do, or that nobody can speak to: looked at, asked, diagnosed, left in peace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fake_register import LOST_BEFORE, fake_settle
from fake_shop import House, new_job
from virtual_loop import virtual

from devices.errors import LinkError, Rejected
from gateway.jobs import steps
from gateway.jobs.model import JobKind, JobState


@pytest.fixture(autouse=True)
def _settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "settle", fake_settle)


@virtual
async def test_an_idle_register_is_looked_at_and_a_cut_is_noticed(tmp_path: Path) -> None:
    house = House(tmp_path, poll_seconds=10.0)
    await house.start()
    await asyncio.sleep(1)
    snapshot = house.shop.registers["kkt-1"].snapshot
    assert snapshot.connected
    assert snapshot.identity is not None
    assert snapshot.state is not None
    assert snapshot.drive is not None
    assert snapshot.ofd is not None
    house.till.down = True
    await asyncio.sleep(15)
    assert not house.shop.registers["kkt-1"].snapshot.connected
    house.till.down = False
    await asyncio.sleep(2)
    assert house.shop.registers["kkt-1"].snapshot.connected
    states = [event.state for event in await house.journal.events(0) if event.type == "register"]
    assert states == ["connected", "disconnected", "connected"]
    await house.stop()


@virtual
async def test_a_snapshot_is_dated_by_its_oldest_part(tmp_path: Path) -> None:
    """A receipt reads the register's state alone: the drive and the OFD are as they were at the last look."""
    house = House(tmp_path)
    await house.start()
    await asyncio.sleep(1)
    before = house.shop.registers["kkt-1"].snapshot
    await house.sell("a")
    during = house.shop.registers["kkt-1"].snapshot
    assert during.drive == before.drive
    assert during.taken_at == before.taken_at
    await asyncio.sleep(1)
    after = house.shop.registers["kkt-1"].snapshot
    assert after.drive is not None
    assert before.drive is not None
    assert after.drive.last_document > before.drive.last_document
    assert after.taken_at is not None
    assert before.taken_at is not None
    assert after.taken_at > before.taken_at
    await house.stop()


@virtual
async def test_a_document_is_read_between_two_jobs(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await house.sell("a")
    found = await house.shop.document("kkt-1", 1)
    assert found is not None
    assert found.fiscal.document == 1
    assert await house.shop.document("kkt-1", 2) is None
    house.till.faults["document"].append(LOST_BEFORE)
    with pytest.raises(LinkError):
        await house.shop.document("kkt-1", 1)
    assert await house.shop.document("kkt-1", 1) is not None
    await house.stop()


@virtual
async def test_a_register_that_refuses_to_be_spoken_to_fails_no_job(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.till.faults["connect"].extend([Rejected("wrong password", number=79, code="password_wrong")] * 5)
    await house.start()
    await house.shop.submit(new_job("a"))
    held = await house.until("a", "held")
    assert [warning.code for warning in held.warnings] == ["password_wrong"]
    assert house.shop.registers["kkt-1"].snapshot.problem is not None
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    await house.stop()


@virtual
async def test_a_register_that_refuses_to_be_spoken_to_is_diagnosed_at_once(tmp_path: Path) -> None:
    """A diagnosis that waited for the operator would be of no use to him."""
    house = House(tmp_path)
    house.till.faults["connect"].extend([Rejected("wrong password", number=79, code="password_wrong")] * 100)
    await house.start()
    await house.shop.submit(new_job("d", "{}", kind=JobKind.DIAGNOSE))
    job = await house.shop.wait("d", 5)
    assert job.state is JobState.DONE, job
    assert job.result is not None
    assert job.result["reachable"] is False
    assert job.result["findings"][0]["code"] == "password_wrong"
    await house.stop()


@virtual
async def test_an_idle_register_that_refuses_is_not_asked_without_pause(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.till.faults["connect"].extend([Rejected("wrong password", number=79, code="password_wrong")] * 1000)
    await house.start()
    await asyncio.sleep(60)
    assert 1000 - len(house.till.faults["connect"]) < 80
    problem = house.shop.registers["kkt-1"].snapshot.problem
    assert problem is not None
    assert problem.code == "password_wrong"
    await house.stop()
