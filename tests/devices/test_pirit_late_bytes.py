"""Пирит: bytes of an old connection that arrive in the new one, answers doubled and out of order: one document."""

from collections.abc import Callable
from random import Random

import pytest
from converter import Spoil
from pirit_converter import SALE, behind_converter, ours
from till import CASHIER
from virtual_loop import run_virtual, virtual

from devices.errors import Rejected
from devices.registers.settle import CashWanted, ShiftWanted
from emulator.registers.pirit import command_code

#: Questions of a connection and of settling: whatever arrives before the new receipt is begun comes too late for it.
BEFORE_THE_NEXT_RECEIPT = 16


async def sold(command: str, after: int) -> tuple[int, int]:
    async with behind_converter() as (one, converter):
        before = len(one.documents())
        converter.hold, converter.after = command_code(command), after
        try:
            outcome = await one.sell(SALE)
        except Rejected:  # believed when it comes twice
            assert ours(one) == 0
            outcome = await one.sell(SALE)
        assert outcome.differences == ()
        assert not converter.held or after
        return ours(one), len(one.documents()) - before


@pytest.mark.parametrize("command", ["open_document", "add_item", "compare_total", "payment", "close_document"])
def test_what_a_converter_held_back_makes_no_second_document(command: str) -> None:
    for after in (0, 1, 2, 5, BEFORE_THE_NEXT_RECEIPT - 1):
        assert run_virtual(sold(command, after)) == (1, 1), after


@pytest.mark.parametrize("command", ["open_document", "add_item", "payment"])
def test_what_arrives_within_the_next_receipt_spoils_none(command: str) -> None:
    """A line or a payment too many shows at the total, before anything is fiscal: the receipt is made anew."""
    for after in range(BEFORE_THE_NEXT_RECEIPT, BEFORE_THE_NEXT_RECEIPT + 12, 2):
        assert run_virtual(sold(command, after)) == (1, 1), after


def test_a_closing_that_overtakes_the_next_receipt_makes_ours_at_most_once() -> None:
    for after in range(BEFORE_THE_NEXT_RECEIPT, BEFORE_THE_NEXT_RECEIPT + 12):
        mine, made = run_virtual(sold("close_document", after))
        assert mine == 1, after
        assert made <= 2, after


@pytest.mark.parametrize("late", [0, 3, 10])
@virtual
async def test_late_shifts_and_cash_count_once(late: int) -> None:
    async with behind_converter(shift=False) as (one, converter):
        driver = one.driver
        converter.hold, converter.after = command_code("open_shift"), late
        await one.perform(ShiftWanted(opening=True, cashier=CASHIER), lambda: driver.open_shift(CASHIER))
        assert [record.code for record in one.documents()] == [1, 2]
        converter.hold, converter.after = command_code("close_document"), late
        await one.perform(CashWanted(kopecks=700), lambda: driver.cash_in(700, CASHIER))
        assert (await driver.counters())["cash_in_sum"] == 700
        converter.hold, converter.after = command_code("close_shift"), late
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
@pytest.mark.parametrize("seed", range(5))
@virtual
async def test_answers_doubled_and_out_of_order(seed: int, make: Callable[[Random], Spoil]) -> None:
    async with behind_converter() as (one, converter):
        before = len(one.documents())
        converter.spoil = make(Random(seed))
        outcome = await one.sell(SALE)
        converter.spoil = lambda data: [data]
        assert outcome.fiscal.document == one.documents()[-1].number
        assert ours(one) == len(one.documents()) - before == 1
