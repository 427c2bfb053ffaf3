"""Marking codes at the emulated web server: checked step by step, all at once, or while the receipt is made (§4.7)."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import pytest
from atol_web_kit import OPERATOR, ShopBench, WebBench, position, sale
from marking_kit import GENUINE, SHORT, SPOILT, gs1
from virtual_loop import virtual

from protocols.atol_web.marking import check_result, flags_of
from protocols.ffd.enums import FfdVersion
from protocols.ffd.tlv import all_of, find


def params(code=SHORT, status="itemPieceSold"):
    return {"imcType": "auto", "imc": b64encode(code).decode(), "itemEstimatedStatus": status, "imcModeProcessing": 0}


def marked(*codes):
    return [
        position(paymentObject="commodityWithMarking", measurementUnit="piece", imcParams=params(code))
        for code in codes
    ]


PLUS = {
    "imcCheckFlag": True,
    "imcCheckResult": True,
    "imcStatusInfo": True,
    "imcEstimatedStatusCorrect": True,
    "ecrStandAloneFlag": False,
}


async def checked(bench):
    """The status of the check when it is ready."""
    while True:
        status = await bench.one("getMarkingCodeValidationStatus")
        if status["ready"]:
            return status
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("flags", [0, 1, 3, 7, 15, 16, 19])
def test_bits_of_2106_there_and_back(flags):
    assert flags_of(check_result(flags)) == flags


@virtual
async def test_a_code_is_checked_step_by_step_and_sold():
    async with ShopBench() as bench:
        await bench.one("openShift", operator=OPERATOR)
        begun = await bench.one("beginMarkingCodeValidation", params=params(GENUINE))
        assert begun["offlineValidation"] == {
            "fmCheck": True,
            "fmCheckResult": True,
            "fmCheckErrorReason": "checked",
        }
        status = await checked(bench)
        assert status["onlineValidation"]["markOperatorItemStatus"] == "itemEstimatedStatusCorrect"
        assert status["onlineValidation"]["markOperatorResponseResult"] == "correct"
        assert status["driverError"]["code"] == 0
        assert (await bench.one("acceptMarkingCode"))["itemInfoCheckResult"] == PLUS
        (made,) = await bench.do(sale(*marked(GENUINE)))
        assert made["status"] == "ready"
        line = find(bench.elements(), 1059)
        assert find(line.value, 2106).value == 15


@virtual
async def test_a_check_that_goes_on_is_in_the_way_of_the_next_until_it_is_cancelled():
    async with ShopBench() as bench:
        await bench.one("beginMarkingCodeValidation", params=[params()])  # older clients send a list
        (refused,) = await bench.do({"type": "beginMarkingCodeValidation", "params": params(GENUINE)})
        assert refused["error"] == {"code": 401, "description": "Процедура проверки КМ уже запущена"}
        await bench.one("cancelMarkingCodeValidation")
        await bench.one("beginMarkingCodeValidation", params=params(GENUINE))
        await checked(bench)
        await bench.one("declineMarkingCode")
        for task in ("acceptMarkingCode", "declineMarkingCode", "getMarkingCodeValidationStatus"):
            (refused,) = await bench.do({"type": task})
            assert refused["error"]["code"] == 410
        assert (await bench.one("checkImcWorkState"))["fm"]["checkingCount"] == 0


@virtual
async def test_the_answer_about_a_cancelled_check_is_nobody_s():
    asked = []

    async def late(fn, message, timeout):
        asked.append(message)
        await asyncio.sleep(3)

    bench = WebBench(ask_oism=late)
    await bench.one("beginMarkingCodeValidation", params=params())
    await bench.one("cancelMarkingCodeValidation")
    await asyncio.sleep(2)
    await bench.one("beginMarkingCodeValidation", params=params(GENUINE))
    await asyncio.sleep(2)
    assert not (await bench.one("getMarkingCodeValidationStatus"))["ready"]
    assert (await checked(bench))["driverError"]["code"] == 421
    assert len(asked) == 2


@virtual
async def test_all_codes_of_a_receipt_at_once():
    async with ShopBench() as bench:
        await bench.one("openShift", operator=OPERATOR)
        rows = await bench.one("validateMarks", timeout=5000, params=[params(GENUINE), params(SPOILT), params()])
        assert rows[0]["itemInfoCheckResult"] == PLUS
        assert rows[1]["itemInfoCheckResult"]["imcCheckResult"] is False
        assert rows[2]["offlineValidation"]["fmCheckErrorReason"] == "typeIncorrect"
        assert all(row["ready"] and row["sentImcRequest"] for row in rows)
        await bench.one("clearMarkingCodeValidationResult")
        (refused,) = await bench.do(sale(*marked(GENUINE)))
        assert refused["error"] == {"code": 420, "description": "КМ не проверен в ФН"}


@virtual
async def test_codes_are_checked_while_the_receipt_is_made():
    async with ShopBench() as bench:
        await bench.one("openShift", operator=OPERATOR)
        (made,) = await bench.do(sale(*marked(gs1("A"), gs1("B")), validateMarkingCodes=True))
        assert made["status"] == "ready"
        lines = list(all_of(bench.elements(), 1059))
        assert [find(line.value, 2106).value for line in lines] == [15, 15]
        assert bench.device.drive.marking.made == 1  # one notification tells of both


@virtual
async def test_a_marking_system_that_is_silent_is_told():
    async def nobody(fn, message, timeout):
        await asyncio.sleep(timeout)

    bench = WebBench(ask_oism=nobody)
    await bench.one("openShift", operator=OPERATOR)
    (row,) = await bench.one("validateMarks", timeout=2000, params=[params(GENUINE)])
    assert row["driverError"] == {
        "code": 421,
        "error": "responseTimeout",
        "description": "Истёк таймаут проверки КМ",
    }
    assert row["itemInfoCheckResult"] == PLUS | {"imcStatusInfo": False, "imcEstimatedStatusCorrect": False}
    (row,) = await bench.one("addMarksToBuffer", params=[params()])
    assert (row["sentImcRequest"], row["itemInfoCheckResult"]["imcCheckFlag"]) == (False, False)


@virtual
async def test_before_12_a_code_goes_into_1162_and_is_not_checked():
    bench = WebBench(FfdVersion.V1_05)
    await bench.one("openShift", operator=OPERATOR)
    code = {"type": "other", "mark": b64encode(SHORT).decode()}
    (made,) = await bench.do(sale(position(paymentObject="commodityWithMarking", markingCode=code)))
    assert made["status"] == "ready"
    assert find(find(bench.elements(), 1059).value, 1162).value.startswith(b"\x44\x4d")
    (refused,) = await bench.do({"type": "validateMarks", "params": [params()]})
    assert refused["error"]["code"] == 414
