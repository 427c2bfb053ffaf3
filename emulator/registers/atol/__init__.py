"""The emulated ATOL register: one room a subject, `register` executes messages, `device` serves connections."""

from __future__ import annotations

from emulator.registers.atol.core import QUIRKS
from emulator.registers.atol.device import AtolDevice, build
from emulator.registers.atol.register import AtolRegister
from protocols.atol.commands import COMMANDS

__all__ = ["QUIRKS", "AtolDevice", "AtolRegister", "build", "command_code"]


def command_code(name: str) -> int | None:
    """The code of a command by its name; None for no such name."""
    try:
        return COMMANDS.named(name).code
    except KeyError:
        return None
