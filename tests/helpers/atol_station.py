"""An ATOL device behind a line that misbehaves, and one that plays a script: the other end of a driver's link."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from emulator.registers.atol.connection import FrameFraming, TaskFraming
from protocols.atol.framing_v2 import TIMING
from protocols.atol.framing_v3 import ASYNC_ID, Packet, PacketReader, encode_v3
from protocols.atol.tasks import Action, Add, Answer, encode_answer, parse_action
from protocols.framing import Execute, Send


class Station:
    """The emulated framing of one protocol; `execute` answers a message.

    `spoil(to_host, data)` returns the chunks that arrive instead, as (seconds late, bytes).
    """

    def __init__(
        self,
        execute: Callable[[bytes], bytes],
        protocol: str,
        spoil: Callable[[bool, bytes], Sequence[tuple[float, bytes]]] | None = None,
    ) -> None:
        self.framing: TaskFraming | FrameFraming = TaskFraming() if protocol == "3" else FrameFraming()
        self._execute = execute
        self._spoil = spoil or (lambda to_host, data: [(0.0, data)])
        self._to_host: asyncio.Queue[bytes] = asyncio.Queue()
        self._free_at = [0.0, 0.0]
        self._timer: asyncio.TimerHandle | None = None

    # --- the host's pipe end

    async def read(self) -> bytes:
        return await self._to_host.get()

    async def write(self, data: bytes) -> None:
        for late, chunk in self._spoil(False, data):  # noqa: FBT003
            self._ordered(0, late, self._arrive, chunk)

    def close(self) -> None:
        pass

    # --- the device

    def _arrive(self, data: bytes) -> None:
        self.framing.feed(data)
        self._work()

    def _work(self) -> None:
        while (event := self.framing.poll()) is not None:
            if isinstance(event, Send):
                self._send(event.data)
            else:
                assert isinstance(event, Execute)
                self._send(event.acknowledge)
                self._send(self.framing.answer(self._execute(event.message)))
        if self._timer is not None:
            self._timer.cancel()
        if self.framing.mid_frame:
            self._timer = asyncio.get_running_loop().call_later(TIMING.byte, self._expired)

    def _expired(self) -> None:
        self._send(self.framing.timeout())
        self._work()

    def _send(self, data: bytes) -> None:
        for late, chunk in self._spoil(True, data) if data else ():  # noqa: FBT003
            self._ordered(1, late, self._to_host.put_nowait, chunk)

    def _ordered(self, direction: int, late: float, call: Callable[[bytes], object], data: bytes) -> None:
        """A line delays bytes, but never lets later ones overtake them."""
        loop = asyncio.get_running_loop()
        at = self._free_at[direction] = max(loop.time() + late, self._free_at[direction])
        if at > loop.time():
            loop.call_at(at, call, data)
        else:
            call(data)


#: What the script says to an action: (id or None for that of the request, answer) pairs, or ready bytes.
Said = Sequence["tuple[int | None, Answer] | bytes"]


class Scripted:
    """Protocol 3, said by hand: `script(action)` decides what the device says to each action of the host."""

    def __init__(self, script: Callable[[Action], Said]) -> None:
        self.actions: list[Action] = []
        self.packets: list[Packet] = []
        self._script = script
        self._reader = PacketReader()
        self._to_host: asyncio.Queue[bytes] = asyncio.Queue()

    @property
    def added(self) -> list[Add]:
        return [one for one in self.actions if isinstance(one, Add)]

    async def read(self) -> bytes:
        return await self._to_host.get()

    async def write(self, data: bytes) -> None:
        for packet in self._reader.feed(data):
            if isinstance(packet, Packet) and packet.data:
                action = parse_action(packet.data)
                self.actions.append(action)
                self.packets.append(packet)
                for said in self._script(action):
                    self.say(said, packet.number)

    def say(self, said: Any, number: int = ASYNC_ID) -> None:
        if isinstance(said, bytes):
            self._to_host.put_nowait(said)
        else:
            own, answer = said
            self._to_host.put_nowait(encode_v3(number if own is None else own, encode_answer(answer)))

    def close(self) -> None:
        pass
