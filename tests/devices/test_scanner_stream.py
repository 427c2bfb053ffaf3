"""A scanner over a link: readings in order, silence in time, and the loss of the device told in words for the till."""

from __future__ import annotations

import asyncio

import pytest
from virtual_loop import virtual

from devices.errors import LinkError, RequestError
from devices.links.base import Link
from devices.links.inbox import Inbox
from devices.scanners import factory
from devices.scanners.base import IDLE, Kind, Options
from protocols.scanner.hid_pos import build_reports
from protocols.scanner.keystrokes import Fingers, type_code
from protocols.scanner.reading import Note

CODE = b"0104600439931256215ABcde\x1d93dGVz"


class Wire(Link):
    """A link whose other end is the test."""

    name = "wire:"

    def __init__(self) -> None:
        self.inbox = Inbox()
        self.opened = 0

    async def open(self) -> None:
        self.inbox = Inbox()
        self.opened += 1

    async def close(self) -> None: ...

    async def write(self, data: bytes) -> None:
        raise AssertionError("a scanner is not written to")

    async def read(self, timeout: float) -> bytes:
        return await self.inbox.get(timeout)


def encoded(kind: Kind, code: bytes) -> bytes:
    if kind is Kind.HID_POS:
        return b"".join(build_reports(code, "]d2"))
    if kind is Kind.KEYBOARD:
        return b"".join(event.pack() for event in type_code(b"]d2" + code, Fingers()))
    return b"]d2" + code + b"\r"


@pytest.mark.parametrize("kind", [Kind.SERIAL, Kind.KEYBOARD, Kind.HID_POS])
@virtual
async def test_two_scans_in_one_piece_come_one_by_one(kind: Kind) -> None:
    wire = Wire()
    scanner = factory.over(wire, kind, Options())
    await scanner.open()
    wire.inbox.feed(encoded(kind, CODE) + encoded(kind, CODE[:30]))
    assert [(await scanner.read()).data for _ in range(2)] == [CODE, CODE[:30]]


@virtual
async def test_a_code_without_suffix_ends_after_the_configured_silence() -> None:
    wire = Wire()
    scanner = factory.over(wire, Kind.SERIAL, Options(gap_ms=150))
    await scanner.open()
    reading = asyncio.ensure_future(scanner.read())
    loop = asyncio.get_running_loop()
    await asyncio.sleep(IDLE * 3)
    wire.inbox.feed(CODE[:10])
    await asyncio.sleep(0.1)
    wire.inbox.feed(CODE[10:])
    began = loop.time()
    assert (await reading).data == CODE
    assert loop.time() - began == pytest.approx(0.15)


