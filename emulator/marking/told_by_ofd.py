"""What a receipt of ФФД 1.05 or 1.1 tells the marking system. Pure.

Such registers send it nothing themselves: their OFD passes the codes of their receipts on (tag 1162).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from emulator.marking.verdicts import movement
from protocols.ffd.enums import PaymentMethod, PaymentObject
from protocols.ffd.numbers import T
from protocols.ffd.tlv import Element, all_of, find
from protocols.marking import unit_named

#: Settlements that change no hands: before the goods do, or of a debt afterwards.
_NO_HANDOVER: Final = frozenset(
    method.code
    for method in (
        PaymentMethod.FULL_PREPAYMENT,
        PaymentMethod.PREPAYMENT,
        PaymentMethod.ADVANCE,
        PaymentMethod.CREDIT_PAYMENT,
    )
)


def movements(receipt: Sequence[Element]) -> Iterator[tuple[str, int]]:
    """(КИ, assigned status as of tag 2110) of each marked item of a receipt or correction."""
    operation = _number(receipt, T.SETTLEMENT_SIGN)
    for item in all_of(receipt, T.ITEM):
        inner = item.value if isinstance(item.value, tuple) else ()
        code = find(inner, T.PRODUCT_CODE_105)
        if code is None or not isinstance(code.value, bytes) or _number(inner, T.PAYMENT_METHOD) in _NO_HANDOVER:
            continue
        cis = unit_named(code.value, excise=_number(inner, T.ITEM_TYPE) == PaymentObject.EXCISE.code)
        if cis is not None:
            yield cis, movement(operation, partial=_measured(inner))


def _measured(item: Sequence[Element]) -> bool:
    """Part of what the code stands for: no whole number of pieces."""
    quantity = find(item, T.QUANTITY)
    return quantity is not None and isinstance(quantity.value, Decimal) and quantity.value % 1 != 0


def _number(elements: Sequence[Element], tag: T) -> int | None:
    found = find(elements, tag)
    return found.value if found is not None and isinstance(found.value, int) else None
