"""Shift, receipt, positions, tags, payments and reports (atol_wire §4.3, §4.5). Sums are kopecks."""

from __future__ import annotations

from typing import Annotated

from protocols.atol.commands.base import Asks, Empty, row
from protocols.atol.fields import (
    U8,
    Bcd1,
    Bcd5,
    Bcd6,
    Bcd7,
    Code16,
    Name64,
    Quantity5,
    bcd_tail,
    tail_bytes,
    tail_text,
)
from protocols.atol.statuses import Mode
from protocols.rows import Effect
from protocols.wire import Message, message, raw_bytes

#: Flags that most commands of a receipt begin with: bit 0 only tests whether the operation would go through.
TEST_ONLY = 0x01
#: EB and 52: the drawer need not hold the money (CRYS, which meets refusals of card refunds without it).
IGNORE_CASH = 0x02
#: 92h, "do not print". UNCONFIRMED: TC and VEND have 04h, A4J 02h.
DO_NOT_PRINT = 0x04
#: E8: show the tag on paper.
PRINT_TAG = 0x01
#: Bytes of tags in one E8. UNCONFIRMED limit: protocol 2 carries 255 bytes, head of the message included.
MAX_BLOCK = 249

ShiftText = Annotated[str, tail_text(251)]
Two = Annotated[bytes, raw_bytes(2)]
ItemName = Annotated[str, tail_text(128)]
Block = Annotated[bytes, tail_bytes(MAX_BLOCK)]
#: UNCONFIRMED: A4J sends seven digits' bytes of tax, CRYS five.
TaxSum = Annotated[int, bcd_tail(5, 7)]


@message
class OpenShift(Asks[Empty]):
    """`text` is printed on the report of opening."""

    flags: U8
    text: ShiftText = ""


@message
class OpenReceipt(Asks[Empty]):
    """`type`: `statuses.ReceiptType`. Devices without a drive open the shift by it (UNCONFIRMED for others)."""

    flags: U8
    type: U8


@message
class RegisterItem(Asks[Empty]):
    """E6h: one command a position, for ФФД 1.0 alone (table 2, field 109 = 1: CRYS). `kind` 1: `adjustment` is a sum.

    `sign`: 0 discount, 1 surcharge. `reference` is not printed (VEND).
    """

    flags: U8
    name: Name64
    price: Bcd6
    quantity: Quantity5
    kind: U8
    sign: U8
    adjustment: Bcd6
    tax: U8
    section: Bcd1
    reference: Code16
    reserved: U8


@message
class Sale(Asks[Empty]):
    """52h: registration without a name, ФФД 1.0."""

    flags: U8
    price: Bcd5
    quantity: Quantity5
    section: Bcd1


@message
class SaleReturn(Asks[Empty]):
    """57h, ФФД 1.0 (CRYS)."""

    flags: U8
    price: Bcd5
    quantity: Quantity5


@message
class BeginItem(Asks[Empty]):
    """EAh. `parameter` must be 1, `reserved` 0 (CRYS, VEND). Tags of E8 until EB are the item's."""

    flags: U8
    parameter: U8
    reserved: U8


@message
class EndItem(Asks[Empty]):
    """EBh. `tax_sum` 0: the register computes it. `tax`: `protocols.atol.vat`. `object`, `method`: tags 1212, 1214.

    `sign` 0 discount, 1 surcharge; `discount` is for information: it is in `sum` already, or not allowed with it (CRYS:
    `sum` is price times quantity where it is used).
    """

    flags: U8
    price: Bcd7
    quantity: Quantity5
    sum: Bcd7
    tax: U8
    tax_sum: Bcd7
    section: Bcd1
    object: Bcd1
    method: Bcd1
    sign: U8
    discount: Bcd7
    reserved: Two
    name: ItemName


@message
class WriteTag(Asks[Empty]):
    """E8h: `data` is TLV (or a part of it) of one tag: block `block` of `blocks`."""

    flags: U8
    blocks: U8
    block: U8
    data: Block


@message
class ReadTag(Asks["ReadTagReply"]):
    """E9h of one tag. Block 0 answers the beginning of the TLV and how many blocks there are."""

    tag_low: U8
    tag_high: U8
    block: U8

    @property
    def tag(self) -> int:
        return self.tag_low | self.tag_high << 8


@message
class ReadTagReply(Message):
    blocks: U8
    data: Block


@message
class ReceiptTax(Asks[Empty]):
    """B8h: the tax of the whole receipt. `area`: 0 receipt, 1 position."""

    flags: U8
    area: U8
    tax: U8
    sum: TaxSum


@message
class Adjust(Asks[Empty]):
    """43h: `area` 0 receipt, 1 position; `kind` 1 sum; `sign` 0 discount, 1 surcharge."""

    flags: U8
    area: U8
    kind: U8
    sign: U8
    sum: Bcd5


@message
class Pay(Asks["PayReply"]):
    """99h; the receipt is in its payment phase (1.4) afterwards. `form`: `statuses.Payment`."""

    flags: U8
    form: U8
    sum: Bcd5


@message
class PayReply(Message):
    """CRYS reads from the third byte; A4J wants 12 bytes in all, which is the same."""

    remainder: Bcd5
    change: Bcd5


