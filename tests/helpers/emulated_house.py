"""A gateway's shop on the embedded emulator, whole, in one process; killed and started again on the same disk."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from fake_shop import Mortal, new_job, until

from devices.registers.factory import create
from emulator.faults import Fault, FaultKind
from emulator.records import DocumentRecord
from gateway.embedded import EmbeddedShop
from gateway.emulated import EMULATED
from gateway.jobs.model import Job
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal
from gateway.marking.permit import Permit
from gateway.shop import Shop

NAME = "kkt-1"


class EmulatedHouse:
    """The emulator outlives the gateway: `start` and `kill` concern the gateway alone."""

    def __init__(
        self,
        directory: Path,
        link: str = "emulated:shtrih",
        *,
        options: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        self.directory = directory
        self.family = link.removeprefix(EMULATED).partition("?")[0]
        self.settings = replace(RegisterSettings(name=NAME, link=link, family=self.family, emulated=True), **settings)
        self.link = link
        self.options = options or {}
        self.died = asyncio.Event()

    async def switch_on(self, *, seed: int | None = 7) -> None:
        self.embedded = EmbeddedShop(
            self.directory / "emulated",
            {NAME: self.link},
            rng=None if seed is None else random.Random(seed),
            ticks=asyncio.get_running_loop().time,
        )
        await self.embedded.start()

    def now(self) -> datetime:
        return self.embedded.now()

    async def start(self, **mortal: int) -> Shop:
        self.died.clear()
        executor = Mortal(died=self.died.set, **mortal)
        self.journal = await Journal.open(self.directory, now=self.now, executor=executor, on_fatal=lambda error: None)
        driver = create(self.family, self.embedded.link(NAME), options=self.options)
        self.shop = Shop(
            self.journal,
            {NAME: self.settings},
            {NAME: driver},
            now=self.now,
            rng=random.Random(1),
            permit=self.permit(),
        )
        await self.shop.start()
        return self.shop

    def permit(self) -> Permit | None:
        """Permit mode of one life of the gateway; off here."""
        return None

    async def kill(self) -> None:
        """What kill -9 leaves behind: the files, and a register whose line went dead."""
        for task in self.shop._running.values():
            task.cancel()
        await asyncio.gather(*self.shop._running.values(), return_exceptions=True)
        for connection in self.journal._connections:
            connection.close()

    async def stop(self) -> None:
        await self.shop.drain()
        await self.journal.close()
        await self.embedded.close()

    async def sell(self, job_id: str, body: str | None = None, seconds: float = 120.0) -> Job:
        job, _ = await self.shop.submit(new_job(job_id, body))
        return await self.shop.wait(job.id, seconds)

    async def until(self, job_id: str, state: str, seconds: float = 60.0) -> Job:
        return await until(self.journal, job_id, state, seconds)

    def break_down(self, kind: FaultKind, command: int | None = None, **more: Any) -> None:
        self.embedded.shop.registers[NAME].faults.add(Fault(kind=kind, command=command, **more))

    def receipts(self) -> list[DocumentRecord]:
        """Receipts and corrections in the drive's archive."""
        return [one for one in self.embedded.shop.registers[NAME].documents() if one.code in {3, 31}]
