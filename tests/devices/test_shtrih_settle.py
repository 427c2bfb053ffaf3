"""Exactly one document, whatever goes wrong on the way: the emulated register as peer, faults at every command."""

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from till import CASHIER, Till, item, receipt, till
from virtual_loop import run_virtual, virtual

from devices.errors import NeedsOperator
from devices.registers.base import Bookmark, Paper
from devices.registers.settle import Absent, CashWanted, Exists, ShiftWanted, Unprovable, settle
from emulator.faults import FaultKind
from protocols.ffd.enums import DocumentCode, FfdVersion, Operation

#: Every command of one receipt: status, open, item, item's tags, receipt's tags, close, read-back.
COMMANDS = (0x10, 0x8D, 0xFF46, 0xFF4D, 0xFF0C, 0xFF45, 0xFF3A, 0xFF3B)

LINE_FAULTS = (
    FaultKind.DROP_ANSWER,
    FaultKind.GARBLE,
    FaultKind.CUT,
    FaultKind.SLOW,
    FaultKind.DELAY,
    FaultKind.DUPLICATE_ANSWER,
    FaultKind.LOSE_COMMAND,
    FaultKind.CUT_BEFORE,
)
OPENING, CLOSING = ShiftWanted(opening=True, cashier=CASHIER), ShiftWanted(opening=False, cashier=CASHIER)
SALE = receipt(item("Чай", 12_345), item("Сахар", 5_000, "0.5"))


async def one_sale(one: Till) -> None:
    before = len(one.documents())
    outcome = await one.sell(SALE)
    made = one.documents(before + 1)
    assert [DocumentCode(record.code) for record in made] == [DocumentCode.RECEIPT]
    assert outcome.fiscal.document == made[0].number
    assert outcome.differences == ()
    # and the till is in order: the next sale needs no help
    again = await one.driver.fiscalise(receipt(item("Кофе", 100)))
    assert again.fiscal.document == made[0].number + 1


@pytest.mark.parametrize("command", COMMANDS, ids=lambda code: f"{code:02X}h")
@pytest.mark.parametrize("kind", LINE_FAULTS, ids=str)
@virtual
async def test_one_document_whatever_the_line_does(kind: FaultKind, command: int) -> None:
    async with till() as one:
        one.fault(kind, command, after_bytes=2)
        await one_sale(one)


@pytest.mark.parametrize("kind", [FaultKind.POWER_BEFORE_COMMIT, FaultKind.POWER_AFTER_COMMIT], ids=str)
@pytest.mark.parametrize("ffd", list(FfdVersion), ids=str)
@virtual
async def test_one_document_whenever_the_power_fails(kind: FaultKind, ffd: FfdVersion) -> None:
    async with till(ffd=ffd) as one:
        one.fault(kind, 0xFF45, seconds=0.5)
        await one_sale(one)


FAULTS = st.tuples(
    st.sampled_from([*LINE_FAULTS, FaultKind.POWER_BEFORE_COMMIT, FaultKind.POWER_AFTER_COMMIT]),
    st.sampled_from([*COMMANDS, None]),
    st.integers(1, 3),
    st.integers(0, 8),
)


@settings(max_examples=60, deadline=None)
@given(faults=st.lists(FAULTS, min_size=1, max_size=4), seed=st.integers(0, 1000))
def test_one_document_under_several_faults(faults: list[tuple[FaultKind, int | None, int, int]], seed: int) -> None:
    async def sell() -> None:
        async with till(seed=seed) as one:
            for kind, command, count, after in faults:
                power = kind in {FaultKind.POWER_BEFORE_COMMIT, FaultKind.POWER_AFTER_COMMIT}
                one.fault(kind, None if power else command, count=count, after_bytes=after, seconds=0.3)
            before = len(one.documents())
            outcome = await one.sell(SALE)
            made = one.documents(before + 1)
            assert [record.code for record in made] == [3]
            assert outcome.fiscal.document == made[0].number

    run_virtual(sell())


@pytest.mark.parametrize(
    "kind", [FaultKind.DROP_ANSWER, FaultKind.CUT, FaultKind.CUT_BEFORE, FaultKind.LOSE_COMMAND], ids=str
)
@virtual
async def test_a_lost_answer_is_settled_within_three_seconds(kind: FaultKind) -> None:
    async with till() as one:
        one.fault(kind, 0xFF45)
        started = asyncio.get_running_loop().time()
        await one.sell(SALE)
        assert asyncio.get_running_loop().time() - started <= 3.0


@virtual
async def test_a_dropped_answer_does_not_even_cost_the_connection() -> None:
    async with till() as one:
        one.fault(FaultKind.DROP_ANSWER, 0xFF45)
        outcome = await one.driver.fiscalise(SALE)
        assert outcome.fiscal.document == one.documents()[-1].number
        assert outcome.differences == ()


@pytest.mark.parametrize(("wanted", "command"), [(OPENING, 0xE0), (CLOSING, 0x41)])
@pytest.mark.parametrize(
    "kind", [FaultKind.CUT, FaultKind.CUT_BEFORE, FaultKind.POWER_BEFORE_COMMIT, FaultKind.POWER_AFTER_COMMIT], ids=str
)
@virtual
async def test_shifts_are_settled_too(kind: FaultKind, wanted: ShiftWanted, command: int) -> None:
    async with till(shift=not wanted.opening) as one:
        before = len(one.documents())
        one.fault(kind, command, seconds=0.3)
        act = one.driver.open_shift if wanted.opening else one.driver.close_shift
        outcome = await one.perform(wanted, lambda: act(CASHIER))
        made = one.documents(before + 1)
        assert [record.code for record in made] == [2 if wanted.opening else 5]
        assert outcome is not None
        assert outcome.fiscal.document == made[0].number


