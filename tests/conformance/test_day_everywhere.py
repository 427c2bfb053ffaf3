"""A register's day beside its receipts: who it is, shifts, cash, reports, text, clock, drive, archive."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from every_register import Place, asked, everywhere, nothing_is_left, places
from register_rows import lacks
from till import CASHIER, OPENING_TIME, Till, item, receipt
from virtual_loop import run_virtual

from devices.errors import DeviceError, LinkError, NeedsOperator, Rejected, RequestError
from devices.links.pair import PairLink
from devices.registers.base import Capability, Paper, Shift
from devices.registers.factory import create
from protocols.ffd.enums import DocumentCode, Operation, Taxation, Vat
from protocols.ffd.numbers import T
from protocols.ffd.tlv import decode, find


@everywhere()
async def test_who_answers(one: Till) -> None:
    identity = one.driver.identity
    assert identity.family == one.emulated.plan.family
    registration = one.device.drive.document(1).elements
    assert (identity.fn, identity.ffd) == (one.device.drive.number, one.device.drive.registration.ffd)
    for tag, value in (
        (T.KKT_REGISTRATION_NUMBER, identity.registration_number),
        (T.USER_INN, identity.inn),
        (T.USER_NAME, identity.user_name),
        (T.SETTLEMENT_ADDRESS, identity.address),
        (T.SETTLEMENT_PLACE, identity.place),
        (T.OFD_INN, identity.ofd_inn),
    ):
        found = find(registration, tag)
        assert found is not None, tag
        assert str(found.value).strip() == value, tag
    serial = find(registration, T.KKT_SERIAL_NUMBER)
    assert serial is not None
    assert str(serial.value).strip("0 ") == identity.serial.strip("0 ")
    assert {Taxation.OSN, Taxation.PATENT} <= identity.taxations
    assert {Vat.VAT22, Vat.VAT10, Vat.NONE, Vat.VAT0} <= identity.vat_rates
    assert identity.internet
    assert identity.model


@pytest.mark.parametrize("place", places(), ids=str)
def test_what_it_lacks_is_in_the_table(place: Place) -> None:
    from every_register import a_till

    async def looked() -> frozenset[Capability]:
        async with a_till(place) as one:
            return frozenset(one.driver.capabilities)

    assert frozenset(Capability) - run_virtual(looked()) == lacks(place.row.family, place.ffd)


@everywhere(shift=False)
async def test_a_shift_from_its_opening_to_its_report(one: Till) -> None:
    driver = one.driver
    state = await driver.state()
    assert (state.shift, state.paper, state.document_open) == (Shift.CLOSED, Paper.PRESENT, False)
    assert abs(state.clock - OPENING_TIME) < timedelta(minutes=1)
    opened = await driver.open_shift(CASHIER)
    assert (opened.fiscal.code, opened.fiscal.shift, opened.fiscal.document) == (DocumentCode.SHIFT_OPEN, 1, 2)
    assert (opened.differences, opened.warnings) == ((), ())
    report = await driver.document(2)
    assert report is not None
    assert (report.code, report.fiscal) == (DocumentCode.SHIFT_OPEN, opened.fiscal)
    sold = await driver.fiscalise(receipt(item("Чай", 10_000)))
    assert (sold.fiscal.shift, sold.fiscal.number, sold.fiscal.document) == (1, 1, 3)
    state = await driver.state()
    assert (state.shift, state.shift_number, state.receipt_number) == (Shift.OPEN, 1, 1)
    bookmark = await driver.bookmark()
    assert (bookmark.fn, bookmark.document, bookmark.shift, bookmark.shift_open) == (
        one.device.drive.number,
        3,
        1,
        True,
    )
    closed = await driver.close_shift(CASHIER)
    assert (closed.fiscal.code, closed.fiscal.shift, closed.fiscal.document) == (DocumentCode.SHIFT_CLOSE, 1, 4)
    bookmark = await driver.bookmark()
    assert (bookmark.document, bookmark.shift_open) == (4, False)
    for number, code in ((2, DocumentCode.SHIFT_OPEN), (4, DocumentCode.SHIFT_CLOSE)):
        (document,) = decode(one.documents(number)[0].tlv)
        assert document.tag == code
        assert find(document.value, T.CASHIER) == (T.CASHIER, CASHIER.name)  # type: ignore[arg-type]
    again = await driver.open_shift(None)
    assert again.fiscal.shift == 2
    assert (await driver.fiscalise(receipt())).fiscal.number == 1


@everywhere(once=True)
async def test_no_second_shift_and_no_receipt_without_one(one: Till) -> None:
    with pytest.raises(DeviceError) as open_already:
        await one.driver.open_shift(CASHIER)
    assert open_already.value.hint
    await one.driver.close_shift(CASHIER)
    with pytest.raises(DeviceError) as no_shift:
        await one.driver.close_shift(CASHIER)
    assert no_shift.value.hint
    assert len(one.documents()) == 3
    nothing_is_left(one)


@everywhere(once=True)
async def test_after_24_hours_only_the_report_is_made(one: Till) -> None:
    await one.driver.fiscalise(receipt())
    one.shop.clock.advance(25 * 3600)
    assert (await one.driver.state()).shift is Shift.EXPIRED
    with pytest.raises(NeedsOperator) as late:
        await one.driver.fiscalise(receipt())
    assert late.value.code == "shift_expired"
    nothing_is_left(one)
    await one.driver.close_shift(None)
    assert (await one.driver.state()).shift is Shift.CLOSED
    await one.driver.open_shift(CASHIER)
    await one.driver.fiscalise(receipt())
    assert [record.code for record in one.documents()] == [1, 2, 3, 5, 2, 3]


@everywhere(Capability.CASH, once=True)
async def test_cash_goes_in_and_out(one: Till) -> None:
    before = await one.driver.bookmark(counters=True)
    await one.driver.cash_in(50_000, CASHIER)
    await one.driver.cash_out(20_000, CASHIER)
    await one.driver.fiscalise(receipt(item("Чай", 10_000)))
    after = await one.driver.bookmark(counters=True)
    for name, grown in (("cash_ins", 1), ("cash_outs", 1), ("cash_in_sum", 50_000), ("cash_out_sum", 20_000)):
        if getattr(before, name) is not None:
            assert getattr(after, name) - getattr(before, name) == grown, name
    counters = await one.driver.counters()
    assert counters["cash_in_drawer"] == 40_000
    assert (counters["cash_in_sum"], counters["cash_out_sum"]) == (50_000, 20_000)
    with pytest.raises(Rejected) as poor:
        await one.driver.cash_out(1_000_000, CASHIER)
    assert poor.value.hint
    assert one.device.state()["cash"] == 40_000
    assert len(one.documents()) == 3  # none of it is a fiscal document


@everywhere(once=True)
async def test_counters_by_operation_and_form(one: Till) -> None:
    from receipts_of_all import paid

    sums = {"cash": 10_000, "electronic": 20_000, "prepaid": 30_000, "postpaid": 40_000, "other": 50_000}
    await one.driver.fiscalise(paid(receipt(item("Шкаф", 150_000)), **sums))
    await one.driver.fiscalise(receipt(item("Чай", 5_000), operation=Operation.SELL_REFUND))
    counters = await one.driver.counters()
    assert {name: counters[f"sell_{name}"] for name in sums} == sums
    assert (counters["sell_total"], counters["sell_refund_cash"], counters["cash_in_drawer"]) == (150_000, 5_000, 5_000)
    assert (counters.get("sell_count"), counters.get("sell_refund_count")) == (1, 1), "sell_count"


@everywhere(Capability.X_REPORT, once=True)
async def test_the_x_report_is_printed_and_told(one: Till) -> None:
    await one.driver.fiscalise(receipt(item("Чай", 10_000)))
    paper = one.device.paper_text()
    counters = await one.driver.x_report()
    assert counters == await one.driver.counters()
    assert counters["sell_total"] == 10_000
    assert len(one.device.paper_text()) > len(paper)
    assert (await one.driver.state()).shift is Shift.OPEN
    assert len(one.documents()) == 3


@everywhere(Capability.PRINT_TEXT, once=True)
async def test_text(one: Till) -> None:
    await one.driver.print_text(["Привет", "Ёлка № 5"])
    assert "Привет" in one.device.paper_text()
    commands, _ = asked(one)
    with pytest.raises(RequestError) as refused:
        await one.driver.print_text(["☕"])
    assert refused.value.hint
    assert commands == []


@everywhere(Capability.COPY_LAST, once=True)
async def test_a_copy_of_the_last_document(one: Till) -> None:
    sold = await one.driver.fiscalise(receipt(item("Чай", 12_345)))
    assert one.device.paper_text().count(str(sold.fiscal.sign)) == 1
    await one.driver.copy_last()
    assert one.device.paper_text().count(str(sold.fiscal.sign)) == 2
    assert len(one.documents()) == 3


@everywhere(Capability.DRAWER, once=True)
async def test_the_drawer_opens(one: Till) -> None:
    before = one.device.state()["drawer_openings"]
    await one.driver.open_drawer()
    assert one.device.state()["drawer_openings"] == before + 1


@everywhere(Capability.SET_CLOCK, shift=False, once=True)
async def test_the_clock_is_set_between_shifts(one: Till) -> None:
    later = OPENING_TIME + timedelta(minutes=3, seconds=7)
    await one.driver.set_clock(later)
    assert timedelta() <= (await one.driver.state()).clock - later < timedelta(minutes=1)
    await one.driver.open_shift(CASHIER)
    sold = await one.driver.fiscalise(receipt())
    assert sold.fiscal.datetime >= later.replace(second=0)


@everywhere()
async def test_the_drive_and_the_way_to_the_ofd(one: Till) -> None:
    drive = await one.driver.drive()
    assert (drive.number, drive.phase, drive.last_document) == (one.device.drive.number, "fiscal", 2)
    assert drive.current_document == 0
    if drive.valid_until is not None and drive.days_left is not None:
        assert drive.days_left == (drive.valid_until - date(2026, 3, 2)).days
    assert drive.warnings == ()
    ofd = await one.driver.ofd()
    assert (ofd.unsent, ofd.first_unsent) == (2, 1)
    if ofd.first_unsent_at is not None:
        assert abs(ofd.first_unsent_at - OPENING_TIME) < timedelta(minutes=1)


@everywhere(Capability.SETTINGS, once=True)
async def test_settings_are_shown_without_secrets(one: Till) -> None:
    tables = await one.driver.settings()
    assert tables
    assert all(table.rows for table in tables)
    assert await one.driver.settings() == tables


@everywhere(Capability.READ_BACK)
async def test_every_document_of_the_archive_is_read_as_it_is(one: Till) -> None:
    await one.driver.fiscalise(receipt())
    await one.driver.close_shift(CASHIER)
    for record in one.documents():
        found = await one.driver.document(record.number)
        assert found is not None
        (document,) = decode(record.tlv)
        assert (found.code, found.fiscal.document) == (record.code, record.number)
        assert found.elements == document.value
        sign = find(document.value, T.FISCAL_SIGN)  # type: ignore[arg-type]
        assert sign is None or int.from_bytes(sign.value[-4:], "big") == found.fiscal.sign  # type: ignore[index,arg-type]
    assert await one.driver.document(99) is None


@everywhere(once=True)
async def test_the_qr_code_is_the_documents(one: Till) -> None:
    await one.driver.cash_in(100_000, CASHIER)
    for operation in Operation:
        made = (await one.driver.fiscalise(receipt(item("Чай", 10_000, "2"), operation=operation))).fiscal
        at = made.datetime.strftime("%Y%m%dT%H%M")
        assert made.qr == f"t={at}&s=200.00&fn={made.fn}&i={made.document}&fp={made.sign}&n={operation.code}"


@everywhere(once=True)
async def test_asking_makes_and_prints_nothing(one: Till) -> None:
    before = one.device.paper_text(), one.documents(), one.device.state()
    driver = one.driver
    for question in (driver.state, driver.drive, driver.ofd, driver.bookmark, driver.counters, driver.settings):
        await question()
    await driver.bookmark(counters=True)
    await driver.marking_state()
    await driver.document(1)
    await driver.own_cashiers()
    after = one.device.paper_text(), one.documents(), one.device.state()
    assert {**after[2], "clock": ""} == {**before[2], "clock": ""}
    assert after[:2] == before[:2]


@everywhere(once=True)
async def test_connecting_again_changes_nothing(one: Till) -> None:
    await one.driver.fiscalise(receipt())
    identity = one.driver.identity
    for _ in range(3):
        await one.driver.close()
        await one.driver.connect()
    assert one.driver.identity == identity
    assert len(one.documents()) == 3
    assert (await one.driver.fiscalise(receipt())).fiscal.number == 2


@pytest.mark.parametrize("place", places(), ids=str)
def test_a_register_that_is_not_there(place: Place) -> None:
    async def looked() -> None:
        link = PairLink(lambda: (_ for _ in ()).throw(ConnectionRefusedError("off")))
        driver = create(place.row.family, link, options=place.row.options)
        with pytest.raises(LinkError) as off:
            await driver.connect()
        assert off.value.hint
        for question in (driver.state, driver.drive, driver.bookmark):
            with pytest.raises(LinkError):
                await question()
        with pytest.raises(LinkError):
            _ = driver.identity
        with pytest.raises(LinkError):
            driver.faults(receipt())
        await driver.close()

    run_virtual(looked())
