"""§4.1…4.3: receipts through the fiscal drive's own commands (FF0D, FF45, FF46, FF4A and their kin)."""

from __future__ import annotations

from typing import Annotated

from protocols.shtrih.commands.base import Access, Bare, Empty, Request, row
from protocols.shtrih.wire import Kopecks, KopecksOrNone, Millionths, Tail, Thousandths, tail_text
from protocols.wire import U8, U16, U32, MaybeMoment, Message, Rest, array, integer, message, raw_bytes, rest

Payments16 = Annotated[tuple[int, ...], array(16, integer(5))]
Taxes6 = Annotated[tuple[int, ...], array(6, integer(5))]
Text128 = Annotated[str, tail_text(0, 128)]
Code5 = Annotated[bytes, raw_bytes(5)]
Bytes128 = Annotated[bytes, raw_bytes(128)]

_CLOSING_TEXT = 64


def _pack_closing(value: tuple[str, tuple[int, ...]]) -> bytes:
    text, taxes = value
    raw = text.encode("cp1251")
    if taxes:
        return raw.ljust(_CLOSING_TEXT, b"\0") + b"".join([tax.to_bytes(5, "little") for tax in taxes])
    return raw


def _unpack_closing(raw: bytes) -> tuple[str, tuple[int, ...]]:
    text = raw[:_CLOSING_TEXT].split(b"\0", 1)[0].decode("cp1251", "replace")
    extra = raw[_CLOSING_TEXT:]
    return text, tuple(int.from_bytes(extra[at : at + 5], "little") for at in range(0, len(extra) - 4, 5))


#: Text of at most 64 bytes and, only after a full one, the sums of taxes 7… (4 confirmed, 22 % UNCONFIRMED).
Closing = Annotated[tuple[str, tuple[int, ...]], rest("closing", _pack_closing, _unpack_closing)]


@message
class OperationV2(Request[Empty]):
    """FF46 (§4.1). `sum` None = the device multiplies; `tax_sum` None = not supplied; `operation` as tag 1054.

    `tax` is the wire code of `protocols.shtrih.vat`; `method` is tag 1214, `object` tag 1212. Names of 0 to 128 bytes;
    a leading // sends the line to the OFD without printing it.
    """

    operation: U8
    quantity: Millionths
    price: Kopecks
    sum: KopecksOrNone
    tax_sum: KopecksOrNone
    tax: U8
    department: U8
    method: U8
    object: U8
    name: Text128


@message
class CloseReply(Message):
    change: Kopecks
    document: U32
    sign: U32
    made_at: MaybeMoment


@message
class CloseReceiptV2(Request[CloseReply]):
    """FF45 (§4.2). `payments`: 1 cash, 2…13 cashless, 14 prepaid, 15 credit, 16 other; `taxes`: groups 1…6."""

    payments: Payments16
    rounding: U8
    taxes: Taxes6
    taxation: U8
    closing: Closing = ("", ())


@message
class CorrectionReply(Message):
    receipt: U16
    document: U32
    sign: U32
    made_at: MaybeMoment


@message
class MakeCorrection(Request[CorrectionReply]):
    total: Kopecks
    operation: U8


@message
class CorrectionV2(Request[CorrectionReply]):
    """FF4A (§4.3), ФФД 1.05: sums by payment form (cash, cashless, prepaid, postpaid, other) and by tax group 1…6."""

    kind: U8
    operation: U8
    total: Kopecks
    cash: Kopecks
    electronic: Kopecks
    prepaid: Kopecks
    postpaid: Kopecks
    other: Kopecks
    taxes: Taxes6
    taxation: U8


@message
class OperationDiscount(Request[Empty]):
    """FF0D: `texts` are two NUL-terminated strings, `taxes` a bit mask of groups."""

    operation: U8
    quantity: Thousandths
    price: Kopecks
    discount: Kopecks
    surcharge: Kopecks
    department: U8
    taxes: U8
    barcode: Code5
    text: Tail


@message
class OperationDiscountTax(Request[Empty]):
    """FF44, obsolete: FF0D with the tax sum."""

    operation: U8
    quantity: Thousandths
    price: Kopecks
    discount: Kopecks
    surcharge: Kopecks
    tax_sum: Kopecks
    department: U8
    taxes: U8
    barcode: Code5
    text: Tail


@message
class ReceiptAdjustment(Request[Empty]):
    discount: Kopecks
    surcharge: Kopecks
    tax: U8
    text: Text128


@message
class TaxServiceRequisite(Request[Empty]):
    content: Rest


@message
class ItemDiscounts(Request[Empty]):
    content: Rest


@message
class CommodityCode(Request[Empty]):
    content: Rest


@message
class WriteFirmware(Request[Empty]):
    file: U8
    block: U16
    data: Bytes128


@message
class StartOnlinePayment(Bare[Empty]):
    type: U8
    input: U8
    sum: Kopecks
    id: Tail


@message
class OnlinePaymentStatus(Bare["OnlinePaymentStatusReply"]):
    pass


@message
class OnlinePaymentStatusReply(Message):
    system: U8
    type: U8
    sum: Kopecks
    status: U8
    id: Tail


@message
class OnlinePaymentRequisite(Bare["OnlinePaymentRequisiteReply"]):
    number: U8


@message
class OnlinePaymentRequisiteReply(Message):
    text: Tail


@message
class MonoToken(Bare["MonoTokenReply"]):
    pass


@message
class MonoTokenReply(Message):
    token: Tail


ROWS = (
    row(0xFF0D, "operation_discount", "Операция со скидками и надбавками", OperationDiscount, Empty),
    row(0xFF36, "make_correction", "Сформировать чек коррекции", MakeCorrection, CorrectionReply),
    row(0xFF44, "operation_discount_tax", "Операция со скидками и налогом", OperationDiscountTax, Empty),
    row(0xFF45, "close_receipt_v2", "Закрытие чека расширенное вариант 2", CloseReceiptV2, CloseReply),
    row(0xFF46, "operation_v2", "Операция V2", OperationV2, Empty),
    row(0xFF47, "tax_service_requisite", "Дополнительный реквизит ФНС", TaxServiceRequisite, Empty),
    row(0xFF48, "item_discounts", "Скидки позиции", ItemDiscounts, Empty),
    row(0xFF49, "commodity_code", "Код товарной номенклатуры", CommodityCode, Empty),
    row(0xFF4A, "correction_v2", "Сформировать чек коррекции V2", CorrectionV2, CorrectionReply),
    row(0xFF4B, "receipt_adjustment", "Скидка, надбавка на чек", ReceiptAdjustment, Empty),
    row(0xFF4E, "write_firmware", "Записать блок данных прошивки", WriteFirmware, Empty, access=Access.SYSTEM),
    row(0xFF50, "start_online_payment", "Онлайн-платёж", StartOnlinePayment, Empty, access=Access.NONE),
    row(
        0xFF51,
        "online_payment_status",
        "Статус онлайн-платежа",
        OnlinePaymentStatus,
        OnlinePaymentStatusReply,
        access=Access.NONE,
    ),
    row(
        0xFF52,
        "online_payment_requisite",
        "Реквизит онлайн-платежа",
        OnlinePaymentRequisite,
        OnlinePaymentRequisiteReply,
        access=Access.NONE,
    ),
    row(0xFF53, "mono_token", "Сгенерировать Моно-токен", MonoToken, MonoTokenReply, access=Access.NONE),
)
