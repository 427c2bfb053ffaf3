"""The gateway over every register: jobs, shifts by themselves, held and let go, and a whole order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from emulated_house import NAME
from every_register import Place, asked, handed_over, places
from fake_shop import new_job, receipt_body
from order_house import OrderHouse, paid
from order_play import line, rub, service
from receipts_of_all import unit
from register_rows import V12, V105
from virtual_loop import run_virtual

from devices.registers.base import Capability
from emulator.fault_kinds import KINDS, FaultKind, FaultPoint
from gateway.jobs.model import Job, JobKind, JobState
from gateway.orders.order import Cancel, Delivery, Goods, Invoice, Payment, Return
from gateway.orders.words import Means, OrderState
from protocols.ffd.enums import DocumentCode

Story = Callable[[OrderHouse], Coroutine[Any, Any, None]]


@asynccontextmanager
async def a_house(place: Place, directory: Path, **settings: Any) -> AsyncIterator[OrderHouse]:
    """A gateway over an emulated register that is there, in virtual time."""
    house = OrderHouse(directory, f"emulated:{place.row.family}?ffd={place.ffd}", options=place.row.options, **settings)
    await house.switch_on()
    await house.start()
    try:
        yield house
    finally:
        await house.stop()


def in_every_house(*needs: Capability, ffds: Any = (V12,)) -> Callable[[Story], Callable[..., None]]:
    def wrap(story: Story) -> Callable[..., None]:
        @pytest.mark.parametrize("place", places(ffds, needs, label=story.__name__), ids=str)
        def test(tmp_path: Path, place: Place) -> None:
            async def told() -> None:
                async with a_house(place, tmp_path) as house:
                    await story(house)

            run_virtual(told())

        test.__doc__ = story.__doc__
        return test

    return wrap


def register(house: OrderHouse) -> Any:
    return house.embedded.shop.registers[NAME]


def body(rubles: int = 10, **more: Any) -> str:
    return receipt_body(rubles, taxation="osn", **more)


async def done(house: OrderHouse, kind: JobKind, text: str = "{}") -> Job:
    job, _ = await house.shop.submit(new_job(f"{kind}-{len(register(house).documents())}", text, kind=kind))
    job = await house.shop.wait(job.id, 120)
    assert job.state is JobState.DONE, job.error
    return job


def codes(house: OrderHouse) -> list[int]:
    return [int(one.code) for one in register(house).documents()]


@in_every_house(ffds=(V105, V12))
async def test_a_shift_is_opened_and_closed_by_itself(house: OrderHouse) -> None:
    assert (await house.sell("1", body())).state is JobState.DONE
    house.embedded.shop.clock.advance(25 * 3600)
    assert (await house.sell("2", body())).state is JobState.DONE
    assert codes(house) == [1, 2, 3, 5, 2, 3]


@in_every_house()
async def test_every_kind_of_job(house: OrderHouse) -> None:
    await done(house, JobKind.OPEN_SHIFT)
    await done(house, JobKind.CASH_IN, '{"sum":"1000.00"}')
    await done(house, JobKind.CASH_OUT, '{"sum":"100.00"}')
    correction = {"kind": "self", "date": "2026-02-27", "number": "7"}
    await done(
        house,
        JobKind.CORRECTION,
        json.dumps(json.loads(body(operation="sell_correction", correction=correction)), separators=(",", ":")),
    )
    for kind in (JobKind.X_REPORT, JobKind.RECOVER, JobKind.OPEN_DRAWER):
        await done(house, kind)
    await done(house, JobKind.PRINT_TEXT, json.dumps({"lines": ["ПРИВЕТ"]}))
    assert "ПРИВЕТ" in register(house).device.paper_text()
    await done(house, JobKind.CLOSE_SHIFT)
    await done(house, JobKind.SET_CLOCK)
    assert codes(house) == [1, 2, 31, 5]
    assert register(house).device.state()["cash"] == 91_000


@in_every_house()
async def test_no_paper_holds_the_receipt_and_a_new_roll_lets_it_go(house: OrderHouse) -> None:
    assert (await house.sell("1", body())).state is JobState.DONE
    register(house).device.set_paper(present=False)
    job = await house.sell("2", body(), 30)
    assert (job.state, [warning.code for warning in job.warnings]) == (JobState.HELD, ["paper_out"])
    register(house).device.set_paper(present=True)
    assert (await house.shop.wait("2", 120)).state is JobState.DONE
    assert codes(house) == [1, 2, 3, 3]


@in_every_house()
async def test_a_full_drive_holds_what_comes_after(house: OrderHouse) -> None:
    assert (await house.sell("1", body())).state is JobState.DONE
    drive = register(house).device.drive
    drive.leave_room(0)
    job = await house.sell("2", body(), 120)
    assert (job.state, [warning.code for warning in job.warnings]) == (JobState.HELD, ["fn_archive_full"])
    drive.leave_room(None)
    assert (await house.shop.wait("2", 120)).state is JobState.DONE
    assert codes(house) == [1, 2, 3, 3]


LOSSES: Final = (FaultKind.LATE_ANSWER, FaultKind.POWER_AFTER_COMMIT)


@pytest.mark.parametrize("kind", LOSSES, ids=str)
@pytest.mark.parametrize("place", places((V12,), label="lost"), ids=str)
def test_a_lost_answer_makes_no_second_receipt(tmp_path: Path, place: Place, kind: FaultKind) -> None:
    async def told() -> None:
        async with a_house(place, tmp_path) as house:
            keeping = await keeping_of(house)
            lost_on_the_line = KINDS[kind].point is not FaultPoint.COMMITTED
            house.break_down(kind, (lost_on_the_line and handed_over(register(house))) or keeping)
            job = await house.sell("2", body(20))
            assert job.state is JobState.DONE, job.error
            assert not register(house).faults.listed(), "the fault never struck"
            assert codes(house) == [1, 2, 3, 3]
            assert job.fiscal is not None
            assert job.fiscal.document == 4

    run_virtual(told())


async def keeping_of(house: OrderHouse) -> int:
    """The command by which a receipt gets into the drive, found by selling one."""
    _, commits = asked(register(house))
    assert (await house.sell("1", body())).state is JobState.DONE
    return commits[-1]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("place", places((V12,), label="lost"), ids=str)
def test_a_gateway_that_dies_makes_no_second_receipt(tmp_path: Path, place: Place, when: str) -> None:
    async def told() -> None:
        house = OrderHouse(tmp_path, f"emulated:{place.row.family}?ffd={place.ffd}", options=place.row.options)
        await house.switch_on()
        await house.start(**{when: 3})
        selling = asyncio.create_task(house.sell("1", body()))
        async with asyncio.timeout(60):
            await house.died.wait()
        selling.cancel()
        await house.kill()
        await house.start()
        assert (await house.sell("1", body())).state is JobState.DONE
        assert codes(house) == [1, 2, 3]
        await house.stop()

    run_virtual(told())


#: What the drive holds of it, whatever the register: operation and the money tags.
CHAIN: Final = [
    "sell: 1081 100000",
    "sell: 1031 400000",
    "sell: 1215 500000",
    "sell_refund: 1031 400000",
]


@in_every_house()
async def test_an_order_from_its_invoice_to_a_return(house: OrderHouse) -> None:
    await house.put(line("Ботинки", "4000.00"), service("Доставка", "1000.00"))
    await house.happens(Invoice(id="i1", sum=rub("1000")))
    await house.happens(Payment(id="e1", paid=paid(sbp="1000")))
    await house.happens(Delivery(id="e2", paid=paid(cash="4000")))
    await house.happens(Return(id="e3", goods=(Goods("Ботинки"),), means=Means.CASH))
    book = await house.orders.wait("1001", 120)
    assert [made.state for made in book.documents.values()] == ["done"] * 4
    assert house.totals() == CHAIN


@in_every_house()
async def test_an_order_that_is_cancelled(house: OrderHouse) -> None:
    await house.put(line("Ботинки", "4700.00"))
    await house.happens(Payment(id="e1", paid=paid(card="4700")))
    await house.happens(Cancel(id="e2"))
    book = await house.orders.wait("1001", 120)
    assert book.state is OrderState.CANCELLED
    assert house.totals() == ["sell: 1081 470000", "sell_refund: 1081 470000"]


@in_every_house(Capability.MARKING)
async def test_an_order_of_marked_goods(house: OrderHouse) -> None:
    shoes = line("Ботинки", "4700.00", marked=True, gtin="04600000000015")
    await house.put(shoes)
    await house.happens(Payment(id="e1", paid=paid(card="4700")))
    await house.happens(Delivery(id="e2", goods=(Goods("Ботинки", codes=(unit(0).decode(),)),), paid=()))
    await house.orders.wait("1001", 120)
    assert house.totals() == ["sell: 1081 470000", "sell: 1215 470000"]
    assert register(house).device.paper_text().count("[M+]") == 1
    assert {one.code for one in house.receipts()} == {DocumentCode.RECEIPT}
