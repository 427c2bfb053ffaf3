"""Targets of Shtrih-M: both framings as streams, every command's request and reply, the words for a technician."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from receipts_made import CODE

from fuzzing.exchanges import CHUNKS
from fuzzing.target import Refused, Target
from protocols.framing import Execute, Fit
from protocols.shtrih import framing_v1, framing_v2
from protocols.shtrih.commands import (
    COMMANDS,
    Command,
    DeviceRefusal,
    answer_to,
    encode_error,
    encode_reply,
    encode_request,
    parse_reply,
    parse_request,
)
from protocols.shtrih.commands.base import code_of, parse_reply_of, parse_request_with
from protocols.shtrih.commands.drive import Reregistration
from protocols.shtrih.commands.marking import CheckCodeReply, UnloadBlockReply
from protocols.shtrih.commands.tables import FieldStructureReply
from protocols.shtrih.explain import Sender, explain, explain_message, fits
from protocols.shtrih.framing import (
    DeviceV1,
    DeviceV2,
    HostV1,
    HostV2,
    PacketReader,
    encode_v1,
    encode_v2,
    sync_v2,
)
from protocols.wire import Message, WireError

ROWS: tuple[Command, ...] = tuple(COMMANDS[code] for code in sorted(COMMANDS))
#: Longest message of one frame of version 1, and what version 2 can carry.
V1_MAX, V2_MAX = 255, 0xFFFD

# --- framing


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def same_in_pieces(events: Callable[[Iterable[bytes]], Any], data: bytes) -> None:
    """However a stream is cut, it says the same."""
    whole = events((data,))
    for size in CHUNKS:
        assert events(_pieces(data, size)) == whole, f"in pieces of {size} it reads otherwise"


def _host_v1(pieces: Iterable[bytes]) -> Any:
    parser = HostV1()
    events = [event for piece in pieces for event in parser.feed(piece)]
    waiting = parser.mid_frame
    parser.reset()
    assert not parser.mid_frame
    return events, waiting


def _packets(pieces: Iterable[bytes]) -> Any:
    reader = PacketReader()
    events = [event for piece in pieces for event in reader.feed(piece)]
    waiting = reader.mid_frame
    reader.reset()
    assert not reader.mid_frame
    return events, waiting


def _host_v2(pieces: Iterable[bytes]) -> Any:
    host = HostV2()
    assert host.sync() == sync_v2()
    answers = [answer for piece in pieces for answer in host.feed(piece)]
    return answers, host.synced, host.request(b"\x10")


def _device(machine: DeviceV1 | DeviceV2, pieces: Iterable[bytes]) -> Any:
    """Bytes sent and messages executed; every command is answered with its own first byte, or forgotten."""
    sent, executed = b"", []
    for piece in pieces:
        machine.feed(piece)
        while (event := machine.poll()) is not None:
            if isinstance(event, Execute):
                executed.append(event.message)
                sent += event.acknowledge
                if event.message[0] % 8:
                    sent += machine.answer(event.message[:1])
                else:
                    machine.forget()
            else:
                sent += event.data
    waiting = machine.mid_frame
    return sent, executed, waiting, machine.timeout()


def _decode_host_v1(data: bytes) -> None:
    same_in_pieces(_host_v1, data)
    for event in HostV1().feed(data):
        if isinstance(event, framing_v1.Frame):
            assert HostV1().feed(encode_v1(event.message)) == [event]


def _decode_packets(data: bytes) -> None:
    same_in_pieces(_packets, data)
    for event in PacketReader().feed(data):
        if isinstance(event, framing_v2.Packet) and event.number is not None:
            assert PacketReader().feed(encode_v2(event.number, event.data)) == [event]


def _decode_host_v2(data: bytes) -> None:
    same_in_pieces(_host_v2, data)


def _decode_device_v1(data: bytes) -> None:
    for quirks in {0, len(data) % 8}:
        stray, zeros, bare = (bool(quirks & bit) for bit in (1, 2, 4))
        same_in_pieces(
            lambda pieces, s=stray, z=zeros, b=bare: _device(DeviceV1(stray_ff=s, ignore_zeros=z, bare_stx=b), pieces),
            data,
        )
    machine = DeviceV1()
    for piece in _pieces(data, 16):
        machine.feed(piece)
        machine.reconnect()
        assert machine.poll() is None


def _decode_device_v2(data: bytes) -> None:
    same_in_pieces(lambda pieces: _device(DeviceV2(), pieces), data)


def _frames_v1(data: bytes) -> bytes:
    return b"\x05" + b"\x06".join(encode_v1(piece) for piece in _pieces(data, V1_MAX))


def _frames_v2(data: bytes) -> bytes:
    return b"".join(encode_v2(number, piece) for number, piece in enumerate(_pieces(data, 300), start=2))


# --- commands


@cache
def plain(command: Command) -> tuple[bytes, bytes]:
    """The shortest request and reply of a row that hold nothing but zeros, as messages."""
    return (
        command.code_bytes + _shortest(command.request),
        command.code_bytes + b"\0" + _shortest(command.reply),
    )


def _shortest(shape: type[Message]) -> bytes:
    for size in range(256):
        try:
            shape.decode(bytes(size))
        except WireError:
            continue
        return bytes(size)
    raise AssertionError(f"{shape.__name__} is longer than a frame")


def _properties(message: Message) -> None:
    """What a message works out of its fields."""
    match message:
        case Reregistration():
            try:
                message.parts()
            except WireError:
                return
        case CheckCodeReply():
            assert message.online_code in {None, *range(256)}
            assert message.flags in {None, *range(256)}
            assert message.online.endswith(message.server_tlv)
        case UnloadBlockReply():
            assert len(message.block) <= len(message.rest)
        case FieldStructureReply():
            assert message.range
            assert message.is_text in {True, False}


def _readable(message: Message) -> None:
    """Letters that no code page has are shown as U+FFFD, which cannot be written back."""
    if "\ufffd" in repr(message):
        raise Refused


def _decode_request(data: bytes) -> tuple[Command, Any]:
    command, request = parse_request(data)
    assert command.code == code_of(data)
    assert parse_request_with(COMMANDS, data) == (command, request)
    _properties(request)
    _readable(request)
    return command, request


def _decode_reply(data: bytes) -> tuple[Command, Message]:
    """The first byte chooses the row, the rest is what came back."""
    if not data:
        raise Refused
    command = ROWS[data[0] % len(ROWS)]
    try:
        reply = parse_reply(command, data[1:])
    except DeviceRefusal as refusal:
        raise Refused(refusal.number) from refusal
    assert parse_reply_of(command, data[1:]) == reply
    assert answer_to(command.request.decode(plain(command)[0][len(command.code_bytes) :]), data[1:]) == reply
    _properties(reply)
    _readable(reply)
    return command, reply


def _build_reply(value: tuple[Command, Message]) -> bytes:
    return bytes((ROWS.index(value[0]),)) + encode_reply(*value)


def _repair_request(data: bytes) -> bytes:
    """A code that a row has."""
    return ROWS[data[0] % len(ROWS)].code_bytes + data[1:] if data else b"\x10"


def _repair_reply(data: bytes) -> bytes:
    """The right code and no error."""
    return data[:1] + ROWS[data[0] % len(ROWS)].code_bytes + b"\0" + data[1:] if data else b""


def requests() -> list[bytes]:
    """One message for every row, and some that carry something."""
    return [*(plain(row)[0] for row in ROWS), b"\xff\x61\x1e\0\0\0\1\0" + bytes((len(CODE), 0)) + CODE]


def replies() -> list[bytes]:
    return [bytes((at,)) + plain(row)[1] for at, row in enumerate(ROWS)]


# --- words


def _decode_explain(data: bytes) -> None:
    assert fits(data) in Fit
    for sender in (None, *Sender):
        for lines in (explain(data, sender), explain_message(data, sender)):
            assert lines
            assert all(isinstance(line, str) for line in lines)


def _captured() -> Iterator[bytes]:
    for command in ROWS[::4]:
        request, reply = plain(command)
        yield b"\x05\x06" + encode_v1(request) + b"\x06" + encode_v1(reply) + b"\x06"
        yield encode_v2(2, request) + encode_v2(2, reply)
        yield encode_error(command, 0x33)


TARGETS = (
    Target(
        "request",
        _decode_request,
        (parse_request, parse_request_with, code_of, Message.decode, Reregistration.parts),
        (WireError, Refused),
        lambda value: encode_request(value[1]),
        repair=_repair_request,
        seeds=requests,
        max_len=1024,
    ),
    Target(
        "reply",
        _decode_reply,
        (parse_reply, parse_reply_of, answer_to),
        (WireError, Refused),
        _build_reply,
        repair=_repair_reply,
        seeds=replies,
        max_len=1024,
    ),
    Target(
        "explain",
        _decode_explain,
        (explain, explain_message, fits),
        repair=_frames_v2,
        seeds=lambda: (*_captured(), *requests()),
        max_len=2048,
    ),
    Target("framing_v1_host", _decode_host_v1, (HostV1.feed,), repair=_frames_v1, seeds=_captured, max_len=1024),
    Target("framing_v1_device", _decode_device_v1, (DeviceV1.feed,), repair=_frames_v1, seeds=_captured, max_len=1024),
    Target(
        "framing_v2_reader", _decode_packets, (PacketReader.feed,), repair=_frames_v2, seeds=_captured, max_len=1024
    ),
    Target("framing_v2_host", _decode_host_v2, (HostV2.feed,), repair=_frames_v2, seeds=_captured, max_len=1024),
    Target("framing_v2_device", _decode_device_v2, (DeviceV2.feed,), repair=_frames_v2, seeds=_captured, max_len=1024),
)
