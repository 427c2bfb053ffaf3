"""One unit leaves the shop once: what this gateway sold itself, whatever the marking system has heard of it so far."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from emulated_house import NAME, EmulatedHouse
from fake_register import HANG_AFTER, START, FakeRegister, Till
from fake_shop import House, new_job
from permit_house import CIS, PermitHouse, line, receipt
from permit_kit import CDN, local
from virtual_loop import virtual

from devices.errors import Rejected
from devices.registers.base import CodeCheck, MarkingState
from emulator.marking.oism import Behaviour, Misbehaviour
from emulator.ofd import Behaviour as Ofd
from gateway.api.answers import job_object
from gateway.jobs.model import Job, JobState
from gateway.jobs.units import by_online, gone
from gateway.journal.records import PermitVerdict
from gateway.journal.units import Move
from gateway.shop import Shop

OLD = "emulated:shtrih?ffd=1.05"


async def opened(directory: Path, link: str = "emulated:shtrih") -> EmulatedHouse:
    house = EmulatedHouse(directory, link)
    await house.switch_on()
    await house.start()
    return house


async def sold(house: EmulatedHouse, job_id: str, *lines: dict[str, Any], **more: Any) -> Job:
    return await house.sell(job_id, receipt(house.now, *lines, **more))


def part(number: int, over: int, under: int) -> dict[str, Any]:
    return line(number, marking={**line(number)["marking"], "numerator": over, "denominator": under})


def refusal(job: Job) -> str:
    assert job.error is not None
    return job.error.code


def move(share: str, state: JobState = JobState.DONE) -> Move:
    return Move(share=Fraction(share), job_id="a", register=NAME, state=state, fiscal=None)


@pytest.mark.parametrize(
    ("shares", "out", "by"),
    [
        ((), "0", 0),
        (("1",), "1", 1),
        (("1", "-1"), "0", 0),
        (("-1", "1"), "1", 1),  # came back from elsewhere, sold here since
        (("1", "1", "-1"), "0", 0),  # sold all the same: there is one unit, and it is back
        (("1/3", "1/3"), "2/3", 2),
        (("1/2", "1/2", "-1/2"), "1/2", 2),
        (("1", "-1", "1/2"), "1/2", 1),
    ],
)
def test_how_much_of_a_unit_is_out(shares: tuple[str, ...], out: str, by: int) -> None:
    found = gone([move(share) for share in shares] + [move("1", JobState.RUNNING)])
    assert (found.share, len(found.by)) == (Fraction(out), by)


@pytest.mark.parametrize(
    ("source", "value", "online"),
    [
        ("cdn", "UUID=1&Time=2", True),
        ("piot", "UUID=1&Time=2", True),
        ("piot", "UUID=1&Time=2&Inst=3&Ver=4", False),
        ("local", "UUID=1&Time=2&Inst=3&Ver=4", False),
        ("none", None, False),
    ],
)
def test_a_black_list_knows_nothing_of_sales(source: str, value: str | None, online: bool) -> None:
    words: dict[str, Any] = dict.fromkeys(("register", "fn", "cis", "reason", "detail", "request", "answer"), "")
    verdict = PermitVerdict(**words, at=START, job_id="a", item=0, allowed=True, source=source, value=value)
    assert by_online(verdict) is online


@virtual
async def test_a_unit_is_not_sold_again_while_the_first_sale_waits_to_be_told(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    oism = house.embedded.shop.oism
    oism.behaviour = Misbehaviour(Behaviour.REFUSE)
    first = await sold(house, "first", line(1))
    assert [one.result for one in first.marking] == ["M"]
    oism.behaviour = Misbehaviour(Behaviour.ANSWER)
    assert house.embedded.shop.registers[NAME].device.drive.marking.unsent  # the marking system knows of nothing
    again = await sold(house, "again", line(0), line(1))
    assert (again.state, again.bookmark, len(house.receipts())) == (JobState.FAILED, None, 1)
    answer, fiscal = job_object(again), first.fiscal
    assert fiscal is not None
    assert answer["error"] == {
        "code": "marking_sold_here",
        "detail": "nothing was printed: /items/1/marking: this unit was sold through this gateway already: job first "
        f"on kkt-1: document {fiscal.document} of drive {fiscal.fn}, {fiscal.datetime.isoformat(timespec='minutes')}",
        "hint": answer["error"]["hint"],
    }
    for word in ("чек first", "kkt-1", f"ФД {fiscal.document} от {fiscal.datetime:%d.%m.%Y %H:%M}", "возврат"):
        assert word in answer["error"]["hint"]
    assert answer["error"]["hint"].startswith("Позиция 2: Этот товар уже продан: чек first, ")
    assert [(one["item"], one["reason"]) for one in answer["units"]] == [(1, "marking_sold_here")]
    assert CIS.format(1) not in str(answer)
    # by its own key it is as dead, and what was wrong with it does not keep the other unit
    await house.shop.retry("again")
    assert refusal(await house.shop.wait("again", 60)) == "marking_sold_here"
    assert (await sold(house, "rest", line(0))).state is JobState.DONE
    await house.stop()


@virtual
async def test_before_ffd_12_nobody_else_would_know(tmp_path: Path) -> None:
    house = await opened(tmp_path, OLD)
    assert (await sold(house, "first", line(1))).state is JobState.DONE
    assert refusal(await sold(house, "again", line(1))) == "marking_sold_here"
    anyway = await sold(house, "anyway", line(0), line(1), on_marking_failure="sell")
    assert anyway.state is JobState.DONE
    (warning,) = anyway.warnings
    assert warning.code == "marking_sold_here"
    assert warning.detail.startswith("/items/1/marking: ")
    assert "чек first" in warning.hint
    assert (await sold(house, "back", line(1), operation="sell_refund")).state is JobState.DONE
    assert (await sold(house, "new", line(1))).state is JobState.DONE  # there is one unit, and it came back
    assert refusal(await sold(house, "last", line(1))) == "marking_sold_here"
    await house.stop()


@virtual
async def test_a_unit_that_comes_back_from_elsewhere_is_sold_once(tmp_path: Path) -> None:
    house = await opened(tmp_path, OLD)
    await sold(house, "cash", line(8), line(9))
    assert (await sold(house, "back", line(1), operation="sell_refund")).state is JobState.DONE
    assert (await sold(house, "bought", line(2), operation="buy")).state is JobState.DONE
    assert (await sold(house, "first", line(1), line(2))).state is JobState.DONE
    assert refusal(await sold(house, "again", line(1))) == "marking_sold_here"
    assert refusal(await sold(house, "to the supplier", line(2), operation="buy_refund")) == "marking_sold_here"
    await house.stop()


@virtual
async def test_no_more_of_a_pack_than_the_whole(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    house.embedded.shop.oism.behaviour = Misbehaviour(Behaviour.REFUSE)
    for job_id in ("first", "second"):
        assert (await sold(house, job_id, part(1, 1, 2))).state is JobState.DONE
    third = await sold(house, "third", part(1, 1, 2))
    assert refusal(third) == "marking_sold_here"
    assert third.error is not None
    assert "1 of it is gone and 1/2 is asked" in third.error.detail
    assert "job first" in third.error.detail
    assert "job second" in third.error.detail
    assert "Из упаковки уже выбыло 1, продаётся ещё 1/2." in third.error.hint
    assert refusal(await sold(house, "whole", line(1))) == "marking_sold_here"
    assert (await sold(house, "back", part(1, 1, 2), operation="sell_refund")).state is JobState.DONE
    assert (await sold(house, "fourth", part(1, 1, 3))).state is JobState.DONE
    assert refusal(await sold(house, "fifth", part(1, 1, 3))) == "marking_sold_here"
    await house.stop()


@pytest.mark.parametrize("link", [OLD, "emulated:shtrih"])
@virtual
async def test_goods_by_weight_and_codes_of_no_unit_have_no_end(tmp_path: Path, link: str) -> None:
    house = await opened(tmp_path, link)
    cheese = line(1, quantity="1", measure="kilogram")
    bottle = line(2, marking={"code": "4606203090785"})
    for job_id in ("first", "second", "third"):
        job = await sold(house, job_id, cheese, bottle, bottle, on_marking_failure="sell")
        assert (job.state, [one.code for one in job.warnings if "sold" in one.code]) == (JobState.DONE, [])
    await house.stop()


DAY = 86_400.0
TO_ANOTHER_SHOP = {"status": "in_circulation"}


async def day_after(house: EmulatedHouse, days: float = 1.1) -> None:
    """What was sold is with the OFD; the drive's time has minutes, and a shift lasts no longer than a day."""
    await asyncio.sleep(60)
    house.embedded.shop.clock.advance(days * DAY)


