"""The CDN in virtual time: which host is asked, for how long, how often, and what it is given up for."""

from __future__ import annotations

import asyncio
import json
from itertools import pairwise

import pytest
from permit_kit import CDN, FN, KEY, Stand, local, shoe
from virtual_loop import virtual

from emulator.permit.faults import Kind

CODE = shoe()


@virtual
async def test_the_host_that_answers_soonest_is_asked() -> None:
    async with Stand(CDN) as stand:
        assert (await stand.one(CODE)).source == "cdn"
        stand.servers.settings.times = {"cdn-1": 80, "cdn-2": 20, "cdn-3": 50}
        await asyncio.sleep(7 * 3600)
        await stand.one(CODE)
        assert [name for _, name in stand.line.checks()] == ["cdn-1", "cdn-2"]


@virtual
async def test_the_way_to_a_host_counts_as_well() -> None:
    async with Stand(CDN) as stand:
        stand.servers.settings.times = {"cdn-1": 10, "cdn-2": 20, "cdn-3": 30}
        stand.servers.settings.delays = {"cdn-1": 0.4, "cdn-2": 0.3}
        await asyncio.sleep(7 * 3600)
        await stand.one(CODE)
        assert stand.line.checks()[-1][1] == "cdn-3"


@virtual
async def test_the_list_is_fetched_every_six_to_seven_hours() -> None:
    async with Stand(CDN) as stand:
        await asyncio.sleep(5 * 24 * 3600)
        fetched = [at for at, server, _ in stand.line.sent if server == "cdn"]
        gaps = [later - earlier for earlier, later in pairwise(fetched)]
        assert len(gaps) >= 17
        assert all(6 * 3600 <= gap <= 7 * 3600 for gap in gaps)
        assert len({round(gap) for gap in gaps}) > 10  # not all tills of a chain at one moment


@virtual
async def test_the_request_is_the_whole_code_and_the_drive_under_the_key() -> None:
    async with Stand(CDN) as stand:
        verdict = await stand.one(CODE)
        asked = [one for one in stand.servers.requests if one["path"].endswith("/codes/check")]
        assert asked[0]["body"] == verdict.request
        assert verdict.request == (
            '{"codes":["0104600439931256215abc000000001\\u001d93dGVz"],"fiscalDriveNumber":"' + FN + '"}'
        )
        assert {one["X-API-KEY"] for one in stand.line.headers} == {KEY}
        assert KEY not in verdict.request + verdict.answer
        assert verdict.industry is not None
        assert (
            verdict.industry.value
            in f"UUID={_json(verdict.answer)['reqId']}&Time={_json(verdict.answer)['reqTimestamp']}"
        )


def _json(text: str) -> dict[str, object]:

    loaded: dict[str, object] = json.loads(text)
    return loaded


@virtual
async def test_a_slow_host_costs_a_second_and_a_half_and_is_left_alone_for_a_quarter_of_an_hour() -> None:
    async with Stand(CDN) as stand:
        stand.servers.settings.delays = {"cdn-1": 60.0}
        began = stand.loop.time()
        verdict = await stand.one(CODE)
        assert (verdict.allowed, stand.loop.time() - began) == (True, pytest.approx(1.5))
        await asyncio.sleep(14.9 * 60)
        began = stand.loop.time()
        await stand.one(CODE)
        assert stand.loop.time() == began
        stand.servers.settings.delays = {}
        await asyncio.sleep(0.2 * 60)
        await stand.one(CODE)
        assert [name for _, name in stand.line.checks()] == ["cdn-1", "cdn-2", "cdn-2", "cdn-1"]


@virtual
async def test_three_seconds_in_all_whoever_is_slow() -> None:
    async with Stand(CDN) as stand:
        stand.servers.settings.delays = dict.fromkeys(stand.servers.hosts, 60.0)
        began = stand.loop.time()
        verdict = await stand.one(CODE)
        assert stand.loop.time() - began == pytest.approx(3.0, abs=0.06)
        assert (verdict.allowed, verdict.reason, verdict.source) == (False, "permit_no_answer", "none")
        assert verdict.industry is None
        assert "no answer in time" in verdict.detail


@virtual
async def test_a_host_cut_short_by_the_receipts_own_budget_is_not_blamed() -> None:
    async with Stand(CDN, local()) as stand:
        stand.servers.settings.delays = {"cdn-1": 60.0, "cdn-2": 1.2}
        assert (await stand.one(CODE)).source == "local"  # 1.5 s, then 1.0 s of the second host
        assert (await stand.one(CODE)).source == "cdn"
        assert [name for _, name in stand.line.checks("cdn-1")] == ["cdn-1"]
        assert stand.line.checks()[-1][1] == "cdn-2"


