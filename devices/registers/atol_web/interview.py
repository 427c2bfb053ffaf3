"""Is an ATOL web server on this link, and which register is behind it? Questions that change nothing.

The questions of a register go through the server's queue, so they are asked only of a queue that does not stand still.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC

from devices.errors import LinkError, ProtocolError
from devices.links.base import Link
from devices.registers.atol_web.errors import UNAUTHORISED, http_error
from devices.registers.atol_web.exchange import Exchange
from devices.registers.atol_web.options import Options
from devices.registers.atol_web.profile import read_profile
from devices.registers.atol_web.queue import Queue
from devices.registers.atol_web.status import read_drive, read_ofd, read_state
from devices.registers.base import Paper
from devices.registers.timing import Timeouts
from devices.steps import Step, drive_step
from protocols.atol_web.results import NotAResult, read
from protocols.atol_web.server import ServerInfo

_V2, _V1 = "2 (Web Requests)", "1"


async def interview(link: Link, timeouts: Timeouts) -> AsyncIterator[Step]:
    """Findings about whoever listens on a closed link, which is left open; what goes wrong is raised."""
    exchange, version = await _found(link, timeouts)
    yield Step(code="answers", ok=True, text=f"{link.name}: отвечает веб-сервер АТОЛ, версия API {version}")
    queue = Queue(exchange, timeouts)
    await queue.check()
    yield Step(code="queue", ok=True, text="Очередь веб-сервера не стоит")
    profile = await read_profile(queue, zone=UTC, read_at=0.0)
    identity = profile.identity
    yield Step(code="model", ok=True, text=f"Устройство: {identity.model or 'модель не называет'}")
    state = await read_state(queue, UTC, unprinted=False)
    yield Step(code="mode", ok=True, text=f"Режим: {state.mode}")
    present = state.paper is Paper.PRESENT and not state.cover_open
    missing = "Крышка открыта" if state.cover_open else "Бумаги нет"
    yield Step(code="paper", ok=present, text="Бумага есть" if present else missing)
    drive = await read_drive(queue, profile.clock)
    yield drive_step(drive.number, drive.phase, drive.last_document, drive.warnings)
    ofd = await read_ofd(queue, UTC)
    yield Step(code="ofd", ok=True, text=f"Документов в очереди к ОФД: {ofd.unsent}")
    yield Step(code="register", ok=True, text=f"Касса {identity.model} на связи {link.name} исправно отвечает.")


async def _found(link: Link, timeouts: Timeouts) -> tuple[Exchange, str]:
    """The server by what only it answers; ProtocolError where it is another."""
    exchange = Exchange(link, timeouts, Options(api="v2"))
    try:
        answer = await exchange.call("GET", "serverInfo")
    except LinkError as error:
        if error.code == "link_closed":  # it hung up on what it did not understand
            raise _another(link) from error
        raise
    if answer.status == 200:
        try:
            info = read(ServerInfo, exchange.read(answer))
        except NotAResult as error:
            raise _another(link) from error
        return exchange, f"{_V2}, сервер {info.server_version}, драйвер {info.driver_version}"
    if answer.status == UNAUTHORISED:
        raise http_error("GET /serverInfo", answer)
    exchange = Exchange(link, timeouts, Options(api="v1"))
    answer = await exchange.call("GET", "stat", "requests")
    if answer.status != 200 or not isinstance(exchange.read(answer), dict):
        raise _another(link)
    return exchange, f"{_V1}: в настройках нужен options.api = v1"


def _another(link: Link) -> ProtocolError:
    return ProtocolError(
        f"{link.name}: whoever answers HTTP is no web server of ATOL",
        hint="По этому адресу отвечает другая программа.",
        code="answer_malformed",
    )