@virtual
async def test_the_marking_system_may_know_of_a_return_elsewhere(tmp_path: Path) -> None:
    """Its word counts a day after each sale."""
    house = await opened(tmp_path)
    shop = house.embedded.shop
    await sold(house, "first", line(1))
    shop.oism.book.put(CIS.format(1), TO_ANOTHER_SHOP)
    await day_after(house, 0.9)
    refused = await sold(house, "too early", line(1))
    assert refusal(refused) == "marking_sold_here"
    assert refused.error is not None
    for word in ("пробейте возврат", "через сутки", "on_marking_failure = sell"):
        assert word in refused.error.hint
    await day_after(house, 0.2)
    second = await sold(house, "second", line(1))
    assert (second.state, second.warnings) == (JobState.DONE, ())
    assert refusal(await sold(house, "again", line(1))) == "marking_sold_here"
    await house.stop()


@pytest.mark.parametrize("how", [Behaviour.ANSWER, Behaviour.REFUSE])
@virtual
async def test_a_marking_system_that_does_not_say_so_frees_nothing(tmp_path: Path, how: Behaviour) -> None:
    """It knows of the sale and of no return, or it is silent."""
    house = await opened(tmp_path)
    shop = house.embedded.shop
    await sold(house, "first", line(1))
    if how is not Behaviour.ANSWER:
        shop.oism.book.put(CIS.format(1), TO_ANOTHER_SHOP)
        shop.oism.behaviour = Misbehaviour(how)
    await day_after(house)
    assert refusal(await sold(house, "again", line(1))) == "marking_sold_here"
    await house.stop()


