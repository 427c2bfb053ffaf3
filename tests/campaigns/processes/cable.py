"""A serial cable between two terminals, pulled and put back, that does to the bytes what a `mischief.Line` says."""

from __future__ import annotations

import asyncio
import contextlib
import os
import termios
import tty
from collections.abc import Callable
from pathlib import Path

from mischief import Act, Cut, Line, Way

_CHUNK = 65536
#: Seconds between two looks at an end that nobody holds.
_LOOK = 0.02
#: Seconds the cable stays out when the line's mischief cuts it.
_OUT = 0.2


class End:
    """One end of the cable: a descriptor that may go away and come back."""

    def __init__(self, got: Callable[[bytes], None], gone: Callable[[], int | None]) -> None:
        self._got = got
        self._gone = gone
        self.fd: int | None = None
        self._timer: asyncio.TimerHandle | None = None

    def plug(self, fd: int | None) -> None:
        self.unplug()
        loop = asyncio.get_running_loop()
        self.fd = fd
        if fd is None:
            self._timer = loop.call_later(_LOOK, self._look)
        else:
            os.set_blocking(fd, False)
            loop.add_reader(fd, self._readable)

    def unplug(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.fd is not None:
            asyncio.get_running_loop().remove_reader(self.fd)
            os.close(self.fd)
            self.fd = None

    def write(self, data: bytes) -> None:
        if self.fd is not None:
            with contextlib.suppress(OSError):  # a line without flow control loses what nobody takes
                os.write(self.fd, data)

    def _readable(self) -> None:
        assert self.fd is not None
        try:
            data = os.read(self.fd, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._got(data)
        else:
            asyncio.get_running_loop().remove_reader(self.fd)
            self._timer = asyncio.get_running_loop().call_later(_LOOK, self._look)

    def _look(self) -> None:
        self._timer = None
        fresh = self._gone()
        if fresh is not None and fresh == self.fd:
            asyncio.get_running_loop().add_reader(fresh, self._readable)
        else:
            self.plug(fresh)


class Cable:
    """`port` is what the gateway opens; `register` is the path at which an emulator serves its terminal."""

    def __init__(self, line: Line, port: Path, register: Path) -> None:
        self.line = line
        self.port = port
        self.latency = 0.0
        self._register = register
        self._host = End(lambda data: self._act(self.line.through(Way.TO_REGISTER, data)), lambda: self._host.fd)
        self._device = End(lambda data: self._act(self.line.through(Way.TO_HOST, data)), self._find)
        self._due = dict.fromkeys(Way, 0.0)
        self._back: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        self._device.plug(None)
        self.put_back()

    async def close(self) -> None:
        await self.pull()
        self._device.unplug()

    async def pull(self) -> None:
        """The port vanishes, as a USB adapter's does."""
        self._pulled()

    def put_back(self) -> None:
        self._pulled()
        master, slave = os.openpty()
        try:
            tty.setraw(slave)
            self.port.symlink_to(os.ttyname(slave))
        finally:
            os.close(slave)
        self._host.plug(master)
        self._act(self.line.connected())

    def _pulled(self) -> None:
        if self._back is not None:
            self._back.cancel()
            self._back = None
        # The name first: the terminal's number may be somebody else's as soon as it is let go.
        self.port.unlink(missing_ok=True)
        self._host.unplug()

    def _find(self) -> int | None:
        try:
            fd = os.open(self._register, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            tty.setraw(fd)
        except termios.error:  # its register was killed between the two calls
            os.close(fd)
            return None
        return fd

    def _act(self, acts: list[Act]) -> None:
        loop = asyncio.get_running_loop()
        for act in acts:
            if isinstance(act, Cut):
                loop.call_later(act.seconds + self.latency, self._cut)
                continue
            now = loop.time()
            due = now + act.seconds + self.latency
            if self._due[act.way] > now:  # a hair later than what is on the way, so that timers keep their order
                due = max(due, self._due[act.way] + 1e-6)
            end = self._device if act.way is Way.TO_REGISTER else self._host
            if due <= now:
                end.write(act.data)
            else:
                self._due[act.way] = due
                loop.call_at(due, end.write, act.data)

    def _cut(self) -> None:
        self._pulled()
        self._back = asyncio.get_running_loop().call_later(_OUT, self.put_back)
