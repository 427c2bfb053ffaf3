"""Both low levels of an emulated ATOL register, spoken to by a host's end of the same protocols."""

from __future__ import annotations

import pytest

from emulator.registers.atol.connection import AtolWire, FrameFraming, TaskFraming
from protocols.atol.commands import COMMANDS, encode_error, encode_request
from protocols.atol.commands import receipts as r
from protocols.atol.commands import state as s
from protocols.atol.exchange_v2 import Answered, HostV2, Write
from protocols.atol.framing_v3 import ASYNC_ID, Packet, PacketLink, encode_v3
from protocols.atol.tasks import (
    Abort,
    Ack,
    Action,
    Add,
    Answer,
    Finished,
    Refused,
    Req,
    State,
    TaskError,
    TaskState,
    encode_action,
    parse_answer,
)
from protocols.framing import DeviceFraming, Execute, Send

STATE = encode_request(s.GetState())
OPEN_SHIFT = encode_request(r.OpenShift(0))
OK = b"\x55\0\0"
SHIFT_OPEN = encode_error(COMMANDS[0x9A], 0x9C)


class Peer:
    """A host of protocol 3 with the device it talks to. Commands are answered from `answers`, by code."""

    def __init__(self, answers: dict[int, bytes]) -> None:
        self.device = TaskFraming()
        self.executed: list[bytes] = []
        self._answers = answers
        self._link = PacketLink()

    def say(self, *actions: Action) -> list[tuple[int, Answer]]:
        """All in one chunk; what came back, with the ids of the packets."""
        return self.hear(b"".join(self._link.request(encode_action(action))[1] for action in actions))

    def hear(self, data: bytes) -> list[tuple[int, Answer]]:
        sent = b""
        self.device.feed(data)
        while (event := self.device.poll()) is not None:
            if isinstance(event, Send):
                sent += event.data
                continue
            self.executed.append(event.message)
            sent += event.acknowledge + self.device.answer(self._answers[event.message[2]])
        return [
            (event.number, parse_answer(event.data)) for event in self._link.feed(sent) if isinstance(event, Packet)
        ]


def test_a_result_comes_as_a_packet_of_its_own() -> None:
    peer = Peer({0x9A: OK})
    assert peer.say(Abort()) == [(1, State(TaskState.RESULT))]
    assert peer.say(Add(1, 1, OPEN_SHIFT)) == [
        (2, State(TaskState.IN_PROGRESS)),
        (ASYNC_ID, Finished(1, failed=False, result=OK)),
    ]
    assert peer.say(Req(1)) == [(3, State(TaskState.RESULT, OK))]
    assert peer.say(Ack(1), Ack(1)) == [(4, State(TaskState.RESULT)), (5, Refused(TaskError.NOT_FOUND))]


def test_errors_are_told_by_every_shape_of_answer() -> None:
    peer = Peer({0x9A: SHIFT_OPEN, 0xA5: b"\x7a", 0x45: b"\x55\x23\x01", 0x3F: b"\x44" + bytes(29)})
    assert peer.say(Add(1, 1, OPEN_SHIFT))[-1] == (ASYNC_ID, Finished(1, failed=True, result=SHIFT_OPEN))
    peer.say(Ack(1))
    assert peer.say(Add(1, 2, encode_request(s.GetDeviceType())))[-1] == (
        ASYNC_ID,
        Finished(2, failed=True, result=b"\x7a"),
    )
    peer.say(Ack(2))
    for task, request in ((3, s.GetStateCode()), (4, s.GetState())):
        [_, (_, said)] = peer.say(Add(1, task, encode_request(request)))
        assert isinstance(said, Finished)
        assert not said.failed


def test_glued_tasks_are_executed_in_order() -> None:
    peer = Peer({0x3F: b"\x44" + bytes(29), 0x9A: OK})
    answers = peer.say(Add(1, 1, STATE), Add(0, 2, OPEN_SHIFT), Add(1, 3, STATE))
    assert peer.executed == [STATE, OPEN_SHIFT, STATE]
    finished = [said.task for _, said in answers if isinstance(said, Finished)]
    assert finished == [1, 3]


