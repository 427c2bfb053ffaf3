from __future__ import annotations

import base64
import copy
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from api_world import a_body, an_item_body
from hypothesis import given
from hypothesis import strategies as st

from gateway.receipts.faults import BodyFaults, pointer
from gateway.receipts.normalise import accept

CODE = "0104600439931256215Pahn,cV.W?Pj\x1d91EE06\x1d92" + "A" * 44


def now() -> datetime:
    return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def faults(body: Any, *, correction: bool = False) -> list[tuple[str, str]]:
    try:
        accept(body, now, correction=correction)
    except BodyFaults as error:
        return [(fault.pointer, fault.code) for fault in error.faults]
    return []


def item(**changes: Any) -> dict[str, Any]:
    return a_body(items=[an_item_body(**changes)])


MARKED = {"payment_object": "commodity_with_marking", "marking": {"code": CODE}}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (a_body(operation="sold"), ("/operation", "unknown_value")),
        (a_body(operation=None), ("/operation", "required")),
        (a_body(colour="red"), ("/colour", "unknown_key")),
        (item(colour="red"), ("/items/0/colour", "unknown_key")),
        ({**a_body(), "a/b~c": 1}, ("/a~1b~0c", "unknown_key")),
        (a_body(taxation="envd"), ("/taxation", "unknown_value")),
        (a_body(items=[]), ("/items", "list_empty")),
        (a_body(items={}), ("/items", "wrong_type")),
        (a_body(items=["x"]), ("/items/0", "wrong_type")),
        (item(name="Ы" * 129), ("/items/0/name", "text_too_long")),
        (item(name="Чай 🍵"), ("/items/0/name", "character_refused")),
        (item(name="茶"), ("/items/0/name", "character_refused")),
        (item(name="\ud800"), ("/items/0/name", "character_refused")),
        (item(name=5), ("/items/0/name", "wrong_type")),
        (item(price="-1990.00"), ("/items/0/price", "money_negative")),
        (item(price=Decimal("0.30000000000000004")), ("/items/0/price", "money_decimals")),
        (item(quantity=0), ("/items/0/quantity", "quantity_not_positive")),
        (item(vat="vat18"), ("/items/0/vat", "unknown_value")),
        (item(measure="box"), ("/items/0/measure", "unknown_value")),
        (item(sum="1989.98"), ("/items/0/sum", "item_sum_mismatch")),
        (item(payment_object="commodity_with_marking"), ("/items/0/marking", "marking_code_missing")),
        (item(payment_object="excise_with_marking"), ("/items/0/marking", "marking_code_missing")),
        (
            item(payment_object="commodity_without_marking", marking={"code": CODE}),
            ("/items/0/marking", "marking_code_unexpected"),
        ),
        (item(marking={"code": CODE}), ("/items/0/marking", "marking_code_unexpected")),
        (item(payment_object="commodity_with_marking", marking={}), ("/items/0/marking", "marking_code_choice")),
        (
            item(**{**MARKED, "marking": {"code": CODE, "code_base64": "MDE="}}),
            ("/items/0/marking", "marking_code_choice"),
        ),
        (item(**{**MARKED, "marking": {"code": "фыва"}}), ("/items/0/marking/code", "marking_code_layout_unproven")),
        (item(**{**MARKED, "marking": {"code": "1" * 257}}), ("/items/0/marking/code", "marking_code_length")),
        (item(**{**MARKED, "marking": {"code_base64": "%%"}}), ("/items/0/marking/code_base64", "base64_format")),
        (item(**MARKED, quantity="2"), ("/items/0/quantity", "marking_quantity")),
        (item(**{**MARKED, "marking": {"code": "4600439931256"}}), ("/items/0/marking", "marking_code_no_unit")),
        (item(**{**MARKED, "marking": {"code": "hello world"}}), ("/items/0/marking", "marking_code_no_unit")),
        (
            item(**MARKED, payment_method="full_prepayment", vat="vat122"),
            ("/items/0/marking", "marking_before_handover"),
        ),
        (item(**MARKED, payment_method="credit_payment"), ("/items/0/marking", "marking_before_handover")),
        (
            item(**{**MARKED, "marking": {"code": CODE, "numerator": 1, "denominator": 3}}, measure="kilogram"),
            ("/items/0/measure", "fraction_quantity"),
        ),
        (item(**{**MARKED, "marking": {"code": CODE, "numerator": 1}}), ("/items/0/marking", "fraction_invalid")),
        (
            item(**{**MARKED, "marking": {"code": CODE, "numerator": 2, "denominator": 2}}),
            ("/items/0/marking/numerator", "fraction_invalid"),
        ),
        (
            item(agent_info={"type": "agent"}, supplier_info={"inn": "7707083893"}),
            ("/items/0/agent_info/type", "unknown_value"),
        ),
        (item(agent_info={"type": "attorney"}), ("/items/0/supplier_info/inn", "supplier_inn_missing")),
        (item(supplier_info={"phones": ["позвоните"]}), ("/items/0/supplier_info/phones/0", "phone_format")),
        (a_body(cashier={"name": "И", "inn": "500100732258"}), ("/cashier/inn", "inn_invalid")),
        (a_body(cashier={"name": "И", "inn": "000000000000"}), ("/cashier/inn", "inn_invalid")),
        (a_body(cashier={"inn": "500100732259"}), ("/cashier/name", "required")),
        (a_body(customer={"inn": "123"}), ("/customer/inn", "inn_invalid")),
        (a_body(customer={"email": "buyer"}), ("/customer/email", "email_format")),
        (a_body(internet=True), ("/customer", "contact_required")),
        (a_body(internet=1), ("/internet", "wrong_type")),
        (a_body(shift="later"), ("/shift", "unknown_value")),
        (a_body(total="1989.99"), ("/total", "total_mismatch")),
        (a_body(payments=[]), ("/payments", "payments_short")),
        (a_body(payments=[{"type": "cash", "sum": "1989.99"}]), ("/payments", "payments_short")),
        (a_body(payments=[{"type": "cash", "sum": "2000.00"}]), ("/payments/0/sum", "payment_exceeds_total")),
        (
            a_body(payments=[{"type": "prepaid", "sum": 1000}, {"type": "electronic", "sum": 1000}]),
            ("/payments/1/sum", "payment_exceeds_total"),
        ),
        (a_body(payments=[{"type": "credit", "sum": 1990}]), ("/payments/0/type", "unknown_value")),
        (
            a_body(payments=[{"type": "electronic", "sum": 1990, "received": 2000}]),
            ("/payments/0/received", "change_only_from_cash"),
        ),
        (
            a_body(payments=[{"type": "cash", "sum": 1990, "received": 1000}]),
            ("/payments/0/received", "received_too_small"),
        ),
        (
            a_body(cashless_payments=[{"sum": 1, "method": 1, "id": "x"}]),
            ("/cashless_payments", "cashless_sum_mismatch"),
        ),
        (a_body(additional_check_props="x" * 17), ("/additional_check_props", "text_too_long")),
        (
            a_body(operating_check_props={"name": 0, "value": "x", "timestamp": "2026-03-01T10:00:00"}),
            ("/operating_check_props/timestamp", "date_format"),
        ),
        (
            item(sectoral_item_props=[{"federal_id": "30", "date": "2026-03-01", "number": "1", "value": "x"}]),
            ("/items/0/sectoral_item_props/0/federal_id", "digits_format"),
        ),
        (item(price=10**10, quantity=10**7), ("/items/0/quantity", "money_too_big")),
    ],
)
def test_one_mistake_is_one_fault_at_its_place(body: dict[str, Any], expected: tuple[str, str]) -> None:
    found = faults(body)
    assert expected in found
    # A changed price makes the payments wrong, too; no other fault is made up.
    assert [one for one in found if one != expected and not one[0].startswith("/payments")] == []


