"""A journal that forgot: documents of the drive that no job owns are found first, and nothing is printed twice."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_register import HANG_AFTER, Till
from fake_shop import House, new_job, receipt_body
from virtual_loop import virtual

from devices.errors import NeedsOperator
from gateway.jobs.model import Job, JobKind, JobState
from gateway.journal.database import JOURNAL_FILE
from gateway.receipts.convert import to_receipt
from protocols.ffd.enums import DocumentCode


async def filled(house: House, *keys: str, rubles: int | None = None) -> None:
    for number, key in enumerate(keys, 1):
        job = await house.sell(key, receipt_body(rubles or number))
        assert job.state is JobState.DONE


def destroy(house: House) -> None:
    (house.directory / JOURNAL_FILE).write_bytes(b"garbage " * 1000)
    for suffix in ("-wal", "-shm"):
        (house.directory / (JOURNAL_FILE + suffix)).unlink(missing_ok=True)


def the_report(directory: Path) -> dict[str, Any]:
    (file,) = directory.glob("journal-report-*.json")
    report: dict[str, Any] = json.loads(file.read_text())
    assert (directory / report["set_aside"]).read_bytes() == b"garbage " * 1000
    return report


def codes(job: Job | None) -> list[str]:
    assert job is not None
    return [warning.code for warning in job.warnings]


async def posted(house: House, key: str, body: str) -> Job:
    await house.shop.submit(new_job(key, body))
    return await house.shop.wait(key, 5)


@virtual
async def test_after_a_total_loss_the_same_keys_print_nothing(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await filled(house, "a", "b", "c")
    await house.stop()
    destroy(house)
    await house.start()
    for number, key in enumerate("abc", 1):
        job = await posted(house, key, receipt_body(number))
        assert job.state is JobState.SETTLING
        assert codes(job) == ["recovered_document"]
        assert f"document {number} " in job.warnings[0].detail
    assert (await posted(house, "new", receipt_body(99))).state is JobState.DONE
    assert len(house.till.receipts()) == 4
    await house.stop()


@virtual
async def test_the_report_says_what_was_found(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await filled(house, "a", "b")
    await house.stop()
    destroy(house)
    await house.start()
    await asyncio.sleep(1)
    report = the_report(tmp_path)
    assert report["cause"] == "damaged"
    assert report["set_aside"].startswith("journal-damaged-")
    assert report["registers"] == {"kkt-1": {"fn": house.till.fn, "from": 1, "to": 2, "recovered": 2}}
    loss = house.journal.loss
    assert loss is not None
    assert loss.report["registers"] == report["registers"]
    told = [event.state for event in await house.journal.events(0)]
    assert told[0] == "journal_rebuilt"
    assert "documents_unowned" in told
    await house.stop()


@virtual
async def test_a_verdict_claims_the_document_or_lets_it_print(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await filled(house, "a", "b")
    await house.stop()
    destroy(house)
    await house.start()
    await posted(house, "a", receipt_body(1))
    mine = await house.shop.resolve("a", exists=True, document=1)
    assert mine.fiscal == house.till.documents[0].fiscal
    await posted(house, "b2", receipt_body(2))
    denied = await house.shop.resolve("b2", exists=False)
    assert denied.state is JobState.FAILED
    assert len(house.till.receipts()) == 2
    await house.shop.retry("b2")
    printed = await house.shop.wait("b2", 20)
    assert printed.fiscal is not None
    assert printed.fiscal.document == 3
    # The document stays nobody's: the next key with its content waits for a verdict again.
    assert (await posted(house, "b3", receipt_body(2))).state is JobState.SETTLING
    await house.stop()


@virtual
async def test_several_receipts_for_one_document_wait_until_one_has_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await filled(house, "a")
    await house.stop()
    destroy(house)
    await house.start()
    for key in ("x", "y"):
        assert (await posted(house, key, receipt_body(1))).state is JobState.SETTLING
    await house.shop.resolve("x", exists=True, document=1)
    other = await house.shop.wait("y", 20)
    assert other.state is JobState.DONE
    assert other.fiscal is not None
    assert other.fiscal.document == 2
    await house.stop()


@virtual
async def test_several_alike_documents_are_all_named_and_given_out_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await filled(house, "a", "b", "c", rubles=5)
    await house.stop()
    destroy(house)
    await house.start()
    first = await posted(house, "x", receipt_body(5))
    assert "document 1, 2, 3 " in first.warnings[0].detail
    await house.shop.resolve("x", exists=True, document=2)
    second = await posted(house, "y", receipt_body(5))
    assert "document 1, 3 " in second.warnings[0].detail
    await house.stop()


@virtual
async def test_a_verdict_still_waits_after_a_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await filled(house, "a")
    await house.stop()
    destroy(house)
    await house.start()
    await posted(house, "x", receipt_body(1))
    for _ in range(2):
        await house.kill()
        await house.start()
        await asyncio.sleep(5)
        job = await house.journal.get("x")
        assert job is not None
        assert (job.state, codes(job)) == (JobState.SETTLING, ["recovered_document"])
    assert len(house.till.receipts()) == 1
    await house.stop()


@virtual
async def test_an_old_copy_put_back_doubles_nothing(tmp_path: Path) -> None:
    """A plain copy of a stopped journal bears no mark: the drive is ahead of it, and that is enough."""
    house = House(tmp_path / "shop")
    await house.start()
    await filled(house, "before")
    await house.stop()
    shutil.copytree(tmp_path / "shop", tmp_path / "copy")
    await house.start()
    await filled(house, "a", "b")
    await house.stop()
    shutil.rmtree(tmp_path / "shop")
    shutil.copytree(tmp_path / "copy", tmp_path / "shop")
    await house.start()
    assert (await posted(house, "before", receipt_body(1))).state is JobState.DONE
    assert (await posted(house, "a", receipt_body(1))).state is JobState.SETTLING
    assert (await posted(house, "b", receipt_body(2))).state is JobState.SETTLING
    assert len(house.till.receipts()) == 3
    await house.stop()


@virtual
async def test_a_job_queued_in_an_old_copy_was_done_in_truth(tmp_path: Path) -> None:
    house = House(tmp_path / "shop")
    house.till.down = True
    await house.start()
    await house.shop.submit(new_job("a", receipt_body(1)))
    await house.shop.submit(new_job("b", receipt_body(2)))
    await house.stop()
    shutil.copytree(tmp_path / "shop", tmp_path / "copy")
    house.till.down = False
    await house.start()
    for key in ("a", "b"):
        assert (await house.shop.wait(key, 20)).state is JobState.DONE
    await house.stop()
    shutil.rmtree(tmp_path / "shop")
    shutil.copytree(tmp_path / "copy", tmp_path / "shop")
    await house.start()
    await asyncio.sleep(5)
    for key in ("a", "b"):
        assert codes(await house.journal.get(key)) == ["recovered_document"]
    assert len(house.till.receipts()) == 2
    await house.stop()


@virtual
async def test_documents_of_a_cashier_make_no_trouble(tmp_path: Path) -> None:
    """Made while the gateway was down, with other content: told, kept, and never in the way."""
    house = House(tmp_path)
    await house.start()
    await filled(house, "a")
    await house.stop()
    for rubles in (70, 80):
        house.till.add(DocumentCode.RECEIPT, to_receipt(receipt_body(rubles)))
    await house.start()
    assert (await house.sell("b", receipt_body(2))).state is JobState.DONE
    told = [event.data for event in await house.journal.events(0) if event.state == "documents_unowned"]
    assert told == [{"fn": house.till.fn, "count": 2, "from": 2}]
    await house.stop()


@virtual
async def test_made_beside_a_running_gateway_they_are_nobodys_business(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await filled(house, "a")
    house.till.add(DocumentCode.RECEIPT, to_receipt(receipt_body(70)))
    await asyncio.sleep(60)
    await house.stop()
    await house.start()
    assert (await house.sell("b", receipt_body(70))).state is JobState.DONE
    assert len(house.till.receipts()) == 3
    await house.stop()


@virtual
async def test_a_day_later_the_same_content_is_a_new_receipt(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await filled(house, "a")
    await house.stop()
    house.till.add(DocumentCode.RECEIPT, to_receipt(receipt_body(70)))
    await house.start()
    await asyncio.sleep(1)
    house.offset += timedelta(hours=25)
    assert (await house.sell("b", receipt_body(70))).state is JobState.DONE
    await house.stop()


@virtual
async def test_the_past_of_a_register_is_not_ours_on_a_first_installation(tmp_path: Path) -> None:
    till = Till()
    for rubles in (1, 2):
        till.add(DocumentCode.RECEIPT, to_receipt(receipt_body(rubles)))
    house = House(tmp_path, {"kkt-1": till})
    await house.start()
    assert (await house.sell("a", receipt_body(1))).state is JobState.DONE
    assert till.calls.count("document") == 0
    await house.stop()


@virtual
async def test_a_drive_that_does_not_answer_in_the_middle_is_read_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await filled(house, "a", "b", "c")
    await house.stop()
    destroy(house)
    house.till.faults["document"].extend([None, "lost_before", None, None, "lost_after"])
    await house.start()
    assert (await posted(house, "c", receipt_body(3))).state is JobState.SETTLING
    assert len(house.journal.unowned("kkt-1")) == 3
    assert len(house.till.receipts()) == 3
    await house.stop()


@virtual
async def test_a_receipt_under_way_when_the_journal_broke_is_found(tmp_path: Path) -> None:
    """The row is read from the torn file with its bookmark, and settled as after any crash."""
    house = House(tmp_path)
    await house.start()
    await filled(house, "a")
    house.till.faults["fiscalise"].append(HANG_AFTER)
    await house.shop.submit(new_job("b", receipt_body(2)))
    await house.until("b", "running")
    await asyncio.sleep(1)
    await house.kill()
    tear_first_page(tmp_path / JOURNAL_FILE)
    await house.start()
    job = await house.shop.wait("b", 20)
    assert job.state is JobState.DONE
    assert job.fiscal == house.till.documents[1].fiscal
    assert (await posted(house, "a", receipt_body(1))).state is JobState.DONE
    assert len(house.till.receipts()) == 2
    await house.stop()


@pytest.mark.parametrize("kind", [JobKind.CASH_IN, JobKind.CLOSE_SHIFT])
@virtual
async def test_what_leaves_no_receipt_waits_for_a_person(tmp_path: Path, kind: JobKind) -> None:
    house = House(tmp_path)
    house.till.down = True
    await house.start()
    await house.shop.submit(new_job("a", '{"sum":"1.00"}', kind=kind))
    await house.kill()
    tear_first_page(tmp_path / JOURNAL_FILE)
    house.till.down = False
    await house.start()
    await asyncio.sleep(5)
    job = await house.journal.get("a")
    assert job is not None
    assert (job.state, codes(job)) == (JobState.SETTLING, ["recovered_document"])
    await house.shop.resolve("a", exists=False)
    await house.shop.retry("a")
    assert (await house.shop.wait("a", 20)).state is JobState.DONE
    assert len(house.till.cash) + len(house.till.documents) == 1
    await house.stop()


@virtual
async def test_a_receipt_of_a_drive_that_is_gone_waits_for_a_person(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.start()
    await filled(house, "a")
    house.till.down = True
    await house.shop.submit(new_job("b", receipt_body(2)))
    await house.kill()
    tear_first_page(tmp_path / JOURNAL_FILE)
    house.tills["kkt-1"] = Till(fn="9999078900009999")
    await house.start()
    await asyncio.sleep(5)
    job = await house.journal.get("b")
    assert (job and job.state, codes(job)) == (JobState.SETTLING, ["recovered_document"])
    assert house.till.receipts() == []
    assert (await house.sell("c", receipt_body(3))).state is JobState.DONE
    await house.stop()


def tear_first_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\0" * 100)


@virtual
async def test_a_clock_is_set_although_the_archive_cannot_be_read_before(tmp_path: Path) -> None:
    """As a Shtrih-M register that lost its clock: C0h to everything but the setting of it."""
    house = House(tmp_path)
    await house.start()
    await filled(house, "a")
    await house.stop()
    destroy(house)
    lost = NeedsOperator("confirm the date and time", number=0xC0, code="confirm_clock")
    house.till.faults["document"].extend([lost] * 1000)
    await house.start()
    await house.shop.submit(new_job("clock", "{}", kind=JobKind.SET_CLOCK))
    job = await house.shop.wait("clock", 5)
    assert job.state is JobState.DONE
    await house.stop()
