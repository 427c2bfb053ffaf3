"""Checks that concern several values of a body, run on the raw JSON so that one bad field does not hide the rest."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic_core import PydanticCustomError

from gateway.receipts.money import kopecks, quantity
from gateway.receipts.schema import CustomerBody, ReceiptBody
from gateway.receipts.values import as_date
from protocols.ffd import lines
from protocols.ffd.arithmetic import line_sum, rubles
from protocols.ffd.documents import MARKED
from protocols.ffd.enums import Measure, PaymentKind, PaymentObject
from protocols.ffd.faults import Fault
from protocols.ffd.limits import MAX_KOPECKS, MAX_MARKING_CODES
from protocols.marking import Code, parse, read

_OBJECTS = {kind.value: kind for kind in PaymentObject}


def surely_fine(body: ReceiptBody) -> bool:
    """True for the plain receipt that needs no closer look; False says nothing."""
    due = 0
    units: list[str] = []
    for item in body.items:
        line = line_sum(item.price, item.quantity)
        if item.sum is not None and item.sum != line:
            return False
        marking = item.marking
        if item.agent_info is not None or (marking is not None) is not (item.payment_object in MARKED):
            return False
        if marking is not None:
            if (marking.code is None) is (marking.code_base64 is None) or marking.numerator or marking.denominator:
                return False
            if item.quantity != 1 and item.measure is Measure.PIECE:
                return False
            code = read(marking.code_base64 or (marking.code or "").encode("ascii"))
            if item.payment_method in lines.NOT_AT_HANDOVER or lines.unit_fault("", code) is not None:
                return False
            units.append(code.unit)
        due += line
    paid = 0
    for payment in body.payments:
        if payment.received is not None:
            return False
        paid += payment.sum
    return (
        paid == due <= MAX_KOPECKS
        and len(units) == len(set(units)) <= MAX_MARKING_CODES
        and (body.total is None or body.total == due)
        and (not body.internet or _reachable(body.customer))
        and body.cashless_payments is None
        and body.correction_block is None
    )


def _reachable(customer: CustomerBody | None) -> bool:
    return customer is not None and (customer.email is not None or customer.phone is not None)


def cross_checks(raw: Any, today: date) -> list[Fault]:
    """Faults between the values of a receipt or correction body."""
    if not isinstance(raw, dict):
        return []
    items = _dicts(raw.get("items"))
    payments = _dicts(raw.get("payments"))
    found = [fault for index, item in items for fault in _item(item, f"/items/{index}")]
    codes = sum(1 for _, item in items if isinstance(item.get("marking"), dict))
    found += lines.too_many_codes(codes)
    units = _units(items)
    found += lines.repeated_codes(units)
    if raw.get("on_marking_failure") != "sell":
        told = (lines.unit_fault(f"/items/{index}/marking", code) for index, code in units)
        found += [fault for fault in told if fault is not None]
    found += [fault for index, payment in payments for fault in _payment(payment, f"/payments/{index}")]
    found += _totals(raw, items, payments)
    found += _cashless(raw, payments)
    found += _contact(raw)
    found += _correction(raw.get("correction"), today)
    return found


def _dicts(value: Any) -> list[tuple[int, dict[str, Any]]]:
    if not isinstance(value, list):
        return []
    return [(index, entry) for index, entry in enumerate(value) if isinstance(entry, dict)]


def _money(value: Any) -> int | None:
    try:
        return kopecks(value)
    except PydanticCustomError:
        return None


def _quantity(value: Any) -> Decimal | None:
    try:
        return quantity(value)
    except PydanticCustomError:
        return None


def _line(item: dict[str, Any]) -> int | None:
    """The line's sum, the caller's where one is given; None when it cannot be known."""
    if item.get("sum") is not None:
        return _money(item["sum"])
    price, count = _money(item.get("price")), _quantity(item.get("quantity"))
    return None if price is None or count is None else line_sum(price, count)


def _item(item: dict[str, Any], place: str) -> Iterator[Fault]:
    price, count, given = _money(item.get("price")), _quantity(item.get("quantity")), _money(item.get("sum"))
    yield from lines.sum_faults(place, price, count, given)
    supplier = item.get("supplier_info")
    inn = supplier.get("inn") if isinstance(supplier, dict) else None
    yield from lines.supplier_faults(place, agent=item.get("agent_info") is not None, inn=inn)
    marking, named = item.get("marking"), item.get("payment_object")
    kind = _OBJECTS.get(named) if isinstance(named, str) else None
    yield from lines.code_faults(place, kind, item.get("payment_method"), marked=marking is not None)
    if isinstance(marking, dict):
        if (marking.get("code") is None) == (marking.get("code_base64") is None):
            yield Fault(f"{place}/marking", "marking_code_choice", "give either code or code_base64")
        yield from amount_faults(item, place, marking, f"{place}/marking")


def amount_faults(line: dict[str, Any], place: str, marking: dict[str, Any], within: str) -> Iterator[Fault]:
    """How much of a unit changes hands: quantity and measure of its line, the fraction of its marking object.

    `place` and `within` are the pointers of the two.
    """
    return lines.amount_faults(
        place,
        within,
        measure=line.get("measure", Measure.PIECE),
        quantity=_quantity(line.get("quantity")),
        part=marking.get("numerator"),
        whole=marking.get("denominator"),
    )


def _units(items: list[tuple[int, dict[str, Any]]]) -> list[tuple[int, Code]]:
    """The codes that can be read, each with its line."""
    given = ((index, item.get("marking")) for index, item in items)
    codes = ((index, _code(marking)) for index, marking in given if isinstance(marking, dict))
    return [(index, code) for index, code in codes if code is not None]


def _code(marking: dict[str, Any]) -> Code | None:
    text, packed = marking.get("code"), marking.get("code_base64")
    try:
        if isinstance(text, str):
            return parse(text)
        if isinstance(packed, str):
            return parse(base64.b64decode(packed, validate=True))
    except ValueError:  # no Base64, or no code
        pass
    return None


def _payment(payment: dict[str, Any], place: str) -> Iterator[Fault]:
    if payment.get("received") is None:
        return
    received, due = _money(payment["received"]), _money(payment.get("sum"))
    if payment.get("type") != PaymentKind.CASH.value:
        yield Fault(f"{place}/received", "change_only_from_cash", "only cash can be received in excess of its sum")
    elif received is not None and due is not None and received < due:
        yield Fault(
            f"{place}/received", "received_too_small", f"{rubles(received)} received for {rubles(due)} due in cash"
        )


def _totals(
    raw: dict[str, Any], items: list[tuple[int, dict[str, Any]]], payments: list[tuple[int, dict[str, Any]]]
) -> Iterator[Fault]:
    listed = raw.get("items")
    sums = [_line(item) for _, item in items]
    known = isinstance(listed, list) and len(sums) == len(listed) and bool(sums)
    due = sum(one for one in sums if one is not None) if known and None not in sums else None
    total = _money(raw["total"]) if raw.get("total") is not None else None
    if due is not None and due > MAX_KOPECKS:
        if max(one or 0 for one in sums) <= MAX_KOPECKS:  # else the line has its own fault
            yield Fault("/items", "money_too_big", "the receipt's total does not fit a fiscal document")
        return
    if due is not None and total is not None and due != total:
        yield Fault("/total", "total_mismatch", f"the items make {rubles(due)}, the total says {rubles(total)}")
    target = due if due is not None else total
    if target is not None and isinstance(raw.get("payments"), list) and len(payments) == len(raw["payments"]):
        yield from _paid(target, payments)


def _paid(target: int, payments: list[tuple[int, dict[str, Any]]]) -> Iterator[Fault]:
    left = target
    for index, payment in payments:
        part = _money(payment.get("sum"))
        if part is None:
            return
        if part > left:
            advice = "; cash handed over goes into received" if payment.get("type") == PaymentKind.CASH.value else ""
            yield Fault(
                f"/payments/{index}/sum",
                "payment_exceeds_total",
                f"{rubles(part)} is more than the {rubles(left)} still due{advice}",
            )
            return
        left -= part
    if left:
        yield Fault(
            "/payments", "payments_short", f"the payments make {rubles(target - left)}, {rubles(target)} is due"
        )


def _cashless(raw: dict[str, Any], payments: list[tuple[int, dict[str, Any]]]) -> Iterator[Fault]:
    entries = _dicts(raw.get("cashless_payments"))
    if not entries:
        return
    parts = [_money(entry.get("sum")) for _, entry in entries]
    electronic = [_money(p.get("sum")) for _, p in payments if p.get("type") == PaymentKind.ELECTRONIC.value]
    if None in parts or None in electronic:
        return
    yield from lines.cashless_faults(sum(part or 0 for part in parts), sum(part or 0 for part in electronic))


def _contact(raw: dict[str, Any]) -> Iterator[Fault]:
    customer = raw.get("customer")
    given = isinstance(customer, dict) and (customer.get("email") or customer.get("phone"))
    if raw.get("internet") is True and not given:
        yield Fault("/customer", "contact_required", "an internet settlement needs the buyer's email or phone (1008)")


def _correction(block: Any, today: date) -> Iterator[Fault]:
    if not isinstance(block, dict):
        return
    yield from lines.order_faults(block.get("kind"), block.get("number"))
    try:
        given = as_date(block.get("date"))
    except PydanticCustomError:
        return
    if given > today:
        yield Fault("/correction/date", "date_in_future", "the corrected settlement cannot be in the future (1178)")
