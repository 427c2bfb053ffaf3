"""A register as its connections know it: a message in, a message out, whatever the family's commands look like."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from emulator.fiscal_drive import DriveError, FiscalDrive
from emulator.registers.core import Asking, Core
from emulator.registers.printer import Printer
from emulator.registers.refusals import Denied, Reason, Refusal
from emulator.registers.tape import Tape


@dataclass(frozen=True, slots=True)
class Question:
    """What a command under way wants to know from the marking system: a container for it."""

    message: bytes
    command: bytes  # the request that asks
    then: Callable[[bytes | None], Any]


class Executor(ABC):
    """Carries out one message at a time; what it changes is stored before it answers.

    A family says how messages are read (`code_of`, `carry_out`), how answers are written (`encode`, `refuse`), and how
    its line behaves (the properties at the end).
    """

    core: Core
    #: What the shared core refuses, in the numbers of the family.
    denied: ClassVar[Mapping[Reason, int]]
    #: How the family tells that something prints, and that the exchange with its drive timed out.
    busy: ClassVar[int]
    drive_timeout: ClassVar[int]
    #: The code of the command in hand, which the drive's commit hook asks for.
    code: int = 0

    @property
    def drive(self) -> FiscalDrive:
        return self.core.drive

    @property
    def printer(self) -> Printer:
        return self.core.printer

    @property
    def tape(self) -> Tape:
        return self.core.printer.tape

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
        self.code = self.code_of(message)
        return self._answered(message, lambda: self.carry_out(message))

    def resume(self, question: Question, answer: bytes | None) -> bytes:
        """Go on with the marking system's answer, a container; None: it was silent."""
        again = self._answered(question.command, lambda: question.then(answer))
        return self.resume(again, None) if isinstance(again, Question) else again

    def _answered(self, message: bytes, act: Callable[[], Any]) -> bytes | Question:
        try:
            reply = act()
        except Refusal as refusal:
            return self.refuse(message, refusal.number)
        except Denied as denied:
            return self.refuse(message, self.denied[denied.reason])
        except DriveError as refusal:
            return self.refuse(message, self.of_drive(refusal.number))
        finally:
            self.core.printer.command_ended()
        if isinstance(reply, Asking):
            return Question(reply.message, message, reply.then)
        self.core.save()
        return self.encode(message, reply)

    # --- the family's commands

    @abstractmethod
    def code_of(self, message: bytes) -> int:
        """The code that faults name the command by; -1 for what is no command."""

    @abstractmethod
    def carry_out(self, message: bytes) -> Any:
        """What `encode` takes, or an `Asking`. May raise Refusal, Denied and DriveError: nothing was changed then."""

    @abstractmethod
    def encode(self, message: bytes, reply: Any) -> bytes:
        """The answer to a command that was carried out."""

    @abstractmethod
    def refuse(self, message: bytes, number: int) -> bytes:
        """The answer with this error number to a command that is not carried out."""

    @abstractmethod
    def of_drive(self, number: int) -> int:
        """The family's number for an error of the drive (`protocols.fn.statuses.Fault`)."""

    # --- the family's line

    @property
    def byte_timeout(self) -> float:
        """Seconds after which a frame that stopped half way is given up."""
        return 0.2

    @property
    def baud(self) -> int:
        """What bytes take at real speed."""
        return 115200

    @property
    def idle_timeout(self) -> float:
        """Seconds of silence after which a network connection is hung up; 0: never."""
        return 0.0

    @property
    def marking_timeout(self) -> float:
        """Seconds that the register waits for the marking system."""
        return 5.0
