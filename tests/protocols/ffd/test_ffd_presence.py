"""Presence tables against the tags of real documents, and the rules by JSON pointer."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from receipts_made import CODE, a_correction, a_full_receipt, a_receipt, an_item

from protocols.ffd.documents import receipt_elements, size_of
from protocols.ffd.enums import AgentKind, CorrectionKind, DocumentCode, FfdVersion, Operation, PaymentObject, Vat
from protocols.ffd.limits import MAX_DOCUMENT
from protocols.ffd.numbers import T
from protocols.ffd.presence import validate
from protocols.ffd.receipt import Agent, Customer, Marking, Payments, UserDetail
from protocols.ffd.rules import document_faults, left_out
from protocols.ffd.tlv import Element

V105, V11, V12 = FfdVersion.V1_05, FfdVersion.V1_1, FfdVersion.V1_2
HEADER: list[tuple[int, Any]] = [
    (1041, "9999078902006495"),
    (1037, "0000000000030024"),
    (1018, "2320110334"),
    (1040, 3342),
    (1012, datetime(2020, 9, 8, 12, 33)),
    (1077, bytes.fromhex("31041f7d0f58")),
]


def build(pairs: list[tuple[int, Any]]) -> tuple[Element, ...]:
    return tuple(Element(tag, build(value) if isinstance(value, list) else value) for tag, value in pairs)


# Tags of a receipt as a real register of an automatic device wrote it (ФФД 1.05; published with an open Terminal-FA
# client, its names are placeholders).
SERVICE_105: list[tuple[int, Any]] = [
    *HEADER,
    (1038, 7),
    (1042, 196),
    (1054, 1),
    (1020, 2600),
    (1059, [(1030, "Услуга"), (1079, 2600), (1023, Decimal(1)), (1043, 2600), (1199, 1), (1214, 4)]),
    (1036, "1"),
    (1055, 1),
    (1031, 0),
    (1081, 2600),
    (1215, 0),
    (1216, 0),
    (1217, 0),
    (1060, "www.nalog.ru"),
    (1102, 433),
    (1209, 2),
]
# Order and tags of a real shop's receipt as the FNS returned it (ФФД 1.05, 10 % only).
SHOP_105: list[tuple[int, Any]] = [
    *HEADER,
    (1038, 85),
    (1042, 47),
    (1054, 1),
    (1020, 15900),
    (
        1059,
        [
            (1030, "Йогурт"),
            (1079, 4600),
            (1023, Decimal(2)),
            (1043, 9200),
            (1199, 2),
            (1200, 836),
            (1212, 1),
            (1214, 4),
        ],
    ),
    (1059, [(1030, "М"), (1079, 6700), (1023, Decimal(1)), (1043, 6700), (1199, 2), (1200, 609), (1212, 1), (1214, 4)]),
    (1031, 0),
    (1081, 15900),
    (1215, 0),
    (1216, 0),
    (1217, 0),
    (1021, "КАССИР"),
    (1055, 1),
    (1209, 2),
    (1103, 1445),
]
# Registration report of a real test drive (ФФД 1.05), same source as SERVICE_105.
REGISTRATION_105: list[tuple[int, Any]] = [
    *HEADER,
    (1056, 0),
    (1002, 0),
    (1001, 1),
    (1109, 1),
    (1110, 0),
    (1108, 0),
    (1062, 1),
    (1048, "ООО"),
    (1009, "195253, г. Санкт-Петербург"),
    (1187, "транспорт"),
    (1021, "Иванов Иван Иванович"),
    (1221, 1),
    (1017, "7841465198"),
    (1046, "ООО ОФД"),
    (1117, "noreply@ofd.ru"),
    (1060, "www.nalog.ru"),
    (1209, 2),
    (1189, 2),
    (1188, "FA 01.05"),
    (1013, "550101006105"),
]
# A real operator's confirmation to a 1.2 drive still carries the 1.05 message.
ACK: list[tuple[int, Any]] = [
    (1017, "7841465198"),
    (1041, "9999078902006495"),
    (1040, 1),
    (1012, datetime(2020, 9, 8, 12, 33)),
    (1078, bytes(8)),
    (1068, [(1022, 14)]),
]


@pytest.mark.parametrize(
    ("code", "ffd", "pairs"),
    [
        (DocumentCode.RECEIPT, V105, SERVICE_105),
        (DocumentCode.RECEIPT, V105, SHOP_105),
        (DocumentCode.REGISTRATION, V105, REGISTRATION_105),
        (DocumentCode.OPERATOR_ACK, V105, ACK),
        (DocumentCode.OPERATOR_ACK, V12, ACK),
    ],
)
def test_real_documents_fit_the_tables(code: DocumentCode, ffd: FfdVersion, pairs: list[tuple[int, Any]]) -> None:
    assert validate(code, ffd, build(pairs)) == []


@pytest.mark.parametrize(
    ("removed", "path"),
    [(1054, "/1054"), (1215, "/1215"), (1209, "/1209"), (1077, "/1077"), (1059, "/1059"), (1103, "/1103")],
)
def test_each_mandatory_tag_is_missed(removed: int, path: str) -> None:
    pairs = [pair for pair in SHOP_105 if pair[0] != removed]
    if removed == 1059:
        pairs = [pair for pair in pairs if pair[0] != 1103]
    faults = validate(DocumentCode.RECEIPT, V105, build(pairs))
    assert [(fault.pointer, fault.code) for fault in faults] == [(path, "tag_missing")]


def test_tags_out_of_place() -> None:
    # the marks of 1.2 in a document of 1.05, an item tag at the top, one tag twice
    pairs = [*SHOP_105, (1256, [(1227, "И")]), (1214, 4), (1020, 15900), (65000, b"\x01")]
    assert [(f.pointer, f.code) for f in validate(DocumentCode.RECEIPT, V105, build(pairs))] == [
        ("/1256", "tag_forbidden"),
        ("/1214", "tag_forbidden"),
        ("/1020", "tag_repeated"),
    ]


def test_what_the_caller_need_not_give() -> None:
    elements = receipt_elements(a_receipt(), V12)
    assert validate(DocumentCode.RECEIPT, V12, elements, complete=False) == []
    missing = {fault.pointer for fault in validate(DocumentCode.RECEIPT, V12, elements)}
    assert {"/1041", "/1077", "/1042", "/1009", "/1209", "/1021"} <= missing


@pytest.mark.parametrize("ffd", FfdVersion)
def test_full_receipts_and_corrections_fit_the_tables(ffd: FfdVersion) -> None:
    assert document_faults(a_full_receipt(), ffd) == []
    assert document_faults(a_correction(), ffd) == []
    full_correction = replace(
        a_full_receipt(), correction=a_correction().correction, electronic_payments=(), operation=Operation.BUY
    )
    assert document_faults(full_correction, ffd) == []


def test_marked_items_need_code_and_verdict() -> None:
    line = [(1030, "Б"), (1079, 1), (1023, Decimal(1)), (1043, 1), (1199, 6), (1212, 33), (1214, 4), (2108, 0)]

    def faults(*more: tuple[int, Any], object_code: int = 33) -> set[tuple[str, str]]:
        pairs = [(tag, object_code if tag == 1212 else value) for tag, value in line]
        document = [
            *HEADER,
            (1038, 1),
            (1042, 1),
            *[(1054, 1), (1055, 1), (1020, 1), (1009, "М"), (1021, "К"), (1209, 4), (1105, 1)],
            *[(tag, 0) for tag in (1031, 1215, 1216, 1217)],
            (1081, 1),
            (1059, [*pairs, *more]),
        ]
        return {(f.pointer, f.code) for f in validate(DocumentCode.RECEIPT, V12, build(document))}

    code = (1163, [(1305, "0104605035006964215OoyE8qxeIOn>")])
    assert faults() == {(f"/1059/0/{tag}", "tag_missing") for tag in (1163, 2102, 2106)}
    assert faults(code, (2106, 15), (2102, 0)) == {("/2107", "tag_missing")}
    assert faults(code, object_code=32) == {("/1059/0/1163", "tag_forbidden")}
    assert faults(object_code=32) == set()


def test_unsent_documents_come_with_their_date() -> None:
    close: list[tuple[int, Any]] = [*HEADER, (1038, 1), (1111, 2), (1118, 1), (1209, 2)]
    assert validate(DocumentCode.SHIFT_CLOSE, V105, build([*close, (1097, 0)])) == []
    assert [f.pointer for f in validate(DocumentCode.SHIFT_CLOSE, V105, build([*close, (1097, 3)]))] == ["/1098"]


def codes(receipt: Any, ffd: FfdVersion = V12) -> list[tuple[str, str]]:
    return [(fault.pointer, fault.code) for fault in document_faults(receipt, ffd)]


def test_lengths_are_named_by_json_pointer() -> None:
    long = a_receipt(an_item(name="я" * 129), additional="я" * 17, customer=Customer(email="e" * 65, name="я" * 257))
    assert codes(long) == [
        ("/items/0/name", "tag_value"),
        ("/customer", "tag_value"),
        ("/customer/name", "tag_value"),
        ("/additional_check_props", "tag_value"),
    ]
    assert codes(a_receipt(an_item(name="я" * 128))) == []


def test_a_structure_may_be_too_long_as_a_whole() -> None:
    # 64 + 256 characters are allowed apart; with their headers they take 328 of the 320 bytes of 1084
    receipt = a_receipt(user_detail=UserDetail(name="я" * 64, value="я" * 256))
    assert codes(receipt) == [("/additional_user_props", "tag_too_long")]
    assert codes(a_receipt(user_detail=UserDetail(name="я" * 56, value="я" * 256))) == []


def test_marking_rules() -> None:
    marked, unmarked = PaymentObject.COMMODITY_WITH_MARKING, PaymentObject.COMMODITY_WITHOUT_MARKING
    assert codes(a_receipt(an_item(payment_object=marked))) == [("/items/0/marking", "marking_code_missing")]
    assert codes(a_receipt(an_item(payment_object=marked)), V105) == [("/items/0/marking", "marking_code_missing")]
    with_code = an_item(payment_object=unmarked, marking=Marking(code=CODE), quantity=Decimal(1))
    assert codes(a_receipt(with_code)) == [("/items/0/marking", "marking_code_unexpected")]

    def unit(number: int) -> Any:
        code = f"010460043993125621{number:07d}\x1d93dGVz".encode()
        return an_item(payment_object=marked, marking=Marking(code=code), quantity=Decimal(1))

    assert codes(a_receipt(*map(unit, range(128)))) == []
    assert codes(a_receipt(*map(unit, range(129)))) == [("/items", "too_many_codes")]
    assert codes(a_receipt(unit(1), unit(2), unit(1))) == [("/items/2/marking", "marking_code_twice")]


def test_an_agent_names_its_supplier() -> None:
    item = an_item(agent=Agent(kind=AgentKind.ATTORNEY))
    assert codes(a_receipt(item)) == [("/items/0/supplier_info/inn", "supplier_inn_missing")]


def test_corrections_of_105() -> None:
    receipt = a_correction(operation=Operation.SELL_REFUND)
    assert codes(receipt, V105) == [("/operation", "correction_impossible")]
    assert codes(receipt, V11) == []
    correction = receipt.correction
    assert correction is not None
    unnamed = a_correction(correction=replace(correction, number=None))
    assert codes(unnamed) == [("/correction/number", "required")]
    assert codes(a_correction(correction=replace(correction, number=None, kind=CorrectionKind.SELF))) == []


def test_a_document_has_32768_bytes() -> None:
    item = an_item(name="я" * 128, user_data="я" * 64)

    def largest() -> int:
        low, high = 1, 400
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if codes(a_receipt(*[item] * middle)) == [] else (low, middle - 1)
        return low

    count = largest()
    assert 100 < count < 160
    assert size_of(a_receipt(*[item] * count), V12) <= MAX_DOCUMENT < size_of(a_receipt(*[item] * (count + 1)), V12)
    (fault,) = document_faults(a_receipt(*[item] * (count + 1)), V12)
    assert (fault.pointer, fault.code) == ("/items", "document_too_large")
    assert str(MAX_DOCUMENT) in fault.message


def test_an_internet_receipt_needs_the_buyers_contact() -> None:
    assert codes(a_receipt(internet=True)) == [("/customer", "tag_missing")]


def test_left_out_before_12() -> None:
    assert {fault.pointer for fault in left_out(a_full_receipt(), V12)} <= {"/customer/phone"}
    assert {fault.pointer for fault in left_out(a_full_receipt(), V105)} == {
        "/items/0/sectoral_item_props",
        "/sectoral_check_props",
        "/operating_check_props",
        *(f"/customer/{key}" for key in ("birthdate", "citizenship", "document_code", "document_data", "address")),
    }
    assert left_out(a_receipt(), V105) == []


@pytest.mark.parametrize("vat", Vat)
def test_every_rate_has_its_receipt_sum(vat: Vat) -> None:
    elements = receipt_elements(a_receipt(an_item(vat=vat)), V12)
    sums = {1102, 1103, 1104, 1105, 1106, 1107, 1115}
    assert validate(DocumentCode.RECEIPT, V12, elements, complete=False) == []
    bare = [element for element in elements if element.tag not in sums]
    (fault,) = validate(DocumentCode.RECEIPT, V12, bare, complete=False)
    assert int(fault.pointer[1:]) in sums


def test_orders_of_the_tax_office_are_named() -> None:
    elements = [e for e in receipt_elements(a_correction(), V12) if e.tag != T.CORRECTION_BASIS]
    elements.append(Element(T.CORRECTION_BASIS, (Element(T.CORRECTION_DATE, datetime(2026, 2, 3)),)))
    faults = validate(DocumentCode.CORRECTION, V12, elements, complete=False)
    assert [fault.pointer for fault in faults] == ["/1174/1179"]


def test_the_sum_of_payments_is_looked_at_first() -> None:
    assert codes(a_receipt(payments=Payments(cash=1), internet=True)) == [("/payments", "payments_short")]
