"""A shop over fake registers, in virtual time, that can be killed and started again on the same disk."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fake_register import START, FakeRegister, Till

from gateway.jobs.model import Job, JobKind, NewJob
from gateway.jobs.register import RegisterSettings
from gateway.journal import Event, Journal
from gateway.journal.executor import InlineExecutor
from gateway.shop import Shop


def receipt_body(rubles: int = 10, **more: Any) -> str:
    price = f"{rubles}.00"
    item = {
        "name": "Чай",
        "price": price,
        "quantity": "1",
        "payment_method": "full_payment",
        "payment_object": "commodity",
        "vat": "vat22",
    }
    body = {"operation": "sell", "items": [item], "payments": [{"type": "cash", "sum": price}], **more}
    return json.dumps(body, ensure_ascii=False)


def new_job(
    job_id: str, body: str | None = None, *, kind: JobKind = JobKind.RECEIPT, register: str = "kkt-1"
) -> NewJob:
    text = receipt_body() if body is None else body
    return NewJob(id=job_id, kind=kind, register=register, body=text, digest=hashlib.sha256(text.encode()).hexdigest())


class Mortal(InlineExecutor):
    """Dies before or after the n-th commit: from then on nothing is written and nobody hears anything."""

    def __init__(self, *, before: int | None = None, after: int | None = None, died: Callable[[], None] | None = None):
        self._before, self._after, self._died = before, after, died
        self.commits = 0
        self.dead = False

    def submit(self, work: Callable[[], None]) -> None:
        if self.dead:
            return
        self.commits += 1
        if self.commits == self._before:
            self._die()
            return
        if self.commits == self._after:
            self._die()
        work()

    def _die(self) -> None:
        self.dead = True
        assert self._died is not None
        self._died()


class House:
    """One data directory and the tills around it; `start` as often as you like."""

    def __init__(self, directory: Path, tills: Mapping[str, Till] | None = None, **settings: Any) -> None:
        self.directory = directory
        self.tills = dict(tills or {"kkt-1": Till()})
        self.settings = {name: replace(RegisterSettings(name=name), **settings) for name in self.tills}
        self.offset = timedelta()
        self.died = asyncio.Event()

    @property
    def till(self) -> Till:
        return next(iter(self.tills.values()))

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time()) + self.offset

    def die(self) -> None:
        """From this moment on the process does nothing any more, as far as the world can see."""
        for till in self.tills.values():
            till.frozen = True
        self.died.set()

    async def start(self, **mortal: int) -> Shop:
        self.died.clear()
        for till in self.tills.values():
            till.frozen = False
        executor = Mortal(died=self.die, **mortal)
        self.journal = await Journal.open(self.directory, now=self.now, executor=executor, on_fatal=lambda error: None)
        self.shop = Shop(
            self.journal,
            self.settings,
            {name: FakeRegister(till) for name, till in self.tills.items()},
            now=self.now,
            rng=random.Random(1),
        )
        await self.shop.start()
        return self.shop

    async def kill(self) -> None:
        """What kill -9 leaves behind: the files and the registers."""
        for task in [*self.shop._running.values(), *self.shop._clocks]:
            task.cancel()
        await asyncio.gather(*self.shop._running.values(), *self.shop._clocks, return_exceptions=True)
        for connection in self.journal._connections:
            connection.close()

    async def stop(self) -> None:
        await self.shop.drain()
        await self.journal.close()

    async def sell(self, job_id: str, body: str | None = None, seconds: float = 60.0) -> Job:
        job, _ = await self.shop.submit(new_job(job_id, body))
        return await self.shop.wait(job.id, seconds)

    async def until(self, job_id: str, state: str, seconds: float = 60.0) -> Job:
        return await until(self.journal, job_id, state, seconds)


async def until(journal: Journal, job_id: str, state: str, seconds: float) -> Job:
    """The job when it is, or as soon as it comes to be, in `state`; TimeoutError after `seconds`."""
    job = await journal.get(job_id)
    if job is not None and job.state == state:
        return job
    reached: asyncio.Future[Job] = asyncio.get_running_loop().create_future()

    def listener(event: Event, job: Job | None) -> None:
        if job is not None and job.id == job_id and job.state == state and not reached.done():
            reached.set_result(job)

    unsubscribe = journal.subscribe(listener)
    try:
        async with asyncio.timeout(seconds):
            return await reached
    finally:
        unsubscribe()
