"""A gateway on a real socket: journal on disk, shop with one fake register, the HTTP API in front."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from fake_register import FakeRegister, Till

from devices.registers.base import ArchivedDocument, Register
from gateway.api.app import Api, create_app
from gateway.api.tokens import Tokens
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal
from gateway.journal.executor import InlineExecutor
from gateway.journal.traces import Traces
from gateway.marking.permit import Permit
from gateway.orders.service import Orders
from gateway.rim import now, system_random
from gateway.shop import Shop
from protocols.ffd.documents import receipt_elements
from protocols.ffd.enums import FfdVersion
from protocols.ffd.receipt import Receipt


class ReadableRegister(FakeRegister):
    """A fake register whose drive keeps the tags of its receipts."""

    async def fiscalise(self, receipt: Receipt) -> Any:
        outcome = await super().fiscalise(receipt)
        place = outcome.fiscal.document - 1
        kept: ArchivedDocument = self.till.documents[place]
        self.till.documents[place] = replace(kept, elements=receipt_elements(receipt, FfdVersion.V1_2))
        return outcome


@dataclass
class World:
    url: str
    api: Api
    shop: Shop
    till: Till
    traces: Traces
    http: aiohttp.ClientSession
    admin: str
    receipts: str
    devices: str

    async def call(
        self, method: str, path: str, *, token: str | None = "", headers: dict[str, str] | None = None, **rest: Any
    ) -> tuple[int, Any, Any]:
        """(status, JSON or bytes, headers); the admin token unless told otherwise, None for no token."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token or self.admin}"
        async with self.http.request(method, self.url + path, headers=sent, **rest) as answer:
            content = await answer.read()
            if "json" in answer.headers.get("Content-Type", ""):
                return answer.status, await answer.json(content_type=None), answer.headers
            return answer.status, content, answer.headers

    async def post(self, path: str, body: Any = None, **rest: Any) -> tuple[int, Any, Any]:
        return await self.call("POST", path, json={} if body is None else body, **rest)

    async def get(self, path: str, **rest: Any) -> tuple[int, Any, Any]:
        return await self.call("GET", path, **rest)


@asynccontextmanager
async def gateway_world(
    directory: Path,
    *,
    started: bool = True,
    queue_limit: int = 1000,
    permit: Permit | None = None,
    registers: Mapping[str, Register] | None = None,
    **options: Any,
) -> AsyncIterator[World]:
    """`started` False: no worker runs, jobs stay queued. `registers` instead of the fake kkt-1 and kkt-2.

    `options` go to `create_app`.
    """
    rng = system_random()
    journal = await Journal.open(directory, now=now, executor=InlineExecutor(), on_fatal=lambda error: None)
    traces = await Traces.open(directory, now=now, executor=InlineExecutor())
    till = Till()
    drivers = registers or {"kkt-1": ReadableRegister(till), "kkt-2": ReadableRegister(Till())}
    settings = {
        name: RegisterSettings(name=name, link="pair", family="fake", queue_limit=queue_limit) for name in drivers
    }
    shop = Shop(journal, settings, drivers, now=now, rng=rng, permit=permit)
    tokens = Tokens(journal, now=now, rng=rng)
    admin_file = await tokens.ensure_admin(directory)
    _, receipts = await tokens.create("shop", "receipts")
    _, devices = await tokens.create("technician", "devices")
    orders = Orders(shop, now=now)
    api = create_app(shop, tokens=tokens, now=now, rng=rng, traces=traces, orders=orders, **options)
    runner = api.runner()
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    if started:
        await shop.start()
        await orders.start()
    port = runner.addresses[0][1]
    try:
        async with aiohttp.ClientSession() as session:
            yield World(
                url=f"http://127.0.0.1:{port}",
                api=api,
                shop=shop,
                till=till,
                traces=traces,
                http=session,
                admin=admin_file.read_text().strip(),
                receipts=receipts,
                devices=devices,
            )
    finally:
        if not shop.draining:
            await shop.drain()
        await orders.stop()
        await runner.cleanup()
        await traces.close()
        await journal.close()


def a_body(**changes: Any) -> dict[str, Any]:
    """A receipt as a caller posts it; None takes a key away."""
    body: dict[str, Any] = {
        "id": "1001",
        "operation": "sell",
        "taxation": "osn",
        "items": [an_item_body()],
        "payments": [{"type": "electronic", "sum": "1990.00"}],
    }
    body.update(changes)
    return {key: value for key, value in body.items() if value is not None}


def an_item_body(**changes: Any) -> dict[str, Any]:
    item = {
        "name": "Чайник",
        "price": "1990.00",
        "quantity": 1,
        "payment_method": "full_payment",
        "payment_object": "commodity",
        "vat": "vat22",
    }
    item.update(changes)
    return {key: value for key, value in item.items() if value is not None}
