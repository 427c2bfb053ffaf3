"""Which row of table 6 makes the rate that was asked for, given what the register replaces by itself (§4.1).

From 2026 on a register with table 17 field 71 = 1 turns 20 % into 22 %. Such a replacement is used where it is the only
way to the rate asked for, and refused where it would change the document.
"""

from __future__ import annotations

from collections.abc import Set

from devices.errors import RequestError
from protocols.ffd.enums import Vat
from protocols.shtrih.vat import BY_VAT, REPLACED, VatRow, replaced

_SOURCE = {after: before for before, after in REPLACED.items()}

#: A firmware without the field replaces nothing.
_AS_SENT = 2


def tax_row(vat: Vat, *, rows: Set[int], replace: int | None, year: int) -> VatRow:
    """The row to send. `rows`: those of table 6 that hold their rate; `replace`: table 17 field 71; `year` of the
    register's clock. RequestError names the setting that stands in the way."""
    setting = _AS_SENT if replace is None else replace
    for candidate in (vat, _SOURCE.get(vat)):
        if candidate is None or BY_VAT[candidate].row not in rows:
            continue
        if replaced(candidate, year=year, setting=setting) is vat:
            return BY_VAT[candidate]
    becomes = replaced(vat, year=year, setting=setting)
    if becomes is not vat:
        raise RequestError(
            f"{vat}: table 17 field 71 = {setting}: the register would turn this rate into {becomes}",
            hint="Касса сама заменяет ставку 20 % на 22 % (таблица 17, поле 71). Пробейте 22 % или измените настройку.",
            code="vat_replaced_by_register",
        )
    raise RequestError(
        f"{vat}: table 6 row {BY_VAT[vat].row} of the register does not hold this rate",
        hint=f"В кассе нет ставки {BY_VAT[vat].name} (таблица 6, строка {BY_VAT[vat].row}). Обновите прошивку кассы.",
        code="vat_missing_in_register",
    )


def printable_rates(*, rows: Set[int], replace: int | None, year: int) -> frozenset[Vat]:
    """Every rate this register can put into a document now."""
    possible = set()
    for vat in Vat:
        try:
            tax_row(vat, rows=rows, replace=replace, year=year)
        except RequestError:
            continue
        possible.add(vat)
    return frozenset(possible)
