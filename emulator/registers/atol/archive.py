"""A4h: the drive's own answers, passed through."""

from __future__ import annotations

import struct
from typing import Final

from emulator.fiscal_drive import StoredDocument
from emulator.fiscal_drive.records import registration_of
from emulator.registers.atol.core import Core, Handlers
from emulator.registers.reading import tlv_blocks
from emulator.registers.refusals import Refusal
from protocols.atol import errors
from protocols.atol.commands import drive as d
from protocols.atol.statuses import Exchange
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import find

#: Bytes of TLV in one answer: protocol 2 carries 255.
MAX_BLOCK: Final = 240
_WORK_MODE: Final = 0x3F
_LAST: Final = (None, 0, 0xFF)
_REGISTRATIONS: Final = frozenset({DocumentCode.REGISTRATION, DocumentCode.REREGISTRATION})


def drive_shift(core: Core, request: d.DriveShift) -> d.DriveShiftReply:
    drive = core.drive
    return d.DriveShiftReply(int(drive.shift_open), drive.shift, drive.receipt)


def drive_exchange(core: Core, request: d.DriveExchange) -> d.DriveExchangeReply:
    backlog = core.drive.backlog
    state = Exchange.CONNECTED if core.drive.connected else Exchange(0)
    if backlog.count:
        state |= Exchange.TO_SEND
    return d.DriveExchangeReply(int(state), 0, backlog.count, backlog.first or 0, backlog.first_at)


def drive_status(core: Core, request: d.DriveStatus) -> d.DriveStatusReply:
    drive = core.drive
    return d.DriveStatusReply(
        phase=int(drive.phase),
        current_document=int(drive.current),
        document_data=int(core.draft is not None and bool(core.draft.items)),
        shift_open=int(drive.shift_open),
        warnings=int(drive.warnings),
        last_at=drive.last_at,
        fn=drive.number,
        last_document=drive.last_document,
    )


def drive_number(core: Core, request: d.DriveNumber) -> d.DriveNumberReply:
    return d.DriveNumberReply(core.drive.number)


def drive_validity(core: Core, request: d.DriveValidity) -> d.DriveValidityReply:
    resource = core.drive.resource
    return d.DriveValidityReply(resource.valid_until, resource.registrations_left, core.drive.registrations_done)


def drive_version(core: Core, request: d.DriveVersion) -> d.DriveVersionReply:
    """Numbers that begin with 9999 are those of test drives."""
    return d.DriveVersionReply("fn_v_1_2", int(not core.drive.number.startswith("9999")))


def find_document(core: Core, request: d.FindDocument) -> d.FindDocumentReply:
    record = core.drive.short_record(request.document)
    return d.FindDocumentReply(record[0], record[1], record[2:])


def registration_totals(core: Core, request: d.RegistrationTotals) -> d.RegistrationTotalsReply:
    document = _registration(core, request.number)
    known = registration_of(document)
    return d.RegistrationTotalsReply(
        made_at=document.at,
        inn=known.inn,
        registration_number=known.registration_number,
        taxations=known.taxations,
        work_mode=known.mode & _WORK_MODE,
        rest=_tail(document),
    )


def _registration(core: Core, number: int | None) -> StoredDocument:
    last = core.drive.registration_document
    if last is not None and number in {*_LAST, core.drive.registrations_done}:
        return last
    made = [document for document in core.drive.documents() if document.code in _REGISTRATIONS]
    if not number or number > len(made):
        raise Refusal(errors.FN_NO_DATA)
    return made[number - 1]


def _tail(document: StoredDocument) -> bytes:
    """As the drive has it: extended modes, OFD and reasons since ФФД 1.1; then number and sign of the document."""
    known = registration_of(document)
    made = struct.pack("<II", document.number, document.sign)
    if known.ffd is FfdVersion.V1_05:
        return made
    reasons = find(document.elements, 1205)
    bits = reasons.value if reasons is not None and isinstance(reasons.value, int) else 0
    return bytes((known.extended_mode,)) + known.ofd_inn.ljust(12).encode("ascii") + struct.pack("<I", bits) + made


def begin_tlv(core: Core, request: d.BeginTlv) -> d.BeginTlvReply:
    document = core.drive.document(request.document)
    if document is None:
        raise Refusal(errors.FN_NO_DATA)
    core.reading = list(tlv_blocks(document.body, MAX_BLOCK))
    return d.BeginTlvReply(int(document.code), len(document.body))


def read_tlv(core: Core, request: d.ReadTlv) -> d.ReadTlvReply:
    if not core.reading:
        raise Refusal(errors.FN_NO_DATA)
    return d.ReadTlvReply(core.reading.pop(0))


HANDLERS: Handlers = {
    d.DriveShift: drive_shift,
    d.DriveExchange: drive_exchange,
    d.DriveStatus: drive_status,
    d.DriveNumber: drive_number,
    d.DriveValidity: drive_validity,
    d.DriveVersion: drive_version,
    d.FindDocument: find_document,
    d.RegistrationTotals: registration_totals,
    d.BeginTlv: begin_tlv,
    d.ReadTlv: read_tlv,
}
