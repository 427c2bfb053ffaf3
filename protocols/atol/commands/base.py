"""A command is a row of data; this module gives rows their shape and turns messages into bytes and back.

A request is password (2 BCD), code and parameters; an answer is 55h, an error number and either data from its third
byte on, or one more byte of explanation. A handful of commands answer in shapes of their own (`Shape`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from protocols.atol.fields import Bcd2
from protocols.atol.statuses import Mode
from protocols.rows import Effect, Rows
from protocols.wire import Message, Truncated, WireError, message

R = TypeVar("R", bound=Message)

ANSWER = 0x55
#: The drive's commands have their own code as second byte.
DRIVE = 0xA4
#: Error numbers that are none (TC: 01h is "the journal was processed without errors").
SUCCESS = frozenset({0x00, 0x01})
#: Every source sends zeros; a register can be told to want another.
NO_PASSWORD = 0
_PASSWORD_SIZE = 2


class Asks(Message, Generic[R]):
    """A request's parameters; `R` is the answer it gets."""

    __slots__ = ()


@message
class Empty(Message):
    """An answer without data: `55 error extra`."""


@dataclass(frozen=True, slots=True)
class Shape:
    """`lead`: first byte, None when there is none. `has_error`: an error number follows; `data_at`: index of data."""

    lead: int | None = ANSWER
    has_error: bool = True
    data_at: int = 2


def led_by(lead: int) -> Shape:
    """Data right after a first byte of the command's own; a refusal begins with 55h like all."""
    return Shape(lead, has_error=False, data_at=1)


STANDARD = Shape()


@dataclass(frozen=True, slots=True)
class Command:
    """One row: what goes out, what comes back, how long its answer may take (seconds), in which modes it is executed.

    `modes`: None is any mode. `legacy`: not for devices of 54-ФЗ, or for ФФД 1.0 alone.
    """

    code: int
    name: str
    title_ru: str
    request: type[Asks[Any]]
    reply: type[Message]
    effect: Effect
    timeout: float
    modes: frozenset[Mode] | None
    shape: Shape
    legacy: bool

    @property
    def key(self) -> int:
        return self.code

    @property
    def label(self) -> str:
        """ "A430h"."""
        return f"{self.code:02X}h"

    @property
    def code_bytes(self) -> bytes:
        return self.code.to_bytes(2 if self.code > 0xFF else 1, "big")


#: T5 of protocol 2, and what protocol 3 grants a task before it is asked after (A4J; TC has 3 s to 30 s).
DEFAULT_TIMEOUT = 10.0


def row(
    code: int,
    name: str,
    title_ru: str,
    request: type[Asks[R]],
    reply: type[R],
    effect: Effect,
    *modes: Mode,
    timeout: float = DEFAULT_TIMEOUT,
    shape: Shape = STANDARD,
    legacy: bool = False,
) -> Command:
    """A row whose request and answer belong together (the type checker compares them)."""
    return Command(code, name, title_ru, request, reply, effect, timeout, frozenset(modes) or None, shape, legacy)


class DeviceRefusal(Exception):
    """The device answered with an error number (see `protocols.atol.errors`); `extra` explains some of them."""

    def __init__(self, command: Command, number: int, extra: int = 0) -> None:
        super().__init__(f"{command.name} ({command.label}) refused with error {number:02X}h, extra {extra}")
        self.command = command
        self.number = number
        self.extra = extra


class UnknownCommand(WireError):
    """A code that no row has: error 7Ah."""


CommandTable = Rows[int, Command]


def encode_request_of(command: Command, request: Asks[Any], password: int) -> bytes:
    """Password, code and parameters. WireError names a field whose value does not fit."""
    if not 0 <= password <= 9999:
        raise WireError(f"password {password} has more than 4 digits")
    return bytes.fromhex(f"{password:04d}") + command.code_bytes + request.encode()


def code_of(data: bytes) -> int:
    """The code in a host's message; WireError when it is too short for one."""
    body = data[_PASSWORD_SIZE:]
    if not body:
        raise Truncated("password or command code are missing")
    if body[0] != DRIVE:
        return body[0]
    if len(body) < 2:
        raise Truncated("the code of the drive's command is missing")
    return DRIVE << 8 | body[1]


def parse_request_with(table: CommandTable, data: bytes) -> tuple[Command, Asks[Any], int]:
    """Command, request and password of a host's message. UnknownCommand, or WireError for wrong fields."""
    code = code_of(data)
    command = table.get(code)
    if command is None:
        raise UnknownCommand(f"no command {code:02X}h")
    password = Password.decode(data[:_PASSWORD_SIZE]).password
    return command, command.request.decode(data[_PASSWORD_SIZE + len(command.code_bytes) :]), password


@message
class Password(Message):
    password: Bcd2


def encode_reply(command: Command, reply: Message) -> bytes:
    """A good answer."""
    shape = command.shape
    head = b"" if shape.lead is None else bytes((shape.lead,))
    if shape.has_error:
        head += b"\0"
    if command.reply is Empty:
        return head + b"\0"
    return head.ljust(shape.data_at, b"\0") + reply.encode()


def encode_error(command: Command | None, number: int, extra: int = 0) -> bytes:
    """A refusal; None for a command that no row describes."""
    if command is not None and command.shape.lead is None:
        return bytes((number,))
    return bytes((ANSWER, number, extra))


def is_refusal(command: Command | None, data: bytes) -> bool:
    """Whether this answer of the device tells an error; None for a command that no row describes."""
    shape = STANDARD if command is None else command.shape
    if shape.lead is None:
        return data[:1] != b"" and data[0] not in SUCCESS
    if not shape.has_error and data[:1] == bytes((shape.lead,)):
        return False
    return len(data) > 1 and data[0] == ANSWER and data[1] not in SUCCESS


def parse_reply_of(command: Command, data: bytes) -> Message:
    """The answer's fields. DeviceRefusal carries the device's error number; WireError when the bytes do not fit.

    Bytes after the last known field are tolerated: firmware grows its answers at the end.
    """
    shape = command.shape
    if shape.lead is not None and not shape.has_error and data[:1] == bytes((shape.lead,)):
        return command.reply.decode(data[shape.data_at :], surplus=True)
    at = 0 if shape.lead is None else 1
    if len(data) <= at or (at and data[0] != ANSWER):
        raise WireError(f"{data[:8].hex(' ')} does not answer {command.name} ({command.label})")
    number = data[at]
    if number not in SUCCESS:
        raise DeviceRefusal(command, number, data[2] if at and len(data) > 2 else 0)
    if not shape.has_error:
        raise WireError(f"{data[:8].hex(' ')} does not answer {command.name} ({command.label})")
    return command.reply.decode(data[shape.data_at :], surplus=True)