def test_what_was_executed_waits_for_the_host_that_comes_back() -> None:
    peer = Peer({0x9A: OK})
    peer.device.feed(encode_v3(1, encode_action(Add(1, 7, OPEN_SHIFT))))
    assert peer.device.poll() == Execute(OPEN_SHIFT, encode_v3(1, b"\xa2"))
    peer.device.answer(OK)  # nobody is there any more
    peer.device.reconnect()
    assert peer.say(Req(7)) == [(1, State(TaskState.RESULT, OK))]
    assert peer.say(Add(1, 7, OPEN_SHIFT)) == [(2, Refused(TaskError.ALREADY_EXISTS))]
    assert peer.executed == []


def test_a_command_that_never_came_leaves_no_task() -> None:
    peer = Peer({})
    packet = encode_v3(1, encode_action(Add(1, 7, OPEN_SHIFT)))
    peer.device.feed(packet)
    assert isinstance(peer.device.poll(), Execute)
    assert peer.device.size(OPEN_SHIFT) == len(packet)
    peer.device.forget()
    assert peer.say(Req(7)) == [(1, Refused(TaskError.NOT_FOUND))]


def test_packets_are_repeated_and_asked_for() -> None:
    peer = Peer({0x9A: OK})
    peer.say(Add(1, 1, OPEN_SHIFT))
    peer.device.feed(encode_v3(ASYNC_ID))
    again = peer.device.poll()
    assert isinstance(again, Send)
    assert PacketLink().feed(again.data) == [Packet(ASYNC_ID, b"\xa6\1" + OK)]
    peer.device.feed(encode_v3(9, b"\xc4")[:-1] + b"\0")
    assert peer.device.poll() == Send(encode_v3(9))
    assert peer.hear(encode_v3(5, b"\x00")) == [(5, Refused(TaskError.ILLEGAL_VALUE))]


def test_a_packet_that_stops_is_given_up() -> None:
    device = TaskFraming()
    device.feed(encode_v3(1, b"\xc4")[:3])
    assert device.mid_frame
    assert device.timeout() == b""
    assert not device.mid_frame


def test_an_exchange_of_protocol_2() -> None:
    host, device = HostV2(), FrameFraming()
    host.command(STATE, 10.0)
    executed: list[bytes] = []
    for _ in range(8):
        while (said := host.poll()) is not None:
            if isinstance(said, Answered):
                assert (said.message, executed) == (b"\x44" + bytes(29), [STATE])
                return
            assert isinstance(said, Write)
            device.feed(said.data)
        while (event := device.poll()) is not None:
            if isinstance(event, Send):
                host.feed(event.data)
            else:
                executed.append(event.message)
                host.feed(device.answer(b"\x44" + bytes(29)))
    pytest.fail("no answer came")


def test_silence_of_protocol_2() -> None:
    device = FrameFraming()
    device.feed(b"\x05")
    assert device.poll() == Send(b"\x06")
    # STX is due within two seconds: four silences of half a second
    for _ in range(3):
        assert device.timeout() == b""
        assert device.mid_frame
    assert device.timeout() == b""
    assert not device.mid_frame
    device.feed(b"\x05\x02\x00")
    assert device.poll() == Send(b"\x06")
    assert device.timeout() == b"\x15"


def test_an_answer_that_is_not_taken_is_offered_again() -> None:
    device = FrameFraming()
    device.feed(b"\x05\x02\x00\x00\x3f\x03\x3c\x04")
    while not isinstance(device.poll(), Execute):
        pass
    assert device.answer(OK) == b"\x05"
    assert [device.timeout() for _ in range(5)] == [b"\x05"] * 4 + [b"\x04"]
    assert not device.mid_frame


@pytest.mark.parametrize(("first", "kind"), [(b"\xfe", TaskFraming), (b"\x00\x05", FrameFraming), (b"\x00", None)])
def test_the_first_byte_chooses(first: bytes, kind: type[DeviceFraming] | None) -> None:
    chosen = AtolWire().choose(first)
    assert type(chosen) is (kind or type(None))
