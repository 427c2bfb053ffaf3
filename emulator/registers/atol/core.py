"""The parts of one ATOL register that its rooms share: the mode it is in, who entered it, the open receipt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from emulator.fiscal_drive import StoredDocument
from emulator.registers import core
from emulator.registers.atol.memory import AtolMemory
from emulator.registers.draft import Draft
from emulator.registers.payments import PaymentKind
from emulator.registers.refusals import Denied, Reason, Refusal
from protocols.atol import errors
from protocols.atol.models import DEFAULT, MODELS
from protocols.atol.statuses import ADMIN, PAYING, SYSTEM, Mode, Payment, state_code
from protocols.ffd.enums import DocumentCode, Vat
from protocols.ffd.tags import presence
from protocols.ffd.tlv import Element
from protocols.wire import Message

#: Word of `--quirk` -> what it changes. Off by default; each is a doubt of the sources (docs/atol.md).
QUIRKS: Final[Mapping[str, str]] = {
    "shift-by-receipt": "92h and 4Fh open the shift, as devices without a drive do",
    "no-print-02": "92h keeps a receipt off the paper by flag 02h, not by 04h",
    "free-modes": "a mode is entered from any other, also with a receipt open",
}

DENIED: Final[Mapping[Reason, int]] = {
    Reason.NOT_REGISTERED: errors.NOT_REGISTERED,
    Reason.NO_RECEIPT: errors.RECEIPT_CLOSED,
    Reason.CASHLESS_EXCEEDS: errors.CASHLESS_EXCEEDS,
    Reason.PAYMENT_SHORT: errors.PAYMENT_SHORT,
    Reason.NOT_ENOUGH_CASH: errors.NOT_ENOUGH_CASH,
    Reason.DISCOUNT_EXCEEDS: 0x7B,
    Reason.NO_DATA: errors.FN_NO_DATA,
}

FORMS: Final[Mapping[int, PaymentKind]] = {
    Payment.CASH: PaymentKind.CASH,
    Payment.ELECTRONIC: PaymentKind.ELECTRONIC,
    Payment.PREPAID: PaymentKind.PREPAID,
    Payment.POSTPAID: PaymentKind.POSTPAID,
    Payment.OTHER: PaymentKind.OTHER,
}

#: What a register that lost its clock wants to be told (submodes 5.5 and 5.6).
DATE, TIME = "date", "time"
_WANTS: Final[Mapping[str, int]] = {DATE: 5, TIME: 6}
_NAMES: Final[Mapping[int, str]] = {ADMIN: "Администратор", SYSTEM: "Системный администратор"}


@dataclass(slots=True)
class AtolDraft(Draft):
    """`kind`: type of 92h. `item`: tags of a position that EAh began, None between positions."""

    kind: int = 0
    printed: bool = True
    item: list[Element] | None = None
    paid: dict[int, int] = field(default_factory=dict)  # by form, kopecks as handed over
    taxes: dict[Vat, int] = field(default_factory=dict)  # of the whole receipt, as the host computed them
    ignore_cash: bool = False

    @property
    def paid_total(self) -> int:
        return sum(self.paid.values())


@dataclass(slots=True, kw_only=True)
class Core(core.Core):
    """Everything a command may touch."""

    memory: AtolMemory
    draft: AtolDraft | None = None
    mode: Mode = Mode.CHOICE
    user: int = SYSTEM
    progress: list[int] = field(default_factory=list)  # states that the next questions after a report are answered with
    date_to_confirm: date | None = None
    last_error: tuple[int, int] = (0, 0)  # number and extra byte, for B3h
    extended: tuple[int, int, bytes] = (0, 0, b"")  # register 55: command, code, more
    parts: tuple[int, bytes] = (0, b"")  # blocks of a tag so far: how many, their bytes
    reading: list[bytes] = field(default_factory=list)  # blocks that A446h hands out
    holds_back: bool = False  # 76h was said: it goes on being said until the printing is over
    restart: Callable[[float], None] | None = None  # the power goes for so many seconds

    def open_draft(self) -> AtolDraft:
        if self.draft is None:
            raise Denied(Reason.NO_RECEIPT)
        return self.draft

    def lose_clock(self) -> None:
        self.clock.lose(f"{DATE} {TIME}")

    def waiting_tags(self, code: DocumentCode) -> list[Element]:
        """Those of the tags sent so far that such a document may hold."""
        allowed = presence(code, self.ffd)
        return [element for element in self.begun_tags if element.tag in allowed]

    def report(
        self, code: DocumentCode, cashier: str | None, *, more: Callable[[StoredDocument], None] | None = None
    ) -> StoredDocument:
        """Tags that belong to another document wait for that."""
        sent, own = self.begun_tags, self.waiting_tags(code)
        self.begun_tags = own[:]
        try:
            document = core.Core.report(self, code, cashier, more=more)
        except Exception:
            self.begun_tags = sent
            raise
        self.begun_tags = [element for element in sent if element not in own]
        return document

    def goes_on_paper(self) -> bool:
        return self.draft is None or self.draft.printed

    @property
    def model(self) -> int:
        return DEFAULT

    @property
    def width(self) -> int:
        """Characters of a line."""
        return MODELS[self.model].columns or 0

    @property
    def serial(self) -> int:
        serial = self.registered.serial if self.drive.registration or self.memory.registration else ""
        return int(serial) if serial.isdecimal() else 0

    def user_name(self) -> str:
        """Tag 1021 unless the host sends its own."""
        return _NAMES.get(self.user, f"Кассир {self.user}")

    def state(self) -> int:
        """Mode and submode."""
        for word in self.memory.clock_lost.split():
            return state_code(Mode.ACCESS_FP, _WANTS[word])
        if self.draft is not None and self.draft.paid:
            return state_code(*PAYING)
        return state_code(self.mode)

    def told_state(self) -> int:
        """`state`, but after a report first the states in which it goes on (TC polls until they are over)."""
        if not self.progress:
            return self.state()
        return self.progress[0] if self.printer.busy else self.progress.pop(0)

    def see_register_55(self, code: int, more: bytes = b"") -> Refusal:
        """The refusal EEh; its command is filled in by whoever answers it."""
        self.extended = (0, code, more)
        return Refusal(errors.SEE_REGISTER_55)


#: (core, request) -> the answer, or the bytes of one with a shape of its own.
Handler = Callable[[Core, Any], Message | bytes]
Handlers = Mapping[type, Handler]
