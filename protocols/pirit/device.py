"""The device's end of Пирит's framing, as emulated registers of every family have one (`protocols.framing`).

A message is what the executor sees of a request: the password, the number and the data of a command; with the second
stage of a two-stage command also ETX and the raw bytes. Its answer is the number, the error and the data, `READY` when
the first stage is taken, nothing at all where packet mode has no answer. Ids, checksums and ENQ stay in here.
"""

from __future__ import annotations

from protocols.framing import DeviceEvent, Execute, Send
from protocols.pirit.commands import parse_request
from protocols.pirit.framing import (
    ACK,
    DeviceStream,
    Enquiry,
    Payload,
    Reply,
    Request,
    Spoilt,
    encode_reply,
)
from protocols.wire import WireError

#: The answer to the first stage of a two-stage command that is taken.
READY = bytes((ACK,))
_ETX = b"\x03"
_PASSWORD, _NUMBER = 4, 2
#: A frame around a message: STX, id, ETX and checksum.
_AROUND = 5


def message_of(request: Request, payload: bytes | None = None) -> bytes:
    """What the executor of this request sees."""
    return request.password + b"%02X" % request.command + request.data + (b"" if payload is None else _ETX + payload)


def request_of(message: bytes) -> tuple[Request, bytes | None]:
    """A message as a request (whose id is not known here) and the payload of its second stage, if it came."""
    head, stage, payload = message.partition(_ETX)
    at = _PASSWORD + _NUMBER
    request = Request(0, int(head[_PASSWORD:at], 16), head[at:], head[:_PASSWORD])
    return request, payload if stage else None


def answer_of(reply: Reply) -> bytes:
    """A reply as the executor gives it, without its id."""
    return b"%02X%02X" % (reply.command, reply.error) + reply.data


class DeviceFrames:
    """Requests in their order, each answered with its id; late replies and lost ones are the line's affair.

    A host may send the next request before it has the answer: they wait in the stream, and ENQ waits with them. LF
    moves the paper by a line and has no answer: nothing comes of it here.
    """

    def __init__(self) -> None:
        self._stream = DeviceStream()
        self._request: Request | None = None  # in execution, or waiting for its second stage

    @property
    def mid_frame(self) -> bool:
        return self._stream.mid_frame

    def feed(self, data: bytes) -> None:
        self._stream.feed(data)

    def poll(self) -> DeviceEvent | None:
        while (event := self._stream.poll()) is not None:
            match event:
                case Request():
                    self._request = event
                    return Execute(message_of(event))
                case Payload() if self._request is not None:
                    return Execute(message_of(self._request, event.data))
                case Enquiry():
                    return Send(bytes((ACK,)))
                case Spoilt() if refused := _refused(event):
                    return Send(refused)
        return None

    def answer(self, message: bytes) -> bytes:
        request = self._request
        if request is None or not message:
            self._request = None
            return b""
        if message == READY:
            self._stream.expect(_payload_size(request))
            return message
        self._request = None
        command, error, data = int(message[:2], 16), int(message[2:4], 16), message[4:]
        return encode_reply(Reply(request.id, command, error, data))

    def forget(self) -> None:
        self._request = None

    def timeout(self) -> bytes:
        stopped = self._stream.timeout()
        if stopped is None:
            return b""
        waiting, self._request = self._request, None
        if waiting is not None and stopped.id is None:  # the second stage stopped
            stopped = Spoilt(stopped.raw, stopped.trouble, waiting.id, waiting.command)
        return _refused(stopped)

    def size(self, message: bytes) -> int:
        """Bytes of the request's frame, of a second stage those of its payload."""
        head, stage, payload = message.partition(_ETX)
        return len(payload) if stage else len(head) + _AROUND

    def reconnect(self) -> None:
        self._stream.reset()
        self._request = None


def _refused(spoilt: Spoilt) -> bytes:
    if spoilt.error is None or spoilt.id is None or spoilt.command is None:
        return b""
    return encode_reply(Reply(spoilt.id, spoilt.command, spoilt.error))


def _payload_size(request: Request) -> int:
    """How much the second stage brings; the executor said that the first one is fine."""
    try:
        command, asked = parse_request(request)
    except WireError as error:
        raise ValueError("a request that does not parse has no second stage") from error
    if not command.two_stage:
        raise ValueError(f"{command.name} ({command.label}) has no second stage")
    return asked.payload_size
