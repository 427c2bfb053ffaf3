"""Whole dialogues of protocol 2: the host's (command, then answer) and the device's (the same from its side).

Pure. Both hand out `events`; `wait` is how many seconds of silence they bear (None: for ever), and the caller calls
`silence` when those have passed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from protocols.atol.framing_v2 import ENQ, NAK, TIMING, Half, Receiver, Sender, Timing


@dataclass(frozen=True, slots=True)
class Write:
    data: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The device's answer to the host's command."""

    message: bytes


@dataclass(frozen=True, slots=True)
class Failed:
    """The host's exchange ended without an answer. `sent`: the device may have the command, and have executed it."""

    sent: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Execute:
    """A command for the device to carry out; `answer` follows, or `forget`."""

    message: bytes


HostEvent = Write | Answered | Failed
DeviceEvent = Write | Execute


class HostV2:
    """One command at a time: `command`, then feed it bytes until `Answered` or `Failed` comes out."""

    def __init__(self, timing: Timing = TIMING) -> None:
        self._timing = timing
        self._sender: Sender | None = None
        self._receiver: Receiver | None = None
        self._answer_within = 0.0
        self._events: deque[HostEvent] = deque()

    @property
    def wait(self) -> float | None:
        """None when no command is under way."""
        half = self._sender or self._receiver
        return None if half is None else half.wait

    def command(self, message: bytes, answer_within: float) -> None:
        """Send a message; its answer must begin within so many seconds (T5, each command's own)."""
        if self.wait is not None:
            raise ValueError("a command is under way")
        self._answer_within = answer_within
        self._sender = Sender(message, self._timing)
        self._write(self._sender.begin())

    def feed(self, data: bytes) -> None:
        for byte in data:
            half = self._sender or self._receiver
            if half is None:
                return  # bytes of an exchange that was given up
            self._write(half.take(byte))
            self._turn()

    def silence(self) -> None:
        half = self._sender or self._receiver
        if half is not None:
            self._write(half.silence())
            self._turn()

    def poll(self) -> HostEvent | None:
        return self._events.popleft() if self._events else None

    def _turn(self) -> None:
        """What the end of a half means."""
        sender, receiver = self._sender, self._receiver
        if sender is not None and sender.half is not Half.GOING:
            self._sender = None
            if sender.half in {Half.NOT_READY, Half.BROKEN}:
                sent = sender.half is Half.BROKEN
                reason = "the frame was not confirmed" if sent else "the device is not ready"
                self._events.append(Failed(sent, reason))
                return
            self._receiver = Receiver(self._answer_within, self._timing)
            if sender.half is Half.TURNED:
                self._write(self._receiver.enquired())
        elif receiver is not None and receiver.message is not None and receiver.half is not Half.GOING:
            self._receiver = None
            self._events.append(Answered(receiver.message))
        elif receiver is not None and receiver.half is Half.BROKEN:
            self._receiver = None
            reason = "no answer" if receiver.waiting else "the answer did not come whole"
            self._events.append(Failed(sent=True, reason=reason))

    def _write(self, data: bytes) -> None:
        if data:
            self._events.append(Write(data))


class DeviceV2:
    """The device. While it executes, enquiries get NAK; an answer that nobody takes is lost (DAN)."""

    def __init__(self, timing: Timing = TIMING) -> None:
        self._timing = timing
        self._receiver = self._idle()
        self._sender: Sender | None = None
        self._executing = False
        self._events: deque[DeviceEvent] = deque()

    @property
    def wait(self) -> float | None:
        """None while nothing is due from the host."""
        if self._sender is not None:
            return self._sender.wait
        return None if self._receiver.waiting else self._receiver.wait

    @property
    def mid_frame(self) -> bool:
        return self.wait is not None

    def feed(self, data: bytes) -> None:
        for byte in data:
            self._take(byte)

    def poll(self) -> DeviceEvent | None:
        return self._events.popleft() if self._events else None

    def take_writes(self) -> list[Write]:
        """All that is to be sent now; a command stays for `poll`."""
        writes = [event for event in self._events if isinstance(event, Write)]
        self._events = deque(event for event in self._events if not isinstance(event, Write))
        return writes

    def answer(self, message: bytes) -> None:
        """The executed command's answer: its transmission begins."""
        self._executing = False
        self._sender = Sender(message, self._timing)
        self._write(self._sender.begin())

    def forget(self) -> None:
        """The command is not executed after all, or has no answer: as if it never arrived."""
        self._executing = False

    def reconnect(self) -> None:
        """A new connection: whatever was under way is forgotten, a command that is executed gets no answer."""
        self._receiver, self._sender, self._executing = self._idle(), None, False
        self._events.clear()

    def silence(self) -> None:
        if self._sender is not None:
            self._write(self._sender.silence())
            self._ended()
        elif not self._receiver.waiting:
            self._write(self._receiver.silence())
            self._received()

    def _take(self, byte: int) -> None:
        if self._executing:
            if byte == ENQ:
                self._write(bytes((NAK,)))
        elif self._sender is not None:
            self._sending(self._sender, byte)
        else:
            self._write(self._receiver.take(byte))
            self._received()

    def _sending(self, sender: Sender, byte: int) -> None:
        if byte == ENQ and sender.enquiring:
            # UNCONFIRMED: who yields when both enquire. A host that enquires has given the old answer up.
            self._sender = None
            self._write(self._receiver.take(byte))
            return
        self._write(sender.take(byte))
        self._ended()

    def _ended(self) -> None:
        if self._sender is not None and self._sender.half is not Half.GOING:
            turned = self._sender.half is Half.TURNED
            self._sender = None
            if turned:
                self._write(self._receiver.enquired())

    def _received(self) -> None:
        receiver = self._receiver
        if receiver.half is Half.GOING:
            return
        self._receiver = self._idle()
        if receiver.message is not None:  # acknowledged once, whatever became of a repetition
            self._executing = True
            self._events.append(Execute(receiver.message))

    def _idle(self) -> Receiver:
        return Receiver(0.0, self._timing)

    def _write(self, data: bytes) -> None:
        if data:
            self._events.append(Write(data))
