"""A register with its power on, as the shop knows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from emulator.channels import Channel
from emulator.faults import FaultPoint
from emulator.fiscal_drive import Factory, FiscalDrive, default_registration
from emulator.fiscal_drive.checks import Check
from emulator.registers.base import Device, Power
from emulator.registers.shtrih.connection import Wire, serve
from emulator.registers.shtrih.register import ShtrihRegister
from protocols.ffd.enums import FfdVersion
from protocols.marking import read
from protocols.paper import text
from protocols.shtrih import registers
from protocols.shtrih.statuses import mode_text


class ShtrihDevice(Device):
    """`serve` answers one connection; framing state and stored answers live as long as the power."""

    def __init__(self, power: Power) -> None:
        self._power = power
        settings = power.settings
        self.register = ShtrihRegister(
            self._make_drive,
            power.storage,
            now=power.now,
            rng=power.random,
            quirks=settings.quirks,
            real_speed=settings.real_speed,
        )
        self.drive = self.register.drive
        self.drive.on_commit = self._committing
        self._wire = Wire(settings.quirks)

    def _make_drive(self, clock: Callable[[], datetime]) -> FiscalDrive:
        power, settings = self._power, self._power.settings
        serial = f"{settings.serial:016d}"
        version = settings.ffd or FfdVersion.V1_2
        return FiscalDrive(
            power.storage,
            now=clock,
            timer=power.now,
            rng=power.random,
            ffd=settings.ffd,
            factory=Factory(number=f"9999{power.random.randrange(10**8):08d}{settings.serial:04d}", ffd=version),
            registration=default_registration(version, serial=serial, ordinal=settings.serial),
        )

    def _committing(self, phase: str) -> None:
        point = FaultPoint.COMMIT if phase == "before" else FaultPoint.COMMITTED
        self._power.faults.at_commit(self.register.code, point)

    async def serve(self, channel: Channel) -> None:
        power = self._power
        await serve(
            self.register,
            channel,
            self._wire,
            power.faults,
            by_hand=power.by_hand,
            ask_oism=power.ask_oism,
            real_speed=power.settings.real_speed,
        )

    def state(self) -> dict[str, Any]:
        core, drive = self.register.core, self.drive
        return {
            "mode": mode_text(core.mode_byte()),
            "submode": int(core.printer.submode),
            "flags": int(core.printer.flags),
            "paper": core.memory.paper_present,
            "cover_open": core.memory.cover_open,
            "clock": core.now().isoformat(),
            "fn": drive.number,
            "ffd": str(drive.registration.ffd) if drive.registration else None,
            "last_document": drive.last_document,
            "shift": drive.shift,
            "shift_open": drive.shift_open,
            "receipt": drive.receipt,
            "unsent": drive.backlog.count,
            "documents_left": drive.resource.documents_left,
            "cash": core.memory.money.get(registers.CASH_IN_DRAWER, 0),
            "drawer_openings": core.memory.drawer_openings,
            "marking": self._marking(),
        }

    def _marking(self) -> dict[str, Any]:
        marking = self.drive.marking
        pending = marking.pending
        return {
            "step": marking.step.name.lower(),
            "pending": None if pending is None else _shown(pending),
            "accepted": [_shown(check) for check in marking.table],
            "notifications": marking.made,
            "unsent_notifications": marking.unsent,
            "fill_percent": marking.fill,
        }

    def paper_text(self, last: int | None = None) -> str:
        return text.render(self.register.tape.lines(last), emulated=True)

    def paper_image(self, last: int | None = None) -> bytes:
        from protocols.paper import picture  # Pillow is slow to load

        return picture.render(self.register.tape.lines(last), emulated=True)

    def set_paper(self, *, present: bool) -> None:
        self.register.printer.set_paper(present=present)
        self.register.core.save()

    def set_cover(self, *, open_: bool) -> None:
        self.register.printer.set_cover(open_=open_)
        self.register.core.save()

    def heal(self) -> None:
        self.set_paper(present=True)
        self.set_cover(open_=False)
        self.register.printer.keep_busy(0)
        self.register.core.find_clock()
        self.drive.leave_room(None)
        self.register.core.save()


def _shown(check: Check) -> dict[str, Any]:
    """A code by its КИ: the crypto part is nobody's affair."""
    return {"cis": read(check.code).cis, "planned": check.planned, "local": check.local, "flags": check.flags}


def build(power: Power) -> ShtrihDevice:
    """The device that a shop switches on."""
    return ShtrihDevice(power)