@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.CUT_BEFORE], ids=str)
@virtual
async def test_cash_operations_are_counted(kind: FaultKind) -> None:
    async with till() as one:
        one.fault(kind, 0x50)
        assert await one.perform(CashWanted(kopecks=10_000), lambda: one.driver.cash_in(10_000, CASHIER)) is None
        assert (await one.driver.counters())["cash_in_sum"] == 10_000
        one.fault(kind, 0x51)
        assert await one.perform(CashWanted(kopecks=-4_000), lambda: one.driver.cash_out(4_000, CASHIER)) is None
        counters = await one.driver.counters()
        assert (counters["cash_out_sum"], counters["cash_out_count"], counters["cash_in_drawer"]) == (4_000, 1, 6_000)


@virtual
async def test_paper_out_holds_and_a_new_roll_lets_go_on() -> None:
    async with till() as one:
        one.device.set_paper(present=False)
        assert (await one.driver.state()).paper is Paper.OUT
        with pytest.raises(NeedsOperator) as held:
            await one.driver.fiscalise(SALE)
        assert held.value.code == "paper_out"
        assert len(one.documents()) == 2
        one.device.set_paper(present=True)
        await one.driver.recover()
        await one_sale(one)


def break_under_next_document(one: Till) -> None:
    """The roll ends while the next document is being printed: the drive has it, the paper does not."""
    printer = one.device.register.printer
    whole = printer.document

    def breaking(*args: Any, **more: Any) -> None:
        printer.document = whole
        printer.break_off(paper=True)
        whole(*args, **more)

    printer.document = breaking


@pytest.mark.parametrize("answer_lost", [False, True])
@virtual
async def test_paper_that_ends_under_the_document_leaves_it_valid(*, answer_lost: bool) -> None:
    async with till() as one:
        break_under_next_document(one)
        if answer_lost:
            one.fault(FaultKind.CUT, 0xFF45)
        outcome = await one.sell(SALE)
        assert [warning.code for warning in outcome.warnings] == ["paper_pending"]
        assert [record.code for record in one.documents()[2:]] == [3]
        with pytest.raises(NeedsOperator):
            await one.driver.recover()
        one.device.set_paper(present=True)
        assert (await one.driver.state()).paper is Paper.WAITING_CONTINUE
        await one.driver.recover()
        assert (await one.driver.state()).paper is Paper.PRESENT
        await one.driver.fiscalise(receipt(item("Кофе")))


@pytest.mark.parametrize(("kind", "code"), [(FaultKind.PAPER_OUT, "paper_out"), (FaultKind.COVER_OPEN, "cover_open")])
@virtual
async def test_a_refused_closing_leaves_nothing_behind(kind: FaultKind, code: str) -> None:
    async with till() as one:
        one.fault(kind, 0xFF46)  # gone before the closing; at FF45 itself it would break off a valid document
        with pytest.raises(NeedsOperator) as held:
            await one.driver.fiscalise(SALE)
        assert held.value.code == code
        assert not (await one.driver.state()).document_open
        assert len(one.documents()) == 2
        one.device.set_paper(present=True)
        one.device.set_cover(open_=False)
        await one_sale(one)


@virtual
async def test_foreign_documents_are_told_apart_from_ours() -> None:
    async with till() as one:
        bookmark = await one.driver.bookmark()
        foreign = await one.driver.fiscalise(receipt(item("Чужой товар", 100)))
        absent = await settle(one.driver, bookmark, SALE)
        assert isinstance(absent, Absent)
        assert [document.fiscal.document for document in absent.foreign] == [foreign.fiscal.document]
        ours = await one.driver.fiscalise(SALE)
        found = await settle(one.driver, bookmark, SALE)
        assert isinstance(found, Exists)
        assert found.outcome is not None
        assert found.outcome.fiscal == ours.fiscal
        assert [document.fiscal.document for document in found.foreign] == [foreign.fiscal.document]


@pytest.mark.parametrize(
    "other",
    [
        receipt(item("Чай", 12_345), item("Сахар", 5_000, "0.5"), operation=Operation.SELL_REFUND),
        receipt(item("Чай", 12_345), item("Соль", 5_000, "0.5")),
        receipt(item("Сахар", 5_000, "0.5"), item("Чай", 12_345)),
    ],
)
@virtual
async def test_a_similar_document_is_not_ours(other: object) -> None:
    async with till() as one:
        await one.driver.fiscalise(receipt(item("Касса не пуста", 100_000)))
        bookmark = await one.driver.bookmark()
        await one.driver.fiscalise(other)  # type: ignore[arg-type]
        assert isinstance(await settle(one.driver, bookmark, SALE), Absent)


@virtual
async def test_what_cannot_be_proven_is_said() -> None:
    async with till() as one:
        bookmark = await one.driver.bookmark()
        made = await one.driver.fiscalise(SALE)
        with pytest.raises(Unprovable) as lent:
            await settle(one.driver, bookmark, SALE, port_kept=False)
        assert [document.fiscal.document for document in lent.value.candidates] == [made.fiscal.document]
        assert isinstance(await settle(one.driver, await one.driver.bookmark(), SALE, port_kept=False), Absent)
        elsewhere = Bookmark(fn="9999000000000000", document=1, shift=1, shift_open=True)
        with pytest.raises(Unprovable, match="9999000000000000"):
            await settle(one.driver, elsewhere, SALE)
        ahead = Bookmark(fn=bookmark.fn, document=1_000, shift=1, shift_open=True)
        with pytest.raises(Unprovable, match="1000"):
            await settle(one.driver, ahead, SALE)
