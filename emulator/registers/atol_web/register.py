"""The register behind the server: a task's JSON in, its subtask's JSON out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any, Final

from emulator.registers.assembly import MakeDrive, assembled
from emulator.registers.atol_web import marking, queries, receipts, shifts
from emulator.registers.atol_web.core import DENIED, Core, Handlers
from emulator.registers.atol_web.memory import AtolWebMemory
from emulator.registers.executor import Executor, Question
from emulator.registers.refusals import Refusal
from emulator.storage import Storage
from protocols.atol_web import errors, results, text
from protocols.atol_web.commands import parse_task, row_of
from protocols.atol_web.receipts import TaskFaults
from protocols.atol_web.text import NotJson
from protocols.rows import Effect

HANDLERS: Final[Handlers] = {**receipts.HANDLERS, **shifts.HANDLERS, **queries.HANDLERS, **marking.HANDLERS}


class AtolWebRegister(Executor):
    """A message is the JSON of one task; the answer is that of a finished subtask, nested as in v2."""

    core: Core
    denied = DENIED
    busy = errors.BUSY
    drive_timeout = errors.FN_EXCHANGE

    def __init__(
        self,
        make_drive: MakeDrive,
        storage: Storage,
        *,
        now: Callable[[], datetime],
        rng: Random,
        quirks: frozenset[str] = frozenset(),
        real_speed: bool = False,
    ) -> None:
        self.core = assembled(
            Core, AtolWebMemory, make_drive, storage, now=now, rng=rng, quirks=quirks, real_speed=real_speed
        )

    def code_of(self, message: bytes) -> int:
        try:
            row = row_of(text.read(message))
        except NotJson:
            row = None
        return -1 if row is None else row.code

    def carry_out(self, message: bytes) -> Any:
        try:
            row, task = parse_task(text.read(message))
            if self.core.memory.clock_lost and row.effect is not Effect.READ and row.name != "setDateTime":
                raise Refusal(errors.CLOCK_NOT_SET)
            return HANDLERS[row.name](self.core, task, row.name)
        except (NotJson, TaskFaults):
            raise Refusal(errors.TASK_PARSE) from None

    def go_on(self, question: Question, answer: bytes | None) -> bytes | Question:
        """As `resume`, for a task that asks about several codes."""
        return self._answered(question.command, lambda: question.then(answer))

    def encode(self, message: bytes, reply: Any) -> bytes:
        return text.write(results.ready(reply).nested())

    def refuse(self, message: bytes, number: int) -> bytes:
        return text.write(results.ended(number).nested())

    def of_drive(self, number: int) -> int:
        return errors.of_drive(number)

    @property
    def marking_timeout(self) -> float:
        return self.core.patience
