"""A register that comes back to the port with the drive that a job went to is asked about it, by itself and once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from fake_register import FN, LOST_AFTER, LOST_BEFORE
from fake_shop import House, new_job, receipt_body
from virtual_loop import virtual

from devices.registers.base import ArchivedDocument
from gateway.jobs.model import Job, JobKind, JobState
from gateway.receipts.convert import to_receipt
from protocols.ffd.enums import DocumentCode

OTHER = "9999000000000002"


class Port:
    """One port, and registers of their own drives that are put to it by turns."""

    def __init__(self, house: House) -> None:
        self.till = house.till
        self._away: dict[str, list[ArchivedDocument]] = {OTHER: []}

    def put(self, fn: str, *, silently: bool = False) -> None:
        """`silently`: the line stays, as it does behind a converter."""
        self._away[self.till.fn] = list(self.till.documents)
        self.till.fn, self.till.documents[:] = fn, self._away[fn]
        if not silently:
            self.till.connected = None

    def receipts(self, fn: str) -> int:
        documents = self.till.documents if self.till.fn == fn else self._away[fn]
        return sum(one.code is DocumentCode.RECEIPT for one in documents)


async def swapped(house: House, fault: str, *, kind: JobKind = JobKind.RECEIPT, body: str | None = None) -> Port:
    """The answer of job `a` is lost, and the register is exchanged before it can be asked."""
    port = Port(house)
    await house.start()
    call = {JobKind.RECEIPT: "fiscalise"}.get(kind, kind.value.replace("-", "_"))
    house.till.faults[call].append(fault)
    await house.shop.submit(new_job("a", body, kind=kind))
    await house.until("a", "settling")
    port.put(OTHER)
    await doubted(house, "a", "another fiscal drive")
    return port


async def doubted(house: House, job_id: str, words: str) -> Job:
    job = await house.shop.wait(job_id, 5)
    assert job.state is JobState.SETTLING
    (warning,) = job.warnings
    assert warning.code == "cannot_be_proven"
    assert words in warning.detail
    return job


async def told(house: House) -> list[Mapping[str, Any]]:
    return [event.data for event in await house.journal.events(0) if event.state == "drive_returned"]


@pytest.mark.parametrize("fault", [LOST_BEFORE, LOST_AFTER])
@virtual
async def test_its_own_drive_settles_it(tmp_path: Path, fault: str) -> None:
    house = House(tmp_path)
    port = await swapped(house, fault)
    assert (await house.sell("b", receipt_body(8))).state is JobState.DONE
    port.put(FN)
    job = await house.shop.wait("a", 60)
    assert job.state is JobState.DONE
    assert job.fiscal is not None
    assert (job.fiscal.fn, job.fiscal.document) == (FN, 1)
    assert job.warnings == ()
    assert (port.receipts(FN), port.receipts(OTHER)) == (1, 1)
    assert await told(house) == [{"fn": FN, "jobs": ["a"]}]
    await house.stop()


@pytest.mark.parametrize("idle", [False, True])
@virtual
async def test_a_line_that_stays_hides_no_exchange(tmp_path: Path, *, idle: bool) -> None:
    """Behind a converter the connection outlives the register: it is noticed before the next job, or between jobs."""
    house = House(tmp_path)
    port = await swapped(house, LOST_AFTER)
    await asyncio.sleep(1)
    port.put(FN, silently=True)
    if not idle:
        assert (await house.sell("b", receipt_body(8))).state is JobState.DONE
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    events = [(one.subject, one.data.get("code") or one.state) for one in await house.journal.events(0)]
    noticed = events.index(("kkt-1", "drive_changed"))
    assert idle or noticed < events.index(("b", "running"))
    assert port.receipts(FN) == 2 - idle
    await house.stop()


@virtual
async def test_drives_by_turns(tmp_path: Path) -> None:
    """Two jobs in doubt of two drives: each is settled when its own is there, and only then."""
    house = House(tmp_path)
    port = await swapped(house, LOST_AFTER)
    house.till.faults["fiscalise"].append(LOST_AFTER)
    await house.shop.submit(new_job("b", receipt_body(8)))
    await house.until("b", "settling")
    port.put(FN)
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    await doubted(house, "b", "another fiscal drive")
    assert (await house.sell("c", receipt_body(9))).state is JobState.DONE
    port.put(OTHER)
    assert (await house.shop.wait("b", 60)).state is JobState.DONE
    assert (port.receipts(FN), port.receipts(OTHER)) == (2, 1)
    assert await told(house) == [{"fn": FN, "jobs": ["a"]}, {"fn": OTHER, "jobs": ["b"]}]
    await house.stop()


@virtual
async def test_what_others_made_meanwhile_still_needs_a_person(tmp_path: Path) -> None:
    house = House(tmp_path)
    port = await swapped(house, LOST_AFTER)
    port.put(FN)
    house.till.add(DocumentCode.RECEIPT, to_receipt(receipt_body()))
    await house.shop.wait("a", 20)
    await doubted(house, "a", "several documents with exactly our content")
    assert len(await told(house)) == 1
    await house.stop()


@virtual
async def test_a_verdict_given_meanwhile_stands(tmp_path: Path) -> None:
    house = House(tmp_path)
    port = await swapped(house, LOST_AFTER)
    assert (await house.shop.resolve("a", exists=True, document=1)).state is JobState.DONE
    port.put(FN)
    assert (await house.sell("b", receipt_body(8))).state is JobState.DONE
    assert await told(house) == []
    assert port.receipts(FN) == 2
    await house.stop()


@pytest.mark.parametrize("restarted", [False, True])
@virtual
async def test_counters_prove_nothing_once_another_drive_was_there(tmp_path: Path, *, restarted: bool) -> None:
    """Cash is counted by the register: a shift of the other drive may have set its counts back."""
    house = House(tmp_path)
    port = await swapped(house, LOST_AFTER, kind=JobKind.CASH_IN, body='{"sum":"100.00"}')
    house.till.cash.clear()
    port.put(FN)
    if restarted:
        await house.kill()
        await house.start()
    await house.shop.wait("a", 20)
    await doubted(house, "a", "its counters may be of that drive's shifts")
    assert house.till.cash == []
    await house.stop()


@virtual
async def test_jobs_left_to_people_take_no_place_in_the_queue(tmp_path: Path) -> None:
    """Not even while one before them is at work again."""
    house = House(tmp_path, queue_limit=1)
    port = await swapped(house, LOST_AFTER)
    house.till.faults["fiscalise"].append(LOST_AFTER)
    await house.shop.submit(new_job("b", receipt_body(8)))
    await house.until("b", "settling")
    port.put(FN)
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    await doubted(house, "b", "another fiscal drive")
    assert (await house.sell("c", receipt_body(9))).state is JobState.DONE
    await house.stop()
