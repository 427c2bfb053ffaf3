"""What of an order's body can be read, and what is wrong between its values: beside what its schema says of each value.

A value that cannot be read has a stand-in, and no rule that looks at it is asked: one bad field does not hide the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from unicodedata import category

from pydantic import ValidationError

from gateway.orders.prices import is_whole
from gateway.orders.schema import OrderBody, OrderItemBody
from gateway.orders.words import AT_HANDOVER, BEFORE_HANDOVER
from protocols.ffd import lines
from protocols.ffd.arithmetic import CALCULATED, line_sum, rubles
from protocols.ffd.enums import Measure, PaymentObject
from protocols.ffd.faults import Fault
from protocols.ffd.limits import MAX_KOPECKS

#: What a caller may write for goods that bear a code: the plain object, and that they are marked.
MARKED: Final[Mapping[PaymentObject, PaymentObject]] = {
    word: plain for table in (AT_HANDOVER, BEFORE_HANDOVER) for plain, word in table.items()
}
_CALCULATED: Final = frozenset(CALCULATED.values()) - frozenset(CALCULATED)
_STAND_INS: Final[Mapping[str, Any]] = {"name": "?", "price": 0, "quantity": 1, "vat": "none"}


@dataclass(frozen=True, slots=True)
class Readable:
    """`body` with its stand-ins; the names of those, of the body itself (`items`: of its lines) and of each line."""

    body: OrderBody
    unread: frozenset[str] = frozenset()
    unread_of: tuple[frozenset[str], ...] = ()

    def has(self, index: int, names: Collection[str]) -> bool:
        return not self.unread_of or not self.unread_of[index].intersection(names)


def readable(raw: Any, faults: Iterable[Fault]) -> Readable | None:
    """The part of `raw` at which no fault of the schema points; None when there is none."""
    if not isinstance(raw, dict):
        return None
    places = [fault.pointer.split("/")[1:] for fault in faults]
    of_body = {place[0] for place in places if place and (place[0] != "items" or len(place) == 1)}
    kept = {key: value for key, value in raw.items() if key not in of_body}
    listed = kept.get("items", [])
    of_lines: list[set[str]] = [set() for _ in listed]
    for place in places:
        if place[:1] == ["items"] and len(place) > 1 and "items" in kept:
            of_lines[int(place[1])] |= set(place[2:3]) or set(OrderItemBody.model_fields)
    kept["items"] = [_line(line, index, of_lines[index]) for index, line in enumerate(listed)]
    try:
        body = OrderBody.model_validate(kept)
    except ValidationError:
        return None
    return Readable(body, frozenset(of_body), tuple(map(frozenset, of_lines)))


def _line(raw: Any, index: int, unread: set[str]) -> dict[str, Any]:
    told = raw if isinstance(raw, dict) else {}
    stand_ins = {"id": f"-{index}-", **_STAND_INS}
    return {key: value for key, value in told.items() if key not in unread} | {
        key: value for key, value in stand_ins.items() if key in unread
    }


def between(given: Readable) -> Iterator[Fault]:
    """What is wrong between the values of an order."""
    body = given.body
    seen: set[str] = set()
    for index, item in enumerate(body.items):
        at = f"/items/{index}"
        if given.has(index, {"id"}):
            if item.id in seen:
                yield Fault(f"{at}/id", "line_twice", f"another line has the id {item.id}")
            seen.add(item.id)
        for names, rule in _RULES:
            if given.has(index, names):
                yield from rule(item, at)
    known = not given.unread & {"items", "discount"}
    if known and all(given.has(index, {"price", "quantity", "discount"}) for index in range(len(body.items))):
        yield from _sums(body)


def _sums(body: OrderBody) -> Iterator[Fault]:
    lines_cost = [max(0, line_sum(item.price, item.quantity) - item.discount) for item in body.items]
    costs = sum(lines_cost)
    left = costs - body.discount
    if max(lines_cost, default=0) > MAX_KOPECKS:
        return  # that line has its own fault
    if left > MAX_KOPECKS:
        yield Fault("/items", "money_too_big", "the order's total does not fit a fiscal document")
    elif left < 0:
        yield Fault("/discount", "discount_too_big", f"the order costs {rubles(costs)}")
    elif not rounded(body, left):
        hint = f"Позиции со скидкой дают {rubles(left)}: исправьте сумму заказа."
        yield Fault("/total", "total_mismatch", f"the lines and the discount make {rubles(left)}", hint)


def rounded(body: OrderBody, cost: int) -> bool:
    """Whether the caller's total is `cost` but for a kopeck a line, which the largest line then takes or gives."""
    count = len(body.items) or 1
    return body.total is None or abs(body.total - cost) <= min(count, cost // count)


def _name(item: OrderItemBody, at: str) -> Iterator[Fault]:
    broken = [sign for sign in item.name if category(sign) in _BREAKS]
    if broken:
        words = ", ".join(f"U+{ord(sign):04X}" for sign in dict.fromkeys(broken))
        hint = "В названии товара перевод строки или другой управляющий символ: исправьте название."
        yield Fault(f"{at}/name", "character_refused", f"a name is one line of text, without {words}", hint)


def _cost(item: OrderItemBody, at: str) -> Iterator[Fault]:
    if line_sum(item.price, item.quantity) > MAX_KOPECKS:
        yield Fault(f"{at}/quantity", "money_too_big", "price x quantity does not fit a fiscal document")


def _discount(item: OrderItemBody, at: str) -> Iterator[Fault]:
    cost = line_sum(item.price, item.quantity)
    if item.discount > cost:
        yield Fault(f"{at}/discount", "discount_too_big", f"the line costs {rubles(cost)}")


def _rate(item: OrderItemBody, at: str) -> Iterator[Fault]:
    if item.vat in _CALCULATED:
        yield Fault(f"{at}/vat", "vat_not_plain", "an order names plain rates; prepayments get the calculated one")


def _marked(item: OrderItemBody, at: str) -> Iterator[Fault]:
    plain = MARKED.get(item.payment_object, item.payment_object)
    if item.marked and plain not in AT_HANDOVER:
        yield Fault(f"{at}/payment_object", "object_not_marked", f"{plain.value} bears no marking code")


def is_marked(item: OrderItemBody) -> bool:
    return item.marked or item.payment_object in MARKED


def _part(item: OrderItemBody, at: str) -> Iterator[Fault]:
    part, whole = item.numerator, item.denominator
    if is_marked(item):
        # Of several units so much of each: every one is a line of its own in the receipt.
        yield from lines.amount_faults(at, at, measure=item.measure, quantity=Decimal(1), part=part, whole=whole)
    elif part is not None or whole is not None:
        yield Fault(f"{at}/numerator", "fraction_invalid", "only a marked unit is sold in parts")


def _whole(item: OrderItemBody, at: str) -> Iterator[Fault]:
    if is_marked(item) and item.measure is Measure.PIECE and not is_whole(item.quantity):
        detail = "marked pieces are whole; a part of one is told as a fraction"
        hint = "Маркированные единицы считают целыми: часть единицы передайте долей (numerator, denominator)."
        yield Fault(f"{at}/quantity", "marking_quantity", detail, hint)


_KIND: Final = frozenset({"marked", "payment_object"})
_AMOUNT: Final = frozenset({"quantity", "measure"})
#: Unicode's categories of control characters and of ends of lines.
_BREAKS: Final = frozenset({"Cc", "Zl", "Zp"})
#: The values that a rule looks at, and the rule.
_RULES: Final[tuple[tuple[frozenset[str], Callable[[OrderItemBody, str], Iterator[Fault]]], ...]] = (
    (frozenset({"name"}), _name),
    (frozenset({"price", "quantity"}), _cost),
    (frozenset({"price", "quantity", "discount"}), _discount),
    (frozenset({"vat"}), _rate),
    (_KIND, _marked),
    (_KIND | _AMOUNT | {"numerator", "denominator"}, _part),
    (_KIND | _AMOUNT, _whole),
)


def beside(schema: Collection[Fault], crossed: Iterable[Fault]) -> list[Fault]:
    """All faults, the schema's first: of what is wrong with a value nothing is said again at its parts or its whole."""
    found = list(schema)
    taken = [fault.pointer + "/" for fault in schema]
    seen = {(fault.pointer, fault.code) for fault in schema}
    for fault in crossed:
        at = fault.pointer + "/"
        if (fault.pointer, fault.code) in seen or any(at.startswith(one) or one.startswith(at) for one in taken):
            continue
        seen.add((fault.pointer, fault.code))
        found.append(fault)
    return found
