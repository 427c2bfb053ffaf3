"""Targets of JSON that programs send in a vendor's manner."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from receipts_made import a_correction, a_full_receipt, a_receipt

from fuzzing.target import Target
from protocols.atol_web import commands, errors, explain, queries, receipts, results, text
from protocols.atol_web.commands import BadRequest, Request
from protocols.atol_web.http import Call, HttpAnswer, NotHttp
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


def _called(data: bytes) -> HttpAnswer | None:
    call = Call("GET", "/api/v2/requests/u", host="kkt")
    for at in range(0, len(data), 97):
        answer = call.feed(data[at : at + 97])
        if answer is not None:
            return answer
    return call.feed(b"")


def _asked(data: bytes) -> queries.Answer:
    found = text.read(data)
    kinds: list[type[queries.Answer]] = [
        queries.ShiftTotals,
        queries.FnDocument,
        queries.RegistrationInfo,
        queries.DeviceStatus,
    ]
    return queries.answer_of(kinds[len(data) % len(kinds)], found)


TARGETS = (
    Target(
        "atol_web_http",
        _called,
        (Call.feed,),
        (NotHttp,),
        seeds=lambda: [
            b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"results":[]}',
            b"HTTP/1.1 201 Created\r\nConnection: close\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        ],
    ),
    Target(
        "atol_web_words",
        lambda data: (explain.explain(data), explain.fits(data)),
        (explain.explain, explain.fits),
        seeds=lambda: [
            Call("POST", "/requests", host="kkt", body=_requests()[0], authorization="Basic YTpi").data,
            b'HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n{"results":[{"status":"ready"}]}',
        ],
    ),
    Target(
        "atol_web_answer",
        _asked,
        (queries.answer_of,),
        (NotJson, NotAResult),
        seeds=lambda: [
            b'{"shiftTotals":{"income":{"count":1,"sum":0.5},"receipts":{"sell":{"sum":1,"payments":{"cash":1}}}}}',
            b'{"fiscalDocumentType":"receipt","rawData":"AAA="}',
            b'{"organization":{"vatin":"7701234560"},"device":{"ffdVersion":"1.2","marking":true}}',
            b'{"deviceStatus":{"currentDateTime":"2026-03-02T09:00:00+03:00","shift":"opened"}}',
        ],
    ),
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
