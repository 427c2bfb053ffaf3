"""The cable between the server and its register: one task at a time, with the faults that strike it there.

What a fault does to bytes on other families' lines comes to the driver's error numbers here: no answer is 2, an answer
that is spoilt is 241.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from emulator.faults import Fault, FaultKind, FaultPoint, PowerLoss
from emulator.registers.atol_web.register import AtolWebRegister
from emulator.registers.base import Power
from emulator.registers.executor import Question
from emulator.registers.line import struck
from protocols.atol_web import errors, results, text
from protocols.atol_web.results import Subtask

#: Faults of an answer after which the server knows nothing.
_UNHEARD: Final = frozenset({FaultKind.DROP_ANSWER, FaultKind.CUT, FaultKind.LATE_ANSWER, FaultKind.STALL})
_UNSENT: Final = frozenset(
    {FaultKind.LOSE_COMMAND, FaultKind.CUT_BEFORE, FaultKind.CUT_REQUEST, FaultKind.STALL_REQUEST}
)


class RegisterLine:
    """`do` answers the subtask that a task came to. PowerLoss: the machine that both run on lost its power."""

    def __init__(self, register: AtolWebRegister, power: Power) -> None:
        self.register = register
        self._power = power
        self._alone = asyncio.Lock()
        self._dead_until = 0.0
        self._asking: asyncio.Task[None] | None = None

    async def do(self, task: Mapping[str, Any]) -> Subtask:
        async with self._alone:
            (subtask,) = results.read_subtasks({"results": [text.read(await self._answer(text.write(task)))]})
            self._ask_aside()
            return subtask

    def cut(self) -> None:
        """The power is gone."""
        if self._asking is not None:
            self._asking.cancel()

    async def _answer(self, message: bytes) -> bytes:
        register, faults = self.register, self._power.faults
        code = register.code_of(message)
        if asyncio.get_running_loop().time() < self._dead_until:
            return register.refuse(message, errors.NO_CONNECTION)
        fault = faults.take(code, FaultPoint.COMMAND)
        refused = None if fault is None else self._strike(fault, message)
        if refused is not None:
            return refused
        reply = register.start(message)
        while isinstance(reply, Question):
            reply = register.go_on(reply, await self._ask(reply.message))
        fault = faults.take(code, FaultPoint.ANSWER)
        return reply if fault is None else await self._spoil(fault, message, reply)

    def _strike(self, fault: Fault, message: bytes) -> bytes | None:
        """What a fault before the task makes of it; None: it is carried out all the same."""
        register = self.register
        if fault.kind in _UNSENT:
            self._silence(fault.seconds)
            return register.refuse(message, errors.NO_CONNECTION)
        return struck(register, message, fault, self._power.by_hand)

    async def _spoil(self, fault: Fault, message: bytes, answer: bytes) -> bytes:
        if fault.kind in _UNHEARD:
            self._silence(fault.seconds)
            return self.register.refuse(message, errors.NO_CONNECTION)
        match fault.kind:
            case FaultKind.RESTART_AFTER:
                raise PowerLoss(fault.seconds)
            case FaultKind.GARBLE:
                return self.register.refuse(message, errors.CONNECTION_LOST)
            case FaultKind.SLOW | FaultKind.DELAY:
                await asyncio.sleep(fault.seconds)
        return answer

    def _silence(self, seconds: float) -> None:
        self._dead_until = asyncio.get_running_loop().time() + seconds

    # --- the marking system

    async def _ask(self, message: bytes) -> bytes | None:
        return await self._power.ask_oism(self.register.drive.number, message, self.register.marking_timeout)

    def _ask_aside(self) -> None:
        """A check that was begun goes on while other tasks run."""
        core = self.register.core
        if core.question is not None and (self._asking is None or self._asking.done()):
            self._asking = asyncio.get_running_loop().create_task(self._hear(core.question))

    async def _hear(self, question: bytes) -> None:
        core = self.register.core
        answer = await self._ask(question)
        if core.question is question and core.hear is not None:  # else it was cancelled meanwhile
            core.question, core.heard = None, core.hear(answer)
