"""What each kind of job does to a register, and what may be done when its answer is lost: one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from devices.errors import GatewayError, RequestError
from devices.registers.base import Capability, Outcome, Paper, Register, Warn
from devices.registers.settle import CashWanted, ReportWanted, ShiftWanted, Wanted
from devices.registers.settling import SETTLING, Command, Row
from gateway.jobs import bodies
from gateway.jobs.diagnosis import diagnose
from gateway.jobs.model import JobKind
from gateway.jobs.reprint import reprint
from gateway.jobs.task import Task

Result = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """What came of a job that prints and makes no document."""

    result: Result | None = None
    warnings: tuple[Warn, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One row of the table."""

    command: Command
    perform: Callable[[Register, Task], Awaitable[Outcome | Printed | Result | None]]
    wanted: Callable[[Task], Wanted] | None = None  # what to look for after a lost answer
    told: Callable[[Register], Awaitable[Printed]] | None = None  # the result once it is proven that it was done
    needs: Capability | None = None
    overtakes: bool = False  # may run before a job that is held: it may be what that job waits for

    @property
    def settling(self) -> Row:
        """What a lost answer means."""
        return SETTLING[self.command]


async def _receipt(register: Register, task: Task) -> Outcome:
    return await register.fiscalise(task.document)


async def _open_shift(register: Register, task: Task) -> Outcome:
    return await register.open_shift(task.cashier)


async def _close_shift(register: Register, task: Task) -> Outcome:
    return await register.close_shift(task.cashier)


async def _cash_in(register: Register, task: Task) -> None:
    await register.cash_in(bodies.sum_of(task.body), task.cashier)


async def _cash_out(register: Register, task: Task) -> None:
    await register.cash_out(bodies.sum_of(task.body), task.cashier)


async def _x_report(register: Register, task: Task) -> Printed:
    return await _on_paper(register, {"counters": dict(await register.x_report())})


async def _counters(register: Register) -> Printed:
    return await _on_paper(register, {"counters": dict(await register.counters())})


async def _on_paper(register: Register, result: Result | None = None) -> Printed:
    """It was taken to be printed; whether there was paper for it, the register is asked."""
    try:
        pending = (await register.state()).paper is not Paper.PRESENT
    except GatewayError:
        pending = False  # it is done whatever the line does now, and who comes next will hear of the paper
    return Printed(result=result, warnings=(_PAPER_PENDING,) if pending else ())


async def _open_drawer(register: Register, task: Task) -> None:
    await register.open_drawer()


async def _print_text(register: Register, task: Task) -> Printed:
    await register.print_text([str(line) for line in task.body["lines"]])
    return await _on_paper(register)


async def _set_clock(register: Register, task: Task) -> Result:
    # A stated time was right when the job was accepted; since then it has moved on with the clock.
    moment = bodies.clock_of(task.body, task.job.created_at) + (task.now - task.job.created_at)
    moment = moment.astimezone(task.now.tzinfo)
    await register.set_clock(moment)
    return {"datetime": moment.isoformat(timespec="seconds")}


async def _recover(register: Register, task: Task) -> None:
    await register.recover()


async def _diagnose(register: Register, task: Task) -> Result:
    return await diagnose(register, task.now)


async def _reprint(register: Register, task: Task) -> Printed:
    await reprint(register, int(task.body["document"]))
    return await _on_paper(register)


_PAPER_PENDING: Final = Warn(
    code="paper_pending",
    detail="the register took it, but it is not fully printed",
    hint="Касса приняла задание, но не допечатала его. Вставьте бумагу: касса допечатает.",
)

ACTIONS: Final[Mapping[JobKind, Action]] = {
    JobKind.RECEIPT: Action(command=Command.RECEIPT, perform=_receipt, wanted=lambda task: task.document),
    JobKind.CORRECTION: Action(
        command=Command.CORRECTION,
        perform=_receipt,
        wanted=lambda task: task.document,
        needs=Capability.CORRECTION,
    ),
    JobKind.OPEN_SHIFT: Action(
        command=Command.OPEN_SHIFT,
        perform=_open_shift,
        wanted=lambda task: ShiftWanted(opening=True, cashier=task.cashier),
        overtakes=True,
    ),
    JobKind.CLOSE_SHIFT: Action(
        command=Command.CLOSE_SHIFT,
        perform=_close_shift,
        wanted=lambda task: ShiftWanted(opening=False, cashier=task.cashier),
        overtakes=True,
    ),
    JobKind.CASH_IN: Action(
        command=Command.CASH_IN,
        perform=_cash_in,
        wanted=lambda task: CashWanted(kopecks=bodies.sum_of(task.body)),
        needs=Capability.CASH,
    ),
    JobKind.CASH_OUT: Action(
        command=Command.CASH_OUT,
        perform=_cash_out,
        wanted=lambda task: CashWanted(kopecks=-bodies.sum_of(task.body)),
        needs=Capability.CASH,
    ),
    JobKind.X_REPORT: Action(
        command=Command.X_REPORT,
        perform=_x_report,
        wanted=lambda task: ReportWanted(),
        told=_counters,
        needs=Capability.X_REPORT,
    ),
    JobKind.OPEN_DRAWER: Action(
        command=Command.OPEN_DRAWER, perform=_open_drawer, needs=Capability.DRAWER, overtakes=True
    ),
    JobKind.PRINT_TEXT: Action(command=Command.PRINT_TEXT, perform=_print_text, needs=Capability.PRINT_TEXT),
    JobKind.SET_CLOCK: Action(
        command=Command.SET_CLOCK, perform=_set_clock, needs=Capability.SET_CLOCK, overtakes=True
    ),
    JobKind.RECOVER: Action(command=Command.RECOVER, perform=_recover, overtakes=True),
    JobKind.DIAGNOSE: Action(command=Command.DIAGNOSE, perform=_diagnose, overtakes=True),
    JobKind.REPRINT: Action(command=Command.REPRINT, perform=_reprint),
}


def demand(action: Action, register: Register) -> None:
    """RequestError when the register cannot do this at all."""
    if action.needs is not None and action.needs not in register.capabilities:
        raise RequestError(
            f"this register cannot do it: it lacks {action.needs.value!r}",
            hint="Эта касса такой операции не умеет.",
            code="capability_missing",
        )


def changes(answer: Outcome | Printed | Result | None) -> dict[str, Any]:
    """The fields of a job that is done."""
    if answer is None:
        return {"warnings": (), "error": None}
    if isinstance(answer, Printed):
        return {"result": answer.result, "warnings": answer.warnings, "error": None}
    if not isinstance(answer, Outcome):
        return {"result": answer, "warnings": (), "error": None}
    alarms = tuple(
        Warn(
            code="read_back_differs",
            detail=f"{difference.path}: asked {difference.asked}, the drive holds {difference.found}",
            hint="В фискальном накопителе записано не то, что было отправлено: проверьте настройки кассы.",
        )
        for difference in answer.differences
    )
    return {
        "fiscal": answer.fiscal,
        "warnings": answer.warnings + alarms,
        "marking": answer.marking,
        "error": None,
    }
