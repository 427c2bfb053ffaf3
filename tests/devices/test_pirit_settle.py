"""Пирит: exactly one document under several faults at once, and how fast a lost answer is settled."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from till import item, receipt, till
from virtual_loop import run_virtual, virtual

from emulator.faults import FaultKind
from emulator.registers.pirit import command_code

SALE = receipt(item("Чай", 12_345), item("Сахар", 5_000, "0.5", user_data="сорт"))

#: Every command of one receipt: state, open, details, item, total, payment, closing, read-back.
COMMANDS = (
    *("status", "open_document", "item_details", "add_item", "compare_total", "payment", "close_document"),
    *("last_document", "select_document", "read_tlv"),
)
LINE = (
    *(FaultKind.DROP_ANSWER, FaultKind.GARBLE, FaultKind.CUT, FaultKind.SLOW, FaultKind.DELAY),
    *(FaultKind.DUPLICATE_ANSWER, FaultKind.LOSE_COMMAND, FaultKind.CUT_BEFORE),
)
POWER = (FaultKind.POWER_BEFORE_COMMIT, FaultKind.POWER_AFTER_COMMIT)
FAULTS = st.tuples(
    st.sampled_from([*LINE, *POWER]), st.sampled_from([*COMMANDS, None]), st.integers(1, 3), st.integers(0, 8)
)


@settings(max_examples=25, deadline=None)
@given(faults=st.lists(FAULTS, min_size=2, max_size=5), seed=st.integers(0, 1000))
def test_one_document_under_several_faults(faults: list[tuple[FaultKind, str | None, int, int]], seed: int) -> None:
    async def sell() -> None:
        async with till(family="pirit", seed=seed) as one:
            for kind, command, count, after in faults:
                code = None if command is None or kind in POWER else command_code(command)
                one.fault(kind, code, count=count, after_bytes=after, seconds=0.3)
            before = len(one.documents())
            outcome = await one.sell(SALE)
            made = one.documents(before + 1)
            assert [record.code for record in made] == [3]
            assert outcome.fiscal.document == made[0].number
            assert outcome.differences == ()

    run_virtual(sell())


@pytest.mark.parametrize(
    "kind", [FaultKind.DROP_ANSWER, FaultKind.CUT, FaultKind.CUT_BEFORE, FaultKind.LOSE_COMMAND], ids=str
)
@virtual
async def test_a_lost_answer_is_settled_within_three_seconds(kind: FaultKind) -> None:
    async with till(family="pirit") as one:
        one.fault(kind, command_code("close_document"))
        started = asyncio.get_running_loop().time()
        await one.sell(SALE)
        assert asyncio.get_running_loop().time() - started <= 3.0
