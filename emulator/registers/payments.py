"""What a receipt is paid with: each family numbers its forms, ФФД knows five kinds of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from emulator.registers.refusals import Denied, Reason


class PaymentKind(IntEnum):
    """The tag that a form of payment is summed up in."""

    CASH = 1031
    ELECTRONIC = 1081
    PREPAID = 1215
    POSTPAID = 1216
    OTHER = 1217


#: A family's table: number of the form -> what it is to ФФД. One form is cash.
Forms = Mapping[int, PaymentKind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What is due by each form (kopecks, cash less change), by each kind, and the change."""

    forms: Mapping[int, int]
    kinds: Mapping[PaymentKind, int]
    change: int = 0

    @property
    def total(self) -> int:
        return sum(self.forms.values())

    @property
    def cash(self) -> int:
        return self.kinds.get(PaymentKind.CASH, 0)

    @property
    def received(self) -> int | None:
        """Cash that was handed over, where there is change to show; None where it was exact."""
        return self.cash + self.change if self.change else None


def settle(total: int, given: Mapping[int, int], forms: Forms) -> Paid:
    """What is due by each form: change comes from cash alone. Denied: CASHLESS_EXCEEDS, PAYMENT_SHORT."""
    cash = sum(amount for form, amount in given.items() if forms[form] is PaymentKind.CASH)
    change = sum(given.values()) - total
    if change > cash:
        raise Denied(Reason.CASHLESS_EXCEEDS)
    if change < 0:
        raise Denied(Reason.PAYMENT_SHORT)
    due = {form: amount - change if forms[form] is PaymentKind.CASH else amount for form, amount in given.items()}
    return Paid(forms=due, kinds=by_kind(due, forms), change=change)


def by_kind(amounts: Mapping[int, int], forms: Forms) -> dict[PaymentKind, int]:
    """Sums by the five kinds, all of them."""
    found = dict.fromkeys(PaymentKind, 0)
    for form, amount in amounts.items():
        found[forms[form]] += amount
    return found
