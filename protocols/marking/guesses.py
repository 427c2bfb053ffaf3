"""Which product group of ГИС МТ a code may belong to: guessed from its shape, with the reason.

A guess only: many groups print the same shape, and real codes break the table. The GTIN's owner knows better.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.marking.code import Code, Kind
from protocols.marking.shapes import BLOCK, SHAPES, WEIGHED, Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Name and number of a product group of ГИС МТ, and why this code may be of it (English)."""

    group: str
    id: int
    reason: str


#: Shapes that are no GS1 code say their group themselves; packs of three groups look alike (marking.md 1.2).
_BY_KIND: dict[Kind, tuple[tuple[str, int, str], ...]] = {
    Kind.TOBACCO29: (
        ("tobacco", 3, "a pack of 29 characters"),
        ("otp", 12, "a pack of 29 characters, which alternative tobacco may print too"),
        ("ncp", 16, "a pack of 29 characters, which nicotine goods may print too"),
    ),
    Kind.TOBACCO25: (("otp", 12, "a pack of 25 characters, without a check code: older alternative tobacco"),),
    Kind.FUR_KIZ: (("furs", 14, "the control mark of furs (КИЗ)"),),
    Kind.EGAIS2: (("alcohol", 11, "an excise stamp of ЕГАИС 2.0, 68 characters"),),
    Kind.EGAIS3: (("alcohol", 11, "an excise stamp of ЕГАИС 3.0, 150 characters"),),
}
#: A pack without a price is of nicotine goods (marking.md 1.2).
_NO_PRICE = ("ncp", 16, "a pack of 29 characters whose price is zero")


def groups(code: Code) -> tuple[Guess, ...]:
    """Every group whose shape this code has, in the order of ГИС МТ; empty when none has."""
    if code.kind is Kind.TOBACCO29 and code.mrp == 0:
        return (_guess(*_NO_PRICE),)
    if code.kind is not Kind.GS1:
        return tuple(_guess(*row) for row in _BY_KIND.get(code.kind, ()))
    if code.serial is None or code.tail is None:
        return ()
    return tuple(_guess(row.group, row.number, _reason(row)) for row in SHAPES if _fits(row, code))


def _fits(row: Shape, code: Code) -> bool:
    if code.serial is None or len(code.serial) not in row.serials or code.tail != row.tail.size:
        return False
    return (row.tail is WEIGHED) == (code.weight is not None) and (row.tail is BLOCK) == (code.mrp is not None)


def _reason(row: Shape) -> str:
    told = {WEIGHED: " and a net weight", BLOCK: " and the price of a block"}.get(row.tail, "")
    return f"serial number of {'/'.join(map(str, row.serials))}, check value of {row.tail.size}{told}"


def _guess(group: str, number: int, reason: str) -> Guess:
    return Guess(group=group, id=number, reason=reason)
