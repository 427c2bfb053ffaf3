"""The parts of one Shtrih-M register that its rooms share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from emulator.registers import core
from emulator.registers.core import Asking
from emulator.registers.draft import Draft, DraftItem
from emulator.registers.refusals import Denied, Reason
from emulator.registers.shtrih import ledger
from emulator.registers.shtrih.memory import CLOCK_LOST, ShtrihMemory
from emulator.registers.shtrih.printer import submode, suppressed, use_suppression
from emulator.registers.till import CASH
from protocols.ffd.enums import Vat
from protocols.shtrih import errors, tables
from protocols.shtrih.statuses import Mode, OpenDocument, Submode
from protocols.wire import Message

CASHCORE: Final = "cashcore"

#: Word of `--quirk` -> what it changes. Off by default.
QUIRKS: Mapping[str, str] = {
    "stray-ff": "one FFh byte is sent after the host's ACK, as devices do over RNDIS and TCP",
    "leading-zeros": "00h bytes before STX are swallowed instead of answered with NAK",
    "bare-stx": "an STX is taken even while an unconfirmed answer waits for ENQ; that answer is dropped",
    "raw-vat-index": "the tax byte of FF46 and FF4B is the row of table 6, not a mask",
    CASHCORE: "a till of the vendor's cash core: tags and code of a line come before it, the ФФД is in table 10",
}

#: What the shared core refuses. UNCONFIRMED: a receipt command without a receipt is 55h on classic devices, 73h or
#: 5Eh on some with a drive.
NO_RECEIPT = errors.RECEIPT_CLOSED
DENIED: Mapping[Reason, int] = {
    Reason.NOT_REGISTERED: 0x8F,
    Reason.NO_RECEIPT: NO_RECEIPT,
    Reason.CASHLESS_EXCEEDS: errors.CASHLESS_EXCEEDS,
    Reason.PAYMENT_SHORT: errors.PAYMENT_SHORT,
    Reason.NOT_ENOUGH_CASH: errors.NOT_ENOUGH_CASH,
    Reason.DISCOUNT_EXCEEDS: errors.DISCOUNT_EXCEEDS,
    Reason.NO_DATA: errors.NOTHING_TO_REPEAT,
}


@dataclass(slots=True)
class ShtrihDraft(Draft):
    """`operator`: the number of who opened it. `ahead`: tags and code that came before their line (CASHCORE)."""

    operator: int = 0
    ahead: DraftItem | None = None

    @property
    def kind(self) -> int:
        """The receipt type of 8Dh."""
        return ledger.kind_of(self.operation)


@dataclass(slots=True, kw_only=True)
class Core(core.Core):
    """Everything a command may touch."""

    memory: ShtrihMemory
    draft: ShtrihDraft | None = None
    non_fiscal: bool = False
    test_run: bool = False
    reading: list[bytes] = field(default_factory=list)  # blocks that FF3B hands out
    ofd_answer: bytearray | None = None  # what the host wrote with FF32 / FF33
    ofd_answer_size: int = 0
    unloading: int = 0  # bytes of the notification that FF72 has handed out
    challenged: bool = False  # FF65 gave random data that FF66 may answer
    last_error: int = 0
    _passwords: dict[int, int] | None = None
    _password_settings: dict[str, int | str] | None = None

    def lose_clock(self) -> None:
        """It wants to be set (shtrih_m §10.4: C0h on any command)."""
        self.clock.lose(CLOCK_LOST)

    def submode(self) -> Submode:
        return submode(self.printer)

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

    def open_draft(self) -> ShtrihDraft:
        if self.draft is None:
            raise Denied(Reason.NO_RECEIPT)
        return self.draft

    def line(self) -> DraftItem | None:
        """What FF4D and FF67 of the open receipt speak of: the last line, or one that is still to come."""
        draft = self.open_draft()
        if CASHCORE not in self.quirks:
            return draft.items[-1] if draft.items else None
        if draft.ahead is None:
            draft.ahead = DraftItem("", 0, Decimal(1), 0, Vat.NONE)
        return draft.ahead

    def goes_on_paper(self) -> bool:
        shown = not suppressed(self.memory)
        use_suppression(self.memory)
        return shown

    def end_shift(self) -> None:
        core.Core.end_shift(self)
        if self.memory.number(tables.AUTO_ZERO_CASH):
            self.till.set(CASH, 0)


#: (core, request, operator) -> reply. The request's class is the key under which the handler is registered.
Handler = Callable[[Core, Any, int], Message | Asking]
Handlers = Mapping[type, Handler]
