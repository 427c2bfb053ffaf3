"""HID-POS by Linux' hidraw: the kernel's answers are played, files and locks are real."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from pathlib import Path
from typing import Any

import pytest

from devices.errors import LinkError
from devices.scanners import factory, hidraw
from devices.scanners.base import Kind, Options
from devices.scanners.hidraw import HIDIOCGRAWINFO, HIDIOCGRDESC, HIDIOCGRDESCSIZE, HidrawByIdLink, HidrawLink, present
from protocols.scanner.descriptor import DESCRIPTOR
from protocols.scanner.hid_pos import SIZE, build_reports

CODE = b"010460043993125621JgXJ5.TxYz012\x1d91809F\x1d92" + b"Aa+/" * 11
KEYBOARD = bytes.fromhex("05010906a101050719e029e7150025017501950881029508750181009508c0")
HONEYWELL, ZEBRA = 0x0C2E, 0x05E0
#: linux/hidraw.h: _IOC(READ|WRITE, 'H', 0x06, 2)
SET_FEATURE = (3 << 30) | (2 << 16) | (ord("H") << 8) | 0x06


class Kernel:
    """What hidraw's ioctl calls answer."""

    def __init__(self, descriptor: bytes = DESCRIPTOR, vendor: int = HONEYWELL) -> None:
        self.descriptor = descriptor
        self.vendor = vendor
        self.features: list[bytes] = []
        self.refuses_features = False

    def __call__(self, handle: int, request: int, buffer: Any) -> int:
        os.fstat(handle)
        if request == HIDIOCGRDESCSIZE:
            buffer[:] = struct.pack("=i", len(self.descriptor))
        elif request == HIDIOCGRDESC:
            (size,) = struct.unpack_from("=I", buffer)
            assert len(buffer) == 4 + 4096, "the kernel writes a whole struct hidraw_report_descriptor"
            buffer[4 : 4 + size] = self.descriptor[:size]
        elif request == HIDIOCGRAWINFO:
            buffer[:] = struct.pack("=IHH", 3, self.vendor, 0x0B61)
        elif request == SET_FEATURE:
            if self.refuses_features:
                raise OSError(errno.EPIPE, "stalled")
            self.features.append(bytes(buffer))
        else:
            raise AssertionError(f"unknown request {request:#x}")
        return 0


@pytest.fixture
def node(tmp_path: Path) -> Path:
    """A device file: whoever holds it open reads what is written, a report at a time."""
    path = tmp_path / "hidraw0"
    os.mkfifo(path)
    return path


def scanner(link: HidrawLink) -> Any:
    return factory.over(link, Kind.HID_POS, Options())


def plug(node: Path, reports: tuple[bytes, ...]) -> int:
    handle = os.open(node, os.O_WRONLY)
    fcntl.fcntl(handle, fcntl.F_SETFL, os.O_DIRECT)  # packets: as with hidraw, one read gives one report
    for report in reports:
        os.write(handle, report)
    return handle


async def test_a_scan_of_two_reports(node: Path) -> None:
    kernel = Kernel()
    device = scanner(HidrawLink(str(node), ioctl=kernel))
    await device.open()
    assert kernel.features == [b"\xfe\x01"], "Honeywell's are silent until they are told to speak"
    os.close(plug(node, build_reports(CODE, "]d2", 0x77)))
    reading = await device.read()
    assert (reading.data, reading.symbology) == (CODE, "]d2")
    assert [len(packet) for packet in reading.packets] == [SIZE, SIZE]
    await device.close()


async def test_another_makers_scanner_is_not_written_to(node: Path) -> None:
    kernel = Kernel(vendor=ZEBRA)
    device = scanner(HidrawLink(str(node), ioctl=kernel))
    await device.open()
    assert kernel.features == []
    await device.close()


async def test_a_scanner_that_takes_no_feature_report_is_read_all_the_same(node: Path) -> None:
    kernel = Kernel()
    kernel.refuses_features = True
    device = scanner(HidrawLink(str(node), ioctl=kernel))
    await device.open()
    os.close(plug(node, build_reports(CODE, "]d2")))
    assert (await device.read()).data == CODE
    await device.close()


async def test_a_device_has_one_owner(node: Path) -> None:
    first, second = (scanner(HidrawLink(str(node), ioctl=Kernel())) for _ in range(2))
    await first.open()
    with pytest.raises(LinkError) as busy:
        await second.open()
    assert busy.value.code == "link_busy"
    await first.close()
    await second.open()
    await second.close()


