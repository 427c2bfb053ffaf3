"""States, warnings and errors of a fiscal drive, with words for the person at the till.

Sources: command-level tables of the drive (two independent transcriptions), FNS texts of tags 1050-1053.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from protocols.ffd.enums import DocumentCode


class Phase(IntEnum):
    """Life of a drive; the values are growing sets of bits."""

    SETUP = 0
    READY = 1
    FISCAL = 3
    CLOSING = 7  # closed, but documents still wait for the OFD
    CLOSED = 15


class CurrentDocument(IntEnum):
    """The half-made document a drive reports."""

    NONE = 0x00
    REGISTRATION = 0x01
    SHIFT_OPEN = 0x02
    RECEIPT = 0x04
    SHIFT_CLOSE = 0x08
    DRIVE_CLOSE = 0x10
    BSO = 0x11
    REPLACEMENT = 0x12
    REREGISTRATION = 0x13
    CORRECTION = 0x14
    BSO_CORRECTION = 0x15
    STATE_REPORT = 0x17


CURRENT_OF = {
    DocumentCode.REGISTRATION: CurrentDocument.REGISTRATION,
    DocumentCode.SHIFT_OPEN: CurrentDocument.SHIFT_OPEN,
    DocumentCode.RECEIPT: CurrentDocument.RECEIPT,
    DocumentCode.BSO: CurrentDocument.BSO,
    DocumentCode.SHIFT_CLOSE: CurrentDocument.SHIFT_CLOSE,
    DocumentCode.DRIVE_CLOSE: CurrentDocument.DRIVE_CLOSE,
    DocumentCode.REREGISTRATION: CurrentDocument.REREGISTRATION,
    DocumentCode.STATE_REPORT: CurrentDocument.STATE_REPORT,
    DocumentCode.CORRECTION: CurrentDocument.CORRECTION,
    DocumentCode.BSO_CORRECTION: CurrentDocument.BSO_CORRECTION,
}


class DriveWarning(IntFlag):
    """Warning byte of the drive's status. Bits 4-6 are UNCONFIRMED (general knowledge of ФФД 1.1 drives)."""

    REPLACE_URGENTLY = 0x01
    RESOURCE_30_DAYS = 0x02
    MEMORY_90 = 0x04
    OFD_OVERDUE = 0x08
    OFD_REJECTED = 0x10
    SETUP_NEEDED = 0x20
    OFD_ANNULLED = 0x40
    CRITICAL = 0x80


#: The warnings' stable codes.
WARNING_CODES = {
    DriveWarning.REPLACE_URGENTLY: "replace_urgently",
    DriveWarning.RESOURCE_30_DAYS: "resource_30_days",
    DriveWarning.MEMORY_90: "memory_90",
    DriveWarning.OFD_OVERDUE: "ofd_overdue",
    DriveWarning.OFD_REJECTED: "ofd_refused",
    DriveWarning.SETUP_NEEDED: "ofd_setup",
    DriveWarning.OFD_ANNULLED: "ofd_annulled",
    DriveWarning.CRITICAL: "critical",
}


def drive_warnings(value: int) -> tuple[str, ...]:
    """Stable codes of the warning flags that are set."""
    return tuple(code for mask, code in WARNING_CODES.items() if value & mask)


#: Tags of shift reports that repeat the warnings.
WARNING_TAGS = {
    1050: DriveWarning.RESOURCE_30_DAYS,
    1051: DriveWarning.REPLACE_URGENTLY,
    1052: DriveWarning.MEMORY_90,
    1053: DriveWarning.OFD_OVERDUE,
}


class ConfirmationFault(IntEnum):
    """Why a drive does not take an operator confirmation (sub-code of error 0x20; one source)."""

    REJECTED = 1
    WRONG_SIGN = 2
    WRONG_FORMAT = 3
    WRONG_DOCUMENT = 4
    WRONG_DRIVE = 5
    WRONG_CRC = 6


class AnswerFault(IntEnum):
    """Why a drive does not take an answer of the marking system (second byte of a register's FF61; no 6)."""

    WRONG_SIGN = 1
    WRONG_FORMAT = 2
    WRONG_REQUEST = 3
    WRONG_DRIVE = 4
    WRONG_CRC = 5
    WRONG_LENGTH = 7


class Fault(IntEnum):
    """Error numbers of the drive."""

    UNKNOWN_COMMAND = 0x01
    WRONG_STATE = 0x02
    DRIVE_FAILURE = 0x03
    CRYPTO_FAILURE = 0x04
    VALIDITY_ENDED = 0x05
    ARCHIVE_FULL = 0x06
    BAD_TIME = 0x07
    NO_DATA = 0x08
    BAD_PARAMETER = 0x09
    TLV_TOO_LARGE = 0x10
    NO_TRANSPORT = 0x11
    CRYPTO_EXHAUSTED = 0x12
    STORAGE_EXHAUSTED = 0x14
    OFD_WAIT_EXHAUSTED = 0x15
    SHIFT_EXPIRED = 0x16
    TIME_STEP = 0x17
    CONFIRMATION_REFUSED = 0x20
    MARKING_FORBIDDEN = 0x32
    MARKING_SEQUENCE = 0x33
    MARKING_BLOCKED = 0x34
    MARKING_FULL = 0x35
    MARKING_INCOMPLETE = 0x3C
    MARKING_UNCHECKED = 0x3E


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """One error: English `detail` for logs, Russian `text` and `hint` (what to do) for the person at the till."""

    number: int
    detail: str
    text: str
    hint: str


