"""HTTP of the emulated web server: both versions of its API, devices, settings, who may call (atol_json.md §1)."""

from __future__ import annotations

import asyncio
import gc
from base64 import b64encode
from datetime import timedelta

import pytest
from atol_web_kit import OPERATOR, WebBench, sale
from virtual_loop import virtual

from emulator.registers.atol_web.register import HANDLERS
from protocols.atol_web.commands import OPERATIONS, TASKS

LETTER = "Basic " + b64encode(b"atol:atol").decode()


def test_every_task_of_the_table_is_carried_out():
    assert set(HANDLERS) == set(TASKS)


@virtual
async def test_v1_says_results_flat_and_takes_a_bare_task_and_a_slash():
    bench = WebBench()
    assert await bench.call("GET", "/") == (200, "АТОЛ Web-сервер (эмулятор)")
    body = {"uuid": "ABCDEFGH", "request": {"type": "getShiftStatus"}}
    assert await bench.call("POST", "/requests/", body) == (201, "")
    await bench.ended("ABCDEFGH")
    status, answer = await bench.call("GET", "/requests/ABCDEFGH/")
    (result,) = answer["results"]
    assert (status, result["errorCode"], result["errorDescription"]) == (200, 0, "Ошибок нет")
    assert result["result"]["shiftStatus"]["state"] == "closed"
    assert (await bench.call("GET", "/stat/requests"))[1] == {
        "ready_count": 1,
        "not_ready_count": 0,
        "canceled_count": 0,
        "is_blocked": False,
        "block_request_uuid": "",
    }
    assert (await bench.call("GET", "/requests"))[0] == 405
    assert await bench.call("GET", "/requests/nobody") == (404, "Задание с UUID [nobody] не найдено")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        ({}, 400),
        ({"uuid": "u", "request": [{"type": "openShift"}, {"type": "sell"}]}, 400),
        ({"uuid": "u", "request": {"type": "reportX"}, "deviceID": "other"}, 404),
        ({"uuid": "u", "request": {"type": "dance"}}, 201),
    ],
)
@virtual
async def test_bodies_that_are_taken_and_not(body, status):
    bench = WebBench()
    for path in ("/requests", "/api/v2/requests"):
        given = body if isinstance(body, bytes) else body | {"uuid": path[:6]}
        found, answer = await bench.call("POST", path, given)
        assert found == status
        if status >= 400 and path.startswith("/api"):
            assert answer["error"].keys() == {"code", "description"}


@virtual
async def test_an_unknown_task_and_a_broken_one_are_parse_errors_of_the_task():
    bench = WebBench()
    for task in ({"type": "dance"}, {"type": "cashIn"}, {"type": "sell"}):
        (failed,) = await bench.do(task)
        assert failed["error"] == {"code": 501, "description": "Ошибка парсинга запроса"}
    await bench.call("PUT", "/api/v2/settings", {"validateRequestsOnAdd": True})
    status, answer = await bench.call("POST", "/api/v2/requests", {"uuid": "v", "request": [{"type": "cashIn"}]})
    assert (status, answer["error"]["code"]) == (400, 501)


@virtual
async def test_operations_pass_the_queue_by():
    bench = WebBench()
    bench.fault("delay:command=reportX,seconds=3")
    assert (await bench.call("POST", "/api/v2/operations/queryShiftStatus"))[1]["shiftStatus"]["state"] == "closed"
    for operation in OPERATIONS:
        assert (await bench.call("POST", f"/api/v2/operations/{operation}"))[0] == 200
    assert (await bench.call("POST", "/api/v2/operations/dance"))[0] == 404
    bench.fault("drop_answer:command=getDeviceInfo")
    status, answer = await bench.call("POST", "/api/v2/operations/queryDeviceInfo")
    assert (status, answer) == (400, {"error": {"code": 2, "description": "Нет связи"}})


@virtual
async def test_a_request_waits_while_its_device_is_not_active():
    bench = WebBench()
    (device,) = (await bench.call("GET", "/api/v2/devices"))[1]
    assert (device["id"], device["isActive"], device["isDefault"]) == ("kkt-1", True, True)
    assert (await bench.call("POST", "/api/v2/deactivateDevice?deviceID=kkt-1"))[0] == 200
    assert (await bench.call("GET", "/api/v2/getRequestsQueueStatus"))[0] == 403
    assert (await bench.call("POST", "/api/v2/operations/queryShiftStatus?deviceID=kkt-1"))[0] == 403
    await bench.post("waits", {"type": "getShiftStatus"})
    await asyncio.sleep(5)
    assert (await bench.results("waits"))[0]["status"] == "wait"
    # the body, as 10.7.0.0 had it
    assert (await bench.call("POST", "/api/v2/activateDevice", {"deviceID": "kkt-1"}))[0] == 200
    assert (await bench.ended("waits"))[0]["status"] == "ready"


