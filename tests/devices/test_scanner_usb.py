"""HID-POS by hidapi and by pyusb: both libraries are played, each as its real one answers."""

from __future__ import annotations

import importlib
import queue
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from devices.errors import LinkError
from devices.scanners import factory
from protocols.scanner.descriptor import DESCRIPTOR
from protocols.scanner.hid_pos import build_reports

CODE = b"010460043993125621JgXJ5.TxYz012\x1d91809F\x1d92" + b"Aa+/" * 11
KEYBOARD = bytes.fromhex("05010906a101050719e029e7150025017501950881029508750181009508c0")


class Plugged:
    """A USB scanner, whichever library looks at it."""

    def __init__(self, descriptor: bytes = DESCRIPTOR) -> None:
        self.descriptor = descriptor
        self.reports: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.features: list[bytes] = []
        self.closed = False

    def scan(self, code: bytes) -> None:
        for report in build_reports(code, "]d2"):
            self.reports.put(report)

    def unplug(self) -> None:
        self.reports.put(None)

    def next(self) -> bytes | None:
        """b"" after a short while; None: it is gone."""
        try:
            return self.reports.get(timeout=0.01)
        except queue.Empty:
            return b""


# --- hidapi


class Hidapi:
    """The module `hid`: enumerate() and device()."""

    def __init__(self) -> None:
        self.entries: list[tuple[dict[str, Any], Plugged]] = []
        self.locked: set[bytes] = set()

    def plug(self, path: bytes, plugged: Plugged, page: int, usage: int, serial: str = "SN1") -> None:
        entry = {"path": path, "usage_page": page, "usage": usage, "serial_number": serial}
        self.entries.append((entry, plugged))

    def enumerate(self, vendor: int = 0, product: int = 0) -> list[dict[str, Any]]:
        return [entry for entry, _ in self.entries] if (vendor, product) == (0x0C2E, 0x0B61) else []

    def device(self) -> HidapiDevice:
        return HidapiDevice(self)


class HidapiDevice:
    def __init__(self, library: Hidapi) -> None:
        self._library = library
        self._plugged: Plugged | None = None

    def open_path(self, path: bytes) -> None:
        if path in self._library.locked:
            raise OSError("open failed")
        self._plugged = next(plugged for entry, plugged in self._library.entries if entry["path"] == path)

    def get_report_descriptor(self, size: int = 4096) -> list[int]:
        assert self._plugged is not None
        return list(self._plugged.descriptor[:size])

    def send_feature_report(self, data: bytes) -> int:
        assert self._plugged is not None
        self._plugged.features.append(bytes(data))
        return len(data)

    def read(self, size: int, timeout_ms: int = 0) -> list[int]:
        if self._plugged is None:
            raise ValueError("not open")
        report = self._plugged.next()
        if report is None:
            raise OSError("read error")
        return list(report)

    def close(self) -> None:
        if self._plugged is not None:
            self._plugged.closed = True
        self._plugged = None


@pytest.fixture
def hidapi(monkeypatch: pytest.MonkeyPatch) -> Hidapi:
    real = importlib.import_module("hid")
    for name in vars(HidapiDevice):
        if not name.startswith("_"):
            assert hasattr(real.device, name), "what is played is what the library has"
    played = Hidapi()
    monkeypatch.setitem(sys.modules, "hid", played)  # type: ignore[arg-type]
    return played


async def test_hidapi_reads_the_interface_with_the_scanner(hidapi: Hidapi) -> None:
    keys, scans = Plugged(KEYBOARD), Plugged()
    hidapi.plug(b"1", keys, 0x01, 0x06)
    hidapi.plug(b"2", scans, 0x8C, 0x02)
    scanner = factory.create("usb:0c2e:0b61?via=hidapi")
    await scanner.open()
    assert scans.features == [b"\xfe\x01"]
    scans.scan(CODE)
    reading = await scanner.read()
    assert (reading.data, reading.symbology) == (CODE, "]d2")
    scans.unplug()
    with pytest.raises(LinkError) as gone:
        await scanner.read()
    assert gone.value.code == "link_closed"
    await scanner.close()
    assert scans.closed
    assert not keys.features


async def test_hidapi_asks_the_descriptor_where_the_system_tells_no_usages(hidapi: Hidapi) -> None:
    """As the libusb backend enumerates."""
    keys, scans = Plugged(KEYBOARD), Plugged()
    hidapi.plug(b"1", keys, 0, 0)
    hidapi.plug(b"2", scans, 0, 0)
    scanner = factory.create("usb:0c2e:0b61:SN1?via=hidapi")
    await scanner.open()
    assert keys.closed
    scans.scan(CODE)
    assert (await scanner.read()).data == CODE
    await scanner.close()


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ("usb:0c2e:0b61?via=hidapi", "scanner_mode"),
        ("usb:0c2e:0b61:OTHER?via=hidapi", "link_no_port"),
        ("usb:05e0:0b61?via=hidapi", "link_no_port"),
    ],
)
async def test_hidapi_without_a_scanner(hidapi: Hidapi, link: str, code: str) -> None:
    hidapi.plug(b"1", Plugged(KEYBOARD), 0x01, 0x06)
    with pytest.raises(LinkError) as none:
        await factory.create(link).open()
    assert none.value.code == code


