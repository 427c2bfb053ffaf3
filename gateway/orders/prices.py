"""Kopeck-exact division: discounts over lines, a line's cost over its pieces. receipt_lifecycle.md 6."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import NamedTuple

from protocols.ffd.arithmetic import line_sum


class Piece(NamedTuple):
    """A run of equal units of one line: `price` x `quantity` is `sum`, kopecks (of what is `whole`, within a few)."""

    quantity: Decimal
    price: int
    sum: int


def spread(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide `amount` in proportion to `weights` by largest remainder, ties by order; Σ = amount.

    No share exceeds its weight while `amount` <= Σ weights. All weights zero: the first takes everything.
    """
    whole = sum(weights)
    if whole == 0:
        return tuple(amount if index == 0 else 0 for index in range(len(weights)))
    shares = [amount * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: -(amount * weights[index] % whole))
    for index in order[: amount - sum(shares)]:
        shares[index] += 1
    return tuple(shares)


def is_whole(quantity: Decimal) -> bool:
    return quantity == quantity.to_integral_value()


def pieces(cost: int, quantity: Decimal, *, price: int, whole: bool = False) -> tuple[Piece, ...]:
    """`quantity` units that cost `cost` together: one run where a price fits (`price` itself first), else two.

    Always exact: at one unit or less the rounded price fits; above, n-r units at q and r at q+1. `whole`: one run in
    any case, by the nearest price; a receipt takes it when it is a kopeck off at most.
    """
    near = int((Decimal(cost) / quantity).to_integral_value(ROUND_HALF_UP))
    for one in (price, near):
        if line_sum(one, quantity) == cost:
            return (Piece(quantity, one, cost),)
    if whole:
        return (Piece(quantity, near, cost),)
    low = int((Decimal(cost) / quantity).to_integral_value(ROUND_FLOOR))
    dear = cost - line_sum(low, quantity)
    return (Piece(quantity - dear, low, cost - dear * (low + 1)), Piece(Decimal(dear), low + 1, dear * (low + 1)))


def part(cost: int, quantity: Decimal, wanted: Decimal, *, price: int) -> int:
    """What the first `wanted` of `quantity` units cost, so that all parts together cost `cost`.

    At `price` when that is what all of them cost; else whole units in the order of `pieces`, the cheaper ones first.
    """
    if wanted == quantity:
        return cost
    if line_sum(price, quantity) == cost:
        return line_sum(price, wanted)
    if is_whole(quantity) and is_whole(wanted):
        low, dear = divmod(cost, int(quantity))
        cheap = int(quantity) - dear
        return low * int(wanted) + max(0, int(wanted) - cheap)
    return int((cost * wanted / quantity).to_integral_value(ROUND_HALF_UP))
