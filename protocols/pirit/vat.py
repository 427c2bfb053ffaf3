"""Rows of the VAT table: the fifth parameter of 42 (other_kkt §1.9, settings 40 and 41).

A register tells its table: names in setting 40, per cents in 41, both read-only. `of_table` makes rates of it, so what
is in the device wins over what is here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from protocols.ffd.enums import Vat


@dataclass(frozen=True, slots=True)
class VatRow:
    """`row` is the wire code, `percent` setting 41, `name` setting 40. `unconfirmed`: no manual has it yet."""

    row: int
    vat: Vat
    percent: Decimal
    name: str
    unconfirmed: bool = False


VAT_ROWS: tuple[VatRow, ...] = (
    VatRow(0, Vat.VAT20, Decimal(20), "НДС 20%"),
    VatRow(1, Vat.VAT10, Decimal(10), "НДС 10%"),
    VatRow(2, Vat.VAT0, Decimal(0), "НДС 0%"),
    VatRow(3, Vat.NONE, Decimal(0), ""),
    VatRow(4, Vat.VAT120, Decimal(20), "НДС 20/120"),
    VatRow(5, Vat.VAT110, Decimal(10), "НДС 10/110"),
    VatRow(6, Vat.VAT5, Decimal(5), "НДС 5%", unconfirmed=True),
    VatRow(7, Vat.VAT7, Decimal(7), "НДС 7%", unconfirmed=True),
    VatRow(8, Vat.VAT105, Decimal(5), "НДС 5/105", unconfirmed=True),
    VatRow(9, Vat.VAT107, Decimal(7), "НДС 7/107", unconfirmed=True),
    VatRow(10, Vat.VAT22, Decimal(22), "НДС 22%", unconfirmed=True),
    VatRow(11, Vat.VAT122, Decimal(22), "НДС 22/122", unconfirmed=True),
)
#: Rows that every manual has; a register without the others refuses to tell them (error 03).
PUBLISHED = tuple(row for row in VAT_ROWS if not row.unconfirmed)

BY_VAT: Mapping[Vat, VatRow] = {row.vat: row for row in VAT_ROWS}
BY_ROW: Mapping[int, VatRow] = {row.row: row for row in VAT_ROWS}

_RATES: Mapping[tuple[Decimal, bool], Vat] = {
    (row.percent, "/" in row.name): row.vat for row in VAT_ROWS if row.vat not in {Vat.NONE, Vat.VAT0}
}


def of_row(name: str, percent: Decimal) -> Vat | None:
    """The rate that one row of a register's table means; None when there is none of so many per cent.

    Row 0 became 20 % from 18 % by a new firmware (query 02/40) and may become 22 % alike: its per cents say what it is.
    """
    if percent:
        return _RATES.get((percent, "/" in name))
    return Vat.NONE if not name.strip() or "без" in name.lower() else Vat.VAT0


def of_table(names: Sequence[str], percents: Sequence[Decimal]) -> Mapping[Vat, int]:
    """Rate -> row, of a register's own table. Of two rows that mean the same the first counts."""
    found: dict[Vat, int] = {}
    for at, (name, percent) in enumerate(zip(names, percents, strict=False)):
        rate = of_row(name, percent)
        if rate is not None:
            found.setdefault(rate, at)
    return found
