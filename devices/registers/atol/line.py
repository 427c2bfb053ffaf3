"""What both low levels offer the driver: one message out, its answer back, executed at most once."""

from __future__ import annotations

from abc import ABC, abstractmethod

from devices.links.base import Link
from devices.registers.line_faults import LineFaults
from devices.registers.timing import Timeouts


class Line(LineFaults, ABC):
    """A low level over an open link. After any LinkError or ProtocolError the link must be opened anew."""

    def __init__(self, link: Link, timeouts: Timeouts) -> None:
        self._link = link
        self._timeouts = timeouts

    @abstractmethod
    async def sync(self, limit: float, *, fence: bool = True) -> None:
        """Throw away what the last connection left behind until the device listens; `limit`: seconds for a silent one.

        `fence` False leaves tasks of others in the device's buffer alone.
        """

    @abstractmethod
    async def transact(self, message: bytes, *, silence: float, patience: float, repeatable: bool) -> bytes:
        """The answer to `message`.

        `silence`: seconds without a word after which the answer counts as lost; `patience`: how long the device may say
        that it is still at work. `repeatable`: the command changes nothing, so that it may be sent again.
        """
