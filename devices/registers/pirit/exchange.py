"""Typed commands over a line of numbered frames: each is executed at most once, its answer proven lost or not.

A device answers requests in their order, and never again. So behind a command that is silent goes a question with an
id of its own: once that is answered, the command's own answer is lost for good (or the command never arrived).
"""

from __future__ import annotations

from collections import deque
from typing import Any, Final, TypeVar

from devices.errors import DeviceError, LinkError, ProtocolError
from devices.links.base import Link
from devices.registers.line_faults import ATTEMPTS, MOMENT, LineFaults, malformed
from devices.registers.pirit.errors import EXPLAINED, PRINTER, device_error, no_paper
from devices.registers.pirit.options import Options
from devices.registers.timing import Timeouts
from protocols.pirit.commands import COMMANDS, Asks, DeviceRefusal, WireError, answer_to, encode_request
from protocols.pirit.commands.drive import ReadRegistrationTlv, ReadTlv
from protocols.pirit.commands.state import ExtendedError, PrinterStatus, Status
from protocols.pirit.errors import BYTE_TIMEOUT, WRONG_CHECKSUM
from protocols.pirit.extended import NONE, extended
from protocols.pirit.framing import FIRST_ID, LAST_ID, DeviceEvent, HostStream, Ids, Reply, Spoilt
from protocols.pirit.framing import encode_request as encode_frame
from protocols.pirit.messages import Texts
from protocols.rows import Effect

R = TypeVar("R", bound=Texts)

#: Questions that move a reading position: asked twice, they skip a block.
MOVING: Final = frozenset({ReadTlv, ReadRegistrationTlv})
#: The device could not read the frame: nothing was executed, and the same command may be sent again.
UNREAD: Final = frozenset({BYTE_TIMEOUT, WRONG_CHECKSUM})
#: Seconds that the command table gives a command of which it knows nothing in particular.
_QUICK: Final = 3.0
_STATUS: Final = COMMANDS.of(Status).code


