"""What every fiscal register can do, whatever its family.

A driver is created closed. `connect` opens the link, fences off whatever the last connection left behind (drains late
bytes, cancels an open document) and reads who the device is. Every call may raise the errors of `devices.errors`;
after a `LinkError` the caller connects again and *settles* before anything is repeated (design.md, rules 2 and 3).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from devices.errors import RequestError, Unmakeable
from protocols.ffd.enums import DocumentCode, FfdVersion, Measure, Operation, Taxation, Vat
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Cashier, Receipt
from protocols.ffd.tlv import Element


class Capability(StrEnum):
    """Things not every register can do."""

    CORRECTION = "correction"
    CORRECTION_ITEMS = "correction_items"
    READ_BACK = "read_back"
    MARKING = "marking"
    DRAWER = "drawer"
    PRINT_TEXT = "print_text"
    COPY_LAST = "copy_last"
    SET_CLOCK = "set_clock"
    SETTINGS = "settings"
    CASH = "cash"
    X_REPORT = "x_report"


class Shift(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    EXPIRED = "expired"  # older than 24 h: only closing is allowed


class Paper(StrEnum):
    PRESENT = "present"
    OUT = "out"
    WAITING_CONTINUE = "waiting_continue"  # paper is back, the interrupted document is not yet printed again
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who answers on this link: the device and its registration."""

    family: str
    model: str
    serial: str
    firmware: str
    fn: str
    registration_number: str
    inn: str
    ffd: FfdVersion
    taxations: frozenset[Taxation]
    vat_rates: frozenset[Vat]
    user_name: str = ""
    address: str = ""
    place: str = ""
    ofd_name: str = ""
    ofd_inn: str = ""
    sender_email: str = ""
    marking: bool = False  # registered for marked goods
    internet: bool = False
    excise: bool = False
    columns: int | None = None  # characters in a line of its paper, None where nobody says


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterState:
    """The device right now."""

    mode: str  # the family's own words, e.g. "2: shift open"
    shift: Shift
    shift_number: int
    receipt_number: int
    document_open: bool
    paper: Paper
    cover_open: bool
    drawer_open: bool
    printing: bool
    clock: datetime  # zone-aware


