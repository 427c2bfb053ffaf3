"""Exactly one document, whatever is lost: answers, links, the gateway itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fake_register import HANG_AFTER, HANG_BEFORE, LOST_AFTER, LOST_BEFORE, Till, fake_settle
from fake_shop import House, new_job, receipt_body
from virtual_loop import virtual

from devices.errors import LinkError, NeedsOperator, Rejected, Retryable
from devices.registers.base import Shift
from gateway.jobs import steps
from gateway.jobs.model import JobKind, JobState
from gateway.journal import IllegalTransition
from gateway.receipts.convert import to_receipt
from protocols.ffd.enums import DocumentCode


@pytest.fixture(autouse=True)
def _settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "settle", fake_settle)


@pytest.mark.parametrize("fault", [LOST_BEFORE, LOST_AFTER])
@virtual
async def test_a_lost_answer_makes_one_document(tmp_path: Path, fault: str) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].append(fault)
    job = await house.sell("a")
    assert job.state is JobState.DONE
    assert [one.fiscal.document for one in house.till.receipts()] == [1]
    assert job.fiscal is not None
    assert job.fiscal.document == 1
    states = [event.state for event in await house.journal.events(0) if event.subject == "a"]
    expected = ["queued", "running", "settling"] + (["queued", "running"] if fault == LOST_BEFORE else []) + ["done"]
    assert states == expected
    await house.stop()


@virtual
async def test_a_lost_answer_is_settled_within_three_seconds_of_the_link_coming_back(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await house.sell("first")
    house.till.faults["fiscalise"].append(LOST_AFTER)
    await house.shop.submit(new_job("a"))
    loop = asyncio.get_running_loop()
    await house.until("a", "running")
    await asyncio.sleep(0.002)
    house.till.down = True
    assert (await house.shop.wait("a", 600)).state is JobState.SETTLING
    house.till.down = False
    back = loop.time()
    job = await house.shop.wait("a", 60)
    assert job.state is JobState.DONE
    assert loop.time() - back <= 3
    assert len(house.till.receipts()) == 2
    await house.stop()


@pytest.mark.parametrize("hang", [None, HANG_BEFORE, HANG_AFTER])
@pytest.mark.parametrize("shift", [Shift.OPEN, Shift.CLOSED, Shift.EXPIRED])
@virtual
async def test_killed_at_every_commit_there_is_one_document(tmp_path: Path, hang: str | None, shift: Shift) -> None:
    """Commits of a first start: note connected, accept, (shift notes), running, done."""
    for when in ("before", "after"):
        for number in range(1, 8):
            till = Till(shift=shift)
            house = House(tmp_path / f"{when}{number}", {"kkt-1": till})
            await house.start(**{when: number})
            if hang is not None:
                till.faults["fiscalise"].append(hang)
            submitting = asyncio.create_task(house.shop.submit(new_job("a")))
            dying = asyncio.create_task(house.died.wait())
            await asyncio.wait({submitting, dying}, timeout=5, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({dying}, timeout=5)
            acknowledged = submitting.done()
            house.die()
            submitting.cancel()
            dying.cancel()
            await house.kill()

            till.faults.clear()
            await house.start()
            if not acknowledged:  # a caller that heard nothing asks again with the same key
                await house.shop.submit(new_job("a"))
            job = await house.shop.wait("a", 60)
            assert job.state is JobState.DONE, (when, number, job)
            assert [one.fiscal for one in till.receipts()] == [job.fiscal], (when, number)
            await house.stop()


@virtual
async def test_killed_again_and_again_while_settling(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].append(HANG_AFTER)
    await house.shop.submit(new_job("a"))
    await house.until("a", "running")
    await asyncio.sleep(1)
    for _ in range(3):
        await house.kill()
        house.till.down = True
        await house.start()
        await house.until("a", "settling")
    house.till.down = False
    assert (await house.shop.wait("a", 10)).state is JobState.DONE
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_identical_receipts_are_told_apart(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    for number in range(4):
        house.till.faults["fiscalise"].append([LOST_AFTER, LOST_BEFORE][number % 2])
        if number % 2:
            house.till.faults["fiscalise"].append(None)
        await house.sell(f"j{number}")
    documents = [(await house.journal.get(f"j{number}")).fiscal.document for number in range(4)]  # type: ignore[union-attr]
    assert documents == [1, 2, 3, 4]
    await house.stop()


@virtual
async def test_a_refusal_is_failed_only_with_proof(tmp_path: Path) -> None:
    """The register says no and the link dies with it: until the drive was asked nobody hears `failed`."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].extend([Rejected("an echo", number=8), Rejected("wrong tax", number=51)])
    house.till.faults["bookmark"].extend([None, None, None, LOST_BEFORE])
    job = await house.sell("a")
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.detail == "wrong tax"
    states = [event.state for event in await house.journal.events(0) if event.subject == "a"]
    assert states == ["queued", "running", "queued", "running", "settling", "failed"]
    assert house.till.receipts() == []
    await house.stop()


