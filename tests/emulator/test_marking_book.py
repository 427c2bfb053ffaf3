"""What the emulated marking system knows of codes, and how it judges a sale or a return of one."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from register_bench import MOSCOW

from emulator.marking.book import CodeBook, CodeFacts, Status
from emulator.marking.keys import genuine, signed, tail
from emulator.marking.verdicts import judge, learn
from emulator.storage import Storage

CIS = "0104600000000015215ABcdEFgh1234"
GTIN = "04600000000015"
NOW = datetime(2026, 3, 2, 9, 15, tzinfo=MOSCOW)
OURS = "7700000000"
SOLD, PARTLY, BACK, PARTLY_BACK, UNCHANGED = 1, 2, 3, 4, 255


def verdict(
    facts: CodeFacts, planned: int = SOLD, *, tail_fits: bool = True, now: datetime = NOW
) -> tuple[int, int, str]:
    found = judge(facts, planned=planned, inn=OURS, now=now, genuine=tail_fits, gtin=GTIN)
    return found.result, found.status, found.why


def told(**changes: Any) -> CodeFacts:
    return CodeBook().put(CIS, changes)


def test_a_code_that_nobody_told_of_is_in_circulation():
    facts = CodeBook().facts(CIS)
    assert (facts.known, facts.status, facts.found, facts.verified, facts.realizable) == (
        False,
        Status.IN_CIRCULATION,
        True,
        True,
        True,
    )
    assert verdict(facts) == (15, 1, "")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "sold"}, (7, 2, "sold")),
        ({"status": "emitted"}, (7, 2, "emitted")),
        ({"status": "withdrawn"}, (7, 2, "withdrawn")),
        ({"status": "partly_sold"}, (7, 2, "partly_sold")),
        ({"status": "returned"}, (15, 1, "")),
        ({"blocked": True}, (7, 3, "blocked")),
        ({"status": "blocked"}, (7, 3, "blocked")),
        ({"owner": "5099999990"}, (7, 2, "foreign_owner")),
        ({"owner": OURS}, (15, 1, "")),
        ({"expires": "2026-03-02T09:14:59+03:00"}, (7, 2, "expired")),
        ({"expires": "2026-03-02T09:15:01+03:00"}, (15, 1, "")),
        ({"expires": "2026-03-02"}, (7, 2, "expired")),
        ({"status": "expired"}, (7, 2, "expired")),
        ({"gtin": "04600000000008"}, (7, 2, "other_gtin")),
        ({"gtin": GTIN}, (15, 1, "")),
        ({"found": False}, (7, 2, "not_found")),
        ({"status": "not_found"}, (7, 2, "not_found")),
        ({"verified": False}, (5, 2, "counterfeit")),
        ({"status": "SOLD"}, (7, 2, "sold")),
        ({"status": "INTRODUCED"}, (15, 1, "")),
        ({"status": "RETIRED"}, (7, 2, "withdrawn")),
        ({"sold": True}, (7, 2, "sold")),
        ({"expired": True, "blocked": True}, (7, 3, "blocked")),
        ({"foreign_owner": True}, (7, 2, "foreign_owner")),
    ],
)
def test_what_is_wrong_with_a_sale(changes: dict[str, Any], expected: tuple[int, int, str]):
    assert verdict(told(**changes)) == expected


def test_a_spoilt_crypto_part_is_negative_whatever_the_book_says():
    assert verdict(told(status="in_circulation"), tail_fits=False) == (5, 2, "counterfeit")


@pytest.mark.parametrize(
    ("status", "right"),
    [
        ("in_circulation", {SOLD, PARTLY, UNCHANGED}),
        ("partly_sold", {PARTLY, PARTLY_BACK, UNCHANGED}),
        ("sold", {BACK, PARTLY_BACK, UNCHANGED}),
        ("returned", {SOLD, PARTLY, UNCHANGED}),
        ("withdrawn", {UNCHANGED}),
    ],
)
def test_which_movement_may_follow_which_status(status: str, right: set[int]):
    every = {SOLD, PARTLY, BACK, PARTLY_BACK, UNCHANGED}
    assert {planned for planned in every if verdict(told(status=status), planned)[1] == 1} == right


def test_a_code_sold_before_the_book_was_begun_comes_back():
    assert verdict(CodeFacts(cis=CIS), BACK) == (15, 1, "")


def test_foreign_and_expired_goods_may_come_back():
    assert verdict(told(status="sold", owner="5099999990", expires="2020-01-01T00:00:00+03:00"), BACK)[1] == 1


def test_the_life_of_a_code():
    book = CodeBook()
    for assigned, status in ((SOLD, Status.SOLD), (BACK, Status.RETURNED), (PARTLY, Status.PARTLY_SOLD)):
        learn(book, CIS, assigned)
        assert book.facts(CIS).status is status
    learn(book, CIS, UNCHANGED)
    assert book.facts(CIS).status is Status.PARTLY_SOLD


def test_a_change_keeps_the_rest_and_outlives_the_process(tmp_path: Path):
    storage = Storage(tmp_path)
    book = CodeBook(storage)
    book.put(CIS, {"owner": OURS, "mrp": 9500, "groups": [2, 5], "expires": (NOW + timedelta(days=1)).isoformat()})
    book.sold(CIS)
    storage.close()
    again = Storage(tmp_path)
    facts = CodeBook(again).facts(CIS)
    again.close()
    assert (facts.status, facts.owner, facts.mrp, facts.groups) == (Status.SOLD, OURS, 9500, (2, 5))
    assert facts.expires == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "eaten"},
        {"color": "red"},
        {"color": True},
        {"sold": False},
        {"owner": "12"},
        {"expires": "soon"},
        {"blocked": 1},
        {"gtin": "460"},
        {"mrp": -1},
        {"groups": ["shoes"]},
    ],
)
def test_a_wrong_field_is_named_and_changes_nothing(changes: dict[str, Any]):
    book = CodeBook()
    with pytest.raises(ValueError, match=next(iter(changes))):
        book.put(CIS, changes)
    assert not book.facts(CIS).known


def test_to_forget_is_to_start_over():
    book = CodeBook()
    book.sold(CIS)
    assert [facts.cis for facts in book.known()] == [CIS]
    assert book.forget(CIS)
    assert not book.forget(CIS)
    assert book.facts(CIS) == CodeFacts(cis=CIS)


@pytest.mark.parametrize("length", [44, 88])
def test_the_test_key(length: int):
    code = signed(CIS.encode(), length)
    assert len(tail(CIS.encode(), length)) == length + 10
    assert genuine(code) is True
    for place in (4, 20, len(code) - 3):
        assert genuine(code[:place] + bytes([code[place] ^ 1]) + code[place + 1 :]) is False
    assert genuine(code.replace(b"917E57", b"91EE06")) is None
    assert genuine(CIS.encode() + b"\x1d93dGVz") is None
