"""Protocol 2: control bytes and masked frames, and the two halves of an exchange (atol_wire §3). RS-232 and USB only.

Sender: ENQ - ACK - frame - ACK - EOT; the answer comes the same way, from the other side. Both halves are pure:
bytes in, bytes out, and `wait`, the seconds of silence after which the caller says so (`silence`). Whole dialogues of
host and device are in `exchange_v2`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

STX, ETX, EOT, ENQ, ACK, DLE, NAK = 0x02, 0x03, 0x04, 0x05, 0x06, 0x10, 0x15
#: Bytes of a message, password and code included (DAN).
MAX_MESSAGE = 255


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds and attempts. Names T1…T7 are the vendor's; A4J and DAN agree on the values."""

    confirm_enquiry: float = 0.5  # T1: ENQ -> ACK
    start: float = 2.0  # T2: ACK of the enquiry -> STX
    confirm_frame: float = 0.5  # T3: frame -> ACK
    end: float = 0.5  # T4: ACK of the frame -> EOT
    byte: float = 0.5  # T6: between bytes of a frame
    collision: float = 0.5  # T7: both enquired
    busy: float = 0.5  # after NAK to an enquiry
    enquiries: int = 5
    frames: int = 10


TIMING = Timing()


def encode_v2(message: bytes) -> bytes:
    """STX, masked message, ETX, checksum: XOR of everything after STX, the masks included.

    It does not see that a zero byte was lost: an answer that is shorter than its command's is no answer.
    """
    if not 1 <= len(message) <= MAX_MESSAGE:
        raise ValueError(f"a frame carries 1 to {MAX_MESSAGE} bytes, not {len(message)}")
    body = message.replace(b"\x10", b"\x10\x10").replace(b"\x03", b"\x10\x03") + b"\x03"
    return b"\x02" + body + bytes((checksum(body),))


def checksum(body: bytes) -> int:
    crc = 0
    for byte in body:
        crc ^= byte
    return crc


@dataclass(frozen=True, slots=True)
class Frame:
    message: bytes


@dataclass(frozen=True, slots=True)
class BadFrame:
    reason: str


class FrameBody:
    """The bytes after STX, one by one, until the checksum is there."""

    def __init__(self) -> None:
        self._message = bytearray()
        self._crc = 0
        self._masked = False
        self._ended = False

    def take(self, byte: int) -> Frame | BadFrame | None:
        if self._ended:
            if byte != self._crc:
                return BadFrame("wrong checksum")
            return Frame(bytes(self._message)) if self._message else BadFrame("empty frame")
        self._crc ^= byte
        if not self._masked and byte == DLE:
            self._masked = True
            return None
        if not self._masked and byte == ETX:
            self._ended = True
            return None
        self._masked = False
        self._message.append(byte)
        return BadFrame("too long") if len(self._message) > MAX_MESSAGE else None


@dataclass(frozen=True, slots=True)
class Control:
    """A control byte, or one that means nothing outside a frame."""

    byte: int


V2Event = Frame | BadFrame | Control


class FrameReader:
    """A listener's view of the line: frames and the bytes between them. Of either side, or of both in one stream."""

    def __init__(self) -> None:
        self._body: FrameBody | None = None

    @property
    def mid_frame(self) -> bool:
        return self._body is not None

    def reset(self) -> None:
        self._body = None

    def feed(self, data: bytes) -> list[V2Event]:
        events: list[V2Event] = []
        for byte in data:
            if self._body is not None:
                event = self._body.take(byte)
                if event is not None:
                    self._body = None
                    events.append(event)
            elif byte == STX:
                self._body = FrameBody()
            else:
                events.append(Control(byte))
        return events


class Half(Enum):
    """How far a half of an exchange is."""

    GOING = auto()
    DONE = auto()
    #: The other side began to send where it should have confirmed: it has the frame, its ENQ was heard.
    TURNED = auto()
    #: It never became ready: nothing was sent.
    NOT_READY = auto()
    #: The frame was sent, or its answer awaited, in vain: what became of it is unknown.
    BROKEN = auto()


