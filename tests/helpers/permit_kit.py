"""Permit mode against its emulated services in one process: the sockets left out, so that virtual time stays exact."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.marking.book import CodeBook
from emulator.permit.faults import Fault, Kind
from emulator.permit.servers import PermitServers
from gateway.marking.permit import Asked, Permit, PermitSettings, Verdict, build
from gateway.marking.permit.transport import Call, Reply, Unreachable
from protocols.ffd.enums import Operation
from protocols.marking import parse

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
ROOT = "http://127.0.0.1:1"
FN = "9999078900001234"
KEY = "4d7b09a5-bb9c-43c1-bb0d-1300f95c4afc"

CDN: Mapping[str, Any] = {"cdn": {"address": f"{ROOT}/cdn", "api_key": KEY}}
PIOT: Mapping[str, Any] = {"piot": {"address": f"{ROOT}/piot", "id": "till", "token": "token-of-the-till"}}


def local(version: int = 2, **more: Any) -> Mapping[str, Any]:
    return {"local": {"address": f"{ROOT}/local", "version": version, **more}}


class InProcess:
    """A transport to `PermitServers`; `sent` are (loop time, server, path) of every call."""

    def __init__(self, servers: PermitServers) -> None:
        self.servers = servers
        self.sent: list[tuple[float, str, str]] = []
        self.headers: list[Mapping[str, str]] = []
        self.at_once = 0
        self.most = 0

    async def send(self, call: Call, seconds: float) -> Reply:
        assert call.url.startswith(ROOT + "/")
        server, _, path = call.url.removeprefix(ROOT + "/").partition("/")
        self.sent.append((asyncio.get_running_loop().time(), server, "/" + path))
        self.headers.append(call.headers)
        with self._counted():
            try:
                async with asyncio.timeout(seconds):
                    reply = await self.servers.answer(
                        server, call.method, "/" + path, call.headers, call.text.encode(), ROOT
                    )
            except TimeoutError:
                raise Unreachable("no answer in time", late=True) from None
        if reply.dropped:
            raise Unreachable("the connection was closed")
        return Reply(reply.status, reply.body)

    @contextmanager
    def _counted(self) -> Iterator[None]:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            yield
        finally:
            self.at_once -= 1

    async def close(self) -> None:
        return

    def checks(self, server: str | None = None) -> list[tuple[float, str]]:
        """Times and servers of the questions about codes."""
        return [
            (at, name)
            for at, name, path in self.sent
            if "check" in path and "health" not in path and server in {None, name}
        ]


class Stand:
    """Permit mode, its servers and the line between; use it on a running (virtual) loop, `async with`."""

    def __init__(self, *sections: Mapping[str, Any], now: Callable[[], datetime] | None = None, **more: Any) -> None:
        self._clock = now
        self.book = CodeBook()
        self.loop = asyncio.get_running_loop()
        self.servers = PermitServers(lambda: self.book, self.now)
        self.line = InProcess(self.servers)
        settings = PermitSettings.model_validate({name: part for one in sections for name, part in one.items()} | more)
        permit = build(settings, now=self.now, rng=random.Random(1), program_version="1", transport=self.line)
        assert permit is not None
        self.permit: Permit = permit

    def now(self) -> datetime:
        return START + timedelta(seconds=self.loop.time()) if self._clock is None else self._clock()

    async def __aenter__(self) -> Stand:
        self.permit.start()
        for _ in range(20):  # the list and the ranking, when nothing is slow
            await asyncio.sleep(0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.permit.close()

    def fault(self, kind: Kind, server: str | None = None, **more: Any) -> None:
        self.servers.faults.append(Fault(kind, server, **more))

    def fields(self, text: str, **own: Any) -> None:
        """Fields of the answers about a code, by their JSON names."""
        self.servers.own[parse(text).cis] = own

    async def check(self, *texts: str, **more: Any) -> tuple[Verdict, ...]:
        return await self.permit.check([asked(text, **more) for text in texts], fn=FN)

    async def one(self, text: str, **more: Any) -> Verdict:
        (verdict,) = await self.check(text, **more)
        return verdict


def asked(
    text: str, *, price: int | None = None, operation: Operation = Operation.SELL, group: int | None = None
) -> Asked:
    return Asked(code=parse(text), price=price, operation=operation, group=group)


def shoe(number: int = 1) -> str:
    """One of as many different codes as wanted."""
    return f"0104600439931256215abc{number:09}\x1d93dGVz"
