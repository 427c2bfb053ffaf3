"""85…87, 91, 93, A5…AA: WiFi, memory, speed, the vendor's cabinet and paid services."""

from __future__ import annotations

from typing import Annotated

from protocols.pirit.commands.base import Asks, Echo, Empty, Line, row
from protocols.pirit.commands.drive import HexReply
from protocols.pirit.commands.replies import NumberReply, TextReply
from protocols.pirit.fields import DATE, Date, Number, Text, number, optional, text
from protocols.pirit.messages import V1_2, Texts
from protocols.rows import Effect
from protocols.wire import message

#: Command 93: baud rates by number. 57600 is the default.
BAUD_RATES = (4800, 9600, 19200, 38400, 57600, 115200)
DEFAULT_BAUD_RATE = 57600

Ssid = Annotated[str, text(32)]
Secret = Annotated[str, text(64)]
Url = Annotated[str, text(200)]
Md5 = Annotated[str, text(33)]


@message
class WifiJoin(Asks[Empty]):
    ssid: Ssid
    password: Secret


@message
class WifiAccessPoint(Asks[Empty]):
    ssid: Ssid
    password: Secret


@message
class WifiLogStart(Asks[Empty]):
    address: Annotated[str, text(16)]
    port: Annotated[int, number(0, 65535)]


@message
class WifiLogStop(Asks[Empty]):
    pass


@message
class WifiLogLevel(Asks[Empty]):
    level: Annotated[int, number(0, 5)]


@message
class WifiNetworkReply(Texts):
    ssid: Text
    address: Text


@message
class WifiNetwork(Asks[WifiNetworkReply]):
    pass


@message
class WifiOwnNetwork(Asks[WifiNetworkReply]):
    pass


@message
class WifiMac(Asks[TextReply]):
    pass


@message
class WifiName(Asks[TextReply]):
    pass


@message
class UpdateWifi(Asks[Empty]):
    url: Url
    md5: Md5


@message
class UpdateFirmware(Asks[Empty]):
    url: Url
    md5: Md5


@message
class ReadMemory(Asks[HexReply]):
    area: Number
    address: Number
    count: Annotated[int, number(1, 64)]


@message
class SetSpeed(Asks[Empty]):
    """A place in `BAUD_RATES`."""

    speed: Annotated[int, number(0, len(BAUD_RATES) - 1)]


@message
class OfdReachable(Asks[NumberReply]):
    """Known from the vendor's library only."""


@message
class CashInfoReply(Texts):
    legal_name: Text
    address: Text
    inn: Text
    drive_number: Text
    ffd: Text
    drive_name: Text
    registration_number: Text
    taxations: Number
    autonomous: Number
    ofd_name: Text
    ofd_inn: Text
    ofd_host: Text
    ofd_port: Number
    ofd_check_url: Text
    work_mode: Number
    expires: Text
    local_time: Text
    place: Text


@message
class CashInfo(Asks[CashInfoReply]):
    pass


@message
class RegisterInfoReply(Texts):
    uuid: Text
    model: Text
    model_name: Text
    readable_model: Text
    registry_name: Text
    serial: Text
    has_drive: Text


@message
class RegisterInfo(Asks[RegisterInfoReply]):
    pass


@message
class SetCabinetFlag(Asks[Empty]):
    value: Annotated[int, number(0, 65535)]


@message
class CabinetFlag(Asks[NumberReply]):
    pass


@message
class ActivateKey(Asks[Empty]):
    key: Text


@message
class PaidServiceReply(Texts):
    """`status`: bit 0 bought, bit 1 works."""

    status: Number
    text: Text
    until: Annotated[Date | None, optional(DATE)] = None


@message
class PaidService(Asks[PaidServiceReply]):
    number: Number


@message
class PrintPaidServices(Asks[Empty]):
    pass


@message
class PaidServicesReply(Texts):
    """`services`: "[number;text;status;date];…"."""

    version: Number
    count: Number
    services: Text


@message
class PaidServices(Asks[PaidServicesReply]):
    pass


