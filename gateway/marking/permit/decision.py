"""May this unit change hands? Pure: facts in, a reason out.

Rules are tried in order and the first one that holds refuses. A flag that the answer leaves out never refuses. A return
is asked only whether the thing is what it claims to be: whether it was sold, is in circulation, blocked, out of date or
rightly priced matters to a sale (marking.md §4.2: "returns are not checked for sold / realizable"; that blocked and
outdated goods may come back too is our reading, UNCONFIRMED, one column of the table).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from types import MappingProxyType
from typing import Final

from gateway.marking.permit.facts import Answer, Facts
from gateway.marking.permit.model import Asked, Source
from gateway.marking.permit.prices import TOBACCO, price_fault
from gateway.marking.permit.reasons import (
    BLOCKED,
    ELIMINATED,
    EXPIRED,
    FINE,
    GREY,
    NOT_APPLIED,
    NOT_FOUND,
    NOT_GENUINE,
    NOT_IN_CIRCULATION,
    NOT_VALID,
    SOLD,
    Reason,
)
from protocols.ffd.enums import Operation


class Deal(Enum):
    """What happens to the goods."""

    SALE = "sale"
    RETURN = "return"


#: The operations of a till that permit mode knows. The shop's own purchases are no retail sales.
DEALS: Final[Mapping[Operation, Deal]] = MappingProxyType(
    {Operation.SELL: Deal.SALE, Operation.SELL_REFUND: Deal.RETURN}
)

#: `eliminationState` that lets a unit that was withdrawn be sold: distance sale or samples, own needs.
SALE_ALLOWED: Final = frozenset({1, 2})


def eliminated(facts: Facts) -> bool:
    """Withdrawn for a reason that lets it be sold."""
    return facts.elimination in SALE_ALLOWED


def grey(facts: Facts) -> bool:
    """Tobacco that is not traced yet."""
    return facts.grey is True and TOBACCO in facts.groups


@dataclass(frozen=True, slots=True)
class Rule:
    """Refuses when `broken`, unless one of `unless` holds (each with the reason that then allows)."""

    reason: Reason
    broken: Callable[[Facts], bool]
    returns: bool = False  # holds for returns too
    unless: tuple[tuple[Callable[[Facts], bool], Reason], ...] = ()


#: In this order. `realizable` is excused by an allowing withdrawal as `sold` is: the unit is out of circulation by it
#: (UNCONFIRMED: the recommendation names the excuse for `sold` alone, where it would never take effect).
RULES: Final = (
    Rule(NOT_VALID, lambda facts: facts.valid is False, returns=True),
    Rule(NOT_FOUND, lambda facts: facts.found is False, returns=True),
    Rule(NOT_APPLIED, lambda facts: facts.utilised is False, returns=True),
    Rule(NOT_GENUINE, lambda facts: facts.verified is False, returns=True),
    Rule(BLOCKED, lambda facts: facts.blocked is True),
    Rule(SOLD, lambda facts: facts.sold is True, unless=((eliminated, ELIMINATED),)),
    Rule(
        NOT_IN_CIRCULATION,
        lambda facts: facts.realizable is False,
        unless=((grey, GREY), (eliminated, ELIMINATED)),
    ),
)
#: What a black list may be asked. That `sold` counts where ТС ПИоТ answers from it is the habit of one client
#: (UNCONFIRMED).
BY_BLACK_LIST: Final[Mapping[Source, frozenset[str]]] = MappingProxyType(
    {Source.LOCAL: frozenset({BLOCKED.code}), Source.PIOT: frozenset({BLOCKED.code, SOLD.code})}
)


def decide(answer: Answer, facts: Facts, asked: Asked, source: Source, now: datetime) -> Reason:
    """The verdict on one code; `now` is the shop's local time."""
    deal = DEALS[asked.operation]
    allowed = FINE
    known = BY_BLACK_LIST.get(source, frozenset()) if answer.offline else None
    for rule in RULES:
        if not _concerns(rule, deal, known) or not rule.broken(facts):
            continue
        excuse = next((reason for holds, reason in rule.unless if holds(facts)), None)
        if excuse is None:
            return rule.reason
        allowed = excuse
    if known is None and deal is Deal.SALE:
        return (EXPIRED if expired(facts, now) else price_fault(facts, asked)) or allowed
    return allowed


def expired(facts: Facts, now: datetime) -> bool:
    """A date alone is the last day of sale."""
    if isinstance(facts.expires, datetime):
        return facts.expires < now
    return isinstance(facts.expires, date) and facts.expires < now.date()


def _concerns(rule: Rule, deal: Deal, known: frozenset[str] | None) -> bool:
    return (rule.returns or deal is Deal.SALE) and (known is None or rule.reason.code in known)