@dataclass(frozen=True, slots=True, kw_only=True)
class DriveState:
    """The fiscal drive."""

    number: str
    phase: str  # "setup" | "ready" | "fiscal" | "closing" | "closed"
    last_document: int
    last_document_at: datetime | None
    current_document: int  # the family's code of a half-made document, 0 none
    valid_until: date | None
    days_left: int | None
    documents_left: int | None
    warnings: tuple[
        str, ...
    ]  # stable codes: "replace_urgently" "resource_30_days" "memory_90" "ofd_overdue" "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfdState:
    """Documents on their way to the OFD."""

    unsent: int
    first_unsent: int | None
    first_unsent_at: datetime | None
    connected: bool
    last_contact: str = ""  # in Russian, for the technician


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingState:
    """The drive's half of marking: codes in its table, notifications on their way to the marking system.

    `blocked`: no code can be checked. `undecided`: a checked code waits for its decision; `accepted`: codes that no
    receipt carried away yet. `fill_percent` of the area for notifications, None where it is not told. `autonomous`:
    notifications wait for the host to take them out.
    """

    blocked: bool
    undecided: bool
    accepted: int
    unsent: int
    first_unsent: int | None
    first_unsent_at: datetime | None
    fill_percent: int | None
    autonomous: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Document 82 as the drive hands it out: its number (2002) and the container it comes in."""

    number: int
    message: bytes


#: Stores a notification for good before it returns.
Keep = Callable[[Notification], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fiscal:
    """A document as the drive holds it: what the caller prints, stores and shows."""

    fn: str
    document: int
    sign: int
    datetime: datetime
    registration_number: str
    shift: int | None = None
    number: int | None = None  # receipt number within the shift (1042)
    qr: str | None = None
    code: DocumentCode | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the drive holds against what was asked (read-back, rule 6)."""

    path: str  # "1059[0]/1043"
    asked: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Warn:
    """Something the caller should know about a document that does exist."""

    code: str
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkingVerdict:
    """Per item: what the paper says, [M+] / [M] / [M-], tag 2106, and a row of `marking.REASONS`, "" for [M+]."""

    item: int
    result: str
    flags: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCheck:
    """What a register answered about one marking code. None where it said nothing of it.

    `local` is tag 2004, `local_reason` why the drive did not check it (`marking.LOCAL_REASONS`), `kind` 2100, `online`
    the drive's answer code to the online check with its `fault` (`marking.ANSWER_FAULTS`), `processed` 2105, `server`
    2005, `status` 2109. `flags` is tag 2106, `result` its letter, `reason` a row of `marking.REASONS` or "".
    """

    flags: int
    result: str
    reason: str
    local: int | None = None
    local_reason: int | None = None
    kind: int | None = None
    online: int | None = None
    fault: int | None = None
    processed: int | None = None
    server: int | None = None
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A command that made a fiscal document."""

    fiscal: Fiscal
    differences: tuple[Difference, ...] = ()
    warnings: tuple[Warn, ...] = ()
    marking: tuple[MarkingVerdict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedDocument:
    """One document of the drive's archive. `elements` is empty where the family cannot read TLV back."""

    code: DocumentCode
    fiscal: Fiscal
    acknowledged: bool  # the OFD's confirmation is stored
    operation: Operation | None = None
    total: int | None = None
    elements: tuple[Element, ...] = ()
    raw: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """Where the drive stood before a command: written to the journal before its first byte goes out."""

    fn: str
    document: int
    shift: int
    shift_open: bool
    # Counters, None where not asked for or not had: operations and kopecks of this shift, X reports ever printed.
    cash_ins: int | None = None
    cash_outs: int | None = None
    cash_in_sum: int | None = None
    cash_out_sum: int | None = None
    x_reports: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Number and fiscal sign from an answer that did come, before something else failed."""

    document: int
    sign: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsTable:
    number: int
    name: str
    rows: tuple[Mapping[str, str], ...]


class Register(ABC):
    """One fiscal register. Not safe for concurrent calls: one worker owns it (rule 5)."""

    family: str

    #: What the register answered to the closing of a document, since the last `bookmark`: proof for settling.
    answered: Answered | None = None

    #: Told what a call waits for while it takes long for a reason that is nobody's fault; None: nobody listens.
    tell: Callable[[Warn], Awaitable[object]] | None = None

    @property
    @abstractmethod
    def identity(self) -> Identity:
        """As read by `connect`."""

    @property
    @abstractmethod
    def capabilities(self) -> frozenset[Capability]: ...

    @abstractmethod
    async def connect(self) -> None:
        """Open, fence, identify."""

    async def fence(self, bookmark: Bookmark) -> None:
        """After `connect`: nothing of a command that was sent after `bookmark`, by whatever process, can still come.

        Where a connection is the fence, there is nothing left to do.
        """
        return

    @abstractmethod
    async def close(self) -> None:
        """Let the port go; never raises."""

    # --- asking, changes nothing

    @abstractmethod
    async def state(self) -> RegisterState: ...

    @abstractmethod
    async def drive(self) -> DriveState: ...

    @abstractmethod
    async def ofd(self) -> OfdState: ...

    @abstractmethod
    async def bookmark(self, *, counters: bool = False) -> Bookmark:
        """Where the drive stands, read now, and with `counters` those of the register.

        Refuses (NeedsOperator) when a document is half made and cannot be cancelled.
        """

    @abstractmethod
    async def document(self, number: int) -> ArchivedDocument | None:
        """The drive's document `number`; None when the drive has none."""

    async def own_cashiers(self) -> Collection[str]:
        """Names that the register writes as cashier (1021) where its firmware cannot be told one."""
        return ()

    @abstractmethod
    async def counters(self) -> Mapping[str, int]:
        """Shift counters as the X report prints them: sums in kopecks, counts plain."""

    @abstractmethod
    async def settings(self) -> Sequence[SettingsTable]:
        """Every table the device has, read only."""

    async def check_code(
        self,
        code: bytes,
        *,
        operation: Operation = Operation.SELL,
        measure: Measure = Measure.PIECE,
        quantity: Decimal = Decimal(1),
        fraction: tuple[int, int] | None = None,
    ) -> CodeCheck:
        """What drive and marking server say of a code that is about to change hands so; nothing of it stays behind.

        `code` as scanned (GS = 0x1D), `fraction` is numerator and denominator. RequestError where the register cannot.
        """
        raise RequestError(
            "this register cannot check marking codes",
            hint="Эта касса не проверяет коды маркировки.",
            code="marking_not_supported",
        )

    async def marking_state(self) -> MarkingState | None:
        """None where the register does not sell marked goods by ФФД 1.2."""
        return None

    async def unload_notifications(self, keep: Keep) -> int:
        """Of an autonomous register: hand over all that wait, oldest first; how many there were.

        Interrupted, it may be begun again: what was kept and not confirmed comes once more, with its number.
        """
        raise RequestError(
            "this register has no notifications to take out",
            hint="Эта касса передаёт уведомления о маркированных товарах сама.",
            code="notifications_not_kept",
        )

    @abstractmethod
    def faults(self, receipt: Receipt) -> tuple[Fault, ...]:
        """All that ФФД, registration and settings, as last read, keep this register from making or make it change.

        By pointer into the caller's body. Asks the device nothing; LinkError before the first `connect`.
        """

    # --- acting; each may leave its fate unknown with LinkError

    async def check(self, receipt: Receipt) -> None:
        """Refuse (Unmakeable) what has `faults`."""
        found = self.faults(receipt)
        if found:
            raise Unmakeable(found)

    @abstractmethod
    async def open_shift(self, cashier: Cashier | None) -> Outcome: ...

    @abstractmethod
    async def close_shift(self, cashier: Cashier | None) -> Outcome: ...

    @abstractmethod
    async def fiscalise(self, receipt: Receipt) -> Outcome:
        """A whole receipt or correction, read back and compared."""

    @abstractmethod
    async def cash_in(self, kopecks: int, cashier: Cashier | None) -> None: ...

    @abstractmethod
    async def cash_out(self, kopecks: int, cashier: Cashier | None) -> None: ...

    @abstractmethod
    async def x_report(self) -> Mapping[str, int]:
        """Print the report; answers its counters."""

    @abstractmethod
    async def open_drawer(self) -> None: ...

    @abstractmethod
    async def print_text(self, lines: Sequence[str]) -> None: ...

    @abstractmethod
    async def copy_last(self) -> None: ...

    @abstractmethod
    async def set_clock(self, now: datetime) -> None: ...

    @abstractmethod
    async def recover(self) -> None:
        """Continue an interrupted print, cancel an open document, leave the device ready."""
