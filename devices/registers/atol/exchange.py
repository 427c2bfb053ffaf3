"""Typed commands over a line: which may be repeated, how long each may be silent, and what to do while it prints."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final, TypeVar

from devices.errors import DeviceError, LinkError, ProtocolError, Retryable
from devices.links.base import Link
from devices.registers.atol.errors import device_error, printer_trouble
from devices.registers.atol.line import Line
from devices.registers.atol.line_v2 import LineV2
from devices.registers.atol.line_v3 import LineV3, Numbers
from devices.registers.atol.options import Options
from devices.registers.line_faults import LineFaults, malformed
from devices.registers.timing import Timeouts
from protocols.atol.commands import COMMANDS, Asks, Command, DeviceRefusal, WireError, answer_to, encode_request
from protocols.atol.commands.drive import ReadTlv
from protocols.atol.commands.receipts import CashIn, CashOut
from protocols.atol.commands.state import GetState, GetStateCode, GetStateCodeReply, ReadRegister
from protocols.atol.errors import NO_PAPER, SEE_REGISTER_55, UNFINISHED
from protocols.atol.registers import ExtendedError, value_of
from protocols.atol.statuses import WORKING, split_state, state_text
from protocols.rows import Effect
from protocols.wire import Message

R = TypeVar("R", bound=Message)

#: Questions that move a reading position: asked twice, they skip a block.
MOVING: Final = frozenset({ReadTlv})
#: A refusal is `55 error extra`. A good answer that lost its zeros (protocol 2's checksum does not see that) is longer.
_REFUSAL_SIZE: Final = 3
_EXTENDED: Final = 55


class Exchange(LineFaults):
    """One open connection to one device."""

    def __init__(self, link: Link, timeouts: Timeouts, options: Options) -> None:
        self._link = link
        self._timeouts = timeouts
        self._options = options
        self._line: Line | None = None
        self._numbers: Numbers | None = None
        self.protocol = ""  # "2" or "3", once the device has answered
        self.heard_at = float("-inf")  # the loop's time of the last answer, of whatever connection

    async def open(self, *, fence: bool = True) -> None:
        """Open the link and come to rest: what was sent before this connection is over, or can never begin.

        Tasks that waited are thrown away (C4h; not without `fence`), and the one that may still be carried out is over
        when a question behind it has its answer: the device does one thing at a time.
        """
        await self._link.open()
        limit, found = self._timeouts.connecting(reliable=self._link.reliable), self._options.protocol
        sync = partial(self._sync, fence=fence)
        if found != "auto":
            await sync(found, limit)
        else:  # 3 first, which every link carries
            await self.look(("2", "3") if self.protocol == "2" else ("3", "2"), limit, sync)
        await self._transact(GetStateCode(), patience=self._timeouts.printing)  # whose answer cannot refuse

    async def close(self) -> None:
        self._line = None
        await self._link.close()

    async def ask(self, request: Asks[R]) -> R:
        """The reply; DeviceError for the device's refusal, LinkError when its fate is unknown."""
        try:
            return await self._transact(request)
        except DeviceRefusal as refusal:
            raise await self._told(refusal) from refusal

    async def try_ask(self, request: Asks[R]) -> R | None:
        """As `ask`; None where the device has no such command, register, table or data."""
        try:
            return await self._transact(request)
        except DeviceRefusal:
            return None

    async def act(self, request: Asks[R]) -> R:
        """As `ask`, and while the printer is busy (76h) again, unless that might do something twice: whether there is a
        document is asked of the drive first (`fence.patient`), and cash is counted."""
        deadline = self._now() + self._timeouts.printing
        while True:
            try:
                return await self.ask(request)
            except Retryable as error:
                once = COMMANDS.of(type(request)).effect.settles or isinstance(request, (CashIn, CashOut))
                if error.number != UNFINISHED or once or self._now() >= deadline:
                    raise
            await asyncio.sleep(self._timeouts.poll)

    async def finished(self) -> GetStateCodeReply:
        """The state once no report is being made any more; Retryable when that takes longer than `printing`."""
        deadline = self._now() + self._timeouts.printing
        while True:
            state = await self.ask(GetStateCode())
            if split_state(state.state) not in WORKING:
                return state
            if self._now() >= deadline:
                raise Retryable(
                    f"the register is at work for more than {self._timeouts.printing:g} s ({state_text(state.state)})",
                    number=UNFINISHED,
                    hint="Касса занята печатью отчёта. Дождитесь её окончания.",
                    code="printing",
                )
            await asyncio.sleep(self._timeouts.poll)

    async def _told(self, refusal: DeviceRefusal) -> DeviceError:
        """The refusal as an error, with what the register says more of it."""
        if refusal.number == NO_PAPER:
            state = await self.try_ask(GetState())
            trouble = None if state is None else printer_trouble(state, refusal.command.name)
            return trouble or device_error(refusal)
        if refusal.number != SEE_REGISTER_55:
            return device_error(refusal)
        more = await self.try_ask(ReadRegister(_EXTENDED, 0, 0))
        cause = None if more is None else _value(more.value)
        return device_error(refusal, cause)

    async def _transact(self, request: Asks[R], *, patience: float = 0.0) -> R:
        line = self._line
        if line is None:
            raise self.closed()
        row = COMMANDS.of(type(request))
        asking = row.effect is Effect.READ
        making = self._timeouts.making(row.timeout, reliable=self._link.reliable)
        try:
            data = await line.transact(
                encode_request(request, self._options.access),
                silence=self._timeouts.quick(reliable=self._link.reliable) if asking else making,
                patience=max(patience, making),
                repeatable=asking and type(request) not in MOVING,
            )
        except (LinkError, ProtocolError):
            # What the line owes us is unknown from here on: only a new connection behind a fence may go on.
            self._line = None
            raise
        self.heard_at = self._now()
        return _parsed(row, request, data)

    async def _sync(self, protocol: str, limit: float, *, fence: bool) -> None:
        line = self._new_line(protocol)
        await line.sync(limit, fence=fence)
        self._line, self.protocol = line, protocol

    def _new_line(self, protocol: str) -> Line:
        if protocol == "2":
            return LineV2(self._link, self._timeouts)
        if self._numbers is None:
            self._numbers = Numbers(self._now())
        return LineV3(self._link, self._timeouts, self._numbers)


def _parsed(row: Command, request: Asks[R], data: bytes) -> R:
    try:
        return answer_to(request, data)
    except DeviceRefusal:
        if len(data) <= _REFUSAL_SIZE:
            raise
        raise malformed(f"{data[:8].hex(' ')} is longer than a refusal of {row.name}") from None
    except ValueError as error:
        raise malformed(error) from error


def _value(data: bytes) -> ExtendedError | None:
    try:
        found = value_of(_EXTENDED, data)
    except WireError:
        return None
    return found if isinstance(found, ExtendedError) else None
