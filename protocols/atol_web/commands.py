"""Every task as a row: its type, what it is read into, what it does (§4).

`DANGEROUS` are those that register, replace or end a drive: known, so that they are refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from protocols.atol_web import till_tasks as till
from protocols.atol_web import words
from protocols.atol_web.receipts import TaskFaults, path_of
from protocols.atol_web.tasks import ReceiptTask, Task
from protocols.rows import Effect

#: Most of a uuid, and so of an idempotency key (§2).
LONGEST_UUID: Final = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """`code` numbers the rows, for those who name tasks by number; `fiscal` as §2 counts it."""

    name: str
    code: int
    model: type[Task]
    effect: Effect
    prints: bool = False

    @property
    def fiscal(self) -> bool:
        return self.name in words.FISCAL_TYPES


_READ, _DEVICE, _MARKING, _FISCAL, _DANGER = Effect.READ, Effect.DEVICE, Effect.MARKING, Effect.FISCAL, Effect.DANGEROUS


def _listed() -> Iterator[tuple[str, type[Task], Effect, bool]]:
    for receipt in words.RECEIPT_TYPES:
        yield receipt, ReceiptTask, _FISCAL, True
    for report in ("openShift", "closeShift", "reportOfdExchangeStatus"):
        yield report, till.Report, _FISCAL, True
    for danger in ("registration", "fnChange", "changeRegistrationParameters", "closeArchive"):
        yield danger, till.Plain, _DANGER, True
    for report in ("reportX", "reportDepartments", "reportFnRegistrations"):
        yield report, till.Report, _DEVICE, True
    yield "cashIn", till.MoveCash, _DEVICE, True
    yield "cashOut", till.MoveCash, _DEVICE, True
    yield "nonFiscal", till.NonFiscal, _DEVICE, True
    yield "printFnDocument", till.OfDocument, _DEVICE, True
    yield "printLastReceiptCopy", till.Plain, _DEVICE, True
    yield "continuePrint", till.Plain, _DEVICE, False
    yield "openCashDrawer", till.Plain, _DEVICE, False
    yield "setDateTime", till.SetDateTime, _DEVICE, False
    yield "setDeviceParameters", till.SetParameters, _DEVICE, False
    yield "getDeviceParameters", till.GetParameters, _READ, False
    yield "getFnDocument", till.OfDocument, _READ, False
    yield "getLastFiscalParams", till.LastFiscalParams, _READ, False
    for query in (
        "getDeviceInfo",
        "getDeviceStatus",
        "getShiftStatus",
        "getShiftTotals",
        "getOverallTotals",
        "getDepartmentSum",
        "getCashDrawerStatus",
        "getFnInfo",
        "getFnStatus",
        "getRegistrationInfo",
        "ofdExchangeStatus",
        "ismExchangeStatus",
        "getLicenses",
        "getMcu",
        "checkImcWorkState",
        "checkMarkingCodeValidationsReady",
        "getMarkingCodeValidationStatus",
        "pingIsm",
        "checkImcTime",
    ):
        yield query, till.Plain, _READ, False
    yield "beginMarkingCodeValidation", till.BeginValidation, _MARKING, False
    for step in (
        "acceptMarkingCode",
        "declineMarkingCode",
        "cancelMarkingCodeValidation",
        "clearMarkingCodeValidationResult",
    ):
        yield step, till.Plain, _MARKING, False
    yield "validateMarks", till.Validate, _MARKING, False
    yield "addMarksToBuffer", till.Validate, _MARKING, False


#: By the type of the task.
TASKS: Final[Mapping[str, TaskRow]] = {
    name: TaskRow(name=name, code=code, model=model, effect=effect, prints=prints)
    for code, (name, model, effect, prints) in enumerate(_listed(), start=1)
}

#: Operation of `/api/v2/operations/{op}` -> the task that answers it (§1.1).
OPERATIONS: Final[Mapping[str, str]] = {
    "queryDeviceInfo": "getDeviceInfo",
    "queryDeviceStatus": "getDeviceStatus",
    "queryShiftStatus": "getShiftStatus",
    "queryShiftTotals": "getShiftTotals",
    "queryReceiptTotals": "getShiftTotals",
    "queryIncomeTotals": "getShiftTotals",
    "queryOutcomeTotals": "getShiftTotals",
    "queryFnInfo": "getFnInfo",
    "queryFnStatus": "getFnStatus",
    "queryOfdExchangeStatus": "ofdExchangeStatus",
    "queryIsmExchangeStatus": "ismExchangeStatus",
    "queryLicenses": "getLicenses",
    "queryDeviceSettings": "getDeviceParameters",
}


def row_of(task: Any) -> TaskRow | None:
    """The row of a task's JSON; None for what is none or of no known type."""
    return TASKS.get(task["type"]) if isinstance(task, Mapping) and isinstance(task.get("type"), str) else None


def parse_task(task: Mapping[str, Any]) -> tuple[TaskRow, Task]:
    """TaskFaults for an unknown type or fields that are none. Numbers as `text.read` gives them."""
    row = row_of(task)
    if row is None:
        raise TaskFaults([("type", f"{str(task.get('type'))[:40]!r} is no known task")])
    try:
        return row, row.model.model_validate(task)
    except ValidationError as error:
        raise TaskFaults([(path_of(one["loc"]), str(one["msg"])) for one in error.errors()]) from error


@dataclass(frozen=True, slots=True)
class Request:
    """A request of the queue. `device` None: the default one, unless the address names it."""

    uuid: str
    tasks: tuple[Mapping[str, Any], ...]
    device: str | None = None
    result_url: str | None = None

    def json_values(self) -> dict[str, Any]:
        values: dict[str, Any] = {"uuid": self.uuid, "request": [dict(task) for task in self.tasks]}
        return values if self.device is None else values | {"deviceID": self.device}


class BadRequest(ValueError):
    """The body is no request; `field` is what of it is wrong."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


def parse_request(body: Any) -> Request:
    """The JSON of a POST to `/requests` (§2): tasks are one object or a list of them, none is looked into but for its
    type. BadRequest, also for more than one fiscal task."""
    if not isinstance(body, Mapping):
        raise BadRequest("", "the body is no JSON object")
    uuid, given = body.get("uuid"), body.get("request")
    if not isinstance(uuid, str) or not 0 < len(uuid) <= LONGEST_UUID:
        raise BadRequest("uuid", f"uuid is text of 1 to {LONGEST_UUID} characters")
    tasks = [given] if isinstance(given, Mapping) else given
    if not isinstance(tasks, list) or not tasks or not all(isinstance(task, Mapping) for task in tasks):
        raise BadRequest("request", "request is a task or a list of them")
    fiscal = sum(row is not None and row.fiscal for row in map(row_of, tasks))
    if fiscal > 1:
        raise BadRequest("request", f"Too many fiscal sub-tasks - {fiscal}")
    device, callbacks = body.get("deviceID"), body.get("callbacks")
    url = callbacks.get("resultUrl") if isinstance(callbacks, Mapping) else None
    return Request(
        uuid=uuid,
        tasks=tuple(tasks),
        device=device if isinstance(device, str) and device else None,
        result_url=url if isinstance(url, str) else None,
    )
