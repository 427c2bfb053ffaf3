"""In-process pairs, USB, the trace, and how links are written."""

import asyncio
import errno
from types import SimpleNamespace

import pytest
from virtual_loop import virtual

from devices.errors import LinkError, RequestError
from devices.links import usb
from devices.links.inbox import LIMIT, Inbox
from devices.links.pair import PairLink
from devices.links.parse import check_link, parse_link
from devices.links.serial import SerialLink
from devices.links.tcp import TcpLink
from devices.links.trace import Direction, TracingLink
from devices.links.usb import UsbLink


class End:
    """One end of an in-process stream, as an emulated device offers it."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self.sent: list[bytes] = []
        self.closed = False

    async def read(self) -> bytes:
        return await self.incoming.get()

    async def write(self, data: bytes) -> None:
        if self.closed:
            raise BrokenPipeError("closed")
        self.sent.append(data)

    def close(self) -> None:
        self.closed = True


@virtual
async def test_pair_moves_bytes_and_times_out() -> None:
    end = End()
    link = PairLink(lambda: end)
    await link.open()
    await link.write(b"\x05")
    assert end.sent == [b"\x05"]
    end.incoming.put_nowait(b"\x06")
    assert await link.read(1) == b"\x06"
    assert await link.read(2.5) == b""
    assert asyncio.get_running_loop().time() == pytest.approx(2.5)
    await link.close()
    assert end.closed


@virtual
async def test_pair_notices_the_other_side_leaving() -> None:
    end = End()
    link = PairLink(lambda: end)
    await link.open()
    end.incoming.put_nowait(b"\x15")
    end.incoming.put_nowait(b"")
    assert await link.read(1) == b"\x15"
    with pytest.raises(LinkError) as lost:
        await link.read(1)
    assert lost.value.code == "link_closed"


@virtual
async def test_a_flood_nobody_reads_is_cut_off() -> None:
    inbox = Inbox()
    for _ in range(100):
        inbox.feed(b"A" * 65_536)
    assert len(inbox._data) <= LIMIT
    with pytest.raises(LinkError) as flood:
        await inbox.get(1)
    assert flood.value.code == "line_flood"


@virtual
async def test_who_closes_a_pair_can_be_cancelled_meanwhile() -> None:
    """Simulation, seed 10036: a worker that was closing its link outlived its own end."""
    link = PairLink(End)
    await link.open()

    async def closing() -> str:
        await link.close()
        return "went on"

    task = asyncio.create_task(closing())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@virtual
async def test_pair_dials_anew_each_time_and_says_when_it_cannot() -> None:
    ends = [End(), End()]
    link = PairLink(lambda: ends.pop(0) if ends else (_ for _ in ()).throw(ConnectionRefusedError("power is off")))
    await link.open()
    first = ends[:]
    await link.open()
    assert len(first) == 1
    assert not ends
    with pytest.raises(LinkError) as off:
        await link.open()
    assert off.value.code == "link_refused"


@virtual
async def test_trace_sees_every_chunk_with_its_time() -> None:
    end = End()
    seen: list[tuple[Direction, bytes, float]] = []
    link = TracingLink(PairLink(lambda: end, name="emulated:shtrih"), lambda *chunk: seen.append(chunk))
    assert link.name == "emulated:shtrih"
    assert link.reliable
    await link.open()
    await link.write(b"\x05")
    assert await link.read(1.5) == b""
    end.incoming.put_nowait(b"\x15")
    assert await link.read(1) == b"\x15"
    await link.close()
    assert seen == [(Direction.SENT, b"\x05", 0.0), (Direction.RECEIVED, b"\x15", pytest.approx(1.5))]


def test_links_as_written() -> None:
    tcp = parse_link("tcp:192.168.1.50:7778")()
    assert isinstance(tcp, TcpLink)
    assert tcp.name == "tcp:192.168.1.50:7778"
    assert parse_link("tcp:[fe80::1]:7778")().name == "tcp:[fe80::1]:7778"
    port = parse_link("serial:/dev/ttyACM0?baudrate=4800")()
    assert isinstance(port, SerialLink)
    assert (port.port, port.baudrate) == ("/dev/ttyACM0", 4800)
    windows = parse_link("serial:COM3")()
    assert isinstance(windows, SerialLink)
    assert (windows.port, windows.baudrate) == ("COM3", 115200)
    bulk = parse_link("usb:1fc9:0083")()
    assert isinstance(bulk, UsbLink)
    assert bulk.name == "usb:1fc9:0083"
    web = parse_link("http://kassa.local:8080/")()
    assert (web.name, web.web) == ("http://kassa.local:8080", True)
    assert not tcp.web
    assert parse_link("http://[::1]")().name == "http://[::1]:16732"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "none of serial"),
        ("192.168.1.50:7778", "none of serial"),
        ("tcp:192.168.1.50", "tcp:HOST:PORT"),
        ("tcp:host:0", "outside 1..65535"),
        ("tcp:host:70000", "outside 1..65535"),
        ("serial:", "names no port"),
        ("serial:COM1?baudrate=fast", "'fast'"),
        ("serial:COM1?speed=9600", "'speed'"),
        ("serial:COM1?baudrate", "NAME=VALUE"),
        ("http://host/api", "http://HOST"),
        ("http:host:1", "http://HOST"),
        ("http://user:secret@host", "http://HOST"),
        ("http://host:0", "outside 1..65535"),
        ("https://host", "none of serial"),
        ("usb:1fc9", "usb:VENDOR:PRODUCT"),
        ("usb:xyz1:0083", "usb:VENDOR:PRODUCT"),
    ],
)
def test_what_is_wrong_with_a_link_is_named(text: str, named: str) -> None:
    with pytest.raises(RequestError, match=named) as fault:
        check_link(text)
    assert isinstance(fault.value, ValueError)  # settings models report it with the field's place
    assert fault.value.code == "link_syntax"


async def test_usb_without_its_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(usb.importlib, "import_module", missing)
    with pytest.raises(LinkError) as error:
        await UsbLink(0x1FC9, 0x83).open()
    assert error.value.code == "libusb_missing"
    assert "libusb-1.0-0" in error.value.hint


class FakeUsbError(OSError):
    pass


def fake_usb(device: object, *, backend: bool = True) -> dict[str, object]:
    class NoBackendError(Exception):
        pass

    class TimedOut(FakeUsbError):
        pass

    def find(**_: int) -> object:
        if not backend:
            raise NoBackendError
        return device

    def claim(claimed: SimpleNamespace, _: int) -> None:
        if claimed.refusal:
            raise FakeUsbError(claimed.refusal, "refused")

    core = SimpleNamespace(find=find, NoBackendError=NoBackendError, USBError=FakeUsbError, USBTimeoutError=TimedOut)
    util = SimpleNamespace(
        ENDPOINT_TYPE_BULK=2,
        ENDPOINT_IN=0x80,
        ENDPOINT_OUT=0,
        endpoint_type=lambda attributes: attributes & 3,
        endpoint_direction=lambda address: address & 0x80,
        claim_interface=claim,
        release_interface=lambda *_: None,
        dispose_resources=lambda *_: None,
    )
    return {"usb.core": core, "usb.util": util}


class Endpoint(SimpleNamespace):
    def read(self, size: int, timeout: int) -> bytes:
        return self.answers.pop(0) if self.answers else b""

    def write(self, data: bytes, timeout: int) -> None:
        self.got.append(bytes(data))


class Interface(list[Endpoint]):
    bInterfaceNumber = 0  # noqa: N815 — pyusb's name


def fake_device(refusal: int = 0) -> tuple[SimpleNamespace, Endpoint, Endpoint]:
    incoming = Endpoint(bmAttributes=2, bEndpointAddress=0x81, wMaxPacketSize=64, answers=[b"\x15"])
    outgoing = Endpoint(bmAttributes=2, bEndpointAddress=0x01, got=[])
    device = SimpleNamespace(
        idVendor=0x1FC9,
        idProduct=0x83,
        bus=1,
        address=None,
        refusal=refusal,
        get_active_configuration=lambda: [Interface([incoming, outgoing])],
        is_kernel_driver_active=lambda _: False,
    )
    return device, incoming, outgoing


@pytest.mark.parametrize(
    ("refusal", "code"), [(errno.EACCES, "link_no_rights"), (errno.EBUSY, "link_busy"), (errno.EIO, "link_open_failed")]
)
async def test_usb_refusals_are_named(monkeypatch: pytest.MonkeyPatch, refusal: int, code: str) -> None:
    device, _, _ = fake_device(refusal)
    monkeypatch.setattr(usb.importlib, "import_module", fake_usb(device).__getitem__)
    with pytest.raises(LinkError) as error:
        await UsbLink(0x1FC9, 0x83).open()
    assert error.value.code == code


@pytest.mark.parametrize(("backend", "code"), [(True, "link_no_port"), (False, "libusb_missing")])
async def test_usb_without_device_or_backend(monkeypatch: pytest.MonkeyPatch, *, backend: bool, code: str) -> None:
    monkeypatch.setattr(usb.importlib, "import_module", fake_usb(None, backend=backend).__getitem__)
    with pytest.raises(LinkError) as error:
        await UsbLink(0x1FC9, 0x83).open()
    assert error.value.code == code


async def test_usb_moves_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    device, _, outgoing = fake_device()
    monkeypatch.setattr(usb.importlib, "import_module", fake_usb(device).__getitem__)
    link = UsbLink(0x1FC9, 0x83)
    await link.open()
    await link.write(b"\x05")
    assert outgoing.got == [b"\x05"]
    assert await link.read(5) == b"\x15"
    await link.close()
