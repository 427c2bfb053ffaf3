"""The task layer of protocol 3: commands become tasks in a buffer, results come back by task id (atol_wire §2.2).

encode_action(Add(NEED_RESULT, 1, command)) -> data of a packet; parse_answer(data) -> what the device says of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

from protocols.atol.framing_v3 import LAST_ID
from protocols.wire import Truncated, WireError


class Code(IntEnum):
    """First byte of what a host sends."""

    ADD = 0xC1
    ACK = 0xC2
    REQ = 0xC3
    ABORT = 0xC4
    ACK_ADD = 0xC5


class TaskFlag(IntFlag):
    NEED_RESULT = 0x01  # bring the result; without it only an error is told (CRYS waits for those alone)
    IGNORE_ERROR = 0x02  # an error does not stop the tasks behind
    WAIT_ASYNC_DATA = 0x04  # wait for data of an external device


KNOWN_FLAGS = 0x07


class TaskState(IntEnum):
    """First byte of what the device says about a task."""

    PENDING = 0xA1
    IN_PROGRESS = 0xA2
    RESULT = 0xA3
    ERROR = 0xA4
    STOPPED = 0xA5  # waited when a task before it failed: never executed
    ASYNC_RESULT = 0xA6
    ASYNC_ERROR = 0xA7
    WAITING = 0xA8  # for an external device


class TaskError(IntEnum):
    OVERFLOW = 0xB1
    ALREADY_EXISTS = 0xB2
    NOT_FOUND = 0xB3
    ILLEGAL_VALUE = 0xB4


STATE_TEXT = {
    TaskState.PENDING: "ждёт в буфере",
    TaskState.IN_PROGRESS: "исполняется",
    TaskState.RESULT: "исполнено",
    TaskState.ERROR: "исполнено с ошибкой",
    TaskState.STOPPED: "снято: перед ним была ошибка",
    TaskState.ASYNC_RESULT: "исполнено",
    TaskState.ASYNC_ERROR: "исполнено с ошибкой",
    TaskState.WAITING: "ждёт внешнее устройство",
}
TASK_ERROR_TEXT = {
    TaskError.OVERFLOW: "в буфере нет места",
    TaskError.ALREADY_EXISTS: "задание с таким номером уже в буфере",
    TaskError.NOT_FOUND: "задания с таким номером нет",
    TaskError.ILLEGAL_VALUE: "недопустимое значение",
}
#: Parameter that B4 names.
PARAMETER_TEXT = {0: "флаги", 1: "номер задания"}

#: UNCONFIRMED: whether C5 names the task to acknowledge before the flags and id of the new one (no client sends it).
ACK_ID_FIRST = True


@dataclass(frozen=True, slots=True)
class Add:
    """`command`: password, code and parameters of the command layer."""

    flags: int
    task: int
    command: bytes


@dataclass(frozen=True, slots=True)
class Ack:
    """The result was received: the task may leave the buffer."""

    task: int


@dataclass(frozen=True, slots=True)
class Req:
    """What became of the task?"""

    task: int


@dataclass(frozen=True, slots=True)
class Abort:
    """Cancel what waits and clear the buffer."""


@dataclass(frozen=True, slots=True)
class AckAdd:
    """Ack of one task and Add of another in one packet."""

    acknowledged: int
    add: Add


Action = Add | Ack | Req | Abort | AckAdd


@dataclass(frozen=True, slots=True)
class State:
    """An answer under the request's own id. `result` follows A3 and A4; A5 brings the task that failed (VEND)."""

    state: TaskState
    result: bytes = b""


@dataclass(frozen=True, slots=True)
class Finished:
    """The device's own packet: a task is done. `result` is the answer of the command layer."""

    task: int
    failed: bool
    result: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """The buffer did not do what was asked. `parameter` of B4: 0 flags, 1 task id."""

    error: TaskError
    parameter: int | None = None


Answer = State | Finished | Refused


def encode_action(action: Action) -> bytes:
    """Data of the host's packet."""
    match action:
        case Add(flags, task, command):
            return bytes((Code.ADD, flags, task)) + command
        case Ack(task):
            return bytes((Code.ACK, task))
        case Req(task):
            return bytes((Code.REQ, task))
        case AckAdd(acknowledged, Add(flags, task, command)):
            head = (acknowledged, flags, task) if ACK_ID_FIRST else (flags, acknowledged, task)
            return bytes((Code.ACK_ADD, *head)) + command
        case _:
            return bytes((Code.ABORT,))


def parse_action(data: bytes) -> Action:
    """What a host's packet asks; WireError when it is no action."""
    if not data:
        raise Truncated("an empty packet has no action")
    code, rest = data[0], data[1:]
    if code == Code.ABORT:
        return _exact(Abort(), rest, 0)
    if code in {Code.ACK, Code.REQ}:
        if not rest:
            raise Truncated("the task's number is missing")
        return _exact(Ack(rest[0]) if code == Code.ACK else Req(rest[0]), rest, 1)
    if code not in {Code.ADD, Code.ACK_ADD}:
        raise WireError(f"{code:02X}h is no action of the task buffer")
    size = 2 if code == Code.ADD else 3
    if len(rest) < size:
        raise Truncated("flags or task number are missing")
    if code == Code.ADD:
        return Add(rest[0], rest[1], rest[2:])
    acknowledged, flags = (rest[0], rest[1]) if ACK_ID_FIRST else (rest[1], rest[0])
    return AckAdd(acknowledged, Add(flags, rest[2], rest[3:]))


def _exact(action: Action, rest: bytes, size: int) -> Action:
    if len(rest) != size:
        raise WireError(f"{len(rest) - size} bytes after the action")
    return action


def encode_answer(answer: Answer) -> bytes:
    """Data of the device's packet."""
    match answer:
        case State(state, result):
            return bytes((state,)) + result
        case Finished(task, failed, result):
            return bytes((TaskState.ASYNC_ERROR if failed else TaskState.ASYNC_RESULT, task)) + result
        case Refused(error, parameter):
            return bytes((error,)) if parameter is None else bytes((error, parameter))


def parse_answer(data: bytes) -> Answer:
    """What the device says; WireError for a byte that is neither a state nor an error."""
    if not data:
        raise Truncated("an empty packet has no state")
    first, rest = data[0], data[1:]
    if first in {TaskState.ASYNC_RESULT, TaskState.ASYNC_ERROR}:
        if not rest:
            raise Truncated("the task's number is missing")
        return Finished(rest[0], first == TaskState.ASYNC_ERROR, rest[1:])
    if first in _STATES:
        return State(TaskState(first), rest)
    if first in _ERRORS:
        return Refused(TaskError(first), rest[0] if rest else None)
    raise WireError(f"{first:02X}h is no state of a task")


_STATES = frozenset(TaskState)
_ERRORS = frozenset(TaskError)


def is_task_number(number: int) -> bool:
    return 0 <= number <= LAST_ID
