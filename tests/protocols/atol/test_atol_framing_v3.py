"""Packets of protocol 3 through garbage, cuts and glue; what is sent again and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.atol.framing_v3 import (
    ASYNC_ID,
    LAST_ID,
    MAX_DATA,
    BadPacket,
    Packet,
    PacketLink,
    PacketReader,
    Repeat,
    encode_v3,
    next_id,
)

NUMBERS = st.integers(0, LAST_ID) | st.just(ASYNC_ID)
DATA = st.lists(st.sampled_from([0, 0x55, 0xED, 0xEE, 0xFD, 0xFE, 0xFF]) | st.integers(0, 255), max_size=300).map(bytes)
#: Noise between packets: no STX in it.
NOISE = st.binary(max_size=20).map(lambda raw: raw.replace(b"\xfe", b""))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBERS, DATA, NOISE), max_size=4), st.integers(1, 40))
def test_packets_survive_noise_and_any_cut(packets: list[tuple[int, bytes, bytes]], size: int) -> None:
    stream = b"".join(noise + encode_v3(number, data) for number, data, noise in packets)
    reader = PacketReader()
    found = [event for at in range(0, len(stream), size) for event in reader.feed(stream[at : at + size])]
    assert found == [Packet(number, data) for number, data, _ in packets]
    assert not reader.mid_frame


@settings(max_examples=60, deadline=None)
@given(DATA, st.integers(0, 10_000))
def test_stx_never_stands_inside(data: bytes, cut: int) -> None:
    raw = encode_v3(7, data)
    assert raw.count(b"\xfe") == 1
    reader = PacketReader()
    events = reader.feed(raw[: cut % len(raw)] + encode_v3(8, b"next"))
    assert events[-1] == Packet(8, b"next")
    assert all(isinstance(event, BadPacket) for event in events[:-1])


def test_what_is_wrong_with_a_packet() -> None:
    good = encode_v3(5, b"\x55\x00")
    assert PacketReader().feed(good[:-1] + b"\x00") == [BadPacket("wrong CRC", 5)]
    assert PacketReader().feed(good[:4] + b"\xfd\x00") == [BadPacket("FDh followed by 00h", 5)]
    assert PacketReader().feed(b"\xfe\x80") == [BadPacket("80h is no length")]
    assert PacketReader().feed(good[:3] + good) == [BadPacket("STX inside a packet"), Packet(5, b"\x55\x00")]


def test_a_packet_that_stopped_is_forgotten() -> None:
    reader = PacketReader()
    reader.feed(b"\xfe\x05\x00\x01\xc1")
    assert reader.mid_frame
    reader.reset()
    assert reader.feed(b"\x01\x02\x03") == []


def test_the_longest_packet() -> None:
    assert PacketReader().feed(encode_v3(0, bytes(MAX_DATA))) == [Packet(0, bytes(MAX_DATA))]
    with pytest.raises(ValueError, match="at most"):
        encode_v3(0, bytes(MAX_DATA + 1))


def test_ids_go_round() -> None:
    link = PacketLink()
    numbers = [link.request(b"\xc4")[0] for _ in range(LAST_ID + 2)]
    assert numbers[0] == 1
    assert numbers[LAST_ID - 1 :] == [LAST_ID, 0, 1]
    assert next_id(LAST_ID) == 0


def test_a_packet_is_repeated_once_when_asked_for() -> None:
    host = PacketLink()
    number, packet = host.request(b"\xc1\x01\x01\x00\x00\x3f")
    assert host.feed(encode_v3(number)) == [Repeat(packet)]
    assert host.feed(encode_v3(number)) == []
    assert host.feed(encode_v3(99)) == []


def test_a_spoilt_packet_is_asked_for_under_its_id() -> None:
    device = PacketLink()
    assert device.feed(b"\xfe\x01\x00\x09\xc4\x00") == [Repeat(encode_v3(9))]


def test_a_spoilt_packet_of_the_devices_own_cannot_be_asked_for() -> None:
    assert PacketLink().feed(b"\xfe\x02\x00\xf0\xa6\x01\x00") == []


def test_two_sides_with_damaged_packets_come_to_rest() -> None:
    host, device = PacketLink(), PacketLink()
    number, packet = host.request(b"\xc4")
    [question] = device.feed(packet[:-1] + bytes((packet[-1] ^ 1,)))
    assert isinstance(question, Repeat)
    [again] = host.feed(question.data)
    assert again == Repeat(packet)
    assert device.feed(packet) == [Packet(number, b"\xc4")]
    answer = device.reply(number, b"\xa3")
    [question] = host.feed(answer[:-1] + bytes((answer[-1] ^ 1,)))
    assert isinstance(question, Repeat)
    assert device.feed(question.data) == [Repeat(answer)]
    assert host.feed(answer) == [Packet(number, b"\xa3")]
