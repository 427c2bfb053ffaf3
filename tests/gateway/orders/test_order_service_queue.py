"""Orders when the queue, the register or the journal is not there for them, and many at once."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from emulated_house import NAME
from order_house import OrderHouse, paid
from order_play import line, rub, service
from virtual_loop import virtual

from emulator.faults import FaultKind
from gateway.jobs.model import JobState
from gateway.journal.check import SUSPECT_FILE
from gateway.journal.database import JOURNAL_FILE
from gateway.orders.book import DocumentState
from gateway.orders.books import RECENT
from gateway.orders.log import Put
from gateway.orders.order import Delivery, Invoice, Payment
from gateway.orders.policy import Policy
from gateway.orders.words import OrderState, OrderType, Rejected

LINES = (line("Ботинки", "4700.00"), service("Доставка", "300.00"))
FIRST = Payment(id="e1", paid=paid(sbp="1000"))
DOOR = Delivery(id="e2", paid=paid(cash="4000"))
CHAIN = ["sell: 1081 100000", "sell: 1031 400000", "sell: 1215 500000"]


async def opened(directory: Path, **settings: object) -> OrderHouse:
    house = OrderHouse(directory, **settings)
    await house.switch_on()
    await house.start()
    return house


async def codes(house: OrderHouse, number: str = "1001") -> list[str]:
    return [alarm.code for alarm in house.orders.attention(await house.orders.get(number))]


@virtual
async def test_two_events_at_once_are_planned_one_after_the_other(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    both = [Payment(id=name, paid=paid(sbp="5000")) for name in ("e1", "e2")]
    await asyncio.gather(*(house.happens(event) for event in both))
    book = await house.orders.wait("1001", 300)
    assert sorted(made.document.kind for made in book.documents.values()) == ["advance", "prepayment"]
    assert book.ledger.held == rub("10000")
    await house.stop()


@virtual
async def test_fifty_orders_at_once_each_have_their_chain(tmp_path: Path) -> None:
    house = await opened(tmp_path)

    async def whole(number: str) -> None:
        await house.put(*LINES, number=number)
        await house.happens(FIRST, number)
        await house.happens(DOOR, number)
        book = await house.orders.wait(number, 3600)
        assert book.state is OrderState.SETTLED

    await asyncio.gather(*(whole(f"o{index}") for index in range(50)))
    assert sorted(house.totals()) == sorted(CHAIN * 50)
    assert len(house.orders._books._moved) == 0
    await house.stop()


@virtual
async def test_a_full_queue_takes_the_document_later_and_the_order_says_so(tmp_path: Path) -> None:
    house = await opened(tmp_path, queue_limit=1)
    for number in ("a", "b"):
        await house.put(*LINES, number=number)
    device = house.embedded.shop.registers[NAME].device
    device.set_paper(present=False)
    await house.happens(FIRST, "a")
    await house.happens(FIRST, "b")
    await asyncio.sleep(1)
    told = {number: await codes(house, number) for number in ("a", "b")}
    assert sorted(told.values()) == [[], ["document_waits"]]
    assert [book.order.number async for book in house.orders.walk(alarmed=True)] == [
        number for number, found in told.items() if found
    ]
    device.set_paper(present=True)
    for number in ("a", "b"):
        await house.orders.wait(number, 3600)
    assert house.totals() == CHAIN[:1] * 2
    assert await codes(house, "a") == await codes(house, "b") == []
    await house.stop()


@virtual
async def test_an_event_accepted_while_stopping_has_its_document_after_the_start(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    await house.shop.drain()
    await house.happens(FIRST)
    await asyncio.sleep(1)
    assert await codes(house) == ["document_waits"]
    waiting = asyncio.create_task(house.orders.wait("1001", 10_000))
    await asyncio.sleep(1)
    before = asyncio.get_running_loop().time()
    await house.orders.stop()
    await waiting
    assert asyncio.get_running_loop().time() - before < 1
    await house.journal.close()
    await house.start()
    assert (await house.orders.wait("1001", 300)).ledger.held == rub("1000")
    assert house.totals() == CHAIN[:1]
    await house.stop()


@virtual
async def test_a_document_for_a_register_that_is_no_more_waits_and_can_be_given_up(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    common = '{"taxation":"osn","register":"kkt-9"}'
    put = Put(at=house.now(), type=OrderType.GOODS, lines=LINES, remote=False, common=common, policy=Policy())
    await house.orders.put("1001", put)
    await house.happens(FIRST)
    await asyncio.sleep(60)
    (alarm,) = house.orders.attention(await house.orders.get("1001"))
    assert (alarm.code, "kkt-9" in alarm.detail) == ("document_waits", True)
    head = (await house.orders.get("1001")).head
    assert head is not None
    with pytest.raises(Rejected, match="document_not_next"):
        await house.orders.record("1001", head.document.id, {"document": 1})
    book = await house.orders.record("1001", head.document.id, None)
    assert (book.head, set(book.refused)) == (None, {"e1"})
    assert await codes(house) == ["event_without_document"]
    await house.put(*LINES)
    await house.happens(FIRST.__class__(id="e2", paid=FIRST.paid))
    await house.orders.wait("1001", 60)
    assert (house.totals(), await codes(house)) == (CHAIN[:1], [])
    await house.stop()


@pytest.mark.parametrize("became", ["done", "failed", "cancelled"])
@virtual
async def test_what_became_of_a_job_while_nobody_listened_is_learned_at_the_start(tmp_path: Path, became: str) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    for _ in range(0 if became == "done" else 2):
        house.break_down(FaultKind.DRIVE_ERROR, 0xFF45, error=0x33)
    house.orders._chains._unsubscribe()
    await house.happens(FIRST)
    head = (await house.orders.get("1001")).head
    assert head is not None
    await house.until(head.document.id, "done" if became == "done" else "failed")
    if became == "cancelled":
        await house.shop.cancel(head.document.id)
    assert (await house.orders.get("1001")).entries == 2
    await house.orders.stop()
    await house.kill()
    await house.start()
    book = await house.orders.wait("1001", 60)
    assert book.documents[head.document.id].state is DocumentState(became)
    assert book.ledger.held == (rub("1000") if became == "done" else 0)
    await house.stop()


@virtual
async def test_a_document_whose_job_is_gone_from_the_journal_waits_for_a_person(tmp_path: Path) -> None:
    """The drive holds it, no job owns it: it is settled by hand, never printed twice."""
    house = await opened(tmp_path)
    await house.put(*LINES)
    house.orders._chains._unsubscribe()
    await house.happens(FIRST)
    head = (await house.orders.get("1001")).head
    assert head is not None
    name = head.document.id
    await house.until(name, "done")
    await house.orders.stop()
    await house.journal._writer.write(lambda connection: connection.execute("DELETE FROM jobs WHERE id = ?", (name,)))
    await house.kill()
    (tmp_path / SUSPECT_FILE).write_text("", encoding="utf-8")
    await house.start()
    job = await house.until(name, "settling")
    (receipt,) = house.receipts()
    await house.shop.resolve(job.id, exists=True, document=receipt.number)
    book = await house.orders.wait("1001", 60)
    assert (book.ledger.held, house.totals()) == (rub("1000"), CHAIN[:1])
    await house.stop()


@virtual
async def test_a_persons_word_alone_moves_the_chain(tmp_path: Path) -> None:
    """The drive is gone, nothing can be read of the document: it was made all the same (simulation, seed 608031)."""
    house = await opened(tmp_path)
    await house.put(*LINES)
    device = house.embedded.shop.registers[NAME].device
    device.set_paper(present=False)
    await house.happens(FIRST)
    (name,) = (await house.orders.get("1001")).documents
    await house.until(name, "held")
    await house.journal.transition(name, JobState.DONE, result={"resolved": {"exists": True, "document": 7}})
    book = await house.orders.wait("1001", 60)
    assert (book.ledger.held, book.documents[name].fiscal) == (rub("1000"), {"fn": None, "document": 7})
    device.set_paper(present=True)
    await house.happens(DOOR)
    assert (await house.orders.wait("1001", 300)).state is OrderState.SETTLED
    await house.stop()


@virtual
async def test_an_order_whose_log_lost_its_tail_prints_nothing_twice(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    await house.happens(Invoice(id="i1", sum=rub("1000")))
    await house.happens(FIRST)
    await house.orders.wait("1001", 60)
    await house.orders.stop()
    await house.kill()
    with closing(sqlite3.connect(tmp_path / JOURNAL_FILE)) as file:
        file.execute("PRAGMA secure_delete = ON")
        file.execute("DELETE FROM order_log WHERE place > 2")
        file.execute("UPDATE orders SET entries = 2, held = 0, waits_since = NULL")
        file.commit()
        file.execute("VACUUM")
    (tmp_path / SUSPECT_FILE).write_text("", encoding="utf-8")
    await house.start()
    assert await codes(house) == ["log_doubted"]
    await asyncio.sleep(1)
    told = [event.data for event in await house.journal.events(0) if event.state == "alarm"]
    assert [data["code"] for data in told] == ["log_doubted"]
    with pytest.raises(Rejected, match="order_log_lost"):
        await house.happens(Payment(id="e9", paid=paid(sbp="4000")))
    with pytest.raises(Rejected, match="order_log_lost"):
        await house.happens(Payment(id="e1", paid=paid(sbp="1500")))
    await house.happens(FIRST)
    await house.happens(DOOR)
    book = await house.orders.wait("1001", 300)
    assert (house.totals(), book.state, await codes(house)) == (CHAIN, OrderState.SETTLED, [])
    await house.stop()


@virtual
async def test_books_in_memory_are_few(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    for index in range(RECENT + 20):
        await house.put(*LINES, number=f"o{index}")
    assert len(house.orders._books._books) <= RECENT
    assert (await house.orders.get("o0")).entries == 1
    assert [book.entries async for book in house.orders.walk()] == [1] * (RECENT + 20)
    await house.stop()


@virtual
async def test_every_change_is_an_event_that_a_reader_may_resume(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    before = await house.journal.last_event()
    await house.put(*LINES)
    await house.happens(FIRST)
    await house.orders.wait("1001", 60)
    told = [event for event in await house.journal.events(before) if event.type == "order"]
    assert [event.state for event in told] == ["put", "event", "document_done"]
    assert all(event.subject == "1001" for event in told)
    (name,) = (await house.orders.get("1001")).documents
    assert told[1].data["documents"] == [name]
    assert (told[2].data["document"], told[2].data["held"]) == (name, "1000.00")
    await house.stop()
