"""A closing whose moment passed while the daemon was down: made up for once, and never on a later shift."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from fake_shop import House, new_job
from virtual_loop import virtual

from devices.registers.base import Shift
from gateway.jobs.model import JobState
from gateway.schedule import closing_job, last_moment
from protocols.ffd.enums import DocumentCode

#: The house starts at 13:00 in Moscow; documents of the fake till are dated from then on.
AT = time(23, 50)
MISSED = "close-shift:kkt-1:2026-03-02"
NIGHT = timedelta(hours=12)


async def after_a_night(tmp_path: Path, *, sold: bool = True) -> House:
    """A shop that sold in the afternoon, was off over the closing time and is on again."""
    house = House(tmp_path, close_shift_at=AT)
    await house.start()
    if sold:
        await house.sell("afternoon")
    await house.stop()
    house.offset += NIGHT
    return house


async def settled(house: House) -> JobState | None:
    await asyncio.sleep(30)
    job = await house.journal.get(MISSED)
    return job and job.state


@virtual
async def test_a_missed_closing_is_made_up_for_once(tmp_path: Path) -> None:
    house = await after_a_night(tmp_path)
    await house.start()
    assert await settled(house) is JobState.DONE
    assert house.till.shift is Shift.CLOSED
    await house.stop()
    house.till.shift, house.till.shift_number = Shift.OPEN, 2  # the new day's
    await house.start()
    await house.sell("morning")
    await settled(house)
    assert house.till.shift is Shift.OPEN
    await house.stop()


@virtual
async def test_a_shift_opened_after_the_missed_moment_stays_open(tmp_path: Path) -> None:
    house = await after_a_night(tmp_path)
    house.till.shift_number = 2  # a cashier closed the old one and opened the next
    await house.start()
    assert await settled(house) is None
    assert house.till.shift is Shift.OPEN
    await house.stop()


@virtual
async def test_a_shift_opened_while_the_job_waits_stays_open(tmp_path: Path) -> None:
    house = await after_a_night(tmp_path)
    house.till.shift_number = 2
    await house.start()
    job, _ = await house.shop.submit(closing_job("kkt-1", house.now(), shift_number=1))
    done = await house.shop.wait(job.id, 60)
    assert done.state is JobState.DONE
    assert [warning.code for warning in done.warnings] == ["shift_already_closed"]
    assert house.till.shift is Shift.OPEN
    assert len(house.till.documents) == 1
    await house.stop()


@virtual
async def test_documents_after_the_missed_moment_prove_nothing(tmp_path: Path) -> None:
    house = await after_a_night(tmp_path, sold=False)
    house.till.shift_number = 2  # opened in the morning, before the gateway was switched on
    for _ in range(700):
        house.till.add(DocumentCode.RECEIPT)  # one a minute: the next one is of after midnight
    house.till.down = True  # not seen before the restart
    await house.start()
    await house.shop.submit(new_job("morning"))
    house.till.down = False
    await house.shop.wait("morning", 60)
    await house.stop()
    await house.start()
    assert await settled(house) is None
    assert house.till.shift is Shift.OPEN
    await house.stop()


@virtual
async def test_without_proof_nothing_is_closed(tmp_path: Path) -> None:
    house = await after_a_night(tmp_path, sold=False)
    await house.start()
    assert await settled(house) is None
    assert house.till.shift is Shift.OPEN
    await house.stop()


@virtual
async def test_a_register_that_comes_later_is_closed_when_it_comes(tmp_path: Path) -> None:
    house = await after_a_night(tmp_path)
    house.till.down = True
    await house.start()
    assert await settled(house) is None
    house.till.down = False
    assert await settled(house) is JobState.DONE
    assert house.till.shift is Shift.CLOSED
    await house.stop()


def test_the_last_moment_includes_now() -> None:
    evening = datetime(2026, 3, 2, 23, 50, tzinfo=UTC)
    assert last_moment(evening, AT, UTC) == evening
    assert last_moment(evening - timedelta(seconds=1), AT, UTC) == evening - timedelta(days=1)
