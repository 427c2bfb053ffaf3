"""The task layer: the device's buffer, and what a host may conclude from its answers after a broken link."""

from __future__ import annotations

import random

import pytest

from protocols.atol.task_buffer import TaskBuffer
from protocols.atol.task_view import HostTasks, Outcome, TaskView
from protocols.atol.tasks import (
    Abort,
    Ack,
    AckAdd,
    Action,
    Add,
    Answer,
    Finished,
    Refused,
    Req,
    State,
    TaskError,
    TaskFlag,
    TaskState,
    encode_action,
    encode_answer,
    parse_action,
    parse_answer,
)
from protocols.wire import WireError

NEED = TaskFlag.NEED_RESULT
COMMAND = b"\0\0\x3f"
OK, BAD = b"\x55\0\0", b"\x55\x9c\0"
DONE = State(TaskState.RESULT)


def add(task: int, flags: int = NEED, command: bytes = COMMAND) -> Add:
    return Add(flags, task, command)


def run(buffer: TaskBuffer, result: bytes = OK, *, failed: bool = False) -> Finished | None:
    task = buffer.next()
    assert task is not None
    return buffer.finish(task.number, result, failed=failed)


ACTIONS: list[tuple[str, Action]] = [
    ("C1 01 02 00 00 3F", add(2)),
    ("C1 00 DF", Add(0, 0xDF, b"")),
    ("C2 05", Ack(5)),
    ("C3 05", Req(5)),
    ("C4", Abort()),
    ("C5 04 01 05 00 00 3F", AckAdd(4, add(5))),
]
ANSWERS: list[tuple[str, Answer]] = [
    ("A1", State(TaskState.PENDING)),
    ("A2", State(TaskState.IN_PROGRESS)),
    ("A3 55 00 00", State(TaskState.RESULT, OK)),
    ("A4 55 9C 00", State(TaskState.ERROR, BAD)),
    ("A5 07", State(TaskState.STOPPED, b"\x07")),
    ("A6 07 55 00 00", Finished(7, failed=False, result=OK)),
    ("A7 07 55 9C 00", Finished(7, failed=True, result=BAD)),
    ("A8", State(TaskState.WAITING)),
    ("B1", Refused(TaskError.OVERFLOW)),
    ("B2", Refused(TaskError.ALREADY_EXISTS)),
    ("B3", Refused(TaskError.NOT_FOUND)),
    ("B4 01", Refused(TaskError.ILLEGAL_VALUE, 1)),
]


@pytest.mark.parametrize(("raw", "action"), ACTIONS)
def test_actions(raw: str, action: Action) -> None:
    assert encode_action(action) == bytes.fromhex(raw)
    assert parse_action(bytes.fromhex(raw)) == action


@pytest.mark.parametrize(("raw", "answer"), ANSWERS)
def test_answers(raw: str, answer: Answer) -> None:
    assert encode_answer(answer) == bytes.fromhex(raw)
    assert parse_answer(bytes.fromhex(raw)) == answer


@pytest.mark.parametrize("raw", ["", "C0", "C1", "C1 01", "C2", "C3 01 02", "C4 00", "C5 01 02"])
def test_what_is_no_action(raw: str) -> None:
    with pytest.raises(WireError):
        parse_action(bytes.fromhex(raw))


@pytest.mark.parametrize("raw", ["", "A0", "A6", "A9", "B5", "55 00 00"])
def test_what_is_no_answer(raw: str) -> None:
    with pytest.raises(WireError):
        parse_answer(bytes.fromhex(raw))


def test_the_normal_sequence() -> None:
    # §2.3; TC takes A1 for a failure, so an idle device says A2; VEND wants A3 to Abort
    buffer = TaskBuffer()
    assert buffer.handle(Abort()) == DONE
    assert buffer.handle(add(1)) == State(TaskState.IN_PROGRESS)
    assert buffer.handle(add(2)) == State(TaskState.PENDING)
    assert run(buffer) == Finished(1, failed=False, result=OK)
    assert buffer.handle(Req(1)) == State(TaskState.RESULT, OK)
    assert buffer.handle(Ack(1)) == DONE
    assert buffer.handle(Ack(1)) == Refused(TaskError.NOT_FOUND)
    assert run(buffer) == Finished(2, failed=False, result=OK)
    assert [task.number for task in buffer.tasks] == [2]


def test_a_task_is_described_while_it_runs() -> None:
    buffer = TaskBuffer()
    buffer.handle(add(1))
    assert buffer.handle(Req(1)) == State(TaskState.PENDING)
    assert buffer.next() is buffer.running
    assert buffer.next() is None
    assert buffer.handle(Req(1)) == State(TaskState.IN_PROGRESS)
    assert buffer.handle(Ack(1)) == State(TaskState.IN_PROGRESS)
    buffer.wait()
    assert buffer.handle(Req(1)) == State(TaskState.WAITING)
    assert buffer.handle(Req(9)) == Refused(TaskError.NOT_FOUND)


