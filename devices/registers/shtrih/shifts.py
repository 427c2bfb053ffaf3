"""Opening and closing a shift with the cashier's name in the report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from devices.errors import DeviceError, Rejected
from devices.registers.elements import cashier_elements, packed
from devices.registers.shtrih.exchange import Exchange
from devices.registers.shtrih.fence import cancel_open
from devices.registers.timing import Timeouts
from protocols.ffd.receipt import Cashier
from protocols.shtrih.commands import Bare, Empty, OperatorReply
from protocols.shtrih.commands.drive import BeginCloseShift, BeginOpenShift, SendTlv
from protocols.shtrih.commands.receipts import OpenShift, ZReport
from protocols.shtrih.errors import UNSUPPORTED

_CASHIER_LIMIT = 250

Report = Callable[[Exchange, Timeouts, Cashier | None], Awaitable[None]]


async def open_shift(exchange: Exchange, timeouts: Timeouts, cashier: Cashier | None) -> None:
    await _report(exchange, timeouts, BeginOpenShift(exchange.password), OpenShift(exchange.password), cashier)


async def close_shift(exchange: Exchange, timeouts: Timeouts, cashier: Cashier | None) -> None:
    await _report(exchange, timeouts, BeginCloseShift(exchange.password), ZReport(exchange.password), cashier)


async def _report(
    exchange: Exchange,
    timeouts: Timeouts,
    begin: Bare[Empty],
    make: Bare[OperatorReply],
    cashier: Cashier | None,
) -> None:
    """FF41 / FF42, the cashier by FF0C, then E0h / 41h (§10.4). Nothing stays half made after a refusal."""
    blocks = tuple(packed(cashier_elements(cashier), _CASHIER_LIMIT))
    await exchange.printer_ready()
    try:
        if blocks and await _begun(exchange, begin):
            for block in blocks:
                await exchange.ask(SendTlv(exchange.password, block))
        await exchange.act(make)
    except DeviceError:
        await cancel_open(exchange, timeouts)
        raise


async def _begun(exchange: Exchange, begin: Bare[Empty]) -> bool:
    """False on firmware without FF41 / FF42: the report then names the operator of table 2."""
    try:
        await exchange.act(begin)
    except Rejected as error:
        if error.number == UNSUPPORTED:
            return False
        raise
    return True
