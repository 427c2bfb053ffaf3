"""Shtrih-M (v1) and ATOL sum frames up in one byte: what was misheard is not believed alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from converter import behind_converter
from misheard import Misheard, lessened, sum_changed
from till import CASHIER, item, receipt, till
from virtual_loop import virtual

from devices.errors import LinkError
from devices.registers.base import ArchivedDocument
from devices.registers.doubts import Unprovable
from devices.registers.factory import FAMILIES
from devices.registers.settle import Exists, ShiftWanted, settle
from protocols.ffd.enums import DocumentCode

STX, END_ITEM = b"\x02", b"\xeb"
SALE = receipt(item("Чай", 1_000), item("Сахар", 2_000))
LINES = [("shtrih", {"protocol": "1"}), ("atol", {"protocol": "2"}), ("atol", {"protocol": "3"})]


@pytest.mark.parametrize(("what", "at"), [("last document", 1), ("last document", 2), ("content", 1), ("content", 2)])
@pytest.mark.parametrize(("family", "options"), LINES)
@virtual
async def test_what_settling_hears_once_decides_nothing(
    family: str, options: dict[str, str], what: str, at: int
) -> None:
    """Misheard so, the document would be taken for another's, or for one that was never made: ours would come twice."""
    async with behind_converter(family, options) as (one, converter):
        bookmark = await one.driver.bookmark()
        converter.spoil = lambda data: [] if one.documents()[-1].number > bookmark.document else [data]
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        last = one.documents()[-1].number
        assert last == bookmark.document + 1
        misheard = converter.spoil = Misheard(
            lessened(last, bookmark.fn) if what == "last document" else sum_changed, at
        )
        settled = await settle(one.driver, bookmark, SALE)
        assert isinstance(settled, Exists)
        assert misheard.seen >= at


@pytest.mark.parametrize(("family", "options"), LINES)
@virtual
async def test_a_difference_that_was_misheard_is_none(family: str, options: dict[str, str]) -> None:
    async with behind_converter(family, options) as (one, converter):
        misheard = converter.spoil = Misheard(sum_changed)
        assert (await one.driver.fiscalise(SALE)).differences == ()
        assert misheard.seen > 1


@pytest.mark.parametrize("by", [1, 2])
@pytest.mark.parametrize(("family", "options"), LINES)
@virtual
async def test_a_report_is_no_older_document(family: str, options: dict[str, str], by: int) -> None:
    """Nor the report that opened the shift before."""
    async with behind_converter(family, options, shift=False) as (one, converter):
        await one.driver.open_shift(CASHIER)
        await one.driver.close_shift(CASHIER)
        last = one.documents()[-1].number + 1
        misheard = converter.spoil = Misheard(lessened(last, one.driver.identity.fn, by))
        outcome = await one.perform(ShiftWanted(opening=True, cashier=CASHIER), lambda: one.driver.open_shift(CASHIER))
        assert misheard.seen
        assert outcome is not None
        assert (outcome.fiscal.document, one.documents()[-1].number) == (last, last)


@pytest.mark.parametrize("family", FAMILIES)
@virtual
async def test_a_report_is_of_the_kind_that_was_asked_for(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with till(family=family, shift=False) as one:
        document = one.driver.document

        async def another(number: int) -> ArchivedDocument | None:
            found = await document(number)
            return found and replace(found, code=DocumentCode.RECEIPT)

        monkeypatch.setattr(one.driver, "document", another)
        with pytest.raises(LinkError) as contradicted:
            await one.driver.open_shift(CASHIER)
        assert contradicted.value.code == "answer_contradicts_drive"


@virtual
async def test_a_line_whose_zeros_were_lost_is_nearly_ours() -> None:
    """EBh ends in a name without a length: a lost zero, which XOR cannot see, moves it; the last answer is lost too."""
    async with behind_converter("atol", {"protocol": "2"}) as (one, converter):
        bookmark = await one.driver.bookmark()
        converter.spoil_sent = lambda data: (
            data.replace(bytes(8), bytes(7), 1) if data[:1] == STX and data[3:4] == END_ITEM else data
        )
        converter.spoil = lambda data: [] if one.documents()[-1].number > bookmark.document else [data]
        with pytest.raises(LinkError):
            await one.driver.fiscalise(SALE)
        converter.spoil_sent, converter.spoil = lambda data: data, lambda data: [data]
        with pytest.raises(Unprovable, match="differs in a detail"):
            await settle(one.driver, bookmark, SALE)