@pytest.mark.parametrize(
    "body",
    [
        a_body(),
        a_body(total=1990, internet=True, customer={"phone": "+79991234567"}),
        a_body(payments=[{"type": "cash", "sum": "1990", "received": "2000"}]),
        a_body(
            payments=[{"type": kind, "sum": 398} for kind in ("cash", "electronic", "prepaid", "postpaid", "other")]
        ),
        a_body(payments=[{"type": "electronic", "sum": 1000}, {"type": "electronic", "sum": 990}]),
        item(sum="1990.00"),
        a_body(items=[an_item_body(sum="1989.99")], payments=[{"type": "cash", "sum": "1989.99"}]),  # within a kopeck
        a_body(items=[an_item_body(price=0)], payments=[]),
        item(**MARKED),
        item(**{**MARKED, "marking": {"code_base64": "MDEwNDYwMDQzOTkzMTI1NjIxNVFiYWchHTkzZEdWeg=="}}),
        item(payment_object="commodity_without_marking", payment_method="full_prepayment", vat="vat122"),
        item(agent_info={"type": "attorney"}, supplier_info={"name": "ООО", "inn": "000000000000"}),
        item(name="«Ёлка» — 5 ₽"),
        item(name="Ы" * 128),
        a_body(customer=None, taxation=None, cashier=None, register=None, order=None),
        {**a_body(), "taxation": None, "total": None},
    ],
)
def test_good_bodies_have_none(body: dict[str, Any]) -> None:
    assert faults(body) == []


def test_all_faults_come_at_once_sums_too() -> None:
    body = a_body(
        foo=1,
        cashier={"name": "И", "inn": "1"},
        items=[an_item_body(name="😀"), an_item_body(price="-1"), an_item_body(sum="1.00")],
        payments=[{"type": "electronic", "sum": "5.00", "received": "6.00"}],
        total="7.00",
    )
    assert set(faults(body)) == {
        ("/foo", "unknown_key"),
        ("/cashier/inn", "inn_invalid"),
        ("/items/0/name", "character_refused"),
        ("/items/1/price", "money_negative"),
        ("/items/2/sum", "item_sum_mismatch"),
        ("/payments/0/received", "change_only_from_cash"),
        ("/payments", "payments_short"),
    }


