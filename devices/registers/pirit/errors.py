"""The device's error numbers as the house's errors."""

from __future__ import annotations

from typing import Final

from devices.errors import DeviceError
from devices.registers.refusals import cover_open, paper_out, refused
from protocols.pirit.commands import DeviceRefusal
from protocols.pirit.errors import BAD_PARAMETERS, NO_PAPER, PRINTER_NOT_READY, WRONG_STATE, describe
from protocols.pirit.statuses import Printer
from protocols.refusals import ErrorRow

#: Refusals whose cause is behind 06/1.
EXPLAINED = frozenset({WRONG_STATE, BAD_PARAMETERS})

#: Refusals of the printer, and the mask of 04 that goes with them where it is not told.
PRINTER: Final = {NO_PAPER: Printer.NO_PAPER, PRINTER_NOT_READY: Printer.NOT_READY}


def device_error(refusal: DeviceRefusal, cause: ErrorRow | None = None) -> DeviceError:
    """What the caller may do about it, in the register's words; `cause` is the extended code's row, where it was told.

    The number is the error's own: what 06/1 says shows in the code.
    """
    row = cause or describe(refusal.number)
    more = "" if cause is None else f", {cause.number}: {cause.detail}"
    command, number = refusal.command, refusal.number
    detail = f"{command.name} ({command.label}) refused: error {number:02X}h {row.code}{more}"
    return refused(row, detail, number=number, command=command.name)


def no_paper(refusal: DeviceRefusal, printer: int) -> DeviceError:
    """What the person at the till must do about the printer, whose mask is that of 04."""
    if printer & Printer.COVER_OPEN:
        return cover_open(refusal.number)
    if printer & Printer.NO_PAPER or refusal.number == NO_PAPER:
        return paper_out(refusal.number, f" (printer {printer:02X}h)")
    return device_error(refusal)
