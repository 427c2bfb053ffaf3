"""An emulated scanner as a real input device of this machine, where the kernel offers uinput or uhid.

A keyboard becomes a /dev/input/event… by uinput, a HID-POS scanner a /dev/hidraw… by uhid: the system cannot tell them
from USB devices. Both need rights to their device file, which a container or a test machine seldom has; then the cause
is told. ABI of uhid: linux/uhid.h.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from protocols.scanner import keys
from protocols.scanner.descriptor import DESCRIPTOR
from protocols.scanner.hid_pos import FEATURE_ID, SIZE, SWITCH_ON
from protocols.scanner.reading import Kind

UINPUT: Final = Path("/dev/uinput")
UHID: Final = Path("/dev/uhid")

#: What the device says it is.
NAME: Final = "Emulated scanner"
VENDOR, PRODUCT = 0x1209, 0x0001  # pid.codes' id for tests: no maker's, so no rule takes it for a real one


class KernelError(OSError):
    """This kernel offers no such device to us."""


class UinputKeyboard:
    """`write` takes events as `keys.Event.pack`; the kernel gives them its own time."""

    address = "uinput"

    def __init__(self) -> None:
        try:
            evdev = importlib.import_module("evdev")
        except ImportError as error:
            raise KernelError(f"python-evdev is needed for a keyboard of the kernel's: {error}") from error
        if not os.access(UINPUT, os.W_OK):
            raise KernelError(f"no keyboard can be made: {_why(UINPUT, 'uinput')}")
        self._device: Any = evdev.UInput(
            {keys.EV_KEY: sorted(keys.KEYS)}, name=NAME, vendor=VENDOR, product=PRODUCT, bustype=_BUS_USB
        )
        self.address = f"uinput:{self._device.device.path}" if self._device.device else "uinput"

    async def write(self, data: bytes) -> None:
        for event in keys.events(data):
            self._device.write(event.type, event.code, event.value)
            # At the speed of a scanner: readers that are slow lose events, as they do with real ones.
            if event.type == keys.EV_SYN:
                await asyncio.sleep(_KEY_PAUSE)

    def close(self) -> None:
        self._device.close()


class UhidScanner:
    """`write` takes HID-POS reports. As Honeywell's, it is silent until feature report FEh has switched it on."""

    address = "uhid"

    def __init__(self, open_device: Callable[[], int] | None = None, *, must_be_switched_on: bool = False) -> None:
        self._handle = (open_device or _open_uhid)()
        self._on = not must_be_switched_on
        os.write(self._handle, _create())
        asyncio.get_running_loop().add_reader(self._handle, self._answer)

    async def write(self, data: bytes) -> None:
        if not self._on:
            return
        for start in range(0, len(data) - SIZE + 1, SIZE):
            report = data[start : start + SIZE]
            os.write(self._handle, struct.pack("=IH4096s", _INPUT2, len(report), report))

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._handle)
        with suppress(OSError):
            os.write(self._handle, struct.pack("=I", _DESTROY))
        os.close(self._handle)

    def _answer(self) -> None:
        """The kernel waits five seconds for answers to reports, and whoever asked it waits with it."""
        event = os.read(self._handle, _EVENT_SIZE)
        kind = int.from_bytes(event[:4], _NATIVE)
        if kind == _SET_REPORT:
            number, report = struct.unpack_from("=IB", event, 4)
            size = struct.unpack_from("=H", event, 10)[0]
            if report == FEATURE_ID and event[12 : 12 + size] == SWITCH_ON:
                self._on = True
            os.write(self._handle, struct.pack("=IIH", _SET_REPORT_REPLY, number, 0))
        elif kind == _GET_REPORT:
            number = struct.unpack_from("=I", event, 4)[0]
            os.write(self._handle, struct.pack("=IIHH4096s", _GET_REPORT_REPLY, number, _EIO, 0, b""))


def make(kind: Kind) -> UinputKeyboard | UhidScanner:
    """The kernel's device for a scanner of this kind; KernelError tells why there is none."""
    if kind is Kind.KEYBOARD:
        return UinputKeyboard()
    if kind is Kind.HID_POS:
        return UhidScanner()
    raise KernelError("a serial scanner is no input device: use --listen pty:PATH")


_KEY_PAUSE: Final = 0.001
_NATIVE: Final = "little" if struct.pack("=H", 1) == b"\x01\x00" else "big"
_BUS_USB: Final = 0x03
_DESTROY, _GET_REPORT, _GET_REPORT_REPLY, _CREATE2, _INPUT2, _SET_REPORT, _SET_REPORT_REPLY = 1, 9, 10, 11, 12, 13, 14
_EVENT_SIZE: Final = 4380
_EIO: Final = 5


def _create() -> bytes:
    """name, phys, uniq, size of the descriptor, bus, vendor, product, version, country, descriptor."""
    return struct.pack(
        "=I128s64s64sHHIIII4096s",
        _CREATE2,
        NAME.encode(),
        b"fiscal-emulator",
        b"1",
        len(DESCRIPTOR),
        _BUS_USB,
        VENDOR,
        PRODUCT,
        0x0100,
        0,
        DESCRIPTOR,
    )


def _open_uhid() -> int:
    try:
        return os.open(UHID, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        raise KernelError(f"no HID device can be made: {_why(UHID, 'uhid')}") from None


def _why(path: Path, module: str) -> str:
    if not path.exists():
        return f"there is no {path} (is the kernel module {module} loaded? containers seldom have it)"
    return f"no right to {path}; run as root or give this user the right by a udev rule"
