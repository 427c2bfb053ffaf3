"""The journal: jobs, events and tokens in one SQLite file, durable before anybody hears of them."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from devices.errors import GatewayError
from gateway.jobs.model import FINAL_STATES, Job, JobState, NewJob
from gateway.jobs.states import may_follow
from gateway.journal import database, rows
from gateway.journal.errors import IllegalTransition, JournalDamaged, KeyConflict, UnknownJob
from gateway.journal.executor import Executor
from gateway.journal.migrate import migrate, versions
from gateway.journal.records import Event, Token
from gateway.journal.writer import Writer

#: Called on the loop after each commit, in its order: the event, and the job where there is one.
Listener = Callable[[Event, Job | None], None]


class Connect(Protocol):
    """As `database.connect`."""

    def __call__(self, path: Path, *, synchronous: str) -> sqlite3.Connection: ...


_FINAL = ", ".join(f"'{state}'" for state in sorted(FINAL_STATES))


class Journal:
    """Made by `open`. Writes resolve after their commit; reads see everything committed.

    Belongs to one event loop. After a failed commit every write raises JournalFailed (`on_fatal` was called once).
    """

    def __init__(
        self,
        writer: Writer,
        executor: Executor,
        connections: tuple[sqlite3.Connection, ...],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._writer = writer
        self._executor = executor
        self._connections = connections  # in the order in which they are closed
        self._reader = connections[0]
        self._now = now
        self._live: dict[str, Job] = {}  # unfinished jobs as committed
        self._ahead: dict[str, Job] = {}  # the same as queued for commit, for changes on top of changes
        self._listeners: list[Listener] = []

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
            reading, writing, lock = _opened(directory, versions("schema") if schema is None else schema, connect)
        except BaseException:
            executor.close()
            raise
        writer = Writer(writing, executor, on_fatal=on_fatal, refusals=GatewayError)
        journal = cls(writer, executor, (reading, writing, lock), now=now)
        unfinished = reading.execute(f"SELECT * FROM jobs WHERE state NOT IN ({_FINAL})").fetchall()  # noqa: S608
        journal._live = {row["id"]: rows.job_of(row) for row in unfinished}
        return journal

    async def close(self) -> None:
        """Let what is queued reach the disk, then let the directory go."""
        await self._writer.flush()
        self._executor.close()
        for connection in self._connections:
            connection.close()

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
        live = self._live.get(new.id)
        if live is not None:
            if live.digest != new.digest:
                raise KeyConflict(new.id)
            return live, False
        job, event = await self._writer.write(
            partial(rows.insert_job, new=new, at=self._now(), emulated=emulated), self._committed
        )
        return job, event is not None

    async def transition(self, job_id: str, state: JobState, **changes: Any) -> Job:
        """Change a job; the event is part of the same commit. UnknownJob, IllegalTransition.

        `changes` are fields of `Job`: attempts intent bookmark fiscal result warnings marking error.
        """
        job = self._ahead.get(job_id) or await self.get(job_id)
        if job is None:
            raise UnknownJob(job_id)
        if not may_follow(job.state, state):
            raise IllegalTransition(
                f"job {job_id!r} is {job.state} and cannot become {state}",
                hint=f"Документ в состоянии «{job.state}»: это действие сейчас невозможно.",
            )
        after = replace(job, state=state, updated_at=self._now(), **changes)
        self._ahead[job_id] = after
        written, _ = await self._writer.write(partial(rows.update_job, job=after), self._committed)
        return written

    async def get(self, job_id: str) -> Job | None:
        """The job as committed."""
        return self._live.get(job_id) or rows.select_job(self._reader, job_id)

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
        wanted: list[tuple[str, Any]] = [
            ("order_id = ?", order),
            ("state = ?", state and state.value),
            ("register = ?", register),
            ("created_at >= ?", since and rows.stamp(since)),
            ("created_at < ?", until and rows.stamp(until)),
            ("sequence < ?", cursor),
        ]
        terms = [term for term, value in wanted if value is not None]
        values = [value for _, value in wanted if value is not None]
        if kinds:
            terms.append(f"kind IN ({', '.join('?' * len(kinds))})")
            values.extend(kinds)
        where = f"WHERE {' AND '.join(terms)}" if terms else ""
        sql = f"SELECT * FROM jobs {where} ORDER BY sequence DESC LIMIT ?"  # noqa: S608 - terms are ours, values bound
        found = [rows.job_of(row) for row in self._reader.execute(sql, (*values, limit + 1)).fetchall()]
        return found[:limit], found[limit - 1].sequence if len(found) > limit else None

    async def unfinished(self, register: str) -> list[Job]:
        """Jobs without a last word, in order of acceptance."""
        return sorted((job for job in self._live.values() if job.register == register), key=lambda job: job.sequence)

    async def waiting(self) -> Mapping[str, int]:
        """How many unfinished jobs each register has, registers that are no longer configured too."""
        return Counter(job.register for job in self._live.values())

    async def claimed(self, fn: str, after: int) -> dict[tuple[int, int], str]:
        """Documents of drive `fn` beyond number `after` that belong to a job: (number, fiscal sign) -> job id.

        The number alone would do for a real drive; an emulated one that was reset counts from 1 again.
        """
        found = self._reader.execute(
            "SELECT json_extract(fiscal, '$.document'), json_extract(fiscal, '$.sign'), id "
            "FROM jobs WHERE fiscal IS NOT NULL "
            "AND json_extract(fiscal, '$.fn') = ? AND json_extract(fiscal, '$.document') > ?",
            (fn, after),
        )
        return {(number, sign): job_id for number, sign, job_id in found.fetchall()}

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
            if job.state in FINAL_STATES:
                self._live.pop(job.id, None)
            else:
                self._live[job.id] = job
            if self._ahead.get(job.id) is job:
                del self._ahead[job.id]
        if event is not None:
            for listener in tuple(self._listeners):
                listener(event, job)


def _opened(
    directory: Path, schema: Mapping[int, str], connect: Connect
) -> tuple[sqlite3.Connection, sqlite3.Connection, sqlite3.Connection]:
    """The reading and the writing connection, and the lock."""
    path = directory / database.JOURNAL_FILE
    with ExitStack() as opened:
        lock = opened.enter_context(closing(database.own(directory)))
        writing = opened.enter_context(closing(connect(path, synchronous="FULL")))
        try:
            migrate(writing, schema)
            reading = opened.enter_context(closing(connect(path, synchronous="FULL")))
        except sqlite3.DatabaseError as error:
            raise JournalDamaged(
                f"the journal cannot be read ({error}); set the file aside and restore a backup",
                hint="Файл журнала повреждён: отложите его и восстановите из резервной копии.",
            ) from error
        opened.pop_all()
    return reading, writing, lock
