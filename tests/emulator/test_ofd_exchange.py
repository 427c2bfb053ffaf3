"""The OFD on a socket and the uplink beside a drive."""

from __future__ import annotations

import asyncio
import functools
import random
import struct

import pytest
from drive_kit import HandClock, make_drive, open_shift, receipt
from virtual_loop import virtual

from emulator.channels import Channel, Sessions, TcpAddress, dial, pipe
from emulator.fiscal_drive import Factory, FiscalDrive
from emulator.listening import listen
from emulator.ofd import Behaviour, OfdServer, uplink
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.fn import container
from protocols.ofd import session

C = DocumentCode


class Ofd:
    """An OFD whose line can be dead; dials are counted."""

    def __init__(self, clock: HandClock, storage: Storage | None = None) -> None:
        self.server = OfdServer(storage, now=clock)
        self.sessions = Sessions(self.server.serve, exclusive=False)
        self.dead = False
        self.dials: list[float] = []

    async def dial(self) -> Channel:
        self.dials.append(asyncio.get_running_loop().time())
        if self.dead:
            raise ConnectionRefusedError("no route")
        near, far = pipe("ofd")
        self.sessions.accept(far)
        return near


async def drained(drive: FiscalDrive, seconds: float = 120) -> None:
    changed = asyncio.Event()
    stop = drive.subscribe(changed.set)
    async with asyncio.timeout(seconds):
        while drive.backlog.count:
            changed.clear()
            await changed.wait()
    stop()


def running(drive: FiscalDrive, ofd: Ofd) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(uplink(drive, ofd.dial))


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@virtual
async def test_documents_go_out_at_once_and_in_order() -> None:
    drive, clock = make_drive()
    ofd = Ofd(clock)
    task = running(drive, ofd)
    await drained(drive)
    open_shift(drive)
    loop = asyncio.get_running_loop()
    started = loop.time()
    for _ in range(3):
        drive.commit(C.RECEIPT, receipt())
    await drained(drive)
    assert loop.time() - started < 0.1
    assert [one.number for one in ofd.server.received()] == [1, 2, 3, 4, 5]
    assert drive.connected
    await ended(task)
    assert not drive.connected


@virtual
async def test_a_dead_line_is_tried_less_and_less_often() -> None:
    drive, clock = make_drive()
    ofd = Ofd(clock)
    ofd.dead = True
    task = running(drive, ofd)
    await asyncio.sleep(90)
    assert ofd.dials == [0, 1, 3, 8, 23, 53, 83]
    ofd.dead = False
    await drained(drive)
    open_shift(drive)
    ofd.dead = True
    before = len(ofd.dials)
    await asyncio.sleep(0.5)
    assert len(ofd.dials) == before + 1, "after a success the pauses start anew"
    await asyncio.sleep(1)
    assert len(ofd.dials) == before + 2
    await ended(task)


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour.EMPTY,
        Behaviour.SILENT,
        Behaviour.GARBAGE,
        Behaviour.WRONG_NUMBER,
        Behaviour.WRONG_SIGN,
        Behaviour.WRONG_CRC,
        Behaviour.REFUSE,
        Behaviour.NOT_RECOGNISED,
    ],
)
def test_a_bad_answer_is_no_delivery_and_the_document_comes_again(behaviour: Behaviour) -> None:
    @virtual
    async def scenario() -> None:
        drive, clock = make_drive()
        ofd = Ofd(clock)
        ofd.server.misbehave(behaviour, 2)
        task = running(drive, ofd)
        await asyncio.sleep(0.5)
        assert drive.backlog.count == 1
        await drained(drive)
        assert len(ofd.dials) == 3
        assert [one.number for one in ofd.server.received()] == [1], "kept once, however often it came"
        await ended(task)

    scenario()


@virtual
async def test_a_silent_ofd_costs_its_timeout_only() -> None:
    drive, clock = make_drive()
    ofd = Ofd(clock)
    ofd.server.behaviour = Behaviour.SILENT
    task = running(drive, ofd)
    await asyncio.sleep(25)
    assert ofd.dials == [0, 11, 23]
    await ended(task)


