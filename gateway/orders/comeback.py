"""Goods come back after they were handed over: row 14 of docs/orders.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from gateway.orders.goods import Item
from gateway.orders.held import forms_of, of_form
from gateway.orders.ledger import NOTHING, Back, Document, Sold
from gateway.orders.order import Goods, Order
from gateway.orders.picking import unit_of
from gateway.orders.prices import part, pieces
from gateway.orders.words import DocumentKind, Form, Rejected
from protocols.ffd.arithmetic import rubles
from protocols.ffd.enums import Measure, PaymentMethod
from protocols.ffd.faults import Fault
from protocols.marking import CodeError


def come_back(order: Order, goods: Sequence[Goods] | None, only: Form | None) -> tuple[Document, ...]:
    """A refund of goods: lines as they were sold, code by code; of goods on credit the debt goes first, then money.

    One document for each settlement method and tax system that they were sold by. Rejected with every fault at once.
    """
    chosen = _chosen(order, goods)
    if not chosen:
        raise Rejected(
            "nothing_to_return",
            "14",
            "nothing of this order is with the buyer",
            "По заказу нет выданных товаров. Если товар ещё не выдан, оформите возврат денег.",
        )
    documents = []
    debt, paid = order.ledger.debt, order.ledger.paid
    today = order.taxation
    sales = [(entry.item.method, entry.taxation or today) for entry, _, _ in chosen]
    for method, taxation in dict.fromkeys(sales):
        backs = [one for one, sale in zip(chosen, sales, strict=True) if sale == (method, taxation)]
        cost = sum(amount for _, _, amount in backs)
        # Goods settled in full (4) were paid: a debt of the order is for others of its goods.
        forgiven = 0 if method is PaymentMethod.FULL_PAYMENT else min(debt, cost)
        if of_form(paid, only) < cost - forgiven:
            raise Rejected(
                "form_not_paid",
                "invariant 11",
                f"{rubles(cost - forgiven)} goes back, {rubles(of_form(paid, only))} was paid in this form",
                "Деньги возвращают тем же способом, которым платили. Выберите другой способ или не указывайте его.",
            )
        gives = forms_of(paid, cost - forgiven, newest_first=True, only=only)
        document = Document(
            kind=DocumentKind.REFUND_GOODS,
            items=tuple(item for back in backs for item in _items(*back)),
            money=gives,
            postpaid=forgiven,
            backs=tuple(Back(entry.document, entry.place, quantity, amount) for entry, quantity, amount in backs),
            gives=gives,
            taxation=taxation,
        )
        documents.append(document)
        ledger = order.ledger.after(document)
        order = replace(order, ledger=ledger)
        debt, paid = ledger.debt, ledger.paid
    return tuple(documents)


def _items(entry: Sold, quantity: Decimal, amount: int) -> Iterator[Item]:
    for piece in pieces(amount, quantity, price=entry.item.price, whole=entry.item.code is not None):
        yield replace(entry.item, quantity=piece.quantity, price=piece.price, sum=piece.sum)


_Chosen = list[tuple[Sold, Decimal, int]]


def _chosen(order: Order, goods: Sequence[Goods] | None) -> _Chosen:
    out = [entry for entry in order.ledger.sold if entry.quantity > NOTHING]
    if goods is None:
        return [(entry, entry.quantity, entry.sum) for entry in out]
    found: _Chosen = []
    faults: list[Fault] = []
    named: set[str] = set()
    for index, wanted in enumerate(goods):
        at = f"/items/{index}"
        if wanted.line in named:
            detail = f"line {wanted.line} is named twice"
            faults.append(Fault(f"{at}/id", "line_twice", detail, "Позиция указана дважды: сложите количества."))
            continue
        named.add(wanted.line)
        taken, wrong = _of_line(wanted, [entry for entry in out if entry.item.line == wanted.line], at)
        found += taken
        faults += wrong
    if faults:
        raise Rejected(
            "return_wrong",
            "14",
            f"{len(faults)} fault(s) in what comes back",
            "Исправьте позиции, перечисленные в ошибке, и повторите возврат.",
            tuple(faults),
        )
    return found


def _of_line(wanted: Goods, out: list[Sold], at: str) -> tuple[_Chosen, list[Fault]]:
    if not out:
        detail = f"nothing of line {wanted.line} is with the buyer"
        return [], [Fault(f"{at}/id", "not_sold", detail, "Этой позиции нет среди выданных по заказу.")]
    marked = any(entry.item.code is not None for entry in out)
    if wanted.codes and not marked:
        detail = f"line {wanted.line} was sold without codes"
        return [], [Fault(f"{at}/codes", "codes_unexpected", detail, "Товар продан без кода маркировки: код не нужен.")]
    if wanted.codes:
        out, faults = _units_of(wanted.codes, out, f"{at}/codes")
        if faults:
            return [], faults
    there = sum((entry.quantity for entry in out), NOTHING)
    quantity = there if wanted.quantity is None else wanted.quantity
    if marked and quantity != there and not (wanted.codes and _by_weight(out) and quantity < there):
        detail = f"{quantity} of line {wanted.line} come back, {len(wanted.codes)} codes are given"
        hint = f"Отсканируйте код каждой возвращаемой единицы: нужно {quantity}, есть {len(wanted.codes)}."
        return [], [Fault(f"{at}/codes", "codes_missing", detail, hint)]
    if not NOTHING < quantity <= there:
        detail = f"{quantity} of line {wanted.line}, {there} is with the buyer"
        return [], [Fault(f"{at}/quantity", "quantity_wrong", detail, f"Вернуть можно не больше, чем выдано: {there}.")]
    return list(_parts(out, quantity)), []


def _parts(out: Iterable[Sold], quantity: Decimal) -> Iterator[tuple[Sold, Decimal, int]]:
    for entry in out:
        taken = min(entry.quantity, quantity)
        if taken:
            yield entry, taken, part(entry.sum, entry.quantity, taken, price=entry.item.price)
            quantity -= taken


def _by_weight(out: Iterable[Sold]) -> bool:
    return any(entry.item.measure is not Measure.PIECE for entry in out)


def _units_of(codes: Iterable[str], out: Iterable[Sold], at: str) -> tuple[list[Sold], list[Fault]]:
    """What was sold under these codes (invariant 10)."""
    sold = {unit_of(entry.item.code): entry for entry in out if entry.item.code is not None}
    found: list[Sold] = []
    faults: list[Fault] = []
    for index, text in enumerate(codes):
        try:
            entry = sold.pop(unit_of(text), None)
        except CodeError as error:
            faults.append(Fault(f"{at}/{index}", "code_unreadable", f"{error.code}: {error.detail}", error.hint))
            continue
        if entry is None:
            detail = "this unit was not sold by this order, or has come back"
            hint = "Этот экземпляр не продавался по заказу или уже возвращён. Проверьте код на упаковке."
            faults.append(Fault(f"{at}/{index}", "code_not_sold", detail, hint))
        else:
            found.append(entry)
    return found, faults
