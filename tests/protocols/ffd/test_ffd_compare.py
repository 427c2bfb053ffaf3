"""Read-back comparison: our document as registers really change it, and every document that is not ours."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receipts_made import CODE, a_correction, a_full_receipt, a_receipt, an_item

from protocols.ffd.compare import Deviation, differences, same_document
from protocols.ffd.documents import receipt_elements
from protocols.ffd.enums import (
    AgentKind,
    CorrectionKind,
    DocumentCode,
    FfdVersion,
    Measure,
    Operation,
    PaymentMethod,
    PaymentObject,
    Taxation,
    Vat,
)
from protocols.ffd.numbers import T
from protocols.ffd.receipt import (
    Agent,
    Cashier,
    Correction,
    Customer,
    IndustryDetail,
    Item,
    Marking,
    OperationDetail,
    Payments,
    Receipt,
    Supplier,
    UserDetail,
)
from protocols.ffd.tlv import Element, decode, encode
from protocols.marking import product_code_bytes, read

V105, V11, V12 = FfdVersion.V1_05, FfdVersion.V1_1, FfdVersion.V1_2

HEADER = (
    Element(1041, "9999078902006495"),
    Element(1037, "0000000000030024"),
    Element(1018, "2320110334"),
    Element(1040, 12),
    Element(1012, datetime(2026, 3, 1, 12, 33)),
    Element(1077, bytes.fromhex("31041f7d0f58")),
    Element(1038, 1),
    Element(1042, 3),
)
TAIL = (
    Element(1048, 'ООО "Ромашка"'),
    Element(1060, "www.nalog.gov.ru"),
    Element(1209, 4),
)


def as_held(receipt: Receipt, ffd: FfdVersion, **kwargs: Any) -> tuple[Element, ...]:
    """The document as a drive holds it, through real bytes."""
    return decode(encode((*HEADER, *receipt_elements(receipt, ffd, **kwargs), *TAIL), limits=False))


def without(level: tuple[Element, ...], *tags: int) -> tuple[Element, ...]:
    return tuple(element for element in level if element.tag not in tags)


def changed(level: tuple[Element, ...], tag: int, value: Any) -> tuple[Element, ...]:
    return tuple(Element(element.tag, value) if element.tag == tag else element for element in level)


def in_items(level: tuple[Element, ...], change: Any) -> tuple[Element, ...]:
    return tuple(Element(e.tag, change(e.value)) if e.tag == T.ITEM else e for e in level)


@pytest.mark.parametrize("ffd", FfdVersion)
@pytest.mark.parametrize("make", [a_receipt, a_full_receipt, a_correction])
def test_what_was_asked_is_found(make: Any, ffd: FfdVersion) -> None:
    receipt = make()
    held = as_held(receipt, ffd)
    assert differences(receipt, ffd, held) == ()
    assert same_document(receipt, ffd, held)
    code = DocumentCode.CORRECTION if receipt.correction else DocumentCode.RECEIPT
    assert differences(receipt, ffd, (Element(code, held),)) == ()
    assert same_document(receipt, ffd, (Element(code, held),))
    assert same_document(receipt, ffd, held, code)


def test_writing_that_says_the_same() -> None:
    receipt = a_full_receipt()
    held = as_held(receipt, V12)
    # zero sums left out; 1200 left out; quantity and sums in wider fields; the register's own results added
    held = without(held, T.CREDIT_SUM, T.PROVISION_SUM)
    held = in_items(held, lambda line: (*without(line, T.ITEM_VAT_SUM), Element(2102, 0), Element(2106, 15)))
    held = (*held, Element(2107, 0), Element(1108, 0), Element(1104, 0))
    wide = encode(held, limits=False).replace(encode((Element(1031, 100000),)), b"\x07\x04\x05\x00\xa0\x86\x01\x00\x00")
    held = decode(wide)
    held = in_items(held, lambda line: changed(line, 1023, Decimal("7.4450")) if line[0].value != "Ботинки" else line)
    assert differences(receipt, V12, held) == ()
    assert same_document(receipt, V12, held)


def test_the_order_of_tags_means_nothing() -> None:
    receipt = a_full_receipt()
    held = as_held(receipt, V12)
    items = [e for e in held if e.tag == T.ITEM]
    rest = [e for e in held if e.tag != T.ITEM]
    assert differences(receipt, V12, (*reversed(rest), *items)) == ()


def test_values_that_registers_write_their_own_way() -> None:
    receipt = a_receipt(an_item(name="Чай  чёрный листовой", marking=Marking(code=CODE)), an_item(vat=Vat.VAT7))
    held = as_held(receipt, V105)
    # spaces squeezed, 1162 padded to its field, rates of 1115 in another order, an empty structure
    held = in_items(held, lambda line: changed(line, 1030, "Чай чёрный листовой"))
    held = in_items(held, lambda line: changed(line, 1162, product_code_bytes(read(CODE)) + b"  "))
    (rates,) = (e.value for e in held if e.tag == 1115)
    assert isinstance(rates, tuple)
    assert len(rates) == 2
    held = (*changed(held, 1115, tuple(reversed(rates))), Element(1084, (Element(1085, ""), Element(1086, ""))))
    assert differences(receipt, V105, held) == ()
    assert same_document(receipt, V105, held)


def test_the_time_of_a_corrected_day_means_nothing() -> None:
    receipt = a_correction()
    basis = (Element(1178, datetime(2026, 2, 3, 12, 0)), Element(1179, "42-К"))
    assert differences(receipt, V12, changed(as_held(receipt, V12), 1174, basis)) == ()
    basis = (Element(1178, datetime(2026, 2, 4)), Element(1179, "42-К"))
    assert [d.path for d in differences(receipt, V12, changed(as_held(receipt, V12), 1174, basis))] == ["1174/1178"]


def test_a_tax_system_left_to_the_register() -> None:
    receipt = replace(a_receipt(), taxation=None)
    held = as_held(replace(receipt, taxation=Taxation.PATENT), V12)
    assert differences(receipt, V12, held) == ()
    assert same_document(receipt, V12, held)


def test_cosmetics_are_reported_but_the_document_is_ours() -> None:
    receipt = a_full_receipt()
    held = as_held(receipt, V12)
    held = changed(held, T.CASHIER, "Петрова")
    held = without(held, T.CASHIER_INN)
    held = changed(held, T.SETTLEMENT_PLACE, "Магазин")
    held = changed(held, T.VAT10_SUM, 23690)  # Σ of the lines is round(260568 x 10/110) = 23688
    assert differences(receipt, V12, held) == (
        Deviation("1103", "23688", "23690"),
        Deviation("1021", "Петрова П. П.", "Петрова"),
        Deviation("1203", "500100732259", ""),
        Deviation("1187", "https://shop.example.ru", "Магазин"),
    )
    assert same_document(receipt, V12, held)


def test_a_registers_own_value_beside_ours_is_no_difference() -> None:
    receipt = replace(a_receipt(), place="https://shop.example.ru")
    held = (Element(T.SETTLEMENT_PLACE, "Магазин"), *as_held(receipt, V12))
    assert differences(receipt, V12, held) == ()


def test_paths_name_the_line() -> None:
    receipt = a_receipt(an_item(), an_item(name="Кофе"))
    held = list(as_held(receipt, V12))
    place = [index for index, e in enumerate(held) if e.tag == T.ITEM][1]
    line = held[place].value
    assert isinstance(line, tuple)
    held[place] = Element(T.ITEM, changed(changed(line, T.ITEM_SUM, 29999), T.VAT_RATE, 1))
    assert differences(receipt, V12, held) == (
        Deviation("1059[1]/1043", "30000", "29999"),
        Deviation("1059[1]/1199", "11", "1"),
    )
    assert not same_document(receipt, V12, held)
    assert differences(receipt, V12, held[:place] + held[place + 1 :])[0].path == "1059[1]"
    (extra,) = differences(receipt, V12, (*as_held(receipt, V12), Element(T.ITEM, line)))
    assert (extra.path, extra.asked) == ("1059[2]", "")


def test_an_unasked_tag_is_reported_unless_known() -> None:
    receipt = a_receipt()
    held = (*as_held(receipt, V12), Element(T.RECEIPT_EXTRA, "реклама"))
    assert differences(receipt, V12, held) == (Deviation("1192", "", "реклама"),)
    assert differences(receipt, V12, held, {1192: "реклама"}) == ()
    assert not same_document(receipt, V12, held)


def test_marking_codes_by_any_honest_name() -> None:
    marked = an_item(payment_object=PaymentObject.COMMODITY_WITH_MARKING, marking=Marking(code=CODE))
    receipt = a_receipt(marked)
    held = as_held(receipt, V12)

    def named(tag: int, text: str) -> tuple[Element, ...]:
        return in_items(held, lambda line: changed(line, T.PRODUCT_CODE, (Element(tag, text),)))

    ours = "0104600439931256215Pahn,cV.W?Pj"
    for same in (named(1304, ours), named(1305, ours), named(1300, (ours + "\x1d91")[:32])):
        assert same_document(receipt, V12, same)
        assert differences(receipt, V12, same) == ()
    for other in (
        named(1305, "0104600439931256215Pahn,cV.W?Pk"),
        named(1303, "04600439931256"),
        in_items(held, lambda line: without(line, T.PRODUCT_CODE)),
    ):
        assert not same_document(receipt, V12, other)
        assert [difference.path for difference in differences(receipt, V12, other)] == ["1059[0]/1163"]


def test_a_receipt_is_no_correction() -> None:
    receipt, correction = a_receipt(), a_correction(additional=None)
    assert not same_document(receipt, V12, as_held(receipt, V12), DocumentCode.CORRECTION)
    assert not same_document(receipt, V12, (Element(DocumentCode.CORRECTION, as_held(receipt, V12)),))
    assert not same_document(correction, V12, as_held(receipt, V12))
    assert not same_document(receipt, V12, as_held(correction, V12))
    assert differences(receipt, V12, (Element(DocumentCode.CORRECTION, as_held(receipt, V12)),))[0] == ("", "3", "31")
    assert same_document(receipt, V12, (Element(DocumentCode.BSO, as_held(receipt, V12)),))
    assert not same_document(receipt, V12, (Element(DocumentCode.SHIFT_CLOSE, HEADER),))
    assert not same_document(receipt, V12, ())


def test_a_105_correction_without_lines_is_told_by_its_vat() -> None:
    at_22, at_10 = a_correction(), a_correction(items=(an_item(vat=Vat.VAT10),))
    payments = replace(at_10, items=(an_item(vat=Vat.VAT10),), payments=at_22.payments)
    assert not same_document(at_22, V105, as_held(payments, V105))
    assert same_document(at_22, V105, as_held(at_22, V105, correction_items=True))


# --- every receipt that differs in what makes it a receipt is another document

PERMIT = IndustryDetail(federal_id="030", date=date(2023, 11, 21), number="1944", value="UUID=1&Time=2")
ITEM_CHANGES: dict[str, list[Any]] = {
    "name": ["Чай зелёный листовой", "Чай чёрный листовой 1"],
    "price": [15001, 0],
    "quantity": [Decimal(3), Decimal("2.000001")],
    "sum": [30001],
    "vat": [Vat.VAT20, Vat.NONE, Vat.VAT122],
    "payment_method": [PaymentMethod.ADVANCE],
    "payment_object": [PaymentObject.SERVICE, PaymentObject.EXCISE],
    "measure": [],
    "marking": [Marking(code=CODE), Marking(code=CODE.replace(b"Pahn", b"Pahm"))],
    "agent": [Agent(kind=AgentKind.ATTORNEY), Agent(kind=AgentKind.ATTORNEY, phones=("+79001112233",))],
    "supplier": [Supplier(inn="7734675810"), Supplier(name="ООО"), Supplier(phones=("+79001112233",))],
    "user_data": ["белые"],
    "excise": [100],
    "country_code": ["643"],
    "declaration_number": ["10702020/060520/0013422"],
    "industry": [(PERMIT,), (PERMIT, PERMIT)],
}
RECEIPT_CHANGES: dict[str, list[Any]] = {
    "operation": [Operation.SELL_REFUND, Operation.BUY],
    "taxation": [Taxation.PATENT],
    "items": [(an_item(), an_item()), (an_item(name="Кофе"),)],
    "payments": [Payments(cash=30000), Payments(prepaid=30000), Payments(electronic=29999, other=1)],
    "correction": [Correction(kind=CorrectionKind.SELF, date=date(2026, 2, 3))],
    "customer": [
        Customer(email="a@example.ru"),
        Customer(phone="+79001112233"),
        Customer(name="И"),
        Customer(inn="7734675810"),
        Customer(address="Тверь"),
    ],
    "internet": [True],
    "additional": ["доп"],
    "user_detail": [UserDetail(name="а", value="б"), UserDetail(name="а", value="в")],
    "operation_detail": [OperationDetail(id=0, data="д", at=datetime(2026, 3, 1, tzinfo=UTC))],
    "industry": [(PERMIT,)],
    "machine_number": [],
}
#: Asked of the register rather than of the document, or its own to decide.
NO_IDENTITY = {
    "print_paper",
    "sell_despite_marking",
    "header_lines",
    "footer_lines",
    "cashier",
    "sender_email",
    "place",
    "address",
    "electronic_payments",
}


def test_every_field_is_judged() -> None:
    assert {field.name for field in fields(Item)} == set(ITEM_CHANGES)
    assert {field.name for field in fields(Receipt)} == set(RECEIPT_CHANGES) | NO_IDENTITY


def in_document(receipt: Receipt, ffd: FfdVersion) -> bool:
    """A change that this ФФД cannot write makes the very same document."""
    return encode(receipt_elements(receipt, ffd), limits=False) != encode(receipt_elements(a_receipt(), ffd))


VARIANTS = [
    *(a_receipt(an_item(**{key: value})) for key, values in ITEM_CHANGES.items() for value in values),
    *(replace(a_receipt(), **{key: value}) for key, values in RECEIPT_CHANGES.items() for value in values),
]


@pytest.mark.parametrize("ffd", FfdVersion)
@pytest.mark.parametrize("other", VARIANTS)
def test_another_receipt_is_never_ours(other: Receipt, ffd: FfdVersion) -> None:
    if other.correction is not None or in_document(other, ffd):
        assert not same_document(a_receipt(), ffd, as_held(other, ffd))
        assert not same_document(other, ffd, as_held(a_receipt(), ffd))
        assert differences(other, ffd, (Element(3, as_held(a_receipt(), ffd)),))


@given(st.sampled_from(VARIANTS), st.sampled_from(VARIANTS), st.sampled_from(list(FfdVersion)))
def test_two_receipts_are_one_document_only_when_they_write_the_same(
    one: Receipt, other: Receipt, ffd: FfdVersion
) -> None:
    same_text = encode(receipt_elements(one, ffd)) == encode(receipt_elements(other, ffd))
    assert same_document(one, ffd, as_held(other, ffd)) is same_text


def test_units_of_quantity() -> None:
    pieces, weighed, poured = (a_receipt(an_item(measure=m)) for m in (Measure.PIECE, Measure.KILOGRAM, Measure.LITER))
    for ffd in FfdVersion:
        assert not same_document(pieces, ffd, as_held(weighed, ffd))
        assert not same_document(poured, ffd, as_held(weighed, ffd))
    assert not same_document(weighed, V12, as_held(pieces, V12))
    assert same_document(weighed, V105, in_items(as_held(weighed, V105), lambda line: without(line, T.UNIT_NAME)))
    held = in_items(as_held(pieces, V105), lambda line: (*line, Element(T.UNIT_NAME, "шт.")))
    assert differences(pieces, V105, held) == ()
    assert same_document(pieces, V105, held)


def test_number_of_an_automatic_device() -> None:
    seven, eight = (replace(a_receipt(), machine_number=number) for number in "78")
    assert not same_document(seven, V12, as_held(eight, V12))
    assert not same_document(seven, V12, as_held(a_receipt(), V12))
    assert same_document(a_receipt(), V12, as_held(seven, V12))


@pytest.mark.parametrize("ffd", FfdVersion)
def test_another_cashier_is_still_our_document(ffd: FfdVersion) -> None:
    asked = replace(a_receipt(), cashier=Cashier(name="Иванова А. А.", inn="500100732259"))
    assert same_document(asked, ffd, as_held(replace(asked, cashier=Cashier(name="Системный администратор")), ffd))
    assert same_document(asked, ffd, as_held(replace(asked, cashier=None), ffd))
