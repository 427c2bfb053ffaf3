"""Which marking codes go with the units that change hands: given with the delivery, or scanned before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from gateway.orders.goods import Line
from gateway.orders.ledger import NOTHING, Ledger
from gateway.orders.log import Scanned
from gateway.orders.order import Order
from gateway.orders.words import Rejected
from gateway.receipts.fault_codes import FAULT_CODES, hint_of
from protocols.ffd.faults import Fault
from protocols.ffd.lines import unit_fault
from protocols.marking import Code, CodeError, Kind, parse


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
    """The codes of each line, and everything that is wrong with them."""
    found: dict[str, tuple[str, ...]] = {}
    faults: list[Fault] = []
    taken = set(units_out(order.ledger)) if any(one.line.marked for one in asked) else set()
    for one in asked:
        wanted = needed(one.line, one.quantity)
        codes = one.codes or order.codes.get(one.line.id, ())[:wanted]
        if one.codes and not wanted:
            faults.append(
                Fault(
                    f"{one.at}/codes",
                    "codes_unexpected",
                    f"line {one.line.id} is not marked",
                    f"«{one.line.name}»: товар в заказе не отмечен как маркированный, код не нужен.",
                )
            )
        elif len(codes) > wanted:
            faults.append(
                Fault(
                    f"{one.at}/codes",
                    "codes_unexpected",
                    f"line {one.line.id} needs {wanted} codes, {len(codes)} are given",
                    f"«{one.line.name}»: кодов маркировки больше, чем товара: нужно {wanted}, дано {len(codes)}.",
                )
            )
        elif len(codes) < wanted:
            faults.append(
                Fault(
                    f"{one.at}/codes",
                    "codes_missing",
                    f"line {one.line.id} needs {wanted} codes, {len(codes)} are known",
                    f"«{one.line.name}»: нужно кодов маркировки — {wanted}, есть {len(codes)}. Отсканируйте остальные.",
                )
            )
        for index, code in enumerate(codes if wanted else ()):
            at = f"{one.at}/codes/{index}" if one.codes else f"{one.at}/codes"
            faults += _judge(code, one.line, at, taken)
        found[one.line.id] = tuple(codes)
    return found, faults


def _judge(text: str, line: Line, at: str, taken: set[str]) -> Sequence[Fault]:
    try:
        code = parse(text)
    except CodeError as error:
        return [Fault(at, "code_unreadable", f"{error.code}: {error.detail}", error.hint)]
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

    None when it says nothing new. Rejected: no code of a unit, of no open line, of several, already used.
    """
    try:
        code = parse(text)
    except CodeError as error:
        raise _scan_refused(error.code, f"{error.code}: {error.detail}", error.hint) from error
    lines = [line for line in order.lines if line.marked and (line.id == item if item else fits(code, line))]
    there = next((line for line in lines if any(unit_of(one) == code.unit for one in _picked(order, line))), None)
    if there is not None:
        kept = next(one for one in _picked(order, there) if unit_of(one) == code.unit)
        return Scanned(at=at, line=there.id, code=kept, taken=True) if remove else None
    if remove:
        return None
    fault = unit_fault("/code", code)
    if fault is not None:
        raise _no_unit(order, code, fault)
    if code.unit in units_out(order.ledger):
        hint = "Этот экземпляр уже продан по этому заказу. Отсканируйте другой."
        raise _scan_refused("code_twice", f"{code.cis} is already in this order's receipts", hint)
    return Scanned(at=at, line=_open_line(order, code, lines, item).id, code=text)


def _open_line(order: Order, code: Code, lines: Sequence[Line], item: str | None) -> Line:
    """The one line that lacks such a unit."""
    if item and not lines:
        raise _no_such_line(order, item)
    fitting = [line for line in lines if fits(code, line)]
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
    if len({line.gtin for line in missing}) > 1 or (missing[0].gtin is None and len(missing) > 1):
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


def _no_unit(order: Order, code: Code, fault: Fault) -> Rejected:
    """Of a bar code what it is, and of which line of the order it is the goods."""
    if code.gtin is None or code.kind is Kind.GS1:
        return _scan_refused(fault.code, FAULT_CODES[fault.code].meaning, hint_of(fault))
    names = [f"«{line.name}»" for line in order.lines if line.marked and line.gtin == code.gtin]
    goods = f"Товар тот ({', '.join(names)}). " if names else ""
    return _scan_refused(
        fault.code,
        f"a plain bar code ({code.kind}) is the same on all goods of GTIN {code.gtin}; scan the unit's DataMatrix",
        f"Это обычный штрихкод (EAN): он один на все такие товары. {goods}Отсканируйте квадратный код DataMatrix.",
    )


def _picked(order: Order, line: Line) -> tuple[str, ...]:
    return order.codes.get(line.id, ())


def _scan_refused(code: str, detail: str, hint: str) -> Rejected:
    return Rejected("scan_refused", "picking", detail, hint, (Fault("/code", code, detail, hint),))


def fits(code: Code, line: Line) -> bool:
    """Whether a unit is of this line: where the line says its GTIN, the code has the same."""
    return line.gtin is None or code.gtin == line.gtin
