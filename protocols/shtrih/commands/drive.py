"""§4: the fiscal drive behind the register — status, registration, archive, OFD transport."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from construct import ExprAdapter, GreedyBytes

from protocols.shtrih.commands.base import Access, Empty, Request, row
from protocols.shtrih.wire import Short
from protocols.wire import (
    MOMENT,
    U8,
    U16,
    U32,
    Ascii12,
    Ascii16,
    Ascii20,
    DateYmd,
    Kind,
    MaybeMoment,
    MaybeU8,
    MaybeU32,
    Message,
    Moment,
    Rest,
    Truncated,
    message,
    raw_bytes,
)

Sign18 = Annotated[bytes, raw_bytes(18)]


@message
class Made(Message):
    """A fiscal document was made. `made_at` only with table 17 field 36 (model bit 50)."""

    document: U32
    sign: U32
    made_at: MaybeMoment


@message
class ShiftMade(Message):
    shift: U16
    document: U32
    sign: U32
    made_at: MaybeMoment


@message
class DriveStatus(Request["DriveStatusReply"]):
    pass


@message
class DriveStatusReply(Message):
    """§5.3; the words are in `protocols.shtrih.statuses`."""

    phase: U8
    current_document: U8
    document_data: U8
    shift_open: U8
    warnings: U8
    last_at: Moment
    fn: Ascii16
    last_document: U32


@message
class DriveNumber(Request["DriveNumberReply"]):
    pass


@message
class DriveNumberReply(Message):
    fn: Ascii16


@message
class DriveExpiry(Request["DriveExpiryReply"]):
    pass


@message
class DriveExpiryReply(Message):
    valid_until: DateYmd
    registrations_left: MaybeU8
    registrations: MaybeU8


@message
class DriveVersion(Request["DriveVersionReply"]):
    pass


@message
class DriveVersionReply(Message):
    version: Ascii16
    serial_type: U8  # 0 debug, 1 serial


@message
class BeginRegistration(Request[Empty]):
    type: U8


@message
class MakeRegistration(Request[Made]):
    inn: Ascii12
    registration_number: Ascii20
    taxations: U8
    work_mode: U8


@message
class ResetDrive(Request[Empty]):
    """Debug drives only; code 16h (UNCONFIRMED)."""

    code: U8


@message
class CancelDocument(Request[Empty]):
    pass


@dataclass(frozen=True, slots=True)
class RegistrationTail:
    """What follows the work mode in FF09 / FF4C; which fields are there depends on the ФФД and on the firmware."""

    document: int
    sign: int
    extended_mode: int | None = None
    ofd_inn: str | None = None
    reasons: int | None = None
    made_at: datetime | None = None


def _pack_tail(tail: RegistrationTail) -> bytes:
    out = b""
    if tail.extended_mode is not None:
        inn = (tail.ofd_inn or "").encode("ascii").ljust(12, b" ")
        out = bytes((tail.extended_mode,)) + inn + (tail.reasons or 0).to_bytes(4, "little")
    elif tail.reasons is not None:
        out = bytes((tail.reasons,))
    out += tail.document.to_bytes(4, "little") + tail.sign.to_bytes(4, "little")
    return out if tail.made_at is None else out + MOMENT.pack(tail.made_at)


def _unpack_tail(raw: bytes) -> RegistrationTail:
    """The length alone tells the shape: 8 / 13 (1.05), 9 / 14 (1.05 with a reason), 25 / 30 (1.1 and later)."""
    made_at = None
    if len(raw) in {13, 14, 30}:
        made_at = MOMENT.unpack(raw, len(raw) - 5)[0]
        raw = raw[:-5]
    if len(raw) not in {8, 9, 25}:
        raise Truncated(f"registration totals end with {len(raw)} bytes")
    document, sign = int.from_bytes(raw[-8:-4], "little"), int.from_bytes(raw[-4:], "little")
    if len(raw) == 8:
        return RegistrationTail(document, sign, made_at=made_at)
    if len(raw) == 9:
        return RegistrationTail(document, sign, reasons=raw[0], made_at=made_at)
    inn = raw[1:13].decode("ascii", "replace").strip("\0 ")
    return RegistrationTail(document, sign, raw[0], inn, int.from_bytes(raw[13:17], "little"), made_at)


_TAIL = Kind(
    "registration_tail",
    ExprAdapter(GreedyBytes, lambda raw, _: _unpack_tail(raw), lambda value, _: _pack_tail(value)),
    _pack_tail,
    lambda data, offset: (_unpack_tail(data[offset:]), len(data)),
)


@message
class RegistrationTotals(Message):
    made_at: Moment
    inn: Ascii12
    registration_number: Ascii20
    taxations: U8
    work_mode: U8
    tail: Annotated[RegistrationTail, _TAIL]


@message
class LastRegistration(Request[RegistrationTotals]):
    pass


@message
class RegistrationByNumber(Request[RegistrationTotals]):
    number: U8


@message
class FindDocument(Request["FindDocumentReply"]):
    document: U32


@message
class FindDocumentReply(Message):
    """§5.5: `data` by document code; `protocols.shtrih.archive` reads it."""

    code: U8
    acknowledged: U8
    data: Rest


@message
class DriveOpenShift(Request[ShiftMade]):
    pass


@message
class SendTlv(Request[Empty]):
    """One or several TLVs for the open document, at most 250 bytes."""

    tlv: Rest


@message
class SendItemTlv(Request[Empty]):
    """TLVs for the last operation (FF46), at most 250 bytes."""

    tlv: Rest


@message
class TlvReply(Message):
    tlv: Rest


@message
class RegistrationTag(Request[TlvReply]):
    """Tag FFFFh selects all of them, to be read with FF3B."""

    report: U8
    tag: U16


@message
class RegistrationParameter(Request[TlvReply]):
    number: U8
    tag: U16


@message
class BufferStatus(Request["BufferStatusReply"]):
    pass


@message
class BufferStatusReply(Message):
    size: U16
    max_block: U8


@message
class ReadBuffer(Request["ReadBufferReply"]):
    offset: U16
    count: U8


@message
class ReadBufferReply(Message):
    data: Rest


@message
class BeginBufferWrite(Request["BeginBufferWriteReply"]):
    size: U16


@message
class BeginBufferWriteReply(Message):
    max_block: U8


@message
class WriteBuffer(Request[Empty]):
    offset: U16
    data: Short


@message
class Reregistration(Request[Made]):
    """FF34: INN 12, RNM 20, taxations 1, work mode 1, reason 1; the short form has the reason only."""

    content: Rest

    def parts(self) -> tuple[MakeRegistration | None, int]:
        """The fields of the long form (None in the short one) and the reason; WireError for other lengths."""
        if len(self.content) == 1:
            return None, self.content[0]
        fields = self.password.to_bytes(4, "little") + self.content[:-1]
        return MakeRegistration.decode(fields), self.content[-1]


@message
class BeginCorrection(Request[Empty]):
    pass


@message
class BeginStateReport(Request[Empty]):
    pass


@message
class MakeStateReport(Request["MakeStateReportReply"]):
    pass


@message
class MakeStateReportReply(Message):
    document: U32
    sign: U32
    unconfirmed: U32
    first_unconfirmed: DateYmd
    made_at: MaybeMoment


@message
class OfdStatus(Request["OfdStatusReply"]):
    pass


@message
class OfdStatusReply(Message):
    """§5.4; `first_at` is None when the queue is empty."""

    status: U8
    reading: U8
    queued: U16
    first_document: U32
    first_at: Moment


@message
class SelectDocument(Request["SelectDocumentReply"]):
    document: U32


@message
class SelectDocumentReply(Message):
    code: U16
    length: U16


@message
class NextTlv(Request[TlvReply]):
    pass


@message
class OfdReceipt(Request["OfdReceiptReply"]):
    document: U32


@message
class OfdReceiptReply(Message):
    made_at: Moment
    sign: Sign18
    document: U32


@message
class BeginDriveClose(Request[Empty]):
    pass


@message
class MakeDriveClose(Request[Made]):
    pass


@message
class UnconfirmedCount(Request["UnconfirmedCountReply"]):
    pass


@message
class UnconfirmedCountReply(Message):
    count: U16


@message
class ShiftParameters(Request["ShiftParametersReply"]):
    pass


@message
class ShiftParametersReply(Message):
    open: U8
    shift: U16
    receipt: U16


@message
class BeginOpenShift(Request[Empty]):
    pass


@message
class BeginCloseShift(Request[Empty]):
    pass


@message
class DriveCloseShift(Request[ShiftMade]):
    pass


@message
class SyncRegisters(Request[Empty]):
    pass


@message
class DriveMemory(Request["DriveMemoryReply"]):
    pass


@message
class DriveMemoryReply(Message):
    documents_left: U32
    area_kilobytes: U32
    notifications_percent: MaybeU8  # only when registered for marking


@message
class PushTlv(Request[Empty]):
    """UNCONFIRMED: how the buffer for TLV over 250 bytes is loaded on current firmware."""


@message
class DocumentSizes(Request["DocumentSizesReply"]):
    """UNCONFIRMED meaning: one driver only."""


@message
class DocumentSizesReply(Message):
    document: U32
    notice: MaybeU32


ROWS = (
    row(0xFF01, "drive_status", "Запрос статуса ФН", DriveStatus, DriveStatusReply),
    row(0xFF02, "drive_number", "Запрос номера ФН", DriveNumber, DriveNumberReply),
    row(0xFF03, "drive_expiry", "Запрос срока действия ФН", DriveExpiry, DriveExpiryReply),
    row(0xFF04, "drive_version", "Запрос версии ФН", DriveVersion, DriveVersionReply),
    row(0xFF05, "begin_registration", "Начать отчёт о регистрации ККТ", BeginRegistration, Empty, access=Access.SYSTEM),
    row(0xFF06, "make_registration", "Сформировать отчёт о регистрации", MakeRegistration, Made, access=Access.SYSTEM),
    row(0xFF07, "reset_drive", "Сброс состояния ФН", ResetDrive, Empty, access=Access.SYSTEM),
    row(0xFF08, "cancel_document", "Отменить документ в ФН", CancelDocument, Empty),
    row(0xFF09, "last_registration", "Запрос итогов последней фискализации", LastRegistration, RegistrationTotals),
    row(0xFF0A, "find_document", "Найти фискальный документ по номеру", FindDocument, FindDocumentReply),
    row(0xFF0B, "drive_open_shift", "Открыть смену в ФН", DriveOpenShift, ShiftMade, timeout=120.0),
    row(0xFF0C, "send_tlv", "Передать произвольную TLV-структуру", SendTlv, Empty),
    row(0xFF0E, "registration_tag", "Запрос параметра фискализации по тегу", RegistrationTag, TlvReply),
    row(0xFF30, "buffer_status", "Запрос наличия данных в буфере ОФД", BufferStatus, BufferStatusReply),
    row(0xFF31, "read_buffer", "Прочитать блок данных из буфера ОФД", ReadBuffer, ReadBufferReply),
    row(0xFF32, "begin_buffer_write", "Начать запись данных в буфер ОФД", BeginBufferWrite, BeginBufferWriteReply),
    row(0xFF33, "write_buffer", "Записать блок данных в буфер ОФД", WriteBuffer, Empty),
    row(0xFF34, "reregistration", "Сформировать отчёт о перерегистрации", Reregistration, Made, access=Access.SYSTEM),
    row(0xFF35, "begin_correction", "Начать формирование чека коррекции", BeginCorrection, Empty),
    row(0xFF37, "begin_state_report", "Начать отчёт о состоянии расчётов", BeginStateReport, Empty),
    row(0xFF38, "make_state_report", "Сформировать отчёт о состоянии расчётов", MakeStateReport, MakeStateReportReply),
    row(0xFF39, "ofd_status", "Получить статус информационного обмена", OfdStatus, OfdStatusReply),
    row(0xFF3A, "select_document", "Запросить ФД в TLV формате", SelectDocument, SelectDocumentReply),
    row(0xFF3B, "next_tlv", "Чтение TLV фискального документа", NextTlv, TlvReply),
    row(0xFF3C, "ofd_receipt", "Запрос квитанции о получении данных в ОФД", OfdReceipt, OfdReceiptReply),
    row(
        0xFF3D, "begin_drive_close", "Начать закрытие фискального режима", BeginDriveClose, Empty, access=Access.SYSTEM
    ),
    row(0xFF3E, "make_drive_close", "Закрыть фискальный режим", MakeDriveClose, Made, access=Access.SYSTEM),
    row(0xFF3F, "unconfirmed_count", "Количество ФД без квитанции", UnconfirmedCount, UnconfirmedCountReply),
    row(0xFF40, "shift_parameters", "Запрос параметров текущей смены", ShiftParameters, ShiftParametersReply),
    row(0xFF41, "begin_open_shift", "Начать открытие смены", BeginOpenShift, Empty),
    row(0xFF42, "begin_close_shift", "Начать закрытие смены", BeginCloseShift, Empty),
    row(0xFF43, "drive_close_shift", "Закрыть смену в ФН", DriveCloseShift, ShiftMade, timeout=65.0),
    row(0xFF4C, "registration_by_number", "Запрос итогов фискализации V2", RegistrationByNumber, RegistrationTotals),
    row(0xFF4D, "send_item_tlv", "Передать TLV, привязанную к операции", SendItemTlv, Empty),
    row(0xFF60, "registration_parameter", "Запрос параметра регистрации", RegistrationParameter, TlvReply),
    row(0xFF62, "sync_registers", "Синхронизировать регистры со счётчиком ФН", SyncRegisters, Empty),
    row(0xFF63, "drive_memory", "Запрос ресурса свободной памяти в ФН", DriveMemory, DriveMemoryReply),
    row(0xFF64, "push_tlv", "Передать в ФН TLV из буфера", PushTlv, Empty),
    row(0xFF74, "document_sizes", "Чтение размеров документа", DocumentSizes, DocumentSizesReply),
)
