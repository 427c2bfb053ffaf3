"""More callers than places, callers that go away, callers that never read: none of them is felt by the others."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable

import pytest
from api_world import World, a_body, gateway_world

from gateway import shop as shops
from gateway.api import server

RECEIPTS = "/api/v1/receipts"


class Caller:
    """A raw connection that sends what it is told and reads only when asked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._address = ("127.0.0.1", int(world.url.rpartition(":")[2]))

    async def open(self, *, receive_buffer: int = 0) -> Caller:
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.settimeout(0)
        await asyncio.get_running_loop().sock_connect(sock, self._address)
        self.reader, self.writer = await asyncio.open_connection(sock=sock)
        return self

    def head(self, method: str, path: str, *, length: int = 0, token: str | None = None) -> bytes:
        return (
            f"{method} {path} HTTP/1.1\r\nHost: {self._world.url[7:]}\r\n"
            f"Authorization: Bearer {token or self._world.admin}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        ).encode()

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def ask(self, method: str = "GET", path: str = "/health/ready", token: str | None = None) -> bytes:
        """The answer's head; its body is read and dropped."""
        self.send(self.head(method, path, token=token))
        return await self.answer()

    async def answer(self) -> bytes:
        async with asyncio.timeout(10):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            await self.reader.readexactly(length)
        return head

    async def ended(self) -> bytes:
        """What comes until the gateway closes."""
        async with asyncio.timeout(10):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    def vanish(self) -> None:
        self.writer.transport.abort()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 — what is looked at has no event
            await asyncio.sleep(0.001)


def tasks_of_the_gateway() -> int:
    return len([task for task in asyncio.all_tasks() if not task.done()])


# --- more callers than places


async def test_a_stranger_who_holds_every_place_only_cuts_its_own(tmp_path) -> None:
    async with gateway_world(tmp_path, max_connections=3) as world:
        shop = await Caller(world).open()
        assert b" 200 " in await shop.ask(path="/api/v1/version")
        idle = [await Caller(world).open() for _ in range(12)]
        assert await idle[0].ended() == b""
        assert b" 200 " in await shop.ask(path="/api/v1/version")  # the same connection, never cut
        newcomer = await Caller(world).open()
        assert b" 200 " in await newcomer.ask(path="/api/v1/version")
        for one in [shop, newcomer, *idle]:
            one.vanish()


async def test_a_wrong_token_gives_no_place(tmp_path) -> None:
    async with gateway_world(tmp_path, max_connections=2) as world:
        guesser = await Caller(world).open()
        assert b" 401 " in await guesser.ask(path="/api/v1/version", token="fgw_wrong")
        shop = await Caller(world).open()
        assert b" 200 " in await shop.ask(path="/api/v1/version")
        third = await Caller(world).open()
        assert b" 200 " in await third.ask(path="/api/v1/version")
        assert await guesser.ended() == b""
        assert b" 200 " in await shop.ask(path="/api/v1/version")
        shop.vanish()
        third.vanish()


async def test_the_longest_idle_program_makes_room_when_all_are_known(tmp_path) -> None:
    async with gateway_world(tmp_path, max_connections=2) as world:
        first, second = await Caller(world).open(), await Caller(world).open()
        for one in (first, second, first):
            assert b" 200 " in await one.ask(path="/api/v1/version")
        third = await Caller(world).open()
        assert b" 200 " in await third.ask(path="/api/v1/version")
        assert await second.ended() == b""
        assert b" 200 " in await first.ask(path="/api/v1/version")
        first.vanish()
        third.vanish()


async def test_when_all_are_at_work_the_newcomer_hears_503_and_when_to_return(tmp_path) -> None:
    async with gateway_world(tmp_path, started=False, max_connections=1) as world:
        body = json.dumps(a_body()).encode()
        working = await Caller(world).open()
        working.send(working.head("POST", f"{RECEIPTS}?wait=60", length=len(body)) + body)
        await until(lambda: bool(world.shop._waiters))
        newcomer = await Caller(world).open()
        newcomer.send(newcomer.head("GET", "/health/ready"))
        head, _, problem = (await newcomer.ended()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: 5" in head
        assert json.loads(problem)["code"] == "too_many_connections"
        working.vanish()
        await until(lambda: not world.shop._waiters)
        assert (await world.get("/health/ready"))[0] == 200


async def test_the_refused_do_not_pile_up(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MAX_REFUSED", 2)
    async with gateway_world(tmp_path, max_connections=0) as world:
        refused = [await Caller(world).open() for _ in range(5)]
        assert sorted([bool(await one.ended()) for one in refused]) == [False, False, False, True, True]
        for one in refused:
            one.vanish()


async def test_a_head_without_end_is_cut_by_its_size(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 1000.0)
    caller = await Caller(world).open()
    caller.send(b"GET /health/live HTTP/1.1\r\n")
    for number in range(40):
        caller.send(f"X-{number}: ".encode() + b"a" * 8000 + b"\r\n")
        await asyncio.sleep(0)
    assert b" 200 " not in await caller.ended()
    caller.vanish()


# --- callers that go away

_BODY = json.dumps(a_body()).encode()


@pytest.mark.parametrize("stage", ["mid-head", "mid-body", "waiting", "looking", "streaming", "no answer read"])
async def test_a_caller_that_goes_away_leaves_nothing_behind(
    world: World, caplog: pytest.LogCaptureFixture, stage: str
) -> None:
    await world.post(f"{RECEIPTS}?wait=60", a_body(id="before"))
    before = tasks_of_the_gateway()
    world.till.down = stage in {"waiting", "looking"}
    caller = await Caller(world).open()
    head = caller.head("POST", f"{RECEIPTS}?wait=300", length=len(_BODY))
    if stage == "mid-head":
        caller.send(head[:30])
        await until(lambda: any(one._head for one in world.api.server.places._strangers))
    elif stage == "mid-body":
        caller.send(head + _BODY[:20])
        await until(lambda: bool(world.api.server.places._working))
    elif stage == "waiting":
        caller.send(head + _BODY)
        await until(lambda: "1001" in world.shop._waiters)
    elif stage == "looking":
        await world.post(RECEIPTS, a_body())
        caller.send(caller.head("GET", f"{RECEIPTS}/1001?wait=300"))
        await until(lambda: "1001" in world.shop._waiters)
    elif stage == "streaming":
        caller.send(caller.head("GET", "/api/v1/events"))
        await until(lambda: bool(world.shop._subscriptions))
    else:
        caller.send(head + _BODY)
        await until(lambda: len(world.till.receipts()) == 2)
    caller.vanish()
    world.till.down = False
    if stage in {"waiting", "looking", "no answer read"}:
        # The job goes on all the same.
        assert (await world.get(f"{RECEIPTS}/1001?wait=60"))[1]["state"] == "done"
    await until(lambda: tasks_of_the_gateway() <= before)
    assert not world.shop._waiters
    assert set(world.shop._waiting.values()) == {0}
    assert not world.shop._subscriptions
    assert not [record for record in caplog.records if record.levelname in {"WARNING", "ERROR", "CRITICAL"}]
    if stage in {"mid-head", "mid-body"}:
        assert (await world.get(f"{RECEIPTS}/1001"))[0] == 404
    assert len(world.till.receipts()) == (2 if stage in {"waiting", "looking", "no answer read"} else 1)


async def test_an_answer_that_is_never_read_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "WRITE_SECONDS", 0.05)
    caller = await Caller(world).open(receive_buffer=4096)
    for _ in range(40):  # the page of the API's description, 40 times, unread
        caller.send(caller.head("GET", "/openapi.json"))
    places = world.api.server.places
    await until(lambda: len(places) == 0)
    caller.vanish()


# --- waiting is a courtesy with a limit


async def test_more_who_wait_than_may_hear_at_once_and_others_are_not_touched(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shops, "WAITERS", 3)
    async with gateway_world(tmp_path) as world:
        world.till.down = True
        waiting = [
            asyncio.ensure_future(world.post(f"{RECEIPTS}?wait=300", a_body(id=f"w{number}"))) for number in range(3)
        ]
        await until(lambda: world.shop._waiting["kkt-1"] == 3)
        status, job, headers = await world.post(f"{RECEIPTS}?wait=300", a_body(id="late"))
        assert (status, job["state"], headers["Retry-After"]) == (202, "queued", "1")
        assert (await world.post(f"{RECEIPTS}?wait=60", a_body(id="other", register="kkt-2")))[0] == 201
        world.till.down = False
        assert {status for status, _, _ in await asyncio.gather(*waiting)} == {201}


async def test_who_waits_when_the_gateway_stops_hears_how_the_job_stands(world: World) -> None:
    world.till.down = True
    waiting = asyncio.ensure_future(world.post(f"{RECEIPTS}?wait=300", a_body()))
    await until(lambda: bool(world.shop._waiters))
    await world.shop.drain()
    async with asyncio.timeout(10):
        status, job, _ = await waiting
    assert (status, job["state"]) == (202, "queued")
