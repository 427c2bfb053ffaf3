"""Exact money: line sums, VAT, and the checks that a receipt adds up. Kopecks are int, quantities Decimal.

Sources: FNS format tables (tags 1020, 1043, 1102…1107, 1115) and real receipts: every collected line is price x
quantity rounded half up, and receipt VAT is the sum of the lines' rounded VAT, never the VAT of the sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from protocols.ffd.enums import Measure, Vat
from protocols.ffd.faults import Fault
from protocols.ffd.limits import MAX_KOPECKS, MAX_QUANTITY_MANTISSA, QUANTITY_PLACES
from protocols.ffd.numbers import T
from protocols.ffd.receipt import Item, Marking, Receipt

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


def check_sums(receipt: Receipt) -> list[Fault]:
    """Every way in which the receipt does not add up; empty when it does.

    1020 = Σ 1043 = Σ payments; a line is price x quantity to the kopeck beside; change comes from cash only; the
    entries of 1234 sum to 1081; a fraction of a piece (1291) goes with quantity 1. All faults at once.
    """
    faults: list[Fault] = []
    if not receipt.items:
        faults.append(Fault("/items", "items_empty", "a receipt has at least one item", "Добавьте хотя бы один товар."))
    for index, item in enumerate(receipt.items):
        faults.extend(_item_faults(f"/items/{index}", item))
    faults.extend(_payment_faults(receipt))
    return faults


def _item_faults(pointer: str, item: Item) -> Iterator[Fault]:
    yield from _range(f"{pointer}/price", item.price)
    yield from _range(f"{pointer}/sum", item.sum)
    if item.excise is not None:
        yield from _range(f"{pointer}/excise", item.excise)
    if not _quantity_fits(item.quantity):
        yield Fault(
            f"{pointer}/quantity",
            "quantity_out_of_range",
            f"quantity {item.quantity} is not above zero with at most {QUANTITY_PLACES} places",
            "Исправьте количество: больше нуля, не более 6 знаков после запятой.",
        )
        return
    due = line_sum(max(item.price, 0), item.quantity)
    if abs(item.sum - due) > 1:
        yield Fault(
            f"{pointer}/sum",
            "item_sum_mismatch",
            f"sum {rubles(max(item.sum, 0))} differs from price x quantity = {rubles(due)} by more than a kopeck",
            "Сумма позиции не равна цене, умноженной на количество. Скидку включите в цену.",
        )
    if item.marking is not None:
        yield from _fraction_faults(f"{pointer}/marking", item, item.marking)


def _quantity_fits(quantity: Decimal) -> bool:
    # the magnitude is looked at first: as_integer_ratio of 1e-999999 would cost memory
    if not quantity.is_finite() or not 0 < quantity <= MAX_QUANTITY_MANTISSA or quantity.adjusted() < -QUANTITY_PLACES:
        return False
    numerator, denominator = quantity.as_integer_ratio()
    scaled, rest = divmod(numerator * 10**QUANTITY_PLACES, denominator)
    return not rest and scaled <= MAX_QUANTITY_MANTISSA


def _fraction_faults(pointer: str, item: Item, marking: Marking) -> Iterator[Fault]:
    numerator, denominator = marking.numerator, marking.denominator
    if numerator is None and denominator is None:
        return
    if numerator is None or denominator is None or not 0 < numerator < denominator < 2**64:
        yield Fault(
            pointer,
            "fraction_invalid",
            "a part of a marked piece needs 0 < numerator < denominator",
            "Укажите долю упаковки: числитель меньше знаменателя.",
        )
    if item.quantity != 1 or item.measure is not Measure.PIECE:
        yield Fault(
            pointer,
            "fraction_quantity",
            "with a fraction the quantity is 1 and the measure is piece (1023, 2108)",
            "При продаже части упаковки количество должно быть 1, мера - штука.",
        )


def _payment_faults(receipt: Receipt) -> Iterator[Fault]:
    payments = receipt.payments
    sums = (payments.cash, payments.electronic, payments.prepaid, payments.postpaid, payments.other)
    out_of_range = [fault for value in sums for fault in _range("/payments", value)]
    if out_of_range:
        yield from out_of_range
        return
    due = sum(item.sum for item in receipt.items)
    if due > MAX_KOPECKS or payments.total > MAX_KOPECKS:
        yield Fault("/total", "money_too_big", "the total does not fit six bytes", "Сумма чека слишком велика.")
    if payments.total < due:
        yield Fault(
            "/payments",
            "payments_below_total",
            f"payments make {rubles(payments.total)}, the items {rubles(due)}",
            "Оплаты меньше суммы чека. Исправьте суммы оплат.",
        )
    elif payments.total > due:
        yield Fault(
            "/payments",
            "payments_above_total",
            f"payments make {rubles(payments.total)}, the items {rubles(due)}; give the cash handed over as `received`",
            "Оплаты больше суммы чека. Сдачу даёт кассир: полученные наличные передаются в поле received.",
        )
    if payments.received is not None and (payments.cash == 0 or payments.received < payments.cash):
        yield Fault(
            "/payments",
            "received_below_cash",
            f"received {rubles(max(payments.received, 0))} does not cover the cash due {rubles(payments.cash)}",
            "Получено наличными меньше, чем нужно. Сдача возможна только с наличных.",
        )
    listed = sum(payment.sum for payment in receipt.electronic_payments)
    if receipt.electronic_payments and listed != payments.electronic:
        yield Fault(
            "/cashless_payments",
            "cashless_sum_mismatch",
            f"cashless payments make {rubles(max(listed, 0))}, electronic is {rubles(payments.electronic)}",
            "Сведения о безналичных оплатах не сходятся с суммой безналичными.",
        )


def _range(pointer: str, value: int) -> Iterator[Fault]:
    if value < 0:
        yield Fault(
            pointer,
            "money_negative",
            "money cannot be negative; a refund is an operation of its own",
            "Сумма не может быть отрицательной. Для возврата пробейте чек возврата.",
        )
    elif value > MAX_KOPECKS:
        yield Fault(pointer, "money_too_big", "the sum does not fit six bytes", "Сумма слишком велика для чека.")
