"""State of the device, its drive and its OFD queue, in the words of `devices.registers.base`."""

from __future__ import annotations

from datetime import datetime, tzinfo

from devices.registers.alike import heard_alike
from devices.registers.base import DriveState, OfdState, Paper, RegisterState, Shift
from devices.registers.pirit.exchange import Exchange
from devices.registers.pirit.fence import in_drive
from protocols.fn.statuses import Phase, drive_warnings
from protocols.pirit.commands import drive, info
from protocols.pirit.commands.printing import DrawerState
from protocols.pirit.commands.state import ReadClock, Status, StatusReply
from protocols.pirit.statuses import (
    EXCHANGE_TEXT,
    FATAL_TEXT,
    FLAG_TEXT,
    Flag,
    Printer,
    document_text,
    phase_of,
    split_document,
    texts,
)
from protocols.pirit.statuses import Exchange as ExchangeBit

_PHASES = {
    Phase.SETUP: "setup",
    Phase.READY: "ready",
    Phase.FISCAL: "fiscal",
    Phase.CLOSING: "closing",
    Phase.CLOSED: "closed",
}


def mode_text(status: StatusReply) -> str:
    """ "смена открыта; документ закрыт"."""
    return "; ".join(
        [*texts(FATAL_TEXT, status.fatal), *texts(FLAG_TEXT, status.flags), document_text(status.document)]
    )


def paper_of(printer: int, status: StatusReply) -> Paper:
    if printer & Printer.NO_PAPER:
        return Paper.OUT
    return Paper.WAITING_CONTINUE if in_drive(status) else Paper.PRESENT


def paper_text(printer: int, status: StatusReply) -> tuple[str, bool]:
    """A Russian sentence about paper and cover, and whether printing is possible."""
    if printer & Printer.COVER_OPEN:
        return "Крышка открыта", False
    paper = paper_of(printer, status)
    if paper is Paper.PRESENT and printer & (Printer.NOT_READY | Printer.CUTTER | Printer.NO_LINK):
        return "Принтер не готов", False
    return {
        Paper.PRESENT: "Бумага есть",
        Paper.OUT: "Бумаги нет",
        Paper.WAITING_CONTINUE: "Бумага вставлена, документ ждёт допечатки",
    }[paper], paper is Paper.PRESENT


async def read_state(exchange: Exchange, zone: tzinfo) -> RegisterState:
    status = await exchange.ask(Status())
    shift = await exchange.ask(drive.ShiftState())
    printer = await exchange.printer()
    drawer = await exchange.try_ask(DrawerState())
    expired = status.flags & (Flag.SHIFT_EXPIRED | Flag.SHIFT_END_BROKEN)
    return RegisterState(
        mode=mode_text(status),
        # An end of the shift that broke off leaves nothing but to end it again, as one that is too long does.
        shift=Shift.CLOSED if not shift.open else Shift.EXPIRED if expired else Shift.OPEN,
        shift_number=shift.shift,
        receipt_number=shift.receipts,
        document_open=bool(split_document(status.document)[0]) and not in_drive(status),
        paper=paper_of(printer, status),
        cover_open=bool(printer & Printer.COVER_OPEN),
        drawer_open=drawer is not None and bool(drawer.value),
        printing=False,
        clock=(await exchange.ask(ReadClock())).at.replace(tzinfo=zone),
    )


async def read_drive(exchange: Exchange, zone: tzinfo, today: datetime) -> DriveState:
    """`today`: the register's own clock, for the days that are left where the drive does not count them."""
    number, last = await heard_alike(lambda: _place(exchange), None)
    state = await exchange.ask(drive.DriveState())
    last_at = await exchange.try_ask(info.LastFiscalMoment())
    expiry = await exchange.try_ask(info.DriveExpiry())
    memory = await exchange.try_ask(drive.FreeMemory())
    phase = phase_of(state.state)
    days = None if expiry is None else expiry.days
    return DriveState(
        number=number,
        phase=_PHASES[Phase(phase)] if phase in set(Phase) else f"{phase:02x}",
        last_document=last,
        last_document_at=None if last_at is None else last_at.at.replace(tzinfo=zone),
        current_document=state.document,
        valid_until=None if expiry is None else expiry.on,
        days_left=days if days is not None or expiry is None else (expiry.on - today.date()).days,
        documents_left=None if memory is None else memory.documents,
        warnings=drive_warnings(state.warnings),
    )


async def _place(exchange: Exchange) -> tuple[str, int]:
    """By what settling proves that a document was never made."""
    return (await exchange.ask(drive.DriveNumber())).value, (await exchange.ask(drive.LastDocument())).value


async def read_ofd(exchange: Exchange, zone: tzinfo) -> OfdState:
    status = await exchange.ask(drive.Exchange())
    waiting = status.queue > 0
    return OfdState(
        unsent=status.queue,
        first_unsent=status.first if waiting and status.first else None,
        first_unsent_at=status.at.replace(tzinfo=zone) if waiting and status.at else None,
        connected=bool(status.status & ExchangeBit.CONNECTED),
        last_contact="; ".join(texts(EXCHANGE_TEXT, status.status)),
    )
