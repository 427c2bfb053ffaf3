"""What a shop needs from an emulated register of any family, and what the register gets from the shop.

A device object is one stretch of power: its attributes are RAM, everything else is in the storage. `PowerLoss` leaves
`serve`, the shop cuts every connection, throws the object away, and makes a new one from the storage when the power is
back.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING, Any

from emulator.channels import Channel
from emulator.faults import Faults
from emulator.storage import Storage
from protocols.ffd.enums import FfdVersion

if TYPE_CHECKING:
    from emulator.fiscal_drive.drive import FiscalDrive


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a register is set up; `quirks` are the words of `--quirk`.

    `ffd` None: as the storage has it, 1.2 when new. A storage registered for another one is refused (StorageError).
    """

    name: str = "kkt-1"
    ffd: FfdVersion | None = None
    quirks: frozenset[str] = field(default_factory=frozenset)
    real_speed: bool = False
    serial: int = 1  # tells several registers of one shop apart: their serial number, drive number, registration


#: What somebody does to the register: new paper, cover closed.
Act = Callable[["Device"], None]
#: After so many seconds; it waits for the power when that is off then, and never happens to a register taken away.
ByHand = Callable[[float, Act], None]


#: (drive, message, seconds) -> the marking system's answer, both containers; None when none came in time.
AskOism = Callable[[str, bytes, float], Awaitable[bytes | None]]


def _stay(seconds: float) -> None:
    """A register whose power nobody can cut but its connections."""


async def nobody(fn: str, message: bytes, timeout: float) -> bytes | None:
    """A register that knows no marking system: there is never an answer."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What a device is built from each time the power comes on."""

    settings: Settings
    storage: Storage
    now: Callable[[], datetime]  # zone-aware, the shop's clock
    random: Random
    faults: Faults
    by_hand: ByHand
    ask_oism: AskOism = nobody
    fail: Callable[[float], None] = _stay  # the power goes for so long, for a device that works between connections


class Device(ABC):
    """One emulated register between power-on and power-off."""

    drive: FiscalDrive

    @abstractmethod
    async def serve(self, channel: Channel) -> None:
        """Serve one connection until its end (a `emulator.channels.Handler`).

        Raises `PowerLoss` when the power fails in the middle of a command.
        """

    def power_off(self) -> None:
        """The power is gone: whatever runs between connections ends here."""
        return

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What `GET /state` shows of the register; JSON values."""

    @abstractmethod
    def paper_text(self, last: int | None = None) -> str:
        """The tape since it was new as text, or only the `last` things printed."""

    @abstractmethod
    def paper_image(self, last: int | None = None) -> bytes:
        """The same as PNG: for a picture, `last` should be given."""

    @abstractmethod
    def set_paper(self, *, present: bool) -> None:
        """Take the paper out or put a new roll in (fault `paper_out`)."""

    @abstractmethod
    def set_cover(self, *, open_: bool) -> None:
        """Open or close the cover (fault `cover_open`)."""

    @abstractmethod
    def heal(self) -> None:
        """Undo whatever faults did to it: the roll is in, the cover shut, the clock right, room in the drive."""