_OPERATOR = "Вызовите техника: накопитель не отвечает как должен."

ERRORS = {
    row.number: row
    for row in (
        ErrorRow(0x00, "no error", "Ошибок нет", ""),
        ErrorRow(0x01, "unknown command or bad format", "ФН: неизвестная команда или неверный формат",
                 "Обновите прошивку кассы или программу, которая с ней работает."),
        ErrorRow(0x02, "wrong state of the drive", "ФН: команда не подходит к состоянию накопителя",
                 "Проверьте, открыта ли смена и нет ли незавершённого документа."),
        ErrorRow(0x03, "drive failure", "ФН: отказ накопителя", _OPERATOR),
        ErrorRow(0x04, "crypto coprocessor failure", "ФН: отказ криптографического сопроцессора", _OPERATOR),
        ErrorRow(0x05, "validity of the drive ended", "ФН: срок действия накопителя истёк",
                 "Закройте смену, закройте архив ФН и замените накопитель."),
        ErrorRow(0x06, "archive is full", "ФН: память накопителя исчерпана",
                 "Закройте смену, закройте архив ФН и замените накопитель."),
        ErrorRow(0x07, "bad date or time", "ФН: неверные дата или время",
                 "Сверьте часы кассы: они не могут отставать от последнего документа."),
        ErrorRow(0x08, "no such data", "ФН: запрошенных данных нет", "Проверьте номер документа."),
        ErrorRow(0x09, "bad parameter value", "ФН: недопустимое значение реквизита",
                 "Проверьте реквизиты чека: система налогообложения, предмет расчёта, суммы."),
        ErrorRow(0x10, "TLV data is too large", "ФН: документ слишком велик", "Разделите чек на несколько."),
        ErrorRow(0x11, "no transport connection", "ФН: нет связи с ОФД", "Проверьте интернет на кассе."),
        ErrorRow(0x12, "crypto resource exhausted", "ФН: ресурс ключей исчерпан",
                 "Закройте архив ФН и замените накопитель."),
        ErrorRow(0x14, "storage for documents to the OFD exhausted", "ФН: память для документов в ОФД исчерпана",
                 "Восстановите связь с ОФД и дождитесь отправки документов."),
        ErrorRow(0x15, "oldest unsent document is older than 30 days", "ФН: документы не переданы в ОФД более 30 дней",
                 "Восстановите связь с ОФД: после передачи документов касса снова заработает."),
        ErrorRow(0x16, "shift is longer than 24 hours", "ФН: смена длится более 24 часов",
                 "Закройте смену и откройте новую."),
        ErrorRow(0x17, "time step between operations is wrong", "ФН: неверная разница времени между операциями",
                 "Сверьте часы кассы и повторите документ."),
        ErrorRow(0x20, "operator confirmation cannot be accepted", "ФН: подтверждение оператора не принято",
                 "Обратитесь к оператору фискальных данных."),
        ErrorRow(0x32, "marked goods are forbidden by the registration", "ФН: работа с маркировкой запрещена",
                 "Перерегистрируйте кассу с признаком торговли маркированными товарами."),
        ErrorRow(0x33, "wrong order of marking commands", "ФН: неверная последовательность команд маркировки",
                 "Повторите проверку кода маркировки."),
        ErrorRow(0x34, "marking is blocked for a time", "ФН: работа с маркировкой временно заблокирована",
                 "Передайте накопленные уведомления о реализации в ОИСМ."),
        ErrorRow(0x35, "the table of checked codes is full", "ФН: таблица проверенных кодов маркировки заполнена",
                 "Разделите чек: в одном не больше 128 кодов маркировки."),
        ErrorRow(0x3C, "requisites of the marked goods are missing", "ФН: не хватает реквизитов маркированного товара",
                 "Проверьте реквизиты товара."),
        ErrorRow(0x3E, "a code of the notification was not checked", "ФН: код маркировки не прошёл проверку",
                 "Проверьте код маркировки ещё раз."),
    )
}  # fmt: skip


def error(number: int) -> ErrorRow:
    """The row of an error number; an unknown one gets a row that says so."""
    known = ERRORS.get(number)
    if known is not None:
        return known
    return ErrorRow(number, f"unknown drive error 0x{number:02X}", f"ФН: неизвестная ошибка 0x{number:02X}", _OPERATOR)
