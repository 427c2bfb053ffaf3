"""02 and 05: who the register is, and how its parts wear."""

from __future__ import annotations

from typing import Annotated

from protocols.pirit.commands.base import Asks, Empty, Line, row
from protocols.pirit.commands.replies import FourSums, KopecksReply, MomentReply, NumberReply, TextReply
from protocols.pirit.fields import Date, MaybeNumber, Number, number, optional
from protocols.pirit.messages import V1_2, Texts
from protocols.rows import Effect
from protocols.wire import message


@message
class SerialNumber(Asks[TextReply]):
    pass


@message
class FirmwareId(Asks[NumberReply]):
    pass


@message
class Inn(Asks[TextReply]):
    pass


@message
class RegistrationNumber(Asks[TextReply]):
    pass


@message
class LastFiscalMoment(Asks[MomentReply]):
    pass


@message
class DateReply(Texts):
    on: Date


@message
class RegistrationDate(Asks[DateReply]):
    pass


@message
class CashInDrawer(Asks[KopecksReply]):
    pass


@message
class NextDocument(Asks[NumberReply]):
    pass


@message
class RegistrationShift(Asks[NumberReply]):
    pass


@message
class NextXReport(Asks[NumberReply]):
    pass


@message
class OperationCounter(Asks[TextReply]):
    pass


@message
class GrandTotals(Asks[FourSums]):
    """Sales, returns, buys, returns of buys."""


@message
class DriveExpiryReply(Texts):
    on: Date
    days: Annotated[int | None, optional(number()), V1_2] = None


@message
class DriveExpiry(Asks[DriveExpiryReply]):
    pass


@message
class FirmwareKind(Asks[NumberReply]):
    """0 standard, 1 a debug kit: documents of no legal force."""


@message
class PaperWidth(Asks[NumberReply]):
    """0 is 80 mm, 1 is 57 mm."""


@message
class ShiftOpened(Asks[MomentReply]):
    pass


@message
class LineLength(Asks[NumberReply]):
    """Characters of a line in this font."""

    font: MaybeNumber = None


@message
class SdCid(Asks[TextReply]):
    pass


@message
class SdCsd(Asks[TextReply]):
    pass


@message
class Model(Asks[NumberReply]):
    """A row of `protocols.pirit.models`."""


@message
class Interfaces(Asks[NumberReply]):
    pass


@message
class TaxationReply(Texts):
    """Masks of registration (see `Registration`)."""

    taxations: Number
    mode: Number
    extended_mode: Number


@message
class Taxation(Asks[TaxationReply]):
    pass


@message
class ExtraLinesReply(Texts):
    header: Number
    footer: Number


@message
class ExtraLines(Asks[ExtraLinesReply]):
    pass


@message
class Vat20State(Asks[NumberReply]):
    """1: row 0 of the VAT table is 20 %, no longer 18 %."""


@message
class FirmwareVersion(Asks[TextReply]):
    """x.y.z"""


@message
class WifiVersion(Asks[TextReply]):
    pass


@message
class SupplyVoltage(Asks[NumberReply]):
    """mV"""


@message
class HeadTemperature(Asks[NumberReply]):
    """°C"""


@message
class Cuts(Asks[NumberReply]):
    pass


@message
class HeadMileage(Asks[NumberReply]):
    """mm"""


@message
class ResetCuts(Asks[Empty]):
    pass


@message
class ResetHeadMileage(Asks[Empty]):
    pass


@message
class BatteryVoltage(Asks[NumberReply]):
    """mV"""


@message
class CutsForever(Asks[NumberReply]):
    pass


@message
class HeadMileageForever(Asks[NumberReply]):
    """mm"""


@message
class PrinterKind(Asks[TextReply]):
    pass


@message
class PrinterBios(Asks[TextReply]):
    pass


@message
class PrinterSerial(Asks[TextReply]):
    pass


@message
class PrinterBiosDate(Asks[TextReply]):
    pass


_READ = Effect.READ

