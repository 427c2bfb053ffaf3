"""The device's end: requests in a row, each answered with its id; two stages; silence; spoilt frames."""

from __future__ import annotations

import pytest
from pirit_messages import CASH, ITEM, SHIFT_CLOSED, STATUS, STATUS_REPLY, SUBTOTAL

from protocols.framing import Execute, Send
from protocols.pirit.commands import encode_request
from protocols.pirit.commands.printing import PrintBitmap
from protocols.pirit.device import READY, DeviceFrames, answer_of, message_of, request_of
from protocols.pirit.framing import HostStream, Reply, Request
from protocols.pirit.framing import encode_request as framed

ACK = b"\x06"
BITMAP = framed(encode_request(0x2A, PrintBitmap(16, 2, 0)))


def fed(data: bytes) -> DeviceFrames:
    frames = DeviceFrames()
    frames.feed(data)
    return frames


def test_a_request_is_executed_and_its_answer_has_its_id():
    frames = fed(STATUS)
    assert frames.poll() == Execute(b"PIRI00")
    assert frames.answer(answer_of(Reply(0, 0x00, 0, b"0\x1c4\x1c0\x1c"))) == STATUS_REPLY
    assert frames.poll() is None


def test_messages_there_and_back():
    request = Request(0, 0x42, b"a\x1c", b"DRRB")
    assert request_of(message_of(request)) == (request, None)
    assert request_of(message_of(request, b"")) == (request, b"")
    assert request_of(message_of(request, b"\x02\x03\x05")) == (request, b"\x02\x03\x05")


def test_requests_that_did_not_wait_are_answered_in_their_order():
    frames = fed(ITEM + b"\x05" + SUBTOTAL + CASH)
    sent = b""
    commands = []
    while (event := frames.poll()) is not None:
        if isinstance(event, Send):
            sent += event.data
        else:
            request, _ = request_of(event.message)
            commands.append(request.command)
            sent += frames.answer(answer_of(Reply(0, request.command)))
    assert commands == [0x42, 0x44, 0x47]
    events = HostStream().feed(sent)
    assert [getattr(event, "id", ACK) for event in events] == [0x24, ACK, 0x25, 0x26]


def test_packet_mode_answers_nothing():
    frames = fed(ITEM + SUBTOTAL)
    assert isinstance(frames.poll(), Execute)
    assert frames.answer(b"") == b""
    assert frames.poll() == Execute(b"PIRI44")
    assert frames.answer(answer_of(Reply(0, 0x44, 1)))[1] == 0x25


def test_a_command_that_was_not_answered_leaves_no_id():
    frames = fed(ITEM + STATUS)
    frames.poll()
    frames.forget()
    assert frames.poll() == Execute(b"PIRI00")
    assert frames.answer(answer_of(Reply(0, 0x00, 2)))[1] == 0x20


def test_two_stages():
    picture = b"\x02\x03\x05\x1c"
    frames = fed(BITMAP + picture[:1])
    first = frames.poll()
    assert isinstance(first, Execute)
    assert request_of(first.message)[1] is None
    assert frames.answer(READY) == ACK
    assert frames.poll() is None
    assert frames.mid_frame
    frames.feed(picture[1:] + STATUS)
    second = frames.poll()
    assert isinstance(second, Execute)
    assert request_of(second.message) == (request_of(first.message)[0], picture)
    assert frames.size(first.message) == len(BITMAP)
    assert frames.size(second.message) == len(picture)
    (answer,) = HostStream().feed(frames.answer(answer_of(Reply(0, 0x55))))
    assert answer == Reply(0x2A, 0x55)
    assert frames.poll() == Execute(b"PIRI00")


def test_a_first_stage_that_is_refused_takes_no_bytes():
    frames = fed(BITMAP + STATUS)
    frames.poll()
    assert HostStream().feed(frames.answer(answer_of(Reply(0, 0x55, 1)))) == [Reply(0x2A, 0x55, 1)]
    assert frames.poll() == Execute(b"PIRI00")


def test_a_second_stage_that_stops_is_answered_05():
    frames = fed(BITMAP)
    frames.poll()
    frames.answer(READY)
    frames.feed(b"\xff")
    assert frames.poll() is None
    assert HostStream().feed(frames.timeout()) == [Reply(0x2A, 0x55, 5)]
    frames.feed(STATUS)
    assert frames.poll() == Execute(b"PIRI00")


@pytest.mark.parametrize("first", [STATUS, framed(Request(0x20, 0x55, b"x\x1c"))])
def test_only_two_stage_commands_have_a_second_stage(first):
    frames = fed(first)
    frames.poll()
    with pytest.raises(ValueError, match="no second stage"):
        frames.answer(READY)


def test_spoilt_frames():
    assert HostStream().feed(fed(CASH[:-1] + b"0").poll().data) == [Reply(0x26, 0x47, 7)]
    assert fed(SHIFT_CLOSED).poll() is None  # a device's own frame, the checksum of which is right
    assert fed(b"garbage\x0a").poll() is None
    stopped = fed(CASH[:10])
    assert stopped.poll() is None
    assert stopped.mid_frame
    assert HostStream().feed(stopped.timeout()) == [Reply(0x26, 0x47, 5)]
    assert stopped.timeout() == b""
    early = fed(CASH[:3])
    early.poll()
    assert early.timeout() == b""


def test_a_new_connection_begins_anew():
    frames = fed(BITMAP)
    frames.poll()
    frames.answer(READY)
    frames.reconnect()
    frames.feed(STATUS)
    assert frames.poll() == Execute(b"PIRI00")
    frames.reconnect()
    assert frames.answer(answer_of(Reply(0, 0x00))) == b""
