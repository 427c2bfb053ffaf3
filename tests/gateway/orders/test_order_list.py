"""The list of orders that need a look, and the order itself: they agree at every moment."""

from __future__ import annotations

from datetime import UTC, timedelta
from pathlib import Path

from order_house import OrderHouse, paid
from order_play import line, service
from virtual_loop import virtual

from emulator.faults import FaultKind
from gateway.orders.attention import LATE, Calendar
from gateway.orders.order import Payment
from gateway.orders.service import Orders

LINES = (line("Ботинки", "4700.00"), service("Доставка", "300.00"))
BANK = Payment(id="e1", paid=paid(sbp="1000"), by_bank=True)
FIRST = Payment(id="e1", paid=paid(sbp="1000"))


class Later(OrderHouse):
    """The orders' clock runs ahead of the register's."""

    ahead = timedelta()

    async def again(self) -> None:
        await self.orders.stop()
        calendar = Calendar(zone=UTC)
        self.orders = Orders(self.shop, now=lambda: self.now() + self.ahead, calendar=calendar)
        await self.orders.start()

    async def listed(self) -> list[str]:
        """As `GET /orders?attention=1`."""
        return [book.order.number async for book in self.orders.walk(alarmed=True) if self.orders.attention(book)]

    async def one_by_one(self) -> list[str]:
        """As `GET /orders/{number}` of each."""
        numbers = self.journal.list_orders()
        return [number for number in numbers if self.orders.attention(await self.orders.current(number))]


async def opened(directory: Path) -> Later:
    house = Later(directory)
    await house.switch_on()
    await house.start()
    await house.again()
    return house


@virtual
async def test_the_list_knows_what_the_clock_alone_has_brought_about(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    for number in ("held", "quiet", "waits"):
        await house.put(*LINES, number=number)
    await house.happens(FIRST, "held")
    await house.orders.wait("held", 60)
    await house.happens(BANK, "waits")
    seen = []
    for step in (timedelta(0), LATE, timedelta(days=5), timedelta(days=25), timedelta(days=-31)):
        house.ahead += step  # nothing has looked at the clock since
        seen.append(await house.listed())
        assert await house.one_by_one() == seen[-1]
    assert seen == [[], ["waits"], ["waits"], ["held", "waits"], []]
    await house.stop()


@virtual
async def test_the_list_hears_of_a_job_that_failed_just_now(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    await house.put(*LINES)
    for _ in range(2):
        house.break_down(FaultKind.DRIVE_ERROR, 0xFF45, error=0x33)
    house.orders._chains._unsubscribe()
    await house.happens(FIRST)
    head = (await house.orders.get("1001")).head
    assert head is not None
    await house.until(head.document.id, "failed")
    assert await house.listed() == ["1001"]
    await house.stop()


@virtual
async def test_pages_of_the_list_leave_nobody_out(tmp_path: Path) -> None:
    house = await opened(tmp_path)
    for index in range(70):
        await house.put(*LINES, number=f"o{index:02}")
        await house.happens(BANK, f"o{index:02}")
    house.ahead = LATE
    found = await house.listed()
    assert found == [f"o{index:02}" for index in range(70)]
    assert [book.order.number async for book in house.orders.walk(after="o66", alarmed=True)] == ["o67", "o68", "o69"]
    await house.stop()
