"""Parts of a unit, codes that were cut off, and corrections of marked goods: what the marking system cannot know, and
what it is told, on an emulated register."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from emulated_house import EmulatedHouse
from permit_house import CIS, line, receipt
from virtual_loop import virtual

from gateway.jobs.model import Job, JobState

CORRECTION = {"correction": {"kind": "self", "date": "2026-03-01"}}


async def opened(directory: Path) -> EmulatedHouse:
    house = EmulatedHouse(directory, "emulated:shtrih")
    await house.switch_on()
    await house.start()
    return house


async def sold(house: EmulatedHouse, job_id: str, *lines: dict[str, Any], **more: Any) -> Job:
    return await house.sell(job_id, receipt(house.now, *lines, **more))


def part(number: int, over: int, under: int) -> dict[str, Any]:
    return line(number, marking={**line(number)["marking"], "numerator": over, "denominator": under})


def cut(number: int, characters: int) -> dict[str, Any]:
    return line(number, marking={"code": CIS.format(number)[:characters]})


def refusal(job: Job) -> str:
    return "" if job.error is None else job.error.code


@virtual
async def test_the_marking_system_does_not_count_parts(tmp_path: Path) -> None:
    """It has heard of every one and says [M+] to the next."""
    house = await opened(tmp_path)
    for job_id in ("first", "second"):
        job = await sold(house, job_id, part(1, 1, 2))
        assert [one.result for one in job.marking] == ["M+"]
    assert refusal(await sold(house, "third", part(1, 1, 2))) == "marking_sold_here"
    assert refusal(await sold(house, "most", part(1, 99, 100))) == "marking_sold_here"
    assert (await sold(house, "back", part(1, 1, 2), operation="sell_refund")).state is JobState.DONE
    assert refusal(await sold(house, "more", part(1, 3, 4))) == "marking_sold_here"
    assert (await sold(house, "fourth", part(1, 1, 2))).state is JobState.DONE
    anyway = await sold(house, "anyway", part(1, 1, 2), on_marking_failure="sell")
    assert (anyway.state, [one.code for one in anyway.warnings]) == (JobState.DONE, ["marking_sold_here"])
    await house.stop()


@pytest.mark.parametrize("then", [part(1, 1, 2), line(1)], ids=["a part", "the whole"])
@virtual
async def test_what_came_back_elsewhere_frees_no_parts(tmp_path: Path, then: dict[str, Any]) -> None:
    """A whole that came back is seen by the marking system; of parts nobody could say how much."""
    house = await opened(tmp_path)
    first = line(1) if then != line(1) else part(1, 1, 2)
    assert (await sold(house, "first", first)).state is JobState.DONE
    house.embedded.shop.oism.book.put(CIS.format(1), {"status": "in_circulation"})
    assert refusal(await sold(house, "then", then)) == "marking_sold_here"
    await house.stop()


@virtual
async def test_before_ffd_12_a_part_is_refused_and_nothing_is_kept_of_it(tmp_path: Path) -> None:
    house = EmulatedHouse(tmp_path, "emulated:shtrih?ffd=1.05")
    await house.switch_on()
    await house.start()
    half = await sold(house, "half", line(2), part(1, 1, 2))
    assert half.error is not None
    assert (half.state, half.error.code, house.receipts()) == (JobState.FAILED, "fraction_not_in_ffd", [])
    assert "/items/1/marking" in half.error.detail
    assert (await sold(house, "whole", line(1))).state is JobState.DONE
    await house.stop()


@pytest.mark.parametrize("link", ["emulated:shtrih", "emulated:shtrih?ffd=1.05"])
@virtual
async def test_a_code_that_was_cut_off_is_the_unit_it_begins(tmp_path: Path, link: str) -> None:
    """Serial numbers of six and of seven are printed by some groups, never by two of the same goods."""
    house = EmulatedHouse(tmp_path, link)
    await house.switch_on()
    await house.start()
    shoe = "010460043993125621" + "AbCdE12345678"
    await sold(house, "first", line(1, marking={"code": shoe + "\x1d91EE06\x1d92" + "A" * 43 + "="}))
    for job_id, characters in (("by seven", 25), ("by six", 24), ("all of it", 31)):
        job = await sold(house, job_id, line(1, marking={"code": shoe[:characters]}))
        assert refusal(job) == "marking_sold_here", job_id
    other = "010460043993125621" + "AbCdX1"
    assert (await sold(house, "another", line(2, marking={"code": other}))).state is JobState.DONE
    milk = "010460043993125621" + "AbCdE1" + "\x1d93dGVz"  # with its tail it is whole: goods may be renumbered
    assert (await sold(house, "whole", line(3, marking={"code": milk}))).state is JobState.DONE
    await house.stop()


@pytest.mark.parametrize("how", ["refuse", "sell"])
@virtual
async def test_a_correction_of_a_unit_that_is_sold_leaves_its_status(tmp_path: Path, how: str) -> None:
    """2003 = 255: the sale that is put right has moved it already."""
    house = await opened(tmp_path)
    shop = house.embedded.shop
    await sold(house, "first", line(1))
    job = await sold(house, "right", line(1), **CORRECTION, on_marking_failure=how)
    assert (job.state, [one.result for one in job.marking]) == (JobState.DONE, ["M+"])
    assert [entry["planned"] for entry in shop.oism.requests()][-1] == 255
    assert str(shop.oism.book.facts(CIS.format(1)).status) == "sold"
    # an unrecorded sale has moved nothing yet: there the correction does
    job = await sold(house, "unrecorded", line(2), **CORRECTION, on_marking_failure=how)
    assert (job.state, shop.oism.requests()[-1]["planned"]) == (JobState.DONE, 1)
    assert str(shop.oism.book.facts(CIS.format(2)).status) == "sold"
    await house.stop()


@virtual
async def test_what_a_correction_is_refused_for_can_be_followed(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    house.embedded.shop.oism.book.put(CIS.format(1), {"found": False})
    job = await sold(house, "a", line(1), **CORRECTION)
    assert refusal(job) == "marking_correction_status_wrong"
    assert job.error is not None
    assert "другой экземпляр" not in job.error.hint
    assert "on_marking_failure" in job.error.hint
    await house.stop()
