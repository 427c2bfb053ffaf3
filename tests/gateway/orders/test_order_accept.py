"""Bodies of the orders' calls: every fault at once, each at its own place in the body."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.orders.accept import Place, accept_event, accept_order, accept_scan, at_order, one_of_each
from gateway.orders.log import Put
from gateway.orders.policy import Policy
from gateway.receipts.faults import BodyFaults
from protocols.ffd.enums import Vat
from protocols.ffd.faults import Fault

LINE = {"id": "l1", "name": "Ботинки", "price": "4990.00", "quantity": 1, "vat": "vat22"}
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def order(*lines: Any, **more: Any) -> Put:
    put, _ = accept_order({"items": list(lines), **more}, "1001", lambda: MONDAY, Policy(courier="single"))
    return put


def costs(*lines: Any, **more: Any) -> list[int]:
    return [line.cost for line in order(*lines, **more).lines]


def faults(call: Any, *given: Any, **more: Any) -> list[tuple[str, str]]:
    with pytest.raises(BodyFaults) as caught:
        call(*given, **more)
    found = [(fault.pointer, fault.code) for fault in caught.value.faults]
    assert len(found) == len(set(found))
    return found


def line(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in {**LINE, **changes}.items() if value is not None}


def test_all_faults_of_an_order_come_at_once() -> None:
    """Of the shape, of single values, between them, of the policy and of the receipts that it would make."""
    assert sorted(
        faults(
            order,
            line(price=-1, discount="9999999"),  # nobody knows what the discount is taken off
            line(vat="vat122", colour="red"),
            line(id="l 2", quantity=0),
            line(id="l3", payment_object="service", marked=True),
            line(id="l4", agent_info={"type": "commission_agent"}),
            line(id="l5", vat="vat21", discount="4990.01"),
            5,
            internet=True,
            policy={"courier": "on_foot", "colour": "red", "advance_item_name": "ы" * 129},
            taxation="none",
            total="1.00",
        )
    ) == [
        ("/customer", "contact_required"),
        ("/items/0/price", "money_negative"),
        ("/items/1/colour", "unknown_key"),
        ("/items/1/id", "line_twice"),
        ("/items/1/vat", "vat_not_plain"),
        ("/items/2/id", "key_format"),
        ("/items/2/quantity", "quantity_not_positive"),
        ("/items/3/payment_object", "object_not_marked"),
        ("/items/4/supplier_info/inn", "supplier_inn_missing"),
        ("/items/5/discount", "discount_too_big"),
        ("/items/5/vat", "unknown_value"),
        ("/items/6", "wrong_type"),
        ("/policy/advance_item_name", "text_too_long"),
        ("/policy/colour", "unknown_key"),
        ("/policy/courier", "unknown_value"),
        ("/taxation", "unknown_value"),
    ]


def test_a_part_that_cannot_be_read_is_no_fault_of_another() -> None:
    assert faults(order, line(), customer={"email": "x"}, internet=True) == [("/customer/email", "email_format")]
    assert faults(order, line(vat=None), total="9.00") == [("/items/0/vat", "required"), ("/total", "total_mismatch")]
    assert faults(order, line(price=None), total="9.00") == [("/items/0/price", "required")]
    assert faults(order, line(measure="inch", quantity="1.5", marked=True)) == [("/items/0/measure", "unknown_value")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"price": "9999999999.99", "quantity": 999}, ("/items/0/quantity", "money_too_big")),
        ({"marked": True, "quantity": "1.5"}, ("/items/0/quantity", "marking_quantity")),
        ({"numerator": 1, "denominator": 2}, ("/items/0/numerator", "fraction_invalid")),
        ({"marked": True, "numerator": 1}, ("/items/0", "fraction_invalid")),
        ({"marked": True, "numerator": 2, "denominator": 2}, ("/items/0/numerator", "fraction_invalid")),
        (
            {"marked": True, "numerator": 1, "denominator": 2, "measure": "kilogram"},
            ("/items/0/measure", "fraction_quantity"),
        ),
        ({"name": "Чай 🍵"}, ("/items/0/name", "character_refused")),
        ({"name": "Чай\nчёрный"}, ("/items/0/name", "character_refused")),
        ({"name": "Чай\u2028"}, ("/items/0/name", "character_refused")),
        ({"price": "-0"}, ("/items/0/price", "money_negative")),
        ({"price": Decimal("-0.00")}, ("/items/0/price", "money_negative")),
        ({"gtin": "04600439931257"}, ("/items/0/gtin", "gtin_invalid")),
        ({"discount": "4990.01"}, ("/items/0/discount", "discount_too_big")),
    ],
)
def test_one_fault_is_told_once_and_where_it_is(given: dict[str, Any], expected: tuple[str, str]) -> None:
    assert faults(order, line(**given)) == [expected]


def test_faults_of_the_whole() -> None:
    assert faults(order, line(), discount="4990.01") == [("/discount", "discount_too_big")]
    assert faults(order, line(), total="4990.02") == [("/total", "total_mismatch")]
    assert faults(order, total="1.00") == [("/total", "total_mismatch")]
    assert faults(order, line(id="a", price="2000000000000"), line(id="b", price="2000000000000")) == [
        ("/items", "money_too_big")
    ]
    long = [line(id=str(number), name="Ф" * 128) for number in range(300)]
    assert faults(order, *long) == [("/items", "document_too_large")]
    nonsense: list[Any] = [None, [], 5, "x"]
    for raw in nonsense:
        assert faults(accept_order, raw, "1", lambda: MONDAY, Policy()) == [("", "wrong_type")]


def test_what_an_order_costs() -> None:
    """The caller's own rounding is taken by the largest line; a weight, a gift and an empty order are orders."""
    assert costs(line(quantity="0.345", measure="kilogram")) == [172155]
    assert costs(line(), line(id="gift", price=0)) == [499000, 0]
    assert costs() == []
    assert costs(line(), line(id="l2", price="10.00"), total="5000.01") == [499001, 1000]
    assert costs(line(discount="90.00"), discount="900.00") == [400000]
    three = [line(id="a", price="333.33", quantity=3), line(id="b", price="150.50")]
    fee = line(id="c", price=300, payment_object="service")
    assert costs(*three, fee, discount=100) == [91307, 13742, 30000]  # receipt_lifecycle.md 6.3


