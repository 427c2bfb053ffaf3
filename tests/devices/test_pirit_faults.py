"""What the Пирит driver says of a receipt before anything is sent, and the commands it makes of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from till import CASHIER, MOSCOW, item, receipt

from devices.registers.base import Identity
from devices.registers.pirit.faults import faults
from devices.registers.pirit.plan import make_plan
from devices.registers.pirit.profile import DeviceSettings, Profile, Registered
from protocols.ffd.enums import AgentKind, CorrectionKind, FfdVersion, Operation, PaymentObject, Taxation, Vat
from protocols.ffd.receipt import (
    Agent,
    Correction,
    Customer,
    ElectronicPayment,
    IndustryDetail,
    Marking,
    OperationDetail,
    Payments,
    Receipt,
    Supplier,
    UserDetail,
)
from protocols.pirit.commands import COMMANDS, encode_request
from protocols.pirit.commands.base import Line
from protocols.pirit.commands.receipts import AddItem, CloseDocument, OpenDocument
from protocols.pirit.commands.receipts import Correction as Opened
from protocols.pirit.fields import Cashier, Part
from protocols.pirit.settings import DevicesMask, TaxMask
from protocols.pirit.statuses import CloseFlag, CorrectionType, DocumentMode, DocumentType
from protocols.pirit.vat import BY_VAT

OLD, NEW = FfdVersion.V1_05, FfdVersion.V1_2
ROWS = {vat: row.row for vat, row in BY_VAT.items()}
CODE = b"0104600439931256215Abcdefgh\x1d93dGVz"


def a_profile(ffd: FfdVersion = NEW, **changes: Any) -> Profile:
    identity = Identity(
        **dict.fromkeys(("family", "model", "serial", "firmware", "fn", "registration_number", "inn"), ""),
        ffd=ffd,
        taxations=frozenset({Taxation.OSN}),
        vat_rates=frozenset(ROWS),
        marking=True,
    )
    values: dict[str, Any] = {"line": Line.FM16, "printer": 0, "devices": 0, "taxes": 0, "vat_rows": ROWS, **changes}
    registered = Registered(
        last=None, ffd=4, taxations=1, work_mode=0, extended_mode=0, serial="", inn="", number="", texts={}
    )
    return Profile(
        identity=identity,
        settings=DeviceSettings(model="", columns=None, firmware="", **values),
        autonomous=False,
        clock=datetime(2026, 3, 2),
        read_at=0.0,
        registered=registered,
    )


def told(wanted: Receipt, profile: Profile | None = None) -> list[tuple[str, str]]:
    found = faults(wanted, profile or a_profile())
    assert all(fault.hint for fault in found)
    return [(fault.pointer, fault.code) for fault in found]


def commands(wanted: Receipt, profile: Profile | None = None) -> list[Any]:
    """The whole plan, each command proven to fit its frame."""
    profile = profile or a_profile()
    assert told(wanted, profile) == []
    plan = make_plan(wanted, profile)
    made = [*(one.check for one in plan.checks), plan.begin, *plan.lines, *([plan.close] if plan.close else [])]
    for request in made:
        encode_request(0x20, request, ffd=profile.identity.ffd)
    return made


def names(made: list[Any]) -> list[str]:
    return [COMMANDS.of(type(request)).name for request in made]


CORRECTION = Correction(kind=CorrectionKind.INSTRUCTION, date=date(2026, 2, 1), number="12")
DETAIL = IndustryDetail(federal_id="030", date=date(2023, 11, 21), number="1944", value="UUID=1")
FORMS = Payments(cash=100, electronic=200, prepaid=300, postpaid=400, other=500, received=1000)


def test_a_plain_sale_on_the_wire() -> None:
    made = commands(receipt(item("Чай", 1_000, "1.5", vat=Vat.VAT10), internet=True))
    assert names(made) == ["open_document", "add_item", "compare_total", "payment", "close_document"]
    opened, added, total, paid, closed = made
    assert opened.encode() == OpenDocument(2, 1, Cashier(CASHIER.name, CASHIER.inn or ""), None, 0).encode()
    assert (added.quantity, added.price, added.vat, added.unit) == (Decimal("1.5"), 1_000, 1, "0")
    assert (total.sum, paid.type, paid.sum) == (1_500, 0, 1_500)
    assert (closed.buyer, closed.flags) == ("buyer@example.ru", CloseFlag.INTERNET)


def test_what_a_receipt_may_hold_is_carried() -> None:
    wanted = receipt(
        item(
            "Чай",
            1_500,
            user_data="сорт",
            industry=(DETAIL,),
            agent=Agent(kind=AgentKind.PAYING_AGENT, phones=("+70000000001", "+70000000002")),
            supplier=Supplier(name="ООО", inn="7707083893", phones=("+70000000003",)),
        ),
        payments=FORMS,
        operation=Operation.BUY_REFUND,
        print_paper=False,
        additional="стол",
        user_detail=UserDetail(name="а", value="б"),
        operation_detail=OperationDetail(id=1, data="в", at=datetime(2026, 3, 2, 10, 5, tzinfo=MOSCOW)),
        industry=(DETAIL,),
        header_lines=("", "&x"),
        footer_lines=("до свидания",),
        place="склад",
        address="Москва",
        customer=Customer(name="Иванов", birth_date=date(1990, 5, 1), citizenship="643", email="a@b.ru"),
    )
    made = commands(wanted)
    assert names(made) == [
        "open_document",
        *["print_detail"] * 2,
        "item_details",
        "add_item",
        *["document_tag"] * 8,
        "compare_total",
        *["payment"] * 5,
        "print_detail",
        "close_document",
    ]
    assert made[0].mode == DocumentType.BUY_RETURN | DocumentMode.NO_PRINT
    assert [one.line_1 for one in made[1:3]] == [" ", " &x"]
    assert made[3].agent_phones == "+70000000001,+70000000002"
    tags = {one.tag: one.value for one in made if type(one).__name__ == "DocumentTag"}
    assert tags[1273] == "0203261005"
    assert tags[1263] == "21112023"
    assert all(one.caption for one in made if type(one).__name__ == "DocumentTag")
    # Cash comes last: only it may exceed what is due.
    assert [(one.type, one.sum) for one in made if type(one).__name__ == "Payment"] == [
        (1, 200),
        (13, 300),
        (14, 400),
        (15, 500),
        (0, 1000),
    ]
    close = made[-1]
    assert isinstance(close, CloseDocument)
    assert (close.place, close.user_name, close.buyer_birthday) == ("склад", "а", date(1990, 5, 1))


def test_corrections_of_both_formats() -> None:
    wanted = receipt(
        item(vat=Vat.VAT10, price=1_100), correction=CORRECTION, operation=Operation.SELL_REFUND, customer=None
    )
    made = commands(wanted)
    assert names(made)[0] == "correction"
    assert made[0].type == CorrectionType.BY_INSTRUCTION | CorrectionType.RETURN
    old = replace(wanted, operation=Operation.BUY)
    (only,) = commands(old, a_profile(OLD))
    assert isinstance(only, Opened)
    assert only.type == CorrectionType.BY_INSTRUCTION | CorrectionType.EXPENSE | CorrectionType.TAX_SUMS
    assert (only.cash, only.electronic, only.vat_20, only.vat_10, only.base_number) == (1_100, 0, Decimal(0), 100, "12")


def test_a_part_of_a_piece_has_the_price_that_the_register_is_set_to() -> None:
    part = item(
        price=900,
        payment_object=PaymentObject.COMMODITY_WITH_MARKING,
        marking=Marking(code=CODE, numerator=3, denominator=10),
    )
    for mask, price in ((0, 300), (DevicesMask.PART_PRICE_IS_TOTAL, 900)):
        made = commands(receipt(part), a_profile(devices=mask))
        assert names(made)[:4] == ["check_code", "open_document", "attach_code", "add_item"]
        added = next(one for one in made if isinstance(one, AddItem))
        assert (added.quantity, added.price) == (Part(3, 10), price)
    assert told(receipt(replace(part, price=1_000, sum=1_000))) == [("/items/0/price", "register_setting")]


def test_what_the_commands_have_no_place_for_is_told_at_its_place() -> None:
    no_place = "no_place_in_register"
    wanted = receipt(
        item("Чай", 1_000, supplier=Supplier(inn="7707083893"), industry=(DETAIL, DETAIL)),
        replace(item("Сахар", 333, "3"), sum=1_000),
        payments=Payments(electronic=2_000),
        electronic_payments=(ElectronicPayment(sum=2_000, method=1, ids="1"),),
        operation_detail=OperationDetail(id=1, data="в", at=datetime(2026, 3, 2, 10, 5, 30, tzinfo=MOSCOW)),
        industry=(DETAIL, DETAIL),
    )
    assert sorted(told(wanted)) == [
        ("/cashless_payments", no_place),
        ("/items/0/sectoral_item_props", no_place),
        ("/items/0/supplier_info", no_place),
        ("/items/1/sum", "sum_computed_by_register"),
        ("/operating_check_props", no_place),
        ("/sectoral_check_props", no_place),
    ]
    old = receipt(item(), address="Москва", place="склад", sender_email="a@b.ru", machine_number="1")
    assert told(old, a_profile(OLD, line=Line.PUNIX)) == [("/address", no_place)]
    assert [pointer for pointer, _ in told(old, a_profile(OLD))] == [
        "/address",
        "/place",
        "/sender_email",
        "/device_number",
    ]
    bare = receipt(item(vat=Vat.VAT5), correction=CORRECTION, internet=True, footer_lines=("x",))
    assert told(bare, a_profile(OLD)) == [
        ("/items/0/vat", "correction_vat_impossible"),
        ("/customer", no_place),
        ("/internet", no_place),
        ("/footer_lines", no_place),
    ]


def test_settings_that_change_sums_or_lack_rates_are_refused() -> None:
    sale = receipt(item(vat=Vat.VAT20))
    assert told(sale, a_profile(taxes=TaxMask.ADD_VAT)) == [("/items/0/vat", "register_setting")]
    assert told(sale, a_profile(vat_rows={Vat.NONE: 3})) == [("/items/0/vat", "vat_missing_in_register")]


def test_what_is_too_wide_is_told() -> None:
    assert told(receipt(item("Чай", 10**10))) == [
        ("/items/0", "receipt_does_not_fit"),
        ("/payments", "receipt_does_not_fit"),
    ]