async def test_hidapi_may_not_open_it(hidapi: Hidapi) -> None:
    hidapi.plug(b"1", Plugged(), 0x8C, 0x02)
    hidapi.locked.add(b"1")
    with pytest.raises(LinkError) as refused:
        await factory.create("usb:0c2e:0b61?via=hidapi").open()
    assert refused.value.code == "link_open_failed"


# --- pyusb


class Usb:
    """`usb.core` and `usb.util` in one: a device with a keyboard interface and a scanner's."""

    class USBError(OSError): ...

    class USBTimeoutError(USBError): ...

    class NoBackendError(ValueError): ...

    def __init__(self) -> None:
        self.backend = True
        self.plugged = {0: Plugged(KEYBOARD), 1: Plugged()}
        self.detached: list[int] = []
        self.claimed: set[int] = set()
        self.busy = False
        self.idVendor = 0x0C2E
        self.serial_number = "SN1"

    def find(self, *, find_all: bool, **ids: int) -> Iterator[Usb]:
        assert find_all
        if not self.backend:
            raise self.NoBackendError("No backend available")
        return iter([self] if ids == {"idVendor": 0x0C2E, "idProduct": 0x0B61} else [])

    def get_active_configuration(self) -> list[Any]:
        return [Interface(self, 0, 3), Interface(self, 1, 3), Interface(self, 2, 2)]

    def is_kernel_driver_active(self, number: int) -> bool:
        return number not in self.detached

    def detach_kernel_driver(self, number: int) -> None:
        self.detached.append(number)

    def attach_kernel_driver(self, number: int) -> None:
        assert number not in self.claimed
        self.detached.remove(number)

    def claim_interface(self, device: Usb, number: int) -> None:
        if self.busy:
            raise self.USBError(16, "Resource busy")
        self.claimed.add(number)

    def release_interface(self, device: Usb, number: int) -> None:
        self.claimed.discard(number)

    def dispose_resources(self, device: Usb) -> None:
        self.claimed.clear()

    def ctrl_transfer(self, kind: int, request: int, value: int, index: int, data: Any) -> bytes | int:
        if (kind, request, value) == (0x81, 0x06, 0x2200):
            return self.plugged[index].descriptor
        assert (kind, request, value) == (0x21, 0x09, 0x03FE), "SET_REPORT of feature report FEh"
        self.plugged[index].features.append(bytes(data))
        return len(data)


class Interface:
    bEndpointAddress = 0x81  # noqa: N815 — pyusb's names
    wMaxPacketSize = 64  # noqa: N815

    def __init__(self, usb: Usb, number: int, kind: int) -> None:
        self._usb = usb
        self.bInterfaceNumber = number
        self.bInterfaceClass = kind

    def __iter__(self) -> Iterator[Any]:
        return iter([SimpleNamespace(bEndpointAddress=0x02), self])

    def read(self, size: int, timeout: int) -> bytes:
        report = self._usb.plugged[self.bInterfaceNumber].next()
        if report is None:
            raise self._usb.USBError(19, "No such device")
        if not report:
            raise self._usb.USBTimeoutError(110, "Operation timed out")
        return report


@pytest.fixture
def usb(monkeypatch: pytest.MonkeyPatch) -> Usb:
    played = Usb()
    for module in ("usb.core", "usb.util"):
        monkeypatch.setitem(sys.modules, module, played)  # type: ignore[arg-type]
    return played


async def test_libusb_takes_the_scanners_interface_from_the_kernel_and_no_other(usb: Usb) -> None:
    scanner = factory.create("usb:0c2e:0b61:SN1?via=libusb")
    await scanner.open()
    assert usb.claimed == {1}
    assert usb.detached == [1], "the keyboard's is given back"
    assert usb.plugged[1].features == [b"\xfe\x01"]
    usb.plugged[1].scan(CODE)
    assert (await scanner.read()).data == CODE
    usb.plugged[1].unplug()
    with pytest.raises(LinkError) as gone:
        await scanner.read()
    assert gone.value.code == "link_closed"
    await scanner.close()
    assert usb.claimed == set()
    assert usb.detached == []


async def test_libusb_in_keyboard_mode(usb: Usb) -> None:
    usb.plugged[1] = Plugged(KEYBOARD)
    with pytest.raises(LinkError) as wrong:
        await factory.create("usb:0c2e:0b61?via=libusb").open()
    assert wrong.value.code == "scanner_mode"
    assert usb.claimed == set()


async def test_libusb_busy_absent_and_without_its_library(usb: Usb, monkeypatch: pytest.MonkeyPatch) -> None:
    usb.busy = True
    with pytest.raises(LinkError) as busy:
        await factory.create("usb:0c2e:0b61?via=libusb").open()
    assert busy.value.code == "link_busy"
    with pytest.raises(LinkError) as absent:
        await factory.create("usb:0c2e:0b61:SN2?via=libusb").open()
    assert absent.value.code == "link_no_port"
    usb.backend = False
    with pytest.raises(LinkError) as missing:
        await factory.create("usb:0c2e:0b61?via=libusb").open()
    assert missing.value.code == "scanner_library_missing"
    monkeypatch.setitem(sys.modules, "usb.core", None)
    with pytest.raises(LinkError) as none:
        await factory.create("usb:0c2e:0b61?via=libusb").open()
    assert none.value.code == "scanner_library_missing"


async def test_hidapi_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hid", None)
    with pytest.raises(LinkError) as missing:
        await factory.create("usb:0c2e:0b61?via=hidapi").open()
    assert missing.value.code == "scanner_library_missing"
