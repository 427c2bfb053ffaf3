"""24, 30…33, 42…48, 50, 52, 53, 57, 58, 64: documents, from their opening to their end."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from protocols.pirit.commands.base import Asks, Empty, row
from protocols.pirit.fields import (
    MAYBE_DATE8,
    MAYBE_DECIMAL,
    MAYBE_KOPECKS,
    Cashier,
    Code,
    Date,
    Kopecks,
    MaybeKopecks,
    MaybeMoment,
    MaybeNumber,
    Moment,
    Number,
    Operator,
    Quantity,
    Tax,
    Text,
    kopecks,
    number,
    optional,
    text,
)
from protocols.pirit.messages import V1_05, V1_2, Texts
from protocols.rows import Effect
from protocols.wire import message

Department = Annotated[int, number(0, 99)]
Taxation = Annotated[int | None, optional(number(0, 5))]  # a number, not the bit of tag 1055
MAX_PRICE = 9_999_999_999


@message
class ItemDetailsReply(Texts):
    """ "Unrecogn" when the code of goods is none that the register knows."""

    check: Text = ""


@message
class ItemDetails(Asks[ItemDetailsReply]):
    """Tags of the next item, sent before it. `agent` is the mask of 1222; phones stand with commas between them.

    `code` is 1162 in ФФД 1.05; in 1.2 an @ before it makes it 1163 without any check (`marking` has the checked way).
    """

    code: Code = b""
    additional: Annotated[str, text(64)] = ""  # 1191
    measured: Annotated[str, text(12), V1_05] = ""  # the quantity of goods sold by measure
    agent: MaybeNumber = None
    supplier_inn: Annotated[str, text(12)] = ""  # 1226
    supplier_phones: Annotated[str, text(40)] = ""  # 1171
    supplier_name: Annotated[str, text(256)] = ""  # 1225
    operator_address: Annotated[str, text(256)] = ""  # 1005
    operator_inn: Annotated[str, text(12)] = ""  # 1016
    operator_name: Annotated[str, text(64)] = ""  # 1026
    operator_phones: Annotated[str, text(40)] = ""  # 1075
    agent_operation: Annotated[str, text(24)] = ""  # 1044
    agent_phones: Annotated[str, text(60)] = ""  # 1073
    receiver_phones: Annotated[str, text(60)] = ""  # 1074
    federal_id: Annotated[str, text(3), V1_2] = ""  # 1262, its zeros count
    base_date: Annotated[Date | None, MAYBE_DATE8, V1_2] = None  # 1263
    base_number: Annotated[str, text(32), V1_2] = ""  # 1264
    industry: Annotated[str, text(256), V1_2] = ""  # 1265


@message
class OpenDocument(Asks[Empty]):
    """`mode`: `statuses.DocumentType` and the bits of `statuses.DocumentMode`.

    `number` counts with setting 2 bit 7 only. Punix 1.05 has the address in two parameters.
    """

    mode: Annotated[int, number(0, 255)]
    department: Department
    operator: Operator = Cashier()
    number: MaybeNumber = None
    taxation: Taxation = None
    address: Annotated[str, text(256), V1_2] = ""  # 1009


@message
class CloseDocumentReply(Texts):
    """From `text` on for fiscal receipts only: copies and service documents have the first two."""

    number: Number
    operations: Text
    text: Text = ""
    document: MaybeNumber = None
    sign: MaybeNumber = None
    shift: MaybeNumber = None
    receipt: MaybeNumber = None
    at: MaybeMoment = None


@message
class CloseDocument(Asks[CloseDocumentReply]):
    """`cut`: 1 service documents are not cut, 5 receipts are not. FM16 1.05 has no place, sender and automat."""

    cut: Number
    buyer: Annotated[str, text(256)] = ""  # 1008
    flags: MaybeNumber = None
    place: Annotated[str, text(256)] = ""  # 1187
    sender: Annotated[str, text(64)] = ""  # 1117
    automat: Annotated[str, text(20)] = ""  # 1036
    user_name: Annotated[str, text(64)] = ""  # 1085
    user_value: Annotated[str, text(256)] = ""  # 1086
    buyer_name: Annotated[str, text(128)] = ""  # 1227
    buyer_inn: Annotated[str, text(12)] = ""  # 1228
    buyer_birthday: Annotated[Date | None, MAYBE_DATE8, V1_2] = None  # 1243
    buyer_citizenship: Annotated[str, text(3), V1_2] = ""  # 1244
    buyer_document_code: Annotated[str, text(2), V1_2] = ""  # 1245
    buyer_document: Annotated[str, text(64), V1_2] = ""  # 1246
    buyer_address: Annotated[str, text(256), V1_2] = ""  # 1254


@message
class CancelDocument(Asks[Empty]):
    pass


@message
class PostponeDocument(Asks[Empty]):
    """Its sum counts among the postponed when there is no reason given."""

    reason: Annotated[str, text(40)] = ""


@message
class AddItemReply(Texts):
    tax: Tax


@message
class AddItem(Asks[AddItemReply]):
    """An empty name is printed as "Товар". `price` is after discounts and markups; `discount` is information only.

    `unit`: the words of 1197, in ФФД 1.2 the number of 2108. Left out: `method` is 4, `object` is 1.
    """

    name: Annotated[str, text(256)]
    article: Annotated[str, text(18)]
    quantity: Quantity
    price: Annotated[int, kopecks(MAX_PRICE)]
    vat: Number  # a row of `protocols.pirit.vat`
    position: Annotated[str, text(4)] = ""
    section: Annotated[int | None, optional(number(0, 16))] = None
    discount_kind: MaybeNumber = None  # 2 discount, 4 markup
    unit: Annotated[str, text(38)] = ""
    discount: MaybeKopecks = None
    method: MaybeNumber = None
    object: MaybeNumber = None
    country: Annotated[str, text(3)] = ""  # 1230
    declaration: Annotated[str, text(32)] = ""  # 1231
    excise: MaybeKopecks = None  # 1229; not in Пирит 2Ф 1.05


@message
class Subtotal(Asks[Empty]):
    """The second one ends the items."""


@message
class ReceiptDiscount(Asks[Empty]):
    """Once, after the first subtotal, of type 1 (a sum) and below a ruble."""

    type: Number
    name: Annotated[str, text(38)]
    sum: Annotated[int, kopecks(99)]


@message
class Payment(Asks[Empty]):
    """`type`: 0 cash, 1…12 electronic, 13 prepaid, 14 postpaid, 15 other; only cash may exceed the total."""

    type: Annotated[int, number(0, 15)]
    sum: Annotated[int, kopecks(MAX_PRICE)]
    text: Annotated[str, text(44)] = ""


@message
class CashInOut(Asks[Empty]):
    """In an open document of type 4 or 5; several make one sum."""

    note: Annotated[str, text(40)]
    sum: Annotated[int, kopecks(MAX_PRICE)]


@message
class DepartmentSum(Asks[Empty]):
    """`operation`: 0 sale, 1 return."""

    operation: Number
    department: Number
    sum: Kopecks


@message
class CompareTotal(Asks[Empty]):
    """Error 03 when the receipt's total differs."""

    sum: Kopecks


