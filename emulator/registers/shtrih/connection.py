"""One connection to a register: framing found out by its first byte, answers stored, faults injected, speed kept."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from emulator.channels import Channel
from emulator.faults import Fault, FaultKind, FaultPoint, Faults, PowerLoss
from emulator.fiscal_drive.rules import RESERVE
from emulator.registers.base import Act, AskOism, ByHand, Device
from emulator.registers.shtrih.register import Question, ShtrihRegister
from protocols.shtrih import errors, tables
from protocols.shtrih.commands import WireError, code_of
from protocols.shtrih.framing import DeviceV1, DeviceV2, Execute, Send, detect

#: Shorter byte time-outs than this would fire when the host's machine is merely busy. Longer ones would let a host's
#: enquiries, which come after its own 0.5 s or more, complete a frame that lost as many bytes.
MIN_BYTE_TIMEOUT = 0.3
#: Baud of the codes of 14h.
BAUDS = (2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
_BITS_PER_BYTE = 10


@dataclass(slots=True)
class Wire:
    """Both low levels of one device. They outlive connections: a stored answer waits for the host that comes back."""

    quirks: frozenset[str] = frozenset()
    v1: DeviceV1 = field(init=False)
    v2: DeviceV2 = field(default_factory=DeviceV2)
    newest: Channel | None = None
    dead_until: float = 0.0  # loop time; the line swallows everything until then
    working: asyncio.Lock = field(default_factory=asyncio.Lock)  # a command waits for the marking system
    late: tuple[bytes, float] | None = None  # bytes for the next connection, seconds after it was made

    def __post_init__(self) -> None:
        self.v1 = DeviceV1(
            stray_ff="stray-ff" in self.quirks,
            ignore_zeros="leading-zeros" in self.quirks,
            bare_stx="bare-stx" in self.quirks,
        )


def byte_timeout(code: int) -> float:
    """Seconds of the non-linear code of 14h."""
    if code <= 150:
        return code / 1000
    return (code - 149) * 0.15 if code < 250 else (code - 248) * 15.0


async def serve(
    register: ShtrihRegister,
    channel: Channel,
    wire: Wire,
    faults: Faults,
    *,
    by_hand: ByHand,
    ask_oism: AskOism,
    real_speed: bool = False,
) -> None:
    """Answer one connection until its end. The newest connection wins: bytes of an older one are thrown away.

    A network connection on which nothing is said for as long as table 21 field 16 (read when it is made; 0 = for
    ever) is hung up.
    """
    session = _Session(register, channel, wire, faults, by_hand, ask_oism, real_speed)
    idle = register.core.memory.number(tables.TCP_TIMEOUT) if channel.network else 0
    if not idle:
        await session.run()
        return
    watch = _IdleWatch(channel, idle)
    session.heard = watch.heard
    try:
        await session.run()
    finally:
        watch.stop()


class _IdleWatch:
    """Hangs up a connection that has been silent. One timer a connection, not one a byte."""

    def __init__(self, channel: Channel, seconds: float) -> None:
        self._channel = channel
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._timer = self._loop.call_later(seconds, self._look)

    def heard(self) -> None:
        self._last = self._loop.time()

    def stop(self) -> None:
        self._timer.cancel()

    def _look(self) -> None:
        left = self._last + self._seconds - self._loop.time()
        if left <= 0:
            self._channel.close()
        else:
            self._timer = self._loop.call_later(left, self._look)


def _silence() -> None:
    """Nobody watches."""


class _Session:
    def __init__(
        self,
        register: ShtrihRegister,
        channel: Channel,
        wire: Wire,
        faults: Faults,
        by_hand: ByHand,
        ask_oism: AskOism,
        real_speed: bool,
    ) -> None:
        self._register = register
        self._channel = channel
        self._wire = wire
        self._faults = faults
        self._by_hand = by_hand
        self._ask_oism = ask_oism
        self._real_speed = real_speed
        self.heard = _silence
        self._machine: DeviceV1 | DeviceV2 | None = None
        self._kept_back = b""

    async def run(self) -> None:
        self._wire.newest = self._channel
        self._wire.v1.reconnect()
        self._wire.v2.reconnect()
        if self._wire.late is None:
            await self._listen()
            return
        late = asyncio.create_task(self._bring_late(*self._wire.late))
        self._wire.late = None
        try:
            await self._listen()
        finally:
            late.cancel()

    async def _listen(self) -> None:
        while True:
            data = await self._read()
            self.heard()
            if data is None or (data and self._silent):
                continue
            if not data or self._wire.newest is not self._channel:
                return
            machine = self._choose(data)
            if machine is None:
                continue
            await self._pace(len(data))
            machine.feed(data)
            await self._react(machine)

    async def _react(self, machine: DeviceV1 | DeviceV2) -> None:
        """Do what the bytes ask for. Control bytes in a row go out together: garbage gets one NAK for each of it."""
        control = bytearray()
        while not self._channel.closed and (event := machine.poll()) is not None:
            if isinstance(event, Send):
                control += event.data
            else:
                await self._write(bytes(control))
                control.clear()
                await self._execute(machine, event)
        await self._write(bytes(control))

    async def _read(self) -> bytes | None:
        """Bytes, `b""` at the end, None when a frame stopped half way (its time-out is dealt with here)."""
        machine = self._machine
        if machine is None or not machine.mid_frame:
            return await self._channel.read()
        try:
            async with asyncio.timeout(max(MIN_BYTE_TIMEOUT, byte_timeout(self._register.core.memory.byte_timeout))):
                return await self._channel.read()
        except TimeoutError:
            await self._write(machine.timeout())
            return None

    def _choose(self, data: bytes) -> DeviceV1 | DeviceV2 | None:
        """The first byte that means anything fixes the framing of this connection."""
        if self._machine is None:
            version = next((found for byte in data if (found := detect(byte)) is not None), None)
            if version is not None:
                self._machine = self._wire.v1 if version == 1 else self._wire.v2
        return self._machine

    async def _execute(self, machine: DeviceV1 | DeviceV2, event: Execute) -> None:
        """One command after another, whatever connection they come by."""
        async with self._wire.working:
            await self._execute_alone(machine, event)

    async def _execute_alone(self, machine: DeviceV1 | DeviceV2, event: Execute) -> None:
        code, acknowledge = _code(event.message), event.acknowledge
        before = self._faults.take(code, FaultPoint.COMMAND)
        reply = self._register.start(event.message) if before is None else self._interfere(before, machine, event)
        if reply is None:
            machine.forget()
            return
        if isinstance(reply, Question):
            await self._write(acknowledge)
            acknowledge = b""
            reply = self._register.resume(reply, await self._ask(reply))
            if self._wire.newest is not self._channel:
                return  # the host has come back meanwhile, by a line that knows nothing of this command
        answer = machine.answer(reply)
        after = self._faults.take(code, FaultPoint.ANSWER)
        if after is None:
            await self._write(acknowledge + answer)
        else:
            await self._spoil(after, acknowledge, answer)

    async def _ask(self, question: Question) -> bytes | None:
        seconds = self._register.core.memory.number(tables.MARKING_TIMEOUT)
        return await self._ask_oism(self._register.drive.number, question.message, float(seconds))

    def _interfere(self, fault: Fault, machine: DeviceV1 | DeviceV2, event: Execute) -> bytes | Question | None:
        """The reply to a command that a fault strikes before it is executed; None: it never arrived."""
        register, message = self._register, event.message
        match fault.kind:
            case FaultKind.LOSE_COMMAND:
                return None
            case FaultKind.CUT_BEFORE:
                self._channel.close()
                return None
            case FaultKind.CUT_REQUEST:
                self._channel.close()
                return None if fault.after_bytes < machine.size(message) else register.start(message)
            case FaultKind.STALL_REQUEST:
                self._silence(fault.seconds)
                return None
            case FaultKind.BUSY:
                register.printer.keep_busy(fault.seconds)
                return register.refuse(message, errors.PRINTING)
            case FaultKind.DRIVE_ERROR:
                return register.refuse(message, fault.error)
            case FaultKind.RESTART:
                raise PowerLoss(fault.seconds)
            case FaultKind.CLOCK_LOST:
                register.core.lose_clock()
            case FaultKind.DRIVE_FULL:
                register.drive.leave_room(RESERVE)
                self._undo(fault, _make_room)
            case FaultKind.PAPER_OUT:
                register.printer.break_off(paper=True)
                self._undo(fault, _new_roll)
            case _:
                register.printer.break_off(paper=False)
                self._undo(fault, _close_cover)
        return register.start(message)

    def _undo(self, fault: Fault, act: Act) -> None:
        if fault.seconds:
            self._by_hand(fault.seconds, act)

    async def _spoil(self, fault: Fault, acknowledge: bytes, answer: bytes) -> None:
        """Send an answer as a fault wants it."""
        match fault.kind:
            case FaultKind.STALL:
                self._silence(fault.seconds)
                return
            case FaultKind.LATE_ANSWER:
                self._wire.late = acknowledge + answer, fault.seconds
                self._channel.close()
                return
            case FaultKind.RESTART_AFTER:
                raise PowerLoss(fault.seconds)
        await self._write(acknowledge)
        match fault.kind:
            case FaultKind.DROP_ANSWER:
                return
            case FaultKind.REORDER:
                self._kept_back = answer
            case FaultKind.GARBLE:
                await self._write(self._faults.garble(answer))
            case FaultKind.CUT:
                await self._write(answer[: fault.after_bytes])
                self._channel.close()
            case FaultKind.SLOW:
                for at in range(len(answer)):
                    await asyncio.sleep(fault.seconds / len(answer))
                    await self._write(answer[at : at + 1])
            case FaultKind.DELAY:
                await asyncio.sleep(fault.seconds)
                await self._write(answer)
            case _:
                await self._write(answer + answer)

    def _silence(self, seconds: float) -> None:
        self._wire.dead_until = asyncio.get_running_loop().time() + seconds

    @property
    def _silent(self) -> bool:
        """The line carries nothing in either direction."""
        return asyncio.get_running_loop().time() < self._wire.dead_until

    async def _bring_late(self, data: bytes, seconds: float) -> None:
        """The answer that an older connection did not get any more."""
        await asyncio.sleep(seconds)
        await self._write(data)

    async def _write(self, data: bytes) -> None:
        if not data or self._silent:
            return
        data, self._kept_back = data + self._kept_back, b""
        await self._pace(len(data))
        await self._channel.write(data)
        self.heard()

    async def _pace(self, size: int) -> None:
        """At real speed bytes take their time on the line."""
        if self._real_speed:
            await asyncio.sleep(size * _BITS_PER_BYTE / BAUDS[self._register.core.memory.baud])


def _new_roll(device: Device) -> None:
    device.set_paper(present=True)


def _make_room(device: Device) -> None:
    device.drive.leave_room(None)


def _close_cover(device: Device) -> None:
    device.set_cover(open_=False)


def _code(message: bytes) -> int:
    try:
        return code_of(message)
    except WireError:
        return -1
