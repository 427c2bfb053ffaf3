"""Targets of ATOL: both framings as streams, tasks, every command's request and answer, registers, words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Any

from fuzzing.target import Refused, Target
from fuzzing.wires import same_in_pieces
from protocols.atol import errors, framing, registers, statuses, tasks, text, vat
from protocols.atol.commands import (
    COMMANDS,
    Command,
    DeviceRefusal,
    answer_to,
    encode_reply,
    encode_request,
    parse_reply,
    parse_request,
)
from protocols.atol.commands.base import code_of, parse_reply_of, parse_request_with
from protocols.atol.exchange_v2 import DeviceV2, Execute, HostV2, Write
from protocols.atol.explain import Sender, explain, explain_message, fits
from protocols.atol.fields import bcd_value
from protocols.atol.framing_v2 import MAX_MESSAGE, Frame, FrameBody, FrameReader, encode_v2
from protocols.atol.framing_v3 import LAST_ID, Packet, PacketLink, PacketReader, Repeat, encode_v3
from protocols.atol.task_buffer import TaskBuffer
from protocols.framing import Fit
from protocols.wire import Message, WireError

ROWS: tuple[Command, ...] = tuple(COMMANDS[code] for code in sorted(COMMANDS))

# --- framing


def _packets(pieces: Iterable[bytes]) -> Any:
    reader = PacketReader()
    events = [event for piece in pieces for event in reader.feed(piece)]
    waiting = reader.mid_frame
    reader.reset()
    assert not reader.mid_frame
    return events, waiting


def _link(pieces: Iterable[bytes]) -> Any:
    link = PacketLink()
    link.request(b"\xc4")
    link.reply(0xF0, b"\xa6\1")
    events = [event for piece in pieces for event in link.feed(piece)]
    assert all(event.data for event in events if isinstance(event, (Packet, Repeat)))
    return events, link.mid_frame


def _decode_packets(data: bytes) -> None:
    same_in_pieces(_packets, data)
    same_in_pieces(_link, data)
    for event in PacketReader().feed(data):
        if isinstance(event, Packet):
            assert PacketReader().feed(encode_v3(event.number, event.data)) == [event]


def _frames(pieces: Iterable[bytes]) -> Any:
    reader = FrameReader()
    events = [event for piece in pieces for event in reader.feed(piece)]
    waiting = reader.mid_frame
    reader.reset()
    return events, waiting


def _host(pieces: Iterable[bytes]) -> Any:
    host = HostV2()
    host.command(b"\0\0\x3f", 10.0)
    for piece in pieces:
        host.feed(piece)
    waiting, events = host.wait, []
    while (event := host.poll()) is not None:
        events.append(event)
    for _ in range(40):
        host.silence()
    assert host.wait is None, "a host that hears nothing gives up"
    return events, waiting


def _device(pieces: Iterable[bytes]) -> Any:
    """Every command is answered with its own first byte, or forgotten."""
    device = DeviceV2()
    sent, executed = b"", []
    for piece in pieces:
        for at in range(len(piece)):
            device.feed(piece[at : at + 1])
            while (event := device.poll()) is not None:
                if isinstance(event, Write):
                    sent += event.data
                elif isinstance(event, Execute):
                    executed.append(event.message)
                    if event.message[0] % 8:
                        device.answer(event.message[:1])
                    else:
                        device.forget()
    waiting = device.wait
    for _ in range(40):
        device.silence()
    assert device.wait is None, "a device that hears nothing comes to rest"
    device.reconnect()
    assert not device.mid_frame
    return sent, executed, waiting


def _decode_frames(data: bytes) -> None:
    for machine in (_frames, _host, _device):
        same_in_pieces(machine, data)
    for event in FrameReader().feed(data):
        if isinstance(event, Frame):
            assert FrameReader().feed(encode_v2(event.message)) == [event]
    body = FrameBody()
    for byte in data:
        if body.take(byte) is not None:
            break


def _pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


def _as_packets(data: bytes) -> bytes:
    return b"".join(encode_v3(at % LAST_ID, piece) for at, piece in enumerate(_pieces(data, 300)))


def _as_frames(data: bytes) -> bytes:
    return b"".join(b"\x05\x06" + encode_v2(piece) + b"\x06\x04" for piece in _pieces(data, MAX_MESSAGE))


# --- tasks


def _decode_task(data: bytes) -> tasks.Action | tasks.Answer:
    """What the device says begins below C0h, what the host asks above."""
    if data[:1] < b"\xc0":
        return tasks.parse_answer(data)
    action = tasks.parse_action(data)
    buffer = TaskBuffer()
    for _ in range(2):
        answer = buffer.handle(action)
        assert tasks.parse_answer(tasks.encode_answer(answer)) == answer
        while (task := buffer.next()) is not None:
            buffer.finish(task.number, b"\x55\0\0", failed=bool(task.number % 2))
    return action


def _build_task(said: tasks.Action | tasks.Answer) -> bytes:
    return tasks.encode_action(said) if isinstance(said, tasks.Action) else tasks.encode_answer(said)


# --- commands


@cache
def plain(command: Command) -> tuple[bytes, bytes]:
    """The shortest request and answer of a row that hold nothing but zeros, as messages."""
    return (
        b"\0\0" + command.code_bytes + _shortest(command.request),
        encode_reply(command, command.reply.decode(_shortest(command.reply))),
    )


def _shortest(shape: type[Message]) -> bytes:
    for size in range(256):
        try:
            shape.decode(bytes(size))
        except WireError:
            continue
        return bytes(size)
    raise AssertionError(f"{shape.__name__} is longer than a frame")


def _readable(message: Message) -> None:
    """The one byte that is no letter is shown as U+FFFD, which cannot be written back."""
    if "\ufffd" in repr(message):
        raise Refused


def _decode_request(data: bytes) -> Any:
    command, request, password = parse_request(data)
    assert command.code == code_of(data)
    assert parse_request_with(COMMANDS, data) == (command, request, password)
    _readable(request)
    return request, password


def _decode_reply(data: bytes) -> tuple[Command, Message]:
    """The first byte chooses the row, the rest is what came back."""
    if not data:
        raise Refused
    command = ROWS[data[0] % len(ROWS)]
    try:
        reply = parse_reply(command, data[1:])
    except DeviceRefusal as refusal:
        errors.describe(refusal.number, refusal.extra)
        raise Refused(refusal.number) from refusal
    assert parse_reply_of(command, data[1:]) == reply
    assert answer_to(parse_request(plain(command)[0])[1], data[1:]) == reply
    _readable(reply)
    return command, reply


def _build_reply(value: tuple[Command, Message]) -> bytes:
    return bytes((ROWS.index(value[0]),)) + encode_reply(*value)


def _repair_reply(data: bytes) -> bytes:
    """What leads an answer of this row, and no error."""
    if not data:
        return b""
    shape = ROWS[data[0] % len(ROWS)].shape
    lead = b"" if shape.lead is None else bytes((shape.lead,))
    return data[:1] + (lead + b"\0" * shape.has_error).ljust(shape.data_at, b"\0") + data[1:]


def _repair_request(data: bytes) -> bytes:
    """A code that a row has."""
    return b"\0\0" + ROWS[data[0] % len(ROWS)].code_bytes + data[1:] if data else b"\0\0\x3f"


def _decode_register(data: bytes) -> tuple[int, Message]:
    """The first byte is the register's number."""
    if not data:
        raise Refused
    return data[0], registers.value_of(data[0], data[1:])


