"""A damaged journal is set aside, never deleted, and a new one is built from the rows that can still be read.

The new file is made beside the damaged one and takes its place by renames. A crash at any point leaves a state from
which `rebuild` or `finish_interrupted` goes on: until the damaged file is renamed nothing has happened, and after that
the finished new file lies ready.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog

from gateway.journal import check, database, order_salvage, recovered, rows, verdicts
from gateway.journal.migrate import migrate
from gateway.journal.records import Drive, Loss, PermitVerdict, Token
from gateway.journal.salvage import JOB_COLUMNS, Garbled, Kept, LastEvent, OrderEntry, OrderLength, doubtful, salvage

log = structlog.get_logger(__name__)

NEW_FILE = "journal.new.db"
_SUFFIXES = ("", "-wal", "-shm")
_CHANGING = JOB_COLUMNS[1:]
_INSERT_JOB = (
    f"INSERT INTO jobs ({', '.join(JOB_COLUMNS)}) "  # noqa: S608  # nosec B608 - a list of ours
    f"VALUES ({', '.join('?' * len(JOB_COLUMNS))}) ON CONFLICT (sequence) DO UPDATE "
    f"SET {', '.join(f'{name} = excluded.{name}' for name in _CHANGING)} "
    "WHERE (excluded.updated_at, excluded.attempts) >= (jobs.updated_at, jobs.attempts)"
)
_DOUBT = "UPDATE jobs SET state = ?, intent = ? WHERE sequence = ?"
_INSERT_EVENT = (
    "INSERT INTO events (id, at, type, subject, register, state, data) "
    "VALUES (?, ?, 'register', 'journal', 'journal', 'journal_rebuilt', ?)"
)
#: Ids of events that were lost with the file are not given out again: nobody knows how many there were.
_EVENT_GAP = 1000
#: How many lost or garbled rows a report names, and how many in a row it counts.
_NAMED = 100
_COUNTED = 1_000_000


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
    try:
        with closing(connect(new, synchronous="FULL")) as connection:
            migrate(connection, schema)
            _fill(connection, path, at, reason, aside, cause)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")  # one file, so that one rename is all
    except BaseException:
        _remove(new)
        raise
    _aside(directory, _SUFFIXES, aside)
    new.rename(path)
    (directory / check.SUSPECT_FILE).unlink(missing_ok=True)
    return aside


def _fill(connection: sqlite3.Connection, source: Path, at: datetime, reason: str, aside: str, cause: str) -> None:
    """One row after another, so that a large journal needs no large memory."""
    order_salvage.begin(connection)
    connection.execute("BEGIN IMMEDIATE")
    tokens: dict[str, Token] = {}
    garbled: dict[int, str] = {}
    last_event = 0
    for one in salvage(source):
        match one:
            case Kept():
                if not _written(connection, one.columns):
                    garbled[one.job.sequence] = one.job.id
            case PermitVerdict():
                verdicts.insert(connection, (one,))
            case Token():
                before = tokens.get(one.id)
                tokens[one.id] = one if before is None or before.revoked_at is None else before
            case OrderEntry() | OrderLength():
                order_salvage.keep(connection, one)
            case Garbled():
                garbled[one.sequence] = one.key
            case LastEvent():
                last_event = max(last_event, one.id)
    _keep_tokens(connection, tokens.values())
    lost = _missing(connection)
    garbled = {number: key for number, key in garbled.items() if number in lost or number > _last(connection)}
    for drive in _accounted(connection, min(lost, default=None)):
        recovered.insert(connection, (), drive)
    report = _report(connection, lost, garbled) | {"reason": reason, "set_aside": aside, "tokens_saved": len(tokens)}
    for row in connection.execute(check.UNFINISHED).fetchall():
        job = rows.job_of(row)
        changed = doubtful(job, _last_drive(connection, job.register))
        connection.execute(_DOUBT, (changed.state.value, rows.intent_of(changed), job.sequence))
    report |= order_salvage.finish(connection, at)
    recovered.add_loss(connection, at, cause, report)
    connection.execute(_INSERT_EVENT, (last_event + _EVENT_GAP, rows.stamp(at), "{}"))
    connection.execute("COMMIT")


def _keep_tokens(connection: sqlite3.Connection, tokens: Iterable[Token]) -> None:
    for token in tokens:
        rows.insert_token(connection, token)
        if token.revoked_at is not None:
            rows.revoke_token(connection, token.id, token.revoked_at)


def _written(connection: sqlite3.Connection, columns: tuple[Any, ...]) -> bool:
    """False when another row has its key: one of the two cannot be true."""
    try:
        connection.execute(_INSERT_JOB, columns)
    except sqlite3.IntegrityError:
        return False
    return True


def _report(connection: sqlite3.Connection, lost: set[int], garbled: Mapping[int, str]) -> dict[str, Any]:
    """What was saved, what is lost, what a person must look at."""
    saved, without_body = connection.execute("SELECT count(*), coalesce(sum(body = ''), 0) FROM jobs").fetchone()
    return {
        "jobs_saved": saved,
        "jobs_unfinished": len(connection.execute(check.UNFINISHED).fetchall()),
        "jobs_without_body": without_body,
        "verdicts_saved": connection.execute("SELECT count(*) FROM verdicts").fetchone()[0],
        "rows_lost": len(lost | set(garbled)),
        "sequences_lost": sorted(lost - set(garbled))[:_NAMED],
        "keys_garbled": [garbled[number] for number in sorted(garbled)][:_NAMED],
        "events_lost": True,
        "registers": {},
    }


def _last(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(sequence), 0) FROM jobs").fetchone()[0])


def _missing(connection: sqlite3.Connection) -> set[int]:
    """Numbers below the last one that no row was found for: sequences have no gaps."""
    missing: set[int] = set()
    expected = 1
    for (number,) in connection.execute("SELECT sequence FROM jobs ORDER BY sequence"):
        missing.update(range(expected, min(number, expected + _COUNTED)))
        expected = number + 1
    return missing


def _last_drive(connection: sqlite3.Connection, register: str) -> str | None:
    row = connection.execute(
        "SELECT fn FROM drives WHERE register = ? ORDER BY reviewed DESC LIMIT 1", (register,)
    ).fetchone()
    return None if row is None else str(row["fn"])


def _accounted(connection: sqlite3.Connection, first_gap: int | None) -> list[Drive]:
    """Per drive the document up to which no row is missing: the review of the archive begins behind it.

    The first missing number tells where the loss begins; a bookmark of an unfinished job holds its drive back too.
    """
    before = first_gap or _last(connection) + 1
    found = connection.execute(
        "SELECT json_extract(fiscal, '$.fn') AS fn, register, max(sequence), "
        "max(CASE WHEN sequence < ? THEN json_extract(fiscal, '$.document') ELSE 0 END) AS document "
        "FROM jobs WHERE fiscal IS NOT NULL GROUP BY 1",
        (before,),
    ).fetchall()
    drives = {
        row["fn"]: Drive(fn=row["fn"], register=row["register"], reviewed=row["document"], loss=0) for row in found
    }
    for row in connection.execute(check.UNFINISHED).fetchall():
        bookmark = rows.job_of(row).bookmark
        known = None if bookmark is None else drives.get(bookmark.fn)
        if bookmark is not None and known is not None:
            drives[known.fn] = replace(known, reviewed=min(known.reviewed, bookmark.document))
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
        rows.update_job(connection, doubtful(job, _last_drive(connection, job.register)))
    doubted = order_salvage.restored(connection, at, str(report.get("reason", cause)))
    report = {**report, "orders_open": doubted}
    return recovered.add_loss(connection, at, cause, report)
