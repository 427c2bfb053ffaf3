"""What the simulation found, reduced: one small test each, with the seed that showed it first."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from emulated_house import NAME, EmulatedHouse
from fake_register import LOST_AFTER, LOST_BEFORE, Till
from fake_shop import House, new_job, receipt_body
from permit_house import CIS, line, receipt
from virtual_loop import virtual

from devices.errors import LinkError
from devices.registers.base import Shift
from emulator.marking.oism import Behaviour, Misbehaviour
from gateway.jobs.model import Job, JobKind, JobState
from gateway.jobs.resolve import Verdict
from gateway.journal import Event, IllegalTransition
from gateway.journal.records import Cause, Recovered
from gateway.shop import QueueFull
from protocols.ffd.enums import DocumentCode, Operation


@virtual
async def test_a_held_job_says_anew_why_it_waits_when_the_reason_changes(tmp_path: Path) -> None:
    """Seed 93: "older than 24 hours" stood in the job for good, long after the shift was closed."""
    house = House(tmp_path, {"kkt-1": Till(shift=Shift.EXPIRED)})
    await house.start()
    await house.shop.submit(new_job("a", receipt_body(shift="manual")))
    assert [one.code for one in (await house.until("a", "held")).warnings] == ["shift_expired"]
    await house.shop.submit(new_job("close", "{}", kind=JobKind.CLOSE_SHIFT))
    assert (await house.shop.wait("close", 10)).state is JobState.DONE
    held = await house.shop.wait("a", 60)
    assert (held.state, [one.code for one in held.warnings]) == (JobState.HELD, ["shift_closed"])
    await house.stop()


@virtual
async def test_a_full_queue_takes_what_it_waits_for(tmp_path: Path) -> None:
    """Seed 66: receipts waited for the cashier to open the shift, and the full queue refused the cashier."""
    house = House(tmp_path, {"kkt-1": Till(shift=Shift.CLOSED)}, queue_limit=2)
    await house.start()
    for job_id in ("a", "b"):
        await house.shop.submit(new_job(job_id, receipt_body(shift="manual")))
    await house.until("a", "held")
    with pytest.raises(QueueFull):
        await house.shop.submit(new_job("c"))
    await house.shop.submit(new_job("open", "{}", kind=JobKind.OPEN_SHIFT))
    for job_id in ("open", "a", "b"):
        assert (await house.shop.wait(job_id, 60)).state is JobState.DONE
    await house.stop()


async def replaced_while_settling(directory: Path) -> House:
    """A shop whose receipt `a` went to a drive that another one has taken the place of."""
    house = House(directory)
    await house.start()
    house.till.faults["fiscalise"].append(LOST_AFTER)
    house.till.faults["connect"].append(LinkError("away"))
    await house.shop.submit(new_job("a", receipt_body(7)))
    await house.until("a", "settling")
    house.till.documents.clear()
    house.till.fn = "9999000000000002"
    await asyncio.sleep(10)
    return house


@virtual
async def test_a_verdict_about_a_document_of_a_drive_that_was_replaced(tmp_path: Path) -> None:
    """Seed 655: the document was looked for in the new drive, where that number is nothing or somebody else's."""
    house = await replaced_while_settling(tmp_path)
    assert (await house.sell("b", receipt_body(8))).fiscal is not None  # document 1 of the new drive
    resolved = await house.shop.resolve("a", exists=True, document=1)
    assert resolved.state is JobState.DONE
    assert resolved.fiscal is None  # what the old drive held cannot be read any more
    await house.stop()


@virtual
async def test_a_verdict_is_not_about_what_others_made_on_the_drive_of_today(tmp_path: Path) -> None:
    """Seed 100292: another gateway's document of that number on the new drive was taken for the one that was meant."""
    house = await replaced_while_settling(tmp_path)
    fiscal = house.till.add(DocumentCode.RECEIPT).fiscal
    others = Recovered(
        register="kkt-1",
        fiscal=fiscal,
        operation=Operation.SELL,
        total=700,
        tlv=b"",
        cause=Cause.UNWATCHED,
        found_at=fiscal.datetime,
    )
    await house.journal.recover((others,))
    resolved = await house.shop.resolve("a", exists=True, document=fiscal.document)
    assert (resolved.state, resolved.fiscal) == (JobState.DONE, None)
    await house.stop()


