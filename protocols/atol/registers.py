"""Registers of 91h and fields of the settings tables: numbers, parameters, what their bytes mean (atol_wire §4.7).

Registers 4, 5, 8 and 9 stand in the list of the vendor's driver of generations 8 and 9; a Java driver for an older
relative (Aura) reads the sums from six bytes. Two bytes for the counts, as in register 6, are UNCONFIRMED.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from protocols.atol.fields import U8, Bcd1, Bcd2, Bcd3, Bcd5, Bcd6, Bcd7, ClockDmy, U16be
from protocols.wire import Message, Rest, message


@message
class Money6(Message):
    sum: Bcd6


@message
class Money7(Message):
    sum: Bcd7


@message
class Count(Message):
    count: Bcd2


@message
class Now(Message):
    at: ClockDmy


@message
class ShiftClock(Message):
    """`at`: when the open shift will have lasted 24 hours, or when the last one was closed."""

    open: U8
    at: ClockDmy


@message
class Serial(Message):
    serial: Bcd7


@message
class Width(Message):
    """Characters of a line; more follows on some models."""

    width: Bcd1
    rest: Rest


@message
class Unsent(Message):
    count: Bcd3


@message
class LastReceipt(Message):
    """VEND's layout. `type`: `statuses.ReceiptType`; date as DD MM YY HH MM."""

    document: Bcd5
    type: U8
    total: Bcd7
    day: Bcd1
    month: Bcd1
    year: Bcd1
    hour: Bcd1
    minute: Bcd1
    sign: Bcd5
    rest: Rest

    @property
    def at(self) -> datetime | None:
        try:
            return datetime(2000 + self.year, self.month, self.day, self.hour, self.minute)  # noqa: DTZ001 no zone there
        except ValueError:
            return None


@message
class LastDocument(Message):
    """CRYS reads the number; the rest is UNCONFIRMED."""

    document: Bcd5
    rest: Rest


@message
class ShiftData(Message):
    """The first three bytes are UNCONFIRMED."""

    data: Bcd3
    shift: Bcd3


@message
class Formats(Message):
    """`ffd` of the register, `drive_ffd` of its drive: numbers of tag 1209."""

    ffd: U8
    drive_ffd: U8
    rest: Rest


@message
class ExtendedError(Message):
    """After error EEh: the command it is about, the code (`errors.EXTENDED`), for some codes more."""

    command: U16be
    code: U16be
    more: Rest

    @property
    def tag(self) -> int | None:
        """The tag that 0206h is about (LOG)."""
        return int.from_bytes(self.more[:2], "big") if self.code == 0x0206 and len(self.more) >= 2 else None


@message
class Raw(Message):
    """A register whose layout no source shows."""

    data: Rest


@dataclass(frozen=True, slots=True)
class Register:
    """`first` and `second`: what the parameters of 91h mean, empty where they are zero."""

    number: int
    name: str
    title_ru: str
    value: type[Message]
    first: str = ""
    second: str = ""


_RECEIPT, _FORM = "receipt type", "payment form"

_ROWS = (
    Register(3, "payments", "сумма платежей", Money6, _RECEIPT, _FORM),
    Register(4, "cash_in", "сумма внесений за смену", Money6),
    Register(5, "cash_out", "сумма выплат за смену", Money6),
    Register(6, "receipts", "количество чеков", Count, _RECEIPT),
    Register(8, "cash_ins", "количество внесений за смену", Count),
    Register(9, "cash_outs", "количество выплат за смену", Count),
    Register(10, "cash", "наличность в кассе", Money7),
    Register(17, "now", "дата и время", Now),
    Register(18, "shift_clock", "смена: 24 часа истекут или закрыта", ShiftClock),
    Register(22, "serial", "заводской номер", Serial),
    Register(24, "width", "ширина чековой ленты", Width),
    Register(27, "registration", "параметры регистрации", Raw),
    Register(40, "grand_total", "необнуляемая сумма", Money7, _RECEIPT),
    Register(44, "unsent", "не передано документов", Unsent),
    Register(47, "drive_number", "номер ФН", Raw),
    Register(51, "last_receipt", "последний чек", LastReceipt),
    Register(52, "last_document", "последний фискальный документ", LastDocument),
    Register(53, "shift", "данные смены", ShiftData),
    Register(54, "formats", "версии ФФД", Formats),
    Register(55, "extended_error", "расширенный код ошибки", ExtendedError),
)

REGISTERS: Mapping[int, Register] = {row.number: row for row in _ROWS}
BY_NAME: Mapping[str, Register] = {row.name: row for row in _ROWS}


def value_of(number: int, data: bytes) -> Message:
    """What 91h answered about a register; WireError when the bytes do not fit its layout."""
    row = REGISTERS.get(number)
    shape: type[Message] = Raw if row is None else row.value
    return shape.decode(data, surplus=True)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the settings tables. `size` in bytes, None for text of any length; numbers are binary unless `bcd`."""

    table: int
    field: int
    name: str
    title_ru: str
    size: int | None = 1
    bcd: bool = False
    default: Any = 0


_FIELDS = (
    Field(2, 1, "number_in_hall", "номер в зале", default=1),
    Field(2, 11, "tax_type", "тип налога: 2 на каждую позицию", default=2),
    Field(2, 15, "print_section_name", "печатать название секции"),
    Field(2, 18, "report_mode", "режим отчётов", default=3),
    Field(2, 22, "ejector", "параметры презентера"),
    Field(2, 24, "cut", "отрезать чек", default=1),
    Field(2, 25, "total_size", "размер слова ИТОГ"),
    Field(2, 26, "print_cashier", "печатать имя кассира", default=1),
    Field(2, 27, "continuous_numbers", "сквозная нумерация документов"),
    Field(2, 28, "reset_receipts", "обнулять счётчик чеков"),
    Field(2, 30, "line_spacing", "межстрочный интервал"),
    Field(2, 36, "cliche_lines", "строк клише"),
    Field(2, 42, "print_section", "печатать номер секции"),
    Field(2, 43, "print_shift_opening", "печатать открытие смены", default=1),
    Field(2, 51, "print_text", "печатать нефискальный текст", default=1),
    Field(2, 55, "width", "символов в строке", bcd=True, default=32),
    Field(2, 98, "documents", "выполнение документов"),
    Field(2, 106, "print_registration_number", "печатать РНМ перед ИНН"),
    Field(2, 109, "compatible", "команды ФФД 1.0: E6h, 52h, 57h (CRYS)"),
    Field(2, 112, "printer", "модель принтера"),
    Field(2, 114, "taxes", "округление налогов"),
    Field(2, 118, "z_report", "печать Z-отчёта"),
    Field(2, 121, "present_reports", "презентовать отчёты"),
    Field(6, 1, "cliche", "строка клише", size=None, default=""),
    Field(7, 1, "section_name", "название секции", size=None, default=""),
    Field(13, 1, "tax_name", "название налога", size=None, default=""),
    Field(13, 2, "tax_rate", "ставка налога", size=2, bcd=True),
    Field(19, 1, "ofd_host", "адрес ОФД", size=None, default=""),
    Field(19, 2, "ofd_port", "порт ОФД", size=2),
    Field(22, 2, "auto_z", "автоматический Z-отчёт"),
)
FIELDS: Mapping[tuple[int, int], Field] = {(row.table, row.field): row for row in _FIELDS}
CLICHE_LINES = 20
