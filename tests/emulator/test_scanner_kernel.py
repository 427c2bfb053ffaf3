"""Real input devices, up to the border of the kernel: what uhid and uinput are asked for, and what is missing.

The machine of a test has neither uinput nor uhid as a rule; where it has, the last test makes a keyboard of it.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import os
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from emulator.scanners import kernel
from emulator.scanners.kernel import KernelError, UhidScanner, UinputKeyboard
from protocols.scanner import keys
from protocols.scanner.descriptor import DESCRIPTOR, layout
from protocols.scanner.hid_pos import SIZE, build_reports, parse_report
from protocols.scanner.keystrokes import Fingers, type_code
from protocols.scanner.reading import Kind

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="uinput and uhid are the Linux kernel's")

CODE = b"0104600439931256215ABcde\x1d93dGVz"


# linux/uhid.h, as C has it


class Create2(ctypes.Structure):
    _pack_ = 1
    _fields_ = [
        ("type", ctypes.c_uint32),
        ("name", ctypes.c_char * 128),
        ("phys", ctypes.c_char * 64),
        ("uniq", ctypes.c_char * 64),
        ("rd_size", ctypes.c_uint16),
        ("bus", ctypes.c_uint16),
        ("vendor", ctypes.c_uint32),
        ("product", ctypes.c_uint32),
        ("version", ctypes.c_uint32),
        ("country", ctypes.c_uint32),
        ("rd_data", ctypes.c_uint8 * 4096),
    ]


class Input2(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("type", ctypes.c_uint32), ("size", ctypes.c_uint16), ("data", ctypes.c_uint8 * 4096)]


class SetReport(ctypes.Structure):
    _pack_ = 1
    _fields_ = [
        ("type", ctypes.c_uint32),
        ("id", ctypes.c_uint32),
        ("rnum", ctypes.c_uint8),
        ("rtype", ctypes.c_uint8),
        ("size", ctypes.c_uint16),
        ("data", ctypes.c_uint8 * 4096),
    ]


class Reply(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("type", ctypes.c_uint32), ("id", ctypes.c_uint32), ("err", ctypes.c_uint16)]


class Uhid:
    """The kernel's side of /dev/uhid: one event a message."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.settimeout(5)
        self.open = theirs.detach

    def next(self, shape: type[ctypes.Structure]) -> Any:
        return shape.from_buffer_copy(self._ours.recv(8192).ljust(ctypes.sizeof(shape), b"\0"))

    def ask(self, event: ctypes.Structure) -> None:
        self._ours.send(bytes(event).ljust(4380, b"\0"))

    def silent(self) -> bool:
        self._ours.settimeout(0)
        try:
            return not self._ours.recv(8192)
        except BlockingIOError:
            return True
        finally:
            self._ours.settimeout(5)


async def until(done) -> None:
    async with asyncio.timeout(5):
        while not done():  # noqa: ASYNC110 — the loop must read its descriptor
            await asyncio.sleep(0)


async def test_the_device_that_uhid_is_asked_for() -> None:
    uhid = Uhid()
    scanner = UhidScanner(uhid.open)
    made = uhid.next(Create2)
    assert (made.type, made.bus) == (11, 3)
    assert made.name == b"Emulated scanner"
    descriptor = bytes(made.rd_data[: made.rd_size])
    assert descriptor == DESCRIPTOR
    assert layout(descriptor) is not None
    scanner.close()
    assert uhid.next(Reply).type == 1, "UHID_DESTROY"


async def test_reports_go_to_the_kernel_one_by_one() -> None:
    uhid = Uhid()
    scanner = UhidScanner(uhid.open)
    uhid.next(Create2)
    reports = build_reports(CODE * 3, "]d2")
    await scanner.write(b"".join(reports))
    for report in reports:
        told = uhid.next(Input2)
        assert (told.type, told.size) == (12, SIZE)
        assert bytes(told.data[:SIZE]) == report
        assert parse_report(report) is not None
    scanner.close()


async def test_one_like_honeywells_is_silent_until_switched_on() -> None:
    uhid = Uhid()
    scanner = UhidScanner(uhid.open, must_be_switched_on=True)
    uhid.next(Create2)
    (report,) = build_reports(CODE, "]d2")
    await scanner.write(report)
    assert uhid.silent()
    data = (ctypes.c_uint8 * 4096)(0xFE, 0x01)
    uhid.ask(SetReport(type=13, id=77, rnum=0xFE, rtype=2, size=2, data=data))
    await until(lambda: scanner._on)
    reply = uhid.next(Reply)
    assert (reply.type, reply.id, reply.err) == (14, 77, 0), "or whoever sent the report waits five seconds"
    await scanner.write(report)
    assert uhid.next(Input2).type == 12
    scanner.close()


async def test_reports_nobody_has_are_refused_at_once() -> None:
    uhid = Uhid()
    scanner = UhidScanner(uhid.open)
    uhid.next(Create2)
    uhid.ask(SetReport(type=9, id=5, rnum=1, rtype=0))
    reply = await asyncio.get_running_loop().run_in_executor(None, uhid.next, Reply)
    assert (reply.type, reply.id, reply.err) == (10, 5, 5)
    scanner.close()


class Uinput:
    """`evdev.UInput`, as far as it is used."""

    def __init__(self, events: dict[int, list[int]], **about: Any) -> None:
        self.events = events
        self.about = about
        self.written: list[tuple[int, int, int]] = []
        self.closed = False
        self.device = None

    def write(self, etype: int, code: int, value: int) -> None:
        self.written.append((etype, code, value))

    def close(self) -> None:
        self.closed = True


async def test_the_keyboard_that_uinput_is_asked_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "uinput").touch()
    monkeypatch.setattr(kernel, "UINPUT", tmp_path / "uinput")
    monkeypatch.setattr(importlib.import_module("evdev"), "UInput", Uinput)
    keyboard = UinputKeyboard()
    made = keyboard._device
    assert set(made.events[keys.EV_KEY]) == set(keys.KEYS)
    typed = type_code(CODE, Fingers())
    await keyboard.write(b"".join(event.pack() for event in typed))
    assert made.written == [(event.type, event.code, event.value) for event in typed]
    keyboard.close()
    assert made.closed


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(kernel, "UINPUT", tmp_path / "uinput")
    monkeypatch.setattr(kernel, "UHID", tmp_path / "uhid")
    with pytest.raises(KernelError, match="kernel module uinput"):
        kernel.make(Kind.KEYBOARD)
    with pytest.raises(KernelError, match="kernel module uhid"):
        UhidScanner()
    with pytest.raises(KernelError, match="pty:PATH"):
        kernel.make(Kind.SERIAL)
    monkeypatch.setitem(sys.modules, "evdev", None)
    with pytest.raises(KernelError, match="python-evdev"):
        kernel.make(Kind.KEYBOARD)


@pytest.mark.skipif(not os.access("/dev/uinput", os.W_OK), reason="this machine has no uinput")
async def test_a_real_keyboard_is_read_as_a_scanner() -> None:
    from devices.scanners import factory

    keyboard = kernel.make(Kind.KEYBOARD)
    scanner = factory.create(f"hid:{keyboard.address.partition(':')[2]}")
    try:
        await scanner.open()
        await keyboard.write(b"".join(event.pack() for event in type_code(CODE, Fingers())))
        assert (await scanner.read()).data == CODE
    finally:
        await scanner.close()
        keyboard.close()
