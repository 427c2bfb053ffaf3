"""A bad week in one process: random faults, kills and outages from a seed; every receipt is one document, as posted.

More seeds: FAULT_SEEDS=1000:2000 pytest tests/gateway/test_random_faults.py
"""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest
from emulated_house import NAME, EmulatedHouse
from fake_shop import new_job, receipt_body
from virtual_loop import run_virtual

from emulator.faults import FaultKind
from gateway.jobs.model import JobState
from gateway.receipts.convert import to_receipt

RECEIPTS = 12
KINDS = list(FaultKind)
COMMANDS = [None, None, 0x10, 0x11, 0x8D, 0x88, 0xFF01, 0xFF0C, 0xFF3A, 0xFF40, 0xFF45, 0xFF45, 0xFF46]


def seeds() -> range:
    first, _, last = os.environ.get("FAULT_SEEDS", "0:12").partition(":")
    return range(int(first), int(last))


@pytest.mark.parametrize("seed", seeds())
def test_every_receipt_is_one_document(tmp_path: Path, seed: int) -> None:
    run_virtual(live(tmp_path, random.Random(seed)))


async def live(directory: Path, rng: random.Random) -> None:
    house = EmulatedHouse(directory, f"emulated:shtrih?ffd={rng.choice(['1.05', '1.1', '1.2'])}")
    await house.switch_on()
    await house.start()
    bodies = {f"j{number}": receipt_body(number + 1, taxation="osn") for number in range(RECEIPTS)}
    for job_id, body in bodies.items():
        mischief(house, rng)
        if rng.random() < 0.25:
            await killed_while(house, job_id, body, rng)
        else:
            await house.shop.submit(new_job(job_id, body))
            await asyncio.sleep(rng.choice([0, 0, 0.01, 1, 30]))
        house.embedded.shop.registers[NAME].device.heal()
        if rng.random() < 0.05:
            house.embedded.shop.clock.advance(25 * 3600)
    for job_id in bodies:
        for _ in range(60):
            house.embedded.shop.registers[NAME].device.heal()  # what still waited may strike now
            job = await house.shop.wait(job_id, 60)
            if job.state is JobState.DONE:
                break
        assert job.state is JobState.DONE, job
    documents = []
    for job_id, body in bodies.items():
        job = await house.shop.wait(job_id, 0)
        assert job.fiscal is not None
        read = await house.shop.document(NAME, job.fiscal.document, seconds=60)
        assert read is not None
        assert read.total == to_receipt(body).total, job_id
        documents.append(job.fiscal.document)
    assert documents == [one.number for one in house.receipts()]
    await house.stop()


def mischief(house: EmulatedHouse, rng: random.Random) -> None:
    for _ in range(rng.choice([0, 0, 1, 1, 2, 4])):
        house.break_down(
            rng.choice(KINDS),
            rng.choice(COMMANDS),
            after_bytes=rng.randrange(12),
            seconds=rng.choice([0.5, 2.0, 20.0]),
            count=rng.choice([1, 1, 3]),
        )


async def killed_while(house: EmulatedHouse, job_id: str, body: str, rng: random.Random) -> None:
    """The caller repeats itself until it is told that the job is on disk."""
    submitting = asyncio.create_task(house.shop.submit(new_job(job_id, body)))
    await asyncio.sleep(rng.choice([0, 0.001, 0.01, 0.1, 2.0]))
    submitting.cancel()
    await house.kill()
    await asyncio.sleep(rng.choice([0, 5.0]))
    when = rng.choice(["before", "after"])
    await house.start(**{when: rng.randrange(2, 8)})
    submitting = asyncio.create_task(house.shop.submit(new_job(job_id, body)))
    dying = asyncio.create_task(house.died.wait())
    await asyncio.wait({dying}, timeout=30)
    submitting.cancel()
    dying.cancel()
    await house.kill()
    await house.start()
    await house.shop.submit(new_job(job_id, body))
