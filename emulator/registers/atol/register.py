"""One ATOL register: a message in, a message out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any, Final

from emulator.registers.assembly import MakeDrive, assembled
from emulator.registers.atol import archive, counters, printing, receipts, settings, state, tags
from emulator.registers.atol.core import DENIED, Core, Handler
from emulator.registers.atol.memory import AtolMemory
from emulator.registers.atol.rules import check_clock, check_mode, check_printer
from emulator.registers.executor import Executor
from emulator.registers.refusals import Refusal
from emulator.storage import Storage
from protocols.atol import errors
from protocols.atol.commands import (
    COMMANDS,
    UnknownCommand,
    code_of,
    encode_error,
    encode_reply,
    parse_request,
)
from protocols.atol.commands.base import NO_PASSWORD
from protocols.atol.commands.state import GetState, GetStateCode
from protocols.atol.framing_v2 import TIMING
from protocols.wire import Truncated, WireError

_HANDLERS: dict[type, Handler] = {}
for _room in (archive, counters, printing, receipts, settings, state, tags):
    _HANDLERS.update(_room.HANDLERS)

#: Requests the register carries out: all that the table has.
SUPPORTED: Final = frozenset(_HANDLERS)
#: Questions by which a host watches a report.
_WATCHING: Final = (GetState, GetStateCode)
#: The register's exchange with its drive failed.
EXCHANGE_FAILED: Final = 0xD2


class AtolRegister(Executor):
    """The register around a drive.

    `now` is the shop's clock (zone-aware); the register's own runs beside it. Mode and open receipt live in RAM: after
    a power cut the mode is 0 and the receipt gone (UNCONFIRMED).
    """

    core: Core
    denied = DENIED
    busy = errors.UNFINISHED
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
            Core, AtolMemory, make_drive, storage, now=now, rng=rng, quirks=quirks, real_speed=real_speed
        )
        self._broken_off = False

    def code_of(self, message: bytes) -> int:
        try:
            return code_of(message)
        except WireError:
            return -1

    def carry_out(self, message: bytes) -> Any:
        core, waiting = self.core, self.printer.interrupted
        try:
            command, request, password = parse_request(message)
        except UnknownCommand:
            raise Refusal(errors.UNSUPPORTED) from None
        except Truncated:
            raise Refusal(errors.WRONG_LENGTH) from None
        except WireError:
            raise Refusal(errors.WRONG_FORMAT) from None
        if password != NO_PASSWORD:
            raise Refusal(errors.WRONG_PASSWORD)
        if not isinstance(request, _WATCHING):
            core.progress = []
        check_clock(core, command)
        check_mode(core, command)
        check_printer(core, command, request)
        reply = _HANDLERS[type(request)](core, request)
        self._broken_off = self.printer.interrupted and not waiting
        return reply

    def encode(self, message: bytes, reply: Any) -> bytes:
        """A command whose printing broke off is refused though it was done: the document is in the drive."""
        if self._broken_off:
            self._broken_off = False
            return self.refuse(message, errors.NO_PAPER)
        if isinstance(reply, bytes):
            return reply
        self.core.last_error = (0, 0)
        return encode_reply(COMMANDS[self.code_of(message)], reply)

    def refuse(self, message: bytes, number: int) -> bytes:
        code = self.code_of(message)
        if number == errors.SEE_REGISTER_55:
            self.core.extended = (code, *self.core.extended[1:])
        self.core.holds_back |= number == self.busy
        self.core.last_error = (number, 0)
        return encode_error(COMMANDS.get(code), number)

    def of_drive(self, number: int) -> int:
        return errors.of_drive(number)

    @property
    def byte_timeout(self) -> float:
        """Protocol 2 counts its waits in these."""
        return TIMING.byte
