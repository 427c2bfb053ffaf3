"""One Пирит register: a message in, a message out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any, ClassVar, Final

from emulator.registers.assembly import MakeDrive, assembled
from emulator.registers.executor import Executor
from emulator.registers.pirit import (
    archive,
    closing,
    corrections,
    counters,
    info,
    marking,
    printing,
    receipts,
    registering,
    service,
    shifts,
    state,
)
from emulator.registers.pirit.core import DENIED, Core, Handler, Remark
from emulator.registers.pirit.memory import PiritMemory
from emulator.registers.pirit.rules import check, goes_on_with, printer_error
from emulator.registers.pirit.tables import PASSWORD_SETTING
from emulator.registers.refusals import Denied, Refusal
from emulator.storage import Storage
from protocols.pirit import errors, extended
from protocols.pirit.commands import (
    COMMANDS,
    Command,
    Effect,
    UnknownCommand,
    UnknownQuery,
    WireError,
    encode_error,
    encode_reply,
    faulty_field,
    parse_request,
)
from protocols.pirit.commands.service import BAUD_RATES
from protocols.pirit.device import READY, answer_of, request_of
from protocols.pirit.framing import BYTE_TIMEOUT, Request

_HANDLERS: dict[type, Handler] = {}
for _room in (
    archive,
    closing,
    corrections,
    counters,
    info,
    marking,
    printing,
    receipts,
    registering,
    service,
    shifts,
    state,
):
    _HANDLERS.update(_room.HANDLERS)

#: Requests the register carries out: all that the table has.
SUPPORTED: Final = frozenset(_HANDLERS)
#: The register's exchange with its drive failed.
EXCHANGE_FAILED: Final = 0x62
#: The register waits so long for the marking system (79/1).
OISM_TIMEOUT: Final = 3.0


def number_of(command: Command) -> int:
    """What faults name a command by."""
    return command.code if command.sub is None else command.code << 8 | command.sub


class PiritRegister(Executor):
    """The register around a drive.

    `now` is the shop's clock (zone-aware); the register's own runs beside it. Beginning of work and the open document
    live in RAM: after a power cut they are gone.
    """

    core: Core
    denied: ClassVar = {reason: number for reason, (number, _) in DENIED.items()}
    busy = errors.PRINTER_NOT_READY
    drive_timeout = EXCHANGE_FAILED

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
            Core,
            PiritMemory,
            make_drive,
            storage,
            now=now,
            rng=rng,
            quirks=quirks,
            real_speed=real_speed,
            prints_on=False,
        )
        self._broken_off = False

    def code_of(self, message: bytes) -> int:
        """Of a query its command and its number: 780Fh is 78/15."""
        frame = request_of(message)[0]
        try:
            return number_of(COMMANDS.find(frame))
        except WireError:
            return frame.command

    def carry_out(self, message: bytes) -> Any:
        core = self.core
        frame, payload = request_of(message)
        if frame.password != core.setting(PASSWORD_SETTING).encode("cp866"):
            raise Refusal(errors.WRONG_PASSWORD)
        command, request = self._read(frame)
        if command.effect is not Effect.READ:
            core.why = extended.NONE
        draft = core.draft
        if draft is not None and draft.failed and command.silent:
            raise Refusal(errors.WRONG_STATE)
        waiting = self.printer.interrupted and not goes_on_with(core, command)
        try:
            check(core, command, request)
            if command.two_stage and payload is None:
                return READY
            handler = _HANDLERS[type(request)]
            reply = handler(core, request, payload) if command.two_stage else handler(core, request)
        except Denied as denied:
            core.why = DENIED[denied.reason][1]
            raise
        self._broken_off = self.printer.interrupted and not waiting
        return reply

    def _read(self, frame: Request) -> tuple[Command, Any]:
        try:
            command, request = parse_request(frame)
        except UnknownCommand:
            raise Refusal(errors.UNKNOWN_COMMAND) from None
        except UnknownQuery:
            raise self.core.bad(extended.UNKNOWN_QUERY) from None
        except WireError:
            raise self._misfit(frame) from None
        if not command.lines & self.core.model.line:
            raise Refusal(errors.UNKNOWN_COMMAND)
        return command, request

    def _misfit(self, frame: Request) -> Refusal:
        """A parameter does not fit."""
        row = COMMANDS.find(frame).name
        return self.core.bad(extended.BAD_PARAMETER.get((row, faulty_field(frame) or ""), extended.NONE))

    def encode(self, message: bytes, reply: Any) -> bytes:
        """A command whose printing broke off is refused though it was done: the document is in the drive."""
        if self._broken_off:
            self._broken_off = False
            return self.refuse(message, printer_error(self.core))
        if reply == READY:
            return READY
        frame = request_of(message)[0]
        if isinstance(reply, Remark):
            return answer_of(encode_error(frame, reply.number, reply.data))
        command = COMMANDS.find(frame)
        draft = self.core.draft
        if command.silent and draft is not None and draft.packet:
            return b""
        return answer_of(encode_reply(command, 0, reply))

    def refuse(self, message: bytes, number: int) -> bytes:
        frame = request_of(message)[0]
        draft = self.core.draft
        if draft is not None and draft.packet and _is_silent(frame):
            draft.failed = True
        return answer_of(encode_error(frame, number))

    def of_drive(self, number: int) -> int:
        return errors.of_drive(number)

    @property
    def byte_timeout(self) -> float:
        return BYTE_TIMEOUT

    @property
    def baud(self) -> int:
        return BAUD_RATES[self.core.memory.speed]

    @property
    def marking_timeout(self) -> float:
        return OISM_TIMEOUT


def _is_silent(frame: Request) -> bool:
    try:
        return COMMANDS.find(frame).silent
    except WireError:
        return False
