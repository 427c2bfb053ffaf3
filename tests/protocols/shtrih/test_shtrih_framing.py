"""Both framings, each side: worked bytes of §2.3 and §9.3, the state machine of §2.2, split, glued and spoilt input."""

from __future__ import annotations

from binascii import crc_hqx
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.framing import Execute, Send
from protocols.shtrih.framing import (
    Ack,
    BadFrame,
    BadPacket,
    DeviceV1,
    DeviceV2,
    Frame,
    HostV1,
    HostV2,
    Junk,
    Nak,
    Packet,
    PacketReader,
    detect,
    encode_v1,
    encode_v2,
    lrc,
    sync_v2,
)

STATUS = bytes.fromhex("10 1E 00 00 00")
STATUS_FRAME = bytes.fromhex("02 05 10 1E 00 00 00 0B")
ANSWER = bytes.fromhex("10 00 1E")
MESSAGES = st.binary(min_size=1, max_size=255)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


CUTS = st.lists(st.integers(0, 10_000), max_size=8)

# --- version 1, host


def test_a_frame_is_length_message_and_xor():
    assert encode_v1(STATUS) == STATUS_FRAME
    assert lrc(bytes.fromhex("05 10 1E 00 00 00")) == 0x0B
    with pytest.raises(ValueError, match="1 to 255"):
        encode_v1(b"")
    with pytest.raises(ValueError, match="1 to 255"):
        encode_v1(bytes(256))


@given(st.lists(MESSAGES, min_size=1, max_size=4), CUTS)
def test_the_host_reads_frames_however_they_are_cut_and_glued(messages, places):
    stream = b"\x06" + b"\xff\x15".join(encode_v1(message) for message in messages)
    host = HostV1()
    events = [event for part in cut(stream, places) for event in host.feed(part)]
    assert events[0] == Ack()
    assert [event.message for event in events if isinstance(event, Frame)] == messages
    assert sum(isinstance(event, Nak) for event in events) == len(messages) - 1
    assert not host.mid_frame


def test_the_host_drops_the_stray_byte_and_leading_zeros():
    assert HostV1().feed(b"\xff\xff\x00\x15\xff") == [Nak()]
    assert HostV1().feed(b"\x41") == [Junk(0x41)]


def test_a_stray_byte_inside_a_frame_is_data():
    assert HostV1().feed(encode_v1(b"\xff\x01\xff")) == [Frame(b"\xff\x01\xff")]


@given(MESSAGES, st.integers(0, 300), st.integers(1, 255))
def test_a_spoilt_frame_is_never_taken_for_a_message(message, place, flip):
    frame = bytearray(encode_v1(message))
    place = 2 + place % (len(frame) - 2)  # the message or its checksum
    frame[place] ^= flip
    assert HostV1().feed(bytes(frame)) == [BadFrame(bytes(frame))]


def test_a_frame_of_length_zero_is_bad_and_the_next_one_is_read():
    assert HostV1().feed(b"\x02\x00" + STATUS_FRAME) == [BadFrame(b"\x02\x00"), Frame(STATUS)]


def test_a_frame_that_stopped_can_be_forgotten():
    host = HostV1()
    host.feed(STATUS_FRAME[:4])
    assert host.mid_frame
    host.reset()
    assert host.feed(b"\x06" + STATUS_FRAME) == [Ack(), Frame(STATUS)]


@given(st.binary(max_size=400))
def test_the_host_survives_any_bytes(data):
    HostV1().feed(data)


# --- version 1, device


def spoken(device: DeviceV1 | DeviceV2, data: bytes, answer: bytes = ANSWER) -> tuple[bytes, list[bytes]]:
    """(bytes the device sends, commands it executes) for these bytes of the host."""
    device.feed(data)
    sent, executed = b"", []
    while (event := device.poll()) is not None:
        if isinstance(event, Send):
            sent += event.data
        else:
            executed.append(event.message)
            sent += event.acknowledge + device.answer(answer)
    return sent, executed


def test_a_worked_exchange():
    device = DeviceV1()
    assert spoken(device, b"\x05") == (b"\x15", [])
    assert spoken(device, STATUS_FRAME) == (b"\x06" + encode_v1(ANSWER), [STATUS])
    assert spoken(device, b"\x06") == (b"", [])
    assert spoken(device, b"\x05") == (b"\x15", [])


