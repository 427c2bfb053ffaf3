"""A register with its power on, as the shop knows it, around a family's executor and wire."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from emulator.channels import Channel
from emulator.faults import FaultPoint
from emulator.fiscal_drive import FiscalDrive
from emulator.fiscal_drive.checks import Check
from emulator.registers import line
from emulator.registers.base import Device, Power
from emulator.registers.executor import Executor
from emulator.registers.till import CASH
from protocols.marking import read
from protocols.paper import text


class RegisterDevice(Device):
    """`serve` answers one connection; framing state and stored answers live as long as the power."""

    register: Executor

    def __init__(self, power: Power, register: Executor, wire: line.Wire | None = None) -> None:
        """`wire` None: the family serves its connections in another way."""
        self._power = power
        self._wire = wire
        self.register = register
        self.drive = register.drive
        self.drive.on_commit = self._committing

    def _committing(self, phase: str) -> None:
        point = FaultPoint.COMMIT if phase == "before" else FaultPoint.COMMITTED
        self._power.faults.at_commit(self.register.code, point, timeout=self.register.drive_timeout)

    async def serve(self, channel: Channel) -> None:
        assert self._wire is not None, "the family has a wire or a `serve` of its own"
        await line.serve(self.register, channel, self._wire, self._power)

    @abstractmethod
    def own_state(self) -> dict[str, Any]:
        """What the family tells of its mode, in its own words."""

    def state(self) -> dict[str, Any]:
        core, drive = self.register.core, self.drive
        return self.own_state() | {
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
            "cash": core.till[CASH],
            "drawer_openings": core.memory.drawer_openings,
            "marking": _marking(drive),
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
        self.register.core.clock.find()
        self.drive.leave_room(None)
        self.register.core.save()


def _marking(drive: FiscalDrive) -> dict[str, Any]:
    marking = drive.marking
    pending = marking.pending
    return {
        "step": marking.step.name.lower(),
        "pending": None if pending is None else _shown(pending),
        "accepted": [_shown(check) for check in marking.table],
        "notifications": marking.made,
        "unsent_notifications": marking.unsent,
        "fill_percent": marking.fill,
    }


def _shown(check: Check) -> dict[str, Any]:
    """A code by its КИ: the crypto part is nobody's affair."""
    return {"cis": read(check.code).cis, "planned": check.planned, "local": check.local, "flags": check.flags}
