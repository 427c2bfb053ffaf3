"""The emulated services of permit mode over HTTP, beside the marking server's control."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import aiohttp
import pytest
from virtual_loop import virtual

from emulator.control import Control
from emulator.marking.book import CodeBook
from emulator.permit.control import apply
from emulator.permit.servers import PermitServers
from emulator.plans import Plan
from emulator.rim import Clock
from emulator.shop import Shop

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
CODE, CIS = "0104600439931256215abc0001\x1d93dGVz", "0104600439931256215abc0001"
CHECK = "/api/v4/true-api/codes/check"
KEY = {"X-API-KEY": "any"}
ADMIN = {"Authorization": "Basic " + base64.b64encode(b"admin:admin").decode()}


class Hand:
    def __init__(self, url: str, http: aiohttp.ClientSession, control: Control) -> None:
        self.url, self.http, self.control = url, http, control

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
            raw = await answer.read()
        try:
            return answer.status, json.loads(raw)
        except ValueError:
            return answer.status, raw


@pytest.fixture
async def hand() -> AsyncIterator[Hand]:
    shop = Shop(Plan(with_oism=True), clock=Clock(START), random=Random(1))
    await shop.start()
    control = Control(shop)
    url = await control.start("127.0.0.1", 0)
    async with aiohttp.ClientSession() as http:
        yield Hand(url, http, control)
    await control.close()
    await shop.close()


async def test_hosts_are_named_under_the_address_they_were_asked_at(hand: Hand) -> None:
    status, answer = await hand.call("GET", "/cdn/api/v4/true-api/cdn/info", **KEY)
    assert status == 200
    assert answer["hosts"] == [{"host": f"{hand.url}/cdn-{number}"} for number in (1, 2, 3)]
    status, answer = await hand.call("GET", "/cdn-2/api/v4/true-api/cdn/health/check", **KEY)
    assert (status, answer["avgTimeMs"]) == (200, 30)
    assert (await hand.call("GET", "/cdn-9/api/v4/true-api/cdn/health/check", **KEY))[0] == 404


async def test_what_the_marking_server_is_told_the_services_say(hand: Hand) -> None:
    await hand.call("PUT", f"/codes/{CIS}", {"status": "sold", "smp": 100})
    status, answer = await hand.call("POST", f"/cdn-1{CHECK}", {"codes": [CODE], "fiscalDriveNumber": "1"}, **KEY)
    (entry,) = answer["codes"]
    assert status == 200
    assert (entry["cis"], entry["sold"], entry["realizable"], entry["smp"]) == (CIS, True, False, 100)
    assert len(answer["reqId"]) == 36
    assert abs(answer["reqTimestamp"] / 1000 - START.timestamp()) < 60
    _, second = await hand.call("POST", f"/cdn-1{CHECK}", {"codes": [CODE]}, **KEY)
    assert second["reqId"] != answer["reqId"]


async def test_a_testers_own_fields_win_and_null_leaves_one_out(hand: Hand) -> None:
    await hand.call("PUT", f"/permit/codes/{CIS}", {"eliminationState": 1, "verified": None})
    _, answer = await hand.call("POST", f"/cdn-1{CHECK}", {"codes": [CODE]}, **KEY)
    assert answer["codes"][0]["eliminationState"] == 1
    assert "verified" not in answer["codes"][0]
    assert (await hand.call("GET", "/permit/codes"))[1] == {CIS: {"eliminationState": 1, "verified": None}}
    await hand.call("DELETE", f"/permit/codes/{CIS}")
    _, answer = await hand.call("POST", f"/cdn-1{CHECK}", {"codes": [CODE]}, **KEY)
    assert answer["codes"][0]["verified"]


@pytest.mark.parametrize(
    ("code", "told", "found", "verified", "error"),
    [
        (CODE, {}, True, True, 0),
        (CIS, {}, True, False, 5),  # the true API wants the whole code: marking.md 4.1
        (CODE, {"status": "counterfeit"}, True, False, 6),
        (CODE, {"status": "not_found"}, False, False, 10),
    ],
)
async def test_what_is_not_verified_says_why(
    hand: Hand, code: str, told: dict[str, Any], found: bool, verified: bool, error: int
) -> None:
    await hand.call("PUT", f"/codes/{CIS}", told)
    _, answer = await hand.call("POST", f"/cdn-1{CHECK}", {"codes": [code]}, **KEY)
    (entry,) = answer["codes"]
    assert (entry["valid"], entry["found"], entry["verified"], entry["errorCode"]) == (True, found, verified, error)


async def test_keys_and_passwords(hand: Hand) -> None:
    assert (await hand.call("POST", f"/cdn-1{CHECK}", {"codes": [CODE]}))[0] == 401
    await hand.call("PUT", "/permit/settings", {"key": "the one"})
    assert (await hand.call("POST", f"/cdn-1{CHECK}", {"codes": [CODE]}, **KEY))[0] == 401
    assert (await hand.call("GET", "/local/api/v2/status"))[0] == 401
    status, answer = await hand.call("GET", "/local/api/v2/status", **ADMIN)
    assert (status, answer["status"]) == (200, "ready")


@pytest.mark.parametrize(
    ("version", "cis_list", "status"),
    [(1, [CIS], 200), (1, [{"cis": CIS}], 400), (2, [{"cis": CIS, "pg": 2}], 200), (2, [CIS], 400), (2, [], 400)],
)
async def test_each_version_of_the_local_module_takes_its_own_list(
    hand: Hand, version: int, cis_list: list[Any], status: int
) -> None:
    path = f"/local/api/v{version}/cis/outCheck"
    found, answer = await hand.call("POST", path, {"cis_list": cis_list}, **ADMIN)
    assert found == status
    if status == 200:
        assert answer["results"][0]["codes"][0]["isBlocked"] is False


async def test_the_old_question_is_answered_with_the_inner_object(hand: Hand) -> None:
    _, answer = await hand.call("GET", f"/local/api/v1/cis/check?cis={CIS}", **ADMIN)
    assert [one["cis"] for one in answer["codes"]] == [CIS]


async def test_three_days_without_its_server_and_the_module_is_not_ready(hand: Hand) -> None:
    await hand.call("PUT", "/permit/settings", {"local": {"hours_since_sync": 73}})
    assert (await hand.call("GET", "/local/api/v2/status", **ADMIN))[1]["status"] == "sync_error"
    status, answer = await hand.call("POST", "/local/api/v1/cis/outCheck", {"cis_list": [CIS]}, **ADMIN)
    assert (status, answer["errorCode"]) == (400, 4050)
    await hand.call("PUT", "/permit/settings", {"local": {"status": "initialization"}})
    status, answer = await hand.call("POST", "/local/api/v1/cis/outCheck", {"cis_list": [CIS]}, **ADMIN)
    assert (status, answer["errorCode"]) == (400, 4045)


async def test_faults_strike_where_and_as_often_as_they_should(hand: Hand) -> None:
    for fault in (
        {"kind": "status", "server": "cdn-1", "status": 429, "path": "codes/check"},
        {"kind": "garbage", "server": "cdn-1"},
        {"kind": "truncated", "server": "cdn-1"},
        {"kind": "code", "server": "cdn-1"},
    ):
        assert (await hand.call("POST", "/permit/faults", fault))[0] == 201
    assert len((await hand.call("GET", "/permit/faults"))[1]) == 4
    asked = (f"/cdn-2{CHECK}", *[f"/cdn-1{CHECK}"] * 4)
    seen = [await hand.call("POST", path, {"codes": [CODE]}, **KEY) for path in asked]
    assert [status for status, _ in seen] == [200, 429, 200, 200, 500]
    assert seen[2][1].startswith(b"<html>")
    assert seen[3][1].startswith(b'{"code": 0')
    assert seen[4][1]["code"] == 5000
    assert (await hand.call("GET", "/permit/faults"))[1] == []


async def test_a_dropped_connection(hand: Hand) -> None:
    await hand.call("POST", "/permit/faults", {"kind": "drop"})
    with pytest.raises(aiohttp.ClientError):
        await hand.call("POST", f"/cdn-1{CHECK}", {"codes": [CODE]}, **KEY)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/permit/faults", {"kind": "nonsense"}),
        ("/permit/faults", {"kind": "slow", "seconds": -1}),
        ("/permit/faults", {"kind": "slow", "count": 0}),
        ("/permit/faults", {"kind": "slow", "colour": 1}),
        ("/permit/faults", {"kind": "slow", "server": 5}),
        ("/permit/faults", {"kind": "slow", "server": "cdn-9"}),
    ],
)
async def test_faults_that_are_none(hand: Hand, path: str, body: Any) -> None:
    assert (await hand.call("POST", path, body))[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {"hosts": -1},
        {"times": {"cdn-1": "x"}},
        {"delays": {"cdn-9": 1}},
        {"local": {"status": "fine"}},
        {"colour": 1},
        {"offline": 1},
        {"silent": "cdn"},
        {"silent": ["cdn-9"]},
        {"silent": [1]},
    ],
)
async def test_settings_that_are_none(hand: Hand, body: Any) -> None:
    assert (await hand.call("PUT", "/permit/settings", body))[0] == 400


async def test_settings_are_shown_as_they_are(hand: Hand) -> None:
    new = (await hand.call("GET", "/permit/settings"))[1]
    assert (new["hosts"], new["silent"], new["local"]["status"]) == (3, [], "ready")
    for given, silent in ((True, ["cdn", "local", "piot"]), (["cdn-2"], ["cdn-2"]), (False, [])):
        assert (await hand.call("PUT", "/permit/settings", {"silent": given}))[1]["silent"] == silent
    await hand.call("PUT", "/permit/settings", {"local": {"status": "sync_error", "hours_since_sync": 1.5}})
    shown = (await hand.call("GET", "/permit/settings"))[1]
    assert shown == new | {"local": {"status": "sync_error", "hours_since_sync": 1.5}}


@pytest.mark.parametrize(
    ("given", "dumb"),
    [
        (True, {"cdn", "cdn-1", "cdn-2", "local", "piot"}),
        (["cdn"], {"cdn", "cdn-1", "cdn-2"}),
        (["cdn-2", "local"], {"cdn-2", "local"}),
        (["piot"], {"piot"}),
        ([], set()),
    ],
)
def test_who_is_silent(given: Any, dumb: set[str]) -> None:
    @virtual
    async def run() -> None:
        book, loop = CodeBook(), asyncio.get_running_loop()
        servers = PermitServers(lambda: book, lambda: START)
        apply(servers, {"silent": given})
        client = {"name": "till", "version": "1", "id": "1", "token": "1"}
        text = base64.b64encode(CODE.encode()).decode()
        asked: dict[str, tuple[str, Any]] = {
            "cdn": ("GET /api/v4/true-api/cdn/info", None),
            "cdn-1": (f"POST {CHECK}", {"codes": [CODE]}),
            "cdn-2": ("GET /api/v4/true-api/cdn/health/check", None),
            "local": ("GET /api/v2/status", None),
            "piot": ("POST /api/v2/codes/check", {"codes": [text], "client_info": client}),
        }
        for server, (line, body) in asked.items():
            method, _, path = line.partition(" ")
            began = loop.time()
            reply = await servers.answer(server, method, path, KEY | ADMIN, json.dumps(body).encode(), "http://here")
            seen = (reply.status, reply.dropped, round(loop.time() - began, 3))
            nothing = (514, False, 1.8) if server == "piot" else (0, True, 10.0)
            assert seen == (nothing if server in dumb else (200, False, 0.0)), server

    run()


async def test_requests_can_be_looked_at_and_a_reset_forgets_everything(hand: Hand) -> None:
    await hand.call("PUT", f"/permit/codes/{CIS}", {"sold": True})
    await hand.call("POST", "/permit/faults", {"kind": "slow", "server": "cdn-1"})
    body = {"codes": [base64.b64encode(CODE.encode()).decode()], "client_info": {}}
    assert (await hand.call("POST", "/piot/api/v2/codes/check", {**body}))[0] == 400
    (seen,) = (await hand.call("GET", "/permit/requests"))[1]
    assert (seen["server"], seen["path"]) == ("piot", "/api/v2/codes/check")
    await hand.call("POST", "/reset")
    for path in ("/permit/requests", "/permit/faults"):
        assert (await hand.call("GET", path))[1] == []
    assert (await hand.call("GET", "/permit/codes"))[1] == {}
