"""May this unit be sold? The table of marking.md §4.2, rule by rule, and what must never refuse."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from permit_kit import asked

from gateway.marking.permit.decision import decide
from gateway.marking.permit.facts import Answer, Facts
from gateway.marking.permit.model import Asked, Source
from gateway.marking.permit.reasons import REASONS
from protocols.ffd.enums import Operation

NOW = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
MILK = "0104670540176099215'W9Um\x1d93dGVz"
PACK = "04601653035829H;dV)bFACVUdGVz"  # 145.00
BLOCK = "010461013628057121%008iVk\x1d8005180000\x1d93dGVz"  # 1800.00
STICKS = "00840147505712Zz;ZnRbAAAAdGVz"  # no price
FINE = Facts(
    cis="", valid=True, found=True, utilised=True, verified=True, blocked=False, sold=False, realizable=True, raw={}
)
ONLINE, OFFLINE = Answer(), Answer(offline=True)


def verdict(
    changes: dict[str, Any], one: Asked | None = None, *, answer: Answer = ONLINE, source: Source = Source.CDN
) -> str:
    return decide(answer, replace(FINE, **changes), one or asked(MILK), source, NOW).code


#: In the order of the rules: what breaks each.
BROKEN = (
    ({"valid": False}, "permit_not_valid"),
    ({"found": False}, "permit_not_found"),
    ({"utilised": False}, "permit_not_applied"),
    ({"verified": False}, "permit_not_genuine"),
    ({"blocked": True}, "permit_blocked"),
    ({"sold": True}, "permit_sold"),
    ({"realizable": False}, "permit_not_in_circulation"),
    ({"expires": NOW - timedelta(seconds=1)}, "permit_expired"),
)


@pytest.mark.parametrize(("changes", "reason"), BROKEN)
def test_each_rule_refuses_a_sale(changes: dict[str, Any], reason: str) -> None:
    assert verdict(changes) == reason
    assert not REASONS[reason].allows


def test_of_several_reasons_the_first_of_the_table_is_told() -> None:
    everything: dict[str, Any] = {}
    for changes, reason in reversed(BROKEN):
        everything |= changes
        assert verdict(everything) == reason


def test_a_good_unit_is_sold() -> None:
    assert verdict({}) == "permit_granted"


def test_what_is_not_said_never_refuses() -> None:
    silent = Facts(cis="", raw={})
    for text in (MILK, PACK, BLOCK, STICKS):
        assert decide(ONLINE, silent, asked(text, price=1), Source.CDN, NOW).allows
    for name in ("valid", "found", "utilised", "verified", "blocked", "sold", "realizable"):
        assert verdict({name: None}) == "permit_granted"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sold": True, "realizable": False}, "permit_granted"),
        ({"blocked": True}, "permit_granted"),
        ({"expires": NOW - timedelta(days=9)}, "permit_granted"),
        ({"valid": False}, "permit_not_valid"),
        ({"found": False}, "permit_not_found"),
        ({"verified": False}, "permit_not_genuine"),
    ],
)
def test_a_return_is_asked_only_whether_the_thing_is_genuine(changes: dict[str, Any], reason: str) -> None:
    assert verdict(changes, asked(MILK, operation=Operation.SELL_REFUND)) == reason


def test_grey_tobacco_is_sold_out_of_circulation_and_nothing_else_is() -> None:
    assert verdict({"realizable": False, "grey": True, "groups": (3,)}) == "permit_grey_zone"
    assert verdict({"realizable": False, "grey": True, "groups": (8,)}) == "permit_not_in_circulation"
    assert verdict({"realizable": False, "grey": False, "groups": (3,)}) == "permit_not_in_circulation"
    assert verdict({"sold": True, "grey": True, "groups": (3,)}) == "permit_sold"


@pytest.mark.parametrize(("state", "allowed"), [(1, True), (2, True), (0, False), (3, False), (None, False)])
def test_a_withdrawal_that_allows_the_sale(state: int | None, allowed: bool) -> None:
    gone = {"sold": True, "realizable": False, "elimination": state}
    assert verdict(gone) == ("permit_eliminated" if allowed else "permit_sold")
    assert verdict({**gone, "blocked": True}) == "permit_blocked"


@pytest.mark.parametrize(
    ("expires", "over"),
    [
        (NOW, False),
        (NOW - timedelta(milliseconds=1), True),
        (date(2026, 3, 2), False),  # the last day
        (date(2026, 3, 1), True),
    ],
)
def test_a_date_alone_lasts_its_day(expires: datetime | date, over: bool) -> None:
    assert verdict({"expires": expires}) == ("permit_expired" if over else "permit_granted")


@pytest.mark.parametrize(
    ("text", "price", "changes", "reason"),
    [
        (PACK, 14500, {"smp": 12900}, "permit_granted"),
        (PACK, 12899, {"smp": 12900}, "permit_price_too_low"),
        (PACK, 12900, {"smp": 12900}, "permit_granted"),
        (PACK, 14501, {"smp": 12900}, "permit_price_too_high"),
        (PACK, 14500, {"smp": 14501}, "permit_price_too_low"),  # the printed price is below the minimum
        (PACK, None, {"smp": 14501}, "permit_price_too_low"),
        (PACK, None, {"smp": 12900}, "permit_granted"),
        (PACK, 14501, {}, "permit_price_too_high"),
        (BLOCK, 180000, {"smp": 12900}, "permit_granted"),
        (BLOCK, 180000, {"smp": 18001}, "permit_price_too_low"),
        (BLOCK, 180000, {"smp": 18001, "package_quantity": 9}, "permit_granted"),
        (BLOCK, 180001, {"smp": 12900}, "permit_price_too_high"),
        (BLOCK, 128999, {"smp": 12900}, "permit_price_too_low"),
    ],
)
def test_prices_of_tobacco(text: str, price: int | None, changes: dict[str, Any], reason: str) -> None:
    assert verdict({"groups": (3,), **changes}, asked(text, price=price)) == reason


@pytest.mark.parametrize(
    ("price", "changes", "reason"),
    [
        (15000, {"mrp": 15000}, "permit_granted"),
        (14999, {"mrp": 15000}, "permit_price_too_low"),
        (14999, {"smp": 15000}, "permit_price_too_low"),
        (99999, {"mrp": 15000}, "permit_granted"),
    ],
)
def test_prices_of_nicotine_goods(price: int, changes: dict[str, Any], reason: str) -> None:
    assert verdict({"groups": (16,), **changes}, asked(STICKS, price=price)) == reason


def test_other_groups_have_no_bounds() -> None:
    for group in (8, 12):
        assert verdict({"groups": (group,), "smp": 99999, "mrp": 1}, asked(PACK, price=5000)) == "permit_granted"


def test_the_answer_names_the_package_and_the_group_where_it_can() -> None:
    dear = asked("0104601653035820215abcdef\x1d93dGVz", price=100)
    assert verdict({"groups": (3,), "package": "UNIT", "smp": 101}, dear) == "permit_price_too_low"
    assert verdict({"package": "UNIT", "smp": 101}, replace(dear, group=3)) == "permit_price_too_low"
    assert verdict({"groups": (3,), "package": "BOX", "smp": 101}, dear) == "permit_granted"


@pytest.mark.parametrize(
    ("changes", "source", "reason"),
    [
        ({"valid": False, "found": False, "verified": False, "realizable": False}, Source.LOCAL, "permit_granted"),
        ({"blocked": True}, Source.LOCAL, "permit_blocked"),
        ({"sold": True}, Source.LOCAL, "permit_granted"),
        ({"sold": True}, Source.PIOT, "permit_sold"),
        ({"blocked": True}, Source.PIOT, "permit_blocked"),
        ({"expires": NOW - timedelta(days=1)}, Source.PIOT, "permit_granted"),
        ({"groups": (3,), "smp": 99999}, Source.LOCAL, "permit_granted"),
    ],
)
def test_a_black_list_is_believed_in_what_it_lists(changes: dict[str, Any], source: Source, reason: str) -> None:
    assert verdict(changes, asked(PACK, price=14500), answer=OFFLINE, source=source) == reason


def test_a_return_is_not_refused_by_a_black_list() -> None:
    back = asked(MILK, operation=Operation.SELL_REFUND)
    assert verdict({"blocked": True}, back, answer=OFFLINE, source=Source.LOCAL) == "permit_granted"
