"""One Shtrih-M register: a message in, a message out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any, Final

from emulator.registers.assembly import MakeDrive, assembled
from emulator.registers.executor import Executor, Question
from emulator.registers.refusals import Refusal
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
from emulator.registers.shtrih.core import DENIED, Core, Handler
from emulator.registers.shtrih.memory import ShtrihMemory
from emulator.registers.shtrih.rules import check_mode, check_printer, operator_of
from emulator.storage import Storage
from protocols.shtrih import errors, tables
from protocols.shtrih.commands import (
    COMMANDS,
    Access,
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
#: The register's exchange with its drive timed out (shtrih_m §6).
EXCHANGE_TIMEOUT: Final = 0x2F
#: Shorter byte time-outs than this would fire when the host's machine is merely busy. Longer ones would let a host's
#: enquiries, which come after its own 0.5 s or more, complete a frame that lost as many bytes.
MIN_BYTE_TIMEOUT: Final = 0.3
#: Baud of the codes of 14h.
BAUDS: Final = (2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)


class ShtrihRegister(Executor):
    """The register around a drive.

    `now` is the shop's clock (zone-aware); the register's own runs beside it with an offset that 21h…23h set, and
    it is the one `make_drive` gets. An open receipt lives in RAM: after a power cut it is gone (model bit 53).
    """

    core: Core
    denied = DENIED
    busy = errors.PRINTING
    drive_timeout = EXCHANGE_TIMEOUT

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
            Core, ShtrihMemory, make_drive, storage, now=now, rng=rng, quirks=quirks, real_speed=real_speed
        )

    def start(self, message: bytes) -> bytes | Question:
        command = COMMANDS.get(self.code_of(message))
        if command is None or command.request not in _HANDLERS:
            return encode_unsupported(message)
        return super().start(message)

    def code_of(self, message: bytes) -> int:
        try:
            return code_of(message)
        except WireError:
            return -1

    def carry_out(self, message: bytes) -> Any:
        core, command, operator = self.core, COMMANDS[self.code], 0
        try:
            request = command.request.decode(message[len(command.code_bytes) :])
        except WireError:
            raise Refusal(self._misfit(command, message)) from None
        if command.access is not Access.NONE and isinstance(request, Request):
            operator = operator_of(core, command, request.password)
        check_mode(core, command)
        check_printer(core, command)
        return _HANDLERS[command.request](core, request, operator)

    def encode(self, message: bytes, reply: Any) -> bytes:
        return encode_reply(COMMANDS[self.code_of(message)], reply)

    def refuse(self, message: bytes, number: int) -> bytes:
        command = COMMANDS.get(self.code_of(message))
        if command is None:
            return encode_unsupported(message)
        self.core.last_error = number
        self.core.save()
        return encode_error(command, number)

    def of_drive(self, number: int) -> int:
        return errors.of_drive(number)

    @staticmethod
    def _misfit(command: Command, message: bytes) -> int:
        """Whether the length is at fault or a field."""
        try:
            command.request.decode(message[len(command.code_bytes) :], surplus=True)
        except WireError as error:
            return BAD_LENGTH if isinstance(error, Truncated) else BAD_FIELD
        return BAD_LENGTH

    @property
    def byte_timeout(self) -> float:
        return max(MIN_BYTE_TIMEOUT, byte_timeout(self.core.memory.byte_timeout))

    @property
    def baud(self) -> int:
        return BAUDS[self.core.memory.baud]

    @property
    def idle_timeout(self) -> float:
        """Table 21 field 16."""
        return float(self.core.memory.number(tables.TCP_TIMEOUT))

    @property
    def marking_timeout(self) -> float:
        return float(self.core.memory.number(tables.MARKING_TIMEOUT))


def byte_timeout(code: int) -> float:
    """Seconds of the non-linear code of 14h."""
    if code <= 150:
        return code / 1000
    return (code - 149) * 0.15 if code < 250 else (code - 248) * 15.0
