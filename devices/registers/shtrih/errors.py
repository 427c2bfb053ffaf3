"""The device's error numbers as the house's errors."""

from __future__ import annotations

from devices.errors import DeviceError
from devices.registers.refusals import ERRORS
from protocols.shtrih.commands import DeviceRefusal
from protocols.shtrih.errors import describe


def device_error(refusal: DeviceRefusal) -> DeviceError:
    """What the caller may do about it, with the register's words for the person at the till."""
    row = describe(refusal.number)
    return ERRORS[row.kind](
        f"{refusal.command.name} ({refusal.command.code:02X}h) refused: error {refusal.number:02X}h {row.code}",
        number=refusal.number,
        command=refusal.command.name,
        hint=f"{row.text_ru}. {row.hint_ru}",
        code=row.code,
    )
