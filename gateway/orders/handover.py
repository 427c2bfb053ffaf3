"""Goods change hands: the closing receipt and what must come before it. Rows 7 to 11 of docs/orders.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from gateway.orders import money_in, money_out
from gateway.orders.goods import Line, Part, handed_over
from gateway.orders.held import offset
from gateway.orders.ledger import NOTHING, Document, Ledger, Settled, Sums
from gateway.orders.order import Goods, Order
from gateway.orders.picking import Asked, codes_for, with_picks, wrong_picks
from gateway.orders.policy import Policy
from gateway.orders.prices import is_whole, part, spread
from gateway.orders.words import DocumentKind, Rejected
from protocols.ffd.arithmetic import rubles
from protocols.ffd.enums import PaymentMethod
from protocols.ffd.faults import Fault


def deliver(
    order: Order, goods: Sequence[Goods] | None, money: Sums, credit: int, policy: Policy
) -> tuple[Document, ...]:
    """Documents of a hand-over of `goods` (None: all that is left) when `money` is paid at it.

    `credit`: what the buyer says he owes; 0 leaves it to the policy. Rejected: see docs/orders.md.
    """
    parts = parcel(order, goods, policy)
    paid = sum(entry.sum for entry in money)
    held, left = order.ledger.held, order.open_cost
    if paid and held + paid > left:
        raise Rejected(
            "payment_exceeds_due",
            "8",
            f"{rubles(paid)} paid at the hand-over, {rubles(max(0, left - held))} is due",
            "Получено больше, чем должен покупатель. Проверьте сумму; лишнее верните покупателю.",
        )
    documents: list[Document] = []
    if held > left and policy.overpaid == "refund":
        documents += money_out.give_back(order, held - left, None, policy)
        order = after(order, *documents)
    return (*documents, *_close(order, parts, money, credit, policy))


def after(order: Order, *documents: Document) -> Order:
    """The order when these are registered. Documents of one event follow each other before they have ids."""
    ledger = order.ledger
    for document in documents:
        ledger = ledger.after(document)
    return replace(order, ledger=ledger)


def _close(order: Order, parts: Sequence[Part], money: Sums, credit: int, policy: Policy) -> tuple[Document, ...]:
    cost = sum(one.cost for one in parts)
    paid = sum(entry.sum for entry in money)
    held = order.ledger.held
    if not held and paid == cost and not credit and (policy.counter == "full" or not paid):
        return (_closing(order.ledger, parts, DocumentKind.FULL, money, prepaid=0, postpaid=0),)
    alone = policy.courier == "single" and held + paid <= cost
    before = () if alone or not paid else (money_in.advance(order, money, policy),)
    ledger = after(order, *before).ledger
    prepaid = min(ledger.held, cost)
    rest = cost - prepaid - (paid if alone else 0)
    _allow_credit(rest, credit, policy)
    kind = DocumentKind.CLOSING
    return (*before, _closing(ledger, parts, kind, money if alone else (), prepaid=prepaid, postpaid=rest))


def _allow_credit(rest: int, credit: int, policy: Policy) -> None:
    if credit and credit != rest:
        raise Rejected(
            "credit_mismatch",
            "9",
            f"{rubles(credit)} on credit, but {rubles(rest)} is not paid",
            "Сумма кредита не равна неоплаченному остатку. Проверьте суммы.",
        )
    if rest and not credit and policy.unpaid_delivery == "block":
        raise Rejected(
            "delivery_unpaid",
            "9",
            f"{rubles(rest)} of the goods handed over is not paid, and policy unpaid_delivery is block",
            f"Не оплачено {rubles(rest)}. Примите оплату или оформите передачу в кредит.",
        )


def _closing(
    ledger: Ledger, parts: Sequence[Part], kind: DocumentKind, money: Sums, *, prepaid: int, postpaid: int
) -> Document:
    method = PaymentMethod.FULL_PAYMENT
    if postpaid:
        # 6 only when nothing at all was paid (ffd_documents.md 7: credit has neither money nor 1215)
        method = PaymentMethod.PARTIAL_PAYMENT if prepaid or money else PaymentMethod.CREDIT
    return Document(
        kind=kind,
        items=handed_over(parts, method),
        money=money,
        prepaid=prepaid,
        postpaid=postpaid,
        takes=offset(ledger, prepaid, parts),
        settles={one.line.id: Settled(one.covered, one.cost) for one in parts},
    )


# -- what the parcel holds


def parcel(order: Order, goods: Sequence[Goods] | None, policy: Policy) -> tuple[Part, ...]:
    """The parts of the order that change hands, with their codes; Rejected with every fault at once."""
    if not any(order.open_quantity(line) for line in order.lines):
        raise Rejected(
            "nothing_to_deliver",
            "7",
            "every line of the order was handed over" if order.begun else "the order has no lines",
            "В заказе не осталось товаров для выдачи." if order.begun else "Заполните состав заказа.",
        )
    wanted = [Goods(line.id) for line in order.lines if order.open_quantity(line)] if goods is None else goods
    asked, faults = _asked(order, wanted, order.open_quantity)
    codes, wrong = codes_for(order, asked)
    _refuse([*faults, *wrong])
    return tuple(_with_service(order, [_part(order, one, codes[one.line.id]) for one in asked], policy))


def told(order: Order, goods: Sequence[Goods] | None) -> Order:
    """The order after a word of goods that hands nothing over: their codes count as scanned.

    It may come late, so it is held against the whole of each line. Rejected with every fault at once.
    """
    asked, faults = _asked(order, goods or (), lambda line: line.quantity)
    _refuse([*faults, *wrong_picks(order, asked)])
    return with_picks(order, goods)


def _asked(order: Order, goods: Sequence[Goods], most: Callable[[Line], Decimal]) -> tuple[list[Asked], list[Fault]]:
    """What of each line is told of, and what cannot be: no such line, twice the same, more than there is."""
    named = {line.id: line for line in order.lines}
    faults: list[Fault] = []
    asked: dict[str, Asked] = {}
    for index, entry in enumerate(goods):
        at = f"/items/{index}"
        line = named.get(entry.line)
        if line is None:
            detail = f"the order has no line {entry.line}"
            faults.append(Fault(f"{at}/id", "line_unknown", detail, "Такой позиции в заказе нет."))
            continue
        left = most(line)
        quantity = left if entry.quantity is None else entry.quantity
        if line.id in asked:
            detail = f"line {line.id} is named twice"
            faults.append(Fault(f"{at}/id", "line_twice", detail, f"«{line.name}» указана дважды: сложите количества."))
        elif not NOTHING < quantity <= left or (line.marked and not line.is_package and not is_whole(quantity)):
            detail = f"{quantity} of line {line.id}, {left} at most"
            faults.append(Fault(f"{at}/quantity", "quantity_wrong", detail, f"«{line.name}»: не больше {left}."))
        else:
            asked[line.id] = Asked(at, line, quantity, entry.codes)
    return list(asked.values()), faults


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        raise Rejected(
            "codes_missing" if all(fault.code == "codes_missing" for fault in faults) else "delivery_wrong",
            "7",
            f"{len(faults)} fault(s) in what is handed over",
            "Исправьте позиции заказа, перечисленные в ошибке, и повторите выдачу.",
            tuple(faults),
        )


def _part(order: Order, asked: Asked, codes: tuple[str, ...]) -> Part:
    line = asked.line
    open_cost = line.cost - order.ledger.covered(line.id).cost
    return Part(
        line, asked.quantity, part(open_cost, order.open_quantity(line), asked.quantity, price=line.price), codes
    )


def _with_service(order: Order, parts: Sequence[Part], policy: Policy) -> Iterator[Part]:
    """A parcel bears the delivery that the caller did not name (policy delivery_line, example E7)."""
    chosen = {one.line.id: one.quantity for one in parts}
    last = all(order.open_quantity(line) == chosen.get(line.id, NOTHING) for line in order.lines if not line.delivery)
    yield from parts
    for line in order.lines:
        left = order.open_quantity(line)
        if not line.delivery or line.id in chosen or not left:
            continue
        open_cost = line.cost - order.ledger.covered(line.id).cost
        if last or policy.delivery_line == "first_parcel":
            yield Part(line, left, open_cost)
        elif policy.delivery_line == "spread" and (share := _share(order, parts, open_cost)):
            yield Part(line, Decimal(1), share, covers=NOTHING)


def _share(order: Order, parts: Sequence[Part], cost: int) -> int:
    here = sum(one.cost for one in parts if not one.line.delivery)
    there = sum(line.cost - order.ledger.covered(line.id).cost for line in order.lines if not line.delivery) - here
    return spread(cost, [here, there])[0]