@pytest.mark.parametrize("refusal", [Rejected("printer", number=1), NeedsOperator("no paper", number=2)])
@virtual
async def test_a_refusal_after_the_document_was_made_is_done(tmp_path: Path, refusal: Exception) -> None:
    """Neither failed nor held: both promise that nothing is fiscal."""
    house = House(tmp_path)
    await house.start()
    real = house.till.add

    def add_and_refuse(*arguments: object) -> object:
        real(*arguments)  # type: ignore[arg-type]
        raise refusal

    house.till.add = add_and_refuse  # type: ignore[method-assign,assignment]
    job = await house.sell("a")
    assert job.state is JobState.DONE
    assert len(house.till.receipts()) == 1
    states = [event.state for event in await house.journal.events(0) if event.subject == "a"]
    assert states == ["queued", "running", "done"]
    await house.stop()


@virtual
async def test_nothing_moves_the_drive_while_a_job_is_unsettled(tmp_path: Path) -> None:
    """Neither a shift nor a lent port may come between the question and its answer; a diagnosis may."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].append(LOST_AFTER)
    await house.shop.submit(new_job("a"))
    await house.until("a", "settling")
    house.till.down = True
    for kind in (JobKind.RELEASE, JobKind.CLOSE_SHIFT, JobKind.OPEN_DRAWER, JobKind.DIAGNOSE):
        await house.shop.submit(new_job(kind.value, "{}", kind=kind))
    assert (await house.shop.wait("diagnose", 30)).state is JobState.DONE
    assert (await house.shop.wait("release", 30)).state is JobState.QUEUED
    house.till.down = False
    assert (await house.shop.wait("a", 5)).state is JobState.DONE
    assert (await house.shop.wait("release", 5)).state is JobState.DONE
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_a_busy_register_is_tried_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].extend([Retryable("busy", number=80)] * 5)
    job = await house.sell("a")
    assert job.state is JobState.DONE
    assert job.attempts == 6
    assert job.warnings == ()
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_what_cannot_be_proven_waits_for_a_verdict_and_blocks_nobody(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.unprovable = True
    house.till.faults["fiscalise"].append(LOST_AFTER)
    doubtful = await house.sell("a", receipt_body(7), seconds=5)
    assert doubtful.state is JobState.SETTLING
    assert [warning.code for warning in doubtful.warnings] == ["cannot_be_proven"]
    assert (await house.sell("b", receipt_body(8))).state is JobState.DONE
    with pytest.raises(IllegalTransition):
        await house.shop.cancel("a")
    resolved = await house.shop.resolve("a", exists=True, document=1)
    assert resolved.state is JobState.DONE
    assert resolved.fiscal is not None
    assert resolved.fiscal.document == 1
    assert [warning.code for warning in resolved.warnings] == ["resolved_by_operator"]
    await house.stop()


@virtual
async def test_a_job_that_waits_for_a_verdict_takes_no_place(tmp_path: Path) -> None:
    """Seed 161645: two shift commands that nobody could prove took both places of a queue for good."""
    house = House(tmp_path, queue_limit=1)
    await house.start()
    house.till.unprovable = True
    house.till.faults["fiscalise"].append(LOST_AFTER)
    doubtful = await house.sell("a", receipt_body(7), seconds=5)
    assert [warning.code for warning in doubtful.warnings] == ["cannot_be_proven"]
    assert (await house.sell("b", receipt_body(8))).state is JobState.DONE
    await house.stop()


@virtual
async def test_a_verdict_that_the_facts_contradict_is_refused(tmp_path: Path) -> None:
    from devices.errors import RequestError

    house = House(tmp_path)
    await house.start()
    await house.sell("b", receipt_body(8))
    house.till.unprovable = True
    house.till.faults["fiscalise"].append(LOST_BEFORE)
    await house.sell("a", receipt_body(7), seconds=5)
    with pytest.raises(RequestError, match="no document 9"):
        await house.shop.resolve("a", exists=True, document=9)
    with pytest.raises(RequestError, match="belongs to job 'b'"):
        await house.shop.resolve("a", exists=True, document=1)
    absent = await house.shop.resolve("a", exists=False)
    assert absent.state is JobState.FAILED
    house.till.unprovable = False
    await house.shop.retry("a")
    assert (await house.shop.wait("a", 10)).state is JobState.DONE
    assert len(house.till.receipts()) == 2
    await house.stop()


@pytest.mark.parametrize("provable", [False, True])
@virtual
async def test_after_a_restart_a_parked_job_is_asked_about_again(tmp_path: Path, *, provable: bool) -> None:
    """Another job's document with the same content is not taken for its own, so its own is proven absent."""
    house = House(tmp_path)
    await house.start()
    house.till.unprovable = True
    house.till.faults["fiscalise"].append(LOST_BEFORE)
    await house.sell("a", seconds=5)
    assert (await house.sell("b")).state is JobState.DONE
    await house.kill()
    house.till.unprovable = not provable
    await house.start()
    await asyncio.sleep(5)
    job = await house.journal.get("a")
    assert job is not None
    assert job.state is (JobState.DONE if provable else JobState.SETTLING)
    assert (job.fiscal is not None and job.fiscal.document == 2) is provable
    assert len(house.till.receipts()) == 1 + provable
    await house.stop()