def test_a_marked_line_may_be_told_by_its_payment_object() -> None:
    words: list[dict[str, Any]] = [{"marked": True}]
    words += [{"payment_object": f"commodity_{how}_marking"} for how in ("with", "without")]
    for word in words:
        (one,) = order(line(**word)).lines
        assert (one.object, one.marked) == ("commodity", True)


def test_the_shops_policy_stands_where_an_order_says_nothing() -> None:
    assert order(line(), policy={"overpaid": "keep"}).policy == Policy(courier="single", overpaid="keep")


@pytest.mark.parametrize("rate", [*Vat])
def test_an_advance_has_a_calculated_rate(rate: Vat) -> None:
    policy = {"advance_vat": rate.value}
    if rate in {Vat.NONE, Vat.VAT0, Vat.VAT105, Vat.VAT107, Vat.VAT110, Vat.VAT120, Vat.VAT122}:
        assert order(line(), policy=policy).policy.advance_vat is rate
    else:
        assert faults(order, line(), policy=policy) == [("/policy/advance_vat", "vat_not_calculated")]


def test_a_pointer_is_into_the_orders_own_body() -> None:
    line_of, of_advance = Place("/items/4"), Place("/items", {"vat": "/items/2/vat"})
    for pointer, expected in {
        "/items/0/vat": "/items/4/vat",
        "/items/0/supplier_info/inn": "/items/4/supplier_info/inn",
        "/items/0/sum": "/items/4",
        "/items/0/marking": "/items/4",
        "/items/0": "/items/4",
        "/items/1/vat": "/items/2/vat",
        "/items/1/price": "/items",
        "/items": "/items",
        "/payments/0/sum": "/items",
        "/payments": "/items",
        "/total": "/total",
        "/customer/email": "/customer/email",
        "/operation": "",
        "": "",
    }.items():
        assert at_order(pointer, [line_of, of_advance]) == expected, pointer


