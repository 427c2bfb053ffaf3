"""The device's error numbers as the house's errors."""

from __future__ import annotations

from devices.errors import DeviceError
from devices.registers.refusals import refused
from protocols.shtrih.commands import DeviceRefusal
from protocols.shtrih.errors import describe


def device_error(refusal: DeviceRefusal) -> DeviceError:
    """What the caller may do about it, with the register's words for the person at the till."""
    row = describe(refusal.number)
    command, number = refusal.command, refusal.number
    detail = f"{command.name} ({command.code:02X}h) refused: error {number:02X}h {row.code}"
    return refused(row, detail, number=number, command=command.name)
