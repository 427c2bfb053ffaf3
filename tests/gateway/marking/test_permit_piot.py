"""ТС ПИоТ: three versions of its API, its emergency mode, and what is done when it is silent."""

from __future__ import annotations

import base64
import json

import pytest
from permit_kit import PIOT, Stand, local, shoe
from virtual_loop import virtual

from emulator.permit.faults import Kind
from protocols.ffd.enums import Operation

CODE, CIS = shoe(), "0104600439931256215abc000000001"


def piot(version: int) -> dict[str, dict[str, object]]:
    return {"piot": {**PIOT["piot"], "version": version}}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_each_version_is_asked_and_understood(version: int) -> None:
    @virtual
    async def run() -> None:
        async with Stand(piot(version)) as stand:
            stand.book.put(CIS, {"status": "sold"})
            refused, fine = await stand.check(CODE, shoe(2))
            assert (refused.reason, refused.source) == ("permit_sold", "piot")
            assert fine.allowed
            assert fine.industry is not None
            assert "Inst" not in fine.industry.value
            first = json.loads(stand.servers.requests[0]["body"])
            text = base64.b64encode(CODE.encode()).decode()
            assert first["codes"] == ([{"cis": text}] if version == 3 else [text])
            assert first["client_info"] == {
                "name": "fiscal-gateway",
                "version": "1",
                "id": "till",
                "token": "token-of-the-till",
            }
            assert stand.servers.requests[0]["path"] == f"/api/v{version}/codes/check"
            assert "token" not in refused.request

    run()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_what_it_checked_by_the_black_list_bears_the_modules_names(version: int) -> None:
    @virtual
    async def run() -> None:
        async with Stand(piot(version)) as stand:
            stand.servers.settings.offline = True
            stand.book.put(CIS, {"blocked": True})
            refused, fine = await stand.check(CODE, shoe(2))
            assert refused.reason == "permit_blocked"
            assert fine.industry is not None
            module = stand.servers.settings.local
            assert fine.industry.value.endswith(f"&Inst={module.inst}&Ver={module.version}")

    run()


@virtual
async def test_in_its_emergency_the_sale_goes_without_the_requisite() -> None:
    async with Stand(PIOT, local()) as stand:
        stand.servers.settings.emergency = True
        stand.book.put(CIS, {"blocked": True})
        verdict = await stand.one(CODE)
        assert (verdict.allowed, verdict.reason, verdict.source) == (True, "permit_emergency", "piot")
        assert verdict.industry is None
        assert stand.permit.state()["services"]["piot"]["emergency"]
        assert not any(server == "local" and "outCheck" in path for _, server, path in stand.line.sent)


@virtual
async def test_the_first_answer_after_it_is_an_answer() -> None:
    async with Stand(PIOT) as stand:
        stand.servers.settings.recovered = True
        stand.book.put(CIS, {"status": "sold"})
        verdict = await stand.one(CODE)
        assert json.loads(verdict.answer)["code"] == 204
        assert verdict.reason == "permit_sold"


@virtual
async def test_its_silence_leads_to_the_local_module_in_time() -> None:
    async with Stand(PIOT, local()) as stand:
        stand.servers.settings.silent = frozenset({"piot"})
        began = stand.loop.time()
        verdict = await stand.one(CODE)
        assert (verdict.source, verdict.allowed) == ("local", True)
        assert stand.loop.time() - began == pytest.approx(1.8)
        stand.servers.settings.delays = {"piot": 60.0}
        began = stand.loop.time()
        assert (await stand.one(CODE)).source == "local"
        assert stand.loop.time() - began == pytest.approx(2.5)


@pytest.mark.parametrize("status", [500, 502, 503, 514])
def test_failures_lead_there_too(status: int) -> None:
    @virtual
    async def run() -> None:
        async with Stand(PIOT, local()) as stand:
            stand.fault(Kind.STATUS, "piot", status=status)
            assert (await stand.one(CODE)).source == "local"

    run()


@pytest.mark.parametrize("code", [514, 500, 1, 203])
def test_an_inner_code_that_is_none_of_the_good_ones_is_no_answer(code: int) -> None:
    @virtual
    async def run() -> None:
        async with Stand(PIOT) as stand:
            stand.servers._inner = lambda texts: _answered(code)  # type: ignore[method-assign,assignment]
            verdict = await stand.one(CODE)
            assert verdict.reason == "permit_no_answer"
            assert f"code {code}" in verdict.detail

    run()


async def _answered(code: int) -> dict[str, object]:
    return {"code": code, "description": "x", "codes": [], "reqId": "a", "reqTimestamp": 1785764594397}


@pytest.mark.parametrize("kind", [Kind.GARBAGE, Kind.TRUNCATED, Kind.WRONG_CODES, Kind.NO_CODES, Kind.DROP])
def test_what_is_no_answer_sells_nothing(kind: Kind) -> None:
    @virtual
    async def run() -> None:
        async with Stand(PIOT) as stand:
            stand.fault(kind)
            verdict = await stand.one(CODE)
            assert (verdict.allowed, verdict.reason, verdict.source) == (False, "permit_no_answer", "none")

    run()


@virtual
async def test_a_return_is_taken_although_nobody_answers() -> None:
    async with Stand(PIOT) as stand:
        stand.fault(Kind.DROP)
        verdict = await stand.one(CODE, operation=Operation.SELL_REFUND)
        assert (verdict.allowed, verdict.reason) == (True, "permit_return_unchecked")
        assert verdict.industry is None