@virtual
async def test_a_sale_that_the_ofd_has_not_confirmed_is_not_heard_of(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    shop = house.embedded.shop
    shop.ofd.behaviour = Ofd.REFUSE
    await sold(house, "first", line(1))
    shop.oism.book.put(CIS.format(1), TO_ANOTHER_SHOP)
    await day_after(house)
    assert refusal(await sold(house, "again", line(1))) == "marking_sold_here"
    await house.stop()


@pytest.mark.parametrize(
    ("sections", "days", "free"),
    [((CDN,), 2, True), ((CDN,), 0, False), ((local(),), 2, False)],
    ids=["a day later", "at once", "by the black list"],
)
@virtual
async def test_permit_mode_knows_of_a_sale_a_day_after_the_ofd(
    tmp_path: Path, sections: tuple[Any, ...], days: int, free: bool
) -> None:
    house = PermitHouse(tmp_path, *sections, link=OLD)
    await house.switch_on()
    await house.start()
    first = await house.sell("first", house.body(line(1)))
    assert first.state is JobState.DONE
    await day_after(house, days)
    house.book.put(CIS.format(1), TO_ANOTHER_SHOP)
    await house.sell("another", house.body(line(2)))
    job = await house.sell("again", house.body(line(1)))
    assert (job.state, job.error and job.error.code) == (
        (JobState.DONE, None) if free else (JobState.FAILED, "marking_sold_here")
    )
    await house.stop()


# --- several registers


async def pair(directory: Path) -> tuple[House, Shop]:
    house = House(directory, {"kkt-1": Till(fn="1" * 16), "kkt-2": Till(fn="2" * 16)})
    return house, await house.start()


async def post(shop: Shop, house: House, job_id: str, register: str, **more: Any) -> Job:
    job, _ = await shop.submit(new_job(job_id, receipt(house.now, line(1), **more), register=register))
    return job


@virtual
async def test_two_registers_at_once_sell_it_once(tmp_path: Path) -> None:
    house, shop = await pair(tmp_path)
    await post(shop, house, "a", "kkt-1")
    await post(shop, house, "b", "kkt-2")
    jobs = [await shop.wait(job_id, 60) for job_id in ("a", "b")]
    assert sorted(job.state for job in jobs) == [JobState.DONE, JobState.FAILED]
    (failed,) = (job for job in jobs if job.state is JobState.FAILED)
    assert refusal(failed) in {"marking_being_sold", "marking_sold_here"}
    assert sum(len(till.receipts()) for till in house.tills.values()) == 1
    await house.stop()


@virtual
async def test_a_sale_whose_answer_is_lost_keeps_its_unit_through_a_crash(tmp_path: Path) -> None:
    house, shop = await pair(tmp_path)
    first = house.tills["kkt-1"]
    first.faults["fiscalise"].append(HANG_AFTER)
    await post(shop, house, "a", "kkt-1")
    await asyncio.sleep(1)
    assert len(first.receipts()) == 1
    await house.kill()
    first.down = True
    shop = await house.start()
    await asyncio.sleep(1)
    await post(shop, house, "b", "kkt-2")
    job = await shop.wait("b", 60)
    assert refusal(job) == "marking_being_sold"
    assert job.error is not None
    assert "job a on kkt-1 (settling)" in job.error.detail
    assert "чек a, касса kkt-1" in job.error.hint
    first.down = False
    assert (await shop.wait("a", 60)).state is JobState.DONE
    await post(shop, house, "c", "kkt-2")
    assert refusal(await shop.wait("c", 60)) == "marking_sold_here"
    await post(shop, house, "back", "kkt-2", operation="sell_refund")
    await shop.wait("back", 60)
    await post(shop, house, "d", "kkt-1")
    assert (await shop.wait("d", 60)).state is JobState.DONE
    await house.stop()


#: The marking system was away when the sale was made (simulation, `--family pirit`, seed 21060).
WAITING = MarkingState(
    blocked=False,
    undecided=False,
    accepted=0,
    unsent=1,
    first_unsent=1,
    first_unsent_at=None,
    fill_percent=None,
    autonomous=False,
)


@pytest.mark.parametrize(
    ("acknowledged", "sign", "now", "free"),
    [
        (True, 1001, {}, True),
        (True, 1001, {"marking": WAITING}, False),
        (True, 1001, {"marking": replace(WAITING, first_unsent_at=START)}, False),
        (True, 1001, {"marking": replace(WAITING, first_unsent_at=START + timedelta(hours=1))}, True),
        (True, 1001, {"marking": replace(WAITING, unsent=0)}, True),
        (True, 1001, {"down": True}, False),
        (True, 1001, {"fn": "3" * 16}, False),
        (True, 1002, {}, False),
        (False, 1001, {}, False),
    ],
    ids=[
        "confirmed",
        "notifications wait, nobody knows since when",
        "its notification waits",
        "a later one waits",
        "none waits",
        "nobody can ask",
        "another drive",
        "another document",
        "not confirmed",
    ],
)
@virtual
async def test_the_register_that_sold_it_says_whether_the_marking_system_can_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, acknowledged: bool, sign: int, now: dict[str, Any], free: bool
) -> None:
    good = CodeCheck(flags=15, result="M+", reason="", local=3, local_reason=0, kind=5)
    monkeypatch.setattr(FakeRegister, "check_code", lambda self, code, **more: self._call("check_code", lambda: good))
    house, shop = await pair(tmp_path)
    await post(shop, house, "a", "kkt-1")
    assert (await shop.wait("a", 60)).state is JobState.DONE
    till = house.tills["kkt-1"]
    (document,) = till.documents
    assert document.fiscal.sign == 1001
    till.documents = [replace(document, acknowledged=acknowledged, fiscal=replace(document.fiscal, sign=sign))]
    for name, value in now.items():
        setattr(till, name, value)
    if "fn" in now and till.connected is not None:
        await till.connected.connect()
    house.offset = timedelta(days=1.1)
    before = asyncio.get_running_loop().time()
    await post(shop, house, "b", "kkt-2")
    job = await shop.wait("b", 60)
    assert asyncio.get_running_loop().time() - before < 2  # of virtual time: another register's silence delays little
    assert (job.state, job.error and job.error.code) == (
        (JobState.DONE, None) if free else (JobState.FAILED, "marking_sold_here")
    )
    await house.stop()


