"""Marked goods as jobs: what callers are told of good, bad and unchecked codes, and a gateway that dies in between."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from emulated_house import NAME, EmulatedHouse
from fake_shop import new_job
from permit_house import CIS, line, receipt
from virtual_loop import virtual

from emulator.marking.oism import Behaviour, Misbehaviour
from gateway.api.answers import job_object
from gateway.jobs.model import JobState

#: FF61 begins the marking sequence; from there on every command counts.
CHECK = b"\xff\x61"


def body(house: EmulatedHouse, *lines: dict[str, Any], **more: Any) -> str:
    return receipt(house.now, *lines, **more)


async def opened(directory: Path) -> EmulatedHouse:
    house = EmulatedHouse(directory)
    await house.switch_on()
    await house.start()
    return house


def nothing_left(house: EmulatedHouse) -> bool:
    state = house.embedded.shop.registers[NAME].device.state()["marking"]
    return (state["step"], state["accepted"]) == ("none", [])


@virtual
async def test_a_good_receipt_says_plus_and_nothing_else(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    job = await house.sell("a", body(house, *(line(number) for number in range(20))))
    assert (job.state, job.warnings) == (JobState.DONE, ())
    assert job_object(job)["marking"] == [{"item": number, "result": "M+", "flags": 15} for number in range(20)]
    assert nothing_left(house)
    await house.stop()


@virtual
async def test_a_bad_line_fails_the_whole_receipt_and_names_it(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    house.embedded.shop.oism.book.put(CIS.format(1), {"status": "sold"})  # by somebody else
    job = await house.sell("again", body(house, line(0), line(1), line(2)))
    assert job.state is JobState.FAILED
    assert (job.fiscal, len(house.receipts())) == (None, 0)
    answer = job_object(job)
    assert answer["error"]["code"] == "marking_status_wrong"
    assert answer["error"]["detail"].startswith("/items/1/marking: [M-] ")
    assert answer["error"]["hint"].startswith("Позиция 2: ")
    assert [one["result"] for one in answer["marking"]] == ["M+", "M-", "M+"]
    bad = answer["marking"][1]
    assert (bad["item"], bad["flags"], bad["reason"]) == (1, 7, "marking_status_wrong")
    assert "Отложите" in bad["hint"]
    assert nothing_left(house)
    # the good ones can be sold without it
    assert (await house.sell("rest", body(house, line(0), line(2)))).state is JobState.DONE
    await house.stop()


@virtual
async def test_a_failed_receipt_can_be_tried_again_once_the_unit_is_free(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    book = house.embedded.shop.oism.book
    book.put(CIS.format(1), {"blocked": True})
    job = await house.sell("a", body(house, line(1)))
    assert job.error is not None
    assert (job.state, job.error.code) == (JobState.FAILED, "marking_turnover_suspended")
    book.put(CIS.format(1), {"blocked": False})
    await house.shop.retry("a")
    job = await house.shop.wait("a", 60)
    assert (job.state, job.error) == (JobState.DONE, None)
    assert [(one.result, one.reason) for one in job.marking] == [("M+", "")]
    await house.stop()


@virtual
async def test_sold_all_the_same(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    house.embedded.shop.oism.book.put(CIS.format(1), {"status": "sold"})
    job = await house.sell("again", body(house, line(1), line(2), on_marking_failure="sell"))
    assert job.state is JobState.DONE
    assert [(one.result, one.flags) for one in job.marking] == [("M-", 7), ("M+", 15)]
    assert [(one.code, one.detail[:14]) for one in job.warnings] == [("marking_status_wrong", "/items/0: [M-]")]
    await house.stop()


@virtual
async def test_a_job_that_waits_for_the_marking_system_says_so_while_it_does(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    house.embedded.shop.oism.behaviour = Misbehaviour(Behaviour.SILENT)
    await house.shop.submit(new_job("a", body(house, line(1), line(2))))
    await asyncio.sleep(5)
    answer = job_object(await house.until("a", "running"))
    assert [one["code"] for one in answer["warnings"]] == ["marking_waiting"]
    assert answer["warnings"][0]["hint"]
    job = await house.shop.wait("a", 120)
    assert [one.code for one in job.warnings] == ["marking_server_silent"]
    await house.stop()


@virtual
async def test_no_connection_sells_with_a_warning(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    house.embedded.shop.oism.behaviour = Misbehaviour(Behaviour.REFUSE)
    job = await house.sell("a", body(house, line(1), line(2)))
    assert job.state is JobState.DONE
    answer = job_object(job)
    assert [(one["result"], one["reason"]) for one in answer["marking"]] == [("M", "marking_server_silent")] * 2
    assert [one["code"] for one in answer["warnings"]] == ["marking_server_silent"]
    assert json.dumps(answer, ensure_ascii=False).count("dGVz") == 0  # nobody is shown a crypto-tail
    await house.stop()


@pytest.mark.parametrize("frame", range(1, 20, 2))
@virtual
async def test_a_gateway_that_dies_between_two_codes_leaves_nothing_half_accepted(tmp_path: Path, frame: int) -> None:
    """Killed as the register executes this command of the receipt; the next life finds out and sells it once."""
    house = await opened(tmp_path)
    await house.sell("before", body(house, line(9)))
    device = house.embedded.shop.registers[NAME].device
    start, left, dead = device.register.start, frame, asyncio.Event()

    def counting(message: bytes) -> Any:
        nonlocal left
        if message[:2] == CHECK or left < frame:
            left -= 1
            if not left:
                dead.set()
        return start(message)

    device.register.start = counting
    await house.shop.submit(new_job("a", body(house, line(1), line(2), line(3))))
    async with asyncio.timeout(60):
        await dead.wait()
    await house.kill()
    device.register.start = start
    await house.start()
    job = await house.shop.wait("a", 120)
    assert job.state is JobState.DONE
    assert [one.result for one in job.marking] == ["M+"] * 3
    assert nothing_left(house)
    assert len(house.receipts()) == 2
    await asyncio.sleep(60)
    assert {house.embedded.shop.oism.book.facts(CIS.format(number)).status for number in (1, 2, 3, 9)} == {"sold"}
    assert len(house.embedded.shop.oism.notifications()) == 2
    await house.stop()