def test_an_unconfirmed_answer_is_sent_again_and_nothing_is_executed_twice():
    # §9.3
    device = DeviceV1()
    spoken(device, b"\x05")
    spoken(device, STATUS_FRAME)
    device.reconnect()
    assert spoken(device, b"\x05") == (b"\x06" + encode_v1(ANSWER), [])
    assert spoken(device, b"\x15") == (b"", [])  # NAK: kept, not sent by itself
    assert spoken(device, b"\x05") == (b"\x06" + encode_v1(ANSWER), [])
    assert spoken(device, b"\x06") == (b"", [])
    assert spoken(device, b"\x05") == (b"\x15", [])


def test_silence_after_the_answer_keeps_it():
    device = DeviceV1()
    spoken(device, STATUS_FRAME)
    assert device.timeout() == b""
    assert spoken(device, b"\x05") == (b"\x06" + encode_v1(ANSWER), [])


def test_a_second_frame_while_an_answer_waits_is_not_executed():
    device = DeviceV1()
    spoken(device, STATUS_FRAME)
    assert spoken(device, encode_v1(b"\x13\x1e\x00\x00\x00"))[1] == []


def test_with_bare_stx_the_unconfirmed_answer_is_dropped():
    device = DeviceV1(bare_stx=True)
    spoken(device, STATUS_FRAME)
    assert spoken(device, STATUS_FRAME) == (b"\x06" + encode_v1(ANSWER), [STATUS])


def test_stx_without_an_enquiry_is_taken_from_the_start():
    assert spoken(DeviceV1(), STATUS_FRAME) == (b"\x06" + encode_v1(ANSWER), [STATUS])


def test_the_stray_byte_follows_the_hosts_ack():
    device = DeviceV1(stray_ff=True)
    spoken(device, STATUS_FRAME)
    assert spoken(device, b"\x06") == (b"\xff", [])
    assert spoken(device, STATUS_FRAME)[1] == [STATUS]


def test_zeros_before_stx_are_refused_or_swallowed():
    strict, tolerant = DeviceV1(), DeviceV1(ignore_zeros=True)
    for device in (strict, tolerant):
        spoken(device, b"\x05")
    assert spoken(strict, b"\x00\x00\x00\x00")[0] == b"\x15" * 4
    assert spoken(tolerant, b"\x00\x00\x00\x00" + STATUS_FRAME) == (b"\x06" + encode_v1(ANSWER), [STATUS])


def test_wrong_checksum_and_stopped_frames_are_answered_with_nak():
    device = DeviceV1()
    assert spoken(device, STATUS_FRAME[:-1] + b"\x00") == (b"\x15", [])
    assert spoken(device, STATUS_FRAME[:3]) == (b"", [])
    assert device.mid_frame
    assert device.timeout() == b"\x15"
    assert spoken(device, STATUS_FRAME)[1] == [STATUS]


def test_a_forgotten_command_leaves_no_answer():
    device = DeviceV1()
    device.feed(STATUS_FRAME)
    assert isinstance(device.poll(), Execute)
    device.forget()
    assert spoken(device, b"\x05") == (b"\x15", [])


def test_bytes_of_an_old_connection_are_thrown_away():
    device = DeviceV1()
    spoken(device, b"\x05" + STATUS_FRAME[:5])
    device.reconnect()
    assert spoken(device, b"\x05") == (b"\x15", [])
    assert spoken(device, STATUS_FRAME)[1] == [STATUS]


@given(st.lists(st.sampled_from([b"\x05", b"\x06", b"\x15", STATUS_FRAME, b"\x00", b"A"]), max_size=20), CUTS)
def test_however_bytes_are_cut_the_device_does_the_same(parts, places):
    stream = b"".join(parts)
    whole, piecewise = DeviceV1(), DeviceV1()
    expected = spoken(whole, stream)
    sent, executed = b"", []
    for part in cut(stream, places):
        more, commands = spoken(piecewise, part)
        sent += more
        executed += commands
    assert (sent, executed) == expected


