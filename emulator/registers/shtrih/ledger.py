"""What closed receipts, cash operations and cancellations do to the money and operation registers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.registers.shtrih.core import Draft
from emulator.registers.shtrih.memory import Memory
from protocols.ffd.arithmetic import vat_of
from protocols.shtrih import registers, vat

#: Kinds whose cash goes into the drawer: sale and buy return.
_INCOMING = frozenset({0, 3})
_TAX_GROUPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What is due by each of the sixteen payment forms (cash less change), and the change."""

    forms: tuple[int, ...]
    change: int

    @property
    def cash(self) -> int:
        return self.forms[0]

    @property
    def electronic(self) -> int:
        return sum(self.forms[1:13])

    @property
    def prepaid(self) -> int:
        return self.forms[13]

    @property
    def postpaid(self) -> int:
        return self.forms[14]

    @property
    def other(self) -> int:
        return self.forms[15]


def cash_flow(kind: int, cash: int) -> int:
    """Change of the drawer by a receipt of this kind."""
    return cash if kind in _INCOMING else -cash


def post_receipt(memory: Memory, draft: Draft, paid: Paid) -> None:
    """A receipt is closed."""
    kind = draft.kind
    for form, amount in enumerate(paid.forms, start=1):
        if amount:
            memory.add(registers.shift_payment(kind, form), amount)
    for item in draft.items:
        memory.add(registers.shift_department(kind, item.department), item.sum)
        memory.count(registers.department_operations(kind, item.department))
        row = vat.BY_VAT[item.vat].row
        if row <= _TAX_GROUPS:
            memory.add(registers.shift_turnover(kind, row), item.sum)
            memory.add(registers.shift_tax(kind, row), vat_of(item.sum, item.vat) or 0)
    memory.add(registers.GRAND_TOTAL, sum(paid.forms))
    memory.add(registers.CASH_IN_DRAWER, cash_flow(kind, paid.cash))
    memory.money[registers.CASH_AT_CLOSE] = memory.money.get(registers.CASH_IN_DRAWER, 0)
    memory.count(registers.shift_receipts(kind))
    memory.count(registers.receipt_number(kind))


def post_cancelled(memory: Memory, draft: Draft) -> None:
    memory.count(registers.CANCELLED)
    memory.count(registers.CANCELS)
    memory.count(registers.cancelled_receipts(draft.kind))
    memory.add(registers.voided_sum(draft.kind), draft.total)


def post_cash(memory: Memory, amount: int, *, incoming: bool) -> int:
    """Cash in or out, `amount` kopecks; the through number of the printed slip."""
    memory.add(registers.CASH_IN_DRAWER, amount if incoming else -amount)
    memory.add(registers.CASH_IN_SHIFT if incoming else registers.CASH_OUT_SHIFT, amount)
    memory.count(registers.CASH_INS if incoming else registers.CASH_OUTS)
    memory.count(registers.CASH_IN_NUMBER if incoming else registers.CASH_OUT_NUMBER)
    return memory.next_document()


def receipt_money(draft: Draft, paid_forms: Sequence[int], number: int) -> int | None:
    """A register of the open (or last) receipt; None when the number is not one of those."""
    kind = draft.kind
    if number < 64:
        return sum(item.sum for item in draft.items if registers.receipt_department(kind, item.department) == number)
    found = {registers.receipt_payment(kind, form): amount for form, amount in enumerate(paid_forms[:4], start=1)}
    for row in range(1, _TAX_GROUPS + 1):
        taxed = [item for item in draft.items if vat.BY_VAT[item.vat].row == row]
        found[registers.receipt_turnover(kind, row)] = sum(item.sum for item in taxed)
        found[registers.receipt_tax(kind, row)] = sum(vat_of(item.sum, item.vat) or 0 for item in taxed)
    return found.get(number, 0) if number < registers.CASH_AT_CLOSE else None
