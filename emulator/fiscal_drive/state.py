"""What a drive knows about itself between two documents, and the shapes it answers with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from protocols.ffd.enums import FfdVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Factory:
    """A drive as it left the factory: 16 digits (9999… = test drive), life in days, documents it can hold.

    410 days is what a real ФН-1.1 of 13-15 months reported; 250 000 documents are typical for ФН-1.2 (UNCONFIRMED).
    """

    number: str
    ffd: FfdVersion = FfdVersion.V1_2
    validity_days: int = 410
    capacity: int = 250_000
    registrations: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Documents that wait for the OFD; `first` and `first_at` (naive local wall clock) are None when none do."""

    count: int
    first: int | None = None
    first_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """How long and how much a drive will go on: last day (None before registration), and what is left."""

    valid_until: date | None
    days_left: int
    documents_left: int
    registrations_left: int


@dataclass
class State:
    """JSON-able facts of the drive; times are unix seconds of the local wall clock, 0 = never.

    `totals`, `shift_totals` and `unsent_totals` are `counters.Counters`; `confirmed` is the last document the OFD
    confirmed, `operator_message` the bits of its last 1206; `full_at` is where a tester ends the memory, 0: at
    `capacity`.
    """

    number: str
    ffd: int
    phase: int
    capacity: int
    registrations_allowed: int
    key: str
    validity_days: int
    asked: int = 0  # ФФД the drive was asked for when it was new; a host may have registered it for another since
    registrations: int = 0
    registration_document: int = 0
    valid_until: int = 0
    last_document: int = 0
    last_at: int = 0
    shift: int = 0
    shift_open: bool = False
    shift_opened_at: int = 0
    receipt: int = 0
    shift_documents: int = 0
    confirmed: int = 0
    first_unsent_at: int = 0
    operator_message: int = 0
    full_at: int = 0
    marking_requests: int = 0  # number of the last request (2001)
    notifications: int = 0  # number of the last notification (2002)
    notified: int = 0  # the last one that was delivered
    bad_codes: int = 0  # bits of 2112 in this shift
    bad_requests: int = 0  # bits of 2113 in this shift
    totals: dict[str, int] = field(default_factory=dict)
    shift_totals: dict[str, int] = field(default_factory=dict)
    unsent_totals: dict[str, int] = field(default_factory=dict)

    @property
    def places(self) -> int:
        """Documents the memory can hold."""
        return self.full_at or self.capacity

    @property
    def unsent_notifications(self) -> int:
        """Tag 2104."""
        return self.notifications - self.notified
