"""The host's side of protocol v1: ENQ, ACK, NAK and STX frames (vendor protocol 1.17, appendix 3).

The vendor's algorithm with two stricter choices. STX is sent without ENQ after a clean exchange of another command,
which halves the round trips; after anything else the line is synchronised first. And a frame is sent again only where
that cannot execute a command twice: after the device's NAK, or after silence for commands that change nothing.
"""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from devices.errors import LinkError
from devices.links.base import Link
from devices.registers.line_faults import ATTEMPTS, MOMENT
from devices.registers.shtrih.certainty import Moment
from devices.registers.shtrih.line import Line
from devices.registers.timing import Timeouts
from protocols.shtrih.commands import WireError, code_of
from protocols.shtrih.framing import ACK, ENQ, NAK, Ack, BadFrame, Frame, HostV1, Nak, encode_v1
from protocols.shtrih.framing_v1 import HostEvent

_ACK, _NAK, _ENQ = bytes((ACK,)), bytes((NAK,)), bytes((ENQ,))

#: A busy device is asked again every so many `answer` times: its answer comes by itself, unless that was lost too.
_PATIENT = 2


class LineV1(Line):
    """`enq_always` enquires before every command, for devices that want it."""

    def __init__(self, link: Link, timeouts: Timeouts, *, enq_always: bool = False) -> None:
        super().__init__(link, timeouts)
        self._enq_always = enq_always
        self._parser = HostV1()
        self._events: deque[HostEvent] = deque()
        self._clean = False
        self._last = b""  # the answer taken last: the device holds it still if our ACK was lost

    async def sync(self, limit: float | None = None) -> None:
        await self._come_to_rest(self._unheard(self._timeouts.connect) if limit is None else limit)

    async def _come_to_rest(self, limit: float) -> bool:
        """True: an answer was thrown away."""
        self._clean = discarded = False
        deadline = self._now() + limit
        for _ in range(ATTEMPTS):
            event = await self._enquire_until(deadline)
            if isinstance(event, Nak | Ack | Frame):  # it is there: late is not gone
                deadline = max(deadline, self._now() + self._unheard(self._timeouts.connect))
            if isinstance(event, Nak):
                if await self._next(self._timeouts.quiet) is None:
                    self._clean = True
                    self._last = b""
                    return discarded
            elif isinstance(event, Ack | Frame):
                discarded = True
                await self._discard(event)
        raise self.noisy("the device does not come to rest after ENQ")

    async def transact(self, message: bytes, *, patience: float, repeatable: bool) -> bytes:
        self.moment = Moment.BEFORE
        try:
            return await self._transacted(message, patience, repeatable=repeatable)
        except LinkError:
            if self.moment is Moment.TAKEN and self._parser.mid_frame:
                self.moment = Moment.BROKEN
            raise

    async def _transacted(self, message: bytes, patience: float, *, repeatable: bool) -> bytes:
        code = code_of(message)
        frame = encode_v1(message)
        for attempt in range(ATTEMPTS):
            if self._clean and (self._enq_always or _answers(self._last, code)):
                # Had our ACK been lost, a 05h within this frame would be an enquiry to the device, and what it
                # answers, the stored answer to the command before, would pass for this one's.
                await self._link.write(_ENQ)
                self._clean = isinstance(await self._next(self._timeouts.confirm), Nak)
                self._last = b"" if self._clean else self._last
            if not self._clean:
                limit = self._unheard(self._timeouts.connect)
                if await self._come_to_rest(limit) and attempt and not repeatable:
                    # The NAKs were answers to older enquiries: the frame was taken after all.
                    self.moment = Moment.TAKEN
                    raise self.lost(f"the answer to command {code:02X}h came too late to be told from an older one")
            self._clean = False
            self.moment = Moment.SENT
            await self._link.write(frame)
            answer = await self._exchange(code, patience, repeatable=repeatable)
            if answer is not None:
                self.moment = Moment.ANSWERED
                self._last = answer
                return answer
            self.moment = Moment.REPELLED
        raise self.noisy(f"the device refused the frame of command {code:02X}h {ATTEMPTS} times")

    async def _exchange(self, code: int, patience: float, *, repeatable: bool) -> bytes | None:
        """The answer; None when the frame may be sent again.

        An answer counts only right behind an ACK: one that comes alone is the late or doubled answer to the command
        before, which may have had the same code.
        """
        sent = self._now()
        event = await self._next(self._timeouts.answer)
        refused = isinstance(event, Nak)
        if isinstance(event, Ack):
            self.moment = Moment.TAKEN
            event = await self._next(self._timeouts.answer)
            if isinstance(event, Frame) and _answers(event.message, code):
                await self._link.write(_ACK)
                self._clean = not self._events
                return event.message
        enquiry = _ENQ
        if event is not None:
            # A NAK may be the late answer to an enquiry of ours; then the command's own ACK and answer follow it.
            found = [event, *await self._drain(self._timeouts.confirm if refused else self._timeouts.quiet)]
            for ack, frame in pairwise(found):
                if isinstance(ack, Ack) and isinstance(frame, Frame) and _answers(frame.message, code):
                    await self._link.write(_ACK)
                    return frame.message
            if any(isinstance(one, BadFrame) for one in found):
                self._broken()
                enquiry = _NAK + _ENQ
        return await self._enquire(code, enquiry, sent, patience, refused=refused, repeatable=repeatable)

    def _broken(self) -> None:
        """Part of an answer: ours for certain only behind the ACK to our frame."""
        if self.moment is Moment.TAKEN:
            self.moment = Moment.BROKEN

    async def _enquire(
        self, code: int, enquiry: bytes, sent: float, patience: float, *, refused: bool, repeatable: bool
    ) -> bytes | None:
        """Ask the device what became of the command: ACK = answered, NAK = nothing there, silence = busy or gone."""
        bad = 0
        heard = self.moment is not Moment.SENT
        wait = self._timeouts.confirm
        while bad < ATTEMPTS:
            await self._link.write(enquiry)
            enquiry = _ENQ
            event = await self._next(wait)
            if isinstance(event, Ack):
                refused = False
                self.moment = Moment.TAKEN if self.moment is Moment.SENT else self.moment
                event = await self._next(self._timeouts.answer)
            if isinstance(event, Frame):
                await self._link.write(_ACK)
                if _answers(event.message, code):
                    if heard or event.message != self._last:
                        return event.message
                    # Word for word the answer before: the device may have missed our ACK to that and our frame.
                    if repeatable:
                        return None
                    self.moment = Moment.EMPTY
                    raise self.lost(f"the answer to command {code:02X}h cannot be told from the one before")
                bad += 1
            elif isinstance(event, Nak):
                if not refused and not repeatable:
                    self.moment = Moment.EMPTY
                    raise self.lost(f"the device holds no answer to command {code:02X}h")
                return None
            elif event is None:
                limit = self._unheard(patience) if self.moment is Moment.SENT else patience
                left = sent + limit - self._now()
                if left < MOMENT:
                    self.moment = Moment.SILENT if self.moment is Moment.SENT else self.moment
                    raise self.silent(f"no answer to command {code:02X}h, nor to an enquiry")
                wait = min(left, _PATIENT * self._timeouts.answer)
            else:
                bad += 1
                if isinstance(event, BadFrame):
                    self._broken()
                await self._drain()
                enquiry = _NAK + _ENQ if isinstance(event, BadFrame) else _ENQ
        raise self.noisy(f"the answer to command {code:02X}h came damaged {ATTEMPTS} times")

    async def _enquire_until(self, deadline: float) -> HostEvent:
        """ENQ, again and again while the device is silent."""
        while True:
            await self._drain()
            await self._link.write(_ENQ)
            event = await self._next(self._timeouts.confirm)
            if event is not None:
                return event
            if self._now() >= deadline - MOMENT:
                raise self.silent("no answer to ENQ")

    async def _discard(self, event: HostEvent) -> None:
        """Take an answer that belongs to nobody any more and confirm it, so that the device forgets it."""
        if isinstance(event, Ack):
            late = await self._next(self._timeouts.answer)
            if late is None:
                return
            event = late
        await self._link.write(_ACK if isinstance(event, Frame) else _NAK)

    async def _drain(self, quiet: float | None = None) -> list[HostEvent]:
        """Everything up to a moment of silence."""
        silence = self._timeouts.quiet if quiet is None else quiet
        found = [*self._events, *self._parser.feed(await self.drained(silence))]
        self._events.clear()
        self._parser.reset()
        return found

    async def _next(self, timeout: float) -> HostEvent | None:
        """The next thing the device says; None after silence. A frame that stops half way is a bad one."""
        events = self._events
        if events:
            return events.popleft()
        parser, link = self._parser, self._link
        total = 0
        while True:
            data = await link.read(timeout)
            total += len(data)
            self.counted(total)
            if not data:
                if parser.mid_frame:
                    parser.reset()
                    return BadFrame(b"")
                return None
            events.extend(parser.feed(data))
            if events:
                return events.popleft()
            if parser.mid_frame:
                timeout = self._timeouts.byte


def _answers(message: bytes, code: int) -> bool:
    """Whether this answer is the command's; a device without FF commands answers `FF err` (§2.2)."""
    try:
        found = code_of(message)
    except WireError:
        return False
    return found == code or (code > 0xFF and message[0] == 0xFF and len(message) == 2)
