from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from api_world import World, a_body

EVENTS = "/api/v1/events"
RECEIPTS = "/api/v1/receipts"


class Stream:
    """A reader of Server-Sent Events as browsers are: fields until an empty line."""

    def __init__(self, content: Any) -> None:
        self._content = content

    async def next(self) -> dict[str, str]:
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            while True:
                received = await self._content.readline()
                if not received:
                    raise EOFError
                line = received.decode().rstrip("\n")
                if not line and "data" in fields:
                    return fields
                name, _, value = line.partition(": ")
                if name:
                    fields[name] = value

    async def until(self, subject: str, state: str) -> list[dict[str, Any]]:
        found = []
        while True:
            event = await self.next()
            found.append({**json.loads(event["data"]), "sse_id": int(event["id"]), "sse_event": event["event"]})
            if (found[-1]["subject"], found[-1]["state"]) == (subject, state):
                return found


@asynccontextmanager
async def listening(world: World, **headers: str) -> AsyncIterator[Stream]:
    sent = {"Authorization": f"Bearer {world.receipts}", **headers}
    async with world.http.get(world.url + EVENTS, headers=sent) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        await answer.content.readuntil(b"\n\n")  # the retry line: the subscription stands
        yield Stream(answer.content)


async def last_id_before_the_cut(stream: Stream) -> int:
    seen = 0
    try:
        while True:
            seen = int((await stream.next())["id"])
    except (EOFError, ConnectionError):
        return seen


async def test_everything_about_a_receipt_is_told_live(world: World) -> None:
    async with listening(world) as stream:
        await world.post(RECEIPTS, a_body())
        events = await stream.until("1001", "done")
    states = [event["state"] for event in events if event["subject"] == "1001"]
    assert states == ["queued", "running", "done"]
    assert all(event["id"] == event["sse_id"] and event["type"] == event["sse_event"] for event in events)
    assert {"id", "at", "type", "subject", "register", "state", "data"} <= set(events[-1])


async def test_resumed_by_last_event_id_without_gap_or_repeat(world: World) -> None:
    async with listening(world) as stream:
        await world.post(f"{RECEIPTS}?wait=60", a_body())
        first = await stream.until("1001", "done")
    await world.post(f"{RECEIPTS}?wait=60", a_body(id="1002"))
    async with listening(world, **{"Last-Event-ID": str(first[-1]["id"])}) as stream:
        await world.post(RECEIPTS, a_body(id="1003"))
        second = await stream.until("1003", "done")
    numbers = [event["id"] for event in first + second]
    assert numbers == sorted(set(numbers))
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert ("1002", "done") in {(event["subject"], event["state"]) for event in second}


async def test_from_the_beginning(world: World) -> None:
    await world.post(f"{RECEIPTS}?wait=60", a_body())
    async with listening(world, **{"Last-Event-ID": "0"}) as stream:
        events = await stream.until("1001", "done")
    assert events[0]["id"] == 1


async def test_quiet_streams_get_heartbeats(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.sse.HEARTBEAT", 0.05)
    async with world.http.get(world.url + EVENTS, headers={"Authorization": f"Bearer {world.receipts}"}) as answer:
        async with asyncio.timeout(5):
            await answer.content.readuntil(b": still here\n\n")


async def test_a_reader_that_is_too_slow_is_cut_and_can_resume(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.sse.BACKLOG", 1)
    async with listening(world) as stream:
        await asyncio.gather(*(world.post(RECEIPTS, a_body(id=f"r{number}")) for number in range(30)))
        seen = await last_id_before_the_cut(stream)
    last = await world.shop.journal.last_event()
    assert seen < last
    monkeypatch.undo()
    async with listening(world, **{"Last-Event-ID": str(seen)}) as stream:
        assert int((await stream.next())["id"]) == seen + 1


async def test_streams_end_when_the_shop_stops(world: World) -> None:
    async with world.http.get(world.url + EVENTS, headers={"Authorization": f"Bearer {world.receipts}"}) as answer:
        await answer.content.readuntil(b"\n\n")
        await world.shop.drain()
        async with asyncio.timeout(5):
            await answer.content.read()


async def test_a_bad_id_and_too_many_readers_are_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await world.get(EVENTS, headers={"Last-Event-ID": "x"}))[0] == 422
    monkeypatch.setattr("gateway.api.sse.MAX_READERS", 1)
    async with listening(world):
        status, problem, _ = await world.get(EVENTS)
        assert (status, problem["code"]) == (503, "too_many_readers")


async def test_what_happens_while_the_past_is_read_is_sent_once(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = waiting.shop.journal
    read = journal.events

    async def read_late(after: int, limit: int = 500) -> Any:
        if after == 0:
            await journal.note("kkt-1", "between", {})
        return await read(after, limit)

    monkeypatch.setattr(journal, "events", read_late)
    await waiting.post(RECEIPTS, a_body())
    async with listening(waiting, **{"Last-Event-ID": "0"}) as stream:
        await stream.until("kkt-1", "between")
        await journal.note("kkt-1", "after", {})
        events = await stream.until("kkt-1", "after")
    assert [event["state"] for event in events] == ["after"]
