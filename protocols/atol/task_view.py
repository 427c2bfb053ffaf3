"""What a host knows of its tasks, answer by answer, over broken links too. Pure; the driver asks and decides by it.

The buffer makes the wire idempotent: after a break `Req` tells what became of a task, and adding it again under its
number is refused (B2) where the device has it. What it cannot tell is what B3 means: the task never arrived, or the
device lost its buffer with the power. Then only the fiscal drive knows (`Outcome.UNKNOWN`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from protocols.atol.framing_v3 import next_id
from protocols.atol.tasks import Ack, Action, Add, Answer, Finished, Refused, Req, State, TaskError, TaskFlag, TaskState


class Outcome(Enum):
    """Of one task, as far as the host can tell."""

    UNSENT = "unsent"  # no answer to Add yet: it may be there, or not
    ACCEPTED = "accepted"  # the device has it
    DONE = "done"
    FAILED = "failed"  # executed, the answer is an error
    NOT_EXECUTED = "not executed"  # proven: refused or stopped; the same command may be added anew
    UNKNOWN = "unknown"  # the device does not know it (B3): ask the fiscal drive before anything is sent again

    @property
    def ended(self) -> bool:
        return self not in {Outcome.UNSENT, Outcome.ACCEPTED}


_RUNNING = frozenset({TaskState.PENDING, TaskState.IN_PROGRESS, TaskState.WAITING})


@dataclass(slots=True)
class TaskView:
    """One task. `result` is the answer of the command layer once it came; `sent_before`: an Add went out earlier."""

    number: int
    flags: int
    command: bytes
    outcome: Outcome = Outcome.UNSENT
    result: bytes = b""
    sent_before: bool = False

    @property
    def add(self) -> Add:
        return Add(self.flags, self.number, self.command)

    def broken(self) -> Action:
        """The link broke and is back: what to send first."""
        self.sent_before = True
        return Req(self.number)

    def saw(self, answer: Answer, asked: Action | None) -> Outcome:
        """Take an answer: to the action `asked`, or None for a packet of the device's own."""
        if self.outcome.ended:
            return self.outcome
        match answer:
            case Finished(task, failed, result):
                if task == self.number:
                    self._end(Outcome.FAILED if failed else Outcome.DONE, result)
            case State(state, result) if isinstance(asked, (Add, Req)):
                self._state(state, result, asked)
            case Refused(error) if isinstance(asked, (Add, Req)):
                self._refused(error, asked)
        return self.outcome

    def _state(self, state: TaskState, result: bytes, asked: Action) -> None:
        if state in _RUNNING:
            self.outcome = Outcome.ACCEPTED
        elif state is TaskState.STOPPED:
            self._end(Outcome.NOT_EXECUTED, b"")
        elif state in {TaskState.RESULT, TaskState.ERROR} and (result or isinstance(asked, Req)):
            self._end(Outcome.FAILED if state is TaskState.ERROR else Outcome.DONE, result)

    def _refused(self, error: TaskError, asked: Action) -> None:
        if error is TaskError.ALREADY_EXISTS:
            # Ours from before the break, or another program's: its state tells.
            self.outcome = Outcome.ACCEPTED if self.sent_before else Outcome.UNKNOWN
        elif error is TaskError.NOT_FOUND:
            self._end(Outcome.UNKNOWN, b"")
        elif isinstance(asked, Add):
            self._end(Outcome.UNKNOWN if self.sent_before else Outcome.NOT_EXECUTED, b"")

    def _end(self, outcome: Outcome, result: bytes) -> None:
        self.outcome, self.result = outcome, result


@dataclass(slots=True)
class HostTasks:
    """Numbers for tasks, and those whose end was not acknowledged yet. The first number is 01h."""

    views: dict[int, TaskView] = field(default_factory=dict)
    last: int = 0

    def new(self, command: bytes, flags: int = TaskFlag.NEED_RESULT) -> TaskView:
        """A task under the next free number. The buffer must not be aborted while one is open."""
        number = next_id(self.last)
        while number in self.views:
            number = next_id(number)
            if number == self.last:
                raise ValueError("every task number is in use")
        self.last = number
        view = self.views[number] = TaskView(number, flags, command)
        return view

    def saw(self, answer: Finished) -> TaskView | None:
        """A packet of the device's own: the task it ends, None for one that is not (or no longer) ours."""
        view = self.views.get(answer.task)
        if view is not None:
            view.saw(answer, None)
        return view

    def acknowledge(self, view: TaskView) -> Ack | None:
        """Forget an ended task; what to send so that the device does, too (None: it has nothing to forget)."""
        if not view.outcome.ended:
            raise ValueError(f"task {view.number} has not ended")
        self.views.pop(view.number, None)
        return Ack(view.number) if view.outcome in {Outcome.DONE, Outcome.FAILED} else None