@message
class UndoPay(Asks[PayReply]):
    flags: U8
    form: U8
    sum: Bcd5


@message
class CloseReceipt(Asks[Empty]):
    """4Ah. `sum` 0: what is due, exactly."""

    flags: U8
    form: U8
    sum: Bcd5


@message
class CancelReceipt(Asks[Empty]):
    pass


@message
class CashIn(Asks[Empty]):
    flags: U8
    sum: Bcd5


@message
class CashOut(Asks[Empty]):
    """Error 98h when the drawer holds less."""

    flags: U8
    sum: Bcd5


@message
class Report(Asks[Empty]):
    """67h: answers at once, the state is 2.2 until it is done. `type`: `statuses.XReport`."""

    type: U8


@message
class CloseShift(Asks[Empty]):
    """5Ah: answers at once, the state is 3.2 and then 7.1 until it is done."""


@message
class ResetCounters(Asks[Empty]):
    pass


@message
class FinishReport(Asks[Empty]):
    """55h (A4J; LOG lists EEh): print on a report that the drive holds already."""


@message
class PrintRegistration(Asks[Empty]):
    pass


@message
class PrintDocument(Asks[Empty]):
    """ABh: LOG knows the command; its parameter is UNCONFIRMED (document number as for A440h)."""

    number: Annotated[bytes, tail_bytes(8)]


def write_tag(tlv: bytes, *, printed: bool) -> tuple[WriteTag, ...]:
    """The commands that write one tag: its TLV in as many blocks as it takes (LOG: only the first has the header)."""
    pieces = [tlv[at : at + MAX_BLOCK] for at in range(0, len(tlv), MAX_BLOCK)]
    flags = PRINT_TAG if printed else 0
    return tuple(WriteTag(flags, len(pieces), number, piece) for number, piece in enumerate(pieces))


_RECEIPT = (Mode.REGISTRATION,)

ROWS = (
    row(0x9A, "open_shift", "Открыть смену", OpenShift, Empty, Effect.FISCAL, *_RECEIPT),
    row(0x92, "open_receipt", "Открыть чек", OpenReceipt, Empty, Effect.FISCAL, *_RECEIPT),
    row(0xEA, "begin_item", "Начать формирование позиции", BeginItem, Empty, Effect.DRAFT, *_RECEIPT, timeout=50.0),
    row(0xEB, "end_item", "Завершить формирование позиции", EndItem, Empty, Effect.DRAFT, *_RECEIPT, timeout=50.0),
    row(0xE8, "write_tag", "Запись реквизита", WriteTag, Empty, Effect.DRAFT),
    row(0xE9, "read_tag", "Чтение реквизита", ReadTag, ReadTagReply, Effect.READ),
    row(0xE6, "register_item", "Регистрация позиции", RegisterItem, Empty, Effect.DRAFT, *_RECEIPT, timeout=50.0,
        legacy=True),
    row(0x52, "sale", "Регистрация", Sale, Empty, Effect.DRAFT, *_RECEIPT, legacy=True),
    row(0x57, "sale_return", "Возврат", SaleReturn, Empty, Effect.DRAFT, *_RECEIPT, legacy=True),
    row(0xB8, "receipt_tax", "Регистрация налога на весь чек", ReceiptTax, Empty, Effect.DRAFT, *_RECEIPT),
    row(0x43, "adjust", "Скидка или надбавка", Adjust, Empty, Effect.DRAFT, *_RECEIPT),
    row(0x99, "pay", "Расчёт по чеку", Pay, PayReply, Effect.DRAFT, *_RECEIPT),
    row(0x9B, "undo_pay", "Сторно расчёта по чеку", UndoPay, PayReply, Effect.DRAFT, *_RECEIPT),
    row(0x4A, "close_receipt", "Закрыть чек", CloseReceipt, Empty, Effect.FISCAL, *_RECEIPT, timeout=20.0),
    row(0x59, "cancel_receipt", "Аннулирование всего чека", CancelReceipt, Empty, Effect.DRAFT, timeout=20.0),
    row(0x49, "cash_in", "Внесение денег", CashIn, Empty, Effect.DEVICE, *_RECEIPT),
    row(0x4F, "cash_out", "Выплата денег", CashOut, Empty, Effect.DEVICE, *_RECEIPT),
    row(0x67, "report", "Отчёт без гашения", Report, Empty, Effect.FISCAL, Mode.X_REPORTS, timeout=20.0),
    row(0x5A, "close_shift", "Суточный отчёт с гашением", CloseShift, Empty, Effect.FISCAL, Mode.Z_REPORTS,
        timeout=40.0),
    row(0x77, "reset_counters", "Общее гашение", ResetCounters, Empty, Effect.DANGEROUS, Mode.Z_REPORTS),
    row(0x55, "finish_report", "Допечатать отчёт", FinishReport, Empty, Effect.DEVICE, timeout=20.0),
    row(0xA8, "print_registration", "Печать итогов регистрации", PrintRegistration, Empty, Effect.DEVICE,
        Mode.ACCESS_DRIVE, timeout=120.0),
    row(0xAB, "print_document", "Печать документа по номеру", PrintDocument, Empty, Effect.DEVICE, Mode.ACCESS_DRIVE,
        timeout=120.0),
)  # fmt: skip
