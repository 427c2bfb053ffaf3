"""01 and 03: counters of the shift, the receipt in work and the last one."""

from __future__ import annotations

from typing import Annotated

from protocols.pirit.commands.base import Asks, row
from protocols.pirit.commands.replies import CountsOfPayments, FourSums, NumberReply, SumsOfPayments, SumsOfVat
from protocols.pirit.fields import MAYBE_KOPECKS, Kopecks, Number, Text
from protocols.pirit.messages import V1_2, Texts
from protocols.rows import Effect
from protocols.wire import message


@message
class ShiftNumber(Asks[NumberReply]):
    pass


@message
class NextReceipt(Asks[NumberReply]):
    """Right only while the register numbers receipts itself (setting 2, bit 7)."""


@message
class SaleSums(Asks[SumsOfPayments]):
    pass


@message
class SaleCounts(Asks[CountsOfPayments]):
    pass


@message
class ReturnSums(Asks[SumsOfPayments]):
    pass


@message
class ReturnCounts(Asks[CountsOfPayments]):
    pass


@message
class ReceiptCountsReply(Texts):
    sales: Number
    returns: Number
    cancelled: Number
    postponed: Number
    cash_in: Number
    cash_out: Number


@message
class ReceiptCounts(Asks[ReceiptCountsReply]):
    pass


@message
class ReceiptSumsReply(Texts):
    cancelled: Kopecks
    postponed: Kopecks
    cash_in: Kopecks
    cash_out: Kopecks


@message
class ReceiptSums(Asks[ReceiptSumsReply]):
    pass


@message
class Discounts(Asks[FourSums]):
    """Of sales, 0, of returns, 0."""


@message
class SaleTaxes(Asks[SumsOfVat]):
    pass


@message
class ReturnTaxes(Asks[SumsOfVat]):
    pass


@message
class LastReportReply(Texts):
    operations: Text
    document: Number
    cash: Kopecks
    sale_count: Number
    sale_sum: Kopecks
    return_count: Number
    return_sum: Kopecks
    cancelled_count: Number
    cancelled_sum: Kopecks
    cash_in_count: Number
    cash_in_sum: Kopecks
    cash_out_count: Number
    cash_out_sum: Kopecks


@message
class LastReport(Asks[LastReportReply]):
    """Of the last X or Z report."""


@message
class SectionSales(Asks[SumsOfPayments]):
    """By sections 1…16."""


@message
class SectionReturns(Asks[SumsOfPayments]):
    """By sections 1…16."""


@message
class BuyCountsReply(Texts):
    buys: Number
    returns: Number


@message
class BuyCounts(Asks[BuyCountsReply]):
    pass


@message
class BuySums(Asks[SumsOfPayments]):
    pass


@message
class BuyReturnSums(Asks[SumsOfPayments]):
    pass


@message
class CorrectionsReply(Texts):
    count: Number
    cash: Kopecks
    electronic: Kopecks
    prepaid: Annotated[int | None, MAYBE_KOPECKS, V1_2] = None
    postpaid: Annotated[int | None, MAYBE_KOPECKS, V1_2] = None
    other: Annotated[int | None, MAYBE_KOPECKS, V1_2] = None


@message
class Corrections(Asks[CorrectionsReply]):
    pass


@message
class CurrentDocumentReply(Texts):
    """`zero` is always 0."""

    sum: Kopecks
    discount: Kopecks
    zero: Kopecks


@message
class CurrentDocument(Asks[CurrentDocumentReply]):
    pass


@message
class LastReceiptReply(Texts):
    """`type` as in `statuses.DocumentType`, 0 when cancelled; `sign` is the printed text of ФП, `fiscal` its ФД."""

    type: Number
    operations: Text
    receipt: Number
    document: Number
    sum: Kopecks
    discount: Kopecks
    zero: Kopecks
    sign: Text
    fiscal: Number


@message
class LastReceipt(Asks[LastReceiptReply]):
    """The last closed receipt: did ours go through?"""


_READ = Effect.READ

ROWS = (
    row(0x01, "shift_number", "Номер текущей смены", ShiftNumber, NumberReply, sub=1, effect=_READ),
    row(0x01, "next_receipt", "Номер следующего чека", NextReceipt, NumberReply, sub=2, effect=_READ),
    row(0x01, "sale_sums", "Суммы продаж по типам оплаты", SaleSums, SumsOfPayments, sub=3, effect=_READ),
    row(0x01, "sale_counts", "Количество оплат по продажам", SaleCounts, CountsOfPayments, sub=4, effect=_READ),
    row(0x01, "return_sums", "Суммы возвратов по типам оплаты", ReturnSums, SumsOfPayments, sub=5, effect=_READ),
    row(0x01, "return_counts", "Количество оплат по возвратам", ReturnCounts, CountsOfPayments, sub=6, effect=_READ),
    row(0x01, "receipt_counts", "Количество чеков", ReceiptCounts, ReceiptCountsReply, sub=7, effect=_READ),
    row(0x01, "receipt_sums", "Суммы чеков", ReceiptSums, ReceiptSumsReply, sub=8, effect=_READ),
    row(0x01, "discounts", "Суммы скидок", Discounts, FourSums, sub=9, effect=_READ),
    row(0x01, "sale_taxes", "Суммы налогов по продажам", SaleTaxes, SumsOfVat, sub=10, effect=_READ),
    row(0x01, "return_taxes", "Суммы налогов по возвратам", ReturnTaxes, SumsOfVat, sub=11, effect=_READ),
    row(0x01, "last_report", "Данные последнего отчёта", LastReport, LastReportReply, sub=12, effect=_READ),
    row(0x01, "section_sales", "Продажи по секциям", SectionSales, SumsOfPayments, sub=13, effect=_READ),
    row(0x01, "section_returns", "Возвраты по секциям", SectionReturns, SumsOfPayments, sub=14, effect=_READ),
    row(0x01, "buy_counts", "Количество чеков расхода", BuyCounts, BuyCountsReply, sub=15, effect=_READ),
    row(0x01, "buy_sums", "Суммы расходов по типам оплаты", BuySums, SumsOfPayments, sub=16, effect=_READ),
    row(0x01, "buy_return_sums", "Суммы возвратов расхода", BuyReturnSums, SumsOfPayments, sub=17, effect=_READ),
    row(0x01, "corrections", "Данные по коррекциям", Corrections, CorrectionsReply, sub=18, effect=_READ),
    row(0x03, "current_document", "Счётчики текущего документа", CurrentDocument, CurrentDocumentReply, sub=1,
        effect=_READ),
    row(0x03, "last_receipt", "Последний закрытый чек", LastReceipt, LastReceiptReply, sub=2, effect=_READ),
)  # fmt: skip
