"""The parts of one register that its rooms share, and the refusal they all raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from emulator.fiscal_drive import FiscalDrive, Registration
from emulator.registers.shtrih.memory import CLOCK_LOST, Memory, save
from emulator.registers.shtrih.paper import Printer
from emulator.storage import Storage
from protocols.ffd.enums import DocumentCode, FfdVersion, Vat
from protocols.ffd.tlv import Element
from protocols.shtrih import errors, tables
from protocols.shtrih.statuses import Mode, OpenDocument
from protocols.wire import Message

#: Word of `--quirk` -> what it changes. Off by default.
QUIRKS: Mapping[str, str] = {
    "stray-ff": "one FFh byte is sent after the host's ACK, as devices do over RNDIS and TCP",
    "leading-zeros": "00h bytes before STX are swallowed instead of answered with NAK",
    "bare-stx": "an STX is taken even while an unconfirmed answer waits for ENQ; that answer is dropped",
    "raw-vat-index": "the tax byte of FF46 and FF4B is the row of table 6, not a mask",
}


#: Where a clock without battery starts (UNCONFIRMED; any moment before the last document will do).
LOST_CLOCK = datetime(2000, 1, 1)  # noqa: DTZ001 — the shop's zone is put in


class Refusal(Exception):
    """The register says no with this error number; nothing was changed."""

    def __init__(self, number: int) -> None:
        super().__init__(f"error {number:02X}h")
        self.number = number


@dataclass(frozen=True, slots=True)
class Asking:
    """A command that waits for the marking system: what it asks (a container), and what becomes of the answer.

    `then` takes the answering container, or None when none came in time.
    """

    message: bytes
    then: Callable[[bytes | None], Message]


@dataclass(slots=True)
class DraftItem:
    """One operation of the open receipt. `price` and `sum` in kopecks, sum after discounts."""

    name: str
    price: int
    quantity: Decimal
    sum: int
    vat: Vat
    department: int = 1
    tax_sum: int | None = None
    method: int = 4
    object: int = 1
    tags: list[Element] = field(default_factory=list)
    code: bytes | None = None
    flags: int | None = None  # tag 2106 of the code, None where it was not checked
    printed: bool = True


@dataclass(slots=True)
class Draft:
    """The open receipt: `kind` as 8Dh numbers it, `operator` who opened it."""

    kind: int
    operator: int
    correction: bool = False
    items: list[DraftItem] = field(default_factory=list)
    tags: list[Element] = field(default_factory=list)
    header: list[str] = field(default_factory=list)  # unfiscal lines printed before the first operation
    footer: list[str] = field(default_factory=list)  # and after it

    @property
    def total(self) -> int:
        return sum(item.sum for item in self.items)

    @property
    def code(self) -> DocumentCode:
        return DocumentCode.CORRECTION if self.correction else DocumentCode.RECEIPT


@dataclass(slots=True)
class Core:
    """Everything a command may touch. Attributes from `draft` on are RAM: a power cut clears them."""

    drive: FiscalDrive
    storage: Storage
    memory: Memory
    printer: Printer
    clock: Callable[[], datetime]
    random: Random
    quirks: frozenset[str] = frozenset()
    draft: Draft | None = None
    non_fiscal: bool = False
    test_run: bool = False
    begun_tags: list[Element] = field(default_factory=list)
    reading: list[bytes] = field(default_factory=list)  # blocks that FF3B hands out
    ofd_answer: bytearray | None = None  # what the host wrote with FF32 / FF33
    ofd_answer_size: int = 0
    unloading: int = 0  # bytes of the notification that FF72 has handed out
    challenged: bool = False  # FF65 gave random data that FF66 may answer
    last_error: int = 0
    last_draft: Draft | None = None
    last_forms: tuple[int, ...] = ()
    _passwords: dict[int, int] | None = None
    _password_settings: dict[str, int | str] | None = None

    @property
    def registration(self) -> Registration:
        """Refusal 8Fh before the first registration."""
        registration = self.drive.registration
        if registration is None:
            raise Refusal(0x8F)
        return registration

    @property
    def registered(self) -> Registration:
        """As it is, or as it was before FF07 made the drive new; Refusal 8Fh when it never was."""
        kept = self.memory.registration
        if self.drive.registration is None and kept is not None:
            return Registration.from_json(kept)
        return self.registration

    @property
    def ffd(self) -> FfdVersion:
        return self.registration.ffd

    def lose_clock(self) -> None:
        """The clock starts from `LOST_CLOCK` and wants to be set (shtrih_m §10.4: C0h on any command)."""
        shop = self.clock()
        self.memory.clock_offset = (LOST_CLOCK.replace(tzinfo=shop.tzinfo) - shop).total_seconds()
        self.memory.clock_lost = CLOCK_LOST

    def find_clock(self) -> None:
        """A lost clock shows the shop's time again."""
        if self.memory.clock_lost:
            self.memory.clock_lost, self.memory.clock_offset = "", 0.0

    def now(self) -> datetime:
        """The register's own clock, zone-aware."""
        return self.clock() + timedelta(seconds=self.memory.clock_offset)

    def mode(self) -> Mode:
        if self.memory.date_to_confirm:
            return Mode.CONFIRM_DATE
        if self.test_run:
            return Mode.TEST_RUN
        if self.draft is not None or self.non_fiscal:
            return Mode.DOCUMENT_OPEN
        if not self.drive.shift_open:
            return Mode.SHIFT_CLOSED
        return Mode.SHIFT_EXPIRED if self.drive.shift_expired else Mode.SHIFT_OPEN

    def mode_byte(self) -> int:
        mode = self.mode()
        if mode is not Mode.DOCUMENT_OPEN:
            return int(mode)
        status = OpenDocument.NON_FISCAL if self.draft is None else OpenDocument(self.draft.kind)
        return int(mode) | status << 4

    def operator_name(self, operator: int) -> str:
        return str(self.memory.setting(tables.CASHIERS, operator, tables.CASHIER_NAME[1]))

    def passwords(self) -> dict[int, int]:
        """Password -> operator; of several operators with one password the highest."""
        settings = self.memory.settings
        if self._passwords is None or self._password_settings is not settings:
            rows = range(1, tables.TABLES[tables.CASHIERS].rows + 1)
            column = tables.PASSWORD[1]
            self._passwords = {int(self.memory.setting(tables.CASHIERS, row, column)): row for row in rows}
            self._password_settings = settings
        return self._passwords

    def save(self) -> None:
        save(self.storage, self.memory)

    def open_draft(self) -> Draft:
        """The open receipt; Refusal 55h when there is none."""
        if self.draft is None:
            raise Refusal(NO_RECEIPT)
        return self.draft

    def drop_draft(self) -> None:
        self.drive.cancel()
        self.draft = None


#: UNCONFIRMED: a receipt command without a receipt is 55h on classic devices, 73h or 5Eh on some with a drive.
NO_RECEIPT = errors.RECEIPT_CLOSED

#: (core, request, operator) -> reply. The request's class is the key under which the handler is registered.
Handler = Callable[[Core, Any, int], Message | Asking]
Handlers = Mapping[type, Handler]
