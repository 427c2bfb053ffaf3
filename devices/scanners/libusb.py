"""HID-POS through pyusb, for systems without hidraw: takes the interface from the kernel for itself alone."""

from __future__ import annotations

import errno
import importlib
import logging
from typing import Any, Final

from devices.errors import LinkError
from devices.links.threaded import BlockingPort
from devices.scanners.hidraw import layout_of
from devices.scanners.ports import READ_SLICE_MS, ByIdLink, ReadingPort, no_library, open_error
from protocols.scanner.descriptor import Layout
from protocols.scanner.hid_pos import FEATURE_ID, SWITCH_ON, SWITCHED_ON_BY_FEATURE

log = logging.getLogger(__name__)

#: USB device class of HID, and its requests (USB Device Class Definition for HID 1.11, sections 7.1 and 7.2).
_HID_CLASS: Final = 3
_GET_DESCRIPTOR, _REPORT_DESCRIPTOR = (0x81, 0x06), 0x2200
_SET_REPORT, _FEATURE = (0x21, 0x09), 0x0300
_MAX_DESCRIPTOR: Final = 4096


class LibusbLink(ByIdLink):
    """`usb:0c2e:0b61[:SERIAL]?via=libusb`; yields reports in the form of `protocols.scanner.hid_pos`."""

    def open_device(self) -> BlockingPort:
        try:
            core, util = importlib.import_module("usb.core"), importlib.import_module("usb.util")
        except ImportError as error:
            raise no_library(self.name, "pyusb", "pip: pyusb", error) from error
        try:
            found = list(core.find(find_all=True, idVendor=self.vendor, idProduct=self.product))
        except core.NoBackendError as error:
            raise no_library(self.name, "libusb", "libusb-1.0-0", error) from error
        devices = [one for one in found if self.is_meant(_serial_of(one))]
        if not devices:
            raise open_error(self.name, OSError(errno.ENOENT, "not on USB"))
        device = devices[0]
        interfaces = (one for one in device.get_active_configuration() if one.bInterfaceClass == _HID_CLASS)
        return self.first_that_opens(interfaces, lambda interface: self._claim(util, core, device, interface))

    def _claim(self, util: Any, core: Any, device: Any, interface: Any) -> BlockingPort:
        number = interface.bInterfaceNumber
        _take_from_kernel(device, number)
        util.claim_interface(device, number)
        try:
            raw = device.ctrl_transfer(*_GET_DESCRIPTOR, _REPORT_DESCRIPTOR, number, _MAX_DESCRIPTOR)
            where = layout_of(self.name, bytes(raw))
            incoming = next(end for end in interface if end.bEndpointAddress & 0x80)
        except (LinkError, StopIteration) as error:
            _give_back(util, device, number)
            nothing = OSError(errno.ENXIO, "nothing comes in")
            raise error if isinstance(error, LinkError) else open_error(self.name, nothing) from error
        if self.vendor in SWITCHED_ON_BY_FEATURE:
            device.ctrl_transfer(*_SET_REPORT, _FEATURE | FEATURE_ID, number, SWITCH_ON)
        return _Port(core, util, device, number, incoming, where)


class _Port(ReadingPort):
    def __init__(self, core: Any, util: Any, device: Any, number: int, incoming: Any, where: Layout) -> None:
        self._core = core
        self._util = util
        self._device = device
        self._number = number
        self._incoming = incoming
        self._layout = where

    def read(self) -> bytes:
        try:
            report = bytes(self._incoming.read(self._incoming.wMaxPacketSize, timeout=READ_SLICE_MS))
        except self._core.USBTimeoutError:
            return b""
        return self._layout.usual(report)

    def close(self) -> None:
        _give_back(self._util, self._device, self._number)
        self._util.dispose_resources(self._device)


def _serial_of(device: Any) -> str:
    try:
        return str(device.serial_number or "")
    except (OSError, ValueError):  # no right to ask it, or no language
        return ""


def _give_back(util: Any, device: Any, number: int) -> None:
    util.release_interface(device, number)
    try:
        device.attach_kernel_driver(number)
    except (OSError, NotImplementedError) as error:  # unplugged, or a system without drivers to attach
        log.debug("interface %s stays without a kernel driver: %s", number, error)


def _take_from_kernel(device: Any, number: int) -> None:
    try:
        if device.is_kernel_driver_active(number):
            device.detach_kernel_driver(number)
    except NotImplementedError:  # Windows and macOS backends
        log.debug("this system's kernel keeps no driver on interface %s", number)
