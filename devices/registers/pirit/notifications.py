"""Notifications of sold codes in the drive: how many wait (79/0, 79/6), and taking them out by hand (79/11…79/14).

UNCONFIRMED whether the checksum that 79/14 wants is the container's: the manual says CRC16 and no more.
"""

from __future__ import annotations

from datetime import tzinfo

from devices.registers.base import Keep, MarkingState
from devices.registers.notifications import unload_all
from devices.registers.pirit.exchange import Exchange
from devices.registers.pirit.marking import NO_CHECK
from protocols.pirit.commands import marking as m

#: 79/0's first number when no code can be checked: the table or the area is full.
_BLOCKED = 0
_ASK, _BEGIN, _NEXT, _CONFIRM = 0, 1, 1, 1
_BLOCK = 700


async def read_marking(exchange: Exchange, zone: tzinfo, *, autonomous: bool) -> MarkingState:
    """The drive's half of marking; refused where it is not registered for marked goods."""
    status = await exchange.ask(m.MarkingState())
    queue = None if autonomous else await exchange.try_ask(m.NotificationState())
    if queue is not None:
        unsent, first, at = queue.queue, queue.current, queue.at
    else:
        kept = await exchange.ask(m.Unload(_ASK))
        unsent, first, at = kept.waiting, kept.first, None
    return MarkingState(
        blocked=status.check == _BLOCKED,
        undecided=status.check not in {NO_CHECK, _BLOCKED},
        accepted=status.saved,
        unsent=unsent,
        first_unsent=first if unsent and first else None,
        first_unsent_at=at.replace(tzinfo=zone) if unsent and at else None,
        fill_percent=None if queue is None else queue.fill,
        autonomous=autonomous,
    )


async def unload(exchange: Exchange, keep: Keep) -> int:
    """As `notifications.unload_all`."""

    async def begin() -> tuple[int, int] | None:
        if not (await exchange.ask(m.Unload(_BEGIN))).waiting:
            return None
        found = await exchange.ask(m.UnloadNext(_NEXT))
        return found.number, found.size

    async def block(number: int, size: int, offset: int) -> bytes:
        return (await exchange.ask(m.UnloadBlock(offset, min(_BLOCK, size - offset)))).data

    async def confirm(number: int, crc: bytes) -> None:
        await exchange.ask(m.ConfirmUnload(_CONFIRM, number, int.from_bytes(crc, "little")))

    return await unload_all(keep, begin, block, confirm)