def test_what_the_buffer_refuses() -> None:
    buffer = TaskBuffer(capacity=2)
    assert buffer.handle(add(1, flags=0x08)) == Refused(TaskError.ILLEGAL_VALUE, 0)
    assert buffer.handle(add(0xE0)) == Refused(TaskError.ILLEGAL_VALUE, 1)
    buffer.handle(add(0))
    assert buffer.handle(add(0)) == Refused(TaskError.ALREADY_EXISTS)
    buffer.handle(add(0xDF))
    assert buffer.handle(add(5)) == Refused(TaskError.OVERFLOW)
    with pytest.raises(ValueError, match="not being executed"):
        buffer.finish(0, OK, failed=False)


def test_an_error_stops_what_waits_until_it_is_acknowledged() -> None:
    buffer = TaskBuffer()
    for number in (1, 2, 3):
        buffer.handle(add(number))
    assert run(buffer, BAD, failed=True) == Finished(1, failed=True, result=BAD)
    assert buffer.next() is None
    assert buffer.handle(Req(2)) == State(TaskState.STOPPED, b"\x01")
    assert buffer.handle(add(4)) == State(TaskState.STOPPED, b"\x01")
    assert buffer.handle(Req(4)) == Refused(TaskError.NOT_FOUND)
    assert buffer.handle(Ack(2)) == DONE
    assert buffer.handle(Ack(1)) == DONE
    assert buffer.next() is None  # task 3 stays stopped
    assert buffer.handle(add(4)) == State(TaskState.IN_PROGRESS)
    assert run(buffer) == Finished(4, failed=False, result=OK)


def test_an_error_that_is_to_be_ignored_stops_nothing() -> None:
    # VEND's flags
    buffer = TaskBuffer()
    buffer.handle(add(1, NEED | TaskFlag.IGNORE_ERROR))
    buffer.handle(add(2))
    run(buffer, BAD, failed=True)
    assert run(buffer) == Finished(2, failed=False, result=OK)


def test_a_task_without_result_leaves_by_itself_and_tells_errors_only() -> None:
    # CRYS sends most commands so, and waits for A7 of any of them
    buffer = TaskBuffer()
    buffer.handle(add(1, 0))
    assert run(buffer) is None
    assert buffer.tasks == ()
    buffer.handle(add(2, 0))
    assert run(buffer, BAD, failed=True) == Finished(2, failed=True, result=BAD)


def test_abort_clears_and_what_runs_ends_in_silence() -> None:
    buffer = TaskBuffer()
    buffer.handle(add(1))
    buffer.handle(add(2))
    task = buffer.next()
    assert task is not None
    assert buffer.handle(Abort()) == DONE
    assert buffer.tasks == ()
    assert buffer.handle(add(1)) == State(TaskState.PENDING)  # the old one still runs
    assert buffer.finish(task.number, OK, failed=False) is None
    assert run(buffer) == Finished(1, failed=False, result=OK)


def test_a_task_that_never_came() -> None:
    buffer = TaskBuffer()
    buffer.handle(add(1))
    buffer.next()
    buffer.forget()
    assert buffer.handle(Req(1)) == Refused(TaskError.NOT_FOUND)
    assert buffer.handle(add(1)) == State(TaskState.IN_PROGRESS)


def test_acknowledge_and_add_at_once() -> None:
    buffer = TaskBuffer()
    buffer.handle(add(1))
    run(buffer)
    assert buffer.handle(AckAdd(1, add(2))) == State(TaskState.IN_PROGRESS)
    assert buffer.handle(AckAdd(9, add(3))) == Refused(TaskError.NOT_FOUND)
    assert [task.number for task in buffer.tasks] == [2]


def test_power_takes_the_buffer_along() -> None:
    buffer = TaskBuffer()
    buffer.handle(add(1))
    buffer.next()
    buffer.lose_power()
    assert buffer.handle(Req(1)) == Refused(TaskError.NOT_FOUND)
    assert buffer.handle(add(2)) == State(TaskState.IN_PROGRESS)


# --- the host's view


def view() -> TaskView:
    return HostTasks().new(COMMAND)


def test_numbers_of_tasks() -> None:
    tasks = HostTasks()
    first = tasks.new(COMMAND)
    assert (first.number, first.add) == (1, add(1))
    tasks.last = 0xDF
    assert tasks.new(COMMAND).number == 0
    assert tasks.new(COMMAND).number == 2  # 1 is still open
    for _ in range(0xE0 - 3):
        tasks.new(COMMAND)
    with pytest.raises(ValueError, match="every task number"):
        tasks.new(COMMAND)


