"""Who is on this link? Questions that change nothing, for a technician."""

from __future__ import annotations

from collections.abc import AsyncIterator

from devices.links.base import Link
from devices.registers.atol.exchange import Exchange
from devices.registers.atol.options import Options
from devices.registers.atol.status import PHASES, paper_text
from devices.registers.timing import Timeouts
from devices.steps import DOCUMENT_OPEN, Step, drive_step
from protocols.atol.commands.drive import DriveExchange, DriveStatus
from protocols.atol.commands.state import GetDeviceType, GetState
from protocols.atol.statuses import state_text
from protocols.fn.statuses import drive_warnings


async def interview(link: Link, timeouts: Timeouts) -> AsyncIterator[Step]:
    """Findings about whoever listens on a closed link, which is left open; what goes wrong is raised.

    Tasks of another program that wait in the buffer stay there.
    """
    exchange = Exchange(link, timeouts, Options())
    await exchange.open(fence=False)
    yield Step(code="answers", ok=True, text=f"Обмен установлен: АТОЛ, протокол {exchange.protocol}")
    kind = await exchange.try_ask(GetDeviceType())
    name = kind.name.strip() if kind else "модель не называет"
    yield Step(code="model", ok=True, text=f"Устройство: {name}")
    state = await exchange.ask(GetState())
    yield Step(code="mode", ok=True, text=f"Режим {state_text(state.state)}")
    if state.receipt_state:
        yield Step(code=DOCUMENT_OPEN, ok=False, text="В кассе открыт чек: закончите или отмените его.")
    paper, present_ = paper_text(state)
    yield Step(code="paper", ok=present_, text=paper)
    drive = await exchange.ask(DriveStatus())
    _, phase = PHASES.get(drive.phase, ("", f"{drive.phase:02X}h"))
    yield drive_step(drive.fn, phase, drive.last_document, drive_warnings(drive.warnings))
    ofd = await exchange.try_ask(DriveExchange())
    if ofd is not None:
        yield Step(code="ofd", ok=True, text=f"Документов в очереди к ОФД: {ofd.unsent}")
    yield Step(code="register", ok=True, text=f"Касса {name} на связи {link.name} исправно отвечает.")
