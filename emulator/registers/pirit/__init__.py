"""The emulated Viki Print / Пирит register: one room a subject, `register` executes messages, `device` serves them."""

from __future__ import annotations

from emulator.registers.pirit.core import QUIRKS
from emulator.registers.pirit.device import PiritDevice, build
from emulator.registers.pirit.register import PiritRegister, number_of
from protocols.pirit.commands import COMMANDS

__all__ = ["QUIRKS", "PiritDevice", "PiritRegister", "build", "command_code"]


def command_code(name: str) -> int | None:
    """The code of a command by its name, 780Fh for 78/15; None for no such name."""
    try:
        return number_of(COMMANDS.named(name))
    except KeyError:
        return None
