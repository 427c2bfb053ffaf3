"""One register, one worker: its jobs strictly in order of acceptance, one step at a time.

A step takes the first job as far as it goes: settle what is unsettled, make ready, write the bookmark down, act, write
the result down. Whatever ends a step early leaves the job in a state from which the next step, or the next process,
goes on (`gateway.jobs.states`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import structlog

from devices.errors import GatewayError, LinkError
from devices.registers.base import Register
from gateway.jobs import bodies
from gateway.jobs.backlog import Backlog, Entry
from gateway.jobs.connection import Connection, lost_by
from gateway.jobs.model import Job, JobKind, JobState
from gateway.jobs.permit import PermitGate
from gateway.jobs.register import RegisterSettings, RegisterSnapshot
from gateway.jobs.steps import Steps
from gateway.jobs.units import Ask, UnitGate
from gateway.journal import Journal, JournalDamaged, JournalFailed
from gateway.marking.permit import Permit

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Seconds after a job until the idle register is looked at.
SETTLED_DOWN = 0.2
#: Questions that may wait for one register; who asks more hears that it is busy.
QUESTIONS = 32


class Worker:
    """Runs in a task of its own (`run`); everything else is called from the same loop."""

    def __init__(
        self,
        settings: RegisterSettings,
        driver: Register,
        journal: Journal,
        *,
        now: Callable[[], datetime],
        rng: random.Random,
        ask: Ask,
        on_job: Callable[[str | None], None] = lambda job_id: None,
        permit: Permit | None = None,
    ) -> None:
        self.settings = settings
        self.backlog = Backlog()
        self.connection = Connection(
            driver,
            settings,
            now=now,
            rng=rng,
            note=lambda state, data: journal.note(settings.name, state, data),
        )
        gate = None if permit is None else PermitGate(permit, journal, settings.name)
        units = UnitGate(journal, driver, settings.name, ask)
        self._steps = Steps(
            self.connection, self.backlog, settings, journal, now=now, rng=rng, units=units, permit=gate
        )
        self._driver = driver
        self._journal = journal
        self._now = now
        self._on_job = on_job
        self._current: Entry | None = None
        self._wake = asyncio.Event()
        self._stopping = False
        self._questions: dict[asyncio.Future[Any], Callable[[Register], Awaitable[Any]]] = {}  # oldest first
        self._answered = False  # the last turn was a question's
        self._next_look = 0.0
        self._complained = ""  # the unexpected error told last

    @property
    def snapshot(self) -> RegisterSnapshot:
        """Never waits for the device."""
        current = self._current
        return replace(
            self.connection.snapshot, queued=len(self.backlog), current=None if current is None else current.id
        )

    def take(self, job: Job) -> None:
        """Hear of a committed job: a new one is queued, a known one is brought up to date."""
        self.backlog.update(job)
        self._wake.set()

    def nudge(self, job_id: str) -> None:
        """Try this job at once, whatever it waits for."""
        entry = self.backlog.get(job_id)
        if entry is not None:
            self.backlog.unpark(entry)
            self.connection.retry_at = 0.0
            self._wake.set()

    async def ask(self, question: Callable[[Register], Awaitable[T]], seconds: float) -> T:
        """Ask the register something between two jobs; LinkError when that was not possible within `seconds`."""
        if len(self._questions) >= QUESTIONS:
            raise LinkError(
                f"{QUESTIONS} questions to register {self.settings.name} wait already; try again later",
                hint="Касса занята другими запросами: повторите позже.",
                code="register_busy",
            )
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._questions[future] = question
        self._wake.set()
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            raise LinkError(
                f"register {self.settings.name} could not be asked within {seconds:g} s; try again when it is free",
                hint="Касса занята или не отвечает: повторите позже.",
                code="register_busy",
            ) from None
        finally:
            self._questions.pop(future, None)

    def stop(self) -> None:
        """Finish the document in hand, then return from `run`."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Until `stop`, or until the journal fails."""
        await self._recall()
        try:
            while not self._stopping:
                await self._turn()
        except (JournalFailed, JournalDamaged) as error:
            log.critical("worker stops: the journal failed", register=self.settings.name, error=error.detail)
        finally:
            for future in self._questions:
                future.cancel()
            await self.connection.close()

    async def _recall(self) -> None:
        """What the journal knows: unfinished jobs, and a port that was lent out."""
        for waiting in await self._journal.unfinished(self.settings.name):
            self.backlog.update(waiting)
        lent, _ = await self._journal.find(
            register=self.settings.name, kinds=(JobKind.RELEASE.value,), state=JobState.DONE, limit=1
        )
        if lent and lent[0].result is not None:
            self.connection.lent(datetime.fromisoformat(lent[0].result["until"]), bodies.minutes_of(lent[0].body))

    async def _turn(self) -> None:
        now = asyncio.get_running_loop().time()
        self._wake.clear()
        if self.connection.connected:
            await self._returned(self._driver.identity.fn)
        entry = self.backlog.choose(now, released=self.connection.released)
        # Turn about, so that neither many questions keep a receipt waiting nor many receipts a question.
        if self._may_ask(now) and not (self._answered and entry is not None):
            self._answered = True
            await self._answer()
            return
        self._answered = False
        if entry is not None:
            await self._work(entry)
        elif self.connection.released:
            await self._rest(max(0.001, self.connection.lent_to - now))
        elif now >= self._look_due():
            await self._look()
        else:
            due = [moment for moment in (self.backlog.next_due(released=False), self._look_due()) if moment is not None]
            await self._rest(max(0.001, min(due) - now))

    async def _returned(self, fn: str) -> None:
        """The drive that answers now is asked about the jobs that another one in its place could not tell about."""
        entries = self.backlog.awaiting(fn)
        for entry in entries:
            self.backlog.unpark(entry)
        if entries:
            await self.connection.note("drive_returned", {"fn": fn, "jobs": [entry.id for entry in entries]})

    def _may_ask(self, now: float) -> bool:
        """Whether a question's turn has come: a register that is away is not called more often for being asked."""
        reachable = self.connection.connected or now >= self.connection.retry_at
        return bool(self._questions) and reachable and not self.connection.released

    def _look_due(self) -> float:
        return self._next_look if self.connection.connected else self.connection.retry_at

    async def _work(self, entry: Entry) -> None:
        if entry.taken is None:
            job = await self._journal.whole(entry.id)
            if job.state is not entry.state:  # changed by its caller, of which the backlog is about to hear
                self.backlog.update(job)
                return
            entry.taken = job
        self._current = entry
        before = entry.job
        self._on_job(entry.id)
        try:
            await self._steps.step(entry)
        finally:
            self._current = None
            self._on_job(None)
            soon = asyncio.get_running_loop().time() + SETTLED_DOWN
            # A job that waits is tried again and again: that alone is no reason to read the whole register each time.
            self._next_look = soon if entry.job is not before else max(soon, self._next_look)
        if entry.kind is not JobKind.RELEASE and entry.state is JobState.DONE:
            # Whatever was done (a shift opened, the clock set) may be what a held job waits for.
            for other in self.backlog.held:
                other.not_before, other.held_by = 0.0, None

    async def _look(self) -> None:
        self._next_look = asyncio.get_running_loop().time() + self.settings.poll_seconds
        try:
            await self.connection.ensure()
            await self._steps.recovery.review()
            await self.connection.look(lambda: self._wake.is_set() or self._stopping)
            await self.connection.well()
            await self._steps.recovery.seen(self.connection.snapshot.drive)
            if not self.backlog.held:
                await self.connection.attention(None)
        except JournalFailed:
            raise
        except GatewayError as error:
            await self._unreachable(error)
        except Exception as error:
            if self._complained != repr(error):  # once, not every second of an outage
                self._complained = repr(error)
                log.exception("the register could not be looked at", register=self.settings.name)
            hint = "Сбой шлюза при обращении к кассе: он повторит сам. Передайте журнал службы в поддержку."
            await self._unreachable(LinkError(f"unexpected: {error!r}", hint=hint, code="internal_error"))

    async def _answer(self) -> None:
        future = next(iter(self._questions))
        question = self._questions.pop(future)
        try:
            await self.connection.ensure()
            answer = await question(self._driver)
        except JournalFailed:
            future.cancel()
            raise
        except GatewayError as error:
            if not future.done():
                future.set_exception(error)
            await self._unreachable(error)
        except Exception as error:
            log.exception("a question to the register failed", register=self.settings.name)
            if not future.done():
                future.set_exception(error)
        else:
            if not future.done():
                future.set_result(answer)

    async def _unreachable(self, error: GatewayError) -> None:
        if lost_by(error) or not self.connection.connected:
            await self.connection.down(error)
        else:
            await self.connection.attention(error)

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
