"""One Shtrih-M register: a message in, a message out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from emulator.fiscal_drive import DriveError, FiscalDrive
from emulator.registers.shtrih import (
    archive,
    closing,
    fiscal,
    marking,
    ofd_buffer,
    operations,
    printing,
    registering,
    report_buffer,
    reports,
    settings,
    status,
)
from emulator.registers.shtrih.core import Asking, Core, Handler, Refusal
from emulator.registers.shtrih.memory import load
from emulator.registers.shtrih.paper import Printer, Tape
from emulator.registers.shtrih.rules import check_mode, check_printer, operator_of
from emulator.storage import Storage
from protocols.shtrih import errors
from protocols.shtrih.commands import (
    COMMANDS,
    Access,
    Bare,
    Command,
    Request,
    WireError,
    code_of,
    encode_error,
    encode_reply,
    encode_unsupported,
)
from protocols.wire import Truncated

_HANDLERS: dict[type, Handler] = {}
for _room in (
    archive,
    closing,
    fiscal,
    marking,
    ofd_buffer,
    operations,
    printing,
    registering,
    report_buffer,
    reports,
    settings,
    status,
):
    _HANDLERS.update(_room.HANDLERS)

#: Requests the register carries out; every other row of the table is answered with 37h.
SUPPORTED = frozenset(_HANDLERS)

#: UNCONFIRMED, model-dependent: which error a command of wrong length or with an impossible field gets.
BAD_LENGTH = errors.BAD_LENGTH
BAD_FIELD = errors.BAD_PARAMETERS


@dataclass(frozen=True, slots=True)
class Question:
    """What a command under way wants to know from the marking system: a container for it."""

    message: bytes
    command: Command
    then: Callable[[bytes | None], Any]


class ShtrihRegister:
    """The register around a drive. `execute` is synchronous; what it changes is stored before it answers.

    `now` is the shop's clock (zone-aware); the register's own runs beside it with an offset that 21h…23h set, and
    it is the one `make_drive` gets. An open receipt lives in RAM: after a power cut it is gone (model bit 53).
    """

    def __init__(
        self,
        make_drive: Callable[[Callable[[], datetime]], FiscalDrive],
        storage: Storage,
        *,
        now: Callable[[], datetime],
        rng: Random,
        quirks: frozenset[str] = frozenset(),
        real_speed: bool = False,
    ) -> None:
        memory = load(storage)

        def clock() -> datetime:
            return now() + timedelta(seconds=memory.clock_offset)

        self.drive = make_drive(clock)
        self.tape = Tape(storage, memory, self.drive)
        self.printer = Printer(self.tape, memory, now, real_speed=real_speed)
        self.core = Core(
            drive=self.drive,
            storage=storage,
            memory=memory,
            printer=self.printer,
            clock=now,
            random=rng,
            quirks=quirks,
        )
        self.code = 0
        if memory.interrupted is not None and memory.paper_present and not memory.cover_open:
            self.printer.resume()
        self.core.save()

    def execute(self, message: bytes) -> bytes:
        """Carry out a command; the answer's message. Never raises for what a host sends.

        A command that asks the marking system gets no answer from it.
        """
        started = self.start(message)
        return self.resume(started, None) if isinstance(started, Question) else started

    def start(self, message: bytes) -> bytes | Question:
        """Carry out a command as far as the register can alone: the answer's message, or what to ask first.

        No other command may come between a question and its `resume`.
        """
        self.code = _code(message)
        command = COMMANDS.get(self.code)
        handler = None if command is None else _HANDLERS.get(command.request)
        if command is None or handler is None:
            return encode_unsupported(message)
        try:
            request = command.request.decode(message[len(command.code_bytes) :])
        except WireError:
            return self._refuse(command, self._misfit(command, message))
        return self._answered(command, lambda: self._carry_out(command, handler, request))

    def resume(self, question: Question, answer: bytes | None) -> bytes:
        """Go on with the marking system's answer, a container; None: it was silent."""
        again = self._answered(question.command, lambda: question.then(answer))
        return self.resume(again, None) if isinstance(again, Question) else again

    def _answered(self, command: Command, act: Callable[[], Any]) -> bytes | Question:
        try:
            reply = act()
        except Refusal as refusal:
            return self._refuse(command, refusal.number)
        except DriveError as refusal:
            return self._refuse(command, errors.of_drive(refusal.number))
        finally:
            self.printer.command_ended()
        if isinstance(reply, Asking):
            return Question(reply.message, command, reply.then)
        self.core.save()
        return encode_reply(command, reply)

    def _carry_out(self, command: Command, handler: Handler, request: Bare[Any]) -> Any:
        core, operator = self.core, 0
        if command.access is not Access.NONE and isinstance(request, Request):
            operator = operator_of(core, command, request.password)
        check_mode(core, command)
        check_printer(core, command)
        return handler(core, request, operator)

    def refuse(self, message: bytes, number: int) -> bytes:
        """The answer with this error number to a command that is not carried out."""
        command = COMMANDS.get(_code(message))
        return encode_unsupported(message) if command is None else self._refuse(command, number)

    def _refuse(self, command: Command, number: int) -> bytes:
        self.core.last_error = number
        self.core.save()
        return encode_error(command, number)

    @staticmethod
    def _misfit(command: Command, message: bytes) -> int:
        """Whether the length is at fault or a field."""
        try:
            command.request.decode(message[len(command.code_bytes) :], surplus=True)
        except WireError as error:
            return BAD_LENGTH if isinstance(error, Truncated) else BAD_FIELD
        return BAD_LENGTH


def _code(message: bytes) -> int:
    try:
        return code_of(message)
    except WireError:
        return -1
