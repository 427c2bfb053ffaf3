"""Reading the drive: status, documents, registration, OFD exchange."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from emulator.fiscal_drive import StoredDocument
from emulator.fiscal_drive.records import registration_of
from emulator.registers.reading import tlv_blocks
from emulator.registers.refusals import Refusal
from emulator.registers.shtrih.core import Core, Handlers
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import Element, decode, encode, find
from protocols.shtrih import errors
from protocols.shtrih.commands.drive import (
    DocumentSizes,
    DocumentSizesReply,
    DriveExpiry,
    DriveExpiryReply,
    DriveMemory,
    DriveMemoryReply,
    DriveNumber,
    DriveNumberReply,
    DriveStatus,
    DriveStatusReply,
    DriveVersion,
    DriveVersionReply,
    FindDocument,
    FindDocumentReply,
    LastRegistration,
    NextTlv,
    OfdReceipt,
    OfdReceiptReply,
    OfdStatus,
    OfdStatusReply,
    RegistrationByNumber,
    RegistrationParameter,
    RegistrationTag,
    RegistrationTail,
    RegistrationTotals,
    SelectDocument,
    SelectDocumentReply,
    ShiftParameters,
    ShiftParametersReply,
    TlvReply,
    UnconfirmedCount,
    UnconfirmedCountReply,
)
from protocols.shtrih.statuses import Exchange

#: What an FF3B answer carries besides its three bytes of code and error.
MAX_BLOCK = 250
ALL_TAGS = 0xFFFF
_KILOBYTES_PER_DOCUMENT = 1
_SIGN_SIZE = 18
_WORK_MODE = 0x3F
_REGISTRATIONS = frozenset({DocumentCode.REGISTRATION, DocumentCode.REREGISTRATION})


def drive_status(core: Core, request: DriveStatus, operator: int) -> DriveStatusReply:
    drive = core.drive
    current = int(drive.current)
    return DriveStatusReply(
        phase=int(drive.phase),
        current_document=current,
        document_data=int(bool(current and (core.begun_tags or (core.draft and core.draft.items)))),
        shift_open=int(drive.shift_open),
        warnings=int(drive.warnings),
        last_at=drive.last_at,
        fn=drive.number,
        last_document=drive.last_document,
    )


def drive_number(core: Core, request: DriveNumber, operator: int) -> DriveNumberReply:
    return DriveNumberReply(core.drive.number)


def drive_expiry(core: Core, request: DriveExpiry, operator: int) -> DriveExpiryReply:
    resource = core.drive.resource
    return DriveExpiryReply(resource.valid_until, resource.registrations_left, core.drive.registrations_done)


def drive_version(core: Core, request: DriveVersion, operator: int) -> DriveVersionReply:
    """Numbers that begin with 9999 are those of test drives."""
    return DriveVersionReply("fn_v_1_2", int(not core.drive.number.startswith("9999")))


def drive_memory(core: Core, request: DriveMemory, operator: int) -> DriveMemoryReply:
    left = core.drive.resource.documents_left
    marking = core.drive.marking.fill if core.registration.marking and core.ffd is FfdVersion.V1_2 else None
    return DriveMemoryReply(left, left * _KILOBYTES_PER_DOCUMENT, marking)


def shift_parameters(core: Core, request: ShiftParameters, operator: int) -> ShiftParametersReply:
    drive = core.drive
    return ShiftParametersReply(int(drive.shift_open), drive.shift, drive.receipt)


def find_document(core: Core, request: FindDocument, operator: int) -> FindDocumentReply:
    record = core.drive.short_record(request.document)
    return FindDocumentReply(record[0], record[1], record[2:])


def select_document(core: Core, request: SelectDocument, operator: int) -> SelectDocumentReply:
    document = core.drive.document(request.document)
    if document is None:
        raise Refusal(errors.FN_NO_DATA)
    core.reading = list(tlv_blocks(document.body, MAX_BLOCK))
    return SelectDocumentReply(int(document.code), len(document.body))


def next_tlv(core: Core, request: NextTlv, operator: int) -> TlvReply:
    if not core.reading:
        raise Refusal(errors.FN_NO_DATA)
    return TlvReply(core.reading.pop(0))


def _registrations(core: Core) -> list[StoredDocument]:
    return [document for document in core.drive.documents() if document.code in _REGISTRATIONS]


def _registration_document(core: Core, number: int) -> StoredDocument:
    """Number 0 or FFh is the last one."""
    last = core.drive.registration_document
    if last is not None and number in {0, 0xFF, core.drive.registrations_done}:
        return last
    documents = _registrations(core)
    if not 1 <= number <= len(documents):
        raise Refusal(errors.FN_NO_DATA)
    return documents[number - 1]


def last_registration(core: Core, request: LastRegistration, operator: int) -> RegistrationTotals:
    return _totals(_registration_document(core, 0), with_reason=False)


def registration_by_number(core: Core, request: RegistrationByNumber, operator: int) -> RegistrationTotals:
    return _totals(_registration_document(core, request.number), with_reason=request.number > 1)


def _totals(document: StoredDocument, *, with_reason: bool) -> RegistrationTotals:
    """FF4C of ФФД 1.05 has a reason byte, but not for number 1; later versions always have the long tail."""
    registration = registration_of(document)
    tail = RegistrationTail(document.number, document.sign)
    if registration.ffd is not FfdVersion.V1_05:
        reasons = _number(document, 1205)
        tail = replace(tail, extended_mode=registration.extended_mode, ofd_inn=registration.ofd_inn, reasons=reasons)
    elif with_reason:
        tail = replace(tail, reasons=_number(document, 1101))
    return RegistrationTotals(
        made_at=document.at,
        inn=registration.inn,
        registration_number=registration.registration_number,
        taxations=registration.taxations,
        work_mode=registration.mode & _WORK_MODE,
        tail=tail,
    )


def _number(document: StoredDocument, tag: int) -> int:
    element = find(document.elements, tag)
    return element.value if element is not None and isinstance(element.value, int) else 0


def _parameter(core: Core, number: int, tag: int) -> TlvReply:
    document = _registration_document(core, number)
    if tag == ALL_TAGS:
        core.reading = list(tlv_blocks(document.body, MAX_BLOCK))
        return TlvReply(b"")
    element = find(document.elements, tag)
    if element is None:
        raise Refusal(errors.FN_NO_DATA)
    return TlvReply(encode((element,), limits=False))


def registration_tag(core: Core, request: RegistrationTag, operator: int) -> TlvReply:
    return _parameter(core, request.report, request.tag)


def registration_parameter(core: Core, request: RegistrationParameter, operator: int) -> TlvReply:
    return _parameter(core, request.number, request.tag)


def ofd_status(core: Core, request: OfdStatus, operator: int) -> OfdStatusReply:
    backlog = core.drive.backlog
    status = Exchange(0)
    if core.drive.connected:
        status |= Exchange.CONNECTED
    if backlog.count:
        status |= Exchange.TO_SEND
    return OfdStatusReply(int(status), 0, backlog.count, backlog.first or 0, backlog.first_at)


def unconfirmed_count(core: Core, request: UnconfirmedCount, operator: int) -> UnconfirmedCountReply:
    return UnconfirmedCountReply(core.drive.backlog.count)


def document_sizes(core: Core, request: DocumentSizes, operator: int) -> DocumentSizesReply:
    """Bytes of the message that waits for the OFD, and of the marking notification that waits."""
    drive = core.drive
    return DocumentSizesReply(len(drive.next_message() or b""), len(drive.marking.next_message() or b""))


def ofd_receipt(core: Core, request: OfdReceipt, operator: int) -> OfdReceiptReply:
    document = core.drive.document(request.document)
    if document is None or document.confirmation is None:
        raise Refusal(errors.FN_NO_DATA)
    elements = decode(document.confirmation[4:])
    at = _value(elements, 1012)
    return OfdReceiptReply(at if isinstance(at, datetime) else None, _sign(elements), document.number)


def _value(elements: tuple[Element, ...], tag: int) -> object:
    element = find(elements, tag)
    return None if element is None else element.value


def _sign(elements: tuple[Element, ...]) -> bytes:
    """The operator's sign (1078), which a software OFD may leave out."""
    sign = _value(elements, 1078)
    return (sign if isinstance(sign, bytes) else b"").ljust(_SIGN_SIZE, b"\0")[:_SIGN_SIZE]


HANDLERS: Handlers = {
    DocumentSizes: document_sizes,
    DriveStatus: drive_status,
    DriveNumber: drive_number,
    DriveExpiry: drive_expiry,
    DriveVersion: drive_version,
    DriveMemory: drive_memory,
    ShiftParameters: shift_parameters,
    FindDocument: find_document,
    SelectDocument: select_document,
    NextTlv: next_tlv,
    LastRegistration: last_registration,
    RegistrationByNumber: registration_by_number,
    RegistrationTag: registration_tag,
    RegistrationParameter: registration_parameter,
    OfdStatus: ofd_status,
    UnconfirmedCount: unconfirmed_count,
    OfdReceipt: ofd_receipt,
}