@virtual
async def test_a_clock_that_is_set_back_does_not_lend_the_port_for_longer(tmp_path: Path) -> None:
    """Seeds 40104, 40127, 40163: lent for a minute by a clock an hour ahead, the register stood still for that hour."""
    house = House(tmp_path)
    house.offset = timedelta(hours=1)
    await house.start()
    await house.shop.submit(new_job("lend", '{"minutes":1}', kind=JobKind.RELEASE))
    assert (await house.shop.wait("lend", 5)).state is JobState.DONE
    house.offset = timedelta()
    await house.shop.submit(new_job("a"))
    assert (await house.shop.wait("a", 50)).state is JobState.QUEUED
    assert (await house.shop.wait("a", 20)).state is JobState.DONE
    house.offset = timedelta(hours=1)
    await house.shop.submit(new_job("lend again", '{"minutes":1}', kind=JobKind.RELEASE))
    assert (await house.shop.wait("lend again", 5)).state is JobState.DONE
    await house.kill()
    house.offset = timedelta()
    await house.start()  # and not by a process that only read of it either
    assert (await house.sell("b", seconds=70)).state is JobState.DONE
    await house.stop()


@virtual
async def test_a_marking_system_that_threw_the_sale_away_does_not_free_the_unit(tmp_path: Path) -> None:
    """Seed 602038: the drive was rid of its notification, and the ОИСМ, which could not read it, knew of no sale."""
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    oism = house.embedded.shop.oism
    oism.misbehave(Misbehaviour(Behaviour.ANSWER))  # the question, then the notification
    oism.misbehave(Misbehaviour(Behaviour.MALFORMED))
    first = await house.sell("a", receipt(house.now, line(1)))
    assert [one.result for one in first.marking] == ["M+"]
    await asyncio.sleep(60)
    assert not house.embedded.shop.registers[NAME].device.drive.marking.unsent
    assert not oism.book.facts(CIS.format(1)).known
    again = await house.sell("b", receipt(house.now, line(1)))
    assert (again.state, again.error and again.error.code) == (JobState.FAILED, "marking_sold_here")
    await house.stop()


@virtual
async def test_a_diagnosis_does_not_overtake_what_has_not_said_why_it_waits(tmp_path: Path) -> None:
    """Seeds 601031, 100084, 161869: it took minutes on a slow line, and the receipt that was settling said nothing."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].append(LOST_AFTER)
    house.till.faults["connect"].append(LinkError("away"))
    await house.shop.submit(new_job("a"))
    await house.shop.submit(new_job("d", "{}", kind=JobKind.DIAGNOSE))
    assert (await house.shop.wait("d", 30)).state is JobState.DONE
    order = [(event.subject, event.state) for event in await house.journal.events(0, 100) if event.type == "job"]
    assert order.index(("a", "done")) < order.index(("d", "running"))
    await house.stop()


@virtual
async def test_what_waits_again_says_so_again(tmp_path: Path) -> None:
    """Looked for behind seed 601031: it had given its reason once, and nobody said that it was gone since."""
    house = House(tmp_path, {"kkt-1": Till(down=True)})
    await house.start()
    house.till.faults["fiscalise"].append(LOST_BEFORE)

    def away_once_proven_absent(event: Event, job: Job | None) -> None:
        house.till.down = house.till.down or (event.state == JobState.QUEUED and job is not None and job.attempts > 0)

    await house.shop.submit(new_job("a"))
    assert [one.code for one in (await house.shop.wait("a", 10)).warnings] == ["link_refused"]
    unsubscribe = house.journal.subscribe(away_once_proven_absent)
    house.till.down = False
    waiting = await house.shop.wait("a", 20)
    assert (waiting.state, waiting.attempts) == (JobState.QUEUED, 1)
    assert [one.code for one in waiting.warnings] == ["link_refused"]
    unsubscribe()
    house.till.down = False
    assert (await house.shop.wait("a", 10)).state is JobState.DONE
    await house.stop()


@pytest.mark.parametrize("fault", [LOST_AFTER, None])
@virtual
async def test_a_job_that_is_being_made_is_not_begun_again_for_the_asking(tmp_path: Path, fault: str | None) -> None:
    """Seed 21004 of Пирит: a retry took the bookmark from a job under way, and a lost answer then proved nothing."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"] += [fault] if fault else []
    await house.shop.submit(new_job("a"))
    await house.until("a", "running")
    with pytest.raises(IllegalTransition):
        await house.shop.retry("a")
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    assert len(house.till.receipts()) == 1
    await house.stop()


@pytest.mark.parametrize("exists", [True, False])
@virtual
async def test_a_verdict_comes_too_late_for_a_job_that_is_made_anew(tmp_path: Path, exists: bool) -> None:
    """What was settling when the person was asked may be proven absent, and begun again, before the verdict is kept."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"] += [LOST_BEFORE]
    await house.shop.submit(new_job("a"))
    found = await house.until("a", "settling")
    again = await house.until("a", "running")
    verdict = Verdict(journal=house.journal, ask=house.shop._asked, now=house.now, by=None)
    with pytest.raises(IllegalTransition):
        await (verdict.present(found, 1) if exists else verdict.absent(found))
    assert again.state is JobState.RUNNING
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    assert len(house.till.receipts()) == 1
    await house.stop()
