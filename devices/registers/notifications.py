"""Notifications of sold codes, taken out of the drive by hand.

A register with a network sends them itself. One that is registered as autonomous keeps them until its host has read
them; what is not read for 30 days blocks the sale of marked goods.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from devices.errors import ProtocolError
from devices.registers.base import Keep, Notification
from protocols.fn import container
from protocols.fn.container import ContainerError

#: Where a container has the checksum that confirms it: it is counted over all but itself (an open core of a certified
#: register, class MarkingOfflineDocument of rs.fncore2; the vendors' texts say no more than "CRC16").
CHECKSUM: Final = slice(2, 4)

#: The drive shows its first notification: number and size; None when none is left.
Begin = Callable[[], Awaitable[tuple[int, int] | None]]
#: Its next block, of the notification of this number and size, at this offset.
Block = Callable[[int, int, int], Awaitable[bytes]]
#: The drive forgets the notification of this number and checksum.
Confirm = Callable[[int, bytes], Awaitable[object]]


async def unload_all(keep: Keep, begin: Begin, block: Block, confirm: Confirm) -> int:
    """Hand every waiting notification to `keep`; the drive forgets one only when `keep` has returned."""
    count = 0
    before: int | None = None
    while (begun := await begin()) is not None:
        number, size = begun
        if number == before:
            raise unfit(f"notification {before} was confirmed, and the drive shows it again")
        message = await _read(number, size, block)
        await keep(Notification(number=number, message=message))
        await confirm(number, message[CHECKSUM])
        before, count = number, count + 1
    return count


async def _read(number: int, size: int, block: Block) -> bytes:
    """The whole container, whose checksum tells that it was read right."""
    message = b""
    while len(message) < size:
        data = await block(number, size, len(message))
        if not data:
            raise unfit(f"notification {number}: {len(message)} of {size} bytes")
        message += data
    try:
        container.parse(message)
    except ContainerError as error:
        raise unfit(f"notification {number}: {error}") from error
    return message


def unfit(detail: str) -> ProtocolError:
    return ProtocolError(
        detail,
        hint="Касса отдаёт уведомления не по порядку. Повторите выгрузку.",
        code="notifications_disordered",
    )
