"""ATOL's protocols on a real line of the emulator: faults, a host that comes back, silence that ends an exchange."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from virtual_loop import run_virtual

from emulator.channels import PipeEnd, pipe
from emulator.faults import Fault, FaultKind, Faults
from emulator.registers.atol.connection import AtolWire
from emulator.registers.base import Power
from emulator.registers.executor import Executor
from emulator.registers.line import serve
from protocols.atol.commands import code_of, encode_error, encode_request
from protocols.atol.commands import receipts as r
from protocols.atol.framing_v2 import encode_v2
from protocols.atol.framing_v3 import Packet, PacketLink
from protocols.atol.tasks import Action, Add, Answer, Finished, Refused, Req, State, TaskError, TaskState, encode_action
from protocols.atol.tasks import parse_answer as parsed

OPEN_SHIFT = encode_request(r.OpenShift(0))
OK = b"\x55\0\0"


class Till(Executor):
    """Opens shifts. A stand-in for a register: what the line needs, and a count."""

    def __init__(self) -> None:
        self.shifts = 0
        self.core = cast(Any, SimpleNamespace(printer=SimpleNamespace(command_ended=lambda: None), save=lambda: None))

    @property
    def byte_timeout(self) -> float:
        return 0.5

    def code_of(self, message: bytes) -> int:
        return code_of(message)

    def carry_out(self, message: bytes) -> bytes:
        self.shifts += 1
        return OK

    def encode(self, message: bytes, reply: Any) -> bytes:
        return bytes(reply)

    def refuse(self, message: bytes, number: int) -> bytes:
        return encode_error(None, number)

    def of_drive(self, number: int) -> int:
        return number


class Stand:
    """A till, its wire, and hosts that come and go."""

    def __init__(self) -> None:
        self.till, self.wire, self.faults = Till(), AtolWire(), Faults(random.Random(1))
        settings = SimpleNamespace(real_speed=False)
        self._power = cast(Power, SimpleNamespace(faults=self.faults, by_hand=None, ask_oism=None, settings=settings))
        self._serving: set[asyncio.Task[None]] = set()

    def connect(self) -> PipeEnd:
        host, device = pipe()
        task = asyncio.create_task(serve(self.till, device, self.wire, self._power))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        return host


async def said(host: PipeEnd, link: PacketLink, *actions: Action) -> list[Answer]:
    """What comes back within a second."""
    for action in actions:
        await host.write(link.request(encode_action(action))[1])
    await asyncio.sleep(1)
    data = await host.read(0.01) if not host.closed else b""
    return [parsed(event.data) for event in link.feed(data) if isinstance(event, Packet)]


PENDING = State(TaskState.PENDING)
STARTED, DONE = State(TaskState.IN_PROGRESS), Finished(1, failed=False, result=OK)

#: Fault at the answer -> what the host hears of Add, and then of Req on a new connection.
AFTER: list[tuple[Fault, list[Answer]]] = [
    (Fault(kind=FaultKind.DROP_ANSWER), [STARTED]),
    (Fault(kind=FaultKind.STALL, seconds=1.5), [STARTED]),
    (Fault(kind=FaultKind.DUPLICATE_ANSWER), [STARTED, DONE, DONE]),
    (Fault(kind=FaultKind.DELAY, seconds=0.5), [STARTED, DONE]),
]


@pytest.mark.parametrize(("fault", "heard"), AFTER, ids=lambda one: one.kind if isinstance(one, Fault) else "")
def test_a_result_that_did_not_come_is_asked_for(fault: Fault, heard: list[Answer]) -> None:
    async def play() -> None:
        stand = Stand()
        stand.faults.add(fault)
        assert await said(stand.connect(), PacketLink(), Add(1, 1, OPEN_SHIFT)) == heard
        await asyncio.sleep(1)
        again = await said(stand.connect(), PacketLink(), Req(1), Add(1, 1, OPEN_SHIFT))
        assert again == [State(TaskState.RESULT, OK), Refused(TaskError.ALREADY_EXISTS)]
        assert stand.till.shifts == 1

    run_virtual(play())


def test_a_task_that_takes_its_time_is_asked_for_meanwhile() -> None:
    async def play() -> None:
        stand, link = Stand(), PacketLink()
        stand.faults.add(Fault(kind=FaultKind.DELAY, seconds=2.5))
        host = stand.connect()
        assert await said(host, link, Add(1, 1, OPEN_SHIFT), Req(1)) == [STARTED, STARTED]
        assert await said(host, link, Add(1, 2, OPEN_SHIFT), Req(2), Req(1)) == [PENDING, PENDING, STARTED]
        assert await said(host, link) == [DONE, Finished(2, failed=False, result=OK)]
        assert await said(host, link, Req(1)) == [State(TaskState.RESULT, OK)]
        assert stand.till.shifts == 2

    run_virtual(play())


def test_a_host_that_comes_back_finds_its_task_at_work() -> None:
    async def play() -> None:
        stand = Stand()
        stand.faults.add(Fault(kind=FaultKind.DELAY, seconds=2.5))
        first = stand.connect()
        assert await said(first, PacketLink(), Add(1, 1, OPEN_SHIFT)) == [STARTED]
        first.close()
        second, link = stand.connect(), PacketLink()
        assert await said(second, link, Req(1), Add(1, 1, OPEN_SHIFT), Add(1, 2, OPEN_SHIFT)) == [
            STARTED, Refused(TaskError.ALREADY_EXISTS), PENDING,
        ]  # fmt: skip
        await asyncio.sleep(2)
        assert await said(second, link, Req(1)) == [Finished(2, failed=False, result=OK), State(TaskState.RESULT, OK)]
        assert stand.till.shifts == 2

    run_virtual(play())


def test_an_answer_that_comes_slowly_is_not_torn_by_another() -> None:
    async def play() -> None:
        stand, link = Stand(), PacketLink()
        stand.faults.add(Fault(kind=FaultKind.SLOW, seconds=3.0))
        host = stand.connect()
        assert await said(host, link, Add(1, 1, OPEN_SHIFT)) == [STARTED]
        assert await said(host, link, Req(1)) == []
        await asyncio.sleep(2)
        assert await said(host, link) == [DONE, State(TaskState.RESULT, OK)]

    run_virtual(play())


def test_a_command_that_was_lost_is_not_in_the_buffer() -> None:
    async def play() -> None:
        stand = Stand()
        stand.faults.add(Fault(kind=FaultKind.LOSE_COMMAND))
        assert await said(stand.connect(), PacketLink(), Add(1, 1, OPEN_SHIFT)) == []
        again = await said(stand.connect(), PacketLink(), Req(1), Add(1, 1, OPEN_SHIFT))
        assert again == [Refused(TaskError.NOT_FOUND), STARTED, DONE]
        assert stand.till.shifts == 1

    run_virtual(play())


def _v2(play: Callable[[Stand, PipeEnd], Awaitable[None]]) -> None:
    async def main() -> None:
        stand = Stand()
        host = stand.connect()
        await play(stand, host)

    run_virtual(main())


async def _expect(host: PipeEnd, send: bytes, answer: bytes) -> None:
    await host.write(send)
    got = b""
    while len(got) < len(answer) and (more := await host.read(3.0)):
        got += more
    assert got == answer


def test_an_exchange_of_protocol_2() -> None:
    async def play(stand: Stand, host: PipeEnd) -> None:
        await _expect(host, b"\x05", b"\x06")
        await _expect(host, encode_v2(OPEN_SHIFT), b"\x06")
        await _expect(host, b"\x04", b"\x05")
        await _expect(host, b"\x06", encode_v2(OK))
        await _expect(host, b"\x06", b"\x04")
        assert stand.till.shifts == 1

    _v2(play)


def test_a_lost_end_of_transmission_does_not_hold_the_command_up() -> None:
    async def play(stand: Stand, host: PipeEnd) -> None:
        await _expect(host, b"\x05", b"\x06")
        await _expect(host, encode_v2(OPEN_SHIFT), b"\x06")
        await _expect(host, b"", b"\x05")  # EOT never comes; half a second later the device goes on
        await _expect(host, b"\x06", encode_v2(OK))
        assert stand.till.shifts == 1

    _v2(play)
