"""Marked goods on every register that checks codes: [M+], [M], [M-], and nothing half accepted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest
from every_register import Place, a_till, asked, everywhere, nothing_is_left, places
from marking_kit import GENUINE, SPOILT
from receipts_of_all import shoe, unit
from register_rows import V12, V105, lacks
from till import Till, item, receipt
from virtual_loop import run_virtual

from devices.errors import RequestError
from devices.registers.base import Capability, Outcome
from devices.registers.marking import MarkingRefused
from devices.registers.settle import Exists, settle
from emulator.marking.oism import Behaviour, Misbehaviour
from protocols.ffd.enums import Measure, Operation, PaymentObject, Vat
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Marking
from protocols.ffd.tlv import Element, all_of, decode, find

MARKS: Final = Capability.MARKING


def cis(code: bytes) -> str:
    return code.partition(b"\x1d")[0].decode()


def lines(one: Till) -> list[tuple[Element, ...]]:
    """The items of the last document."""
    document = one.device.drive.document(one.device.drive.last_document)
    return [line.value for line in all_of(document.elements, T.ITEM)]  # type: ignore[misc]


def number(elements: Sequence[Element], tag: int) -> Any:
    found = find(elements, tag)
    return None if found is None else found.value


def letters(outcome: Outcome) -> list[tuple[int, str, int]]:
    return [(one.item, one.result, one.flags) for one in outcome.marking]


def sold_codes(one: Till) -> list[str]:
    """Every movement of a code that the marking system was told of."""
    told = []
    for _, _, tlv in one.shop.oism.notifications():  # type: ignore[union-attr]
        (document,) = decode(tlv)
        told += [number(line.value, 2101) for line in all_of(document.value, 2007)]  # type: ignore[arg-type]
    return told


@everywhere(MARKS, ffds=(V12,), oism=True)
async def test_marked_lines_are_checked_sold_and_told(one: Till) -> None:
    outcome = await one.driver.fiscalise(receipt(item("Пакет", 500), *(shoe(unit(n)) for n in range(20))))
    assert letters(outcome) == [(n + 1, "M+", 15) for n in range(20)]
    assert (outcome.differences, outcome.warnings) == ((), ())
    bag, *shoes = lines(one)
    assert find(bag, T.PRODUCT_CODE) is None
    for n, line in enumerate(shoes):
        (child,) = number(line, 1163)
        assert (child.tag, child.value) == (1305, cis(unit(n)))
        assert [number(line, tag) for tag in (1212, 2102, 2106)] == [33, 0, 15]
    assert one.device.paper_text().count("[M+]") == 20
    nothing_is_left(one)
    await asyncio.sleep(60)
    assert sorted(sold_codes(one)) == [cis(unit(n)) for n in range(20)]
    assert {entry["planned"] for entry in one.shop.oism.requests()} == {1}  # type: ignore[union-attr]


@everywhere(MARKS, ffds=(V12,), oism=True)
async def test_a_unit_that_was_sold_refuses_the_receipt(one: Till) -> None:
    await one.driver.fiscalise(receipt(shoe()))
    made = len(one.documents())
    with pytest.raises(MarkingRefused) as refused:
        await one.driver.fiscalise(receipt(shoe(unit(1)), shoe(), shoe(unit(2))))
    assert refused.value.code == "marking_status_wrong"
    assert "/items/1/marking" in refused.value.detail
    assert "Позиция 2" in refused.value.hint
    assert [verdict.result for verdict in refused.value.marking] == ["M+", "M-", "M+"]
    assert len(one.documents()) == made
    nothing_is_left(one)
    await one.driver.fiscalise(receipt(shoe(unit(1)), shoe(unit(2))))


@everywhere(MARKS, ffds=(V12,), oism=True)
async def test_sold_all_the_same_when_the_caller_says_so(one: Till) -> None:
    await one.driver.fiscalise(receipt(shoe()))
    outcome = await one.driver.fiscalise(replace(receipt(shoe(), shoe(unit(1))), sell_despite_marking=True))
    assert letters(outcome) == [(0, "M-", 7), (1, "M+", 15)]
    assert outcome.differences == ()
    (warning,) = outcome.warnings
    assert warning.code == "marking_status_wrong"
    assert [number(line, 2106) for line in lines(one)] == [7, 15]


@everywhere(MARKS, ffds=(V12,), oism=True)
async def test_a_unit_comes_back_and_is_sold_again(one: Till) -> None:
    await one.driver.fiscalise(receipt(shoe()))
    back = receipt(shoe(), operation=Operation.SELL_REFUND)
    assert letters(await one.driver.fiscalise(back)) == [(0, "M+", 15)]
    assert one.shop.oism.requests()[-1]["planned"] == 3  # type: ignore[union-attr]
    await one.driver.fiscalise(receipt(shoe(unit(9), 600_000)))  # money for the second one
    with pytest.raises(MarkingRefused) as refused:
        await one.driver.fiscalise(back)
    assert refused.value.code == "marking_return_status_wrong"
    assert letters(await one.driver.fiscalise(receipt(shoe()))) == [(0, "M+", 15)]


FACTS: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"status": "emitted"}, "marking_status_wrong"),
    ({"status": "withdrawn"}, "marking_status_wrong"),
    ({"found": False}, "marking_status_wrong"),
    ({"status": "other_gtin"}, "marking_status_wrong"),
    ({"status": "foreign_owner"}, "marking_status_wrong"),
    ({"status": "expired"}, "marking_status_wrong"),
    ({"blocked": True}, "marking_turnover_suspended"),
    ({"verified": False}, "marking_not_genuine"),
)


@everywhere(MARKS, ffds=(V12,), oism=True)
async def test_every_refusal_has_its_reason(one: Till) -> None:
    for place, (facts, code) in enumerate(FACTS):
        one.shop.oism.book.put(cis(unit(place)), facts)  # type: ignore[union-attr]
        with pytest.raises(MarkingRefused) as refused:
            await one.driver.fiscalise(receipt(shoe(unit(place))))
        assert (refused.value.code, refused.value.hint[:11]) == (code, "Позиция 1: ")
        nothing_is_left(one)


SILENCES: Final = (
    (Behaviour.SILENT, "marking_server_silent"),
    (Behaviour.REFUSE, "marking_server_silent"),
    (Behaviour.CUT, "marking_server_silent"),
    (Behaviour.WRONG_NUMBER, "marking_answer_rejected"),
    (Behaviour.WRONG_SIGN, "marking_answer_rejected"),
    (Behaviour.WRONG_DRIVE, "marking_answer_rejected"),
    (Behaviour.MALFORMED, "marking_request_refused"),
    (Behaviour.UNRECOGNISED, "marking_code_unrecognised"),
)


@pytest.mark.parametrize(("how", "code"), SILENCES, ids=[str(how) for how, _ in SILENCES])
@everywhere(MARKS, ffds=(V12,), oism=True, once=True)
async def test_what_could_not_be_checked_is_sold_with_a_warning(one: Till, how: Behaviour, code: str) -> None:
    one.shop.oism.misbehave(Misbehaviour(how), 1)  # type: ignore[union-attr]
    outcome = await one.driver.fiscalise(receipt(shoe(unit(1)), shoe()))
    assert [(verdict.result, verdict.reason) for verdict in outcome.marking] == [("M", code), ("M+", "")]
    assert [warning.code for warning in outcome.warnings] == [code]
    assert outcome.warnings[0].hint
    assert outcome.differences == ()


@everywhere(MARKS, ffds=(V12,))
async def test_nobody_to_ask(one: Till) -> None:
    outcome = await one.driver.fiscalise(receipt(*(shoe(unit(n)) for n in range(3))))
    assert {verdict.result for verdict in outcome.marking} == {"M"}
    assert [warning.code for warning in outcome.warnings] == ["marking_server_silent"]
    assert letters(await one.driver.fiscalise(receipt(shoe(GENUINE)))) == [(0, "M", 3)]
    with pytest.raises(MarkingRefused) as refused:
        await one.driver.fiscalise(receipt(shoe(SPOILT)))
    assert refused.value.code == "marking_not_genuine"
    nothing_is_left(one)


@everywhere(MARKS, ffds=(V12,), oism=True)
async def test_parts_measures_and_gifts(one: Till) -> None:
    outcome = await one.driver.fiscalise(
        receipt(
            shoe(unit(1), 10_000, part={"numerator": 1, "denominator": 3}),
            shoe(unit(2), 40_000, "0.250", measure=Measure.KILOGRAM, vat=Vat.VAT10),
            shoe(unit(3), 0),
        )
    )
    assert (outcome.differences, [verdict.result for verdict in outcome.marking]) == ((), ["M+"] * 3)
    part, measured, gift = lines(one)
    assert [(one.tag, one.value) for one in number(part, 1291)][:2] == [(1293, 1), (1294, 3)]
    assert (number(measured, 1023), number(measured, 2108)) == (Decimal("0.25"), 11)
    assert (number(gift, 1043), number(gift, 2106)) == (0, 15)
    assert [entry["planned"] for entry in one.shop.oism.requests()] == [2, 2, 1]  # type: ignore[union-attr]


@everywhere(MARKS, ffds=(V12,), oism=True)
async def test_asking_about_a_code_sells_nothing_and_leaves_nothing(one: Till) -> None:
    good = await one.driver.check_code(unit(0))
    assert (good.result, good.flags, good.reason) == ("M+", 15, "")
    nothing_is_left(one)
    await one.driver.fiscalise(receipt(shoe()))
    sold = await one.driver.check_code(unit(0))
    assert (sold.result, sold.reason) == ("M-", "marking_status_wrong")
    assert (await one.driver.check_code(unit(0), operation=Operation.SELL_REFUND)).result == "M+"
    assert (await one.driver.check_code(unit(5), fraction=(1, 2))).result == "M+"
    nothing_is_left(one)
    with pytest.raises(RequestError) as unfit:
        await one.driver.check_code(b"x" * 300)
    assert unfit.value.code == "marking_code_unfit"
    assert len(one.documents()) == 3


@everywhere(MARKS, ffds=(V12,), oism=True)
async def test_settling_tells_the_marks_of_the_document(one: Till) -> None:
    await one.driver.fiscalise(receipt(shoe(unit(7))))
    wanted = replace(receipt(shoe(), shoe(unit(7), 100)), sell_despite_marking=True)
    bookmark = await one.driver.bookmark()
    await one.driver.fiscalise(wanted)
    await one.driver.connect()
    settled = await settle(one.driver, bookmark, wanted)
    assert isinstance(settled, Exists)
    assert settled.outcome is not None
    assert letters(settled.outcome) == [(0, "M+", 15), (1, "M-", 7)]
    assert (settled.outcome.differences, len(settled.outcome.warnings)) == ((), 1)


@everywhere(ffds=(V105,), oism=True)
async def test_before_ffd_12_the_code_is_written_and_not_checked(one: Till) -> None:
    outcome = await one.driver.fiscalise(receipt(item("Пакет", 500), shoe()))
    assert [(verdict.item, verdict.result, verdict.reason) for verdict in outcome.marking] == [
        (1, "M", "marking_not_in_ffd")
    ]
    assert (outcome.differences, outcome.warnings) == ((), ())
    assert number(lines(one)[1], 1162).startswith(b"DM")
    commands, _ = asked(one)
    check = await one.driver.check_code(unit(0))
    assert (check.result, check.flags, check.reason, check.local) == ("M", 0, "marking_not_in_ffd", None)
    assert commands == []


WITHOUT: Final = [one for one in places((V12,)) if MARKS in lacks(one.row.family, V12)]


@pytest.mark.skipif(not WITHOUT, reason="every family checks codes")
@pytest.mark.parametrize("place", WITHOUT, ids=str)
def test_a_register_that_cannot_check_codes_says_so(place: Place) -> None:
    async def looked() -> None:
        async with a_till(place) as one:
            marked = item(payment_object=PaymentObject.COMMODITY_WITH_MARKING, marking=Marking(code=unit(0)))
            assert [fault.pointer for fault in one.driver.faults(receipt(marked))] == ["/items/0/marking"]
            with pytest.raises(RequestError):
                await one.driver.check_code(unit(0))
            assert await one.driver.marking_state() is None

    run_virtual(looked())