# --- words


def _decode_explain(data: bytes) -> None:
    assert fits(data) in Fit
    for sender in (None, *Sender):
        for lines in (explain(data, sender), explain_message(data, sender, ROWS[len(data) % len(ROWS)])):
            assert lines
            assert all(isinstance(line, str) for line in lines)


def _decode_number(data: bytes) -> None:
    assert len(text.decode(data)) == len(data)
    with suppress(WireError):
        assert bcd_value(data) < 100 ** len(data) or not data
    number = int.from_bytes(data[:8], "little")
    errors.describe_extended(number)
    errors.describe(number, number & 0xFF)
    vat.of_wire(number)
    framing.detect(number)
    tasks.is_task_number(number)
    statuses.flags_text(number), statuses.printer_text(number)
    statuses.state_text(number & 0xFF), statuses.split_state(number)


def _captured() -> Iterator[bytes]:
    for task, command in enumerate(ROWS[::4]):
        request, reply = plain(command)
        added = tasks.encode_action(tasks.Add(1, task, request))
        finished = tasks.encode_answer(tasks.Finished(task, failed=False, result=reply))
        yield encode_v3(task, added) + encode_v3(0xF0, finished) + encode_v3(task)
        yield _as_frames(request) + _as_frames(reply)


TARGETS = (
    Target("atol_packets", _decode_packets, (PacketReader.feed, PacketLink.feed), repair=_as_packets, seeds=_captured,
           max_len=1024),
    Target("atol_frames", _decode_frames, (FrameReader.feed, FrameBody.take, HostV2.feed, DeviceV2.feed),
           repair=_as_frames, seeds=_captured, max_len=512),
    Target("atol_tasks", _decode_task, (tasks.parse_action, tasks.parse_answer), (WireError,), _build_task,
           repair=lambda data: b"\xc1\1" + data, max_len=512,
           seeds=lambda: (b"\xc4", b"\xc2\1", b"\xc1\1\1\0\0\x3f", b"\xa1", b"\xa6\1\x55\0\0", b"\xb4\1")),
    Target("atol_request", _decode_request, (parse_request, parse_request_with, code_of), (WireError, Refused),
           lambda value: encode_request(*value), repair=_repair_request, seeds=lambda: [plain(row)[0] for row in ROWS],
           max_len=512),
    Target("atol_reply", _decode_reply, (parse_reply, parse_reply_of, answer_to), (WireError, Refused), _build_reply,
           repair=_repair_reply, seeds=lambda: [bytes((at,)) + plain(row)[1] for at, row in enumerate(ROWS)],
           max_len=512),
    Target("atol_register", _decode_register, (registers.value_of,), (WireError, Refused),
           lambda value: bytes((value[0],)) + value[1].encode(), repair=lambda data: b"\x37" + data,
           seeds=lambda: (b"\x33" + bytes(26), b"\x37\0\x4a\2\6\3\xfd\0\0", b"\x12\1" + bytes(6)), max_len=64),
    Target("atol_explain", _decode_explain, (explain, explain_message, fits), repair=_as_packets, seeds=_captured,
           max_len=1024),
    Target(
        "atol_numbers",
        _decode_number,
        (
            text.decode,
            bcd_value,
            errors.describe_extended,
            vat.of_wire,
            framing.detect,
            tasks.is_task_number,
            statuses.flags_text,
            statuses.printer_text,
            statuses.state_text,
            statuses.split_state,
        ),
        seeds=lambda: (b"\x06\x02", b"\xff\xff", b"\x4b", b"\xf6"),
        max_len=8,
    ),
)  # fmt: skip
