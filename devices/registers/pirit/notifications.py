"""Notifications of sold codes in the drive: how many wait (79/0, 79/6), and taking them out by hand (79/11…79/14).

A register with a network sends them itself. One that is registered as autonomous keeps them until its host has read
them; what is not read for 30 days blocks the sale of marked goods.
"""

from __future__ import annotations

from datetime import tzinfo

from devices.errors import ProtocolError
from devices.registers.base import Keep, MarkingState, Notification
from devices.registers.pirit.exchange import Exchange
from devices.registers.pirit.marking import NO_CHECK
from protocols.fn import container
from protocols.fn.container import ContainerError
from protocols.pirit.commands import marking as m

#: 79/0's first number when no code can be checked: the table or the area is full.
_BLOCKED = 0
_ASK, _BEGIN, _NEXT, _CONFIRM = 0, 1, 1, 1
_BLOCK = 700
#: Where a container has the checksum that 79/14 wants (UNCONFIRMED: the manual says CRC16 and no more).
_CHECKSUM = slice(2, 4)


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
    """Hand every waiting notification to `keep`; the drive forgets one only when `keep` has returned."""
    count = 0
    before: int | None = None
    while True:
        begun = await exchange.ask(m.Unload(_BEGIN))
        if not begun.waiting:
            return count
        found = await exchange.ask(m.UnloadNext(_NEXT))
        if found.number == before:
            raise _unfit(f"notification {before} was confirmed, and the drive shows it again")
        message = await _read(exchange, found.number, found.size)
        await keep(Notification(number=found.number, message=message))
        crc = int.from_bytes(message[_CHECKSUM], "little")
        await exchange.ask(m.ConfirmUnload(_CONFIRM, found.number, crc))
        before, count = found.number, count + 1


async def _read(exchange: Exchange, number: int, size: int) -> bytes:
    """The whole container, whose checksum tells that it was read right."""
    message = b""
    while len(message) < size:
        block = await exchange.ask(m.UnloadBlock(len(message), min(_BLOCK, size - len(message))))
        if not block.data:
            raise _unfit(f"notification {number}: {len(message)} of {size} bytes")
        message += block.data
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