@virtual
async def test_devices_are_added_changed_and_removed_and_one_has_the_register():
    bench = WebBench()
    till = {"id": "till_2", "name": "Вторая", "connectionSettings": {"port": "tcp", "ipAddress": "10.0.0.2"}}
    status, added = await bench.call("POST", "/api/v2/devices", till)
    assert (status, added["isActive"], added["connectionSettings"]["ipPort"]) == (201, False, 5555)
    assert (await bench.call("POST", "/api/v2/devices", till))[0] == 409
    assert (await bench.call("POST", "/api/v2/devices", {"id": "no spaces"}))[0] == 400
    busy = await bench.call("POST", "/api/v2/activateDevice?deviceID=till_2")
    assert busy == (409, {"error": {"code": 3, "description": "Порт занят"}})
    await bench.call("POST", "/api/v2/deactivateDevice?deviceID=kkt-1")
    assert (await bench.call("POST", "/api/v2/activateDevice?deviceID=till_2"))[0] == 200
    assert (await bench.call("PUT", "/api/v2/devices/till_2", {"name": "2", "isActive": False}))[1]["isActive"]
    await bench.call("POST", "/api/v2/setDefaultDevice", {"id": "till_2"})
    assert (await bench.call("GET", "/api/v2/devices/default"))[1]["name"] == "2"
    await bench.call("DELETE", "/api/v2/devices/kkt-1")
    assert (await bench.call("GET", "/api/v2/devices/kkt-1"))[0] == 404
    bench.device.power_off()
    bench.on()  # all of it is kept
    assert [one["id"] for one in (await bench.call("GET", "/api/v2/devices"))[1]] == ["till_2"]
    (done,) = await bench.do({"type": "openShift", "operator": OPERATOR})
    assert done["status"] == "ready"


@virtual
async def test_settings_are_checked_and_kept():
    bench = WebBench()
    before = (await bench.call("GET", "/api/v2/settings"))[1]
    assert (before["deleteRequestsAfter"], before["blockQueueOnPrintErrors"]) == (43200, False)
    status, refused = await bench.call("PUT", "/api/v2/settings", {"deleteRequestsAfter": "never"})
    assert (status, refused["error"]["description"]) == (
        400,
        "Некорректное значение или тип поля 'deleteRequestsAfter'",
    )
    assert (await bench.call("PUT", "/api/v2/settings", {"deleteRequestsAfter": 60}))[0] == 200
    assert (await bench.call("GET", "/api/v2/settings"))[1] == before | {"deleteRequestsAfter": 60}
    info = (await bench.call("GET", "/api/v2/serverInfo"))[1]
    assert info["os"] == "linux"
    assert info["currentDateTime"].startswith("2026-03-02T09:15:")
    mapping = (await bench.call("GET", "/api/v2/utils/mapping"))[1]
    assert mapping["model"][0]["key"] == 500
    assert (await bench.call("GET", "/api/v2/utils/deviceParametersStruct"))[1]["id"] == ""


@virtual
async def test_any_origin_may_ask():
    bench = WebBench()
    assert (await bench.call("OPTIONS", "/api/v2/requests"))[0] == 200
    assert "access-control-allow-origin: *" in bench.headers
    assert "private-network" not in bench.headers  # the vendor's server does not send it
    await bench.call("GET", "/requests/nobody")
    assert "access-control-allow-origin: *" in bench.headers


@virtual
async def test_v2_asks_who_calls_when_it_is_set_up_so():
    bench = WebBench(quirks=frozenset({"auth"}))
    assert (await bench.call("GET", "/api/v2/serverInfo"))[0] == 200
    assert (await bench.call("GET", "/api/v2/devices"))[0] == 401
    assert "www-authenticate: basic" in bench.headers
    assert (await bench.call("GET", "/api/v2/devices", Authorization=LETTER))[0] == 200
    assert (await bench.call("GET", "/api/v2/devices", Authorization=LETTER[:-1]))[0] == 401


@virtual
async def test_a_server_that_takes_lists_only():
    bench = WebBench(quirks=frozenset({"array-only"}))
    body = {"uuid": "u", "request": {"type": "reportX"}}
    assert (await bench.call("POST", "/api/v2/requests", body))[0] == 400
    assert (await bench.call("POST", "/api/v2/requests", body | {"request": [body["request"]]}))[0] == 201


