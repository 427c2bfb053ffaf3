from __future__ import annotations

from datetime import UTC, datetime

from gateway.api.traces import explained
from gateway.journal.records import TraceRow

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def row(direction: str, data: bytes) -> TraceRow:
    return TraceRow(at=AT, register="kkt-1", job_id="1", direction=direction, data=data)


def test_a_frame_cut_by_reads_is_explained_whole() -> None:
    # Short status query of Shtrih-M: STX, length 5, command 10h, password 30, LRC.
    frame = bytes.fromhex("02 05 10 1E 00 00 00 0B")
    exchanges = explained([row(">", b"\x05"), row("<", b"\x15"), row(">", frame[:3]), row(">", frame[3:])], "shtrih")
    assert [one["direction"] for one in exchanges] == [">", "<", ">"]
    assert exchanges[2]["hex"] == "02 05 10 1e 00 00 00 0b"
    assert "10h" in exchanges[2]["explained"]
    assert "password: ***" in exchanges[2]["explained"]


def test_an_unknown_family_shows_its_bytes() -> None:
    (one,) = explained([row(">", b"\x01\x02")], "auto")
    assert (one["hex"], one["explained"]) == ("01 02", "")
