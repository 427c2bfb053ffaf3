"""A copy of the journal made while it is in use, and the way back.

The copy is one consistent moment: the reading transaction sees no later commit, however long it takes, and writers do
not wait for it. It is checked whole, marked as a backup and renamed into place; a half-made one is never seen under its
name. A journal that bears the mark knows that documents may have been made since (docs/journal.md).
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devices.errors import GatewayError
from gateway.journal import check, database, recovered
from gateway.journal.migrate import migrate, versions
from gateway.journal.opening import BACKUP_FACT
from gateway.journal.rows import stamp

#: Pages copied between two words about the progress.
STEP = 2048

#: Hears how many pages are left, and of how many.
Progress = Callable[[int, int], None]


class BackupFailed(GatewayError):
    """No backup was made; what was at its place before still is."""

    code = "backup_failed"


def backup(directory: Path, target: Path, *, now: Callable[[], datetime], progress: Progress) -> dict[str, Any]:
    """Copy the journal of a data directory to `target` (0600), whether a daemon owns it or not. BackupFailed."""
    source = directory / database.JOURNAL_FILE
    if not source.exists():
        raise BackupFailed(
            f"there is no journal in {directory}; give the --data-dir of the gateway",
            hint="В каталоге нет журнала: укажите --data-dir шлюза.",
        )
    half = target.with_name(f".{target.name}.half")
    try:
        half.unlink(missing_ok=True)
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        facts = _copied(source, half, now, progress)
        _synced(half)
        half.replace(target)
        _synced(target.parent)
    except (OSError, sqlite3.Error) as error:
        raise _failed(target, str(error)) from error
    finally:
        half.unlink(missing_ok=True)
    return {"file": str(target), "bytes": target.stat().st_size, **facts}


def restore(directory: Path, backup_file: Path, *, now: Callable[[], datetime]) -> str | None:
    """Put a backup in the journal's place; answers the name under which the former journal was set aside, if any.

    DirectoryInUse while a daemon runs; BackupFailed when the file is no sound backup.
    """
    with closing(database.own(directory)):
        faults = check.whole(backup_file) if backup_file.exists() else ["there is no such file"]
        if not faults and not _is_backup(backup_file):
            faults = ["it was not made by `journal backup`"]
        if faults:
            raise BackupFailed(
                f"{backup_file} cannot be restored ({faults[0]}); take another backup",
                hint="Файл не годится для восстановления: возьмите другую копию.",
            )
        path = directory / database.JOURNAL_FILE
        half = directory / f".{backup_file.name}.half"
        try:
            shutil.copyfile(backup_file, half)
            half.chmod(0o600)
            _synced(half)
            aside = _set_aside(path, now().astimezone(UTC))
            half.replace(path)
            (directory / check.SUSPECT_FILE).unlink(missing_ok=True)
            _synced(directory)
        except OSError as error:
            half.unlink(missing_ok=True)
            raise _failed(path, str(error)) from error
    return aside


def _copied(source: Path, half: Path, now: Callable[[], datetime], progress: Progress) -> dict[str, Any]:
    made_at = stamp(now())
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as reading,
        closing(sqlite3.connect(half, isolation_level=None)) as copy,
    ):
        reading.execute("BEGIN")
        jobs = reading.execute("SELECT count(*), max(sequence) FROM jobs").fetchone()  # the moment of the copy
        reading.backup(copy, pages=STEP, progress=lambda status, left, total: progress(left, total))
        reading.execute("ROLLBACK")
        copy.row_factory = sqlite3.Row
        copy.execute("PRAGMA journal_mode = DELETE")
        migrate(copy, versions("schema"))
        found = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if found != "ok":
            raise BackupFailed(
                f"the journal itself is damaged ({found}); start the gateway again, it builds the journal anew",
                hint="Файл журнала повреждён: перезапустите шлюз, он восстановит журнал.",
            )
        recovered.set_fact(copy, BACKUP_FACT, made_at)
    return {"made_at": made_at, "jobs": jobs[0], "last": jobs[1] or 0}


def _is_backup(path: Path) -> bool:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            return recovered.fact(connection, BACKUP_FACT) is not None
        except sqlite3.DatabaseError:
            return False


def _set_aside(path: Path, at: datetime) -> str | None:
    """The log goes with its database: left beside another one, SQLite would write it into that."""
    if not path.exists():
        return None
    name = f"journal-replaced-{at:%Y%m%dT%H%M%S%fZ}.db"
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(name + suffix))
    return name


def _synced(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return  # Windows has no handles of directories
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(target: Path, why: str) -> BackupFailed:
    return BackupFailed(
        f"{target} could not be written ({why}); check the space and the rights",
        hint="Копия не записана: проверьте место на диске и права.",
    )
