"""The table of settings (commands 11 and 12): what stands under a number, and values as text (other_kkt §1.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum, IntFlag

from protocols.ffd.enums import FfdVersion
from protocols.pirit.commands.base import Line

V1_2 = FfdVersion.V1_2


class Type(Enum):
    """What a value is: a number or a mask of bits, a fraction, a text."""

    NUMBER = "number"
    FRACTION = "fraction"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Setting:
    """`indexes` of an array, 0 alone for a single value; `least` and `most`: of a number, of a text's length."""

    number: int
    name: str
    title_ru: str
    type: Type
    least: int = 0
    most: int = 255
    indexes: range = range(1)
    read_only: bool = False
    ffd: FfdVersion | None = None
    lines: Line = Line.ALL

    def holds(self, value: str) -> bool:
        """Whether this text is a value of the setting."""
        match self.type:
            case Type.TEXT:
                return self.least <= len(value) <= self.most
            case Type.NUMBER:
                return value.isascii() and value.isdigit() and self.least <= int(value[:12]) <= self.most
            case Type.FRACTION:
                try:
                    return Decimal(value).is_finite()
                except InvalidOperation:
                    return False


_N, _F, _T = Type.NUMBER, Type.FRACTION, Type.TEXT
_ROWS: tuple[Setting, ...] = (
    Setting(1, "printer", "Параметры принтера", _N),
    Setting(2, "receipt", "Параметры чека", _N),
    Setting(3, "z_report", "Параметры отчёта о закрытии смены", _N),
    Setting(4, "devices", "Управление внешними устройствами", _N),
    Setting(5, "cash", "Управление расчётами", _N),
    Setting(6, "taxes", "Печать налогов", _N),
    Setting(10, "logical_number", "Логический номер ККТ", _N, 1, 9999),
    Setting(11, "spare", "Дополнительная ячейка", _N, 1, 65535),
    Setting(12, "printing", "Настройки печати", _N, 0, 100, range(1, 4), lines=Line.PIRITS),
    Setting(20, "password", "Пароль связи", _T, 4, 4),
    Setting(30, "organisation", "Наименование и адрес организации", _T, 0, 57, range(14)),
    Setting(31, "footer", "Строки окончания чеков", _T, 0, 44, range(10)),
    Setting(32, "payment_names", "Названия типов платежей", _T, 0, 18, range(16)),
    Setting(40, "vat_names", "Названия ставок налога", _T, 0, 18, range(6), read_only=True),
    Setting(41, "vat_percents", "Проценты ставок налога", _F, 0, 0, range(6), read_only=True),
    Setting(42, "vat_group", "Название налоговой группы", _T, 0, 44),
    Setting(50, "sections", "Наименования секций", _T, 0, 44, range(1, 17)),
    Setting(51, "section_group", "Название группы секций", _T, 0, 44),
    Setting(52, "detail_names", "Наименования реквизитов", _T, 0, 30, range(1, 6)),
    Setting(54, "service_centre", "Реквизиты ЦТО", _T, 0, 44, range(2)),
    Setting(70, "automat", "Номер автомата", _T, 0, 12, read_only=True),
    Setting(71, "ofd_inn", "ИНН ОФД", _T, 10, 12, read_only=True),
    Setting(72, "qr", "Содержание QR-кода", _T, 20, 160, read_only=True),
    Setting(73, "ip", "IP-адрес ККТ", _T, 7, 15),
    Setting(74, "netmask", "Маска подсети", _T, 7, 15),
    Setting(75, "gateway", "IP-адрес шлюза", _T, 7, 15),
    Setting(76, "dns", "IP-адрес DNS", _T, 7, 15),
    Setting(77, "ofd_host", "Адрес сервера ОФД", _T, 0, 64),
    Setting(78, "ofd_port", "Порт сервера ОФД", _N, 1, 65534),
    Setting(79, "timer_fn", "Таймер ФН", _N, 0, 60),
    Setting(80, "timer_c", "Таймер С", _N, 0, 3600),
    Setting(81, "ofd_name", "Наименование ОФД", _T, 0, 64),
    Setting(82, "sender", "Электронная почта отправителя чека", _T, 0, 64),
    Setting(83, "fns_site", "Сайт ФНС", _T, 0, 64),
    Setting(85, "place", "Место расчётов", _T, 0, 112),
    Setting(87, "various", "Различные настройки", _N, lines=Line.PIRIT_2F),
    Setting(88, "options", "Активированные опции", _N, lines=Line.FM16 | Line.PUNIX),
    Setting(90, "wifi_exchange", "Передача через модуль WiFi", _N, lines=Line.FM16 | Line.PUNIX),
    Setting(91, "key_server_ip", "IP-адрес ОКП", _T, 7, 15, ffd=V1_2),
    Setting(92, "key_server_port", "Порт ОКП", _N, 1, 65534, ffd=V1_2),
    Setting(93, "key_server_url", "URL ОКП", _T, 0, 64, read_only=True, ffd=V1_2),
    Setting(94, "key_server_timeout", "Таймаут ОКП", _N, 0, 65535, ffd=V1_2),
    Setting(201, "oism_ip", "IP-адрес ОИСМ", _T, 0, 15, ffd=V1_2),
    Setting(202, "oism_port", "Порт ОИСМ", _N, 0, 65534, ffd=V1_2),
    Setting(203, "oism_url", "URL ОИСМ", _T, 0, 64, ffd=V1_2),
    Setting(204, "oism_timeout", "Таймаут ОИСМ", _N, 0, 65535, ffd=V1_2),
)

