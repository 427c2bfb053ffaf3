"""01 and 03: counters of the shift, the document in work and the last receipt."""

from __future__ import annotations

from typing import Any, Final

from emulator.registers.pirit.core import FORMS, Core, Handlers
from emulator.registers.pirit.shifts import block
from emulator.registers.pirit.tables import rates
from emulator.registers.till import (
    SHIFT_CANCELS,
    cancelled_sum,
    department,
    payment,
    rate_tax,
    shift_cash,
    shift_cash_count,
)
from protocols.ffd.enums import FfdVersion, Operation
from protocols.pirit.commands import counters as c
from protocols.pirit.commands.replies import CountsOfPayments, FourSums, NumberReply, SumsOfPayments, SumsOfVat

_SECTIONS: Final = range(1, 17)
_TAXED: Final = range(6)
_KINDS: Final = (1136, 1138, 1218, 1219, 1220)


def shift_number(core: Core, request: c.ShiftNumber) -> NumberReply:
    return NumberReply(core.drive.shift)


def next_receipt(core: Core, request: c.NextReceipt) -> NumberReply:
    return NumberReply(core.drive.receipt + 1)


def _sums(core: Core, operation: Operation) -> SumsOfPayments:
    return SumsOfPayments(tuple(core.till[payment(operation, form)] for form in FORMS))


def _counts(core: Core, operation: Operation) -> CountsOfPayments:
    return CountsOfPayments(tuple(core.till[f"shift.{operation}.payments.{form}"] for form in FORMS))


def sale_sums(core: Core, request: c.SaleSums) -> SumsOfPayments:
    return _sums(core, Operation.SELL)


def sale_counts(core: Core, request: c.SaleCounts) -> CountsOfPayments:
    return _counts(core, Operation.SELL)


def return_sums(core: Core, request: c.ReturnSums) -> SumsOfPayments:
    return _sums(core, Operation.SELL_REFUND)


def return_counts(core: Core, request: c.ReturnCounts) -> CountsOfPayments:
    return _counts(core, Operation.SELL_REFUND)


def buy_sums(core: Core, request: c.BuySums) -> SumsOfPayments:
    return _sums(core, Operation.BUY)


def buy_return_sums(core: Core, request: c.BuyReturnSums) -> SumsOfPayments:
    return _sums(core, Operation.BUY_REFUND)


def receipt_counts(core: Core, request: c.ReceiptCounts) -> c.ReceiptCountsReply:
    shift, counted = core.drive.shift_totals, core.till
    return c.ReceiptCountsReply(
        shift.get("1.1135", 0),
        shift.get("2.1135", 0),
        counted[SHIFT_CANCELS],
        counted["shift.postponed"],
        counted[shift_cash_count(incoming=True)],
        counted[shift_cash_count(incoming=False)],
    )


def receipt_sums(core: Core, request: c.ReceiptSums) -> c.ReceiptSumsReply:
    counted = core.till
    return c.ReceiptSumsReply(
        sum(counted[cancelled_sum(operation)] for operation in Operation),
        counted["shift.postponed_sum"],
        counted[shift_cash(incoming=True)],
        counted[shift_cash(incoming=False)],
    )


def discounts(core: Core, request: c.Discounts) -> FourSums:
    return FourSums((_discount(core, Operation.SELL), 0, _discount(core, Operation.SELL_REFUND), 0))


def _discount(core: Core, operation: Operation) -> int:
    return core.till[f"shift.{operation}.discounts"]


def _taxes(core: Core, operation: Operation) -> SumsOfVat:
    table = rates(core.quirks)
    return SumsOfVat(tuple(core.till[rate_tax(operation, table[row])] for row in _TAXED))


def sale_taxes(core: Core, request: c.SaleTaxes) -> SumsOfVat:
    return _taxes(core, Operation.SELL)


def return_taxes(core: Core, request: c.ReturnTaxes) -> SumsOfVat:
    return _taxes(core, Operation.SELL_REFUND)


def last_report(core: Core, request: c.LastReport) -> c.LastReportReply:
    return c.LastReportReply(**(core.memory.report or dict.fromkeys(block(core), 0) | {"operations": core.operations}))


def _sections(core: Core, operation: Operation) -> SumsOfPayments:
    return SumsOfPayments(tuple(core.till[department(operation, number)] for number in _SECTIONS))


def section_sales(core: Core, request: c.SectionSales) -> SumsOfPayments:
    return _sections(core, Operation.SELL)


def section_returns(core: Core, request: c.SectionReturns) -> SumsOfPayments:
    return _sections(core, Operation.SELL_REFUND)


def buy_counts(core: Core, request: c.BuyCounts) -> c.BuyCountsReply:
    shift = core.drive.shift_totals
    return c.BuyCountsReply(shift.get("3.1135", 0), shift.get("4.1135", 0))


def corrections(core: Core, request: c.Corrections) -> c.CorrectionsReply:
    """Of every operation, in this shift."""
    shift = core.drive.shift_totals

    def of_all(tag: int) -> int:
        return sum(shift.get(f"c{operation.code}.{tag}", 0) for operation in Operation)

    cash, electronic, *rest = (of_all(tag) for tag in _KINDS)
    more = tuple(rest) if core.registered.ffd is FfdVersion.V1_2 else ()
    return c.CorrectionsReply(of_all(1135), cash, electronic, *more)


def current_document(core: Core, request: c.CurrentDocument) -> c.CurrentDocumentReply:
    draft = core.draft
    return c.CurrentDocumentReply(0, 0, 0) if draft is None else c.CurrentDocumentReply(draft.due, draft.discount, 0)


def last_receipt(core: Core, request: c.LastReceipt) -> c.LastReceiptReply:
    blank: dict[str, Any] = {
        "type": 0,
        "operations": core.operations,
        "receipt": 0,
        "document": 0,
        "sum": 0,
        "discount": 0,
    }
    return c.LastReceiptReply(**(blank | {"zero": 0, "sign": "", "fiscal": 0} | core.memory.last))


HANDLERS: Handlers = {
    c.ShiftNumber: shift_number,
    c.NextReceipt: next_receipt,
    c.SaleSums: sale_sums,
    c.SaleCounts: sale_counts,
    c.ReturnSums: return_sums,
    c.ReturnCounts: return_counts,
    c.ReceiptCounts: receipt_counts,
    c.ReceiptSums: receipt_sums,
    c.Discounts: discounts,
    c.SaleTaxes: sale_taxes,
    c.ReturnTaxes: return_taxes,
    c.LastReport: last_report,
    c.SectionSales: section_sales,
    c.SectionReturns: section_returns,
    c.BuyCounts: buy_counts,
    c.BuySums: buy_sums,
    c.BuyReturnSums: buy_return_sums,
    c.Corrections: corrections,
    c.CurrentDocument: current_document,
    c.LastReceipt: last_receipt,
}
