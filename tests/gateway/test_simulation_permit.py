"""Permit mode in the simulation: the worlds that have it, and that its judge sees what it is to see."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from simulation import permits
from simulation.life import live

from gateway.jobs import permit as gate
from gateway.marking.permit import service
from gateway.marking.permit.reasons import SOLD
from protocols.ffd.receipt import IndustryDetail

#: One register, the CDN and the local module, nothing is sold without an answer.
SEED = 166


def kinds() -> set[str]:
    return {finding.kind for finding in live(SEED).findings}


def test_worlds_with_permit_mode_know_every_service_and_both_rules() -> None:
    drawn = [one for seed in range(400) if (one := permits.drawn(seed)) is not None]
    assert 100 < len(drawn) < 250
    assert {tuple(one.sections) for one in drawn} == {
        *(("cdn",), ("cdn", "local"), ("local",), ("piot",), ("piot", "local")),
    }
    assert {tuple(one.rules.items()) for one in drawn} >= {(), (("default", "sell"),), ((permits.GROUP, "refuse"),)}


def test_the_judge_sees_lines_that_are_sold_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    line = gate.line

    def allowed(*arguments: Any, **more: Any) -> Any:
        return {**line(*arguments, **more), "allowed": True}

    monkeypatch.setattr(gate, "line", allowed)
    assert kinds() == {"permit"}


def test_the_judge_sees_requisites_of_other_sales(monkeypatch: pytest.MonkeyPatch) -> None:
    requisite = service.requisite
    number, first = count(), []

    def old(value: str) -> IndustryDetail:
        first.append(value)
        return requisite(first[0] if next(number) % 2 else value)

    monkeypatch.setattr(service, "requisite", old)
    assert kinds() == {"permit"}


def test_the_judge_sees_refusals_for_which_nobody_gave_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "decide", lambda *_: SOLD)
    assert kinds() == {"permit"}