class Sender:
    """One message to the other side."""

    def __init__(self, message: bytes, timing: Timing = TIMING) -> None:
        self._frame = encode_v2(message)
        self._timing = timing
        self._enquiries = self._frames = 0
        self._pausing = False
        self.half = Half.GOING
        self.wait = 0.0

    @property
    def enquiring(self) -> bool:
        """The frame has not been sent yet."""
        return self._frames == 0

    def begin(self) -> bytes:
        return self._enquire()

    def take(self, byte: int) -> bytes:
        """What to send for a byte of the other side."""
        if self.half is not Half.GOING or self._pausing:
            return b""
        if self._frames:
            return self._confirming(byte)
        match byte:
            case 0x06:
                return self._send()
            case 0x15:
                return self._pause(self._timing.busy)
            case 0x05:
                return self._pause(self._timing.collision)
            case _:
                return b""

    def silence(self) -> bytes:
        """`wait` seconds passed without a byte that counted."""
        if self.half is not Half.GOING:
            return b""
        return self._send() if self._frames else self._enquire()

    def _confirming(self, byte: int) -> bytes:
        match byte:
            case 0x06:
                self.half = Half.DONE
                return bytes((EOT,))
            case 0x05 if self._frames > 1:
                self.half = Half.TURNED
                return b""
            case 0x15:
                return self._send()
            case _:
                return b""

    def _enquire(self) -> bytes:
        self._pausing = False
        if self._enquiries == self._timing.enquiries:
            self.half = Half.NOT_READY
            return bytes((EOT,))
        self._enquiries += 1
        self.wait = self._timing.confirm_enquiry
        return bytes((ENQ,))

    def _pause(self, seconds: float) -> bytes:
        self._pausing = True
        self.wait = seconds
        return b""

    def _send(self) -> bytes:
        if self._frames == self._timing.frames:
            self.half = Half.BROKEN
            return bytes((EOT,))
        self._frames += 1
        self.wait = self._timing.confirm_frame
        return self._frame


class _Stage(Enum):
    ENQUIRY = auto()
    START = auto()
    BODY = auto()
    END = auto()


class Receiver:
    """One message from the other side. `answer`: seconds until its enquiry is due."""

    def __init__(self, answer: float, timing: Timing = TIMING) -> None:
        self._timing = timing
        self._stage = _Stage.ENQUIRY
        self._body = FrameBody()
        self._frames = 0
        self.half = Half.GOING
        self.wait = answer
        self.message: bytes | None = None

    @property
    def waiting(self) -> bool:
        """Nothing came yet, not even an enquiry."""
        return self._stage is _Stage.ENQUIRY

    def enquired(self) -> bytes:
        """The other side's ENQ."""
        return self._to(_Stage.START, self._timing.start, ACK)

    def take(self, byte: int) -> bytes:
        """What to send for a byte of the other side."""
        if self.half is not Half.GOING:
            return b""
        match self._stage:
            case _Stage.ENQUIRY:
                return self.enquired() if byte == ENQ else b""
            case _Stage.START:
                return self._start(byte)
            case _Stage.BODY:
                return self._collect(byte)
            case _Stage.END:
                if byte == STX:  # our ACK was lost: the frame comes again
                    return self._start(byte)
                if byte in {EOT, ENQ}:
                    self.half = Half.DONE
                return b""

    def silence(self) -> bytes:
        """`wait` seconds passed."""
        match self._stage:
            case _Stage.END:
                self.half = Half.DONE
                return b""
            case _Stage.BODY:
                return self._again()
            case _:
                self.half = Half.BROKEN
                return b""

    def _start(self, byte: int) -> bytes:
        match byte:
            case 0x02:
                self._body = FrameBody()
                return self._to(_Stage.BODY, self._timing.byte)
            case 0x05:  # our ACK was lost
                return self.enquired()
            case 0x04:
                self.half = Half.BROKEN
                return b""
            case _:
                return b""

    def _collect(self, byte: int) -> bytes:
        event = self._body.take(byte)
        match event:
            case None:
                return b""
            case Frame(message):
                self.message = message
                return self._to(_Stage.END, self._timing.end, ACK)
            case _:
                return self._again()

    def _again(self) -> bytes:
        self._frames += 1
        if self._frames == self._timing.frames:
            self.half = Half.BROKEN
            return b""
        return self._to(_Stage.START, self._timing.start, NAK)

    def _to(self, stage: _Stage, wait: float, *send: int) -> bytes:
        self._stage, self.wait = stage, wait
        return bytes(send)