class Exchange(LineFaults):
    """One open connection to one device; the ids go on from connection to connection."""

    def __init__(self, link: Link, timeouts: Timeouts, options: Options) -> None:
        self._link = link
        self._timeouts = timeouts
        self._options = options
        self._stream = HostStream()
        self._events: deque[DeviceEvent] = deque()
        self._ids: Ids | None = None
        self._open = False
        self.heard_at = float("-inf")  # the loop's time of the last answer, of whatever connection

    async def open(self) -> None:
        """Open the link and come to rest: whatever was sent before this connection is over when it returns."""
        await self._link.open()
        if self._ids is None:
            # Another process may have used the first ids a moment ago, and its answers may still be on their way.
            self._ids = Ids(FIRST_ID + int(self._now() * 1000) % (LAST_ID - FIRST_ID + 1))
        await self._sync()
        self._open = True

    async def close(self) -> None:
        self._open = False
        await self._link.close()

    async def ask(self, request: Asks[R]) -> R:
        """The reply; DeviceError for the device's refusal, LinkError when its fate is unknown."""
        try:
            return await self.transact(request)
        except DeviceRefusal as refusal:
            raise await self.told(refusal) from refusal

    async def try_ask(self, request: Asks[R]) -> R | None:
        """As `ask`; None where the device has no such command, setting or data."""
        try:
            return await self.transact(request)
        except DeviceRefusal:
            return None

    async def told(self, refusal: DeviceRefusal) -> DeviceError:
        """The refusal as an error, with its cause where 06/1 knows one. Nothing may be asked in between."""
        if refusal.number in PRINTER:
            return no_paper(refusal, await self.printer())
        if refusal.number not in EXPLAINED:
            return device_error(refusal)
        cause = await self.try_ask(ExtendedError())
        return device_error(refusal, extended(cause.number) if cause is not None and cause.number != NONE else None)

    async def printer(self) -> int:
        """The mask of 04 (`statuses.Printer`), which some firmware tells as the data of a refusal."""
        try:
            return (await self.transact(PrinterStatus())).value
        except DeviceRefusal as refusal:
            if refusal.number not in PRINTER:
                raise device_error(refusal) from refusal
            digits = refusal.data.strip(b" \x1c")
            return int(digits) if digits.isdigit() else PRINTER[refusal.number]

    async def transact(self, request: Asks[R]) -> R:
        """As `ask`, with the refusal as it came (DeviceRefusal)."""
        if not self._open:
            raise self.closed()
        try:
            reply = await self._carried(request)
        except (LinkError, ProtocolError):
            # What the line owes us is unknown from here on: only a new connection behind a fence may go on.
            self._open = False
            raise
        self.heard_at = self._now()
        try:
            return answer_to(request, reply)
        except WireError as error:
            raise malformed(error) from error

    async def _carried(self, request: Asks[Any]) -> Reply:
        row = COMMANDS.of(type(request))
        repeatable = row.effect is Effect.READ and type(request) not in MOVING
        for _ in range(ATTEMPTS):
            reply = await self._answered(request, self._patience(row.timeout), repeatable=repeatable)
            if reply.error not in UNREAD:
                return reply
        raise self.noisy(f"the device could not read {ATTEMPTS} frames")

    def _patience(self, stated: float) -> float:
        if stated <= _QUICK:
            return self._timeouts.quick(reliable=self._link.reliable)
        return self._timeouts.making(stated, reliable=self._link.reliable)

    async def _answered(self, request: Asks[Any], patience: float, *, repeatable: bool) -> Reply:
        """The whole reply to this request, or to its repetition where it changes nothing."""
        code = COMMANDS.of(type(request)).code
        deadline = self._now() + patience
        pause = self._timeouts.answer
        ours, behind = {await self._send(request)}, set[int]()
        again = self._now() + pause
        while True:
            event = await self._next(min(again, deadline) - self._now())
            if isinstance(event, Reply):
                if event.id in ours and event.command == code:
                    return event
                if event.id in behind and event.command == _STATUS:
                    raise self.lost(f"a later question was answered before command {code:02X}h")
            elif isinstance(event, Spoilt) and event.id in ours:
                if not repeatable:
                    raise self.lost(f"the answer to command {code:02X}h is spoilt ({event.trouble.value})")
                again = self._now()
            if self._now() >= deadline - MOMENT:
                raise self.silent(f"no answer to command {code:02X}h within {patience:g} s")
            if self._now() < again - MOMENT:
                continue
            if repeatable:
                ours.add(await self._send(request))
            else:
                behind.add(await self._send(Status()))
                pause *= 2  # a device at work must not choke on questions
            again = self._now() + pause

    async def _sync(self) -> None:
        """Throw away what the last connection left behind until the device answers a question of this one."""
        timeouts = self._timeouts
        deadline = self._now() + timeouts.connecting(reliable=self._link.reliable)
        heard = False
        await self._drain()
        ours: set[int] = set()
        while True:
            ours.add(await self._send(Status()))
            again = self._now() + timeouts.confirm
            while (left := again - self._now()) > MOMENT:
                event = await self._next(left)
                heard = heard or event is not None
                if isinstance(event, Reply) and event.id in ours and event.command == _STATUS:
                    await self._judge(event)
                    return
            if self._now() >= deadline - MOMENT:
                raise self._strange() if heard else self.silent("no answer to the question for its state")

    async def _judge(self, reply: Reply) -> None:
        """A device that refuses to be spoken to (a wrong password) says so."""
        try:
            answer_to(Status(), reply)
        except DeviceRefusal as refusal:
            if refusal.number not in UNREAD:
                raise device_error(refusal) from refusal
        except WireError as error:
            raise self._strange() from error

    async def _send(self, request: Asks[Any]) -> int:
        assert self._ids is not None, "opened"
        issued = self._ids.issue(COMMANDS.of(type(request)).code)
        await self._link.write(encode_frame(encode_request(issued, request, password=self._options.password)))
        return issued

    async def _next(self, timeout: float) -> DeviceEvent | None:
        """The next reply, whole or spoilt, or noise; None after silence."""
        end = self._now() + timeout
        total = 0
        while not self._events:
            mid = self._stream.mid_frame
            left = end - self._now()
            data = await self._link.read(self._timeouts.byte if mid else max(left, 0.0))
            total += len(data)
            self.counted(total)
            if not data:
                return self._stream.timeout()
            self._events.extend(self._stream.feed(data))
        return self._events.popleft()

    async def _drain(self) -> None:
        await self.drained(self._timeouts.quiet)
        self._stream.reset()
        self._events.clear()

    def _strange(self) -> ProtocolError:
        return ProtocolError(
            f"{self._link.name}: what answers does not speak this protocol",
            hint="Устройство отвечает не по протоколу Пирит. Проверьте семейство кассы и скорость порта.",
            code="answer_malformed",
        )
