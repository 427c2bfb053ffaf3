"""The host's side of protocol v2: numbered 8Fh packets, repeated unchanged until answered (shtrih_m §2.3)."""

from __future__ import annotations

from collections import deque

from devices.links.base import Link
from devices.registers.line_faults import MOMENT
from devices.registers.shtrih.certainty import Moment
from devices.registers.shtrih.line import Line
from devices.registers.timing import Timeouts
from protocols.shtrih.commands import code_of
from protocols.shtrih.framing import Packet, PacketReader, encode_v2, sync_v2


class LineV2(Line):
    """The device executes a number once and repeats its answer, so every packet may be sent again."""

    def __init__(self, link: Link, timeouts: Timeouts) -> None:
        super().__init__(link, timeouts)
        self._reader = PacketReader()
        self._packets: deque[Packet] = deque()
        self._number: int | None = None

    async def sync(self, limit: float | None = None) -> None:
        deadline = self._now() + (self._unheard(self._timeouts.connect) if limit is None else limit)
        self._number = None
        while True:
            await self._drain()
            await self._link.write(sync_v2())
            packet = await self._next(self._timeouts.confirm)
            if packet is not None:
                self._number = packet.number
                return
            if self._now() >= deadline - MOMENT:
                raise self.silent("no answer to the sync packet")

    async def transact(self, message: bytes, *, patience: float, repeatable: bool) -> bytes:
        self.moment = Moment.BEFORE
        if self._number is None:
            await self.sync()
        before = self._number or 0
        number = self._number = (before + 1) & 0xFFFF
        packet = encode_v2(number, message)
        deadline = self._now() + patience
        while True:
            self.moment = Moment.SENT
            await self._link.write(packet)
            answer = await self._next(min(self._timeouts.answer, max(deadline - self._now(), 0.0)))
            # The device repeats its answer to the packet before when it could not read this one: send it again.
            while answer is not None and answer.number == before:
                self.moment = Moment.REPELLED
                answer = await self._next(self._timeouts.confirm)
            if answer is None:
                if self._now() >= deadline - MOMENT:
                    self._number = None
                    self.moment = Moment.SILENT
                    raise self.silent(f"no answer to command {code_of(message):02X}h within {patience:g} s")
            elif answer.number != number:
                self._number = None
                self.moment = Moment.EMPTY
                raise self.lost(f"the device was restarted: it counts packets from {answer.number} instead of {number}")
            else:
                self.moment = Moment.ANSWERED
                return answer.data

    async def _next(self, timeout: float) -> Packet | None:
        """The next good numbered packet, None after silence."""
        reader, packets = self._reader, self._packets
        total = 0
        while not packets:
            data = await self._link.read(timeout)
            total += len(data)
            self.counted(total)
            if not data:
                reader.reset()
                return None
            events = reader.feed(data)
            packets.extend(one for one in events if isinstance(one, Packet) and one.number is not None)
            if reader.mid_frame:
                timeout = self._timeouts.byte
        return packets.popleft()

    async def _drain(self) -> None:
        await self.drained(self._timeouts.quiet)
        self._reader.reset()
        self._packets.clear()
