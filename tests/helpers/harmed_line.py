"""A pipe to an emulated register, of any family, that harms the bytes from one place of a conversation on, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Harm(StrEnum):
    CUT = "cut"  # the connection breaks
    STALL = "stall"  # this connection swallows everything from here on, both ways, and says nothing
    GAP = "gap"  # the rest of this chunk is lost, what comes later arrives
    BYTE = "byte"  # one byte is lost
    SPOIL = "spoil"  # one byte is another
    TWICE = "twice"  # this chunk comes twice
    LATE = "late"  # the connection breaks, and the rest of this chunk arrives in the next one


@dataclass
class Blow:
    """After `at` bytes in one direction, counted since it was planned. `late`: writes of the next connection that
    overtake what is held back. `struck` once it happened."""

    harm: Harm
    at: int
    to_host: bool
    late: int = 0
    struck: bool = False
    passed: int = 0  # bytes that went that way
    held: bytes = b""  # for the next connection


class HarmedPipe:
    """The host's end; `connect` is the emulated register's."""

    def __init__(self, inner: Any, plan: Callable[[], Blow | None]) -> None:
        self._inner = inner
        self._plan = plan
        self._dead = False
        self._writes = 0
        self._said = b""
        first = plan()
        self._owed, self._late = (b"", 0) if first is None else (first.held, first.late)
        self._owed_to_host = first is not None and first.to_host
        if first is not None:
            first.held = b""

    async def write(self, data: bytes) -> None:
        self._writes += 1
        if self._dead:
            return
        if self._owed and self._writes > self._late:
            owed, self._owed = self._owed, b""
            if self._owed_to_host:
                self._said = owed
            else:
                await self._inner.write(owed)
        for piece in self._harmed(data, to_host=False):
            await self._inner.write(piece)

    async def read(self) -> bytes:
        while True:
            if self._said:
                said, self._said = self._said, b""
                return said
            data = await self._inner.read()
            if not data:
                return b""
            if self._dead:
                await asyncio.sleep(0)
                continue
            pieces = self._harmed(data, to_host=True)
            if pieces:
                self._said = b"".join(pieces[1:])
                return bytes(pieces[0])

    def close(self) -> None:
        self._inner.close()

    def _harmed(self, data: bytes, *, to_host: bool) -> list[bytes]:
        """The pieces that arrive of a chunk."""
        plan = self._plan()
        if plan is None or plan.struck or plan.to_host is not to_host:
            return [data]
        before, plan.passed = plan.passed, plan.passed + len(data)
        if plan.passed <= plan.at:
            return [data]
        plan.struck = True
        at = plan.at - before
        head, tail = data[:at], data[at:]
        match plan.harm:
            case Harm.BYTE:
                pieces = [head + tail[1:]]
            case Harm.SPOIL:
                pieces = [head + bytes((tail[0] ^ 0x20,)) + tail[1:]]
            case Harm.TWICE:
                pieces = [data, data]
            case _:
                pieces = [head]
        if plan.harm is Harm.STALL:
            self._dead = True
        if plan.harm is Harm.LATE:
            plan.held = tail
        if plan.harm in {Harm.CUT, Harm.LATE}:
            asyncio.get_running_loop().call_soon(self._inner.close)
        return [piece for piece in pieces if piece]