@given(st.binary(max_size=300))
def test_the_device_survives_any_bytes_and_works_again(garbage):
    device = DeviceV1()
    spoken(device, garbage)
    device.timeout()
    sent, executed = spoken(device, b"\x05")
    if sent.startswith(b"\x06"):
        spoken(device, b"\x06")
        sent, executed = spoken(device, b"\x05")
    assert (sent, executed) == (b"\x15", [])
    assert spoken(device, STATUS_FRAME)[1] == [STATUS]


# --- version 2


def test_the_checksum_is_ccitt_false():
    assert crc_hqx(b"123456789", 0xFFFF) == 0x29B1


def test_the_worked_packets():
    # §2.3
    assert sync_v2() == bytes.fromhex("8F 00 00 0F 1D")
    assert encode_v2(1) == bytes.fromhex("8F 02 00 01 00 99 5A")
    assert encode_v2(2, STATUS) == bytes.fromhex("8F 07 00 02 00 10 1E 00 00 00 9D 74")
    assert encode_v2(0x8F, bytes.fromhex("13 1E 00 00 00")) == bytes.fromhex("8F 07 00 9F 81 00 13 1E 00 00 00 BC DB")


def test_the_worked_packets_are_read():
    reader = PacketReader()
    assert reader.feed(bytes.fromhex("8F 00 00 0F 1D")) == [Packet(None, b"")]
    assert reader.feed(bytes.fromhex("8F 02 00 01 00 99 5A")) == [Packet(1, b"")]
    stuffed = bytes.fromhex("8F 07 00 9F 81 00 13 1E 00 00 00 BC DB")
    assert reader.feed(stuffed) == [Packet(0x8F, bytes.fromhex("13 1E 00 00 00"))]


@given(st.integers(0, 0xFFFF), st.binary(min_size=1, max_size=300), CUTS, st.binary(max_size=20))
def test_packets_survive_cutting_and_stuffing(number, data, places, garbage):
    reader = PacketReader()
    stream = garbage.replace(b"\x8f", b"") + encode_v2(number, data) * 2
    events = [event for part in cut(stream, places) for event in reader.feed(part)]
    assert events == [Packet(number, data)] * 2
    assert encode_v2(number, data).count(b"\x8f") == 1


def test_spoilt_packets_are_told_apart():
    good = encode_v2(2, STATUS)
    assert PacketReader().feed(good[:-1] + b"\x00") == [BadPacket("wrong CRC")]
    assert PacketReader().feed(good[:6] + good) == [BadPacket("a marker inside a packet"), Packet(2, STATUS)]
    assert PacketReader().feed(b"\x8f\x07\x9f\x00") == [BadPacket("9Fh followed by 00h")]


@given(st.binary(max_size=200))
def test_any_bytes_leave_the_reader_able_to_read(garbage):
    reader = PacketReader()
    reader.feed(garbage)
    assert reader.feed(encode_v2(7, STATUS))[-1] == Packet(7, STATUS)


def test_host_and_device_execute_each_command_once():
    host, device = HostV2(), DeviceV2()
    sent, executed = spoken(device, host.sync())
    assert (sent, executed) == (encode_v2(1), [])
    assert host.feed(sent) == []
    request = host.request(STATUS)
    lost, executed = spoken(device, request)
    assert executed == [STATUS]
    again, executed = spoken(device, request)
    assert (again, executed) == (lost, [])
    assert host.feed(again) == [ANSWER]
    assert spoken(device, host.request(STATUS))[1] == [STATUS]


def test_a_wrong_number_gets_the_last_answer():
    device = DeviceV2()
    assert spoken(device, encode_v2(5, STATUS)) == (encode_v2(1), [])


def test_numbers_wrap_to_zero():
    host, device = HostV2(), DeviceV2()
    host.feed(encode_v2(0xFFFF))
    device._number = 0xFFFF
    assert spoken(device, host.request(STATUS)) == (encode_v2(0, ANSWER), [STATUS])


def test_the_last_answer_outlives_a_connection():
    device = DeviceV2()
    spoken(device, encode_v2(2, STATUS))
    device.reconnect()
    assert spoken(device, sync_v2()) == (encode_v2(2, ANSWER), [])


def test_the_first_byte_tells_the_framing():
    assert [detect(byte) for byte in (0x05, 0x02, 0x8F, 0x00, 0xFF)] == [1, 1, 2, None, None]
