"""The session header of real messages, and a parser that no garbage stops."""

import itertools
import time

import captures
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.ffd.enums import FfdVersion
from protocols.ofd.session import (
    MARKING_SIGNATURE,
    P_VERSIONS,
    SIGNATURE,
    USUAL_FLAGS,
    Flags,
    Header,
    Message,
    Noise,
    Parser,
    SessionError,
    build,
    build_header,
    parse_header,
)

HEADER = captures.SESSION_REREGISTRATION[:30]


def test_captured_header() -> None:
    header = parse_header(HEADER)
    assert header == Header(fn="9999078900005488", body_length=436, p_version=bytes.fromhex("0001"), flags=20)
    assert build_header(header) == HEADER


def test_short_drive_number_is_padded_with_spaces() -> None:
    header = parse_header(captures.SESSION_HEADER_10)
    assert header.fn == "9999078950"
    assert build_header(header) == captures.SESSION_HEADER_10


def test_captured_message_is_built_again() -> None:
    (message,) = Parser().feed(captures.SESSION_REREGISTRATION)
    assert isinstance(message, Message)
    assert build(message.header.fn, message.body, message.header.p_version) == captures.SESSION_REREGISTRATION


def test_usual_flags_are_those_of_the_captures() -> None:
    assert USUAL_FLAGS == 0x14


def test_versions_on_the_wire() -> None:
    assert {str(version): data.hex() for version, data in P_VERSIONS.items()} == {
        "1.05": "0105",
        "1.1": "0110",
        "1.2": "0120",
    }
    assert set(P_VERSIONS) == set(FfdVersion)


@pytest.mark.parametrize("data", [HEADER[:29], b"\0" + HEADER[1:], HEADER[:4] + b"\xff\xff" + HEADER[6:]])
def test_foreign_header_is_refused(data: bytes) -> None:
    with pytest.raises(SessionError):
        parse_header(data)


def test_letters_outside_ascii_are_no_drive_number() -> None:
    with pytest.raises(SessionError):
        parse_header(HEADER[:8] + b"\xe9" * 16 + HEADER[24:])
    with pytest.raises(SessionError):
        build_header(Header(fn="накопитель", body_length=0, p_version=b"\1\5"))


def test_too_long_a_body_is_refused() -> None:
    with pytest.raises(SessionError):
        build("9999078900005488", bytes(65_536), b"\1\5")


@pytest.mark.parametrize("flags", [Flags.CRC_HEADER, Flags.CRC_ALL])
def test_checksum_is_checked_when_the_flags_ask(flags: Flags) -> None:
    data = build("9999078900005488", b"container", b"\1\5", flags=USUAL_FLAGS | flags)
    (message,) = Parser().feed(data)
    assert isinstance(message, Message)
    broken = data[:26] + bytes([data[26] ^ 0x20]) + data[27:]
    assert not any(isinstance(event, Message) for event in Parser().feed(broken))


def test_body_counts_in_the_checksum_only_when_asked() -> None:
    for flags, whole in ((Flags.CRC_HEADER, True), (Flags.CRC_ALL, False)):
        data = build("9999078900005488", b"container", b"\1\5", flags=USUAL_FLAGS | flags)
        events = Parser().feed(data[:-1] + b"X")
        assert any(isinstance(event, Message) for event in events) is whole


messages = st.builds(
    build, st.just("9999078900005488"), st.binary(max_size=60), st.sampled_from([*P_VERSIONS.values()])
)


@given(st.lists(messages, max_size=4), st.lists(st.integers(0, 300), max_size=12))
def test_any_cut_of_the_stream_gives_the_same_messages(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    parser, events = Parser(), []
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for start, stop in itertools.pairwise(edges):
        events += parser.feed(stream[start:stop])
    assert [build(event.header.fn, event.body, event.header.p_version) for event in events] == parts
    assert parser.pending == 0


def _without_signature(data: bytes) -> bool:
    # Noise must hold no signature, nor end in the beginning of one, or it could swallow what follows.
    return not any(bytes([signature[0]]) in data for signature in (SIGNATURE, MARKING_SIGNATURE))


noise = st.binary(min_size=1, max_size=80).filter(_without_signature)


@given(noise, messages, noise, messages)
def test_messages_are_found_again_after_garbage(before: bytes, first: bytes, between: bytes, second: bytes) -> None:
    events = Parser().feed(before + first + between + second)
    assert [event.body for event in events if isinstance(event, Message)] == [first[30:], second[30:]]
    assert b"".join(event.data for event in events if isinstance(event, Noise)) == before + between


def test_a_signature_with_nonsense_behind_it_is_thrown_away() -> None:
    message = captures.SESSION_REREGISTRATION
    events = Parser().feed(SIGNATURE + b"\xee" * 40 + message)
    assert [len(event.body) for event in events if isinstance(event, Message)] == [436]


def test_hostile_bytes_cost_no_more_than_others() -> None:
    """Signatures and broken messages by the thousand in one go: seconds, if the work were quadratic."""
    broken = build("9999078900005488", bytes(60), b"\1\5", flags=USUAL_FLAGS | Flags.CRC_ALL)[:-1] + b"\1"
    nonsense = SIGNATURE + bytes.fromhex("81a2") + b"\xff" * 24
    for piece in (SIGNATURE, nonsense, broken):
        started = time.perf_counter()
        events = Parser().feed(piece * (300_000 // len(piece)))
        assert len(events) == 1
        assert time.perf_counter() - started < 2


@given(st.lists(st.binary(max_size=100), max_size=20))
def test_no_bytes_stop_the_parser(pieces: list[bytes]) -> None:
    parser = Parser()
    taken = 0
    for piece in pieces:
        for event in parser.feed(piece):
            taken += len(event.data) if isinstance(event, Noise) else 30 + len(event.body)
    assert taken + parser.pending == sum(map(len, pieces))


def test_a_message_in_drops_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []

    def counted(data: bytes) -> Header:
        looks.append(data)
        return parse_header(data)

    monkeypatch.setattr("protocols.ofd.session.parse_header", counted)
    parser = Parser()
    events = [event for at in range(466) for event in parser.feed(captures.SESSION_REREGISTRATION[at : at + 1])]
    assert len(events) == 1
    assert len(looks) == 2, "when the header is whole, and when the message is"
