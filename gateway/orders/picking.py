"""Which marking codes go with the units that change hands: given with the delivery, or scanned before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from gateway.orders.goods import Line
from gateway.orders.ledger import NOTHING, Ledger
from gateway.orders.log import Scanned
from gateway.orders.order import Goods, Order
from gateway.orders.words import Rejected
from gateway.receipts.fault_codes import FAULT_CODES, hint_of
from protocols.ffd.faults import Fault
from protocols.ffd.lines import unit_fault
from protocols.marking import Code, CodeError, Kind, parse

_NO_UNIT: Final = "marking_code_no_unit"


class Asked(NamedTuple):
    """So much of a line is to be handed over; `codes` came with the event, `at` is their place in it."""

    at: str
    line: Line
    quantity: Decimal
    codes: tuple[str, ...]


@lru_cache(maxsize=1 << 15)  # every parcel asks about each unit that its order has sold
def unit_of(code: str) -> str:
    """What tells this unit from every other. CodeError when the code cannot be read."""
    return parse(code).unit


def needed(line: Line, quantity: Decimal) -> int:
    """Codes that so much of a line bears: one a piece; goods by weight or volume leave their package by one."""
    if not line.marked:
        return 0
    return 1 if line.is_package else int(quantity)


def units_out(ledger: Ledger) -> frozenset[str]:
    """Units that this order has sold and that did not come back."""
    return frozenset(
        unit_of(entry.item.code) for entry in ledger.sold if entry.item.code is not None and entry.quantity > NOTHING
    )


def codes_for(order: Order, asked: Sequence[Asked]) -> tuple[Mapping[str, tuple[str, ...]], list[Fault]]:
    """The codes of each line, those named first and the rest from the scanned ones, and everything wrong with them."""
    found: dict[str, tuple[str, ...]] = {}
    faults: list[Fault] = []
    taken = set(units_out(order.ledger)) if any(one.line.marked for one in asked) else set()
    for one in asked:
        wanted = needed(one.line, one.quantity)
        codes = (*one.codes, *_scanned_besides(order, one)[: max(0, wanted - len(one.codes))])
        faults += _too_many(one, wanted)
        if len(codes) < wanted:
            faults.append(
                Fault(
                    f"{one.at}/codes",
                    "codes_missing",
                    f"line {one.line.id} needs {wanted} codes, {len(codes)} are known",
                    f"«{one.line.name}»: нужно кодов маркировки — {wanted}, есть {len(codes)}. Отсканируйте остальные.",
                )
            )
        for index, code in enumerate(codes if wanted else ()):
            at = f"{one.at}/codes/{index}" if index < len(one.codes) else f"{one.at}/codes"
            faults += _judge(code, one.line, at, taken)
        found[one.line.id] = codes
    return found, faults


def wrong_picks(order: Order, asked: Sequence[Asked]) -> list[Fault]:
    """What keeps codes that come before the hand-over from being taken as scans of their lines.

    A unit that the line has already, picked or sold, says nothing new: events may come late.
    """
    faults: list[Fault] = []
    if not any(one.codes for one in asked):
        return faults
    sold = units_out(order.ledger)
    taken = set(sold)
    for one in asked:
        picked_there = {unit_of(code) for line in order.lines if line != one.line for code in _picked(order, line)}
        mine = _units(_picked(order, one.line)) | {
            unit_of(entry.item.code)
            for entry in order.ledger.sold
            if entry.item.line == one.line.id and entry.item.code is not None and entry.quantity > NOTHING
        }
        too_many = list(_too_many(one, needed(one.line, one.quantity)))
        faults += too_many
        taken |= picked_there
        new = 0
        for index, text in enumerate(one.codes if one.line.marked else ()):
            if text not in one.codes[:index] and _unit_or_none(text) in mine:
                continue
            wrong = _judge(text, one.line, f"{one.at}/codes/{index}", taken, scanned=True)
            faults += wrong
            new += not wrong
        places = needed(one.line, order.open_quantity(one.line)) - len(_picked(order, one.line))
        if new > places and not too_many:
            faults.append(
                Fault(
                    f"{one.at}/codes",
                    "codes_unexpected",
                    f"line {one.line.id} lacks {places} codes, {new} more are given",
                    f"«{one.line.name}»: не хватает кодов — {places}, передано новых — {new}. Уберите лишние единицы.",
                )
            )
    return faults


def with_picks(order: Order, goods: Sequence[Goods] | None) -> Order:
    """The order with the codes of an accepted event as if they had been scanned, but for units that it has or sold."""
    named = {entry.line: entry.codes for entry in goods or () if entry.codes}
    if not named:
        return order
    codes = dict(order.codes)
    known = units_out(order.ledger) | {unit for line in order.lines for unit in _units(_picked(order, line))}
    for line in order.lines:
        new = [code for code in named.get(line.id, ()) if unit_of(code) not in known]
        if new:
            codes[line.id] = (*_picked(order, line), *new)
    return replace(order, codes=codes)


def _units(codes: Iterable[str]) -> set[str]:
    return {unit_of(code) for code in codes}


def _unit_or_none(text: str) -> str | None:
    try:
        return unit_of(text)
    except CodeError:
        return None


def _scanned_besides(order: Order, one: Asked) -> list[str]:
    named = {_unit_or_none(code) for code in one.codes}
    return [code for code in _picked(order, one.line) if not named or unit_of(code) not in named]


def _too_many(one: Asked, wanted: int) -> Iterator[Fault]:
    if len(one.codes) <= wanted:
        return
    detail, hint = f"line {one.line.id} is not marked", "товар в заказе не отмечен как маркированный, код не нужен."
    if wanted:
        detail = f"line {one.line.id} needs {wanted} codes, {len(one.codes)} are given"
        hint = f"кодов маркировки больше, чем товара: нужно {wanted}, дано {len(one.codes)}."
    yield Fault(f"{one.at}/codes", "codes_unexpected", detail, f"«{one.line.name}»: {hint}")


def _judge(text: str, line: Line, at: str, taken: set[str], *, scanned: bool = False) -> Sequence[Fault]:
    """`scanned`: what only a receipt sold at the shop's own risk may bear is refused, too."""
    try:
        code = parse(text)
    except CodeError as error:
        return [Fault(at, "code_unreadable", f"{error.code}: {error.detail}", error.hint)]
    fault = _no_unit(at, code, (line,)) or (_a_part(at, code) if scanned else None)
    if fault is not None:
        return [fault]
    if code.unit in taken:
        return [
            Fault(
                at,
                "code_twice",
                f"{code.cis} is already in this order's receipts",
                f"«{line.name}»: этот код уже использован в заказе. Отсканируйте другую единицу товара.",
            )
        ]
    taken.add(code.unit)
    return () if fits(code, line) else [_of_other_goods(code, line, at)]


