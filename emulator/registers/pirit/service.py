"""WiFi, memory, speed, the vendor's cabinet and paid services: 85…87, 91, 93, A5…AA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from emulator.registers.pirit.core import Core, Handlers
from emulator.registers.pirit.registering import mode_of
from emulator.registers.pirit.state import told
from protocols.pirit.commands import Empty
from protocols.pirit.commands import service as s
from protocols.pirit.commands.drive import HexReply
from protocols.pirit.commands.replies import NumberReply, TextReply

_NETWORK, _OWN_NETWORK = "network", "own_network"
_MAC: Final = "02:00:00:00:00:01"
_NAME: Final = "viki-print"
_BAD_KEY: Final = 65
_NO_SERVICES: Final = 0


def wifi_join(core: Core, request: s.WifiJoin) -> Empty:
    return _network(core, _NETWORK, request.ssid)


def wifi_access_point(core: Core, request: s.WifiAccessPoint) -> Empty:
    return _network(core, _OWN_NETWORK, request.ssid)


def _network(core: Core, kind: str, ssid: str) -> Empty:
    """Passwords are not kept."""
    core.memory.wifi = core.memory.wifi | {kind: ssid}
    return Empty()


def wifi_network(core: Core, request: s.WifiNetwork) -> s.WifiNetworkReply:
    return s.WifiNetworkReply(core.memory.wifi.get(_NETWORK, ""), "192.168.0.10")


def wifi_own_network(core: Core, request: s.WifiOwnNetwork) -> s.WifiNetworkReply:
    return s.WifiNetworkReply(core.memory.wifi.get(_OWN_NETWORK, _NAME), "192.168.4.1")


def read_memory(core: Core, request: s.ReadMemory) -> HexReply:
    """Nothing of it means anything: blank flash."""
    return HexReply(b"\xff" * request.count)


def set_speed(core: Core, request: s.SetSpeed) -> Empty:
    core.memory.speed = request.speed
    return Empty()


def ofd_reachable(core: Core, request: s.OfdReachable) -> NumberReply:
    return NumberReply(int(core.drive.connected))


def cash_info(core: Core, request: s.CashInfo) -> s.CashInfoReply:
    known, drive = core.registered, core.drive
    until = drive.resource.valid_until
    return s.CashInfoReply(
        legal_name=told(known.user_name),
        address=told(known.address),
        inn=known.inn.strip(),
        drive_number=drive.number,
        ffd=str(known.ffd),
        drive_name="fn_v_1_2",
        registration_number=known.registration_number.strip(),
        taxations=known.taxations,
        autonomous=int(known.offline),
        ofd_name=told(known.ofd_name),
        ofd_inn=known.ofd_inn,
        ofd_host=core.setting(77),
        ofd_port=int(core.setting(78)),
        ofd_check_url=told(known.tax_site),
        work_mode=mode_of(known)[0],
        expires="" if until is None else f"{until:%d.%m.%Y}",
        local_time=f"{core.now():%d.%m.%Y %H:%M:%S}",
        place=told(known.place),
    )


def register_info(core: Core, request: s.RegisterInfo) -> s.RegisterInfoReply:
    serial, name = core.registered.serial, core.model.name
    return s.RegisterInfoReply(
        uuid=f"00000000-0000-4000-8000-{serial[-12:]:>012}",
        model=str(core.model_code),
        model_name=name,
        readable_model=name,
        registry_name=name,
        serial=serial,
        has_drive="1",
    )


def set_cabinet_flag(core: Core, request: s.SetCabinetFlag) -> Empty:
    core.memory.cabinet = request.value
    return Empty()


def cabinet_flag(core: Core, request: s.CabinetFlag) -> NumberReply:
    return NumberReply(core.memory.cabinet)


def activate_key(core: Core, request: s.ActivateKey) -> Empty:
    """The vendor alone makes keys: none fits."""
    raise core.bad(_BAD_KEY)


def paid_service(core: Core, request: s.PaidService) -> s.PaidServiceReply:
    return s.PaidServiceReply(_NO_SERVICES, "не подключена")


def print_paid_services(core: Core, request: s.PrintPaidServices) -> Empty:
    core.printer.text(["ПЛАТНЫЕ УСЛУГИ", "center", "bold"], ["нет"])
    return Empty()


def paid_services(core: Core, request: s.PaidServices) -> s.PaidServicesReply:
    return s.PaidServicesReply(1, _NO_SERVICES, "")


def _says(reply: Any) -> Callable[[Core, Any], Any]:
    return lambda core, request: reply


HANDLERS: Handlers = {
    s.WifiJoin: wifi_join,
    s.WifiAccessPoint: wifi_access_point,
    s.WifiLogStart: _says(Empty()),
    s.WifiLogStop: _says(Empty()),
    s.WifiLogLevel: _says(Empty()),
    s.WifiNetwork: wifi_network,
    s.WifiOwnNetwork: wifi_own_network,
    s.WifiMac: _says(TextReply(_MAC)),
    s.WifiName: _says(TextReply(_NAME)),
    s.UpdateWifi: _says(Empty()),
    s.UpdateFirmware: _says(Empty()),
    s.ReadMemory: read_memory,
    s.SetSpeed: set_speed,
    s.OfdReachable: ofd_reachable,
    s.CashInfo: cash_info,
    s.RegisterInfo: register_info,
    s.SetCabinetFlag: set_cabinet_flag,
    s.CabinetFlag: cabinet_flag,
    s.ActivateKey: activate_key,
    s.PaidService: paid_service,
    s.PrintPaidServices: print_paid_services,
    s.PaidServices: paid_services,
}
