"""What the web server says of itself and its devices (§1.1): settings, device objects, `serverInfo`, the mapping."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from protocols.atol_web.results import Result

#: Where it listens unless told otherwise.
PORT: Final = 16732
#: Model of the connection settings that means "find out".
AUTO_MODEL: Final = 500

DeviceId = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,16}$")]


class ServerPart(Result):
    """Settings that somebody sends: a value of a wrong type is his fault."""

    model_config = ConfigDict(strict=True)


class ServerSettings(ServerPart):
    """`/api/v2/settings`; `delete_requests_after` in minutes."""

    scripts_path: str = ""
    invert_cash_drawer_status: bool = False
    additional_header_lines: str = ""
    additional_footer_lines: str = ""
    block_queue_on_print_errors: bool = False
    delete_requests_after: Annotated[int, Field(ge=0)] = 43200
    validate_requests_on_add: bool = False


class ConnectionSettings(ServerPart):
    """How the driver reaches the register."""

    model: int = AUTO_MODEL
    access_password: str = ""
    user_password: str = ""
    port: Literal["com", "usb", "tcp", "bluetooth"] = "usb"
    com: str = ""
    baud_rate: int = 115200
    usb_device: str = "auto"
    ip_address: str = ""
    ip_port: int = 5555
    mac: str = ""
    ofd_channel: Literal["none", "auto"] = "auto"


class OtherSettings(ServerPart):
    """What a device may have otherwise than the server."""

    use_global_scripts_settings: bool = True
    scripts_path: str = ""
    use_global_invert_cash_drawer_status_flag: bool = True
    invert_cash_drawer_status: bool = False
    use_global_additional_header_lines: bool = True
    additional_header_lines: str = ""
    use_global_additional_footer_lines: bool = True
    additional_footer_lines: str = ""


class Device(ServerPart):
    """One register as the server knows it."""

    id: DeviceId
    name: Annotated[str, Field(max_length=128)] = ""
    is_active: bool = False
    is_default: bool = False
    is_lock: bool = False
    has_license: bool = True
    connection_settings: ConnectionSettings = ConnectionSettings()
    other_settings: OtherSettings = OtherSettings()


class ServerInfo(Result):
    """`/api/v2/serverInfo`."""

    server_version: str
    driver_version: str
    os: str
    current_date_time: str


def _rows(rows: dict[Any, str]) -> list[dict[str, Any]]:
    return [{"key": key, "description": description} for key, description in rows.items()]


#: `/api/v2/utils/mapping`: what a settings page lets one choose.
MAPPING: Final[dict[str, Any]] = {
    "model": _rows({AUTO_MODEL: "Автоматическое определение"}),
    "port": _rows({"com": "COM/VCOM", "usb": "USB", "tcp": "TCP/IP", "bluetooth": "Bluetooth"}),
    "com": [],
    "usbDevice": _rows({"auto": "Автоматически"}),
    "baudRate": _rows({rate: str(rate) for rate in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)}),
    "ofdChannel": _rows({"none": "Не использовать", "auto": "Автоматически"}),
}
#: `/api/v2/utils/deviceParametersStruct`: a device with nothing filled in.
TEMPLATE: Final[dict[str, Any]] = Device(id="template").json_values() | {"id": "", "name": ""}
