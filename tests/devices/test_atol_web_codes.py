"""Marking codes at ATOL's web server: what a row of validateMarks says, and that none is left behind."""

from __future__ import annotations

from typing import Any

import pytest
from every_register import nothing_is_left
from receipts_of_all import shoe, unit
from till import receipt, till
from virtual_loop import virtual
from web_line import http

from devices.errors import LinkError
from devices.registers.atol_web.marking import MarkedCode, codes_of, said
from devices.registers.marking import NOT_IN_FFD, UNMOVED, MarkingRefused
from emulator.faults import FaultKind
from emulator.registers.atol_web import command_code
from protocols.atol_web.marking import Validation
from protocols.atol_web.results import read
from protocols.ffd.enums import FfdVersion, Measure, Operation

CODE = MarkedCode(item=0, code=b"010460000000001521ABC\x1d93dGVz", planned=1, params={})
GOOD = {"imcCheckFlag": True, "imcCheckResult": True, "imcStatusInfo": True, "imcEstimatedStatusCorrect": True}
OFFLINE = {"fmCheck": False, "fmCheckResult": False, "fmCheckErrorReason": "typeIncorrect"}


def online(status: str = "itemEstimatedStatusCorrect", result: str = "correct") -> dict[str, Any]:
    response = {"responseStatus": True, "itemStatusCheck": status == "itemEstimatedStatusCorrect"}
    said = {"markOperatorItemStatus": status, "markOperatorResponseResult": result, "imcType": "imcVerifyCode44"}
    return said | {"markOperatorResponse": response}


def row(flags: dict[str, bool], **more: Any) -> Validation:
    return read(Validation, {"ready": True, "itemInfoCheckResult": flags, "offlineValidation": OFFLINE, **more})


@pytest.mark.parametrize(
    ("validation", "result", "reason", "number"),
    [
        (row(GOOD, onlineValidation=online()), "M+", "", 0),
        (
            row(GOOD | {"imcEstimatedStatusCorrect": False}, onlineValidation=online("itemEstimatedStatusIncorrect")),
            "M-",
            "marking_status_wrong",
            0,
        ),
        (
            row(GOOD | {"imcEstimatedStatusCorrect": False}, onlineValidation=online("itemSaleStopped")),
            "M-",
            "marking_turnover_suspended",
            0,
        ),
        (row({}, driverError={"code": 421, "error": "responseTimeout"}), "M", "marking_server_silent", 0xFF),
        (row({}, driverError={"code": 402, "error": "serverNoConnect"}), "M", "marking_server_silent", 0xFF),
        (row({}, driverError={"code": 411, "error": "imcCheckBreak"}), "M", "marking_answer_rejected", 0x20),
        (row({}, driverError={"code": 15, "error": "somethingNew"}), "M", "marking_exchange_failed", 1),
        (row({"ecrStandAloneFlag": True}), "M", "marking_autonomous", None),
        (row({}, onlineValidation=online(result="unrecognized")), "M", "marking_code_unrecognised", 0),
    ],
)
def test_what_a_row_says(validation: Validation, result: str, reason: str, number: int | None) -> None:
    check = said(validation, CODE)
    assert (check.result, check.reason, check.online, check.local_reason) == (result, reason, number, 1)


def test_details_of_a_row() -> None:
    check = said(row(GOOD, onlineValidation=online()), CODE)
    assert (check.flags, check.kind, check.status, check.processed, check.server, check.local) == (15, 3, 1, 0, 15, 0)


def test_what_is_asked_of_a_line() -> None:
    part, measured = codes_of(
        receipt(
            shoe(unit(1), part={"numerator": 1, "denominator": 3}),
            shoe(unit(2), 40_000, "0.250", measure=Measure.KILOGRAM),
            operation=Operation.SELL_REFUND,
        )
    )
    assert (part.planned, part.params["itemFractionalAmount"], part.params["itemUnits"]) == (4, "1/3", "piece")
    assert (measured.planned, measured.params["itemUnits"]) == (4, "kilogram")
    unmoved = measured.unmoved()
    assert (unmoved.planned, unmoved.params["itemEstimatedStatus"]) == (UNMOVED, "itemStatusUnchanged")


@virtual
async def test_leftovers_of_somebody_else_are_cleared_away() -> None:
    async with till(family="atol-web", oism=True) as one:
        begin = {"type": "beginMarkingCodeValidation", "params": dict(codes_of(receipt(shoe(unit(9))))[0].params)}
        await http(one.emulated.connect, "POST", "/requests", {"uuid": "somebody", "request": begin})
        assert (await one.driver.check_code(unit(1))).result == "M+"
        nothing_is_left(one)
        await http(one.emulated.connect, "POST", "/requests", {"uuid": "somebody2", "request": begin})
        await one.driver.connect()
        nothing_is_left(one)


@virtual
async def test_a_receipt_that_is_refused_leaves_no_code() -> None:
    async with till(family="atol-web", oism=True) as one:
        await one.driver.fiscalise(receipt(shoe(unit(1))))
        with pytest.raises(MarkingRefused) as refused:
            await one.driver.fiscalise(receipt(shoe(unit(1)), shoe(unit(2))))
        assert [verdict.result for verdict in refused.value.marking] == ["M-", "M+"]
        nothing_is_left(one)
        one.fault(FaultKind.CUT, command_code("http_add"))
        with pytest.raises(LinkError):
            await one.driver.fiscalise(receipt(shoe(unit(2))))
        await one.driver.connect()
        nothing_is_left(one)
        outcome = await one.driver.fiscalise(receipt(shoe(unit(2))))
        assert (outcome.differences, [one.result for one in outcome.marking]) == ((), ["M+"])


@virtual
async def test_before_12_codes_are_written_and_not_checked() -> None:
    async with till(family="atol-web", ffd=FfdVersion.V1_05) as one:
        assert await one.driver.check_code(unit(1)) == NOT_IN_FFD
        assert await one.driver.marking_state() is None
