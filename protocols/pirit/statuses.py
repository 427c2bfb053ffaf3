"""Masks and states of Пирит in words (other_kkt §1.4, §1.7, §1.8)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, IntFlag

from protocols.ffd.enums import Operation
from protocols.fn.statuses import CurrentDocument, DriveWarning, Phase


class Fatal(IntFlag):
    """First number of status 00. Any bit blocks all; with `DRIVE_FATAL` and bit 7 the shift can still be closed."""

    NVR_CHECKSUM = 0x001
    CONFIGURATION_CHECKSUM = 0x002
    NO_DRIVE = 0x004
    NOT_AUTHORISED = 0x020
    DRIVE_FATAL = 0x040
    SD_CARD = 0x100  # FM16


#: Of `Fatal`: these leave the end of the shift possible (bit 7 has no meaning yet).
LEAVES_SHIFT_END = Fatal.DRIVE_FATAL | 0x080

FATAL_TEXT: Mapping[int, str] = {
    Fatal.NVR_CHECKSUM: "неверная контрольная сумма NVR",
    Fatal.CONFIGURATION_CHECKSUM: "неверная контрольная сумма конфигурации",
    Fatal.NO_DRIVE: "нет связи с ФН",
    Fatal.NOT_AUTHORISED: "ККТ не авторизована",
    Fatal.DRIVE_FATAL: "фатальная ошибка ФН",
    Fatal.SD_CARD: "карта SD отсутствует или неисправна",
}


class Flag(IntFlag):
    """Second number of status 00."""

    WORK_NOT_BEGUN = 0x001
    NOT_FISCAL = 0x002
    SHIFT_OPEN = 0x004
    SHIFT_EXPIRED = 0x008
    ARCHIVE_CLOSED = 0x010
    DRIVE_NOT_REGISTERED = 0x020
    SHIFT_END_BROKEN = 0x100  # close it again
    CONTROL_TAPE = 0x200  # FM16


FLAG_TEXT: Mapping[int, str] = {
    Flag.WORK_NOT_BEGUN: "не выполнено «Начало работы»",
    Flag.NOT_FISCAL: "нефискальный режим",
    Flag.SHIFT_OPEN: "смена открыта",
    Flag.SHIFT_EXPIRED: "смена больше 24 часов",
    Flag.ARCHIVE_CLOSED: "архив ФН закрыт",
    Flag.DRIVE_NOT_REGISTERED: "ФН не зарегистрирован",
    Flag.SHIFT_END_BROKEN: "закрытие смены прервано, его нужно повторить",
    Flag.CONTROL_TAPE: "ошибка контрольной ленты",
}


class DocumentType(IntEnum):
    """Bits 0…3 of the third number of status 00; what 30 opens (1…7) and 58 (9…12)."""

    CLOSED = 0
    SERVICE = 1
    SALE = 2
    SALE_RETURN = 3
    CASH_IN = 4
    CASH_OUT = 5
    BUY = 6
    BUY_RETURN = 7
    CORRECTION_SALE = 9
    CORRECTION_BUY = 10
    CORRECTION_SALE_RETURN = 11
    CORRECTION_BUY_RETURN = 12


DOCUMENT_TEXT: Mapping[int, str] = {
    DocumentType.CLOSED: "документ закрыт",
    DocumentType.SERVICE: "сервисный документ",
    DocumentType.SALE: "приход",
    DocumentType.SALE_RETURN: "возврат прихода",
    DocumentType.CASH_IN: "внесение",
    DocumentType.CASH_OUT: "изъятие",
    DocumentType.BUY: "расход",
    DocumentType.BUY_RETURN: "возврат расхода",
    DocumentType.CORRECTION_SALE: "коррекция прихода",
    DocumentType.CORRECTION_BUY: "коррекция расхода",
    DocumentType.CORRECTION_SALE_RETURN: "коррекция возврата прихода",
    DocumentType.CORRECTION_BUY_RETURN: "коррекция возврата расхода",
}

TYPE_OF_OPERATION: Mapping[Operation, DocumentType] = {
    Operation.SELL: DocumentType.SALE,
    Operation.SELL_REFUND: DocumentType.SALE_RETURN,
    Operation.BUY: DocumentType.BUY,
    Operation.BUY_REFUND: DocumentType.BUY_RETURN,
}
OPERATION_OF_TYPE: Mapping[DocumentType, Operation] = {
    **{kind: operation for operation, kind in TYPE_OF_OPERATION.items()},
    DocumentType.CORRECTION_SALE: Operation.SELL,
    DocumentType.CORRECTION_BUY: Operation.BUY,
    DocumentType.CORRECTION_SALE_RETURN: Operation.SELL_REFUND,
    DocumentType.CORRECTION_BUY_RETURN: Operation.BUY_REFUND,
}


class DocumentMode(IntFlag):
    """Bits of 30's first parameter beside the type (its low four)."""

    PACKET = 0x10  # no replies to success
    LATE_TAGS = 0x20
    NO_PRINT = 0x80  # since 565.1.13 and 665.4.13


