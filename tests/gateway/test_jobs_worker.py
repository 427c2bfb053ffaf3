"""A worker's day: order, operators, shifts, service jobs, full queues, stopping."""

from __future__ import annotations

import asyncio
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from fake_register import Till, fake_settle
from fake_shop import House, new_job, receipt_body
from virtual_loop import virtual

from devices.errors import LinkError, NeedsOperator, RequestError
from devices.registers.base import Paper, Shift
from gateway.jobs import steps
from gateway.jobs.model import JobKind, JobState
from gateway.journal import IllegalTransition, KeyConflict, UnknownJob
from gateway.schedule import next_moment
from gateway.shop import Draining, QueueFull, UnknownRegister


@pytest.fixture(autouse=True)
def _settling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "settle", fake_settle)


@virtual
async def test_jobs_are_done_in_order_of_acceptance(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await asyncio.gather(*(house.shop.submit(new_job(f"j{n}", receipt_body(n + 1))) for n in range(20)))
    await house.shop.wait("j19", 60)
    assert [one.total for one in house.till.receipts()] == [(n + 1) * 100 for n in range(20)]
    await house.stop()


@virtual
async def test_the_bookmark_is_on_disk_before_the_register_hears_of_a_receipt(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    seen = []
    real = house.till.add

    def add(*arguments: object) -> object:
        row = house.journal._reader.execute("SELECT state, bookmark, attempts, intent FROM jobs").fetchone()
        seen.append((row["state"], row["bookmark"] is not None, row["attempts"], row["intent"]))
        return real(*arguments)  # type: ignore[arg-type]

    house.till.add = add  # type: ignore[method-assign,assignment]
    await house.sell("a")
    assert seen == [("running", True, 1, '{"cashier":null,"taxation":"osn"}')]
    await house.stop()


@virtual
async def test_the_same_key_twice_makes_one_document(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    answers = await asyncio.gather(*(house.shop.submit(new_job("a")) for _ in range(5)))
    assert [created for _, created in answers] == [True, False, False, False, False]
    await house.shop.wait("a", 60)
    _, created = await house.shop.submit(new_job("a"))
    assert not created
    with pytest.raises(KeyConflict):
        await house.shop.submit(new_job("a", receipt_body(11)))
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_a_caller_that_goes_away_changes_nothing(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    caller = asyncio.create_task(house.shop.submit(new_job("a")))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.sleep(5)
    job = await house.journal.get("a")
    assert job is not None
    assert job.state is JobState.DONE
    await house.stop()


@virtual
async def test_paper_out_holds_the_job_which_goes_on_by_itself(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.paper = Paper.OUT
    await house.shop.submit(new_job("a"))
    held = await house.until("a", "held")
    assert [warning.code for warning in held.warnings] == ["paper_out"]
    problem = house.shop.registers["kkt-1"].snapshot.problem
    assert problem is not None
    assert problem.code == "paper_out"
    await asyncio.sleep(3600)
    assert house.till.calls.count("fiscalise") == 1  # nothing is tried while the paper is still out
    house.till.paper = Paper.PRESENT
    job = await house.shop.wait("a", 3)
    assert job.state is JobState.DONE
    assert job.warnings == ()
    assert house.shop.registers["kkt-1"].snapshot.problem is None
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_a_hold_whose_reason_is_not_in_the_state_is_tried_now_and_then(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    blocked = NeedsOperator("drive blocked", number=2, code="drive_blocked")
    house.till.faults["bookmark"].extend([blocked] * 4)
    await house.shop.submit(new_job("a"))
    await house.until("a", "held")
    job = await house.shop.wait("a", 120)
    assert job.state is JobState.DONE
    held = [event for event in await house.journal.events(0) if event.state == "held"]
    assert len(held) == 1  # said once, not at every try
    await house.stop()


@virtual
async def test_a_held_job_can_be_cancelled_and_the_next_one_goes(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["check"].append(NeedsOperator("x", number=2))
    await house.shop.submit(new_job("a", receipt_body(1)))
    await house.shop.submit(new_job("b", receipt_body(2)))
    await house.until("a", "held")
    assert (await house.shop.cancel("a")).state is JobState.CANCELLED
    assert (await house.shop.wait("b", 10)).state is JobState.DONE
    assert [one.total for one in house.till.receipts()] == [200]
    await house.stop()


@virtual
async def test_a_job_that_was_sent_cannot_be_cancelled(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await house.shop.submit(new_job("a"))
    await house.until("a", "running")
    with pytest.raises(IllegalTransition):
        await house.shop.cancel("a")
    await house.shop.wait("a", 10)
    with pytest.raises(UnknownJob):
        await house.shop.cancel("nobody")
    await house.stop()


@virtual
async def test_cancelling_while_the_job_is_made_ready_leaves_no_document(tmp_path: Path) -> None:
    """At every moment of the preparation either the cancel or the receipt wins, never both."""
    outcomes = set()
    for step in range(12):
        house = House(tmp_path / str(step))
        await house.start()
        await asyncio.sleep(1)
        await house.shop.submit(new_job("a"))
        await asyncio.sleep(0.0005 * step)
        try:
            await house.shop.cancel("a")
        except IllegalTransition:
            job = await house.shop.wait("a", 10)
            assert job.state is JobState.DONE
        await asyncio.sleep(10)
        job = await house.journal.get("a")
        assert job is not None
        assert len(house.till.receipts()) == (job.state is JobState.DONE)
        outcomes.add(job.state)
        await house.stop()
    assert outcomes == {JobState.DONE, JobState.CANCELLED}


@virtual
async def test_a_failed_job_is_retried_at_the_callers_wish(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["check"].append(RequestError("vat22 is not registered", code="vat_unknown"))
    failed = await house.sell("a")
    assert failed.state is JobState.FAILED
    assert failed.attempts == 0
    assert (await house.shop.retry("a")).state is JobState.QUEUED
    done = await house.shop.wait("a", 10)
    assert (done.state, done.error) == (JobState.DONE, None)
    with pytest.raises(IllegalTransition):
        await house.shop.retry("a")
    await house.stop()


@virtual
async def test_a_failed_job_is_given_up_for_good(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    house.till.faults["check"].append(RequestError("vat22 is not registered", code="vat_unknown"))
    assert (await house.sell("a")).state is JobState.FAILED
    assert (await house.shop.cancel("a")).state is JobState.CANCELLED
    with pytest.raises(IllegalTransition):
        await house.shop.retry("a")
    await house.stop()


@pytest.mark.parametrize(("shift", "made"), [(Shift.CLOSED, [2, 3]), (Shift.EXPIRED, [5, 2, 3]), (Shift.OPEN, [3])])
@virtual
async def test_auto_brings_the_shift_in_order(tmp_path: Path, shift: Shift, made: list[int]) -> None:
    house = House(tmp_path, {"kkt-1": Till(shift=shift)})
    await house.start()
    assert (await house.sell("a")).state is JobState.DONE
    assert [int(one.code) for one in house.till.documents] == made
    assert (await house.journal.get("a")).bookmark.document == len(made) - 1  # type: ignore[union-attr]
    await house.stop()


@virtual
async def test_manual_waits_for_the_cashier_whose_job_overtakes(tmp_path: Path) -> None:
    house = House(tmp_path, {"kkt-1": Till(shift=Shift.CLOSED)})
    await house.start()
    await house.shop.submit(new_job("a", receipt_body(shift="manual")))
    await house.shop.submit(new_job("b"))
    held = await house.until("a", "held")
    assert [warning.code for warning in held.warnings] == ["shift_closed"]
    await house.shop.submit(new_job("open", "{}", kind=JobKind.OPEN_SHIFT))
    assert (await house.shop.wait("open", 10)).state is JobState.DONE
    assert (await house.shop.wait("a", 2)).state is JobState.DONE
    assert (await house.shop.wait("b", 2)).state is JobState.DONE
    await house.stop()


@virtual
async def test_a_shift_is_not_opened_or_closed_twice(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    for kind, expected in (
        (JobKind.OPEN_SHIFT, "shift_already_open"),
        (JobKind.CLOSE_SHIFT, None),
        (JobKind.CLOSE_SHIFT, "shift_already_closed"),
    ):
        job_id = f"{kind}-{expected}"
        await house.shop.submit(new_job(job_id, "{}", kind=kind))
        job = await house.shop.wait(job_id, 10)
        assert (job.error.code if job.error else None) == expected
    await house.stop()


@virtual
async def test_one_dead_register_delays_nobody(tmp_path: Path) -> None:
    house = House(tmp_path, {"dead": Till(down=True), "kkt-2": Till()})
    await house.start()
    waiting, _ = await house.shop.submit(new_job("d", register="dead"))
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(50):
        await house.shop.submit(new_job(f"j{number}", register="kkt-2"))
    await house.shop.wait("j49", 60)
    assert loop.time() - began < 1
    stuck = await house.shop.wait(waiting.id, 10)
    assert stuck.state is JobState.QUEUED
    assert [warning.code for warning in stuck.warnings] == ["link_refused"]  # not stuck without saying so
    assert not house.shop.registers["dead"].snapshot.connected
    await house.stop()


@virtual
async def test_a_full_queue_refuses_new_work_but_answers_replays(tmp_path: Path) -> None:
    house = House(tmp_path, {"kkt-1": Till(down=True)}, queue_limit=3)
    await house.start()
    answers = await asyncio.gather(
        *(house.shop.submit(new_job(f"j{number}")) for number in range(5)), return_exceptions=True
    )
    assert [isinstance(answer, QueueFull) for answer in answers] == [False, False, False, True, True]
    assert (await house.shop.submit(new_job("j0")))[1] is False
    with pytest.raises(UnknownRegister):
        await house.shop.submit(new_job("x", register="nowhere"))
    await house.stop()


@virtual
async def test_release_lends_the_port_and_takes_it_back(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await house.sell("first")
    await house.shop.submit(new_job("lend", '{"minutes":10}', kind=JobKind.RELEASE))
    assert (await house.shop.wait("lend", 5)).state is JobState.DONE
    calls = len(house.till.calls)
    await house.shop.submit(new_job("a"))
    assert (await house.shop.wait("a", 60)).state is JobState.QUEUED
    assert house.shop.registers["kkt-1"].snapshot.released_until is not None
    with pytest.raises(LinkError):
        await house.shop.document("kkt-1", 1)
    await house.kill()
    await house.start()  # a restart keeps its hands off too
    assert (await house.shop.wait("a", 120)).state is JobState.QUEUED
    assert len(house.till.calls) == calls
    assert (await house.shop.wait("a", 600)).state is JobState.DONE
    await house.shop.submit(new_job("lend2", '{"minutes":10}', kind=JobKind.RELEASE))
    await house.shop.submit(new_job("back", '{"minutes":0}', kind=JobKind.RELEASE))
    assert (await house.sell("b", seconds=10)).state is JobState.DONE
    await house.stop()


@virtual
async def test_service_jobs_answer_their_results(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await house.sell("a")
    results = {}
    for kind, body in (
        (JobKind.X_REPORT, "{}"),
        (JobKind.DIAGNOSE, "{}"),
        (JobKind.OPEN_DRAWER, "{}"),
        (JobKind.RECOVER, "{}"),
        (JobKind.SET_CLOCK, '{"datetime":"2026-03-02T13:00:00+03:00"}'),
        (JobKind.PRINT_TEXT, '{"lines":["Привет"]}'),
    ):
        await house.shop.submit(new_job(kind.value, body, kind=kind))
        job = await house.shop.wait(kind.value, 10)
        assert job.state is JobState.DONE, job
        results[kind] = job.result
    assert results[JobKind.X_REPORT] == {"counters": {"sell": 1}}
    assert results[JobKind.SET_CLOCK] == {"datetime": "2026-03-02T13:00:00+03:00"}
    diagnosis = results[JobKind.DIAGNOSE]
    assert diagnosis is not None
    assert diagnosis["reachable"]
    assert diagnosis["identity"]["fn"] == "9999078900001234"
    assert diagnosis["findings"] == []
    assert house.till.printed == ["Привет"]
    await house.stop()


@virtual
async def test_a_dead_register_is_diagnosed_as_such_past_the_waiting_receipts(tmp_path: Path) -> None:
    house = House(tmp_path, {"kkt-1": Till(down=True)})
    await house.start()
    await house.shop.submit(new_job("a"))
    await house.shop.submit(new_job("d", "{}", kind=JobKind.DIAGNOSE))
    job = await house.shop.wait("d", 10)
    assert job.state is JobState.DONE
    assert job.result is not None
    assert job.result["reachable"] is False
    assert job.result["findings"][0]["code"] == "link_refused"
    await house.stop()


@virtual
async def test_reprint_copies_the_last_document(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await house.sell("a")
    again = await house.shop.reprint("a")
    assert again.id == "a:reprint:1"
    assert (await house.shop.wait(again.id, 10)).state is JobState.DONE
    assert house.till.printed == ["copy 1"]
    assert (await house.shop.reprint("a")).id == "a:reprint:2"
    await house.stop()


@virtual
async def test_a_shift_is_closed_on_schedule_once_a_day(tmp_path: Path) -> None:
    # START is 13:00 in Moscow.
    house = House(tmp_path, close_shift_at=time(23, 50))
    await house.start()
    await asyncio.sleep(timedelta(hours=10).total_seconds())
    assert house.till.shift is Shift.OPEN
    await asyncio.sleep(timedelta(hours=1).total_seconds())
    assert house.till.shift is Shift.CLOSED
    assert (await house.journal.get("close-shift:kkt-1:2026-03-02")).state is JobState.DONE  # type: ignore[union-attr]
    await asyncio.sleep(timedelta(hours=24).total_seconds())
    second = await house.journal.get("close-shift:kkt-1:2026-03-03")
    assert second is not None
    assert second.state is JobState.DONE  # closed already: nothing to do is no failure
    assert [warning.code for warning in second.warnings] == ["shift_already_closed"]
    assert len(house.till.documents) == 1
    await house.stop()


def test_the_next_closing_follows_the_wall_clock() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # Summer time begins on 29 March 2026: that night has 23 hours.
    from datetime import datetime

    evening = datetime(2026, 3, 28, 23, 50, tzinfo=berlin)
    following = next_moment(evening, time(23, 50), berlin)
    assert following == datetime(2026, 3, 29, 23, 50, tzinfo=berlin)
    assert following.timestamp() - evening.timestamp() == 23 * 3600


@virtual
async def test_drain_finishes_the_document_in_hand_and_keeps_the_rest(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await house.shop.submit(new_job("a"))
    await house.shop.submit(new_job("b"))
    await house.until("a", "running")
    waiting = asyncio.create_task(house.shop.wait("a", 60))
    subscription = house.shop.events()
    await house.shop.drain()
    await house.shop.drain()
    assert (await waiting).state is JobState.DONE
    with pytest.raises(Draining):
        await house.shop.submit(new_job("c"))
    seen = [event.state async for event in subscription]
    assert "done" in seen
    await house.journal.close()
    await house.start()
    assert (await house.shop.wait("b", 60)).state is JobState.DONE
    assert len(house.till.receipts()) == 2
    await house.stop()


@virtual
async def test_a_slow_reader_of_events_is_cut(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    slow = house.shop.events(limit=5)
    quick = house.shop.events(limit=1000)
    await asyncio.gather(*(house.shop.submit(new_job(f"j{number}")) for number in range(10)))
    await house.shop.wait("j9", 60)
    assert slow.cut
    assert [event async for event in slow] == []
    await house.stop()
    seen = [event.id async for event in quick]
    assert not quick.cut
    assert seen == sorted(seen)
    assert len(seen) >= 30
