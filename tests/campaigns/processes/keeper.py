"""A gateway process and whoever starts it again: systemd's part, with its hands on kill, stop and the disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
from pathlib import Path

from gateway_process import Gateway

#: Exit codes of a gateway that was not killed: in order, or because its disk failed.
_EXPECTED = {0, 1}


class Keeper:
    """Keeps one `fiscal-gateway serve` running on one data directory.

    `surprises` lists every end of the process that nothing done to it explains.
    """

    def __init__(self, directory: Path, links: dict[str, str], *, extra: str = "", data: Path | None = None) -> None:
        self.directory = directory
        self.links = links
        self.surprises: list[str] = []
        self.starts = 0
        self.doomed = False  # what is done to its disk now keeps it from starting: `refusals` tells what it says
        self.refusals: list[str] = []
        self._extra = extra
        self._data = data
        self._gateway: Gateway | None = None
        self._up = asyncio.Event()
        self._dying: str | None = None
        self._blamed = False  # something was done to this process that may end it
        self._task: asyncio.Task[None] | None = None
        self._leaving = False

    async def start(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._task = asyncio.create_task(self._keep())
        await self.running()

    async def running(self) -> Gateway:
        """The gateway, once it accepts."""
        while True:
            await self._up.wait()
            if self._gateway is not None:
                return self._gateway
            assert self._task is not None
            if self._task.done():
                self._task.result()
                raise AssertionError("nobody keeps the gateway any more")

    async def _keep(self) -> None:
        try:
            while not self._leaving:
                dying, self._dying = self._dying, None
                self._blamed = dying is not None
                try:
                    gateway = await asyncio.to_thread(
                        Gateway, self.directory, self.links, extra=self._extra, data=self._data, dying=dying
                    )
                except AssertionError as refused:
                    if self.doomed:
                        self.refusals.append(str(refused))
                        await asyncio.sleep(0.2)
                        continue
                    if self._blamed:
                        continue  # died before it was ready, as it was told to
                    self.surprises.append(str(refused)[-2000:])
                    await asyncio.sleep(0.5)
                    if len(self.surprises) > 5:
                        raise
                    continue
                self._gateway = gateway
                self.starts += 1
                self._up.set()
                while gateway.process.poll() is None:  # noqa: ASYNC110 - a child's end has no event of its own here
                    await asyncio.sleep(0.02)
                self._up.clear()
                self._gateway = None
                code = gateway.process.returncode
                gateway.__exit__()
                if not self._leaving and not (self._blamed and (code in _EXPECTED or code == -signal.SIGKILL)):
                    self.surprises.append(f"the gateway ended with {code}: {gateway.errors()[-2000:]}")
        finally:
            self._up.set()

    async def down(self) -> None:
        """Once the process is gone."""
        while self._gateway is not None:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.005)

    # --- hands

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def die_next_time(self, step: str) -> None:
        """Killed now, and struck again at this step of the journal after its start (`mortal_gateway`)."""
        self._dying = step
        self.kill()

    async def hang(self, seconds: float) -> None:
        gateway = self._gateway
        if gateway is None:
            return
        self._signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        if gateway.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                gateway.process.send_signal(signal.SIGCONT)

    async def full_disk(self, seconds: float) -> None:
        """No file of the process may grow for a while (RLIMIT_FSIZE: writes answer EFBIG, as a full disk's ENOSPC)."""
        gateway = self._gateway
        if gateway is None:
            return
        self._blamed = True
        hard = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE)[1]
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (0, hard))
            await asyncio.sleep(seconds)
            if gateway.process.poll() is None:
                resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (hard, hard))

    def blame(self) -> None:
        """What is done to its disk now may end this process."""
        self._blamed = True

    async def stop(self) -> None:
        """In order, unless it is dead already; a gateway that needs more than half a minute for it is a surprise."""
        self._leaving = True
        gateway = self._gateway
        if gateway is not None:
            self.terminate()
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=30)
            if not done:
                self.surprises.append("the gateway did not end within 30 s after SIGTERM")
                self.kill()
            await asyncio.gather(self._task, return_exceptions=True)

    def _signal(self, number: signal.Signals) -> None:
        gateway = self._gateway
        if gateway is not None and gateway.process.returncode is None:
            self._blamed = self._blamed or number in {signal.SIGKILL, signal.SIGTERM}
            with contextlib.suppress(ProcessLookupError):
                os.kill(gateway.process.pid, number)
