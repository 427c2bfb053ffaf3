"""The line that all families share: a command that works while the host goes on asking."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from random import Random
from typing import ClassVar

import pytest
from shtrih_kit import Bench
from virtual_loop import virtual

from emulator.channels import pipe
from emulator.faults import Faults, PowerLoss, parse_fault
from emulator.registers.base import Power, Settings
from emulator.registers.executor import Executor
from emulator.registers.line import Wire, serve
from emulator.registers.refusals import Reason
from emulator.storage import Storage
from protocols.framing import DeviceEvent, DeviceFraming, Execute, Send

ASK = b"?"


class Letters:
    """Every letter is a command, acknowledged as a small one and answered as a capital; "?" asks whether one works."""

    mid_frame = False

    def __init__(self) -> None:
        self._input: deque[int] = deque()
        self._working = False

    def feed(self, data: bytes) -> None:
        self._input += data

    def poll(self) -> DeviceEvent | None:
        if not self._input or (self._working and self._input[0] != ASK[0]):
            return None
        byte = bytes((self._input.popleft(),))
        if byte == ASK:
            return Send(b"1" if self._working else b"0")
        self._working = True
        return Execute(byte, byte)

    def answer(self, message: bytes) -> bytes:
        self._working = False
        return message

    def forget(self) -> None:
        self._working = False

    def timeout(self) -> bytes:
        return b""

    def size(self, message: bytes) -> int:
        return len(message)

    def reconnect(self) -> None:
        self._input.clear()


class Overlapping(Wire):
    def __init__(self, *, overlaps: bool) -> None:
        super().__init__()
        self._letters, self._overlaps = Letters(), overlaps

    @property
    def framings(self) -> Sequence[DeviceFraming]:
        return (self._letters,)

    def choose(self, data: bytes) -> DeviceFraming | None:
        return self._letters

    def overlaps(self, framing: DeviceFraming) -> bool:
        return self._overlaps


class Capitals(Executor):
    denied: ClassVar[Mapping[Reason, int]] = {}
    busy, drive_timeout = 1, 2

    def __init__(self) -> None:
        self.core = Bench().register.core

    def code_of(self, message: bytes) -> int:
        return message[0]

    def carry_out(self, message: bytes) -> bytes:
        return message.upper()

    def encode(self, message: bytes, reply: bytes) -> bytes:
        return reply

    def refuse(self, message: bytes, number: int) -> bytes:
        return b"%d" % number

    def of_drive(self, number: int) -> int:
        return number


async def conversation(*faults: str, overlaps: bool, sent: bytes = b"ab?") -> bytes:
    """All that the device says to these bytes until it is silent; with "!" when it hung up for a loss of power."""
    waiting = Faults(Random(1))
    for text in faults:
        waiting.add(parse_fault(text))
    power = Power(
        settings=Settings(),
        storage=Storage(),
        now=lambda: pytest.fail("nobody asks for the time"),
        random=Random(1),
        faults=waiting,
        by_hand=lambda seconds, act: None,
    )
    host, device = pipe()
    task = asyncio.create_task(serve(Capitals(), device, Overlapping(overlaps=overlaps), power))
    await host.write(sent)
    got = b""
    while more := await host.read(10):
        got += more
    hung_up = host.closed
    host.close()
    try:
        await task
    except PowerLoss:
        assert hung_up, "the line is dead at once"
        return got + b"!"
    return got


@virtual
async def test_commands_in_a_row_are_answered_in_order() -> None:
    assert await conversation(overlaps=False) == b"aAbB0"


@virtual
async def test_a_host_may_ask_while_a_command_works() -> None:
    assert await conversation("delay:seconds=3,command=61", overlaps=False, sent=b"a?b") == b"aA0bB"
    assert await conversation("delay:seconds=3,command=61", overlaps=True, sent=b"a?b") == b"a1AbB"


@virtual
async def test_power_lost_by_a_command_that_works_beside_ends_the_connection() -> None:
    assert await conversation("restart:command=61", overlaps=True) == b"!"
    assert await conversation("restart_after:command=62", overlaps=True) == b"aAb!"