ROWS = (
    row(0x02, "serial_number", "Заводской номер", SerialNumber, TextReply, sub=1, effect=_READ),
    row(0x02, "firmware_id", "Идентификатор прошивки", FirmwareId, NumberReply, sub=2, effect=_READ),
    row(0x02, "inn", "ИНН", Inn, TextReply, sub=3, effect=_READ),
    row(0x02, "registration_number", "Регистрационный номер ККТ", RegistrationNumber, TextReply, sub=4, effect=_READ),
    row(0x02, "last_fiscal_moment", "Последняя фискальная операция", LastFiscalMoment, MomentReply, sub=5,
        effect=_READ),
    row(0x02, "registration_date", "Дата регистрации", RegistrationDate, DateReply, sub=6, effect=_READ),
    row(0x02, "cash_in_drawer", "Наличные в денежном ящике", CashInDrawer, KopecksReply, sub=7, effect=_READ),
    row(0x02, "next_document", "Номер следующего документа", NextDocument, NumberReply, sub=8, effect=_READ),
    row(0x02, "registration_shift", "Номер смены регистрации", RegistrationShift, NumberReply, sub=9, effect=_READ),
    row(0x02, "next_x_report", "Номер следующего X-отчёта", NextXReport, NumberReply, sub=10, effect=_READ),
    row(0x02, "operation_counter", "Операционный счётчик", OperationCounter, TextReply, sub=11, effect=_READ),
    row(0x02, "grand_totals", "Нарастающие итоги", GrandTotals, FourSums, sub=12, effect=_READ),
    row(0x02, "drive_expiry", "Срок действия ФН", DriveExpiry, DriveExpiryReply, sub=14, effect=_READ),
    row(0x02, "firmware_kind", "Тип прошивки", FirmwareKind, NumberReply, sub=15, effect=_READ),
    row(0x02, "paper_width", "Ширина бумаги", PaperWidth, NumberReply, sub=16, effect=_READ),
    row(0x02, "shift_opened", "Дата и время открытия смены", ShiftOpened, MomentReply, sub=17, effect=_READ),
    row(0x02, "line_length", "Символов в строке", LineLength, NumberReply, sub=18, effect=_READ, lines=Line.FM16),
    row(0x02, "sd_cid", "Регистр CID карты SD", SdCid, TextReply, sub=19, effect=_READ, lines=Line.FM16),
    row(0x02, "sd_csd", "Регистр CSD карты SD", SdCsd, TextReply, sub=20, effect=_READ, lines=Line.FM16),
    row(0x02, "model", "Модель устройства", Model, NumberReply, sub=21, effect=_READ),
    row(0x02, "interfaces", "Маска интерфейсов", Interfaces, NumberReply, sub=22, effect=_READ, lines=Line.FM16),
    row(0x02, "taxation", "Системы налогообложения и режимы", Taxation, TaxationReply, sub=23, effect=_READ),
    row(0x02, "extra_lines", "Дополнительные строки чека", ExtraLines, ExtraLinesReply, sub=24, effect=_READ),
    row(0x02, "vat_20_state", "Переход на НДС 20 %", Vat20State, NumberReply, sub=40, effect=_READ, lines=Line.FM16),
    row(0x02, "firmware_version", "Версия прошивки", FirmwareVersion, TextReply, sub=70, effect=_READ),
    row(0x02, "wifi_version", "Версия прошивки WiFi", WifiVersion, TextReply, sub=71, effect=_READ, ffd=V1_2,
        lines=Line.FM16),
    row(0x05, "supply_voltage", "Напряжение питания", SupplyVoltage, NumberReply, sub=1, effect=_READ,
        lines=Line.PIRITS),
    row(0x05, "head_temperature", "Температура термоголовки", HeadTemperature, NumberReply, sub=2, effect=_READ,
        lines=Line.PIRITS),
    row(0x05, "cuts", "Отрезы резчика", Cuts, NumberReply, sub=3, effect=_READ, lines=Line.PIRITS),
    row(0x05, "head_mileage", "Пробег термоголовки", HeadMileage, NumberReply, sub=4, effect=_READ, lines=Line.PIRITS),
    row(0x05, "reset_cuts", "Обнулить отрезы резчика", ResetCuts, Empty, sub=5, effect=Effect.DEVICE,
        lines=Line.PIRITS),
    row(0x05, "reset_head_mileage", "Обнулить пробег термоголовки", ResetHeadMileage, Empty, sub=6,
        effect=Effect.DEVICE, lines=Line.PIRITS),
    row(0x05, "battery_voltage", "Напряжение батарейки", BatteryVoltage, NumberReply, sub=7, effect=_READ),
    row(0x05, "cuts_forever", "Отрезы резчика, всего", CutsForever, NumberReply, sub=8, effect=_READ,
        lines=Line.PIRITS),
    row(0x05, "head_mileage_forever", "Пробег термоголовки, всего", HeadMileageForever, NumberReply, sub=9,
        effect=_READ, lines=Line.PIRITS),
    row(0x05, "printer_kind", "Тип печатающего устройства", PrinterKind, TextReply, sub=10, effect=_READ,
        lines=Line.FM16),
    row(0x05, "printer_bios", "Версия BIOS принтера", PrinterBios, TextReply, sub=11, effect=_READ, lines=Line.FM16),
    row(0x05, "printer_serial", "Серийный номер принтера", PrinterSerial, TextReply, sub=12, effect=_READ,
        lines=Line.FM16),
    row(0x05, "printer_bios_date", "Дата BIOS принтера", PrinterBiosDate, TextReply, sub=13, effect=_READ,
        lines=Line.FM16),
)  # fmt: skip
