"""Every command of the protocol as one table, shared by driver and emulator.

COMMANDS[0xFF46]; COMMANDS.named("operation_v2"); COMMANDS.of(OperationV2)
encode_request(OpenShift(30)) -> message bytes; answer_to(request, data) -> its reply, typed
parse_request(data) -> (command, request); encode_reply(command, reply); encode_error(command, number)
"""

from __future__ import annotations

from typing import Any, TypeVar

from protocols.shtrih.commands import drive, marking, operations, printing, receipts, state, tables
from protocols.shtrih.commands.base import (
    Access,
    Bare,
    Command,
    CommandTable,
    DeviceRefusal,
    Empty,
    OperatorReply,
    Request,
    UnknownCommand,
    code_of,
    encode_error,
    encode_reply,
    encode_unsupported,
    parse_reply_of,
    parse_request_with,
)
from protocols.wire import Message, WireError

R = TypeVar("R", bound=Message)

COMMANDS = CommandTable(
    (
        *state.ROWS,
        *tables.ROWS,
        *printing.ROWS,
        *receipts.ROWS,
        *drive.ROWS,
        *operations.ROWS,
        *marking.ROWS,
    )
)


def encode_request(request: Bare[Any]) -> bytes:
    """Code and fields of a request, ready for framing. WireError names a field whose value does not fit."""
    return COMMANDS.of(type(request)).code_bytes + request.encode()


def parse_request(data: bytes) -> tuple[Command, Bare[Any]]:
    """What a host's message asks. UnknownCommand (error 37h) or WireError (error 7Eh / 33h)."""
    return parse_request_with(COMMANDS, data)


def parse_reply(command: Command, data: bytes) -> Message:
    """The reply to `command`; DeviceRefusal carries its error number, WireError says what does not fit."""
    return parse_reply_of(command, data)


def answer_to(request: Bare[R], data: bytes) -> R:
    """`parse_reply` with the reply's type known from the request."""
    reply: Any = parse_reply_of(COMMANDS.of(type(request)), data)
    typed: R = reply
    return typed


__all__ = [
    "COMMANDS",
    "Access",
    "Bare",
    "Command",
    "DeviceRefusal",
    "Empty",
    "OperatorReply",
    "Request",
    "UnknownCommand",
    "WireError",
    "answer_to",
    "code_of",
    "drive",
    "encode_error",
    "encode_reply",
    "encode_request",
    "encode_unsupported",
    "marking",
    "operations",
    "parse_reply",
    "parse_request",
    "printing",
    "receipts",
    "state",
    "tables",
]
