"""`POST /marking/check`, permit mode's state and emergency sale over HTTP."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from api_world import World, a_body, an_item_body, gateway_world
from permit_kit import CDN, KEY, Stand, local, shoe

from emulator.permit.faults import Kind
from gateway.rim import now

CODE, CIS = shoe(), "0104600439931256215abc000000001"
SPOILT = "01046004399312562153йцукен\u001d93dGVz"  # two keyboard layouts
CHECK = "/api/v1/marking/check"


@pytest.fixture
async def permitted(tmp_path: Path) -> AsyncIterator[tuple[World, Stand]]:
    """The services answer in process, in real time."""
    stand = Stand(CDN, local(), now=now)
    async with gateway_world(tmp_path, permit=stand.permit) as world:
        yield world, stand


async def test_one_code(permitted: tuple[World, Stand]) -> None:
    world, stand = permitted
    status, answer, _ = await world.post(CHECK, {"code": CODE, "drive": False}, token=world.receipts)
    assert status == 200
    assert answer["code"]["cis"] == CIS
    assert (answer["permit"]["allowed"], answer["permit"]["source"], answer["fault"]) == (True, "cdn", None)
    assert answer["permit"]["requisite"].startswith("UUID=")
    assert (answer["drive"], answer["oism"]) == (None, None)
    stand.book.put(CIS, {"status": "sold"})
    body = {"code_base64": base64.b64encode(CODE.encode()).decode(), "drive": False}
    _, answer, _ = await world.post(CHECK, body)
    assert (answer["permit"]["reason"], answer["permit"]["requisite"]) == ("permit_sold", None)
    assert "Продавать нельзя" in answer["permit"]["hint"]
    _, answer, _ = await world.post(CHECK, {**body, "operation": "sell_refund"})
    assert answer["permit"]["allowed"]


async def test_a_register_that_cannot_check_says_so_beside_the_verdict(permitted: tuple[World, Stand]) -> None:
    world, _ = permitted
    _, answer, _ = await world.post(CHECK, {"code": CODE})
    assert answer["permit"]["allowed"]
    assert answer["drive"]["error"]["code"] == "marking_not_supported"
    assert (answer["drive"]["result"], answer["oism"]) == (None, None)


async def test_a_hundred_codes_in_one_call(permitted: tuple[World, Stand]) -> None:
    world, stand = permitted
    stand.book.put("0104600439931256215abc000000007", {"blocked": True})
    stand.servers.settings.delays = dict.fromkeys(stand.servers.hosts, 0.02)
    items: list[dict[str, Any]] = [{"code": shoe(number), "price": "4990.00"} for number in range(99)]
    status, answer, _ = await world.post(CHECK, {"items": [*items, {"code": SPOILT}]})
    assert status == 200
    found = answer["items"]
    assert [one["permit"]["allowed"] for one in found] == [*[number != 7 for number in range(99)], False]
    assert found[7]["permit"]["reason"] == "permit_blocked"
    assert found[99]["code"] is None
    assert found[99]["permit"]["reason"] == "permit_code_unreadable"
    assert found[99]["fault"]["hint"]
    assert all(one["drive"] is None for one in found)
    assert stand.line.most > 10


async def test_prices_are_checked_where_they_are_given(permitted: tuple[World, Stand]) -> None:
    world, stand = permitted
    pack = "04601653035829H;dV)bFACVUdGVz"
    stand.fields(pack, smp=12900, groupIds=[3])
    for price, reason in (("145.00", "permit_granted"), ("145.01", "permit_price_too_high"), (None, "permit_granted")):
        body = {"code": pack, "drive": False} | ({} if price is None else {"price": price})
        _, answer, _ = await world.post(CHECK, body)
        assert answer["permit"]["reason"] == reason


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/code", "required"),
        ({"code": "x", "code_base64": "eA=="}, "/code", "marking_code_choice"),
        ({"code": CODE, "items": [{"code": CODE}]}, "/items", "marking_code_choice"),
        ({"items": [{}]}, "/items/0/code", "required"),
        ({"items": []}, "/items", "list_empty"),
        ({"items": [{"code": CODE}] * 129}, "/items", "list_too_long"),
        ({"code": CODE, "register": "nobody"}, "/register", "register_unknown"),
        ({"code": CODE, "operation": "gift"}, "/operation", "unknown_value"),
        ({"items": [{"code": CODE, "operation": "gift"}]}, "/items/0/operation", "unknown_value"),
        ({"items": [{"code": CODE}], "quantity": 1}, "/items", "marking_code_choice"),
        ({"code": CODE, "quantity": 2}, "/quantity", "marking_quantity"),
        ({"code": CODE, "quantity": 0}, "/quantity", "quantity_not_positive"),
        ({"code": CODE, "measure": "box"}, "/measure", "unknown_value"),
        ({"items": [{"code": CODE, "numerator": 1}]}, "/items/0", "fraction_invalid"),
        ({"items": [{"code": CODE, "numerator": 3, "denominator": 2}]}, "/items/0/numerator", "fraction_invalid"),
        (
            {"items": [{"code": CODE, "numerator": 1, "denominator": 2, "measure": "gram"}]},
            "/items/0/measure",
            "fraction_quantity",
        ),
        ({"code_base64": "%%"}, "/code_base64", "base64_format"),
        ({"code": "4600439931256"}, "/code", "marking_code_no_unit"),
        ({"code": "00106141411234567897"}, "/code", "marking_code_not_sold"),
        ({"code": CODE, "colour": 1}, "/colour", "unknown_key"),
        ({"code": CODE, "price": "1.001"}, "/price", "money_decimals"),
    ],
)
async def test_faults_by_pointer(permitted: tuple[World, Stand], body: Any, pointer: str, code: str) -> None:
    world, _ = permitted
    status, answer, _ = await world.post(CHECK, body)
    assert status == 422
    assert (pointer, code) in [(one["pointer"], one["code"]) for one in answer["errors"]]
    assert all(one["hint"] for one in answer["errors"])


async def test_a_single_code_that_cannot_be_read_is_a_fault(permitted: tuple[World, Stand]) -> None:
    world, stand = permitted
    status, answer, _ = await world.post(CHECK, {"code": SPOILT})
    assert (status, answer["errors"][0]["pointer"]) == (422, "/code")
    assert stand.line.checks() == []


async def test_what_was_asked_without_a_receipt_is_kept_too(permitted: tuple[World, Stand]) -> None:
    world, _ = permitted
    await world.post(CHECK, {"code": CODE, "drive": False})
    rows = world.shop.journal._reader.execute("SELECT job_id, cis, reason FROM verdicts").fetchall()
    assert [tuple(row) for row in rows] == [(None, CIS, "permit_granted")]


async def test_a_receipts_answer_tells_its_verdicts(permitted: tuple[World, Stand]) -> None:
    world, stand = permitted
    stand.book.put(CIS, {"blocked": True})
    item = an_item_body(payment_object="commodity_with_marking", marking={"code": CODE})
    status, answer, _ = await world.post("/api/v1/receipts?wait=60", a_body(items=[item]))
    assert (status, answer["state"], answer["error"]["code"]) == (200, "failed", "permit_denied")
    assert [(one["item"], one["reason"]) for one in answer["permit"]] == [(0, "permit_blocked")]
    assert "dGVz" not in str(answer)


async def test_the_state_shows_the_services_and_no_key(permitted: tuple[World, Stand]) -> None:
    world, _ = permitted
    await world.post(CHECK, {"code": CODE, "drive": False})
    status, answer, _ = await world.get("/api/v1/marking/permit", token=world.devices)
    assert (status, answer["enabled"], answer["emergency"]) == (200, True, None)
    hosts = answer["services"]["cdn"]["hosts"]
    assert [one["parked"] for one in hosts] == [0, 0, 0]
    assert answer["services"]["local"]["status"] == "ready"
    assert KEY not in str(answer)
    assert (await world.get("/api/v1/marking/permit", token=world.receipts))[0] == 403


async def test_emergency_sale_is_ordered_by_an_administrator(permitted: tuple[World, Stand]) -> None:
    world, stand = permitted
    order = {"minutes": 30, "by": "Иванова А. А.", "why": "нет интернета"}
    path = "/api/v1/marking/permit/emergency"
    assert (await world.post(path, order, token=world.receipts))[0] == 403
    assert (await world.post(path, order, token=world.devices))[0] == 403
    status, answer, _ = await world.post(path, order)
    assert (status, answer["emergency"]["by"], answer["emergency"]["why"]) == (200, "Иванова А. А.", "нет интернета")
    stand.fault(Kind.DROP, count=99)
    _, checked, _ = await world.post(CHECK, {"code": CODE, "drive": False})
    assert (checked["permit"]["allowed"], checked["permit"]["reason"]) == (True, "permit_by_operator")
    assert (await world.get("/api/v1/marking/permit"))[1]["emergency"] == answer["emergency"]
    assert (await world.post(path, {**order, "minutes": 0}))[1] == {"emergency": None}
    _, checked, _ = await world.post(CHECK, {"code": CODE, "drive": False})
    assert not checked["permit"]["allowed"]
    assert (await world.post(path, {**order, "minutes": 1441}))[0] == 422
    assert (await world.post(path, {"minutes": 5}))[0] == 422


async def test_where_permit_mode_is_off(tmp_path: Path) -> None:
    async with gateway_world(tmp_path) as world:
        _, answer, _ = await world.post(CHECK, {"code": CODE, "drive": False})
        assert answer["permit"] is None
        assert (await world.get("/api/v1/marking/permit"))[1] == {"enabled": False, "services": {}, "emergency": None}
        order = {"minutes": 30, "by": "x", "why": "y"}
        status, answer, _ = await world.post("/api/v1/marking/permit/emergency", order)
        assert (status, answer["code"]) == (409, "permit_off")