def _names_unit_of(code: Code, line: Line) -> bool:
    """Whether a code tells a unit of this line from the others; of goods by weight it may name the goods alone."""
    return code.kind is not Kind.UNKNOWN and (code.names_unit or (line.is_package and code.kind is Kind.GS1))


def _of_other_goods(code: Code, line: Line, at: str) -> Fault:
    if code.gtin is None:
        detail = f"the code names no goods, line {line.id} is GTIN {line.gtin}"
        hint = f"«{line.name}»: в коде нет номера товара (GTIN). Отсканируйте квадратный код DataMatrix с этого товара."
    else:
        detail = f"{code.cis} has GTIN {code.gtin}, line {line.id} is {line.gtin}"
        hint = f"«{line.name}»: код от другого товара (GTIN {code.gtin}). Проверьте, тот ли товар взят."
    return Fault(at, "code_of_other_goods", detail, hint)


def picked(order: Order, text: str, item: str | None, at: datetime, *, remove: bool = False) -> Scanned | None:
    """The log's entry of a scanned unit: of the line `item`, or of the open line with its GTIN.

    None when it says nothing new. Rejected: no code of a unit, of no open line, of several, already used; to be
    removed and not picked.
    """
    try:
        code = parse(text)
    except CodeError as error:
        raise _scan_refused(error.code, f"{error.code}: {error.detail}", error.hint) from error
    lines = [line for line in order.lines if line.marked and (line.id == item if item else fits(code, line))]
    there = next((line for line in order.lines if code.unit in _units(_picked(order, line))), None)
    if there is not None and there in lines:
        kept = next(one for one in _picked(order, there) if unit_of(one) == code.unit)
        return Scanned(at=at, line=there.id, code=kept, taken=True) if remove else None
    if remove:
        return _taken_back(order, code, text, at)
    fault = _no_unit("/code", code, lines) or _a_part("/code", code)
    if fault is not None:
        raise _scan_refused(fault.code, fault.message, fault.hint)
    if order.cancelled:
        raise _scan_refused("scan_not_needed", "the order is cancelled", "Заказ отменён. Верните товар на полку.")
    if code.unit in units_out(order.ledger):
        hint = "Этот экземпляр уже продан по этому заказу. Отсканируйте другой."
        raise _scan_refused("code_twice", f"{code.cis} is already in this order's receipts", hint)
    place = _open_line(order, code, lines, item)
    if there is not None:
        hint = (
            f"Этот экземпляр уже отобран в позицию «{there.name}». Отсканируйте другой или сначала снимите его оттуда."
        )
        raise _scan_refused("code_twice", f"{code.cis} is picked for line {there.id}", hint)
    return Scanned(at=at, line=place.id, code=text)


