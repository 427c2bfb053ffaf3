"""The queue of the emulated web server: what is idempotent, what stops it, and how it finds out (atol_json.md §3)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from atol_web_kit import OPERATOR, WebBench, position, sale
from virtual_loop import virtual

from protocols.ffd.enums import DocumentCode

OPEN = {"type": "openShift", "operator": OPERATOR}


async def opened(**more):
    bench = WebBench(**more)
    await bench.do(OPEN)
    return bench


@virtual
async def test_a_uuid_is_taken_once_whatever_became_of_it():
    bench = await opened()
    await bench.post("rcrm-1", sale())
    refused = {
        "error": {
            "code": 505,
            "description": "Не удалось добавить задание с UUID [rcrm-1], задание с таким UUID уже есть",
        }
    }
    body = {"uuid": "rcrm-1", "request": [sale(position(7))]}
    assert await bench.call("POST", "/api/v2/requests", body) == (409, refused)
    await bench.ended("rcrm-1")
    assert await bench.call("POST", "/api/v2/requests", body) == (409, refused)
    assert (await bench.call("POST", "/requests/", body))[0] == 409  # one store behind both versions
    assert bench.last == 3


@virtual
async def test_results_are_forgotten_after_their_time_and_the_uuid_is_free_again():
    bench = WebBench()
    await bench.post("old", {"type": "getShiftStatus"})
    await bench.ended("old")
    bench.later += timedelta(days=29)
    await bench.post("new", {"type": "getShiftStatus"})
    assert (await bench.call("GET", "/api/v2/requests/old"))[0] == 200
    bench.later += timedelta(days=2)
    await bench.post("newer", {"type": "getShiftStatus"})
    assert (await bench.call("GET", "/api/v2/requests/old"))[0] == 404
    assert (await bench.call("POST", "/api/v2/requests", {"uuid": "old", "request": OPEN}))[0] == 201


@virtual
async def test_an_error_interrupts_the_tail():
    bench = WebBench()
    status, failed, rest = await bench.do({"type": "getDeviceStatus"}, sale(), {"type": "reportX"})
    assert status["result"]["deviceStatus"]["shift"] == "closed"
    assert failed["error"] == {"code": 73, "description": "Смена закрыта - операция невозможна"}
    assert (failed["status"], failed["result"]) == ("error", None)
    assert (rest["status"], rest["error"]["code"]) == ("interrupted", 502)
    assert (await bench.queue())["isBlocked"] is False


@virtual
async def test_requests_are_done_one_after_another_in_their_order():
    bench = await opened()
    bench.fault("delay:command=reportX,seconds=3")
    for uuid, task in (("a", {"type": "reportX"}), ("b", sale()), ("c", sale(position(2)))):
        await bench.post(uuid, task)
    await asyncio.sleep(1)
    assert [(await bench.results(uuid))[0]["status"] for uuid in "abc"] == ["inProgress", "wait", "wait"]
    queue = await bench.queue()
    assert (queue["number"], queue["ready"]) == (3, 1)
    numbers = [(await bench.ended(uuid))[0]["result"] for uuid in "bc"]
    assert [one["fiscalParams"]["fiscalDocumentNumber"] for one in numbers] == [3, 4]


@virtual
async def test_only_what_has_not_begun_can_be_cancelled():
    bench = await opened()
    bench.fault("delay:command=reportX,seconds=3")
    await bench.post("a", {"type": "reportX"})
    await bench.post("b", sale())
    await asyncio.sleep(1)
    assert (await bench.call("DELETE", "/api/v2/requests/a"))[0] == 409
    assert (await bench.call("DELETE", "/requests/a"))[0] == 405
    assert (await bench.call("DELETE", "/api/v2/requests/b"))[0] == 200
    await bench.ended("a")
    assert [one["status"] for one in await bench.ended("b")] == ["canceled"]
    assert (bench.last, (await bench.queue())["canceled"]) == (2, 1)
    assert (await bench.call("DELETE", "/api/v2/requests/nothing"))[0] == 404


@virtual
async def test_an_answer_that_never_came_stops_the_queue_until_the_drive_has_told():
    bench = await opened()
    bench.fault("drop_answer:command=sell,seconds=12")
    await bench.post("lost", sale(), {"type": "reportX"})
    await asyncio.sleep(1)
    blocked, waiting = await bench.results("lost")
    assert (blocked["status"], blocked["error"]) == ("blocked", {"code": 2, "description": "Нет связи"})
    assert waiting["status"] == "wait"
    accepted = await bench.post("next", sale(position(5)))
    assert (accepted["isBlocked"], accepted["blockedUUID"], accepted["blockReason"]) == (
        True,
        "lost",
        "connectionError",
    )
    queue = await bench.queue()
    assert (queue["number"], queue["isBlocked"], queue["blockedUUID"]) == (2, True, "lost")
    assert (await bench.call("GET", "/stat/requests"))[1]["block_request_uuid"] == "lost"
    found, report = await bench.ended("lost")
    # poorer than it would have been: getLastFiscalParams knows no warnings
    assert found["result"].keys() == {"fiscalParams"}
    assert found["result"]["fiscalParams"]["fiscalDocumentNumber"] == 3
    assert report["status"] == "ready"
    (done,) = await bench.ended("next")
    assert done["result"]["fiscalParams"]["fiscalDocumentNumber"] == 4
    assert (await bench.queue())["isBlocked"] is False


@virtual
async def test_a_task_that_never_arrived_is_an_error_once_the_drive_has_told():
    bench = await opened()
    bench.fault("stall_request:command=sell,seconds=12")
    await bench.post("lost", sale(), {"type": "reportX"})
    await asyncio.sleep(1)
    assert (await bench.results("lost"))[0]["status"] == "blocked"
    failed, rest = await bench.ended("lost")
    assert (failed["status"], failed["error"]["code"], failed["result"]) == ("error", 2, None)
    assert rest["status"] == "interrupted"
    assert bench.last == 2


@virtual
async def test_an_error_of_the_drive_after_it_kept_the_document_is_found_out():
    bench = await opened()
    bench.fault("drive_error_kept:command=sell")
    await bench.post("kept", sale())
    (found,) = await bench.ended("kept")
    assert (found["status"], found["result"]["fiscalParams"]["fiscalDocumentNumber"]) == ("ready", 3)


@virtual
async def test_tasks_that_are_not_fiscal_never_stop_the_queue():
    bench = await opened()
    bench.fault("drop_answer:command=cashIn")
    (failed,) = await bench.do({"type": "cashIn", "cashSum": 10})
    assert (failed["status"], failed["error"]["code"]) == ("error", 2)
    assert (await bench.queue())["isBlocked"] is False


@pytest.mark.parametrize("kind", ["power_before_commit", "power_after_commit", "restart", "restart_after"])
@pytest.mark.parametrize("task", [sale(), {"type": "closeShift", "operator": OPERATOR}])
@virtual
async def test_a_server_that_was_killed_finds_out_what_became_of_its_task(kind, task):
    bench = await opened()
    bench.fault(f"{kind}:command={task['type']},seconds=3")
    await bench.post("killed", task, {"type": "getShiftStatus"})
    await asyncio.sleep(5)
    assert bench.losses == 1
    first, second = await bench.ended("killed")
    made = kind in {"power_after_commit", "restart_after"}
    assert (bench.last, first["status"], second["status"]) == (
        (3, "ready", "ready") if made else (2, "error", "interrupted")
    )
    if made:
        assert first["result"]["fiscalParams"]["fiscalDocumentNumber"] == 3
    (after,) = await bench.do({"type": "getDeviceStatus"})
    assert after["status"] == "ready"


@virtual
async def test_a_killed_server_reports_what_was_no_document_as_failed_and_keeps_what_waited():
    bench = await opened()
    bench.fault("restart:command=reportX,seconds=1")
    await bench.post("x", {"type": "reportX"})
    await bench.post("y", sale())
    (failed,) = await bench.ended("y")
    assert failed["status"] == "ready"
    (report,) = await bench.results("x")
    assert (report["status"], report["error"]["code"]) == ("error", 2)


@virtual
async def test_paper_that_ends_in_a_receipt_is_a_warning_and_continue_print_puts_it_right():
    bench = await opened()
    bench.fault("paper_out:command=sell")
    (made,) = await bench.do(sale())
    assert made["result"]["warnings"] == {"notPrinted": True}
    (refused,) = await bench.do(sale())
    assert (refused["status"], refused["error"]["description"]) == ("error", "Нет бумаги")
    assert bench.last == 3
    bench.device.set_paper(present=True)
    await bench.one("continuePrint")
    assert "ФД" in bench.device.paper_text(1)
    assert not bench.device.register.printer.interrupted
    assert (await bench.one("sell", **{k: v for k, v in sale().items() if k != "type"}))["warnings"] == {
        "notPrinted": False
    }


@virtual
async def test_paper_stops_the_queue_where_the_settings_say_so():
    bench = await opened()
    assert (await bench.call("PUT", "/api/v2/settings", {"blockQueueOnPrintErrors": True}))[0] == 200
    bench.fault("paper_out:command=sell,seconds=20")
    await bench.post("p", sale())
    await asyncio.sleep(10)
    assert (await bench.results("p"))[0]["status"] == "blocked"
    assert (await bench.queue())["blockReason"] == "paperError"
    (made,) = await bench.ended("p")
    assert made["result"]["fiscalParams"]["fiscalDocumentNumber"] == bench.last == 3
    assert not bench.device.register.printer.interrupted


@virtual
async def test_hidden_recovery_asks_for_the_right_document():
    bench = await opened()
    await bench.do(sale())
    bench.fault("drop_answer:command=closeShift")
    await bench.post("z", {"type": "closeShift", "operator": OPERATOR})
    (closed,) = await bench.ended("z")
    assert closed["result"]["fiscalParams"]["receiptsCount"] == 1
    assert bench.document().code is DocumentCode.SHIFT_CLOSE


@virtual
async def test_a_fault_without_a_name_strikes_the_cable_and_not_http():
    bench = await opened()
    bench.fault("lose_command")
    (failed,) = await bench.do({"type": "reportX"})
    assert failed["error"]["code"] == 2


@virtual
async def test_a_caller_that_heard_nothing_finds_its_request_accepted_or_not():
    bench = await opened()
    bench.fault("drop_answer:command=http_add")
    body = {"uuid": "quiet", "request": sale()}
    assert (await bench.call("POST", "/api/v2/requests", body))[0] == 0
    assert (await bench.call("POST", "/api/v2/requests", body))[0] == 409
    bench.fault("cut_before:command=http_add")
    assert (await bench.call("POST", "/api/v2/requests", body | {"uuid": "never"}))[0] == 0
    assert (await bench.call("GET", "/api/v2/requests/never"))[0] == 404
    bench.fault("restart_after:command=http_add,seconds=1")
    assert (await bench.call("POST", "/api/v2/requests", body | {"uuid": "killed"}))[0] == 0
    await asyncio.sleep(2)
    assert (await bench.ended("killed"))[0]["status"] == "ready"
    assert bench.last == 4
