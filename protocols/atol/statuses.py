"""Modes, state flags, receipt states and what passes through from the fiscal drive (atol_wire §4.2, §4.4, §4.6)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, IntFlag

from protocols.ffd.enums import Operation


class Mode(IntEnum):
    """Low nibble of the state code."""

    CHOICE = 0
    REGISTRATION = 1
    X_REPORTS = 2
    Z_REPORTS = 3
    PROGRAMMING = 4
    ACCESS_FP = 5  # date and time to be entered, drive locked
    ACCESS_DRIVE = 6
    EXTRA = 7


MODE_TEXT: Mapping[Mode, str] = {
    Mode.CHOICE: "выбор",
    Mode.REGISTRATION: "регистрация",
    Mode.X_REPORTS: "отчёты без гашения",
    Mode.Z_REPORTS: "отчёты с гашением",
    Mode.PROGRAMMING: "программирование",
    Mode.ACCESS_FP: "ввод даты и времени, доступ к ФП",
    Mode.ACCESS_DRIVE: "доступ к ФН",
    Mode.EXTRA: "дополнительная команда",
}

#: Submodes by name: (mode, submode).
PAYING = (Mode.REGISTRATION, 4)
PRINTING_X = (Mode.X_REPORTS, 2)
PRINTING_Z = (Mode.Z_REPORTS, 2)
RESETTING = (Mode.EXTRA, 1)
SUBMODE_TEXT: Mapping[tuple[int, int], str] = {
    PAYING: "расчёт по чеку",
    PRINTING_X: "печать отчёта",
    PRINTING_Z: "печать отчёта с гашением",
    RESETTING: "гашение регистров",
    (Mode.ACCESS_FP, 5): "ввод даты",
    (Mode.ACCESS_FP, 6): "ввод времени",
    (Mode.ACCESS_FP, 11): "ошибка даты и времени",
    (Mode.ACCESS_FP, 12): "подтверждение даты и времени",
}
#: States in which a report goes on; 45h is asked every half second until it is another (TC).
WORKING = frozenset({PRINTING_X, PRINTING_Z, RESETTING})
POLL = 0.5

#: Users of 56h by their passwords' factory values: 1…28 cashiers.
ADMIN, SYSTEM = 29, 30


def state_code(mode: int, submode: int = 0) -> int:
    return submode << 4 | mode


def split_state(value: int) -> tuple[int, int]:
    """(mode, submode). Modes above 7 are no known ones."""
    return value & 0x0F, value >> 4 & 0x0F


def state_text(value: int) -> str:
    """ "3.2: отчёты с гашением, печать отчёта с гашением"."""
    mode, submode = split_state(value)
    name = MODE_TEXT[Mode(mode)] if mode <= Mode.EXTRA else "неизвестный режим"
    more = SUBMODE_TEXT.get((mode, submode))
    return f"{mode}.{submode}: {name}" + (f", {more}" if more else "")


class Flag(IntFlag):
    """Flags of 3Fh. UNCONFIRMED: CRYS reads the drawer's the other way round; wiring decides."""

    REGISTERED = 0x01
    SHIFT_OPEN = 0x02
    DRAWER_OPEN = 0x04
    PAPER = 0x08
    COVER_OPEN = 0x20
    DRIVE_ACTIVE = 0x40
    BATTERY_LOW = 0x80


FLAG_TEXT: Mapping[Flag, str] = {
    Flag.REGISTERED: "зарегистрирована",
    Flag.SHIFT_OPEN: "смена открыта",
    Flag.DRAWER_OPEN: "денежный ящик открыт",
    Flag.PAPER: "бумага есть",
    Flag.COVER_OPEN: "крышка открыта",
    Flag.DRIVE_ACTIVE: "ФН активизирован",
    Flag.BATTERY_LOW: "батарейка разряжена",
}


def flags_text(value: int) -> tuple[str, ...]:
    return tuple(text for flag, text in FLAG_TEXT.items() if value & flag)


class PrinterFlag(IntFlag):
    """Flags of 45h; the last two from TC alone."""

    NO_PAPER = 0x01
    NO_LINK = 0x02
    MECHANICAL = 0x04
    CUTTER = 0x08
    OVERHEATED = 0x10
    PRINTER_ERROR = 0x40
    PAPER_LOW = 0x80


