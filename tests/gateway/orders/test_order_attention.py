"""What of an order a person should look at: deadlines by working days, and alarms that are told once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from order_house import OrderHouse, paid
from order_play import line, rub, service
from virtual_loop import virtual

from emulator.faults import FaultKind
from gateway.api.metrics import exposition
from gateway.orders.attention import LATE, TOLD, Calendar
from gateway.orders.books import LOOK_AGAIN
from gateway.orders.order import Delivery, Goods, Invoice, Payment, Refund
from gateway.orders.picking import picked
from gateway.orders.service import Orders
from gateway.orders.words import OrderState
from gateway.scanners import Hub

MOSCOW = ZoneInfo("Europe/Moscow")
LINES = (line("Ботинки", "4700.00"), service("Доставка", "300.00"))
FIRST = Payment(id="e1", paid=paid(sbp="1000"))

zones = st.sampled_from([MOSCOW, ZoneInfo("Asia/Kamchatka"), ZoneInfo("Europe/Kaliningrad"), UTC])
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
calendars = st.builds(Calendar, zone=zones, holidays=st.frozensets(days, max_size=40))


@pytest.mark.parametrize(
    ("at", "deadline"),
    [
        ("2026-11-23T12:00", "2026-11-25"),  # Monday: by the end of Tuesday
        ("2026-11-23T00:00", "2026-11-25"),
        ("2026-11-23T23:59", "2026-11-25"),
        ("2026-11-27T12:00", "2026-12-01"),  # Friday: by the end of Monday
        ("2026-11-28T12:00", "2026-12-01"),
        ("2026-12-30T12:00", "2027-01-01"),
        ("2026-12-31T12:00", "2027-01-12"),  # the year's first days are free
    ],
)
def test_a_receipt_is_due_by_the_end_of_the_next_working_day(at: str, deadline: str) -> None:
    calendar = Calendar(zone=MOSCOW, holidays=[date(2027, 1, day) for day in range(1, 9)])
    found = calendar.deadline(datetime.fromisoformat(at).replace(tzinfo=MOSCOW))
    assert found == datetime.combine(date.fromisoformat(deadline), time(), MOSCOW)


@given(calendars, moments)
def test_the_deadline_is_the_end_of_a_working_day_and_none_lies_before_it(calendar: Calendar, at: datetime) -> None:
    deadline = calendar.deadline(at)
    local = deadline.astimezone(calendar.zone)
    assert local.time() == time()
    day = local.date() - timedelta(days=1)
    paid_on = at.astimezone(calendar.zone).date()
    assert day > paid_on
    assert day.weekday() < 5
    assert day not in calendar.holidays
    between = (paid_on + timedelta(days=step) for step in range(1, (day - paid_on).days))
    assert all(one.weekday() >= 5 or one in calendar.holidays for one in between)


@given(calendars, moments, moments)
def test_a_later_payment_is_never_due_earlier(calendar: Calendar, one: datetime, other: datetime) -> None:
    first, second = sorted((one, other))
    assert calendar.deadline(first) <= calendar.deadline(second)


@given(calendars, moments, st.timedeltas(timedelta(0), timedelta(days=60)))
def test_what_is_older_than_the_horizon_is_overdue_and_nothing_else(
    calendar: Calendar, now: datetime, ago: timedelta
) -> None:
    at = now - ago
    assert (at < calendar.overdue(now)) == (calendar.deadline(at) <= now)
    deadline = calendar.deadline(at)
    assert calendar.overdue(deadline - timedelta(microseconds=1)) <= at < calendar.overdue(deadline)


class LaterHouse(OrderHouse):
    """The orders' clock runs ahead of the register's, which need not poll for days."""

    ahead = timedelta()

    def later(self) -> datetime:
        return self.now() + self.ahead

    async def passes(self, time: timedelta) -> None:
        """And the next look at the clock after it."""
        self.ahead += time
        await asyncio.sleep(LOOK_AGAIN + 1)


async def opened(directory: Path, **calendar: Any) -> LaterHouse:
    house = LaterHouse(directory)
    await house.switch_on()
    await house.start()
    await again(house, **calendar)
    return house


async def again(house: LaterHouse, **calendar: Any) -> None:
    """The service alone, started again."""
    await house.orders.stop()
    house.orders = Orders(house.shop, now=house.later, calendar=Calendar(zone=MOSCOW, **calendar))
    await house.orders.start()


async def told(house: OrderHouse) -> list[tuple[str, str]]:
    found = await house.journal.events(0, 5000)
    return [(one.state, one.data["code"]) for one in found if one.type == "order" and one.state.startswith("alarm")]


def metric(house: OrderHouse, name: str) -> float:
    page = exposition(house.shop, Hub({}, now=house.now), {}, "1").decode()
    (value,) = [row.split()[-1] for row in page.splitlines() if row.startswith(name + " ")]
    return float(value)


@virtual
async def test_a_failed_document_is_told_when_it_fails_and_when_it_goes_on(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    for _ in range(2):
        house.break_down(FaultKind.DRIVE_ERROR, 0xFF45, error=0x33)
    await house.happens(FIRST)
    book = await house.orders.wait("1001", 60)
    assert await told(house) == [("alarm", "document_failed")]
    assert metric(house, 'fiscal_gateway_orders_attention{code="document_failed"}') == 1
    assert metric(house, "fiscal_gateway_orders_waiting") == 1
    assert book.head is not None
    await house.shop.retry(book.head.document.id)
    await house.until(book.head.document.id, "done")
    await house.orders.wait("1001", 60)
    assert await told(house) == [("alarm", "document_failed"), ("alarm_over", "document_failed")]
    assert metric(house, 'fiscal_gateway_orders_attention{code="document_failed"}') == 0
    assert metric(house, "fiscal_gateway_orders_held_rubles") == 1000
    await house.stop()


@virtual
async def test_a_receipt_that_waits_is_late_then_overdue_each_told_once(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    await house.happens(Payment(id="e1", paid=paid(sbp="1000"), by_bank=True))
    began = house.later()
    await house.passes(LATE - timedelta(minutes=2))
    assert await told(house) == []
    await house.passes(timedelta(minutes=2))
    assert await told(house) == [("alarm", "receipt_late")]
    await again(house)  # a start tells nothing twice
    due = Calendar(zone=MOSCOW).deadline(began)
    await house.passes(due - house.later() - timedelta(minutes=2))
    assert await told(house) == [("alarm", "receipt_late")]
    await house.passes(timedelta(minutes=2))
    overdue = [("alarm", "receipt_late"), ("alarm", "receipt_overdue"), ("alarm_over", "receipt_late")]
    assert await told(house) == overdue
    assert [book.order.number async for book in house.orders.walk(alarmed=True)] == ["1001"]
    (name,) = (await house.orders.get("1001")).documents
    await house.orders.record("1001", name, {"fn": "9999078900009999", "document": 7, "sign": 8})
    assert await told(house) == [*overdue, ("alarm_over", "receipt_overdue")]
    assert [book async for book in house.orders.walk(alarmed=True)] == []
    await house.stop()


@virtual
async def test_money_that_lies_is_told_and_other_days_are_seen_at_the_next_start(tmp_path: Path) -> None:
    house = await opened(tmp_path, idle=timedelta(days=2))
    await house.put(*LINES)
    await house.happens(FIRST)
    await house.orders.wait("1001", 60)
    await house.passes(timedelta(hours=47))
    assert await told(house) == []
    await house.passes(timedelta(hours=2))
    assert await told(house) == [("alarm", "money_idle")]
    await again(house, idle=timedelta(days=30))
    await asyncio.sleep(60)
    assert await told(house) == [("alarm", "money_idle"), ("alarm_over", "money_idle")]
    await house.stop()


@virtual
async def test_an_event_without_its_document_is_told_until_the_next_one(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    await house.happens(Payment(id="e1", paid=paid(sbp="1000"), by_bank=True))
    (name,) = (await house.orders.get("1001")).documents
    await house.orders.record("1001", name, None)
    assert await told(house) == [("alarm", "event_without_document")]
    await house.happens(Payment(id="e2", paid=paid(sbp="1000")))
    await house.orders.wait("1001", 60)
    assert (await told(house))[1:] == [("alarm_over", "event_without_document")]
    await house.stop()


@virtual
async def test_a_payment_that_is_no_open_invoices_sum_is_told(tmp_path: Path) -> None:
    house = await opened(tmp_path)

    async def heard() -> list[str]:
        return [state for state, word in await told(house) if word == "payment_unexpected"]

    await house.put(*LINES)
    await house.happens(Payment(id="e1", paid=paid(sbp="700")))  # no invoice was ever sent: nothing to compare with
    await house.happens(Invoice(id="e2", sum=rub("4300")))
    await house.happens(Payment(id="e3", paid=paid(sbp="4200")))
    book = await house.orders.wait("1001", 60)
    (alarm,) = house.orders.attention(book)
    assert (alarm.code, "4200.00" in alarm.detail, "4300.00" in alarm.hint) == ("payment_unexpected", True, True)
    assert [made.document.kind for made in book.documents.values()] == ["advance", "advance"]
    await house.happens(Payment(id="e4", paid=paid(sbp="100")))  # neither is this one the invoice's sum
    await house.happens(Invoice(id="e5", sum=rub("1")))
    await house.orders.wait("1001", 60)
    assert await heard() == ["alarm", "alarm_over"]
    await house.happens(Payment(id="e6", paid=paid(cash="1", sbp="0")))
    await house.orders.wait("1001", 60)
    assert await heard() == ["alarm", "alarm_over"]
    await house.happens(Invoice(id="e7", sum=rub("2")))
    await house.happens(Payment(id="e8", paid=paid(sbp="1")))
    await house.put(*LINES, line("Крем", "10"))  # its invoices are over
    assert (await heard())[2:] == ["alarm", "alarm_over"]
    await house.stop()


@virtual
async def test_money_beyond_the_order_is_told_with_its_sum_until_it_goes(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put()
    await house.happens(Payment(id="e1", paid=paid(sbp="50000")))
    await house.orders.wait("1001", 60)
    assert await told(house) == []  # what the order costs is not known yet
    await house.happens(Payment(id="e0", paid=paid(sbp="1"), by_bank=True))  # and this has no document yet
    await house.put(*LINES)
    (alarm,) = house.orders.attention(await house.orders.get("1001"))
    assert (alarm.code, "45000.00" in alarm.detail, "45000.00" in alarm.hint) == ("overpaid", True, True)
    (*_, awaited) = (await house.orders.get("1001")).documents
    await house.orders.record("1001", awaited, None)
    await house.happens(Refund(id="e2", sum=rub("45000")))
    await house.orders.wait("1001", 60)
    over = [one for one in await told(house) if one[1] == "overpaid"]
    assert over == [("alarm", "overpaid"), ("alarm_over", "overpaid")]
    await house.happens(Payment(id="e3", paid=paid(sbp="0.01")))
    await house.orders.wait("1001", 60)
    assert (await told(house))[-1] == ("alarm", "overpaid")
    await house.happens(Delivery(id="e4"))  # gives it back first
    await house.orders.wait("1001", 60)
    assert (await told(house))[-1] == ("alarm_over", "overpaid")
    await house.stop()


@virtual
async def test_money_left_in_a_closed_order_is_told(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES, overpaid="keep")
    await house.happens(Payment(id="e1", paid=paid(sbp="6000")))
    await house.happens(Delivery(id="e2"))
    book = await house.orders.wait("1001", 60)
    assert book.ledger.held == rub("1000")
    assert await told(house) == [("alarm", "overpaid"), ("alarm", "money_left"), ("alarm_over", "overpaid")]
    await house.stop()


@virtual
async def test_what_the_payment_should_have_settled_and_did_not_is_told_until_it_is_handed_over(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    boots = line("Ботинки", "100", "2", marked=True, gtin="04600439931256")
    codes = tuple(f"0104600439931256215PAID{number}\x1d93Abcd" for number in range(2))
    await house.put(boots, closing_trigger="payment")
    await house.happens(Payment(id="e1", paid=paid(sbp="199")))
    await house.orders.wait("1001", 60)
    assert await told(house) == []  # not all of it is paid
    await house.happens(Payment(id="e2", paid=paid(sbp="1")))
    (alarm,) = house.orders.attention(await house.orders.wait("1001", 60))
    assert (alarm.code, "Ботинки" in alarm.detail, "«Ботинки»" in alarm.hint) == ("closing_awaited", True, True)
    await house.happens(Delivery(id="e3", goods=(Goods("Ботинки", None, codes),)))
    book = await house.orders.wait("1001", 60)
    assert (book.state, await told(house)) == (
        OrderState.SETTLED,
        [("alarm", "closing_awaited"), ("alarm_over", "closing_awaited")],
    )
    await house.stop()


@virtual
async def test_nor_is_what_was_made_cheaper_once_it_was_paid(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(line("Книга", "200"), closing_trigger="payment")
    await house.happens(Payment(id="e1", paid=paid(sbp="100")))
    await house.orders.wait("1001", 60)
    await house.put(line("Книга", "100"), closing_trigger="payment")
    assert await told(house) == [("alarm", "closing_awaited")]
    await house.put(line("Книга", "100"))  # it is handed over by an event of its own
    assert await told(house) == [("alarm", "closing_awaited"), ("alarm_over", "closing_awaited")]
    await house.stop()


def test_every_alarm_of_the_code_is_counted() -> None:
    source = Path(__file__).parents[3] / "gateway" / "orders" / "attention.py"
    words = source.read_text(encoding="utf-8").split("Alarm(\n")[1:]
    assert {word.split('"')[1] for word in words} == set(TOLD)


@virtual
async def test_units_that_a_change_left_over_are_told_by_name(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    boots = line("Ботинки", "100", "2", marked=True, gtin="04600439931256")
    codes = [f"0104600439931256215AAAA{number}\x1d93Abcd" for number in range(2)]
    await house.put(boots)
    for code in codes:
        await house.orders.scan("1001", lambda book, code=code: picked(book.order, code, None, house.now()))  # type: ignore[misc]
    await house.put(replace(boots, quantity=Decimal(1), cost=rub("100")))
    (alarm,) = house.orders.attention(await house.orders.get("1001"))
    unit, _, tail = codes[1].partition("\x1d")
    assert alarm.code == "units_left_over"
    for text in (alarm.detail, alarm.hint):
        assert unit in text
        assert tail not in text
    assert "«Ботинки»" in alarm.hint
    await house.happens(Invoice(id="e1", sum=rub("100")))
    assert await told(house) == [("alarm", "units_left_over"), ("alarm_over", "units_left_over")]
    await house.stop()
