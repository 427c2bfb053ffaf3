"""Others work on the same register: their documents, shifts and cash are never taken for ours, nor ours for theirs."""

from types import SimpleNamespace
from typing import Any

import pytest
from till import CASHIER, item, receipt, till
from virtual_loop import virtual

from devices.errors import DeviceError, LinkError, ProtocolError
from devices.registers.doubts import Doubt
from devices.registers.settle import Absent, CashWanted, Exists, ShiftWanted, Unprovable, settle
from devices.registers.shtrih.receipts import Receipts
from emulator.faults import FaultKind
from protocols.shtrih.errors import UNSUPPORTED

SALE = receipt(item("Чай", 12_345))


@virtual
async def test_the_answer_is_kept_when_only_the_reading_back_is_lost() -> None:
    async with till() as one:
        bookmark = await one.driver.bookmark()
        one.fault(FaultKind.CUT, 0xFF3A)
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        made = one.documents()[-1]
        assert one.driver.answered is not None
        assert one.driver.answered.document == made.number
        told = one.driver.answered
        await one.driver.connect()
        await one.driver.fiscalise(SALE)  # somebody sells the very same
        found = await settle(one.driver, bookmark, SALE, answered=told)
        assert isinstance(found, Exists)
        assert found.outcome is not None
        assert found.outcome.fiscal.document == made.number
        await one.driver.bookmark()
        assert one.driver.answered is None


@virtual
async def test_a_closing_answered_with_an_old_document_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with till() as one:
        await one.driver.fiscalise(SALE)
        whole = Receipts._commands

        async def late(self: Receipts, *plan: Any) -> Any:
            made, verdicts = await whole(self, *plan)
            return SimpleNamespace(document=made.document - 1, sign=made.sign), verdicts

        monkeypatch.setattr(Receipts, "_commands", late)
        with pytest.raises(LinkError) as contradiction:
            await one.driver.fiscalise(SALE)
        assert contradiction.value.code == "answer_contradicts_drive"
        assert one.driver.answered is None


@virtual
async def test_a_report_in_the_name_of_the_registers_own_operator_is_ours() -> None:
    """Firmware that cannot be told the cashier writes the operator of table 2."""
    async with till(shift=False) as one:
        assert await one.driver.own_cashiers() == ("СИСТ. АДМИНИСТРАТОР",)
        bookmark = await one.driver.bookmark()
        await one.driver.open_shift(None)
        assert isinstance(await settle(one.driver, bookmark, ShiftWanted(opening=True, cashier=CASHIER)), Exists)


@virtual
async def test_cash_taken_in_at_the_till_is_seen_by_the_next_bookmark() -> None:
    """It was read once a connection: a foreign cash in was then taken for ours, and ours was lost."""
    async with till() as one:
        await one.driver.bookmark(counters=True)
        counted = one.device.register.core.till
        counted.post_cash(5_000, incoming=True)
        bookmark = await one.driver.bookmark(counters=True)
        assert (bookmark.cash_ins, bookmark.cash_in_sum) == (1, 5_000)
        assert isinstance(await settle(one.driver, bookmark, CashWanted(kopecks=5_000)), Absent)
        counted.post_cash(4_000, incoming=True)
        assert isinstance(await settle(one.driver, bookmark, CashWanted(kopecks=5_000)), Absent)
        await one.driver.cash_in(5_000, CASHIER)
        with pytest.raises(Unprovable, match="the count went from 1 to 3"):
            await settle(one.driver, bookmark, CashWanted(kopecks=5_000))


@pytest.mark.parametrize(("error", "times", "known"), [(0x20, 1, 0), (UNSUPPORTED, 2, 0), (UNSUPPORTED, 12, None)])
@virtual
async def test_a_register_that_the_device_does_not_have_is_asked_for_twice(
    error: int, times: int, known: int | None
) -> None:
    """And the three counters of a bookmark are heard alike twice."""
    async with till() as one:
        one.fault(FaultKind.DRIVE_ERROR, 0x1B, error=error, count=times)
        assert (await one.driver.bookmark(counters=True)).cash_ins == known


@pytest.mark.parametrize(("fault", "times"), [(FaultKind.DRIVE_ERROR, 2), (FaultKind.BUSY, 1)])
@virtual
async def test_a_bookmark_without_its_counters_is_none(fault: FaultKind, times: int) -> None:
    """Simulation seed 40494: the drive's refusal was taken for a register that does not count, and nothing of what was
    done on that bookmark could be proven."""
    async with till() as one:
        one.fault(fault, 0x1B, error=0x20, count=times)
        with pytest.raises(DeviceError):
            await one.driver.bookmark(counters=True)
        assert (await one.driver.bookmark(counters=True)).cash_ins == 0


@pytest.mark.parametrize(
    ("broken", "doubt"),
    [
        (None, Doubt.HIDDEN_DOCUMENT),
        (ProtocolError("garbage", code="document_malformed"), Doubt.UNREADABLE_DOCUMENT),
        (ProtocolError("noise", code="line_noise"), None),
    ],
)
@virtual
async def test_a_document_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, broken: ProtocolError | None, doubt: Doubt | None
) -> None:
    """Garbage in the drive stays garbage and is a person's matter; noise on the line passes, so it is asked again."""
    async with till() as one:
        bookmark = await one.driver.bookmark()
        made = await one.driver.fiscalise(SALE)

        async def document(number: int) -> None:
            if broken is not None:
                raise broken

        monkeypatch.setattr(one.driver, "document", document)
        with pytest.raises((Unprovable, ProtocolError)) as stopped:
            await settle(one.driver, bookmark, SALE)
        if doubt is None:
            assert stopped.value is broken
        else:
            assert isinstance(stopped.value, Unprovable)
            assert (stopped.value.doubt, stopped.value.fenced_at) == (doubt, made.fiscal.document)
