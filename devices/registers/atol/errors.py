"""The device's error numbers as the house's errors."""

from __future__ import annotations

from devices.errors import DeviceError, NeedsOperator
from devices.registers.refusals import cover_open, paper_out, refused
from protocols.atol.commands import DeviceRefusal
from protocols.atol.commands.state import GetStateReply
from protocols.atol.errors import NO_PAPER, describe, describe_extended
from protocols.atol.registers import ExtendedError
from protocols.atol.statuses import Flag


def device_error(refusal: DeviceRefusal, cause: ExtendedError | None = None) -> DeviceError:
    """What the caller may do about it; `cause` is register 55, which EEh refers to. `number` is the error byte."""
    row = describe(refusal.number, refusal.extra) if cause is None else describe_extended(cause.code)
    more = "" if cause is None else f" {cause.code:04X}h"
    tag = "" if cause is None or cause.tag is None else f" ({cause.tag})"
    command, number = refusal.command, refusal.number
    detail = f"{command.name} ({command.label}) refused: error {number:02X}h{more} {row.code}{tag}"
    return refused(row, detail, number=number, command=command.name, about=tag)


def printer_trouble(state: GetStateReply, command: str = "print") -> NeedsOperator | None:
    """What a person must do about the printer, as the flags of 3Fh tell; 67h says no more than that it is not ready."""
    if state.flags & Flag.COVER_OPEN:
        return cover_open(NO_PAPER, command)
    return None if state.flags & Flag.PAPER else paper_out(NO_PAPER, command=command)
