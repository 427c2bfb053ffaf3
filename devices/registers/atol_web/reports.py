"""Counters of the shift (getShiftTotals)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from devices.registers.base import Bookmark
from protocols.atol_web import words
from protocols.atol_web.queries import FnInfo, FnStatus, OfOperation, ShiftStatus, ShiftTotals
from protocols.ffd.enums import Operation, PaymentKind

#: Words of totals -> ours, and those of the shop's own kinds of payment, which are electronic to ФФД.
_KINDS: Final = {words.PAYMENT_KINDS.word(kind): kind for kind in PaymentKind}


def counters(totals: ShiftTotals) -> dict[str, int]:
    """Keys: `cash_in_drawer`, `cash_in_sum`, `cash_in_count`, … and per operation `sell_total`, `sell_cash` …
    `sell_other`; sums in kopecks. How many receipts there were, the server does not tell."""
    found = {
        "cash_in_drawer": totals.cash_drawer.sum,
        "cash_in_sum": totals.income.sum,
        "cash_out_sum": totals.outcome.sum,
        "cash_in_count": totals.income.count,
        "cash_out_count": totals.outcome.count,
    }
    for operation in Operation:
        of = totals.receipts.get(words.receipt_type(operation, correction=False), OfOperation())
        sums = dict.fromkeys(PaymentKind, 0)
        for word, amount in of.payments.items():
            sums[_KINDS.get(word, PaymentKind.ELECTRONIC)] += amount
        found[f"{operation}_total"] = of.sum
        found.update({f"{operation}_{kind}": amount for kind, amount in sums.items()})
    return found


def bookmark_of(fn: FnInfo, last: FnStatus, shift: ShiftStatus, totals: ShiftTotals | None) -> Bookmark:
    """`totals` where the counts of what leaves no document are wanted; X reports are not counted."""
    counted: Mapping[str, int | None] = {}
    if totals is not None:
        counted = {
            "cash_ins": totals.income.count,
            "cash_outs": totals.outcome.count,
            "cash_in_sum": totals.income.sum,
            "cash_out_sum": totals.outcome.sum,
        }
    return Bookmark(
        fn=fn.serial,
        document=last.fiscal_document_number,
        shift=shift.number,
        shift_open=shift.state != "closed",
        **counted,
    )
