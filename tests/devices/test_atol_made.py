"""Receipts on an emulated ATOL register: the commands of a plan, and what becomes of the whole."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from till import CASHIER, Till, item, receipt, till
from virtual_loop import virtual

from devices.errors import DeviceError, LinkError, NeedsOperator, Rejected, Retryable, Unmakeable
from devices.registers.atol import receipts
from devices.registers.atol.options import Options
from devices.registers.atol.plan import Plan, make_plan
from devices.registers.base import Capability, Shift
from devices.registers.settle import Exists, settle
from emulator.faults import FaultKind
from protocols.atol.commands import encode_request
from protocols.atol.commands.receipts import (
    DO_NOT_PRINT,
    IGNORE_CASH,
    BeginItem,
    CloseReceipt,
    EndItem,
    OpenReceipt,
    Pay,
    ReceiptTax,
    WriteTag,
    write_tag,
)
from protocols.ffd.enums import (
    CorrectionKind,
    FfdVersion,
    Operation,
    PaymentMethod,
    PaymentObject,
    Taxation,
    Vat,
)
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Correction, Customer, Marking, Payments
from protocols.ffd.tlv import Element, encode

V105, V11, V12 = FfdVersion.V1_05, FfdVersion.V1_1, FfdVersion.V1_2
CORRECTION = Correction(kind=CorrectionKind.SELF, date=date(2026, 3, 1))
CODE = b"010460000000001521000001\x1d93dGVz"


def plan(one: Till, wanted: Any) -> Plan:
    return make_plan(wanted, one.driver._known(), no_print=DO_NOT_PRINT)  # type: ignore[attr-defined]


def tag(*elements: Element) -> list[WriteTag]:
    return [request for element in elements for request in write_tag(encode((element,)), printed=True)]


@virtual
async def test_the_commands_of_a_receipt() -> None:
    wanted = receipt(
        item("Чай", 12_345, "2", payment_method=PaymentMethod.PREPAYMENT, payment_object=PaymentObject.SERVICE),
        payments=Payments(cash=4_690, electronic=10_000, prepaid=10_000, received=5_000),
        customer=Customer(phone="+79161234567"),
        taxation=Taxation.PATENT,
        print_paper=False,
    )
    async with till(family="atol", ffd=V12) as one:
        made = plan(one, wanted)
        assert made.open == OpenReceipt(DO_NOT_PRINT, 1)
        assert made.lines == (
            BeginItem(0, 1, 0),
            *tag(Element(T.QUANTITY_UNIT, 0)),
            EndItem(0, 12_345, Decimal(2), 24_690, 11, 0, 1, 4, 2, 0, 0, b"\0\0", "Чай"),
            *tag(
                Element(T.TAX_SYSTEM, 32),
                Element(T.BUYER_CONTACT, "+79161234567"),
                Element(T.CASHIER, CASHIER.name),
                Element(T.CASHIER_INN, CASHIER.inn or ""),
            ),
        )
        assert made.payments == (Pay(0, 2, 10_000), Pay(0, 3, 10_000))
        assert made.close == CloseReceipt(0, 1, 5_000)
        outcome = await one.driver.fiscalise(wanted)
        assert outcome.differences == ()
        assert str(outcome.fiscal.sign) not in one.device.paper_text()


@virtual
async def test_a_correction_of_105_is_one_item_and_its_taxes() -> None:
    wanted = receipt(
        item("Чай", 1_000, vat=Vat.VAT10),
        item("Сахар", 2_000, vat=Vat.VAT22),
        item("Соль", 3_000, vat=Vat.NONE),
        correction=CORRECTION,
        customer=None,
    )
    async with till(family="atol", ffd=V105) as one:
        made = plan(one, wanted)
        assert made.open == OpenReceipt(0, 7)
        assert sum(isinstance(request, EndItem) for request in made.lines) == 1
        taxes = {request.tax: request.sum for request in made.lines if isinstance(request, ReceiptTax)}
        assert taxes == {2: 91, 6: 3_000, 11: 361}
        outcome = await one.driver.fiscalise(wanted)
        assert outcome.differences == ()
        assert Capability.CORRECTION_ITEMS not in one.driver.capabilities


@virtual
async def test_no_cash_moves_where_none_is_paid() -> None:
    refund = receipt(item("Чай", 1_000), operation=Operation.SELL_REFUND, payments=Payments(electronic=1_000))
    async with till(family="atol") as one:
        assert [request.flags for request in plan(one, refund).lines if isinstance(request, EndItem)] == [IGNORE_CASH]
        assert (await one.driver.fiscalise(refund)).differences == ()
        with pytest.raises(Rejected) as short:
            await one.driver.fiscalise(receipt(item("Чай", 1_000), operation=Operation.SELL_REFUND))
        assert short.value.code == "not_enough_cash"
        assert not (await one.driver.state()).document_open


@pytest.mark.parametrize("protocol", ["2", "3"])
@virtual
async def test_long_tags_go_in_blocks_and_names_in_the_registers_letters(protocol: str) -> None:
    wanted = receipt(
        item("L'Oreal №5 за $1", 1_000, user_data="д" * 64, vat=Vat.VAT7),
        item("ё" * 128, 2_000),
        additional="р" * 16,
        customer=Customer(email="buyer@example.ru", name="П" * 250, inn="500100732259"),
        header_lines=("Добро пожаловать",),
        footer_lines=("Приходите ещё",),
    )
    async with till(family="atol", ffd=V105, options={"protocol": protocol}) as one:
        blocks = [request.blocks for request in plan(one, wanted).lines if isinstance(request, WriteTag)]
        assert max(blocks) == 2
        outcome = await one.driver.fiscalise(wanted)
        assert (outcome.differences, outcome.warnings) == ((), ())
        assert "Приходите ещё" in one.device.paper_text()


@virtual
async def test_marked_goods() -> None:
    marked = receipt(
        item(payment_object=PaymentObject.COMMODITY_WITH_MARKING, marking=Marking(code=CODE)), item("Пакет", 500)
    )
    async with till(family="atol", ffd=V11) as one:
        outcome = await one.driver.fiscalise(marked)
        assert outcome.differences == ()
        assert [(verdict.item, verdict.result) for verdict in outcome.marking] == [(0, "M")]
        assert (await one.driver.check_code(CODE)).reason == "marking_not_in_ffd"
    async with till(family="atol", ffd=V12) as one:
        assert Capability.MARKING not in one.driver.capabilities
        assert not one.driver.identity.marking
        with pytest.raises(Unmakeable) as refused:
            await one.driver.fiscalise(marked)
        assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [
            ("/items/0/marking", "marking_not_supported")
        ]
        assert "веб-сервер АТОЛ" in refused.value.hint
        assert await one.driver.marking_state() is None


@virtual
async def test_what_the_commands_have_no_room_for() -> None:
    async with till(family="atol") as one:
        for wrong, where in (
            (receipt(item("Чай", 1_000, "0.0001")), "/items/0"),
            (receipt(item("кВт·ч", 1_000)), "/items/0"),
            (receipt(item("Чай", 10**11)), "/"),
        ):
            found = one.driver.faults(wrong)
            assert found, wrong
            assert found[0].pointer.startswith(where)
            assert found[0].hint
        fine = receipt(item("Чай", 1_000, "0.001"))
        assert one.driver.faults(fine) == ()
        assert one.driver.faults(fine) is one.driver.faults(fine)


@pytest.mark.parametrize("first", [b"\x18\0", None], ids=["18 %", "no such row"])
@virtual
async def test_a_rate_that_the_registers_table_does_not_hold(first: bytes | None) -> None:
    async with till(family="atol") as one:
        memory = one.device.register.core.memory
        memory.write(13, 11, 2, first or b"\x20\0")
        await one.driver.close()
        await one.driver.connect()
        one.driver._profile = None  # type: ignore[attr-defined]
        await one.driver.connect()
        assert Vat.VAT22 not in one.driver.identity.vat_rates
        (fault,) = one.driver.faults(receipt(item("Чай", 1_000)))
        assert (fault.pointer, fault.code) == ("/items/0/vat", "vat_missing_in_register")


@virtual
async def test_a_line_that_the_register_counts_otherwise_is_not_sold(monkeypatch: pytest.MonkeyPatch) -> None:
    """One item is lost on the way, and nobody says so: the total of 3Fh tells before anything is final."""
    async with till(family="atol") as one:
        whole = receipts.Receipts._commands

        async def without_the_last(self: Any, wanted: Any, made: Plan, last: int) -> None:
            at = max(index for index, request in enumerate(made.lines) if isinstance(request, BeginItem))
            short = Plan(open=made.open, lines=made.lines[:at], payments=made.payments, close=made.close)
            await whole(self, wanted, short, last)

        monkeypatch.setattr(receipts.Receipts, "_commands", without_the_last)
        with pytest.raises(Rejected) as differs:
            await one.driver.fiscalise(receipt(item("Чай", 1_000), item("Сахар", 2_000)))
        assert differs.value.code == "total_differs"
        assert len(one.documents()) == 2
        assert not (await one.driver.state()).document_open


@virtual
async def test_tags_that_waited_for_a_report_are_taken_out_of_the_receipt() -> None:
    """E8h before a report that was never made: the next receipt takes them, and says so of the same tag."""
    async with till(family="atol") as one:
        for request in tag(Element(T.CASHIER, "Чужая Ч. Ч."), Element(T.BUYER_CONTACT, "+70000000000")):
            one.device.register.execute(encode_request(request))
        with pytest.raises(Retryable) as waited:
            await one.driver.fiscalise(receipt(item("Чай", 1_000)))
        assert waited.value.code == "tag_written"
        assert len(one.documents()) == 2
        outcome = await one.driver.fiscalise(receipt(item("Чай", 1_000)))
        assert outcome.differences == ()


@virtual
async def test_a_receipt_that_somebody_left_open_is_cancelled() -> None:
    async with till(family="atol") as one:
        await one.driver.bookmark()
        one.device.register.execute(encode_request(OpenReceipt(0, 2)))
        with pytest.raises(Retryable):
            await one.driver.fiscalise(receipt(item("Чай", 1_000)))
        assert (await one.driver.fiscalise(receipt(item("Чай", 1_000)))).fiscal.document == 3
        one.device.register.execute(encode_request(OpenReceipt(0, 2)))
        assert (await one.driver.bookmark()).document == 3
        assert one.device.register.core.draft is None


@virtual
async def test_a_mode_that_somebody_changed_is_entered_again() -> None:
    async with till(family="atol") as one:
        for mode in (0, 2, 4):
            one.device.register.core.mode = type(one.device.register.core.mode)(mode)
            assert (await one.driver.fiscalise(receipt(item("Чай", 1_000)))).differences == ()


@virtual
async def test_a_closing_that_was_answered_without_a_document_is_settled() -> None:
    async with till(family="atol") as one:
        last = one.documents()[-1].number
        one.driver._last_document = last + 1  # type: ignore[attr-defined]
        with pytest.raises(LinkError) as old:
            await one.driver.fiscalise(receipt(item("Чай", 1_000)))
        assert old.value.code == "answer_contradicts_drive"
        assert one.driver.answered is None
        one.driver._last_document = last - 1  # type: ignore[attr-defined]
        with pytest.raises(LinkError) as several:
            await one.driver.fiscalise(receipt(item("Чай", 1_000)))
        assert several.value.code == "answer_contradicts_drive"


@pytest.mark.parametrize("protocol", ["2", "3"])
@virtual
async def test_a_printer_that_is_busy_is_waited_for(protocol: str) -> None:
    async with till(family="atol", options={"protocol": protocol}) as one:
        one.fault(FaultKind.BUSY, 0x92, seconds=1.0)
        outcome = await one.driver.fiscalise(receipt(item("Чай", 1_000)))
        assert (outcome.fiscal.document, outcome.differences) == (3, ())
        one.fault(FaultKind.BUSY, 0x4A, seconds=1.0)
        with pytest.raises(Retryable):
            await one.driver.fiscalise(receipt(item("Чай", 1_000)))
        assert len(one.documents()) == 3


@virtual
async def test_a_shift_of_more_than_a_day() -> None:
    async with till(family="atol") as one:
        one.shop.clock.advance(25 * 3600)
        assert (await one.driver.state()).shift is Shift.EXPIRED
        with pytest.raises(NeedsOperator) as late:
            await one.driver.fiscalise(receipt(item("Чай", 1_000)))
        assert late.value.code == "shift_expired"


@virtual
async def test_the_other_flag_of_no_paper() -> None:
    options = {"no_print": "02"}
    async with till(family="atol", quirks=frozenset({"no-print-02"}), options=options) as one:
        silent = await one.driver.fiscalise(receipt(item("Чай", 1_000), print_paper=False))
        assert str(silent.fiscal.sign) not in one.device.paper_text()
    assert Options.of(options).no_print == 0x02


@pytest.mark.parametrize("times", [1, 2, 3])
@virtual
async def test_a_drive_that_is_busy_while_a_document_is_read_has_not_ended_it(times: int) -> None:
    """Taken for its end, a document without tags was nobody's: settling would have made it again (seed 25 of ATOL)."""
    sale = receipt(item("Чай", 1_000))
    async with till(family="atol") as one:
        bookmark = await one.driver.bookmark()
        one.fault(FaultKind.DRIVE_ERROR, 0xA446, count=times)
        with pytest.raises(Retryable):
            await one.driver.fiscalise(sale)
        for _ in range(times - 1):
            with pytest.raises(Retryable):
                await settle(one.driver, bookmark, sale)
        settled = await settle(one.driver, bookmark, sale)
        assert isinstance(settled, Exists)
        assert settled.outcome is not None
        assert settled.outcome.differences == ()


@virtual
async def test_a_quantity_finer_than_thousandths_is_told_where_it_stands() -> None:
    async with till(family="atol") as one:
        found = one.driver.faults(receipt(item("Чай", 100), item("Шафран", 1_000_000, "0.0005")))
    assert [(fault.pointer, fault.code) for fault in found] == [("/items/1/quantity", "receipt_does_not_fit")]


@virtual
async def test_what_is_asked_of_a_refusal_may_be_refused_too() -> None:
    """Simulation, `--family atol`, seed 20538: no paper, and a drive that answered nothing just then."""
    async with till(family="atol") as one:
        await one.driver.bookmark()
        one.device.set_paper(present=False)
        one.fault(FaultKind.DRIVE_ERROR, 0x3F, error=0xD2, count=3)
        with pytest.raises(DeviceError):
            await one.driver.fiscalise(receipt(item("Чай", 1_000)))
