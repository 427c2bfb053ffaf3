"""When nobody answers: refused, unless the group's rule or a person's order says otherwise. And `[permit]` itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from permit_kit import CDN, KEY, START, Stand, local, shoe
from virtual_loop import virtual

from emulator.permit.faults import Kind
from gateway import masking, support
from gateway.config import ConfigError, Settings, load
from gateway.marking.permit.emergency import ordered
from gateway.marking.permit.policy import GROUPS, NoAnswer, Policy
from gateway.marking.permit.settings import PermitSettings
from protocols.ffd.enums import Operation
from protocols.marking import parse
from protocols.marking.shapes import SHAPES

CODE = shoe()


def silent(stand: Stand, times: int = 99) -> None:
    stand.fault(Kind.STATUS, path="codes/check", status=404, count=times)


@virtual
async def test_a_sale_nobody_answers_about_is_refused() -> None:
    async with Stand(CDN) as stand:
        silent(stand)
        verdict = await stand.one(CODE)
        assert (verdict.allowed, verdict.reason, verdict.source) == (False, "permit_no_answer", "none")
        assert "аварийную продажу" in verdict.hint


@virtual
async def test_the_rule_of_a_group_that_is_known_sells() -> None:
    async with Stand(CDN, no_answer={"milk": "sell"}) as stand:
        silent(stand)
        sold = await stand.one(CODE, group=8)
        assert (sold.allowed, sold.reason, sold.industry) == (True, "permit_by_rule", None)
        assert not (await stand.one(CODE, group=2)).allowed
        assert not (await stand.one(CODE)).allowed


@virtual
async def test_a_group_is_known_from_an_answer_about_the_same_goods() -> None:
    async with Stand(CDN, no_answer={"shoes": "sell"}) as stand:
        stand.fields(CODE, groupIds=[2])
        await stand.one(CODE)
        silent(stand)
        assert (await stand.one(shoe(7))).reason == "permit_by_rule"


def test_default_is_for_every_group_without_a_rule_of_its_own() -> None:
    policy = Policy.of({"default": NoAnswer.SELL, "tobacco": NoAnswer.REFUSE})
    assert policy.on((8,)) is policy.on(()) is policy.on((777,)) is NoAnswer.SELL
    assert policy.on((3,)) is policy.on((3, 8)) is NoAnswer.REFUSE
    assert Policy.of({}).on((8,)) is NoAnswer.REFUSE


def test_no_built_in_rule_sells() -> None:
    assert {group.no_answer for group in GROUPS.values()} == {NoAnswer.REFUSE}


def test_the_groups_are_those_that_codes_are_guessed_to_be_of() -> None:
    for shape in SHAPES:
        if shape.group in GROUPS:
            assert GROUPS[shape.group].id == shape.number, shape.group


@virtual
async def test_a_persons_order_sells_for_its_time() -> None:
    async with Stand(CDN) as stand:
        silent(stand)
        stand.permit.emergency.order = ordered(stand.now(), 60, "Иванова А. А.", "нет интернета")
        verdict = await stand.one(CODE)
        assert (verdict.allowed, verdict.reason, verdict.industry) == (True, "permit_by_operator", None)
        order = stand.permit.state()["emergency"]
        assert (order["by"], order["until"]) == ("Иванова А. А.", "2026-03-02T11:00:00+00:00")
        stand.loop.elapsed += 3600  # type: ignore[attr-defined]
        assert not (await stand.one(CODE)).allowed
        assert stand.permit.state()["emergency"] is None


@virtual
async def test_an_order_changes_nothing_where_somebody_answers() -> None:
    async with Stand(CDN) as stand:
        stand.permit.emergency.order = ordered(stand.now(), 60, "x", "y")
        stand.book.put("0104600439931256215abc000000001", {"status": "sold"})
        assert (await stand.one(CODE)).reason == "permit_sold"
        fine = await stand.one(shoe(2))
        assert fine.industry is not None


def test_an_order_lasts_a_day_at_most() -> None:
    assert ordered(START, 100_000, "x", "y").until == "2026-03-03T10:00:00+00:00"


@virtual
async def test_a_code_of_no_known_form_is_asked_about_all_the_same() -> None:
    async with Stand(CDN) as stand:
        verdict = await stand.one("something that nobody has seen")
        assert (verdict.allowed, verdict.reason) == (False, "permit_not_valid")


@virtual
async def test_what_permit_mode_does_not_concern_is_not_asked() -> None:
    async with Stand(CDN) as stand:
        plain = await stand.one("4606203090785")
        assert (plain.allowed, plain.reason, plain.industry) == (True, "permit_not_asked", None)
        for operation in (Operation.BUY, Operation.BUY_REFUND):
            assert (await stand.one(CODE, operation=operation)).reason == "permit_not_asked"
        mixed = await stand.check("4606203090785", CODE)
        assert [verdict.reason for verdict in mixed] == ["permit_not_asked", "permit_granted"]
        assert len(stand.line.checks()) == 1
        assert await stand.check() == ()


# --- the configuration


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_permit_mode_is_off_unless_somebody_is_to_be_asked(tmp_path: Path) -> None:
    assert not Settings().permit.enabled
    assert not load(written(tmp_path, "[permit.no_answer]\nmilk = 'sell'\n")).permit.enabled
    known = load(written(tmp_path, f"[permit.cdn]\napi_key = '{KEY}'\n")).permit
    assert known.enabled
    assert known.cdn is not None
    assert known.cdn.address == "https://cdn.crpt.ru"


def test_the_key_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FISCAL_GATEWAY_PERMIT__CDN__API_KEY", KEY)
    cdn = load(written(tmp_path, "")).permit.cdn
    assert cdn is not None
    assert cdn.api_key.get_secret_value() == KEY


def test_every_fault_of_the_section_is_told_at_once(tmp_path: Path) -> None:
    text = """
