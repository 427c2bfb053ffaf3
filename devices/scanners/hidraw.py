"""HID-POS through Linux' hidraw: no library, and the kernel's own driver stays where it is."""

from __future__ import annotations

import errno
import logging
import os
import select
import struct
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from devices.errors import LinkError
from devices.links.threaded import BlockingPort
from devices.scanners.ports import READ_SLICE_MS, ReadingLink, ReadingPort
from protocols.scanner.descriptor import KEYBOARD, SCANNER, DescriptorError, Layout, collections, layout
from protocols.scanner.hid_pos import SWITCH_ON, SWITCHED_ON_BY_FEATURE

log = logging.getLogger(__name__)

#: linux/hidraw.h, with the numbers that nearly all architectures share.
HIDIOCGRDESCSIZE: Final = 0x80044801
HIDIOCGRDESC: Final = 0x90044802
HIDIOCGRAWINFO: Final = 0x80084803
HIDIOCSFEATURE_2: Final = 0xC0024806  # of two bytes

_MAX_DESCRIPTOR: Final = 4096
#: Bytes of the longest report.
_REPORT: Final = 16384

SYSFS: Final = Path("/sys/class/hidraw")

#: As `fcntl.ioctl`: (descriptor of the file, request, buffer that is changed in place).
Ioctl = Callable[[int, int, Any], Any]


