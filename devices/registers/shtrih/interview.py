"""Who is on this link? Questions that change nothing, for a technician."""

from __future__ import annotations

from collections.abc import AsyncIterator

from devices.links.base import Link
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.options import Options
from devices.registers.shtrih.status import paper_text
from devices.registers.timing import Timeouts
from devices.steps import DOCUMENT_OPEN, Step, drive_step
from protocols.fn.statuses import drive_warnings
from protocols.shtrih.commands.drive import DriveStatus, OfdStatus
from protocols.shtrih.commands.state import DeviceType, ShortStatus
from protocols.shtrih.statuses import PHASE_TEXT, Mode, mode_text, split_mode


async def interview(link: Link, timeouts: Timeouts) -> AsyncIterator[Step]:
    """Findings about whoever listens on a closed link, which is left open; what goes wrong is raised."""
    exchange = Exchange(link, timeouts, Options())
    await exchange.open()
    yield Step(code="answers", ok=True, text=f"Обмен установлен: Штрих-М, версия {exchange.protocol}")
    kind = await exchange.try_ask(DeviceType())
    name = kind.name.strip() if kind else "модель не называет"
    yield Step(code="model", ok=True, text=f"Устройство: {name}")
    status = await exchange.ask(ShortStatus(exchange.password))
    yield Step(code="mode", ok=True, text=f"Режим {mode_text(status.mode)}")
    if split_mode(status.mode)[0] is Mode.DOCUMENT_OPEN:
        yield Step(code=DOCUMENT_OPEN, ok=False, text="В кассе открыт чек: закончите или отмените его.")
    paper, present_ = paper_text(status)
    yield Step(code="paper", ok=present_, text=paper)
    drive = await exchange.ask(DriveStatus(exchange.password))
    phase = PHASE_TEXT.get(drive.phase, f"{drive.phase:02X}h")
    yield drive_step(drive.fn, phase, drive.last_document, drive_warnings(drive.warnings))
    ofd = await exchange.try_ask(OfdStatus(exchange.password))
    if ofd is not None:
        yield Step(code="ofd", ok=True, text=f"Документов в очереди к ОФД: {ofd.queued}")
    yield Step(code="register", ok=True, text=f"Касса {name} на связи {link.name} исправно отвечает.")
