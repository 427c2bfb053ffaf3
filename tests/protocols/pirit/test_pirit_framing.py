"""Streams of both sides: split, glued, spoilt and garbage input; two-stage commands; whose answer a reply is."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pirit_messages import CASH, ITEM, OPEN_SALE, REPLIES, REQUESTS, STATUS, STATUS_REPLY, WRONG_STATE

from protocols.pirit.framing import (
    BUFFER_OVERFLOW,
    BYTE_TIMED_OUT,
    FIRST_ID,
    LAST_ID,
    WRONG_CHECKSUM,
    Ack,
    Answers,
    DeviceStream,
    Enquiry,
    Feed,
    HostStream,
    Ids,
    Junk,
    Payload,
    Reply,
    Request,
    Spoilt,
    Trouble,
    checksum,
    encode_reply,
    encode_request,
)

IDS = st.integers(FIRST_ID, LAST_ID)
BYTES = st.integers(0, 255)
DATA = st.lists(st.integers(0x20, 0xFF) | st.just(0x1C), max_size=40).map(bytes)
PASSWORDS = st.lists(st.integers(0x20, 0xFF), min_size=4, max_size=4).map(bytes)
CUTS = st.lists(st.integers(0, 10_000), max_size=8)
SOME = settings(max_examples=40, deadline=None)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def device(*pieces: bytes) -> list[object]:
    stream, events = DeviceStream(), []
    for piece in pieces:
        stream.feed(piece)
        while (event := stream.poll()) is not None:
            events.append(event)
    return joined(events)


def host(*pieces: bytes) -> list[object]:
    stream = HostStream()
    return joined([event for piece in pieces for event in stream.feed(piece)])


def joined(events: list[object]) -> list[object]:
    """Junk comes as it was cut."""
    found: list[object] = []
    for event in events:
        if found and isinstance(event, Junk) and isinstance(found[-1], Junk):
            found[-1] = Junk(found[-1].data + event.data)
        else:
            found.append(event)
    return found


@pytest.mark.parametrize("raw", REQUESTS, ids=bytes.hex)
def test_a_worked_request_is_read_and_written_byte_for_byte(raw):
    (request,) = device(raw)
    assert encode_request(request) == raw


@pytest.mark.parametrize("raw", REPLIES, ids=bytes.hex)
def test_a_worked_reply_is_read_and_written_byte_for_byte(raw):
    (reply,) = host(raw)
    assert encode_reply(reply) == raw


def test_what_is_in_a_frame():
    assert device(STATUS) == [Request(0x20, 0x00, b"", b"PIRI")]
    assert host(STATUS_REPLY) == [Reply(0x20, 0x00, 0, b"0\x1c4\x1c0\x1c")]
    assert host(WRONG_STATE) == [Reply(0x23, 0x30, 1, b"")]


@SOME
@given(st.lists(st.builds(Request, IDS, BYTES, DATA, PASSWORDS), min_size=1, max_size=4), CUTS)
def test_requests_are_read_however_they_are_cut_and_glued(requests, places):
    data = b"".join(encode_request(request) for request in requests)
    assert device(*cut(data, places)) == requests


@SOME
@given(st.lists(st.builds(Reply, IDS, BYTES, BYTES, DATA), min_size=1, max_size=4), CUTS)
def test_replies_are_read_however_they_are_cut_and_glued(replies, places):
    data = b"".join(encode_reply(reply) for reply in replies)
    assert host(*cut(data, places)) == replies


PARTS = st.sampled_from([STATUS, ITEM, STATUS_REPLY, b"\x02", b"\x03", b"\x05", b"\x06", b"\x0a", b"PIRI", b"00"])


@SOME
@given(st.lists(PARTS | st.binary(max_size=6), max_size=12).map(b"".join), CUTS)
def test_any_bytes_say_the_same_however_they_are_cut(data, places):
    assert device(*cut(data, places)) == device(data)
    assert host(*cut(data, places)) == host(data)


@SOME
@given(st.binary(max_size=60).filter(lambda data: b"\x02" not in data))
def test_garbage_before_a_frame_does_not_hide_it(garbage):
    assert device(garbage + STATUS)[-1] == Request(0x20, 0x00)
    assert host(garbage + STATUS_REPLY)[-1] == Reply(0x20, 0x00, 0, b"0\x1c4\x1c0\x1c")


def test_single_bytes_outside_frames():
    assert device(b"\x05" + STATUS + b"\x0a\x06") == [Enquiry(), Request(0x20, 0), Feed(), Junk(b"\x06")]
    assert host(b"\x06" + WRONG_STATE + b"\x05") == [Ack(), Reply(0x23, 0x30, 1), Junk(b"\x05")]


def test_a_wrong_checksum_is_answered_07_with_the_id_of_the_request():
    (spoilt,) = device(CASH[:-1] + b"C")
    assert spoilt == Spoilt(CASH[:-1] + b"C", Trouble.CHECKSUM, 0x26, 0x47)
    assert spoilt.error == WRONG_CHECKSUM
    (lost,) = host(STATUS_REPLY[:-2] + b"zz")
    assert lost.trouble is Trouble.CHECKSUM


def test_a_checksum_in_small_letters_is_one():
    assert CASH.endswith(b"3B")
    assert device(CASH[:-2] + b"3b") == device(CASH)


def test_a_frame_that_stopped_is_told_by_the_callers_clock_and_answered_05():
    stream = DeviceStream()
    stream.feed(CASH[:12])
    assert stream.poll() is None
    assert stream.mid_frame
    spoilt = stream.timeout()
    assert spoilt == Spoilt(CASH[:12], Trouble.TIMEOUT, 0x26, 0x47)
    assert spoilt.error == BYTE_TIMED_OUT
    assert not stream.mid_frame
    assert stream.timeout() is None
    stream.feed(STATUS)
    assert stream.poll() == Request(0x20, 0x00)


def test_silence_before_the_id_is_answered_by_nothing():
    stream = DeviceStream()
    stream.feed(CASH[:4])
    assert stream.poll() is None
    assert stream.timeout() == Spoilt(CASH[:4], Trouble.TIMEOUT)
    assert Spoilt(CASH[:4], Trouble.TIMEOUT).error is None


@pytest.mark.parametrize("at", range(1, len(CASH)))
def test_a_frame_in_the_middle_of_another_is_read(at):
    first, second = device(CASH[:at] + STATUS)
    assert first.trouble is Trouble.CUT
    assert first.raw == CASH[:at]
    assert first.error is None
    assert second == Request(0x20, 0x00)


def test_what_is_no_frame_of_the_protocol():
    body = b"PIRI\x20zz"
    (spoilt,) = device(b"\x02" + body + b"\x03" + checksum(body + b"\x03"))
    assert (spoilt.trouble, spoilt.error) == (Trouble.LAYOUT, None)
    body = b"PIRI\x1f00"  # an id below 20h
    (spoilt,) = device(b"\x02" + body + b"\x03" + checksum(body + b"\x03"))
    assert spoilt.trouble is Trouble.LAYOUT


def test_a_frame_that_is_too_long_is_skipped_to_its_end():
    raw = encode_request(Request(0x24, 0x42, b"a" * 200))
    stream = DeviceStream(limit=64)
    stream.feed(raw[:100])
    assert stream.poll() is None
    stream.feed(raw[100:] + STATUS)
    spoilt = stream.poll()
    assert (spoilt.trouble, spoilt.id, spoilt.command, spoilt.error) == (Trouble.TOO_LONG, 0x24, 0x42, BUFFER_OVERFLOW)
    assert len(spoilt.raw) == 64
    assert stream.poll() == Request(0x20, 0x00)
    whole = DeviceStream(limit=len(raw))
    whole.feed(raw)
    assert whole.poll() == Request(0x24, 0x42, b"a" * 200)


def test_what_no_frame_can_carry():
    with pytest.raises(ValueError, match="20h to F0h"):
        encode_request(Request(0xF1, 0))
    with pytest.raises(ValueError, match="03h"):
        encode_request(Request(0x20, 0, b"a\x03"))
    with pytest.raises(ValueError, match="four bytes"):
        encode_request(Request(0x20, 0, b"", b"PIR"))
    with pytest.raises(ValueError, match="1Dh"):
        encode_reply(Reply(0x20, 0, 0, b"\x1d"))


# --- two-stage commands


@SOME
@given(st.binary(min_size=1, max_size=40), CUTS)
def test_the_second_stage_is_taken_raw(picture, places):
    stream = DeviceStream()
    stream.feed(STATUS)
    assert stream.poll() == Request(0x20, 0x00)
    stream.expect(len(picture))
    events = []
    for piece in cut(picture + CASH, places):
        stream.feed(piece)
        while (event := stream.poll()) is not None:
            events.append(event)
    assert events == [Payload(picture), *device(CASH)]
    assert not stream.mid_frame


def test_a_second_stage_that_stops():
    stream = DeviceStream()
    stream.expect(10)
    assert not stream.mid_frame
    assert stream.timeout() is None
    stream.feed(b"\x02\x03\x05")
    assert stream.poll() is None
    assert stream.mid_frame
    assert stream.timeout() == Spoilt(b"\x02\x03\x05", Trouble.TIMEOUT)
    stream.feed(STATUS)
    assert stream.poll() == Request(0x20, 0x00)


def test_a_new_connection_forgets_the_old_ones_bytes():
    stream = DeviceStream()
    stream.feed(CASH[:9])
    stream.poll()
    stream.reset()
    assert not stream.mid_frame
    stream.feed(CASH[9:] + STATUS)
    assert joined([stream.poll(), stream.poll()])[-1] == Request(0x20, 0x00)
    stream.expect(5)
    stream.reset()
    stream.feed(STATUS)
    assert stream.poll() == Request(0x20, 0x00)


# --- whose answer


def test_ids_go_round():
    ids = Ids()
    issued = [ids.issue(0x00) for _ in range(LAST_ID - FIRST_ID + 2)]
    assert issued == [*range(FIRST_ID, LAST_ID + 1), FIRST_ID]


def test_an_older_id_is_a_late_reply_and_an_unknown_one_is_nobodys():
    ids = Ids(first=LAST_ID)
    old, new = ids.issue(0x42), ids.issue(0x44)
    assert (old, new) == (LAST_ID, FIRST_ID)
    assert ids.whose(Reply(old, 0x42)) is Answers.LATE
    assert ids.whose(Reply(new, 0x44)) is Answers.OURS
    assert ids.whose(Reply(new, 0x42)) is Answers.STRANGE
    assert ids.whose(Reply(0x50, 0x44)) is Answers.STRANGE


def test_an_id_of_the_last_round_is_forgotten():
    ids = Ids()
    first = ids.issue(0x00)
    for _ in range(Ids.REMEMBERED):
        ids.issue(0x00)
    assert ids.whose(Reply(first, 0x00)) is Answers.STRANGE


def test_the_opening_frame_is_no_reply():
    """A host's frame read as a device's: its password is no id and number."""
    assert [event.trouble for event in host(OPEN_SALE)] == [Trouble.LAYOUT]
