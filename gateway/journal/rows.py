"""Jobs, events and tokens as rows and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.jobs.model import Job, JobKind, JobState, NewJob, Waiting
from gateway.journal import packing, units
from gateway.journal.errors import JournalDamaged, KeyConflict, UnitsMoved
from gateway.journal.records import Event, Token

#: A row as SQLite gives it, or its columns by name.
Row = sqlite3.Row | Mapping[str, Any]

#: In the order in which the index's condition names the states: SQLite compares the words, and would walk a million
#: jobs otherwise.
NOT_FINAL = "state NOT IN ('done', 'failed', 'cancelled')"
_QUEUE = f"SELECT sequence, id, kind, state FROM jobs WHERE register = ? AND {NOT_FINAL} ORDER BY sequence"  # noqa: S608 # nosec B608
_OLDEST = f"SELECT min(created_at) FROM jobs WHERE register = ? AND {NOT_FINAL} AND created_at < ?"  # noqa: S608 # nosec B608
_COUNTS = f"SELECT register, count(*) FROM jobs WHERE {NOT_FINAL} GROUP BY register"  # noqa: S608 # nosec B608

_KINDS = {str(kind): kind for kind in JobKind}
_STATES = {str(state): state for state in JobState}

_INSERT_JOB = """
INSERT INTO jobs (id, kind, register, body, digest, order_id, state, created_at, updated_at, emulated)
VALUES (?, ?, ?, ?, ?, ?, 'queued', ?, ?, ?) ON CONFLICT (id) DO NOTHING"""
_UPDATE_JOB = """
UPDATE jobs SET state = ?, updated_at = ?, attempts = ?, intent = ?, bookmark = ?, fiscal = ?, result = ?,
                warnings = ?, marking = ?, error = ? WHERE sequence = ?"""
_CLAIM = "UPDATE recovered SET job_id = ? WHERE fn = ? AND document = ? AND sign = ?"
_INSERT_EVENT = "INSERT INTO events (at, type, subject, register, state, data) VALUES (?, ?, ?, ?, ?, ?)"
_INSERT_TOKEN = "INSERT INTO tokens (id, name, scope, digest, created_at) VALUES (?, ?, ?, ?, ?)"  # noqa: S105 - SQL # nosec B105


def stamp(moment: datetime) -> str:
    """A moment as UTC text of fixed width: text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _packed(pack: Callable[[Any], str], value: Any) -> str | None:
    """Empty values become NULL."""
    return pack(value) if value else None


def insert_job(
    connection: sqlite3.Connection, new: NewJob, at: datetime, *, emulated: bool, lines: Sequence[units.Line] = ()
) -> tuple[Job, Event | None]:
    """The new job and its event; for a replay the job of before and no event. KeyConflict on other content."""
    when = stamp(at)
    cursor = connection.execute(
        _INSERT_JOB,
        (new.id, new.kind.value, new.register, new.body, new.digest, new.order, when, when, emulated),
    )
    if cursor.rowcount == 0:
        before = select_job(connection, new.id)
        if before is None or before.digest != new.digest:
            raise KeyConflict(new.id)
        return before, None
    job = Job(
        sequence=cursor.lastrowid or 0,
        id=new.id,
        kind=new.kind,
        register=new.register,
        body=new.body,
        digest=new.digest,
        order=new.order,
        state=JobState.QUEUED,
        created_at=at,
        updated_at=at,
        emulated=emulated,
    )
    if lines:
        units.keep(connection, job.sequence, lines)
    return job, insert_event(connection, when, at, "job", job.id, job.register, job.state.value, job_facts(job))


def update_job(connection: sqlite3.Connection, job: Job, as_seen: units.Seen | None = None) -> tuple[Job, Event]:
    """Write the job as it is now, and what happened. UnitsMoved when its units' moves are not `as_seen` any more."""
    if as_seen is not None and units.seen(connection, job, as_seen.lines) != as_seen:
        raise UnitsMoved(job.id)
    when = stamp(job.updated_at)
    connection.execute(_UPDATE_JOB, (*changing_columns(job), job.sequence))
    if job.fiscal is not None:
        connection.execute(_CLAIM, (job.id, job.fiscal.fn, job.fiscal.document, job.fiscal.sign))
    event = insert_event(connection, when, job.updated_at, "job", job.id, job.register, job.state.value, job_facts(job))
    if job.state is JobState.DONE:
        units.done(connection, job, event.id)
    return job, event


def changing_columns(job: Job) -> tuple[Any, ...]:
    """The columns of a job that change, in the order of the table from `state` on, `created_at` aside."""
    return (
        job.state.value,
        stamp(job.updated_at),
        job.attempts,
        _packed(packing.object_to, job.intent),
        _packed(packing.bookmark_to, job.bookmark),
        _packed(packing.fiscal_to, job.fiscal),
        _packed(packing.object_to, job.result),
        _packed(packing.warnings_to, job.warnings),
        _packed(packing.marking_to, job.marking),
        _packed(packing.error_to, job.error),
    )


def intent_of(job: Job) -> str | None:
    """The column `intent`."""
    return _packed(packing.object_to, job.intent)


def insert_note(
    connection: sqlite3.Connection, at: datetime, register: str, state: str, data: Mapping[str, Any]
) -> tuple[None, Event]:
    """What happened to a register."""
    return None, insert_event(connection, stamp(at), at, "register", register, register, state, data)