SETTINGS: Mapping[int, Setting] = {row.number: row for row in _ROWS}
NAMED: Mapping[str, Setting] = {row.name: row for row in _ROWS}

#: Of arrays: places that the register keeps for itself (payment names 0 cash, 1 electronic, 13…15).
FIXED_PAYMENTS: Mapping[int, str] = {
    0: "НАЛИЧНЫМИ",
    1: "ЭЛЕКТРОННЫМИ",
    13: "ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС)",
    14: "ПОСЛЕДУЮЩАЯ ОПЛАТА (КРЕДИТ)",
    15: "ИНАЯ ФОРМА ОПЛАТЫ",
}


class PrinterMask(IntFlag):
    """Setting 1."""

    NARROW_LINES = 0x01
    FULL_CUT = 0x02
    LOGO = 0x04
    QR = 0x20  # always on
    DEPARTMENTS = 0x40
    NO_PRINT = 0x80  # documents are not printed


class ReceiptMask(IntFlag):
    """Setting 2; bits 0…4 are the design."""

    REOPEN_SHIFT = 0x20  # Punix: an expired shift is closed and opened by opening a document
    NO_CASH_ON_CASH_IN = 0x40
    EXTERNAL_NUMBERS = 0x80


class DevicesMask(IntFlag):
    """Setting 4."""

    DRAWER_BY_REGISTER = 0x01
    DISCOUNT_IS_INFORMATION = 0x02
    NOT_CASH_IN_TOTALS = 0x08
    TAX_OF_ITEMS = 0x10
    NO_MARKING_TAGS = 0x20  # 2106 and 2115 are not printed
    PART_PRICE_IS_TOTAL = 0x40  # the price of a part of a piece is its whole cost


class CashMask(IntFlag):
    """Setting 5."""

    NO_CONTROL = 0x01
    NOT_COUNT_CANCELLED_AT_START = 0x02
    AUTO_CASH_OUT = 0x04
    BUY_COUNTERS = 0x08
    AUTO_TAPE = 0x10
    TAPE = 0x20
    SALE_TOTALS = 0x40
    RETURN_TOTALS = 0x80


class TaxMask(IntFlag):
    """Setting 6. `ADD_VAT` makes the register compute another total than the one that was sent."""

    ON_REPORTS = 0x01
    ON_RECEIPTS = 0x02
    ZEROES = 0x04
    ROUND_LATE = 0x08
    ADD_VAT = 0x40
