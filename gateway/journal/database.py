"""How the journal's files are opened: pragmas, and a lock that dies with the process."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from gateway.journal.errors import DirectoryInUse, DirectoryUnusable, JournalDamaged

JOURNAL_FILE = "journal.db"
TRACE_FILE = "traces.db"
LOCK_FILE = "owner.lock"


def connect(path: Path, *, synchronous: str, busy_seconds: float = 5.0) -> sqlite3.Connection:
    """A connection in WAL mode and autocommit (transactions are written out); usable from the writer's thread."""
    connection = sqlite3.connect(
        path, timeout=busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        connection.close()
        if not is_damage(error):
            raise refused_by_disk(path, error) from error
        raise JournalDamaged(
            f"{path.name} is no SQLite file or a damaged one ({error})", hint="Файл журнала повреждён."
        ) from error
    connection.row_factory = sqlite3.Row
    connection.text_factory = _text
    return connection


def _text(raw: bytes) -> str:
    """A torn text of one finished job must not hide the others; its digest tells that it is torn."""
    return raw.decode("utf-8", "replace")


#: What SQLite says, with no code of its own, to a header whose schema format number is none.
_NO_FORMAT = "unsupported file format"
#: The file is torn; anything else (full, read-only, failing disk) says nothing about what is in it.
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def is_damage(error: sqlite3.Error | UnicodeDecodeError) -> bool:
    """Whether the error tells of the file's content. One without SQLite's code is text that is no UTF-8."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return True
    return code & 0xFF in _DAMAGE or code == sqlite3.SQLITE_IOERR_SHORT_READ or str(error) == _NO_FORMAT


def refused_by_disk(path: Path, error: Exception) -> DirectoryUnusable:
    """The disk does not let the file be used."""
    return DirectoryUnusable(
        f"{path} cannot be used ({error}); free space or correct the disk and its rights, then start again",
        hint="Диск не даёт работать с журналом: освободите место, проверьте права и исправность диска.",
    )


def own(directory: Path) -> sqlite3.Connection:
    """Become the directory's only owner, making it if needed, for as long as the returned connection is open.

    SQLite's own file lock is used because it is the one lock that every platform has and that dies with the process.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = sqlite3.connect(directory / LOCK_FILE, timeout=0, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.OperationalError) as error:
        raise _unusable(directory, error) from error
    try:
        # The lock is all that is wanted: nothing is ever written.
        lock.execute("PRAGMA locking_mode = EXCLUSIVE")
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if "locked" not in str(error):
            raise _unusable(directory, error) from error
        raise DirectoryInUse(
            f"another process owns the data directory {directory}; stop it or choose another --data-dir",
            hint="Каталог данных занят другим запущенным экземпляром: остановите его.",
        ) from error
    return lock


def _unusable(directory: Path, error: Exception) -> DirectoryUnusable:
    return DirectoryUnusable(
        f"the data directory {directory} cannot be used ({error}); correct its owner and rights or choose another one",
        hint="Каталог данных недоступен для записи: проверьте его владельца и права.",
    )
