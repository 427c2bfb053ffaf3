"""What every register counts beside its drive: by payment form, department, rate and operation, in this shift and ever.

A key is words joined by dots; what begins with "shift." goes back to zero with the shift's report. Sums are kopecks,
payment forms and departments are the family's own numbers. What the drive counts (ФФД 1157, 1194) is not here.
"""

from __future__ import annotations

from typing import Final

from emulator.registers.draft import Draft
from emulator.registers.memory import Memory
from emulator.registers.payments import Paid
from protocols.ffd.arithmetic import vat_of
from protocols.ffd.enums import Operation, Vat

SHIFT: Final = "shift."
CASH: Final = "cash"  # in the drawer
CASH_AT_CLOSE: Final = "cash_at_close"  # in the drawer when the last receipt was closed
TURNOVER: Final = "turnover"  # sums of receipts of every operation, ever
DOCUMENTS: Final = "documents"  # the through number of what was printed
X_REPORTS: Final = "x_reports"
CANCELS: Final = "cancels"
SHIFT_CANCELS: Final = "shift.cancels"
NON_FISCAL: Final = "shift.non_fiscal"

#: Operations by which cash comes into the drawer.
_INCOMING: Final = frozenset({Operation.SELL, Operation.BUY_REFUND})


def payment(operation: Operation, form: int) -> str:
    return f"shift.{operation}.payment.{form}"


def department(operation: Operation, number: int) -> str:
    return f"shift.{operation}.department.{number}"


def department_items(operation: Operation, number: int) -> str:
    return f"shift.{operation}.department_items.{number}"


def rate_turnover(operation: Operation, vat: Vat) -> str:
    return f"shift.{operation}.rate.{vat}"


def rate_tax(operation: Operation, vat: Vat) -> str:
    return f"shift.{operation}.tax.{vat}"


def shift_receipts(operation: Operation) -> str:
    return f"shift.{operation}.receipts"


def receipts(operation: Operation) -> str:
    return f"{operation}.receipts"


def cancelled(operation: Operation) -> str:
    return f"shift.{operation}.cancelled"


def cancelled_sum(operation: Operation) -> str:
    return f"shift.{operation}.cancelled_sum"


def shift_cash(*, incoming: bool) -> str:
    """The sum that was put into the drawer, or taken out, without a receipt."""
    return "shift.cash_in" if incoming else "shift.cash_out"


def shift_cash_count(*, incoming: bool) -> str:
    return "shift.cash_ins" if incoming else "shift.cash_outs"


def cash_count(*, incoming: bool) -> str:
    return "cash_ins" if incoming else "cash_outs"


def cash_flow(operation: Operation, cash: int) -> int:
    """Change of the drawer by a receipt of this operation."""
    return cash if operation in _INCOMING else -cash


class Till:
    """The counters of one register, in its memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def __getitem__(self, key: str) -> int:
        return self._memory.counted.get(key, 0)

    def add(self, key: str, amount: int = 1) -> int:
        """Change a counter; its new value."""
        self._memory.dirty = True
        value = self._memory.counted[key] = self[key] + amount
        return value

    def set(self, key: str, value: int) -> None:
        self._memory.dirty = True
        self._memory.counted[key] = value

    def paid(self, operation: Operation) -> int:
        """The shift's turnover of this operation, whatever it was paid with."""
        prefix = payment(operation, 0)[:-1]
        return sum(value for key, value in self._memory.counted.items() if key.startswith(prefix))

    def end_shift(self) -> None:
        self._memory.counted = {key: value for key, value in self._memory.counted.items() if not key.startswith(SHIFT)}

    # --- what happens at a till

    def post_receipt(self, draft: Draft, paid: Paid) -> None:
        """A receipt is closed."""
        operation = draft.operation
        for form, amount in paid.forms.items():
            if amount:
                self.add(payment(operation, form), amount)
        for item in draft.items:
            self.add(department(operation, item.department), item.sum)
            self.add(department_items(operation, item.department))
            self.add(rate_turnover(operation, item.vat), item.sum)
            self.add(rate_tax(operation, item.vat), vat_of(item.sum, item.vat) or 0)
        self.add(TURNOVER, paid.total)
        self.add(receipts(operation))
        self.post_settlement(operation, paid.cash)
        self.set(CASH_AT_CLOSE, self[CASH])

    def post_settlement(self, operation: Operation, cash: int) -> None:
        """Its cash moves, and the shift has one more: all there is to a correction by sums."""
        self.add(CASH, cash_flow(operation, cash))
        self.add(shift_receipts(operation))

    def post_cancelled(self, draft: Draft) -> None:
        self.add(SHIFT_CANCELS)
        self.add(CANCELS)
        self.add(cancelled(draft.operation))
        self.add(cancelled_sum(draft.operation), draft.total)

    def post_cash(self, amount: int, *, incoming: bool) -> None:
        """Cash in or out without a receipt."""
        self.add(CASH, amount if incoming else -amount)
        self.add(shift_cash(incoming=incoming), amount)
        self.add(shift_cash_count(incoming=incoming))
        self.add(cash_count(incoming=incoming))
