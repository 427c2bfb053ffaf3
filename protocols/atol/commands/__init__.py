"""Every command as one table, shared by driver and emulator.

COMMANDS[0xA430]; COMMANDS.named("open_receipt"); COMMANDS.of(EndItem)
encode_request(GetState()) -> message; answer_to(request, data) -> its answer, typed
parse_request(data) -> (command, request, password); encode_reply(command, reply); encode_error(command, number)
"""

from __future__ import annotations

from typing import Any, TypeVar

from protocols.atol.commands import drive, printing, receipts, service, state
from protocols.atol.commands.base import (
    NO_PASSWORD,
    Asks,
    Command,
    CommandTable,
    DeviceRefusal,
    Empty,
    UnknownCommand,
    code_of,
    encode_error,
    encode_reply,
    encode_request_of,
    is_refusal,
    parse_reply_of,
    parse_request_with,
)
from protocols.wire import Message, WireError

R = TypeVar("R", bound=Message)

COMMANDS = CommandTable((*state.ROWS, *service.ROWS, *receipts.ROWS, *printing.ROWS, *drive.ROWS))


def encode_request(request: Asks[Any], password: int = NO_PASSWORD) -> bytes:
    """Password, code and parameters, ready for a task or a frame. WireError names a field that does not fit."""
    return encode_request_of(COMMANDS.of(type(request)), request, password)


def parse_request(data: bytes) -> tuple[Command, Asks[Any], int]:
    """What a host's message asks, and by which password. UnknownCommand (error 7Ah) or WireError (13h, 14h)."""
    return parse_request_with(COMMANDS, data)


def parse_reply(command: Command, data: bytes) -> Message:
    """The answer to `command`; DeviceRefusal carries its error number, WireError says what does not fit."""
    return parse_reply_of(command, data)


def answer_to(request: Asks[R], data: bytes) -> R:
    """`parse_reply` with the answer's type known from the request."""
    reply: Any = parse_reply_of(COMMANDS.of(type(request)), data)
    typed: R = reply
    return typed


__all__ = [
    "COMMANDS",
    "Asks",
    "Command",
    "DeviceRefusal",
    "Empty",
    "UnknownCommand",
    "WireError",
    "answer_to",
    "code_of",
    "drive",
    "encode_error",
    "encode_reply",
    "encode_request",
    "is_refusal",
    "parse_reply",
    "parse_request",
    "printing",
    "receipts",
    "service",
    "state",
]
