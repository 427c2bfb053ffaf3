"""Permit mode within a job: what reaches the drive, what never begins, and what a cut or a kill leaves behind."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from emulated_house import NAME
from fake_register import FakeRegister, Till
from fake_shop import new_job, receipt_body
from permit_house import CIS, PermitHouse, line, receipt
from permit_kit import CDN, Stand, local
from virtual_loop import virtual

from emulator.faults import FaultKind
from emulator.permit.faults import Kind
from gateway.api.answers import job_object
from gateway.jobs.model import JobKind, JobState
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.executor import InlineExecutor
from gateway.journal.verify import Verdict, judge
from gateway.shop import Shop

#: FF45 closes the receipt.
CLOSE = 0xFF45


async def opened(directory: Path, *sections: Any, **more: Any) -> PermitHouse:
    house = PermitHouse(directory, *sections, **more)
    await house.switch_on()
    await house.start()
    return house


@virtual
async def test_each_line_of_the_document_bears_its_own_requisite(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    job = await house.sell("a", house.body(*(line(number) for number in range(20))))
    assert (job.state, job.warnings, job.error) == (JobState.DONE, (), None)
    kept = await house.verdicts("a")
    assert house.requisites() == [one.value for one in kept]
    assert len(set(house.requisites())) == 20
    assert [one.cis for one in kept] == [CIS.format(number) for number in range(20)]
    answer = job_object(job)
    assert [one["result"] for one in answer["marking"]] == ["M+"] * 20
    assert [(one["item"], one["reason"], one["source"]) for one in answer["permit"]] == [
        (number, "permit_granted", "cdn") for number in range(20)
    ]
    assert all(one.fn == house.shop.registers[NAME].snapshot.identity.fn for one in kept)
    asked = [one["body"] for one in house.servers.requests if one["path"].endswith("codes/check")]
    assert all(f'"fiscalDriveNumber":"{kept[0].fn}"' in body for body in asked)
    await house.stop()


@virtual
async def test_of_a_refused_receipt_nothing_is_made_at_all(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    before = house.documents()
    house.book.put(CIS.format(1), {"status": "sold"})
    house.book.put(CIS.format(2), {"blocked": True})
    job = await house.sell("a", house.body(line(0), line(1), line(2)))
    assert (job.state, job.fiscal, job.bookmark) == (JobState.FAILED, None, None)
    assert house.documents() == before  # not even a shift was opened for it
    answer = job_object(job)
    assert answer["error"]["code"] == "permit_denied"
    assert "/items/1: permit_sold" in answer["error"]["detail"]
    assert "/items/2: permit_blocked" in answer["error"]["detail"]
    assert "Позиция 2: Товар с этим кодом уже продан" in answer["error"]["hint"]
    assert [(one["item"], one["allowed"], one["reason"]) for one in answer["permit"]] == [
        (0, True, "permit_granted"),
        (1, False, "permit_sold"),
        (2, False, "permit_blocked"),
    ]
    assert len(await house.verdicts("a")) == 3
    house.book.put(CIS.format(1), {"status": "returned"})
    house.book.put(CIS.format(2), {"blocked": False})
    await house.shop.retry("a")
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    assert house.requisites() == [one.value for one in (await house.verdicts("a"))[3:]]
    await house.stop()


@virtual
async def test_the_same_unit_is_not_sold_twice_but_comes_back(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    assert (await house.sell("a", house.body(line(1)))).state is JobState.DONE
    again = await house.sell("b", house.body(line(1)))
    assert again.error is not None
    assert (again.state, again.error.code) == (JobState.FAILED, "permit_denied")
    back = await house.sell("c", house.body(line(1), operation="sell_refund"))
    assert back.state is JobState.DONE
    assert house.requisites() == [(await house.verdicts("c"))[0].value]
    assert (await house.sell("d", house.body(line(1)))).state is JobState.DONE
    await house.stop()


@pytest.mark.parametrize("kind", [FaultKind.DROP_ANSWER, FaultKind.CUT])
@virtual
async def test_a_lost_answer_finds_the_very_receipt_that_was_sent(tmp_path: Path, kind: FaultKind) -> None:
    house = await opened(tmp_path)
    house.break_down(kind, CLOSE)
    job = await house.sell("a", house.body(line(1), line(2)))
    states = [event.state for event in await house.journal.events(0) if event.subject == "a"]
    assert ("settling" in states) == (kind is FaultKind.CUT)
    assert (job.state, len(house.receipts())) == (JobState.DONE, 1)
    kept = await house.verdicts("a")
    assert house.requisites() == [one.value for one in kept]
    assert len(kept) == 2
    assert [one["reason"] for one in job_object(job)["permit"]] == ["permit_granted"] * 2
    await house.stop()


@virtual
async def test_a_new_attempt_asks_anew(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    house.break_down(FaultKind.POWER_BEFORE_COMMIT, CLOSE)
    job = await house.sell("a", house.body(line(1)))
    assert (job.state, job.attempts, len(house.receipts())) == (JobState.DONE, 2, 1)
    first, second = await house.verdicts("a")
    assert first.value != second.value
    assert house.requisites() == [second.value]
    await house.stop()


@virtual
async def test_what_changes_between_two_attempts_counts(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    house.break_down(FaultKind.POWER_BEFORE_COMMIT, CLOSE)
    submitted = new_job("a", house.body(line(1)))
    await house.shop.submit(submitted)
    await house.until("a", "settling")
    house.book.put(CIS.format(1), {"blocked": True})
    job = await house.shop.wait("a", 60)
    assert job.error is not None
    assert (job.state, job.error.code, len(house.receipts())) == (JobState.FAILED, "permit_denied", 0)
    await house.stop()


@pytest.mark.parametrize("commit", range(2, 8))
@virtual
async def test_killed_at_any_commit_there_is_one_document_with_a_kept_verdict(tmp_path: Path, commit: int) -> None:
    """Commits: connected, accepted, verdicts, shift opened, running, done."""
    house = PermitHouse(tmp_path)
    await house.switch_on()
    await house.start(before=commit)
    body = house.body(line(1))
    submitting = asyncio.create_task(house.shop.submit(new_job("a", body)))
    dying = asyncio.create_task(house.died.wait())
    await asyncio.wait({submitting, dying}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.wait({dying}, timeout=10)
    for task in (submitting, dying):
        task.cancel()
    await house.kill()
    await house.start()
    job = await house.sell("a", body)
    assert (job.state, len(house.receipts())) == (JobState.DONE, 1)
    (value,) = house.requisites()
    assert value in {one.value for one in await house.verdicts("a")}
    await house.stop()


@virtual
async def test_a_receipt_posted_again_after_the_journal_was_lost_is_recognised(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    assert (await house.sell("a", house.body(line(1)))).state is JobState.DONE
    await house.shop.drain()
    await house.journal.close()
    (tmp_path / JOURNAL_FILE).write_bytes(b"garbage " * 1000)
    await house.start()
    job = await house.sell("a", house.body(line(1)), seconds=10)
    assert (job.state, [one.code for one in job.warnings]) == (JobState.SETTLING, ["recovered_document"])
    assert len(house.receipts()) == 1
    await house.stop()


@virtual
async def test_verify_finds_the_document_as_the_journal_has_it(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    job = await house.sell("a", house.body(line(1)))
    assert job.fiscal is not None
    document = await house.shop.document(NAME, job.fiscal.document)
    identity = house.shop.registers[NAME].snapshot.identity
    assert judge(document, [job], lost=False, identity=identity) is Verdict.SAME
    await house.stop()


@virtual
async def test_a_waiting_receipt_does_not_ask_at_every_look(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    assert (await house.sell("first", house.body(line(9)))).state is JobState.DONE
    device = house.embedded.shop.registers[NAME].device
    device.set_paper(present=False)
    await house.shop.submit(new_job("a", house.body(line(1))))
    await house.until("a", "held")
    asked = len(await house.verdicts("a"))
    await asyncio.sleep(20)
    assert len(await house.verdicts("a")) == asked == 1
    await asyncio.sleep(200)
    device.set_paper(present=True)
    assert (await house.shop.wait("a", 120)).state is JobState.DONE
    kept = await house.verdicts("a")
    assert house.requisites() == [kept[-1].value]
    assert house.now().timestamp() * 1000 - int(str(kept[-1].value).rpartition("=")[2]) < 40_000
    await house.stop()


@virtual
async def test_before_ffd_12_there_is_no_requisite_but_the_check(tmp_path: Path) -> None:
    house = await opened(tmp_path, link="emulated:shtrih?ffd=1.05")
    job = await house.sell("a", house.body(line(1)))
    assert job.state is JobState.DONE
    assert not any("sectoral" in one.detail for one in job.warnings)
    assert house.requisites() == [None]
    house.book.put(CIS.format(2), {"blocked": True})
    assert (await house.sell("b", house.body(line(2)))).state is JobState.FAILED
    await house.stop()


@virtual
async def test_a_caller_who_has_asked_himself_is_believed(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    own = {"federal_id": "030", "date": "21.11.2023", "number": "1944", "value": "UUID=1&Time=2"}
    other = {"federal_id": "020", "date": "14.12.2020", "number": "1556", "value": "tm=mdlp"}
    body = house.body(line(1, sectoral_item_props=[own]), line(2, sectoral_item_props=[other]))
    job = await house.sell("a", body)
    assert job.state is JobState.DONE
    assert [one.item for one in await house.verdicts("a")] == [1]
    assert house.requisites() == ["UUID=1&Time=2", (await house.verdicts("a"))[0].value]
    await house.stop()


@virtual
async def test_a_correction_is_not_asked_about(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    correction = {"kind": "self", "date": "2026-03-01"}
    house.servers.settings.delays = dict.fromkeys(house.servers.names, 60.0)
    body = house.body(line(1), correction=correction)
    await house.shop.submit(replace(new_job("a", body), kind=JobKind.CORRECTION))
    assert (await house.shop.wait("a", 60)).state is JobState.DONE
    assert await house.verdicts("a") == []
    await house.stop()


@virtual
async def test_unmarked_receipts_never_wait_for_it(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    house.servers.settings.delays = dict.fromkeys(house.servers.names, 60.0)
    before = house.line.checks()
    plain = line(1, payment_object="commodity")
    del plain["marking"]
    job = await house.sell("a", house.body(plain))
    assert job.state is JobState.DONE
    assert house.line.checks() == before
    assert "permit" not in job_object(job)
    await house.stop()


@virtual
async def test_nobody_answers(tmp_path: Path) -> None:
    house = await opened(tmp_path, CDN, local())
    await asyncio.sleep(1)
    house.servers.settings.delays = dict.fromkeys(house.servers.names, 60.0)
    began = asyncio.get_running_loop().time()
    job = await house.sell("a", house.body(line(1)))
    assert asyncio.get_running_loop().time() - began < 4
    assert job.error is not None
    assert (job.state, job.error.code, len(house.receipts())) == (JobState.FAILED, "permit_no_answer", 0)
    assert "аварийную продажу" in job.error.hint
    (kept,) = await house.verdicts("a")
    assert (kept.allowed, kept.source, kept.answer) == (False, "none", "")
    assert "cdn-" in kept.detail
    await house.stop()


@virtual
async def test_emergency_sale_is_a_persons_order_that_outlives_the_process(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    assert house.shop.orders is not None
    await house.shop.orders.give(5, "Иванова А. А.", "нет интернета")
    await house.kill()
    await house.start()
    house.fault(Kind.DROP, path="codes/check", count=100)
    job = await house.sell("a", house.body(line(1)))
    assert job.state is JobState.DONE
    assert [one.code for one in job.warnings] == ["permit_by_operator"]
    assert house.requisites() == [None]
    told = [event for event in await house.journal.events(0) if event.state == "permit_emergency"]
    assert [(event.data["on"], event.data["by"], event.data["why"]) for event in told] == [
        (True, "Иванова А. А.", "нет интернета")
    ]
    await asyncio.sleep(5 * 60)
    assert (await house.sell("b", house.body(line(2)))).state is JobState.FAILED
    await house.shop.orders.give(60, "Иванова А. А.", "нет интернета")
    await house.shop.orders.give(0, "Иванова А. А.", "интернет есть")
    assert (await house.sell("c", house.body(line(3)))).state is JobState.FAILED
    await house.stop()


@virtual
async def test_a_receipt_cancelled_while_others_are_asked_opens_no_shift(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    before = house.documents()
    await asyncio.sleep(1)
    house.servers.settings.delays = dict.fromkeys(house.servers.hosts, 1.0)
    await house.shop.submit(new_job("a", house.body(line(1))))
    await asyncio.sleep(0.5)
    assert house.line.at_once == 1
    assert (await house.shop.cancel("a")).state is JobState.CANCELLED
    await asyncio.sleep(5)
    assert house.documents() == before
    await house.stop()


@virtual
async def test_another_registers_receipts_are_not_delayed(tmp_path: Path) -> None:
    marked, plain = Till(), Till()
    stand = Stand(CDN)
    stand.servers.settings.delays = dict.fromkeys(stand.servers.hosts, 1.4)
    journal = await Journal.open(tmp_path, now=stand.now, executor=InlineExecutor(), on_fatal=lambda error: None)
    settings = {name: RegisterSettings(name=name) for name in ("one", "two")}
    drivers = {"one": FakeRegister(marked), "two": FakeRegister(plain)}
    shop = Shop(journal, settings, drivers, now=stand.now, rng=random.Random(1), permit=stand.permit)
    await shop.start()
    loop = asyncio.get_running_loop()
    await asyncio.sleep(5)
    began = loop.time()
    await shop.submit(new_job("slow", receipt(stand.now, line(1)), register="one"))
    for number in range(10):
        await shop.submit(new_job(f"fast{number}", receipt_body(1), register="two"))
    for number in range(10):
        assert (await shop.wait(f"fast{number}", 5)).state is JobState.DONE
    assert loop.time() - began < 0.5
    assert (await shop.wait("slow", 5)).state is JobState.DONE
    assert loop.time() - began == pytest.approx(1.4, abs=0.1)
    assert plain.calls.count("fiscalise") == 10
    await shop.drain()
    await journal.close()
