"""A pipe to an emulated Shtrih-M or Пирит register that fails at one byte of one command, in either direction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from emulator.registers.pirit.register import number_of
from protocols.pirit.commands import parse_request
from protocols.pirit.framing import PASSWORD, DeviceStream, Request
from protocols.shtrih.commands import WireError, code_of
from protocols.shtrih.framing import HostV1, PacketReader
from protocols.shtrih.framing_v1 import Frame
from protocols.shtrih.framing_v2 import Packet


class Way(StrEnum):
    CUT = "cut"  # the connection breaks
    STALL = "stall"  # this connection swallows everything from here on, both ways, and says nothing
    GAP = "gap"  # the rest of this chunk is lost, what comes later arrives


@dataclass
class Break:
    """Where it fails: after `at` bytes of the command's frame, or of what comes back to it. Struck once."""

    command: int
    way: Way
    at: int
    to_host: bool
    struck: bool = False
    sent: int = 0  # bytes of the frame, once it was seen
    back: int = 0  # bytes that came back to it
    passed: bool = False  # another command went out behind it: what is proven now is proven of that one


class SeveredPipe:
    """The host's end; `connect` is the emulated register's."""

    def __init__(self, inner: Any, plan: Callable[[], Break | None]) -> None:
        self._inner = inner
        self._plan = plan
        self._armed: Break | None = None  # the frame has gone out whole: count what comes back
        self._dead = False

    async def write(self, data: bytes) -> None:
        if self._dead:
            return
        plan = self._plan()
        if plan is not None and plan.sent and command_in(data) not in {None, plan.command}:
            plan.passed = True
        if plan is None or plan.struck or command_in(data) != plan.command:
            await self._inner.write(data)
            return
        plan.sent = len(data)
        if plan.to_host:
            self._armed = plan
            await self._inner.write(data)
            return
        plan.struck = True
        if data[: plan.at]:
            await self._inner.write(data[: plan.at])
        self._strike(plan)

    async def read(self) -> bytes:
        while True:
            data = await self._inner.read()
            plan = self._armed
            if self._dead and data:
                continue
            if plan is None or plan.struck or not data:
                return data
            before, plan.back = plan.back, plan.back + len(data)
            if plan.back <= plan.at:
                return data
            plan.struck = True
            self._strike(plan)
            head = data[: plan.at - before]
            if head:
                return head
            if plan.way is Way.CUT:
                return b""

    def close(self) -> None:
        self._inner.close()

    def _strike(self, plan: Break) -> None:
        if plan.way is Way.CUT:
            self._inner.close()
        elif plan.way is Way.STALL:
            self._dead = True


def command_in(data: bytes) -> int | None:
    """The command of the first whole frame or packet in these bytes, as faults name it."""
    if data[1 : 1 + len(PASSWORD)] == PASSWORD:
        stream = DeviceStream()
        stream.feed(data)
        request = stream.poll()
        return number_of(parse_request(request)[0]) if isinstance(request, Request) else None
    messages = [one.message for one in HostV1().feed(data) if isinstance(one, Frame)]
    messages += [one.data for one in PacketReader().feed(data) if isinstance(one, Packet) and one.data]
    try:
        return code_of(messages[0]) if messages else None
    except WireError:
        return None