def test_sums_are_checked_although_names_are_bad() -> None:
    body = a_body(
        items=[an_item_body(name="😀", vat="vat18")], total="5.00", payments=[{"type": "cash", "sum": "9.00"}]
    )
    assert set(faults(body)) == {
        ("/items/0/name", "character_refused"),
        ("/items/0/vat", "unknown_value"),
        ("/total", "total_mismatch"),
        ("/payments", "payments_short"),
    }


def test_a_code_is_sold_once_in_a_receipt() -> None:
    packed = base64.b64encode(b"]d2" + CODE.encode()).decode()
    short = CODE.partition("\x1d")[0]
    for again in ({"code": CODE}, {"code_base64": packed}, {"code": short}):
        lines = [an_item_body(**MARKED), an_item_body(), an_item_body(**{**MARKED, "marking": again})]
        found = faults(a_body(items=lines, payments=[{"type": "cash", "sum": "5970.00"}]))
        assert found == [("/items/2/marking", "marking_code_twice")]


def test_goods_by_measure_need_no_whole_number() -> None:
    line = an_item_body(**MARKED, measure="kilogram", quantity="0.250", price="100")
    assert faults(a_body(items=[line], payments=[{"type": "cash", "sum": "25.00"}])) == []


def test_a_marked_gift_costs_nothing() -> None:
    lines = [an_item_body(), an_item_body(**MARKED, price="0.00")]
    assert faults(a_body(items=lines, payments=[{"type": "cash", "sum": "1990.00"}])) == []


def test_what_becomes_of_a_bad_code_is_one_of_two_words() -> None:
    assert faults(a_body(on_marking_failure="ask")) == [("/on_marking_failure", "unknown_value")]
    assert faults(a_body(on_marking_failure="sell")) == []


def test_the_drives_limits_are_refused_with_the_figure() -> None:
    units = [{**MARKED, "marking": {"code": f"010460043993125621{number:07d}\x1d93dGVz"}} for number in range(129)]
    codes = a_body(items=[an_item_body(**unit) for unit in units], payments=[{"type": "cash", "sum": 1990 * 129}])
    with pytest.raises(BodyFaults) as caught:
        accept(codes, now)
    assert [(fault.pointer, fault.code) for fault in caught.value.faults] == [("/items", "too_many_codes")]
    assert "129" in caught.value.faults[0].message
    # 250 lines of 128 letters: about 250 x 190 bytes of TLV
    large = a_body(
        items=[an_item_body(name="Ы" * 128) for _ in range(250)], payments=[{"type": "cash", "sum": 1990 * 250}]
    )
    with pytest.raises(BodyFaults) as caught:
        accept(large, now)
    (fault,) = caught.value.faults
    assert fault.code == "document_too_large"
    assert "32768" in fault.message
    fits = a_body(
        items=[an_item_body(name="Ы" * 128) for _ in range(150)], payments=[{"type": "cash", "sum": 1990 * 150}]
    )
    assert faults(fits) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"date": "01.03.2026"}, []),
        ({"kind": "instruction", "number": "12-34"}, []),
        ({"kind": "instruction"}, [("/correction/number", "required")]),
        ({"kind": "other"}, [("/correction/kind", "unknown_value")]),
        ({"date": "2026-03-03"}, [("/correction/date", "date_in_future")]),
        ({"date": "2026-02-30"}, [("/correction/date", "date_format")]),
        ({"date": None}, [("/correction/date", "wrong_type")]),
        ({"date": "03.03.2026"}, [("/correction/date", "date_in_future")]),
    ],
)
def test_corrections(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    body = a_body(correction={"kind": "self", "date": "2026-03-01", **changes})
    assert faults(body, correction=True) == expected


def test_a_hostile_body_does_not_get_a_hostile_answer() -> None:
    body = {f"k{number}": 1 for number in range(20_000)}
    assert len(faults(body)) == 500


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_any_value_anywhere_is_a_fault_or_fine_and_never_an_exception(data: st.DataObject) -> None:
    body: dict[str, Any] = copy.deepcopy(item(**MARKED))
    body |= {"customer": {"email": "a@b.ru"}, "correction": {"kind": "self", "date": "2026-03-01"}, "total": "1990.00"}
    place: Any = body
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
            place = place[key]
            continue
        place[key] = data.draw(JSON)
        break
    for found, code in faults(body, correction=True):
        assert found == "" or found.startswith("/")
        assert code


def test_pointers_are_escaped() -> None:
    assert pointer(("a/b", "c~d", 0)) == "/a~1b/c~0d/0"