async def test_over_a_real_socket_with_several_drives() -> None:
    clock = HandClock()
    server = OfdServer(now=clock)
    listener = await listen("tcp:127.0.0.1:0", Sessions(server.serve, exclusive=False))
    assert isinstance(listener.address, TcpAddress)
    dialler = functools.partial(dial, listener.address.host, listener.address.port)
    drives = [
        make_drive(ffd, clock=clock, factory=Factory(number=f"999900000000000{index}", ffd=ffd))[0]
        for index, ffd in enumerate(FfdVersion)
    ]
    tasks = [asyncio.get_running_loop().create_task(uplink(drive, dialler)) for drive in drives]
    for drive in drives:
        open_shift(drive)
        for _ in range(5):
            drive.commit(C.RECEIPT, receipt())
    for drive in drives:
        await drained(drive)
        came = server.received(drive.number)
        assert [one.tlv for one in came] == [one.tlv for one in drive.documents()]
        assert [one.container for one in came] == [drive.container(number) for number in range(1, 8)]
        assert came[2].elements == drive.document(3).elements
        assert (came[2].code, came[2].received_at) == (3, clock())
    assert len(server.received()) == 21
    for task in tasks:
        await ended(task)
    await listener.close()


def message_of(drive: FiscalDrive, number: int) -> bytes:
    return session.build(drive.number, drive.container(number), session.P_VERSIONS[FfdVersion.V1_2])


async def test_garbage_never_stops_the_server() -> None:
    drive, clock = make_drive()
    server = OfdServer(now=clock)
    listener = await listen("tcp:127.0.0.1:0", Sessions(server.serve, exclusive=False))
    host, port = listener.address.host, listener.address.port
    rng = random.Random(5)
    for size in (1, 30, 1000, 100_000):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(rng.randbytes(size))
        await writer.drain()
        writer.close()
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n" + message_of(drive, 1))
    header = session.parse_header(await reader.readexactly(30))
    confirmation = await reader.readexactly(header.body_length)
    assert drive.confirm(confirmation).number == 1
    writer.close()
    await listener.close()


def patched(data: bytes, **fields: object) -> bytes:
    """A message with another container header field, its checksum right."""
    parts = container.parse(data[30:])
    values = {name: getattr(parts, name) for name in parts.__dataclass_fields__} | fields
    return session.build(data[8:24].decode(), container.build(container.Container(**values)), b"\x01\x20")


def wrong(name: str, drive: FiscalDrive) -> bytes:
    data = message_of(drive, 1)
    return {
        "checksum": data[:-1] + b"\x01",
        "container of another drive": patched(data, fn="9999000000000099"),
        "session of another drive": data[:8] + b"9999000000000099" + data[24:],
        "number": patched(data, number=77),
        "code": patched(data, code=3),
        "unknown code": patched(data, code=9, tlv=b"\x09" + container.parse(data[30:]).tlv[1:]),
        "blanked length": data[:30] + b"\xff\xff" + data[32:],
        "empty": session.build(drive.number, b"", b"\x01\x20"),
        "no TLV": session.build(drive.number, b"\x24" + struct.pack("<B34x", 0), b"\x01\x20"),
    }[name]


@pytest.mark.parametrize(
    "name",
    [
        "checksum",
        "container of another drive",
        "session of another drive",
        "number",
        "code",
        "unknown code",
        "blanked length",
        "empty",
        "no TLV",
    ],
)
@virtual
async def test_a_message_that_contradicts_itself_is_not_kept(name: str) -> None:
    drive, clock = make_drive()
    ofd = Ofd(clock)
    channel = await ofd.dial()
    await channel.write(wrong(name, drive))
    (answer,) = session.Parser().feed(await channel.read())
    assert answer.body == b""
    assert ofd.server.received() == []
    await channel.write(message_of(drive, 1))
    (answer,) = session.Parser().feed(await channel.read())
    drive.confirm(answer.body)
    channel.close()


@virtual
async def test_what_came_survives_a_restart(tmp_path) -> None:
    drive, clock = make_drive()
    storage = Storage(tmp_path)
    ofd = Ofd(clock, storage)
    task = running(drive, ofd)
    await drained(drive)
    await ended(task)
    storage.close()
    again = OfdServer(Storage(tmp_path), now=clock)
    assert [one.tlv for one in again.received()] == [drive.document(1).tlv]
    again.clear()
    assert again.received() == []


@virtual
async def test_a_reset_drive_takes_the_place_of_its_old_documents() -> None:
    drive, clock = make_drive()
    ofd = Ofd(clock)
    task = running(drive, ofd)
    await drained(drive)
    registration = drive.registration
    drive.reset()
    clock.advance(minutes=1)
    drive.register(registration)
    await drained(drive)
    (document,) = ofd.server.received()
    assert document.tlv == drive.document(1).tlv
    await ended(task)
