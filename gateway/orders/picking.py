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
from protocols.ffd.faults import Fault
from protocols.marking import Code, CodeError, parse


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
    if not fits(code, line):
        return [
            Fault(
                at,
                "code_of_other_goods",
                f"{code.cis} has GTIN {code.gtin}, line {line.id} is {line.gtin}",
                f"«{line.name}»: код от другого товара (GTIN {code.gtin}). Проверьте, тот ли товар взят.",
            )
        ]
    return ()


def picked(order: Order, text: str, item: str | None, at: datetime, *, remove: bool = False) -> Scanned | None:
    """The log's entry of a scanned unit: of the line `item`, or of the open line with its GTIN.

    None when it says nothing new. Rejected: unreadable, of no open line, of several, already used.
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
    if code.unit in units_out(order.ledger):
        hint = "Этот экземпляр уже продан по этому заказу. Отсканируйте другой."
        raise _scan_refused("code_twice", f"{code.cis} is already in this order's receipts", hint)
    fitting = [line for line in lines if fits(code, line)]
    missing = [line for line in fitting if needed(line, order.open_quantity(line)) > len(_picked(order, line))]
    if not fitting:
        hint = "Такого товара нет среди маркированных позиций заказа. Проверьте, тот ли товар взят."
        raise _scan_refused("code_of_other_goods", f"no marked line has GTIN {code.gtin}", hint)
    if not missing:
        hint = "Для этой позиции уже отсканированы все единицы: лишний экземпляр отложите."
        raise _scan_refused("scan_not_needed", f"every unit of line {fitting[0].id} has its code", hint)
    if len({line.gtin for line in missing}) > 1 or (missing[0].gtin is None and len(missing) > 1):
        hint = "Код подходит к нескольким позициям. Выберите позицию заказа и отсканируйте ещё раз."
        raise _scan_refused("scan_ambiguous", f"lines {', '.join(line.id for line in missing)} fit: say which", hint)
    return Scanned(at=at, line=missing[0].id, code=text)


def _picked(order: Order, line: Line) -> tuple[str, ...]:
    return order.codes.get(line.id, ())


def _scan_refused(code: str, detail: str, hint: str) -> Rejected:
    return Rejected("scan_refused", "picking", detail, hint, (Fault("/code", code, detail, hint),))


def fits(code: Code, line: Line) -> bool:
    """Whether a unit can be of this line: their GTINs are the same, or one of them is not known."""
    return None in (code.gtin, line.gtin) or code.gtin == line.gtin
