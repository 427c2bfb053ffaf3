"""A scanner that plays a keyboard, read by key code and grabbed, so that nothing leaks into the focused window.

evdev is the Linux kernel's; where python-evdev is missing the link says so when it is opened.
"""

from __future__ import annotations

import errno
import importlib
import select
from contextlib import suppress
from typing import Any

from devices.errors import LinkError
from devices.links.threaded import BlockingPort
from devices.scanners.ports import READ_SLICE_MS, ReadingLink, ReadingPort, no_library
from protocols.scanner.keys import BY_NAME, EV_KEY, EV_SYN, Event

#: What a keyboard that writes codes must have.
_NEEDED = frozenset(BY_NAME[name].code for name in ("1", "0", "A", "Z", "ENTER"))


class EvdevLink(ReadingLink):
    """`hid:/dev/input/event3`, better `hid:/dev/input/by-id/…-event-kbd`; yields events as `keys.Event.pack`."""

    def __init__(self, path: str) -> None:
        super().__init__(f"hid:{path}")
        self._path = path

    def open_device(self) -> BlockingPort:
        try:
            evdev = importlib.import_module("evdev")
        except ImportError as error:
            raise no_library(self.name, "evdev", "python3-evdev", error) from error
        try:
            device = evdev.InputDevice(self._path)
        except OSError as error:
            if error.errno == errno.ENOTTY:
                raise LinkError(
                    f"{self.name}: this is no input device", hint=_NOT_INPUT, code="scanner_mode"
                ) from error
            raise
        try:
            if not _NEEDED.issubset(device.capabilities().get(EV_KEY, ())):
                raise LinkError(
                    f"{self.name}: {device.name!r} has no keys to write codes with",
                    hint=_NOT_KEYBOARD,
                    code="scanner_mode",
                )
            device.grab()
        except BaseException:
            device.close()
            raise
        return _Port(device)


class _Port(ReadingPort):
    def __init__(self, device: Any) -> None:
        self._device = device
        self._poll = select.poll()
        self._poll.register(device.fd, select.POLLIN)

    def read(self) -> bytes:
        if not self._poll.poll(READ_SLICE_MS):
            return b""
        try:
            events = list(self._device.read())
        except BlockingIOError:
            return b""
        return b"".join(
            Event(event.sec * 1_000_000 + event.usec, event.type, event.code, event.value).pack()
            for event in events
            if event.type in {EV_KEY, EV_SYN}
        )

    def close(self) -> None:
        with suppress(OSError):  # a device that is gone is no longer grabbed either
            self._device.ungrab()
        self._device.close()


_NOT_INPUT = "Это не устройство ввода. Укажите путь /dev/input/by-id/…-event-kbd."
_NOT_KEYBOARD = (
    "У этого устройства нет нужных клавиш. У сканера бывает несколько устройств ввода: выберите то, что оканчивается"
    " на -event-kbd."
)
