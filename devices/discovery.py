"""What hangs on this machine, and what answers on a link. Asks only questions that change nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace

from serial.tools import list_ports

from devices.candidate import Candidate, Guise
from devices.errors import GatewayError
from devices.links.base import Link
from devices.links.holders import shared
from devices.links.parse import parse_link
from devices.links.serial import SerialLink, busy
from devices.links.trace import Direction, TracingLink
from devices.links.usb import present
from devices.registers.factory import FAMILIES, explained
from devices.registers.identify import Look, identify
from devices.registers.probing import Turn
from devices.registers.timing import Timeouts
from devices.scanners import discovery as scanners
from devices.scanners import factory as scanner_factory
from devices.steps import Said, Step

#: USB ids of registers, from vendors' drivers and packages. 1fc9 is the chip maker's id, shared with unrelated boards,
#: so an id is a hint and never a proof.
REGISTERS = {
    (0x1FC9, 0x0083): "Штрих-М",
    (0xABCD, 0x1980): "Штрих-М",
    (0x04D9, 0xB534): "Штрих-Нано",
    (0x2912, 0x0005): "АТОЛ",
    (0x2912, 0x0001): "АТОЛ FPrint",
}
#: A register in this mode waits for firmware; it must not be opened as a register.
BOOTLOADERS = {(0x1FC9, 0x0089): "Штрих-М в режиме загрузчика"}

#: Seconds a device gets to answer on one speed.
LOOK = 1.0

#: Of many ports at once: a register that is there answers a question of some bytes within a tenth of it.
GLANCE = Timeouts(connect=LOOK, confirm=0.25)

#: What of a register found is told in a table, and verdicts of the others there.
TOLD = ("protocol", "model")
SHORT = {"nobody": "молчит на всех скоростях", "strange": "отвечает, но не по протоколу известных касс"}
#: Bytes of a strange answer that a sentence quotes.
SHOWN = 16


def candidates() -> list[Candidate]:
    """Serial ports, known USB devices without a port, scanners and keyboards; empty where there is nothing."""
    return [*_serial_ports(), *_bare_usb(), *scanners.candidates()]


async def diagnose(link: str | Link, *, timeouts: Timeouts | None = None) -> AsyncIterator[Step]:
    """Findings as they come, with the bytes that were exchanged; the last one is the verdict.

    Nothing is asked on a port that another process has open. LinkSyntaxError for a link that is none.
    """
    line = parse_link(link)() if isinstance(link, str) else link
    limits = timeouts or Timeouts(connect=LOOK)
    if isinstance(line, SerialLink) and shared(line.port):
        yield _refused(line, busy(line.name, line.port))
        return
    looks: list[Look] = []
    try:
        async for look in identify(line, FAMILIES, limits):
            looks.append(look)
            yield _told(look)
    except GatewayError as error:
        yield _refused(line, error)
        return
    found = looks[-1].family
    if found is None:
        yield _verdict(looks)
        return
    async for step in _interviewed(line, found, limits):
        yield step


async def _interviewed(line: Link, family: str, limits: Timeouts) -> AsyncIterator[Step]:
    """The family's own questions, each step with its bytes."""
    turns: list[Turn] = []

    def note(direction: Direction, data: bytes, at: float) -> None:
        if turns and turns[-1][0] is direction:
            data = turns.pop()[1] + data
        turns.append((direction, data))

    try:
        async for step in FAMILIES[family].interview(TracingLink(line, note), limits):
            said = _said(turns, family)
            turns.clear()
            yield replace(step, said=said)
    except GatewayError as error:
        yield _refused(line, error, _said(turns, family))


def _refused(line: Link, error: GatewayError, said: tuple[Said, ...] = ()) -> Step:
    return Step(code=error.code, ok=False, text=f"{line.name}: {error.hint or error.detail}", said=said)


def _told(look: Look) -> Step:
    said = _said(look.turns, look.family)
    if look.family is not None and FAMILIES[look.family].web:
        text = f"{look.link}: порт открыт, спрашиваем по HTTP"
        return Step(code="http", ok=True, text=text, said=said)
    if look.family is not None:
        framing = f", {look.framing}" if look.framing else ""
        protocol = f"{FAMILIES[look.family].title}{framing}"
        return Step(code="protocol", ok=True, text=f"{look.link}: отвечает по протоколу {protocol}", said=said)
    if look.heard:
        text = f"{look.link}: отвечает непонятно, {look.heard[:SHOWN].hex(' ')}"
        return Step(code="strange", ok=False, text=text, said=said)
    return Step(code="silent", ok=False, text=f"{look.link}: молчит", said=said)


