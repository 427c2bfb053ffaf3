"""The other end of a link, in process: a recorded dialogue, or a device's state machine with a line that misbehaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from random import Random

from protocols.framing import Execute, Send
from protocols.shtrih.framing import DeviceV1, DeviceV2

#: Seconds after which a device gives up a half frame, or an answer nobody confirms ([P20]: 50 ms by default).
BYTE_TIMEOUT = 0.05


def unhex(text: str) -> bytes:
    return bytes.fromhex(text.replace("[00×109]", "00" * 109).replace("[00×104]", "00" * 104))


class Recorded:
    """Plays a recorded dialogue: (what the host must send, what comes back), in this order. A pipe end."""

    def __init__(self, dialogue: Sequence[tuple[str, str]]) -> None:
        self.left = [(unhex(sent), unhex(back)) for sent, back in dialogue]
        self._got = b""
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()

    async def read(self) -> bytes:
        return await self._answers.get()

    async def write(self, data: bytes) -> None:
        self._got += data
        while self.left and self._got.startswith(self.left[0][0]):
            sent, back = self.left.pop(0)
            self._got = self._got[len(sent) :]
            if back:
                self._answers.put_nowait(back)
        expected = self.left[0][0] if self.left else b""
        assert expected.startswith(self._got), f"host sent {self._got.hex(' ')}, recorded is {expected.hex(' ')}"

    def close(self) -> None:
        pass


class Station:
    """A device behind a line. `execute` answers a message; `spoil` may change, drop or double any chunk.

    `spoil(to_host, data)` returns the chunks that arrive instead, as (seconds late, bytes).
    """

    def __init__(
        self,
        execute: Callable[[bytes], bytes],
        *,
        device: DeviceV1 | DeviceV2 | None = None,
        spoil: Callable[[bool, bytes], Sequence[tuple[float, bytes]]] | None = None,
        busy: float = 0.0,
    ) -> None:
        self.device = device or DeviceV1()
        self.executed: list[bytes] = []
        self.busy = busy
        self._execute = execute
        self._spoil = spoil or (lambda to_host, data: [(0.0, data)])
        self._timer: asyncio.TimerHandle | None = None
        self._to_host: asyncio.Queue[bytes] = asyncio.Queue()
        self._free_at = [0.0, 0.0]

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
        self.device.feed(data)
        self._work()

    def _work(self) -> None:
        while (event := self.device.poll()) is not None:
            if isinstance(event, Send):
                self._send(event.data)
            elif isinstance(event, Execute):
                self.executed.append(event.message)
                if event.acknowledge:
                    self._send(event.acknowledge)
                self._later(self.busy, self._finish, event.message)
                return
        self._watch()

    def _finish(self, message: bytes) -> None:
        self._send(self.device.answer(self._execute(message)))
        self._work()

    def _send(self, data: bytes) -> None:
        for late, chunk in self._spoil(True, data):  # noqa: FBT003
            self._ordered(1, late, self._to_host.put_nowait, chunk)

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(BYTE_TIMEOUT, self._expired)

    def _expired(self) -> None:
        if self.device.mid_frame or getattr(self.device, "unconfirmed", False):
            data = self.device.timeout()
            if data:
                self._send(data)

    def _ordered(self, direction: int, late: float, call: Callable[[bytes], object], data: bytes) -> None:
        """A line delays bytes, but never lets later ones overtake them."""
        now = asyncio.get_running_loop().time()
        at = self._free_at[direction] = max(now + late, self._free_at[direction])
        self._later(at - now, call, data)

    def _later(self, seconds: float, call: Callable[[bytes], object], data: bytes) -> None:
        if seconds:
            asyncio.get_running_loop().call_later(seconds, call, data)
        else:
            call(data)


class BadLine:
    """Chunks dropped, cut short, doubled, delayed or with one byte changed, from a seed; at most `most` of them."""

    def __init__(self, random: Random, *, most: int, rate: float = 0.3) -> None:
        self._random = random
        self._left = most
        self._rate = rate

    def __call__(self, to_host: bool, data: bytes) -> Sequence[tuple[float, bytes]]:
        if not self._left or self._random.random() > self._rate:
            return [(0.0, data)]
        self._left -= 1
        match self._random.choice(("drop", "garble", "double", "late", "short")):
            case "drop":
                return []
            case "garble":
                at = self._random.randrange(len(data))
                wrong = data[at] ^ self._random.randrange(1, 256)
                return [(0.0, data[:at] + bytes((wrong,)) + data[at + 1 :])]
            case "double":
                return [(0.0, data), (0.0, data)] if to_host else [(0.0, data)]
            case "late":
                return [(self._random.choice((0.2, 1.2)), data)]
            case _:
                return [(0.0, data[: self._random.randrange(len(data))])]
