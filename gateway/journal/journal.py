"""The journal: jobs, events and tokens in one SQLite file, durable before anybody hears of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from devices.errors import GatewayError
from gateway.jobs.model import FINAL_STATES, Job, JobState, NewJob, Waiting
from gateway.jobs.states import may_follow
from gateway.journal import database, finding, order_claims, orders, recovered, retention, rows, units, verdicts
from gateway.journal.errors import IllegalTransition, JournalDamaged, UnitsMoved, UnknownJob
from gateway.journal.executor import Executor
from gateway.journal.migrate import versions
from gateway.journal.opening import Connect, opened
from gateway.journal.records import Cause, Drive, Event, Loss, PermitVerdict, Recovered, Token
from gateway.journal.writer import Writer
from gateway.orders.claims import NO_CLAIMS, Claims
from gateway.receipts.normalise import digest_of

#: Unfinished jobs held in memory; the others are read when asked for. A long queue of receipts is a heavy one.
RECENT = 256

#: Called on the loop after each commit, in its order: the event, and the job where there is one.
Listener = Callable[[Event, Job | None], None]


class Journal:
    """Made by `open`. Writes resolve after their commit; reads see everything committed.

    Belongs to one event loop. After a failed commit every write raises JournalFailed (`on_fatal` was called once).
    """

    def __init__(
        self,
        directory: Path,
        writer: Writer,
        executor: Executor,
        connections: tuple[sqlite3.Connection, ...],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self.directory = directory
        self._writer = writer
        self._executor = executor
        self._connections = connections  # in the order in which they are closed
        self._reader = connections[0]
        self._now = now
        self._recent: dict[str, Job] = {}  # unfinished jobs as committed, those that were heard of last
        self._ahead: dict[str, Job] = {}  # the same as queued for commit, for changes on top of changes
        self._listeners: list[Listener] = []
        self._unowned: dict[tuple[str, int, int], Recovered] = {}  # documents of drives that no job owns
        self._drives: dict[str, Drive] = {}
        self._loss: Loss | None = None

    @classmethod
    async def open(
        cls,
        directory: Path,
        *,
        now: Callable[[], datetime],
        executor: Executor,
        on_fatal: Callable[[BaseException], None],
        schema: Mapping[int, str] | None = None,
        connect: Connect = database.connect,
    ) -> Journal:
        """Own `directory` and open its journal, made or migrated as needed.

        `executor` runs the writes and is closed with the journal; `connect` opens its connections, so that a test's
        disk may be full or failing. Raises DirectoryInUse, DirectoryUnusable,
        JournalDamaged.
        """
        try:
            reading, writing, lock = opened(directory, versions("schema") if schema is None else schema, connect, now)
        except BaseException:
            executor.close()
            raise
        writer = Writer(writing, executor, on_fatal=on_fatal, refusals=GatewayError)
        journal = cls(directory, writer, executor, (reading, writing, lock), now=now)
        journal._unowned = {one.key: one for one in recovered.unowned(reading)}
        journal._drives = {one.fn: one for one in recovered.drives(reading)}
        journal._loss = recovered.last_loss(reading)
        return journal

    async def close(self) -> None:
        """Let what is queued reach the disk, then let the directory go."""
        await self._writer.flush()
        self._executor.close()
        for connection in self._connections:
            connection.close()

    async def barrier(self) -> None:
        """Returns when every write queued before is on disk and heard of; JournalFailed."""
        await self._writer.write(lambda connection: None)

    @property
    def commits(self) -> int:
        """Transactions committed since `open`."""
        return self._writer.commits

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """`listener` hears every event after its commit; call the answer to end that."""
        self._listeners.append(listener)

        def leave() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return leave

    # --- jobs

    async def accept(self, new: NewJob, *, emulated: bool = False) -> tuple[Job, bool]:
        """Keep a new job; the second value is False for a replay. KeyConflict when the id has other content."""
        lines = units.lines(new.kind, new.body)
        job, event = await self._writer.write(
            partial(rows.insert_job, new=new, at=self._now(), emulated=emulated, lines=lines), self._committed
        )
        return job, event is not None

    async def transition(
        self,
        job_id: str,
        state: JobState,
        *,
        only_if: JobState | None = None,
        attempt: int | None = None,
        as_seen: units.Seen | None = None,
        **changes: Any,
    ) -> Job:
        """Change a job; the event is part of the same commit. UnknownJob, IllegalTransition.

        `changes` are fields of `Job`: attempts intent bookmark fiscal result warnings marking error. `only_if`: the
        state in which whoever is not the job's worker found it, and in which `attempt`. `as_seen`: what `moves`
        answered; UnitsMoved when that is not so any more.
        """
        job = self._ahead.get(job_id) or await self.get(job_id)
        if job is None:
            raise UnknownJob(job_id)
        found = only_if in {None, job.state} and attempt in {None, job.attempts}
        if not (found and may_follow(job.state, state, asked=only_if is not None)):
            raise IllegalTransition(
                f"job {job_id!r} is {job.state} and cannot become {state}",
                hint=f"Документ в состоянии «{job.state}»: это действие сейчас невозможно.",
            )
        after = replace(job, state=state, updated_at=self._now(), **changes)
        self._ahead[job_id] = after
        try:
            written, _ = await self._writer.write(partial(rows.update_job, job=after, as_seen=as_seen), self._committed)
        except UnitsMoved:
            if self._ahead.get(job_id) is after:
                del self._ahead[job_id]
            raise
        return written

    def moves(self, job: Job) -> units.Seen:
        """What others did and do with the units of a job's marked lines (docs/marking.md)."""
        lines = units.lines(job.kind, job.body)
        return units.seen(self._reader, job, lines) if lines else units.Seen((), ())

    async def get(self, job_id: str) -> Job | None:
        """The job as committed."""
        return self._recent.get(job_id) or rows.select_job(self._reader, job_id)

    async def whole(self, job_id: str) -> Job:
        """The job as committed, to be worked on; JournalDamaged when its body is not what was accepted. UnknownJob."""
        job = await self.get(job_id)
        if job is None:
            raise UnknownJob(job_id)
        if digest_of(job.body) != job.digest:
            raise JournalDamaged(
                f"the body of job {job_id!r} does not have its digest; start the gateway again: it checks the journal",
                hint="Тело документа в журнале повреждено. Перезапустите шлюз: он проверит и восстановит журнал.",
            )
        return job

    async def find(
        self,
        *,
        order: str | None = None,
        state: JobState | None = None,
        register: str | None = None,
        kinds: tuple[str, ...] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: int | None = None,
        limit: int = 50,
    ) -> tuple[list[Job], int | None]:
        """Newest first, accepted in [since, until); the second value is the next page's cursor (None: no more)."""
        last = None if cursor is None else rows.accepted_at(self._reader, cursor)
        if cursor is not None and last is None:
            return [], None
        sql, values = finding.query(
            order=order,
            state=state,
            register=register,
            kinds=kinds,
            since=since,
            until=until,
            before=None if cursor is None or last is None else (cursor, last),
            limit=limit + 1,
        )
        found = [rows.job_of(row) for row in self._reader.execute(sql, values).fetchall()]
        return found[:limit], found[limit - 1].sequence if len(found) > limit else None

    async def unfinished(self, register: str) -> list[Waiting]:
        """Jobs without a last word, in order of acceptance: there may be many, so without their content."""
        return rows.unfinished(self._reader, register)

    async def oldest_unfinished(self, register: str, before: datetime) -> datetime | None:
        """When the oldest of them was accepted, of those that were accepted before that moment."""
        return rows.oldest_unfinished(self._reader, register, before)

    async def waiting(self) -> Mapping[str, int]:
        """How many unfinished jobs each register has, registers that are no longer configured too."""
        return rows.unfinished_counts(self._reader)

    async def claimed(self, fn: str, first: int, last: int | None = None) -> dict[tuple[int, int], str]:
        """Documents `first` … `last` of drive `fn` that belong to a job: (number, fiscal sign) -> job id.

        The number alone would do for a real drive; an emulated one that was reset counts from 1 again.
        """
        return recovered.claimed(self._reader, fn, first, last)

    # --- documents that no job owns, and rows that are lost (docs/journal.md)

    @property
    def loss(self) -> Loss | None:
        """The newest loss, reviewed or not."""
        return self._loss

    @property
    def needs_a_look(self) -> bool:
        """Whether documents found after a loss still wait for somebody to say whose they are."""
        return any(one.cause is Cause.LOST for one in self._unowned.values())

    @property
    def drives(self) -> Mapping[str, Drive]:
        """How far each drive's documents are accounted for, by its number."""
        return self._drives

    def unowned(self, register: str) -> list[Recovered]:
        """Recovered documents that no job owns, in order of number."""
        found = (one for one in self._unowned.values() if one.register == register)
        return sorted(found, key=lambda one: one.key) if self._unowned else []

    def last_owned(self, fn: str) -> int:
        """Number of the last document of this drive that a job owns, 0 when none."""
        return recovered.last_owned(self._reader, fn)

    def owners(self, fn: str, first: int, last: int) -> dict[int, list[Job]]:
        """The jobs that own documents `first` … `last` of a drive, by number."""
        found: dict[int, list[Job]] = {}
        for job in recovered.owners(self._reader, fn, first, last):
            assert job.fiscal is not None
            found.setdefault(job.fiscal.document, []).append(job)
        return found

    async def recover(self, found: Sequence[Recovered], drive: Drive | None = None) -> None:
        """Keep documents that no job owns; with `drive` everything up to its `reviewed` is accounted for."""
        named = [(one, units.named(one)) for one in found]
        await self._writer.write(partial(_recovered, found=named, drive=drive))
        for one in found:
            self._unowned.setdefault(one.key, one)
        if drive is not None:
            self._drives[drive.fn] = drive

    async def deny(self, job_id: str) -> None:
        """A person stated that nothing found until now is this job's document."""
        await self._writer.write(partial(recovered.deny, job_id=job_id, at=self._now()))

    def denied_at(self, job_id: str) -> datetime | None:
        """When a person last said so."""
        return recovered.denied_at(self._reader, job_id)

    async def amend_loss(self, report: Mapping[str, Any]) -> None:
        """Bring the report of the newest loss up to date."""
        if self._loss is not None:
            after = replace(self._loss, report=report)
            self._loss = after
            await self._writer.write(partial(recovered.amend_loss, loss=after))

    async def forget(self, before: datetime, step: int) -> int:
        """Drop some bodies, results and events from before that moment; how many rows were looked at, 0 at the end."""
        return await self._writer.write(partial(retention.forget, before=before, step=step))

    # --- permit mode (docs/permit.md)

    async def keep_verdicts(self, found: Sequence[PermitVerdict]) -> None:
        """On disk when it returns."""
        await self._writer.write(partial(verdicts.insert, found=found))

    async def verdicts(self, job_id: str) -> list[PermitVerdict]:
        """What permit mode said of a job's lines, every attempt's, oldest first."""
        return verdicts.of_job(self._reader, job_id)

    # --- orders

    async def append_order(
        self,
        row: orders.OrderRow,
        entry: str,
        alarms: Iterable[str],
        told: Sequence[orders.Told],
        claims: Claims = NO_CLAIMS,
        beside: Iterable[str] = (),
    ) -> None:
        """Add an entry to an order's log and tell of it.

        OrderMoved when the log is not as long as `row` says, or another order than those `beside` has what it claims.
        """
        write = partial(
            order_claims.append,
            row=row,
            entry=entry,
            at=self._now(),
            alarms=tuple(alarms),
            told=told,
            claims=claims,
            beside=frozenset(beside),
        )
        await self._writer.write(write, self._told)

    def orders_with_unit(self, unit: str) -> list[str]:
        """Numbers of the orders that have picked or sold a unit (КИ)."""
        return order_claims.holders(self._reader, unit)

    def order_of_document(self, fn: str, document: int) -> order_claims.Owner | None:
        """Which order's document was recorded as this one of a bank's till."""
        return order_claims.owner(self._reader, fn, document)

    async def alarm_order(self, number: str, alarms: Iterable[str], told: Sequence[orders.Told]) -> None:
        """Keep which alarms of an order are told by now, and tell."""
        write = partial(orders.alarmed, number=number, at=self._now(), alarms=tuple(alarms), told=told)
        await self._writer.write(write, self._told)

    def order_alarms(self, number: str) -> frozenset[str]:
        """The codes of an order's alarms that were told as begun and not as over."""
        return orders.alarms(self._reader, number)

    def order_log(self, number: str) -> list[str]:
        """The entries of an order's log as committed, the oldest first."""
        return list(orders.log(self._reader, number))

    def orders_unheard(self) -> list[str]:
        """Orders whose next document has no job, or has one that moved while nobody listened."""
        return orders.unheard(self._reader)

    def orders_waiting(self) -> list[str]:
        """Orders with a document to come, whoever makes it."""
        return orders.waiting(self._reader)

    def orders_timely(self, *, late: datetime, overdue: datetime, idle: datetime) -> list[str]:
        """Orders of which an alarm may begin now: what waits, or lies, since before these moments and was not told."""
        return orders.timely(self._reader, late=late, overdue=overdue, idle=idle)

    def list_orders(self, *, after: str = "", limit: int = 500, alarmed: bool = False) -> list[str]:
        """Numbers of orders, in their order; `alarmed`: of those with an alarm that was told."""
        return (orders.with_alarms if alarmed else orders.listed)(self._reader, after, limit)

    def orders_attended(self, *, after: str, limit: int, late: datetime, idle: datetime) -> list[str]:
        """Those with an alarm that was told, and those that wait, or hold money, since before these moments."""
        return orders.attended(self._reader, after=after, limit=limit, late=late, idle=idle)

    def order_totals(self) -> orders.Totals:
        """Of all orders: money held, documents to come, alarms."""
        return orders.totals(self._reader)

    def order_receipts(self, number: str) -> list[Waiting]:
        """Jobs that name an order, in order of acceptance, without their content."""
        return rows.of_order(self._reader, number)

    async def set_fact(self, name: str, value: str | None) -> None:
        """Keep a word about the shop; None forgets it."""
        await self._writer.write(partial(recovered.set_fact, name=name, value=value))

    def fact(self, name: str) -> str | None:
        """A word kept by `set_fact`."""
        return recovered.fact(self._reader, name)

    # --- events

    async def events(self, after: int, limit: int = 500) -> list[Event]:
        """Events with ids beyond `after`, oldest first."""
        found = self._reader.execute("SELECT * FROM events WHERE id > ? ORDER BY id LIMIT ?", (after, limit))
        return [rows.event_of(row) for row in found.fetchall()]

    async def last_event(self) -> int:
        """Id of the newest event, 0 when nothing ever happened."""
        return int(self._reader.execute("SELECT coalesce(max(id), 0) FROM events").fetchone()[0])

    async def note(self, register: str, state: str, data: Mapping[str, Any]) -> Event:
        """Keep what happened to a register."""
        _, event = await self._writer.write(
            partial(rows.insert_note, at=self._now(), register=register, state=state, data=data), self._committed
        )
        return event

    # --- tokens

    async def add_token(self, token: Token) -> None:
        """Keep a token (its digest only)."""
        await self._writer.write(partial(rows.insert_token, token=token))

    async def tokens(self) -> list[Token]:
        """Every token, revoked ones too, oldest first."""
        found = self._reader.execute("SELECT * FROM tokens ORDER BY created_at, id")
        return [rows.token_of(row) for row in found.fetchall()]

    async def revoke_token(self, token_id: str) -> bool:
        """False when no token in use has this id."""
        return await self._writer.write(partial(rows.revoke_token, token_id=token_id, at=self._now()))

    def _committed(self, answer: tuple[Job | None, Event | None]) -> None:
        job, event = answer
        if job is not None:
            self._recent.pop(job.id, None)
            if job.state not in FINAL_STATES:
                self._recent[job.id] = job
                if len(self._recent) > RECENT:
                    del self._recent[next(iter(self._recent))]
            if job.fiscal is not None and self._unowned:
                self._unowned.pop((job.fiscal.fn, job.fiscal.document, job.fiscal.sign), None)
            if self._ahead.get(job.id) is job:
                del self._ahead[job.id]
        if event is not None:
            for listener in tuple(self._listeners):
                listener(event, job)

    def _told(self, events: list[Event]) -> None:
        for event in events:
            self._committed((None, event))


def _recovered(
    connection: sqlite3.Connection,
    found: Sequence[tuple[Recovered, Sequence[units.Named]]],
    drive: Drive | None,
) -> None:
    recovered.insert(connection, [one for one, _ in found], drive)
    units.keep_recovered(connection, found)
