"""The table of settings as it leaves the factory (commands 11 and 12), and the VAT table in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from protocols.ffd.enums import Vat
from protocols.pirit.framing import PASSWORD
from protocols.pirit.settings import FIXED_PAYMENTS, PrinterMask, TaxMask
from protocols.pirit.vat import PUBLISHED, VAT_ROWS, VatRow

PASSWORD_SETTING: Final = 20
VAT_NAMES, VAT_PERCENTS = 40, 41

_DEFAULTS: Final[Mapping[int, str]] = {
    1: str(int(PrinterMask.LOGO | PrinterMask.QR)),
    2: "0",
    3: "0",
    4: "0",
    5: "0",
    6: str(int(TaxMask.ON_RECEIPTS)),
    10: "1",
    11: "1",
    12: "50",
    PASSWORD_SETTING: PASSWORD.decode("ascii"),
    42: "НАЛОГИ",
    51: "ОТДЕЛЫ",
    73: "192.168.0.10",
    74: "255.255.255.0",
    75: "192.168.0.1",
    76: "8.8.8.8",
    77: "127.0.0.1",
    78: "7779",
    79: "30",
    80: "60",
    87: "0",
    88: "0",
    90: "0",
    91: "127.0.0.1",
    92: "7781",
    93: "http://127.0.0.1:7781",
    94: "30",
    201: "127.0.0.1",
    202: "7780",
    203: "http://127.0.0.1:7780",
    204: "3",
}
#: Firmware that replaced 20 %: the rows whose per cents it changed.
_OF_22: Final = {Vat.VAT20: Vat.VAT22, Vat.VAT120: Vat.VAT122}


def value_of(setting: int, index: int) -> str:
    """The value that no host wrote and no other part of the register knows."""
    if setting == 32:
        return FIXED_PAYMENTS.get(index, f"ТИП ОПЛАТЫ {index}")
    if setting == 50:
        return f"Секция {index}"
    return _DEFAULTS.get(setting, "")


def vat_rows(quirks: Collection[str]) -> tuple[VatRow, ...]:
    """The register's VAT table."""
    if "vat-22" in quirks:
        return tuple(_with_22(row) for row in PUBLISHED)
    return PUBLISHED if "old-vat" in quirks else VAT_ROWS


def _with_22(row: VatRow) -> VatRow:
    vat = _OF_22.get(row.vat)
    if vat is None:
        return row
    return replace(row, vat=vat, percent=Decimal(22), name=row.name.replace("20", "22", 1).replace("120", "122"))


def rates(quirks: Collection[str]) -> Mapping[int, Vat]:
    """Row -> rate."""
    return {row.row: row.vat for row in vat_rows(quirks)}