#: (answer, what it answers) -> the outcome of a task that was never sent before, and of one that was.
KNOWN: list[tuple[Answer, type[Add | Req | Ack] | None, Outcome, Outcome]] = [
    (State(TaskState.PENDING), Add, Outcome.ACCEPTED, Outcome.ACCEPTED),
    (State(TaskState.WAITING), Req, Outcome.ACCEPTED, Outcome.ACCEPTED),
    (State(TaskState.RESULT, OK), Add, Outcome.DONE, Outcome.DONE),
    (State(TaskState.RESULT, OK), Req, Outcome.DONE, Outcome.DONE),
    (State(TaskState.ERROR, BAD), Req, Outcome.FAILED, Outcome.FAILED),
    (State(TaskState.STOPPED, b"\x05"), Req, Outcome.NOT_EXECUTED, Outcome.NOT_EXECUTED),
    (Finished(1, failed=False, result=OK), None, Outcome.DONE, Outcome.DONE),
    (Finished(1, failed=True, result=BAD), None, Outcome.FAILED, Outcome.FAILED),
    (Finished(2, failed=False, result=OK), None, Outcome.UNSENT, Outcome.UNSENT),
    (Refused(TaskError.OVERFLOW), Add, Outcome.NOT_EXECUTED, Outcome.UNKNOWN),
    (Refused(TaskError.ILLEGAL_VALUE, 0), Add, Outcome.NOT_EXECUTED, Outcome.UNKNOWN),
    (Refused(TaskError.ALREADY_EXISTS), Add, Outcome.UNKNOWN, Outcome.ACCEPTED),
    (Refused(TaskError.NOT_FOUND), Req, Outcome.UNKNOWN, Outcome.UNKNOWN),
    (State(TaskState.RESULT), Ack, Outcome.UNSENT, Outcome.UNSENT),
]


@pytest.mark.parametrize(("answer", "asked", "fresh", "again"), KNOWN)
def test_what_an_answer_tells(
    answer: Answer, asked: type[Add | Req | Ack] | None, fresh: Outcome, again: Outcome
) -> None:
    for outcome, broken in ((fresh, False), (again, True)):
        task = view()
        if broken:
            assert task.broken() == Req(1)
        question = {None: None, Add: task.add, Req: Req(1), Ack: Ack(1)}[asked]
        assert task.saw(answer, question) is outcome


def test_the_end_of_a_task_is_final_and_acknowledged_once() -> None:
    tasks = HostTasks()
    task = tasks.new(COMMAND)
    with pytest.raises(ValueError, match="has not ended"):
        tasks.acknowledge(task)
    assert tasks.saw(Finished(1, failed=False, result=OK)) is task
    assert task.saw(Finished(1, failed=True, result=BAD), None) is Outcome.DONE
    assert task.result == OK
    assert tasks.acknowledge(task) == Ack(1)
    assert tasks.saw(Finished(1, failed=False, result=OK)) is None


def test_nothing_is_acknowledged_that_the_device_does_not_have() -> None:
    tasks = HostTasks()
    task = tasks.new(COMMAND)
    task.saw(Refused(TaskError.OVERFLOW), task.add)
    assert tasks.acknowledge(task) is None


@pytest.mark.parametrize("seed", range(30))
def test_a_command_is_executed_once_over_a_line_that_breaks(seed: int) -> None:
    """Host and device with every packet lost now and then, and power, too: executed once, or the host is in doubt."""
    chance = random.Random(seed)
    buffer, tasks = TaskBuffer(), HostTasks()
    executed: dict[int, int] = {}

    def device() -> Finished | None:
        task = buffer.next()
        if task is None:
            return None
        executed[task.number] = executed.get(task.number, 0) + 1
        return buffer.finish(task.number, OK, failed=False)

    for _ in range(30):
        task = tasks.new(COMMAND)
        action: Action = task.add
        while not task.outcome.ended:
            arrived = chance.random() < 0.7
            answer = buffer.handle(action) if arrived else None
            report = device()
            if chance.random() < 0.05:
                buffer.lose_power()
            if report is not None and chance.random() < 0.7:
                tasks.saw(report)
            if answer is not None and chance.random() < 0.7:
                task.saw(answer, action)
            action = task.broken()
        assert executed.get(task.number, 0) <= 1
        if task.outcome is Outcome.DONE:
            assert executed[task.number] == 1
        assert task.outcome is not Outcome.NOT_EXECUTED
        acknowledge = tasks.acknowledge(task)
        if acknowledge is not None:
            buffer.handle(acknowledge)
