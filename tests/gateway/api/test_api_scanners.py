"""Scanners over HTTP: the list, the stream, and each scan to one caller."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from api_world import World, gateway_world
from fake_scanner import PACK, SHOES, Wire

from gateway.rim import now
from gateway.scanners import Hub, Watched
from gateway.scanners import feed as feeds

SCANNERS = "/api/v1/scanners"
EVENTS = f"{SCANNERS}/scan-1/events"
CLAIM = f"{SCANNERS}/scan-1/claim"


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def counter(tmp_path: Path, wire: Wire) -> AsyncIterator[World]:
    """A gateway with one scanner at hand and one that is away."""
    away = Wire(there=False)
    hub = Hub(
        {
            "scan-1": Watched(name="scan-1", link="serial:/dev/ttyACM1", make=wire.make, window=0.0),
            "scan-2": Watched(name="scan-2", link="hid:/dev/input/event7", make=away.make),
        },
        now=now,
    )
    async with gateway_world(tmp_path, scanners=hub) as world:
        hub.start()
        await asyncio.sleep(0)
        yield world
        await hub.stop()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - a state inside, nothing tells of it
            await asyncio.sleep(0)


async def scans(world: World, count: int) -> None:
    """Until the scanner has told so many."""
    await until(lambda: len(world.api.context.scanners.feeds["scan-1"]._kept) >= count)


async def somebody_waits(world: World) -> None:
    """Until a caller waits for a scan."""
    await until(lambda: world.api.context.scanners.feeds["scan-1"]._waiters)


@asynccontextmanager
async def listening(world: World, query: str = "", **headers: str) -> AsyncIterator[Any]:
    sent = {"Authorization": f"Bearer {world.devices}", **headers}
    async with world.http.get(world.url + EVENTS + query, headers=sent) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        assert await answer.content.readuntil(b"\n\n") == b"retry: 2000\n\n"
        yield answer.content


async def one(content: Any) -> dict[str, Any]:
    async with asyncio.timeout(5):
        lines = (await content.readuntil(b"\n\n")).decode().strip().splitlines()
    fields = dict(line.partition(": ")[::2] for line in lines)
    return {**json.loads(fields["data"]), "sse": (fields["event"], fields.get("id"))}


async def test_the_list_tells_state_last_error_and_last_scan(counter: World, wire: Wire) -> None:
    wire.scan(SHOES)
    await scans(counter, 1)
    status, body, _ = await counter.get(SCANNERS, token=counter.devices)
    assert status == 200
    first, second = body["scanners"]
    assert (first["name"], first["link"], first["kind"]) == ("scan-1", "serial:/dev/ttyACM1", "serial")
    assert (first["state"], first["error"], first["scans"], first["emulated"]) == ("connected", None, 1, False)
    assert first["last"]["code"]["gtin"] == "04600439931256"
    assert (second["state"], second["last"]) == ("away", None)
    assert second["error"]["code"] == "link_no_port"
    assert second["error"]["hint"]


async def test_a_scan_as_callers_see_it(counter: World, wire: Wire) -> None:
    async with listening(counter) as content:
        wire.scan(SHOES)
        scan = await one(content)
    assert scan["sse"] == ("scan", str(scan["id"]))
    assert scan["scanner"] == "scan-1"
    assert base64.b64decode(scan["raw_base64"]) == SHOES
    assert scan["symbology"] == "]d2"
    assert scan["fault"] is None
    assert "packets" not in scan
    code = scan["code"]
    assert set(code) == {"raw", "symbology", "kind", "gtin", "serial", "cis", "mrp", "weight", "warnings"}
    assert code["raw"].encode() == SHOES
    assert (code["kind"], code["cis"], code["mrp"]) == ("gs1", "0104600439931256215Qbag!", None)


async def test_the_devices_own_bytes_come_when_asked_for(counter: World, wire: Wire) -> None:
    async with listening(counter, "?details=1") as content:
        wire.scan(PACK, "]d1")
        scan = await one(content)
    assert [bytes.fromhex(packet) for packet in scan["packets"]] == [PACK + b"\r"]
    assert scan["explained"] == [PACK.decode() + "<CR>"]
    assert (scan["code"]["kind"], scan["code"]["mrp"]) == ("tobacco29", "95.00")


async def test_a_scan_that_is_no_code_tells_why_and_what_to_do(counter: World, wire: Wire) -> None:
    async with listening(counter) as content:
        wire.scan(SHOES[:30], notes=("truncated",))
        scan = await one(content)
    assert scan["code"] is None
    assert scan["fault"]["code"] == "truncated"
    assert scan["fault"]["hint"]
    assert [note["code"] for note in scan["notes"]] == ["truncated"]


async def test_a_reader_goes_on_where_it_stopped(counter: World, wire: Wire) -> None:
    async with listening(counter) as content:
        wire.scan(SHOES)
        seen = (await one(content))["id"]
    wire.scan(PACK)
    await scans(counter, 2)
    async with listening(counter, **{"Last-Event-ID": str(seen)}) as content:
        wire.scan(SHOES)
        codes = [(await one(content))["code"]["kind"] for _ in range(2)]
    assert codes == ["tobacco29", "gs1"]


async def test_a_reader_from_another_life_hears_all_there_is_and_that_it_missed_some(
    counter: World, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "KEPT", 2)
    for _ in range(4):
        wire.scan(SHOES)
    await scans(counter, 2)
    newest = (await counter.api.context.scanners.feeds["scan-1"].past(0, 9))[-1].id
    for after in (1, newest + 1_000_000):
        headers = {"Authorization": f"Bearer {counter.devices}", "Last-Event-ID": str(after)}
        async with counter.http.get(counter.url + EVENTS, headers=headers) as answer:
            await answer.content.readuntil(b"\n\n")
            assert (await one(answer.content))["sse"] == ("missed", None)
            assert [(await one(answer.content))["code"]["kind"] for _ in range(2)] == ["gs1", "gs1"]


async def test_a_claim_waits_for_the_next_scan(counter: World, wire: Wire) -> None:
    waiting = asyncio.create_task(counter.post(f"{CLAIM}?wait=60", token=counter.devices))
    await somebody_waits(counter)
    wire.scan(SHOES)
    status, body, _ = await waiting
    assert (status, body["scan"]["code"]["gtin"]) == (200, "04600439931256")
    assert (await counter.post(CLAIM))[1] == {"scan": None}


async def test_each_scan_goes_to_one_of_two_callers(counter: World, wire: Wire) -> None:
    async def till(name: str) -> list[int]:
        found = []
        for number in range(10):
            _, body, _ = await counter.post(f"{CLAIM}?wait=0.3", {"id": f"{name}-{number}"})
            found += [body["scan"]["id"]] if body["scan"] else []
        return found

    for _ in range(12):
        wire.scan(SHOES)
    left, right = await asyncio.gather(till("a"), till("b"))
    assert len({*left, *right}) == len(left) + len(right) == 12
    assert left
    assert right


async def test_a_lost_answer_is_asked_for_again_under_its_key(counter: World, wire: Wire) -> None:
    wire.scan(SHOES)
    wire.scan(PACK)
    await scans(counter, 2)
    first = (await counter.post(CLAIM, headers={"Idempotency-Key": "r1"}))[1]
    assert (await counter.post(CLAIM, {"id": "r1"}))[1] == first
    assert (await counter.post(CLAIM, {"id": "r2"}))[1] != first
    _, body, _ = await counter.get(SCANNERS)
    assert body["scanners"][0]["claimed"] == 2


async def test_a_caller_that_hangs_up_takes_no_scan(counter: World, wire: Wire) -> None:
    feed = counter.api.context.scanners.feeds["scan-1"]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await counter.post(f"{CLAIM}?wait=60")
    await until(lambda: not feed._waiters)
    wire.scan(SHOES)
    assert (await counter.post(f"{CLAIM}?wait=5"))[1]["scan"]["code"]["serial"] == "5Qbag!"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (f"{SCANNERS}/scan-9/claim", {}, 404, "scanner_not_found"),
        (CLAIM, {"id": "ключ"}, 422, "body_invalid"),
        (CLAIM, {"max_age": -1}, 422, "body_invalid"),
        (CLAIM, {"max_age": 5.5}, 422, "body_invalid"),
        (CLAIM, {"old": 1}, 422, "body_invalid"),
        (f"{CLAIM}?wait=x", {}, 422, "query_invalid"),
    ],
)
async def test_what_cannot_be_claimed(counter: World, path: str, body: Any, status: int, code: str) -> None:
    got, problem, _ = await counter.post(path, body)
    assert (got, problem["code"]) == (status, code)
    assert problem["hint"]


async def test_two_keys_that_differ_are_refused(counter: World) -> None:
    _, problem, _ = await counter.post(CLAIM, {"id": "a"}, headers={"Idempotency-Key": "b"})
    assert [fault["code"] for fault in problem["errors"]] == ["key_mismatch"]


async def test_no_body_at_all_is_fine_and_a_get_takes_nothing(counter: World, wire: Wire) -> None:
    wire.scan(SHOES)
    await scans(counter, 1)
    assert (await counter.get(CLAIM))[0] == 405
    assert (await counter.call("POST", CLAIM))[1]["scan"]["code"]["serial"] == "5Qbag!"


async def test_a_stream_of_nobody_and_a_bad_id(counter: World) -> None:
    assert (await counter.get(f"{SCANNERS}/scan-9/events"))[0] == 404
    assert (await counter.get(EVENTS, headers={"Last-Event-ID": "x"}))[0] == 422
    assert (await counter.get(f"{EVENTS}?colour=red"))[0] == 422


async def test_scanners_are_the_devices_scope(counter: World) -> None:
    for method, path in (("GET", SCANNERS), ("GET", EVENTS), ("POST", CLAIM)):
        assert (await counter.call(method, path, token=counter.receipts))[0] == 403


async def test_streams_and_callers_hear_of_the_end(counter: World) -> None:
    waiting = asyncio.create_task(counter.post(f"{CLAIM}?wait=60"))
    hub = counter.api.context.scanners
    await somebody_waits(counter)
    async with listening(counter) as content:
        await hub.stop()
        async with asyncio.timeout(5):
            assert await content.read() == b""
    assert (await waiting)[1] == {"scan": None}


async def test_metrics_count_scans(counter: World, wire: Wire) -> None:
    wire.scan(SHOES)
    wire.scan(b"x" * 300, notes=("glued",))
    await scans(counter, 2)
    await counter.post(CLAIM)
    _, text, _ = await counter.get("/metrics")
    for line in (
        b'fiscal_gateway_scanner_connected{scanner="scan-1"} 1.0',
        b'fiscal_gateway_scanner_connected{scanner="scan-2"} 0.0',
        b'fiscal_gateway_scanner_scans_total{scanner="scan-1"} 2.0',
        b'fiscal_gateway_scanner_faults_total{scanner="scan-1"} 1.0',
        b'fiscal_gateway_scanner_claimed_total{scanner="scan-1"} 1.0',
    ):
        assert line in text
