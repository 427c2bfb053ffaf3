"""An ATOL register with its power on, as the shop knows it."""

from __future__ import annotations

from typing import Any

from emulator.registers.assembly import usual_drive
from emulator.registers.atol.connection import AtolWire
from emulator.registers.atol.register import AtolRegister
from emulator.registers.base import Power
from emulator.registers.device import RegisterDevice
from protocols.atol.statuses import state_text


class AtolDevice(RegisterDevice):
    """What broke off for want of paper is printed by itself as soon as the printer can (no command goes on with it)."""

    register: AtolRegister

    def own_state(self) -> dict[str, Any]:
        core = self.register.core
        return {"mode": state_text(core.state()), "user": core.user}

    def set_paper(self, *, present: bool) -> None:
        super().set_paper(present=present)
        self._print_on()

    def set_cover(self, *, open_: bool) -> None:
        super().set_cover(open_=open_)
        self._print_on()

    def _print_on(self) -> None:
        printer = self.register.printer
        if printer.interrupted and printer.usable:
            printer.resume()
            self.register.core.save()


def build(power: Power) -> AtolDevice:
    """The device that a shop switches on."""
    settings = power.settings
    register = AtolRegister(
        usual_drive(power),
        power.storage,
        now=power.now,
        rng=power.random,
        quirks=settings.quirks,
        real_speed=settings.real_speed,
    )
    register.core.restart = power.fail
    return AtolDevice(power, register, AtolWire())
