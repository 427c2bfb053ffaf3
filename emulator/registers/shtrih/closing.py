"""Closing receipts (85h, 8Eh, FF45), corrections of ФФД 1.05 (FF35, FF36, FF4A), cash in and out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from emulator.fiscal_drive import StoredDocument
from emulator.registers.body import Closing, correction_body
from emulator.registers.cash import move_cash
from emulator.registers.draft import spread
from emulator.registers.payments import Paid, PaymentKind, settle
from emulator.registers.refusals import Refusal
from emulator.registers.shtrih import fiscal
from emulator.registers.shtrih.core import Core, Handlers, ShtrihDraft
from emulator.registers.shtrih.ledger import FORMS, counter
from emulator.registers.shtrih.operations import own_draft
from emulator.registers.till import cash_flow
from protocols.ffd.arithmetic import half_up
from protocols.ffd.enums import DocumentCode, FfdVersion, Operation, Vat
from protocols.ffd.tlv import Element, find
from protocols.shtrih import errors, registers, tables
from protocols.shtrih.commands import Empty
from protocols.shtrih.commands.drive import BeginCorrection
from protocols.shtrih.commands.operations import (
    CloseReceiptV2,
    CloseReply,
    CorrectionReply,
    CorrectionV2,
    MakeCorrection,
)
from protocols.shtrih.commands.receipts import CashIn, CashOut, CashReply, CloseReceipt, CloseReceiptExtended
from protocols.shtrih.commands.receipts import CloseReply as ClassicReply
from protocols.shtrih.vat import BY_ROW

_HEADER_ROWS = range(11, 15)
_COLUMNS = 48
_OPERATIONS = {operation.code: operation for operation in Operation}


def _taxation(core: Core, asked: int) -> int:
    """The bit of 1055. Zero stands for the device's own: the lowest of those registered.

    The documents promise that for a single registered system only; the vendor's Java driver and kkt-shtrih send zero
    unless told otherwise, and a register with every system must not be useless to them (UNCONFIRMED for several).
    """
    registered = core.registration.taxations
    if not asked:
        return registered & -registered
    if asked.bit_count() != 1 or asked & ~registered:
        raise Refusal(errors.BAD_PARAMETERS)
    return asked


def taxes_by_rate(sums: Sequence[int]) -> Mapping[Vat, int]:
    """Sums in the order of the tax groups, by rate."""
    return {BY_ROW[row].vat: amount for row, amount in enumerate(sums, start=1) if row in BY_ROW}


def _header(core: Core) -> list[str]:
    """The shop's own lines of table 4, in the middle of the paper."""
    lines = (str(core.memory.setting(tables.HEADER, row, 1)) for row in _HEADER_ROWS)
    return [line.center(_COLUMNS).rstrip() for line in lines if line]


def _close(
    core: Core,
    draft: ShtrihDraft,
    payments: Sequence[int],
    *,
    taxation: int,
    host_taxes: tuple[int, ...] = (),
    rounding: int = 0,
    text: str = "",
    operator: int,
) -> tuple[StoredDocument, Paid]:
    if not draft.items:
        raise Refusal(errors.ZERO_TOTAL)
    total = draft.total - rounding
    if total < 0:
        raise Refusal(errors.NEGATIVE_TOTAL)
    if not total and core.memory.number(tables.FORBID_ZERO):
        raise Refusal(errors.ZERO_TOTAL)
    if draft.correction and core.memory.number(tables.STRICT) and find(draft.tags, 1174) is None:
        raise Refusal(errors.FN_BAD_PARAMETER)  # the drive's answer to a correction without its basis
    paid = settle(total, dict(enumerate(payments, start=1)), FORMS)
    core.check_drawer(cash_flow(draft.operation, paid.cash))
    closing = Closing(
        paid=paid,
        total=total,
        taxation=taxation,
        host_taxes=taxes_by_rate(host_taxes) if core.memory.number(tables.TAX_BY_HOST) == 1 else None,
        cashier=core.operator_name(operator),
        internet=bool(core.memory.number(tables.INTERNET_SIGN)),
    )
    document = core.close_receipt(draft, closing, header=_header(core), footer=[text] if text else [])
    return document, paid


