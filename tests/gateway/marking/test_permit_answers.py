"""Answers of foreign programs read: samples as public clients show them, and whatever else may come."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.marking.permit.facts import BadAnswer, checked, loaded, responses, results
from protocols.marking import parse

#: ТС ПИоТ v1, offline: as a comment of a public till shows it (Cash8: PIOT.cs); the codes are its own.
PIOT_V1 = """{"codesResponse": {"codesResponse": [{"code": 0, "codes": [{"cis": "0104670540176099215MpGKy",
 "found": false, "valid": false, "printView": "0104670540176099215MpGKy", "gtin": "04670540176099", "groupIds": [],
 "verified": false, "realizable": false, "utilised": false, "isBlocked": true, "ogvs": []}],
 "reqId": "c9188551-817a-85a7-93e4-7042d907ab13", "reqTimestamp": "1757681987579", "isCheckedOffline": true,
 "version": "6e7f1224-0e08-41ed-844c-d386675f4e50", "inst": "4679b3db-da6a-44e0-a2e6-a684437bafb0"}]}}"""
CODE = "0104670540176099215MpGKy\x1d93dGVz"
#: The whole envelope of a CDN answer, with the fields its clients declare (marking.md §4.1).
CDN: dict[str, Any] = {
    "code": 0,
    "description": "ok",
    "codes": [
        {
            "cis": "0104670540176099215MpGKy",
            "valid": True,
            "printView": "0104670540176099215MpGKy",
            "gtin": "04670540176099",
            "groupIds": [8],
            "verified": True,
            "found": True,
            "realizable": True,
            "utilised": True,
            "expireDate": "2026-04-01T00:00:00.000Z",
            "productionDate": "2026-02-20T00:00:00.000Z",
            "variableExpirations": "",
            "isOwner": True,
            "isBlocked": False,
            "ogvs": [],
            "errorCode": 0,
            "isTracking": False,
            "sold": False,
            "eliminationState": 0,
            "mrp": 19900.0,
            "smp": 12900,
            "packageType": "UNIT",
            "packageQuantity": "10",
            "somethingNew": {"never": "seen"},
        }
    ],
    "reqId": "42a6a883-1111-4222-8333-444455556666",
    "reqTimestamp": 1785764594397,
}


def test_an_offline_answer_of_the_first_version() -> None:
    (inner,) = responses(loaded(PIOT_V1.encode()))
    answer = checked(inner)
    facts = answer.about(parse(CODE))
    assert facts is not None
    assert (answer.offline, facts.blocked, facts.found) == (True, True, False)
    assert answer.requisite == (
        "UUID=c9188551-817a-85a7-93e4-7042d907ab13&Time=1757681987579"
        "&Inst=4679b3db-da6a-44e0-a2e6-a684437bafb0&Ver=6e7f1224-0e08-41ed-844c-d386675f4e50"
    )


def test_an_online_answer() -> None:
    answer = checked(CDN)
    facts = answer.about(parse(CODE))
    assert facts is not None
    assert (facts.mrp, facts.smp, facts.package_quantity, facts.groups) == (19900, 12900, 10, (8,))
    assert facts.expires == datetime(2026, 4, 1, tzinfo=UTC)
    # the form of the value seen on a real receipt of 2026 (marking.md §4.3)
    assert answer.requisite == "UUID=42a6a883-1111-4222-8333-444455556666&Time=1785764594397"


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-04-01", date(2026, 4, 1)),
        ("2026-04-01T10:00:00+03:00", datetime(2026, 4, 1, 7, 0, tzinfo=UTC)),
        ("2026-04-01T10:00:00", date(2026, 4, 1)),
        ("01.04.2026", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_dates(value: object, read: object) -> None:
    entry = {**CDN["codes"][0], "expireDate": value}
    assert checked({**CDN, "codes": [entry]}).facts[0].expires == read


@pytest.mark.parametrize("value", ["false", 0, None, [], {}])
def test_a_flag_of_another_type_is_no_flag(value: object) -> None:
    entry = {**CDN["codes"][0], "found": value, "verified": value, "valid": value}
    facts = checked({**CDN, "codes": [entry]}).facts[0]
    assert (facts.found, facts.verified, facts.valid) == (None, None, None)


@pytest.mark.parametrize(
    ("code", "cis", "print_view", "same"),
    [
        (CODE, "0104670540176099215MpGKy", "", True),
        (CODE, CODE, "", True),
        (CODE, "", "0104670540176099215MpGKy", True),
        (CODE, "0104670540176099215MpGK", "", False),
        (CODE, "0104670540176099215MpGKz", "", False),
        (CODE, "0104670540176099215MpGKyy", "", False),
        (CODE, "", "", False),
        # a block with the price between identification and proof, a pack with its price
        ("010461013628057121%008iVk\x1d8005180000\x1d93dGVz", "010461013628057121%008iVk\x1d8005180000", "", True),
        ("010461013628057121%008iVk\x1d8005180000\x1d93dGVz", "010461013628057121%008iVk", "", True),
        ("04601653035829H;dV)bFACVUdGVz", "04601653035829H;dV)bFACVU", "04601653035829H;dV)bF", True),
        ("04601653035829H;dV)bFACVUdGVz", "04601653035829H;dV)bFABVU", "", False),
    ],
)
def test_which_entry_is_about_a_code(code: str, cis: str, print_view: str, same: bool) -> None:
    answer = checked({**CDN, "codes": [{"cis": cis, "printView": print_view}]})
    assert (answer.about(parse(code)) is not None) == same


@pytest.mark.parametrize(
    "changes",
    [
        {"codes": None},
        {"codes": {}},
        {"reqId": None},
        {"reqId": "UUID&Time=0"},
        {"reqId": ""},
        {"reqTimestamp": None},
        {"reqTimestamp": "yesterday"},
        {"reqTimestamp": 1785764594},
        {"isCheckedOffline": True},
        {"isCheckedOffline": True, "inst": "a", "version": "1&Ver=2"},
    ],
)
def test_an_answer_the_receipt_could_not_bear_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(BadAnswer):
        checked({**CDN, **changes})


def test_a_local_answer_may_leave_its_instance_to_the_status() -> None:
    answer = checked({**CDN, "isCheckedOffline": True}, instance="inst-1", version="1.5")
    assert answer.requisite.endswith("&Inst=inst-1&Ver=1.5")


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b"{", b"null", b"\xff\xfe", b'{"a":' * 100_000])
def test_what_is_no_object_is_no_answer(body: bytes) -> None:
    with pytest.raises(BadAnswer):
        loaded(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["codes", "codesResponse", "results", "cis", "reqId", "reqTimestamp", "inst", "version", "code",
                         "groupIds", "expireDate", "mrp", "smp", "packageType", "valid", "x"]),
        inner,
        max_size=5,
    ),
    max_leaves=15,
)  # fmt: skip


@given(JSON)
def test_any_json_is_read_or_refused(value: Any) -> None:
    body = json.dumps({"codesResponse": value, "results": value, **(value if isinstance(value, dict) else {})})
    for unwrap in (lambda one: (one,), responses, results):
        try:
            for inner in unwrap(loaded(body.encode())):
                checked(inner).about(parse(CODE))
        except BadAnswer:
            pass
