"""How a device is recognised before anybody speaks its protocol to it: short questions, one family after another.

A probe is sent to whatever is on a line, so it must leave every device of every family as it was. What keeps it so:

- Nothing in it is a command to anybody else. What begins a frame elsewhere (02h: Shtrih-M, Пирит, ATOL 2) is given up
  there, because an answer is waited for longer than any of them waits for the next byte.
- No probe holds 0Ah: outside frames Пирит feeds paper for it. For the same reason HTTP is only spoken where a link says
  so, and there nothing else is.
- What it asks of its own family changes nothing there: no document, setting, mode, counter, task or stored answer.
- It leaves nobody waiting: `closing` confirms an answer that was taken, `parting` ends what was begun in vain.

A device that was asked at another speed than its own hears other bytes. That these are harmless too is what
tests/devices/test_discovery_speeds.py works out for every pair of speeds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from devices.errors import ProtocolError
from devices.links.base import Link
from devices.links.trace import Direction
from devices.registers.timing import SHORTEST, Timeouts

#: Bytes after which an answer is long enough to be judged: no probe is answered by more.
ENOUGH: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Bytes to send, and whether what came back is what this protocol says to them.

    `alone`: only if nothing follows. `wait`: seconds until the first byte, None for the usual.
    """

    sends: bytes
    heard: Callable[[bytes], bool]
    alone: bool = False
    wait: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Asks in a row, each only after the one before was answered; all of them answered: it is this protocol."""

    framing: str  # in Russian, for the technician: "версия 1"
    asks: tuple[Ask, ...]
    closing: bytes = b""
    parting: bytes = b""


#: Direction and bytes of one turn of a conversation.
Turn = tuple[Direction, bytes]


class Conversation:
    """An open line at one speed. Who has not answered some bytes as a probe wants is not sent them again."""

    def __init__(self, link: Link, timeouts: Timeouts) -> None:
        self._link = link
        self._timeouts = timeouts
        self._first: dict[bytes, bytes] = {}
        self.turns: list[Turn] = []

    @property
    def heard(self) -> bytes:
        """All that the device has said."""
        return b"".join(data for direction, data in self.turns if direction is Direction.RECEIVED)

    async def listen(self) -> None:
        """Let half a frame of another program run out. ProtocolError: somebody talks without being asked."""
        for _ in range(2):
            said = await self._collect(SHORTEST, enough=lambda _: False)
            if not said:
                return
        raise ProtocolError(
            f"{self._link.name}: the device talks without being asked",
            hint="Устройство само шлёт данные без остановки: это не касса, или с ней говорит другая программа.",
            code="line_noise",
        )

    async def recognises(self, probe: Probe) -> bool:
        """Whether the device speaks this protocol."""
        first = probe.asks[0]
        known = self._first.get(first.sends)
        if known is not None and not first.heard(known):
            return False
        if len(probe.asks) > 1:
            known = None  # what is asked next must come right behind
        for ask in probe.asks:
            self._first.setdefault(ask.sends, b"")  # who hangs up has not answered
            said = await self._ask(ask) if known is None else known
            self._first[ask.sends] = self._first[ask.sends] or said
            if not ask.heard(said):
                await self._part(probe.parting if said or ask is not first else b"")
                return False
        await self._part(probe.closing)
        return True

    async def _ask(self, ask: Ask) -> bytes:
        await self._collect(0, enough=lambda _: False)
        await self._send(ask.sends)
        wait = self._timeouts.confirm if ask.wait is None else ask.wait
        return await self._collect(wait, enough=lambda said: not ask.alone and ask.heard(said))

    async def _part(self, last: bytes) -> None:
        if last:
            await self._send(last)
            await self._collect(self._timeouts.byte, enough=lambda _: False)

    async def _send(self, data: bytes) -> None:
        self.turns.append((Direction.SENT, data))
        await self._link.write(data)

    async def _collect(self, wait: float, *, enough: Callable[[bytes], bool]) -> bytes:
        """What is said within `wait` and without a pause from then on."""
        said = b""
        while data := await self._link.read(wait):
            said += data
            wait = self._timeouts.byte
            if len(said) >= ENOUGH or enough(said):
                break
        if said:
            self.turns.append((Direction.RECEIVED, said))
        return said
