"""Hostile callers on raw sockets: Host and targets, heads and bodies without end, bombs. The next caller is served."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib

import pytest
from api_world import World, a_body, gateway_world

from gateway.api import server
from gateway.api.gate import MAX_SEEN

RECEIPTS = "/api/v1/receipts"


async def raw(world: World, data: bytes, *, seconds: float = 10.0) -> bytes:
    """Bytes straight into the socket; everything that comes back until the gateway closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    received = b""
    try:
        writer.write(data)
        async with asyncio.timeout(seconds):
            while chunk := await reader.read(65536):
                received += chunk
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return received


def head(world: World, line: str, *headers: str, host: str | None = "") -> bytes:
    lines = [line, *headers, "Connection: close"]
    if host is not None:
        lines.insert(1, f"Host: {host or world.url[7:]}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def posting(world: World, *headers: str) -> bytes:
    return head(
        world, f"POST {RECEIPTS} HTTP/1.1", f"Authorization: Bearer {world.admin}", "Content-Type: application/json",
        *headers,
    )  # fmt: skip


async def served(world: World) -> None:
    assert (await world.get("/health/live", token=None))[0] == 200


def status(answer: bytes) -> int:
    return int(answer[9:12]) if answer.startswith(b"HTTP/1.") else 0


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_without_a_host_nothing_is_answered(world: World, version: str) -> None:
    assert status(await raw(world, head(world, f"GET /health/live HTTP/{version}", host=None))) in {400, 421}
    assert status(await raw(world, head(world, f"GET /health/live HTTP/{version}"))) == 200


async def test_two_hosts_are_no_host(world: World) -> None:
    own = f"Host: {world.url[7:]}"
    for first, second in ((own, "Host: evil.example"), ("Host: evil.example", own), (own, own)):
        answer = await raw(world, head(world, "GET /health/live HTTP/1.1", first, second, host=None))
        assert status(answer) in {400, 421}


@pytest.mark.parametrize(
    "target",
    ["http://evil.example/health/live", "https://127.0.0.1/health/live", "evil.example:443", "//evil.example/"],
)
async def test_targets_of_proxies_are_not_ours(world: World, target: str) -> None:
    for method in ("GET", "CONNECT"):
        answer = await raw(world, head(world, f"{method} {target} HTTP/1.1"))
        assert status(answer) in {0, 400, 401, 404, 405}
        assert b'"live"' not in answer
    await served(world)


async def test_the_called_address_is_ours_and_others_are_not(tmp_path) -> None:
    async with gateway_world(tmp_path) as world:
        port = world.url.rpartition(":")[2]
        for host, expected in (
            (f"127.0.0.1:{port}", 200),
            (f"127.0.0.2:{port}", 421),
            (f"10.0.0.1:{port}", 421),
            (f"[::1]:{port}", 200),
            (f"[::2]:{port}", 421),
        ):
            assert status(await raw(world, head(world, "GET /health/live HTTP/1.1", host=host))) == expected


async def test_a_thousand_spellings_of_host_shut_nobody_out(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.gate.MAX_SEEN", 5)
    assert MAX_SEEN == 1000
    async with gateway_world(tmp_path, hosts=["kassa.local"]) as world:
        for port in range(1, 20):
            answer = await raw(world, head(world, "GET /health/live HTTP/1.1", host=f"kassa.local:{port}"))
            assert status(answer) == 200
        await served(world)


@pytest.mark.parametrize(
    "headers",
    [
        ["X: 1"] * 500,
        [f"X-{number}: {'y' * 8000}" for number in range(60)],
        ["X: " + "y" * 100_000],
        [" folded: 1"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Content-Length: +5"],
        ["Content-Length: 99999999999999999999999"],
    ],
)
async def test_heads_that_are_too_much_or_ambiguous(world: World, headers: list[str]) -> None:
    answer = await raw(world, posting(world, *headers) + b"0\r\n\r\n")
    assert status(answer) in {0, 400, 413, 415, 431}
    await served(world)


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
async def test_compressed_bodies_are_refused_unread(world: World, pack) -> None:
    """A bomb of 30 MB in 30 kB, and an honest receipt: neither is unpacked."""
    for content in (b" " * 30_000_000, json.dumps(a_body()).encode()):
        body = pack(content)
        encoding = "gzip" if pack is gzip.compress else "deflate"
        answer = await raw(
            world, posting(world, f"Content-Encoding: {encoding}", f"Content-Length: {len(body)}") + body
        )
        assert status(answer) == 415
        assert b"content_encoding_refused" in answer
    assert (await world.get(f"{RECEIPTS}/1001"))[0] == 404
    await served(world)


@pytest.mark.parametrize(
    "body",
    [
        b"1\r\n \r\n" * 200_000,
        b"1;" + b"x" * 1_000_000 + b"\r\n \r\n0\r\n\r\n",
        b"ffffffffffffffff\r\n",
        b"-1\r\n",
        b"zz\r\n",
        b"0\r\n" + b"T: x\r\n" * 50_000 + b"\r\n",
        b"100000\r\n" + b" " * 0x100000 + b"\r\n" + b"1\r\n \r\n0\r\n\r\n",
    ],
    ids=["crumbs", "extension", "huge", "negative", "no-number", "trailers", "one-too-many"],
)
async def test_chunked_bombs(world: World, body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.parsing.BODY_SECONDS", 1.0)
    answer = await raw(world, posting(world, "Transfer-Encoding: chunked") + body)
    assert status(answer) in {0, 400, 408, 413, 431}
    await served(world)
    assert (await world.shop.journal.find(limit=5))[0] == []


async def test_pipelined_requests_are_answered_in_turn_or_cut(world: World) -> None:
    one = f"GET /health/live HTTP/1.1\r\nHost: {world.url[7:]}\r\n\r\n".encode()
    answer = await raw(world, one * 2000 + head(world, "GET /health/live HTTP/1.1"))
    assert answer.count(b"HTTP/1.1 ") == answer.count(b"HTTP/1.1 200 OK")
    await served(world)


async def test_what_follows_a_refused_request_is_no_request(world: World) -> None:
    """Smuggling: the body of a refused request must not be read as the next one."""
    inner = (
        f"POST {RECEIPTS} HTTP/1.1\r\nHost: {world.url[7:]}\r\nAuthorization: Bearer {world.admin}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(json.dumps(a_body()))}\r\n\r\n{json.dumps(a_body())}"
    ).encode()
    outer = f"POST {RECEIPTS} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: {len(inner)}\r\n\r\n".encode()
    answer = await raw(world, outer + inner + head(world, "GET /health/live HTTP/1.1"))
    assert status(answer) == 421
    assert answer.count(b"HTTP/1.1 ") in {1, 2}  # cut, or what follows the body is answered
    assert b" 202 " not in answer
    assert (await world.shop.journal.find(limit=5))[0] == []


async def test_a_slow_second_head_is_cut_too(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "KEEP_ALIVE_SECONDS", 0.1)
    async with gateway_world(tmp_path) as world:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
        writer.write(f"GET /health/live HTTP/1.1\r\nHost: {world.url[7:]}\r\n\r\nGET /health/li".encode())
        async with asyncio.timeout(10):
            answer = await reader.read()
        assert answer.count(b"HTTP/1.1 ") == 1
        writer.close()


async def test_a_crumbled_body_is_408(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte now and then keeps nobody waiting beyond the whole body's time."""
    monkeypatch.setattr("gateway.api.parsing.BODY_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    writer.write(posting(world, "Content-Length: 100000"))

    async def crumbs() -> None:
        while True:
            writer.write(b" ")
            await asyncio.sleep(0.02)

    task = asyncio.create_task(crumbs())
    async with asyncio.timeout(10):
        answer = await reader.read(4096)
    task.cancel()
    writer.close()
    assert status(answer) == 408
