"""One emulated scanner: a trigger, the faults that wait for it, and whoever listens on its wire."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from emulator.channels import Address, Channel, Listener, PipeEnd, Sessions, pipe
from emulator.listening import listen_all
from emulator.scanners.faults import ScanFault, ScanFaults
from emulator.scanners.playing import play
from emulator.scanners.setup import Setup

#: Scans that `GET /scans` remembers.
REMEMBERED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """One pull of the trigger: the code, what was sent and whether somebody may have heard it."""

    number: int
    code: bytes
    symbology: str | None
    faults: tuple[str, ...]
    sent: tuple[bytes, ...]
    heard: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "code": self.code.decode("latin-1"),
            "symbology": self.symbology,
            "faults": list(self.faults),
            "sent": [piece.hex() for piece in self.sent],
            "heard": self.heard,
        }


#: Where a scan goes besides the connections: a device of the kernel's.
Outlet = Callable[[bytes], Awaitable[None]]


class EmulatedScanner:
    """Serves any number of addresses; as with a real wire, the newest connection is the one that hears."""

    def __init__(self, setup: Setup, *, outlets: Iterable[Outlet] = ()) -> None:
        self.setup = setup
        self.faults = ScanFaults(setup.kind)
        self.listeners: list[Listener] = []
        self._outlets = tuple(outlets)
        self._channels: list[Channel] = []
        self._sessions = Sessions(self._hold)
        self._plugged = True
        self._return: asyncio.Task[None] | None = None
        self._trigger = asyncio.Lock()
        self._scans: deque[Scanned] = deque(maxlen=REMEMBERED)
        self._number = 0

    async def start(self, addresses: Iterable[Address] = ()) -> None:
        """Accept connections; OSError where an address is refused."""
        self.listeners = await listen_all(addresses, self._sessions)

    async def close(self) -> None:
        if self._return is not None:
            self._return.cancel()
            await asyncio.wait({self._return})
        await self._hang_up()

    def connect(self) -> PipeEnd:
        """A new in-process connection, the host's end. ConnectionError while the scanner is unplugged."""
        if not self._plugged:
            raise ConnectionRefusedError("the scanner is unplugged")
        host, device = pipe("scanner")
        self._sessions.accept(device)
        return host

    async def scan(self, code: bytes, symbology: str | None = "]d2") -> Scanned:
        """Pull the trigger. ValueError for a code that this scanner cannot send; then no fault is used up."""
        async with self._trigger:
            now = asyncio.get_running_loop().time()
            play(code, symbology, self.setup, {}, at=now)
            faults = self.faults.take()
            pieces = play(code, symbology, self.setup, faults, at=now)
            if ScanFault.UNPLUG in faults:
                await self.unplug(faults[ScanFault.UNPLUG].seconds)
            heard = False
            for piece in pieces:
                if piece.pause:
                    await asyncio.sleep(piece.pause)
                heard |= await self._send(piece.data)
            self._number += 1
            done = Scanned(
                number=self._number,
                code=code,
                symbology=symbology,
                faults=tuple(map(str, faults)),
                sent=tuple(piece.data for piece in pieces) if self._plugged else (),
                heard=heard,
            )
            self._scans.append(done)
            return done

    async def unplug(self, seconds: float) -> None:
        """Hang up everywhere and be gone for so long: ports vanish, connections are refused."""
        if not self._plugged:
            return
        self._plugged = False
        addresses = [listener.address for listener in self.listeners]
        await self._hang_up()
        self._return = asyncio.get_running_loop().create_task(self._come_back(seconds, addresses))

    async def _come_back(self, seconds: float, addresses: Iterable[Address]) -> None:
        await asyncio.sleep(seconds)
        await self.start(addresses)
        self._plugged = True

    async def _hang_up(self) -> None:
        for listener in self.listeners:
            await listener.close()
        self.listeners = []
        await self._sessions.close()

    def reset(self) -> None:
        """No faults, no memory; connections stay."""
        self.faults.clear()
        self._scans.clear()
        self._number = 0

    def scans(self) -> list[Scanned]:
        """The newest ones, oldest first."""
        return list(self._scans)

    def state(self) -> dict[str, Any]:
        """`GET /state`."""
        return {
            "as": str(self.setup.kind),
            "aim": self.setup.aim,
            "prefix": self.setup.prefix,
            "suffix": self.setup.suffix,
            "gs": self.setup.gs,
            "listen": [str(listener.address) for listener in self.listeners],
            "plugged": self._plugged,
            "connected": len(self._channels),
            "scans": self._number,
            "faults": self.faults.listed(),
        }

    async def _send(self, data: bytes) -> bool:
        if not self._plugged:
            return False
        channels = [*self._channels, *(one for one in (listener.silent() for listener in self.listeners) if one)]
        for channel in channels:
            await channel.write(data)
        for outlet in self._outlets:
            await outlet(data)
        return bool(channels or self._outlets)

    async def _hold(self, channel: Channel) -> None:
        """A scanner hears nothing: what the host says is thrown away."""
        if not self._plugged:
            return
        self._channels.append(channel)
        try:
            while await channel.read():
                pass
        finally:
            self._channels.remove(channel)
