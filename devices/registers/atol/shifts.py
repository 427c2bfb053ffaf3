"""Opening and closing a shift with the cashier's name in the report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from devices.errors import DeviceError
from devices.registers.atol.exchange import Exchange
from devices.registers.atol.fence import cancel_open, patient
from devices.registers.atol.modes import Modes
from devices.registers.elements import cashier_elements
from devices.registers.timing import Timeouts
from protocols.atol.commands import Asks, Empty
from protocols.atol.commands.drive import DriveStatus
from protocols.atol.commands.receipts import CloseShift, OpenShift, write_tag
from protocols.atol.errors import WRONG_FIELD
from protocols.atol.statuses import Mode
from protocols.ffd.receipt import Cashier
from protocols.ffd.tlv import encode

Report = Callable[[Exchange, Modes, Timeouts, Cashier | None], Awaitable[int]]


async def open_shift(exchange: Exchange, modes: Modes, timeouts: Timeouts, cashier: Cashier | None) -> int:
    return await _report(exchange, modes, timeouts, Mode.REGISTRATION, OpenShift(0), cashier)


async def close_shift(exchange: Exchange, modes: Modes, timeouts: Timeouts, cashier: Cashier | None) -> int:
    return await _report(exchange, modes, timeouts, Mode.Z_REPORTS, CloseShift(), cashier)


async def _report(
    exchange: Exchange, modes: Modes, timeouts: Timeouts, mode: Mode, make: Asks[Empty], cashier: Cashier | None
) -> int:
    """E8h before 9Ah or 5Ah: the register keeps tags for the next document that may hold them.

    Answers the drive's last document before.
    """
    await exchange.finished()
    before = await exchange.ask(DriveStatus())
    await modes.enter(mode)
    for element in cashier_elements(cashier):
        for request in write_tag(encode((element,)), printed=True):
            if not await _taken(exchange, request):
                break
    try:
        await patient(exchange, timeouts, before.last_document, lambda: modes.act(mode, make))
    except DeviceError:
        await cancel_open(exchange)
        raise
    await exchange.finished()
    return before.last_document


async def _taken(exchange: Exchange, request: Asks[Empty]) -> bool:
    """False where the firmware does not take the tag here: the report names the register's own user then."""
    try:
        await exchange.act(request)
    except DeviceError as error:
        if error.number == WRONG_FIELD:
            return False
        raise
    return True
