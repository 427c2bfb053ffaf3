"""00, 04, 06, 10…14: what state it is in, why it refused, beginning of work, settings and clock."""

from __future__ import annotations

from typing import Annotated

from protocols.pirit.commands.base import Asks, Empty, row
from protocols.pirit.commands.replies import MomentReply, NumberReply, TextReply
from protocols.pirit.fields import Moment, Number, Text, number
from protocols.pirit.messages import Texts
from protocols.rows import Effect
from protocols.wire import message


@message
class StatusReply(Texts):
    """Three masks, in words in `protocols.pirit.statuses`. The Belarusian build has a fourth."""

    fatal: Number
    flags: Number
    document: Number


@message
class Status(Asks[StatusReply]):
    pass


@message
class PrinterStatus(Asks[NumberReply]):
    """A printer that is not ready may be told by error 09 with the mask as its data (papyrussolution/OpenPapyrus)."""


@message
class ExtendedErrorReply(Texts):
    """`text` comes from FM16 and Punix only."""

    number: Number
    text: Text = ""


@message
class ExtendedError(Asks[ExtendedErrorReply]):
    """Why the last command was answered with 01 or 03."""


@message
class DriveBlocks(Asks[NumberReply]):
    pass


@message
class BeginWork(Asks[Empty]):
    """Needed once after power-on, before all else. Error 0B: done, but the clocks differ by more than 8 minutes."""

    at: Moment


Setting = Annotated[int, number(0, 999)]
Index = Annotated[int, number(0, 999)]


@message
class ReadSetting(Asks[TextReply]):
    """`setting` and `index` address `protocols.pirit.settings`."""

    setting: Setting
    index: Index


@message
class WriteSetting(Asks[Empty]):
    setting: Setting
    index: Index
    value: Text


@message
class ReadClock(Asks[MomentReply]):
    pass


@message
class WriteClock(Asks[Empty]):
    """With the shift closed. A step of more than 24 hours is answered 0A once and taken when it is sent again."""

    at: Moment


ROWS = (
    row(0x00, "status", "Запрос флагов статуса", Status, StatusReply, effect=Effect.READ),
    # Without paper one model takes more than 5 seconds (AFP client).
    row(0x04, "printer_status", "Состояние печатающего устройства", PrinterStatus, NumberReply, effect=Effect.READ,
        timeout=7.0),
    row(0x06, "extended_error", "Расширенный код ошибки", ExtendedError, ExtendedErrorReply, sub=1,
        effect=Effect.READ),
    row(0x06, "drive_blocks", "Блокировки по ФН", DriveBlocks, NumberReply, sub=2, effect=Effect.READ),
    row(0x10, "begin_work", "Начало работы", BeginWork, Empty, effect=Effect.DEVICE, timeout=10.0),
    row(0x11, "read_setting", "Чтение таблицы настроек", ReadSetting, TextReply, effect=Effect.READ),
    row(0x12, "write_setting", "Запись таблицы настроек", WriteSetting, Empty, effect=Effect.DEVICE),
    row(0x13, "read_clock", "Чтение даты и времени", ReadClock, MomentReply, effect=Effect.READ),
    row(0x14, "write_clock", "Запись даты и времени", WriteClock, Empty, effect=Effect.DEVICE),
)  # fmt: skip
