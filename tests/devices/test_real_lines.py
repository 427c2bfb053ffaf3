"""The driver over real sockets and pseudo-terminals, and what a diagnosis says about what answers there."""

import asyncio
import os
import pty
import socket
import tty
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest
from till import CASHIER, MOSCOW, item, receipt

from devices import discovery
from devices.errors import RequestError
from devices.links.parse import parse_link
from devices.registers.factory import FAMILIES, create
from devices.registers.settle import Exists, settle
from devices.registers.timing import Timeouts
from emulator.channels import Address, PtyAddress, TcpAddress
from emulator.faults import Fault, FaultKind
from emulator.plans import Plan, RegisterPlan
from emulator.registers.base import Settings
from emulator.rim import Clock
from emulator.shop import Shop

QUICK = Timeouts(connect=0.2, answer=0.1, confirm=0.1)


@pytest.fixture
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    listen: tuple[Address, ...] = (TcpAddress("127.0.0.1", 0), PtyAddress(str(tmp_path / "kkt")))
    settings = Settings(quirks=frozenset(getattr(request, "param", ())))
    clock = Clock(datetime(2026, 3, 2, 9, 0, tzinfo=MOSCOW), local=MOSCOW)
    made = Shop(Plan(registers=(RegisterPlan(settings=settings, listen=listen),)), clock=clock, random=Random(1))
    await made.start()
    yield made
    await made.close()


def link_of(shop: Shop, kind: str) -> str:
    address = next(one for one in shop.addresses() if str(one).startswith(kind))
    return f"serial:{address.path}" if isinstance(address, PtyAddress) else str(address)


@pytest.mark.parametrize("shop", [("stray-ff",)], indirect=True, ids=["stray-ff"])
@pytest.mark.parametrize("kind", ["tcp", "pty"])
async def test_a_sale_and_a_lost_answer(shop: Shop, kind: str) -> None:
    driver = create("shtrih", parse_link(link_of(shop, kind))(), timeouts={"answer": 0.4, "confirm": 0.4})
    await driver.connect()
    await driver.open_shift(CASHIER)
    wanted = receipt(item("Чай"), item("Сахар"))
    assert (await driver.fiscalise(wanted)).differences == ()
    bookmark = await driver.bookmark()
    register = shop.registers["kkt-1"]
    register.faults.add(Fault(kind=FaultKind.DROP_ANSWER, command=0xFF45))
    outcome = await driver.fiscalise(wanted)
    settled = await settle(driver, bookmark, wanted)
    assert isinstance(settled, Exists)
    assert settled.outcome is not None
    assert settled.outcome.fiscal == outcome.fiscal
    assert [record.code for record in register.documents()] == [1, 2, 3, 3]
    await driver.close()


@pytest.mark.parametrize("kind", ["tcp", "pty"])
async def test_the_diagnosis_of_a_register(shop: Shop, kind: str) -> None:
    steps = [step async for step in discovery.diagnose(link_of(shop, kind))]
    assert [step.code for step in steps][:4] == ["protocol", "answers", "model", "mode"]
    assert [step.code for step in steps][4:] == ["paper", "drive", "ofd", "register"]
    assert all(step.ok for step in steps)
    assert "отвечает по протоколу Штрих-М, версия 1" in steps[0].text
    assert [(one.direction, one.hex) for one in steps[0].said][:3] == [(">", "05"), ("<", "15"), (">", "02 01 fc fd")]
    assert "FCh device_type" in " ".join(steps[0].said[2].words)
    assert "закрытая смена" in steps[3].text
    found = {step.code: step for step in steps}
    assert all(found[code].said for code in ("answers", "model", "mode", "drive", "ofd")), "what a finding rests on"
    verdict = await discovery.probe(link_of(shop, kind))
    assert verdict == steps[-1]
    assert "исправно отвечает" in verdict.text
    assert [record.code for record in shop.registers["kkt-1"].documents()] == [1]  # nothing was made


async def test_a_register_without_paper(shop: Shop) -> None:
    shop.registers["kkt-1"].device.set_paper(present=False)
    steps = {step.code: step async for step in discovery.diagnose(link_of(shop, "tcp"))}
    assert not steps["paper"].ok
    assert steps["paper"].text == "Бумаги нет"


async def test_nobody_there() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    verdict = await discovery.probe(f"tcp:127.0.0.1:{port}")
    assert (verdict.code, verdict.ok) == ("link_refused", False)
    assert "не принимает соединений" in verdict.text
    missing = await discovery.probe("serial:/dev/no-such-port")
    assert missing.code == "link_no_port"
    with pytest.raises(RequestError):
        await discovery.probe("nonsense")


async def test_silence_on_every_speed() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    steps = [step async for step in discovery.diagnose(f"serial:{os.ttyname(slave)}", timeouts=QUICK)]
    speeds = {speed for row in FAMILIES.values() for speed in row.baudrates}
    assert len(steps) == len(speeds) + 1
    assert steps[0].text.endswith("?baudrate=115200: молчит"), "the usual speed of the first family"
    assert steps[1].text.endswith("?baudrate=57600: молчит"), "and of the second one"
    assert [(one.direction, one.hex) for one in steps[0].said][:2] == [(">", "05"), (">", "8f 00 00 0f 1d")]
    assert (steps[-1].code, steps[-1].ok) == ("nobody", False)
    assert "молчит на всех скоростях" in steps[-1].text
    for end in (master, slave):
        os.close(end)


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "web", "http://"),
        (b"$GPGGA,0", "strange", "не по протоколу известных касс (Штрих-М, "),
    ],
)
async def test_something_else_answers(said: bytes, code: str, words: str) -> None:
    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(100):
            writer.write(said)
        writer.close()

    server = await asyncio.start_server(chatter, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    verdict = await discovery.probe(f"tcp:127.0.0.1:{port}", timeouts=QUICK)
    assert (verdict.code, verdict.ok) == (code, False)
    assert words in verdict.text
    server.close()


async def test_a_busy_port() -> None:
    master, slave = pty.openpty()
    holder = parse_link(f"serial:{os.ttyname(slave)}")()
    await holder.open()
    verdict = await discovery.probe(f"serial:{os.ttyname(slave)}?baudrate=115200", timeouts=QUICK)
    assert verdict.code == "link_busy"
    assert "занят" in verdict.text
    await holder.close()
    for end in (master, slave):
        os.close(end)


class Port:
    """A row of pyserial's list of ports."""

    def __init__(self, device: str, vid: int | None, pid: int | None, serial: str | None = None) -> None:
        self.device, self.vid, self.pid, self.serial_number = device, vid, pid, serial
        self.description = "n/a"


def test_ports_are_listed_with_what_they_look_like(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [
        Port("/dev/ttyS0", None, None),
        Port("/dev/ttyACM1", 0x1FC9, 0x0089),
        Port("/dev/ttyACM0", 0x1FC9, 0x0083, "0012345"),
    ]
    monkeypatch.setattr(discovery.list_ports, "comports", lambda: ports)
    monkeypatch.setattr(discovery, "present", lambda ids: [(0x1FC9, 0x0083)])
    found = discovery.candidates()
    assert [one.link for one in found] == [
        "serial:/dev/ttyACM0",
        "serial:/dev/ttyACM1",
        "serial:/dev/ttyS0",
        "usb:1fc9:0083",
    ]
    assert found[0].note == "похоже на Штрих-М, серийный номер 0012345"
    assert "не открывайте" in found[1].note
    assert found[2].note == ""