@virtual
async def test_giving_up_waiting_loses_nothing() -> None:
    wire = Wire()
    scanner = factory.over(wire, Kind.SERIAL, Options())
    await scanner.open()
    for part in (CODE[:10], CODE[10:] + b"\r" + CODE + b"\r"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await scanner.read()
        wire.inbox.feed(part)
    assert [(await scanner.read()).data for _ in range(2)] == [CODE, CODE]


@virtual
async def test_a_device_that_is_gone_is_told_in_a_scanners_words_and_half_a_code_is_forgotten() -> None:
    wire = Wire()
    scanner = factory.over(wire, Kind.SERIAL, Options(), name="serial:/dev/ttyACM1")
    await scanner.open()
    wire.inbox.feed(CODE[:20])
    wire.inbox.fail(LinkError("wire: the port is gone", hint="Порт кассы пропал.", code="link_closed"))
    with pytest.raises(LinkError) as gone:
        await scanner.read()
    assert gone.value.code == "link_closed"
    assert "канер" in gone.value.hint
    assert "касс" not in gone.value.hint
    await scanner.open()
    wire.inbox.feed(CODE + b"\r")
    assert (await scanner.read()).data == CODE
    assert wire.opened == 2


@virtual
async def test_readings_of_the_connection_before_are_not_read_after_it() -> None:
    wire = Wire()
    scanner = factory.over(wire, Kind.SERIAL, Options())
    await scanner.open()
    wire.inbox.feed(CODE + b"\rold\r")
    assert (await scanner.read()).data == CODE
    await scanner.open()
    wire.inbox.feed(b"new\r")
    assert (await scanner.read()).data == b"new"


@virtual
async def test_options_reach_every_kind() -> None:
    options = Options(prefix="X", suffix="tab", gs=("{GS}", "f9"), caps_lock=True)
    for kind, sent in (
        (Kind.SERIAL, b"X" + CODE.replace(b"\x1d", b"{GS}") + b"\t"),
        (Kind.HID_POS, b"".join(build_reports(b"X" + CODE.replace(b"\x1d", b"{GS}") + b"\t", "]d2"))),
        (
            Kind.KEYBOARD,
            b"".join(event.pack() for event in type_code(b"X" + CODE.lower(), Fingers(gs="f9", end="TAB"))),
        ),
    ):
        wire = Wire()
        scanner = factory.over(wire, kind, options)
        await scanner.open()
        wire.inbox.feed(sent)
        reading = await scanner.read()
        assert reading.data == (CODE.lower() if kind is Kind.KEYBOARD else CODE)
        assert Note.NO_PREFIX not in reading.notes


def test_a_chord_is_never_looked_for_in_text() -> None:
    """The serial number may well have "f8" in it."""
    assert Options(gs=("f8", "ctrl+]", "|")).framing().substitutes == (b"|",)


@pytest.mark.parametrize(
    "wrong", [{"prefix": "№"}, {"suffix": "конец"}, {"gs": ("",)}, {"gs": ("→",)}, {"gap_ms": 5}, {"gap_ms": 9000}]
)
def test_options_no_scanner_can_have_are_refused(wrong: dict) -> None:
    with pytest.raises(RequestError) as refused:
        Options(**wrong)
    assert refused.value.code == "scanner_option"
    assert next(iter(wrong)) in refused.value.detail


@pytest.mark.parametrize(
    ("link", "kind"),
    [
        ("serial:/dev/ttyACM1", Kind.SERIAL),
        ("serial:COM7?baudrate=9600", Kind.SERIAL),
        ("tcp:192.168.1.60:4001", Kind.SERIAL),
        ("hid:/dev/input/by-id/usb-Honeywell_1470g-event-kbd", Kind.KEYBOARD),
        ("hid:/dev/input/event3", Kind.KEYBOARD),
        ("hid:/dev/hidraw2", Kind.HID_POS),
        ("hid:/dev/fiscal/scanner?as=hid-pos", Kind.HID_POS),
        ("hid:/dev/fiscal/scanner?as=keyboard", Kind.KEYBOARD),
        ("usb:0c2e:0b61", Kind.HID_POS),
        ("usb:0C2E:0B61:21205B1234?via=hidapi", Kind.HID_POS),
        ("usb:0c2e:0b61?via=libusb", Kind.HID_POS),
        ("hid:tcp:10.0.0.5:7780?as=keyboard", Kind.KEYBOARD),
        ("hid:tcp:10.0.0.5:7780?as=hid-pos", Kind.HID_POS),
        ("emulated:scanner", Kind.SERIAL),
        ("emulated:scanner?as=hid-pos&aim=no", Kind.HID_POS),
    ],
)
def test_links_of_scanners(link: str, kind: Kind) -> None:
    asked: list[str] = []

    def emulated(text: str) -> Link:
        asked.append(text)
        return Wire()

    scanner = factory.create(link, emulated=emulated)
    assert (scanner.kind, scanner.name) == (kind, link)
    assert asked == ([link] if link.startswith("emulated:") else [])
    factory.check(link)


@pytest.mark.parametrize(
    "link",
    [
        "",
        "scanner",
        "hid:",
        "hid:event3",
        "hid:/dev/fiscal/scanner?as=serial",
        "hid:/dev/fiscal/scanner?via=magic",
        "hid:tcp:10.0.0.5:7780",
        "hid:tcp:10.0.0.5:7780?as=serial",
        "hid:tcp:10.0.0.5:7780?as=keyboard&x=1",
        "hid:tcp:10.0.0.5?as=keyboard",
        "usb:0c2e",
        "usb:0c2e:zzzz",
        "usb:0c2e:0b61?via=magic",
        "usb:0c2e:0b61?speed=9600",
        "usb:0c2e:0b61?via",
        "emulated:scanner?as=telepathy",
        "emulated:scanners",
        "emulated:shtrih",
        "serial:",
    ],
)
def test_what_is_no_link_of_a_scanner_is_refused_before_anything_is_opened(link: str) -> None:
    with pytest.raises(RequestError) as refused:
        factory.check(link)
    assert refused.value.code == "link_syntax"
    assert repr(link) in refused.value.detail
    assert "сканер" in refused.value.hint


def test_an_emulated_scanner_needs_the_emulator() -> None:
    with pytest.raises(RequestError, match="embedded emulator"):
        factory.create("emulated:scanner")
