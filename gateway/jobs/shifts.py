"""The shift a job needs: opened, closed and reopened, refused or waited for."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Final

from devices.errors import NeedsOperator, Rejected, RequestError
from devices.registers.base import ArchivedDocument, Outcome, RegisterState, Shift
from gateway.jobs.connection import Connection
from gateway.jobs.model import JobKind
from gateway.jobs.task import RECEIPTS, Task
from protocols.ffd.enums import DocumentCode

#: Registers take money in and out within a shift only: the morning's change comes before its first receipt.
_WITHIN_A_SHIFT: Final = RECEIPTS | {JobKind.CASH_IN, JobKind.CASH_OUT}

#: Why a receipt is held when its shift is in the cashier's hands.
_MANUAL: Final = {
    Shift.CLOSED: (
        "shift_closed",
        "the shift is closed and this receipt leaves shifts to the cashier",
        "Откройте смену.",
    ),
    Shift.EXPIRED: (
        "shift_expired",
        "the shift is open for more than 24 hours and this receipt leaves shifts to the cashier",
        "Смена открыта больше 24 часов: закройте её и откройте новую.",
    ),
}


async def ready_shift(connection: Connection, task: Task, foreign: Sequence[ArchivedDocument] = ()) -> bool:
    """Bring the register's shift to where the task needs it. True: there is nothing left to do for the task.

    `foreign`: documents that others made while this task's own attempt was being settled. A lost answer needs no
    bookmark here: after reconnecting the shift's own state tells whether it took effect.
    """
    if task.job.kind in _WITHIN_A_SHIFT:
        await _opened(connection, task)
    elif task.job.kind is JobKind.OPEN_SHIFT:
        _openable((await connection.state()).shift, _by_others(foreign, DocumentCode.SHIFT_OPEN))
    elif task.job.kind is JobKind.CLOSE_SHIFT:
        return _closed(await connection.state(), task, foreign)
    return False


def _closed(state: RegisterState, task: Task, foreign: Sequence[ArchivedDocument]) -> bool:
    meant = task.body.get("shift_number")  # of a closing that was missed: never a later shift
    if task.body.get("scheduled") and (state.shift is Shift.CLOSED or meant not in {None, state.shift_number}):
        return True
    if state.shift is Shift.CLOSED:
        detail, hint = _by_others(foreign, DocumentCode.SHIFT_CLOSE)
        raise RequestError(
            f"the shift is closed already{detail}",
            hint=f"Смена уже закрыта{hint}, закрывать нечего.",
            code="shift_already_closed",
        )
    return False


async def _opened(connection: Connection, task: Task) -> None:
    shift = (await connection.state()).shift
    if shift is Shift.OPEN:
        return
    if task.shift == "manual":
        code, detail, hint = _MANUAL[shift]
        raise NeedsOperator(detail, number=0, code=code, hint=hint)
    if shift is Shift.EXPIRED:
        await _made(connection, connection.driver.close_shift(task.cashier), "shift_closed", Shift.CLOSED)
    await _made(connection, connection.driver.open_shift(task.cashier), "shift_opened", Shift.OPEN)
    await connection.state()


async def _made(connection: Connection, report: Coroutine[None, None, Outcome], told: str, wanted: Shift) -> None:
    """Make the report. A cashier may be quicker, or the register refuse what it did: what counts is the shift."""
    try:
        fiscal = (await report).fiscal
    except Rejected:
        if (await connection.state()).shift is not wanted:
            raise
    else:
        await connection.note(told, {"document": fiscal.document, "fn": fiscal.fn})


def _by_others(foreign: Sequence[ArchivedDocument], code: DocumentCode) -> tuple[str, str]:
    """Who was quicker, for the error's detail and hint."""
    made = [one.fiscal for one in foreign if one.code is code]
    if not made:
        return "", ""
    last = made[-1]
    return (
        f" by document {last.document} of {last.datetime:%Y-%m-%d %H:%M}, which is not this job's: it made none",
        f" не этой программой (ФД {last.document} от {last.datetime:%d.%m.%Y %H:%M})",
    )


def _openable(shift: Shift, by_others: tuple[str, str]) -> None:
    if shift is Shift.OPEN:
        detail, hint = by_others
        raise RequestError(
            f"the shift is open already{detail}",
            hint=f"Смена уже открыта{hint}, можно пробивать чеки.",
            code="shift_already_open",
        )
    if shift is Shift.EXPIRED:
        raise RequestError(
            "a shift is open for more than 24 hours; close it first",
            hint="Смена открыта больше 24 часов: сначала закройте её.",
            code="shift_expired",
        )
