"""§3.2, §3.3: shift, reports, cash and the classic ("V1") receipt commands."""

from __future__ import annotations

from typing import Annotated

from protocols.shtrih.commands.base import Access, OperatorReply, Request, row
from protocols.shtrih.wire import Kopecks, Tail, Tail40, Thousandths
from protocols.wire import I16, U8, U16, Message, array, integer, message

Taxes4 = Annotated[tuple[int, ...], array(4, integer(1))]
Payments4 = Annotated[tuple[int, ...], array(4, integer(5))]
Payments16 = Annotated[tuple[int, ...], array(16, integer(5))]


@message
class XReport(Request[OperatorReply]):
    pass


@message
class ZReport(Request[OperatorReply]):
    pass


@message
class DepartmentReport(Request[OperatorReply]):
    pass


@message
class TaxReport(Request[OperatorReply]):
    pass


@message
class CashierReport(Request[OperatorReply]):
    pass


@message
class HourlyReport(Request[OperatorReply]):
    pass


@message
class GoodsReport(Request[OperatorReply]):
    pass


@message
class PrintCounters(Request[OperatorReply]):
    pass


@message
class CashReply(Message):
    operator: U8
    document: U16


@message
class CashIn(Request[CashReply]):
    sum: Kopecks


@message
class CashOut(Request[CashReply]):
    sum: Kopecks


@message
class OpenShift(Request[OperatorReply]):
    pass


@message
class Registration(Request[OperatorReply]):
    """The shape of 80h..84h. `taxes`: four group numbers, 0 none."""

    quantity: Thousandths
    price: Kopecks
    department: U8
    taxes: Taxes4
    text: Tail40


@message
class Sale(Registration):
    pass


@message
class Buy(Registration):
    pass


@message
class SaleReturn(Registration):
    pass


@message
class BuyReturn(Registration):
    pass


@message
class Void(Registration):
    pass


@message
class CloseReply(Message):
    operator: U8
    change: Kopecks
    link: Tail


@message
class CloseReceipt(Request[CloseReply]):
    """`discount` is signed hundredths of a percent."""

    payments: Payments4
    discount: I16
    taxes: Taxes4
    text: Tail40


@message
class CloseReceiptExtended(Request[CloseReply]):
    payments: Payments16
    discount: I16
    taxes: Taxes4
    text: Tail40


@message
class Adjustment(Request[OperatorReply]):
    """The shape of 86h, 87h, 8Ah, 8Bh."""

    sum: Kopecks
    taxes: Taxes4
    text: Tail40


@message
class Discount(Adjustment):
    pass


@message
class Surcharge(Adjustment):
    pass


@message
class VoidDiscount(Adjustment):
    pass


@message
class VoidSurcharge(Adjustment):
    pass


@message
class CancelReceipt(Request[OperatorReply]):
    pass


@message
class Subtotal(Request["SubtotalReply"]):
    pass


@message
class SubtotalReply(Message):
    operator: U8
    sum: Kopecks


@message
class CopyLast(Request[OperatorReply]):
    pass


@message
class OpenReceipt(Request[OperatorReply]):
    """`type`: 0 sale, 1 buy, 2 sale return, 3 buy return; +80h makes it a correction (model bit 48)."""

    type: U8


ROWS = (
    row(0x40, "x_report", "Суточный отчёт без гашения", XReport, OperatorReply, access=Access.SENIOR),
    row(0x41, "z_report", "Суточный отчёт с гашением", ZReport, OperatorReply, timeout=65.0, access=Access.ADMIN),
    row(0x42, "department_report", "Отчёт по секциям", DepartmentReport, OperatorReply, access=Access.SENIOR),
    row(0x43, "tax_report", "Отчёт по налогам", TaxReport, OperatorReply, access=Access.SENIOR),
    row(0x44, "cashier_report", "Отчёт по кассирам", CashierReport, OperatorReply, access=Access.SENIOR),
    row(0x45, "hourly_report", "Почасовой отчёт", HourlyReport, OperatorReply, access=Access.SENIOR),
    row(0x46, "goods_report", "Отчёт по товарам", GoodsReport, OperatorReply, access=Access.SENIOR),
    row(0x2C, "print_counters", "Печать операционных регистров", PrintCounters, OperatorReply, access=Access.SENIOR),
    row(0x50, "cash_in", "Внесение", CashIn, CashReply),
    row(0x51, "cash_out", "Выплата", CashOut, CashReply),
    row(0xE0, "open_shift", "Открыть смену", OpenShift, OperatorReply, timeout=120.0),
    row(0x80, "sale", "Продажа", Sale, OperatorReply),
    row(0x81, "buy", "Покупка", Buy, OperatorReply),
    row(0x82, "sale_return", "Возврат продажи", SaleReturn, OperatorReply),
    row(0x83, "buy_return", "Возврат покупки", BuyReturn, OperatorReply),
    row(0x84, "void", "Сторно", Void, OperatorReply),
    row(0x85, "close_receipt", "Закрытие чека", CloseReceipt, CloseReply),
    row(0x86, "discount", "Скидка", Discount, OperatorReply),
    row(0x87, "surcharge", "Надбавка", Surcharge, OperatorReply),
    row(0x88, "cancel_receipt", "Аннулирование чека", CancelReceipt, OperatorReply),
    row(0x89, "subtotal", "Подытог чека", Subtotal, SubtotalReply),
    row(0x8A, "void_discount", "Сторно скидки", VoidDiscount, OperatorReply),
    row(0x8B, "void_surcharge", "Сторно надбавки", VoidSurcharge, OperatorReply),
    row(0x8C, "copy_last", "Повтор документа", CopyLast, OperatorReply),
    row(0x8D, "open_receipt", "Открыть чек", OpenReceipt, OperatorReply),
    row(0x8E, "close_receipt_extended", "Закрытие чека расширенное", CloseReceiptExtended, CloseReply),
)
