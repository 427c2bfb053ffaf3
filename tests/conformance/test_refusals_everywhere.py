"""What a register cannot make is told by pointer before anything is sent; what it refuses leaves nothing behind."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from every_register import asked, everywhere, nothing_is_left
from receipts_of_all import shoe, unit
from register_rows import V12, V105
from till import CASHIER, Till, item, receipt

from devices.errors import Rejected, RequestError, Unmakeable
from devices.registers.base import Capability
from protocols.ffd.enums import Operation
from protocols.ffd.receipt import Receipt, Supplier, UserDetail

UNMAKEABLE: Final = {
    "a sign no register can print": (receipt(item("Чай ☕")), "/items/0/name", "tag_value"),
    "too long a name": (receipt(item(), item("Ы" * 129)), "/items/1/name", "tag_value"),
    "no tax system": (receipt(taxation=None), "/taxation", "taxation_ambiguous"),
    "a supplier's name": (
        receipt(item(supplier=Supplier(name="О" * 257, phones=("+79991112233",)))),
        "/items/0/supplier_info",
        "",
    ),
    "a requisite": (receipt(user_detail=UserDetail(name="я" * 65, value="1")), "/additional_user_props", ""),
    "too much money": (receipt(item("Рояль", 2**48)), "", ""),
}


@pytest.mark.parametrize("name", UNMAKEABLE)
@everywhere(once=True)
async def test_what_cannot_be_made_is_told_before_anything_is_sent(one: Till, name: str) -> None:
    wanted, pointer, code = UNMAKEABLE[name]
    commands, _ = asked(one)
    faults = one.driver.faults(wanted)
    assert faults
    assert any(fault.pointer.startswith(pointer) and fault.code.startswith(code) for fault in faults), faults
    assert all(fault.hint for fault in faults)
    with pytest.raises(Unmakeable) as refused:
        await one.driver.fiscalise(wanted)
    assert refused.value.faults == faults
    assert commands == []


@everywhere(Capability.MARKING, ffds=(V12,), oism=True)
async def test_the_same_unit_twice(one: Till) -> None:
    commands, _ = asked(one)
    with pytest.raises(RequestError) as refused:
        await one.driver.fiscalise(receipt(shoe(), shoe(unit(1)), shoe()))
    assert refused.value.code == "marking_code_twice"
    assert commands == []


@everywhere(once=True)
async def test_all_its_faults_at_once(one: Till) -> None:
    wanted = receipt(item("Чай ☕"), item("Ы" * 129), taxation=None)
    assert {fault.pointer for fault in one.driver.faults(wanted)} >= {"/items/0/name", "/items/1/name", "/taxation"}


@everywhere(once=True)
async def test_no_money_to_give_back(one: Till) -> None:
    for operation in (Operation.SELL_REFUND, Operation.BUY):
        with pytest.raises(Rejected) as refused:
            await one.driver.fiscalise(receipt(item("Чай", 10_000), operation=operation))
        assert refused.value.hint
        nothing_is_left(one)
        assert not (await one.driver.state()).document_open
    assert len(one.documents()) == 2
    assert (await one.driver.fiscalise(receipt())).fiscal.document == 3


@everywhere(once=True)
async def test_a_refused_quiet_receipt_does_not_silence_the_next(one: Till) -> None:
    with pytest.raises(Rejected):
        await one.driver.fiscalise(receipt(item("x", 10**7), operation=Operation.BUY, print_paper=False))
    await one.driver.fiscalise(receipt(item("Тихий чай"), print_paper=False))
    await one.driver.fiscalise(receipt(item("Громкий чай")))
    paper = one.device.paper_text()
    assert "Громкий чай" in paper
    assert "Тихий чай" not in paper


@everywhere(Capability.CORRECTION, ffds=(V105,))
async def test_what_a_correction_by_sums_cannot_say(one: Till) -> None:
    from receipts_of_all import SELF

    wanted: Receipt = receipt(item("Чай", 10_000), correction=SELF, customer=None)
    for operation in (Operation.SELL_REFUND, Operation.BUY_REFUND):
        faults = one.driver.faults(replace(wanted, operation=operation))
        assert [fault.pointer for fault in faults if fault.code == "correction_impossible"] == ["/operation"]


@everywhere(Capability.PRINT_TEXT, once=True)
async def test_lines_around_the_receipt(one: Till) -> None:
    await one.driver.fiscalise(receipt(header_lines=("Заказ 1001",), footer_lines=("Спасибо, приходите",)))
    paper = one.device.paper_text()
    assert "Заказ 1001" in paper
    assert "Спасибо, приходите" in paper
    commands, _ = asked(one)
    with pytest.raises(RequestError):
        await one.driver.fiscalise(receipt(header_lines=("☕",)))
    assert commands == []
    await one.driver.cash_in(1, CASHIER)
