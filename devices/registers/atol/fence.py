"""What must be out of the way before a new document: one left open in the register, one half made in the drive.

Behind the line's own fence (`Exchange.open`) nothing of an earlier connection can still be carried out, so what is
cancelled here stays cancelled (design.md rule 3).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from devices.errors import DeviceError, NeedsOperator, Retryable
from devices.registers.atol.exchange import Exchange
from devices.registers.refusals import half_made
from devices.registers.timing import Timeouts
from protocols.atol.commands.drive import DriveStatus, DriveStatusReply
from protocols.atol.commands.receipts import CancelReceipt
from protocols.atol.commands.state import GetState
from protocols.atol.errors import UNFINISHED

T = TypeVar("T")

#: Locked until date and time are entered, or the date is confirmed.
CLOCK_LOST = frozenset({0x15, 0x16})


async def cancel_open(exchange: Exchange) -> DriveStatusReply:
    """Cancel whatever is open; the drive's status afterwards.

    NeedsOperator where that takes a person, Retryable while a report runs.
    """
    await exchange.finished()
    state = await exchange.ask(GetState())
    drive = await exchange.ask(DriveStatus())
    if not state.receipt_state and not drive.current_document:
        return drive
    try:
        await exchange.act(CancelReceipt())
    except DeviceError as error:
        if isinstance(error, (NeedsOperator, Retryable)):
            raise
        # 9Ah and the like: it was closed between the question and the command; the drive is asked next.
    drive = await exchange.ask(DriveStatus())
    if drive.current_document:
        raise half_made(drive.current_document)
    return drive


async def patient(exchange: Exchange, timeouts: Timeouts, last_document: int, act: Callable[[], Awaitable[T]]) -> T:
    """Do what may make or begin a document; again after 76h, as long as the drive stands at `last_document`."""

    async def unmoved() -> bool:
        drive = await exchange.ask(DriveStatus())
        return not drive.current_document and drive.last_document == last_document

    return await while_busy(timeouts, act, unmoved)


async def while_busy(timeouts: Timeouts, act: Callable[[], Awaitable[T]], unmoved: Callable[[], Awaitable[bool]]) -> T:
    """Do it, and again after 76h, as long as `unmoved` says that nothing of it happened."""
    deadline = asyncio.get_running_loop().time() + timeouts.printing
    while True:
        try:
            return await act()
        except Retryable as error:
            if error.number != UNFINISHED or asyncio.get_running_loop().time() >= deadline or not await unmoved():
                raise
        await asyncio.sleep(timeouts.poll)