[permit.cdn]
api_key = "with space"
address = "http://cdn.example.ru"
[permit.local]
version = 3
address = "127.0.0.1:5995"
colour = "red"
[permit.piot]
id = "till"
certificate = "/nowhere/at/all.pem"
[permit.no_answer]
milk = "maybe"
"""
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, text))
    places = {place for place, _ in refused.value.faults}
    assert {
        "permit.cdn.api_key",
        "permit.cdn.address",
        "permit.local.version",
        "permit.local.address",
        "permit.local.colour",
        "permit.piot.token",
        "permit.piot.certificate",
        "permit.no_answer.milk",
    } <= places
    assert "with space" not in str(refused.value)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({**CDN, "piot": {"id": "x", "token": "y"}}, "exclude"),
        ({"no_answer": {"mylk": "sell"}}, "mylk"),
        (local(initialise=True), "initialise"),
        ({"cdn": {"api_key": KEY, "address": "https://user:pass@cdn.crpt.ru"}}, "address"),
        ({"cdn": {"api_key": KEY, "address": "https://cdn.crpt.ru?key=1"}}, "address"),
        ({"cdn": {"api_key": "a\nb"}}, "printable"),
    ],
)
def test_what_contradicts_itself_is_refused(section: Mapping[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        PermitSettings.model_validate(section)


def test_no_secret_of_the_section_is_ever_shown() -> None:
    given = {
        "cdn": {"api_key": KEY},
        "local": {"password": "local-secret"},
    }
    settings = Settings.model_validate({"permit": given})
    piot = Settings.model_validate({"permit": {"piot": {"id": "x", "token": "piot-secret"}}})
    shown = json.dumps(masking.tree([support.configuration(settings), support.configuration(piot)]), default=str)
    for secret in (KEY, "local-secret", "piot-secret"):
        assert secret not in shown + repr(settings) + repr(piot) + str(support.configuration(settings))


@pytest.mark.parametrize("words", [f"X-API-KEY: {KEY}", f'"X-API-KEY": "{KEY}"', f"api_key={KEY}", f"apikey = '{KEY}'"])
def test_the_key_is_hidden_in_words(words: str) -> None:
    assert KEY not in masking.text(words)


def test_the_whole_code_never_reaches_a_log() -> None:
    assert "dGVz" not in masking.text(f"asked about {parse(CODE).text}")
