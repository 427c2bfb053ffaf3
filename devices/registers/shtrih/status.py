"""State of the device, its drive and its OFD queue, in the words of `devices.registers.base`."""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import partial

from devices.registers.base import DriveState, OfdState, Paper, RegisterState, Shift
from devices.registers.shtrih.exchange import Exchange
from protocols.fn.statuses import drive_warnings
from protocols.shtrih.commands.drive import (
    DriveExpiry,
    DriveMemory,
    DriveStatus,
    OfdStatus,
    ShiftParameters,
    UnconfirmedCount,
)
from protocols.shtrih.commands.state import LongStatus, LongStatusReply, ShortStatusReply
from protocols.shtrih.commands.tables import ReadTable
from protocols.shtrih.statuses import EXCHANGE_TEXT, Flag, Mode, Phase, Submode, mode_text, split_mode
from protocols.shtrih.statuses import Exchange as ExchangeBit
from protocols.shtrih.tables import EXCHANGE
from protocols.shtrih.wire import cp1251

_PHASES = {
    Phase.SETUP: "setup",
    Phase.READY: "ready",
    Phase.FISCAL: "fiscal",
    Phase.CLOSED: "closing",
    Phase.ARCHIVE: "closed",
}
_SHIFTS = {Mode.SHIFT_CLOSED: Shift.CLOSED, Mode.SHIFT_EXPIRED: Shift.EXPIRED}
_PAPER = {
    Submode.PASSIVE_NO_PAPER: Paper.OUT,
    Submode.ACTIVE_NO_PAPER: Paper.OUT,
    Submode.WAITING_CONTINUE: Paper.WAITING_CONTINUE,
}
#: Fields of table 20: the log of the exchange with the OFD, newest first as far as known (UNCONFIRMED), and the codes.
_LAST_DRIVE_CODE, _LAST_OFD_CODE, _LOG_FIRST, _LOG_LAST = 6, 7, 8, 17


def paper_of(status: ShortStatusReply | LongStatusReply) -> Paper:
    if status.submode in _PAPER:
        return _PAPER[Submode(status.submode)]
    return Paper.PRESENT if status.flags & Flag.RECEIPT_OPTICAL else Paper.OUT


def paper_text(status: ShortStatusReply) -> tuple[str, bool]:
    """A Russian sentence about paper and cover, and whether printing is possible."""
    if status.flags & Flag.COVER_OPEN:
        return "Крышка открыта", False
    paper = paper_of(status)
    return {
        Paper.PRESENT: "Бумага есть",
        Paper.OUT: "Бумаги нет",
        Paper.WAITING_CONTINUE: "Бумага вставлена, документ ждёт допечатки",
    }.get(paper, "О бумаге ничего не известно"), paper is Paper.PRESENT


async def read_state(exchange: Exchange, zone: tzinfo) -> tuple[RegisterState, LongStatusReply]:
    status = await exchange.ask(LongStatus(exchange.password))
    shift = await exchange.ask(ShiftParameters(exchange.password))
    mode, _ = split_mode(status.mode)
    open_or_closed = Shift.OPEN if shift.open else Shift.CLOSED
    day = status.date
    clock = datetime(2000, 1, 1) if day is None else datetime.combine(day, status.time)  # noqa: DTZ001 — zone below
    state = RegisterState(
        mode=mode_text(status.mode),
        shift=_SHIFTS.get(mode, open_or_closed) if mode is not Mode.SHIFT_CLOSED else open_or_closed,
        shift_number=shift.shift,
        receipt_number=shift.receipt,
        document_open=mode is Mode.DOCUMENT_OPEN,
        paper=paper_of(status),
        cover_open=bool(status.flags & Flag.COVER_OPEN),
        drawer_open=bool(status.flags & Flag.DRAWER_OPEN),
        printing=status.submode in {Submode.PRINTING, Submode.PRINTING_REPORT},
        clock=clock.replace(tzinfo=zone),
    )
    return state, status


async def read_drive(exchange: Exchange, zone: tzinfo, today: datetime) -> DriveState:
    """`today`: the register's own clock, for the days that are left."""
    # settling proves by it that a document was never made
    status = await exchange.heard_alike(partial(exchange.ask, DriveStatus(exchange.password)))
    expiry = await exchange.try_ask(DriveExpiry(exchange.password))
    memory = await exchange.try_ask(DriveMemory(exchange.password))
    until = expiry.valid_until if expiry else None
    return DriveState(
        number=status.fn,
        phase=_PHASES.get(Phase(status.phase), "closed") if status.phase in set(Phase) else f"{status.phase:02x}",
        last_document=status.last_document,
        last_document_at=status.last_at.replace(tzinfo=zone) if status.last_at else None,
        current_document=status.current_document,
        valid_until=until,
        days_left=(until - today.date()).days if until else None,
        documents_left=memory.documents_left if memory else None,
        warnings=drive_warnings(status.warnings),
    )


async def read_ofd(exchange: Exchange, zone: tzinfo) -> OfdState:
    status = await exchange.ask(OfdStatus(exchange.password))
    unconfirmed = await exchange.try_ask(UnconfirmedCount(exchange.password))
    # FF39 counts messages on their way, FF3F documents without a receipt; the larger is what the shop still owes.
    unsent = max(status.queued, unconfirmed.count if unconfirmed else 0)
    return OfdState(
        unsent=unsent,
        first_unsent=status.first_document if unsent and status.first_document else None,
        first_unsent_at=status.first_at.replace(tzinfo=zone) if unsent and status.first_at else None,
        connected=bool(status.status & ExchangeBit.CONNECTED),
        last_contact=await _last_contact(exchange, status.status),
    )


async def _last_contact(exchange: Exchange, bits: int) -> str:
    """What the technician wants to read: what the exchange is doing now and how it went last (table 20)."""
    parts = [text for bit, text in EXCHANGE_TEXT.items() if bits & bit]
    for field, name in ((_LAST_DRIVE_CODE, "ответ ФН"), (_LAST_OFD_CODE, "ответ ОФД")):
        code = await _field(exchange, field)
        if code and any(code):
            parts.append(f"{name} {int.from_bytes(code, 'little'):02X}h")
    for field in range(_LOG_FIRST, _LOG_LAST + 1):
        line = cp1251(await _field(exchange, field) or b"").strip()
        if line:
            parts.append(line)
            break
    return "; ".join(parts)


async def _field(exchange: Exchange, field: int) -> bytes | None:
    reply = await exchange.try_ask(ReadTable(exchange.password, EXCHANGE, 1, field))
    return None if reply is None else reply.value
