"""`plan`: which documents an event of an order makes. Pure and deterministic; the decision table of docs/orders.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from gateway.orders import money_in, money_out
from gateway.orders.comeback import come_back
from gateway.orders.goods import Line
from gateway.orders.handover import after, deliver, told
from gateway.orders.held import of_form
from gateway.orders.ledger import NOTHING, Document, Settled, Sums
from gateway.orders.order import (
    Cancel,
    Delivery,
    Event,
    Invoice,
    Order,
    Paid,
    Payment,
    PutBack,
    Refund,
    Return,
    Unexpected,
    closes_when_paid,
    document_id,
    forms,
)
from gateway.orders.picking import fits, needed, unit_of, with_picks
from gateway.orders.policy import Policy
from gateway.orders.prices import part
from gateway.orders.words import FORM_OF, DocumentKind, Form, Means, Rejected
from protocols.ffd.arithmetic import line_sum, rubles
from protocols.ffd.faults import Fault
from protocols.ffd.limits import MAX_MARKING_CODES
from protocols.marking import parse


def plan(order: Order, event: Event, policy: Policy) -> tuple[Document, ...]:
    """The documents that `event` makes of `order`, in the order in which they must be registered.

    The same order, event and policy give the same documents with the same ids. Raises Rejected when a rule forbids
    the event; then nothing has changed.
    """
    drafts = _drafts(order, event, policy)
    _allow_codes(drafts, event)
    bank = _by_bank(event, policy)
    opened = ""  # an advance of this very event, which its closing receipt uses up
    documents: list[Document] = []
    for index, draft in enumerate(drafts):
        name = document_id(order.number, event.id, index, draft.kind)
        takes = tuple(replace(take, document=take.document or opened) for take in draft.takes)
        documents.append(
            replace(
                draft,
                id=name,
                event=event.id,
                takes=takes,
                by_bank=bank,
                remote=order.remote and any(entry.form is Form.ELECTRONIC for entry in draft.money),
                taxation=draft.taxation or order.taxation,
            )
        )
        if draft.kind is DocumentKind.ADVANCE:
            opened = name
    return tuple(documents)


def _allow_codes(drafts: Iterable[Document], event: Event) -> None:
    """A document holds so many codes: more units change hands in parts."""
    most = max((sum(item.code is not None for item in draft.items) for draft in drafts), default=0)
    if most > MAX_MARKING_CODES:
        detail = f"{most} marking codes in one receipt, {MAX_MARKING_CODES} at most: tell of it in parts, each an event"
        what = "Примите возврат" if isinstance(event, Return) else "Выдайте товар"
        hint = f"В один чек помещается не больше {MAX_MARKING_CODES} кодов маркировки, здесь {most}. {what} по частям."
        raise Rejected("too_many_codes", "7", detail, hint, (Fault("/items", "too_many_codes", detail, hint),))


def happened(order: Order, event: Event, documents: Sequence[Document]) -> Order:
    """The order after an event was accepted, its documents counted as if they were registered."""
    order = replace(after(order, *documents), unexpected=_unexpected(order, event), put_back=())
    match event:
        case Invoice():
            first = not order.invoiced
            return replace(
                order, invoices=(*order.invoices, event.sum), invoiced=True, changed=order.changed and not first
            )
        case Payment() | Delivery():
            order = _paid(order, sum(document.moved for document in documents))
            order = with_picks(order, event.goods) if isinstance(event, Delivery) else order
            return _left_over(_codes_used(order, documents), order.lines)
        case Cancel():
            return _left_over(_abandoned(order), order.lines)
        case Refund() | Return():
            return order


def _unexpected(order: Order, event: Event) -> Unexpected | None:
    if not isinstance(event, Payment) or not order.invoices:
        return None
    amount = sum(entry.sum for entry in event.paid)
    return None if amount in order.invoices else Unexpected(event.id, amount, order.invoices)


def _paid(order: Order, amount: int) -> Order:
    """Money came: it pays its invoice, and what comes next is no longer the first receipt after a change."""
    if amount <= 0:
        return order
    left = list(order.invoices)
    if amount in left:
        left.remove(amount)
    return replace(order, invoices=tuple(left), changed=False)


def edited(order: Order, other: Order) -> Order:
    """The order with what a PUT says of it, `other`; what was paid and handed over stays.

    Rejected when what was handed over would change (row 18): every such line is told.
    """
    if _differs(order, other):
        _allow_edit(order, other.lines)
    elif other.taxation is not order.taxation:
        _allow_frozen(order, Fault("/taxation", "order_settled", f"its receipts bear {_word(order)}", _SYSTEM))
    return put(order, other)


def put(order: Order, other: Order) -> Order:
    """As `edited`, of a PUT that was accepted: a log is not judged again by the rules of a later day."""
    differs = _differs(order, other)
    edit = bool(order.lines) and differs
    codes, put_back = _kept(order, other) if differs else (order.codes, order.put_back)
    return replace(
        order,
        type=other.type,
        lines=other.lines,
        remote=other.remote,
        taxation=other.taxation,
        changed=order.changed or edit,
        invoices=() if edit else order.invoices,  # they were for what it was
        unexpected=None if edit else order.unexpected,
        codes=codes,
        put_back=put_back,
    )


def _differs(order: Order, other: Order) -> bool:
    return {line.id: line for line in order.lines} != {line.id: line for line in other.lines}


#: A hint.
_SYSTEM = "Заказ закрыт: система налогообложения его чеков уже не меняется. Передайте прежнюю."


def _word(order: Order) -> str:
    return "the register's only tax system" if order.taxation is None else order.taxation.value


def _allow_frozen(order: Order, *faults: Fault) -> None:
    """Rejected for an order that nobody changes any more."""
    if order.cancelled or order.settled:
        raise Rejected(
            "order_cancelled" if order.cancelled else "order_settled",
            "18",
            f"the order is {order.state}: its composition and its tax system are frozen",
            faults[0].hint if faults else "Заказ закрыт, его состав менять нельзя. Оформите возврат или новый заказ.",
            faults,
        )


def _allow_edit(order: Order, lines: Sequence[Line]) -> None:
    _allow_frozen(order)
    before = {line.id: line for line in order.lines}
    after_it = {line.id: (index, line) for index, line in enumerate(lines)}
    faults = []
    for name, covered in order.ledger.settled.items():
        index, line = after_it.get(name, (-1, None))
        at = "/items" if line is None else f"/items/{index}"
        told = f"{covered.quantity} of line {name} was handed over for {rubles(covered.cost)}"
        hint = f"«{before[name].name}»: {covered.quantity} уже выдано по чеку за {rubles(covered.cost)}, "
        if line is None or not _keeps(line, covered, before[name]):
            faults.append(Fault(at, "line_settled", told, hint + "эту часть менять нельзя."))
        elif not _rest_is_priced(line, covered, before[name]):
            rest = line.quantity - covered.quantity
            told += f"; the other {rest} would cost {rubles(line.cost - covered.cost)}, not {rubles(line.price)} each: "
            told += "leave this line at what was handed over, and give the rest a line of its own"
            hint += "их цена не меняется. Остаток по новой цене передайте отдельной позицией."
            faults.append(Fault(f"{at}/price", "line_settled", told, hint))
    if faults:
        raise Rejected(
            "line_settled",
            "18",
            "what was handed over cannot be changed",
            "Часть заказа уже выдана по чеку: её можно только вернуть.",
            tuple(faults),
        )


def _keeps(line: Line, covered: Settled, before: Line) -> bool:
    """Whether what was handed over is in the changed line as it was."""
    whole = (line.quantity, line.cost) == covered
    more = line.quantity > covered.quantity and line.cost >= covered.cost
    return (whole or more) and (line.vat, line.object) == (before.vat, before.object)


def _rest_is_priced(line: Line, covered: Settled, before: Line) -> bool:
    """Whether, at another price, the units sold keep theirs and the rest has the new one; discounts are the rest's."""
    rest = line.quantity - covered.quantity
    return (
        line.price == before.price
        or line.cost - covered.cost == line_sum(line.price, rest)
        or covered.cost == part(line.cost, line.quantity, covered.quantity, price=line.price)
    )