async def test_unplugging_is_noticed(node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hidraw file whose device is gone answers EIO."""
    device = scanner(HidrawLink(str(node), ioctl=Kernel()))
    await device.open()
    read = os.read

    def gone(handle: int, size: int) -> bytes:
        if os.path.samestat(os.fstat(handle), node.stat()):
            raise OSError(errno.EIO, "Input/output error")
        return read(handle, size)

    monkeypatch.setattr(hidraw.os, "read", gone)
    os.close(plug(node, (bytes(SIZE),)))
    with pytest.raises(LinkError) as lost:
        await device.read()
    assert lost.value.code == "link_closed"
    assert "канер" in lost.value.hint
    await device.close()


@pytest.mark.parametrize(
    ("descriptor", "word"), [(KEYBOARD, "клавиатуры"), (b"\x05\x8c\x09\x02\xa1\x01\xc0", "HID POS"), (b"\x05", "HID")]
)
async def test_a_scanner_in_another_mode_is_told_what_to_scan(node: Path, descriptor: bytes, word: str) -> None:
    with pytest.raises(LinkError) as wrong:
        await scanner(HidrawLink(str(node), ioctl=Kernel(descriptor))).open()
    assert wrong.value.code == "scanner_mode"
    assert word in wrong.value.hint
    handle = os.open(node, os.O_RDWR | os.O_NONBLOCK)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # it was let go
    os.close(handle)


async def test_what_is_no_hid_device_says_so(tmp_path: Path) -> None:
    """With the real ioctl: a plain file answers ENOTTY."""
    path = tmp_path / "hidraw9"
    path.touch()
    with pytest.raises(LinkError) as wrong:
        await scanner(HidrawLink(str(path))).open()
    assert wrong.value.code == "scanner_mode"


async def test_a_missing_device_and_missing_rights_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LinkError) as missing:
        await scanner(HidrawLink(str(tmp_path / "hidraw7"))).open()
    assert missing.value.code == "link_no_port"

    def denied(*_: object, **__: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(hidraw.os, "open", denied)
    with pytest.raises(LinkError) as rights:
        await scanner(HidrawLink("/dev/hidraw0")).open()
    assert rights.value.code == "link_no_rights"
    assert "udev" in rights.value.hint


# --- found by its ids


def device(sysfs: Path, node: str, ids: str, descriptor: bytes = DESCRIPTOR, *, serial: str = "") -> None:
    folder = sysfs / node / "device"
    folder.mkdir(parents=True)
    (folder / "uevent").write_text(f"DRIVER=hid-generic\nHID_ID=0003:{ids}\nHID_NAME=A scanner\nHID_UNIQ={serial}\n")
    (folder / "report_descriptor").write_bytes(descriptor)


def test_what_hangs_on_this_machine(tmp_path: Path) -> None:
    device(tmp_path, "hidraw0", "0000046D:0000C31C", KEYBOARD)
    device(tmp_path, "hidraw1", "00000C2E:00000B61", serial="SN1")
    device(tmp_path, "hidraw2", "nonsense")
    device(tmp_path, "hidraw3", "00000C2E:00000B61", b"\x05")
    (tmp_path / "hidraw4").mkdir()
    found = list(present(tmp_path))
    assert [(one.node, one.scanner, one.keyboard) for one in found] == [
        ("hidraw0", False, True),
        ("hidraw1", True, False),
    ]
    assert (found[1].vendor, found[1].product, found[1].serial, found[1].name) == (0x0C2E, 0x0B61, "SN1", "A scanner")
    assert list(present(tmp_path / "nowhere")) == []


async def test_a_scanner_is_found_wherever_it_is_plugged_in(tmp_path: Path) -> None:
    device(tmp_path, "hidraw0", "00000C2E:00000B61", KEYBOARD)
    device(tmp_path, "hidraw5", "00000C2E:00000B61", serial="SN1")
    device(tmp_path, "hidraw6", "00000C2E:00000B61", serial="SN2")
    link = HidrawByIdLink(0x0C2E, 0x0B61, "SN2", sysfs=tmp_path, dev=Path("/dev"))
    assert link.find() == "/dev/hidraw6"
    with pytest.raises(LinkError) as many:
        await HidrawByIdLink(0x0C2E, 0x0B61, sysfs=tmp_path).open()
    assert many.value.code == "scanner_ambiguous"
    assert "SN1" in many.value.detail
    assert "SN2" in many.value.detail


@pytest.mark.parametrize(
    ("descriptor", "word"), [(KEYBOARD, "клавиатуры"), (b"\x05\x8c\x09\x05\xa1\x01\xc0", "HID POS")]
)
async def test_the_right_device_in_the_wrong_mode(tmp_path: Path, descriptor: bytes, word: str) -> None:
    device(tmp_path, "hidraw0", "00000C2E:00000B61", descriptor)
    with pytest.raises(LinkError) as wrong:
        await HidrawByIdLink(0x0C2E, 0x0B61, sysfs=tmp_path).open()
    assert wrong.value.code == "scanner_mode"
    assert word in wrong.value.hint


async def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(LinkError) as nobody:
        await HidrawByIdLink(0x0C2E, 0x0B61, sysfs=tmp_path).open()
    assert nobody.value.code == "link_no_port"
