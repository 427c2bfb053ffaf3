"""Frames of Viki Print / Пирит as pure streams, both sides (other_kkt §1.2). Ports and clocks are the caller's.

    request   STX PASSWORD[4] ID CMD[2] DATA ETX CRC[2]        reply   STX ID CMD[2] ERR[2] DATA ETX CRC[2]

CMD, ERR and CRC are hexadecimal characters; CRC is the XOR of everything after STX up to and with ETX. Outside frames a
host sends ENQ (asks for ACK) and LF (feeds one line, no answer), a device sends ACK. Nothing between STX and ETX may be
a control byte but FS, so an STX always begins a frame, and what stood unfinished before it is lost.

Sources: dreamkas/pirit_documentation; read against dreamkas/TestVikiPrint, dreamkas/Qt_fisGoPiritLib,
090809/QTDriver-VikiPrint-PiritLib and AlexObukhoff/TerminalClient (AFP), none of which splits frames alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import xor

STX, ETX, ENQ, ACK, LF, FS = 0x02, 0x03, 0x05, 0x06, 0x0A, 0x1C
PASSWORD = b"PIRI"  # setting 20; the Belarusian build has DRRB
FIRST_ID, LAST_ID = 0x20, 0xF0
#: Silence inside a frame after which the device answers error 05 (seconds).
BYTE_TIMEOUT = 0.2

#: UNCONFIRMED: the manual names no size of the device's buffer (error 04); the vendor's library has 8 KB for a request.
MAX_REQUEST = 8192
#: No reply of the vendor's command table comes near it: what is longer is noise that happened to begin with STX.
MAX_REPLY = 65536

# Errors of the exchange itself; the whole table is in `errors`.
BUFFER_OVERFLOW, BYTE_TIMED_OUT, WRONG_CHECKSUM = 0x04, 0x05, 0x07


class Trouble(Enum):
    """What is wrong with a frame."""

    CHECKSUM = "wrong checksum"
    LAYOUT = "no frame of this protocol"
    TOO_LONG = "too long"
    CUT = "ended before its checksum"
    TIMEOUT = "silence inside the frame"


#: What a device answers to a frame that it could not take (those without a row: nothing).
ERROR_OF = {
    Trouble.CHECKSUM: WRONG_CHECKSUM,
    Trouble.TOO_LONG: BUFFER_OVERFLOW,
    Trouble.TIMEOUT: BYTE_TIMED_OUT,
}


@dataclass(frozen=True, slots=True)
class Request:
    """A host's frame with the right checksum; whether the password is right is the device's to say (error 06)."""

    id: int
    command: int
    data: bytes = b""
    password: bytes = PASSWORD


@dataclass(frozen=True, slots=True)
class Reply:
    """A device's frame. `error` 0 is success."""

    id: int
    command: int
    error: int = 0
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A frame that cannot be used. `id` and `command` are known when they could be read in spite of it.

    At a device: nothing was executed; `error` is what it answers, None is silence. At a host: the answer is lost, and
    whether the command was executed is not known.
    """

    raw: bytes
    trouble: Trouble
    id: int | None = None
    command: int | None = None

    @property
    def error(self) -> int | None:
        return None if self.id is None or self.command is None else ERROR_OF.get(self.trouble)


@dataclass(frozen=True, slots=True)
class Enquiry:
    """ENQ: the device answers ACK once the reply in transmission has gone out."""


@dataclass(frozen=True, slots=True)
class Feed:
    """LF: the paper moves one line; never answered."""


@dataclass(frozen=True, slots=True)
class Ack:
    """ENQ is answered, or the bytes of a two-stage command may come."""


@dataclass(frozen=True, slots=True)
class Payload:
    """The bytes of the second stage of a two-stage command."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Junk:
    """Bytes between frames that mean nothing."""

    data: bytes


HostEvent = Request | Spoilt | Enquiry | Feed | Payload | Junk
DeviceEvent = Reply | Spoilt | Ack | Junk


def checksum(data: bytes) -> bytes:
    """Two upper-case hexadecimal characters over the bytes after STX, ETX with them."""
    return b"%02X" % reduce(xor, data, 0)


def _frame(body: bytes) -> bytes:
    framed = body + b"\x03"
    return b"\x02" + framed + checksum(framed)


_FORBIDDEN = re.compile(rb"[\x00-\x1b\x1d-\x1f]")


