"""The clients of permit mode on real sockets: time, size, redirects, certificates that a service made for itself."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from permit_kit import FN, asked, shoe

from gateway import rim, tls_authority
from gateway.marking.permit import PermitSettings, build
from gateway.marking.permit.transport import LONGEST, Call, HttpTransport, Unreachable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def served(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def test_a_call_and_its_answer() -> None:
    seen: list[tuple[str, str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.method, request.headers["X-API-KEY"], await request.text()))
        return web.Response(status=418, body=b"\x00short")

    transport = HttpTransport()
    async with served(handler) as url:
        call = Call(method="POST", url=url + "/x", headers={"X-API-KEY": "k"}, body={"codes": ["a\x1db"]})
        reply = await transport.send(call, 5)
    assert (reply.status, reply.body) == (418, b"\x00short")
    assert seen == [("POST", "k", '{"codes":["a\\u001db"]}')]
    assert "'k'" not in repr(call)
    await transport.close()


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    asked_for: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        asked_for.append(request.path)
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    transport = HttpTransport()
    async with served(handler) as url:
        assert (await transport.send(Call(method="GET", url=url + "/here"), 5)).status == 302
    assert asked_for == ["/here"]
    await transport.close()


async def test_nobody_there_and_nobody_in_time() -> None:
    async def handler(request: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    transport = HttpTransport()
    async with served(handler) as url:
        with pytest.raises(Unreachable) as late:
            await transport.send(Call(method="GET", url=url), 0.05)
        assert late.value.late
        with pytest.raises(Unreachable) as late:
            await transport.send(Call(method="GET", url=url), 0.0)
    with pytest.raises(Unreachable) as gone:
        await transport.send(Call(method="GET", url=url), 5)
    assert not gone.value.late
    await transport.close()


async def test_an_endless_answer_is_cut() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(LONGEST // 65536 + 8):
            await response.write(b" " * 65536)
        return response

    transport = HttpTransport()
    async with served(handler) as url:
        with pytest.raises(Unreachable, match="too long"):
            await transport.send(Call(method="GET", url=url), 20)
    await transport.close()


async def test_a_service_on_this_machine_may_have_made_its_own_certificate(tmp_path: Path) -> None:
    tls_authority.ensure(tmp_path, ["kassa.example.ru"], rim.now())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls_authority.server_file(tmp_path))

    async def handler(request: web.Request) -> web.Response:
        inner = {"code": 0, "codes": [{"cis": (await request.json())["client_info"]["name"]}]}
        return web.json_response({"codesResponse": [inner]})

    async with served(handler, context) as url:
        for certificate, known in ((None, True), (tls_authority.ca_file(tmp_path), True), (_other(tmp_path), False)):
            given = {"address": url, "id": "x", "token": "y"} | ({"certificate": certificate} if certificate else {})
            settings = PermitSettings.model_validate({"piot": given})
            permit = build(settings, now=rim.now, rng=rim.system_random(), program_version="1")
            assert permit is not None
            (verdict,) = await permit.check([asked(shoe())], fn=FN)
            assert ("reqId" in verdict.detail) == known, verdict.detail
            assert verdict.reason == "permit_no_answer"
            await permit.close()


def _other(directory: Path) -> Path:
    tls_authority.ensure(directory / "other", ["other.example.ru"], rim.now())
    return tls_authority.ca_file(directory / "other")
