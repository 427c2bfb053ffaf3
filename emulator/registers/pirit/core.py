"""The parts of one Пирит register that its rooms share: the open document, its state, why something was refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.fiscal_drive import StoredDocument
from emulator.fiscal_drive.rules import SETTLEMENTS
from emulator.registers import core
from emulator.registers.core import Asking
from emulator.registers.draft import Draft
from emulator.registers.payments import PaymentKind
from emulator.registers.pirit.memory import PiritMemory
from emulator.registers.pirit.tables import value_of
from emulator.registers.refusals import Denied, Reason, Refusal
from emulator.registers.till import CASH, DOCUMENTS
from protocols.ffd.enums import DocumentCode, Operation
from protocols.ffd.tlv import Element, TlvError, encode
from protocols.pirit import errors, extended
from protocols.pirit.fields import Cashier
from protocols.pirit.messages import Texts
from protocols.pirit.models import MODELS, Model
from protocols.pirit.settings import CashMask, PrinterMask
from protocols.pirit.statuses import OPERATION_OF_TYPE, DocumentState, DocumentType

#: Word of `--quirk` -> what it changes. Off by default: a Viki Print 80+ of firmware that knows the rates of 2026.
QUIRKS: Final[Mapping[str, str]] = {
    "pirit-2f": "it says that it is a Пирит 2Ф: pictures and counters of wear work, 06/1 answers without words",
    "pirit-2sf": "it says that it is a Пирит 2СФ",
    "old-vat": "its VAT table has the six rows that every manual has, and no more",
    "vat-22": "rows 0 and 4 of its VAT table are 22 %, as of firmware that replaces 20 %; no rows from 6 on",
}
_VIKI_PRINT_80: Final = 5
_MODELS: Final = {"pirit-2f": 8, "pirit-2sf": 9}

#: What the shared core refuses: error number, extended code.
DENIED: Final[Mapping[Reason, tuple[int, int]]] = {
    Reason.NOT_REGISTERED: (errors.WRONG_STATE, extended.NOT_FISCAL),
    Reason.NO_RECEIPT: (errors.WRONG_STATE, extended.DOCUMENT_CLOSED),
    Reason.CASHLESS_EXCEEDS: (errors.BAD_PARAMETERS, 56),
    Reason.PAYMENT_SHORT: (errors.WRONG_STATE, extended.NOT_STATE_4),
    Reason.NOT_ENOUGH_CASH: (errors.NOT_ENOUGH_CASH, extended.NONE),
    Reason.DISCOUNT_EXCEEDS: (errors.BAD_PARAMETERS, 52),
    Reason.NO_DATA: (0x10, extended.NONE),
}

FORMS: Final[Mapping[int, PaymentKind]] = {
    0: PaymentKind.CASH,
    **dict.fromkeys(range(1, 13), PaymentKind.ELECTRONIC),
    13: PaymentKind.PREPAID,
    14: PaymentKind.POSTPAID,
    15: PaymentKind.OTHER,
}
#: Of the till: what ended, well or not.
OPERATIONS: Final = "operations"
#: What a register that lost its clock wants to be told (command 10).
BEGIN: Final = "begin"
_CORRECTIONS: Final = {
    Operation.SELL: DocumentType.CORRECTION_SALE,
    Operation.BUY: DocumentType.CORRECTION_BUY,
    Operation.SELL_REFUND: DocumentType.CORRECTION_SALE_RETURN,
    Operation.BUY_REFUND: DocumentType.CORRECTION_BUY_RETURN,
}
_RECEIPTS: Final = {
    operation: kind for kind, operation in OPERATION_OF_TYPE.items() if kind not in _CORRECTIONS.values()
}


def kind_of(operation: Operation, *, correction: bool) -> DocumentType:
    return (_CORRECTIONS if correction else _RECEIPTS)[operation]


@dataclass(slots=True)
class PiritDraft(Draft):
    """Whatever document is open; only those of `fiscal` kinds are known to the drive. `taxation`: the bit of 1055."""

    kind: DocumentType = DocumentType.SERVICE
    state: DocumentState = DocumentState.ITEMS
    department: int = 1
    cashier: Cashier = field(default_factory=Cashier)
    taxation: int = 0
    packet: bool = False  # no answers to success
    failed: bool = False  # in packet mode: all is refused until the end
    printed: bool = True
    copy: bool = False
    discount: int = 0  # of the whole: the total is less by it
    discounted: bool = False
    details: list[Element] = field(default_factory=list)  # of the next item
    attached: tuple[bytes, int] | None = None  # code of the next item and its 2106
    bare_code: bytes | None = None  # of the next item, unchecked
    paid: dict[int, int] = field(default_factory=dict)  # by form, as handed over
    lines: list[list[str]] = field(default_factory=list)  # of a service document
    cash: int = 0  # of a cash document
    parts: dict[int, Element] = field(default_factory=dict)  # of 1261 and 1270

    @property
    def fiscal(self) -> bool:
        return self.kind in OPERATION_OF_TYPE

    @property
    def due(self) -> int:
        return self.total - self.discount

    @property
    def paid_total(self) -> int:
        return sum(self.paid.values())


@dataclass(slots=True, kw_only=True)
class Core(core.Core):
    """Everything a command may touch."""

    memory: PiritMemory
    draft: PiritDraft | None = None
    begun: bool = False  # command 10 was carried out
    why: int = extended.NONE  # what 06/1 tells: why the last command was refused
    step_confirmed: bool = False  # a step of the clock was refused once
    report_tags: dict[int, list[Element]] = field(default_factory=dict)  # by kind of 25
    reading: list[bytes] = field(default_factory=list)  # blocks that 78/16 hands out
    reading_registration: list[bytes] = field(default_factory=list)  # and 78/21
    unloading: int | None = None  # the notification of 79/12

    @property
    def model_code(self) -> int:
        """Answer to 02/21."""
        return next((code for word, code in _MODELS.items() if word in self.quirks), _VIKI_PRINT_80)

    @property
    def model(self) -> Model:
        return MODELS[self.model_code]

    def setting(self, number: int, index: int = 0) -> str:
        kept = self.memory.settings.get(f"{number}.{index}")
        return value_of(number, index) if kept is None else kept

    def mask(self, number: int) -> int:
        return int(self.setting(number) or 0)

    # --- refusals

    def wrong(self, code: int) -> Refusal:
        """Not in this state; `code` is what 06/1 tells of it."""
        self.why = code
        return Refusal(errors.WRONG_STATE)

    def bad(self, code: int) -> Refusal:
        """A parameter is wrong."""
        self.why = code
        return Refusal(errors.BAD_PARAMETERS)

    def fitting(self, elements: Sequence[Element], code: int = extended.NONE) -> tuple[Element, ...]:
        """The same tags; Refusal 03 when the drive could not store one of them."""
        try:
            encode(elements)
        except TlvError:
            raise self.bad(code) from None
        return tuple(elements)

    # --- state

    def open_draft(self) -> PiritDraft:
        if self.draft is None:
            raise Denied(Reason.NO_RECEIPT)
        return self.draft

    @property
    def unprinted(self) -> StoredDocument | None:
        """The document whose printing broke off and goes on by a command of the host's only."""
        return self.drive.document(self.memory.unprinted) if self.memory.unprinted else None

    def document(self) -> int:
        """Type and state of the document (status 00)."""
        broken = self.unprinted
        if broken is not None and broken.code in SETTLEMENTS:
            kind = kind_of(Operation.of(broken.operation), correction=broken.code is DocumentCode.CORRECTION)
            return kind | DocumentState.IN_DRIVE << 4
        return 0 if self.draft is None else self.draft.kind | self.draft.state << 4

    def lose_clock(self) -> None:
        self.clock.lose(BEGIN)
        self.begun = False

    def goes_on_paper(self) -> bool:
        return not self.mask(1) & PrinterMask.NO_PRINT and (self.draft is None or self.draft.printed)

    # --- ends

    def print_document(self, document: StoredDocument, **more: Any) -> None:
        """Within the transaction of every document: 03/2 and the state after a broken printing are known with it."""
        core.Core.print_document(self, document, **more)
        self.till.add(OPERATIONS)
        if document.code in SETTLEMENTS:
            self.memory.last = self._last(document)
        if self.printer.interrupted and document.code in SETTLEMENTS | {DocumentCode.SHIFT_CLOSE}:
            self.memory.unprinted = document.number

    def _last(self, document: StoredDocument) -> dict[str, Any]:
        correction = document.code is DocumentCode.CORRECTION
        return {
            "type": int(kind_of(Operation.of(document.operation), correction=correction)),
            "operations": self.operations,
            "receipt": document.receipt,
            "document": self.till[DOCUMENTS],
            "sum": document.total,
            "discount": 0 if self.draft is None else self.draft.discount,
            "zero": 0,
            "sign": str(document.sign),
            "fiscal": document.number,
        }

    def print_on(self) -> None:
        """Print what broke off."""
        self.memory.unprinted = 0
        self.printer.resume()

    @property
    def through(self) -> int:
        """The through number of the last document, fiscal or not."""
        return self.till[DOCUMENTS]

    @property
    def operations(self) -> str:
        """The operation counter."""
        return f"{self.till[OPERATIONS]:06d}"

    def end_shift(self) -> None:
        core.Core.end_shift(self)
        if self.mask(5) & CashMask.AUTO_CASH_OUT:
            self.till.set(CASH, 0)


@dataclass(frozen=True, slots=True)
class Remark:
    """An error number to a command that was carried out, with data."""

    number: int
    data: bytes = b""


#: (core, request) -> the answer, `READY` for the first stage of two, or a question to the marking system.
Handler = Callable[..., Texts | Remark | Asking]
Handlers = Mapping[type, Handler]
