"""Whatever a line does to bytes, a command is executed at most once, and an answer is the command's own."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from atol_station import Scripted, Station
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_loop import run_virtual, virtual
from wire_peers import BadLine

from devices.errors import LinkError, ProtocolError
from devices.links.pair import PairLink
from devices.registers.atol.exchange import Exchange
from devices.registers.atol.options import Options
from devices.registers.timing import Timeouts
from protocols.atol.commands import parse_request
from protocols.atol.commands.receipts import CashIn
from protocols.atol.commands.state import GetCash, GetStateCode, ReadField, WriteField
from protocols.atol.framing_v3 import ASYNC_ID, encode_v3
from protocols.atol.tasks import (
    Abort,
    Ack,
    Action,
    Add,
    Finished,
    Refused,
    Req,
    State,
    TaskError,
    TaskState,
    encode_answer,
)

DONE = b"\x55\0\0"
STATE = b"\x55\0\0"


class Register:
    """A settings field: writes are kept in order, a read answers the last one."""

    def __init__(self) -> None:
        self.written: list[int] = []

    def __call__(self, message: bytes) -> bytes:
        _, request, _ = parse_request(message)
        if isinstance(request, WriteField):
            self.written.append(int.from_bytes(request.value, "big"))
        if isinstance(request, ReadField):
            return b"\x55\0" + (self.written[-1] if self.written else 0).to_bytes(2, "big")
        return DONE


async def write_and_read(protocol: str, seed: int, faults: int) -> bool:
    """Whether the line held to the end."""
    register = Register()
    station = Station(register, protocol, BadLine(Random(seed), most=faults))
    exchange = Exchange(PairLink(lambda: station), Timeouts(), Options(protocol=protocol))
    sent: list[int] = []
    try:
        await exchange.open()
        for value in range(0x0101, 0x0108):
            sent.append(value)
            await exchange.ask(WriteField(2, 1, 1, value.to_bytes(2, "big")))
            assert register.written[-1] == value
            answer = await exchange.ask(ReadField(2, 1, 1))
            assert int.from_bytes(answer.value, "big") == value
    except (LinkError, ProtocolError):
        # Lost, and said so: the last write may or may not have happened, the others did, each once.
        assert register.written in (sent, sent[:-1])
        return False
    assert register.written == sent
    return True


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), faults=st.integers(0, 6))
@pytest.mark.parametrize("protocol", ["2", "3"])
def test_at_most_once_on_a_bad_line(protocol: str, seed: int, faults: int) -> None:
    run_virtual(write_and_read(protocol, seed, faults))


@pytest.mark.parametrize(("protocol", "most"), [("2", 80), ("3", 80)])
def test_most_single_faults_are_healed_without_reconnecting(protocol: str, most: int) -> None:
    assert sum(run_virtual(write_and_read(protocol, seed, 1)) for seed in range(100)) >= most


def usual(action: Action) -> list[Any]:
    """A device that does everything at once."""
    match action:
        case Add(_, task, _):
            return [(None, State(TaskState.IN_PROGRESS)), (ASYNC_ID, Finished(task, False, DONE))]  # noqa: FBT003
        case _:
            return [(None, State(TaskState.RESULT))]


class Case:
    """An exchange with a device that behaves as usual until `after` the opening."""

    def __init__(self, script: Callable[[Action], list[Any]]) -> None:
        self._script = script
        self.opened = False
        self.device = Scripted(self._says)
        self.exchange = Exchange(PairLink(lambda: self.device), Timeouts(), Options(protocol="3"))

    def _says(self, action: Action) -> list[Any]:
        return (self._script if self.opened else usual)(action)

    async def open(self) -> Exchange:
        await self.exchange.open()
        self.opened = True
        self.device.actions.clear()
        return self.exchange


@virtual
async def test_a_result_of_an_old_task_is_not_taken_for_ours() -> None:
    def script(action: Action) -> list[Any]:
        if isinstance(action, Add):
            old = encode_v3(ASYNC_ID, encode_answer(Finished(action.task - 1, False, b"\x55\x9a\0")))  # noqa: FBT003
            return [old, *usual(action)]
        return usual(action)

    case = Case(script)
    exchange = await case.open()
    await exchange.ask(CashIn(0, 700))
    assert len(case.device.added) == 1


@virtual
async def test_numbers_go_on_from_connection_to_connection() -> None:
    case = Case(usual)
    exchange = await case.open()
    await exchange.ask(GetStateCode())
    before = [one.task for one in case.device.added]
    await exchange.close()
    await case.open()
    await exchange.ask(GetStateCode())
    assert not set(before) & {one.task for one in case.device.added}


@virtual
async def test_a_packet_that_was_answered_is_never_sent_again() -> None:
    """The id in a request to repeat may be what was spoilt: an old cash-in would be carried out twice."""
    case = Case(usual)
    exchange = await case.open()
    await exchange.ask(CashIn(0, 700))
    numbers = [packet.number for packet in case.device.packets if packet.data[0] == 0xC1]

    def repeats(action: Action) -> list[Any]:
        return [*(encode_v3(number) for number in numbers), *usual(action)]

    case._script = repeats
    await exchange.ask(GetStateCode())
    sums = [one for one in case.device.added if one.command[2] == 0x49]
    assert len(sums) == 1


@virtual
async def test_a_packet_the_device_could_not_read_is_sent_again() -> None:
    seen: list[int] = []

    def script(action: Action) -> list[Any]:
        number = case.device.packets[-1].number
        if isinstance(action, Add) and number not in seen:
            seen.append(number)
            return [encode_v3(number)]
        return usual(action)

    case = Case(script)
    exchange = await case.open()
    await exchange.ask(CashIn(0, 700))
    assert [one.task for one in case.device.added] == [case.device.added[0].task] * 2


@virtual
async def test_behind_a_failed_task_the_buffer_is_cleared_and_the_command_sent_anew() -> None:
    cleared: list[Action] = []

    def script(action: Action) -> list[Any]:
        if isinstance(action, Abort):
            cleared.append(action)
        if isinstance(action, Add) and not cleared:
            return [(None, State(TaskState.STOPPED, b"\x05"))]
        return usual(action)

    case = Case(script)
    exchange = await case.open()
    await exchange.ask(CashIn(0, 700))
    kinds = [type(one) for one in case.device.actions]
    assert kinds == [Add, Abort, Add, Ack]
    assert len({one.task for one in case.device.added}) == 2


@pytest.mark.parametrize("unknown", [(Add, TaskError.ALREADY_EXISTS), (Req, TaskError.NOT_FOUND)], ids=["B2", "B3"])
@virtual
async def test_what_the_buffer_cannot_tell_is_not_sent_again(unknown: tuple[type, TaskError]) -> None:
    kind, error = unknown

    def script(action: Action) -> list[Any]:
        if isinstance(action, kind):
            return [(None, Refused(error))]
        return [] if isinstance(action, (Add, Req)) else usual(action)

    case = Case(script)
    exchange = await case.open()
    with pytest.raises(LinkError) as lost:
        await exchange.ask(CashIn(0, 700))
    assert lost.value.code == "answer_lost"
    assert len(case.device.added) == 1
    with pytest.raises(LinkError) as closed:
        await exchange.ask(GetStateCode())
    assert closed.value.code == "link_closed"


@virtual
async def test_a_question_whose_task_is_unknown_is_asked_again() -> None:
    def script(action: Action) -> list[Any]:
        if isinstance(action, Req):
            return [(None, Refused(TaskError.NOT_FOUND))]
        return [] if isinstance(action, Add) and len(case.device.added) == 1 else usual(action)

    case = Case(script)
    exchange = await case.open()
    await exchange.ask(GetStateCode())
    assert len(case.device.added) == 2


@virtual
async def test_who_is_at_work_is_waited_for_and_asked_now_and_then() -> None:
    def script(action: Action) -> list[Any]:
        if isinstance(action, (Add, Req)):
            asked = sum(isinstance(one, Req) for one in case.device.actions)
            done = isinstance(action, Req) and asked == 3
            return [(None, State(TaskState.RESULT, DONE) if done else State(TaskState.IN_PROGRESS))]
        return usual(action)

    case = Case(script)
    exchange = await case.open()
    await exchange.ask(CashIn(0, 700))
    assert [type(one) for one in case.device.actions] == [Add, Req, Req, Req, Ack]


@virtual
async def test_who_is_at_work_for_ever_is_given_up() -> None:
    def script(action: Action) -> list[Any]:
        return [(None, State(TaskState.IN_PROGRESS))] if isinstance(action, (Add, Req)) else usual(action)

    case = Case(script)
    exchange = await case.open()
    with pytest.raises(LinkError) as lost:
        await exchange.ask(CashIn(0, 700))
    assert lost.value.code == "answer_lost"


@virtual
async def test_a_good_answer_that_lost_its_zeros_is_no_refusal() -> None:
    """Protocol 2's checksum does not see a lost zero byte."""

    def script(action: Action) -> list[Any]:
        if isinstance(action, Add):
            return [(ASYNC_ID, Finished(action.task, True, b"\x55\x13\x00\x01\x02"))]  # noqa: FBT003
        return usual(action)

    case = Case(script)
    exchange = await case.open()
    with pytest.raises(ProtocolError) as malformed:
        await exchange.ask(GetCash())
    assert malformed.value.code == "answer_malformed"
