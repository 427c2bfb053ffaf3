"""Every call of the OpenAPI document: with every kind of token, in every spelling, and never a change by a GET."""

from __future__ import annotations

import asyncio
import re

import pytest
from api_world import World, a_body

PARAMETERS = {"id": "1001", "name": "kkt-1", "number": "1001"}
SCOPES = ("receipts", "devices", "admin")


async def calls(world: World) -> list[tuple[str, str, str | None]]:
    """(method, address, scope) of everything the document names."""
    _, document, _ = await world.get("/openapi.json", token=None)
    found = []
    for path, methods in document["paths"].items():
        address = re.sub(r"\{([a-z]+)\}", lambda match: PARAMETERS[match[1]], path)
        if path == "/docs/{name}":
            address = "/docs/start.js"
        found += [(method.upper(), address, operation.get("x-scope")) for method, operation in methods.items()]
    assert len(found) > 30
    return found


async def ask(world: World, method: str, target: str, token: str | None, *headers: str) -> tuple[int, bytes]:
    """(status, head and what came with it) of one call exactly as written; a stream is left after its head."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {world.url[7:]}", "Connection: close", *headers]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    if method not in {"GET", "HEAD", "OPTIONS"}:
        lines.append("Content-Length: 0")
    reader, writer = await asyncio.open_connection("127.0.0.1", int(world.url.rpartition(":")[2]))
    try:
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        async with asyncio.timeout(20):
            answer = await reader.readuntil(b"\r\n\r\n")
    finally:
        writer.close()
    return int(answer[9:12]), answer


async def test_every_call_with_every_token(waiting: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.tokens.WRONG_TOKEN_SECONDS", (0.0, 0.0))
    world = waiting
    tokens = {"receipts": world.receipts, "devices": world.devices, "admin": world.admin}
    seen: dict[str | None, int] = {}
    for method, address, scope in await calls(world):
        seen[scope] = seen.get(scope, 0) + 1
        for one in (method, "HEAD") if method == "GET" else (method,):
            where = f"{one} {address}"
            if scope is None:
                assert (await ask(world, one, address, None))[0] < 400, where
                continue
            assert (await ask(world, one, address, None))[0] == 401, where
            assert (await ask(world, one, address, "fgw_" + "0" * 64))[0] == 401, where
            for name, token in tokens.items():
                if name == "admin" and method == "DELETE":
                    continue
                status, _ = await ask(world, one, address, token)
                if name in {scope, "admin"}:
                    assert status not in {401, 403}, (where, name)
                else:
                    assert status == 403, (where, name)
    assert set(seen) == {None, *SCOPES}


def spellings(address: str) -> set[str]:
    """Other ways to write an address that a proxy or a sloppy router would take for the same."""
    first, second = address[:1], address[1:]
    last = address[-1]
    return {
        address + "/", "/" + address, f"{first}./{second}", f"{first}x/../{second}", address + "/.", address + ";a=1",
        address.upper(), address.replace("/", "//"), f"{address[:-1]}%{ord(last):02x}", f"{first}%2e/{second}",
        address.replace("/", "%2f"), address + "%00", address + "%20", address + ".json", "\\" + second,
    } - {address}  # fmt: skip


async def test_other_spellings_of_an_address_are_never_open(waiting: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.api.tokens.WRONG_TOKEN_SECONDS", (0.0, 0.0))
    for method, address, scope in await calls(waiting):
        if scope is None:
            continue
        for other in spellings(address):
            status, _ = await ask(waiting, method, other, None)
            assert status in {400, 401}, (method, other)
    for other in spellings("/api/v1/tokens"):
        status, _ = await ask(waiting, "GET", other, waiting.receipts)
        assert status in {400, 403, 404, 405}, other


@pytest.mark.parametrize("method", ["get", "Post", "PATCH", "TRACE", "CONNECT", "PROPFIND", "PUT", "X"])
async def test_other_methods_do_nothing(waiting: World, method: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(waiting.url.rpartition(":")[2]))
    writer.write(
        f"{method} /api/v1/receipts HTTP/1.1\r\nHost: {waiting.url[7:]}\r\nConnection: close\r\n"
        f"Authorization: Bearer {waiting.admin}\r\nContent-Length: 0\r\n\r\n".encode()
    )
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    assert answer[9:12] in {b"400", b"405"}, answer[:100]


async def assert_unchanged_by_reading(world: World, *, works: bool) -> None:
    """Also where the query or a header asks for another method, and for calls that only know POST.

    A register that works has events of its own; one that does not may be asked (503), and nothing at all is written.
    """
    journal = world.shop.journal
    before = await journal.find(limit=500), await journal.tokens(), list(world.till.documents)
    commits = journal.commits
    for _, address, _ in await calls(world):
        for method in ("GET", "HEAD", "OPTIONS"):
            for query in ("", "?_method=POST"):
                status, _ = await ask(
                    world, method, address + query, world.admin,
                    "X-HTTP-Method-Override: POST", "X-HTTP-Method: DELETE", "X-Method-Override: POST",
                )  # fmt: skip
                assert status < 500 or status == 503, (method, address)
                assert works or journal.commits == commits, (method, address)
    assert (await journal.find(limit=500), await journal.tokens(), list(world.till.documents)) == before
    assert works or journal.commits == commits


async def test_nothing_changes_by_get_head_or_options(waiting: World) -> None:
    """Of a job that waits: it is neither cancelled nor retried, and not a byte is written."""
    await waiting.post("/api/v1/receipts", a_body())
    await assert_unchanged_by_reading(waiting, works=False)


async def test_nothing_is_made_by_get_head_or_options(world: World) -> None:
    """Of a document that exists, on a register that works."""
    await world.post("/api/v1/receipts?wait=60", a_body())
    await assert_unchanged_by_reading(world, works=True)


async def test_a_flood_of_wrong_tokens_leaves_nothing_behind(waiting: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of a wrong token, however many come; the valid one is served meanwhile."""
    monkeypatch.setattr("gateway.api.tokens.WRONG_TOKEN_SECONDS", (0.0, 0.0))
    tokens = waiting.api.context.tokens
    before = {name: len(value) for name, value in vars(tokens).items() if hasattr(value, "__len__")}
    counted = len(waiting.api.counts)
    for number in range(300):
        status, _, _ = await waiting.get("/api/v1/version", token=f"fgw_{number:064x}")
        assert status == 401
    assert (await waiting.get("/api/v1/version"))[0] == 200
    assert {name: len(value) for name, value in vars(tokens).items() if hasattr(value, "__len__")} == before
    assert len(waiting.api.counts) <= counted + 2
    assert len(asyncio.all_tasks()) < 20