class CloseFlag(IntFlag):
    """Bits of 31's flags.

    UNCONFIRMED: the manual names none; the vendor's library calls the number the sign of settlements on the Internet.
    """

    INTERNET = 0x01  # 1125


class CorrectionType(IntFlag):
    """Bits of 58's type; bits 2…4 are the taxation (`taxation << 2`)."""

    BY_INSTRUCTION = 0x01
    EXPENSE = 0x02
    TAX_SUMS = 0x20  # ФФД 1.05: sums of VAT follow, not one row
    RETURN = 0x40  # ФФД 1.2
    WITH_ITEMS = 0x80  # ФФД 1.05, since 565.1.10 and 665.4.10


class DocumentState(IntEnum):
    """Bits 4…7 of the third number of status 00."""

    CLOSED = 0
    ITEMS = 1
    SUBTOTAL = 2
    PAYMENT = 3
    PAID = 4
    IN_DRIVE = 8  # closed in the drive, not printed whole: only 31 helps


STATE_TEXT: Mapping[int, str] = {
    DocumentState.CLOSED: "закрыт",
    DocumentState.ITEMS: "открыт, можно добавлять позиции",
    DocumentState.SUBTOTAL: "после подытога",
    DocumentState.PAYMENT: "оплата",
    DocumentState.PAID: "расчёт завершён, требуется закрыть",
    DocumentState.IN_DRIVE: "закрыт в ФН, но не допечатан: нужно повторить закрытие",
}


def split_document(value: int) -> tuple[int, int]:
    """The third number of status 00 as type and state."""
    return value & 0x0F, value >> 4 & 0x0F


def document_text(value: int) -> str:
    """ "приход: оплата"."""
    kind, state = split_document(value)
    if not kind and not state:
        return DOCUMENT_TEXT[DocumentType.CLOSED]
    name = DOCUMENT_TEXT.get(kind, f"документ типа {kind}") if kind else "документ"
    return f"{name}: {STATE_TEXT.get(state, f'состояние {state}')}"


class Printer(IntFlag):
    """Command 04."""

    NOT_READY = 0x01
    NO_PAPER = 0x02
    COVER_OPEN = 0x04
    CUTTER = 0x08
    NO_LINK = 0x80


PRINTER_TEXT: Mapping[int, str] = {
    Printer.NOT_READY: "принтер не готов",
    Printer.NO_PAPER: "нет бумаги",
    Printer.COVER_OPEN: "открыта крышка",
    Printer.CUTTER: "ошибка резчика",
    Printer.NO_LINK: "нет связи с принтером",
}


class DriveBlock(IntFlag):
    """Query 06/2."""

    NOT_FOUND = 0x02
    ARCHIVE_NOT_CLOSED = 0x04
    ARCHIVE_TEST = 0x08
    LINK = 0x10
    SHIFT_END_BROKEN = 0x20
    FULL = 0x80


DRIVE_BLOCK_TEXT: Mapping[int, str] = {
    DriveBlock.NOT_FOUND: "ФН не найден",
    DriveBlock.ARCHIVE_NOT_CLOSED: "не был закрыт архив ФН",
    DriveBlock.ARCHIVE_TEST: "ошибка теста архива ФН",
    DriveBlock.LINK: "ошибка связи с ФН",
    DriveBlock.SHIFT_END_BROKEN: "не завершено закрытие смены",
    DriveBlock.FULL: "ФН заполнен",
}


class DriveBits(IntFlag):
    """First number of query 78/2 above its low four, the phase."""

    DATA = 0x10
    SHIFT_OPEN = 0x20


PHASE_TEXT: Mapping[int, str] = {
    Phase.SETUP: "настройка",
    Phase.READY: "готовность к фискализации",
    Phase.FISCAL: "фискальный режим",
    Phase.CLOSING: "постфискальный режим: передача документов",
    Phase.CLOSED: "чтение данных из архива",
}

CURRENT_DOCUMENT_TEXT: Mapping[int, str] = {
    CurrentDocument.NONE: "нет открытого документа",
    CurrentDocument.REGISTRATION: "отчёт о регистрации",
    CurrentDocument.SHIFT_OPEN: "отчёт об открытии смены",
    CurrentDocument.RECEIPT: "кассовый чек",
    CurrentDocument.SHIFT_CLOSE: "отчёт о закрытии смены",
    CurrentDocument.DRIVE_CLOSE: "отчёт о закрытии фискального режима",
    CurrentDocument.BSO: "БСО",
    CurrentDocument.REPLACEMENT: "перерегистрация с заменой ФН",
    CurrentDocument.REREGISTRATION: "перерегистрация",
    CurrentDocument.CORRECTION: "чек коррекции",
    CurrentDocument.BSO_CORRECTION: "БСО коррекции",
    CurrentDocument.STATE_REPORT: "отчёт о состоянии расчётов",
}