def _check(id: int, data: bytes) -> None:
    if not FIRST_ID <= id <= LAST_ID:
        raise ValueError(f"an id is 20h to F0h, not {id:02X}h")
    if found := _FORBIDDEN.search(data):
        raise ValueError(f"byte {found[0][0]:02X}h cannot stand inside a frame")


def encode_request(request: Request) -> bytes:
    """A whole frame; ValueError for what no frame can carry."""
    _check(request.id, request.password + request.data)
    if len(request.password) != len(PASSWORD):
        raise ValueError("a password has four bytes")
    return _frame(request.password + b"%c%02X" % (request.id, request.command) + request.data)


def encode_reply(reply: Reply) -> bytes:
    """A whole frame; ValueError for what no frame can carry."""
    _check(reply.id, reply.data)
    return _frame(b"%c%02X%02X" % (reply.id, reply.command, reply.error) + reply.data)


#: What stands between STX and ETX.
_REQUEST = re.compile(rb"(?s)(?P<password>.{4})(?P<id>[\x20-\xf0])(?P<command>[0-9A-Fa-f]{2})(?P<data>.*)")
_REPLY = re.compile(rb"(?s)(?P<id>[\x20-\xf0])(?P<command>[0-9A-Fa-f]{2})(?P<error>[0-9A-Fa-f]{2})(?P<data>.*)")
_HEX = re.compile(rb"[0-9A-Fa-f]{2}")
_EDGE = re.compile(rb"[\x02\x03]")
#: Bytes that mean something outside frames.
_FROM_HOST = re.compile(rb"[\x02\x05\x0a]")
_FROM_DEVICE = re.compile(rb"[\x02\x06]")


class _Stream:
    """Frames, single control bytes and junk of one direction, wherever reads were cut."""

    def __init__(self, limit: int, layout: re.Pattern[bytes], singles: re.Pattern[bytes]) -> None:
        self._limit = limit
        self._layout = layout
        self._singles = singles
        self._input = bytearray()
        self._at = 0  # how much of the input was read
        self._raw = bytearray()  # the frame that has begun, from its STX on
        self._missing = 0  # characters of its checksum still to come, once ETX was seen
        self._skipping = False  # it is too long, its rest is thrown away

    @property
    def mid_frame(self) -> bool:
        """A frame has begun and is not complete: its next byte is due within `BYTE_TIMEOUT`."""
        return bool(self._raw)

    def reset(self) -> None:
        """Forget everything that was read (a new connection)."""
        self._forget_frame()
        self._input.clear()
        self._at = 0

    def timeout(self) -> Spoilt | None:
        """The byte timeout passed in silence: the frame that stopped, if one had begun."""
        return self._spoil(Trouble.TIMEOUT) if self._raw else None

    def _take(self, data: bytes) -> None:
        del self._input[: self._at]
        self._at = 0
        self._input += data

    def _next(self) -> re.Match[bytes] | Spoilt | Junk | int | None:
        """The next whole frame, spoilt frame, run of junk or single control byte."""
        if not self._raw:
            if self._at == len(self._input):
                return None
            if self._input[self._at] != STX:
                return self._outside()
            self._raw.append(STX)
            self._at += 1
        return self._inside()

    def _outside(self) -> Junk | int:
        found = self._singles.search(self._input, self._at)
        start, self._at = self._at, len(self._input) if found is None else found.start()
        if self._at > start:
            return Junk(bytes(self._input[start : self._at]))
        self._at += 1
        return self._input[start]

    def _inside(self) -> re.Match[bytes] | Spoilt | None:
        end = len(self._input)
        while self._at < end:
            if self._input[self._at] == STX:  # a new frame begins: the old one will never be whole
                return self._spoil(Trouble.CUT)
            if self._missing:
                self._raw.append(self._input[self._at])
                self._at += 1
                self._missing -= 1
                if not self._missing:
                    return self._ended()
                continue
            found = _EDGE.search(self._input, self._at)
            stop = end if found is None else found.start()
            if stop < end and self._input[stop] == ETX:
                stop += 1
                self._missing = 2
            self._keep(stop)
        return None

    def _keep(self, stop: int) -> None:
        room = self._limit - len(self._raw) - 2  # the checksum is still to come
        self._skipping = self._skipping or stop - self._at > room
        self._raw += self._input[self._at : min(stop, self._at + max(room, 0))]
        self._at = stop

    def _ended(self) -> re.Match[bytes] | Spoilt:
        if self._skipping:
            return self._spoil(Trouble.TOO_LONG)
        body, crc = bytes(self._raw[1:-3]), bytes(self._raw[-2:])
        found = self._layout.fullmatch(body)
        if found is None:
            return self._spoil(Trouble.LAYOUT)
        if not _HEX.fullmatch(crc) or crc.upper() != checksum(body + b"\x03"):
            return self._spoil(Trouble.CHECKSUM)
        self._forget_frame()
        return found

    def _spoil(self, trouble: Trouble) -> Spoilt:
        raw = bytes(self._raw)
        self._forget_frame()
        known = self._layout.match(raw, 1)
        if known is None:
            return Spoilt(raw, trouble)
        return Spoilt(raw, trouble, known["id"][0], int(known["command"], 16))

    def _forget_frame(self) -> None:
        self._raw.clear()
        self._missing = 0
        self._skipping = False


