"""What an order's documents have done to its money and goods, and how one more document moves it.

All sums are kopecks. A ledger is immutable; `after` makes the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from operator import itemgetter
from typing import Final, NamedTuple

from gateway.orders.goods import Item
from gateway.orders.words import REFUNDS, DocumentKind, Form
from protocols.ffd.enums import Taxation

NOTHING = Decimal(0)


class Sum(NamedTuple):
    """Money of one form."""

    form: Form
    sum: int


Sums = tuple[Sum, ...]
_AMOUNT: Final = itemgetter(1)


class HeldLine(NamedTuple):
    """What is left of one line of a document that took money."""

    item: Item
    quantity: Decimal
    sum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Money that is held: what is left of an advance or a prepayment. Σ forms = Σ lines."""

    document: str
    kind: DocumentKind
    forms: Sums  # each once, in the order in which they were paid
    lines: tuple[HeldLine, ...]
    taxation: Taxation | None = None  # of that document

    @property
    def left(self) -> int:
        return sum(entry.sum for entry in self.forms)

    def without(self, take: Take) -> Holding:
        lines = list(self.lines)
        for place, quantity, amount in take.lines:
            line = lines[place]
            lines[place] = HeldLine(line.item, line.quantity - quantity, line.sum - amount)
        return replace(self, forms=less(self.forms, take.forms), lines=tuple(lines))


class LineTake(NamedTuple):
    """So much off one line of a holding."""

    place: int
    quantity: Decimal
    sum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Money taken out of a holding: given back, or offset by goods. Σ forms = Σ lines."""

    document: str
    forms: Sums
    lines: tuple[LineTake, ...]

    @property
    def sum(self) -> int:
        return sum(entry.sum for entry in self.forms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """Goods that a document handed over, less what came back."""

    document: str
    place: int  # of the line in that document
    item: Item
    quantity: Decimal
    sum: int
    taxation: Taxation | None = None  # of that document


class Back(NamedTuple):
    """Goods coming back: of which document's line, how much."""

    document: str
    place: int
    quantity: Decimal
    sum: int


class Settled(NamedTuple):
    """How much of a line closings have covered, whatever came back later."""

    quantity: Decimal
    cost: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One fiscal document of an order: what it says, and (`takes`, `backs`, `gives`) where its money is from.

    Σ items = Σ money + prepaid + postpaid (invariant 1). `plan` gives it its id.
    """

    id: str = ""  # of its receipt
    event: str = ""
    kind: DocumentKind
    items: tuple[Item, ...]
    money: Sums = ()  # 1031 and 1081: moves now
    prepaid: int = 0  # 1215: offset of money held
    postpaid: int = 0  # 1216: given on credit; of goods coming back: debt that is forgiven
    takes: tuple[Take, ...] = ()
    backs: tuple[Back, ...] = ()
    gives: Sums = ()  # of goods coming back: the forms that had paid them
    settles: Mapping[str, Settled] = field(default_factory=dict)
    by_bank: bool = False  # issued by the bank's cloud till, not by us
    remote: bool = False  # money that moved over the Internet (1125)
    taxation: Taxation | None = None  # 1055; None: what the order says when it is made (and of older logs)

    @property
    def total(self) -> int:
        return sum(item.sum for item in self.items)

    @property
    def moved(self) -> int:
        """Money that this document says came in (or, negative, went out)."""
        moved = sum(entry.sum for entry in self.money)
        return -moved if self.kind in REFUNDS else moved


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What is held, what was handed over, what is owed."""

    holdings: tuple[Holding, ...] = ()  # oldest first, none empty
    held: int = 0  # M: Σ of the holdings
    settled: Mapping[str, Settled] = field(default_factory=dict)
    sold: tuple[Sold, ...] = ()
    paid: Sums = ()  # forms of the money in goods that are with the buyer, oldest first
    debt: int = 0  # goods given on credit and not paid yet

    def covered(self, line: str) -> Settled:
        return self.settled.get(line, Settled(NOTHING, 0))

    def after(self, document: Document) -> Ledger:
        """This ledger with `document` registered."""
        changed = _moves(self, document)
        match document.kind:
            case DocumentKind.ADVANCE | DocumentKind.PREPAYMENT | DocumentKind.PARTIAL_PREPAYMENT:
                return _opened(changed, document)
            case DocumentKind.FULL | DocumentKind.CLOSING:
                return _handed_over(changed, document)
            case DocumentKind.CREDIT_PAYMENT:
                return replace(changed, debt=changed.debt - document.total, paid=_longer(changed.paid, document.money))
            case DocumentKind.REFUND_GOODS:
                return _came_back(changed, document)
            case DocumentKind.REFUND_ADVANCE | DocumentKind.REFUND_PREPAYMENT:
                return changed


