"""A damaged journal is set aside, never deleted, and a new one is built from the rows that can still be read.

The new file is made beside the damaged one and takes its place by renames. A crash at any point leaves a state from
which `rebuild` or `finish_interrupted` goes on: until the damaged file is renamed nothing has happened, and after that
the finished new file lies ready.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from gateway.jobs.model import FINAL_STATES, Job
from gateway.journal import check, database, recovered, rows
from gateway.journal.migrate import migrate
from gateway.journal.records import Drive, Loss
from gateway.journal.salvage import JOB_COLUMNS, Salvaged, doubtful, salvage

log = structlog.get_logger(__name__)

NEW_FILE = "journal.new.db"
_SUFFIXES = ("", "-wal", "-shm")
_INSERT_JOB = (
    f"INSERT OR IGNORE INTO jobs ({', '.join(JOB_COLUMNS)}) "  # noqa: S608 - a list of ours
    f"VALUES ({', '.join('?' * len(JOB_COLUMNS))})"
)
_INSERT_EVENT = (
    "INSERT INTO events (id, at, type, subject, register, state, data) "
    "VALUES (?, ?, 'register', 'journal', 'journal', 'journal_rebuilt', ?)"
)
#: Ids of events that were lost with the file are not given out again: nobody knows how many there were.
_EVENT_GAP = 1000
#: How many lost or garbled rows a report names.
_NAMED = 100


def finish_interrupted(directory: Path) -> None:
    """End the renames that a crash interrupted."""
    path, new = directory / database.JOURNAL_FILE, directory / NEW_FILE
    if path.exists():
        _remove(new)
    elif new.exists():
        _aside(directory, ("-wal", "-shm"), _newest_aside(directory))
        new.rename(path)


def was_lost(directory: Path) -> bool:
    """Whether there was a journal here that is gone: its log or its traces are left."""
    path = directory / database.JOURNAL_FILE
    left = [path.with_name(path.name + "-wal"), directory / database.TRACE_FILE, *directory.glob("journal-damaged-*")]
    return not path.exists() and any(one.exists() for one in left)


def rebuild(
    directory: Path,
    reason: str,
    cause: str,
    *,
    schema: Mapping[int, str],
    now: Callable[[], datetime],
    connect: Callable[..., sqlite3.Connection],
) -> str:
    """Set the journal aside and put a new one in its place; answers the name of the file set aside.

    OSError and sqlite3.Error (a full disk) leave the damaged file where it is.
    """
    path, new = directory / database.JOURNAL_FILE, directory / NEW_FILE
    at = now().astimezone(UTC)
    aside = _free_name(directory, at)
    log.error("the journal is damaged and is built anew", reason=reason, aside=aside)
    _remove(new)
    found = salvage(path)
    try:
        with closing(connect(new, synchronous="FULL")) as connection:
            migrate(connection, schema)
            _fill(connection, found, at, report_of(found, reason, aside), cause)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")  # one file, so that one rename is all
    except BaseException:
        _remove(new)
        raise
    _aside(directory, _SUFFIXES, aside)
    new.rename(path)
    (directory / check.SUSPECT_FILE).unlink(missing_ok=True)
    return aside


def report_of(found: Salvaged, reason: str, aside: str) -> dict[str, Any]:
    """What was saved, what is lost, what a person must look at."""
    missing = [number for number in found.missing if number not in found.garbled]
    states = [job.state for job in found.jobs.values()]
    return {
        "reason": reason,
        "set_aside": aside,
        "jobs_saved": len(found.jobs),
        "jobs_unfinished": sum(state not in FINAL_STATES for state in states),
        "jobs_without_body": found.bodies_lost,
        "tokens_saved": len(found.tokens),
        "rows_lost": len(missing) + len(found.garbled),
        "sequences_lost": missing[:_NAMED],
        "keys_garbled": [found.garbled[number] for number in sorted(found.garbled)][:_NAMED],
        "events_lost": True,
        "registers": {},
    }


def _fill(connection: sqlite3.Connection, found: Salvaged, at: datetime, report: Mapping[str, Any], cause: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    jobs = [found.jobs[number] for number in sorted(found.jobs)]
    drives = _last_drives(jobs)
    connection.executemany(_INSERT_JOB, (_columns(doubtful(job, drives.get(job.register))) for job in jobs))
    for token in found.tokens.values():
        rows.insert_token(connection, token)
        if token.revoked_at is not None:
            rows.revoke_token(connection, token.id, token.revoked_at)
    for drive in _accounted(jobs, found.missing):
        recovered.insert(connection, (), drive)
    recovered.add_loss(connection, at, cause, report)
    connection.execute(_INSERT_EVENT, (found.last_event + _EVENT_GAP, rows.stamp(at), "{}"))
    connection.execute("COMMIT")


def _columns(job: Job) -> tuple[Any, ...]:
    state, *changing = rows.changing_columns(job)
    kept = (job.sequence, job.id, job.kind.value, job.register, job.body, job.digest, job.order)
    return (*kept, state, rows.stamp(job.created_at), *changing, job.emulated)


def _last_drives(jobs: Iterable[Job]) -> dict[str, str]:
    """The drive that each register had last."""
    return {job.register: job.fiscal.fn for job in jobs if job.fiscal is not None}


def _accounted(jobs: list[Job], missing: list[int]) -> list[Drive]:
    """Per drive the document up to which no row is missing: the review of the archive begins behind it.

    Sequences have no gaps, so the first missing one tells where the loss begins; a bookmark of an unfinished job
    holds its drive back too.
    """
    first_gap = missing[0] if missing else None
    drives: dict[str, Drive] = {}
    for job in jobs:
        if job.fiscal is None:
            continue
        known = drives.get(job.fiscal.fn)
        reviewed = 0 if known is None else known.reviewed
        if first_gap is None or job.sequence < first_gap:
            reviewed = max(reviewed, job.fiscal.document)
        drives[job.fiscal.fn] = Drive(fn=job.fiscal.fn, register=job.register, reviewed=reviewed, loss=0)
    for job in jobs:
        bookmark = job.bookmark
        if bookmark is not None and job.state not in FINAL_STATES and bookmark.fn in drives:
            known = drives[bookmark.fn]
            reviewed = min(known.reviewed, bookmark.document)
            drives[bookmark.fn] = Drive(fn=known.fn, register=known.register, reviewed=reviewed, loss=0)
    return list(drives.values())


def _free_name(directory: Path, at: datetime) -> str:
    base = f"journal-damaged-{at:%Y%m%dT%H%M%SZ}"
    names = (f"{base}{'' if number == 1 else f'-{number}'}.db" for number in range(1, 1000))
    return next(name for name in names if not any((directory / (name + suffix)).exists() for suffix in _SUFFIXES))


def _newest_aside(directory: Path) -> str:
    """The file whose log a crash left behind."""
    return max((path.name for path in directory.glob("journal-damaged-*.db")), default="journal-damaged-unknown.db")


def _aside(directory: Path, suffixes: Iterable[str], name: str) -> None:
    """The database first: without it SQLite never takes its log for another's."""
    path = directory / database.JOURNAL_FILE
    for suffix in suffixes:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(directory / (name + suffix))


def _remove(path: Path) -> None:
    for suffix in _SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def open_loss(connection: sqlite3.Connection, at: datetime, cause: str, report: Mapping[str, Any]) -> Loss:
    """Note a loss in a journal that is whole in itself (a backup restored), and put its unfinished jobs in doubt."""
    unfinished = [rows.job_of(row) for row in connection.execute(check.UNFINISHED).fetchall()]
    for job in unfinished:
        drive = connection.execute(
            "SELECT fn FROM drives WHERE register = ? ORDER BY reviewed DESC LIMIT 1", (job.register,)
        ).fetchone()
        rows.update_job(connection, doubtful(job, None if drive is None else drive["fn"]))
    return recovered.add_loss(connection, at, cause, report)
