"""Settling among others' documents, paper that ends, power that fails, a link that is lost: on every register."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from every_register import closing_of, everywhere, nothing_is_left
from till import CASHIER, MOSCOW, Till, item, receipt

from devices.errors import LinkError, NeedsOperator, ProtocolError
from devices.links.pair import PairLink
from devices.registers.base import Bookmark, Capability, Paper
from devices.registers.doubts import Doubt
from devices.registers.factory import create
from devices.registers.settle import Absent, Answered, CashWanted, Exists, ShiftWanted, Unprovable, settle
from emulator.faults import FaultKind
from protocols.ffd.enums import DocumentCode, Operation
from protocols.ffd.receipt import Cashier, Customer

SALE = receipt(item("Чай", 12_345), item("Сахар", 5_000, "0.5"))
PETROVA = Cashier(name="Петрова П. П.", inn="500100732259")


def a_stranger(one: Till) -> Any:
    """Another program that gets at the same register."""
    return create(
        one.emulated.plan.family, PairLink(one.emulated.connect, web=one.link.web), zone=MOSCOW, options=one.options
    )


@everywhere(once=True)
async def test_others_documents_are_told_apart(one: Till) -> None:
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
    assert (found.outcome.differences, found.outcome.warnings) == ((), ())
    assert [document.fiscal.document for document in found.foreign] == [foreign.fiscal.document]


@pytest.mark.parametrize("kind", [FaultKind.CUT, FaultKind.CUT_BEFORE])
@everywhere(once=True)
async def test_another_program_sells_before_we_are_back(one: Till, kind: FaultKind) -> None:
    closing = await closing_of(one, SALE)
    bookmark = await one.driver.bookmark()
    one.fault(kind, closing)
    with pytest.raises((LinkError, ProtocolError)):
        await one.driver.fiscalise(SALE)
    await asyncio.sleep(3)
    stranger = a_stranger(one)
    await stranger.connect()
    foreign = await stranger.fiscalise(receipt(item("Чужой товар", 100)))
    await stranger.close()
    settled = await settle(one.driver, bookmark, SALE)
    assert [document.fiscal.document for document in settled.foreign] == [foreign.fiscal.document]
    made = [record.number for record in one.documents(bookmark.document + 1)]
    assert len(made) == 1 + isinstance(settled, Exists)
    assert isinstance(settled, Exists) or kind is FaultKind.CUT_BEFORE
    nothing_is_left(one)


SIMILAR = {
    "operation": replace(SALE, operation=Operation.SELL_REFUND),
    "goods": receipt(item("Чай", 12_345), item("Соль", 5_000, "0.5")),
    "order of lines": receipt(item("Сахар", 5_000, "0.5"), item("Чай", 12_345)),
    "buyer": replace(SALE, customer=Customer(email="other@example.ru")),
    "requisite": replace(SALE, additional="другой"),
}


@pytest.mark.parametrize("what", SIMILAR)
@everywhere(Capability.READ_BACK, once=True)
async def test_a_similar_document_is_not_ours(one: Till, what: str) -> None:
    await one.driver.fiscalise(receipt(item("Касса не пуста", 100_000)))
    bookmark = await one.driver.bookmark()
    await one.driver.fiscalise(SIMILAR[what])
    try:
        settled = await settle(one.driver, bookmark, SALE)
    except Unprovable as doubt:
        assert doubt.doubt is Doubt.NEARLY_ALIKE  # noqa: PT017
    else:
        assert isinstance(settled, Absent)


@everywhere(once=True)
async def test_what_cannot_be_proven_is_said(one: Till) -> None:
    bookmark = await one.driver.bookmark()
    made = await one.driver.fiscalise(SALE)
    with pytest.raises(Unprovable) as lent:
        await settle(one.driver, bookmark, SALE, port_kept=False)
    assert lent.value.doubt is Doubt.PORT_LENT
    assert [document.fiscal.document for document in lent.value.candidates] == [made.fiscal.document]
    for elsewhere, doubt in (
        (Bookmark(fn="9999000000000000", document=1, shift=1, shift_open=True), Doubt.OTHER_DRIVE),
        (Bookmark(fn=bookmark.fn, document=1_000, shift=1, shift_open=True), Doubt.FEWER_DOCUMENTS),
    ):
        with pytest.raises(Unprovable) as unprovable:
            await settle(one.driver, elsewhere, SALE)
        assert unprovable.value.doubt is doubt


@everywhere(once=True)
async def test_two_alike(one: Till) -> None:
    bookmark = await one.driver.bookmark()
    first = (await one.driver.fiscalise(SALE)).fiscal
    second = (await one.driver.fiscalise(SALE)).fiscal
    with pytest.raises(Unprovable) as both:
        await settle(one.driver, bookmark, SALE)
    assert (both.value.doubt, both.value.fenced_at) == (Doubt.SEVERAL_ALIKE, second.document)
    assert f"document {first.document}" in both.value.detail
    assert "ФД" in both.value.hint
    assert isinstance(await settle(one.driver, bookmark, SALE, fenced_at=bookmark.document), Absent)
    ours = await settle(one.driver, bookmark, SALE, claimed={(first.document, first.sign)})
    assert isinstance(ours, Exists)
    assert ours.outcome is not None
    assert ours.outcome.fiscal == second
    told = await settle(one.driver, bookmark, SALE, answered=Answered(document=first.document, sign=first.sign))
    assert isinstance(told, Exists)
    assert told.outcome is not None
    assert told.outcome.fiscal == first


@pytest.mark.parametrize("opening", [True, False], ids=["opening", "closing"])
@everywhere(shift=False, once=True)
async def test_a_shift_of_another_cashier_is_foreign(one: Till, *, opening: bool) -> None:
    if not opening:
        await one.driver.open_shift(CASHIER)
    bookmark = await one.driver.bookmark()
    made = await (one.driver.open_shift if opening else one.driver.close_shift)(PETROVA)
    absent = await settle(one.driver, bookmark, ShiftWanted(opening=opening, cashier=CASHIER))
    assert isinstance(absent, Absent)
    assert [document.fiscal for document in absent.foreign] == [made.fiscal]
    assert isinstance(await settle(one.driver, bookmark, ShiftWanted(opening=opening, cashier=PETROVA)), Exists)


@everywhere(Capability.CASH, once=True)
async def test_anothers_cash_is_not_ours(one: Till) -> None:
    bookmark = await one.driver.bookmark(counters=True)
    await one.driver.cash_in(4_000, CASHIER)
    assert isinstance(await settle(one.driver, bookmark, CashWanted(kopecks=5_000)), Absent)
    bookmark = await one.driver.bookmark(counters=True)
    await one.driver.cash_in(5_000, CASHIER)
    assert isinstance(await settle(one.driver, bookmark, CashWanted(kopecks=5_000)), Exists)
    await one.driver.close_shift(CASHIER)
    with pytest.raises(Unprovable) as hidden:
        await settle(one.driver, bookmark, CashWanted(kopecks=5_000))
    assert hidden.value.doubt is Doubt.SHIFT_CHANGED


@everywhere(once=True)
async def test_a_lost_answer_is_settled_within_three_seconds(one: Till) -> None:
    closing = await closing_of(one, SALE)
    bookmark = await one.driver.bookmark()
    one.fault(FaultKind.CUT, closing)
    loop = asyncio.get_running_loop()
    started = loop.time()
    with pytest.raises(LinkError):
        await one.driver.fiscalise(SALE)
    assert loop.time() - started <= 1.5
    assert isinstance(await settle(one.driver, bookmark, SALE), Exists)
    assert loop.time() - started <= 4.5


@everywhere(once=True)
async def test_what_was_answered_is_kept_as_proof(one: Till) -> None:
    bookmark = await one.driver.bookmark()
    assert (one.driver.answered or None) is None
    made = await one.driver.fiscalise(SALE)
    told = one.driver.answered
    assert told == Answered(document=made.fiscal.document, sign=made.fiscal.sign)
    await one.driver.fiscalise(SALE)  # somebody sells the very same
    found = await settle(one.driver, bookmark, SALE, answered=told)
    assert isinstance(found, Exists)
    assert found.outcome is not None
    assert found.outcome.fiscal == made.fiscal
    await one.driver.bookmark()
    assert one.driver.answered is None


@everywhere(once=True)
async def test_no_paper_and_a_new_roll(one: Till) -> None:
    one.device.set_paper(present=False)
    assert (await one.driver.state()).paper is Paper.OUT
    with pytest.raises(NeedsOperator) as held:
        await one.driver.fiscalise(SALE)
    assert held.value.code == "paper_out"
    assert len(one.documents()) == 2
    nothing_is_left(one)
    one.device.set_paper(present=True)
    await one.driver.recover()
    assert (await one.driver.state()).paper is Paper.PRESENT
    assert (await one.driver.fiscalise(SALE)).fiscal.document == 3


@everywhere(once=True)
async def test_an_open_cover(one: Till) -> None:
    one.device.set_cover(open_=True)
    assert (await one.driver.state()).cover_open
    with pytest.raises(NeedsOperator) as held:
        await one.driver.fiscalise(SALE)
    assert held.value.code == "cover_open"
    nothing_is_left(one)
    one.device.set_cover(open_=False)
    await one.driver.recover()
    assert (await one.driver.fiscalise(SALE)).fiscal.document == 3


def break_under_next_document(one: Till) -> None:
    """The roll ends while the next document is being printed: the drive has it, the paper does not."""
    printer = one.device.register.printer
    whole = printer.document

    def breaking(*args: Any, **more: Any) -> None:
        printer.document = whole
        printer.break_off(paper=True)
        whole(*args, **more)

    printer.document = breaking


@pytest.mark.parametrize("answer_lost", [False, True], ids=["answered", "lost"])
@everywhere(once=True)
async def test_paper_that_ends_under_a_document_leaves_it_valid(one: Till, *, answer_lost: bool) -> None:
    closing = await closing_of(one, SALE)
    break_under_next_document(one)
    if answer_lost:
        one.fault(FaultKind.CUT, closing)
    outcome = await one.sell(SALE)
    assert [warning.code for warning in outcome.warnings] == ["paper_pending"]
    assert [record.code for record in one.documents(4)] == [DocumentCode.RECEIPT]
    with pytest.raises(NeedsOperator):
        await one.driver.recover()
    one.device.set_paper(present=True)
    await one.driver.recover()
    assert (await one.driver.state()).paper is Paper.PRESENT
    assert str(outcome.fiscal.sign) in one.device.paper_text()
    assert (await one.driver.fiscalise(SALE)).warnings == ()


@everywhere(once=True)
async def test_an_open_receipt_of_the_last_connection_is_gone(one: Till) -> None:
    closing = await closing_of(one, SALE)
    one.fault(FaultKind.CUT_BEFORE, closing)
    with pytest.raises(LinkError):
        await one.driver.fiscalise(SALE)
    await one.driver.connect()
    assert not (await one.driver.state()).document_open
    assert (await one.driver.drive()).current_document == 0
    assert len(one.documents()) == 3
    nothing_is_left(one)


@everywhere(once=True)
async def test_the_power_fails_and_nothing_is_forgotten(one: Till) -> None:
    await one.driver.fiscalise(SALE)
    one.emulated.power_fail(0.5)
    await asyncio.sleep(1)
    outcome = await one.sell(SALE)
    assert (outcome.fiscal.document, outcome.fiscal.number) == (4, 2)
    assert (await one.driver.counters())["sell_total"] == 2 * SALE.total


@everywhere(real_speed=True, once=True)
async def test_at_real_speed_the_printer_is_waited_for(one: Till) -> None:
    for _ in range(2):
        outcome = await one.driver.fiscalise(SALE)
        assert (outcome.warnings, outcome.differences) == ((), ())
    assert (await one.driver.close_shift(CASHIER)).warnings == ()