@virtual
async def test_what_the_till_answers_beside_receipts():
    bench = WebBench()
    await bench.one("openShift", operator=OPERATOR)
    await bench.do(sale())
    assert (await bench.one("cashIn", cashSum=50))["counters"]["cashSum"] == 150
    assert (await bench.one("cashOut", cashSum=20))["counters"]["cashSum"] == 130
    totals = (await bench.one("getShiftTotals"))["shiftTotals"]
    assert (totals["receipts"]["sell"]["payments"]["cash"], totals["cashDrawer"]["sum"]) == (100, 130)
    assert (totals["income"], totals["outcome"]["sum"]) == ({"count": 1, "sum": 50}, 20)
    assert (await bench.one("getOverallTotals"))["overallTotals"]["receipts"]["sell"]["sum"] == 100
    assert (await bench.one("getDepartmentSum"))["departmentSum"]["department1"]["sell"] == 100
    shift = (await bench.one("getShiftStatus"))["shiftStatus"]
    assert (shift["state"], shift["number"], shift["expiredTime"][:10]) == ("opened", 1, "2026-03-03")
    status = (await bench.one("getFnStatus"))["fnStatus"]
    assert (status["fiscalDocumentNumber"], status["fiscalReceiptNumber"]) == (3, 1)
    read = await bench.one("getFnDocument", fiscalDocumentNumber=3, withRawData=True)
    assert (read["documentTLV"]["1020"], read["documentTLV"]["fiscalDocumentType"]) == (10000, "receipt")
    assert read["documentTLV"]["1059"]["1030"] == "Молоко 1л"
    for task, fields in (
        ("reportX", {}),
        ("reportDepartments", {}),
        ("reportFnRegistrations", {}),
        ("nonFiscal", {"items": [{"type": "text", "text": "привет", "alignment": "center"}]}),
        ("printFnDocument", {"fiscalDocumentNumber": 3}),
        ("openCashDrawer", {}),
    ):
        assert await bench.one(task, **fields) is None
    assert "привет" in bench.device.paper_text()
    await bench.one("setDeviceParameters", deviceParameters=[{"key": 273, "value": "ofd.example"}])
    (kept,) = (await bench.one("getDeviceParameters", keys=[273]))["deviceParameters"]
    assert (kept["key"], kept["value"], kept["errorCode"]) == (273, "ofd.example", 0)
    (refused,) = await bench.do({"type": "closeArchive", "operator": OPERATOR})
    assert (refused["error"]["code"], bench.last) == (11, 3)


@virtual
async def test_an_expired_shift_is_closed_and_opened_by_hand():
    bench = WebBench()
    await bench.one("openShift", operator=OPERATOR)
    bench.later += timedelta(hours=25)
    (refused,) = await bench.do(sale())
    assert refused["error"] == {"code": 68, "description": "Смена превысила 24 часа"}
    assert (await bench.one("getShiftStatus"))["shiftStatus"]["state"] == "expired"
    await bench.one("closeShift", operator=OPERATOR)
    (refused,) = await bench.do({"type": "closeShift"})
    assert refused["error"]["code"] == 73
    await bench.one("openShift", operator=OPERATOR)
    (refused,) = await bench.do({"type": "openShift"})
    assert refused["error"]["code"] == 83


@virtual
async def test_a_lost_clock_is_set():
    bench = WebBench()
    bench.fault("clock_lost:command=openShift")
    (refused,) = await bench.do({"type": "openShift", "operator": OPERATOR})
    assert refused["error"]["code"] == 198
    await bench.one("setDateTime", dateTime="2026.03.02 09:20:00")
    assert (await bench.one("openShift"))["fiscalParams"]["fiscalDocumentDateTime"] == "2026-03-02T09:20:00+03:00"


@pytest.mark.parametrize("sent", [b"", b"GET /api/v2/serverInfo HTTP/1.1\r\nHost: h\r\n\r\n", b"\x00garbage\r\n\r\n"])
@virtual
async def test_who_hangs_up_before_anything_is_handled_breaks_nothing(sent):
    """A connection that is over by the time it is served: with sockets aiohttp never sees that, here it must not."""
    complaints = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, told: complaints.append(told))
    bench = WebBench()
    host = bench.connect()
    if sent:
        await host.write(sent)
    host.close()
    await asyncio.sleep(1)
    gc.collect()
    assert complaints == []
    assert (await bench.call("GET", "/"))[0] == 200