def insert_event(
    connection: sqlite3.Connection,
    when: str,
    at: datetime,
    kind: str,
    subject: str,
    register: str,
    state: str,
    data: Mapping[str, Any],
) -> Event:
    """One thing that happened, the next in order."""
    cursor = connection.execute(_INSERT_EVENT, (when, kind, subject, register, state, packing.to_json(data)))
    return Event(id=cursor.lastrowid or 0, at=at, type=kind, subject=subject, register=register, state=state, data=data)


def job_facts(job: Job) -> dict[str, Any]:
    """What an event says about its job."""
    facts: dict[str, Any] = {"kind": job.kind.value}
    if job.order is not None:
        facts["order"] = job.order
    if job.fiscal is not None:
        facts["document"] = job.fiscal.document
        facts["fn"] = job.fiscal.fn
    if job.error is not None:
        facts["error"] = job.error.code
    if job.warnings:
        facts["warnings"] = [warning.code for warning in job.warnings]
    return facts


def select_job(connection: sqlite3.Connection, job_id: str) -> Job | None:
    """The job with this id."""
    row = connection.execute("SELECT * FROM jobs WHERE id = ?", (job_id,)).fetchone()
    return None if row is None else job_of(row)


def unfinished(connection: sqlite3.Connection, register: str) -> list[Waiting]:
    """Jobs of a register without a last word, in order of acceptance."""
    return [
        Waiting(sequence, job_id, _KINDS[kind], _STATES[state])
        for sequence, job_id, kind, state in connection.execute(_QUEUE, (register,))
    ]


def of_order(connection: sqlite3.Connection, number: str) -> list[Waiting]:
    """Jobs that name an order, in order of acceptance."""
    sql = "SELECT sequence, id, kind, state FROM jobs WHERE order_id = ? ORDER BY sequence"
    return [
        Waiting(sequence, job_id, _KINDS[kind], _STATES[state])
        for sequence, job_id, kind, state in connection.execute(sql, (number,))
    ]


def oldest_unfinished(connection: sqlite3.Connection, register: str, before: datetime) -> datetime | None:
    """When the oldest of them was accepted, of those that were accepted before that moment."""
    found = connection.execute(_OLDEST, (register, stamp(before))).fetchone()[0]
    return None if found is None else datetime.fromisoformat(found)


def unfinished_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """How many of them each register has."""
    return dict(connection.execute(_COUNTS).fetchall())


def accepted_at(connection: sqlite3.Connection, sequence: int) -> datetime | None:
    """When the job of this number was accepted; of a lost row, the one before it. None when there is none."""
    found = connection.execute(
        "SELECT created_at FROM jobs WHERE sequence <= ? ORDER BY sequence DESC LIMIT 1", (sequence,)
    ).fetchone()
    return None if found is None else datetime.fromisoformat(found[0])


def job_of(row: Row) -> Job:
    """A row of `jobs`. JournalDamaged when it cannot be read: a page in the middle of the file is torn."""
    try:
        return _job(row)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise JournalDamaged(
            f"row {row['sequence']} of the journal cannot be read ({error}); start the gateway again: it checks it",
            hint="Строка журнала повреждена. Перезапустите шлюз: он проверит и восстановит журнал.",
        ) from error


def _job(row: Row) -> Job:
    return Job(
        sequence=row["sequence"],
        id=row["id"],
        kind=JobKind(row["kind"]),
        register=row["register"],
        body=row["body"],
        digest=row["digest"],
        order=row["order_id"],
        state=JobState(row["state"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        updated_at=datetime.fromisoformat(row["updated_at"]),
        attempts=row["attempts"],
        intent=_unpacked(packing.object_from, row["intent"], None),
        bookmark=_unpacked(packing.bookmark_from, row["bookmark"], None),
        fiscal=_unpacked(packing.fiscal_from, row["fiscal"], None),
        result=_unpacked(packing.object_from, row["result"], None),
        warnings=_unpacked(packing.warnings_from, row["warnings"], ()),
        marking=_unpacked(packing.marking_from, row["marking"], ()),
        error=_unpacked(packing.error_from, row["error"], None),
        emulated=bool(row["emulated"]),
    )


def _unpacked(unpack: Callable[[str], Any], text: str | None, empty: Any) -> Any:
    return empty if text is None else unpack(text)


def event_of(row: sqlite3.Row) -> Event:
    """A row of `events`."""
    return Event(
        id=row["id"],
        at=datetime.fromisoformat(row["at"]),
        type=row["type"],
        subject=row["subject"],
        register=row["register"],
        state=row["state"],
        data=json.loads(row["data"]),
    )


def insert_token(connection: sqlite3.Connection, token: Token) -> None:
    """A new token."""
    connection.execute(_INSERT_TOKEN, (token.id, token.name, token.scope, token.digest, stamp(token.created_at)))


def revoke_token(connection: sqlite3.Connection, token_id: str, at: datetime) -> bool:
    """False when there is no such token in use."""
    sql = "UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL"
    return connection.execute(sql, (stamp(at), token_id)).rowcount == 1


def token_of(row: Row) -> Token:
    """A row of `tokens`."""
    return Token(
        id=row["id"],
        name=row["name"],
        scope=row["scope"],
        digest=row["digest"],
        created_at=datetime.fromisoformat(row["created_at"]),
        revoked_at=None if row["revoked_at"] is None else datetime.fromisoformat(row["revoked_at"]),
    )
