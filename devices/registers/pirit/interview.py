"""Who is on this link? Questions that change nothing, for a technician."""

from __future__ import annotations

from collections.abc import AsyncIterator

from devices.links.base import Link
from devices.registers.pirit.exchange import Exchange
from devices.registers.pirit.options import Options
from devices.registers.pirit.status import mode_text, paper_text
from devices.registers.timing import Timeouts
from devices.steps import DOCUMENT_OPEN, Step, drive_step
from protocols.fn.statuses import drive_warnings
from protocols.pirit.commands import drive, info
from protocols.pirit.commands.state import Status
from protocols.pirit.models import model
from protocols.pirit.statuses import document_text, drive_text


async def interview(link: Link, timeouts: Timeouts) -> AsyncIterator[Step]:
    """Findings about whoever listens on a closed link, which is left open; what goes wrong is raised."""
    exchange = Exchange(link, timeouts, Options())
    await exchange.open()
    yield Step(code="answers", ok=True, text="Обмен установлен: Пирит (Viki Print)")
    code = await exchange.try_ask(info.Model())
    known = None if code is None else model(code.value)
    name = "модель не называет" if code is None else f"модель {code.value}" if known is None else known.name
    yield Step(code="model", ok=True, text=f"Устройство: {name}")
    status = await exchange.ask(Status())
    yield Step(code="mode", ok=not status.fatal, text=f"Состояние: {mode_text(status)}")
    if status.document:
        yield Step(code=DOCUMENT_OPEN, ok=False, text=f"В кассе открыт документ ({document_text(status.document)}).")
    paper, present = paper_text(await exchange.printer(), status)
    yield Step(code="paper", ok=present, text=paper)
    number = (await exchange.ask(drive.DriveNumber())).value
    state = await exchange.ask(drive.DriveState())
    last = (await exchange.ask(drive.LastDocument())).value
    yield drive_step(number, drive_text(state.state), last, drive_warnings(state.warnings))
    ofd = await exchange.try_ask(drive.Exchange())
    if ofd is not None:
        yield Step(code="ofd", ok=True, text=f"Документов в очереди к ОФД: {ofd.queue}")
    yield Step(code="register", ok=True, text=f"Касса {name} на связи {link.name} исправно отвечает.")
