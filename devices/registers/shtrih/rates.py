"""Which row of table 6 makes the rate that was asked for, given what the register replaces by itself (§4.1).

From 2026 on a register with table 17 field 71 = 1 turns 20 % into 22 %. Such a replacement is used where it is the only
way to the rate asked for, and refused where it would change the document.
"""

from __future__ import annotations

from collections.abc import Set

from protocols.ffd.enums import Vat
from protocols.ffd.faults import Fault
from protocols.shtrih.vat import BY_VAT, REPLACED, VatRow, replaced

_SOURCE = {after: before for before, after in REPLACED.items()}

#: A firmware without the field replaces nothing.
_AS_SENT = 2


def tax_row(vat: Vat, *, rows: Set[int], replace: int | None, year: int) -> VatRow | None:
    """The row to send; None where there is none (`rate_fault` says why). `rows`: those of table 6 that hold their
    rate; `replace`: table 17 field 71; `year` of the register's clock."""
    setting = _setting(replace)
    for candidate in (vat, _SOURCE.get(vat)):
        if candidate is None or BY_VAT[candidate].row not in rows:
            continue
        if replaced(candidate, year=year, setting=setting) is vat:
            return BY_VAT[candidate]
    return None


def rate_fault(vat: Vat, *, rows: Set[int], replace: int | None, year: int) -> Fault | None:
    """The setting that stands in the way of a rate; None where nothing does."""
    if tax_row(vat, rows=rows, replace=replace, year=year) is not None:
        return None
    becomes = replaced(vat, year=year, setting=_setting(replace))
    if becomes is not vat:
        return Fault(
            "",
            "vat_replaced_by_register",
            f"table 17 field 71 = {replace}: the register would turn {vat} into {becomes}",
            "Касса сама заменяет ставку 20 % на 22 % (таблица 17, поле 71). Пробейте 22 % или измените настройку.",
        )
    row = BY_VAT[vat]
    return Fault(
        "",
        "vat_missing_in_register",
        f"table 6 row {row.row} of the register does not hold {vat}",
        f"В кассе нет ставки {row.name} (таблица 6, строка {row.row}). Обновите прошивку кассы.",
    )


def printable_rates(*, rows: Set[int], replace: int | None, year: int) -> frozenset[Vat]:
    """Every rate this register can put into a document now."""
    return frozenset(vat for vat in Vat if tax_row(vat, rows=rows, replace=replace, year=year) is not None)


def _setting(replace: int | None) -> int:
    return _AS_SENT if replace is None else replace
