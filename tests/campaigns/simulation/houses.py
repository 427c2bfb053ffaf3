"""A gateway as the system sees it: a process with a data directory that may die at any moment and is started again."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from devices.errors import GatewayError
from devices.links.pair import PairLink
from devices.registers.factory import create
from emulator.channels import PipeEnd
from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState
from gateway.jobs.register import RegisterSettings
from gateway.journal import Journal
from gateway.orders.attention import Calendar
from gateway.orders.service import Orders
from gateway.shop import Shop
from simulation.disk import Disk, MortalExecutor, Trouble

if TYPE_CHECKING:
    from simulation.wires import Wire
    from simulation.world import World

T = TypeVar("T")

#: Seconds until the system starts a gateway again that died (systemd/fiscal-gateway.service: RestartSec).
RESTART = 2.0


class Dead(Exception):
    """Nobody answers at this gateway's address, or nobody does any more."""


class House:
    """`shop` and `journal` are there while `alive`; `call` is how callers reach them."""

    def __init__(self, name: str, world: World, registers: list[str]) -> None:
        self.name = name
        self.registers = registers
        self.offset = timedelta()  # of this computer's clock
        self.unplugged = False  # a technician pulled its cables
        self.lives = 0
        self.alive = False
        self._world = world
        self._rng = Random(f"{world.seed}/{name}")
        self.directory = world.directory / name
        self._died = asyncio.Event()
        self._wires: list[Wire] = []
        self._callers: list[asyncio.Future[Any]] = []
        self._supervisor: asyncio.Task[None] | None = None
        self._executor: MortalExecutor | None = None
        self.current: dict[str, str | None] = {}
        self._taken: set[str] = set()
        self.shop: Shop
        self.orders: Orders
        self.journal: Journal
        self.disk = Disk(now=world.loop.time, struck=self._disk_struck)
        self._links: dict[str, Callable[[], PipeEnd]] = {one: self._dialler(one) for one in registers}

    def now(self) -> datetime:
        return self._world.now() + self.offset

    async def unfinished(self, register: str) -> list[Job]:
        """Jobs without a last word, in order of acceptance."""
        return [await self.journal.whole(one.id) for one in await self.journal.unfinished(register)]

    # --- the system

    def switch_on(self) -> None:
        self._supervisor = asyncio.create_task(self._supervise(), name=f"{self.name} supervisor")

    async def switch_off(self) -> None:
        """In order, as on SIGTERM."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with suppress(asyncio.CancelledError):
                await self._supervisor
        if self.alive:
            self.alive = False
            await self.orders.stop()
            await self.shop.drain()
            await self.journal.close()

    def die(self, why: str) -> None:
        """From this moment on the process does nothing any more; what it had sent is still on its way."""
        if not self.alive:
            return
        self.alive = False
        self._world.story.tell(self.name, f"dies: {why}")
        assert self._executor is not None
        self._executor.dead = True
        self.orders._chains.stop()
        for wire in self._wires:
            wire.close()
        self._wires.clear()
        for task in self._tasks():
            task.cancel()
        for caller in self._callers:
            caller.cancel()
        self._died.set()

    def doom(self, commits: int, *, before: bool) -> None:
        """Kill it at a commit of the journal."""
        if self._executor is not None and not self._executor.dead:
            self._executor.doom(commits, before=before)

    def spare(self) -> None:
        """What was to go wrong with it does not."""
        self.disk.heal()
        self.offset = timedelta()
        if self._executor is not None:
            self._executor.spare()

    async def _supervise(self) -> None:
        while True:
            try:
                await self._start()
            except (GatewayError, sqlite3.Error) as error:
                self._world.story.tell(self.name, f"does not start: {error}")
            else:
                await self._died.wait()
                await asyncio.gather(*self._tasks(), return_exceptions=True)
                self._bury()
            await asyncio.sleep(RESTART)

    async def _start(self) -> None:
        world = self._world
        self.lives += 1
        self._died = asyncio.Event()
        executor = MortalExecutor(world.loop.call_later, self._commit_seconds, self._killed)
        self.journal = await Journal.open(
            self.directory,
            now=self.now,
            executor=executor,
            on_fatal=lambda error: self.die(f"the journal failed: {error}"),
            connect=self.disk.connect,
        )
        self._executor = executor
        conditions, family = world.conditions, world.conditions.family
        settings = {
            name: replace(
                RegisterSettings(name=name, family=family.name, emulated=True),
                queue_limit=conditions.queue_limit,
                close_shift_at=conditions.close_shift_at,
            )
            for name in self.registers
        }
        drivers = {
            name: create(
                family.name,
                PairLink(self._links[name], name=f"pair:{name}", web=family.web),
                options=conditions.options,
            )
            for name in self.registers
        }
        self.current = {}
        chance = Random(f"{world.seed}/{self.name}/{self.lives}/permit")
        self.shop = Shop(
            self.journal,
            settings,
            drivers,
            now=self.now,
            rng=Random(f"{world.seed}/{self.name}/{self.lives}"),
            on_job=self._on_job,
            permit=None if world.permits is None else world.permits.of(self, chance),
        )
        self.journal.subscribe(self._told)
        self.orders = Orders(self.shop, now=self.now, calendar=Calendar(zone=world.clock.zone))
        try:
            await self.shop.start()
            if conditions.chains:
                await self.orders.start()
        except BaseException:
            self._bury()
            raise
        self.alive = True
        world.story.tell(self.name, f"starts, life {self.lives}")

    def _tasks(self) -> list[asyncio.Task[None]]:
        """Everything that runs in this process."""
        keeping = [] if self.shop.permit is None else self.shop.permit._keeping
        # A set has no order of its own: in that of their making, so that a seed happens again exactly.
        chains = sorted(self.orders._tasks.running, key=lambda task: int(task.get_name().rpartition("-")[2]))
        return [*self.shop._running.values(), *self.shop._clocks, *keeping, *self.orders._rounds, *chains]

    def _bury(self) -> None:
        for connection in self.journal._connections:
            connection.close()

    def _killed(self) -> None:
        self._world.hit(None, "gateway killed at a commit", self.name)
        self.die("killed at a commit")

    def _disk_struck(self, trouble: Trouble) -> None:
        self._world.hit(None, f"gateway {trouble}", self.name)

    def _commit_seconds(self) -> float:
        shortest, longest = self._world.conditions.commit_latency
        return self._rng.uniform(shortest, longest) if longest else 0.0

    def _on_job(self, register: str, job: str | None) -> None:
        self.current[register] = job
        if job is not None and job not in self._taken:
            self._taken.add(job)
            self._world.on_taken(self, register)

    def _told(self, event: Any, job: Any) -> None:
        story = self._world.story
        if job is not None:
            if job.kind is JobKind.RELEASE and job.state is JobState.DONE:
                self._world.lent.add(job.register)
            order = self._world.orders.get((self.name, job.id))
            if order is not None and job.state in FINAL_STATES:
                order.ended_at = self._world.hits[job.register]
            said = "; ".join(f"{one.code}: {one.detail}" for one in job.warnings) if story.keep else ""
            why = f" {job.error.code}: {job.error.detail}" if job.error else ""
            document = f" document {job.fiscal.document}" if job.fiscal else ""
            story.tell(self.name, f"{job.id} {event.state}{document}{why}", said)
        else:
            what = event.data.get("code") or event.data.get("document") or event.data.get("event") or ""
            story.tell(self.name, f"{event.register or event.subject} {event.state} {what}")

    def _dialler(self, register: str) -> Callable[[], PipeEnd]:
        def connect() -> PipeEnd:
            if self.unplugged:
                raise ConnectionRefusedError("no cable")
            host, wire = self._world.cables[register].connect()
            self._wires = [one for one in self._wires if not one.closed]
            self._wires.append(wire)
            return host

        return connect

    # --- callers

    async def call(self, what: Callable[[Shop], Awaitable[T]]) -> T:
        """Ask the running gateway something. Dead when it is not there, or dies before it answers."""
        if not self.alive:
            raise Dead(f"{self.name} is not running")
        asking = asyncio.ensure_future(what(self.shop))
        self._callers.append(asking)
        try:
            return await asking
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if me is not None and me.cancelling():
                raise
            raise Dead(f"{self.name} died") from None
        finally:
            self._callers.remove(asking)
