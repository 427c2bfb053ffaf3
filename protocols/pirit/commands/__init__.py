"""Every command of the protocol as one table, shared by driver and emulator.

COMMANDS[0x78, 15]; COMMANDS.named("add_item"); COMMANDS.of(AddItem)
encode_request(id, AddItem(…)) -> a frame; answer_to(request, frame) -> its reply, typed
parse_request(frame) -> (command, request); encode_reply(command, id, reply); encode_error(frame, number)
"""

from __future__ import annotations

from typing import Any, TypeVar

from protocols.ffd.enums import FfdVersion
from protocols.pirit.commands import counters, drive, info, marking, printing, receipts, replies, service, shifts, state
from protocols.pirit.commands.base import (
    Asks,
    Command,
    CommandTable,
    DeviceRefusal,
    Echo,
    Empty,
    Line,
    UnknownCommand,
    UnknownQuery,
    encode_data,
    encode_reply,
    parameters,
    parse_reply,
)
from protocols.pirit.framing import PASSWORD, Reply, Request
from protocols.pirit.messages import Texts, faulty
from protocols.rows import Effect
from protocols.wire import WireError

R = TypeVar("R", bound=Texts)

COMMANDS = CommandTable(
    (
        *state.ROWS,
        *counters.ROWS,
        *info.ROWS,
        *printing.ROWS,
        *receipts.ROWS,
        *shifts.ROWS,
        *drive.ROWS,
        *marking.ROWS,
        *service.ROWS,
    )
)


def encode_request(
    id: int, request: Asks[Any], *, ffd: FfdVersion | None = None, password: bytes = PASSWORD
) -> Request:
    """The frame of a request. WireError names a field whose value does not fit, or that this ФФД does not have."""
    command = COMMANDS.of(type(request))
    return Request(id, command.code, encode_data(command, request, ffd), password)


def parse_request(frame: Request) -> tuple[Command, Asks[Any]]:
    """What a host asks. UnknownCommand (error 02); UnknownQuery, WireError (error 03, see `faulty_field`)."""
    command = COMMANDS.find(frame)
    return command, command.request.read(parameters(command, frame))


def faulty_field(frame: Request) -> str | None:
    """The parameter that `parse_request` does not take: `errors.BAD_PARAMETER` tells its extended code."""
    command = COMMANDS.find(frame)
    return faulty(command.request, parameters(command, frame))


def answer_to(request: Asks[R], frame: Reply) -> R:
    """The reply, its type known from the request. DeviceRefusal, WireError."""
    reply: Any = parse_reply(COMMANDS.of(type(request)), frame)
    typed: R = reply
    return typed


def encode_error(frame: Request, number: int, data: bytes = b"") -> Reply:
    """A refusal of this request."""
    return Reply(frame.id, frame.command, number, data)


__all__ = [
    "COMMANDS",
    "Asks",
    "Command",
    "CommandTable",
    "DeviceRefusal",
    "Echo",
    "Effect",
    "Empty",
    "Line",
    "UnknownCommand",
    "UnknownQuery",
    "WireError",
    "answer_to",
    "counters",
    "drive",
    "encode_error",
    "encode_reply",
    "encode_request",
    "faulty_field",
    "info",
    "marking",
    "parse_reply",
    "parse_request",
    "printing",
    "receipts",
    "replies",
    "service",
    "shifts",
    "state",
]
