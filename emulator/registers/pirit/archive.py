"""78: the drive's own answers."""

from __future__ import annotations

from typing import Final

from emulator.fiscal_drive import StoredDocument
from emulator.fiscal_drive.rules import REGISTRATIONS
from emulator.registers.pirit.core import Core, Handlers
from emulator.registers.reading import tlv_blocks
from emulator.registers.refusals import Refusal
from protocols.ffd.checks import is_test_drive
from protocols.ffd.enums import DocumentCode
from protocols.pirit import errors
from protocols.pirit.commands import drive as d
from protocols.pirit.commands.replies import MomentReply, NumberReply, TextReply
from protocols.pirit.statuses import DriveBits, Exchange

#: Bytes of TLV in one answer, twice as many digits. UNCONFIRMED: no source tells the size.
MAX_BLOCK: Final = 512
_TAXES: Final = (1139, 1140, 1143, 1183, 1141, 1142)
_SUMS: Final = (1201, 1136, 1138, 1218, 1219, 1220)


def drive_number(core: Core, request: d.DriveNumber) -> TextReply:
    return TextReply(core.drive.number)


def drive_state(core: Core, request: d.DriveState) -> d.DriveStateReply:
    drive, state = core.drive, int(core.drive.phase)
    if core.draft is not None and core.draft.fiscal and core.draft.items:
        state |= DriveBits.DATA
    if drive.shift_open:
        state |= DriveBits.SHIFT_OPEN
    return d.DriveStateReply(state, int(drive.current), int(drive.warnings))


def last_document(core: Core, request: d.LastDocument) -> NumberReply:
    return NumberReply(core.drive.last_document)


def _required(document: StoredDocument | None) -> StoredDocument:
    if document is None:
        raise Refusal(errors.FN_NO_DATA)
    return document


def _registration(core: Core) -> StoredDocument:
    return _required(core.drive.registration_document)


def registered_at(core: Core, request: d.RegisteredAt) -> MomentReply:
    return MomentReply(_registration(core).at)


def registration_document(core: Core, request: d.RegistrationDocument) -> NumberReply:
    return NumberReply(_registration(core).number)


def shift_state(core: Core, request: d.ShiftState) -> d.ShiftStateReply:
    return d.ShiftStateReply(core.drive.shift, int(core.drive.shift_open), core.drive.receipt)


def exchange(core: Core, request: d.Exchange) -> d.ExchangeReply:
    backlog = core.drive.backlog
    state = Exchange.CONNECTED if core.drive.connected else Exchange(0)
    if backlog.count:
        state |= Exchange.TO_SEND
    return d.ExchangeReply(int(state), backlog.count, backlog.first or 0, backlog.first_at)


def archived(core: Core, request: d.Archived) -> d.ArchivedReply:
    record = core.drive.short_record(request.document)
    return d.ArchivedReply(int(record[1] != 0), record[2:], record[0])


def confirmation(core: Core, request: d.Confirmation) -> d.HexReply:
    document = _required(core.drive.document(request.document))
    if document.confirmation is None:
        raise Refusal(errors.FN_NO_DATA)
    return d.HexReply(document.confirmation)


def drive_errors(core: Core, request: d.DriveErrors) -> d.HexReply:
    """This drive fails by order only: it keeps no record of that."""
    return d.HexReply(b"")


def drive_versions(core: Core, request: d.DriveVersions) -> d.DriveVersionsReply:
    registered = core.registered
    serial = 0 if is_test_drive(core.drive.number) else 1
    return d.DriveVersionsReply("fn_v_1_2", serial, registered.ffd.code, registered.model_version, registered.ffd.code)


def select_document(core: Core, request: d.SelectDocument) -> d.SelectDocumentReply:
    document = _required(core.drive.document(request.document))
    core.reading = list(tlv_blocks(document.body, MAX_BLOCK))
    return d.SelectDocumentReply(int(document.code), len(document.body))


def read_tlv(core: Core, request: d.ReadTlv) -> d.HexReply:
    if not core.reading:
        raise Refusal(errors.FN_NO_DATA)
    return d.HexReply(core.reading.pop(0))


def shift_start(core: Core, request: d.ShiftStart) -> NumberReply:
    """Of the open shift, or of the last one."""
    for number in range(core.drive.last_document, 0, -1):
        document = core.drive.document(number)
        if document is not None and document.code is DocumentCode.SHIFT_OPEN:
            return NumberReply(number)
    raise Refusal(errors.FN_NO_DATA)


def free_memory(core: Core, request: d.FreeMemory) -> d.FreeMemoryReply:
    left = core.drive.resource.documents_left
    return d.FreeMemoryReply(left, left)


def last_registration(core: Core, request: d.LastRegistration) -> d.LastRegistrationReply:
    document = _registration(core)
    return d.LastRegistrationReply(document.number, document.sign, document.at)


def select_registration(core: Core, request: d.SelectRegistration) -> NumberReply:
    """0 is the last one: the vendor's library asks so."""
    made = [document for document in core.drive.documents() if document.code in REGISTRATIONS]
    if request.number > len(made) or not made:
        raise Refusal(errors.FN_NO_DATA)
    document = made[request.number - 1]
    core.reading_registration = list(tlv_blocks(document.body, MAX_BLOCK))
    return NumberReply(int(document.code))


def read_registration(core: Core, request: d.ReadRegistrationTlv) -> d.HexReply:
    if not core.reading_registration:
        raise Refusal(errors.FN_NO_DATA)
    return d.HexReply(core.reading_registration.pop(0))


def drive_ffd(core: Core, request: d.DriveFfd) -> d.DriveFfdReply:
    return d.DriveFfdReply(core.registered.ffd.code, core.drive.ffd.code)


def drive_counters(core: Core, request: d.DriveCounters) -> d.DriveCountersReply:
    counted = core.drive.totals if request.kind else core.drive.shift_totals
    one = str(request.operation)
    total, cash, electronic, prepaid, postpaid, other = (counted.get(f"{one}.{tag}", 0) for tag in _SUMS)
    return d.DriveCountersReply(
        counted.get(f"{one}.1135", 0),
        total,
        cash,
        electronic,
        prepaid,
        postpaid,
        other,
        tuple(counted.get(f"{one}.{tag}", 0) for tag in _TAXES),
        counted.get(f"c{one}.1135", 0),
        counted.get(f"c{one}.1201", 0),
    )


HANDLERS: Handlers = {
    d.DriveNumber: drive_number,
    d.DriveState: drive_state,
    d.LastDocument: last_document,
    d.RegisteredAt: registered_at,
    d.RegistrationDocument: registration_document,
    d.ShiftState: shift_state,
    d.Exchange: exchange,
    d.Archived: archived,
    d.Confirmation: confirmation,
    d.DriveErrors: drive_errors,
    d.DriveVersions: drive_versions,
    d.SelectDocument: select_document,
    d.ReadTlv: read_tlv,
    d.ShiftStart: shift_start,
    d.FreeMemory: free_memory,
    d.LastRegistration: last_registration,
    d.SelectRegistration: select_registration,
    d.ReadRegistrationTlv: read_registration,
    d.DriveFfd: drive_ffd,
    d.DriveCounters: drive_counters,
}
