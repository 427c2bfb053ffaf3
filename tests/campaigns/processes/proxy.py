"""A TCP proxy between gateway and register that does to the bytes what a `mischief.Line` says."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

from mischief import Act, Cut, Line, Way


class Lane:
    """One direction of one connection: what is late keeps its order, what is not goes through at once."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def send(self, data: bytes, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        if self._waiting:
            due = max(due, self._waiting[-1][0])
        elif seconds <= 0:
            self._writer.write(data)
            return
        self._waiting.append((due, data))
        if self._timer is None:
            self._timer = loop.call_at(due, self._deliver)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._waiting.clear()
        self._writer.close()

    def _deliver(self) -> None:
        loop = asyncio.get_running_loop()
        self._timer = None
        while self._waiting and self._waiting[0][0] <= loop.time() + 0.001:
            self._writer.write(self._waiting.popleft()[1])
        if self._waiting:
            self._timer = loop.call_at(self._waiting[0][0], self._deliver)


class Proxy:
    """Listens on a port of its own; `target` is where the register listens now, None while nobody is there.

    `latency` seconds are added to every chunk: a slow line gives whoever kills something on the way more to hit.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        self.target: int | None = None
        self.plugged = True
        self.latency = 0.0
        self.port = 0
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: dict[asyncio.Task[None], dict[Way, Lane]] = {}

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self.hang_up()

    async def pull(self) -> None:
        """The cable is out: connections end, new ones find nobody."""
        self.plugged = False
        await self.hang_up()

    async def hang_up(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        lanes: dict[Way, Lane] = {Way.TO_HOST: Lane(writer)}
        try:
            if self.target is None or not self.plugged:
                return
            far, away = await asyncio.open_connection("127.0.0.1", self.target)
            lanes[Way.TO_REGISTER] = Lane(away)
            self._act(self.line.connected(), lanes, task)
            pumps = [
                asyncio.create_task(self._pump(Way.TO_REGISTER, reader, lanes, task)),
                asyncio.create_task(self._pump(Way.TO_HOST, far, lanes, task)),
            ]
            try:
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for pump in pumps:
                    pump.cancel()
        except (OSError, asyncio.CancelledError):
            pass  # the register is away, or the connection is cut
        finally:
            self._tasks.discard(task)
            for lane in lanes.values():
                lane.close()

    async def _pump(
        self, way: Way, reader: asyncio.StreamReader, lanes: dict[Way, Lane], task: asyncio.Task[None]
    ) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                self._act(self.line.through(way, data), lanes, task)

    def _act(self, acts: list[Act], lanes: dict[Way, Lane], task: asyncio.Task[None]) -> None:
        for act in acts:
            if isinstance(act, Cut):
                asyncio.get_running_loop().call_later(act.seconds + self.latency, task.cancel)
            else:
                lanes[act.way].send(act.data, act.seconds + self.latency)
