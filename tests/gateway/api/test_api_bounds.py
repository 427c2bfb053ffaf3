"""Everything that could grow has a bound, and past it a clean answer that says when to come back."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from api_world import World, a_body, gateway_world

from gateway.api import answers, server, sse
from gateway.journal.executor import InlineExecutor

RECEIPTS = "/api/v1/receipts"
EVENTS = "/api/v1/events"


class Slow(InlineExecutor):
    """Work that is done when it is let."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def go_on(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 — what is looked at has no event
            await asyncio.sleep(0.001)


async def test_pictures_are_drawn_elsewhere_and_not_more_than_so_many(tmp_path) -> None:
    drawing = Slow()
    async with gateway_world(tmp_path, drawing=drawing) as world:
        await world.post(f"{RECEIPTS}?wait=60", a_body())
        path = f"{RECEIPTS}/1001/picture.png"
        asked = [asyncio.ensure_future(world.get(path)) for _ in range(16)]
        await until(lambda: len(drawing.waiting) == 16)
        assert (await world.get("/health/ready"))[0] == 200  # the loop is free while they are drawn
        status, problem, headers = await world.get(path)
        assert (status, problem["code"], headers["Retry-After"]) == (503, "too_many_pictures", "1")
        status, problem, _ = await world.post(f"{RECEIPTS}?dry_run=1", a_body(id="dry"))
        assert (status, problem["code"]) == (503, "too_many_pictures")
        asked.pop().cancel()  # who goes away frees a place only when the work is done
        drawing.go_on()
        assert {status for status, _, _ in await asyncio.gather(*asked)} == {200}
        again = asyncio.ensure_future(world.get(path))
        await until(lambda: bool(drawing.waiting))
        drawing.go_on()
        assert (await again)[0] == 200


async def test_a_picture_that_cannot_be_drawn_is_an_error_and_frees_its_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.post(f"{RECEIPTS}?wait=60", a_body())

    def broken(*_: object, **__: object) -> bytes:
        raise RuntimeError("no font")

    monkeypatch.setattr("gateway.api.papers.png", broken)
    assert (await world.get(f"{RECEIPTS}/1001/picture.png"))[0] == 500
    assert world.api.context.pictures._wanted == 0


async def test_bodies_share_a_bounded_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_BODIES", 1_500_000)
    body = json.dumps(a_body()).encode()
    head = (
        f"POST {RECEIPTS} HTTP/1.1\r\nHost: {world.url[7:]}\r\nAuthorization: Bearer {world.admin}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body) + 1_000_000}\r\n\r\n"
    ).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    writer.write(head + b" " * 1000)
    await until(lambda: world.api.server.places._bodies > 0)

    async def in_pieces() -> Any:
        for _ in range(2):
            yield b" " * 1000
            await asyncio.sleep(0.01)

    status, problem, headers = await world.call(
        "POST", RECEIPTS, data=in_pieces(), headers={"Content-Type": "application/json"}
    )
    assert (status, problem["code"], headers["Retry-After"]) == (503, "too_many_bodies", "1")
    assert (await world.post(f"{RECEIPTS}?wait=60", a_body(id="small")))[0] == 201
    writer.write(b" " * 999_000 + body)
    async with asyncio.timeout(10):
        assert b" 202 " in await reader.readuntil(b"\r\n\r\n")
    assert world.api.server.places._bodies == 0
    writer.close()


async def test_strangers_cannot_make_up_labels_of_metrics(world: World) -> None:
    for number in range(30):
        await world.get(f"/nowhere/{number}")
        await world.get(f"{RECEIPTS}/unknown-{number}")
        await world.call("BREW", f"/teapot/{number}")
    assert len(world.api.counts) <= 4


# --- streams


class Deaf:
    """A reader of events that asks and never reads."""

    def __init__(self, world: World, **headers: str) -> None:
        lines = [f"GET {EVENTS} HTTP/1.1", f"Host: {world.url[7:]}", f"Authorization: Bearer {world.receipts}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._head = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self._address = ("127.0.0.1", int(world.url.rpartition(":")[2]))

    async def open(self) -> Deaf:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(0)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self.socket, self._address)
        await loop.sock_sendall(self.socket, self._head)
        return self


async def seen_ids(world: World, after: int, last: int) -> list[int]:
    """What a reader that goes on after `after` is told, until event `last`."""
    found: list[int] = []
    async with world.http.get(
        world.url + EVENTS, headers={"Authorization": f"Bearer {world.receipts}", "Last-Event-ID": str(after)}
    ) as answer:
        async with asyncio.timeout(20):
            while not found or found[-1] < last:
                line = await answer.content.readline()
                if line.startswith(b"id: "):
                    found.append(int(line[4:]))
    return found


@pytest.mark.parametrize("how", ["bytes", "time"])
async def test_a_reader_that_never_reads_is_cut_and_nobody_else_notices(
    waiting: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(sse, "SOCKET_BYTES", 4096)
    if how == "time":
        monkeypatch.setattr(server, "WRITE_SECONDS", 0.2)
        monkeypatch.setattr(sse, "BACKLOG_BYTES", 1 << 30)
    journal, shop = waiting.shop.journal, waiting.shop
    deaf = await Deaf(waiting).open()
    await until(lambda: len(shop._subscriptions) == 1)
    subscription = shop._subscriptions[0]
    reading = asyncio.ensure_future(seen_ids(waiting, 0, 600))
    await until(lambda: len(shop._subscriptions) == 2)
    for _ in range(600):
        await journal.note("kkt-1", "said", {"detail": "x" * 1500})
        await asyncio.sleep(0)
    assert await reading == list(range(1, 601))  # the other reader lost nothing
    await until(lambda: not shop._subscriptions and not waiting.api.server.places._working)
    assert subscription.cut is (how == "bytes")
    assert subscription._held <= 2 * sse.BACKLOG_BYTES
    # It comes back with what it saw last and misses nothing.
    assert await seen_ids(waiting, 7, 600) == list(range(8, 601))
    deaf.socket.close()


async def test_a_reader_that_resumes_from_far_back_and_never_reads_is_cut_too(
    waiting: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "SOCKET_BYTES", 4096)
    monkeypatch.setattr(server, "WRITE_SECONDS", 0.1)
    for _ in range(300):
        await waiting.shop.journal.note("kkt-1", "said", {"detail": "x" * 1500})
    deaf = await Deaf(waiting, **{"Last-Event-ID": "0"}).open()
    await until(lambda: len(waiting.shop._subscriptions) == 1)
    await until(lambda: not waiting.shop._subscriptions and len(waiting.api.server.places) == 0)
    deaf.socket.close()


async def test_one_event_is_encoded_once_for_all_readers(waiting: World, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    described = answers.event_object
    monkeypatch.setattr(answers, "event_object", lambda event: (encoded.append(event.id), described(event))[1])
    readers = [asyncio.ensure_future(seen_ids(waiting, 0, 1)) for _ in range(5)]
    await until(lambda: len(waiting.shop._subscriptions) == 5)
    await waiting.shop.journal.note("kkt-1", "said", {})
    assert await asyncio.gather(*readers) == [[1]] * 5
    assert encoded == [1]
