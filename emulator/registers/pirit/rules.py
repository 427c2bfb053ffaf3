"""When a command is refused before it is even tried: beginning of work, document, shift, printer. Mostly data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from emulator.fiscal_drive.rules import SETTLEMENTS
from emulator.registers.pirit.core import Core
from emulator.registers.refusals import Refusal
from protocols.ffd.enums import DocumentCode
from protocols.fn.statuses import Phase
from protocols.pirit import errors, extended
from protocols.pirit.commands import Command, Effect
from protocols.pirit.commands.receipts import OpenDocument
from protocols.pirit.settings import PrinterMask
from protocols.pirit.statuses import OPERATION_OF_TYPE, DocumentMode, DocumentState, DocumentType


@dataclass(frozen=True, slots=True)
class Need:
    """What must be so, and what is answered when it is not: an error number and the extended code."""

    met: Callable[[Core], bool]
    number: int
    why: int


def _wrong(why: int, met: Callable[[Core], bool]) -> Need:
    return Need(met, errors.WRONG_STATE, why)


def _in(*states: DocumentState) -> Callable[[Core], bool]:
    return lambda core: core.draft is not None and core.draft.state in states


def _of(*kinds: DocumentType) -> Callable[[Core], bool]:
    return lambda core: core.draft is not None and core.draft.kind in kinds


_ITEMS, _SUBTOTAL, _PAYMENT = DocumentState.ITEMS, DocumentState.SUBTOTAL, DocumentState.PAYMENT
_REGISTERED: Final = _wrong(extended.NOT_FISCAL, lambda core: core.drive.registration is not None)
_ARCHIVE_OPEN: Final = _wrong(
    extended.ARCHIVE_CLOSED, lambda core: core.drive.phase not in {Phase.CLOSING, Phase.CLOSED}
)
_NO_DOCUMENT: Final = _wrong(extended.DOCUMENT_OPEN, lambda core: core.draft is None)
_DOCUMENT: Final = _wrong(extended.DOCUMENT_CLOSED, lambda core: core.draft is not None)
_RECEIPT: Final = _wrong(
    extended.NOT_A_RECEIPT, lambda core: core.draft is not None and (core.draft.fiscal or core.draft.copy)
)
_CASH: Final = _wrong(extended.NOT_CASH_IN_OUT, _of(DocumentType.CASH_IN, DocumentType.CASH_OUT))
_SERVICE: Final = _wrong(extended.NOT_SERVICE, _of(DocumentType.SERVICE))
_SHIFT: Final = _wrong(extended.SHIFT_CLOSED, lambda core: core.drive.shift_open)
_NO_SHIFT: Final = Need(lambda core: not core.drive.shift_open, errors.CLOSE_SHIFT_FIRST, extended.NONE)
_YOUNG_SHIFT: Final = Need(lambda core: not core.drive.shift_expired, errors.SHIFT_EXPIRED, extended.NONE)
_OPEN_ITEMS: Final = _wrong(extended.NOT_STATE_1_2, _in(_ITEMS, _SUBTOTAL))
_AFTER_SUBTOTAL: Final = _wrong(extended.NOT_STATE_1_2, _in(_SUBTOTAL))
_UNPAID: Final = _wrong(extended.NOT_STATE_1_2_3, _in(_ITEMS, _SUBTOTAL, _PAYMENT))

_OPENS: Final = (_NO_DOCUMENT,)
_FISCAL: Final = (_NO_DOCUMENT, _REGISTERED, _ARCHIVE_OPEN)
_LINE: Final = (_DOCUMENT, _RECEIPT, _OPEN_ITEMS)
#: Shift and operator of a receipt are asked for by its opening: a service document needs neither.
NEEDS: Final[Mapping[str, tuple[Need, ...]]] = {
    "open_document": _OPENS,
    "open_copy": _OPENS,
    "correction": (*_FISCAL, _SHIFT, _YOUNG_SHIFT),
    "open_shift": (*_FISCAL, _NO_SHIFT),
    "close_shift": (*_FISCAL, _SHIFT),
    "emergency_close_shift": (*_FISCAL, _SHIFT),
    "x_report": (_NO_DOCUMENT, _REGISTERED),
    "state_report": (_NO_DOCUMENT, _REGISTERED),
    "close_drive": (*_FISCAL, _NO_SHIFT),
    "emergency_close_drive": (*_FISCAL, _NO_SHIFT),
    "register": (_NO_DOCUMENT, _ARCHIVE_OPEN, _NO_SHIFT),
    "zero": (_NO_DOCUMENT, _NO_SHIFT),
    "write_clock": (_NO_DOCUMENT, _NO_SHIFT),
    "print_archived": _OPENS,
    "item_details": _LINE,
    "attach_code": _LINE,
    "add_item": _LINE,
    "document_tag": (_DOCUMENT, _RECEIPT),
    "subtotal": _LINE,
    "receipt_discount": (_DOCUMENT, _RECEIPT, _AFTER_SUBTOTAL),
    "set_total": _LINE,
    "payment": (_DOCUMENT, _RECEIPT, _UNPAID),
    "cash_in_out": (_DOCUMENT, _CASH),
    "print_text": (_DOCUMENT, _SERVICE),
    "print_barcode": (_DOCUMENT,),
    "print_detail": (_DOCUMENT,),
    "print_bitmap": (_DOCUMENT,),
    "print_picture": (_DOCUMENT,),
    "print_png": (_DOCUMENT,),
    "department_sum": (_DOCUMENT,),
    "compare_total": (_DOCUMENT,),
    "cancel_document": (_DOCUMENT,),
    "postpone_document": (_DOCUMENT,),
}
#: What wants the beginning of work. UNCONFIRMED which settings do: none here.
_WORK: Final = frozenset({Effect.DRAFT, Effect.FISCAL, Effect.MARKING, Effect.DANGEROUS})
#: Documents of one command.
_AT_ONCE: Final = frozenset(
    {
        "open_shift",
        "close_shift",
        "correction",
        "state_report",
        "register",
        "close_drive",
        "emergency_close_shift",
        "emergency_close_drive",
    }
)
#: They are nothing but paper.
_PAPER: Final = frozenset(
    {
        "x_report",
        "print_archived",
        "print_service_data",
        "print_last_z_report",
        "print_registration",
        "print_paid_services",
    }
)
#: Documents are printed as they come in.
_PRINTED_LINES: Final = frozenset(
    {
        "open_document",
        "open_copy",
        "close_document",
        "add_item",
        "subtotal",
        "receipt_discount",
        "payment",
        "cash_in_out",
        "print_text",
        "print_barcode",
        "print_detail",
        "print_bitmap",
        "print_picture",
        "print_png",
        "document_tag",
    }
)
PRINTS: Final = _AT_ONCE | _PAPER | _PRINTED_LINES
#: How printing that broke off goes on: the command that made the document, once more.
_GOES_ON: Final = {"close_document": SETTLEMENTS, "close_shift": frozenset({DocumentCode.SHIFT_CLOSE})}


def check(core: Core, command: Command, request: Any) -> None:
    """Refusal, with the extended code that 06/1 tells."""
    if not core.begun and (command.effect in _WORK or command.name in PRINTS):
        raise core.wrong(extended.WORK_NOT_BEGUN)
    goes_on = goes_on_with(core, command)
    if not goes_on:
        _check_unprinted(core, command)
        for need in NEEDS.get(command.name, ()):
            if not need.met(core):
                core.why = need.why
                raise Refusal(need.number)
    if command.name in PRINTS and (goes_on or not _kept_off(core, command, request)):
        _check_printer(core)


def goes_on_with(core: Core, command: Command) -> bool:
    """The document is made already: the command only prints on."""
    broken = core.unprinted
    return broken is not None and broken.code in _GOES_ON.get(command.name, frozenset())


def _check_unprinted(core: Core, command: Command) -> None:
    """UNCONFIRMED for other documents and reports: the manual says that cancelling is impossible."""
    if core.unprinted is not None and (command.effect in _WORK or command.name in PRINTS):
        raise core.wrong(extended.IN_DRIVE)


def _kept_off(core: Core, command: Command, request: Any) -> bool:
    """What it makes does not go on paper: fiscal documents alone are kept off it."""
    if command.name in _PAPER:
        return False
    never = bool(core.mask(1) & PrinterMask.NO_PRINT)
    if isinstance(request, OpenDocument):
        return request.mode & 0x0F in OPERATION_OF_TYPE and (never or bool(request.mode & DocumentMode.NO_PRINT))
    draft = core.draft
    return never if draft is None else draft.fiscal and (never or not draft.printed)


def _check_printer(core: Core) -> None:
    """08 or 09 while the printer cannot print."""
    if not core.printer.usable and not core.printer.breaking_off:
        raise Refusal(printer_error(core))


def printer_error(core: Core) -> int:
    return errors.NO_PAPER if not core.printer.paper_present else errors.PRINTER_NOT_READY
