"""What hangs on this machine, and what answers on a link. Asks only questions that change nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from serial.tools import list_ports

from devices.candidate import Candidate, Guise
from devices.errors import GatewayError, LinkError
from devices.links.base import Link
from devices.links.parse import parse_link
from devices.links.serial import SerialLink
from devices.links.usb import present
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.options import Options
from devices.registers.shtrih.status import paper_text
from devices.registers.timing import Timeouts
from devices.scanners import discovery as scanners
from devices.scanners import factory as scanner_factory
from protocols.shtrih.commands.drive import DriveStatus, OfdStatus
from protocols.shtrih.commands.state import DeviceType, ShortStatus
from protocols.shtrih.statuses import PHASE_TEXT, drive_warnings, mode_text

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

#: The order in which the vendor's driver looks for a register's speed, the usual one first.
BAUDRATES = (115200, 4800, 9600, 19200, 38400, 57600, 2400)

#: Seconds a device gets to answer on one speed.
LOOK = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One finding of a diagnosis: stable `code`, and a Russian sentence for the technician."""

    code: str
    ok: bool
    text: str


def candidates() -> list[Candidate]:
    """Serial ports, known USB devices without a port, scanners and keyboards; empty where there is nothing."""
    return [*_serial_ports(), *_bare_usb(), *scanners.candidates()]


async def diagnose(link: str | Link, *, timeouts: Timeouts | None = None) -> AsyncIterator[Step]:
    """Findings as they come; the last one is the verdict.

    A serial port without a speed in its link is tried at every usual one. LinkSyntaxError for a link that is none.
    """
    limits = timeouts or Timeouts(connect=LOOK)
    tried = 0
    for one in _attempts(link):
        tried += 1
        exchange = Exchange(one, limits, Options())
        try:
            await exchange.open()
        except GatewayError as error:
            await exchange.close()
            step = _silent(one, error)
            if step is None:  # opened, and nobody spoke: the next speed may be the right one
                yield Step(code="silent", ok=False, text=f"{one.name}: молчит")
                continue
            yield step
            return
        try:
            async for found in _interview(exchange, one):
                yield found
        finally:
            await exchange.close()
        return
    speeds = " ни на одной скорости" if tried > 1 else ""
    yield Step(
        code="nobody",
        ok=False,
        text=f"Порт открывается, но устройство молчит{speeds}. Проверьте питание кассы, кабель и тот ли это порт."
        " Сканер молчит, пока не сканирует: fiscal-gateway scan покажет, что он шлёт.",
    )


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
    last = Step(code="nobody", ok=False, text="Ничего не найдено.")
    async for step in diagnose(link, timeouts=timeouts):
        last = step
    return last


def _attempts(link: str | Link) -> Iterator[Link]:
    if isinstance(link, Link):
        yield link
        return
    first = parse_link(link)()
    if isinstance(first, SerialLink) and "baudrate" not in link:
        for baudrate in BAUDRATES:
            yield SerialLink(first.port, baudrate=baudrate)
    else:
        yield first


def _silent(link: Link, error: GatewayError) -> Step | None:
    """The verdict about a link that did not come to rest; None where it opened and stayed silent."""
    if isinstance(error, LinkError):
        if error.code == "register_silent":
            return None
        return Step(code=error.code, ok=False, text=f"{link.name}: {error.hint}")
    return Step(
        code=error.code,
        ok=False,
        text=f"{link.name}: отвечает, но не по протоколу Штрих-М: другое устройство, не та скорость или помехи.",
    )


async def _interview(exchange: Exchange, link: Link) -> AsyncIterator[Step]:
    yield Step(code="answers", ok=True, text=f"{link.name}: отвечает по протоколу Штрих-М, версия {exchange.protocol}")
    try:
        kind = await exchange.try_ask(DeviceType())
        name = kind.name.strip() if kind else "модель не называет"
        yield Step(code="model", ok=True, text=f"Устройство: {name}")
        status = await exchange.ask(ShortStatus(exchange.password))
        yield Step(code="mode", ok=True, text=f"Режим {mode_text(status.mode)}")
        paper, present_ = paper_text(status)
        yield Step(code="paper", ok=present_, text=paper)
        drive = await exchange.ask(DriveStatus(exchange.password))
        warnings = ", ".join(drive_warnings(drive.warnings))
        phase = PHASE_TEXT.get(drive.phase, f"{drive.phase:02X}h")
        yield Step(
            code="drive",
            ok=not warnings,
            text=f"ФН {drive.fn}: {phase}, последний документ {drive.last_document}"
            + (f"; предупреждения: {warnings}" if warnings else ""),
        )
        ofd = await exchange.try_ask(OfdStatus(exchange.password))
        if ofd is not None:
            yield Step(code="ofd", ok=True, text=f"Документов в очереди к ОФД: {ofd.queued}")
    except GatewayError as error:
        yield Step(code=error.code, ok=False, text=error.hint or error.detail)
        return
    yield Step(code="register", ok=True, text=f"Касса {name} на связи {link.name} исправно отвечает.")


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
        yield Candidate(link=f"serial:{port.device}", title=title, note=", ".join(notes), guise=guise)


def _bare_usb() -> Iterator[Candidate]:
    """Known registers on USB. Those with a serial port are listed there too: which of the two works, a probe tells."""
    for vendor, product in present(REGISTERS):
        yield Candidate(
            link=f"usb:{vendor:04x}:{product:04x}",
            title=REGISTERS[vendor, product],
            guise=Guise.REGISTER,
            note="прямой обмен по USB; если есть последовательный порт, лучше через него",
        )
