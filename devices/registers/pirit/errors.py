"""The device's error numbers as the house's errors."""

from __future__ import annotations

from typing import Final

from devices.errors import DeviceError, NeedsOperator
from devices.registers.refusals import ERRORS
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
    return ERRORS[row.kind](
        f"{refusal.command.name} ({refusal.command.label}) refused: error {refusal.number:02X}h {row.code}{more}",
        number=refusal.number,
        command=refusal.command.name,
        hint=f"{row.text_ru}. {row.hint_ru}",
        code=row.code,
    )


def no_paper(refusal: DeviceRefusal, printer: int) -> DeviceError:
    """What the person at the till must do about the printer, whose mask is that of 04."""
    if printer & Printer.COVER_OPEN:
        return NeedsOperator(
            "the cover is open",
            number=refusal.number,
            hint="Закройте крышку кассы.",
            code="cover_open",
            command="print",
        )
    if printer & Printer.NO_PAPER or refusal.number == NO_PAPER:
        return NeedsOperator(
            f"no receipt paper (printer {printer:02X}h)",
            number=refusal.number,
            hint="Вставьте чековую ленту: печать продолжится сама.",
            code="paper_out",
            command="print",
        )
    return device_error(refusal)