def _taken_back(order: Order, code: Code, text: str, at: datetime) -> Scanned:
    """A unit that the order had no place for any more is back on its shelf."""
    left = next((one for one in order.put_back if one.unit == code.unit), None)
    if left is None:
        sold = code.unit in units_out(order.ledger)
        detail = f"{code.cis} is {'sold by' if sold else 'not picked for'} this order: there is nothing to put back"
        hint = "Этот экземпляр уже продан по заказу: оформите возврат." if sold else ""
        hint = hint or "Этот экземпляр для заказа не отобран, убирать нечего. Проверьте номер заказа и код."
        raise _scan_refused("unit_not_picked", detail, hint)
    return Scanned(at=at, line=left.line, code=text, taken=True)


def _open_line(order: Order, code: Code, lines: Sequence[Line], item: str | None) -> Line:
    """The one line that lacks such a unit."""
    if item and not lines:
        raise _no_such_line(order, item)
    fitting = [line for line in lines if fits(code, line) and _names_unit_of(code, line)]
    fitting = [line for line in fitting if line.gtin is not None] or fitting  # the code's very goods first
    missing = [line for line in fitting if needed(line, order.open_quantity(line)) > len(_picked(order, line))]
    if not fitting and item:
        fault = _of_other_goods(code, lines[0], "/code")
        raise _scan_refused(fault.code, fault.message, fault.hint)
    if not fitting:
        hint = "Такого товара нет среди маркированных позиций заказа. Проверьте, тот ли товар взят."
        raise _scan_refused("code_of_other_goods", f"no marked line has GTIN {code.gtin}", hint)
    if not missing:
        full = [(line, needed(line, order.open_quantity(line))) for line in fitting]
        told = ", ".join(
            f"line {line.id} has {f'all of its {wanted} codes' if wanted else 'nothing left to hand over'}"
            for line, wanted in full
        )
        names = "; ".join(
            f"«{line.name}»: {f'отсканированы все единицы ({wanted})' if wanted else 'всё уже выдано'}"
            for line, wanted in full
        )
        raise _scan_refused("scan_not_needed", told, f"{names}. Этот экземпляр лишний: отложите его.")
    if missing[0].gtin is None and len(missing) > 1:
        hint = "Код подходит к нескольким позициям. Выберите позицию заказа и отсканируйте ещё раз."
        raise _scan_refused("scan_ambiguous", f"lines {', '.join(line.id for line in missing)} fit: say which", hint)
    return missing[0]


def _no_such_line(order: Order, item: str) -> Rejected:
    line = next((line for line in order.lines if line.id == item), None)
    if line is None:
        detail, hint = f"the order has no line {item}", "Такой позиции в заказе нет: обновите заказ."
        fault = Fault("/item", "line_unknown", detail, hint)
    else:
        hint = f"«{line.name}»: товар в заказе не отмечен как маркированный, код не нужен."
        fault = Fault("/item", "codes_unexpected", f"line {item} is not marked", hint)
    return Rejected("scan_refused", "picking", fault.message, fault.hint, (fault,))


def _a_part(at: str, code: Code) -> Fault | None:
    """A case, or a piece of a code: a receipt takes it at the shop's risk, a person scans again."""
    fault = unit_fault(at, code)
    return None if fault is None else Fault(at, fault.code, FAULT_CODES[fault.code].meaning, hint_of(fault))


def _no_unit(at: str, code: Code, lines: Sequence[Line]) -> Fault | None:
    """Of what names no unit of any of these lines: what it is, and of which line it is the goods."""
    if code.kind is Kind.UNKNOWN:
        return Fault(at, _NO_UNIT, FAULT_CODES[_NO_UNIT].meaning, FAULT_CODES[_NO_UNIT].hint)
    if code.names_unit or any(_names_unit_of(code, line) for line in lines):
        return None
    names = [f"«{line.name}»" for line in lines if line.gtin is not None and line.gtin == code.gtin]
    goods = f"Товар тот ({', '.join(names)}). " if names else ""
    what, russian = f"a plain bar code ({code.kind})", "Это обычный штрихкод (EAN)"
    if code.kind is Kind.GS1:
        what, russian = "a code without a serial number (21)", "В коде нет серийного номера"
    return Fault(
        at,
        _NO_UNIT,
        f"{what} is the same on all goods of GTIN {code.gtin}; scan the unit's DataMatrix",
        f"{russian}: он один на все такие товары. {goods}Отсканируйте квадратный код DataMatrix.",
    )


def _picked(order: Order, line: Line) -> tuple[str, ...]:
    return order.codes.get(line.id, ())


def _scan_refused(code: str, detail: str, hint: str) -> Rejected:
    return Rejected("scan_refused", "picking", detail, hint, (Fault("/code", code, detail, hint),))


def fits(code: Code, line: Line) -> bool:
    """Whether a unit is of this line: where the line says its GTIN, the code has the same."""
    return line.gtin is None or code.gtin == line.gtin
