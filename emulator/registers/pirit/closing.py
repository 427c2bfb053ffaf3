"""31: a document comes to its end, in the drive and on paper."""

from __future__ import annotations

from emulator.fiscal_drive import StoredDocument
from emulator.registers.body import Closing
from emulator.registers.cash import move_cash
from emulator.registers.draft import put
from emulator.registers.payments import settle
from emulator.registers.pirit import item_tags
from emulator.registers.pirit.core import FORMS, OPERATIONS, Core, Handlers, PiritDraft
from emulator.registers.pirit.state import told
from emulator.registers.till import DOCUMENTS, cash_flow
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import Element
from protocols.pirit import extended
from protocols.pirit.commands.receipts import CloseDocument, CloseDocumentReply
from protocols.pirit.settings import CashMask
from protocols.pirit.statuses import CloseFlag, DocumentState, DocumentType

_COLUMNS = 44


def close_document(core: Core, request: CloseDocument) -> CloseDocumentReply:
    """What is in the drive already is printed on, and answered as if it were new."""
    if core.unprinted is not None:
        document = core.unprinted
        core.print_on()
        return answer(core, document)
    draft = core.open_draft()
    if not draft.fiscal:
        return _unfiscal(core, draft)
    if draft.state is not DocumentState.PAID:
        draft.packet = draft.failed = False  # this ends packet mode, though not the document
        raise core.wrong(extended.NOT_STATE_4)
    return answer(core, _fiscal(core, draft, request))


def _fiscal(core: Core, draft: PiritDraft, request: CloseDocument) -> StoredDocument:
    paid = settle(draft.due, draft.paid, FORMS)
    if not core.mask(5) & CashMask.NO_CONTROL:
        core.check_drawer(cash_flow(draft.operation, paid.cash))
    sent = item_tags.of_closing(core, request)
    cashier, tags = draft.cashier, list(draft.tags)
    try:
        put(draft.tags, sent)
        put(draft.tags, item_tags.assembled(draft))
        if cashier.inn:
            put(draft.tags, (Element(1203, cashier.inn),))
        closing = Closing(
            paid=paid,
            total=draft.due,
            taxation=draft.taxation,
            cashier=cashier.name or core.registration.cashier,
            internet=bool((request.flags or 0) & CloseFlag.INTERNET),
        )
        with core.storage.transaction():
            document = core.close_receipt(draft, closing, header=header(core), footer=_footer(core))
            _count(core, draft)
            core.save()
    except Exception:
        core.draft, draft.tags = draft, tags  # a refused closing leaves the document as it was
        raise
    return document


def _count(core: Core, draft: PiritDraft) -> None:
    """What the shared till does not: payments by form, discounts."""
    for form, amount in draft.paid.items():
        if amount:
            core.till.add(f"shift.{draft.operation}.payments.{form}")
    core.till.add(f"shift.{draft.operation}.discounts", draft.discount)


def header(core: Core) -> list[str]:
    """Lines of setting 30 that are not the registration's."""
    lines = (core.setting(30, index) for index in range(4, 14))
    return [line.center(_COLUMNS).rstrip() for line in lines if line]


def _footer(core: Core) -> list[str]:
    return [line for line in (core.setting(31, index) for index in range(10)) if line]


def _unfiscal(core: Core, draft: PiritDraft) -> CloseDocumentReply:
    with core.storage.transaction():
        core.draft = None
        if draft.kind in {DocumentType.CASH_IN, DocumentType.CASH_OUT}:
            move_cash(core, draft.cash, told(draft.cashier.name), incoming=draft.kind is DocumentType.CASH_IN)
        else:
            core.till.add(DOCUMENTS)
            core.printer.text(*draft.lines, *([line] for line in draft.footer))
        core.till.add(OPERATIONS)
        core.save()
    return CloseDocumentReply(core.through, core.operations)


def answer(core: Core, document: StoredDocument) -> CloseDocumentReply:
    """Corrections of ФФД 1.05 are answered as documents that are not fiscal (manual of 31)."""
    if document.code is DocumentCode.CORRECTION and core.ffd is not FfdVersion.V1_2:
        return CloseDocumentReply(core.through, core.operations)
    return CloseDocumentReply(
        core.through,
        core.operations,
        f"ФД: {document.number} ФП: {document.sign}",
        document.number,
        document.sign,
        document.shift,
        document.receipt,
        document.at,
    )


HANDLERS: Handlers = {CloseDocument: close_document}
