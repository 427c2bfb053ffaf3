"""What hangs on this machine, and what answers on a link. Asks only questions that change nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from serial.tools import list_ports

from devices.candidate import Candidate, Guise
from devices.errors import GatewayError, LinkError
from devices.links.base import Link
from devices.links.parse import parse_link
from devices.links.serial import SerialLink
from devices.links.usb import present
from devices.registers.factory import FAMILIES, Family
from devices.registers.timing import Timeouts
from devices.scanners import discovery as scanners
from devices.scanners import factory as scanner_factory
from devices.steps import Step

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

#: Code of the LinkError of a link that opens and on which nobody speaks.
SILENT = "register_silent"


def candidates() -> list[Candidate]:
    """Serial ports, known USB devices without a port, scanners and keyboards; empty where there is nothing."""
    return [*_serial_ports(), *_bare_usb(), *scanners.candidates()]


async def diagnose(link: str | Link, *, timeouts: Timeouts | None = None) -> AsyncIterator[Step]:
    """Findings as they come; the last one is the verdict.

    Each family is tried; a serial port without a speed in its link at every speed that is usual for it.
    LinkSyntaxError for a link that is none.
    """
    limits = timeouts or Timeouts(connect=LOOK)
    tried, strange = 0, None
    for family in FAMILIES.values():
        for one in _attempts(link, family):
            tried += 1
            try:
                async for found in family.interview(one, limits):
                    yield found
                return
            except GatewayError as error:
                if isinstance(error, LinkError) and error.code != SILENT:
                    yield Step(code=error.code, ok=False, text=f"{one.name}: {error.hint}")
                    return
                if not isinstance(error, LinkError):
                    strange = _strange(family, one, error)
                    break
            # opened, and nobody spoke: the next speed may be the right one
            yield Step(code="silent", ok=False, text=f"{one.name}: молчит")
    if strange is not None:
        yield strange
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


def _attempts(link: str | Link, family: Family) -> Iterator[Link]:
    if isinstance(link, Link):
        yield link
        return
    first = parse_link(link)()
    if isinstance(first, SerialLink) and "baudrate" not in link:
        for baudrate in family.baudrates:
            yield SerialLink(first.port, baudrate=baudrate)
    else:
        yield first


def _strange(family: Family, link: Link, error: GatewayError) -> Step:
    return Step(
        code=error.code,
        ok=False,
        text=f"{link.name}: отвечает, но не по протоколу {family.title}: другое устройство, не та скорость или помехи.",
    )


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
