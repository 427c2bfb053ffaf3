"""The shop as the HTTP API and the command line see it: registers, jobs, events."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import structlog

from devices.errors import GatewayError
from devices.registers.base import ArchivedDocument, CodeCheck, Register
from gateway.jobs import bodies
from gateway.jobs.backlog import OVERTAKING
from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState, NewJob
from gateway.jobs.permit import Orders
from gateway.jobs.register import RegisterSettings, RegisterSnapshot
from gateway.jobs.resolve import Verdict
from gateway.jobs.task import with_defaults
from gateway.jobs.units import LINE_VERDICTS
from gateway.jobs.worker import Worker
from gateway.journal import Event, IllegalTransition, Journal, UnknownJob
from gateway.marking.permit import Permit
from gateway.schedule import close_daily, close_missed
from gateway.subscription import Subscription
from protocols.ffd.enums import FfdVersion, Measure, Operation
from protocols.ffd.faults import Fault
from protocols.ffd.receipt import Receipt
from protocols.ffd.rules import document_faults

T = TypeVar("T")

log = structlog.get_logger(__name__)

#: Seconds which `drain` gives the document in hand: a Z report of Shtrih-M takes up to 65, the unit allows 90.
DRAIN_SECONDS = 80.0

#: Callers who may wait for jobs of one register at once. Who comes later hears at once how the job stands, so that a
#: dead register's callers cannot take the place of another's.
WAITERS = 256

#: Seconds for which one register's receipt waits for what an idle other one knows.
NEIGHBOUR_SECONDS = 1.0

#: Places of a full queue for what may overtake it: a full queue may wait for just that (a shift opened, the clock set).
OPERATORS_PLACES = 16


class QueueFull(GatewayError):
    """The register's queue holds as many jobs as it may (HTTP 503 with Retry-After: `retry_after` seconds)."""

    code = "queue_full"
    retry_after = 5


class Draining(GatewayError):
    """The daemon is stopping and takes no new work (HTTP 503)."""

    code = "stopping"
    retry_after = 10


class UnknownRegister(GatewayError):
    """No register has this name (HTTP 422 in a body, 404 in a path)."""

    code = "register_unknown"


