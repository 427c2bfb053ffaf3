"""What an order consists of, and the lines that its documents bear."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from gateway.orders.prices import pieces, spread
from gateway.orders.words import AT_HANDOVER, BEFORE_HANDOVER
from protocols.ffd.arithmetic import CALCULATED
from protocols.ffd.enums import Measure, PaymentMethod, PaymentObject, Vat


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the composition. `cost` is what all of it costs after every discount, kopecks."""

    id: str
    name: str
    quantity: Decimal
    price: int  # of one unit, before the order's discount
    cost: int
    vat: Vat  # the plain rate
    object: PaymentObject  # the plain one: commodity, never commodity_with_marking
    measure: Measure = Measure.PIECE
    marked: bool = False
    delivery: bool = False  # bears no discount, and goes with a parcel by itself (policy delivery_line)
    digital: bool = False
    gtin: str | None = None  # 14 digits: what a scan is matched by
    fraction: tuple[int, int] | None = None  # the part of a piece that is sold (1291)
    extra: str = "{}"  # JSON object of the rarer requisites, as in a receipt's item

    @property
    def is_package(self) -> bool:
        """Marked goods by weight or volume: one code, so one line of a receipt (the drive checks a code once)."""
        return self.marked and self.measure is not Measure.PIECE


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a document: tag 1059 as the receipt's body will have it. Kopecks."""

    line: str | None  # of the composition; None: money that names no goods
    name: str
    quantity: Decimal
    price: int
    sum: int
    vat: Vat
    object: PaymentObject
    method: PaymentMethod
    measure: Measure = Measure.PIECE
    code: str | None = None
    fraction: tuple[int, int] | None = None
    extra: str = "{}"


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a line, and what it costs; `codes` are those of its units, in order.

    A share of a delivery service that goes with several parcels is shown as one, and `covers` nothing of the line.
    """

    line: Line
    quantity: Decimal
    cost: int
    codes: tuple[str, ...] = ()
    covers: Decimal | None = None

    @property
    def covered(self) -> Decimal:
        return self.quantity if self.covers is None else self.covers


def total(lines: Iterable[Line]) -> int:
    return sum(line.cost for line in lines)


def discounted(lines: Sequence[Line], discount: int) -> tuple[Line, ...]:
    """Take a discount of the whole order off its goods; what exceeds them goes off the delivery.

    ValueError when it exceeds the order.
    """
    if discount > total(lines):
        raise ValueError("the discount exceeds the order")
    costs = [line.cost for line in lines]
    for of_delivery in (False, True):
        weights = [cost if line.delivery is of_delivery else 0 for line, cost in zip(lines, costs, strict=True)]
        taken = min(discount, sum(weights))
        if taken:
            costs = [cost - share for cost, share in zip(costs, spread(taken, weights), strict=True)]
            discount -= taken
    return tuple(replace(line, cost=cost) for line, cost in zip(lines, costs, strict=True))


def named_early(parts: Iterable[Part], method: PaymentMethod) -> tuple[Item, ...]:
    """Lines of a prepayment: the calculated rate, and of marked goods no code (invariant 6)."""
    return tuple(
        Item(
            line=part.line.id,
            name=part.line.name,
            quantity=piece.quantity,
            price=piece.price,
            sum=piece.sum,
            vat=CALCULATED.get(part.line.vat, part.line.vat),
            object=BEFORE_HANDOVER[part.line.object] if part.line.marked else part.line.object,
            method=method,
            measure=part.line.measure,
            extra=part.line.extra,
        )
        for part in parts
        for piece in pieces(part.cost, part.quantity, price=part.line.price, whole=part.line.is_package)
    )


def handed_over(parts: Iterable[Part], method: PaymentMethod) -> tuple[Item, ...]:
    """Lines of a closing or full settlement: the plain rate; a line of its own for each marked unit (invariant 7)."""
    return tuple(item for part in parts for item in _handed_over(part, method))


def _handed_over(part: Part, method: PaymentMethod) -> Iterable[Item]:
    line, codes = part.line, list(part.codes)
    for piece in pieces(part.cost, part.quantity, price=line.price, whole=line.is_package):
        units = [piece]
        if line.marked and not line.is_package:
            units = [piece._replace(quantity=Decimal(1), sum=piece.price)] * int(piece.quantity)
        for unit in units:
            yield Item(
                line=line.id,
                name=line.name,
                quantity=unit.quantity,
                price=unit.price,
                sum=unit.sum,
                vat=line.vat,
                object=AT_HANDOVER[line.object] if line.marked else line.object,
                method=method,
                measure=line.measure,
                code=codes.pop(0) if codes else None,
                fraction=line.fraction if line.marked else None,
                extra=line.extra,
            )
