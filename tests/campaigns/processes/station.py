"""The devices' side of a shop: an emulated register behind a line that misbehaves, and the OFD it sends to."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
from campaign_families import Family
from emulator_process import Emulator
from mischief import Line, Strike

from processes.cable import Cable
from processes.proxy import Proxy

ANYWHERE = "127.0.0.1:0"


class Ofd:
    """`fiscal-emulator ofd`, its state on disk, behind a relay that can be unplugged."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._emulator: Emulator | None = None
        self.relay = Proxy(Line(Random(0), now=lambda: 0.0))

    async def start(self) -> None:
        await self.relay.start()
        await self.come_back()

    async def come_back(self) -> None:
        arguments = ("ofd", "--listen", f"tcp:{ANYWHERE}", "--control", ANYWHERE, "--state", str(self._directory))
        self._emulator = await asyncio.to_thread(Emulator, *arguments)
        self.relay.target = self._emulator.ports[0]

    def kill(self) -> None:
        self.relay.target = None
        if self._emulator is not None:
            self._emulator.process.kill()
            self._emulator.__exit__()
            self._emulator = None

    async def close(self) -> None:
        self.kill()
        await self.relay.close()

    @property
    def alive(self) -> bool:
        return self._emulator is not None

    async def behave(self, behaviour: str, count: int | None = None) -> None:
        """So for the next `count` documents; without it, from now on."""
        if self._emulator is not None:
            body = {"behaviour": behaviour} | ({} if count is None else {"count": count})
            await asyncio.to_thread(self._emulator.request, "POST", "/ofd/behaviour", body)

    async def documents(self) -> list[dict[str, Any]]:
        assert self._emulator is not None
        found: list[dict[str, Any]] = await asyncio.to_thread(self._emulator.get, "/documents")
        return found


class Station:
    """`fiscal-emulator` of a family, its state on disk; `link` is how a gateway writes the way to it."""

    def __init__(
        self,
        directory: Path,
        session: aiohttp.ClientSession,
        rng: Random,
        *,
        family: Family,
        wire: str,
        ffd: str,
        ofd: Ofd,
        on_strike: Callable[[Strike], None],
    ) -> None:
        self.line = Line(rng, now=asyncio.get_running_loop().time, on_strike=on_strike)
        self._session = session
        self._directory = directory
        self._family = family
        self._ofd = ofd
        self._terminal = directory / "register.tty"
        port = directory / "cable.tty"
        self.wire: Proxy | Cable = Proxy(self.line) if wire == "tcp" else Cable(self.line, port, self._terminal)
        self._listen = f"tcp:{ANYWHERE}" if wire == "tcp" else f"pty:{self._terminal}"
        self._port = port
        self._more = ("--ffd", ffd, "--seed", str(rng.randrange(1 << 30)))
        self._emulator: Emulator | None = None
        self._busy = asyncio.Lock()

    @property
    def link(self) -> str:
        if isinstance(self.wire, Proxy):
            return f"{self._family.scheme}127.0.0.1:{self.wire.port}"
        return f"serial:{self._port}?baudrate=115200"

    async def start(self) -> None:
        self._directory.mkdir(parents=True)
        await self.wire.start()
        await self._switch_on()

    async def _switch_on(self) -> None:
        emulator = await asyncio.to_thread(
            Emulator,
            self._family.name,
            *("--listen", self._listen, "--control", ANYWHERE, "--state", str(self._directory / "state")),
            *("--ofd", f"127.0.0.1:{self._ofd.relay.port}", *self._more),
        )
        self._emulator = emulator
        if isinstance(self.wire, Proxy):
            self.wire.target = emulator.ports[0]

    def kill(self) -> None:
        """SIGKILL, at once; `come_back` starts it on its state again. One that is not there yet is not killed."""
        emulator, self._emulator = self._emulator, None
        if emulator is None:
            return
        if isinstance(self.wire, Proxy):
            self.wire.target = None
        else:
            # A killed process leaves its link behind, and the terminal's number may be another register's at once.
            self._terminal.unlink(missing_ok=True)
        emulator.process.kill()
        emulator.__exit__()

    async def come_back(self) -> None:
        async with self._busy:
            if self._emulator is None:
                await self._switch_on()

    async def hang(self, seconds: float) -> None:
        """SIGSTOP: its kernel still acknowledges, nobody answers."""
        if self._emulator is None:
            return
        pid = self._emulator.process.pid
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.go_on(pid)

    def go_on(self, pid: int | None = None) -> None:
        """SIGCONT, unless the process that was stopped is gone."""
        if self._emulator is not None and pid in {None, self._emulator.process.pid}:
            os.kill(self._emulator.process.pid, signal.SIGCONT)

    async def close(self) -> None:
        self.kill()
        await self.wire.close()

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The control server's answer; one that was killed under the question is started and asked again."""
        while True:
            await self.come_back()
            emulator = self._emulator
            if emulator is None:
                continue
            try:
                timeout = aiohttp.ClientTimeout(30)
                async with self._session.request(method, emulator.control + path, json=body, timeout=timeout) as answer:
                    if answer.status >= 400:
                        raise AssertionError(f"{method} {path} {body}: {answer.status} {await answer.text()}")
                    return await answer.json() if "json" in answer.content_type else await answer.text()
            except (aiohttp.ClientError, ConnectionError, TimeoutError):
                await asyncio.sleep(0.05)

    async def clear(self) -> None:
        """Good weather: the cable is in, paper and cover are as they should be, nothing waits to go wrong."""
        self.line.clear()
        self.wire.latency = 0.0
        await self.plug()
        await self.ask("DELETE", "/faults")

    async def plug(self) -> None:
        if isinstance(self.wire, Proxy):
            self.wire.plugged = True
        elif not self._port.is_symlink():
            self.wire.put_back()

    async def documents(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await self.ask("GET", "/documents")
        return found

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.ask("GET", "/state"))["registers"][0]
        return found
