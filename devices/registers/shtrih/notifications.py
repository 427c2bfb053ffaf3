"""Notifications of sold codes in the drive: how many wait (FF68, FF70), and taking them out by hand (FF71…FF73)."""

from __future__ import annotations

from datetime import tzinfo

from devices.registers.base import Keep, MarkingState
from devices.registers.notifications import unfit, unload_all
from devices.registers.shtrih.exchange import Exchange
from protocols.shtrih.commands.marking import (
    BeginUnload,
    ConfirmUnload,
    MarkingStatus,
    NotificationState,
    UnloadBlock,
)

#: FF70's first byte when no code is being checked, and when none can be: the table or the area is full.
_NO_CHECK, _BLOCKED = 1, 0


async def read_marking(exchange: Exchange, zone: tzinfo) -> MarkingState:
    """The drive's half of marking; refused where it is not registered for marked goods."""
    status = await exchange.ask(MarkingStatus(exchange.password))
    queue = await exchange.try_ask(NotificationState(exchange.password))  # autonomous registers have none
    waiting = status.queue if queue is None else max(queue.queued, status.queue)
    first = queue if queue is not None and waiting else None
    return MarkingState(
        blocked=status.check == _BLOCKED,
        undecided=status.check not in {_NO_CHECK, _BLOCKED},
        accepted=status.results,
        unsent=waiting,
        first_unsent=first.current if first and first.current else None,
        first_unsent_at=first.current_at.replace(tzinfo=zone) if first and first.current_at else None,
        fill_percent=None if queue is None else queue.fill_percent,
        autonomous=queue is None,
    )


async def unload(exchange: Exchange, keep: Keep) -> int:
    """As `notifications.unload_all`."""

    async def begin() -> tuple[int, int] | None:
        begun = await exchange.ask(BeginUnload(exchange.password))
        return (begun.first, begun.size) if begun.total else None

    async def block(number: int, size: int, offset: int) -> bytes:
        found = await exchange.ask(UnloadBlock(exchange.password))
        if (found.number, found.offset) != (number, offset):
            raise unfit(f"notification {number}: block of {found.number} at {found.offset}, wanted {offset}")
        return found.block

    return await unload_all(
        keep, begin, block, lambda number, crc: exchange.ask(ConfirmUnload(exchange.password, number, crc))
    )
