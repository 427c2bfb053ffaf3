"""The emulated Shtrih-M register: one room a subject, `register` executes messages, `device` serves connections."""

from emulator.registers.shtrih.core import QUIRKS
from emulator.registers.shtrih.device import ShtrihDevice, build
from emulator.registers.shtrih.register import ShtrihRegister

__all__ = ["QUIRKS", "ShtrihDevice", "ShtrihRegister", "build"]
