"""Targets of Пирит: both directions as streams, every command's request and reply, states, words for a technician."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from typing import Any

from pirit_messages import REPLIES, REQUESTS

from fuzzing.exchanges import CHUNKS
from fuzzing.target import Refused, Target
from protocols.framing import Fit, Send
from protocols.pirit import statuses, vat
from protocols.pirit.commands import (
    COMMANDS,
    Command,
    DeviceRefusal,
    answer_to,
    encode_reply,
    encode_request,
    faulty_field,
    parse_reply,
    parse_request,
)
from protocols.pirit.commands.base import CommandTable
from protocols.pirit.device import READY, DeviceFrames, answer_of, message_of, request_of
from protocols.pirit.errors import describe
from protocols.pirit.explain import Sender, explain, explain_reply, explain_request, fits
from protocols.pirit.extended import extended
from protocols.pirit.framing import DeviceStream, HostStream, Junk, Reply, Request, Trouble
from protocols.pirit.framing import encode_reply as framed_reply
from protocols.pirit.framing import encode_request as framed_request
from protocols.pirit.messages import Texts, faulty, split
from protocols.pirit.settings import SETTINGS
from protocols.wire import WireError

ROWS: tuple[Command, ...] = tuple(COMMANDS.values())
MAX = 1024

# --- streams


def _joined(events: Iterable[Any]) -> list[Any]:
    """Junk comes as it was cut."""
    found: list[Any] = []
    for event in events:
        if found and isinstance(event, Junk) and isinstance(found[-1], Junk):
            found[-1] = Junk(found[-1].data + event.data)
        else:
            found.append(event)
    return found


def _device(pieces: Iterable[bytes]) -> Any:
    """Every seventh request is taken for the first half of a two-stage command."""
    stream, events = DeviceStream(limit=200), []
    for piece in pieces:
        stream.feed(piece)
        while (event := stream.poll()) is not None:
            events.append(event)
            if isinstance(event, Request) and event.command % 7 == 1:
                stream.expect(event.command)
    waiting = stream.mid_frame
    return _joined(events), waiting, stream.timeout()


def _host(pieces: Iterable[bytes]) -> Any:
    stream = HostStream(limit=200)
    events = _joined(event for piece in pieces for event in stream.feed(piece))
    waiting = stream.mid_frame
    return events, waiting, stream.timeout()


def _streams(read: Callable[[Iterable[bytes]], Any], data: bytes) -> list[Any]:
    """However a stream is cut, it says the same; what stopped is told and forgotten."""
    whole = read((data,))
    for size in CHUNKS:
        cut = (data[at : at + size] for at in range(0, len(data), size))
        assert read(cut) == whole, f"in pieces of {size} it reads otherwise"
    events, waiting, stopped = whole
    assert (stopped is not None) is waiting
    assert stopped is None or stopped.trouble is Trouble.TIMEOUT
    return list(events)


def _decode_device(data: bytes) -> None:
    for event in _streams(_device, data):
        if isinstance(event, Request):
            _again(event, framed_request, _device)


def _decode_host(data: bytes) -> None:
    for event in _streams(_host, data):
        if isinstance(event, Reply):
            _again(event, framed_reply, _host)


def _frames_of(pieces: Iterable[bytes]) -> Any:
    """Bytes sent and messages executed: what packet mode silences is silent, two stages are taken."""
    frames, sent, executed = DeviceFrames(), b"", []
    for piece in pieces:
        frames.feed(piece)
        while (event := frames.poll()) is not None:
            if isinstance(event, Send):
                sent += event.data
                continue
            executed.append(event.message)
            request, payload = request_of(event.message)
            assert message_of(request, payload) == event.message
            sent += frames.answer(_executed(request, payload))
    waiting = frames.mid_frame
    return sent, executed, waiting, frames.timeout()


def _executed(request: Request, payload: bytes | None) -> bytes:
    try:
        command, _ = parse_request(request)
    except WireError:
        return answer_of(Reply(0, request.command, 3))
    if command.two_stage and payload is None:
        return READY
    return b"" if command.silent else answer_of(Reply(0, request.command))


def _decode_frames(data: bytes) -> None:
    whole = _frames_of((data,))
    for size in CHUNKS:
        assert _frames_of(data[at : at + size] for at in range(0, len(data), size)) == whole


def _again(frame: Any, write: Callable[[Any], bytes], read: Callable[[Iterable[bytes]], Any]) -> None:
    try:
        raw = write(frame)
    except ValueError:
        return  # a control character inside: read, never written
    assert read((raw,))[0][0] == frame


def _frames(data: bytes) -> bytes:
    """Requests and replies around the bytes, as far as a frame can carry them."""
    parts = [data[at : at + 60].translate(_CARRIED) for at in range(0, len(data), 60)]
    return b"\x05".join(
        framed_request(Request(0x20 + at % 0xD0, at, part)) + framed_reply(Reply(0x20 + at % 0xD0, at, at % 3, part))
        for at, part in enumerate(parts[:200])
    )


_CARRIED = bytes(byte if byte >= 0x20 or byte == 0x1C else 0x1C for byte in range(256))

# --- commands


def _decode_request(data: bytes) -> Any:
    """The first byte is the command's number, the rest what a host sent with it."""
    if not data:
        raise Refused
    frame = Request(0x20, data[0], data[1:])
    assert explain_request(frame)
    try:
        command, request = parse_request(frame)
    except WireError:
        if data[0] in COMMANDS.numbers and (found := _row(frame)) is not None:
            assert faulty_field(frame) is not None
            assert found.code == data[0]
        raise
    assert faulty_field(frame) is None
    if command.two_stage:
        assert request.payload_size > 0
    return request


