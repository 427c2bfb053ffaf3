"""The whole gateway on the embedded emulator, in virtual time: real driver, real drive, real faults."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from emulated_house import NAME, EmulatedHouse
from fake_shop import new_job, receipt_body
from virtual_loop import virtual

from devices.errors import RequestError
from devices.registers.factory import AUTO, FAMILIES
from emulator.faults import FaultKind
from gateway.embedded import register_plan
from gateway.jobs.model import JobKind, JobState

BODY = receipt_body(10, taxation="osn")
CLOSE = 0xFF45  # the command that makes the document
ITEM = 0xFF46


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ("emulated:samsung", "family 'samsung'"),
        ("emulated:shtrih?ffd=1.3", "ffd is 1.05, 1.1 or 1.2"),
        ("emulated:shtrih?speed=fast", "instant or real"),
        ("emulated:shtrih?quirk=singing", "unknown quirk 'singing'"),
        ("emulated:shtrih?color=red", "unknown option 'color'"),
    ],
)
def test_a_link_that_makes_no_sense_is_refused_by_name(tmp_path: Path, link: str, fault: str) -> None:
    with pytest.raises(RequestError, match=fault):
        register_plan("kkt-1", link, 1, tmp_path)


@pytest.mark.parametrize("family", FAMILIES)
@virtual
async def test_whoever_answers_is_found_and_settled_by_its_own_driver(tmp_path: Path, family: str) -> None:
    """A power cut in the middle of the second receipt: the register is recognised again, and asked what it made."""
    house = EmulatedHouse(tmp_path, f"emulated:{family}")
    house.family = AUTO
    await house.switch_on()
    await house.start()
    assert (await house.sell("a", BODY)).state is JobState.DONE
    house.break_down(FaultKind.POWER_AFTER_COMMIT, seconds=3.0)
    job = await house.sell("b", BODY)
    assert job.state is JobState.DONE, job
    identity = house.shop.registers[NAME].snapshot.identity
    assert identity is not None
    assert identity.family == family
    assert len(house.receipts()) == 2
    await house.stop()


@pytest.mark.parametrize("ffd", ["1.05", "1.1", "1.2"])
@virtual
async def test_a_receipt_becomes_the_drives_document(tmp_path: Path, ffd: str) -> None:
    house = EmulatedHouse(tmp_path, f"emulated:shtrih?ffd={ffd}")
    await house.switch_on()
    await house.start()
    job = await house.sell("a", BODY)
    assert job.state is JobState.DONE, job
    assert job.emulated
    assert job.warnings == ()
    assert job.fiscal is not None
    (document,) = house.receipts()
    assert (document.drive, document.number) == (job.fiscal.fn, job.fiscal.document)
    read = await house.shop.document(NAME, document.number)
    assert read is not None
    assert read.total == 1000
    identity = house.shop.registers[NAME].snapshot.identity
    assert identity is not None
    assert str(identity.ffd) == ffd
    await house.stop()


@virtual
async def test_the_drive_and_the_clock_survive_a_restart(tmp_path: Path) -> None:
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    house.embedded.shop.clock.advance(3 * 24 * 3600)
    first = await house.sell("a", BODY)
    moved = house.now()
    await house.stop()

    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    assert house.now() > moved - timedelta(minutes=2)  # documents carry minutes
    await house.start()
    second = await house.sell("b", BODY)
    assert first.fiscal is not None
    assert second.fiscal is not None
    assert second.fiscal.fn == first.fiscal.fn
    assert second.fiscal.document == first.fiscal.document + 1
    await house.stop()


@virtual
async def test_a_shift_past_24_hours_is_closed_and_reopened(tmp_path: Path) -> None:
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    await house.sell("a", BODY)
    house.embedded.shop.clock.advance(25 * 3600)
    assert (await house.sell("b", BODY)).state is JobState.DONE
    codes = [one.code for one in house.embedded.shop.registers[NAME].documents()]
    assert codes[-5:] == [2, 3, 5, 2, 3]
    await house.stop()


AT_COMMIT = {FaultKind.POWER_BEFORE_COMMIT, FaultKind.POWER_AFTER_COMMIT}
FAULTS = [
    (FaultKind.DROP_ANSWER, {}),
    (FaultKind.CUT_BEFORE, {}),
    (FaultKind.LOSE_COMMAND, {}),
    (FaultKind.GARBLE, {}),
    (FaultKind.DUPLICATE_ANSWER, {}),
    (FaultKind.DELAY, {"seconds": 30.0}),
    (FaultKind.SLOW, {"seconds": 5.0}),
    (FaultKind.POWER_BEFORE_COMMIT, {}),
    (FaultKind.POWER_AFTER_COMMIT, {}),
    *[(FaultKind.CUT, {"after_bytes": count}) for count in range(8)],
]


@pytest.mark.parametrize(
    ("kind", "more", "command"),
    [(*fault, CLOSE) for fault in FAULTS]
    + [(*fault, None) for fault in FAULTS]
    + [(*fault, ITEM) for fault in FAULTS if fault[0] not in AT_COMMIT],
    ids=str,
)
@virtual
async def test_one_document_whatever_breaks(
    tmp_path: Path, kind: FaultKind, more: dict[str, float], command: int | None
) -> None:
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    await house.sell("first", BODY)
    house.break_down(kind, command, **more)
    began = asyncio.get_running_loop().time()
    job = await house.sell("a", BODY)
    if kind not in {FaultKind.DELAY, FaultKind.SLOW}:  # those are alive, and waited for
        assert asyncio.get_running_loop().time() - began <= 3
    assert house.embedded.shop.registers[NAME].faults.listed() == []  # it did strike
    assert job.state is JobState.DONE, job
    assert (await house.sell("after", BODY)).state is JobState.DONE
    assert job.fiscal is not None
    assert [one.number for one in house.receipts()][1] == job.fiscal.document
    assert len(house.receipts()) == 3
    await house.stop()


@virtual
async def test_the_gateway_killed_at_every_commit(tmp_path: Path) -> None:
    for when in ("before", "after"):
        for number in range(1, 7):
            house = EmulatedHouse(tmp_path / f"{when}{number}")
            await house.switch_on()
            await house.start(**{when: number})
            submitting = asyncio.create_task(house.shop.submit(new_job("a", BODY)))
            dying = asyncio.create_task(house.died.wait())
            await asyncio.wait({dying}, timeout=10)
            acknowledged = submitting.done()
            submitting.cancel()
            dying.cancel()
            await house.kill()
            await house.start()
            if not acknowledged:
                await house.shop.submit(new_job("a", BODY))
            job = await house.shop.wait("a", 120)
            assert job.state is JobState.DONE, (when, number, job)
            assert job.fiscal is not None
            assert [one.number for one in house.receipts()] == [job.fiscal.document], (when, number)
            await house.stop()


@virtual
async def test_paper_out_is_held_and_goes_on_by_itself(tmp_path: Path) -> None:
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    await house.sell("first", BODY)
    house.embedded.shop.registers[NAME].device.set_paper(present=False)
    await house.shop.submit(new_job("a", BODY))
    waiting = await house.shop.wait("a", 60)
    assert waiting.state is JobState.HELD, waiting
    assert [warning.code for warning in waiting.warnings] == ["paper_out"]
    house.embedded.shop.registers[NAME].device.set_paper(present=True)
    job = await house.shop.wait("a", 60)
    assert job.state is JobState.DONE, job
    assert len(house.receipts()) == 2
    await house.stop()


@pytest.mark.parametrize("command", [0x8D, ITEM])
@pytest.mark.parametrize(("kind", "code"), [(FaultKind.PAPER_OUT, "paper_out"), (FaultKind.COVER_OPEN, "cover_open")])
@virtual
async def test_an_operator_wanted_in_the_middle_of_a_receipt(
    tmp_path: Path, kind: FaultKind, code: str, command: int
) -> None:
    """Held at once, because the drive says that nothing is fiscal yet; made anew within two seconds of the cure."""
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    await house.sell("first", BODY)
    house.break_down(kind, command)
    await house.shop.submit(new_job("a", BODY))
    held = await house.shop.wait("a", 60)
    assert held.state is JobState.HELD, held
    assert [warning.code for warning in held.warnings] == [code]
    assert len(house.receipts()) == 1
    device = house.embedded.shop.registers[NAME].device
    device.set_paper(present=True)
    device.set_cover(open_=False)
    job = await house.shop.wait("a", 2)
    assert job.state is JobState.DONE, job
    assert len(house.receipts()) == 2
    await house.stop()


@pytest.mark.parametrize("kind", [FaultKind.PAPER_OUT, FaultKind.COVER_OPEN])
@virtual
async def test_a_document_that_exists_is_done_though_its_paper_is_not(tmp_path: Path, kind: FaultKind) -> None:
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    await house.sell("first", BODY)
    house.break_down(kind, CLOSE)
    job = await house.sell("a", BODY)
    assert job.state is JobState.DONE, job
    assert [warning.code for warning in job.warnings] == ["paper_pending"]
    assert len(house.receipts()) == 2
    waiting, _ = await house.shop.submit(new_job("b", BODY))
    assert (await house.shop.wait(waiting.id, 30)).state is JobState.HELD
    device = house.embedded.shop.registers[NAME].device
    device.set_paper(present=True)
    device.set_cover(open_=False)
    after = await house.shop.wait("b", 5)
    assert (after.state, after.warnings) == (JobState.DONE, ())
    assert len(house.receipts()) == 3
    await house.stop()


@virtual
async def test_a_job_held_in_the_middle_can_be_cancelled_and_leaves_nothing(tmp_path: Path) -> None:
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    await house.sell("first", BODY)
    house.break_down(FaultKind.PAPER_OUT, ITEM)
    await house.shop.submit(new_job("a", BODY))
    await house.until("a", "held")
    await house.shop.cancel("a")
    house.embedded.shop.registers[NAME].device.set_paper(present=True)
    assert (await house.sell("b", BODY)).state is JobState.DONE
    assert len(house.receipts()) == 2
    await house.stop()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (JobKind.X_REPORT, "{}"),
        (JobKind.CASH_IN, '{"sum":"100.00"}'),
        (JobKind.CASH_OUT, '{"sum":"1.00"}'),
        (JobKind.OPEN_DRAWER, "{}"),
        (JobKind.PRINT_TEXT, '{"lines":["Привет"]}'),
        (JobKind.RECOVER, "{}"),
        (JobKind.DIAGNOSE, "{}"),
        (JobKind.CLOSE_SHIFT, "{}"),
    ],
)
@virtual
async def test_service_jobs(tmp_path: Path, kind: JobKind, body: str) -> None:
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    await house.sell("a", receipt_body(500, taxation="osn"))
    await house.shop.submit(new_job("s", body, kind=kind))
    job = await house.shop.wait("s", 60)
    assert job.state is JobState.DONE, job
    await house.stop()


@pytest.mark.parametrize("ffd", ["1.05", "1.2"])
@virtual
async def test_what_the_register_cannot_carry_is_said_in_the_answer(tmp_path: Path, ffd: str) -> None:
    detail = {"federal_id": "030", "date": "2025-12-01", "number": "1944", "value": "x"}
    house = EmulatedHouse(tmp_path, f"emulated:shtrih?ffd={ffd}")
    await house.switch_on()
    await house.start()
    customer = {"email": "buyer@example.ru", "phone": "+79991234567"}
    body = receipt_body(10, taxation="osn", sectoral_check_props=[detail], customer=customer)
    quiet = await house.sell("a", body)
    house.break_down(FaultKind.POWER_AFTER_COMMIT, CLOSE, seconds=0.5)
    settled = await house.sell("b", body)
    for job in (quiet, settled):
        assert job.state is JobState.DONE, job
        said = [warning.detail.partition(":")[0] for warning in job.warnings if warning.code == "left_out"]
        assert said == ["/customer/phone"] + (["/sectoral_check_props"] if ffd == "1.05" else [])
    await house.stop()


@virtual
async def test_money_that_is_not_in_the_drawer_stops_nobody(tmp_path: Path) -> None:
    """The next sale brings money in, and cash-in must not wait behind what waits for it."""
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    await house.shop.submit(new_job("out", '{"sum": "100.00"}', kind=JobKind.CASH_OUT))
    refund = await house.sell("back", receipt_body(10, taxation="osn", operation="sell_refund"))
    for job in (await house.shop.wait("out", 60), refund):
        assert job.state is JobState.FAILED, job
        assert job.error is not None
        assert job.error.code == "not_enough_cash"
        assert "cash-in" in job.error.hint
    assert (await house.sell("a", BODY)).state is JobState.DONE
    await house.shop.retry("back")
    assert (await house.shop.wait("back", 60)).state is JobState.DONE
    await house.stop()


@virtual
async def test_a_shop_made_new_does_not_argue_with_documents_of_the_old_one(tmp_path: Path) -> None:
    """`POST /reset` starts the drive's numbers again: the same number is not the same document."""
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    old = await house.sell("old", BODY)
    await house.embedded.shop.reset()
    await asyncio.sleep(120)  # another minute, so another sign
    house.break_down(FaultKind.POWER_AFTER_COMMIT, CLOSE, seconds=0.5)
    new = await house.sell("new", BODY)
    assert new.state is JobState.DONE, new
    assert new.fiscal is not None
    assert old.fiscal is not None
    assert (new.fiscal.fn, new.fiscal.document) == (old.fiscal.fn, old.fiscal.document)
    assert new.fiscal.sign != old.fiscal.sign
    await house.stop()


@virtual
async def test_a_reset_shop_without_a_seed_has_another_drive(tmp_path: Path) -> None:
    house = EmulatedHouse(tmp_path)
    await house.switch_on(seed=None)
    await house.start()
    old = await house.sell("old", BODY)
    await house.embedded.shop.reset()
    house.break_down(FaultKind.POWER_AFTER_COMMIT, CLOSE, seconds=0.5)
    new = await house.sell("new", BODY)
    assert new.state is JobState.DONE, new
    assert new.fiscal is not None
    assert old.fiscal is not None
    assert new.fiscal.fn != old.fiscal.fn
    await house.stop()


@virtual
async def test_reprint_of_an_older_document_is_text(tmp_path: Path) -> None:
    house = EmulatedHouse(tmp_path)
    await house.switch_on()
    await house.start()
    await house.sell("a", BODY)
    await house.sell("b", BODY)
    again = await house.shop.reprint("a")
    job = await house.shop.wait(again.id, 60)
    assert job.state is JobState.DONE, job
    assert "КОПИЯ" in house.embedded.shop.registers[NAME].device.paper_text()
    await house.stop()
