"""A long queue: few of its jobs in memory, all of them in order, whole and counted."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest
from fake_register import Till
from fake_shop import House, new_job, receipt_body
from virtual_loop import virtual

from gateway.jobs.model import JobState
from gateway.journal import JournalDamaged, KeyConflict, journal
from gateway.journal.database import JOURNAL_FILE

KEPT = 8
JOBS = 40


@pytest.fixture(autouse=True)
def _few_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "RECENT", KEPT)


async def queued(house: House) -> list[str]:
    """A register that is away, and what waits for it."""
    house.till.down = True
    await house.start()
    names = [f"j{number}" for number in range(JOBS)]
    for number, name in enumerate(names):
        await house.shop.submit(new_job(name, receipt_body(number + 1)))
    return names


@virtual
async def test_its_jobs_are_read_when_their_turn_comes(tmp_path: Path) -> None:
    house = House(tmp_path)
    names = await queued(house)
    await asyncio.sleep(5)
    worker = house.shop._workers["kkt-1"]
    assert len(house.journal._recent) <= KEPT
    assert [entry.id for entry in worker.backlog if entry.taken is not None] == ["j0"]
    assert house.shop.registers["kkt-1"].snapshot.queued == JOBS
    with pytest.raises(KeyConflict):
        await house.shop.submit(new_job("j1", receipt_body(7777)))
    assert await house.shop.submit(new_job("j1", receipt_body(2))) == (await house.journal.get("j1"), False)
    assert (await house.shop.cancel("j2")).state is JobState.CANCELLED
    await house.kill()
    await house.start()
    await asyncio.sleep(1)
    assert house.shop.registers["kkt-1"].snapshot.queued == JOBS - 1
    house.till.down = False
    for name in names:
        await house.shop.wait(name, 60)
    done = [job.id for job in reversed((await house.journal.find(state=JobState.DONE, limit=JOBS))[0])]
    assert done == [name for name in names if name != "j2"]
    assert [one.total for one in house.till.receipts()] == [100 * (int(name[1:]) + 1) for name in done]
    await house.stop()


@virtual
async def test_a_body_that_is_not_what_was_accepted_is_not_sent(tmp_path: Path) -> None:
    house = House(tmp_path, {"kkt-1": Till()})
    await queued(house)
    raw = sqlite3.connect(tmp_path / JOURNAL_FILE)
    raw.execute("UPDATE jobs SET body = replace(body, '1.00', '9.00') WHERE id = 'j0'")
    raw.commit()
    raw.close()
    house.till.down = False
    await asyncio.sleep(60)
    with pytest.raises(JournalDamaged):
        await house.journal.whole("j0")
    assert not house.shop.alive  # whoever watches the daemon starts it anew, and its start sets the file aside
    assert house.till.receipts() == []
    await house.stop()


@virtual
async def test_a_job_that_was_changed_while_it_was_not_in_memory_is_not_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its change is on disk, and the loop has not heard of it yet."""
    house = House(tmp_path)
    await queued(house)
    worker = house.shop._workers["kkt-1"]
    heard = worker.take
    monkeypatch.setattr(worker, "take", lambda job: None if job.id == "j1" else heard(job))
    await house.shop.cancel("j1")
    house.till.down = False
    assert (await house.shop.wait(f"j{JOBS - 1}", 60)).state is JobState.DONE
    assert [one.total for one in house.till.receipts()] == [
        100 * number for number in range(1, JOBS + 1) if number != 2
    ]
    await house.stop()
