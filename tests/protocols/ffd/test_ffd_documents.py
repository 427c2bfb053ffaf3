"""Receipts as elements, against the worked trees of the life cycle of an order (kopecks, ФФД 1.2, ОСН)."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from receipts_made import CODE, a_correction, a_full_receipt, a_receipt, an_item

from protocols.ffd.documents import FRAME_SIZE, document_code, plain_quantity, receipt_elements, size_of
from protocols.ffd.enums import (
    AgentKind,
    CorrectionKind,
    DocumentCode,
    FfdVersion,
    Measure,
    Operation,
    PaymentMethod,
    PaymentObject,
    Vat,
)
from protocols.ffd.receipt import Agent, Correction, Marking, Payments, Receipt
from protocols.ffd.tlv import Element, decode, encode

V105, V11, V12 = FfdVersion.V1_05, FfdVersion.V1_1, FfdVersion.V1_2


def tree(elements: tuple[Element, ...]) -> list[tuple[int, Any]]:
    """Plain lists, sorted by tag: order inside a document is free, order of equal tags is not."""
    pairs = [(int(e.tag), tree(e.value) if isinstance(e.value, tuple) else e.value) for e in elements]
    return sorted(pairs, key=lambda pair: pair[0])


def tags(elements: tuple[Element, ...]) -> set[int]:
    return {int(element.tag) for element in elements}


def inside(elements: tuple[Element, ...], tag: int, place: int = 0) -> tuple[Element, ...]:
    value = [element.value for element in elements if element.tag == tag][place]
    assert isinstance(value, tuple)
    return value


ADVANCE = a_receipt(
    an_item(
        name="Аванс",
        price=100000,
        quantity=Decimal(1),
        vat=Vat.VAT122,
        payment_method=PaymentMethod.ADVANCE,
        payment_object=PaymentObject.PAYMENT,
    )
)
GOODS = an_item(name="Кресло", price=150000, quantity=Decimal(2))
PREPAYMENT = a_receipt(replace(GOODS, vat=Vat.VAT122, payment_method=PaymentMethod.FULL_PREPAYMENT))
CLOSING = a_receipt(GOODS, payments=Payments(prepaid=300000))
REFUND = a_receipt(GOODS, operation=Operation.SELL_REFUND)


def expected(sign: int, total: int, electronic: int, prepaid: int, rate: int, tax: int, item: Any) -> Any:
    return [
        (1020, total),
        (1031, 0),
        (1054, sign),
        (1055, 1),
        (1059, item),
        (1081, electronic),
        (1115, [(1119, [(1120, tax), (1199, rate)])]),
        (1215, prepaid),
        (1216, 0),
        (1217, 0),
    ]


def goods_line(rate: int, method: int) -> Any:
    return [
        (1023, Decimal(2)),
        (1030, "Кресло"),
        (1043, 300000),
        (1079, 150000),
        (1199, rate),
        (1200, 54098),
        (1212, 1),
        (1214, method),
        (2108, 0),
    ]


ADVANCE_LINE = [
    (1023, Decimal(1)),
    (1030, "Аванс"),
    (1043, 100000),
    (1079, 100000),
    (1199, 12),
    (1200, 18033),
    (1212, 10),
    (1214, 3),
    (2108, 0),
]


@pytest.mark.parametrize(
    ("receipt", "document"),
    [
        (ADVANCE, expected(1, 100000, 100000, 0, 12, 18033, ADVANCE_LINE)),
        (PREPAYMENT, expected(1, 300000, 300000, 0, 12, 54098, goods_line(12, 1))),
        (CLOSING, expected(1, 300000, 0, 300000, 11, 54098, goods_line(11, 4))),
        (REFUND, expected(2, 300000, 300000, 0, 11, 54098, goods_line(11, 4))),
    ],
    ids=["advance", "full prepayment", "closing with offset", "refund"],
)
def test_worked_trees(receipt: Receipt, document: Any) -> None:
    elements = receipt_elements(receipt, V12)
    assert tree(elements) == document
    assert tree(decode(encode(elements))) == document


def test_everything_at_once_in_12() -> None:
    elements = receipt_elements(a_full_receipt(), V12)
    assert {1054, 1055, 1020, 1059, 1031, 1081, 1215, 1216, 1217, 1234, 1103, 1115, 1008, 1256, 1021, 1203} <= tags(
        elements
    )
    assert {1125, 1117, 1009, 1187, 1036, 1192, 1084, 1261, 1270} <= tags(elements)
    assert not {1057, 1227, 1228} & tags(elements)
    permit = [(1262, "030"), (1263, "21.11.2023"), (1264, "1944"), (1265, "UUID=5e1fba9e&Time=1774000000000")]
    marked, weighed = inside(elements, 1059), inside(elements, 1059, 1)
    assert tree(inside(marked, 1163)) == [(1305, "0104600439931256215Pahn,cV.W?Pj")]
    assert tree(inside(marked, 1260)) == tree(inside(elements, 1261)) == permit
    assert {1191, 1229, 1230, 1231} <= tags(marked)
    assert (1212, 33) in tree(marked)
    assert {(1023, Decimal("7.445")), (2108, 11), (1222, 32), (1226, "7734675810")} <= {
        pair for pair in tree(weighed) if not isinstance(pair[1], list)
    }
    assert tree(inside(weighed, 1224)) == [(1171, "+74950000000"), (1171, "+74950000001"), (1225, "ООО Сыроварня")]
    assert tags(inside(weighed, 1223)) == {1005, 1016, 1026, 1044, 1073, 1074, 1075}
    assert tree(inside(elements, 1256)) == [
        (1227, "Иванов Иван Иванович"),
        (1228, "500100732259"),
        (1243, "07.05.1980"),
        (1244, "643"),
        (1245, "21"),
        (1246, "4500 123456"),
        (1254, "Тверь"),
    ]
    assert tree(inside(elements, 1270)) == [(1271, 0), (1272, "данные"), (1273, datetime(2026, 3, 1, 12, 30))]
    assert tree(inside(elements, 1084)) == [(1085, "Номер заказа"), (1086, "151939ПРИ")]
    assert tree(inside(elements, 1234)) == [
        (1235, [(1082, a_full_receipt().payments.electronic), (1236, 1), (1237, "RRN 42"), (1238, "СБП")])
    ]
    assert tree(decode(encode(elements))) == tree(elements)


@pytest.mark.parametrize("ffd", [V105, V11])
def test_everything_at_once_before_12(ffd: FfdVersion) -> None:
    elements = receipt_elements(a_full_receipt(), ffd)
    assert {1057, 1227, 1228, 1008, 1125, 1084} <= tags(elements)
    assert not {1256, 1261, 1270} & tags(elements)
    marked, weighed = inside(elements, 1059), inside(elements, 1059, 1)
    assert (1212, 1) in tree(marked)
    assert not {1163, 1260, 2108} & tags(marked)
    # GTIN 04600439931256 as six big-endian bytes is 042F1F968178
    assert (1162, bytes.fromhex("444D 042F1F968178") + b"5Pahn,cV.W?Pj") in tree(marked)
    assert (1197, "кг") in tree(weighed)
    assert tree(decode(encode(elements))) == tree(elements)


@pytest.mark.parametrize(
    ("given", "before"),
    [
        (PaymentObject.EXCISE_WITHOUT_MARKING, 2),
        (PaymentObject.EXCISE_WITH_MARKING, 2),
        (PaymentObject.COMMODITY_WITHOUT_MARKING, 1),
        (PaymentObject.COMMODITY_WITH_MARKING, 1),
        (PaymentObject.SERVICE, 4),
    ],
)
def test_objects_of_12_are_downgraded(given: PaymentObject, before: int) -> None:
    receipt = a_receipt(an_item(payment_object=given))
    assert [(1212, before) in tree(inside(receipt_elements(receipt, ffd), 1059)) for ffd in (V105, V11)] == [True, True]
    assert (1212, given.code) in tree(inside(receipt_elements(receipt, V12), 1059))


def test_fraction_of_a_marked_piece() -> None:
    item = an_item(quantity=Decimal(1), marking=Marking(code=CODE, numerator=1, denominator=3))
    line = inside(receipt_elements(a_receipt(item), V12), 1059)
    assert tree(inside(line, 1291)) == [(1293, 1), (1294, 3)]
    assert 1291 not in tags(inside(receipt_elements(a_receipt(item), V11), 1059))


def test_corrections() -> None:
    receipt = a_correction()
    assert document_code(receipt) is DocumentCode.CORRECTION
    basis = [(1178, datetime(2026, 2, 3)), (1179, "42-К")]
    for ffd in FfdVersion:
        elements = receipt_elements(receipt, ffd)
        assert (1173, 1) in tree(elements)
        assert tree(inside(elements, 1174)) == basis
        assert (1192, "1234567890") in tree(elements)
        assert {1020, 1031, 1081, 1115} <= tags(elements)
        assert (1059 in tags(elements)) is (ffd is not V105)
    assert 1059 in tags(receipt_elements(receipt, V105, correction_items=True))


def test_description_of_a_correction_belongs_to_105() -> None:
    correction = Correction(kind=CorrectionKind.SELF, date=date(2026, 2, 3), description="Акт")
    receipt = a_correction(correction=correction)
    assert tree(inside(receipt_elements(receipt, V105), 1174)) == [(1177, "Акт"), (1178, datetime(2026, 2, 3))]
    assert tree(inside(receipt_elements(receipt, V12), 1174)) == [(1178, datetime(2026, 2, 3))]


def test_agency_bits_are_joined_before_12() -> None:
    items = [an_item(agent=Agent(kind=kind)) for kind in (AgentKind.ATTORNEY, AgentKind.COMMISSION_AGENT)]
    assert (1057, 48) in tree(receipt_elements(a_receipt(*items), V105))
    assert 1057 not in tags(receipt_elements(a_receipt(*items), V12))


def test_a_correction_has_no_list_of_cashless_payments() -> None:
    receipt = replace(a_full_receipt(), correction=a_correction().correction)
    assert 1234 not in tags(receipt_elements(receipt, V12))


def test_units_of_the_text_kind() -> None:
    def unit(measure: Measure) -> list[Any]:
        line = inside(receipt_elements(a_receipt(an_item(measure=measure)), V105), 1059)
        return [value for tag, value in tree(line) if tag == 1197]

    assert [unit(measure) for measure in (Measure.PIECE, Measure.OTHER, Measure.LITER)] == [[], [], ["л"]]


def test_what_is_not_given_is_not_there() -> None:
    elements = receipt_elements(replace(a_receipt(), taxation=None), V12)
    assert tags(elements) == {1054, 1020, 1059, 1031, 1081, 1215, 1216, 1217, 1115}


@pytest.mark.parametrize(("given", "written"), [("2.500", "2.5"), ("1E+1", "10"), ("10", "10"), ("0.100", "0.1")])
def test_quantities_are_written_plainly(given: str, written: str) -> None:
    assert f"{plain_quantity(Decimal(given))}" == written


def test_units_fit_the_character_set() -> None:
    for measure in Measure:
        encode(receipt_elements(a_receipt(an_item(measure=measure)), V105))


def test_size_counts_frame_and_marking_results() -> None:
    plain = a_receipt()
    body = len(encode(receipt_elements(plain, V12)))
    assert size_of(plain, V12) == body + FRAME_SIZE == body + 111
    marked = a_receipt(an_item(marking=Marking(code=CODE)))
    assert size_of(marked, V12) == len(encode(receipt_elements(marked, V12))) + 111 + 10 + 5
