"""One register's trouble costs another one nothing: not a moment of virtual time, and few turns of the loop."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fake_register import HANG_BEFORE, LOST_AFTER, LOST_BEFORE, FakeRegister, Till, fake_settle
from fake_shop import House, new_job
from structlog.testing import capture_logs
from virtual_loop import VirtualTimeLoop, virtual

from devices.errors import LinkError, ProtocolError
from gateway.jobs import steps, worker
from gateway.jobs.model import JobState
from gateway.shop import QueueFull

RECEIPTS = 40


class Always(deque[Any]):
    """A fault that never ends."""

    def popleft(self) -> Any:
        return self[0]


def refused(till: Till) -> None:
    till.down = True


def hanging(till: Till) -> None:
    till.frozen = True


def stalling(till: Till) -> None:
    till.faults["fiscalise"].extend([HANG_BEFORE])


def garbage(till: Till) -> None:
    till.faults["connect"] = Always([ProtocolError("no frame", code="frame_broken")])


def flapping(till: Till) -> None:
    till.faults["fiscalise"].extend([LOST_BEFORE, LOST_AFTER] * 500)


def unexpected(till: Till) -> None:
    till.faults["state"] = Always([ValueError("a bug of ours")])


TROUBLES: list[Callable[[Till], None]] = [refused, hanging, stalling, garbage, flapping, unexpected]


async def done_at(tmp_path: Path, trouble: Callable[[Till], None] | None, waiting: int) -> tuple[list[float], int]:
    """When each receipt of the good register was done, on the loop's clock; and documents the other one made."""
    other = Till()
    house = House(tmp_path, {"other": other, "good": Till()})
    await house.start()
    if trouble is not None:
        trouble(other)
    for number in range(waiting):
        await house.shop.submit(new_job(f"o{number}", register="other"))
    loop = asyncio.get_running_loop()
    began, moments = loop.time(), []
    for number in range(RECEIPTS):
        await house.shop.submit(new_job(f"g{number}", register="good"))
        job = await house.shop.wait(f"g{number}", 60)
        assert job.state is JobState.DONE
        moments.append(round(loop.time() - began, 9))
        await asyncio.sleep(0.5)
    made = len(other.receipts())
    await house.kill()
    return moments, made


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_registers_trouble_moves_no_document_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Callable[[Till], None]
) -> None:
    monkeypatch.setattr(steps, "settle", fake_settle)

    @virtual
    async def both(where: Path) -> None:
        alone, _ = await done_at(where / "alone", None, 0)
        beside, made = await done_at(where / "beside", trouble, 25)
        assert beside == alone
        assert made < 25 or trouble is flapping

    with capture_logs():
        both(tmp_path)


@pytest.mark.parametrize("trouble", [refused, hanging, garbage, unexpected])
def test_an_outage_of_an_hour_turns_the_loop_a_few_times_a_second_at_most(
    tmp_path: Path, trouble: Callable[[Till], None]
) -> None:
    turns = 0

    class Counting(VirtualTimeLoop):
        def _run_once(self) -> None:
            nonlocal turns
            turns += 1
            super()._run_once()  # type: ignore[misc]

    async def outage() -> None:
        other = Till()
        house = House(tmp_path, {"other": other})
        await house.start()
        trouble(other)
        for number in range(50):
            await house.shop.submit(new_job(f"o{number}", register="other"))
        await asyncio.sleep(3600)
        last = await house.journal.last_event()
        await asyncio.sleep(3600)
        # Nor is everybody told again and again.
        assert await house.journal.last_event() == last
        await house.kill()

    with asyncio.Runner(loop_factory=Counting) as runner, capture_logs() as logged:
        runner.run(outage())
    assert turns / 7200 < 15
    assert len([entry for entry in logged if entry["event"] == "the register could not be looked at"]) <= 1


@virtual
async def test_a_full_queue_refuses_its_own_register_only(tmp_path: Path) -> None:
    house = House(tmp_path, {"other": Till(down=True), "good": Till()}, queue_limit=10)
    await house.start()
    for number in range(10):
        await house.shop.submit(new_job(f"o{number}", register="other"))
    with pytest.raises(QueueFull):
        await house.shop.submit(new_job("o11", register="other"))
    for number in range(30):
        await house.shop.submit(new_job(f"g{number}", register="good"))
        assert (await house.shop.wait(f"g{number}", 60)).state is JobState.DONE
    await house.stop()


@virtual
async def test_questions_to_a_register_are_bounded_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "QUESTIONS", 3)
    house = House(tmp_path)
    await house.start()
    await house.sell("a")
    house.till.frozen = True
    asked = await asyncio.gather(*(house.shop.document("kkt-1", 1) for _ in range(6)), return_exceptions=True)
    assert [isinstance(answer, LinkError) and answer.code for answer in asked] == ["register_busy"] * 6
    assert not house.shop._workers["kkt-1"]._questions
    await house.kill()


@virtual
async def test_questions_and_receipts_take_turns(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await house.sell("first")
    asking = True

    async def curious() -> int:
        answered = 0
        while asking:
            assert await house.shop.document("kkt-1", 1) is not None
            answered += 1
        return answered

    crowd = [asyncio.ensure_future(curious()) for _ in range(5)]
    for number in range(20):
        job = await house.sell(f"r{number}", seconds=1.0)
        assert job.state is JobState.DONE
    asking = False
    assert sum(await asyncio.gather(*crowd)) > 20
    await house.stop()


@virtual
async def test_a_register_that_is_away_is_not_called_more_often_for_being_asked(tmp_path: Path) -> None:
    house = House(tmp_path, {"kkt-1": Till(down=True)})
    calls = 0
    connect = FakeRegister.connect

    async def counted(self: FakeRegister) -> None:
        nonlocal calls
        calls += 1
        await connect(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeRegister, "connect", counted)
        await house.start()
        await asyncio.sleep(60)
        before, calls = calls, 0

        async def ask_all_the_time() -> None:
            loop = asyncio.get_running_loop()
            until = loop.time() + 60
            while loop.time() < until:
                with pytest.raises(LinkError):
                    await house.shop.document("kkt-1", 1)

        await asyncio.gather(*(ask_all_the_time() for _ in range(5)))
        assert calls <= before * 1.3
    await house.stop()
