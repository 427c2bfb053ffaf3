"""How fast events of orders are accepted, beside receipts in the same run; and what open orders cost a start.

    .venv/bin/python bench/order_events.py [--events N] [--orders N] [--directory DIR]

Accepted means durable: a receipt is one job in the journal, an event the entry of its order's log with the documents
planned for it. The register answers at once and every document is registered, too, so what is measured is the whole
gateway without a line: `receipts` come as bodies, `distinct orders` and `one order` as events of which each makes one
receipt. `start` is the time until an order's event is accepted after a start with N orders that hold money, beside a
start with none; `list` is `GET /orders?attention=1` without HTTP over them, when none needs a look and when all do
(the first page). Prints figures and ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "helpers"))

from fake_register import Till
from fake_shop import new_job, receipt_body
from order_play import line

from bench.gateway_time import Instant
from gateway.api.routes_orders import PAGE
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal, orders
from gateway.journal.order_check import row_of
from gateway.orders import log
from gateway.orders.book import folded
from gateway.orders.log import Happened, Put, Registered
from gateway.orders.order import Paid, Payment
from gateway.orders.plan import plan
from gateway.orders.policy import Policy
from gateway.orders.service import Orders
from gateway.orders.words import Means, OrderType
from gateway.rim import ThreadExecutor, now
from gateway.shop import Shop

KOPECKS = 10_000


async def opened(directory: Path, ahead: timedelta = timedelta()) -> tuple[Shop, Orders]:
    journal = await Journal.open(directory, now=now, executor=ThreadExecutor("journal"), on_fatal=print)
    settings = {"kkt-1": RegisterSettings(name="kkt-1", queue_limit=1_000_000)}
    shop = Shop(journal, settings, {"kkt-1": Instant(Till())}, now=now, rng=random.Random(1))
    await shop.start()
    service = Orders(shop, now=lambda: now() + ahead)
    await service.start()
    return shop, service


async def closed(shop: Shop, service: Orders) -> None:
    await service.stop()
    await shop.drain()
    await shop.journal.close()


def put() -> Put:
    lines = (line("Ботинки", "4700.00"), line("Доставка", "300.00"))
    return Put(at=now(), type=OrderType.GOODS, lines=lines, remote=False, common='{"taxation":"osn"}', policy=Policy())


def paid(name: str) -> Payment:
    return Payment(id=name, paid=(Paid(Means.SBP, KOPECKS),))


async def each(count: int, work: Callable[[int], Awaitable[object]], done: Callable[[], Awaitable[object]]) -> float:
    """Seconds for one of `count`, accepted side by side and all registered."""
    began = time.perf_counter()
    await asyncio.gather(*map(work, range(count)))
    await done()
    return (time.perf_counter() - began) / count


async def rates(directory: Path, count: int) -> dict[str, float]:
    shop, service = await opened(directory)
    body = receipt_body(2)
    for number in range(count):
        await service.put(f"o{number}", put())
    await service.put("one", put())

    async def registered() -> None:
        while any((await shop.journal.waiting()).values()) or shop.journal.order_totals().waiting:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

    found = {
        "receipts": await each(count, lambda n: shop.submit(new_job(f"r{n}", body)), registered),
        "distinct orders": await each(count, lambda n: service.happen(f"o{n}", paid("e1"), "0"), registered),
        "one order": await each(count, lambda n: service.happen("one", paid(f"e{n}"), "0"), registered),
    }
    await closed(shop, service)
    return found


def fill(directory: Path, count: int) -> None:
    """Orders that hold money, written at once."""
    connection = sqlite3.connect(directory / "journal.db", isolation_level=None)
    connection.execute("BEGIN")
    entries = [put()]
    for number in range(count):
        name = f"open-{number}"
        book = folded(name, entries)
        (document,) = plan(book.order, paid("e1"), Policy())
        every = [
            *entries,
            Happened(at=now(), event=paid("e1"), digest="0", documents=(document,)),
            Registered(at=now(), document=document.id, fiscal={}),
        ]
        before = name
        for place, entry in enumerate(every, start=1):
            text = log.to_json(entry)
            before = orders.link(before, text)
            connection.execute("INSERT INTO order_log VALUES (?, ?, ?, ?)", (name, place, text, before))
        orders.keep(connection, row_of(folded(name, every), every[-1]))
    connection.execute("COMMIT")
    connection.close()


async def start(directory: Path, number: str) -> float:
    began = time.perf_counter()
    shop, service = await opened(directory)
    await service.put(number, put())
    taken = time.perf_counter() - began
    await closed(shop, service)
    return taken


async def attended(directory: Path, ahead: timedelta) -> tuple[int, float]:
    """How many orders need a look, up to a page of them, and the seconds to find them."""
    shop, service = await opened(directory, ahead)
    began = time.perf_counter()
    found = 0
    async for book in service.walk(alarmed=True):
        found += bool(service.attention(book))
        if found == PAGE:
            break
    taken = time.perf_counter() - began
    await closed(shop, service)
    return found, taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, help="where the files go; decides which disk is measured")
    parser.add_argument("--events", type=int, default=500)
    parser.add_argument("--orders", type=int, default=10_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        found = asyncio.run(rates(Path(directory) / "rates", options.events))
        for name, taken in found.items():
            print(f"{name}: {1 / taken:6.0f} /s, {taken / found['receipts']:.2f} x a receipt")
        room = Path(directory) / "start"
        asyncio.run(start(room, "first"))
        none = asyncio.run(start(room, "second"))
        fill(room, options.orders)
        many = asyncio.run(start(room, "third"))
        print(f"start: {none * 1000:.0f} ms with no orders, {many * 1000:.0f} ms with {options.orders} that hold money")
        for ahead in (timedelta(), timedelta(days=40)):
            count, taken = asyncio.run(attended(room, ahead))
            print(f"list: {count} of {options.orders} open orders that need a look in {taken * 1000:.0f} ms")


if __name__ == "__main__":
    main()