def _by_bank(event: Event, policy: Policy) -> bool:
    own = None if isinstance(event, Invoice) else event.by_bank
    return policy.fiscaliser == "bank" if own is None else own


def _drafts(order: Order, event: Event, policy: Policy) -> tuple[Document, ...]:
    if order.cancelled and not isinstance(event, Cancel):
        raise Rejected(
            "order_cancelled",
            "16",
            "the order is cancelled",
            "Заказ отменён. Для новых оплат и выдачи создайте новый заказ.",
        )
    match event:
        case Invoice():
            return _invoice(order, event)
        case Payment():
            return _payment(order, event, policy)
        case Delivery():
            return _delivery(order, event, policy)
        case Refund():
            return _refund(order, event, policy)
        case Return():
            return come_back(order, event.goods, _form(event.means))
        case Cancel():
            return _cancel(order, policy)


def _invoice(order: Order, event: Invoice) -> tuple[Document, ...]:
    if order.settled and event.sum > order.ledger.debt:
        raise _frozen("an invoice")
    return ()


def _payment(order: Order, event: Payment, policy: Policy) -> tuple[Document, ...]:
    money = forms(event.paid)
    documents: list[Document] = []
    if order.ledger.debt:
        head, money = money_in.split(money, order.ledger.debt)
        documents.append(money_in.credit_payment(head, policy))
        order = after(order, *documents)
    if not money:
        return tuple(documents)
    if order.settled:
        raise _frozen("a payment")
    return (*documents, *_for_goods(order, money, policy))