class RegisterHandle:
    """One register of the shop."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.name = worker.settings.name

    @property
    def settings(self) -> RegisterSettings:
        return self._worker.settings

    @property
    def snapshot(self) -> RegisterSnapshot:
        """Cached: never waits for the device."""
        return self._worker.snapshot

    @property
    def connected(self) -> bool:
        """Whether what is known of the register is what it is now."""
        return self._worker.connection.connected

    def faults(self, receipt: Receipt) -> tuple[Fault, ...]:
        """All that keeps the register, as it was seen last, from making this receipt (its job would fail with it).

        Of one that was never seen only the tables of the newest ФФД are known.
        """
        connection = self._worker.connection
        identity = connection.snapshot.identity
        receipt = with_defaults(receipt, self.settings, identity)
        if identity is None:
            return tuple(document_faults(receipt, FfdVersion.V1_2))
        return connection.driver.faults(receipt)


class Shop:
    """Registers with their workers over one journal.

    `settings` and `drivers` (closed) have the same keys, the registers' names; the first is the default. `permit` is
    started and closed with the shop, None where permit mode is off. `now` answers
    aware datetimes. `on_job(register, job id or None)` hears which job a register is working on.
    """

    def __init__(
        self,
        journal: Journal,
        settings: Mapping[str, RegisterSettings],
        drivers: Mapping[str, Register],
        *,
        now: Callable[[], datetime],
        rng: random.Random,
        on_job: Callable[[str, str | None], None] = lambda register, job_id: None,
        permit: Permit | None = None,
    ) -> None:
        self._journal = journal
        self._now = now

        def hears(name: str) -> Callable[[str | None], None]:
            return lambda job_id: on_job(name, job_id)

        self._workers = {
            name: Worker(
                one, drivers[name], journal, now=now, rng=rng, ask=self._neighbour, on_job=hears(name), permit=permit
            )
            for name, one in settings.items()
        }
        self.registers: Mapping[str, RegisterHandle] = {
            name: RegisterHandle(worker) for name, worker in self._workers.items()
        }
        self.permit = permit
        self.orders = None if permit is None else Orders(permit, journal, tuple(settings), now=now)
        self._accepting = dict.fromkeys(self._workers, 0)
        self._waiters: dict[str, list[asyncio.Future[Job]]] = {}
        self._waiting = dict.fromkeys(self._workers, 0)  # of them, by register
        self._subscriptions: list[Subscription[Event]] = []
        self._running: dict[str, asyncio.Task[None]] = {}
        self._clocks: list[asyncio.Task[None]] = []
        self._draining = False
        self._stopped = False
        self._unsubscribe = journal.subscribe(self._heard)

    @property
    def journal(self) -> Journal:
        return self._journal

    @property
    def default_register(self) -> str | None:
        """The first configured, used when a body names none."""
        return next(iter(self._workers), None)

    @property
    def draining(self) -> bool:
        """True once `drain` was called: not ready for new work."""
        return self._draining

    @property
    def alive(self) -> bool:
        """False once a worker has ended on its own: its register's jobs would wait for ever."""
        return self._draining or not any(task.done() for task in self._running.values())

    async def start(self) -> None:
        """Start the workers: unfinished jobs are taken up (settled first). Does not wait for any device."""
        for register, count in (await self._journal.waiting()).items():
            if register not in self._workers:
                log.error("jobs wait for a register that is not configured", register=register, jobs=count)
        if self.permit is not None and self.orders is not None:
            self.orders.recall()
            self.permit.start()
        for name, worker in self._workers.items():
            task = asyncio.create_task(worker.run(), name=f"worker {name}")
            task.add_done_callback(self._worker_ended)
            self._running[name] = task
            for clock in self._closings(name, worker):
                self._clocks.append(asyncio.create_task(clock, name=f"closing {name}"))

    # --- jobs

    async def submit(self, new: NewJob) -> tuple[Job, bool]:
        """On disk when it returns; the second value is False for a replay.

        Raises KeyConflict, QueueFull, Draining, UnknownRegister.
        """
        worker = self._worker(new.register)
        places = worker.settings.queue_limit + (OPERATORS_PLACES if new.kind in OVERTAKING else 0)
        full = worker.backlog.queued + self._accepting[new.register] >= places
        if (full or self._draining) and await self._journal.get(new.id) is None:
            raise self._refusal(new.register)
        self._accepting[new.register] += 1
        try:
            return await self._journal.accept(new, emulated=worker.settings.emulated)
        finally:
            self._accepting[new.register] -= 1

    async def wait(self, job_id: str, seconds: float) -> Job:
        """The job as soon as its state is final, or as it is after `seconds`. UnknownJob.

        As it is now where too many wait for its register already; as it is then when the shop stops.
        """
        job = await self._known(job_id)
        crowded = self._waiting.get(job.register, WAITERS) >= WAITERS
        if job.state in FINAL_STATES or seconds <= 0 or crowded or self._stopped:
            return job
        future: asyncio.Future[Job] = asyncio.get_running_loop().create_future()
        self._waiters.setdefault(job_id, []).append(future)
        self._waiting[job.register] += 1
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return await self._known(job_id)
        finally:
            self._waiting[job.register] -= 1
            waiting = self._waiters.get(job_id)
            if waiting is not None and future in waiting:
                waiting.remove(future)
                if not waiting:
                    del self._waiters[job_id]

    async def cancel(self, job_id: str) -> Job:
        """Only while nothing was sent (queued, held); IllegalTransition otherwise, UnknownJob."""
        return await self._journal.transition(job_id, JobState.CANCELLED)

    async def retry(self, job_id: str) -> Job:
        """Queue a failed job again; try a waiting one (queued, held, settling) at once.

        Raises IllegalTransition, UnknownJob, Draining.
        """
        job = await self._known(job_id)
        if self._draining:
            raise self._refusal(job.register)
        if job.state in {JobState.QUEUED, JobState.HELD, JobState.SETTLING}:
            self._worker(job.register).nudge(job_id)
            return job
        self._worker(job.register)
        # What was said of its lines belongs to the attempt before.
        intent = {key: value for key, value in (job.intent or {}).items() if key not in LINE_VERDICTS} or None
        return await self._journal.transition(
            job_id,
            JobState.QUEUED,
            only_if=JobState.FAILED,  # of one that is running the bookmark must not be lost
            bookmark=None,
            error=None,
            warnings=(),
            marking=(),
            intent=intent,
        )

    async def resolve(self, job_id: str, *, exists: bool, document: int | None = None, by: str | None = None) -> Job:
        """A human's verdict on a job that is `settling`: it exists as `document`, or it does not (then it failed).

        `by` is the name of the token that it came with.

        Raises IllegalTransition, UnknownJob; RequestError where the drive or the journal contradicts the verdict.
        """
        job = await self._known(job_id)
        verdict = Verdict(journal=self._journal, ask=self._asked, now=self._now, by=by)
        if not exists:
            return await verdict.absent(job)
        resolved = await verdict.present(job, document)
        # Whoever waited for a verdict about the same document need not wait for it any more.
        worker = self._workers.get(job.register)
        for entry in () if worker is None else tuple(worker.backlog):
            never_sent = entry.taken is None or entry.taken.bookmark is None
            if worker is not None and entry.state is JobState.SETTLING and never_sent:
                worker.nudge(entry.id)
        return resolved

    async def reprint(self, job_id: str) -> Job:
        """A new job that prints the stored document of a done job again; raises IllegalTransition too."""
        job = await self._known(job_id)
        if job.state is not JobState.DONE or job.fiscal is None:
            raise IllegalTransition(
                f"job {job_id!r} has no fiscal document to print",
                hint="Печатать нечего: фискального документа нет.",
            )
        body, digest = bodies.canonical({"job": job_id, "document": job.fiscal.document})
        number = 1
        while await self._journal.get(f"{job_id}:reprint:{number}") is not None:
            number += 1
        again, _ = await self.submit(
            NewJob(
                id=f"{job_id}:reprint:{number}",
                kind=JobKind.REPRINT,
                register=job.register,
                body=body,
                digest=digest,
                order=job.order,
            )
        )
        return again

    async def document(self, register: str, number: int, *, seconds: float = 5.0) -> ArchivedDocument | None:
        """The drive's document, read between two jobs; None when the drive has none.

        Raises LinkError when it cannot be asked within `seconds`, UnknownRegister.
        """
        return await self._worker(register).ask(lambda driver: driver.document(number), seconds)

    async def check_code(
        self,
        register: str,
        code: bytes,
        *,
        operation: Operation,
        measure: Measure,
        quantity: Decimal,
        fraction: tuple[int, int] | None,
        seconds: float,
    ) -> CodeCheck:
        """What the drive and the marking server behind it say of a code, asked between two jobs.

        Raises LinkError when it cannot be asked within `seconds`, UnknownRegister, and what the driver raises.
        """
        return await self._worker(register).ask(
            lambda driver: driver.check_code(
                code, operation=operation, measure=measure, quantity=quantity, fraction=fraction
            ),
            seconds,
        )

    # --- events

    def events(
        self, *, limit: int = 1000, size: Callable[[Event], int] = lambda event: 0, limit_size: int = 0
    ) -> Subscription[Event]:
        """Events from now on; older ones are in `journal.events`. A reader with too many unread is cut."""
        subscription: Subscription[Event] = Subscription(
            limit, self._subscriptions.remove, size=size, limit_size=limit_size
        )
        self._subscriptions.append(subscription)
        return subscription

    async def drain(self) -> None:
        """Refuse new work, finish the document in hand, let the ports go. May be called again."""
        self._draining = True
        for clock in self._clocks:
            clock.cancel()
        for worker in self._workers.values():
            worker.stop()
        tasks = list(self._running.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=DRAIN_SECONDS)
            # What they were doing is in the journal: the next start settles it.
            for task in late:
                task.cancel()
        await asyncio.gather(*tasks, *self._clocks, return_exceptions=True)
        if self.permit is not None:
            await self.permit.close()
        # Not before: callers who wait must hear of what was finished.
        self._unsubscribe()
        self._stopped = True
        for job_id, futures in tuple(self._waiters.items()):
            job = await self._known(job_id)
            for future in futures:
                if not future.done():
                    future.set_result(job)
        for subscription in tuple(self._subscriptions):
            subscription.close()

    # --- inside

    def _closings(self, name: str, worker: Worker) -> Iterator[Coroutine[Any, Any, None]]:
        """What closes a register's shifts by the clock, if anything."""
        closing, zone = worker.settings.close_shift_at, worker.settings.zone
        if closing is not None:
            yield close_daily(name, closing, zone, now=self._now, submit=self.submit)
            yield close_missed(
                name,
                closing,
                zone,
                now=self._now,
                submit=self.submit,
                snapshot=lambda: worker.snapshot,
                journal=self._journal,
            )

    def _worker(self, register: str) -> Worker:
        worker = self._workers.get(register)
        if worker is None:
            known = ", ".join(self._workers) or "none"
            raise UnknownRegister(
                f"no register is called {register!r}; configured: {known}",
                hint="Касса с таким именем не настроена.",
            )
        return worker

    async def _asked(self, register: str, question: Callable[[Register], Awaitable[T]]) -> T:
        return await self._worker(register).ask(question, 5.0)

    async def _neighbour(self, register: str, question: Callable[[Register], Awaitable[bool]]) -> bool | None:
        """What an idle register answers for a receipt of another one, which must not wait for it long; else None."""
        worker = self._workers.get(register)
        if worker is None or not worker.snapshot.connected or worker.snapshot.current is not None:
            return None
        try:
            return await worker.ask(question, NEIGHBOUR_SECONDS)
        except GatewayError:
            return None

    async def _known(self, job_id: str) -> Job:
        job = await self._journal.get(job_id)
        if job is None:
            raise UnknownJob(job_id)
        return job

    def _refusal(self, register: str) -> GatewayError:
        if self._draining:
            return Draining(
                "the gateway is stopping and takes no new work; try again when it is back",
                hint="Шлюз останавливается: повторите запрос позже.",
            )
        return QueueFull(
            f"register {register} has as many jobs waiting as it may; try again later",
            hint="Очередь кассы переполнена: проверьте, печатает ли касса, и повторите позже.",
        )

    def _heard(self, event: Event, job: Job | None) -> None:
        if job is not None:
            worker = self._workers.get(job.register)
            if worker is not None:
                worker.take(job)
            if job.state in FINAL_STATES:
                for future in self._waiters.pop(job.id, ()):
                    if not future.done():
                        future.set_result(job)
        for subscription in tuple(self._subscriptions):
            subscription.offer(event)

    def _worker_ended(self, task: asyncio.Task[None]) -> None:
        with suppress(asyncio.CancelledError):
            error = task.exception()
            if error is not None:
                log.critical("a worker failed; its register stands still", worker=task.get_name(), exc_info=error)
