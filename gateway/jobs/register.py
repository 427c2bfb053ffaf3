"""One register of the shop: how it is set up, and what is known of it without asking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, tzinfo
from zoneinfo import ZoneInfo

from devices.errors import GatewayError
from devices.registers.base import Capability, DriveState, Identity, OfdState, RegisterState
from protocols.ffd.receipt import Cashier

MOSCOW = ZoneInfo("Europe/Moscow")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSettings:
    """One register of the configuration, as far as its worker needs it."""

    name: str
    link: str = ""  # as written in the configuration, for people
    family: str = ""
    zone: tzinfo = MOSCOW
    shift: str = "auto"  # "auto" | "manual", for receipts that do not say
    cashier: Cashier | None = None  # for documents that name none
    close_shift_at: time | None = None  # wall clock in `zone`
    queue_limit: int = 50_000
    poll_seconds: float = 15.0  # between two looks at an idle register
    emulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSnapshot:
    """What is known of a register without asking it now; parts are None until they were read once."""

    name: str
    family: str
    link: str
    emulated: bool
    connected: bool = False
    released_until: datetime | None = None
    taken_at: datetime | None = None  # when the oldest of the parts below was read
    state: RegisterState | None = None
    drive: DriveState | None = None
    ofd: OfdState | None = None
    identity: Identity | None = None
    capabilities: frozenset[Capability] = frozenset()
    queued: int = 0
    current: str | None = None  # id of the job in hand
    problem: GatewayError | None = None  # why it is not connected, or what the operator must do
    warnings: tuple[str, ...] = ()  # stable codes: the drive's warnings, "ofd_backlog", "clock_drift"