def _for_goods(order: Order, money: Sums, policy: Policy) -> tuple[Document, ...]:
    amount = sum(entry.sum for entry in money)
    due = order.open_cost - order.ledger.held
    if not closes_when_paid(order, policy) or amount < due or not order.lines or not _codes_do(order):
        return (money_in.before_handover(order, money, policy),)
    if amount == due:
        return deliver(order, None, money, 0, policy)
    taken = money_in.advance(order, money, policy)
    keep = policy.model_copy(update={"overpaid": "keep"})  # nobody said that the rest goes back
    return (taken, *deliver(after(order, taken), None, (), 0, keep))


def _codes_do(order: Order) -> bool:
    """Whether all that is left has its codes, and they fit one receipt; else the hand-over is told later."""
    lines = [(line, needed(line, order.open_quantity(line))) for line in order.lines if order.open_quantity(line)]
    there = all(wanted <= len(order.codes.get(line.id, ())) for line, wanted in lines)
    return there and sum(wanted for _, wanted in lines) <= MAX_MARKING_CODES


def _delivery(order: Order, event: Delivery, policy: Policy) -> tuple[Document, ...]:
    credit = sum(entry.sum for entry in event.paid if entry.means is Means.CREDIT)
    money = forms(tuple(entry for entry in event.paid if entry.means is not Means.CREDIT))
    if event.shipped is not (policy.closing_trigger == "shipment"):
        # The other of the two words: it closes nothing, but its codes are picked, and money that came with it is money.
        order = told(order, event.goods)
        return _payment(order, Payment(id=event.id, paid=_money_only(event)), policy) if money else ()
    if closes_when_paid(order, policy) and order.settled and not event.paid:
        told(order, event.goods)
        return ()  # a CRM reports the delivery of what was handed over when it was paid
    return deliver(order, event.goods, money, credit, policy)


def _money_only(event: Delivery) -> tuple[Paid, ...]:
    return tuple(entry for entry in event.paid if entry.means is not Means.CREDIT)


def _refund(order: Order, event: Refund, policy: Policy) -> tuple[Document, ...]:
    amount = order.ledger.held if event.sum is None else event.sum
    return _give_back(order, amount, _form(event.means), policy)


