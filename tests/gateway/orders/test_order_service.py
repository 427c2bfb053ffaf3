"""Orders at work on an emulated shop: durable events, documents one after another, whatever dies in between."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from order_house import OrderHouse, killed_and_restarted, paid
from order_play import line, rub, service
from virtual_loop import virtual

from emulator.faults import FaultKind
from gateway.orders.book import DocumentState
from gateway.orders.order import Cancel, Delivery, Invoice, Payment, Refund
from gateway.orders.service import EventConflict, StaleOrder, UnknownOrder
from gateway.orders.words import OrderState, Rejected

LINES = (line("Ботинки", "4700.00"), service("Доставка", "300.00"))
FIRST = Payment(id="e1", paid=paid(sbp="1000"))
DOOR = Delivery(id="e2", paid=paid(cash="4000"))
CHAIN = ["sell: 1081 100000", "sell: 1031 400000", "sell: 1215 500000"]


async def opened(directory: Path) -> OrderHouse:
    house = OrderHouse(directory)
    await house.switch_on()
    await house.start()
    return house


@virtual
async def test_the_chain_of_an_order_reaches_the_drive(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    await house.happens(Invoice(id="i1", sum=rub("1000")))
    await house.happens(FIRST)
    await house.happens(DOOR)
    book = await house.orders.wait("1001", 60)
    assert house.totals() == CHAIN
    assert (book.state, book.ledger.held, book.head) == (OrderState.SETTLED, 0, None)
    assert [made.state for made in book.documents.values()] == [DocumentState.DONE] * 3
    jobs, _ = await house.journal.find(order="1001")
    assert {job.id for job in jobs} == set(book.documents)
    await house.stop()


@virtual
async def test_an_event_counts_once_however_often_it_comes(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    await asyncio.gather(*(house.happens(FIRST) for _ in range(5)))
    with pytest.raises(EventConflict):
        await house.happens(replace(FIRST, paid=paid(sbp="2000")))
    await house.orders.wait("1001", 60)
    assert house.totals() == CHAIN[:1]
    await house.stop()


@virtual
async def test_a_stale_version_and_an_unknown_order_are_told(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    with pytest.raises(UnknownOrder):
        await house.happens(FIRST)
    await house.put(*LINES)
    await house.put(*LINES, version=1)
    await house.put(LINES[0], version=1)
    with pytest.raises(StaleOrder):
        await house.put(*LINES, version=1)
    assert (await house.orders.get("1001")).version == 2
    await house.stop()


@virtual
async def test_a_rejected_event_leaves_nothing(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    before = (await house.orders.get("1001")).entries
    with pytest.raises(Rejected, match="delivery_unpaid"):
        await house.happens(Delivery(id="e1"))
    assert (await house.orders.get("1001")).entries == before
    await house.happens(Payment(id="e1", paid=paid(card="5000")))  # the id is free still
    await house.stop()


@virtual
async def test_a_failed_document_stops_the_chain_until_it_is_retried(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    for _ in range(2):  # a refusal is final the second time
        house.break_down(FaultKind.DRIVE_ERROR, 0xFF45, error=0x33)
    await house.happens(FIRST)
    await house.happens(DOOR)
    book = await house.orders.wait("1001", 60)
    assert (book.ledger.held, book.state) == (0, OrderState.NEW)
    head = book.head
    assert head is not None
    assert head.state is DocumentState.FAILED
    assert house.totals() == []
    await house.shop.retry(head.document.id)
    await house.until(head.document.id, "done")
    book = await house.orders.wait("1001", 60)
    assert house.totals() == CHAIN
    assert book.state is OrderState.SETTLED
    await house.stop()


@virtual
async def test_a_failed_document_given_up_frees_the_chain(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    for _ in range(2):
        house.break_down(FaultKind.DRIVE_ERROR, 0xFF45, error=0x33)
    await house.happens(FIRST)
    await house.happens(Payment(id="e2", paid=paid(card="500")))
    book = await house.orders.wait("1001", 60)
    assert book.head is not None
    await house.shop.cancel(book.head.document.id)
    await house.happens(Refund(id="e3"))
    book = await house.orders.wait("1001", 60)
    assert house.totals() == ["sell: 1081 50000", "sell_refund: 1081 50000"]
    assert (book.ledger.held, set(book.refused)) == (0, {"e1"})
    await house.stop()


@virtual
async def test_two_orders_do_not_wait_for_each_other(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    for number in ("a", "b"):
        await house.put(*LINES, number=number)
    for _ in range(2):
        house.break_down(FaultKind.DRIVE_ERROR, 0xFF45, error=0x33)
    await house.happens(FIRST, "a")
    await house.orders.wait("a", 60)
    await house.happens(FIRST, "b")
    assert (await house.orders.wait("b", 60)).ledger.held == rub("1000")
    assert (await house.orders.get("a")).ledger.held == 0
    await house.stop()


async def caller(house: OrderHouse) -> None:
    """Says everything again from the beginning, as callers do after a lost answer."""
    await house.put(*LINES)
    for event in (FIRST, DOOR, Cancel(id="late")):
        with suppress(Rejected):
            await house.happens(event)
    await house.orders.wait("1001", 300)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("commit", range(2, 24))
@virtual
async def test_killed_at_any_commit_the_chain_is_the_same(tmp_path: Path, commit: int, when: str) -> None:
    house = OrderHouse(tmp_path)
    await house.switch_on()
    await killed_and_restarted(house, caller, **{when: commit})
    assert house.totals() == CHAIN
    book = await house.orders.get("1001")
    assert (book.state, book.ledger == book.order.ledger) == (OrderState.SETTLED, True)
    await house.stop()
