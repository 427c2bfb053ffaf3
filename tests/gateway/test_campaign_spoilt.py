"""What the campaigns excuse of receipts that a line spoilt past a one-byte checksum, and what they never do."""

from __future__ import annotations

from typing import Any

import pytest
from mischief import Act, Kind, Line, Strike, Way
from processes import goods
from simulation.life import live
from spoilt import excused, hurt

from protocols.shtrih.framing import encode_v1, encode_v2

CLOSING = encode_v1(bytes.fromhex("ff451e000000") + bytes(40))
EMAIL = encode_v1(bytes.fromhex("ff0c1e000000") + (1008).to_bytes(2, "little") + b"\x03\x00a@b")
#: Seed 3010 of the real processes.
TOLD = ("1055: asked 2, the drive holds 1", "1031: asked 0, the drive holds 1629308", "1081: asked 1629332, …")


def swallowed(way: Way = Way.TO_REGISTER, kind: Kind = Kind.SWALLOW) -> Strike:
    return Strike(kind=kind, way=way, at=9, length=2)


def test_what_one_hurt_command_stated_and_the_job_tells() -> None:
    (tags,) = {hurt(swallowed(), CLOSING)}
    assert excused(TOLD, {1055, 1031, 1081}, [tags])
    assert excused(("1059[2]/1079: asked 1, the drive holds 2",), {1059}, [frozenset({1059})])
    assert hurt(swallowed(), EMAIL) == {1008}


@pytest.mark.parametrize(
    ("told", "differ", "found"),
    [
        ((), {1031}, [frozenset({1031})]),  # nobody says so
        (TOLD[:1], {1055, 1031}, [frozenset({1031, 1055})]),  # not all of it is told
        (TOLD, {1055, 1031, 1081}, []),  # the line hurt nothing
        (TOLD, {1055, 1031, 1081}, [frozenset({1059})]),  # or another command
        ((*TOLD, "1008: asked a, …"), {1008}, [frozenset({1055, 1031, 1081}), frozenset({1008})]),  # or it takes two
        (TOLD, {0}, [frozenset({1055, 1031, 1081})]),  # another kind of document, a line too many
    ],
)
def test_nothing_else_is_excused(told: tuple[str, ...], differ: set[int], found: list[frozenset[int]]) -> None:
    assert not excused(told, differ, found)


@pytest.mark.parametrize(
    ("strike", "chunk"),
    [
        (swallowed(Way.TO_HOST), CLOSING),
        (swallowed(kind=Kind.DELAY), CLOSING),
        (swallowed(), CLOSING[:20]),  # no whole frame to tell what it stated
        (swallowed(), encode_v2(7, bytes.fromhex("ff451e000000") + bytes(40))),  # two bytes of checksum
    ],
)
def test_nothing_is_hurt_by_what_leaves_a_command_whole_or_is_summed_up_better(strike: Strike, chunk: bytes) -> None:
    assert not hurt(strike, chunk)


def test_differences_are_told_by_their_first_tag() -> None:
    assert goods.tags_of(["1055: 1 instead of 2", "line 0 1079: 1", "2 lines instead of 1", "document 31"]) == {
        *(1055, 1059),
        0,
    }


class Swaps(Line):
    """Closes one receipt with cash and card swapped: ten bytes changed in pairs, and the same checksum."""

    told = True
    done = False

    def through(self, way: Way, data: bytes) -> list[Act]:
        if not Swaps.done and way is Way.TO_REGISTER and data[2:4] == b"\xff\x45" and data[8:13] != data[13:18]:
            Swaps.done = True
            self.chunk = data
            if Swaps.told:
                self._on_strike(swallowed())
            data = data[:8] + data[13:18] + data[8:13] + data[18:]
        return super().through(way, data)


@pytest.mark.parametrize("told", [True, False])
def test_the_simulation_counts_it_apart_only_when_it_was_the_line(monkeypatch: Any, *, told: bool) -> None:
    monkeypatch.setattr("simulation.world.Line", Swaps)
    monkeypatch.setattr(Swaps, "told", told)
    monkeypatch.setattr(Swaps, "done", False)
    result = live(7)
    assert Swaps.done
    assert [one.kind for one in result.spoilt] == ["spoilt"] * told
    assert {one.kind for one in result.findings} == (set() if told else {"wrong"})
