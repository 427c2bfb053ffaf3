"""The device's task buffer, a pure machine: actions in, answers out, one task executed at a time (atol_wire §2.2-2.4).

answer = buffer.handle(action)            # goes out under the request's id
while (task := buffer.next()) is not None:
    report = buffer.finish(task.number, result, failed=...)   # goes out under F0h; None: nothing to say
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.atol.tasks import (
    KNOWN_FLAGS,
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
    is_task_number,
)

#: UNCONFIRMED: how many tasks fit. VEND acknowledges none of the dozen of a receipt, CRYS none that wants no result.
CAPACITY = 64
#: UNCONFIRMED: whether tasks and results outlive a power cut (DAN: the last result is lost).
SURVIVES_POWER = False

_FLAGS, _TASK = 0, 1  # parameters that B4 names
_ENDED = frozenset({TaskState.RESULT, TaskState.ERROR, TaskState.STOPPED})


@dataclass(slots=True)
class Task:
    number: int
    flags: int
    command: bytes
    state: TaskState = TaskState.PENDING
    result: bytes = b""


class TaskBuffer:
    """`handle` what the host asks, execute what `next` gives, tell `finish` how it went.

    A failed task without IGNORE_ERROR stops those behind it; nothing is taken or executed until it is acknowledged or
    the buffer aborted (VEND: the queue has to be started anew; A4J acknowledges, TC and CRYS abort). An aborted task
    that is being executed goes on, but nobody hears of it any more (UNCONFIRMED).
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self.capacity = capacity
        self._tasks: dict[int, Task] = {}
        self._running: Task | None = None
        self._failed: Task | None = None

    @property
    def tasks(self) -> tuple[Task, ...]:
        """In order of arrival."""
        return tuple(self._tasks.values())

    @property
    def running(self) -> Task | None:
        return self._running

    def handle(self, action: Action) -> Answer:
        match action:
            case Add():
                return self._add(action)
            case Ack(task):
                return self._acknowledge(task)
            case Req(task):
                return self._describe(task)
            case AckAdd(acknowledged, add):
                answer = self._acknowledge(acknowledged)
                return answer if isinstance(answer, Refused) else self._add(add)
            case Abort():
                return self._abort()

    def next(self) -> Task | None:
        """The task to execute now; it is the running one until `finish`."""
        if self._running is not None:
            return None
        task = next((task for task in self._tasks.values() if task.state is TaskState.PENDING), None)
        if task is not None:
            task.state = TaskState.IN_PROGRESS
            self._running = task
        return task

    def wait(self) -> None:
        """The running task waits for an external device."""
        if self._running is not None:
            self._running.state = TaskState.WAITING

    def finish(self, number: int, result: bytes, *, failed: bool) -> Finished | None:
        """Store what became of the running task. What the device says by itself; None when nobody wants to know."""
        task, self._running = self._running, None
        if task is None or task.number != number:
            raise ValueError(f"task {number} is not being executed")
        if self._tasks.get(number) is not task:
            return None  # aborted meanwhile
        task.state, task.result = TaskState.ERROR if failed else TaskState.RESULT, result
        if failed and not task.flags & TaskFlag.IGNORE_ERROR:
            self._failed = task
            for other in self._tasks.values():
                if other.state is TaskState.PENDING:
                    other.state = TaskState.STOPPED
        if failed or task.flags & TaskFlag.NEED_RESULT:
            return Finished(number, failed, result)
        del self._tasks[number]
        return None

    def forget(self) -> None:
        """The running task is gone as if it had never come."""
        task, self._running = self._running, None
        if task is not None and self._tasks.get(task.number) is task:
            del self._tasks[task.number]

    def lose_power(self) -> None:
        """What was being executed is gone; the rest, too, unless it is kept."""
        self._running = None
        if not SURVIVES_POWER:
            self._tasks.clear()
            self._failed = None

    def _add(self, add: Add) -> Answer:
        if add.flags & ~KNOWN_FLAGS:
            return Refused(TaskError.ILLEGAL_VALUE, _FLAGS)
        if not is_task_number(add.task):
            return Refused(TaskError.ILLEGAL_VALUE, _TASK)
        if add.task in self._tasks:
            return Refused(TaskError.ALREADY_EXISTS)
        if self._failed is not None:
            return State(TaskState.STOPPED, bytes((self._failed.number,)))
        if len(self._tasks) >= self.capacity:
            return Refused(TaskError.OVERFLOW)
        # TC takes "pending" for a failure: an idle device begins at once and says so.
        idle = self._running is None and not any(task.state is TaskState.PENDING for task in self._tasks.values())
        self._tasks[add.task] = Task(add.task, add.flags, add.command)
        return State(TaskState.IN_PROGRESS if idle else TaskState.PENDING)

    def _acknowledge(self, number: int) -> Answer:
        """B3 for a task that is not there: A4J acknowledges every A3 it sees and would never stop (§2.4)."""
        task = self._tasks.get(number)
        if task is None:
            return Refused(TaskError.NOT_FOUND)
        if task.state not in _ENDED:
            return State(task.state)
        del self._tasks[number]
        if self._failed is task:
            self._failed = None
        return State(TaskState.RESULT)

    def _describe(self, number: int) -> Answer:
        task = self._tasks.get(number)
        if task is None:
            return Refused(TaskError.NOT_FOUND)
        if task.state is TaskState.STOPPED and self._failed is not None:
            return State(task.state, bytes((self._failed.number,)))
        return State(task.state, task.result)

    def _abort(self) -> Answer:
        """VEND wants A3 and nothing else."""
        self._tasks.clear()
        self._failed = None
        return State(TaskState.RESULT)
