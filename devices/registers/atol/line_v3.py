"""The host's side of protocol 3: a command is a task in the device's buffer, its answer comes by itself.

What became of a task is asked (C3h) when nothing is heard, never guessed: the buffer knows, or the fiscal drive does.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import Final

from devices.errors import LinkError, ProtocolError
from devices.links.base import Link
from devices.registers.atol.line import Line
from devices.registers.line_faults import ATTEMPTS, MOMENT
from devices.registers.timing import Timeouts
from protocols.atol.framing_v3 import LAST_ID, Packet, PacketLink, Repeat, encode_v3
from protocols.atol.task_view import HostTasks, Outcome, TaskView
from protocols.atol.tasks import Abort, Ack, Action, Add, Answer, Finished, Req, encode_action, parse_answer
from protocols.wire import WireError

#: Ended tasks whose acknowledgement was not confirmed. A number is used again only after that; when so many are open
#: the buffer is cleared.
_UNCONFIRMED: Final = 32
#: A busy device is asked again every so many `answer` times: its answer comes by itself, unless that was lost.
_PATIENT: Final = 2


class Numbers:
    """Ids of packets and numbers of tasks: they go on from connection to connection, as late answers do."""

    def __init__(self, now: float) -> None:
        self.packets = PacketLink()
        # Another process may have used the first numbers a moment ago, and its answers may still be on their way.
        self.tasks = HostTasks(last=int(now * 1000) % (LAST_ID + 1))


class LineV3(Line):
    """One task at a time."""

    def __init__(self, link: Link, timeouts: Timeouts, numbers: Numbers) -> None:
        super().__init__(link, timeouts)
        self._packets, self._tasks = numbers.packets, numbers.tasks
        self._waiting: dict[int, tuple[Action, bytes]] = {}  # our packets that have no answer yet, by id
        self._heard: deque[tuple[Action | None, Answer]] = deque()
        self._view: TaskView | None = None

    async def sync(self, limit: float, *, fence: bool = True) -> None:
        """With a fence the buffer is empty: what waited in it can never be executed any more."""
        deadline = self._now() + limit
        while True:
            await self.drained(self._timeouts.quiet)
            self._packets.reset()
            self._waiting.clear()
            self._heard.clear()
            if await self._answered(Abort() if fence else Req(self._tasks.last), self._timeouts.confirm):
                self._tasks.views.clear()
                return
            if self._now() >= deadline - MOMENT:
                raise self.silent("no answer to a packet")

    async def transact(self, message: bytes, *, silence: float, patience: float, repeatable: bool) -> bytes:
        if self._link.reliable:
            silence = min(silence, self._timeouts.unheard)
        for _ in range(ATTEMPTS):
            if len(self._tasks.views) >= _UNCONFIRMED:
                await self._clear()
            view = self._view = self._tasks.new(message)
            outcome = await self._outcome(view, silence, patience)
            # Once acknowledged its number is free: sent again, it would be carried out again.
            self._waiting = {number: sent for number, sent in self._waiting.items() if isinstance(sent[0], Ack)}
            if outcome in {Outcome.DONE, Outcome.FAILED}:
                await self._acknowledge(view)
                return view.result
            if outcome is Outcome.NOT_EXECUTED:
                await self._clear()
            elif not repeatable:
                raise self.lost(f"the device does not know task {view.number}")
        raise self.noisy(f"the device took no task {ATTEMPTS} times")

    async def _outcome(self, view: TaskView, silence: float, patience: float) -> Outcome:
        """What became of one task; LinkError where nobody says."""
        started = spoke = self._now()
        await self._send(view.add)
        due = started + self._timeouts.answer
        while True:
            heard = await self._next(due)
            now = self._now()
            if heard is not None:
                asked, answer = heard
                outcome = view.saw(answer, asked)
                if outcome.ended:
                    return outcome
                if isinstance(asked, (Add, Req)):
                    busy = self._timeouts.answer * (_PATIENT if isinstance(asked, Req) else 1)
                    spoke, due = now, now + busy
                continue
            if now >= spoke + silence - MOMENT:
                raise self.silent(f"no word about task {view.number}")
            if now >= started + patience - MOMENT:
                raise self.lost(f"task {view.number} is not done after {patience:g} s")
            await self._send(Req(view.number))
            due = now + self._timeouts.confirm

    async def _acknowledge(self, view: TaskView) -> None:
        """Let the device forget a task. Whatever becomes of this, its result is known: a failed task that keeps the
        buffer shut shows in the answer to the next command (A5h), a broken line in the next command itself."""
        with suppress(LinkError, ProtocolError):
            await self._answered(Ack(view.number), self._timeouts.confirm)

    async def _clear(self) -> None:
        """Empty the buffer; there is nothing of ours in it that was not executed."""
        if not await self._answered(Abort(), self._timeouts.unheard):
            raise self.silent("the task buffer is not cleared")
        self._tasks.views.clear()

    async def _answered(self, action: Action, timeout: float) -> bool:
        """Whether the device answers to this action, whatever it says."""
        await self._send(action)
        deadline = self._now() + timeout
        while (heard := await self._next(deadline)) is not None:
            if heard[0] is action:
                return True
        return False

    async def _send(self, action: Action) -> None:
        number, packet = self._packets.request(encode_action(action))
        self._waiting[number] = action, packet
        await self._link.write(packet)

    async def _next(self, deadline: float) -> tuple[Action | None, Answer] | None:
        """What the device says next, and of which action of ours (None: by itself); None at the deadline."""
        total = 0
        while not self._heard:
            left = max(deadline - self._now(), 0.0)
            data = await self._link.read(min(left, self._timeouts.byte) if self._packets.mid_frame else left)
            total += len(data)
            self.counted(total)
            if not data:
                self._packets.reset()
                if self._now() >= deadline - MOMENT:
                    return None
            for event in self._packets.feed(data):
                if isinstance(event, Repeat):
                    await self._repeat(event.data)
                else:
                    self._take(event)
        return self._heard.popleft()

    def _take(self, packet: Packet) -> None:
        try:
            answer = parse_answer(packet.data)
        except WireError:
            return
        if packet.asynchronous:
            if isinstance(answer, Finished):
                self._heard.append((None, answer))
            return
        asked, _ = self._waiting.pop(packet.number, (None, b""))
        if isinstance(asked, Ack):
            self._tasks.views.pop(asked.task, None)  # whatever it says, the number is free
        if asked is not None and not isinstance(answer, Finished):
            self._heard.append((asked, answer))

    async def _repeat(self, data: bytes) -> None:
        """A packet that came spoilt, ours or the device's.

        Only one without an answer is sent again: the id that is asked for may itself be what was spoilt, and an old
        packet would be a command carried out twice.
        """
        for number, (action, packet) in self._waiting.items():
            if data == packet and self._view is not None:
                self._view.sent_before |= action == self._view.add
            if data in {packet, encode_v3(number)}:
                await self._link.write(data)
                return
