"""Keyboard scanners by evdev: the library is played as far as its real class allows, its events go through a pipe."""

from __future__ import annotations

import errno
import importlib
import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from devices.errors import LinkError
from devices.scanners import factory
from devices.scanners.keyboard import EvdevLink
from protocols.scanner import keys
from protocols.scanner.keys import EV_KEY, KEYS, Event
from protocols.scanner.keystrokes import Fingers, type_code
from protocols.scanner.reading import Note

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="evdev is the Linux kernel's")

CODE = b"0104600439931256215ABcde\x1d93dGVz"
LINK = "hid:/dev/input/by-id/usb-Scanner-event-kbd"


class Device:
    """What `evdev.InputDevice` is to us. `press` plays the kernel."""

    name = "A scanner"

    def __init__(self, path: str) -> None:
        self.path = path
        self.fd, self._kernel = os.pipe()
        os.set_blocking(self.fd, False)
        self.grabbed = 0
        self.closed = False
        self.gone = False
        self.keys = sorted(KEYS)

    def capabilities(self) -> dict[int, list[int]]:
        return {0: [0, 1, 4], EV_KEY: self.keys}

    def grab(self) -> None:
        self.grabbed += 1

    def ungrab(self) -> None:
        if self.gone:
            raise OSError(errno.ENODEV, "No such device")
        self.grabbed -= 1

    def read(self) -> Iterator[Any]:
        if self.gone:
            raise OSError(errno.ENODEV, "No such device")
        for one in keys.events(os.read(self.fd, 240 * keys.EVENT_SIZE)):
            yield SimpleNamespace(
                sec=one.at // 1_000_000, usec=one.at % 1_000_000, type=one.type, code=one.code, value=one.value
            )

    def close(self) -> None:
        self.closed = True
        os.close(self.fd)
        os.close(self._kernel)

    def press(self, *events: Event) -> None:
        os.write(self._kernel, b"".join(event.pack() for event in events))


class Library:
    """The module: opens devices, or fails as it does."""

    def __init__(self) -> None:
        self.opened: list[Device] = []
        self.fails: OSError | None = None
        self.busy = False
        self.keys: list[int] | None = None

    def InputDevice(self, path: str) -> Device:  # noqa: N802 — the library's name
        if self.fails is not None:
            raise self.fails
        device = Device(path)
        if self.busy:
            device.grab = self._refuse  # type: ignore[method-assign]
        if self.keys is not None:
            device.keys = self.keys
        self.opened.append(device)
        return device

    @staticmethod
    def _refuse() -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    played = Library()
    monkeypatch.setitem(sys.modules, "evdev", played)  # type: ignore[arg-type]
    return played


def test_what_is_played_is_what_the_library_has() -> None:
    real = importlib.import_module("evdev").InputDevice
    for name in ("capabilities", "grab", "ungrab", "read", "close"):
        theirs = inspect.signature(getattr(real, name)).parameters
        ours = inspect.signature(getattr(Device, name)).parameters
        assert list(theirs)[: len(ours)] == list(ours)
        assert all(one.default is not one.empty for one in list(theirs.values())[len(ours) :])
    event = importlib.import_module("evdev").InputEvent(1, 2, 3, 4, 5)
    assert (event.sec, event.usec, event.type, event.code, event.value) == (1, 2, 3, 4, 5)


async def test_a_scan_is_read_from_a_grabbed_device(library: Library) -> None:
    scanner = factory.create(LINK)
    await scanner.open()
    (device,) = library.opened
    assert device.path == LINK.removeprefix("hid:")
    assert device.grabbed == 1, "nothing of a code may leak into the focused window"
    device.press(*type_code(b"]d2" + CODE, Fingers()))
    reading = await scanner.read()
    assert (reading.data, reading.symbology, reading.notes) == (CODE, "]d2", ())
    await scanner.close()
    assert (device.grabbed, device.closed) == (0, True)


async def test_other_events_of_the_device_do_not_matter_and_lost_ones_do(library: Library) -> None:
    scanner = factory.create(LINK)
    await scanner.open()
    typed = type_code(CODE, Fingers())
    scan_code, led = Event(0, 4, 4, 458756), Event(0, 17, 1, 1)
    dropped = Event(0, keys.EV_SYN, keys.SYN_DROPPED, 0)
    library.opened[0].press(scan_code, led, *typed)
    assert (await scanner.read()).notes == ()
    library.opened[0].press(*typed[:20], dropped, *typed[24:])
    assert Note.EVENTS_LOST in (await scanner.read()).notes
    await scanner.close()


async def test_unplugging_is_noticed_though_it_cannot_be_ungrabbed(library: Library) -> None:
    scanner = factory.create(LINK)
    await scanner.open()
    (device,) = library.opened
    device.gone = True
    device.press(Event(0, EV_KEY, 30, 1))
    with pytest.raises(LinkError) as lost:
        await scanner.read()
    assert lost.value.code == "link_closed"
    assert "канер" in lost.value.hint
    await scanner.close()
    assert device.closed


async def test_a_device_another_program_has_grabbed(library: Library) -> None:
    library.busy = True
    with pytest.raises(LinkError) as busy:
        await EvdevLink("/dev/input/event3").open()
    assert busy.value.code == "link_busy"
    assert library.opened[0].closed


async def test_a_mouse_is_no_scanner(library: Library) -> None:
    library.keys = [272, 273, 274]  # BTN_LEFT …
    with pytest.raises(LinkError) as wrong:
        await EvdevLink("/dev/input/event3").open()
    assert wrong.value.code == "scanner_mode"
    assert "event-kbd" in wrong.value.hint
    assert library.opened[0].closed
    assert library.opened[0].grabbed == 0


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOENT, "link_no_port"),
        (errno.ENODEV, "link_no_port"),
        (errno.EACCES, "link_no_rights"),
        (errno.ENOTTY, "scanner_mode"),
        (errno.EINVAL, "link_open_failed"),
    ],
)
async def test_why_a_device_does_not_open(library: Library, number: int, code: str) -> None:
    library.fails = OSError(number, os.strerror(number))
    with pytest.raises(LinkError) as wrong:
        await EvdevLink("/dev/input/event3").open()
    assert wrong.value.code == code
    assert "/dev/input/event3" in wrong.value.detail
    assert wrong.value.hint


async def test_without_the_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evdev", None)
    with pytest.raises(LinkError) as missing:
        await EvdevLink("/dev/input/event3").open()
    assert missing.value.code == "scanner_library_missing"
    assert "evdev" in missing.value.hint


async def test_the_real_library_on_what_is_no_input_device(tmp_path: Path) -> None:
    path = tmp_path / "event0"
    path.touch()
    with pytest.raises(LinkError) as wrong:
        await EvdevLink(str(path)).open()
    assert wrong.value.code in {"scanner_mode", "link_open_failed"}
    with pytest.raises(LinkError) as missing:
        await EvdevLink(str(tmp_path / "event1")).open()
    assert missing.value.code == "link_no_port"
