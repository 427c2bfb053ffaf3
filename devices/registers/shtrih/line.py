"""What both low levels offer the driver: one message out, its answer back, executed at most once."""

from __future__ import annotations

from abc import ABC, abstractmethod

from devices.links.base import Link
from devices.registers.line_faults import LineFaults
from devices.registers.shtrih.certainty import Moment
from devices.registers.timing import Timeouts


class Line(LineFaults, ABC):
    """A low level over an open link. After any LinkError or ProtocolError the link must be opened anew."""

    def __init__(self, link: Link, timeouts: Timeouts) -> None:
        self._link = link
        self._timeouts = timeouts
        #: How far the last `transact` came.
        self.moment = Moment.BEFORE

    @abstractmethod
    async def sync(self, limit: float | None = None) -> None:
        """Fence: throw away what the last connection left behind until the device waits for a command.

        `limit`: seconds for a silent device to answer (`timeouts.connect`).
        """

    @abstractmethod
    async def transact(self, message: bytes, *, patience: float, repeatable: bool) -> bytes:
        """The answer to `message`.

        `patience`: seconds of silence after which the answer counts as lost; on a reliable link `timeouts.unheard` when
        the device never said that it has the command. `repeatable`: the command changes
        nothing, so that it may be sent again where the device says it never got it.
        """

    def _unheard(self, patience: float) -> float:
        """Seconds after which a device that said nothing at all counts as lost."""
        return min(patience, self._timeouts.unheard) if self._link.reliable else patience
