"""One connection to a register of any family: bytes into its framing, commands to its executor, faults in between.

A fault strikes where the request is here and nothing was executed, or where the answer is about to be sent; those in
between are the drive's commit hook's (`device`).
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

from emulator.channels import Channel
from emulator.faults import Fault, FaultKind, FaultPoint, PowerLoss
from emulator.fiscal_drive.rules import RESERVE
from emulator.registers.base import Act, ByHand, Device, Power
from emulator.registers.executor import Executor, Question
from emulator.registers.idle import IdleWatch
from protocols.framing import DeviceFraming, Execute, Send

_BITS_PER_BYTE = 10


@dataclass(slots=True)
class Wire(ABC):
    """The framings of one device and what its lines remember. It outlives connections, but not the power."""

    newest: Session | None = None
    dead_until: float = 0.0  # loop time; the line swallows everything until then
    working: asyncio.Lock = field(default_factory=asyncio.Lock)  # a command waits for the marking system
    late: tuple[bytes, float] | None = None  # bytes for the next connection, seconds after it was made

    @property
    @abstractmethod
    def framings(self) -> Sequence[DeviceFraming]:
        """All that the device speaks."""

    @abstractmethod
    def choose(self, data: bytes) -> DeviceFraming | None:
        """The framing of a connection by its first bytes; None when they mean nothing yet."""

    def overlaps(self, framing: DeviceFraming) -> bool:
        """Whether it is asked for events while a command works: a host may ask how that is getting on.

        A command is acknowledged before it works then, and a delayed one has not ended until its answer goes out.
        """
        return False


async def serve(executor: Executor, channel: Channel, wire: Wire, power: Power) -> None:
    """Answer one connection until its end. The newest connection wins: bytes of an older one are thrown away."""
    session = Session(executor, channel, wire, power)
    idle = executor.idle_timeout if channel.network else 0.0
    if not idle:
        await session.run()
        return
    watch = IdleWatch(channel, idle)
    session.heard = watch.heard
    try:
        await session.run()
    finally:
        watch.stop()


def _nobody_watches() -> None:
    return None


class Session:
    """One connection while it lasts."""

    def __init__(self, executor: Executor, channel: Channel, wire: Wire, power: Power) -> None:
        self._executor = executor
        self._channel = channel
        self._wire = wire
        self._faults = power.faults
        self._by_hand = power.by_hand
        self._ask_oism = power.ask_oism
        self._real_speed = power.settings.real_speed
        self.heard = _nobody_watches
        self._framing: DeviceFraming | None = None
        self._kept_back = b""
        self._beside: asyncio.Task[None] | None = None  # a command that works while the line is listened to
        self._reacting = asyncio.Lock()
        self._writing = asyncio.Lock()

    async def run(self) -> None:
        self._wire.newest = self
        for framing in self._wire.framings:
            framing.reconnect()
        late = None if self._wire.late is None else asyncio.create_task(self._bring_late(*self._wire.late))
        self._wire.late = None
        try:
            await self._listen()
            while self._beside is not None:
                beside, self._beside = self._beside, None
                await beside
        finally:
            for task in (late, self._beside):
                if task is not None:
                    task.cancel()

    async def _listen(self) -> None:
        while True:
            data = await self._read()
            self.heard()
            if data is None and self._framing is not None:
                await self._react(self._framing)  # silence may end what the host has to say
            if data is None or (data and self._silent):
                continue
            if not data or self._wire.newest is not self:
                return
            if self._framing is None:
                self._framing = self._wire.choose(data)
            if self._framing is None:
                continue
            await self._pace(len(data))
            self._framing.feed(data)
            await self._react(self._framing)

    async def _react(self, framing: DeviceFraming) -> None:
        """Do what the bytes ask for. Control bytes in a row go out together: garbage gets one NAK for each of it."""
        control = bytearray()
        async with self._reacting:
            while not self._channel.closed and (event := framing.poll()) is not None:
                if isinstance(event, Send):
                    control += event.data
                    continue
                await self._write(bytes(control))
                control.clear()
                if self._wire.overlaps(framing):
                    self._beside = asyncio.create_task(self._execute_beside(framing, event))
                    await asyncio.sleep(0)  # it is acknowledged before anything asks for it
                else:
                    await self._execute(framing, event)
            await self._write(bytes(control))

    async def _execute_beside(self, framing: DeviceFraming, event: Execute) -> None:
        """As `_execute`, and whatever the framing has to carry out next, for the host that is there by then."""
        try:
            await self._execute(framing, event)
        except PowerLoss:
            self._channel.close()  # `run` comes to its end and meets the loss here
            raise
        newest = self._wire.newest
        if newest is not None and newest._framing is framing:
            await newest._react(framing)

    async def _read(self) -> bytes | None:
        """Bytes, `b""` at the end, None when a frame stopped half way (its time-out is dealt with here)."""
        framing = self._framing
        if framing is None or not framing.mid_frame:
            return await self._channel.read()
        try:
            async with asyncio.timeout(self._executor.byte_timeout):
                return await self._channel.read()
        except TimeoutError:
            await self._write(framing.timeout())
            return None

    async def _execute(self, framing: DeviceFraming, event: Execute) -> None:
        """One command after another, whatever connection they come by."""
        async with self._wire.working:
            await self._execute_alone(framing, event)

    async def _execute_alone(self, framing: DeviceFraming, event: Execute) -> None:
        code, acknowledge = self._executor.code_of(event.message), event.acknowledge
        overlaps = self._wire.overlaps(framing)
        before = self._faults.take(code, FaultPoint.COMMAND)
        reply = self._executor.start(event.message) if before is None else self._interfere(before, framing, event)
        if reply is None:
            framing.forget()
            return
        if overlaps or isinstance(reply, Question):
            await self._write(acknowledge)
            acknowledge = b""
        if isinstance(reply, Question):
            reply = self._executor.resume(reply, await self._ask(reply))
            if self._wire.newest is not self and not overlaps:
                return  # the host has come back meanwhile, by a line that knows nothing of this command
        after = self._faults.take(code, FaultPoint.ANSWER)
        if overlaps and after is not None and after.kind is FaultKind.DELAY:
            await asyncio.sleep(after.seconds)
            after = None
        answer = framing.answer(reply)
        if after is None:
            await self._write(acknowledge + answer)
        else:
            await self._spoil(after, acknowledge, answer)

    async def _ask(self, question: Question) -> bytes | None:
        return await self._ask_oism(self._executor.drive.number, question.message, self._executor.marking_timeout)

    def _interfere(self, fault: Fault, framing: DeviceFraming, event: Execute) -> bytes | Question | None:
        """The reply to a command that a fault strikes before it is executed; None: it never arrived."""
        executor, message = self._executor, event.message
        match fault.kind:
            case FaultKind.LOSE_COMMAND:
                return None
            case FaultKind.CUT_BEFORE:
                self._channel.close()
                return None
            case FaultKind.CUT_REQUEST:
                self._channel.close()
                return None if fault.after_bytes < framing.size(message) else executor.start(message)
            case FaultKind.STALL_REQUEST:
                self._silence(fault.seconds)
                return None
        refused = struck(executor, message, fault, self._by_hand)
        return executor.start(message) if refused is None else refused

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
                await self._write(answer, seconds=fault.seconds)
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

    async def _write(self, data: bytes, *, seconds: float = 0.0) -> None:
        """Whole frames, none inside another. Those that take `seconds` go byte by byte."""
        if not data or self._silent:
            return
        data, self._kept_back = data + self._kept_back, b""
        async with self._writing:
            for piece in (bytes((byte,)) for byte in data) if seconds else (data,):
                if seconds:
                    await asyncio.sleep(seconds / len(data))
                await self._pace(len(piece))
                if not self._silent:
                    await self._channel.write(piece)
                    self.heard()

    async def _pace(self, size: int) -> None:
        """At real speed bytes take their time on the line."""
        if self._real_speed:
            await asyncio.sleep(size * _BITS_PER_BYTE / self._executor.baud)


def struck(executor: Executor, message: bytes, fault: Fault, by_hand: ByHand) -> bytes | None:
    """What a fault of the device itself answers before a command; None: it is carried out all the same.

    `by_hand` puts right after the fault's seconds what somebody has to put right. PowerLoss.
    """

    def undo(act: Act) -> None:
        if fault.seconds:
            by_hand(fault.seconds, act)

    match fault.kind:
        case FaultKind.BUSY:
            executor.printer.keep_busy(fault.seconds)
            return executor.refuse(message, executor.busy)
        case FaultKind.DRIVE_ERROR:
            return executor.refuse(message, fault.error or executor.drive_timeout)
        case FaultKind.RESTART:
            raise PowerLoss(fault.seconds)
        case FaultKind.CLOCK_LOST:
            executor.core.lose_clock()
        case FaultKind.DRIVE_FULL:
            executor.drive.leave_room(RESERVE)
            undo(_make_room)
        case FaultKind.PAPER_OUT:
            executor.printer.break_off(paper=True)
            undo(_new_roll)
        case _:
            executor.printer.break_off(paper=False)
            undo(_close_cover)
    return None


def _new_roll(device: Device) -> None:
    device.set_paper(present=True)


def _make_room(device: Device) -> None:
    device.drive.leave_room(None)


def _close_cover(device: Device) -> None:
    device.set_cover(open_=False)
