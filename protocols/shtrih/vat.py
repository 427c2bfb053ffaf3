"""VAT on the wire: the tax byte of FF46, the rows of table 6, and what belongs to which tag (shtrih_m §4.1).

Sources conflict on the byte. Masks are what the vendor's table, its Delphi driver and a PHP client send; another
vendor driver and a Go client send the bare row number. Rows 1 and 2 coincide. We send masks; `raw_index` turns both
ends to row numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.ffd.enums import Vat


@dataclass(frozen=True, slots=True)
class VatRow:
    """A row of table 6. `mask` is the wire code, `rate` hundredths of a percent, `name` the default printed name."""

    row: int
    vat: Vat
    mask: int
    rate: int
    name: str
    unconfirmed: bool = False  # the mask rests on one formula only


VAT_ROWS: tuple[VatRow, ...] = (
    VatRow(1, Vat.VAT20, 0x01, 2000, "НДС 20%"),
    VatRow(2, Vat.VAT10, 0x02, 1000, "НДС 10%"),
    VatRow(3, Vat.VAT0, 0x04, 0, "НДС 0%"),
    VatRow(4, Vat.NONE, 0x08, 0, "БЕЗ НДС"),
    VatRow(5, Vat.VAT120, 0x10, 2000, "НДС 20/120"),
    VatRow(6, Vat.VAT110, 0x20, 1000, "НДС 10/110"),
    VatRow(7, Vat.VAT5, 0x81, 500, "НДС 5%"),
    VatRow(8, Vat.VAT7, 0x82, 700, "НДС 7%"),
    VatRow(9, Vat.VAT105, 0x84, 500, "НДС 5/105"),
    VatRow(10, Vat.VAT107, 0x90, 700, "НДС 7/107"),
    VatRow(11, Vat.VAT22, 0xC0 + 11, 2200, "НДС 22%", unconfirmed=True),
    VatRow(12, Vat.VAT122, 0xC0 + 12, 2200, "НДС 22/122", unconfirmed=True),
)

BY_VAT: Mapping[Vat, VatRow] = {row.vat: row for row in VAT_ROWS}
BY_ROW: Mapping[int, VatRow] = {row.row: row for row in VAT_ROWS}
#: The vendor's Java driver goes on doubling for 7/107, its table jumps to 90h: both are taken.
_OTHER_MASKS = {0x88: BY_VAT[Vat.VAT107]}
_BY_MASK: Mapping[int, VatRow] = {row.mask: row for row in VAT_ROWS} | _OTHER_MASKS

#: UNCONFIRMED: a zero tax byte means "no tax"; some devices take their own default instead.
ZERO_BYTE = Vat.NONE

#: What the register itself makes of a rate from 2026 on when table 17 field 71 is 1.
REPLACED: Mapping[Vat, Vat] = {Vat.VAT20: Vat.VAT22, Vat.VAT120: Vat.VAT122}
REPLACED_FROM_YEAR = 2026


def wire_code(vat: Vat, *, raw_index: bool = False) -> int:
    """The tax byte to send."""
    row = BY_VAT[vat]
    return row.row if raw_index else row.mask


def of_wire(code: int, *, raw_index: bool = False) -> Vat | None:
    """The rate a tax byte means; None when no row has it.

    A byte that is no mask can only be a row number: shtrih-m-driver (Go) sends 3 for 0 % to devices in use
    (UNCONFIRMED for others). Rows 4 and 8, which are masks of other rows too, need `raw_index`.
    """
    if code == 0:
        return ZERO_BYTE
    row = BY_ROW.get(code) if raw_index else _BY_MASK.get(code) or BY_ROW.get(code)
    return None if row is None else row.vat


def replaced(vat: Vat, *, year: int, setting: int) -> Vat:
    """The rate the document will carry, given the value of table 17 field 71 and the year of the register's clock."""
    if setting == 1 and year >= REPLACED_FROM_YEAR:
        return REPLACED.get(vat, vat)
    return vat
