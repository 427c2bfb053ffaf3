"""How long the register waits for the marking server (table 19 field 7).

The register asks the server itself within FF61, and no mode of FF61 leaves the server out (tag 2102 is always 0): what
can be changed is how long it waits. That is a lasting setting of the register, so it is written only where the owner
has said what it is to be (`Options.marking_wait`), and put right at every connection.
"""

from __future__ import annotations

from contextlib import suppress

from devices.errors import GatewayError
from devices.registers.shtrih.exchange import Exchange
from protocols.shtrih.commands.tables import ReadTable, WriteTable
from protocols.shtrih.tables import MARKING_TIMEOUT

#: Seconds for each further line of a receipt in which the server was silent to one.
AFTER_SILENCE = 1


class ServerWait:
    """How long the register waits for the server, on one connection."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._hurried = False

    async def usual(self) -> None:
        """As the owner wants it; nothing where he has not said."""
        if self._exchange.marking_wait is not None:
            await self._set(self._exchange.marking_wait)
        self._hurried = False

    async def hurry(self) -> None:
        """The server was silent: the other lines of this receipt are not to wait as long."""
        if self._exchange.marking_wait is not None and not self._hurried:
            self._hurried = True
            await self._set(AFTER_SILENCE)

    async def calm_down(self) -> None:
        """The receipt's codes are over. On a line that fails the next connection puts it right."""
        if self._hurried:
            with suppress(GatewayError):
                await self.usual()

    async def _set(self, seconds: int) -> None:
        """Firmware without such a field, or that refuses it, keeps its own."""
        table, field = MARKING_TIMEOUT
        password = self._exchange.password
        now = await self._exchange.try_ask(ReadTable(password, table, 1, field))
        if now is not None and now.value and int.from_bytes(now.value, "little") != seconds:
            value = seconds.to_bytes(len(now.value), "little")
            await self._exchange.try_ask(WriteTable(password, table, 1, field, value))
