"""VAT on the wire: the tax number of EBh, E6h and B8h (atol_wire §4.5).

From a firmware build on ("unified taxes", TC) the numbers are those of tag 1199: TC sends 1, 2 and 6, VEND those and 5.
Older builds number the groups of table 13, which a host has to read first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.ffd.enums import Vat

#: First build with unified taxes; that of a Казначей (model 76) is its own (TC).
UNIFIED_FROM_BUILD = 3689
UNIFIED_FROM_BUILD_OF: Mapping[int, int] = {76: 4799}

#: Table 13: (line, 1) the name of a tax, (line, 2) its rate in hundredths of a percent, BCD.
TAX_TABLE = 13


@dataclass(frozen=True, slots=True)
class VatRow:
    """`rate` in hundredths of a percent, as table 13 has it."""

    number: int
    vat: Vat
    rate: int
    unconfirmed: bool = False  # follows tag 1199, which no source shows on the wire


VAT_ROWS: tuple[VatRow, ...] = (
    VatRow(1, Vat.VAT20, 2000),
    VatRow(2, Vat.VAT10, 1000),
    VatRow(3, Vat.VAT120, 2000, unconfirmed=True),
    VatRow(4, Vat.VAT110, 1000, unconfirmed=True),
    VatRow(5, Vat.VAT0, 0),
    VatRow(6, Vat.NONE, 0),
    VatRow(7, Vat.VAT5, 500, unconfirmed=True),
    VatRow(8, Vat.VAT7, 700, unconfirmed=True),
    VatRow(9, Vat.VAT105, 500, unconfirmed=True),
    VatRow(10, Vat.VAT107, 700, unconfirmed=True),
    VatRow(11, Vat.VAT22, 2200, unconfirmed=True),
    VatRow(12, Vat.VAT122, 2200, unconfirmed=True),
)
BY_VAT: Mapping[Vat, VatRow] = {row.vat: row for row in VAT_ROWS}
BY_NUMBER: Mapping[int, VatRow] = {row.number: row for row in VAT_ROWS}


def wire_code(vat: Vat) -> int:
    """The number to send."""
    return BY_VAT[vat].number


def of_wire(number: int) -> Vat | None:
    """The rate a number means; None when no row has it."""
    row = BY_NUMBER.get(number)
    return None if row is None else row.vat


def unified(build: int, model: int = 0) -> bool:
    """Whether this firmware numbers taxes as the rows do."""
    return build >= UNIFIED_FROM_BUILD_OF.get(model, UNIFIED_FROM_BUILD)
