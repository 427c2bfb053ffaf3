"""Five-item receipts through workers, driver, wire and drive of the embedded emulator (instant speed), in one process.

    .venv/bin/python -m bench.receipts [--receipts N] [--directory DIR]

Prints receipts/s, and the share of a receipt that is the gateway's own: the time of the same receipts made by the
driver alone is subtracted.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import tempfile
import time
from pathlib import Path

from devices.links.trace import TracingLink
from devices.registers.base import Shift
from devices.registers.factory import create
from gateway.embedded import EmbeddedShop
from gateway.jobs.model import JobKind, NewJob
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal
from gateway.journal.traces import Traces
from gateway.receipts.convert import to_receipt
from gateway.rim import ThreadExecutor
from gateway.shop import Shop

ITEM = {
    "name": "Ботинки зимние, кожа, размер 42",
    "price": "4990.00",
    "quantity": "1",
    "payment_method": "full_payment",
    "payment_object": "commodity",
    "vat": "vat22",
}
BODY = json.dumps(
    {
        "operation": "sell",
        "taxation": "osn",
        "items": [ITEM] * 5,
        "payments": [{"type": "electronic", "sum": "24950.00"}],
    },
    ensure_ascii=False,
)
DIGEST = hashlib.sha256(BODY.encode()).hexdigest()


def new_job(job_id: str) -> NewJob:
    return NewJob(id=job_id, kind=JobKind.RECEIPT, register="kkt-1", body=BODY, digest=DIGEST)


async def by_driver(embedded: EmbeddedShop, count: int) -> float:
    """Seconds a receipt, driver and emulator alone, asked what a worker asks."""
    driver = create("shtrih", embedded.link("kkt-1"))
    await driver.connect()
    if (await driver.state()).shift is Shift.CLOSED:
        await driver.open_shift(None)
    receipt = to_receipt(BODY)
    began = time.perf_counter()
    for _ in range(count):
        await driver.check(receipt)
        await driver.state()
        await driver.bookmark()
        await driver.fiscalise(receipt)
    taken = (time.perf_counter() - began) / count
    await driver.close()
    return taken


async def by_gateway(embedded: EmbeddedShop, directory: Path, count: int, *, traced: bool) -> tuple[float, float]:
    """Seconds a receipt: one after another, and from a full queue."""
    journal = await Journal.open(directory, now=embedded.now, executor=ThreadExecutor("journal"), on_fatal=print)
    traces = await Traces.open(directory, now=embedded.now, executor=ThreadExecutor("traces"))
    link = embedded.link("kkt-1")
    if traced:
        link = TracingLink(link, lambda direction, data, _: traces.record("kkt-1", "job", str(direction), data))
    shop = Shop(
        journal,
        {"kkt-1": RegisterSettings(name="kkt-1", queue_limit=count + 1, emulated=True)},
        {"kkt-1": create("shtrih", link)},
        now=embedded.now,
        rng=random.Random(1),
    )
    await shop.start()
    await shop.submit(new_job("warm"))
    await shop.wait("warm", 10)
    began = time.perf_counter()
    for number in range(count):
        await shop.submit(new_job(f"one-{number}"))
        job = await shop.wait(f"one-{number}", 60)
        assert job.state == "done", job
    single = (time.perf_counter() - began) / count
    began = time.perf_counter()
    await asyncio.gather(*(shop.submit(new_job(f"many-{number}")) for number in range(count)))
    await shop.wait(f"many-{count - 1}", 600)
    queued = (time.perf_counter() - began) / count
    await shop.drain()
    await traces.close()
    await journal.close()
    return single, queued


async def measure(directory: Path, count: int) -> None:
    embedded = EmbeddedShop(directory / "emulated", {"kkt-1": "emulated:shtrih"}, rng=random.Random(1))
    await embedded.start()
    alone = await by_driver(embedded, count)
    print(f"driver and emulator alone:    {alone * 1000:6.2f} ms a receipt, {1 / alone:5.0f} /s")
    for traced in (False, True):
        single, queued = await by_gateway(embedded, directory / f"data-{traced}", count, traced=traced)
        for name, taken in (("one after another", single), ("from a full queue", queued)):
            words = "with traces" if traced else "no traces"
            print(
                f"{name}, {words:11}: {taken * 1000:6.2f} ms a receipt, {1 / taken:5.0f} /s,"
                f" gateway's own {(taken - alone) * 1000:5.2f} ms, {taken / alone:.2f} x driver alone"
            )
    await embedded.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--directory", type=Path, help="where the files go; decides which disk is measured")
    parser.add_argument("--receipts", type=int, default=300)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as directory:
        asyncio.run(measure(Path(directory), options.receipts))


if __name__ == "__main__":
    main()