def joined(*parts: Sums) -> Sums:
    """One after another, neighbours of one form put together."""
    found: list[Sum] = []
    for entry in (entry for part in parts for entry in part):
        if entry.sum and found and found[-1].form is entry.form:
            found[-1] = Sum(entry.form, found[-1].sum + entry.sum)
        elif entry.sum:
            found.append(entry)
    return tuple(found)


def _longer(sums: Sums, *parts: Sums) -> Sums:
    return (*sums[:-1], *joined(sums[-1:], *parts))


def less(sums: Sums, taken: Iterable[Sum]) -> Sums:
    """`sums` without `taken`, form by form, from the end."""
    left = list(sums)
    for form, wanted in taken:
        for index in reversed(range(len(left))):
            if not wanted:
                break
            if left[index].form is form:
                part = min(left[index].sum, wanted)
                left[index] = Sum(form, left[index].sum - part)
                wanted -= part
        if wanted:
            raise ValueError(f"{wanted} kopecks of {form} are not there")
    return tuple(filter(_AMOUNT, left))


def _moves(ledger: Ledger, document: Document) -> Ledger:
    if not document.takes:
        return ledger
    taken: dict[str, list[Take]] = {}
    for take in document.takes:
        taken.setdefault(take.document, []).append(take)
    holdings = []
    for holding in ledger.holdings:
        if holding.document not in taken:
            holdings.append(holding)
            continue
        for take in taken.pop(holding.document):
            holding = holding.without(take)
        if holding.forms:
            holdings.append(holding)
    if taken:
        raise ValueError(f"money of {sorted(taken)} is not held")
    return replace(ledger, holdings=tuple(holdings), held=ledger.held - sum(take.sum for take in document.takes))


def _opened(ledger: Ledger, document: Document) -> Ledger:
    holding = Holding(
        document=document.id,
        kind=document.kind,
        forms=document.money,
        lines=tuple(HeldLine(item, item.quantity, item.sum) for item in document.items),
        taxation=document.taxation,
    )
    return replace(ledger, holdings=(*ledger.holdings, holding), held=ledger.held + document.total)


def _handed_over(ledger: Ledger, document: Document) -> Ledger:
    settled = dict(ledger.settled)
    for line, more in document.settles.items():
        before = ledger.covered(line)
        settled[line] = Settled(before.quantity + more.quantity, before.cost + more.cost)
    sold = tuple(
        Sold(
            document=document.id,
            place=place,
            item=item,
            quantity=item.quantity,
            sum=item.sum,
            taxation=document.taxation,
        )
        for place, item in enumerate(document.items)
    )
    offset = joined(*(take.forms for take in document.takes))
    return replace(
        ledger,
        settled=settled,
        sold=(*ledger.sold, *sold),
        paid=_longer(ledger.paid, offset, document.money),
        debt=ledger.debt + document.postpaid,
    )


def _came_back(ledger: Ledger, document: Document) -> Ledger:
    back = {(entry.document, entry.place): entry for entry in document.backs}
    of = {entry.document for entry in document.backs}
    sold = []
    for entry in ledger.sold:
        gone = back.pop((entry.document, entry.place), None) if entry.document in of else None
        if gone is not None:
            entry = replace(entry, quantity=entry.quantity - gone.quantity, sum=entry.sum - gone.sum)
        sold.append(entry)
    if back:
        raise ValueError(f"goods of {sorted(back)} were not sold")
    return replace(
        ledger,
        sold=tuple(sold),
        paid=less(ledger.paid, document.gives),
        debt=ledger.debt - document.postpaid,
    )
