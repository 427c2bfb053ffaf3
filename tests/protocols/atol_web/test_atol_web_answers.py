"""Requests, answers and errors of ATOL's web server, against the worked examples of its clients and servers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from protocols.atol_web import commands, errors, results, text, words
from protocols.atol_web.commands import BadRequest, parse_request
from protocols.atol_web.errors import ERRORS, BlockReason, error
from protocols.atol_web.receipts import TaskFaults
from protocols.atol_web.results import Made, NotAResult, QueueStatus, Status, Subtask, read, read_subtasks
from protocols.rows import Effect


def test_the_driver_s_words_are_those_that_clients_match():
    # labels of two public models (KKTServiceLib's KKTErrorType, Cyberplat's kiosk)
    said = {number: error(number).text_ru for number in (0, 2, 44, 68, 73, 83, 501, 502)}
    assert said == {
        0: "Ошибок нет",
        2: "Нет связи",
        44: "Нет бумаги",
        68: "Смена превысила 24 часа",
        73: "Смена закрыта - операция невозможна",
        83: "Смена открыта, операция невозможна",
        501: "Ошибка парсинга запроса",
        502: "Выполнение прервано из-за предыдущих ошибок",
    }


def test_codes_of_errors_are_stable_and_each_row_has_its_own():
    assert len({row.code for row in ERRORS.values()}) == len(ERRORS)
    assert all(row.hint_ru for row in ERRORS.values() if row.number)
    assert (error(68).code, error(9999).code) == ("shift_expired", "error_9999")


def test_the_queue_stops_where_either_known_server_stops_it():
    by_reason = {
        reason: {row.number for row in ERRORS.values() if row.blocks is reason} for reason in (None, *BlockReason)
    }
    assert by_reason[BlockReason.CONNECTION] == {1, 2, 3, 4, 15, 241}
    assert by_reason[BlockReason.PAPER] == {44, 45, 46, 114}
    assert {115, 116, 117, 122, 124, 133, 138, 141, 142, 159, 166, 177} <= by_reason[BlockReason.DRIVE]
    assert {0, 5, 68, 73, 82, 83, 501} <= by_reason[None]


def test_every_error_of_the_drive_has_a_number_with_a_row():
    from protocols.fn.statuses import ERRORS as DRIVE

    assert all(errors.of_drive(number) in ERRORS for number in DRIVE if number)


def test_a_request_of_the_v2_example():
    body = text.read(
        '{"uuid":"rcrm-1001-prepay-1","deviceID":"kassa1","request":[{"type":"openShift",'
        '"operator":{"name":"Иванов","vatin":"123654789507"}},{"type":"getShiftStatus"}],'
        '"callbacks":{"resultUrl":"http://127.0.0.1:9000/kkt"}}'.encode()
    )
    request = parse_request(body)
    assert (request.uuid, request.device, request.result_url) == (
        "rcrm-1001-prepay-1",
        "kassa1",
        "http://127.0.0.1:9000/kkt",
    )
    (row, task), (second, _) = map(commands.parse_task, request.tasks)
    assert (row.name, row.fiscal, row.effect) == ("openShift", True, Effect.FISCAL)
    assert task.operator.vatin == "123654789507"
    assert (second.name, second.fiscal, second.effect) == ("getShiftStatus", False, Effect.READ)


def test_one_task_may_come_bare_as_v1_clients_send_it():
    request = parse_request({"uuid": "ABCDEFGH", "request": {"type": "reportX"}})
    assert [dict(task) for task in request.tasks] == [{"type": "reportX"}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], ""),
        ({"request": {"type": "reportX"}}, "uuid"),
        ({"uuid": "x" * 37, "request": {"type": "reportX"}}, "uuid"),
        ({"uuid": "u"}, "request"),
        ({"uuid": "u", "request": []}, "request"),
        ({"uuid": "u", "request": ["sell"]}, "request"),
        ({"uuid": "u", "request": [{"type": "openShift"}, {"type": "sell"}, {"type": "reportX"}]}, "request"),
    ],
)
def test_what_is_no_request(body, field):
    with pytest.raises(BadRequest) as caught:
        parse_request(body)
    assert caught.value.field == field


def test_two_fiscal_tasks_are_refused_in_the_words_of_the_known_server():
    with pytest.raises(BadRequest, match="Too many fiscal sub-tasks - 2"):
        parse_request({"uuid": "u", "request": [{"type": "closeShift"}, {"type": "openShift"}]})


def test_an_unknown_task_and_a_task_without_its_field_are_told():
    with pytest.raises(TaskFaults, match="type: 'dance' is no known task"):
        commands.parse_task({"type": "dance"})
    with pytest.raises(TaskFaults, match="cashSum"):
        commands.parse_task({"type": "cashIn"})


def test_every_fiscal_type_is_a_row_and_none_is_taken_for_harmless():
    assert set(commands.TASKS) >= words.FISCAL_TYPES
    assert all(row.effect in {Effect.FISCAL, Effect.DANGEROUS} for row in commands.TASKS.values() if row.fiscal)
    assert not [row.name for row in commands.TASKS.values() if row.effect is Effect.FISCAL and not row.fiscal]
    assert set(commands.OPERATIONS.values()) <= set(commands.TASKS)


MADE = (
    b'{"results":[{"status":"ready","error":{"code":0,"description":"\xd0\x9e\xd0\xba"},"result":{"fiscalParams":'
    b'{"fiscalDocumentDateTime":"2026-03-15T10:21:04+03:00","fiscalDocumentNumber":1042,'
    b'"fiscalDocumentSign":"2750417893","fiscalReceiptNumber":18,"fnNumber":"9960440300000001",'
    b'"fnsUrl":"www.nalog.gov.ru","registrationNumber":"0000000001058785","shiftNumber":6,"total":4500.0},'
    b'"warnings":{"notPrinted":false}}}]}'
)


def test_the_result_of_the_v2_example():
    (subtask,) = read_subtasks(text.read(MADE))
    assert (subtask.status, subtask.code, subtask.status.final) == (Status.READY, 0, True)
    made = read(Made, subtask.result)
    params = made.fiscal_params
    assert (params.fiscal_document_number, params.fiscal_document_sign, params.total) == (1042, "2750417893", 450000)
    assert params.fiscal_document_date_time == datetime(2026, 3, 15, 10, 21, 4, tzinfo=timezone(timedelta(hours=3)))
    assert not made.warnings.not_printed
    assert read(Made, text.read(text.write(made.json_values()))) == made
    assert b'"total":4500.00' in text.write(made.json_values())


def test_the_flat_result_of_v1_says_the_same():
    flat = b'{"results":[{"status":"error","errorCode":68,"errorDescription":"x","result":null}]}'
    (subtask,) = read_subtasks(text.read(flat))
    assert (subtask.status, subtask.code, subtask.description) == (Status.ERROR, 68, "x")
    assert read_subtasks({"results": [subtask.both()]}) == read_subtasks({"results": [subtask.nested()]}) == [subtask]
    assert subtask.both()["errorCode"] == subtask.both()["error"]["code"] == 68


@pytest.mark.parametrize(
    "answer",
    [None, {}, {"results": "x"}, {"results": [1]}, {"results": [{"status": "done"}]}, {"results": [{"errorCode": 0}]}],
)
def test_what_is_no_result(answer):
    with pytest.raises(NotAResult):
        read_subtasks(answer)


def test_only_what_nobody_knows_yet_is_not_final():
    assert {one for one in Status if not one.final} == {Status.WAIT, Status.IN_PROGRESS, Status.BLOCKED}
    assert not Subtask(status=Status.BLOCKED).status.final


def test_the_queue_in_both_ways():
    queue = QueueStatus(
        number=1, ready=12, is_blocked=True, blocked_uuid="rcrm-1001-close-1", block_reason=BlockReason.CONNECTION
    )
    assert queue.json_values() == {
        "number": 1,
        "ready": 12,
        "canceled": 0,
        "isBlocked": True,
        "blockReason": "connectionError",
        "blockedUUID": "rcrm-1001-close-1",
    }
    assert read(QueueStatus, queue.json_values()) == queue
    assert queue.flat() == {
        "ready_count": 12,
        "not_ready_count": 1,
        "canceled_count": 0,
        "is_blocked": True,
        "block_request_uuid": "rcrm-1001-close-1",
    }


def test_errors_of_http_are_read_where_there_are_any():
    assert results.read_http_error({"error": {"code": 505, "description": "уже есть"}}).description == "уже есть"
    assert results.read_http_error("<html>") is None
