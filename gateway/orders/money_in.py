"""A payment: prepayment, partial prepayment, advance, or payment of a debt. Rows 3, 4, 5 of docs/orders.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from gateway.orders.goods import Item, Line, Part, named_early
from gateway.orders.ledger import NOTHING, Document, Ledger, Sum, Sums
from gateway.orders.order import Order
from gateway.orders.policy import Policy
from gateway.orders.prices import spread
from gateway.orders.words import METHOD_OF, DocumentKind
from protocols.ffd.arithmetic import CALCULATED
from protocols.ffd.enums import PaymentMethod, PaymentObject, Vat

ONE = Decimal(1)


def advance(order: Order, money: Sums, policy: Policy) -> Document:
    """Money that names no goods: a line for each rate of the goods that are still to come."""
    amount = sum(entry.sum for entry in money)
    return Document(
        kind=DocumentKind.ADVANCE,
        items=unnamed(by_rate(order, amount, policy), policy),
        money=money,
    )


def by_rate(order: Order, amount: int, policy: Policy) -> Iterator[tuple[Vat, int]]:
    """An advance by the composition's rates, largest remainder; of an unknown composition the highest."""
    weights: dict[Vat, int] = {}
    for line in order.lines:
        rate = CALCULATED.get(line.vat, line.vat)
        weights[rate] = weights.get(rate, 0) + line.cost - order.ledger.covered(line.id).cost
    weights = {rate: weight for rate, weight in weights.items() if weight > 0} or {policy.advance_vat: 1}
    shares = spread(amount, list(weights.values()))
    return ((rate, share) for rate, share in zip(weights, shares, strict=True) if share)


def unnamed(shares: Iterable[tuple[Vat, int]], policy: Policy) -> tuple[Item, ...]:
    """Lines of an advance, or of its refund."""
    return tuple(
        Item(
            line=None,
            name=policy.advance_item_name,
            quantity=ONE,
            price=share,
            sum=share,
            vat=rate,
            object=PaymentObject.PAYMENT,
            method=PaymentMethod.ADVANCE,
        )
        for rate, share in shares
    )


def credit_payment(money: Sums, policy: Policy) -> Document:
    """Money for goods that were given on credit: their VAT was told at the hand-over (ffd_documents.md 7)."""
    amount = sum(entry.sum for entry in money)
    item = Item(
        line=None,
        name=policy.credit_item_name,
        quantity=ONE,
        price=amount,
        sum=amount,
        vat=Vat.NONE,
        object=PaymentObject.PAYMENT,
        method=METHOD_OF[DocumentKind.CREDIT_PAYMENT],
    )
    return Document(kind=DocumentKind.CREDIT_PAYMENT, items=(item,), money=money)


def before_handover(order: Order, money: Sums, policy: Policy) -> Document:
    """Which document takes money whose goods come later."""
    amount = sum(entry.sum for entry in money)
    fresh = not order.ledger.held and not order.begun
    as_invoiced = not order.invoices or amount in order.invoices
    anew = policy.after_change == "prepayment" and amount in order.invoices
    if (order.changed and not anew) or not as_invoiced or not order.lines:
        return advance(order, money, policy)
    if fresh and amount == order.total:
        kind = DocumentKind.PREPAYMENT
        parts = [Part(line, line.quantity, line.cost) for line in order.lines]
        return Document(kind=kind, items=named_early(parts, METHOD_OF[kind]), money=money)
    unpaid = _unpaid(order) if policy.partial_policy == "prepayment" and _all_named(order.ledger) else []
    if amount <= sum(cost for _, cost in unpaid):
        kind = DocumentKind.PARTIAL_PREPAYMENT
        shares = spread(amount, [cost for _, cost in unpaid])
        parts = [
            Part(line, order.open_quantity(line), share)
            for (line, _), share in zip(unpaid, shares, strict=True)
            if share
        ]
        return Document(kind=kind, items=named_early(parts, METHOD_OF[kind]), money=money)
    return advance(order, money, policy)


def _all_named(ledger: Ledger) -> bool:
    return all(holding.kind is not DocumentKind.ADVANCE for holding in ledger.holdings)


def _unpaid(order: Order) -> list[tuple[Line, int]]:
    """What of each line is neither handed over nor prepaid by name."""
    prepaid: dict[str, int] = {}
    for holding in order.ledger.holdings:
        for held in holding.lines:
            if held.item.line is not None:
                prepaid[held.item.line] = prepaid.get(held.item.line, 0) + held.sum
    left = [
        (line, line.cost - order.ledger.covered(line.id).cost - prepaid.get(line.id, 0))
        for line in order.lines
        if order.open_quantity(line) > NOTHING
    ]
    return [(line, max(0, cost)) for line, cost in left]


def split(money: Sums, first: int) -> tuple[Sums, Sums]:
    """The first so many kopecks, and the rest."""
    head: list[Sum] = []
    rest: list[Sum] = []
    for form, amount in money:
        part = min(amount, first)
        first -= part
        head += [Sum(form, part)] if part else []
        rest += [Sum(form, amount - part)] if amount - part else []
    return tuple(head), tuple(rest)