PRINTER_TEXT: Mapping[PrinterFlag, str] = {
    PrinterFlag.NO_PAPER: "нет бумаги",
    PrinterFlag.NO_LINK: "нет связи с принтером",
    PrinterFlag.MECHANICAL: "механическая ошибка",
    PrinterFlag.CUTTER: "ошибка отрезчика",
    PrinterFlag.OVERHEATED: "перегрев",
    PrinterFlag.PRINTER_ERROR: "ошибка принтера",
    PrinterFlag.PAPER_LOW: "бумага кончается",
}


def printer_text(value: int) -> tuple[str, ...]:
    return tuple(text for flag, text in PRINTER_TEXT.items() if value & flag)


class ReceiptType(IntEnum):
    """92h and the receipt state of 3Fh.

    UNCONFIRMED: 8 and 10. They follow the vendor's driver, whose other numbers are those of the wire; A4J has no 8 and
    names 10 a corrected refund of a sale.
    """

    CLOSED = 0
    SELL = 1
    SELL_REFUND = 2
    BUY = 4
    BUY_REFUND = 5
    SELL_CORRECTION = 7
    SELL_REFUND_CORRECTION = 8
    BUY_CORRECTION = 9
    BUY_REFUND_CORRECTION = 10


RECEIPT_TEXT: Mapping[int, str] = {
    ReceiptType.CLOSED: "закрыт",
    ReceiptType.SELL: "приход",
    ReceiptType.SELL_REFUND: "возврат прихода",
    ReceiptType.BUY: "расход",
    ReceiptType.BUY_REFUND: "возврат расхода",
    ReceiptType.SELL_CORRECTION: "коррекция прихода",
    ReceiptType.SELL_REFUND_CORRECTION: "коррекция возврата прихода",
    ReceiptType.BUY_CORRECTION: "коррекция расхода",
    ReceiptType.BUY_REFUND_CORRECTION: "коррекция возврата расхода",
}

#: Operation of tag 1054 and "is a correction" -> type of 92h.
TYPE_OF: Mapping[tuple[Operation, bool], ReceiptType] = {
    (Operation.SELL, False): ReceiptType.SELL,
    (Operation.SELL_REFUND, False): ReceiptType.SELL_REFUND,
    (Operation.BUY, False): ReceiptType.BUY,
    (Operation.BUY_REFUND, False): ReceiptType.BUY_REFUND,
    (Operation.SELL, True): ReceiptType.SELL_CORRECTION,
    (Operation.SELL_REFUND, True): ReceiptType.SELL_REFUND_CORRECTION,
    (Operation.BUY, True): ReceiptType.BUY_CORRECTION,
    (Operation.BUY_REFUND, True): ReceiptType.BUY_REFUND_CORRECTION,
}
OPERATION_OF: Mapping[int, tuple[Operation, bool]] = {kind: what for what, kind in TYPE_OF.items()}


class Port(IntEnum):
    """Last byte of 3Fh: by what the question came."""

    RS232 = 1
    USB = 4
    BLUETOOTH = 5
    ETHERNET = 6
    WIFI = 7


class Payment(IntEnum):
    """Types of payment of 99h and 4Ah (A4J, TC and CRYS agree)."""

    CASH = 1
    ELECTRONIC = 2
    PREPAID = 3
    POSTPAID = 4
    OTHER = 5


class Exchange(IntFlag):
    """State bits of A420h."""

    CONNECTED = 0x01
    TO_SEND = 0x02
    WAITING_RECEIPT = 0x04
    COMMAND = 0x08
    SETTINGS_CHANGED = 0x10
    WAITING_COMMAND = 0x20


class XReport(IntEnum):
    """Types of 67h, binary; goods reports from A4J alone."""

    DAILY = 0x01
    SECTIONS = 0x02
    CASHIERS = 0x03
    HOURLY = 0x05
    QUANTITIES = 0x07
    SERVICE = 0x08
    SETTLEMENTS = 0x09  # отчёт о состоянии расчётов: a fiscal document
    GOODS = 0x10
    GOODS_TAXATION = 0x13
    GOODS_SECTIONS = 0x14
    GOODS_TOTALS = 0x15