@pytest.mark.parametrize("kind", [Kind.STATUS, Kind.GARBAGE, Kind.TRUNCATED])
def test_a_failing_host_is_asked_twice_then_left_alone(kind: Kind) -> None:
    @virtual
    async def run() -> None:
        async with Stand(CDN) as stand:
            stand.fault(kind, "cdn-1", count=2, path="codes/check")
            assert (await stand.one(CODE)).allowed
            assert (await stand.one(CODE)).allowed
            assert [name for _, name in stand.line.checks()] == ["cdn-1", "cdn-1", "cdn-2", "cdn-2"]

    run()


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_one_failure_does_not_cost_the_host(status: int) -> None:
    @virtual
    async def run() -> None:
        async with Stand(CDN) as stand:
            stand.fault(Kind.STATUS, "cdn-1", status=status, path="codes/check")
            assert (await stand.one(CODE)).allowed
            assert (await stand.one(CODE)).allowed
            assert [name for _, name in stand.line.checks()] == ["cdn-1"] * 3

    run()


@virtual
async def test_a_closed_connection_and_an_answer_about_other_codes_send_us_on_at_once() -> None:
    async with Stand(CDN) as stand:
        stand.fault(Kind.DROP, "cdn-1", path="codes/check")
        stand.fault(Kind.WRONG_CODES, "cdn-2", path="codes/check")
        verdict = await stand.one(CODE)
        assert verdict.allowed
        assert [name for _, name in stand.line.checks()] == ["cdn-1", "cdn-2", "cdn-3"]
        assert '"cis":"0104600439931256215abc000000001"' in verdict.answer


@virtual
async def test_an_empty_list_of_codes_is_no_answer() -> None:
    async with Stand(CDN) as stand:
        stand.fault(Kind.NO_CODES, count=9)
        assert (await stand.one(CODE)).reason == "permit_no_answer"


@virtual
async def test_a_refused_key_stops_at_once_and_for_a_while() -> None:
    async with Stand(CDN) as stand:
        stand.servers.settings.key = "another"
        verdict = await stand.one(CODE)
        assert (verdict.reason, len(stand.line.checks())) == ("permit_no_answer", 1)
        assert "401" in verdict.detail
        await stand.one(CODE)
        assert len(stand.line.checks()) == 1
        assert "401" in str(stand.permit.state())
        stand.servers.settings.key = KEY
        await asyncio.sleep(15 * 60)
        assert (await stand.one(CODE)).allowed


@virtual
async def test_with_a_refused_key_the_local_module_still_answers() -> None:
    async with Stand(CDN, local()) as stand:
        stand.servers.settings.key = "another"
        assert (await stand.one(CODE)).source == "local"


@virtual
async def test_the_systems_own_failure_is_tried_once_more_on_the_same_host() -> None:
    async with Stand(CDN) as stand:
        stand.fault(Kind.CODE, path="codes/check")
        assert (await stand.one(CODE)).allowed
        stand.fault(Kind.CODE, path="codes/check", count=2)
        assert (await stand.one(CODE)).reason == "permit_no_answer"
        stand.fault(Kind.INNER, path="codes/check")
        assert (await stand.one(CODE)).allowed
        # every host stands before the same system: none of them is asked instead, none is blamed
        assert {name for _, name in stand.line.checks()} == {"cdn-1"}
        assert len(stand.line.checks()) == 6


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_a_refused_request_is_not_repeated(status: int) -> None:
    @virtual
    async def run() -> None:
        async with Stand(CDN) as stand:
            stand.fault(Kind.STATUS, status=status, path="codes/check")
            verdict = await stand.one(CODE)
            assert (verdict.reason, len(stand.line.checks())) == ("permit_no_answer", 1)
            assert f"HTTP {status}" in verdict.detail
            assert json.loads(verdict.answer)["code"] == status  # what came instead is kept for the complaint
            assert (await stand.one(CODE)).allowed

    run()


@virtual
async def test_when_every_host_is_parked_the_one_free_soonest_is_asked() -> None:
    async with Stand(CDN) as stand:
        stand.fault(Kind.DROP, path="codes/check", count=3)
        assert (await stand.one(CODE)).reason == "permit_no_answer"
        assert (await stand.one(CODE)).allowed
        assert stand.line.checks()[-1][1] == "cdn-1"


