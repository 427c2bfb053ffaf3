"""In-process connections with a bad line in between: latencies, strikes, late bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from mischief import Act, Deliver, Line, Way

from emulator.channels import Inbox, PipeEnd
from emulator.place import EmulatedRegister
from simulation.story import Story


class _Far(Inbox):
    """The receiving end of one direction: what is written to it has the line to pass first."""

    __slots__ = ("_wire", "way")

    def __init__(self, wire: Wire, way: Way) -> None:
        super().__init__()
        self._wire = wire
        self.way = way

    def feed(self, data: bytes) -> None:
        self._wire.carry(self.way, data)

    def feed_eof(self) -> None:
        self._wire.hung_up(self.way)

    def discard(self) -> None:
        self._chunks.clear()
        self.arrive_end()

    def arrive(self, data: bytes) -> None:
        if not self.eof:
            super().feed(data)

    def arrive_end(self) -> None:
        super().feed_eof()


class Wire:
    """One connection. `latency` answers the seconds a chunk takes; each direction stays in order."""

    def __init__(self, cable: Cable, host: PipeEnd, device: PipeEnd) -> None:
        self._cable = cable
        self._loop = cable.loop
        self.ends = {Way.TO_HOST: _Far(self, Way.TO_HOST), Way.TO_REGISTER: _Far(self, Way.TO_REGISTER)}
        self._free = dict.fromkeys(Way, -1.0)  # when the last byte of a direction arrives
        # Nothing has been written to them yet: the pipe was made in this very step.
        host._inbox, device._inbox = self.ends[Way.TO_HOST], self.ends[Way.TO_REGISTER]
        self._host = host
        self.do(cable.line.connected())

    def carry(self, way: Way, data: bytes) -> None:
        self._cable.story.note(self._cable.name, way, data)
        self.do(self._cable.line.through(way, data))

    def hung_up(self, way: Way) -> None:
        self._at(way, self._cable.latency(), self.ends[way].arrive_end)

    def do(self, acts: list[Act]) -> None:
        for act in acts:
            if isinstance(act, Deliver):
                end = self.ends[act.way]
                self._at(act.way, self._cable.latency() + act.seconds, end.arrive, act.data)
            else:
                for way, end in self.ends.items():
                    self._at(way, act.seconds, end.arrive_end)

    @property
    def closed(self) -> bool:
        return self._host.closed

    def close(self) -> None:
        """The host's process is gone; what it had sent is still under way."""
        self._host.close()

    def _at(self, way: Way, seconds: float, act: Callable[..., None], *data: bytes) -> None:
        now = self._loop.time()
        # Strictly later than what is under way: the loop shuffles what is due at the same moment.
        when = max(now + seconds, self._free[way] + 1e-6)
        if when <= now:
            act(*data)
        else:
            self._free[way] = when
            self._loop.call_at(when, act, *data)


class Cable:
    """The line to one register, whoever is connected to it."""

    def __init__(
        self, register: EmulatedRegister, line: Line, story: Story, rng: Random, latency: tuple[float, float]
    ) -> None:
        self.name = register.name
        self.line = line
        self.story = story
        self.loop = asyncio.get_running_loop()
        self._register = register
        self._rng = rng
        self._latency = latency
        self.slowness = 0.0  # seconds by which every byte is late at most, for a while

    def latency(self) -> float:
        shortest, longest = self._latency
        own = shortest + (longest - shortest) * self._rng.random() if longest else 0.0
        return own + self.slowness * self._rng.uniform(0.5, 1.0) if self.slowness else own

    def connect(self) -> tuple[PipeEnd, Wire]:
        """A new connection, its host's end; OSError while the register has no power."""
        if not self._register.powered:
            raise ConnectionRefusedError("the register is switched off")
        host = self._register.connect()
        device = host._peer
        return host, Wire(self, host, device)
