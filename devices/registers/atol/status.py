"""State of the device, its drive and its OFD queue, in the words of `devices.registers.base`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import partial
from typing import Final

from devices.registers.alike import heard_alike
from devices.registers.atol.exchange import Exchange
from devices.registers.atol.profile import read_register, wall
from devices.registers.base import DriveState, OfdState, Paper, RegisterState, Shift
from protocols.atol.commands.drive import DriveExchange, DriveShift, DriveStatus, DriveValidity
from protocols.atol.commands.state import GetState, GetStateReply
from protocols.atol.registers import ShiftClock
from protocols.atol.statuses import WORKING, Flag, split_state, state_text
from protocols.atol.statuses import Exchange as ExchangeBit
from protocols.fn.statuses import Phase, drive_warnings

PHASES: Final[Mapping[int, tuple[str, str]]] = {
    Phase.SETUP: ("setup", "настройка"),
    Phase.READY: ("ready", "готов к фискализации"),
    Phase.FISCAL: ("fiscal", "фискальный режим"),
    Phase.CLOSING: ("closing", "закрыт, документы передаются в ОФД"),
    Phase.CLOSED: ("closed", "закрыт, только чтение"),
}
_EXCHANGE: Final[Mapping[ExchangeBit, str]] = {
    ExchangeBit.CONNECTED: "соединение установлено",
    ExchangeBit.TO_SEND: "есть сообщение для передачи в ОФД",
    ExchangeBit.WAITING_RECEIPT: "ожидание квитанции от ОФД",
    ExchangeBit.COMMAND: "есть команда от ОФД",
    ExchangeBit.SETTINGS_CHANGED: "изменились настройки соединения с ОФД",
    ExchangeBit.WAITING_COMMAND: "ожидание ответа на команду от ОФД",
}


def paper_text(state: GetStateReply) -> tuple[str, bool]:
    """A Russian sentence about paper and cover, and whether printing is possible."""
    if state.flags & Flag.COVER_OPEN:
        return "Крышка открыта", False
    return ("Бумага есть", True) if state.flags & Flag.PAPER else ("Бумаги нет", False)


async def read_state(exchange: Exchange, zone: tzinfo) -> RegisterState:
    status = await exchange.ask(GetState())
    drive = await exchange.ask(DriveShift())
    clock = wall(status)
    return RegisterState(
        mode=state_text(status.state),
        shift=await _shift(exchange, clock) if drive.open else Shift.CLOSED,
        shift_number=drive.shift,
        receipt_number=drive.receipt,
        document_open=bool(status.receipt_state),
        paper=Paper.PRESENT if status.flags & Flag.PAPER else Paper.OUT,
        cover_open=bool(status.flags & Flag.COVER_OPEN),
        drawer_open=bool(status.flags & Flag.DRAWER_OPEN),
        printing=split_state(status.state) in WORKING,
        clock=clock.replace(tzinfo=zone),
    )


async def _shift(exchange: Exchange, clock: datetime) -> Shift:
    """Register 18: until when the open shift may go on."""
    until = await read_register(exchange, "shift_clock")
    over = isinstance(until, ShiftClock) and until.at is not None and clock >= until.at
    return Shift.EXPIRED if over else Shift.OPEN


async def read_drive(exchange: Exchange, zone: tzinfo, today: datetime) -> DriveState:
    """`today`: the register's own clock, for the days that are left."""
    # Whether a document was made hangs on its last one's number, and a spoilt answer in 256 passes its checksum.
    status = await heard_alike(partial(exchange.ask, DriveStatus()), None)
    validity = await exchange.try_ask(DriveValidity())
    until = validity.valid_until if validity else None
    phase = PHASES.get(status.phase)
    return DriveState(
        number=status.fn,
        phase=f"{status.phase:02x}" if phase is None else phase[0],
        last_document=status.last_document,
        last_document_at=status.last_at.replace(tzinfo=zone) if status.last_at else None,
        current_document=status.current_document,
        valid_until=until,
        days_left=(until - today.date()).days if until else None,
        documents_left=None,
        warnings=drive_warnings(status.warnings),
    )


async def read_ofd(exchange: Exchange, zone: tzinfo) -> OfdState:
    status = await exchange.ask(DriveExchange())
    return OfdState(
        unsent=status.unsent,
        first_unsent=status.first if status.unsent and status.first else None,
        first_unsent_at=status.first_at.replace(tzinfo=zone) if status.unsent and status.first_at else None,
        connected=bool(status.state & ExchangeBit.CONNECTED),
        last_contact="; ".join(text for bit, text in _EXCHANGE.items() if status.state & bit),
    )
