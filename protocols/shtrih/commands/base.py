"""A command is a row of data; this module gives rows their shape and turns messages into bytes and back.

A *message* is what a frame carries: the command code (one byte, or two beginning with FFh) and its fields, in a reply
the error number between them. Framing (`protocols.shtrih.framing`) is none of this module's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from protocols.rows import Rows
from protocols.shtrih.wire import Password
from protocols.wire import U8, Message, Truncated, WireError, message

R = TypeVar("R", bound=Message)


class Access(Enum):
    """Whose password a command wants."""

    NONE = "none"  # the request has no password field
    ANY = "any"  # any operator of table 2
    SENIOR = "senior"  # operators 28, 29, 30
    ADMIN = "admin"  # 29, 30
    SYSTEM = "system"  # 30


class Bare(Message, Generic[R]):
    """A request without a password; `R` is the reply it gets."""

    __slots__ = ()


@message
class Request(Bare[R]):
    """A request that starts with a password."""

    password: Password


@message
class Empty(Message):
    """A reply without data."""


@message
class OperatorReply(Message):
    """The commonest reply: the number of the operator whose password was given."""

    operator: U8


@dataclass(frozen=True, slots=True)
class Command:
    """One row: what goes out, what comes back, how long to wait (seconds), whose password."""

    code: int
    name: str
    title_ru: str
    request: type[Bare[Any]]
    reply: type[Message]
    timeout: float
    access: Access
    code_bytes: bytes

    @property
    def key(self) -> int:
        return self.code

    @property
    def label(self) -> str:
        """ "FF46h"."""
        return f"{self.code:02X}h"

    @property
    def is_extended(self) -> bool:
        """Two-byte code (the FFxx family of fiscal-drive commands)."""
        return self.code > 0xFF


def row(
    code: int,
    name: str,
    title_ru: str,
    request: type[Bare[R]],
    reply: type[R],
    *,
    timeout: float = 30.0,
    access: Access = Access.ANY,
) -> Command:
    """A row whose request and reply belong together (the type checker compares them)."""
    return Command(code, name, title_ru, request, reply, timeout, access, code.to_bytes(2 if code > 0xFF else 1, "big"))


class DeviceRefusal(Exception):
    """The device answered with an error number (see `protocols.shtrih.errors`)."""

    def __init__(self, command: Command, number: int) -> None:
        super().__init__(f"{command.name} ({command.code:02X}h) refused with error {number:02X}h")
        self.command = command
        self.number = number


class UnknownCommand(WireError):
    """A code that no row has."""


#: All rows by code.
CommandTable = Rows[int, Command]


def code_of(data: bytes) -> int:
    """The command code a message starts with; WireError for an empty one."""
    if not data:
        raise WireError("an empty message has no command code")
    if data[0] != 0xFF:
        return data[0]
    if len(data) < 2:
        raise WireError("the second byte of an FFh command is missing")
    return 0xFF00 | data[1]


def encode_error(command: Command, number: int) -> bytes:
    """A reply that is nothing but an error number."""
    return command.code_bytes + bytes((number,))


def encode_reply(command: Command, reply: Message) -> bytes:
    return command.code_bytes + b"\0" + reply.encode()


def encode_unsupported(data: bytes) -> bytes:
    """Error 37h for a request that no row describes, with as much of its code as it had."""
    return (data[:2] if data[:1] == b"\xff" else data[:1]) + b"\x37"


#: Operators an old E0h reply without an error byte may name; none of them is an error number.
_BARE_OPERATORS = range(0x18, 0x1F)


def _body(command: Command, data: bytes) -> bytes:
    """The reply's fields: code checked and cut off; DeviceRefusal when the error number is not zero."""
    code = command.code_bytes
    if data.startswith(code) and len(data) > len(code):
        error = data[len(code)]
        if error == 0:
            return data[len(code) + 1 :]
        if command.code == 0xE0 and len(data) == 2 and error in _BARE_OPERATORS:
            return data[1:]  # the vendor's text: LEN 2, operator only
        raise DeviceRefusal(command, error)
    # A device that does not know the FF family answers FFh and the error in place of the second code byte.
    if command.is_extended and len(data) == 2 and data[0] == 0xFF and data[1] != code[1]:
        raise DeviceRefusal(command, data[1])
    raise WireError(f"the reply {data[:8].hex(' ')} does not answer {command.name} ({command.code:02X}h)")


def parse_reply_of(command: Command, data: bytes) -> Message:
    """The reply's fields. DeviceRefusal carries the device's error number; WireError when the bytes do not fit.

    Bytes after the last known field are tolerated: newer firmware grows its replies at the end.
    """
    return command.reply.decode(_body(command, data), surplus=True)


def parse_request_with(table: CommandTable, data: bytes) -> tuple[Command, Bare[Any]]:
    """Command and request of a host's message. UnknownCommand for a code no row has, WireError for wrong fields."""
    code = code_of(data)
    command = table.get(code)
    if command is None:
        raise UnknownCommand(f"no command {code:02X}h")
    return command, command.request.decode(data[len(command.code_bytes) :])


__all__ = [
    "Access",
    "Bare",
    "Command",
    "CommandTable",
    "DeviceRefusal",
    "Empty",
    "OperatorReply",
    "Request",
    "Truncated",
    "UnknownCommand",
    "row",
]
