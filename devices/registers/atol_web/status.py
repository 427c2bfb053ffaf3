"""State of the register, its drive and its backlog, in the words of `devices.registers.base`."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import Final

from devices.registers.atol_web.profile import at_register
from devices.registers.atol_web.queue import Queue
from devices.registers.base import DriveState, MarkingState, OfdState, Paper, RegisterState, Shift
from protocols.atol_web.queries import (
    DeviceStatus,
    ExchangeStatus,
    FmState,
    FnInfo,
    FnStatus,
    FnWarnings,
    NoticeStatus,
    ShiftStatus,
)

_SHIFTS: Final = {"opened": Shift.OPEN, "expired": Shift.EXPIRED}
_SHIFT_TEXT: Final = {
    Shift.CLOSED: "смена закрыта",
    Shift.OPEN: "смена открыта",
    Shift.EXPIRED: "смена открыта больше 24 часов",
}
_PHASES: Final = {
    "init": "setup",
    "configured": "ready",
    "fiscalMode": "fiscal",
    "postFiscalMode": "closing",
    "accessArchive": "closed",
}
#: Word of the free memory for notices -> percent that are used at least.
_FILLED: Final = {"less50": 0, "50to80": 50, "80to90": 80, "more90": 90, "outOfMemory": 100}
_NO_CHECK, _BLOCKED = "noImcForCheck", "blocked"


async def read_state(queue: Queue, zone: tzinfo, *, unprinted: bool) -> RegisterState:
    """`unprinted`: a document broke off and was not printed on yet, which the server does not tell of afterwards."""
    told = await queue.tell(DeviceStatus, ShiftStatus, FnStatus)
    device, shift = told[DeviceStatus], told[ShiftStatus]
    state = _SHIFTS.get(shift.state, Shift.CLOSED)
    paper = Paper.WAITING_CONTINUE if unprinted else Paper.PRESENT
    return RegisterState(
        mode=_SHIFT_TEXT[state] + (", касса заблокирована" if device.blocked else ""),
        shift=state,
        shift_number=shift.number,
        receipt_number=told[FnStatus].fiscal_receipt_number,
        document_open=False,  # a task opens and closes its document; the server tells of no other
        paper=paper if device.paper_present else Paper.OUT,
        cover_open=device.cover_opened,
        drawer_open=device.cash_drawer_opened,
        printing=False,
        clock=at_register(device.current_date_time, zone),
    )


async def read_drive(queue: Queue, today: datetime) -> DriveState:
    """`today`: the register's own clock, for the days that are left."""
    told = await queue.tell(FnInfo, FnStatus)
    info = told[FnInfo]
    until = None if info.validity_date is None else info.validity_date.date()
    return DriveState(
        number=info.serial,
        phase=_PHASES.get(info.live_phase, info.live_phase),
        last_document=told[FnStatus].fiscal_document_number,
        last_document_at=None,
        current_document=0,
        valid_until=until,
        days_left=None if until is None else (until - today.date()).days,
        documents_left=None,
        warnings=_warnings(info.warnings),
    )


def _warnings(warnings: FnWarnings) -> tuple[str, ...]:
    told = {
        "replace_urgently": warnings.need_replacement,
        "resource_30_days": warnings.resource_exhausted,
        "memory_90": warnings.memory_overflow,
        "ofd_overdue": warnings.ofd_timeout,
        "critical": warnings.critical_error,
    }
    return tuple(word for word, so in told.items() if so)


async def read_ofd(queue: Queue, zone: tzinfo) -> OfdState:
    told = (await queue.tell(ExchangeStatus))[ExchangeStatus]
    backlog, errors = told.status, told.errors
    at = backlog.not_sent_first_doc_date_time
    named = (("сеть", errors.network), ("ОФД", errors.ofd), ("ФН", errors.fn))
    faults = [f"{name}: {one.description or one.code}" for name, one in named if one.code]
    last = errors.last_success_connection_date_time
    return OfdState(
        unsent=backlog.not_sent_count,
        first_unsent=backlog.not_sent_first_doc_number or None if backlog.not_sent_count else None,
        first_unsent_at=at_register(at, zone) if at is not None and backlog.not_sent_count else None,
        connected=not faults,
        last_contact="; ".join([*faults, *([f"последняя связь {last}"] if last else [])]),
    )


async def read_marking(queue: Queue, zone: tzinfo, *, offline: bool) -> MarkingState:
    told = await queue.tell(FmState, NoticeStatus)
    state, notices = told[FmState], told[NoticeStatus].status
    unsent = max(state.notice_count, notices.not_sent_count)
    at = notices.not_sent_first_doc_date_time
    return MarkingState(
        blocked=state.status == _BLOCKED,
        undecided=state.status not in {_NO_CHECK, _BLOCKED},
        accepted=state.checking_count,
        unsent=unsent,
        first_unsent=notices.not_sent_first_doc_number or None if unsent else None,
        first_unsent_at=at_register(at, zone) if at is not None and unsent else None,
        fill_percent=_FILLED.get(state.notice_free_memory),
        autonomous=offline,
    )


def is_clean(state: FmState) -> bool:
    """No code waits for its decision or for a receipt."""
    return state.status == _NO_CHECK and not state.checking_count