def close_receipt_v2(core: Core, request: CloseReceiptV2, operator: int) -> CloseReply:
    text, extra = request.closing
    document, paid = _close(
        core,
        core.open_draft(),
        request.payments,
        taxation=_taxation(core, request.taxation),
        host_taxes=(*request.taxes, *extra),
        rounding=request.rounding,
        text=text,
        operator=operator,
    )
    return CloseReply(paid.change, document.number, document.sign, fiscal.made_at(core, document))


def close_classic(core: Core, request: CloseReceipt | CloseReceiptExtended, operator: int) -> ClassicReply:
    """The discount is hundredths of a percent of the whole receipt; a negative one is a surcharge."""
    draft = own_draft(core, operator)
    prices = [(item, item.price, item.sum) for item in draft.items]
    if request.discount:
        size = half_up(draft.total * abs(request.discount), 10_000)
        spread(draft.items, -size if request.discount > 0 else size)
    try:
        _, paid = _close(
            core,
            draft,
            request.payments,
            taxation=_taxation(core, 0),
            host_taxes=(),
            text=request.text,
            operator=operator,
        )
    except Exception:
        for item, price, amount in prices:  # a refused closing leaves the receipt as it was
            item.price, item.sum = price, amount
        raise
    return ClassicReply(operator, paid.change, "")


def begin_correction(core: Core, request: BeginCorrection, operator: int) -> Empty:
    _only_105(core)
    if not core.drive.shift_open:
        fiscal.open_shift_now(core, operator)
    core.drive.begin(DocumentCode.CORRECTION)
    core.begun_tags.clear()
    return Empty()


def _only_105(core: Core) -> None:
    """From ФФД 1.1 on a correction has items: 8Dh with type + 80h."""
    if core.ffd is not FfdVersion.V1_05:
        raise Refusal(errors.BAD_FOR_SETTINGS)


def make_correction(core: Core, request: MakeCorrection, operator: int) -> CorrectionReply:
    """FF36 knows the total only: it is taken as cash."""
    _only_105(core)
    operation = _operation(request.operation)
    tags = correction_body(operation, request.total, _taxation(core, 0), {PaymentKind.CASH: request.total})
    return _correct(core, operation, request.total, tags, operator)


def correction_v2(core: Core, request: CorrectionV2, operator: int) -> CorrectionReply:
    _only_105(core)
    operation = _operation(request.operation)
    sums = (request.cash, request.electronic, request.prepaid, request.postpaid, request.other)
    if sum(sums) != request.total:
        raise Refusal(errors.BAD_PARAMETERS)
    tags = correction_body(
        operation,
        request.total,
        _taxation(core, request.taxation),
        dict(zip(PaymentKind, sums, strict=True)),
        kind=request.kind,
        taxes=taxes_by_rate(request.taxes),
    )
    return _correct(core, operation, request.cash, tags, operator)


def _operation(code: int) -> Operation:
    operation = _OPERATIONS.get(code)
    if operation is None:
        raise Refusal(errors.BAD_PARAMETERS)
    return operation


def _correct(core: Core, operation: Operation, cash: int, tags: list[Element], operator: int) -> CorrectionReply:
    core.check_drawer(cash_flow(operation, cash))
    if not core.drive.shift_open:
        fiscal.open_shift_now(core, operator)
    tags += fiscal.cashier_tags(core, core.begun_tags, operator)
    document = core.correct(operation, cash, tags, header=_header(core))
    return CorrectionReply(document.receipt, document.number, document.sign, fiscal.made_at(core, document))


def cash_in(core: Core, request: CashIn, operator: int) -> CashReply:
    return _cash(core, request.sum, operator, incoming=True)


def cash_out(core: Core, request: CashOut, operator: int) -> CashReply:
    return _cash(core, request.sum, operator, incoming=False)


def _cash(core: Core, amount: int, operator: int, *, incoming: bool) -> CashReply:
    move_cash(core, amount, core.operator_name(operator), incoming=incoming)
    return CashReply(operator, counter(core.till, registers.DOCUMENT_NUMBER))


HANDLERS: Handlers = {
    CloseReceiptV2: close_receipt_v2,
    CloseReceipt: close_classic,
    CloseReceiptExtended: close_classic,
    BeginCorrection: begin_correction,
    MakeCorrection: make_correction,
    CorrectionV2: correction_v2,
    CashIn: cash_in,
    CashOut: cash_out,
}
