"""HID-POS through hidapi: Windows and macOS, where the system has no device files."""

from __future__ import annotations

import importlib
import logging
from contextlib import suppress
from typing import Any, Final

from devices.errors import LinkError
from devices.links.threaded import BlockingPort
from devices.scanners.hidraw import layout_of
from devices.scanners.ports import READ_SLICE_MS, ByIdLink, ReadingPort, no_library, open_error
from protocols.scanner.descriptor import SCANNER, Layout
from protocols.scanner.hid_pos import SWITCH_ON, SWITCHED_ON_BY_FEATURE

log = logging.getLogger(__name__)

_REPORT: Final = 4096


class HidapiLink(ByIdLink):
    """`usb:0c2e:0b61[:SERIAL]`; yields reports in the form of `protocols.scanner.hid_pos`."""

    def open_device(self) -> BlockingPort:
        try:
            hid = importlib.import_module("hid")
        except ImportError as error:
            raise no_library(self.name, "hidapi", "pip: hidapi", error) from error
        listed = hid.enumerate(self.vendor, self.product)
        found = [one for one in listed if self.is_meant(one.get("serial_number") or "")]
        if not found:
            raise open_error(self.name, FileNotFoundError(2, "not enumerated"))
        # Where the system tells no usages (libusb), the descriptor decides after opening.
        best = [one for one in found if (one.get("usage_page"), one.get("usage")) == SCANNER] or [
            one for one in found if not one.get("usage_page")
        ]
        if not best:
            raise LinkError(
                f"{self.name}: the device shows no HID POS collection; scan its set-up code for HID POS",
                hint="Сканер не в режиме HID POS. Отсканируйте настроечный код «USB HID POS» из его руководства.",
                code="scanner_mode",
            )
        return self.first_that_opens(best, lambda entry: self._begin(hid.device(), entry["path"]))

    def _begin(self, device: Any, path: bytes) -> BlockingPort:
        try:
            device.open_path(path)
        except OSError as error:
            raise LinkError(
                f"{self.name}: cannot open the device ({error}); another program may hold it",
                hint="Сканер не открывается: нет прав или он занят другой программой.",
                code="link_open_failed",
            ) from error
        try:
            where = layout_of(self.name, bytes(device.get_report_descriptor()))
        except (LinkError, OSError, ValueError) as error:
            device.close()
            raise error if isinstance(error, LinkError) else open_error(self.name, OSError(0, str(error))) from error
        if self.vendor in SWITCHED_ON_BY_FEATURE and device.send_feature_report(SWITCH_ON) < 0:
            log.warning("%s: the scanner did not take the report that switches it on", self.name)
        return _Port(device, where)


class _Port(ReadingPort):
    def __init__(self, device: Any, where: Layout) -> None:
        self._device = device
        self._layout = where

    def read(self) -> bytes:
        try:
            report = self._device.read(_REPORT, READ_SLICE_MS)
        except ValueError as error:  # hidapi's word for a device closed meanwhile
            raise OSError(str(error)) from error
        return self._layout.usual(bytes(report)) if report else b""

    def close(self) -> None:
        with suppress(ValueError):
            self._device.close()