@message
class SetTotal(Asks[Empty]):
    """Other kopecks, the same rubles: rounding of the total."""

    sum: Kopecks


@message
class OpenCopy(Asks[Empty]):
    """A service document that looks like a receipt; with `document` (of this shift) its end is read from the drive."""

    mode: Annotated[int, number(0, 255)]
    department: Department
    operator: Operator
    receipt: Number
    register: Annotated[int, number(0, 9999)]
    at: Moment
    document: MaybeNumber = None
    taxation: Taxation = None


@message
class DocumentTag(Asks[Empty]):
    """A tag of the whole receipt: 1192; in ФФД 1.2 1262…1265 (of 1261) and 1271…1273 (of 1270); in 1.05 of an agent.

    `caption` is printed, 1192 needs one.
    """

    tag: Number
    attributes: Number
    caption: Annotated[str, text(72)]
    value: Annotated[str, text(256)]


@message
class Correction(Asks[Empty]):
    """`type`: bit 0 by instruction, 1 expense, 2…4 taxation, 6 return (ФФД 1.2), 7 with items (1.05).

    ФФД 1.2, and 1.05 with bit 7: opens a correction receipt, which goes on as any other. 1.05 without bit 7: makes the
    whole document; with bit 5 clear `vat_20` is a row of the VAT table and the other taxes do not count.
    """

    operator: Operator
    cash: Annotated[int | None, MAYBE_KOPECKS, V1_05]
    electronic: Annotated[int | None, MAYBE_KOPECKS, V1_05]
    prepaid: Annotated[int | None, MAYBE_KOPECKS, V1_05]
    postpaid: Annotated[int | None, MAYBE_KOPECKS, V1_05]
    other: Annotated[int | None, MAYBE_KOPECKS, V1_05]
    type: Annotated[int, number(0, 255)]
    base_date: Date
    base_number: Annotated[str, text(32)]
    reserved: Text = ""
    vat_20: Annotated[Decimal | None, MAYBE_DECIMAL, V1_05] = None
    vat_10: Annotated[int | None, MAYBE_KOPECKS, V1_05] = None
    vat_0: Annotated[int | None, MAYBE_KOPECKS, V1_05] = None
    vat_none: Annotated[int | None, MAYBE_KOPECKS, V1_05] = None
    vat_120: Annotated[int | None, MAYBE_KOPECKS, V1_05] = None
    vat_110: Annotated[int | None, MAYBE_KOPECKS, V1_05] = None
    additional: Annotated[str, text(16), V1_05] = ""  # 1192
    buyer_name: Annotated[str, text(128), V1_05] = ""  # 1227
    buyer_inn: Annotated[str, text(12), V1_05] = ""  # 1228
    user_name: Annotated[str, text(64), V1_05] = ""  # 1085
    user_value: Annotated[str, text(256), V1_05] = ""  # 1086


