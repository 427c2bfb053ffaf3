"""Taking money out of what is held: giving it back (newest first) or offsetting it with goods (oldest first)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gateway.orders.goods import Line, Part
from gateway.orders.ledger import NOTHING, HeldLine, Holding, Ledger, LineTake, Sum, Sums, Take
from gateway.orders.prices import spread
from gateway.orders.words import DocumentKind, Form
from protocols.ffd.arithmetic import line_sum


def forms_of(sums: Sums, amount: int, *, newest_first: bool, only: Form | None = None) -> Sums:
    """So much of `sums`, whole forms at a time; in the order in which they were paid."""
    order = reversed(sums) if newest_first else iter(sums)
    found: list[Sum] = []
    for entry in order:
        if not amount:
            break
        part = min(entry.sum, amount) if only in (None, entry.form) else 0
        if part:
            found.append(Sum(entry.form, part))
            amount -= part
    if amount:
        raise ValueError(f"{amount} kopecks are not there")
    return tuple(reversed(found)) if newest_first else tuple(found)


def of_form(sums: Sums, only: Form | None) -> int:
    return sum(entry.sum for entry in sums if only in (None, entry.form))


# -- back to the buyer


def newest_first(ledger: Ledger, amount: int, only: Form | None) -> Iterator[tuple[Holding, int]]:
    """Which documents a refund undoes, and how much of each (rows 12 and 13).

    The newest first, which takes advances before prepayments: goods are named by the first money only.
    """
    for holding in reversed(ledger.holdings):
        part = min(amount, of_form(holding.forms, only))
        if part:
            yield holding, part
            amount -= part
        if not amount:
            return
    raise ValueError(f"{amount} kopecks are not held")


def back_unnamed(holding: Holding, amount: int, only: Form | None) -> Take:
    """So much out of a holding, off each of its lines in proportion: the split of an advance is mirrored."""
    shares = spread(amount, [line.sum for line in holding.lines])
    return Take(
        document=holding.document,
        forms=forms_of(holding.forms, amount, newest_first=True, only=only),
        lines=tuple(LineTake(index, NOTHING, share) for index, share in enumerate(shares) if share),
    )


def back_named(holding: Holding, amount: int, only: Form | None, now: Sequence[Line], ledger: Ledger) -> Take | None:
    """So much out of a prepayment as lines given up: all of them, or those that the order has dropped; else None."""
    intact = [index for index, line in enumerate(holding.lines) if _intact(line)]
    if amount == holding.left and len(intact) == len(holding.lines):
        lines = [LineTake(index, line.quantity, line.sum) for index, line in enumerate(holding.lines) if line.quantity]
    else:
        chosen = _that_sum_to(amount, [take for take in _dropped(holding, now, ledger) if take.place in intact])
        if chosen is None:
            return None
        lines = list(chosen)
    return Take(
        document=holding.document,
        forms=forms_of(holding.forms, amount, newest_first=True, only=only),
        lines=tuple(lines),
    )


def _intact(line: HeldLine) -> bool:
    """Whether what is left of a line is whole units at its price: only then can it be given up by name."""
    if line.quantity == line.item.quantity:
        return line.sum == line.item.sum
    return line.sum == line_sum(line.item.price, line.quantity)


def _dropped(holding: Holding, now: Sequence[Line], ledger: Ledger) -> Iterator[LineTake]:
    """Units that were prepaid and are neither in the order any more nor handed over."""
    wanted = {line.id: line.quantity - ledger.covered(line.id).quantity for line in now}
    for index, line in enumerate(holding.lines):
        keep = min(line.quantity, wanted.get(line.item.line or "", NOTHING))
        wanted[line.item.line or ""] = wanted.get(line.item.line or "", NOTHING) - keep
        gone = line.quantity - keep
        if gone:
            yield LineTake(index, gone, line.sum - line_sum(line.item.price, keep) if keep else line.sum)


def _that_sum_to(amount: int, takes: Sequence[LineTake]) -> tuple[LineTake, ...] | None:
    """All of them if they sum to it, else the first choice of whole entries that does."""
    if sum(take.sum for take in takes) == amount:
        return tuple(takes) or None
    reached: dict[int, tuple[LineTake, ...]] = {0: ()}
    for take in takes[:_MOST]:
        for so_far, chosen in list(reached.items()):
            reached.setdefault(so_far + take.sum, (*chosen, take))
    return reached.get(amount) or None


#: Dropped lines among which a sum is looked for: 2**12 choices at most.
_MOST = 12


# -- against goods


def offset(ledger: Ledger, amount: int, parts: Sequence[Part]) -> tuple[Take, ...]:
    """So much of the money held is used up by these goods.

    Prepayments that name them first (a parcel uses up its own lines, example E7), then the oldest advances, then the
    oldest prepayments.
    """
    takes = []
    costs = {part.line.id: part.cost for part in parts}
    left = list(ledger.holdings)
    for place, holding in enumerate(ledger.holdings):
        lines = tuple(_named_in(holding, parts, costs)) if holding.kind is not DocumentKind.ADVANCE else ()
        if lines:
            taken = sum(line.sum for line in lines)
            amount -= taken
            forms = forms_of(holding.forms, taken, newest_first=False)
            takes.append(Take(document=holding.document, forms=forms, lines=lines))
            left[place] = holding.without(takes[-1])
    # Money that names no goods before lines of goods still to come: those can then be given up by name.
    for holding in sorted(left, key=lambda holding: holding.kind is not DocumentKind.ADVANCE):
        if not amount:
            break
        part = min(amount, holding.left)
        shares = spread(part, [line.sum for line in holding.lines])
        amount -= part
        takes.append(
            Take(
                document=holding.document,
                forms=forms_of(holding.forms, part, newest_first=False),
                lines=tuple(LineTake(index, NOTHING, share) for index, share in enumerate(shares) if share),
            )
        )
    if amount:
        raise ValueError(f"{amount} kopecks are not held")
    return tuple(takes)


def _named_in(holding: Holding, parts: Iterable[Part], costs: dict[str, int]) -> Iterator[LineTake]:
    """What a prepayment holds for these goods; `costs`: what of each is still to be offset, taken off as it goes."""
    places: dict[str | None, list[int]] = {}
    for index, line in enumerate(holding.lines):
        if line.sum:
            places.setdefault(line.item.line, []).append(index)
    for part in parts:
        quantity = part.quantity
        for index in places.get(part.line.id, ()):
            line = holding.lines[index]
            units = min(line.quantity, quantity)
            worth = line.sum if units == line.quantity else min(line.sum, line_sum(line.item.price, units))
            taken = min(worth, costs[part.line.id])
            if taken:
                yield LineTake(index, units, taken)
                quantity -= units
                costs[part.line.id] -= taken
