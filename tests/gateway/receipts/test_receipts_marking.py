"""Marking codes of a receipt's body: mended with a warning, refused by pointer with the hint for the till."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.receipts.convert import to_receipt
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import Accepted, accept, text_warnings

MILK = "0104607070190158215Ky5oR\x1d93dGVz"
IN_RUSSIAN = "0104607070190158215Лн5щК\x1d93вПМя"


def accepted(*markings: dict[str, Any], **more: Any) -> Accepted:
    items = [
        {
            "name": "Молоко",
            "price": "90.00",
            "quantity": 1,
            "payment_method": "full_payment",
            "payment_object": "commodity_with_marking",
            "vat": "vat10",
            "marking": marking,
        }
        for marking in markings
    ]
    body = {"operation": "sell", "items": items, "payments": [{"type": "cash", "sum": f"{90 * len(items)}.00"}], **more}
    return accept(body, lambda: datetime(2026, 3, 1, tzinfo=UTC))


def sent(found: Accepted) -> list[bytes]:
    """What the register will be given, by way of the journal."""
    return [item.marking.code for item in to_receipt(found.canonical).items if item.marking is not None]


def test_a_clean_code_passes_without_a_word() -> None:
    found = accepted({"code": MILK})
    assert sent(found) == [MILK.encode()]
    assert text_warnings(found.canonical) == []


@pytest.mark.parametrize(
    ("came", "warning"),
    [
        (IN_RUSSIAN, "marking_code_layout"),
        (MILK.replace("\x1d", ""), "marking_code_separators_restored"),
        (MILK.replace("\x1d", "\\u001d"), "marking_code_escapes"),
        (MILK[1:], "marking_code_leading_zero"),
    ],
)
def test_damage_is_undone_before_the_register_sees_it(came: str, warning: str) -> None:
    found = accepted({"code": came})
    assert found.body.items[0].marking is not None
    assert found.body.items[0].marking.code == MILK
    assert sent(found) == [MILK.encode()]
    (told,) = text_warnings(found.canonical)
    assert told.code == warning
    assert told.detail.startswith("/items/0/marking/code: ")
    assert told.hint
    # the journal keeps what was scanned, so the warning outlives a restart
    assert json.loads(found.canonical)["items"][0]["marking"]["code"] == came


def test_base64_is_mended_too() -> None:
    packed = base64.b64encode(b"]d2" + MILK[1:].encode()).decode()
    found = accepted({"code_base64": packed})
    assert sent(found) == [MILK.encode()]
    assert json.loads(found.canonical)["items"][0]["marking"]["code_base64"] == packed
    assert [warning.code for warning in text_warnings(found.canonical)] == ["marking_code_leading_zero"]


def test_what_scanners_put_around_a_code_is_no_damage() -> None:
    found = accepted({"code": f"]d2\x1d{MILK}\r\n"}, {"code": "0104607070190158215Ky5oS\x1d93dGVz"})
    assert sent(found) == [MILK.encode(), b"0104607070190158215Ky5oS\x1d93dGVz"]
    assert text_warnings(found.canonical) == []


@pytest.mark.parametrize(
    ("marking", "code", "hint"),
    [
        ({"code": "0104607070190158215Лн5щR\x1d93вПМя"}, "marking_code_layout_mixed", "английскую"),
        ({"code": "010460707019015821ABCDEFGHI93dGVz"}, "marking_code_separators_lost", "GS"),
        ({"code": MILK * 2}, "marking_code_glued", "Склеились"),
        ({"code": ""}, "marking_code_length", "Отсканируйте"),
        ({"code": "00106141411234567897"}, "marking_code_not_sold", "короба"),
        ({"code_base64": base64.b64encode("Лн5щR".encode()).decode()}, "marking_code_layout_mixed", "английскую"),
    ],
)
def test_what_cannot_be_mended_is_refused_by_pointer(marking: dict[str, Any], code: str, hint: str) -> None:
    with pytest.raises(BodyFaults) as refused:
        accepted({"code": MILK}, marking)
    (key,) = marking
    (fault,) = refused.value.faults
    assert (fault.pointer, fault.code) == (f"/items/1/marking/{key}", code)
    assert hint in fault.hint
    assert fault.hint in refused.value.hint
    assert refused.value.hint.startswith("Запрос не принят")


def test_the_same_advice_is_given_once() -> None:
    mixed = {"code": "0104607070190158215Лн5щR\x1d93вПМя"}
    with pytest.raises(BodyFaults) as refused:
        accepted(mixed, mixed)
    assert len(refused.value.faults) == 2
    assert refused.value.hint.count("Раскладка") == 1


def test_a_wrong_check_digit_is_a_warning() -> None:
    """The symbol cannot be misread by a digit: the label is printed so, and the marking system judges it."""
    found = accepted({"code": "0104607070190159215Ky5oR\x1d93dGVz"})
    assert [warning.code for warning in text_warnings(found.canonical)] == ["marking_code_gtin"]


def test_one_code_twice_is_seen_through_damage() -> None:
    with pytest.raises(BodyFaults) as refused:
        accepted({"code": MILK}, {"code": IN_RUSSIAN})
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [
        ("/items/1/marking", "marking_code_twice")
    ]


def test_unknown_codes_of_one_product_are_not_one_unit() -> None:
    """Of an unknown kind no КИ can be told: the same first characters say nothing."""
    anyway = {"on_marking_failure": "sell"}
    found = accepted({"code": "04601653035829H;dV)bF"}, {"code": "04601653035829H;dV)bG"}, **anyway)
    assert [warning.code for warning in text_warnings(found.canonical)] == ["marking_code_pack_damaged"] * 2
    with pytest.raises(BodyFaults) as refused:
        accepted({"code": "04601653035829H;dV)bF"}, {"code": "04601653035829H;dV)bF"}, **anyway)
    assert [fault.code for fault in refused.value.faults] == ["marking_code_twice"]


@pytest.mark.parametrize(
    ("came", "code", "hint"),
    [
        ("011460043993762021NH9X1JF\x1d1012940183", "marking_code_no_unit", "короба"),  # of tobacco
        ("011460043993762021NH9X1JF", "marking_code_no_unit", "короба"),
        ("0104607070190158215Ky5o", "marking_code_cut", "полностью"),
        ("010460043993125621AbCdE123456", "marking_code_cut", "полностью"),
        ("010460043993125621AbCdE123\x1d17260101", "marking_code_cut", "полностью"),
    ],
)
def test_what_is_no_unit_or_not_all_of_its_code_is_sold_by_order_only(came: str, code: str, hint: str) -> None:
    with pytest.raises(BodyFaults) as refused:
        accepted({"code": MILK}, {"code": came})
    (fault,) = refused.value.faults
    assert (fault.pointer, fault.code) == ("/items/1/marking", code)
    assert hint in refused.value.hint
    with pytest.raises(BodyFaults):
        accepted({"code_base64": base64.b64encode(came.encode()).decode()})
    assert sent(accepted({"code": came}, on_marking_failure="sell")) == [came.encode()]


@pytest.mark.parametrize(
    "came",
    [
        "010460043993125621AbCdE12345678",  # КИ alone of a serial number that is printed
        "010460707019015821AbCdE123456\x1d93dGVz",  # an odd serial number that its tail vouches for
    ],
)
def test_an_identification_code_may_be_sold(came: str) -> None:
    assert sent(accepted({"code": came})) == [came.encode()]
