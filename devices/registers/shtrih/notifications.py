"""Notifications of sold codes in the drive: how many wait (FF68, FF70), and taking them out by hand (FF71…FF73).

A register with a network sends them itself. One that is registered as autonomous keeps them until its host has read
them; what is not read for 30 days blocks the sale of marked goods.
"""

from __future__ import annotations

from datetime import tzinfo

from devices.errors import ProtocolError
from devices.registers.base import Keep, MarkingState, Notification
from devices.registers.shtrih.exchange import Exchange
from protocols.fn import container
from protocols.fn.container import ContainerError
from protocols.shtrih.commands.marking import (
    BeginUnload,
    ConfirmUnload,
    MarkingStatus,
    NotificationState,
    UnloadBlock,
)

#: FF70's first byte when no code is being checked, and when none can be: the table or the area is full.
_NO_CHECK, _BLOCKED = 1, 0
#: Where a container has the checksum that FF73 wants: it is counted over all but itself (an open core of a certified
#: register, class MarkingOfflineDocument of rs.fncore2; the vendor's texts say no more than "CRC16").
_CHECKSUM = slice(2, 4)


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
    """Hand every waiting notification to `keep`; the drive forgets one only when `keep` has returned."""
    count = 0
    before: int | None = None
    while True:
        begun = await exchange.ask(BeginUnload(exchange.password))
        if not begun.total:
            return count
        if begun.first == before:
            raise _unfit(f"notification {before} was confirmed, and the drive shows it again")
        message = await _read(exchange, begun.first, begun.size)
        await keep(Notification(number=begun.first, message=message))
        await exchange.ask(ConfirmUnload(exchange.password, begun.first, message[_CHECKSUM]))
        before, count = begun.first, count + 1


async def _read(exchange: Exchange, number: int, size: int) -> bytes:
    """The whole container, whose checksum tells that it was read right."""
    message = b""
    while len(message) < size:
        block = await exchange.ask(UnloadBlock(exchange.password))
        if block.number != number or block.offset != len(message) or not block.block:
            raise _unfit(f"notification {number}: block of {block.number} at {block.offset}, wanted {len(message)}")
        message += block.block
    try:
        container.parse(message)
    except ContainerError as error:
        raise _unfit(f"notification {number}: {error}") from error
    return message


def _unfit(detail: str) -> ProtocolError:
    return ProtocolError(
        detail,
        hint="Касса отдаёт уведомления не по порядку. Повторите выгрузку.",
        code="notifications_disordered",
    )
