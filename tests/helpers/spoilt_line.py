"""A pipe to an emulated Shtrih-M register that changes two bytes of a frame alike: v1 does not see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from severed_line import command_in


@dataclass
class Spoil:
    """The next frame of `command` is spoilt at byte `at` (0: the length) and the one behind it; `size` is its own."""

    command: int
    at: int
    mask: int
    size: int = 0


class SpoiltPipe:
    """The host's end; `inner` is the emulated register's."""

    def __init__(self, inner: Any, spoil: Spoil) -> None:
        self._inner = inner
        self._spoil = spoil

    async def write(self, data: bytes) -> None:
        spoil = self._spoil
        if not spoil.size and command_in(data) == spoil.command:
            first = data.index(b"\x02") + 1 + spoil.at
            spoil.size = len(data) - data.index(b"\x02") - 2
            pair = bytes(byte ^ spoil.mask for byte in data[first : first + 2])
            data = data[:first] + pair + data[first + 2 :]
        await self._inner.write(data)

    async def read(self) -> bytes:
        return bytes(await self._inner.read())

    def close(self) -> None:
        self._inner.close()
