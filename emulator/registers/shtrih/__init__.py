"""The emulated Shtrih-M register: one room a subject, `register` executes messages, `device` serves connections."""

from __future__ import annotations

from emulator.registers.shtrih.core import QUIRKS
from emulator.registers.shtrih.device import ShtrihDevice, build
from emulator.registers.shtrih.register import ShtrihRegister
from protocols.shtrih.commands import COMMANDS

__all__ = ["QUIRKS", "ShtrihDevice", "ShtrihRegister", "build", "command_code"]


def command_code(name: str) -> int | None:
    """The code of a command by its name; None for no such name."""
    try:
        return COMMANDS.named(name).code
    except KeyError:
        return None