_DEVICE, _READ, _NONE = Effect.DEVICE, Effect.READ, Echo.NONE
_KEYED = Line.FM16 | Line.PUNIX

ROWS = (
    row(0x85, "wifi_join", "Сеть WiFi", WifiJoin, Empty, sub=0, effect=_DEVICE, ffd=V1_2, lines=Line.FM16),
    row(0x85, "wifi_access_point", "Точка доступа WiFi", WifiAccessPoint, Empty, sub=1, effect=_DEVICE, ffd=V1_2,
        lines=Line.FM16),
    row(0x85, "wifi_log_start", "Начать передачу журнала WiFi", WifiLogStart, Empty, sub=2, effect=_DEVICE, ffd=V1_2,
        lines=Line.FM16),
    row(0x85, "wifi_log_stop", "Закончить передачу журнала WiFi", WifiLogStop, Empty, sub=3, effect=_DEVICE, ffd=V1_2,
        lines=Line.FM16),
    row(0x85, "wifi_log_level", "Подробность журнала WiFi", WifiLogLevel, Empty, sub=4, effect=_DEVICE, ffd=V1_2,
        lines=Line.FM16),
    row(0x86, "wifi_network", "Текущее подключение WiFi", WifiNetwork, WifiNetworkReply, sub=0, effect=_READ,
        ffd=V1_2, lines=Line.FM16, echo=_NONE),
    row(0x86, "wifi_own_network", "Своя точка доступа WiFi", WifiOwnNetwork, WifiNetworkReply, sub=1, effect=_READ,
        ffd=V1_2, lines=Line.FM16, echo=_NONE),
    row(0x86, "wifi_mac", "MAC-адрес WiFi", WifiMac, TextReply, sub=2, effect=_READ, ffd=V1_2, lines=Line.FM16,
        echo=_NONE),
    row(0x86, "wifi_name", "Имя DNS модуля WiFi", WifiName, TextReply, sub=3, effect=_READ, ffd=V1_2, lines=Line.FM16,
        echo=_NONE),
    row(0x87, "update_wifi", "Обновить модуль WiFi", UpdateWifi, Empty, sub=0, effect=Effect.DANGEROUS, timeout=60.0,
        ffd=V1_2, lines=Line.FM16),
    row(0x87, "update_firmware", "Обновить ККТ по WiFi", UpdateFirmware, Empty, sub=1, effect=Effect.DANGEROUS,
        timeout=60.0, ffd=V1_2, lines=Line.FM16),
    row(0x91, "read_memory", "Чтение блока памяти", ReadMemory, HexReply, effect=_READ),
    row(0x93, "set_speed", "Скорость обмена", SetSpeed, Empty, effect=_DEVICE),
    row(0xA5, "ofd_reachable", "Доступность сервера ОФД", OfdReachable, NumberReply, effect=_READ, timeout=20.0),
    row(0xA6, "cash_info", "Данные для Кабинета: касса", CashInfo, CashInfoReply, effect=_READ),
    row(0xA7, "register_info", "Данные для Кабинета: модель", RegisterInfo, RegisterInfoReply, effect=_READ),
    row(0xA8, "set_cabinet_flag", "Признак регистрации в Кабинете", SetCabinetFlag, Empty, effect=_DEVICE),
    row(0xA9, "cabinet_flag", "Прочитать признак Кабинета", CabinetFlag, NumberReply, effect=_READ),
    row(0xAA, "activate_key", "Активировать услугу", ActivateKey, Empty, sub=1, effect=_DEVICE, lines=_KEYED),
    row(0xAA, "paid_service", "Состояние услуги", PaidService, PaidServiceReply, sub=2, effect=_READ, lines=_KEYED),
    row(0xAA, "print_paid_services", "Печать услуг", PrintPaidServices, Empty, sub=3, effect=_DEVICE, lines=_KEYED),
    row(0xAA, "paid_services", "Список услуг", PaidServices, PaidServicesReply, sub=4, effect=_READ, lines=_KEYED),
)  # fmt: skip
