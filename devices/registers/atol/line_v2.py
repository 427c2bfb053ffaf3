"""The host's side of protocol 2: ENQ, a masked frame, EOT, and the answer the same way (RS-232 and USB)."""

from __future__ import annotations

import asyncio
from typing import Final

from devices.registers.atol.line import Line
from devices.registers.line_faults import MOMENT
from protocols.atol.exchange_v2 import Answered, Failed, HostV2, Write
from protocols.atol.framing_v2 import ACK, ENQ, EOT, NAK, TIMING

_ENQ, _EOT = bytes((ENQ,)), bytes((EOT,))
#: After so long a silence the device has given up a half frame of an older connection (T6), so that an enquiry cannot
#: become a part of it.
_REST: Final = TIMING.byte + 0.1
#: How often a device that is not ready is asked once more: nothing was sent.
_NOT_READY: Final = 3


class LineV2(Line):
    """One exchange at a time. A frame is repeated only until its ACK, and executed once however often it comes."""

    async def sync(self, limit: float, *, fence: bool = True) -> None:
        """An enquiry that is confirmed: nothing of an older command is under way."""
        deadline = self._now() + limit
        await self.drained(_REST)
        while True:
            await self._link.write(_ENQ)
            said = await self._control(self._now() + TIMING.confirm_enquiry)
            if said == ACK:
                await self._link.write(_EOT)
                await self.drained(self._timeouts.quiet)
                return
            if self._now() >= deadline - MOMENT:
                raise self.silent("no answer to ENQ" if said is None else "the device is busy")
            if said is not None:
                await asyncio.sleep(TIMING.busy)

    async def transact(self, message: bytes, *, silence: float, patience: float, repeatable: bool) -> bytes:
        for _ in range(_NOT_READY):
            found = await self._exchanged(message, silence)
            if isinstance(found, Answered):
                return found.message
            if found.sent:
                raise self.lost(found.reason)
        raise self.silent("the device is not ready for a command")

    async def _exchanged(self, message: bytes, answer_within: float) -> Answered | Failed:
        host = HostV2()
        host.command(message, answer_within)
        total = 0
        while True:
            while (event := host.poll()) is not None:
                if not isinstance(event, Write):
                    return event
                await self._link.write(event.data)
            wait = host.wait
            assert wait is not None, "an exchange that has not ended waits for something"
            data = await self._link.read(wait)
            total += len(data)
            self.counted(total)
            if data:
                host.feed(data)
            else:
                host.silence()

    async def _control(self, deadline: float) -> int | None:
        """The first ACK, NAK or ENQ; None when there was none in time."""
        while data := await self._link.read(max(deadline - self._now(), 0.0)):
            for byte in data:
                if byte in {ACK, NAK, ENQ}:
                    return byte
        return None