def test_several_receipts_have_one_fault_for_one_cause() -> None:
    told = [("/items/0/vat", "v"), ("/items/0/vat", "v"), ("/items", "v"), ("", "v"), ("/items/1", "w"), ("", "x")]
    found = one_of_each(Fault(pointer, word, str(index)) for index, (pointer, word) in enumerate(told))
    assert [(fault.pointer, fault.code, fault.message) for fault in found] == [
        ("/items/0/vat", "v", "0"),
        ("/items/1", "w", "4"),
        ("", "x", "5"),
    ]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, {("/id", "required"), ("/type", "unknown_value")}),
        ({"id": "a b", "type": "gift"}, {("/id", "key_format"), ("/type", "unknown_value")}),
        ([], {("", "wrong_type")}),
        ({"id": [], "type": {}, "sum": {}, "payments": [5]}, {("/id", "wrong_type"), ("/type", "unknown_value")}),
        (
            {"id": "e", "type": "payment", "sum": 0, "method": "barter", "colour": 1},
            {("/sum", "money_zero"), ("/method", "unknown_value"), ("/colour", "unknown_key")},
        ),
        ({"id": "e", "type": "payment"}, {("/payments", "payment_choice")}),
        ({"id": "e", "type": "payment", "sum": 1}, {("/payments", "payment_choice")}),
        (
            {"id": "e", "type": "payment", "payments": [{"method": "cash", "sum": "0.00"}, {"sum": "0.001"}]},
            {
                ("/payments/0/sum", "money_zero"),
                ("/payments/1/sum", "money_decimals"),
                ("/payments/1/method", "required"),
            },
        ),
        ({"id": "e", "type": "invoice", "sum": 0}, {("/sum", "money_zero")}),
        ({"id": "e", "type": "refund", "sum": "0"}, {("/sum", "money_zero")}),
        (
            {"id": "e", "type": "delivery", "items": [{"id": "l1", "quantity": 0, "codes": ["", "ы"]}]},
            {
                ("/items/0/quantity", "quantity_not_positive"),
                ("/items/0/codes/0", "marking_code_length"),
                ("/items/0/codes/1", "marking_code_layout_unproven"),
            },
        ),
        ({"id": "e", "type": "return", "items": []}, {("/items", "list_empty")}),
        ({"id": "e", "type": "document"}, {("/receipt_id", "required"), ("/fiscal", "document_choice")}),
        (
            {"id": "e", "type": "document", "receipt_id": "r", "cancelled": True, "fiscal": {}},
            {("/fiscal/fn", "required"), ("/fiscal/document", "required"), ("/fiscal/sign", "required")},
        ),
    ],
)  # fmt: skip
def test_all_faults_of_an_event_come_at_once(raw: Any, expected: set[tuple[str, str]]) -> None:
    assert set(faults(accept_event, raw)) == expected


def test_the_same_event_written_otherwise_is_the_same() -> None:
    _, first = accept_event({"id": "e", "type": "payment", "sum": 10, "method": "cash"})
    _, again = accept_event({"method": "cash", "sum": "10.00", "type": "payment", "id": "e", "payments": None})
    _, other = accept_event({"id": "e", "type": "payment", "sum": Decimal("10.01"), "method": "cash"})
    assert first == again != other


def test_a_scan_without_its_code() -> None:
    assert faults(accept_scan, {"item": "a b"}) == [("/code", "required"), ("/item", "key_format")]
