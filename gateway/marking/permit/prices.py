"""Rules about prices of tobacco and nicotine goods (marking.md §4.2, rule 9): one row a bound.

Which groups have which bounds is UNCONFIRMED: public clients agree on the minimal price (`smp`) of group 3, on no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.marking.permit.facts import Facts
from gateway.marking.permit.model import Asked
from gateway.marking.permit.reasons import PRICE_TOO_HIGH, PRICE_TOO_LOW, Reason
from protocols.marking import Kind

TOBACCO, NICOTINE = 3, 16
UNIT, BLOCK = "UNIT", "GROUP"
#: Packs in a block where the answer does not say (a client's documentation of the field).
PACKS: Final = 10

Sum = Callable[[Facts, Asked], int | None]


def asked_price(facts: Facts, asked: Asked) -> int | None:
    """What the buyer pays for one unit."""
    return asked.price


def printed_price(facts: Facts, asked: Asked) -> int | None:
    """The maximal price that the code itself bears; 0 ("AAAA") is none."""
    return asked.code.mrp or facts.mrp or None


def minimal(facts: Facts, asked: Asked) -> int | None:
    return facts.smp


def minimal_of_block(facts: Facts, asked: Asked) -> int | None:
    return None if facts.smp is None else facts.smp * (facts.package_quantity or PACKS)


def retail(facts: Facts, asked: Asked) -> int | None:
    return facts.mrp


@dataclass(frozen=True, slots=True)
class Bound:
    """`what` must not be below (`least`) or above the limit; a missing side is no breach."""

    group: int
    package: str | None  # None: any
    what: Sum
    limit: Sum
    least: bool = True

    def broken(self, facts: Facts, asked: Asked) -> bool:
        what, limit = self.what(facts, asked), self.limit(facts, asked)
        if what is None or limit is None:
            return False
        return what < limit if self.least else what > limit

    @property
    def reason(self) -> Reason:
        return PRICE_TOO_LOW if self.least else PRICE_TOO_HIGH


BOUNDS: Final = (
    Bound(TOBACCO, UNIT, asked_price, minimal),
    Bound(TOBACCO, UNIT, printed_price, minimal),
    Bound(TOBACCO, UNIT, asked_price, printed_price, least=False),
    Bound(TOBACCO, BLOCK, asked_price, minimal_of_block),
    Bound(TOBACCO, BLOCK, printed_price, minimal_of_block),
    Bound(TOBACCO, BLOCK, asked_price, printed_price, least=False),
    # UNCONFIRMED: one client takes `mrp` for the least price of group 16, another `smp`; both are checked.
    Bound(NICOTINE, None, asked_price, retail),
    Bound(NICOTINE, None, asked_price, minimal),
)


def price_fault(facts: Facts, asked: Asked) -> Reason | None:
    """The first bound that the price breaks."""
    groups = facts.groups or (() if asked.group is None else (asked.group,))
    package = facts.package or (BLOCK if asked.code.value("8005") is not None else _package(asked.code.kind))
    for bound in BOUNDS:
        if bound.group in groups and bound.package in {None, package} and bound.broken(facts, asked):
            return bound.reason
    return None


def _package(kind: Kind) -> str | None:
    return UNIT if kind in {Kind.TOBACCO29, Kind.TOBACCO25} else None
