"""A line to an emulated web server that fails at one byte of one call, in either direction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from protocols.atol_web import text
from protocols.atol_web.http import Call

#: Seconds by which a call comes late that nobody waits for any more.
LATE = 2.0


class Way(StrEnum):
    CUT = "cut"  # the connection breaks
    STALL = "stall"  # the connection swallows everything from here on, both ways, and says nothing
    GARBLE = "garble"  # this byte arrives as another one
    LATE = "late"  # as stall, and what was sent comes to the server when the host has long gone


@dataclass
class Break:
    """Where it fails: after `at` bytes of the call's bytes, or of its answer's. `call` counts them from 1."""

    call: int
    way: Way
    at: int
    to_host: bool
    calls: int = 0
    struck: bool = False
    sent: int = 0  # bytes of the call
    back: int = 0  # bytes of its answer that went by


class WebLine:
    """Every connection to the server, each with one call on it."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self.plan: Break | None = None
        self.calls: list[str] = []

    def connect(self) -> Any:
        plan = self.plan
        if plan is None:
            return Connection(self._connect(), None, self.calls)
        plan.calls += 1
        return Connection(self._connect(), plan if plan.calls == plan.call else None, self.calls)


class Connection:
    """The host's end of one."""

    def __init__(self, inner: Any, plan: Break | None, calls: list[str]) -> None:
        self._inner = inner
        self._plan = plan
        self._calls = calls
        self._dead = False
        self._held = b""

    async def write(self, data: bytes) -> None:
        self._calls.append(data.partition(b" HTTP")[0].decode())
        plan = self._plan
        if plan is None:
            await self._inner.write(data)
            return
        plan.sent = len(data)
        if plan.to_host:
            await self._inner.write(data)
            return
        plan.struck = True
        match plan.way:
            case Way.GARBLE:
                await self._inner.write(data[: plan.at] + _other(data[plan.at : plan.at + 1]) + data[plan.at + 1 :])
            case Way.LATE:
                self._dead, self._held = True, data
            case _:
                if data[: plan.at]:
                    await self._inner.write(data[: plan.at])
                self._dead = True
                if plan.way is Way.CUT:
                    self._inner.close()

    async def read(self) -> bytes:
        while True:
            data = bytes(await self._inner.read())
            if self._dead and data:
                continue
            plan = self._plan
            if plan is None or plan.struck or not data:
                return data
            before, plan.back = plan.back, plan.back + len(data)
            if plan.back <= plan.at:
                return data
            plan.struck = True
            at = plan.at - before
            if plan.way is Way.GARBLE:
                return data[:at] + _other(data[at : at + 1]) + data[at + 1 :]
            self._dead = True
            if plan.way is Way.CUT:
                self._inner.close()
            if data[:at] or plan.way is Way.CUT:
                return data[:at]

    def close(self) -> None:
        if not self._held:
            self._inner.close()
            return
        held, self._held = self._held, b""
        asyncio.get_running_loop().call_later(LATE, lambda: asyncio.ensure_future(self._deliver(held)))

    async def _deliver(self, held: bytes) -> None:
        await self._inner.write(held)
        while await self._inner.read():
            pass
        self._inner.close()


def _other(byte: bytes) -> bytes:
    """A digit becomes another digit: the kind of error that is hardest to see."""
    if byte.isdigit():
        return b"%d" % ((byte[0] - 47) % 10)
    return bytes([byte[0] ^ 0x01]) if byte else b""


async def http(connect: Callable[[], Any], method: str, target: str, values: Any = None) -> tuple[int, Any]:
    """One call by hand."""
    call = Call(method, target, host="kkt", body=None if values is None else text.write(values))
    pipe = connect()
    await pipe.write(call.data)
    while True:
        answer = call.feed(bytes(await pipe.read()))
        if answer is not None:
            pipe.close()
            return answer.status, text.read(answer.body) if answer.body[:1] in {b"{", b"["} else answer.body.decode()
