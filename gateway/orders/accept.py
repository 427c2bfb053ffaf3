"""From the bodies of the orders' calls to what the engine takes; every fault at once, by JSON pointer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from gateway.orders.bodies import body as receipt_body
from gateway.orders.goods import Item, Line, Part, discounted, handed_over, named_early, total
from gateway.orders.ledger import Document, Sum
from gateway.orders.log import Put
from gateway.orders.money_in import advance
from gateway.orders.order import Cancel, Delivery, Event, Goods, Invoice, Order, Paid, Payment, Refund, Return
from gateway.orders.policy import Policy
from gateway.orders.readable import MARKED, Readable, beside, between, is_marked, readable, rounded
from gateway.orders.schema import (
    EVENT,
    CancelBody,
    DeliveryBody,
    DocumentBody,
    EventBody,
    GoodsBody,
    InvoiceBody,
    MovesMoney,
    OrderBody,
    OrderItemBody,
    PaymentEventBody,
    RefundBody,
    ReturnBody,
    ScanBody,
)
from gateway.orders.words import AT_HANDOVER, DocumentKind, Form
from gateway.receipts.faults import MAX_FAULTS, BodyFaults, from_pydantic
from gateway.receipts.money import kopecks
from gateway.receipts.normalise import accept
from protocols.ffd.arithmetic import CALCULATED, line_sum
from protocols.ffd.enums import PaymentMethod, PaymentObject, Vat
from protocols.ffd.faults import Fault
from protocols.ffd.limits import MAX_KOPECKS, MAX_MARKING_CODES
from protocols.marking import GS

#: Kopecks: of an order without any sum, what an advance may be of.
_SOMETHING: Final = 100
#: Of goods that do not say theirs; a made-up one.
_SOME_GTIN: Final = "04600000000008"
#: An order's keys as its callers write them.
_KEYS: Final = frozenset(field.alias or name for name, field in OrderBody.model_fields.items())
#: Of the body's keys, those that every receipt of the order bears as they are.
_COMMON: Final = frozenset(OrderBody.model_fields) - {
    "type",
    "items",
    "discount",
    "total",
    "policy",
    "version",
    "internet",
}
#: Of an item's keys, those that a receipt's item bears as they are.
_EXTRA: Final = frozenset(
    {
        "agent_info",
        "supplier_info",
        "user_data",
        "excise",
        "country_code",
        "declaration_number",
        "sectoral_item_props",
    }
)


def accept_order(raw: Any, number: str, now: Callable[[], datetime], defaults: Policy) -> tuple[Put, int | None]:
    """What a PUT says, and the version that its caller has seen. BodyFaults with everything a receipt would refuse."""
    given, faults = _read(raw)
    if given is None:
        raise BodyFaults(faults[:MAX_FAULTS])
    policy, wrong = _policy(raw, defaults)
    faults = beside(faults, [*wrong, *between(given)])
    body = given.body
    put = Put(
        at=now(),
        type=body.type,
        lines=_lines(body),
        remote=body.internet,
        common=_json(body, _COMMON),
        policy=policy,
    )
    if total(put.lines) <= MAX_KOPECKS:
        faults = beside(faults, _receipts_refuse(put, number, now))
    if faults:
        raise BodyFaults(faults[:MAX_FAULTS])
    return put, body.version


def accept_event(raw: Any) -> tuple[Event | DocumentBody, str]:
    """An event and the SHA-256 of its normal form; BodyFaults otherwise."""
    crossed = list(_event_faults(raw)) if isinstance(raw, dict) else []
    try:
        body = EVENT.validate_python(raw)
    except ValidationError as error:
        faults = [_untagged(fault, raw) for fault in from_pydantic(error)]
        raise BodyFaults(beside(faults, crossed)[:MAX_FAULTS]) from error
    if crossed:
        raise BodyFaults(crossed)
    digest = hashlib.sha256(EVENT.dump_json(body, exclude_defaults=True)).hexdigest()
    return (body if isinstance(body, DocumentBody) else _event(body)), digest


def accept_scan(raw: Any) -> ScanBody:
    """A picked unit; BodyFaults otherwise."""
    try:
        return ScanBody.model_validate(raw)
    except ValidationError as error:
        raise BodyFaults(from_pydantic(error)) from error


# -- an order


def _read(raw: Any) -> tuple[Readable | None, list[Fault]]:
    try:
        return Readable(OrderBody.model_validate(raw)), []
    except ValidationError as error:
        faults = from_pydantic(error)
        return readable(raw, faults), faults


def _policy(raw: Any, defaults: Policy) -> tuple[Policy, list[Fault]]:
    words = raw.get("policy")
    try:
        return Policy.model_validate(defaults.model_dump(mode="json") | (words if isinstance(words, dict) else {})), []
    except ValidationError as error:
        return defaults, [replace(fault, pointer=f"/policy{fault.pointer}") for fault in from_pydantic(error)]


def _lines(body: OrderBody) -> tuple[Line, ...]:
    """With a discount or a total that is refused, as if it was not said."""
    lines = tuple(_line(item) for item in body.items)
    lines = discounted(lines, body.discount) if body.discount <= total(lines) else lines
    return _summed(lines, body.total) if lines and rounded(body, total(lines)) else lines


def _line(item: OrderItemBody) -> Line:
    plain = MARKED.get(item.payment_object, item.payment_object)
    whole = item.numerator is None or item.denominator is None
    return Line(
        id=item.id,
        name=item.name,
        quantity=item.quantity,
        price=item.price,
        cost=max(0, line_sum(item.price, item.quantity) - item.discount),
        vat=item.vat,
        object=plain,
        measure=item.measure,
        marked=is_marked(item) and plain in AT_HANDOVER,
        delivery=plain is PaymentObject.SERVICE if item.delivery is None else item.delivery,
        digital=item.digital,
        gtin=item.gtin,
        fraction=None if whole else (item.numerator or 1, item.denominator or 1),
        extra=_json(item, _EXTRA),
    )


def _summed(lines: tuple[Line, ...], wanted: int | None) -> tuple[Line, ...]:
    """A caller's own rounding may be a kopeck a line off: the largest line takes it (receipt_lifecycle.md 6)."""
    off = 0 if wanted is None else wanted - total(lines)
    if not off:
        return lines
    largest = max(range(len(lines)), key=lambda index: lines[index].cost)
    return tuple(replace(line, cost=line.cost + off) if index == largest else line for index, line in enumerate(lines))


