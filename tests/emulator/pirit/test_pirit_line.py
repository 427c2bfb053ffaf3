"""Пирит's frames on a real line of the emulator: requests in a row, packet mode, two stages, late and lost replies."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

from virtual_loop import run_virtual

from emulator.channels import PipeEnd, pipe
from emulator.faults import Fault, FaultKind, Faults
from emulator.registers.base import Power
from emulator.registers.executor import Executor
from emulator.registers.line import serve
from emulator.registers.pirit.connection import PiritWire
from protocols.pirit.commands import Empty, encode_error, encode_reply, encode_request, parse_request
from protocols.pirit.commands.printing import LoadLogo, PrintText
from protocols.pirit.commands.receipts import CancelDocument, OpenDocument, Subtotal
from protocols.pirit.commands.state import Status, StatusReply
from protocols.pirit.device import READY, answer_of, request_of
from protocols.pirit.errors import BYTE_TIMEOUT, WRONG_CHECKSUM, WRONG_STATE
from protocols.pirit.framing import BYTE_TIMEOUT as SILENCE
from protocols.pirit.framing import Ack, Answers, HostStream, Ids, Reply, Request
from protocols.pirit.framing import encode_request as framed

PACKET = OpenDocument(0x11, 1)
LOGO = b"\x1b" + bytes(range(99))


class Till(Executor):
    """Opens service documents and remembers a logo. A stand-in for a register: what the line needs, and a memory."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.logo = b""
        self.packet = self.failed = False
        self.core = cast(Any, SimpleNamespace(printer=SimpleNamespace(command_ended=lambda: None), save=lambda: None))

    @property
    def byte_timeout(self) -> float:
        return SILENCE

    def code_of(self, message: bytes) -> int:
        return request_of(message)[0].command

    def carry_out(self, message: bytes) -> Any:
        frame, payload = request_of(message)
        command, request = parse_request(frame)
        match request:
            case OpenDocument():
                self.packet = bool(request.mode & 0x10)
            case CancelDocument():
                self.packet = self.failed = False
            case LoadLogo() if payload is None:
                return READY
            case LoadLogo():
                self.logo = payload or b""
            case PrintText(text="bad"):
                self.failed = True
            case PrintText():
                self.lines.append(request.text)
        if self.failed:
            return answer_of(encode_error(frame, WRONG_STATE))
        if self.packet and command.silent:
            return b""
        reply = StatusReply(0, 4, 0x11) if command.name == "status" else Empty()
        return answer_of(encode_reply(command, 0, reply))

    def encode(self, message: bytes, reply: Any) -> bytes:
        return bytes(reply)

    def refuse(self, message: bytes, number: int) -> bytes:
        return answer_of(encode_error(request_of(message)[0], number))

    def of_drive(self, number: int) -> int:
        return number


class Stand:
    """A till, its wire, and hosts that come and go."""

    def __init__(self, *faults: Fault) -> None:
        self.till, self.wire, self.ids = Till(), PiritWire(), Ids()
        chances = Faults(random.Random(1))
        for fault in faults:
            chances.add(fault)
        settings = SimpleNamespace(real_speed=False)
        self._power = cast(Power, SimpleNamespace(faults=chances, by_hand=None, ask_oism=None, settings=settings))
        self._serving: set[asyncio.Task[None]] = set()

    def connect(self) -> PipeEnd:
        host, device = pipe()
        task = asyncio.create_task(serve(self.till, device, self.wire, self._power))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)
        return host

    def frame(self, request: Any) -> bytes:
        frame = encode_request(0x20, request)
        return framed(Request(self.ids.issue(frame.command), frame.command, frame.data))


async def heard(host: PipeEnd, seconds: float = 1.0) -> list[Any]:
    """What comes within so many seconds."""
    await asyncio.sleep(seconds)
    data = b"" if host.closed else await host.read(0.01)
    return HostStream().feed(data)


def played(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    run_virtual(story())


def test_requests_that_did_not_wait_are_answered_one_by_one():
    async def story() -> None:
        stand = Stand()
        host = stand.connect()
        await host.write(stand.frame(Status()) + b"\x05" + stand.frame(PrintText("a")) + stand.frame(Subtotal()))
        answers = await heard(host)
        assert [getattr(one, "id", one) for one in answers] == [0x20, Ack(), 0x21, 0x22]
        assert stand.till.lines == ["a"]
        whose = [stand.ids.whose(one) for one in answers if isinstance(one, Reply)]
        assert whose == [Answers.LATE, Answers.LATE, Answers.OURS]

    played(story)


def test_packet_mode_is_silent_until_something_fails():
    async def story() -> None:
        stand = Stand()
        host = stand.connect()
        await host.write(stand.frame(PACKET) + stand.frame(PrintText("a")) + stand.frame(PrintText("b")))
        assert await heard(host) == [Reply(0x20, 0x30)]
        await host.write(stand.frame(PrintText("bad")) + stand.frame(PrintText("c")) + stand.frame(CancelDocument()))
        assert await heard(host) == [Reply(0x23, 0x40, WRONG_STATE), Reply(0x24, 0x40, WRONG_STATE), Reply(0x25, 0x32)]

    played(story)


def test_a_logo_in_two_stages():
    async def story() -> None:
        stand = Stand()
        host = stand.connect()
        await host.write(stand.frame(LoadLogo(len(LOGO))))
        assert await heard(host) == [Ack()]
        for at in range(0, len(LOGO), 30):
            await host.write(LOGO[at : at + 30])
            await asyncio.sleep(SILENCE / 2)
        assert await heard(host) == [Reply(0x20, 0x15)]
        assert stand.till.logo == LOGO

    played(story)


def test_silence_and_spoilt_frames_are_answered():
    async def story() -> None:
        stand = Stand()
        host = stand.connect()
        raw = stand.frame(Status())
        await host.write(raw[:9])
        assert await heard(host) == [Reply(0x20, 0x00, BYTE_TIMEOUT)]
        await host.write(raw[:-1] + b"?")
        assert await heard(host) == [Reply(0x20, 0x00, WRONG_CHECKSUM)]
        await host.write(raw)
        assert [one.error for one in await heard(host)] == [0]

    played(story)


def test_a_late_reply_is_told_by_its_id():
    async def story() -> None:
        stand = Stand(Fault(kind=FaultKind.LATE_ANSWER, seconds=0.3))
        host = stand.connect()
        await host.write(stand.frame(Status()))
        assert await heard(host) == []
        again = stand.connect()
        await again.write(stand.frame(Status()))
        new, late = await heard(again)
        assert (new.id, late.id) == (0x21, 0x20)
        assert [stand.ids.whose(one) for one in (late, new)] == [Answers.LATE, Answers.OURS]

    played(story)


def test_a_lost_request_leaves_nothing_behind():
    async def story() -> None:
        stand = Stand(Fault(kind=FaultKind.LOSE_COMMAND))
        host = stand.connect()
        await host.write(stand.frame(LoadLogo(3)))
        assert await heard(host) == []
        await host.write(b"\x1bab" + stand.frame(Status()))
        assert [one.id for one in await heard(host)] == [0x21]
        assert stand.till.logo == b""

    played(story)
