"""An order as its next event finds it, and the events that may come. Kopecks; quantities Decimal."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from gateway.orders.goods import Line
from gateway.orders.ledger import NOTHING, Ledger, Sum, Sums
from gateway.orders.policy import Policy
from gateway.orders.words import FORM_OF, DocumentKind, Form, Means, OrderState, OrderType
from protocols.ffd.enums import Taxation


class Paid(NamedTuple):
    """Money as a caller names it."""

    means: Means
    sum: int


class Goods(NamedTuple):
    """So much of a line; `codes` as scanned."""

    line: str
    quantity: Decimal | None = None  # None: all that is left (to hand over, or to return)
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A link to pay was sent."""

    id: str
    sum: int
    type: Literal["invoice"] = "invoice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money came."""

    id: str
    paid: tuple[Paid, ...]
    by_bank: bool | None = None  # None: as the policy says
    type: Literal["payment"] = "payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Goods change hands (or, `shipped`, leave the shop). `goods` None: all that is left.

    Of `paid`, `credit` is no money: it is the rest that the buyer takes on credit (1216).
    """

    id: str
    goods: tuple[Goods, ...] | None = None
    paid: tuple[Paid, ...] = ()
    shipped: bool = False
    by_bank: bool | None = None
    type: Literal["delivery"] = "delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money goes back, the goods were not handed over. `sum` None: all that is held."""

    id: str
    sum: int | None = None
    means: Means | None = None
    by_bank: bool | None = None
    type: Literal["refund"] = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Goods come back after they were handed over. `goods` None: everything."""

    id: str
    goods: tuple[Goods, ...] | None = None
    means: Means | None = None
    by_bank: bool | None = None
    type: Literal["return"] = "return"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """Nothing more will be handed over; what is held goes back."""

    id: str
    by_bank: bool | None = None
    type: Literal["cancel"] = "cancel"


class Unexpected(NamedTuple):
    """A payment that is none of the open invoices' sums: each is paid whole or not at all."""

    event: str
    sum: int
    invoices: tuple[int, ...]


class PutBack(NamedTuple):
    """A picked unit that the order has no place for any more; `unit` as it may be shown (КИ)."""

    line: str  # its name
    unit: str


Event = Invoice | Payment | Delivery | Refund | Return | Cancel


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What planning looks at. `ledger` is as intended: documents still on their way are counted in."""

    number: str
    type: OrderType = OrderType.GOODS
    lines: tuple[Line, ...] = ()
    ledger: Ledger = field(default_factory=Ledger)
    invoices: tuple[int, ...] = ()  # sums of those that are not paid yet
    invoiced: bool = False  # one was ever issued
    changed: bool = False  # edited since the first invoice: the next receipt is an advance
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # scanned, by line
    unexpected: Unexpected | None = None  # of the last event
    put_back: tuple[PutBack, ...] = ()  # by the last change, until the next event
    cancelled: bool = False
    remote: bool = False  # sold over the Internet (1125)
    taxation: Taxation | None = None  # 1055 of documents to come; None: the register's only one

    @property
    def total(self) -> int:
        """S of the whole order, what was handed over included."""
        return sum(line.cost for line in self.lines)

    @property
    def open_cost(self) -> int:
        """S of what is not handed over yet."""
        return self.total - sum(part.cost for part in self.ledger.settled.values())

    @property
    def over(self) -> int:
        """Held beyond what is still to be handed over; of an order that has no lines yet nobody knows."""
        return max(0, self.ledger.held - self.open_cost) if self.lines else 0

    def open_quantity(self, line: Line) -> Decimal:
        return line.quantity - self.ledger.covered(line.id).quantity

    @property
    def begun(self) -> bool:
        """Something was handed over."""
        return bool(self.ledger.settled)

    @property
    def settled(self) -> bool:
        """Everything was handed over: the composition is frozen."""
        return self.begun and all(self.open_quantity(line) == NOTHING for line in self.lines)

    @property
    def state(self) -> OrderState:
        if self.cancelled:
            return OrderState.CANCELLED
        if self.settled:
            gone = all(entry.quantity == NOTHING for entry in self.ledger.sold)
            return OrderState.RETURNED if gone else OrderState.SETTLED
        if self.begun:
            return OrderState.PART_SETTLED
        return OrderState.HELD if self.ledger.held else OrderState.NEW


def closes_when_paid(order: Order, policy: Policy) -> bool:
    """Whether goods change hands at the moment of payment (row 4)."""
    if policy.closing_trigger == "payment":
        return True
    match policy.digital:
        case "by_order_type":
            return order.type is OrderType.DIGITAL
        case "by_product_type":
            return bool(order.lines) and all(line.digital for line in order.lines)
        case "off":
            return False


def forms(paid: tuple[Paid, ...]) -> Sums:
    """The forms of money that really came, each once, in the order given."""
    sums: dict[Form, int] = {}
    for means, amount in paid:
        sums[FORM_OF[means]] = sums.get(FORM_OF[means], 0) + amount
    return tuple(Sum(form, amount) for form, amount in sums.items() if amount)


#: Characters of an order's number.
LONGEST_NUMBER: Final = 64


def number_fault(number: str) -> str | None:
    """Why an order cannot have this number: it is a part of a path (a slash as %2F), and a person reads it."""
    if not number.strip() or number in {".", ".."}:
        return "a number is a word of its own in a path: it is not empty, . or .."
    if not number.isprintable() or len(number) > LONGEST_NUMBER:
        return f"1 to {LONGEST_NUMBER} printable characters are expected"
    return None


_UNFIT: Final = re.compile(r"[^A-Za-z0-9._-]+")


def document_id(number: str, event: str, index: int, kind: DocumentKind) -> str:
    """The key of a document's receipt: the same for the same order, event and place, readable by a person."""
    digest = hashlib.sha256(f"{number}\0{event}\0{index}".encode()).hexdigest()[:20]
    return f"{readable(number)}-{kind.replace('_', '-')}-{digest}"


def readable(number: str) -> str:
    """An order's number as its documents' ids have it."""
    return _UNFIT.sub("-", number)[:48].strip("-") or "order"


_KINDS: Final = "|".join(kind.replace("_", "-") for kind in DocumentKind)
_MADE: Final = re.compile(rf"(.+)-({_KINDS})-[0-9a-f]{{20}}").fullmatch


def readable_number(document: str) -> str | None:
    """The order's number, as `readable`, of a document's id; None of any other key."""
    found = _MADE(document)
    return None if found is None else found[1]
