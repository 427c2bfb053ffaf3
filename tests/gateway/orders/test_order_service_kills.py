"""Killed at any commit while documents fail, are retried or given up, or are the bank's: the chain is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from emulated_house import NAME
from order_house import OrderHouse, killed_and_restarted, paid
from order_play import line, rub, service
from virtual_loop import virtual

from emulator.faults import FaultKind
from gateway.orders.book import DocumentState
from gateway.orders.order import Delivery, Payment, Refund
from gateway.orders.words import OrderState, Rejected

LINES = (line("Ботинки", "4700.00"), service("Доставка", "300.00"))
FIRST = Payment(id="e1", paid=paid(sbp="1000"))
SECOND = Payment(id="e2", paid=paid(card="500"))

Caller = Callable[[OrderHouse], Awaitable[None]]


def heal(house: OrderHouse) -> None:
    house.embedded.shop.registers[NAME].faults.clear()


async def head_fails(house: OrderHouse) -> str | None:
    """The order's next document when it has failed; None when there is none, or it is on its way."""
    book = await house.orders.wait("1001", 300)
    head = book.head
    return head.document.id if head is not None and head.state is DocumentState.FAILED else None


async def retries(house: OrderHouse) -> None:
    await house.put(*LINES)
    await house.happens(FIRST)
    await house.happens(Delivery(id="e2", paid=paid(cash="4000")))
    name = await head_fails(house)
    if name is not None:
        heal(house)
        await house.shop.retry(name)
        await house.until(name, "done", 300)
    await house.orders.wait("1001", 300)


async def gives_up(house: OrderHouse) -> None:
    await house.put(*LINES)
    await house.happens(FIRST)
    await house.happens(SECOND)
    name = await head_fails(house)
    if name is not None:
        heal(house)
        await house.shop.cancel(name)
    await settled(house)
    with suppress(Rejected):
        await house.happens(Refund(id="e3"))
    await house.orders.wait("1001", 300)


async def settled(house: OrderHouse) -> None:
    """What was cancelled has been heard of."""
    for _ in range(100):
        book = await house.orders.wait("1001", 300)
        if book.head is None or book.head.state is not DocumentState.FAILED:
            return
        await asyncio.sleep(1)


async def by_bank(house: OrderHouse) -> None:
    """One document is the bank's, one is given up there, and one is ours."""
    await house.put(*LINES)
    for name, amount in (("b1", "1000"), ("b2", "500")):
        await house.happens(Payment(id=name, paid=paid(sbp=amount), by_bank=True))
    book = await house.orders.get("1001")
    first, second, *_ = list(book.documents)
    with suppress(Rejected):
        await house.orders.record("1001", first, {"fn": "9999078900009999", "document": 7, "sign": 8})
    with suppress(Rejected):
        await house.orders.record("1001", second, None)
    await house.happens(Payment(id="e1", paid=paid(cash="700")))
    await house.orders.wait("1001", 300)


CHAINS: dict[str, tuple[Caller, int, list[str], int]] = {
    "retried": (retries, 9, ["sell: 1081 100000", "sell: 1031 400000", "sell: 1215 500000"], 0),
    "given up": (gives_up, 9, ["sell: 1081 50000", "sell_refund: 1081 50000"], 0),
    "bank": (by_bank, 0, ["sell: 1031 70000"], rub("1700")),
}


@pytest.mark.parametrize("commit", range(3, 23))
@pytest.mark.parametrize("chain", CHAINS)
@virtual
async def test_killed_at_any_commit(tmp_path: Path, chain: str, commit: int) -> None:
    calls, broken, totals, held = CHAINS[chain]
    house = OrderHouse(tmp_path)
    await house.switch_on()
    for _ in range(broken):  # until a person has acted
        house.break_down(FaultKind.DRIVE_ERROR, 0xFF45, error=0x33)
    await killed_and_restarted(house, calls, **{"after" if commit % 2 else "before": commit})
    assert house.totals() == totals
    book = await house.orders.get("1001")
    assert (book.head, book.ledger.held, book.ledger == book.order.ledger) == (None, held, True)
    assert book.state is (OrderState.SETTLED if chain == "retried" else OrderState.HELD if held else OrderState.NEW)
    await house.stop()
