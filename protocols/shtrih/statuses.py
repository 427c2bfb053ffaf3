"""Modes, submodes, the flags word and the fiscal drive's state bytes (shtrih_m §5)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, IntFlag


class Mode(IntEnum):
    """Low nibble of the mode byte."""

    WORK = 0
    DUMP = 1
    SHIFT_OPEN = 2
    SHIFT_EXPIRED = 3
    SHIFT_CLOSED = 4
    LOCKED = 5
    CONFIRM_DATE = 6
    DECIMAL_POINT = 7
    DOCUMENT_OPEN = 8
    RESET_ALLOWED = 9
    TEST_RUN = 10
    FULL_REPORT = 11
    LONG_REPORT = 12
    SLIP_13 = 13
    SLIP_14 = 14
    SLIP_15 = 15


MODE_TEXT: Mapping[Mode, str] = {
    Mode.WORK: "принтер в рабочем режиме",
    Mode.DUMP: "выдача данных",
    Mode.SHIFT_OPEN: "открытая смена, 24 часа не кончились",
    Mode.SHIFT_EXPIRED: "открытая смена, 24 часа кончились",
    Mode.SHIFT_CLOSED: "закрытая смена",
    Mode.LOCKED: "блокировка по неправильному паролю налогового инспектора",
    Mode.CONFIRM_DATE: "ожидание подтверждения ввода даты",
    Mode.DECIMAL_POINT: "разрешение изменения положения десятичной точки",
    Mode.DOCUMENT_OPEN: "открытый документ",
    Mode.RESET_ALLOWED: "режим разрешения технологического обнуления",
    Mode.TEST_RUN: "тестовый прогон",
    Mode.FULL_REPORT: "печать полного фискального отчёта",
    Mode.LONG_REPORT: "печать длинного отчёта",
    Mode.SLIP_13: "работа с подкладным документом",
    Mode.SLIP_14: "печать подкладного документа",
    Mode.SLIP_15: "подкладной документ сформирован",
}


class OpenDocument(IntEnum):
    """High nibble of the mode byte in mode 8; the order of 8Dh (not that of tag 1054)."""

    SALE = 0
    BUY = 1
    SALE_RETURN = 2
    BUY_RETURN = 3
    NON_FISCAL = 4


OPEN_DOCUMENT_TEXT: Mapping[OpenDocument, str] = {
    OpenDocument.SALE: "приход",
    OpenDocument.BUY: "расход",
    OpenDocument.SALE_RETURN: "возврат прихода",
    OpenDocument.BUY_RETURN: "возврат расхода",
    OpenDocument.NON_FISCAL: "нефискальный",
}

#: 8Dh receipt type -> tag 1054, and back.
OPERATION_OF_TYPE: Mapping[int, int] = {0: 1, 1: 3, 2: 2, 3: 4}
TYPE_OF_OPERATION: Mapping[int, int] = {operation: kind for kind, operation in OPERATION_OF_TYPE.items()}


def split_mode(value: int) -> tuple[Mode, int]:
    """The mode byte as (mode, status nibble)."""
    return Mode(value & 0x0F), value >> 4


def mode_text(value: int) -> str:
    """ "8: открытый документ, приход"."""
    mode, status = split_mode(value)
    text = f"{int(mode)}: {MODE_TEXT[mode]}"
    if mode is Mode.DOCUMENT_OPEN and status in OPEN_DOCUMENT_TEXT:
        text += f", {OPEN_DOCUMENT_TEXT[OpenDocument(status)]}"
    return text


class Submode(IntEnum):
    IDLE = 0
    PASSIVE_NO_PAPER = 1
    ACTIVE_NO_PAPER = 2
    WAITING_CONTINUE = 3
    PRINTING_REPORT = 4
    PRINTING = 5


SUBMODE_TEXT: Mapping[Submode, str] = {
    Submode.IDLE: "бумага есть, печати нет",
    Submode.PASSIVE_NO_PAPER: "пассивное отсутствие бумаги",
    Submode.ACTIVE_NO_PAPER: "активное отсутствие бумаги: кончилась при печати",
    Submode.WAITING_CONTINUE: "бумага вставлена, ожидание команды продолжения печати",
    Submode.PRINTING_REPORT: "печать полного отчёта",
    Submode.PRINTING: "идёт печать",
}


class Flag(IntFlag):
    """The flags word of 10h / 11h. A healthy idle device shows 0292h."""

    JOURNAL_ROLL = 0x0001
    RECEIPT_ROLL = 0x0002
    SLIP_UPPER = 0x0004
    SLIP_LOWER = 0x0008
    DECIMAL_POINT = 0x0010
    EKLZ = 0x0020
    JOURNAL_OPTICAL = 0x0040
    RECEIPT_OPTICAL = 0x0080
    JOURNAL_LEVER = 0x0100
    RECEIPT_LEVER = 0x0200
    COVER_OPEN = 0x0400
    DRAWER_OPEN = 0x0800
    RIGHT_SENSOR = 0x1000
    LEFT_SENSOR = 0x2000
    EKLZ_FULL = 0x4000
    PRECISION = 0x8000


HEALTHY = Flag.RECEIPT_ROLL | Flag.DECIMAL_POINT | Flag.RECEIPT_OPTICAL | Flag.RECEIPT_LEVER

FLAG_TEXT: Mapping[Flag, str] = {
    Flag.JOURNAL_ROLL: "рулон журнала есть",
    Flag.RECEIPT_ROLL: "рулон чека есть",
    Flag.SLIP_UPPER: "верхний датчик подкладного документа",
    Flag.SLIP_LOWER: "нижний датчик подкладного документа",
    Flag.DECIMAL_POINT: "копейки: 2 знака",
    Flag.EKLZ: "ЭКЛЗ есть",
    Flag.JOURNAL_OPTICAL: "оптический датчик журнала: бумага есть",
    Flag.RECEIPT_OPTICAL: "оптический датчик чека: бумага есть",
    Flag.JOURNAL_LEVER: "рычаг журнала опущен",
    Flag.RECEIPT_LEVER: "рычаг чека опущен",
    Flag.COVER_OPEN: "крышка открыта",
    Flag.DRAWER_OPEN: "денежный ящик открыт",
    Flag.RIGHT_SENSOR: "отказ правого датчика",
    Flag.LEFT_SENSOR: "отказ левого датчика",
    Flag.EKLZ_FULL: "ЭКЛЗ почти заполнена",
    Flag.PRECISION: "буфер принтера не пуст / точность количества",
}


def flags_text(value: int) -> tuple[str, ...]:
    return tuple(text for flag, text in FLAG_TEXT.items() if value & flag)


class Phase(IntEnum):
    """Life phase of the fiscal drive (FF01)."""

    SETUP = 0
    READY = 1
    FISCAL = 3
    CLOSED = 7
    ARCHIVE = 15


PHASE_TEXT: Mapping[int, str] = {
    Phase.SETUP: "настройка",
    Phase.READY: "готовность к фискализации",
    Phase.FISCAL: "фискальный режим",
    Phase.CLOSED: "постфискальный режим: передача документов",
    Phase.ARCHIVE: "чтение данных из архива",
}


class CurrentDocument(IntEnum):
    """What the drive is in the middle of (FF01)."""

    NONE = 0x00
    REGISTRATION = 0x01
    SHIFT_OPEN = 0x02
    RECEIPT = 0x04
    SHIFT_CLOSE = 0x08
    DRIVE_CLOSE = 0x10
    BSO = 0x11
    REREGISTRATION_REPLACED = 0x12
    REREGISTRATION = 0x13
    CORRECTION = 0x14
    BSO_CORRECTION = 0x15
    STATE_REPORT = 0x17


CURRENT_DOCUMENT_TEXT: Mapping[int, str] = {
    CurrentDocument.NONE: "нет открытого документа",
    CurrentDocument.REGISTRATION: "отчёт о регистрации",
    CurrentDocument.SHIFT_OPEN: "отчёт об открытии смены",
    CurrentDocument.RECEIPT: "кассовый чек",
    CurrentDocument.SHIFT_CLOSE: "отчёт о закрытии смены",
    CurrentDocument.DRIVE_CLOSE: "отчёт о закрытии архива",
    CurrentDocument.BSO: "БСО",
    CurrentDocument.REREGISTRATION_REPLACED: "перерегистрация с заменой ФН",
    CurrentDocument.REREGISTRATION: "перерегистрация",
    CurrentDocument.CORRECTION: "чек коррекции",
    CurrentDocument.BSO_CORRECTION: "БСО коррекции",
    CurrentDocument.STATE_REPORT: "отчёт о состоянии расчётов",
}


class Exchange(IntFlag):
    """Status bits of FF39."""

    CONNECTED = 0x01
    TO_SEND = 0x02
    WAITING_RECEIPT = 0x04
    COMMAND = 0x08
    SETTINGS_CHANGED = 0x10
    WAITING_COMMAND = 0x20


EXCHANGE_TEXT: Mapping[Exchange, str] = {
    Exchange.CONNECTED: "соединение установлено",
    Exchange.TO_SEND: "есть сообщение для передачи в ОФД",
    Exchange.WAITING_RECEIPT: "ожидание квитанции от ОФД",
    Exchange.COMMAND: "есть команда от ОФД",
    Exchange.SETTINGS_CHANGED: "изменились настройки соединения с ОФД",
    Exchange.WAITING_COMMAND: "ожидание ответа на команду от ОФД",
}


class WorkMode(IntFlag):
    """Work-mode byte of registration data."""

    ENCRYPTION = 0x01
    AUTONOMOUS = 0x02
    AUTOMATIC = 0x04
    SERVICES = 0x08
    BSO = 0x10
    INTERNET = 0x20


class Capability(IntFlag):
    """Model flags of F7h (bits 43 and above are known from one driver only)."""

    COVER_SENSOR = 1 << 4
    CUTTER = 1 << 13
    DRAWER_SENSOR = 1 << 15
    NON_FISCAL = 1 << 22
    CASHCORE = 1 << 23
    PROTOCOL_V2 = 1 << 28
    PRINT_RESULT = 1 << 34
    ERROR_TEXT = 1 << 36
    SCALED_GRAPHICS = 1 << 41
    GRAPHICS_512 = 1 << 42
    FISCAL_DRIVE = 1 << 43
    END_DOCUMENT = 1 << 44
    AUTO_TAGS = 1 << 45
    FFD_1_1 = 1 << 47
    CORRECTION_RECEIPT = 1 << 48
    EXTENDED_ERROR_TEXT = 1 << 49
    EXTENDED_ANSWERS = 1 << 50
    AUTHORISATION = 1 << 51
    PROTOCOL_V1_1 = 1 << 52
    AUTO_CANCEL = 1 << 53
