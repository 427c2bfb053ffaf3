from __future__ import annotations

from datetime import UTC, datetime

from api_world import World, a_body

from gateway.api.traces import explained
from gateway.journal.records import TraceRow

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def row(direction: str, data: bytes) -> TraceRow:
    return TraceRow(at=AT, register="kkt-1", job_id="1", direction=direction, data=data)


def test_a_frame_cut_by_reads_is_explained_whole() -> None:
    # Short status query of Shtrih-M: STX, length 5, command 10h, password 30, LRC.
    frame = bytes.fromhex("02 05 10 1E 00 00 00 0B")
    rows = [row(">", b"\x05"), row("<", b"\x15"), row(">", frame[:3]), row(">", frame[3:])]
    exchanges = explained(rows, "shtrih", masked=False)
    assert [one["direction"] for one in exchanges] == [">", "<", ">"]
    assert exchanges[2]["hex"] == "02 05 10 1e 00 00 00 0b"
    assert "10h" in exchanges[2]["explained"]
    assert "password: ***" in exchanges[2]["explained"]


def test_an_unknown_family_shows_its_bytes() -> None:
    (one,) = explained([row(">", b"\x01\x02")], "auto", masked=False)
    assert (one["hex"], one["explained"]) == ("01 02", "")


def test_who_posts_receipts_sees_no_bytes_and_no_password() -> None:
    frame = bytes.fromhex("02 05 10 1E 00 00 00 0B")
    (one,) = explained([row(">", frame)], "shtrih", masked=True)
    assert one["hex"] == ""
    assert "10h short_status" in one["explained"]
    assert "password: ***" in one["explained"]


async def test_the_trace_is_masked_by_scope(world: World) -> None:
    """The same job, three tokens: the paper's text and the buyer are for the technician only."""
    await world.post("/api/v1/receipts?wait=60", a_body())
    frame = bytes.fromhex("02 05 10 1E 00 00 00 0B")
    world.traces.record("kkt-1", "1001", ">", frame)
    world.traces.record("kkt-1", "1001", "!", b"sent to buyer@example.ru")
    for token, masked in ((world.receipts, True), (world.admin, False)):
        status, answer, _ = await world.get("/api/v1/receipts/1001/trace", token=token)
        assert (status, answer["masked"]) == (200, masked)
        assert (frame.hex(" ") in str(answer)) is not masked
        assert ("buyer@example.ru" in str(answer)) is not masked
    status, _, _ = await world.get("/api/v1/receipts/1001/trace", token=world.devices)
    assert status == 403
