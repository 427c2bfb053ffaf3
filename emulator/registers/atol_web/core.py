"""The parts of the register behind ATOL's web server that its tasks share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from emulator.fiscal_drive import StoredDocument
from emulator.registers import core
from emulator.registers.atol_web.memory import AtolWebMemory
from emulator.registers.marking import Heard
from emulator.registers.payments import PaymentKind
from emulator.registers.refusals import Reason, Refusal
from protocols.atol_web import errors
from protocols.atol_web.fields import rubles
from protocols.atol_web.results import FiscalParams, Made, Warnings
from protocols.atol_web.tasks import Operator
from protocols.atol_web.till_tasks import Report
from protocols.ffd.enums import DocumentCode
from protocols.ffd.enums import PaymentKind as Form
from protocols.ffd.tlv import Element, find

#: Word of `--quirk` -> what it changes. Off by default.
QUIRKS: Final[Mapping[str, str]] = {
    "auth": "v2 wants HTTP Basic of user `atol`, password `atol`, but for serverInfo and utils",
    "array-only": "a bare task as `request` is refused: tasks come in a list",
}

#: What the shared core refuses.
DENIED: Final[Mapping[Reason, int]] = {
    Reason.NOT_REGISTERED: errors.NOT_REGISTERED,
    Reason.NO_RECEIPT: 81,
    Reason.CASHLESS_EXCEEDS: errors.NONCASH_TOO_MUCH,
    Reason.PAYMENT_SHORT: errors.NOT_FULLY_PAID,
    Reason.NOT_ENOUGH_CASH: errors.NO_CASH,
    Reason.DISCOUNT_EXCEEDS: 78,
    Reason.NO_DATA: errors.DOCUMENT_NOT_FOUND,
}

#: Seconds that a code's check may take unless the task says otherwise (validateMarks, §4.7).
PATIENCE: Final = 60.0
#: Number of a payment -> what it is to ФФД; the shop's own types, 5 to 9, are read as electronic.
FORMS: Final[Mapping[int, PaymentKind]] = dict(enumerate(PaymentKind))
FORM_OF: Final[Mapping[Form, int]] = {form: number for number, form in enumerate(Form)}

_RECEIPTS: Final = frozenset({DocumentCode.RECEIPT, DocumentCode.BSO})
_SETTLEMENTS: Final = _RECEIPTS | {DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION}


@dataclass(slots=True, kw_only=True)
class Core(core.Core):
    """Everything a task may touch; what is added here is RAM."""

    memory: AtolWebMemory
    on_paper: bool = True
    question: bytes | None = None  # for the marking system, of a check that goes on while other tasks run
    hear: Callable[[bytes | None], Heard] | None = None  # takes the answer to it
    heard: Heard | None = None  # what came of it
    patience: float = PATIENCE  # seconds that the marking system has for each answer

    def lose_clock(self) -> None:
        """It wants to be set by setDateTime (UNCONFIRMED: the driver's number for it, 198)."""
        self.clock.lose("time")

    def goes_on_paper(self) -> bool:
        return self.on_paper

    def check_paper(self) -> None:
        """A document is about to be printed: 44, 45. What broke off before is printed first."""
        printer = self.printer
        if not self.on_paper or printer.breaking_off:
            return
        if not printer.usable:
            raise Refusal(errors.COVER_OPENED if printer.cover_open else errors.NO_PAPER)
        if printer.interrupted:
            printer.resume()

    def begin_document(self, operator: Operator | None, *, electronically: bool) -> list[Element]:
        """Before a document: whether it goes on paper, and who makes it (1021, 1203)."""
        self.on_paper = not electronically
        self.check_paper()
        return operator_tags(operator)


#: (core, task, type of the task) -> the JSON of the result, None for a void one, or an `Asking`.
Handler = Callable[[Core, Any, str], Any]
Handlers = Mapping[str, Handler]


def operator_tags(operator: Operator | None) -> list[Element]:
    if operator is None:
        return []
    return [Element(1021, operator.name), *([Element(1203, operator.vatin)] if operator.vatin else [])]


def fiscal_params(core: Core, document: StoredDocument) -> FiscalParams:
    """What a task that made a document answers of it."""
    receipts = find(document.elements, 1118) if document.code is DocumentCode.SHIFT_CLOSE else None
    settled = document.code in _SETTLEMENTS
    return FiscalParams(
        fiscal_document_number=document.number,
        fiscal_document_sign=str(document.sign),
        fiscal_document_date_time=document.at.replace(tzinfo=core.now().tzinfo),
        shift_number=document.shift,
        fn_number=document.drive,
        registration_number=core.registered.registration_number,
        fns_url=core.registered.tax_site,
        total=rubles(document.total) if settled else None,  # type: ignore[arg-type] # read from rubles
        fiscal_receipt_number=document.receipt if document.code in _RECEIPTS else None,
        receipts_count=receipts.value if receipts is not None and isinstance(receipts.value, int) else None,
    )


def made(core: Core, document: StoredDocument) -> dict[str, Any]:
    """The result of a task that made a document."""
    warnings = Warnings(not_printed=core.on_paper and core.printer.interrupted)
    return Made(fiscal_params=fiscal_params(core, document), warnings=warnings).json_values()


def report_tags(core: Core, task: Report) -> None:
    core.begun_tags[:] = core.begin_document(task.operator, electronically=task.electronically)


def check_shift(core: Core) -> None:
    """A document of an open shift: 73, 68."""
    if not core.drive.shift_open:
        raise Refusal(errors.DENIED_IN_CLOSED_SHIFT)
    if core.drive.shift_expired:
        raise Refusal(errors.SHIFT_EXPIRED)
