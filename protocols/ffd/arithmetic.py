"""Exact money: line sums, VAT, and the checks that a receipt adds up. Kopecks are int, quantities Decimal.

Sources: FNS format tables (tags 1020, 1043, 1102…1107, 1115) and real receipts: every collected line is price x
quantity rounded half up, and receipt VAT is the sum of the lines' rounded VAT, never the VAT of the sum.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from protocols.ffd.enums import Vat
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Receipt

#: Percent included in the sum; a calculated rate r/(100+r) gives the same kopecks. `vat0` and `none` carry no tax.
PERCENT = MappingProxyType(
    {
        Vat.VAT20: 20,
        Vat.VAT10: 10,
        Vat.VAT120: 20,
        Vat.VAT110: 10,
        Vat.VAT5: 5,
        Vat.VAT7: 7,
        Vat.VAT105: 5,
        Vat.VAT107: 7,
        Vat.VAT22: 22,
        Vat.VAT122: 22,
    }
)

#: Rates whose receipt sum has a tag of its own. 1104 and 1105 hold the amount of the sale, the rest hold VAT.
FLAT_TAGS = MappingProxyType(
    {
        Vat.VAT20: T.VAT20_SUM,
        Vat.VAT10: T.VAT10_SUM,
        Vat.VAT0: T.VAT0_BASE_SUM,
        Vat.NONE: T.NO_VAT_SUM,
        Vat.VAT120: T.VAT20_120_SUM,
        Vat.VAT110: T.VAT10_110_SUM,
    }
)

#: Plain rate -> the calculated one that prepayments and advances use (settlement methods 1, 2, 3).
CALCULATED = MappingProxyType(
    {
        Vat.VAT20: Vat.VAT120,
        Vat.VAT10: Vat.VAT110,
        Vat.VAT5: Vat.VAT105,
        Vat.VAT7: Vat.VAT107,
        Vat.VAT22: Vat.VAT122,
    }
)
_PLAIN = MappingProxyType({calculated: plain for plain, calculated in CALCULATED.items()})


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator rounded half up; both non-negative, denominator positive."""
    return (2 * numerator + denominator) // (2 * denominator)


def line_sum(price: int, quantity: Decimal) -> int:
    """Tag 1043: price x quantity in kopecks, rounded half up."""
    numerator, denominator = quantity.as_integer_ratio()
    return half_up(price * numerator, denominator)


def vat_of(amount: int, vat: Vat) -> int | None:
    """VAT included in `amount`; None at `vat0` and `none`, where there is no tag 1200."""
    percent = PERCENT.get(vat)
    return None if percent is None else half_up(amount * percent, 100 + percent)


def calculated(vat: Vat) -> Vat:
    """The rate to use while money comes before the goods: 20 % -> 20/120; the rest stay as they are."""
    return CALCULATED.get(vat, vat)


def plain(vat: Vat) -> Vat:
    """The rate to use when the goods go over: 20/120 -> 20 %; the rest stay as they are."""
    return _PLAIN.get(vat, vat)


@dataclass(frozen=True, slots=True)
class VatTotals:
    """Receipt VAT by where it is written: `flat` is tag -> kopecks, `by_rate` (1115) is rate -> kopecks."""

    flat: tuple[tuple[T, int], ...]
    by_rate: tuple[tuple[Vat, int], ...]


def vat_totals(lines: Iterable[tuple[int, Vat]]) -> VatTotals:
    """Σ of the lines' rounded VAT for (sum, rate) pairs, in the order of the tags and of the rate codes."""
    totals: dict[Vat, int] = {}
    for amount, vat in lines:
        tax = vat_of(amount, vat)
        totals[vat] = totals.get(vat, 0) + (amount if tax is None else tax)
    flat = sorted((FLAT_TAGS[vat], total) for vat, total in totals.items() if vat in FLAT_TAGS)
    by_rate = sorted(((vat, total) for vat, total in totals.items() if vat not in FLAT_TAGS), key=lambda p: p[0].code)
    return VatTotals(tuple(flat), tuple(by_rate))


def receipt_vat(receipt: Receipt) -> VatTotals:
    """`vat_totals` of the receipt's lines."""
    return vat_totals((item.sum, item.vat) for item in receipt.items)


def rubles(kopecks: int) -> str:
    """`135049` -> `1350.49`."""
    return f"{kopecks // 100}.{kopecks % 100:02d}"
