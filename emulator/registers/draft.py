"""The open receipt: its lines as they come in, whatever the family's commands for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from emulator.registers.refusals import Denied, Reason
from protocols.ffd.arithmetic import half_up
from protocols.ffd.enums import DocumentCode, Operation, PaymentMethod, PaymentObject, Vat
from protocols.ffd.tags import TAGS
from protocols.ffd.tlv import Element


@dataclass(slots=True)
class DraftItem:
    """One line. `price` and `sum` in kopecks, sum after discounts; `department` as the family numbers it."""

    name: str
    price: int
    quantity: Decimal
    sum: int
    vat: Vat
    department: int = 1
    tax_sum: int | None = None  # as the host computed it
    method: int = PaymentMethod.FULL_PAYMENT.code
    object: int = PaymentObject.COMMODITY.code
    tags: list[Element] = field(default_factory=list)  # sent by the host; they win over the register's own
    code: bytes | None = None
    flags: int | None = None  # tag 2106 of the code, None where it was not checked
    printed: bool = True

    def reprice(self, total: int) -> None:
        """Fold a discount into sum and price: documents since ФФД 1.0 know no discounts."""
        self.sum = total
        numerator, denominator = self.quantity.as_integer_ratio()
        self.price = half_up(total * denominator, numerator)


@dataclass(slots=True)
class Draft:
    """A receipt or a correction with items. Lines and tags are added until it is closed or dropped."""

    operation: Operation
    correction: bool = False
    items: list[DraftItem] = field(default_factory=list)
    tags: list[Element] = field(default_factory=list)
    header: list[str] = field(default_factory=list)  # unfiscal lines printed before the first item
    footer: list[str] = field(default_factory=list)  # and after it

    @property
    def total(self) -> int:
        return sum(item.sum for item in self.items)

    @property
    def code(self) -> DocumentCode:
        return DocumentCode.CORRECTION if self.correction else DocumentCode.RECEIPT


def spread(items: list[DraftItem], change: int) -> None:
    """Change the receipt's total by spreading over its items in proportion, the remainder on the last ones.

    Denied: DISCOUNT_EXCEEDS.
    """
    total = sum(item.sum for item in items)
    if total + change < 0 or (not total and change):
        raise Denied(Reason.DISCOUNT_EXCEEDS)
    left, left_total = change, total
    for item in items:
        share = left * item.sum // left_total if left_total else 0
        left_total -= item.sum
        left -= share
        if share:
            item.reprice(item.sum + share)


def put(tags: list[Element], elements: Sequence[Element]) -> None:
    """Add tags; one that may occur once replaces what was there."""
    for element in elements:
        known = TAGS.get(element.tag)
        if known is None or not known.repeats:
            tags[:] = [each for each in tags if each.tag != element.tag]
        tags.append(element)