@virtual
async def test_with_a_local_module_parked_hosts_keep_no_buyer_waiting() -> None:
    async with Stand(CDN, local()) as stand:
        stand.servers.settings.delays = dict.fromkeys(stand.servers.hosts, 60.0)
        for _ in range(3):  # until every host has had its second and a half
            await stand.one(CODE)
        began = stand.loop.time()
        assert (await stand.one(CODE)).source == "local"
        assert stand.loop.time() == began
        # the module fails as well, and a host is well again: the last resort
        stand.fault(Kind.DROP, "local", count=9)
        stand.servers.settings.delays = {}
        assert (await stand.one(CODE)).source == "cdn"


@virtual
async def test_a_sick_host_is_asked_last() -> None:
    async with Stand(CDN) as stand:
        stand.fault(Kind.STATUS, "cdn-1", path="health")
        await asyncio.sleep(7 * 3600)
        await stand.one(CODE)
        assert stand.line.checks()[-1][1] == "cdn-2"


@virtual
async def test_a_hundred_lines_are_asked_at_once_within_the_budget() -> None:
    async with Stand(CDN) as stand:
        stand.servers.settings.delays = dict.fromkeys(stand.servers.hosts, 1.2)
        began = stand.loop.time()
        verdicts = await stand.check(*(shoe(number) for number in range(100)))
        assert stand.loop.time() - began == pytest.approx(2.4)
        assert all(verdict.allowed for verdict in verdicts)
        assert stand.line.most == 50
        assert len({verdict.industry.value for verdict in verdicts if verdict.industry}) == 100


@virtual
async def test_a_hundred_lines_before_a_dead_host_still_keep_the_budget() -> None:
    async with Stand(CDN) as stand:
        stand.servers.settings.delays = {"cdn-1": 60.0}
        began = stand.loop.time()
        verdicts = await stand.check(*(shoe(number) for number in range(100)))
        assert stand.loop.time() - began == pytest.approx(1.5)
        assert all(verdict.allowed for verdict in verdicts)
        assert len(stand.line.checks("cdn-1")) == 50  # nobody queues for a host that has just been given up


@virtual
async def test_a_long_receipt_does_not_keep_another_register_waiting() -> None:
    async with Stand(CDN) as stand:
        stand.servers.settings.delays = dict.fromkeys(stand.servers.hosts, 1.0)
        many = asyncio.create_task(stand.check(*(shoe(number) for number in range(100))))
        await asyncio.sleep(0.1)
        began = stand.loop.time()
        assert (await stand.one(shoe(500))).allowed
        assert stand.loop.time() - began == pytest.approx(1.0)
        await many


@virtual
async def test_a_gateway_started_without_internet_finds_the_hosts_later() -> None:
    stand = Stand(CDN)
    stand.fault(Kind.DROP, "cdn", count=3)
    async with stand:
        await asyncio.sleep(1.0)
        began = stand.loop.time()
        assert (await stand.one(CODE)).reason == "permit_no_answer"  # the question itself makes it try again
        assert stand.loop.time() - began <= 1.5
        await asyncio.sleep(60)
        assert (await stand.one(CODE)).allowed


@virtual
async def test_the_first_question_need_not_wait_for_the_ranking() -> None:
    stand = Stand(CDN)
    stand.servers.settings.delays = {"cdn": 0.2, "cdn-1": 0.1}
    stand.fault(Kind.SLOW, path="health", count=3, seconds=1.9)
    async with stand:
        assert (await stand.one(CODE)).allowed
        assert stand.loop.time() == pytest.approx(0.3)


@virtual
async def test_hosts_without_tls_are_not_given_the_key() -> None:
    stand = Stand({"cdn": {"address": "https://cdn.example.ru", "api_key": KEY}})
    calls: list[str] = []

    async def send(call: object, seconds: float) -> object:
        from gateway.marking.permit.transport import Reply

        calls.append(call.url)  # type: ignore[attr-defined]
        hosts = b'{"code":0,"hosts":[{"host":"http://evil.example.ru"},{"host":"ftp://x"},{"host":5},7]}'
        return Reply(200, hosts)

    stand.line.send = send  # type: ignore[assignment,method-assign]
    async with stand:
        assert (await stand.one(CODE)).reason == "permit_no_answer"
        assert {url.split("/")[2] for url in calls} == {"cdn.example.ru"}
