"""Money (1Ah) and operation (1Bh) registers: numbers of Shtrih-M for what every till counts, and the open receipt's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from emulator.registers import till
from emulator.registers.draft import Draft
from emulator.registers.payments import Paid, PaymentKind
from emulator.registers.till import Till
from protocols.ffd.arithmetic import vat_of
from protocols.ffd.enums import Operation
from protocols.shtrih import registers, vat
from protocols.shtrih.statuses import OPERATION_OF_TYPE, TYPE_OF_OPERATION

TAX_GROUPS: Final = 4
DEPARTMENTS: Final = range(1, 17)
#: The sixteen forms of payment.
FORMS: Final[Mapping[int, PaymentKind]] = {
    1: PaymentKind.CASH,
    **dict.fromkeys(range(2, 14), PaymentKind.ELECTRONIC),
    14: PaymentKind.PREPAID,
    15: PaymentKind.POSTPAID,
    16: PaymentKind.OTHER,
}
#: Receipt type of 8Dh -> operation.
KINDS: Final[Mapping[int, Operation]] = {kind: Operation.of(code) for kind, code in OPERATION_OF_TYPE.items()}
_MONEY_RANGE: Final = 1 << 48
_COUNTER_RANGE: Final = 1 << 16


def kind_of(operation: Operation) -> int:
    return TYPE_OF_OPERATION[operation.code]


def _money_keys() -> Iterator[tuple[int, str]]:
    yield registers.CASH_AT_CLOSE, till.CASH_AT_CLOSE
    yield registers.CASH_IN_DRAWER, till.CASH
    yield registers.CASH_IN_SHIFT, till.shift_cash(incoming=True)
    yield registers.CASH_OUT_SHIFT, till.shift_cash(incoming=False)
    yield registers.GRAND_TOTAL, till.TURNOVER
    for kind, operation in KINDS.items():
        for form in FORMS:
            yield registers.shift_payment(kind, form), till.payment(operation, form)
        for number in DEPARTMENTS:
            yield registers.shift_department(kind, number), till.department(operation, number)
        for row in range(1, TAX_GROUPS + 1):
            yield registers.shift_turnover(kind, row), till.rate_turnover(operation, vat.BY_ROW[row].vat)
            yield registers.shift_tax(kind, row), till.rate_tax(operation, vat.BY_ROW[row].vat)
        yield registers.voided_sum(kind), till.cancelled_sum(operation)


def _counter_keys() -> Iterator[tuple[int, str]]:
    yield registers.DOCUMENT_NUMBER, till.DOCUMENTS
    yield registers.DOCUMENT_NUMBER_LOW, till.DOCUMENTS
    yield registers.CASH_INS, till.shift_cash_count(incoming=True)
    yield registers.CASH_OUTS, till.shift_cash_count(incoming=False)
    yield registers.CASH_IN_NUMBER, till.cash_count(incoming=True)
    yield registers.CASH_OUT_NUMBER, till.cash_count(incoming=False)
    yield registers.CANCELLED, till.SHIFT_CANCELS
    yield registers.CANCELS, till.CANCELS
    yield registers.X_REPORTS, till.X_REPORTS
    yield registers.NON_FISCAL, till.NON_FISCAL
    for kind, operation in KINDS.items():
        yield registers.shift_receipts(kind), till.shift_receipts(operation)
        yield registers.receipt_number(kind), till.receipts(operation)
        yield registers.cancelled_receipts(kind), till.cancelled(operation)
        for number in DEPARTMENTS:
            yield registers.department_operations(kind, number), till.department_items(operation, number)


#: Number of a register -> what it counts. What is in neither is always zero.
MONEY: Final[Mapping[int, str]] = dict(_money_keys())
COUNTERS: Final[Mapping[int, str]] = dict(sorted(_counter_keys()))


def money(counted: Till, number: int) -> int:
    """Kopecks; it wraps as its six bytes do."""
    key = MONEY.get(number)
    return 0 if key is None else counted[key] % _MONEY_RANGE


def counter(counted: Till, number: int) -> int:
    """It wraps as its two bytes do."""
    if number == registers.DOCUMENT_NUMBER_HIGH:
        return counted[till.DOCUMENTS] // _COUNTER_RANGE % _COUNTER_RANGE
    key = COUNTERS.get(number)
    return 0 if key is None else counted[key] % _COUNTER_RANGE


def receipt_money(draft: Draft, paid: Paid | None, number: int) -> int | None:
    """A register of the open (or last) receipt; None when the number is not one of those."""
    kind = kind_of(draft.operation)
    if number < 64:
        return sum(item.sum for item in draft.items if registers.receipt_department(kind, item.department) == number)
    forms = {} if paid is None else paid.forms
    found = {registers.receipt_payment(kind, form): forms.get(form, 0) for form in range(1, 5)}
    for row in range(1, TAX_GROUPS + 1):
        taxed = [item for item in draft.items if vat.BY_VAT[item.vat].row == row]
        found[registers.receipt_turnover(kind, row)] = sum(item.sum for item in taxed)
        found[registers.receipt_tax(kind, row)] = sum(vat_of(item.sum, item.vat) or 0 for item in taxed)
    return found.get(number, 0) if number < registers.CASH_AT_CLOSE else None
