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
from protocols.ffd.arithmetic import line_sum, rubles
from protocols.ffd.enums import Measure, PaymentKind, PaymentMethod, PaymentObject
from protocols.ffd.faults import Fault
from protocols.ffd.limits import MAX_KOPECKS, MAX_MARKING_CODES
from protocols.marking import Code, Kind, parse, read

#: Objects that carry a marking code, and only they (ffd_documents.md 8).
MARKED = frozenset({PaymentObject.EXCISE_WITH_MARKING, PaymentObject.COMMODITY_WITH_MARKING})

#: Settlements before the goods change hands, or of a debt after that: no unit is written off by them
#: (ffd_documents.md 7: a prepayment bears …_without_marking and no code).
NOT_AT_HANDOVER = frozenset(
    {
        PaymentMethod.FULL_PREPAYMENT,
        PaymentMethod.PREPAYMENT,
        PaymentMethod.ADVANCE,
        PaymentMethod.CREDIT_PAYMENT,
    }
)

#: Kinds of code that name no unit of marked goods.
NO_UNIT = frozenset({Kind.EAN8, Kind.EAN13, Kind.ITF14, Kind.UNKNOWN})

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
            if item.payment_method in NOT_AT_HANDOVER or code.kind in NO_UNIT:
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
    if codes > MAX_MARKING_CODES:
        found.append(
            Fault("/items", "too_many_codes", f"{codes} marking codes, a document holds {MAX_MARKING_CODES} at most")
        )
    units = _units(items)
    found += _twice(units)
    if raw.get("on_marking_failure") != "sell":
        found += _no_units(units)
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
    if price is not None and count is not None:
        computed = line_sum(price, count)
        if computed > MAX_KOPECKS:
            yield Fault(f"{place}/quantity", "money_too_big", "price x quantity does not fit a fiscal document")
        elif given is not None and abs(given - computed) > 1:
            # ffd_documents.md 5.1: with a spread discount the identity holds within one kopeck
            yield Fault(
                f"{place}/sum",
                "item_sum_mismatch",
                f"price x quantity is {rubles(computed)}, not {rubles(given)}; a discount belongs into the price",
            )
    supplier = item.get("supplier_info")
    if item.get("agent_info") is not None and not (isinstance(supplier, dict) and supplier.get("inn")):
        yield Fault(
            f"{place}/supplier_info/inn",
            "supplier_inn_missing",
            "an agent's line names its supplier's INN (1226); twelve zeros where there is none",
        )
    yield from _marking(item, place)


def _marking(item: dict[str, Any], place: str) -> Iterator[Fault]:
    marking, given = item.get("marking"), item.get("payment_object")
    kind = _OBJECTS.get(given) if isinstance(given, str) else None
    if kind in MARKED and marking is None:
        yield Fault(
            f"{place}/marking",
            "marking_code_missing",
            f"{kind} needs its marking code; without one (a prepayment) the object is "
            f"{str(kind).replace('_with_', '_without_')}",
        )
    if kind is not None and kind not in MARKED and marking is not None:
        yield Fault(
            f"{place}/marking",
            "marking_code_unexpected",
            f"{kind} carries no marking code; goods sold with one are commodity_with_marking or excise_with_marking",
        )
    if not isinstance(marking, dict):
        return
    if (marking.get("code") is None) == (marking.get("code_base64") is None):
        yield Fault(f"{place}/marking", "marking_code_choice", "give either code or code_base64")
    method = item.get("payment_method")
    if kind in MARKED and isinstance(method, str) and method in NOT_AT_HANDOVER:
        yield Fault(
            f"{place}/marking",
            "marking_before_handover",
            f"{method} bears no marking code: the unit is told when it changes hands; the object is "
            f"{str(kind).replace('_with_', '_without_')}",
        )
    yield from amount_faults(item, place, marking, f"{place}/marking")


