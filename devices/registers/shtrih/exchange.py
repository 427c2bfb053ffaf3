"""Typed commands over a line: which may be repeated, how long each may be silent, and what to do while it prints."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from devices.errors import DeviceError, LinkError, NeedsOperator, ProtocolError, Retryable
from devices.links.base import Link
from devices.registers.alike import heard_alike
from devices.registers.line_faults import LineFaults, malformed
from devices.registers.refusals import cover_open, paper_out
from devices.registers.shtrih.certainty import Moment
from devices.registers.shtrih.errors import device_error
from devices.registers.shtrih.line import Line
from devices.registers.shtrih.line_v1 import LineV1
from devices.registers.shtrih.line_v2 import LineV2
from devices.registers.shtrih.options import Options
from devices.registers.timing import Timeouts
from protocols.shtrih.commands import COMMANDS, Bare, DeviceRefusal, WireError, answer_to, encode_request
from protocols.shtrih.commands.printing import ContinuePrint
from protocols.shtrih.commands.state import ShortStatus, ShortStatusReply
from protocols.shtrih.errors import NO_PAPER, PRINTING, WAITING_CONTINUE, WRONG_SUBMODE
from protocols.shtrih.statuses import Flag, Submode
from protocols.wire import Message

R = TypeVar("R", bound=Message)
T = TypeVar("T")

#: Commands that change nothing: sent again where the device says that it never got the frame. FF3B is none of them,
#: it moves the reading position.
ASKING = frozenset(
    {0x10, 0x11, 0x15, 0x1A, 0x1B, 0x1F, 0x26, 0x2D, 0x2E, 0x6B, 0xF7, 0xFC}
    | {0xFF01, 0xFF02, 0xFF03, 0xFF04, 0xFF09, 0xFF0A, 0xFF0E, 0xFF39, 0xFF3A, 0xFF3C, 0xFF3F, 0xFF40}
    | {0xFF4C, 0xFF60, 0xFF63, 0xFF68, 0xFF70, 0xFF74}
)

#: Commands that make a document, wait for a server or print: they may be silent for as long as the table says.
SLOW = frozenset(
    {0x16, 0x24, 0x25, 0x27, 0x29, 0x40, 0x41, 0x50, 0x51, 0x52, 0x53, 0x54, 0x85, 0x88, 0x8C, 0x8E, 0xB0, 0xE0, 0xE3}
    | {0xFF06, 0xFF08, 0xFF0B, 0xFF34, 0xFF36, 0xFF38, 0xFF3E, 0xFF43, 0xFF45, 0xFF4A, 0xFF61, 0xFF67}
)


class Exchange(LineFaults):
    """One open connection to one device."""

    def __init__(self, link: Link, timeouts: Timeouts, options: Options) -> None:
        self._link = link
        self._timeouts = timeouts
        self._options = options
        self._line: Line | None = None
        self.protocol = ""  # "1" or "2", once the device has answered
        self.moment = Moment.BEFORE  # how far the last command came
        self.heard_at = float("-inf")  # the loop's time of the last answer, of whatever connection

    @property
    def password(self) -> int:
        return self._options.password

    async def heard_alike(self, read: Callable[[], Awaitable[T]], before: T | None = None) -> T:
        """What `read` hears; protocol v1 sums its frames up in one byte, so there it must be heard alike twice."""
        return await read() if self.protocol == "2" else await heard_alike(read, before)

    @property
    def marking_wait(self) -> int | None:
        """Seconds for the marking server, where the gateway is to set them."""
        return self._options.marking_wait

    async def open(self) -> None:
        """Open the link and come to rest with the device; the protocol found last time is tried first."""
        await self._link.open()
        limit, found = self._timeouts.connecting(reliable=self._link.reliable), self._options.protocol
        if found != "auto":
            await self._sync(found, limit)
        else:  # v1 first, as nearly all have it
            await self.look(("2", "1") if self.protocol == "2" else ("1", "2"), limit, self._sync)

    async def close(self) -> None:
        self._line = None
        await self._link.close()

    async def ask(self, request: Bare[R]) -> R:
        """The reply; DeviceError for the device's refusal, LinkError when its fate is unknown."""
        try:
            return await self._transact(request)
        except DeviceRefusal as refusal:
            raise device_error(refusal) from refusal

    async def try_ask(self, request: Bare[R]) -> R | None:
        """As `ask`; None where the device has no such command, table, field or data."""
        try:
            return await self._transact(request)
        except DeviceRefusal:
            return None

    async def act(self, request: Bare[R]) -> R:
        """As `ask` for commands that print: waits while the printer is busy (50h) and continues a print (58h).

        Both refusals mean that the command was not executed, so it is sent again.
        """
        deadline = self._now() + self._timeouts.printing
        while True:
            try:
                return await self._transact(request)
            except DeviceRefusal as refusal:
                if refusal.number in {NO_PAPER, WRONG_SUBMODE}:
                    raise await self._printer_trouble(refusal) from refusal
                if refusal.number not in {PRINTING, WAITING_CONTINUE} or self._now() >= deadline:
                    raise device_error(refusal) from refusal
            await asyncio.sleep(self._timeouts.poll)
            await self.printer_ready()

    async def printer_ready(self) -> ShortStatusReply:
        """Wait until nothing is being printed (§10.1), continuing an interrupted print.

        NeedsOperator when there is no paper or the cover is open, Retryable when it prints for too long.
        """
        deadline = self._now() + self._timeouts.printing
        while True:
            status = await self.printed()
            if status.submode == Submode.IDLE:
                return status
            if status.submode != Submode.WAITING_CONTINUE:
                raise no_paper(status)
            if self._now() >= deadline:
                raise self._prints_too_long(status)
            await self._continue()
            await asyncio.sleep(self._timeouts.poll)

    async def printed(self) -> ShortStatusReply:
        """The status once nothing is being printed any more, for whatever reason; Retryable as above."""
        deadline = self._now() + self._timeouts.printing
        while True:
            status = await self.ask(ShortStatus(self.password))
            if status.submode not in {Submode.PRINTING, Submode.PRINTING_REPORT}:
                return status
            if self._now() >= deadline:
                raise self._prints_too_long(status)
            await asyncio.sleep(self._timeouts.poll)

    def _prints_too_long(self, status: ShortStatusReply) -> Retryable:
        return Retryable(
            f"the printer is busy for more than {self._timeouts.printing:g} s (submode {status.submode})",
            number=PRINTING,
            hint="Касса печатает слишком долго. Проверьте принтер кассы.",
            code="printing",
        )

    async def _printer_trouble(self, refusal: DeviceRefusal) -> DeviceError:
        """What a person must do: 72h alone does not tell an open cover from missing paper."""
        status = await self.ask(ShortStatus(self.password))
        if status.submode == Submode.IDLE and not status.flags & Flag.COVER_OPEN:
            return device_error(refusal)
        return no_paper(status)

    async def _continue(self) -> None:
        try:
            await self._transact(ContinuePrint(self.password))
        except DeviceRefusal as refusal:
            if refusal.number not in {PRINTING, WAITING_CONTINUE}:
                raise device_error(refusal) from refusal

    async def _transact(self, request: Bare[R]) -> R:
        line = self._line
        if line is None:
            raise self.closed()
        row = COMMANDS.of(type(request))
        reliable = self._link.reliable
        slow = row.code in SLOW
        patience = (
            self._timeouts.making(row.timeout, reliable=reliable) if slow else self._timeouts.quick(reliable=reliable)
        )
        try:
            data = await line.transact(encode_request(request), patience=patience, repeatable=row.code in ASKING)
        except (LinkError, ProtocolError):
            # What the line owes us is unknown from here on: only a new connection behind a fence may go on.
            self._line = None
            raise
        finally:
            self.moment = line.moment
        self.heard_at = self._now()
        return _parsed(request, data)

    async def _sync(self, protocol: str, limit: float) -> None:
        line = self._new_line(protocol)
        await line.sync(limit)
        self._line, self.protocol = line, protocol

    def _new_line(self, protocol: str) -> Line:
        if protocol == "2":
            return LineV2(self._link, self._timeouts)
        return LineV1(self._link, self._timeouts, enq_always=self._options.enq == "always")


def _parsed(request: Bare[R], data: bytes) -> R:
    try:
        return answer_to(request, data)
    except WireError as error:
        raise malformed(error) from error


def no_paper(status: ShortStatusReply) -> NeedsOperator:
    """What the person at the till must do about the printer."""
    if status.flags & Flag.COVER_OPEN:
        return cover_open(NO_PAPER)
    return paper_out(NO_PAPER, f" (submode {status.submode})")
