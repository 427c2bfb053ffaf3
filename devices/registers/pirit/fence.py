"""What must be out of the way before a new document: work not begun, one left open, one whose paper is not finished.

After the line has come to rest nothing of an earlier connection can still arrive, so what is cancelled here stays
cancelled (design.md rule 3).
"""

from __future__ import annotations

from contextlib import suppress

from devices.errors import DeviceError
from devices.registers.pirit.errors import PRINTER
from devices.registers.pirit.exchange import Exchange
from devices.registers.refusals import half_made
from protocols.pirit.commands.drive import DriveState
from protocols.pirit.commands.receipts import CancelDocument, CloseDocument
from protocols.pirit.commands.shifts import CloseShift
from protocols.pirit.commands.state import BeginWork, ReadClock, Status, StatusReply
from protocols.pirit.errors import CLOCK_DIFFERS
from protocols.pirit.statuses import CURRENT_DOCUMENT_TEXT, DocumentState, DriveBits, Flag, split_document

#: 31's first parameter: nothing is said about cutting.
CUT = 0


async def begin_work(exchange: Exchange) -> StatusReply:
    """The register's status, its work begun; NeedsOperator where its clock keeps it from that (0Ch).

    It is told its own time, which changes nothing: setting the clock is a job of its own.
    """
    status = await exchange.ask(Status())
    if not status.flags & Flag.WORK_NOT_BEGUN:
        return status
    clock = await exchange.ask(ReadClock())
    try:
        await exchange.ask(BeginWork(clock.at))
    except DeviceError as error:
        if error.number != CLOCK_DIFFERS:
            raise
    return await exchange.ask(Status())


def in_drive(status: StatusReply) -> bool:
    """The document is made, and its paper is not finished."""
    return split_document(status.document)[1] == DocumentState.IN_DRIVE


async def clear_away(exchange: Exchange) -> DeviceError | None:
    """Cancel what is open and print what the drive has already.

    Answers what keeps the paper of a document that exists from being finished, None where nothing is left.
    NeedsOperator where a person must act before anything can be said for certain.
    """
    status = await begin_work(exchange)
    if in_drive(status):
        try:
            await exchange.ask(CloseDocument(CUT))
        except DeviceError as error:
            return error
    elif status.document:
        await _cancel(exchange)
    drive = await exchange.ask(DriveState())
    if status.flags & Flag.SHIFT_END_BROKEN and not drive.state & DriveBits.SHIFT_OPEN:
        # The report is in the drive: this ends it in the register, and can make no second one.
        with suppress(DeviceError):
            await exchange.ask(CloseShift())
    if drive.document:
        raise half_made(drive.document, CURRENT_DOCUMENT_TEXT.get(drive.document, f"{drive.document:02X}h"))
    return None


async def _cancel(exchange: Exchange) -> None:
    try:
        await exchange.ask(CancelDocument())
    except DeviceError as error:
        # The printer may keep it from telling so on paper; refused for its state, it was closed a moment ago.
        status = await exchange.ask(Status())
        if status.document and (error.number not in PRINTER or not in_drive(status)):
            raise
