"""Rules between the values of a receipt, for whoever has them: the parts of a body that could be read, or a receipt.

A value that is not known is None and breaks no rule. `place` is the JSON pointer of the line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from protocols.ffd.arithmetic import line_sum, rubles
from protocols.ffd.documents import MARKED
from protocols.ffd.enums import CorrectionKind, Measure, PaymentMethod, PaymentObject
from protocols.ffd.faults import Fault
from protocols.ffd.limits import MAX_KOPECKS, MAX_MARKING_CODES
from protocols.marking import Code, Kind
from protocols.marking.shapes import SERIALS

#: Settlements before the goods change hands, or of a debt after that: no unit is written off by them
#: (ffd_documents.md 7: a prepayment bears …_without_marking and no code).
NOT_AT_HANDOVER = frozenset(
    {
        PaymentMethod.FULL_PREPAYMENT,
        PaymentMethod.PREPAYMENT,
        PaymentMethod.ADVANCE,
        PaymentMethod.CREDIT_PAYMENT,
    }
)


#: Kinds of code that name no unit of marked goods, and the word for a case's (marking.md 1.3).
_NO_UNIT = frozenset({Kind.EAN8, Kind.EAN13, Kind.ITF14, Kind.UNKNOWN})
_CASE = "marking_code_case"


def sum_faults(place: str, price: int | None, quantity: Decimal | None, given: int | None) -> Iterator[Fault]:
    """1043 is price x quantity."""
    if price is None or quantity is None:
        return
    computed = line_sum(price, quantity)
    if computed > MAX_KOPECKS:
        yield Fault(
            f"{place}/quantity",
            "money_too_big",
            "price x quantity does not fit a fiscal document",
        )
    elif given is not None and abs(given - computed) > 1:
        # ffd_documents.md 5.1: with a spread discount the identity holds within one kopeck
        yield Fault(
            f"{place}/sum",
            "item_sum_mismatch",
            f"price x quantity is {rubles(computed)}, not {rubles(given)}; a discount belongs into the price",
        )


def supplier_faults(place: str, *, agent: bool, inn: object) -> Iterator[Fault]:
    """1226 goes with 1222."""
    if agent and not inn:
        yield Fault(
            f"{place}/supplier_info/inn",
            "supplier_inn_missing",
            "an agent's line names its supplier's INN (1226); twelve zeros where there is none",
        )


def code_faults(place: str, kind: PaymentObject | None, method: object, *, marked: bool) -> Iterator[Fault]:
    """Which payment objects and methods go with a marking code."""
    if kind is None:
        return
    without = str(kind).replace("_with_", "_without_")
    if kind in MARKED and not marked:
        yield Fault(
            f"{place}/marking",
            "marking_code_missing",
            f"{kind} needs its marking code; without one (a prepayment) the object is {without}",
        )
    if kind not in MARKED and marked:
        yield Fault(
            f"{place}/marking",
            "marking_code_unexpected",
            f"{kind} carries no marking code; goods sold with one are commodity_with_marking or excise_with_marking",
        )
    if kind in MARKED and marked and isinstance(method, str) and method in NOT_AT_HANDOVER:
        yield Fault(
            f"{place}/marking",
            "marking_before_handover",
            f"{method} bears no marking code: the unit is told when it changes hands; the object is {without}",
        )


def amount_faults(
    place: str, within: str, *, measure: object, quantity: Decimal | None, part: object, whole: object
) -> Iterator[Fault]:
    """How much of a marked unit changes hands; `within` is the pointer of what holds the fraction."""
    if measure == Measure.PIECE and quantity is not None and quantity != 1:
        yield Fault(
            f"{place}/quantity",
            "marking_quantity",
            "one code is one piece: quantity 1, a line for each piece; of part of a piece the fraction is told",
        )
    if part is None and whole is None:
        return
    if part is None or whole is None:
        yield Fault(
            within,
            "fraction_invalid",
            "numerator and denominator come together",
            "Укажите долю упаковки полностью: и числитель, и знаменатель.",
        )
    elif isinstance(part, int) and isinstance(whole, int) and not 0 < part < whole:
        yield Fault(
            f"{within}/numerator",
            "fraction_invalid",
            f"{part}/{whole} is no part of a piece: the numerator must be less than the denominator",
            "Укажите долю упаковки: числитель меньше знаменателя. Целая упаковка продаётся без доли.",
        )
    if measure != Measure.PIECE:
        yield Fault(
            f"{place}/measure",
            "fraction_quantity",
            "with a fraction the measure is piece and the quantity is 1 (1023, 2108)",
        )


def unit_fault(place: str, code: Code) -> Fault | None:
    """A bar code, any other text, a case or a piece of a code would be sold as [M]: who says so does it at his risk."""
    if code.kind in _NO_UNIT:
        return Fault(
            place,
            "marking_code_no_unit",
            "this is no marking code of one unit; scan its DataMatrix, or say on_marking_failure: sell",
        )
    if code.tail is not None or code.kind is not Kind.GS1:
        return None
    for odd in code.warnings:
        if odd.code == _CASE:
            return Fault(place, "marking_code_no_unit", f"{odd.detail}, unless on_marking_failure is sell", odd.hint)
    if code.serial is None or len(code.serial) in SERIALS:
        return None
    return Fault(
        place,
        "marking_code_cut",
        f"no tail, and a serial number of {len(code.serial)} characters, which no product group prints: a part of a "
        "code; scan its whole DataMatrix, or say on_marking_failure: sell",
    )


def repeated_codes(codes: Iterable[tuple[int, Code]]) -> Iterator[Fault]:
    """The drive checks a code once in a receipt: a second line of it would be sold by the first one's check."""
    lines: dict[str, int] = {}
    for index, code in codes:
        first = lines.setdefault(code.unit, index) if code.names_unit else index
        if first != index:
            yield Fault(
                f"/items/{index}/marking",
                "marking_code_twice",
                f"the code of /items/{first} again; what is measured or sold in parts goes into one line",
                f"Тот же код, что в позиции {first + 1}. Отсканируйте код второго товара.",
            )


def too_many_codes(codes: int) -> Iterator[Fault]:
    """What the drive holds."""
    if codes > MAX_MARKING_CODES:
        yield Fault(
            "/items",
            "too_many_codes",
            f"{codes} marking codes, a document holds {MAX_MARKING_CODES} at most",
        )


def order_faults(kind: object, number: object) -> Iterator[Fault]:
    """1179 goes with 1173 = 1."""
    if kind == CorrectionKind.INSTRUCTION and not number:
        yield Fault(
            "/correction/number",
            "required",
            "a correction by instruction names its number (1179)",
            "Укажите номер предписания налогового органа.",
        )


def cashless_faults(listed: int, electronic: int) -> Iterator[Fault]:
    """The entries of 1234 make 1081."""
    if listed != electronic:
        yield Fault(
            "/cashless_payments",
            "cashless_sum_mismatch",
            f"the entries make {rubles(listed)}, the electronic payment is {rubles(electronic)} (tags 1082, 1081)",
        )
