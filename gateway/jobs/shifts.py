"""The shift a job needs: opened, closed and reopened, refused or waited for."""

from __future__ import annotations

from typing import Final

from devices.errors import NeedsOperator, RequestError
from devices.registers.base import Shift
from gateway.jobs.connection import Connection
from gateway.jobs.model import JobKind
from gateway.jobs.task import RECEIPTS, Task

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


async def ready_shift(connection: Connection, task: Task) -> bool:
    """Bring the register's shift to where the task needs it. True: there is nothing left to do for the task.

    A lost answer needs no bookmark here: after reconnecting the shift's own state tells whether it took effect.
    """
    if task.job.kind in _WITHIN_A_SHIFT:
        await _opened(connection, task)
    elif task.job.kind is JobKind.OPEN_SHIFT:
        _openable((await connection.state()).shift)
    elif task.job.kind is JobKind.CLOSE_SHIFT and (await connection.state()).shift is Shift.CLOSED:
        if task.body.get("scheduled"):
            return True
        raise RequestError(
            "the shift is closed already", hint="Смена уже закрыта, закрывать нечего.", code="shift_already_closed"
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
        closed = await connection.driver.close_shift(task.cashier)
        await connection.note("shift_closed", {"document": closed.fiscal.document, "fn": closed.fiscal.fn})
    opened = await connection.driver.open_shift(task.cashier)
    await connection.note("shift_opened", {"document": opened.fiscal.document, "fn": opened.fiscal.fn})
    await connection.state()


def _openable(shift: Shift) -> None:
    if shift is Shift.OPEN:
        raise RequestError(
            "the shift is open already", hint="Смена уже открыта, можно пробивать чеки.", code="shift_already_open"
        )
    if shift is Shift.EXPIRED:
        raise RequestError(
            "a shift is open for more than 24 hours; close it first",
            hint="Смена открыта больше 24 часов: сначала закройте её.",
            code="shift_expired",
        )