WARNING_TEXT: Mapping[int, str] = {
    DriveWarning.REPLACE_URGENTLY: "срочная замена ФН (3 дня)",
    DriveWarning.RESOURCE_30_DAYS: "ресурс ФН на исходе (30 дней)",
    DriveWarning.MEMORY_90: "память ФН заполнена на 90 %",
    DriveWarning.OFD_OVERDUE: "превышено время ожидания ответа ОФД",
    DriveWarning.CRITICAL: "критическая ошибка ФН",
}


def phase_of(state: int) -> int:
    """The phase in the first number of 78/2."""
    return state & 0x0F


def drive_text(state: int) -> str:
    """ "фискальный режим, смена открыта"."""
    phase = phase_of(state)
    words = [PHASE_TEXT.get(phase, f"фаза {phase}")]
    words += ["получены данные документа"] if state & DriveBits.DATA else []
    return ", ".join([*words, "смена открыта" if state & DriveBits.SHIFT_OPEN else "смена закрыта"])


class Exchange(IntFlag):
    """First number of query 78/7."""

    CONNECTED = 0x01
    TO_SEND = 0x02
    WAITING_RECEIPT = 0x04
    COMMAND = 0x08
    SETTINGS_CHANGED = 0x10
    WAITING_COMMAND = 0x20
    READING = 0x40


EXCHANGE_TEXT: Mapping[int, str] = {
    Exchange.CONNECTED: "соединение установлено",
    Exchange.TO_SEND: "есть сообщение для передачи в ОФД",
    Exchange.WAITING_RECEIPT: "ожидание квитанции от ОФД",
    Exchange.COMMAND: "есть команда от ОФД",
    Exchange.SETTINGS_CHANGED: "изменились настройки соединения с ОФД",
    Exchange.WAITING_COMMAND: "ожидание ответа на команду от ОФД",
    Exchange.READING: "начато чтение сообщения для ОФД",
}

#: Query 79/0, first number.
MARKING_CHECK_TEXT: Mapping[int, str] = {
    0: "работа с маркировкой временно заблокирована",
    1: "нет кода на проверке",
    2: "передан код",
    3: "сформирован запрос о коде",
    4: "получен ответ на запрос о коде",
}
#: Query 79/0, last number: how full the store of notifications is.
MARKING_FILL_TEXT: Mapping[int, str] = {
    0: "заполнено менее 50 %",
    1: "заполнено от 50 до 80 %",
    2: "заполнено от 80 до 90 %",
    3: "заполнено более 90 %",
    4: "заполнено полностью, новые уведомления невозможны",
}
#: Command 79/1, second number: why the drive did not check a code.
UNCHECKED_TEXT: Mapping[int, str] = {
    0: "код проверен в ФН",
    1: "код этого типа не подлежит проверке в ФН",
    2: "в ФН нет ключа проверки этого кода",
    3: "в коде нет групп 91 и (или) 92 или их формат неверен",
    4: "внутренняя ошибка ФН",
}


class Barcode(IntEnum):
    """Command 41."""

    UPC_A = 0
    UPC_E = 1
    EAN_13 = 2
    EAN_8 = 3
    CODE_39 = 4
    ITF = 5
    CODABAR = 6
    PDF417 = 7
    QR = 8
    CODE_128A = 9


class WorkMode(IntFlag):
    """Registration: command 60, query 02/23. The agents' bits are those of tag 1057."""

    ENCRYPTION = 0x0001
    AUTONOMOUS = 0x0002
    AUTOMATIC = 0x0004
    SERVICES = 0x0008
    BSO = 0x0010
    INTERNET = 0x0020
    EXCISE = 0x0040
    GAMBLING = 0x0080
    BANK_AGENT = 0x0100
    BANK_SUBAGENT = 0x0200
    AGENT_PAYING = 0x0400
    SUBAGENT_PAYING = 0x0800
    ATTORNEY = 0x1000
    COMMISSIONER = 0x2000
    AGENT = 0x4000
    LOTTERY = 0x8000


class ExtendedMode(IntFlag):
    """Registration, likewise. Bits from 1 on: ФФД 1.2."""

    PRINTER_OUTSIDE = 0x01
    MARKING = 0x02
    PAWNSHOP = 0x04
    INSURANCE = 0x08


#: Taxation numbers of 30, 53 and 58: places of the bits of tag 1062. 3 (ЕНВД) is no more.
TAXATION_TEXT: Mapping[int, str] = {
    0: "общая",
    1: "упрощённая, доход",
    2: "упрощённая, доход минус расход",
    3: "ЕНВД",
    4: "ЕСХН",
    5: "патент",
}


def taxation_number(bit: int) -> int:
    """The number of a taxation whose one bit of tag 1055 is given."""
    return bit.bit_length() - 1


def texts(table: Mapping[int, str], value: int) -> tuple[str, ...]:
    """Words for the bits that are set; bits that no source names are told by their number."""
    unknown = value & ~sum(table)
    return (
        *(text for mask, text in table.items() if value & mask),
        *(f"бит {at}" for at in range(unknown.bit_length()) if unknown >> at & 1),
    )