def _verdict(looks: Sequence[Look]) -> Step:
    """Of a line on which nobody was recognised."""
    heard = b"".join(look.heard for look in looks)
    if b"HTTP/" in heard:
        text = "Здесь отвечает веб-сервер. Если это веб-сервер АТОЛ, запишите связь с ним как http://АДРЕС:ПОРТ."
        return Step(code="web", ok=False, text=text)
    if heard:
        return Step(
            code="strange",
            ok=False,
            text="Что-то отвечает, но не по протоколу известных касс ("
            + ", ".join(row.title for row in FAMILIES.values())
            + "): другое устройство, не та скорость или помехи.",
        )
    speeds = "молчит на всех скоростях" if len(looks) > 1 else "молчит"
    return Step(
        code="nobody",
        ok=False,
        text=f"Порт открывается, но устройство {speeds}. Проверьте питание кассы, кабель и тот ли это порт; если касса"
        " печатает, дождитесь конца и повторите. Сканер молчит, пока не сканирует: fiscal-gateway scan покажет, что он"
        " шлёт. Веб-сервер АТОЛ записывается как http://АДРЕС:ПОРТ.",
    )


def _said(turns: Sequence[Turn], family: str | None) -> tuple[Said, ...]:
    return tuple(
        Said(direction=str(direction), hex=data.hex(" "), words=_words(data, direction is Direction.SENT, family))
        for direction, data in turns
    )


def _words(data: bytes, from_host: bool, family: str | None) -> tuple[str, ...]:
    """In the words of the family, where it is known; else of those whose bytes these may be."""
    fits = explained(data, from_host, FAMILIES)
    if family in fits:
        return fits[family]
    return tuple(f"{FAMILIES[name].title}: {line}" for name, lines in fits.items() for line in lines[:1])


async def survey(found: Sequence[Candidate]) -> AsyncIterator[tuple[Candidate, Step]]:
    """What answers on each of those that may be asked, as it is found; all are asked at the same time."""
    asked = [asyncio.create_task(_asked(one)) for one in found if one.may_be_asked]
    try:
        for each in asyncio.as_completed(asked):
            yield await each
    finally:
        for task in asked:
            task.cancel()


async def _asked(one: Candidate) -> tuple[Candidate, Step]:
    steps = [step async for step in diagnose(one.link, timeouts=GLANCE)]
    told = [step.text for step in steps if step.code in TOLD]
    if told:
        return one, Step(code=TOLD[0], ok=steps[-1].ok, text="; ".join(told))
    return one, replace(steps[-1], text=SHORT.get(steps[-1].code, steps[-1].text))


async def diagnose_scanner(link: str) -> AsyncIterator[Step]:
    """Whether a scanner can be opened. LinkSyntaxError for a link that is none."""
    scanner = scanner_factory.create(link)
    try:
        await scanner.open()
    except GatewayError as error:
        yield Step(code=error.code, ok=False, text=f"{link}: {error.hint or error.detail}")
        return
    await scanner.close()
    yield Step(
        code="scanner",
        ok=True,
        text=f"{link}: открывается ({scanner.kind}). Что присылает сканер, покажет fiscal-gateway scan {link}",
    )


async def probe(link: str | Link, *, timeouts: Timeouts | None = None) -> Step:
    """The verdict alone."""
    steps = [step async for step in diagnose(link, timeouts=timeouts)]
    return steps[-1]


def _serial_ports() -> Iterator[Candidate]:
    lasting = scanners.lasting_names()
    for port in sorted(list_ports.comports(), key=lambda one: one.device):
        ids = (port.vid, port.pid)
        title = port.description if port.description not in {"n/a", None} else "последовательный порт"
        known = REGISTERS.get(ids) or BOOTLOADERS.get(ids) if port.vid is not None else None
        suggested = f"похоже на {known}" if known else scanners.hint(port.vid, port.pid)
        notes = [suggested] if suggested else []
        if ids in BOOTLOADERS:
            notes.append("не открывайте как кассу")
        if port.serial_number:
            notes.append(f"серийный номер {port.serial_number}")
        if port.device in lasting:
            notes.append(f"постоянное имя {lasting[port.device]}")
        guise = Guise.REGISTER if ids in REGISTERS else Guise.PORT
        yield Candidate(
            link=f"serial:{port.device}",
            title=title,
            note=", ".join(notes),
            guise=guise,
            may_be_asked=ids not in BOOTLOADERS,
        )


def _bare_usb() -> Iterator[Candidate]:
    """Known registers on USB. One that has a serial port is asked there: opening it here would take that away."""
    ports = {(port.vid, port.pid) for port in list_ports.comports()}
    for vendor, product in present(REGISTERS):
        yield Candidate(
            link=f"usb:{vendor:04x}:{product:04x}",
            title=REGISTERS[vendor, product],
            guise=Guise.REGISTER,
            note="прямой обмен по USB; если есть последовательный порт, лучше через него",
            may_be_asked=(vendor, product) not in ports,
        )
