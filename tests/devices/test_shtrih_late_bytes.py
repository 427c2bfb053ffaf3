"""Bytes of an old connection that arrive in the new one, answers doubled and out of order: one document, as asked."""

from collections.abc import Callable
from contextlib import asynccontextmanager
from random import Random

import pytest
from converter import Converter, Spoil
from till import CASHIER, MOSCOW, Till, item, receipt, till
from virtual_loop import run_virtual, virtual

from devices.links.pair import PairLink
from devices.registers.factory import create
from devices.registers.settle import CashWanted, ShiftWanted
from protocols.ffd.compare import same_document
from protocols.ffd.enums import FfdVersion

SALE = receipt(item("Чай", 1_000), item("Сахар", 2_000))

#: Questions of a connection and of settling: whatever arrives before the new receipt is begun comes too late for it.
BEFORE_THE_NEXT_RECEIPT = 30


@asynccontextmanager
async def behind_converter(protocol: str, *, shift: bool = True):  # type: ignore[no-untyped-def]
    async with till(shift=shift) as one:
        converter = Converter(one.emulated.connect)
        one.driver = create("shtrih", PairLink(converter.dial), zone=MOSCOW, options={"protocol": protocol})
        try:
            await one.driver.connect()
            yield one, converter
        finally:
            await one.driver.close()
            await converter.close()


def ours(one: Till) -> int:
    """Documents with our content."""
    return sum(
        1
        for record in one.documents()
        if record.code == 3 and same_document(SALE, FfdVersion.V1_2, one.device.drive.document(record.number).elements)
    )


async def sold(protocol: str, command: int, after: int) -> tuple[int, int]:
    async with behind_converter(protocol) as (one, converter):
        before = len(one.documents())
        converter.hold, converter.after = command, after
        outcome = await one.sell(SALE)
        assert outcome.differences == ()
        assert not converter.held or after
        return ours(one), len(one.documents()) - before


@pytest.mark.parametrize("command", [0x8D, 0xFF46, 0xFF0C, 0xFF45], ids=lambda code: f"{code:02X}h")
@pytest.mark.parametrize("protocol", ["1", "2"])
def test_what_a_converter_held_back_makes_no_second_document(protocol: str, command: int) -> None:
    for after in (0, 1, 2, 3, 5, 12, BEFORE_THE_NEXT_RECEIPT - 1, *range(BEFORE_THE_NEXT_RECEIPT, 44, 3)):
        assert run_virtual(sold(protocol, command, after)) == (1, 1), after


@pytest.mark.parametrize("after", range(44, 54))
def test_a_closing_that_overtakes_the_next_receipt_is_seen(after: int) -> None:
    """Forty-odd later frames were faster: it may close a half-made receipt. That one is foreign, ours is whole."""
    mine, made = run_virtual(sold("1", 0xFF45, after))
    assert mine == 1
    assert made <= 2


@pytest.mark.parametrize("protocol", ["1", "2"])
@pytest.mark.parametrize("late", [0, 3, 12])
@virtual
async def test_late_shifts_and_cash_count_once(protocol: str, late: int) -> None:
    async with behind_converter(protocol, shift=False) as (one, converter):
        driver = one.driver
        converter.hold, converter.after = 0xE0, late
        await one.perform(ShiftWanted(opening=True, cashier=CASHIER), lambda: driver.open_shift(CASHIER))
        assert [record.code for record in one.documents()] == [1, 2]
        converter.hold, converter.after = 0x50, late
        await one.perform(CashWanted(kopecks=700), lambda: driver.cash_in(700, CASHIER))
        assert (await driver.counters())["cash_in_sum"] == 700
        converter.hold, converter.after = 0x41, late
        await one.perform(ShiftWanted(opening=False, cashier=CASHIER), lambda: driver.close_shift(CASHIER))
        assert [record.code for record in one.documents()] == [1, 2, 5]


def doubled(random: Random) -> Spoil:
    return lambda data: [data, data] if random.random() < 0.2 else [data]


def reordered(random: Random) -> Spoil:
    kept: list[bytes] = []

    def spoil(data: bytes) -> list[bytes]:
        if not kept and random.random() < 0.2:
            kept.append(data)
            return []
        late, kept[:] = list(kept), []
        return [data, *late]

    return spoil


@pytest.mark.parametrize("make", [doubled, reordered])
@pytest.mark.parametrize("protocol", ["1", "2"])
@pytest.mark.parametrize("seed", range(6))
@virtual
async def test_answers_doubled_and_out_of_order(seed: int, protocol: str, make: Callable[[Random], Spoil]) -> None:
    async with behind_converter(protocol) as (one, converter):
        before = len(one.documents())
        converter.spoil = make(Random(seed))
        outcome = await one.sell(SALE)
        converter.spoil = lambda data: [data]
        assert outcome.fiscal.document == one.documents()[-1].number
        assert ours(one) == len(one.documents()) - before == 1
