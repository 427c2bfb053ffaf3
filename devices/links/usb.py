"""A register that shows a bare bulk endpoint pair instead of a serial port: `usb:1fc9:0083`.

pyusb needs the libusb library of the system; it is imported when a link is opened, so that a machine without it starts.
"""

from __future__ import annotations

import errno
import importlib
import logging
from collections.abc import Iterable
from typing import Any

from devices.errors import LinkError
from devices.links.holders import holders, named
from devices.links.threaded import BlockingPort, ThreadedLink

log = logging.getLogger(__name__)

#: Milliseconds of one blocking read.
READ_SLICE_MS = 100
WRITE_LIMIT_MS = 250


class UsbLink(ThreadedLink):
    """The first interface of the device that has a bulk IN and a bulk OUT endpoint."""

    def __init__(self, vendor: int, product: int) -> None:
        super().__init__(f"usb:{vendor:04x}:{product:04x}")
        self._vendor = vendor
        self._product = product

    def open_port(self) -> BlockingPort:
        core, util = _library(self.name)
        try:
            device = core.find(idVendor=self._vendor, idProduct=self._product)
        except core.NoBackendError as error:
            raise _no_library(self.name) from error
        if device is None:
            raise LinkError(
                f"{self.name}: no such device on USB",
                hint="Касса не видна на USB. Проверьте кабель и питание кассы.",
                code="link_no_port",
            )
        try:
            return _Port(core, util, device)
        except core.USBError as error:
            raise _open_error(self.name, error, _node(device)) from error


class _Port:
    def __init__(self, core: Any, util: Any, device: Any) -> None:
        self._core = core
        self._util = util
        self._device = device
        interface, self._incoming, self._outgoing = _endpoints(util, device)
        self._interface = interface.bInterfaceNumber
        if _kernel_driver(device, self._interface):
            device.detach_kernel_driver(self._interface)
        util.claim_interface(device, self._interface)

    def read(self) -> bytes:
        try:
            return bytes(self._incoming.read(self._incoming.wMaxPacketSize, timeout=READ_SLICE_MS))
        except self._core.USBTimeoutError:
            return b""

    def write(self, data: bytes) -> None:
        self._outgoing.write(data, timeout=WRITE_LIMIT_MS)

    def interrupt(self) -> None:
        """Reads end by themselves after READ_SLICE_MS."""

    def close(self) -> None:
        self._util.release_interface(self._device, self._interface)
        self._util.dispose_resources(self._device)


def _library(name: str) -> tuple[Any, Any]:
    try:
        return importlib.import_module("usb.core"), importlib.import_module("usb.util")
    except ImportError as error:
        raise _no_library(name) from error


def _endpoints(util: Any, device: Any) -> tuple[Any, Any, Any]:
    for interface in device.get_active_configuration():
        bulk = [end for end in interface if util.endpoint_type(end.bmAttributes) == util.ENDPOINT_TYPE_BULK]
        incoming = [end for end in bulk if util.endpoint_direction(end.bEndpointAddress) == util.ENDPOINT_IN]
        outgoing = [end for end in bulk if util.endpoint_direction(end.bEndpointAddress) == util.ENDPOINT_OUT]
        if incoming and outgoing:
            return interface, incoming[0], outgoing[0]
    raise LinkError(
        f"usb:{device.idVendor:04x}:{device.idProduct:04x}: no interface with bulk endpoints both ways",
        hint="Это устройство не похоже на кассу с прямым обменом по USB.",
        code="link_no_port",
    )


def _node(device: Any) -> str:
    """The device's file on Linux; one that does not exist elsewhere."""
    return f"/dev/bus/usb/{device.bus or 0:03d}/{device.address or 0:03d}"


def _kernel_driver(device: Any, interface: int) -> bool:
    try:
        return bool(device.is_kernel_driver_active(interface))
    except NotImplementedError:  # Windows and macOS backends
        return False


def _open_error(name: str, error: Any, node: str) -> LinkError:
    if error.errno in {errno.EACCES, errno.EPERM}:
        return LinkError(
            f"{name}: no right to open the USB device; install the udev rules of this package",
            hint="Нет прав на устройство USB. Установите правила udev из поставки и переподключите кассу.",
            code="link_no_rights",
        )
    if error.errno == errno.EBUSY:
        found = holders(node)
        return LinkError(
            f"{name}: the USB device is in use by {', '.join(map(str, found)) or 'another program'}",
            hint=f"Порт USB кассы занят {named(found)}. Закройте эту программу и повторите.",
            code="link_busy",
        )
    return LinkError(
        f"{name}: cannot open the USB device ({error})",
        hint="Устройство USB не открывается. Переподключите кассу.",
        code="link_open_failed",
    )


def _no_library(name: str) -> LinkError:
    return LinkError(
        f"{name}: libusb is not installed (Debian: libusb-1.0-0)",
        hint="Не установлена библиотека libusb. Установите пакет libusb-1.0-0 и перезапустите службу.",
        code="libusb_missing",
    )


def present(ids: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Which of these (vendor, product) ids are plugged in; none where libusb is missing."""
    try:
        core, _ = _library("usb:")
    except LinkError:
        return []
    try:
        return [one for one in ids if core.find(idVendor=one[0], idProduct=one[1]) is not None]
    except (core.NoBackendError, core.USBError) as error:
        log.debug("usb is not available: %s", error)
        return []
