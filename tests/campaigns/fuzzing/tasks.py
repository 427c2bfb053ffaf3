"""Targets of JSON that programs send in a vendor's manner."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from receipts_made import a_correction, a_full_receipt, a_receipt

from fuzzing.target import Target
from protocols.atol_web import commands, errors, receipts, results, text
from protocols.atol_web.commands import BadRequest, Request
from protocols.atol_web.receipts import TaskFaults
from protocols.atol_web.results import NotAResult, Status, Subtask
from protocols.atol_web.text import NotJson
from protocols.atol_web.writing import task_of
from protocols.ffd.enums import FfdVersion
from protocols.ffd.receipt import Receipt

_ZONE = ZoneInfo("Europe/Moscow")


def _decode(data: bytes) -> Receipt:
    return receipts.to_receipt(receipts.parse(text.read(data)), zone=_ZONE)


def _written(receipt: Receipt, ffd: FfdVersion = FfdVersion.V1_2) -> bytes:
    planned = dict.fromkeys(range(len(receipt.items)), 1)
    return text.write(task_of(receipt, ffd, planned=planned))


def _requested(data: bytes) -> Request:
    request = commands.parse_request(text.read(data))
    for task in request.tasks:
        commands.parse_task(task)
    return request


def _requests() -> list[bytes]:
    mark = {"imc": "MDEwNDYwMTIzNDU2Nzg5MzIxQUJDREU=", "itemEstimatedStatus": "itemPieceSold"}
    tasks: list[dict[str, object]] = [
        {"type": "openShift", "operator": {"name": "Иванова"}},
        {"type": "cashIn", "cashSum": 100},
        {"type": "getFnDocument", "fiscalDocumentNumber": 7, "withRawData": True},
        {"type": "validateMarks", "timeout": 1000, "params": [mark]},
        {"type": "beginMarkingCodeValidation", "params": mark},
        {"type": "setDateTime", "dateTime": "2026.03.02 10:00:00"},
    ]
    return [text.write({"uuid": f"u{number}", "request": [task]}) for number, task in enumerate(tasks)]


def _answered(data: bytes) -> list[Subtask]:
    subtasks = results.read_subtasks(text.read(data))
    assert all(errors.error(one.code).code for one in subtasks)
    return subtasks


def _answer(subtasks: list[Subtask]) -> bytes:
    return text.write({"results": [one.both() for one in subtasks]})


TARGETS = (
    Target(
        "atol_web_request",
        _requested,
        (commands.parse_request, commands.parse_task, commands.row_of),
        (NotJson, BadRequest, TaskFaults),
        inverse=lambda request: text.write(request.json_values()),
        seeds=_requests,
    ),
    Target(
        "atol_web_results",
        _answered,
        (results.read_subtasks, results.read, errors.error),
        (NotJson, NotAResult),
        inverse=_answer,
        seeds=lambda: [
            _answer([results.ready({"shiftStatus": {"state": "opened"}}), results.ended(68)]),
            _answer([Subtask(status=Status.BLOCKED, code=2, description="Нет связи")]),
            b'{"results":[{"status":"error","errorCode":73,"errorDescription":"-","result":null}]}',
        ],
    ),
    Target(
        "atol_web_task",
        _decode,
        (text.read, receipts.parse, receipts.to_receipt),
        (NotJson, TaskFaults),
        inverse=_written,
        seeds=lambda: [
            _written(made, ffd) for made in (a_full_receipt(), a_receipt(), a_correction()) for ffd in FfdVersion
        ],
    ),
)
