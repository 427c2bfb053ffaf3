"""`failed` means that no document exists, `done` that ours does: whoever else is at the register, whatever breaks."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_register import LOST_AFTER, LOST_BEFORE, FakeRegister, Till, fake_settle
from fake_shop import House, new_job, receipt_body
from virtual_loop import virtual

from devices.errors import LinkError, NeedsOperator, Rejected
from devices.registers.base import Answered, Paper, Shift, Warn
from gateway.jobs import steps
from gateway.jobs.model import Job, JobKind, JobState
from gateway.journal import IllegalTransition
from gateway.receipts.convert import to_receipt
from protocols.ffd.enums import DocumentCode


@pytest.fixture(autouse=True)
def _settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "settle", fake_settle)


async def notes(house: House, state: str) -> list[Any]:
    return [event.data for event in await house.journal.events(0) if event.state == state]


async def lost(house: House, job_id: str, fault: str, kind: JobKind, body: str = "{}") -> None:
    """Post a job whose answer is lost, and come back when the worker knows."""
    call = {JobKind.RECEIPT: "fiscalise"}.get(kind, kind.value.replace("-", "_"))
    house.till.faults[call].append(fault)
    await house.shop.submit(new_job(job_id, receipt_body() if kind is JobKind.RECEIPT else body, kind=kind))
    await house.until(job_id, "settling")


async def last(house: House, job_id: str, seconds: float = 30) -> Job:
    return await house.shop.wait(job_id, seconds)


# --- others at the register


@virtual
async def test_a_twin_made_by_others_is_left_to_a_person(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await lost(house, "a", LOST_AFTER, JobKind.RECEIPT)
    house.till.add(DocumentCode.RECEIPT, to_receipt(receipt_body()))
    job = await last(house, "a", 5)
    assert job.state is JobState.SETTLING
    (warning,) = job.warnings
    assert warning.code == "cannot_be_proven"
    assert "document 1: sell receipt over 10.00" in warning.detail
    assert "document 2: sell receipt over 10.00" in warning.detail
    assert "ФД 1" in warning.hint
    resolved = await house.shop.resolve("a", exists=True, document=2)
    assert resolved.fiscal is not None
    assert resolved.fiscal.document == 2
    assert resolved.result is not None
    verdict = resolved.result["resolved"]
    assert (verdict["exists"], verdict["document"]) == (True, 2)
    assert verdict["at"].startswith("2026-03-02T10:00:0")
    await house.stop()


@virtual
async def test_a_denial_is_recorded(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.unprovable = True
    await lost(house, "a", LOST_BEFORE, JobKind.RECEIPT)
    await asyncio.sleep(1)
    denied = await house.shop.resolve("a", exists=False)
    assert denied.state is JobState.FAILED
    assert denied.result is not None
    assert denied.result["resolved"]["exists"] is False
    assert denied.result["resolved"]["at"].startswith("2026-03-02T10:00:0")
    assert (await house.journal.get("a")) == denied
    await house.stop()


@virtual
async def test_the_document_of_another_job_is_never_taken(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await lost(house, "a", LOST_BEFORE, JobKind.RECEIPT)
    house.till.add(DocumentCode.RECEIPT, to_receipt(receipt_body()))
    fiscal = house.till.documents[0].fiscal
    await house.shop.submit(new_job("b", kind=JobKind.CORRECTION, register="kkt-1"))
    await house.journal.transition("b", JobState.DONE, fiscal=fiscal)
    job = await last(house, "a")
    assert job.state is JobState.DONE
    assert job.fiscal is not None
    assert job.fiscal.document == 2
    await house.stop()


@virtual
async def test_two_parked_jobs_with_the_same_content(tmp_path: Path) -> None:
    """Both wait for a person; once the register can be asked, each finds its own, made before the other began."""
    house = House(tmp_path)
    await house.start()
    house.till.unprovable = True
    for name in ("a", "b"):
        house.till.faults["fiscalise"].append(LOST_AFTER)
        await house.sell(name, seconds=3)
    house.till.unprovable = False
    await house.shop.retry("b")
    second = await last(house, "b")
    await house.shop.retry("a")
    first = await last(house, "a")
    assert first.fiscal is not None
    assert second.fiscal is not None
    assert (first.fiscal.document, second.fiscal.document) == (1, 2)
    assert len(house.till.receipts()) == 2
    await house.stop()


@virtual
async def test_an_answer_that_came_tells_ours_from_its_twin(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    driver = house.shop._workers["kkt-1"]._driver
    whole = driver.fiscalise

    async def read_back_lost(wanted: Any) -> Any:
        fiscal = (await whole(wanted)).fiscal
        driver.answered = Answered(document=fiscal.document, sign=fiscal.sign)
        house.till.add(DocumentCode.RECEIPT, wanted)
        raise LinkError("cut")

    driver.fiscalise = read_back_lost
    job = await house.sell("a")
    assert job.state is JobState.DONE
    assert job.fiscal is not None
    assert job.fiscal.document == 1
    await house.stop()


@virtual
async def test_what_is_left_to_a_person_stays_what_it_was_when_fenced_off(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    twin = to_receipt(receipt_body())
    house.till.unprovable = True
    await lost(house, "a", LOST_AFTER, JobKind.RECEIPT)
    assert (await last(house, "a", 2)).warnings[0].detail == "the drive was replaced"
    house.till.unprovable = False
    house.till.add(DocumentCode.RECEIPT, twin)
    await house.shop.retry("a")
    job = await last(house, "a", 2)
    assert "there are 2" in job.warnings[0].detail
    house.till.add(DocumentCode.RECEIPT, twin)
    await house.shop.retry("a")
    job = await last(house, "a", 2)
    assert "there are 2" in job.warnings[0].detail
    await house.stop()


@pytest.mark.parametrize("kind", [JobKind.OPEN_SHIFT, JobKind.CLOSE_SHIFT])
@virtual
async def test_a_shift_that_somebody_else_turned_makes_ours_moot(tmp_path: Path, kind: JobKind) -> None:
    opening = kind is JobKind.OPEN_SHIFT
    house = House(tmp_path, {"kkt-1": Till(shift=Shift.CLOSED if opening else Shift.OPEN)})
    await house.start()
    await lost(house, "a", LOST_BEFORE, kind)
    till = house.till
    till.shift_number += 5  # whoever it was, it is not the shift that ours was about
    till.shift = Shift.OPEN if opening else Shift.CLOSED
    till.add(DocumentCode.SHIFT_OPEN if opening else DocumentCode.SHIFT_CLOSE)
    job = await last(house, "a")
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.code == ("shift_already_open" if opening else "shift_already_closed")
    assert "by document 1 of 2026-03-02" in job.error.detail
    assert "ФД 1" in job.error.hint
    assert len(till.documents) == 1
    await house.stop()


@virtual
async def test_a_scheduled_closing_is_content_with_anybodys(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await lost(house, "a", LOST_BEFORE, JobKind.CLOSE_SHIFT, '{"scheduled":true}')
    house.till.shift_number += 5
    house.till.shift = Shift.CLOSED
    house.till.add(DocumentCode.SHIFT_CLOSE)
    job = await last(house, "a")
    assert job.state is JobState.DONE
    assert [warning.code for warning in job.warnings] == ["shift_already_closed"]
    assert job.fiscal is None
    await house.stop()


@virtual
async def test_a_cashier_who_opens_the_shift_first_stops_no_receipt(tmp_path: Path) -> None:
    house = House(tmp_path, {"kkt-1": Till(shift=Shift.CLOSED)})
    await house.start()
    house.till.faults["open_shift"].append(Rejected("the shift is open", number=60))
    call = FakeRegister.open_shift

    async def beaten(self: FakeRegister, cashier: Any) -> Any:
        self.till.shift = Shift.OPEN
        return await call(self, cashier)

    house.shop._workers["kkt-1"]._driver.open_shift = beaten.__get__(house.shop._workers["kkt-1"]._driver)
    assert (await house.sell("a")).state is JobState.DONE
    assert [one.code for one in house.till.documents] == [DocumentCode.RECEIPT]
    await house.stop()


@pytest.mark.parametrize(
    ("foreign", "state", "cash"), [(7_000, JobState.DONE, [7_000, 10_000]), (0, JobState.DONE, [10_000])]
)
@virtual
async def test_cash_of_another_sum_is_somebody_elses(
    tmp_path: Path, foreign: int, state: JobState, cash: list[int]
) -> None:
    house = House(tmp_path)
    await house.start()
    await lost(house, "a", LOST_BEFORE, JobKind.CASH_IN, '{"sum":"100.00"}')
    house.till.cash += [foreign] * bool(foreign)
    assert (await last(house, "a")).state is state
    assert house.till.cash == cash
    await house.stop()


@virtual
async def test_cash_that_may_be_among_several_is_left_to_a_person(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await lost(house, "a", LOST_AFTER, JobKind.CASH_IN, '{"sum":"100.00"}')
    house.till.cash.append(7_000)
    job = await last(house, "a", 5)
    assert job.state is JobState.SETTLING
    assert "cash in of 100.00, the count went from 0 to 2, the sum from 0 to 17000" in job.warnings[0].detail
    assert (await house.sell("b")).state is JobState.DONE
    await house.stop()


@pytest.mark.parametrize("fault", [LOST_BEFORE, LOST_AFTER])
@virtual
async def test_an_x_report_is_printed_once(tmp_path: Path, fault: str) -> None:
    house = House(tmp_path)
    await house.start()
    await lost(house, "a", fault, JobKind.X_REPORT)
    job = await last(house, "a")
    assert job.state is JobState.DONE
    assert job.result == {"counters": {"sell": 0}}
    assert house.till.x_reports == 1
    await house.stop()


# --- the port


@virtual
async def test_a_port_lent_while_a_receipt_was_held_half_made(tmp_path: Path) -> None:
    """The other program may have finished what was left of it: not ours to claim, not ours to send again."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].append(NeedsOperator("no paper", number=107, code="paper_out"))
    house.till.paper = Paper.OUT
    await house.shop.submit(new_job("a"))
    await house.until("a", "held")
    await house.shop.submit(new_job("lend", '{"minutes":1}', kind=JobKind.RELEASE))
    await last(house, "lend", 5)
    house.till.add(DocumentCode.RECEIPT, to_receipt(receipt_body()))
    house.till.paper = Paper.PRESENT
    job = await last(house, "a", 200)
    assert job.state is JobState.SETTLING
    assert "the port was lent" in job.warnings[0].detail
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_a_port_lent_after_the_fence_spoils_no_proof(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await lost(house, "a", LOST_BEFORE, JobKind.RECEIPT)
    twin = to_receipt(receipt_body())
    house.till.add(DocumentCode.RECEIPT, twin)
    house.till.add(DocumentCode.RECEIPT, twin)
    assert (await last(house, "a", 5)).state is JobState.SETTLING
    await house.shop.submit(new_job("lend", '{"minutes":1}', kind=JobKind.RELEASE))
    await last(house, "lend", 5)
    job = await house.journal.get("a")
    assert job is not None
    assert job.intent is not None
    assert job.intent["fenced_at"] == 2
    assert "port_released" not in job.intent
    await house.stop()


# --- failed only with proof


@virtual
async def test_a_bug_while_asking_about_a_refusal_does_not_end_the_worker(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].extend([Rejected("no", number=51)] * 2)
    house.till.faults["bookmark"].extend([None, ZeroDivisionError("bug")])
    job = await house.sell("a")
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.detail == "no"
    states = [event.state for event in await house.journal.events(0) if event.subject == "a"]
    assert states == ["queued", "running", "settling", "queued", "running", "failed"]
    assert (await house.sell("b", receipt_body(11))).state is JobState.DONE
    await house.stop()


@virtual
async def test_a_lost_link_never_fails_a_job_however_many_bugs_there_were(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["check"].extend([ZeroDivisionError("bug")] * 2)
    house.till.faults["fiscalise"].append(ZeroDivisionError("bug"))
    house.till.faults["bookmark"].extend([None, None, LinkError("cut")])
    job = await house.sell("a")
    assert job.state is JobState.DONE
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_a_bug_before_anything_was_sent_fails_the_job_after_three_tries(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["check"].extend([ZeroDivisionError("bug")] * 3)
    job = await house.sell("a")
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.code == "internal_error"
    assert house.till.documents == []
    await house.stop()


@virtual
async def test_cash_refused_for_want_of_paper_is_proven_by_its_counters(tmp_path: Path) -> None:
    """The drive knows nothing of cash: that it stands still proves nothing."""
    house = House(tmp_path)
    await house.start()
    real = house.till.cash

    class Refusing(list[int]):
        def append(self, amount: int) -> None:
            real.append(amount)
            list.append(self, amount)
            raise NeedsOperator("no paper", number=107, code="paper_out")

    house.till.cash = Refusing()
    await house.shop.submit(new_job("a", '{"sum":"100.00"}', kind=JobKind.CASH_IN))
    job = await last(house, "a")
    assert job.state is JobState.DONE
    assert real == [10_000]
    states = [event.state for event in await house.journal.events(0) if event.subject == "a"]
    assert "held" not in states
    await house.stop()


async def complain(house: House) -> None:
    """Somebody is asked for a verdict on `a`."""
    warn = Warn(code="hidden_document", detail="document 7 of 7", hint="Посмотрите.")
    await house.journal.transition("a", JobState.SETTLING, warnings=(warn,))


@pytest.mark.parametrize(("state", "final"), [("failed", JobState.DONE), ("cancelled", JobState.CANCELLED)])
@virtual
async def test_the_drive_outranks_whoever_decided_meanwhile(tmp_path: Path, state: str, final: JobState) -> None:
    """A person says `absent` (or cancels a held job) in the moment in which the drive shows the document."""
    house = House(tmp_path)
    await house.start()
    asked = asyncio.Event()

    async def slow(*arguments: Any, **more: Any) -> Any:
        settled = await fake_settle(*arguments, **more)
        asked.set()
        await asyncio.sleep(1)
        return settled

    steps.settle = slow  # type: ignore[assignment] # put back by the fixture
    house.till.faults["fiscalise"].append(LOST_AFTER)
    await house.shop.submit(new_job("a"))
    await asked.wait()
    if state == "failed":
        await complain(house)
        await house.shop.resolve("a", exists=False)
    else:
        recent = house.journal._recent["a"]
        house.journal._recent["a"] = replace(recent, state=JobState.HELD)
        await house.shop.cancel("a")
    await asyncio.sleep(3)
    job = await house.journal.get("a")
    assert job is not None
    assert job.state is final
    if final is JobState.DONE:
        assert job.fiscal is not None
        assert job.fiscal.document == 1
    else:
        (told,) = await notes(house, "unwanted_document")
        assert (told["job"], told["document"], told["state"]) == ("a", 1, "cancelled")
    await house.stop()


@virtual
async def test_a_stated_time_moves_on_while_its_job_waits(tmp_path: Path) -> None:
    house = House(tmp_path, {"kkt-1": Till(shift=Shift.CLOSED)})
    await house.start()
    house.till.down = True
    await house.shop.submit(new_job("clock", '{"datetime":"2026-03-02T13:00:00+03:00"}', kind=JobKind.SET_CLOCK))
    await asyncio.sleep(600)
    house.till.down = False
    job = await last(house, "clock")
    assert job.result is not None
    assert job.result["datetime"].startswith("2026-03-02T13:10:0")
    await house.stop()


@virtual
async def test_what_a_person_said_failed_is_not_begun_again_by_its_settling(tmp_path: Path) -> None:
    """The verdict comes while the drive is asked, and the drive proves that there is no document either."""
    house = House(tmp_path)
    await house.start()
    asked = asyncio.Event()

    async def slow(*arguments: Any, **more: Any) -> Any:
        settled = await fake_settle(*arguments, **more)
        asked.set()
        await asyncio.sleep(1)
        return settled

    steps.settle = slow  # type: ignore[assignment] # put back by the fixture
    house.till.faults["fiscalise"].append(LOST_BEFORE)
    await house.shop.submit(new_job("a"))
    await asked.wait()
    await complain(house)
    assert (await house.shop.resolve("a", exists=False)).state is JobState.FAILED
    await asyncio.sleep(30)
    assert (await house.shop.wait("a", 1)).state is JobState.FAILED
    assert house.till.receipts() == []
    await house.shop.retry("a")
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_a_person_is_not_heard_before_the_drive_was(tmp_path: Path) -> None:
    """In the pause before the drive is asked nobody can know: a retry of what "failed" so would double it."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].append(LOST_AFTER)
    await house.shop.submit(new_job("a"))
    await house.until("a", "settling")
    with pytest.raises(IllegalTransition):
        await house.shop.resolve("a", exists=False)
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    assert len(house.till.receipts()) == 1
    await house.stop()
