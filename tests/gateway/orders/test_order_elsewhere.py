"""What only one order may have: a unit, and a document of a bank's till. Others are refused, and told who has it."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from emulated_house import NAME
from order_house import OrderHouse, paid
from order_play import line
from virtual_loop import virtual

from gateway.jobs.model import JobKind, NewJob
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.orders import OrderMoved
from gateway.orders.attention import Calendar
from gateway.orders.claims import units
from gateway.orders.log import Put
from gateway.orders.order import Cancel, Delivery, Goods, Payment, Return
from gateway.orders.picking import picked
from gateway.orders.policy import Policy
from gateway.orders.service import Orders
from gateway.orders.words import OrderState, OrderType, Rejected
from gateway.receipts.normalise import accept
from protocols.ffd.enums import Measure

CODES = tuple(f"0104600439931256215Qbag{index}\x1d93dGVz" for index in range(3))
HATS = line("Шапка", "1000.00", marked=True)
BANK = {"fn": "9999078900009999", "document": 7, "sign": 8}


def sale(name: str, *codes: str, by_bank: bool | None = None) -> Delivery:
    goods = (Goods("Шапка", Decimal(len(codes)), codes),)
    return Delivery(id=name, goods=goods, paid=paid(card=f"{len(codes)}000"), by_bank=by_bank)


async def opened(directory: Path, *numbers: str) -> OrderHouse:
    house = OrderHouse(directory)
    await house.switch_on()
    await house.start()
    for number in numbers:
        await house.put(HATS, number=number)
    return house


async def scan(house: OrderHouse, number: str, code: str, item: str | None = None, *, remove: bool = False) -> None:
    await house.orders.scan(number, lambda book: picked(book.order, code, item, house.now(), remove=remove))


async def agree(house: OrderHouse) -> None:
    """The table says what the logs say."""
    for code in CODES:
        unit = code.partition("\x1d")[0]
        told = [n for n in house.journal.list_orders() if unit in units((await house.orders.get(n)).order)]
        assert house.journal.orders_with_unit(unit) == told


@virtual
async def test_a_unit_picked_for_one_order_is_refused_to_another_until_it_is_put_back(tmp_path: Path) -> None:
    house = await opened(tmp_path, "a", "b")
    await scan(house, "a", CODES[0])
    with pytest.raises(Rejected, match="picked for, or sold by, order a") as refused:
        await scan(house, "b", CODES[0])
    assert [(one.pointer, one.code) for one in refused.value.faults] == [("/code", "code_of_other_order")]
    with pytest.raises(Rejected) as refused:
        await house.happens(sale("e1", CODES[0]), "b")
    assert [one.pointer for one in refused.value.faults] == ["/items/0/codes/0"]
    assert "order a" in refused.value.faults[0].message
    await agree(house)
    await scan(house, "a", CODES[0], remove=True)
    await scan(house, "b", CODES[0])
    await agree(house)
    await house.happens(Cancel(id="e2"), "b")
    await scan(house, "a", CODES[0])
    await agree(house)
    await house.stop()


@virtual
async def test_a_unit_sold_by_one_order_is_refused_to_another_until_it_came_back(tmp_path: Path) -> None:
    house = await opened(tmp_path, "a", "b")
    await house.happens(sale("e1", CODES[0]), "a")
    with pytest.raises(Rejected, match="order a"):
        await scan(house, "b", CODES[0])
    book = await house.orders.wait("a", 60)
    assert book.state is OrderState.SETTLED
    with pytest.raises(Rejected, match="delivery_wrong"):
        await house.happens(sale("e1", CODES[0]), "b")
    with pytest.raises(Rejected, match="delivery_wrong"):
        await house.orders.plan("b", sale("e1", CODES[0]), "another")
    await house.happens(Return(id="e2", goods=(Goods("Шапка", Decimal(1), CODES[:1]),)), "a")
    await house.orders.wait("a", 60)
    await agree(house)
    await house.happens(sale("e1", CODES[0]), "b")
    assert (await house.orders.wait("b", 60)).state is OrderState.SETTLED
    await house.stop()


@virtual
async def test_a_day_after_the_sale_the_receipt_decides(tmp_path: Path) -> None:
    """A unit may have come back through another till: the receipt asks those who would know (docs/marking.md)."""
    house = await opened(tmp_path, "a", "b", "c", "d")
    await house.happens(sale("e1", CODES[0]), "a")
    await house.happens(sale("e1", CODES[1], by_bank=True), "c")
    await house.orders.wait("a", 60)
    await house.orders.stop()
    later = timedelta(hours=23)
    house.orders = Orders(house.shop, now=lambda: house.now() + later, calendar=Calendar(zone=UTC))
    await house.orders.start()
    with pytest.raises(Rejected, match="order a"):
        await scan(house, "b", CODES[0])
    later = timedelta(hours=25)
    await scan(house, "b", CODES[0])
    with pytest.raises(Rejected, match="order c"):  # the bank's receipt is not recorded yet
        await scan(house, "d", CODES[1])
    await house.stop()


async def brought_back(house: OrderHouse, code: str) -> None:
    """By a receipt that names no order."""
    item = {"name": "Шапка", "price": "1000", "quantity": 1, "vat": "vat22", "payment_method": "full_payment"}
    item |= {"payment_object": "commodity_with_marking", "marking": {"code": code}}
    card = [{"type": "electronic", "sum": "1000"}]
    raw = {"operation": "sell_refund", "taxation": "osn", "items": [item], "payments": card}
    checked = accept(raw, house.now)
    new = NewJob(id="back", kind=JobKind.RECEIPT, register=NAME, body=checked.canonical, digest=checked.digest)
    await house.shop.submit(new)
    await house.until("back", "done")


@virtual
async def test_a_unit_that_came_back_by_another_receipt_is_free(tmp_path: Path) -> None:
    house = await opened(tmp_path, "a", "b")
    await house.happens(sale("e1", CODES[0]), "a")
    await house.orders.wait("a", 60)
    await brought_back(house, CODES[0])
    await scan(house, "b", CODES[0])
    await house.happens(sale("e1", CODES[0]), "b")
    assert (await house.orders.wait("b", 60)).state is OrderState.SETTLED
    await house.stop()


@virtual
async def test_who_sells_at_the_shops_own_risk_may_sell_what_another_order_sold(tmp_path: Path) -> None:
    house = await opened(tmp_path, "a", "b", "c")
    common = '{"taxation":"osn","on_marking_failure":"sell"}'
    put = Put(at=house.now(), type=OrderType.GOODS, lines=(HATS,), remote=False, common=common, policy=Policy())
    await house.orders.put("b", put)
    await house.happens(sale("e1", CODES[0]), "a")
    await house.orders.wait("a", 60)
    await scan(house, "c", CODES[1])
    await scan(house, "b", CODES[0])
    await house.happens(sale("e1", CODES[0]), "b")
    assert (await house.orders.wait("b", 60)).state is OrderState.SETTLED
    await house.orders.put("d", put)
    with pytest.raises(Rejected, match="delivery_wrong"):  # what is picked is not there to be sold
        await house.happens(sale("e1", CODES[1]), "d")
    await house.stop()


@virtual
async def test_a_cancellation_of_the_rest_frees_what_was_picked_for_it(tmp_path: Path) -> None:
    house = await opened(tmp_path, "b")
    await house.put(replace(HATS, quantity=Decimal(2), cost=200_000), number="a")
    await house.happens(sale("e1", CODES[0]), "a")
    await house.orders.wait("a", 60)
    await scan(house, "a", CODES[1])
    await house.happens(Cancel(id="e2"), "a")
    assert (await house.orders.wait("a", 60)).state is OrderState.SETTLED
    await agree(house)
    await scan(house, "b", CODES[1])
    await house.stop()


@virtual
async def test_of_two_orders_that_scan_a_unit_at_the_same_moment_one_has_it(tmp_path: Path) -> None:
    house = await opened(tmp_path, "a", "b")
    found = await asyncio.gather(*(scan(house, number, CODES[0]) for number in ("a", "b")), return_exceptions=True)
    assert sorted(map(type, found), key=str) == sorted([type(None), OrderMoved], key=str)
    assert len(house.journal.orders_with_unit(CODES[0].partition("\x1d")[0])) == 1
    await agree(house)
    await house.stop()


@virtual
async def test_goods_by_weight_and_bar_codes_are_no_units_of_one_order(tmp_path: Path) -> None:
    cheese = line("Сыр", "1000.00", "2", marked=True, measure=Measure.KILOGRAM)
    half = replace(HATS, id="Пачка", fraction=(1, 2))
    house = await opened(tmp_path)
    for number in ("a", "b"):
        await house.put(cheese, half, number=number)
        for item, code in (("Сыр", CODES[0]), ("Пачка", CODES[1])):
            await scan(house, number, code, item)
    await agree(house)
    await house.stop()


@virtual
async def test_a_document_of_a_till_is_one_receipt(tmp_path: Path) -> None:
    house = await opened(tmp_path, "a", "b")
    for number in ("a", "b"):
        for name in ("e1", "e2"):
            await house.happens(Payment(id=name, paid=paid(sbp="100"), by_bank=True), number)
    first, second = (await house.orders.get("a")).documents
    (other, _) = (await house.orders.get("b")).documents
    await house.orders.record("a", first, BANK)
    await house.orders.record("a", first, BANK)
    for number, document in (("a", second), ("b", other)):
        with pytest.raises(Rejected, match=f"document_recorded: document 7 .* {first} of order a"):
            await house.orders.record(number, document, {**BANK, "sign": 9})
    await house.orders.record("b", other, {**BANK, "document": 8})
    await house.put(HATS, number="own")
    await house.happens(Payment(id="e1", paid=paid(sbp="100")), "own")
    book = await house.orders.wait("own", 60)
    (made,) = book.documents.values()
    assert made.fiscal is not None
    with pytest.raises(Rejected, match=r"document_recorded: .* receipt"):
        await house.orders.record("a", second, dict(made.fiscal))
    await house.stop()


@virtual
async def test_what_orders_have_is_worked_out_again_from_their_logs(tmp_path: Path) -> None:
    house = await opened(tmp_path, "a", "b", "c")
    await scan(house, "a", CODES[0])
    await house.happens(sale("e1", CODES[1], by_bank=True), "b")
    (document,) = (await house.orders.get("b")).documents
    await house.orders.record("b", document, BANK)
    await scan(house, "c", CODES[2])
    await house.happens(Payment(id="e1", paid=paid(card="1000"), by_bank=True), "c")
    await house.orders.stop()
    await house.kill()
    tables = ("order_units", "order_documents")
    with closing(sqlite3.connect(tmp_path / JOURNAL_FILE)) as file:
        kept = [file.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
        for table in tables:
            file.execute(f"DELETE FROM {table}")
        file.execute("DELETE FROM facts WHERE name = 'order_claims_kept'")
        file.commit()
    assert [len(rows) for rows in kept] == [3, 1]
    await house.start()
    with closing(sqlite3.connect(tmp_path / JOURNAL_FILE)) as file:
        assert [file.execute(f"SELECT * FROM {table}").fetchall() for table in tables] == kept
    await agree(house)
    await house.stop()


@virtual
async def test_giving_up_a_sale_keeps_its_scanned_unit_and_frees_the_one_it_named(tmp_path: Path) -> None:
    house = await opened(tmp_path, "a", "b", "c")
    await house.put(line("Шапка", "1000.00", "2", marked=True), number="a")
    await scan(house, "a", CODES[0])
    await house.happens(sale("e1", CODES[1], by_bank=True), "a")
    await agree(house)
    head = (await house.orders.get("a")).head
    assert head is not None
    while head is not None:
        await house.orders.record("a", head.document.id, None)
        head = (await house.orders.get("a")).head
    await agree(house)
    assert house.journal.orders_with_unit(CODES[1].partition("\x1d")[0]) == []
    await scan(house, "b", CODES[1])
    with pytest.raises(Rejected, match="order a"):
        await scan(house, "c", CODES[0])
    await house.stop()
