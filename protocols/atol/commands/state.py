"""State, identification, modes and registers: what is asked before anything is done."""

from __future__ import annotations

from typing import Annotated

from protocols.atol.commands.base import ANSWER, Asks, Empty, Shape, led_by, row
from protocols.atol.fields import U8, Bcd1, Bcd2, Bcd4, Bcd5, Bcd7, Clock, U16be, bcd_value, tail_bytes, tail_text
from protocols.rows import Effect
from protocols.wire import Message, Rest, ascii_text, message

Firmware = Annotated[str, ascii_text(2)]
Name = Annotated[str, tail_text(64)]
Value = Annotated[bytes, tail_bytes(250)]
VersionBytes = Annotated[bytes, tail_bytes(16, 2)]


@message
class GetState(Asks["GetStateReply"]):
    pass


@message
class GetStateReply(Message):
    """3Fh, 30 bytes. `shift` is the last closed one: the open shift is the next. `sum` of the open receipt, kopecks."""

    cashier: Bcd1
    hall: U8
    at: Clock
    flags: U8
    serial: Bcd4
    model: U8
    firmware: Firmware
    state: U8
    receipt: Bcd2
    shift: Bcd2
    receipt_state: U8
    sum: Bcd5
    decimals: U8
    port: U8


@message
class GetStateCode(Asks["GetStateCodeReply"]):
    pass


@message
class GetStateCodeReply(Message):
    """45h: mode and submode, flags of the printer. No error number: it always answers."""

    state: U8
    flags: U8


@message
class GetDeviceType(Asks["GetDeviceTypeReply"]):
    pass


@message
class GetDeviceTypeReply(Message):
    """A5h. `type` 1 is a register. Version: two BCD numbers, language, build (VEND's Казначей ФА: 3.0, 2195)."""

    protocol: U8
    type: U8
    model: U8
    mode: U16be
    major: Bcd1
    minor: Bcd1
    language: Bcd1
    build: Bcd2
    name: Name


@message
class GetVersion(Asks["GetVersionReply"]):
    """`source`: 1 processor, 2 fiscal memory, 3 boot loader."""

    source: U8


@message
class GetVersionReply(Message):
    """9Dh: two BCD numbers, language, build; of source 91h (TC) only the last two bytes, the build, are known."""

    data: VersionBytes

    @property
    def build(self) -> int:
        return bcd_value(self.data[-2:])


@message
class GetLastError(Asks[Empty]):
    """B3h answers with the error of the command before it."""


@message
class EnterMode(Asks[Empty]):
    mode: U8
    password: Bcd4


@message
class LeaveMode(Asks[Empty]):
    pass


@message
class ReadRegister(Asks["ReadRegisterReply"]):
    number: U8
    first: U8
    second: U8


@message
class ReadRegisterReply(Message):
    """The meaning of `value` is the register's own: `protocols.atol.registers`."""

    value: Value


@message
class ReadField(Asks["ReadRegisterReply"]):
    table: U8
    line: U16be
    field: U8


@message
class WriteField(Asks[Empty]):
    table: U8
    line: U16be
    field: U8
    value: Value


@message
class GetCash(Asks["GetCashReply"]):
    pass


@message
class GetCashReply(Message):
    sum: Bcd7


@message
class GetShiftTotals(Asks["GetShiftTotalsReply"]):
    pass


@message
class GetShiftTotalsReply(Message):
    """58h: of the last shift."""

    income: Bcd7
    outcome: Bcd7


@message
class GetProtection(Asks["GetProtectionReply"]):
    """74h: is this protection (licence) code entered?"""

    number: U8


@message
class GetProtectionReply(Message):
    active: U8


@message
class EnterProtection(Asks[Empty]):
    number: U8
    code: Rest


#: UNCONFIRMED: TC reads the version from the third byte of 9Dh's answer, A4J one byte later.
VERSION_AT = 2

ROWS = (
    row(
        0x3F, "get_state", "Запрос состояния ККТ", GetState, GetStateReply, Effect.READ,
        shape=led_by(0x44),
    ),
    row(
        0x45, "get_state_code", "Запрос кода состояния ККТ", GetStateCode, GetStateCodeReply, Effect.READ,
        shape=led_by(ANSWER),
    ),
    row(
        0xA5, "get_device_type", "Получить тип устройства", GetDeviceType, GetDeviceTypeReply, Effect.READ,
        shape=Shape(None, data_at=1),
    ),
    row(
        0x9D, "get_version", "Получить версию ПО", GetVersion, GetVersionReply, Effect.READ,
        shape=Shape(data_at=VERSION_AT),
    ),
    row(0xB3, "get_last_error", "Получить последний код ошибки", GetLastError, Empty, Effect.READ),
    row(0x56, "enter_mode", "Вход в режим", EnterMode, Empty, Effect.DEVICE),
    row(0x48, "leave_mode", "Выход из текущего режима", LeaveMode, Empty, Effect.DEVICE),
    row(0x91, "read_register", "Считать регистр", ReadRegister, ReadRegisterReply, Effect.READ, timeout=45.0),
    row(0x46, "read_field", "Чтение таблицы", ReadField, ReadRegisterReply, Effect.READ),
    row(0x4D, "get_cash", "Запрос наличных", GetCash, GetCashReply, Effect.READ, shape=led_by(0x4D)),
    row(0x58, "get_shift_totals", "Последний сменный итог", GetShiftTotals, GetShiftTotalsReply, Effect.READ),
    row(
        0x74, "get_protection", "Запрос активизированности кода защиты", GetProtection, GetProtectionReply, Effect.READ,
        shape=led_by(0x4C),
    ),
)  # fmt: skip
