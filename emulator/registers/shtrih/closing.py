"""Closing receipts (85h, 8Eh, FF45), corrections of ФФД 1.05 (FF35, FF36, FF4A), cash in and out."""

from __future__ import annotations

from collections.abc import Sequence

from emulator.fiscal_drive import StoredDocument
from emulator.registers.shtrih import fiscal, ledger
from emulator.registers.shtrih.body import Closing, receipt_body, tax_tags
from emulator.registers.shtrih.core import Core, Draft, Handlers, Refusal
from emulator.registers.shtrih.ledger import Paid
from emulator.registers.shtrih.operations import own_draft, spread
from protocols.ffd.arithmetic import half_up
from protocols.ffd.enums import DocumentCode, FfdVersion
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
from protocols.shtrih.statuses import OPERATION_OF_TYPE, TYPE_OF_OPERATION

_FORMS = 16
_HEADER_ROWS = range(11, 15)
_COLUMNS = 48
#: FF4A carries these sums, in this order, for the five payment tags.
_CORRECTION_PAYMENTS = (1031, 1081, 1215, 1216, 1217)


def settle(total: int, payments: Sequence[int]) -> Paid:
    """What is due by each form: change comes from cash alone (45h, 4Dh)."""
    forms = [*payments, *(0 for _ in range(_FORMS - len(payments)))]
    cashless = sum(forms[1:])
    if cashless > total:
        raise Refusal(errors.CASHLESS_EXCEEDS)
    if cashless + forms[0] < total:
        raise Refusal(errors.PAYMENT_SHORT)
    change = cashless + forms[0] - total
    forms[0] -= change
    return Paid(forms=tuple(forms), change=change)


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


def check_drawer(core: Core, change: int) -> None:
    """Refusal 46h when the drawer holds less cash than goes out."""
    if core.memory.money.get(registers.CASH_IN_DRAWER, 0) + change < 0:
        raise Refusal(errors.NOT_ENOUGH_CASH)


def _header(core: Core) -> list[str]:
    """The shop's own lines of table 4, in the middle of the paper."""
    lines = (str(core.memory.setting(tables.HEADER, row, 1)) for row in _HEADER_ROWS)
    return [line.center(_COLUMNS).rstrip() for line in lines if line]


def _close(
    core: Core,
    draft: Draft,
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
    paid = settle(total, payments)
    check_drawer(core, ledger.cash_flow(draft.kind, paid.cash))
    closing = Closing(
        paid=paid,
        total=total,
        taxation=taxation,
        host_taxes=host_taxes if core.memory.number(tables.TAX_BY_HOST) == 1 else None,
        cashier=core.operator_name(operator),
        internet=bool(core.memory.number(tables.INTERNET_SIGN)),
    )

    def then(document: StoredDocument) -> None:
        ledger.post_receipt(core.memory, draft, paid)
        core.printer.document(
            document.number,
            received=paid.cash + paid.change if paid.change else None,
            header=[*_header(core), *draft.header],
            footer=[*draft.footer, *([text] if text else ())],
            unprinted=[index for index, item in enumerate(draft.items) if not item.printed],
        )

    body, sold = receipt_body(draft, closing, core.registration)
    document = fiscal.make(core, draft.code, body, then, sold)
    core.draft, core.last_draft, core.last_forms = None, draft, paid.forms
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


def _correct(core: Core, tags: list[Element], operation: int, cash: int, operator: int) -> CorrectionReply:
    kind = TYPE_OF_OPERATION.get(operation)
    if kind is None:
        raise Refusal(errors.BAD_PARAMETERS)
    check_drawer(core, ledger.cash_flow(kind, cash))
    if not core.drive.shift_open:
        fiscal.open_shift_now(core, operator)
    given = {element.tag for element in core.begun_tags}
    own = (*tags, *fiscal.cashier_tags(core, core.begun_tags, operator), *core.registration.receipt_elements())
    body = (*core.begun_tags, *(element for element in own if element.tag not in given))

    def then(document: StoredDocument) -> None:
        core.memory.add(registers.CASH_IN_DRAWER, ledger.cash_flow(kind, cash))
        core.memory.count(registers.shift_receipts(kind))
        core.printer.document(document.number, header=_header(core))

    document = fiscal.make(core, DocumentCode.CORRECTION, body, then)
    return CorrectionReply(document.receipt, document.number, document.sign, fiscal.made_at(core, document))


def make_correction(core: Core, request: MakeCorrection, operator: int) -> CorrectionReply:
    """FF36 knows the total only: it is taken as cash."""
    _only_105(core)
    tags = [
        Element(1054, request.operation),
        Element(1020, request.total),
        Element(1055, _taxation(core, 0)),
        Element(1173, 0),
        *(Element(tag, request.total if tag == 1031 else 0) for tag in _CORRECTION_PAYMENTS),
    ]
    return _correct(core, tags, request.operation, request.total, operator)


def correction_v2(core: Core, request: CorrectionV2, operator: int) -> CorrectionReply:
    _only_105(core)
    sums = (request.cash, request.electronic, request.prepaid, request.postpaid, request.other)
    if sum(sums) != request.total or request.operation not in OPERATION_OF_TYPE.values():
        raise Refusal(errors.BAD_PARAMETERS)
    tags = [
        Element(1054, request.operation),
        Element(1020, request.total),
        Element(1055, _taxation(core, request.taxation)),
        Element(1173, request.kind),
        *(Element(tag, amount) for tag, amount in zip(_CORRECTION_PAYMENTS, sums, strict=True)),
        *tax_tags((), request.taxes),
    ]
    return _correct(core, tags, request.operation, request.cash, operator)


def cash_in(core: Core, request: CashIn, operator: int) -> CashReply:
    return _cash(core, request.sum, operator, incoming=True)


def cash_out(core: Core, request: CashOut, operator: int) -> CashReply:
    check_drawer(core, -request.sum)
    return _cash(core, request.sum, operator, incoming=False)


def _cash(core: Core, amount: int, operator: int, *, incoming: bool) -> CashReply:
    """Nothing is an amount too: the vendor's Java driver ends a cancelled cash-in with a sum of zero."""
    with core.storage.transaction():
        number = ledger.post_cash(core.memory, amount, incoming=incoming)
        core.printer.text(
            ["ВНЕСЕНИЕ" if incoming else "ВЫПЛАТА", "center", "bold"],
            ["Документ №", "=", str(number)],
            ["Сумма", "=", f"{amount // 100}.{amount % 100:02d}"],
            [core.operator_name(operator)],
        )
        core.save()
    return CashReply(operator, number)


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
