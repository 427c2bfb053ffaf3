"""Faults as data: parsed strictly, matched in order, counted down."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.fault_kinds import KINDS
from emulator.faults import Fault, FaultKind, FaultPoint, Faults, PowerLoss, all_of, as_json, from_json
from emulator.registers.refusals import Refusal

CLOSE = 0xFF45
STATUS = 0x10


def names(name: str) -> int | None:
    return CLOSE if name == "close_receipt_v2" else None


def at_commit(faults: Faults, point: FaultPoint) -> None:
    faults.at_commit(CLOSE, point, timeout=0x2F)


@pytest.fixture
def faults() -> Faults:
    return Faults(Random(1), names)


def test_a_fault_waits_for_its_command_and_its_point(faults: Faults) -> None:
    fault = faults.parse({"kind": "drop_answer", "command": "close_receipt_v2"})
    faults.add(fault)
    assert faults.take(STATUS, FaultPoint.ANSWER) is None
    assert faults.take(CLOSE, FaultPoint.COMMAND) is None
    assert faults.take(CLOSE, FaultPoint.ANSWER) == fault
    assert faults.take(CLOSE, FaultPoint.ANSWER) is None
    assert faults.listed() == []


def test_faults_work_in_the_order_they_were_added_and_count_down(faults: Faults) -> None:
    faults.add(Fault(kind=FaultKind.CUT, count=2, after_bytes=3))
    faults.add(Fault(kind=FaultKind.GARBLE, command=STATUS))
    struck = [faults.take(STATUS, FaultPoint.ANSWER) for _ in range(4)]
    assert [fault and fault.kind for fault in struck] == ["cut", "cut", "garble", None]
    assert struck[1].after_bytes == 3


def test_listing_shows_what_is_left_and_removing_takes_one(faults: Faults) -> None:
    first = faults.add(Fault(kind=FaultKind.SLOW, count=3, seconds=1.5))
    second = faults.add(Fault(kind=FaultKind.COVER_OPEN, command=CLOSE))
    faults.take(STATUS, FaultPoint.ANSWER)
    assert faults.listed() == [
        {"id": first, "kind": "slow", "command": None, "count": 2, "after_bytes": 0, "seconds": 1.5},
        {"id": second, "kind": "cover_open", "command": "FF45", "count": 1, "after_bytes": 0, "seconds": 0.0},
    ]
    assert faults.remove(first)
    assert not faults.remove(first)
    faults.clear()
    assert faults.listed() == []


def test_power_fails_at_its_side_of_the_commit(faults: Faults) -> None:
    faults.add(faults.parse({"kind": "power_after_commit", "command": "FF45", "seconds": 3}))
    at_commit(faults, FaultPoint.COMMIT)
    with pytest.raises(PowerLoss) as lost:
        at_commit(faults, FaultPoint.COMMITTED)
    assert lost.value.seconds == 3
    at_commit(faults, FaultPoint.COMMITTED)


def test_the_drive_may_keep_a_document_and_say_no(faults: Faults) -> None:
    faults.add(faults.parse({"kind": "drive_error_kept", "error": "03"}))
    at_commit(faults, FaultPoint.COMMIT)
    with pytest.raises(Refusal) as said:
        at_commit(faults, FaultPoint.COMMITTED)
    assert said.value.number == 3
    faults.add(faults.parse({"kind": "drive_error_kept"}))
    with pytest.raises(Refusal) as said:
        at_commit(faults, FaultPoint.COMMITTED)
    assert said.value.number == 0x2F, "the family's own number"


def test_every_kind_is_described_and_says_what_it_reads() -> None:
    assert set(KINDS) == set(FaultKind)
    for kind, row in KINDS.items():
        fault = from_json({"kind": str(kind)})
        assert {name: getattr(fault, name) for name in row.uses} == row.uses
        assert all(f"`{name}`" in row.what or row.what.startswith("as `") for name in row.uses), kind


@given(st.binary(min_size=1), st.integers())
def test_garbling_changes_exactly_one_byte_and_follows_the_seed(data: bytes, seed: int) -> None:
    garbled = Faults(Random(seed)).garble(data)
    assert len(garbled) == len(data)
    assert sum(a != b for a, b in zip(data, garbled, strict=True)) == 1
    assert Faults(Random(seed)).garble(data) == garbled


def test_command_line_faults() -> None:
    assert all_of(
        ["paper_out", "cut:command=ff45,after_bytes=7,count=2", "slow:seconds=0.5", "drive_error:error=6"], names
    ) == [
        Fault(kind=FaultKind.PAPER_OUT),
        Fault(kind=FaultKind.CUT, command=CLOSE, after_bytes=7, count=2),
        Fault(kind=FaultKind.SLOW, seconds=0.5),
        Fault(kind=FaultKind.DRIVE_ERROR, error=6),
    ]


def test_a_name_wins_over_hexadecimal_digits() -> None:
    # 29h "feed" of the Shtrih-M table also reads as the hexadecimal number FEED.
    assert all_of(["delay:command=feed"], lambda name: 0x29)[0].command == 0x29


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "kind"),
        ({"kind": "fire"}, "kind"),
        ({"kind": ["cut"]}, "kind"),
        ({"kind": "cut", "comand": "FF45"}, "comand"),
        ({"kind": "cut", "command": 69}, "command"),
        ({"kind": "cut", "command": "no such"}, "no such"),
        ({"kind": "cut", "command": "FFFFF"}, "FFFFF"),
        ({"kind": "cut", "count": 0}, "count"),
        ({"kind": "cut", "count": 1.5}, "count"),
        ({"kind": "cut", "count": True}, "count"),
        ({"kind": "cut", "after_bytes": -1}, "after_bytes"),
        ({"kind": "slow", "seconds": "1"}, "seconds"),
        ({"kind": "slow", "seconds": float("nan")}, "seconds"),
        ({"kind": "drive_error", "error": 3}, "error"),
        ({"kind": "drive_error", "error": "no"}, "error"),
        ({"kind": "drive_error", "error": "100"}, "error"),
        ({"kind": "drive_error", "error": "00"}, "error"),
    ],
)
def test_a_wrong_field_is_named(body: dict, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        from_json(body, names)


@pytest.mark.parametrize("text", ["", "cut:command", "cut:count=x", "slow:seconds=nan", "cut:seconds=-1"])
def test_a_malformed_command_line_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        all_of([text], names)


@given(
    st.builds(
        Fault,
        kind=st.sampled_from(FaultKind),
        command=st.none() | st.integers(0, 0xFFFF),
        count=st.integers(1, 1000),
        after_bytes=st.integers(0, 1000),
        seconds=st.floats(0, 1000),
        error=st.integers(1, 0xFF),
    ).map(lambda fault: fault if "error" in KINDS[fault.kind].uses else replace(fault, error=0))
)
def test_json_round_trip(fault: Fault) -> None:
    assert from_json(as_json(fault)) == fault
