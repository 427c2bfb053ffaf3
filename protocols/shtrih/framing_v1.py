"""Protocol v1: single control bytes and STX, LEN, message, LRC (shtrih_m §2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from functools import reduce
from operator import xor

from protocols.framing import DeviceEvent, Execute, Send

ENQ, STX, ACK, NAK = 0x05, 0x02, 0x06, 0x15
STRAY = 0xFF


def lrc(data: bytes) -> int:
    """XOR of the length byte and the message."""
    return reduce(xor, data, 0)


def encode_v1(message: bytes) -> bytes:
    """A frame; a message is 1 to 255 bytes."""
    if not 1 <= len(message) <= 255:
        raise ValueError(f"a v1 frame carries 1 to 255 bytes, not {len(message)}")
    body = bytes((len(message),)) + message
    return b"\x02" + body + bytes((lrc(body),))


@dataclass(frozen=True, slots=True)
class Ack:
    pass


@dataclass(frozen=True, slots=True)
class Nak:
    pass


@dataclass(frozen=True, slots=True)
class Enquiry:
    """ENQ seen by the host side: only a listener on the wire meets it."""


@dataclass(frozen=True, slots=True)
class Frame:
    message: bytes


@dataclass(frozen=True, slots=True)
class BadFrame:
    """STX…LRC whose checksum is wrong, or whose length is zero."""

    raw: bytes


@dataclass(frozen=True, slots=True)
class Junk:
    """A byte that means nothing outside a frame."""

    byte: int


HostEvent = Ack | Nak | Enquiry | Frame | BadFrame | Junk


class HostV1:
    """What a device sends, cut into control bytes and frames.

    A stray FFh outside a frame is dropped: devices on TCP add one after the host's ACK. So are leading zero bytes.
    """

    def __init__(self) -> None:
        self._frame = bytearray()

    @property
    def mid_frame(self) -> bool:
        """A frame has begun and is not complete: its next byte is due within the byte timeout."""
        return bool(self._frame)

    def reset(self) -> None:
        """Forget a frame that stopped half way (the caller's timeout)."""
        self._frame.clear()

    def feed(self, data: bytes) -> list[HostEvent]:
        events: list[HostEvent] = []
        at, end = 0, len(data)
        while at < end:
            if self._frame:
                at = self._collect(data, at, events)
                continue
            byte = data[at]
            at += 1
            if byte == STX:
                self._frame.append(byte)
            elif byte not in {STRAY, 0}:
                events.append(_CONTROL.get(byte) or Junk(byte))
        return events

    def _collect(self, data: bytes, at: int, events: list[HostEvent]) -> int:
        frame = self._frame
        if len(frame) == 1:
            frame.append(data[at])
            at += 1
        whole = frame[1] + 3
        if frame[1]:
            take = min(whole - len(frame), len(data) - at)
            frame += data[at : at + take]
            at += take
            if len(frame) < whole:
                return at
        raw = bytes(frame)
        frame.clear()
        good = len(raw) > 3 and lrc(raw[1:-1]) == raw[-1]
        events.append(Frame(raw[2:-1]) if good else BadFrame(raw))
        return at


_CONTROL: dict[int, Ack | Nak | Enquiry] = {ACK: Ack(), NAK: Nak(), ENQ: Enquiry()}


class _State(Enum):
    IDLE = auto()  # after power-on
    WAIT_STX = auto()
    BODY = auto()
    EXECUTING = auto()
    WAIT_CONFIRM = auto()
    WAIT_ENQ_REPEAT = auto()


class DeviceV1:
    """The device's state machine of the vendor's appendix 2.

    `feed` takes bytes, `poll` answers the next thing to do or None; after an `Execute` nothing more comes until
    `answer` was called. An STX without a preceding ENQ is always taken, after power-on too (§10.6: one client
    never enquires). Switches: `stray_ff` sends FFh after the host's ACK; `ignore_zeros` swallows 00h before STX
    instead of answering NAK; `bare_stx` takes an STX even where an unconfirmed answer waits, and drops that answer.
    """

    def __init__(self, *, stray_ff: bool = False, ignore_zeros: bool = False, bare_stx: bool = False) -> None:
        self.stray_ff = stray_ff
        self.ignore_zeros = ignore_zeros
        self.bare_stx = bare_stx
        self._state = _State.IDLE
        self._input = bytearray()
        self._answer = b""

    @property
    def mid_frame(self) -> bool:
        return self._state is _State.BODY

    @property
    def unconfirmed(self) -> bool:
        """An answer went out and the host has not acknowledged it."""
        return self._state is _State.WAIT_CONFIRM

    def feed(self, data: bytes) -> None:
        self._input += data

    def poll(self) -> DeviceEvent | None:
        while self._input and self._state is not _State.EXECUTING:
            if self._state is _State.BODY:
                if not self._complete():
                    return None
                return self._check()
            byte = self._input[0]
            del self._input[:1]  # pop(0) would move all the rest each time
            reaction = self._control(byte)
            if reaction is not None:
                return reaction
        return None

    def answer(self, message: bytes) -> bytes:
        """Store the answer to the executed command; the bytes to transmit."""
        self._answer = encode_v1(message)
        self._state = _State.WAIT_CONFIRM
        return self._answer

    def timeout(self) -> bytes:
        """The byte timeout passed in silence: what to send (NAK for a frame that stopped), maybe nothing."""
        if self._state is _State.BODY:
            self._input.clear()
            self._state = _State.WAIT_STX
            return bytes((NAK,))
        if self._state is _State.WAIT_CONFIRM:
            self._state = _State.WAIT_ENQ_REPEAT
        return b""

    def size(self, message: bytes) -> int:
        """Bytes of the frame in which a request came."""
        return len(encode_v1(message))

    def forget(self) -> None:
        """The command that `poll` announced is not executed after all: as if it never arrived."""
        self._state = _State.WAIT_STX

    def reconnect(self) -> None:
        """A new connection: bytes of the old one are gone, an unconfirmed answer waits for ENQ."""
        self._input.clear()
        if self._answer:
            self._state = _State.WAIT_ENQ_REPEAT
        elif self._state is not _State.IDLE:
            self._state = _State.WAIT_STX

    def _complete(self) -> bool:
        return self._input[0] == 0 or len(self._input) >= self._input[0] + 2

    def _check(self) -> DeviceEvent:
        length = self._input[0]
        taken = bytes(self._input[: length + 2 if length else 1])
        del self._input[: len(taken)]
        if not length or lrc(taken[:-1]) != taken[-1]:
            self._state = _State.WAIT_STX
            return Send(bytes((NAK,)))
        self._state = _State.EXECUTING
        return Execute(taken[1:-1], bytes((ACK,)))

    def _control(self, byte: int) -> DeviceEvent | None:
        if self._state is _State.WAIT_CONFIRM:
            if byte == ACK:
                self._answer = b""
                self._state = _State.WAIT_STX
                return Send(bytes((STRAY,))) if self.stray_ff else None
            self._state = _State.WAIT_ENQ_REPEAT
            if byte == NAK:
                return None
        if self._state is _State.WAIT_ENQ_REPEAT:
            return self._repeat(byte)
        return self._idle(byte)

    def _repeat(self, byte: int) -> DeviceEvent | None:
        if byte == ENQ:
            self._state = _State.WAIT_CONFIRM
            return Send(bytes((ACK,)) + self._answer)
        if byte == STX and self.bare_stx:
            self._answer = b""
            self._state = _State.BODY
        return None

    def _idle(self, byte: int) -> DeviceEvent | None:
        if byte == STX:
            self._state = _State.BODY
            return None
        if byte == 0 and self.ignore_zeros:
            return None
        if self._state is _State.IDLE and byte != ENQ:
            return None
        self._state = _State.WAIT_STX
        return Send(bytes((NAK,)))
