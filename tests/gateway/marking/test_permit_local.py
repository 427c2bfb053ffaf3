"""The local module ЛМ ЧЗ: asked when nobody online answers, by the КИ, and only while it is ready."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import timedelta

import pytest
from permit_kit import CDN, FN, KEY, ROOT, Stand, local, shoe
from virtual_loop import virtual

from emulator.permit.faults import Kind
from gateway.marking.permit.local import HINTS

CODE, CIS = shoe(), "0104600439931256215abc000000001"


async def dead_cdn(stand: Stand, times: int = 1) -> None:
    stand.fault(Kind.STATUS, path="codes/check", status=404, count=times)


@pytest.mark.parametrize(("version", "body"), [(1, {"cis_list": [CIS]}), (2, {"cis_list": [{"cis": CIS}]})])
def test_it_is_asked_by_the_identification_code(version: int, body: object) -> None:
    @virtual
    async def run() -> None:
        async with Stand(CDN, local(version)) as stand:
            await dead_cdn(stand)
            verdict = await stand.one(CODE)
            assert (verdict.allowed, verdict.source, verdict.reason) == (True, "local", "permit_granted")
            asked = [one for one in stand.servers.requests if one["path"] == f"/api/v{version}/cis/outCheck"]
            assert [json.loads(one["body"]) for one in asked] == [body]
            assert verdict.request == json.dumps(body, separators=(",", ":"))
            module, told = stand.servers.settings.local, json.loads(verdict.answer)
            assert verdict.industry is not None
            assert verdict.industry.value == (
                f"UUID={told['reqId']}&Time={told['reqTimestamp']}&Inst={module.inst}&Ver={module.version}"
            )

    run()


@virtual
async def test_it_knows_who_asks_for_which_drive() -> None:
    async with Stand(local(user="till", password="secret")) as stand:
        stand.servers.settings.local.user, stand.servers.settings.local.password = "till", "secret"
        assert (await stand.one(CODE)).allowed
        wanted = "Basic " + base64.b64encode(b"till:secret").decode()
        assert {headers["Authorization"] for headers in stand.line.headers} == {wanted}
        assert stand.line.headers[-1]["X-ClientId"] == FN
        stand.servers.settings.local.password = "another"
        await asyncio.sleep(60)
        assert (await stand.one(CODE)).reason == "permit_no_answer"


@virtual
async def test_a_black_listed_code_is_refused() -> None:
    async with Stand(CDN, local()) as stand:
        stand.book.put(CIS, {"blocked": True})
        await dead_cdn(stand, 2)
        refused, other = await stand.check(CODE, shoe(2))
        assert (refused.allowed, refused.reason, refused.source) == (False, "permit_blocked", "local")
        assert refused.industry is None
        assert other.allowed


@virtual
async def test_all_lines_nobody_answered_go_in_one_question() -> None:
    async with Stand(CDN, local()) as stand:
        stand.fault(Kind.STATUS, path="codes/check", status=404, count=60)
        verdicts = await stand.check(*(shoe(number) for number in range(100)))
        assert [verdict.source for verdict in verdicts].count("local") == 60
        assert len([one for one in stand.servers.requests if "outCheck" in one["path"]]) == 1
        mine = [json.loads(one.answer)["codes"] for one in verdicts if one.source == "local"]
        assert all(len(codes) == 1 for codes in mine)


@pytest.mark.parametrize("status", ["not_configured", "initialization", "sync_error"])
def test_only_a_ready_module_is_asked(status: str) -> None:
    @virtual
    async def run() -> None:
        async with Stand(local()) as stand:
            stand.servers.settings.local.status = status
            await asyncio.sleep(60)
            verdict = await stand.one(CODE)
            assert (verdict.reason, verdict.allowed) == ("permit_no_answer", False)
            assert status in verdict.detail
            assert HINTS[status] in verdict.hint
            assert "Проверьте интернет и повторите" not in verdict.hint  # nobody else was to be asked
            assert not any("outCheck" in path for _, _, path in stand.line.sent)

    run()


@virtual
async def test_who_hears_of_nobody_is_told_what_to_do_about_each() -> None:
    async with Stand(CDN, local()) as stand:
        stand.servers.settings.local.status = "sync_error"
        await asyncio.sleep(60)
        await dead_cdn(stand, 1)
        hint = (await stand.one(CODE)).hint
        assert "Проверьте интернет и повторите" in hint
        assert HINTS["sync_error"] in hint


@virtual
async def test_a_module_that_says_ready_after_72_hours_is_not_believed() -> None:
    async with Stand(local()) as stand:
        module = stand.servers.settings.local
        stand.servers._module_status = lambda: module.status  # type: ignore[method-assign]  # one that does not notice
        module.synchronised = timedelta(hours=71, minutes=58)
        await asyncio.sleep(11)
        assert (await stand.one(CODE)).allowed
        module.synchronised = timedelta(hours=72, minutes=1)
        await asyncio.sleep(11)
        verdict = await stand.one(CODE)
        assert verdict.reason == "permit_no_answer"
        assert "72 hours" in verdict.detail


@pytest.mark.parametrize(("status", "number"), [("not_configured", 4045), ("sync_error", 4050)])
def test_a_module_that_has_just_ceased_to_be_ready_says_so_itself(status: str, number: int) -> None:
    @virtual
    async def run() -> None:
        async with Stand(local()) as stand:
            stand.servers.settings.local.status = status  # the status read at the start still counts
            verdict = await stand.one(CODE)
            assert verdict.reason == "permit_no_answer"
            assert str(number) in verdict.detail
            assert "ЛМ ЧЗ" in verdict.hint
            assert str(number) in verdict.answer
            stand.servers.settings.local.status = "ready"
            assert (await stand.one(CODE)).allowed  # asked for its status again at once

    run()


@pytest.mark.parametrize(
    "kind", [Kind.GARBAGE, Kind.TRUNCATED, Kind.WRONG_CODES, Kind.NO_CODES, Kind.DROP, Kind.STATUS]
)
def test_what_is_no_answer_sells_nothing(kind: Kind) -> None:
    @virtual
    async def run() -> None:
        async with Stand(local()) as stand:
            stand.fault(kind, "local", path="outCheck")
            assert (await stand.one(CODE)).reason == "permit_no_answer"
            assert (await stand.one(CODE)).allowed

    run()


@virtual
async def test_a_slow_cdn_leaves_it_half_a_second() -> None:
    async with Stand(CDN, local()) as stand:
        stand.servers.settings.delays = {**dict.fromkeys(stand.servers.hosts, 60.0), "local": 0.4}
        began = stand.loop.time()
        assert (await stand.one(CODE)).source == "local"
        assert stand.loop.time() - began == pytest.approx(2.9)
        stand.servers.settings.delays["local"] = 0.6
        began = stand.loop.time()
        verdict = await stand.one(CODE)
        assert stand.loop.time() - began <= 3.06
        assert verdict.reason == "permit_no_answer"
        assert "cdn-" in verdict.detail
        assert "ЛМ ЧЗ" in verdict.detail


@virtual
async def test_the_group_that_online_answers_taught_goes_with_the_code() -> None:
    async with Stand(CDN, local()) as stand:
        stand.fields(CODE, groupIds=[2])
        await stand.one(CODE)
        stand.fault(Kind.STATUS, path="codes/check", status=404)
        await stand.one(shoe(2))
        (asked,) = [one for one in stand.servers.requests if "outCheck" in one["path"]]
        assert json.loads(asked["body"])["cis_list"][0]["pg"] == 2


@virtual
async def test_an_unconfigured_module_is_given_the_key_when_that_is_wanted() -> None:
    stand = Stand(CDN, local(initialise=True))
    stand.servers.settings.local.status = "not_configured"
    async with stand:
        await asyncio.sleep(120)
        (asked,) = [one for one in stand.servers.requests if one["path"] == "/api/v2/init"]
        assert json.loads(asked["body"]) == {"token": KEY}
        assert stand.permit.state()["services"]["local"]["status"] == "ready"


@virtual
async def test_its_state_is_told() -> None:
    async with Stand(local()) as stand:
        state = stand.permit.state()["services"]["local"]
        assert (state["status"], state["problem"]) == ("ready", None)
        assert state["address"] == f"{ROOT}/local/api/v2"
        assert state["last_sync"] == "2026-03-02T09:55:00+00:00"