_DRAFT, _FISCAL = Effect.DRAFT, Effect.FISCAL

ROWS = (
    row(0x24, "item_details", "Дополнительные реквизиты позиции", ItemDetails, ItemDetailsReply, effect=_DRAFT,
        silent=True),
    row(0x30, "open_document", "Открыть документ", OpenDocument, Empty, effect=_DRAFT, timeout=5.0),
    row(0x31, "close_document", "Завершить документ", CloseDocument, CloseDocumentReply, effect=_FISCAL, timeout=20.0),
    row(0x32, "cancel_document", "Аннулировать документ", CancelDocument, Empty, effect=_DRAFT, timeout=10.0),
    row(0x33, "postpone_document", "Отложить документ", PostponeDocument, Empty, effect=_DRAFT, timeout=10.0),
    row(0x42, "add_item", "Добавить товарную позицию", AddItem, AddItemReply, effect=_DRAFT, silent=True),
    row(0x44, "subtotal", "Подытог", Subtotal, Empty, effect=_DRAFT, silent=True),
    row(0x45, "receipt_discount", "Скидка на чек", ReceiptDiscount, Empty, effect=_DRAFT, silent=True),
    row(0x47, "payment", "Оплата", Payment, Empty, effect=_DRAFT, silent=True),
    row(0x48, "cash_in_out", "Внесение / изъятие суммы", CashInOut, Empty, effect=_DRAFT, silent=True),
    row(0x50, "department_sum", "Сумма по отделу", DepartmentSum, Empty, effect=_DRAFT),
    row(0x52, "compare_total", "Сравнить сумму чека", CompareTotal, Empty, effect=_DRAFT, silent=True),
    row(0x53, "open_copy", "Открыть копию чека", OpenCopy, Empty, effect=_DRAFT, timeout=5.0),
    row(0x57, "document_tag", "Реквизит чека для ОФД", DocumentTag, Empty, effect=_DRAFT),
    row(0x58, "correction", "Чек коррекции", Correction, Empty, effect=_FISCAL, timeout=20.0),
    row(0x64, "set_total", "Установить итог чека", SetTotal, Empty, effect=_DRAFT),
)  # fmt: skip