def _give_back(order: Order, amount: int, only: Form | None, policy: Policy) -> tuple[Document, ...]:
    held = order.ledger.held
    if not held or amount > held:
        settled = order.begun
        raise Rejected(
            "refund_exceeds_held",
            "15" if settled else "13",
            f"{rubles(amount)} to give back, {rubles(held)} is held",
            "Товар уже выдан: оформите возврат товара (return), а не денег."
            if settled
            else f"По заказу можно вернуть не больше {rubles(held)}.",
        )
    there = held if only is None else sum(of_form(holding.forms, only) for holding in order.ledger.holdings)
    if amount > there:
        raise Rejected(
            "form_not_paid",
            "invariant 11",
            f"{rubles(amount)} to give back, {rubles(there)} was paid in this form",
            "Деньги возвращают тем же способом, которым платили. Выберите другой способ или не указывайте его.",
        )
    return money_out.give_back(order, amount, only, policy)


def _cancel(order: Order, policy: Policy) -> tuple[Document, ...]:
    if order.settled:
        raise Rejected(
            "order_settled",
            "18",
            "everything was handed over: goods come back by a return",
            "Товар уже выдан. Оформите возврат товара.",
        )
    return money_out.give_back(order, order.ledger.held, None, policy) if order.ledger.held else ()


def _abandoned(order: Order) -> Order:
    """Nothing more is handed over: without any hand-over the order is cancelled, else it ends with what was."""
    if not order.begun:
        return replace(order, cancelled=True)
    covered: dict[str, Settled] = dict(order.ledger.settled)
    lines = tuple(
        replace(line, quantity=covered[line.id].quantity, cost=covered[line.id].cost)
        for line in order.lines
        if line.id in covered
    )
    return replace(order, lines=lines)


def _codes_used(order: Order, documents: Sequence[Document]) -> Order:
    used = {unit_of(item.code) for document in documents for item in document.items if item.code is not None}
    if not used or not order.codes:
        return order
    left = {line: tuple(code for code in codes if unit_of(code) not in used) for line, codes in order.codes.items()}
    return replace(order, codes={line: codes for line, codes in left.items() if codes})


def _kept(order: Order, other: Order) -> tuple[Mapping[str, tuple[str, ...]], tuple[PutBack, ...]]:
    """The codes that the changed order has a place for, the first ones picked, and the units that it has none for."""
    there = {line.id: line for line in other.lines}
    return _placed(order, order.lines, there)


def _left_over(order: Order, before: Sequence[Line]) -> Order:
    """The order without the picked units that it has no place for any more, once goods went or it was cancelled."""
    if not order.codes:
        return order
    codes, put_back = _placed(order, before, {} if order.cancelled else {line.id: line for line in order.lines})
    return replace(order, codes=codes, put_back=put_back)


def _placed(
    order: Order, lines: Sequence[Line], there: Mapping[str, Line]
) -> tuple[Mapping[str, tuple[str, ...]], tuple[PutBack, ...]]:
    kept: dict[str, tuple[str, ...]] = {}
    put_back: list[PutBack] = []
    before = {line.id: line for line in lines}
    for name, codes in order.codes.items():
        line = there.get(name)
        places = 0 if line is None else needed(line, max(NOTHING, line.quantity - order.ledger.covered(name).quantity))
        fitting = [code for code in codes if line is not None and fits(parse(code), line)]
        kept[name] = tuple(fitting[:places])
        out = [code for code in codes if code not in kept[name]]
        put_back += (PutBack((line or before[name]).name, unit_of(code)) for code in out)
    return {name: codes for name, codes in kept.items() if codes}, tuple(put_back)


def _form(means: Means | None) -> Form | None:
    return None if means is None else FORM_OF[means]


def _frozen(what: str) -> Rejected:
    return Rejected(
        "order_settled",
        "18",
        f"everything was handed over and paid; {what} belongs to another order",
        "Заказ закрыт: по нему больше нельзя принимать деньги. Оформите новый заказ или возврат товара.",
    )
