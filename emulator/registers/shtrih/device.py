"""A Shtrih-M register with its power on, as the shop knows it."""

from __future__ import annotations

from typing import Any

from emulator.registers.assembly import usual_drive
from emulator.registers.base import Power
from emulator.registers.device import RegisterDevice
from emulator.registers.shtrih.connection import ShtrihWire
from emulator.registers.shtrih.printer import flags
from emulator.registers.shtrih.register import ShtrihRegister
from protocols.shtrih.statuses import mode_text


class ShtrihDevice(RegisterDevice):
    register: ShtrihRegister

    def own_state(self) -> dict[str, Any]:
        core = self.register.core
        return {
            "mode": mode_text(core.mode_byte()),
            "submode": int(core.submode()),
            "flags": int(flags(core.printer)),
        }


def build(power: Power) -> ShtrihDevice:
    """The device that a shop switches on."""
    settings = power.settings
    register = ShtrihRegister(
        usual_drive(power),
        power.storage,
        now=power.now,
        rng=power.random,
        quirks=settings.quirks,
        real_speed=settings.real_speed,
    )
    return ShtrihDevice(power, register, ShtrihWire(settings.quirks))
