"""Tasks of the till beside receipts: shift, cash, reports, paper, drawer, clock."""

from __future__ import annotations

from typing import Any

from emulator.registers import reports, till
from emulator.registers.atol_web.core import Core, Handlers, check_shift, made, report_tags
from emulator.registers.cash import move_cash
from emulator.registers.refusals import Refusal
from protocols.atol_web import errors
from protocols.atol_web.fields import rubles
from protocols.atol_web.tasks import Operator, Text
from protocols.atol_web.till_tasks import (
    GetParameters,
    MoveCash,
    NonFiscal,
    OfDocument,
    Plain,
    Report,
    SetDateTime,
    SetParameters,
)
from protocols.ffd.enums import DocumentCode

#: Sections of the register, as getDepartmentSum counts them.
DEPARTMENTS = range(1, 6)


def _cashier(core: Core, operator: Operator | None) -> str:
    return core.registration.cashier if operator is None else operator.name


def open_shift(core: Core, task: Report, name: str) -> Any:
    if core.drive.shift_open:
        raise Refusal(errors.SHIFT_EXPIRED if core.drive.shift_expired else errors.DENIED_IN_OPENED_SHIFT)
    report_tags(core, task)
    return made(core, core.report(DocumentCode.SHIFT_OPEN, core.registration.cashier))


def close_shift(core: Core, task: Report, name: str) -> Any:
    if not core.drive.shift_open:
        raise Refusal(errors.DENIED_IN_CLOSED_SHIFT)
    report_tags(core, task)
    document = core.report(DocumentCode.SHIFT_CLOSE, core.registration.cashier, more=lambda _: core.end_shift())
    return made(core, document)


def state_report(core: Core, task: Report, name: str) -> Any:
    report_tags(core, task)
    backlog = core.drive.backlog
    document = core.report(DocumentCode.STATE_REPORT, None)
    first = None if backlog.first_at is None else backlog.first_at.replace(tzinfo=core.now().tzinfo).isoformat()
    status = {"notSentCount": backlog.count, "notSentFirstDocNumber": backlog.first, "notSentFirstDocDateTime": first}
    return made(core, document) | {"status": status}


def report(core: Core, task: Report, name: str) -> None:
    """reportX, reportDepartments: what the shift has so far. reportFnRegistrations prints the first document."""
    core.begin_document(task.operator, electronically=False)
    match name:
        case "reportX":
            reports.x_report(core)
        case "reportDepartments":
            reports.print_report(core, "ОТЧЁТ ПО СЕКЦИЯМ", reports.departments(core, DEPARTMENTS))
        case _:
            core.printer.copy(1)


def cash(core: Core, task: MoveCash, name: str) -> Any:
    check_shift(core)
    core.begin_document(task.operator, electronically=task.electronically)
    move_cash(core, task.cash_sum, _cashier(core, task.operator), incoming=name == "cashIn")
    return {"counters": {"cashSum": rubles(core.till[till.CASH])}}


def non_fiscal(core: Core, task: NonFiscal, name: str) -> None:
    core.begin_document(None, electronically=False)
    core.printer.text(*([one.text, one.alignment or "left"] for one in task.items if isinstance(one, Text)))


def continue_print(core: Core, task: Plain, name: str) -> None:
    core.begin_document(None, electronically=False)


def copy(core: Core, task: Plain, name: str) -> None:
    if not core.memory.last_receipt:
        raise Refusal(errors.DOCUMENT_NOT_FOUND)
    core.begin_document(None, electronically=False)
    core.printer.copy(core.memory.last_receipt)


def print_document(core: Core, task: OfDocument, name: str) -> None:
    if core.drive.document(task.fiscal_document_number) is None:
        raise Refusal(errors.FN_NO_DATA)
    core.begin_document(None, electronically=False)
    core.printer.copy(task.fiscal_document_number)


def drawer(core: Core, task: Plain, name: str) -> None:
    core.memory.drawer_openings += 1


def set_clock(core: Core, task: SetDateTime, name: str) -> None:
    core.clock.set(task.date_time)
    core.clock.told("time")


def parameters(core: Core, task: GetParameters, name: str) -> Any:
    """What nobody has set reads as an empty value: the emulated register has no settings of its own."""
    kept = core.memory.parameters
    return {"deviceParameters": [_parameter(str(key), kept.get(str(key), "")) for key in task.keys]}


def set_parameters(core: Core, task: SetParameters, name: str) -> Any:
    given = {str(one.get("key")): str(one.get("value", "")) for one in task.device_parameters}
    core.memory.parameters = core.memory.parameters | given
    return {"deviceParameters": [_parameter(key, value) for key, value in given.items()]}


def _parameter(key: str, value: str) -> dict[str, Any]:
    number = int(key) if key.isascii() and key.isdigit() and len(key) < 9 else key
    return {"key": number, "value": value, "errorCode": 0, "errorDescription": errors.error(0).text_ru}


def refuse(core: Core, task: Any, name: str) -> Any:
    """Registering, replacing or ending the drive is not for a receipt queue of this emulator."""
    raise Refusal(errors.NOT_SUPPORTED)


HANDLERS: Handlers = {
    "openShift": open_shift,
    "closeShift": close_shift,
    "reportOfdExchangeStatus": state_report,
    "reportX": report,
    "reportDepartments": report,
    "reportFnRegistrations": report,
    "cashIn": cash,
    "cashOut": cash,
    "nonFiscal": non_fiscal,
    "continuePrint": continue_print,
    "printLastReceiptCopy": copy,
    "printFnDocument": print_document,
    "openCashDrawer": drawer,
    "setDateTime": set_clock,
    "getDeviceParameters": parameters,
    "setDeviceParameters": set_parameters,
    "registration": refuse,
    "fnChange": refuse,
    "changeRegistrationParameters": refuse,
    "closeArchive": refuse,
}
