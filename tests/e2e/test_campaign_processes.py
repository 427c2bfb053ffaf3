"""The campaign of real processes in its short form: all of them killed, cut and garbled, then compared."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from campaign_sums import USUAL
from gateway_process import Gateway, sale
from processes import machine
from processes.audit import audit
from processes.house import Plan
from processes.judge import judged
from processes.life import Outcome, house_in, threads
from processes.sums import keep, spans

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    async def with_threads() -> T:
        asyncio.get_running_loop().set_default_executor(threads())
        return await work

    return asyncio.run(with_threads())


@pytest.mark.timeout(180)
def test_a_few_dozen_steps_of_the_state_machine() -> None:
    machine.run(examples=2, steps=40, shrink=False)


@pytest.mark.timeout(180)
def test_receipts_through_chaos_are_as_many_documents(tmp_path: Path) -> None:
    outcome = run(judged(tmp_path, 7, 30, quick=True))
    assert not outcome.faults
    assert outcome.receipts == 30
    assert outcome.struck


def test_the_audit_sees_what_must_not_be(tmp_path: Path) -> None:
    """Otherwise four zeros would prove nothing."""

    async def living() -> None:
        async with house_in(tmp_path, Plan(seed=1)) as house:
            first, second, third = (house.a_sale() for _ in range(3))
            assert await house.finish([first, second, third]) == []
            assert (await audit(house)).all() == []
            first.body = {**first.body, "items": [{**first.body["items"][0], "name": "Другое"}]}
            second.job = {**second.job, "fiscal": third.job["fiscal"]}
            del house.posted[third.key]
            house.posted["never"] = replace(first, key="never")
            found = await audit(house)
            assert any(first.key in text and "line 0 1030" in text for text in found.wrong), found
            assert any(second.key in text and "the caller heard" in text for text in found.wrong), found
            assert any(third.key in text for text in found.doubled), found
            assert any("never" in text for text in found.lost), found

    run(living())


def test_sums_are_kept_over_runs_beside_those_of_others(tmp_path: Path) -> None:
    path = tmp_path / "campaigns.json"
    path.write_text('{"other": {"years": 3}}')
    for seed in (4, 5):
        keep(path, USUAL, Outcome(seed, receipts=10, faulted=3, struck=Counter({"power": 2})))
    keep(path, USUAL, Outcome(9, faults=["lost: k1"]))
    sums = json.loads(path.read_text())
    assert sums["other"] == {"years": 3}
    found = sums["processes"]
    assert (found["lives"], found["receipts"], found["faulted"], found["kinds"]) == (3, 20, 6, {"power": 4})
    assert found["seeds"] == [[4, 5], [9, 9]]
    assert found["failed"] == [{"seed": 9, "found": ["lost: k1"]}]


def test_spans_of_seeds_are_joined() -> None:
    assert spans([[5, 5], [1, 2], [3, 3], [5, 6]]) == [[1, 3], [5, 6]]


def test_a_disk_that_fails_ends_the_gateway_and_nothing_was_promised(tmp_path: Path) -> None:
    with Gateway(tmp_path, dying="fsync:accept:1") as gateway:
        with pytest.raises((OSError, AssertionError)):
            gateway.post("/api/v1/receipts", sale("a"))
        assert gateway.process.wait(timeout=30) == 1
    with Gateway(tmp_path) as gateway:
        assert gateway.get("/api/v1/receipts")["receipts"] == []


def test_a_gateway_whose_clock_is_set_back_sells_on(tmp_path: Path) -> None:
    with Gateway(tmp_path, dying="clock:running:1") as gateway:
        jobs = [gateway.post("/api/v1/receipts?wait=60", sale(key)) for key in ("a", "b")]
    assert [job["state"] for job in jobs] == ["done", "done"]
