"""Both low levels of one ATOL device: tasks in packets of protocol 3, frames of protocol 2.

What was executed and not acknowledged waits in the task buffer for the host that comes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from emulator.registers.line import Wire
from protocols.atol import exchange_v2
from protocols.atol.commands import COMMANDS, code_of, is_refusal
from protocols.atol.framing import detect
from protocols.atol.framing_v2 import TIMING, encode_v2
from protocols.atol.framing_v3 import ASYNC_ID, LinkEvent, PacketLink, Repeat, encode_v3
from protocols.atol.task_buffer import Task, TaskBuffer
from protocols.atol.tasks import Answer, Refused, TaskError, encode_answer, parse_action
from protocols.framing import DeviceEvent, DeviceFraming, Execute, Send
from protocols.wire import WireError


class TaskFraming:
    """Protocol 3. The answer of a command is the packet F0h that ends its task; C2h to C4h are answered here."""

    def __init__(self) -> None:
        self.buffer = TaskBuffer()
        self._link = PacketLink()
        self._events: deque[LinkEvent] = deque()
        self._size = 0

    @property
    def mid_frame(self) -> bool:
        return self._link.mid_frame

    def feed(self, data: bytes) -> None:
        self._events += self._link.feed(data)

    def poll(self) -> DeviceEvent | None:
        if not self._events:
            task = self.buffer.next()
            return None if task is None else Execute(task.command)
        event = self._events.popleft()
        if isinstance(event, Repeat):
            return Send(event.data)
        self._size = len(encode_v3(event.number, event.data))
        reply = self._link.reply(event.number, encode_answer(self._handle(event.data)))
        task = self.buffer.next()
        return Send(reply) if task is None else Execute(task.command, reply)

    def answer(self, message: bytes) -> bytes:
        task = self.buffer.running
        if task is None:
            return b""
        finished = self.buffer.finish(task.number, message, failed=_failed(task, message))
        return b"" if finished is None else self._link.reply(ASYNC_ID, encode_answer(finished))

    def forget(self) -> None:
        self.buffer.forget()

    def timeout(self) -> bytes:
        self._link.reset()
        return b""

    def size(self, message: bytes) -> int:
        return self._size

    def reconnect(self) -> None:
        self._link.reset()
        self._events.clear()

    def _handle(self, data: bytes) -> Answer:
        try:
            action = parse_action(data)
        except WireError:
            return Refused(TaskError.ILLEGAL_VALUE)  # UNCONFIRMED: what a device says to no action at all
        return self.buffer.handle(action)


def _failed(task: Task, message: bytes) -> bool:
    try:
        command = COMMANDS.get(code_of(task.command))
    except WireError:
        command = None
    return is_refusal(command, message)


class FrameFraming:
    """Protocol 2. The answer begins with ENQ; its frame goes out when the host has confirmed that."""

    #: What one silence of the line is worth: the shortest wait of the protocol, of which the others are multiples.
    STEP = TIMING.byte

    def __init__(self) -> None:
        self._device = exchange_v2.DeviceV2()
        self._silent = 0.0

    @property
    def mid_frame(self) -> bool:
        return self._device.wait is not None

    def feed(self, data: bytes) -> None:
        self._silent = 0.0
        self._device.feed(data)

    def poll(self) -> DeviceEvent | None:
        event = self._device.poll()
        match event:
            case None:
                return None
            case exchange_v2.Write(data):
                return Send(data)
            case exchange_v2.Execute(message):
                return Execute(message)

    def answer(self, message: bytes) -> bytes:
        self._device.answer(message)
        return self._written()

    def forget(self) -> None:
        self._device.forget()

    def timeout(self) -> bytes:
        """`STEP` seconds passed in silence."""
        self._silent += self.STEP
        wait = self._device.wait
        if wait is None or self._silent < wait:
            return b""
        self._silent = 0.0
        self._device.silence()
        return self._written()

    def size(self, message: bytes) -> int:
        return len(encode_v2(message))

    def reconnect(self) -> None:
        self._device.reconnect()

    def _written(self) -> bytes:
        """What is to be sent; a command that a silence completed stays for `poll`."""
        return b"".join(event.data for event in self._device.take_writes())


class AtolWire(Wire):
    """The first byte that means anything fixes the protocol of a connection."""

    def __init__(self) -> None:
        super().__init__()
        self._tasks = TaskFraming()
        self._frames = FrameFraming()

    @property
    def framings(self) -> Sequence[DeviceFraming]:
        return self._tasks, self._frames

    def choose(self, data: bytes) -> DeviceFraming | None:
        protocol = next((found for byte in data if (found := detect(byte)) is not None), None)
        return None if protocol is None else self._tasks if protocol == 3 else self._frames

    def overlaps(self, framing: DeviceFraming) -> bool:
        """C3h may ask for a task that is being executed; protocol 2 has nothing to say meanwhile."""
        return framing is self._tasks
