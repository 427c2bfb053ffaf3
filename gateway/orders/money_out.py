"""Money held goes back: each document is mirrored, the newest first. Rows 12, 13 and 17 of docs/orders.md."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from gateway.orders.goods import Item
from gateway.orders.held import back_named, back_unnamed, newest_first
from gateway.orders.ledger import Document, Holding, Take, joined
from gateway.orders.money_in import unnamed
from gateway.orders.order import Order
from gateway.orders.policy import Policy
from gateway.orders.prices import Piece, pieces
from gateway.orders.words import DocumentKind, Form
from protocols.ffd.arithmetic import CALCULATED
from protocols.ffd.enums import Vat


def give_back(order: Order, amount: int, only: Form | None, policy: Policy) -> tuple[Document, ...]:
    """Documents that give `amount` of the money held back; ValueError when so much (of that form) is not held."""
    drafts = [_mirror(holding, part, order, only, policy) for holding, part in newest_first(order.ledger, amount, only)]
    if policy.refund_receipts != "one":
        return tuple(drafts)
    systems = dict.fromkeys(draft.taxation for draft in drafts)
    return tuple(
        one for system in systems for one in _as_one([made for made in drafts if made.taxation is system], policy)
    )


def _mirror(holding: Holding, amount: int, order: Order, only: Form | None, policy: Policy) -> Document:
    named = None
    taxation = holding.taxation or order.taxation
    if holding.kind is not DocumentKind.ADVANCE and policy.refund_mirror == "mirror":
        named = back_named(holding, amount, only, order.lines, order.ledger)
    if named is not None:
        return Document(
            kind=DocumentKind.REFUND_PREPAYMENT,
            items=tuple(_given_up(holding, named)),
            money=named.forms,
            takes=(named,),
            taxation=taxation,
        )
    take = back_unnamed(holding, amount, only)
    return Document(
        kind=DocumentKind.REFUND_ADVANCE,
        items=_unnamed([(holding, take)], policy),
        money=take.forms,
        takes=(take,),
        taxation=taxation,
    )


def _given_up(holding: Holding, take: Take) -> Iterator[Item]:
    for index, quantity, amount in take.lines:
        item = holding.lines[index].item
        for piece in _priced(item, quantity, amount):
            yield Item(
                line=item.line,
                name=item.name,
                quantity=piece.quantity,
                price=piece.price,
                sum=piece.sum,
                vat=item.vat,
                object=item.object,
                method=item.method,
                measure=item.measure,
                extra=item.extra,
            )


def _priced(item: Item, quantity: Decimal, amount: int) -> Sequence[Piece]:
    if (quantity, amount) == (item.quantity, item.sum):
        return [Piece(quantity, item.price, amount)]
    return pieces(amount, quantity, price=item.price)


def _unnamed(taken: Sequence[tuple[Holding, Take]], policy: Policy) -> tuple[Item, ...]:
    shares: dict[Vat, int] = {}
    for holding, take in taken:
        for index, _, amount in take.lines:
            rate = holding.lines[index].item.vat
            rate = CALCULATED.get(rate, rate)
            shares[rate] = shares.get(rate, 0) + amount
    return unnamed(shares.items(), policy)


def _as_one(drafts: Sequence[Document], policy: Policy) -> Sequence[Document]:
    """Refunds of advances in one receipt where all of them go back in one form (example E10)."""
    advances = [draft for draft in drafts if draft.kind is DocumentKind.REFUND_ADVANCE]
    money = joined(*(draft.money for draft in advances))
    if len(advances) < 2 or len(money) > 1:
        return drafts
    shares: dict[Vat, int] = {}
    for draft in advances:
        for item in draft.items:
            shares[item.vat] = shares.get(item.vat, 0) + item.sum
    one = Document(
        kind=DocumentKind.REFUND_ADVANCE,
        items=unnamed(shares.items(), policy),
        money=money,
        takes=tuple(take for draft in advances for take in draft.takes),
        taxation=advances[0].taxation,
    )
    return [one, *(draft for draft in drafts if draft.kind is not DocumentKind.REFUND_ADVANCE)]
