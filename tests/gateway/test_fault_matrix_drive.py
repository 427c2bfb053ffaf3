"""A drive that blocks: no OFD for a month, no room for documents. The job waits, says why, and goes on by itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from emulated_house import NAME, EmulatedHouse
from fake_shop import new_job, receipt_body
from virtual_loop import virtual

from emulator.ofd import Behaviour
from gateway.jobs.model import Job, JobKind, JobState
from protocols.fn.statuses import DriveWarning

DAY = 24 * 3600


async def opened(directory: Path) -> EmulatedHouse:
    house = EmulatedHouse(directory)
    await house.switch_on()
    await house.start()
    assert (await sell(house, "first", 1)).state is JobState.DONE
    return house


async def sell(house: EmulatedHouse, job_id: str, rubles: int, seconds: float = 120) -> Job:
    return await house.sell(job_id, receipt_body(rubles, taxation="osn"), seconds)


@virtual
async def test_thirty_days_without_the_ofd_hold_the_receipt_until_it_is_back(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    drive = house.embedded.shop.registers[NAME].device.drive
    assert house.embedded.shop.ofd is not None
    house.embedded.shop.ofd.behaviour = Behaviour.REFUSE
    await sell(house, "unsent", 2)
    house.embedded.shop.clock.advance(29 * DAY)
    assert (await sell(house, "in time", 3)).state is JobState.DONE
    assert drive.warnings & DriveWarning.OFD_OVERDUE
    house.embedded.shop.clock.advance(2 * DAY)
    job = await sell(house, "too late", 4)
    assert job.state is JobState.HELD
    assert [warning.code for warning in job.warnings] == ["fn_ofd_overdue"]
    assert "Восстановите связь с ОФД" in job.warnings[0].hint
    assert drive.last_document == house.receipts()[-1].number + 1  # the old shift is closed all the same
    house.embedded.shop.ofd.behaviour = Behaviour.CONFIRM
    job = await house.shop.wait("too late", 300)
    assert job.state is JobState.DONE
    assert job.warnings == ()
    assert drive.warnings & DriveWarning.OFD_OVERDUE == 0
    assert len(house.receipts()) == 4
    await asyncio.sleep(60)
    assert len(house.embedded.shop.received() or []) == drive.last_document
    await house.stop()


@virtual
async def test_a_full_drive_closes_its_shift_and_holds_what_comes_after(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    drive = house.embedded.shop.registers[NAME].device.drive
    drive.leave_room(3)
    assert (await sell(house, "last", 2)).state is JobState.DONE
    job = await sell(house, "no room", 3)
    assert job.state is JobState.HELD
    assert [warning.code for warning in job.warnings] == ["fn_archive_full"]
    assert "замените фискальный накопитель" in job.warnings[0].hint
    await house.shop.submit(new_job("close", "{}", kind=JobKind.CLOSE_SHIFT))
    assert (await house.shop.wait("close", 120)).state is JobState.DONE
    drive.leave_room(None)
    assert (await house.shop.wait("no room", 120)).state is JobState.DONE
    assert len(house.receipts()) == 3
    await house.stop()


@virtual
async def test_a_held_receipt_is_tried_ever_less_often(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    house.embedded.shop.registers[NAME].device.drive.leave_room(0)
    await house.shop.submit(new_job("no room", receipt_body(2, taxation="osn")))
    tries = []
    for seconds in (90, 120):
        job = await house.shop.wait("no room", seconds)
        assert job.state is JobState.HELD
        tries.append(job.attempts)
    assert tries[1] - tries[0] <= 5  # once in half a minute
    await house.stop()