@virtual
async def test_what_is_proven_absent_was_not_sold(tmp_path: Path) -> None:
    house, shop = await pair(tmp_path)
    no = Rejected("no", number=51, hint="Нет.")
    house.tills["kkt-1"].faults["fiscalise"].extend([no, no])
    await post(shop, house, "a", "kkt-1")
    assert refusal(await shop.wait("a", 60)) == "device_rejected"
    await post(shop, house, "b", "kkt-2")
    assert (await shop.wait("b", 60)).state is JobState.DONE
    await shop.retry("a")
    assert refusal(await shop.wait("a", 60)) == "marking_sold_here"
    await house.stop()


@virtual
async def test_a_retried_receipt_does_not_answer_with_the_verdicts_of_before(tmp_path: Path) -> None:
    house = PermitHouse(tmp_path)
    await house.switch_on()
    await house.start()
    house.book.put(CIS.format(1), {"blocked": True})
    job = await house.sell("a", house.body(line(1)))
    assert "permit" in job_object(job)
    again = job_object(await house.shop.retry("a"))
    assert (again["state"], again["marking"], "permit" in again) == ("queued", [], False)
    await house.stop()
    house = await opened(tmp_path / "without")  # type: ignore[assignment]
    house.embedded.shop.oism.book.put(CIS.format(1), {"blocked": True})
    job = await sold(house, "a", line(1))
    assert [one.result for one in job.marking] == ["M-"]
    assert job_object(await house.shop.retry("a"))["marking"] == []
    await house.stop()