@virtual
async def test_a_port_lent_out_spoils_the_proof(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.unprovable = True
    house.till.faults["fiscalise"].append(LOST_AFTER)
    await house.sell("a", seconds=5)
    await house.shop.submit(new_job("lend", '{"minutes":1}', kind=JobKind.RELEASE))
    assert (await house.shop.wait("lend", 5)).state is JobState.DONE
    house.till.unprovable = False
    await house.shop.retry("a")
    assert (await house.shop.wait("a", 200)).state is JobState.SETTLING
    await house.stop()


@pytest.mark.parametrize("fault", [LOST_BEFORE, LOST_AFTER])
@pytest.mark.parametrize(
    ("kind", "body", "call"),
    [
        (JobKind.CASH_IN, '{"sum":"100.00"}', "cash_in"),
        (JobKind.CASH_OUT, '{"sum":"1.00"}', "cash_out"),
        (JobKind.CLOSE_SHIFT, "{}", "close_shift"),
    ],
)
@virtual
async def test_other_commands_are_settled_too(tmp_path: Path, kind: JobKind, body: str, call: str, fault: str) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults[call].append(fault)
    await house.shop.submit(new_job("a", body, kind=kind))
    assert (await house.shop.wait("a", 30)).state is JobState.DONE
    assert len(house.till.cash) + len(house.till.documents) == 1
    await house.stop()


@virtual
async def test_text_that_may_have_been_printed_is_not_printed_twice(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["print_text"].append(LOST_AFTER)
    await house.shop.submit(new_job("a", '{"lines":["Привет"]}', kind=JobKind.PRINT_TEXT))
    job = await house.shop.wait("a", 30)
    assert job.state is JobState.FAILED
    assert job.error is not None
    assert job.error.code == "maybe_printed"
    assert house.till.printed == ["Привет"]
    await house.stop()


@virtual
async def test_a_lost_shift_opening_before_a_receipt_is_not_repeated(tmp_path: Path) -> None:
    house = House(tmp_path, {"kkt-1": Till(shift=Shift.CLOSED)})
    await house.start()
    house.till.faults["open_shift"].append(LOST_AFTER)
    assert (await house.sell("a")).state is JobState.DONE
    assert house.till.calls.count("open_shift") == 1
    await house.stop()


@virtual
async def test_an_error_nobody_expected_is_settled_like_a_lost_answer(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].append(ZeroDivisionError("bug"))
    job = await house.sell("a")
    assert job.state is JobState.DONE
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_a_register_that_needs_its_operator_while_settling_says_so(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].append(LinkError("silence"))
    house.till.faults["bookmark"].extend([None, *[NeedsOperator("no paper", number=1, code="paper_out")] * 3])
    await house.shop.submit(new_job("a"))
    await house.until("a", "settling")
    await asyncio.sleep(0.1)
    settling = await house.until("a", "settling")
    assert settling.warnings[0].code == "paper_out"
    job = await house.shop.wait("a", 30)
    assert job.state is JobState.DONE
    assert job.warnings == ()
    await house.stop()


@virtual
async def test_an_old_bookmark_vouches_for_nothing_after_proof(tmp_path: Path) -> None:
    """Refused with proof, then somebody sells the very same at the till, then the job is retried: two documents."""
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].extend([Rejected("no", number=51)] * 2)
    assert (await house.sell("a")).state is JobState.FAILED
    house.till.add(DocumentCode.RECEIPT, to_receipt(receipt_body()))
    house.till.faults["bookmark"].append(NeedsOperator("cover", number=1))
    await house.shop.retry("a")
    job = await house.shop.wait("a", 60)
    assert job.state is JobState.DONE
    assert job.fiscal is not None
    assert job.fiscal.document == 2
    await house.stop()


@virtual
async def test_documents_of_others_are_told(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["fiscalise"].append(LOST_BEFORE)
    await house.shop.submit(new_job("a"))
    await house.until("a", "settling")
    house.till.add(DocumentCode.RECEIPT, to_receipt(receipt_body(77)))
    job = await house.shop.wait("a", 60)
    assert job.fiscal is not None
    assert job.fiscal.document == 2
    told = [event.data for event in await house.journal.events(0) if event.state == "foreign_documents"]
    assert told == [{"job": "a", "documents": [1]}]
    await house.stop()