class DeviceStream(_Stream):
    """What a host sends, as the device reads it.

    `feed` takes bytes, `poll` answers the next event or None. After a request of a two-stage command whose size the
    device takes, `expect` says how many raw bytes follow its ACK: they come as one `Payload`.
    """

    def __init__(self, limit: int = MAX_REQUEST) -> None:
        super().__init__(limit, _REQUEST, _FROM_HOST)
        self._expected: int | None = None

    def feed(self, data: bytes) -> None:
        self._take(data)

    def expect(self, size: int) -> None:
        """The next `size` bytes are no frames."""
        self._expected = size

    @property
    def mid_frame(self) -> bool:
        """Also once the first byte of a second stage came; until then the host may take its time."""
        return super().mid_frame if self._expected is None else self._at < len(self._input)

    def reset(self) -> None:
        super().reset()
        self._expected = None

    def timeout(self) -> Spoilt | None:
        if self._expected is None or not self.mid_frame:
            return super().timeout()
        raw = bytes(self._input[self._at :])
        self.reset()
        return Spoilt(raw, Trouble.TIMEOUT)

    def poll(self) -> HostEvent | None:
        if self._expected is not None:
            return self._payload(self._expected)
        match self._next():
            case int(byte):
                return Enquiry() if byte == ENQ else Feed()
            case re.Match() as found:
                return Request(found["id"][0], int(found["command"], 16), found["data"], found["password"])
            case event:
                return event

    def _payload(self, size: int) -> Payload | None:
        stop = self._at + size
        if stop > len(self._input):
            return None
        payload = Payload(bytes(self._input[self._at : stop]))
        self._at = stop
        self._expected = None
        return payload


class HostStream(_Stream):
    """What a device sends, as the host reads it: `feed` answers the events in order."""

    def __init__(self, limit: int = MAX_REPLY) -> None:
        super().__init__(limit, _REPLY, _FROM_DEVICE)

    def feed(self, data: bytes) -> list[DeviceEvent]:
        self._take(data)
        events: list[DeviceEvent] = []
        while (event := self._next()) is not None:
            match event:
                case int():
                    events.append(Ack())
                case re.Match():
                    command, error = int(event["command"], 16), int(event["error"], 16)
                    events.append(Reply(event["id"][0], command, error, event["data"]))
                case _:
                    events.append(event)
        return events


class Answers(Enum):
    """Whose answer a reply is."""

    OURS = "ours"
    LATE = "late"  # of an older request: dropped, and the next one is read
    STRANGE = "strange"  # to nothing that was sent


class Ids:
    """Ids in their cycle, and whether a reply belongs to the newest request.

    A device answers in the order of requests, or not at all (packet mode), so an older id is a late reply. An id whose
    command differs is no answer to it. The cycle has 209 ids; the last `REMEMBERED` requests are known.
    """

    REMEMBERED = 128

    def __init__(self, first: int = FIRST_ID) -> None:
        self._next = first
        self._sent: dict[int, int] = {}  # id -> command, oldest first

    def issue(self, command: int) -> int:
        """The id for the next request."""
        issued = self._next
        self._next = FIRST_ID if issued == LAST_ID else issued + 1
        self._sent[issued] = command
        if len(self._sent) > self.REMEMBERED:
            del self._sent[next(iter(self._sent))]
        return issued

    def whose(self, reply: Reply) -> Answers:
        """Judge a reply by its id and command."""
        if self._sent.get(reply.id) != reply.command:
            return Answers.STRANGE
        return Answers.OURS if next(reversed(self._sent)) == reply.id else Answers.LATE
