"""Protocol 2: both sides talk to each other over a line that loses, spoils and delays bytes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.atol.exchange_v2 import Answered, DeviceV2, Execute, Failed, HostV2, Write
from protocols.atol.framing_v2 import MAX_MESSAGE, BadFrame, FrameReader, Timing, encode_v2

ANSWER_WITHIN = 10.0
MESSAGES = st.lists(st.sampled_from([2, 3, 16]) | st.integers(0, 255), min_size=1, max_size=MAX_MESSAGE).map(bytes)


class Line:
    """Host and device with one pair of hands: whoever has nothing to read has waited long enough."""

    def __init__(self, spoil: float = 0.0, seed: int = 0) -> None:
        self.host, self.device = HostV2(), DeviceV2()
        self.executed: list[bytes] = []
        self.results: list[Answered | Failed] = []
        self._random = random.Random(seed)
        self._spoil = spoil

    def command(self, message: bytes) -> Answered | Failed:
        self.host.command(message, ANSWER_WITHIN)
        for _ in range(4000):
            moved = self._carry(self.host, self.device) | self._carry(self.device, self.host)
            if self.results:
                return self.results.pop()
            if not moved:
                self._pass_time()
        raise AssertionError("the dialogue never ends")

    def _pass_time(self) -> None:
        waits = [side for side in (self.host, self.device) if side.wait is not None]
        assert waits, "nobody waits for anything"
        min(waits, key=lambda side: side.wait or 0.0).silence()

    def _carry(self, source: HostV2 | DeviceV2, target: HostV2 | DeviceV2) -> bool:
        moved = False
        while (event := source.poll()) is not None:
            moved = True
            match event:
                case Write(data):
                    target.feed(self._through(data))
                case Execute(message):
                    self.executed.append(message)
                    self.device.answer(b"\x55\x01" + message[:3])
                case Answered() | Failed():
                    self.results.append(event)
        return moved

    def _through(self, data: bytes) -> bytes:
        if self._random.random() >= self._spoil:
            return data
        at = self._random.randrange(len(data))
        if self._random.random() < 0.5:
            return data[:at] + data[at + 1 :]
        return data[:at] + bytes((data[at] ^ 0x40,)) + data[at + 1 :]


@settings(max_examples=50, deadline=None)
@given(MESSAGES)
def test_a_command_and_its_answer(message: bytes) -> None:
    line = Line()
    assert line.command(message) == Answered(b"\x55\x01" + message[:3])
    assert line.executed == [message]


def test_the_bytes_of_an_exchange() -> None:
    host, device = HostV2(), DeviceV2()
    host.command(b"\x00\x00\x3f", ANSWER_WITHIN)
    said = []
    for _ in range(12):
        for source, target, who in ((host, device, "h"), (device, host, "d")):
            while (event := source.poll()) is not None:
                if isinstance(event, Write):
                    said.append((who, event.data.hex(" ")))
                    target.feed(event.data)
                elif isinstance(event, Execute):
                    device.answer(b"\x55\x00\x00")
    # §3: ENQ ACK frame ACK EOT, then the same from the other side
    assert said == [
        ("h", "05"), ("d", "06"), ("h", "02 00 00 3f 03 3c"), ("d", "06"), ("h", "04"),
        ("d", "05"), ("h", "06"), ("d", "02 55 00 00 03 56"), ("h", "06"), ("d", "04"),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(25))
def test_a_bad_line_never_makes_two_of_one(seed: int) -> None:
    """Whatever is lost: a command is executed at most once a sending, and no answer is mistaken for another's.

    But for zero bytes: the checksum is an exclusive or, and does not miss them. There are none here.
    """
    line = Line(spoil=0.15, seed=seed)
    for number in range(1, 9):
        message = bytes((0x11, 0x22, 0x20 + number, 7, 9))
        before = len(line.executed)
        result = line.command(message)
        mine = line.executed[before:]
        assert len(mine) <= 1
        if isinstance(result, Answered):
            assert result.message == b"\x55\x01" + message[:3]
        elif not result.sent:
            assert mine == []


def test_a_busy_device_makes_the_host_ask_again() -> None:
    host = HostV2()
    host.command(b"\x00\x00\x3f", ANSWER_WITHIN)
    assert host.poll() == Write(b"\x05")
    for _ in range(4):
        host.feed(b"\x15")
        assert host.poll() is None
        assert host.wait == Timing().busy
        host.silence()
        assert host.poll() == Write(b"\x05")
    host.feed(b"\x15")
    host.silence()
    assert host.poll() == Write(b"\x04")
    assert host.poll() == Failed(sent=False, reason="the device is not ready")
    assert host.wait is None


def test_a_silent_device_after_the_frame_is_a_doubt() -> None:
    host = HostV2()
    host.command(b"\x00\x00\x4a", ANSWER_WITHIN)
    host.feed(b"\x06")
    for _ in range(Timing().frames):
        host.silence()
    events = []
    while (event := host.poll()) is not None:
        events.append(event)
    assert events.count(Write(encode_v2(b"\x00\x00\x4a"))) == Timing().frames
    assert events[-1] == Failed(sent=True, reason="the frame was not confirmed")


def test_a_device_that_begins_to_answer_has_the_command() -> None:
    """§3: ENQ on a repeat of the frame."""
    host = HostV2()
    host.command(b"\x00\x00\x4a", ANSWER_WITHIN)
    host.feed(b"\x06")
    host.silence()  # the frame goes out again
    host.feed(b"\x05")
    while host.poll() is not None:
        pass
    host.feed(encode_v2(b"\x55\x00\x00") + b"\x04")
    assert [host.poll(), host.poll()] == [Write(b"\x06"), Answered(b"\x55\x00\x00")]


def test_an_executing_device_says_that_it_is_busy() -> None:
    device = DeviceV2()
    device.feed(b"\x05" + encode_v2(b"\x00\x00\x5a") + b"\x04")
    assert [device.poll(), device.poll(), device.poll()] == [Write(b"\x06"), Write(b"\x06"), Execute(b"\x00\x00\x5a")]
    device.feed(b"\x05\x05")
    assert [device.poll(), device.poll()] == [Write(b"\x15"), Write(b"\x15")]
    device.forget()
    device.feed(b"\x05")
    assert device.poll() == Write(b"\x06")


def test_an_answer_that_nobody_takes_is_dropped() -> None:
    device = DeviceV2()
    device.feed(b"\x05" + encode_v2(b"\x00\x00\x3f") + b"\x04")
    while device.poll() is not None:
        pass
    device.answer(b"\x55\x00\x00")
    assert device.poll() == Write(b"\x05")
    device.feed(b"\x05" + encode_v2(b"\x00\x00\xa5") + b"\x04")  # a host that has given the answer up
    assert [device.poll(), device.poll(), device.poll()] == [Write(b"\x06"), Write(b"\x06"), Execute(b"\x00\x00\xa5")]


def test_what_is_wrong_with_a_frame() -> None:
    assert FrameReader().feed(b"\x02\x55\x00\x00\x03\x57") == [BadFrame("wrong checksum")]
    assert FrameReader().feed(b"\x02\x03\x03") == [BadFrame("empty frame")]
    assert FrameReader().feed(b"\x02" + bytes(MAX_MESSAGE + 1)) == [BadFrame("too long")]
    for message in (b"", bytes(MAX_MESSAGE + 1)):
        with pytest.raises(ValueError, match="1 to 255"):
            encode_v2(message)


def test_an_enquiry_that_comes_twice_is_confirmed_twice() -> None:
    device = DeviceV2()
    device.feed(b"\x05\x05" + encode_v2(b"\x00\x00\x3f") + b"\x04")
    events = [device.poll() for _ in range(4)]
    assert events == [Write(b"\x06"), Write(b"\x06"), Write(b"\x06"), Execute(b"\x00\x00\x3f")]


def test_one_command_at_a_time() -> None:
    host = HostV2()
    host.command(b"\x00\x00\x3f", ANSWER_WITHIN)
    with pytest.raises(ValueError, match="under way"):
        host.command(b"\x00\x00\x3f", ANSWER_WITHIN)