def _json(body: OrderBody | OrderItemBody, keys: frozenset[str]) -> str:
    told = body.model_dump_json(by_alias=True, exclude_defaults=True, include=set(keys))
    return json.dumps(json.loads(told), ensure_ascii=False, separators=(",", ":"))


class Place(NamedTuple):
    """Where in an order's body a receipt's line is from: `at`, and of its keys (None: of each that a line has)."""

    at: str
    keys: Mapping[str, str] | None = None


def specimens(put: Put) -> Iterator[tuple[Document, Sequence[Place]]]:
    """The closing receipt, the prepayment and the advance of a whole order, each with the places of its lines.

    Codes are not known yet: there marked lines are as before the hand-over; a unit of each has a receipt of its own.
    """
    amount = total(put.lines)
    money = (Sum(Form.ELECTRONIC, amount or _SOMETHING),)
    if put.lines:
        parts = [Part(line, line.quantity, line.cost) for line in put.lines]
        unmarked = [replace(part, line=replace(part.line, marked=False)) for part in parts]
        early = named_early(parts, PaymentMethod.FULL_PREPAYMENT)
        late = handed_over(unmarked, PaymentMethod.FULL_PAYMENT)
        yield Document(kind=DocumentKind.CLOSING, items=late, prepaid=amount), _places(put, late)
        named = Document(kind=DocumentKind.PREPAYMENT, items=early, money=money if amount else (), remote=put.remote)
        yield named, _places(put, early)
    units = handed_over(_units(put.lines), PaymentMethod.FULL_PAYMENT)
    if units:
        unit = Document(kind=DocumentKind.CLOSING, items=units, prepaid=sum(item.sum for item in units))
        yield unit, _places(put, units)
    taken = advance(Order(number="", lines=put.lines), money, put.policy)
    yield replace(taken, remote=put.remote), [_of_rate(put, item.vat) for item in taken.items]


def _units(lines: Sequence[Line]) -> Iterator[Part]:
    """One unit of each marked line, by a code of the commonest kind."""
    for number, line in enumerate([line for line in lines if line.marked][:MAX_MARKING_CODES]):
        quantity = line.quantity if line.is_package else Decimal(1)
        code = f"01{line.gtin or _SOME_GTIN}215A{number:04}{GS}93Abcd"
        yield Part(line, quantity, line_sum(line.price, quantity), codes=(code,))


def _places(put: Put, items: Sequence[Item]) -> list[Place]:
    place = {line.id: Place(f"/items/{index}") for index, line in enumerate(put.lines)}
    return [place[item.line or ""] for item in items]


def _of_rate(put: Put, rate: Vat) -> Place:
    """A line of an advance has its rate from the lines of this rate, and its name from the policy."""
    lines = (index for index, line in enumerate(put.lines) if CALCULATED.get(line.vat, line.vat) is rate)
    vat = next((f"/items/{index}/vat" for index in lines), "/policy/advance_vat")
    return Place("/items", {"vat": vat, "name": "/policy/advance_item_name"})


