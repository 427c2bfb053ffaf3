"""A4h: the fiscal drive's own commands, passed through; its formats are binary and little-endian (atol_wire §4.6)."""

from __future__ import annotations

from protocols.atol.commands.base import Asks, row
from protocols.rows import Effect
from protocols.wire import (
    U8,
    U16,
    U32,
    Ascii12,
    Ascii16,
    Ascii20,
    DateYmd,
    MaybeU8,
    Message,
    Moment,
    Rest,
    message,
)


@message
class DriveShift(Asks["DriveShiftReply"]):
    pass


@message
class DriveShiftReply(Message):
    """`receipt`: number in the shift. Binary as all of the drive's (A4J reads BCD, which is the same up to 9)."""

    open: U8
    shift: U16
    receipt: U16


@message
class DriveExchange(Asks["DriveExchangeReply"]):
    pass


@message
class DriveExchangeReply(Message):
    """`state`: `statuses.Exchange`; `first_at` and `first` of the oldest document that was not sent."""

    state: U8
    reading: U8
    unsent: U16
    first: U32
    first_at: Moment


@message
class DriveStatus(Asks["DriveStatusReply"]):
    pass


@message
class DriveStatusReply(Message):
    """Words are in `protocols.fn.statuses`."""

    phase: U8
    current_document: U8
    document_data: U8
    shift_open: U8
    warnings: U8
    last_at: Moment
    fn: Ascii16
    last_document: U32


@message
class DriveNumber(Asks["DriveNumberReply"]):
    pass


@message
class DriveNumberReply(Message):
    fn: Ascii16


@message
class DriveValidity(Asks["DriveValidityReply"]):
    pass


@message
class DriveValidityReply(Message):
    valid_until: DateYmd
    registrations_left: MaybeU8
    registrations: MaybeU8


@message
class DriveVersion(Asks["DriveVersionReply"]):
    pass


@message
class DriveVersionReply(Message):
    """`serial_type`: 0 debug, 1 serial."""

    version: Ascii16
    serial_type: U8


@message
class FindDocument(Asks["FindDocumentReply"]):
    document: U32


@message
class FindDocumentReply(Message):
    """Code of the document, whether the OFD confirmed it, and the drive's record of it."""

    code: U8
    confirmed: U8
    data: Rest


@message
class RegistrationTotals(Asks["RegistrationTotalsReply"]):
    """Without a number: the last registration (CRYS, TC)."""

    number: MaybeU8


@message
class RegistrationTotalsReply(Message):
    """`rest` depends on the ФФД: extended modes, OFD, reasons, document number and sign."""

    made_at: Moment
    inn: Ascii12
    registration_number: Ascii20
    taxations: U8
    work_mode: U8
    rest: Rest


@message
class BeginTlv(Asks["BeginTlvReply"]):
    document: U32


@message
class BeginTlvReply(Message):
    """VEND; `size` of the TLV that `ReadTlv` brings piece by piece."""

    code: U16
    size: U16


@message
class ReadTlv(Asks["ReadTlvReply"]):
    """Error DAh, or EEh, after the last piece (TC)."""


@message
class ReadTlvReply(Message):
    data: Rest


ROWS = (
    row(0xA410, "drive_shift", "ФН: состояние смены", DriveShift, DriveShiftReply, Effect.READ),
    row(0xA420, "drive_exchange", "ФН: состояние обмена с ОФД", DriveExchange, DriveExchangeReply, Effect.READ),
    row(0xA430, "drive_status", "ФН: статус", DriveStatus, DriveStatusReply, Effect.READ),
    row(0xA431, "drive_number", "ФН: номер", DriveNumber, DriveNumberReply, Effect.READ),
    row(0xA432, "drive_validity", "ФН: срок действия", DriveValidity, DriveValidityReply, Effect.READ),
    row(0xA433, "drive_version", "ФН: версия", DriveVersion, DriveVersionReply, Effect.READ),
    row(0xA440, "find_document", "ФН: найти документ по номеру", FindDocument, FindDocumentReply, Effect.READ),
    row(
        0xA443,
        "registration_totals",
        "ФН: итоги фискализации",
        RegistrationTotals,
        RegistrationTotalsReply,
        Effect.READ,
    ),
    row(0xA445, "begin_tlv", "ФН: начать чтение документа в TLV", BeginTlv, BeginTlvReply, Effect.READ),
    row(0xA446, "read_tlv", "ФН: прочитать часть документа в TLV", ReadTlv, ReadTlvReply, Effect.READ),
)  # fmt: skip