class HidrawLink(ReadingLink):
    """`hid:/dev/hidraw0`; yields reports in the form of `protocols.scanner.hid_pos`."""

    def __init__(self, path: str, *, ioctl: Ioctl | None = None, name: str = "") -> None:
        super().__init__(name or f"hid:{path}")
        self._path = path
        self._ioctl = ioctl

    def find(self) -> str:
        """The device's file."""
        return self._path

    def open_device(self) -> BlockingPort:
        if sys.platform != "linux":
            raise LinkError(
                f"{self.name}: hidraw is Linux only; write usb:VID:PID",
                hint="Укажите сканер по номерам USB: usb:VID:PID.",
                code="link_open_failed",
            )
        import fcntl

        ioctl = self._ioctl or fcntl.ioctl
        handle = os.open(self.find(), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            # hidraw gives every reader its own copy; the lock keeps a second gateway out, as serial ports do.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                where = layout_of(self.name, _descriptor(handle, ioctl))
                _switch_on(handle, ioctl)
            except OSError as error:
                if error.errno in {errno.ENOTTY, errno.EINVAL}:
                    raise LinkError(
                        f"{self.name}: this is no HID device", hint=_NOT_HID, code="scanner_mode"
                    ) from error
                raise
        except BaseException:
            os.close(handle)
            raise
        return _Port(handle, where)


class HidrawByIdLink(HidrawLink):
    """`usb:0c2e:0b61[:SERIAL]`: whichever hidraw file this scanner has now."""

    def __init__(
        self, vendor: int, product: int, serial: str = "", *, sysfs: Path = SYSFS, dev: Path = Path("/dev")
    ) -> None:
        super().__init__("", name=f"usb:{vendor:04x}:{product:04x}" + (f":{serial}" if serial else ""))
        self._wanted = (vendor, product, serial)
        self._sysfs = sysfs
        self._dev = dev

    def find(self) -> str:
        vendor, product, serial = self._wanted
        found = [
            one
            for one in present(self._sysfs)
            if (one.vendor, one.product) == (vendor, product) and serial in {"", one.serial}
        ]
        scanners = [one for one in found if one.scanner]
        if found and not scanners:
            raise _keyboard_mode(self.name) if any(one.keyboard for one in found) else _no_scan_report(self.name)
        if len(scanners) > 1:
            serials = ", ".join(one.serial or "?" for one in scanners)
            raise LinkError(
                f"{self.name}: {len(scanners)} such scanners are plugged in ({serials}); name one by its serial number",
                hint="Подключено несколько одинаковых сканеров. Допишите серийный номер: usb:VID:PID:СЕРИЙНЫЙ.",
                code="scanner_ambiguous",
            )
        if not scanners:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return str(self._dev / scanners[0].node)


@dataclass(frozen=True, slots=True, kw_only=True)
class HidDevice:
    """A hidraw device: file name in /dev, ids, and what its descriptor makes of it."""

    node: str
    vendor: int
    product: int
    name: str
    serial: str
    scanner: bool
    keyboard: bool


def present(sysfs: Path = SYSFS) -> Iterator[HidDevice]:
    """What hangs on this machine, by /sys; nothing where there is no such folder."""
    for entry in sorted(sysfs.glob("hidraw*")):
        try:
            lines = (entry / "device/uevent").read_text("utf-8", "replace").splitlines()
            descriptor = (entry / "device/report_descriptor").read_bytes()
            told = dict(line.partition("=")[::2] for line in lines)
            _, vendor, product = (int(part, 16) for part in told.get("HID_ID", "").split(":"))
            kinds = collections(descriptor)
        except (OSError, ValueError) as error:  # unplugged meanwhile, or a device that describes itself badly
            log.debug("%s is passed over: %s", entry, error)
            continue
        yield HidDevice(
            node=entry.name,
            vendor=vendor,
            product=product,
            name=told.get("HID_NAME", ""),
            serial=told.get("HID_UNIQ", ""),
            scanner=SCANNER in kinds,
            keyboard=KEYBOARD in kinds,
        )


def layout_of(name: str, descriptor: bytes) -> Layout:
    """Where this device keeps a scan; LinkError tells how a scanner in another mode is switched."""
    try:
        kinds, where = collections(descriptor), layout(descriptor)
    except DescriptorError as error:
        raise LinkError(
            f"{name}: the device describes itself badly ({error})", hint=_NOT_HID, code="scanner_mode"
        ) from error
    if where is None or SCANNER not in kinds:
        raise _keyboard_mode(name) if KEYBOARD in kinds else _no_scan_report(name)
    return where


class _Port(ReadingPort):
    def __init__(self, handle: int, where: Layout) -> None:
        self._handle = handle
        self._layout = where
        self._poll = select.poll()
        self._poll.register(handle, select.POLLIN)

    def read(self) -> bytes:
        events = self._poll.poll(READ_SLICE_MS)
        if not events:
            return b""
        try:
            report = os.read(self._handle, _REPORT)
        except BlockingIOError:
            return b""
        if not report:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return self._layout.usual(report)

    def close(self) -> None:
        os.close(self._handle)


def _descriptor(handle: int, ioctl: Ioctl) -> bytes:
    size = bytearray(4)
    ioctl(handle, HIDIOCGRDESCSIZE, size)
    wanted = min(int.from_bytes(size, sys.byteorder), _MAX_DESCRIPTOR)
    buffer = bytearray(wanted.to_bytes(4, sys.byteorder) + bytes(_MAX_DESCRIPTOR))
    ioctl(handle, HIDIOCGRDESC, buffer)
    return bytes(buffer[4 : 4 + wanted])


def _switch_on(handle: int, ioctl: Ioctl) -> None:
    info = bytearray(8)
    ioctl(handle, HIDIOCGRAWINFO, info)
    _, vendor, _ = struct.unpack("=IHH", info)
    if vendor not in SWITCHED_ON_BY_FEATURE:
        return
    try:
        ioctl(handle, HIDIOCSFEATURE_2, bytearray(SWITCH_ON))
    except OSError as error:
        log.warning("the scanner did not take the report that switches it on: %s", error)


def _keyboard_mode(name: str) -> LinkError:
    return LinkError(
        f"{name}: the scanner is in keyboard mode; scan its set-up code for HID POS or USB serial, or use hid:/dev/…",
        hint=_KEYBOARD_MODE,
        code="scanner_mode",
    )


def _no_scan_report(name: str) -> LinkError:
    return LinkError(
        f"{name}: no HID POS scanner report; scan the set-up code for HID POS or USB serial (Zebra: CDC host)",
        hint=_NO_SCAN_REPORT,
        code="scanner_mode",
    )


_NOT_HID = "Это не устройство HID. Проверьте путь: /dev/hidrawN."
_KEYBOARD_MODE = (
    "Сканер в режиме клавиатуры. Отсканируйте настроечный код «USB HID POS» или «USB COM» из его руководства, либо"
    " укажите ссылку hid:/dev/input/by-id/…-event-kbd."
)
_NO_SCAN_REPORT = (
    "Устройство не в режиме HID POS. Отсканируйте настроечный код «USB HID POS» или «USB COM» (у Zebra — «USB CDC"
    " Host»)."
)
