"""Making fiscal documents: shift opening and closing, tags from the host, reports, cancelling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from emulator.fiscal_drive import StoredDocument
from emulator.fiscal_drive.rules import DRIVE_TAGS
from emulator.registers.draft import put
from emulator.registers.refusals import Refusal
from emulator.registers.shtrih.core import Core, Handlers
from protocols.ffd.enums import DocumentCode
from protocols.ffd.tlv import Element, TlvError, decode, encode, find
from protocols.ffd.values import PaddedStr
from protocols.fn.statuses import CurrentDocument
from protocols.shtrih import errors, tables
from protocols.shtrih.commands import Empty, OperatorReply
from protocols.shtrih.commands.drive import (
    BeginCloseShift,
    BeginDriveClose,
    BeginOpenShift,
    BeginStateReport,
    CancelDocument,
    DriveCloseShift,
    DriveOpenShift,
    Made,
    MakeDriveClose,
    MakeStateReport,
    MakeStateReportReply,
    SendItemTlv,
    SendTlv,
    ShiftMade,
    SyncRegisters,
)
from protocols.shtrih.commands.receipts import OpenShift, ZReport

MAX_TLV = 250
#: Tags that a command of their own determines: FF0C must not bring them.
_OWN_TAGS = DRIVE_TAGS | {1020, 1031, 1081, 1215, 1216, 1217, 1054, 1055, 1059, 1209}
#: Half-made documents whose ФФД (1209) the host may choose.
_REGISTRATIONS = frozenset({CurrentDocument.REGISTRATION, CurrentDocument.REREGISTRATION, CurrentDocument.REPLACEMENT})


def made_at(core: Core, document: StoredDocument) -> datetime | None:
    """[+DT5]: only with table 17 field 36."""
    return document.at if core.memory.number(tables.EXTENDED_ANSWERS) else None


def cashier_tags(core: Core, given: Sequence[Element], operator: int) -> tuple[Element, ...]:
    """1021 from table 2, unless the host sent its own."""
    return () if find(given, 1021) is not None else (Element(1021, core.operator_name(operator)),)


def open_shift_now(core: Core, operator: int) -> StoredDocument:
    """The shift-open report, with the tags of FF41 + FF0C if there were any."""
    return core.report(DocumentCode.SHIFT_OPEN, core.operator_name(operator))


def _close_shift_now(core: Core, operator: int) -> StoredDocument:
    return core.report(DocumentCode.SHIFT_CLOSE, core.operator_name(operator), more=lambda _: core.end_shift())


def open_shift(core: Core, request: OpenShift, operator: int) -> OperatorReply:
    open_shift_now(core, operator)
    return OperatorReply(operator)


def drive_open_shift(core: Core, request: DriveOpenShift, operator: int) -> ShiftMade:
    document = open_shift_now(core, operator)
    return ShiftMade(document.shift, document.number, document.sign, None)


def z_report(core: Core, request: ZReport, operator: int) -> OperatorReply:
    _close_shift_now(core, operator)
    return OperatorReply(operator)


def drive_close_shift(core: Core, request: DriveCloseShift, operator: int) -> ShiftMade:
    document = _close_shift_now(core, operator)
    return ShiftMade(document.shift, document.number, document.sign, made_at(core, document))


def _begin(core: Core, code: DocumentCode) -> Empty:
    core.drive.begin(code)
    core.begun_tags.clear()
    return Empty()


def begin_open_shift(core: Core, request: BeginOpenShift, operator: int) -> Empty:
    return _begin(core, DocumentCode.SHIFT_OPEN)


def begin_close_shift(core: Core, request: BeginCloseShift, operator: int) -> Empty:
    return _begin(core, DocumentCode.SHIFT_CLOSE)


def begin_state_report(core: Core, request: BeginStateReport, operator: int) -> Empty:
    return _begin(core, DocumentCode.STATE_REPORT)


def begin_drive_close(core: Core, request: BeginDriveClose, operator: int) -> Empty:
    return _begin(core, DocumentCode.DRIVE_CLOSE)


def make_state_report(core: Core, request: MakeStateReport, operator: int) -> MakeStateReportReply:
    backlog = core.drive.backlog
    document = core.report(DocumentCode.STATE_REPORT, None)
    first = backlog.first_at.date() if backlog.first_at else None
    return MakeStateReportReply(document.number, document.sign, backlog.count, first, made_at(core, document))


def make_drive_close(core: Core, request: MakeDriveClose, operator: int) -> Made:
    document = core.report(DocumentCode.DRIVE_CLOSE, core.operator_name(operator))
    return Made(document.number, document.sign, made_at(core, document))


def cancel_document(core: Core, request: CancelDocument, operator: int) -> Empty:
    core.drop_draft()
    core.begun_tags.clear()
    return Empty()


def elements_of(raw: bytes) -> tuple[Element, ...]:
    """TLVs of FF0C / FF4D; Refusal 10h when they are too long, 33h when they are none or not the host's to send.

    Hosts send a ten-digit INN as it is (shtrih-drv and kkt-shtrih do): the register pads it to the tag's length.
    A value that the drive could not store is refused here, while the host can still tell which tag it was.
    """
    if len(raw) > MAX_TLV:
        raise Refusal(errors.FN_TLV_TOO_LARGE)
    try:
        elements = tuple(_padded(element) for element in decode(raw))
        encode(elements)
    except TlvError:
        raise Refusal(errors.BAD_PARAMETERS) from None
    if not elements:
        raise Refusal(errors.BAD_PARAMETERS)
    return elements


def _padded(element: Element) -> Element:
    """Strings of fixed length at their own length, at any depth (UNCONFIRMED: some firmware may refuse instead)."""
    value = element.value
    if isinstance(value, tuple):
        return Element(element.tag, tuple(_padded(inner) for inner in value))
    return Element(element.tag, str(value)) if isinstance(value, PaddedStr) else element


def send_tlv(core: Core, request: SendTlv, operator: int) -> Empty:
    elements = elements_of(request.tlv)
    own = _OWN_TAGS - {1209} if core.drive.current in _REGISTRATIONS else _OWN_TAGS
    if any(element.tag in own for element in elements):
        raise Refusal(errors.BAD_PARAMETERS)
    if core.draft is not None:
        put(core.draft.tags, elements)
    elif core.drive.current:
        put(core.begun_tags, elements)
    else:
        raise Refusal(errors.FN_WRONG_STATE)
    return Empty()


#: Tags of 1059 that FF46 itself determines. 1023 is not among them: the vendor's Java driver sends it again (FVLN).
_ITEM_TAGS = frozenset({1030, 1043, 1079, 1199, 1200, 1212, 1214, 2106})


def send_item_tlv(core: Core, request: SendItemTlv, operator: int) -> Empty:
    elements = elements_of(request.tlv)
    item = core.line()
    if item is None or any(element.tag in _ITEM_TAGS for element in elements):
        raise Refusal(errors.BAD_PARAMETERS)
    put(item.tags, elements)
    return Empty()


def sync_registers(core: Core, request: SyncRegisters, operator: int) -> Empty:
    """Nothing to do: registers and drive change in one transaction."""
    return Empty()


HANDLERS: Handlers = {
    OpenShift: open_shift,
    DriveOpenShift: drive_open_shift,
    ZReport: z_report,
    DriveCloseShift: drive_close_shift,
    BeginOpenShift: begin_open_shift,
    BeginCloseShift: begin_close_shift,
    BeginStateReport: begin_state_report,
    BeginDriveClose: begin_drive_close,
    MakeStateReport: make_state_report,
    MakeDriveClose: make_drive_close,
    CancelDocument: cancel_document,
    SendTlv: send_tlv,
    SendItemTlv: send_item_tlv,
    SyncRegisters: sync_registers,
}