def amount_faults(line: dict[str, Any], place: str, marking: dict[str, Any], within: str) -> Iterator[Fault]:
    """How much of a unit changes hands: quantity and measure of its line, the fraction of its marking object.

    `place` and `within` are the pointers of the two.
    """
    count = _quantity(line.get("quantity"))
    measure = line.get("measure", Measure.PIECE)
    if measure == Measure.PIECE and count is not None and count != 1:
        yield Fault(
            f"{place}/quantity",
            "marking_quantity",
            "one code is one piece: quantity 1, a line for each piece; of part of a piece the fraction is told",
        )
    part, whole = marking.get("numerator"), marking.get("denominator")
    if part is None and whole is None:
        return
    if part is None or whole is None:
        yield Fault(
            within,
            "fraction_invalid",
            "numerator and denominator come together",
            "Укажите долю упаковки полностью: и числитель, и знаменатель.",
        )
    elif isinstance(part, int) and isinstance(whole, int) and part >= whole:
        yield Fault(
            f"{within}/numerator",
            "fraction_invalid",
            f"{part}/{whole} is no part of a piece: the numerator must be less than the denominator",
            "Укажите долю упаковки: числитель меньше знаменателя. Целая упаковка продаётся без доли.",
        )
    if measure != Measure.PIECE:
        yield Fault(
            f"{place}/measure",
            "fraction_quantity",
            "with a fraction the measure is piece and the quantity is 1 (1023, 2108)",
        )


def _units(items: list[tuple[int, dict[str, Any]]]) -> list[tuple[int, Code]]:
    """The codes that can be read, each with its line."""
    given = ((index, item.get("marking")) for index, item in items)
    codes = ((index, _code(marking)) for index, marking in given if isinstance(marking, dict))
    return [(index, code) for index, code in codes if code is not None]


def _twice(units: list[tuple[int, Code]]) -> Iterator[Fault]:
    """The drive checks a code once in a receipt: a second line of it would be sold by the first one's check."""
    lines: dict[str, int] = {}
    for index, code in units:
        if not code.names_unit:
            continue
        first = lines.setdefault(code.unit, index)
        if first != index:
            yield Fault(
                f"/items/{index}/marking",
                "marking_code_twice",
                f"the code of /items/{first} again; what is measured or sold in parts goes into one line",
                f"Тот же код, что в позиции {first + 1}. Отсканируйте код второго товара.",
            )


def _no_units(units: list[tuple[int, Code]]) -> Iterator[Fault]:
    """A plain bar code or any other text would be sold as [M]: only who says so sells at his own risk."""
    for index, code in units:
        if code.kind in NO_UNIT:
            yield Fault(
                f"/items/{index}/marking",
                "marking_code_no_unit",
                "this is no marking code of one unit; scan its DataMatrix, or say on_marking_failure: sell",
            )


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
    lines = [_line(item) for _, item in items]
    known = isinstance(listed, list) and len(lines) == len(listed) and bool(lines)
    due = sum(line for line in lines if line is not None) if known and None not in lines else None
    total = _money(raw["total"]) if raw.get("total") is not None else None
    if due is not None and due > MAX_KOPECKS:
        if max(line or 0 for line in lines) <= MAX_KOPECKS:  # else the line has its own fault
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
    listed, paid = sum(part or 0 for part in parts), sum(part or 0 for part in electronic)
    if listed != paid:
        yield Fault(
            "/cashless_payments",
            "cashless_sum_mismatch",
            f"the entries make {rubles(listed)}, the electronic payment is {rubles(paid)} (tags 1082, 1081)",
        )


def _contact(raw: dict[str, Any]) -> Iterator[Fault]:
    customer = raw.get("customer")
    given = isinstance(customer, dict) and (customer.get("email") or customer.get("phone"))
    if raw.get("internet") is True and not given:
        yield Fault("/customer", "contact_required", "an internet settlement needs the buyer's email or phone (1008)")


def _correction(block: Any, today: date) -> Iterator[Fault]:
    if not isinstance(block, dict):
        return
    if block.get("kind") == "instruction" and block.get("number") is None:
        yield Fault("/correction/number", "required", "a correction by instruction names its number (1179)")
    try:
        given = as_date(block.get("date"))
    except PydanticCustomError:
        return
    if given > today:
        yield Fault("/correction/date", "date_in_future", "the corrected settlement cannot be in the future (1178)")
