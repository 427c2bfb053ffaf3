"""Clock, settings, power and what only a technician does."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from protocols.atol.commands.base import Asks, Empty, row
from protocols.atol.commands.state import EnterProtection, WriteField
from protocols.atol.fields import U8, ClockDmy, DayBcd, bcd_bytes, bcd_value
from protocols.atol.statuses import Mode
from protocols.rows import Effect
from protocols.wire import WireError, fixed, message


def _pack_time(value: time) -> bytes:
    return b"".join(bcd_bytes(part, 1) for part in (value.hour, value.minute, value.second))


def _time(raw: bytes) -> time:
    try:
        hour, minute, second = (bcd_value(raw[at : at + 1]) for at in range(3))
        return time(hour, minute, second)
    except ValueError as error:
        raise WireError(f"{raw.hex(' ')} is no time of day") from error


TimeBcd = Annotated[time, fixed("time_bcd", 3, _pack_time, _time)]

#: CEh.
POWER_OFF, REBOOT = 0x00, 0x41
#: Seconds a reboot takes (TC).
REBOOT_TIME = 20.0


@message
class SetDate(Asks[Empty]):
    """64h: with the shift closed; twice when it jumps a day or more ahead (error 16h asks for the second)."""

    date: DayBcd


@message
class SetTime(Asks[Empty]):
    """4Bh (CRYS, LOG)."""

    time: TimeBcd


@message
class SetClock(Asks[Empty]):
    """EDh: date and time at once."""

    at: ClockDmy


@message
class Power(Asks[Empty]):
    action: U8


@message
class TechnologicalReset(Asks[Empty]):
    pass


@message
class InitTables(Asks[Empty]):
    pass


ROWS = (
    row(0x50, "write_field", "Программирование таблицы", WriteField, Empty, Effect.DEVICE, Mode.PROGRAMMING),
    row(0x64, "set_date", "Программирование даты", SetDate, Empty, Effect.DEVICE),
    row(0x4B, "set_time", "Программирование времени", SetTime, Empty, Effect.DEVICE),
    row(0xED, "set_clock", "Программирование даты и времени", SetClock, Empty, Effect.DEVICE),
    row(0xCE, "power", "Перезагрузка или выключение", Power, Empty, Effect.DEVICE, Mode.Z_REPORTS),
    row(0x6D, "enter_protection", "Ввод кода защиты", EnterProtection, Empty, Effect.DANGEROUS),
    row(0x6B, "technological_reset", "Технологическое обнуление", TechnologicalReset, Empty, Effect.DANGEROUS),
    row(0x71, "init_tables", "Инициализация таблиц", InitTables, Empty, Effect.DANGEROUS),
)
