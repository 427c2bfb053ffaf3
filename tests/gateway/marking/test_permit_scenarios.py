"""The certification scenarios of ТС ПИоТ, 5.1 to 5.26, as АО ЕСП names them.

Codes and titles: ionson100/SolutionPiot, piotdll/FactoryTest.cs. What that emulator answers about each code is not
public: the facts below are what the titles say, and the prices are those that the codes bear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from permit_kit import PIOT, Stand, asked
from virtual_loop import virtual

GS = "\x1d"
MILK = "0104670540176099215"


@dataclass(frozen=True, kw_only=True)
class Scenario:
    name: str
    code: str
    reason: str
    facts: dict[str, Any] = field(default_factory=dict)
    price: int | None = None
    offline: bool = False
    emergency: bool = False


SCENARIOS = (
    Scenario(name="5.1", code=f"{MILK}'W9Um{GS}93dGVz", facts={"utilised": False}, reason="permit_not_applied"),
    Scenario(
        name="5.2", code=f"{MILK}LnOjv{GS}93dGVz", facts={"realizable": False}, reason="permit_not_in_circulation"
    ),
    Scenario(
        name="5.3",
        code=f"010462930887704421DzkcYt2{GS}8005090000{GS}93dGVz",
        facts={"smp": 9000, "packageQuantity": 10},
        price=90000,
        reason="permit_granted",
    ),
    Scenario(
        name="5.4",
        code=f"010462930887704421DzkcWqS{GS}8005177000{GS}93dGVz",
        facts={"smp": 12900, "realizable": False, "grayZone": True},
        price=177000,
        reason="permit_grey_zone",
    ),
    Scenario(
        name="5.5", code=f"{MILK}NN*cM{GS}93dGVz", facts={"sold": True, "realizable": False}, reason="permit_sold"
    ),
    Scenario(
        name="5.6", code=f"0104602220006549215opFcmK{GS}93dGVz", facts={"isBlocked": True}, reason="permit_blocked"
    ),
    Scenario(
        name="5.7",
        code=f"{MILK}<pGKy{GS}93dGVz",
        facts={"expireDate": "2026-03-01T21:00:00.000Z"},
        reason="permit_expired",
    ),
    Scenario(
        name="5.8",
        code=f"010461013628057121%798DM%{GS}8005090000{GS}93dGVz",
        facts={"smp": 9000},
        price=90000,
        reason="permit_granted",
    ),
    Scenario(
        name="5.9",
        code=f"010461013628057121%008iVk{GS}8005180000{GS}93dGVz",
        facts={"smp": 12900},
        price=180000,
        reason="permit_granted",
    ),
    Scenario(
        name="5.10", code="04601653035829H;dV)bFABVUdGVz", facts={"smp": 8000}, price=8100, reason="permit_granted"
    ),
    Scenario(
        name="5.11", code="04601653035829H;dV)bFACVUdGVz", facts={"smp": 12900}, price=14500, reason="permit_granted"
    ),
    Scenario(
        name="5.12",
        code="04601653035829H;vE)bFABBUdGVz",
        facts={"found": False, "realizable": False, "utilised": False, "verified": False, "errorCode": 10},
        price=6500,
        reason="permit_not_found",
    ),
    Scenario(name="5.14", code=f"{MILK}<pGKy{GS}93DGVz", facts={"verified": False}, reason="permit_not_genuine"),
    Scenario(name="5.17", code=f"0104607010350246215kRdG-1%2(UmV{GS}93dGVz", offline=True, reason="permit_granted"),
    Scenario(name="5.18", code=f"0104607010350246215kRdG-1%W(Umn{GS}93dGVz", offline=True, reason="permit_granted"),
    Scenario(
        name="5.19",
        code=f"0104602220006549215opRcmR{GS}93dGVz",
        facts={"isBlocked": True},
        offline=True,
        reason="permit_blocked",
    ),
    Scenario(
        name="5.20",
        code=f"0104607010350246215kRdG-X%W(Rnb{GS}93dGVz",
        facts={"isBlocked": True},
        offline=True,
        reason="permit_blocked",
    ),
    Scenario(name="5.21", code=f"{MILK}LpGKy{GS}93dGVz", emergency=True, reason="permit_emergency"),
    Scenario(
        name="5.22",
        code=f'01046700190342882151aj"K>X+mFcP{GS}93dGVz',
        facts={"isBlocked": True, "ogvs": ["RPN"]},
        reason="permit_blocked",
    ),
    Scenario(
        name="5.23",
        code=f"0108607405401894215cC3O4{GS}93dGVz",
        facts={"isBlocked": True, "ogvs": ["RSHN"]},
        reason="permit_blocked",
    ),
    Scenario(
        name="5.24",
        code="04601653035829H;dV)bFADI8dGVz",
        facts={"smp": 20000},
        price=19900,
        reason="permit_price_too_low",
    ),
    Scenario(
        name="5.25",
        code=f"010461013628057121/798DM%{GS}8005199000{GS}93dGVz",
        facts={"smp": 20000},
        price=199000,
        reason="permit_price_too_low",
    ),
    Scenario(
        name="5.26",
        code="00840147505712Zz;ZnRbAAAAdGVz",
        facts={"mrp": 16000},
        price=15000,
        reason="permit_price_too_low",
    ),
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.name)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_scenario(scenario: Scenario, version: int) -> None:
    @virtual
    async def run() -> None:
        async with Stand({"piot": {**PIOT["piot"], "version": version}}) as stand:
            stand.fields(scenario.code, **scenario.facts)
            stand.servers.settings.offline = scenario.offline
            stand.servers.settings.emergency = scenario.emergency
            (verdict,) = await stand.permit.check([asked(scenario.code, price=scenario.price)], fn="")
            assert verdict.reason == scenario.reason, verdict
            sold = scenario.reason in {"permit_granted", "permit_grey_zone", "permit_emergency"}
            assert verdict.allowed == sold
            assert (verdict.industry is not None) == (sold and not scenario.emergency)
            assert (verdict.industry is not None and "Inst=" in verdict.industry.value) == (sold and scenario.offline)

    run()