def _receipts_refuse(put: Put, number: str, now: Callable[[], datetime]) -> list[Fault]:
    """What is wrong with the order's receipts, told at the order's own places."""
    found: list[Fault] = []
    for document, places in specimens(put):
        raw = receipt_body(document, number, put.common)
        raw.pop("id")
        try:
            accept(raw, now)
        except BodyFaults as error:
            found += (replace(fault, pointer=at_order(fault.pointer, places)) for fault in error.faults)
    return one_of_each(found)


def at_order(pointer: str, places: Sequence[Place]) -> str:
    """A pointer into a receipt's body as one into its order's: to what the order has of it, sums to its lines."""
    parts = pointer.split("/")
    if len(parts) > 2 and parts[1] == "items":
        at, keys = places[int(parts[2])]
        key = parts[3] if parts[3:] else ""
        if keys is None:
            return "/".join((at, *parts[3:])) if key in OrderItemBody.model_fields else at
        return keys.get(key, at)
    if parts[1:2] == ["payments"]:
        return "/items"
    return pointer if parts[1:2] and parts[1] in _KEYS else ""


def one_of_each(faults: Iterable[Fault]) -> list[Fault]:
    """Of what several receipts have for one cause the first: of one code at one place, and not of what holds it."""
    found: dict[tuple[str, str], Fault] = {}
    for fault in faults:
        found.setdefault((fault.pointer, fault.code), fault)
    within = {
        ("/".join(parts[:count]), code)
        for pointer, code in found
        for parts in [pointer.split("/")]
        for count in range(1, len(parts))
    }
    return [fault for key, fault in found.items() if key not in within]


# -- an event


def _untagged(fault: Fault, raw: Any) -> Fault:
    """Pydantic puts the union's tag in front of the place."""
    kind = raw.get("type") if isinstance(raw, dict) else None
    if isinstance(kind, str) and fault.pointer.startswith(f"/{kind}"):
        return replace(fault, pointer=fault.pointer.removeprefix(f"/{kind}"))
    if fault.code in {"union_tag_not_found", "union_tag_invalid"}:
        words = "invoice, payment, delivery, shipment, refund, return, cancel, document"
        return Fault("/type", "unknown_value", f"one of {words} is expected")
    return fault


def _event_faults(raw: dict[str, Any]) -> Iterator[Fault]:
    kind, payments = raw.get("type"), raw.get("payments")
    try:  # an event of no known type has an id all the same
        EventBody.model_validate({name: raw[name] for name in ("id",) if name in raw})
    except ValidationError as error:
        yield from from_pydantic(error)
    if kind == "payment":
        given = {name for name in ("sum", "method", "payments") if raw.get(name) is not None}
        if given not in ({"sum", "method"}, {"payments"}):
            yield Fault("/payments", "payment_choice", "give either sum and method, or payments")
    if kind in ("invoice", "payment", "refund") and _is_zero(raw.get("sum")):
        yield Fault("/sum", "money_zero", "the sum is zero")
    for index, one in enumerate(payments if isinstance(payments, list) else ()):
        if isinstance(one, dict) and _is_zero(one.get("sum")):
            yield Fault(f"/payments/{index}/sum", "money_zero", "the sum is zero")
    if kind == "document" and (raw.get("fiscal") is None) is not (raw.get("cancelled") is True):
        yield Fault("/fiscal", "document_choice", "give either fiscal, or cancelled")


def _is_zero(money: Any) -> bool:
    try:
        return money is not None and kopecks(money) == 0
    except PydanticCustomError:
        return False


def _event(body: Any) -> Event:
    match body:
        case InvoiceBody():
            return Invoice(id=body.id, sum=body.sum)
        case PaymentEventBody():
            return Payment(id=body.id, paid=_paid(body), by_bank=_by_bank(body))
        case DeliveryBody():
            return Delivery(
                id=body.id,
                goods=_goods(body.items),
                paid=tuple(Paid(one.method, one.sum) for one in body.payments),
                shipped=body.type == "shipment",
                by_bank=_by_bank(body),
            )
        case RefundBody():
            return Refund(id=body.id, sum=body.sum, means=body.method, by_bank=_by_bank(body))
        case ReturnBody():
            return Return(id=body.id, goods=_goods(body.items), means=body.method, by_bank=_by_bank(body))
        case CancelBody():
            return Cancel(id=body.id, by_bank=_by_bank(body))
    raise TypeError(type(body).__name__)


def _paid(body: PaymentEventBody) -> tuple[Paid, ...]:
    if body.sum is not None and body.method is not None:
        return (Paid(body.method, body.sum),)
    return tuple(Paid(one.method, one.sum) for one in body.payments or ())


def _by_bank(body: MovesMoney) -> bool | None:
    return None if body.fiscaliser is None else body.fiscaliser == "bank"


def _goods(items: Sequence[GoodsBody] | None) -> tuple[Goods, ...] | None:
    if items is None:
        return None
    return tuple(Goods(item.id, item.quantity, tuple(item.codes)) for item in items)
