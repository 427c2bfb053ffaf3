from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import pytest
from api_world import World, a_body, gateway_world

from gateway.api import server
from gateway.api.parsing import MAX_BODY

RECEIPTS = "/api/v1/receipts"
PAGE = "https://crm.example.ru"


async def raw(world: World, data: bytes, *, seconds: float = 5.0) -> bytes:
    """Bytes straight into the socket; what comes back until the gateway closes or falls silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    received = b""
    try:
        writer.write(data)
        async with asyncio.timeout(seconds):
            while chunk := await reader.read(65536):
                received += chunk
                if b"\r\n\r\n" in received and b"Content-Length: 0" not in received:
                    break
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return received


# --- Host


@pytest.mark.parametrize(
    "name", ["evil.example", "127.0.0.1:1", "localhost", "127.0.0.1.evil.example", "", "[::1", "a b"]
)
async def test_foreign_host_is_421_even_without_token(world: World, name: str) -> None:
    status, problem, _ = await world.get("/health/live", token=None, headers={"Host": name})
    assert (status, problem["code"]) == (421, "host_refused")


async def test_own_hosts_pass(tmp_path) -> None:
    async with gateway_world(tmp_path, hosts=["kassa.local"]) as world:
        port = world.url.rpartition(":")[2]
        for name in (
            f"127.0.0.1:{port}",
            f"localhost:{port}",
            f"LOCALHOST:{port}",
            f"[::1]:{port}",
            "kassa.local",
            "Kassa.Local:9000",
        ):
            status, _, _ = await world.get("/health/live", token=None, headers={"Host": name})
            assert status == 200, name


# --- Origin and preflight


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", PAGE + ".evil.example", PAGE.upper(), "http://localhost"]
)
async def test_foreign_origin_is_403_before_the_token(tmp_path, origin: str) -> None:
    async with gateway_world(tmp_path, origins=[PAGE]) as world:
        status, problem, headers = await world.post(RECEIPTS, a_body(), token=None, headers={"Origin": origin})
        assert (status, problem["code"]) == (403, "origin_refused")
        assert "Access-Control-Allow-Origin" not in headers


async def test_allowed_origin_gets_exactly_itself(tmp_path) -> None:
    async with gateway_world(tmp_path, origins=[PAGE]) as world:
        status, _, headers = await world.post(f"{RECEIPTS}?wait=60", a_body(), headers={"Origin": PAGE})
        assert status == 201
        assert headers["Access-Control-Allow-Origin"] == PAGE
        assert headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in headers
        status, _, headers = await world.get(RECEIPTS, token="wrong", headers={"Origin": PAGE})
        assert (status, headers["Access-Control-Allow-Origin"]) == (401, PAGE)


async def test_own_documentation_page_may_call(world: World) -> None:
    status, _, headers = await world.get(RECEIPTS, headers={"Origin": world.url})
    assert status == 200
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_fetch_metadata_of_other_sites_is_403(world: World, site: str) -> None:
    status, _, _ = await world.get(RECEIPTS, headers={"Sec-Fetch-Site": site})
    assert status == 403
    status, _, _ = await world.get("/docs", headers={"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate"})
    assert status == 200


@pytest.mark.parametrize(
    ("origin", "private", "status", "answers"),
    [
        (PAGE, None, 204, {"Access-Control-Allow-Origin"}),
        (PAGE, "true", 204, {"Access-Control-Allow-Origin", "Access-Control-Allow-Private-Network"}),
        (PAGE, "false", 204, {"Access-Control-Allow-Origin"}),
        ("https://evil.example", None, 403, set()),
        ("https://evil.example", "true", 403, set()),
        ("null", "true", 403, set()),
        (None, "true", 204, set()),
    ],
)
async def test_preflight(tmp_path, origin: str | None, private: str | None, status: int, answers: set[str]) -> None:
    async with gateway_world(tmp_path, origins=[PAGE]) as world:
        sent = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,idempotency-key",
        }
        sent |= {"Origin": origin} if origin else {}
        sent |= {"Access-Control-Request-Private-Network": private} if private else {}
        found, _, headers = await world.call("OPTIONS", RECEIPTS, token=None, headers=sent)
        assert found == status
        named = {"Access-Control-Allow-Origin", "Access-Control-Allow-Private-Network"}
        assert {name for name in named if name in headers} == answers
        if answers:
            assert headers["Access-Control-Allow-Origin"] == PAGE
            assert headers["Access-Control-Max-Age"] == "600"
            assert {"Authorization", "Content-Type", "Idempotency-Key"} <= set(
                headers["Access-Control-Allow-Headers"].split(", ")
            )


# --- token and scope


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Basic dXNlcjpwYXNz", "Bearer", "Bearer \xff", "wrong", "Bearer " + "x" * 5000]
)
async def test_wrong_token_is_401_within_half_a_second(world: World, header: str) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    status, problem, headers = await world.post(RECEIPTS, a_body(), token=None, headers={"Authorization": header})
    assert (status, problem["code"]) == (401, "token_invalid")
    assert headers["WWW-Authenticate"].startswith("Bearer")
    assert loop.time() - began < 1.0


async def test_missing_token_is_401(world: World) -> None:
    status, problem, _ = await world.post(RECEIPTS, a_body(), token=None)
    assert (status, problem["code"]) == (401, "token_missing")


async def test_a_flood_of_wrong_tokens_neither_locks_out_nor_delays_the_valid_one(world: World) -> None:
    flood = [asyncio.ensure_future(world.get(RECEIPTS, token=f"wrong{number}")) for number in range(80)]
    await asyncio.sleep(0.02)
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(5):
        status, _, _ = await world.call("GET", "/api/v1/version")
    assert status == 200
    assert loop.time() - began < 0.3
    assert {status for status, _, _ in await asyncio.gather(*flood)} == {401}


async def test_scopes(world: World) -> None:
    assert (await world.get(RECEIPTS, token=world.receipts))[0] == 200
    assert (await world.get("/api/v1/registers", token=world.devices))[0] == 200
    for path, token in (
        (RECEIPTS, world.devices),
        ("/api/v1/registers", world.receipts),
        ("/api/v1/tokens", world.devices),
    ):
        status, problem, _ = await world.get(path, token=token)
        assert (status, problem["code"]) == (403, "scope_missing")


# --- address and method


async def test_unknown_address_and_method(world: World) -> None:
    assert (await world.get("/api/v1/nothing"))[0] == 404
    assert (await world.get("/api/v1/nothing", token=None))[0] == 401
    status, problem, headers = await world.call("DELETE", RECEIPTS)
    assert (status, problem["code"], headers["Allow"]) == (405, "method_not_allowed", "GET, POST")
    assert (await world.get("/docs/../../etc/passwd"))[0] in {401, 404}
    assert (await world.get("/docs/..%2f..%2fetc%2fpasswd", token=None))[0] == 404


async def test_head_is_get_without_a_body(world: World) -> None:
    status, body, _ = await world.call("HEAD", "/health/live", token=None)
    assert (status, body or b"") == (200, b"")


# --- size, content type, JSON: in this order


async def test_50_megabytes_are_refused_without_being_read(world: World) -> None:
    head = (
        f"POST {RECEIPTS} HTTP/1.1\r\nHost: {world.url[7:]}\r\nAuthorization: Bearer {world.admin}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {50 * 1024 * 1024}\r\n\r\n"
    )
    answer = await raw(world, head.encode())
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"body_too_large" in answer


async def test_50_megabytes_in_chunks_are_cut(world: World) -> None:
    async def chunks() -> Any:
        for _ in range(50):
            yield b" " * 1024 * 1024

    try:
        status, problem, _ = await world.call(
            "POST", RECEIPTS, data=chunks(), headers={"Content-Type": "application/json"}
        )
    except OSError:
        status, problem = 413, {"code": "body_too_large"}  # the connection broke while we were still sending
    assert (status, problem["code"]) == (413, "body_too_large")
    assert (await world.get("/health/live"))[0] == 200


async def test_just_below_the_limit_is_read(world: World) -> None:
    body = json.dumps(a_body()).encode()
    status, _, _ = await world.call(
        "POST", RECEIPTS, data=body + b" " * (MAX_BODY - len(body)), headers={"Content-Type": "application/json"}
    )
    assert status == 202


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonx"])
async def test_other_content_types_are_415(world: World, kind: str) -> None:
    status, problem, _ = await world.call("POST", RECEIPTS, data=b"{broken", headers={"Content-Type": kind})
    assert (status, problem["code"]) == (415, "content_type_invalid")


async def test_json_with_a_charset_passes(world: World) -> None:
    sent = {"Content-Type": "Application/JSON; charset=utf-8"}
    status, _, _ = await world.call("POST", RECEIPTS, data=json.dumps(a_body()), headers=sent)
    assert status == 202


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{'id': 1}",
        b'{"id": "1", "id": "2"}',
        b'{"items": [{"name": "a", "name": "b"}]}',
        b'{"total": NaN}',
        b'{"total": Infinity}',
        b"\xff\xfe{}",
        b'{"a": "\xd0"}',
        b"[" * 100_000,
        b"[" * 40 + b"]" * 40,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b'{"total": ' + b"9" * 5000 + b"}",
        b"{} {}",
        b"\x00" * 100,
    ],
)
async def test_broken_json_is_400(world: World, body: bytes) -> None:
    status, problem, _ = await world.call("POST", RECEIPTS, data=body, headers={"Content-Type": "application/json"})
    assert (status, problem["code"]) == (400, "json_invalid")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"text"', b"17", b"true"])
async def test_json_that_is_no_object_is_422(world: World, body: bytes) -> None:
    status, problem, _ = await world.call("POST", RECEIPTS, data=body, headers={"Content-Type": "application/json"})
    assert status == 422
    assert ("", "wrong_type") in {(fault["pointer"], fault["code"]) for fault in problem["errors"]}


async def test_the_order_of_checks(world: World) -> None:
    """design.md: Host, Origin, token, scope, size, content type, JSON, body; each hides what comes after."""
    everything = {
        "Host": "evil.example",
        "Origin": "https://evil.example",
        "Authorization": "Bearer wrong",
        "Content-Type": "text/plain",
    }
    large, broken, empty = b"x" * (MAX_BODY + 1), b"{", b"{}"
    fixes: list[tuple[int, dict[str, str | None], bytes]] = [
        (421, {}, large),
        (403, {"Host": None}, large),
        (401, {"Origin": None}, large),
        (403, {"Authorization": f"Bearer {world.devices}"}, large),
        (413, {"Authorization": f"Bearer {world.receipts}"}, large),
        (415, {}, broken),
        (400, {"Content-Type": "application/json"}, broken),
        (422, {}, empty),
    ]
    headers: dict[str, str] = everything
    for expected, change, body in fixes:
        merged: dict[str, str | None] = {**headers, **change}
        headers = {name: value for name, value in merged.items() if value is not None}
        status, _, _ = await world.call("POST", RECEIPTS, token=None, headers=headers, data=body)
        assert status == expected


# --- hostile sockets


async def test_garbage_on_the_socket_never_stops_the_process(world: World, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(3)
    await asyncio.gather(*(raw(world, chance.randbytes(chance.randrange(1, 4000)), seconds=0.3) for _ in range(40)))
    for data in (
        b"\x16\x03\x01\x02\x00\x01",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: " + b"b" * 20_000 + b"\r\n\r\n",
    ):
        answer = await raw(world, data, seconds=0.3)
        assert answer == b"" or (answer.startswith(b"HTTP/1.") and b" 400 " in answer[:20]), data[:20]
    assert not caplog.records  # garbage must not fill the log either
    assert (await world.post(f"{RECEIPTS}?wait=60", a_body()))[0] == 201


async def test_a_head_that_never_ends_is_cut(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    writer.write(b"GET /health/live HTTP/1.1\r\nHost: ")
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_a_body_that_never_ends_is_408(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.parsing.BODY_SECONDS", 0.05)
    head = (
        f"POST {RECEIPTS} HTTP/1.1\r\nHost: {world.url[7:]}\r\nAuthorization: Bearer {world.admin}\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    answer = await raw(world, head.encode())
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_failing_handler_is_500_and_says_nothing_of_its_insides(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("secret insides")

    monkeypatch.setattr(world.shop.journal, "find", fails)
    status, problem, _ = await world.get(RECEIPTS)
    assert (status, problem["code"]) == (500, "internal_error")
    assert "secret" not in json.dumps(problem)
