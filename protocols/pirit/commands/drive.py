"""78: what the fiscal drive says. States and masks are in words in `protocols.pirit.statuses`."""

from __future__ import annotations

from typing import Annotated

from protocols.pirit.commands.base import Asks, Echo, Line, row
from protocols.pirit.commands.replies import MomentReply, NumberReply, TextReply
from protocols.pirit.fields import Hex, Kopecks, Kopecks6, MaybeMoment, MaybeNumber, Moment, Number, Text, number
from protocols.pirit.messages import V1_2, Texts
from protocols.rows import Effect
from protocols.wire import message


@message
class HexReply(Texts):
    data: Hex


@message
class DriveNumber(Asks[TextReply]):
    pass


@message
class DriveStateReply(Texts):
    """`state`: phase, data and shift; `document`: the one in work; `warnings`: a mask."""

    state: Number
    document: Number
    warnings: Number


@message
class DriveState(Asks[DriveStateReply]):
    pass


@message
class LastDocument(Asks[NumberReply]):
    """ФД of the last fiscal document: did anything become of ours?"""


@message
class RegisteredAt(Asks[MomentReply]):
    pass


@message
class RegistrationDocument(Asks[NumberReply]):
    """ФД of the last registration."""


@message
class ShiftStateReply(Texts):
    """The order of the vendor's library (its manual is ambiguous): number, 1 open or 0 closed, receipts in it."""

    shift: Number
    open: Number
    receipts: Number


@message
class ShiftState(Asks[ShiftStateReply]):
    pass


@message
class ExchangeReply(Texts):
    """`queue` documents wait for the OFD, the oldest is `first` of `at`."""

    status: Number
    queue: Number
    first: Number
    at: MaybeMoment = None


@message
class Exchange(Asks[ExchangeReply]):
    pass


@message
class ArchivedReply(Texts):
    """The short record of the archive. `code`, the document's, is known from the vendor's library only."""

    acknowledged: Annotated[int, number(0, 1)]
    data: Hex
    code: MaybeNumber = None


@message
class Archived(Asks[ArchivedReply]):
    document: Number


@message
class Confirmation(Asks[HexReply]):
    """What the OFD confirmed a document with."""

    document: Number


@message
class DriveErrors(Asks[HexReply]):
    pass


@message
class DriveVersionsReply(Texts):
    """`serial` 0: a debug drive. `ffd` is 1209, `register_version` 1188, `register_ffd` 1189."""

    firmware: Text
    serial: Number
    ffd: Number
    register_version: Text
    register_ffd: Number


@message
class DriveVersions(Asks[DriveVersionsReply]):
    pass


@message
class SelectDocumentReply(Texts):
    code: Number
    size: Number


@message
class SelectDocument(Asks[SelectDocumentReply]):
    """Before `ReadTlv`."""

    document: Number


@message
class ReadTlv(Asks[HexReply]):
    """The next block of the selected document, until error 48."""


@message
class ShiftStart(Asks[NumberReply]):
    """ФД of the report that opened the shift."""


@message
class FreeMemoryReply(Texts):
    documents: Number
    kilobytes: Number


@message
class FreeMemory(Asks[FreeMemoryReply]):
    pass


@message
class LastRegistrationReply(Texts):
    document: Number
    sign: Number
    at: Moment


@message
class LastRegistration(Asks[LastRegistrationReply]):
    pass


@message
class SelectRegistration(Asks[NumberReply]):
    """1 registration, 11 reregistration. Before `ReadRegistrationTlv`."""

    number: Number


@message
class ReadRegistrationTlv(Asks[HexReply]):
    pass


@message
class DriveFfdReply(Texts):
    """2 is ФФД 1.05, 4 is 1.2."""

    current: Number
    supported: Number


@message
class DriveFfd(Asks[DriveFfdReply]):
    pass


@message
class DriveCountersReply(Texts):
    """`taxes`: VAT of 20, 10 and 0 %, sums without VAT, VAT of 20/120 and 10/110."""

    count: Number
    total: Kopecks
    cash: Kopecks
    electronic: Kopecks
    prepaid: Kopecks
    postpaid: Kopecks
    other: Kopecks
    taxes: Kopecks6
    correction_count: Number
    correction_total: Kopecks


@message
class DriveCounters(Asks[DriveCountersReply]):
    """`kind`: 0 of the shift, 1 of the whole drive; `operation` as tag 1054."""

    kind: Annotated[int, number(0, 1)]
    operation: Annotated[int, number(1, 4)]


_READ = Effect.READ

ROWS = (
    row(0x78, "drive_number", "Номер ФН", DriveNumber, TextReply, sub=1, effect=_READ),
    row(0x78, "drive_state", "Состояние ФН", DriveState, DriveStateReply, sub=2, effect=_READ),
    row(0x78, "last_document", "Последний ФД", LastDocument, NumberReply, sub=3, effect=_READ),
    row(0x78, "registered_at", "Дата и время регистрации", RegisteredAt, MomentReply, sub=4, effect=_READ),
    row(0x78, "registration_document", "ФД последней регистрации", RegistrationDocument, NumberReply, sub=5,
        effect=_READ),
    row(0x78, "shift_state", "Состояние смены", ShiftState, ShiftStateReply, sub=6, effect=_READ),
    row(0x78, "exchange", "Состояние обмена с ОФД", Exchange, ExchangeReply, sub=7, effect=_READ),
    row(0x78, "archived", "Документ из архива", Archived, ArchivedReply, sub=11, effect=_READ, echo=Echo.EITHER),
    row(0x78, "confirmation", "Квитанция ОФД", Confirmation, HexReply, sub=12, effect=_READ, echo=Echo.EITHER),
    row(0x78, "drive_errors", "Последние ошибки ФН", DriveErrors, HexReply, sub=13, effect=_READ, echo=Echo.EITHER),
    row(0x78, "drive_versions", "Версии ФН и ФФД", DriveVersions, DriveVersionsReply, sub=14, effect=_READ),
    row(0x78, "select_document", "Документ из архива в TLV", SelectDocument, SelectDocumentReply, sub=15,
        effect=_READ),
    row(0x78, "read_tlv", "Данные TLV", ReadTlv, HexReply, sub=16, effect=_READ, echo=Echo.EITHER),
    row(0x78, "shift_start", "ФД начала смены", ShiftStart, NumberReply, sub=17, effect=_READ),
    row(0x78, "free_memory", "Свободная память ФН", FreeMemory, FreeMemoryReply, sub=18, effect=_READ,
        lines=Line.PUNIX),
    row(0x78, "last_registration", "Последняя регистрация", LastRegistration, LastRegistrationReply, sub=19,
        effect=_READ),
    row(0x78, "select_registration", "Регистрация в TLV", SelectRegistration, NumberReply, sub=20, effect=_READ),
    row(0x78, "read_registration_tlv", "Данные TLV регистрации", ReadRegistrationTlv, HexReply, sub=21, effect=_READ,
        echo=Echo.EITHER),
    row(0x78, "drive_ffd", "Версия ФФД ФН", DriveFfd, DriveFfdReply, sub=22, effect=_READ, ffd=V1_2),
    row(0x78, "drive_counters", "Счётчики ФН", DriveCounters, DriveCountersReply, sub=23, effect=_READ, ffd=V1_2),
)  # fmt: skip
