"""A Пирит register with its power on, as the shop knows it."""

from __future__ import annotations

from typing import Any

from emulator.registers.assembly import usual_drive
from emulator.registers.base import Power
from emulator.registers.device import RegisterDevice
from emulator.registers.pirit.connection import PiritWire
from emulator.registers.pirit.register import PiritRegister
from emulator.storage import StorageError
from protocols.ffd.enums import FfdVersion
from protocols.pirit.statuses import document_text


class PiritDevice(RegisterDevice):
    """A receipt or a shift's end whose printing broke off waits for the host's command, anything else for paper."""

    register: PiritRegister

    def own_state(self) -> dict[str, Any]:
        core = self.register.core
        return {"mode": document_text(core.document()), "work_begun": core.begun}

    def set_paper(self, *, present: bool) -> None:
        super().set_paper(present=present)
        self.print_on()

    def set_cover(self, *, open_: bool) -> None:
        super().set_cover(open_=open_)
        self.print_on()

    def print_on(self) -> None:
        """What broke off and waits for nobody, when there is paper."""
        core, printer = self.register.core, self.register.printer
        if printer.interrupted and printer.usable and core.unprinted is None:
            core.print_on()
            core.save()


def build(power: Power) -> PiritDevice:
    """The device that a shop switches on. StorageError for ФФД 1.1: the protocol has 1.05 and 1.2."""
    settings = power.settings
    if settings.ffd is FfdVersion.V1_1:
        raise StorageError("a Пирит register works in ФФД 1.05 or 1.2, not 1.1; start with --ffd 1.05 or --ffd 1.2")
    register = PiritRegister(
        usual_drive(power),
        power.storage,
        now=power.now,
        rng=power.random,
        quirks=settings.quirks,
        real_speed=settings.real_speed,
    )
    device = PiritDevice(power, register, PiritWire())
    device.print_on()
    return device