def _row(frame: Request) -> Command | None:
    try:
        return COMMANDS.find(frame)
    except WireError:
        return None


def _build_request(request: Any) -> bytes:
    frame = encode_request(0x20, request)
    return bytes((frame.command,)) + frame.data


def _decode_reply(data: bytes) -> tuple[Command, Texts]:
    """The first byte chooses the row, the rest is what came back."""
    if not data:
        raise Refused
    command = ROWS[data[0] % len(ROWS)]
    frame = Reply(0x20, command.code, 0, data[1:])
    assert explain_reply(frame)
    try:
        reply = parse_reply(command, frame)
    except DeviceRefusal as refusal:
        raise Refused from refusal
    asks = command.request.read(b"") if not faulty(command.request, b"") else None
    assert asks is None or answer_to(asks, frame) == reply
    return command, reply


def _build_reply(value: tuple[Command, Texts]) -> bytes:
    return bytes((ROWS.index(value[0]),)) + encode_reply(value[0], 0x20, value[1]).data


def _repair_request(data: bytes) -> bytes:
    """A number that a row has."""
    return _numbered(data, ROWS[data[0] % len(ROWS)].code) if data else b"\0"


def _repair_reply(data: bytes) -> bytes:
    """The right number of the query."""
    return _numbered(data, data[0]) if data else b""


def _numbered(data: bytes, first: int) -> bytes:
    sub = ROWS[data[0] % len(ROWS)].sub
    return bytes((first,)) + (b"" if sub is None else b"%d\x1c" % sub) + data[1:]


_FIELDS = (
    b"",
    b"1\x1c",
    b"1\x1c2\x1c3.50\x1c",
    b"230124\x1c101500\x1c",
    b"a\x1c\x1c1/20\x1c1.00\x1c0\x1c",
    b"0BAC\x1c",
)


def _requests() -> Iterator[bytes]:
    for at in range(len(ROWS)):
        yield _repair_request(bytes((at,)) + _FIELDS[at % len(_FIELDS)])


def _replies() -> Iterator[bytes]:
    for at in range(len(ROWS)):
        yield _repair_reply(bytes((at,)) + _FIELDS[at % len(_FIELDS)])


# --- words


def _decode_explain(data: bytes) -> None:
    assert fits(data) in Fit
    for sender in (None, *Sender):
        lines = explain(data, sender)
        assert lines
        assert all(isinstance(line, str) for line in lines)


def _decode_states(data: bytes) -> None:
    """Any number, any row of settings."""
    number, words = int.from_bytes(data[:3], "big"), data.decode("cp866")
    assert describe(number).text_ru
    assert extended(number).text_ru
    assert statuses.document_text(number)
    assert statuses.drive_text(number)
    assert all(0 <= part <= 0x0F for part in statuses.split_document(number))
    assert len(statuses.texts(statuses.FLAG_TEXT, number)) == number.bit_count()
    percent = Decimal(number % 30)
    rate = vat.of_row(words, percent)
    assert vat.of_table([words], [percent]) == ({} if rate is None else {rate: 0})
    for setting in SETTINGS.values():
        assert setting.holds(words) in {True, False}
    assert b"\x1c".join(split(data)) in {data, data[:-1]}


TARGETS = (
    Target("pirit_device", _decode_device, (DeviceStream.feed,), repair=_frames, seeds=lambda: REQUESTS, max_len=MAX),
    Target(
        "pirit_frames",
        _decode_frames,
        (DeviceFrames.feed, request_of),
        repair=_frames,
        seeds=lambda: (*REQUESTS, b"".join(REQUESTS)),
        max_len=MAX,
    ),
    Target("pirit_host", _decode_host, (HostStream.feed,), repair=_frames, seeds=lambda: REPLIES, max_len=MAX),
    Target(
        "pirit_request",
        _decode_request,
        (parse_request, faulty_field, faulty, explain_request, Texts.read, CommandTable.find),
        (WireError, Refused),
        _build_request,
        repair=_repair_request,
        seeds=_requests,
        max_len=MAX,
    ),
    Target(
        "pirit_reply",
        _decode_reply,
        (parse_reply, answer_to, explain_reply, Texts.decode),
        (WireError, Refused),
        _build_reply,
        repair=_repair_reply,
        seeds=_replies,
        max_len=MAX,
    ),
    Target(
        "pirit_explain",
        _decode_explain,
        (explain, fits),
        repair=_frames,
        seeds=lambda: REQUESTS + REPLIES,
        max_len=MAX,
    ),
    Target(
        "pirit_states",
        _decode_states,
        (
            describe, extended, split, statuses.document_text, statuses.drive_text, statuses.split_document,
            statuses.texts, vat.of_row, vat.of_table, type(next(iter(SETTINGS.values()))).holds,
        ),
        seeds=lambda: (b"\x00\x00\x32", b"PIRI", b"20.00"),
        max_len=64,
    ),
)  # fmt: skip
