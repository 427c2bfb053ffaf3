"""Whether a journal file can be trusted: a bounded look at every start, the whole file while the daemon runs.

At start: header, schema version, the rows of unfinished jobs with the digests of their bodies, and SQLite's check of
the whole where the file is small enough for it (some hundredths of a second). A larger file is checked so in the
background, on a connection and a thread of its own (`WholeCheck`).
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from gateway.jobs.model import FINAL_STATES
from gateway.journal import database, order_check, recovered, rows
from gateway.journal.errors import JournalDamaged
from gateway.journal.executor import Executor
from gateway.journal.migrate import migrate
from gateway.receipts.normalise import digest_of

T = TypeVar("T")
K = TypeVar("K")
#: Faults of some rows, and the key of the last of them: None at the end.
Page = tuple[list[str], K | None]

#: Files up to this size are checked whole before anything starts.
AT_ONCE = 32 * 1024 * 1024
#: Rows read at a time in the background: about a millisecond, in which the daemon's own thread may have to wait.
_ROWS = 20
#: Seconds of rest for each second of work.
_REST = 19.0
_COMMENT = re.compile(r"--[^\n]*")
#: From this schema version on there are recovered documents and drives.
_WITH_DRIVES = 2
#: … and orders.
_WITH_ORDERS = 6
_WAITING = "SELECT number, entries FROM orders WHERE waits_since IS NOT NULL"
#: Left in the data directory when the whole check fails: the next start sets the file aside.
SUSPECT_FILE = "journal.suspect"
#: No program of ours will have so many schema versions: such a number is garbage.
_ABSURD_VERSION = 10_000

UNFINISHED = f"SELECT * FROM jobs WHERE {rows.NOT_FINAL}"  # noqa: S608 # nosec B608


def fault_of(connection: sqlite3.Connection, path: Path, schema: Mapping[int, str]) -> str | None:
    """Why the file must be set aside, None when nothing is wrong; JournalDamaged when it is of a newer program."""
    if path.with_name(SUSPECT_FILE).exists():
        return "the check of the whole file failed while the gateway ran"
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        present = _objects(connection)
        if version == 0 and not present:
            # New, unless something was kept here before: the content may have been in the log alone, which is gone.
            return "the file is empty" if path.with_name(database.TRACE_FILE).exists() else None
        if version == 0 or version >= _ABSURD_VERSION or ("table", "jobs") not in present:
            return "the file is no journal"
        if version > max(schema):
            return None  # `migrate` refuses it in words
        if present != _objects_of({number: script for number, script in schema.items() if number <= version}):
            return "the file's tables are not those of a journal"
        if path.stat().st_size <= AT_ONCE:
            # Not the quick check: an index that lost an entry hides a job from its worker and from its caller.
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                return f"SQLite says: {found}"
        return _row_fault(connection, version)
    except sqlite3.DatabaseError as error:
        if not database.is_damage(error):
            raise
        return f"SQLite says: {error}"


def _objects(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """Tables and indexes with their definitions, comments aside; what SQLite makes for itself is left out."""
    found = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
    return {
        (str(kind), str(name)): " ".join(_COMMENT.sub("", str(sql)).split())
        for kind, name, sql in found
        if not str(name).startswith("sqlite_")
    }


def _objects_of(schema: Mapping[int, str]) -> dict[tuple[str, str], str]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as pristine:
        migrate(pristine, schema)
        return _objects(pristine)


def _row_fault(connection: sqlite3.Connection, version: int) -> str | None:
    """Rows that the start itself needs."""
    try:
        for row in connection.execute("SELECT * FROM tokens"):
            rows.token_of(row)
        if version >= _WITH_DRIVES:
            recovered.unowned(connection)
            recovered.drives(connection)
            recovered.last_loss(connection)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return f"a row cannot be read: {error}"
    for row in connection.execute(UNFINISHED):
        fault = row_fault(row)
        if fault is not None:
            return fault
    if version >= _WITH_ORDERS:
        for number, entries in connection.execute(_WAITING).fetchall():
            fault = order_check.log_fault(connection, number, entries)
            if fault is not None:
                return fault
    return None


def row_fault(row: rows.Row) -> str | None:
    """Why a job's row cannot be believed. A body that was dropped after its years has no digest to fit."""
    try:
        job = rows.job_of(row)
    except JournalDamaged as error:
        return error.detail
    if digest_of(job.body) != job.digest and not (job.body == "" and job.state in FINAL_STATES):
        return f"the body of job {job.id!r} does not have its digest"
    return None


def whole(path: Path, connected: Callable[[sqlite3.Connection], None] = lambda connection: None) -> list[str]:
    """What SQLite's full check finds wrong with a file that may be in use; empty when it is fine.

    `connected` gets the connection, by which another thread may interrupt the check.
    """
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, check_same_thread=False)) as connection:
            connected(connection)
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if found == ["ok"] else found


class WholeCheck:
    """One check of the whole file behind the daemon's back: what the start left out, and the digest of every body.

    It rests most of the time: the daemon's callers must not feel it. `on_damage` is called when it fails.
    """

    def __init__(self, path: Path, executor: Executor, *, on_damage: Callable[[BaseException], None]) -> None:
        self._path = path
        self._executor = executor
        self._on_damage = on_damage
        self._loop = asyncio.get_running_loop()
        self._connection: sqlite3.Connection | None = None  # of the check that may take long
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._task = asyncio.create_task(self.run(), name="check of the journal")

    def stop(self) -> None:
        """End it, whether it is done or not."""
        if self._task is not None:
            self._task.cancel()
        if self._connection is not None:
            self._connection.interrupt()
        self._executor.close()

    async def run(self) -> None:
        """Returns when everything was looked at, or something was found."""
        found = (
            await self._aside(self._file_faults)
            or await self._row_faults(_page_faults, 0)
            or await self._row_faults(_order_page_faults, "")
        )
        if found:
            self._damaged(found)

    async def _row_faults(self, faults: Callable[[sqlite3.Connection, K], Page[K]], begin: K) -> list[str]:
        """What cannot be believed of the first rows of which something cannot."""
        found: list[str] = []
        after: K | None = begin
        with closing(database.connect(self._path, synchronous="FULL")) as connection:
            while not found and after is not None:
                began = self._loop.time()
                found, after = await self._aside(partial(faults, connection, after))
                await asyncio.sleep(_REST * (self._loop.time() - began))
        return found

    async def _aside(self, work: Callable[[], T]) -> T:
        """What `work` answers, done by the executor."""
        future: asyncio.Future[T] = self._loop.create_future()

        def finish(answer: T | None, error: BaseException | None) -> None:
            if future.done():  # nobody waits any more
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(cast(T, answer))

        def do() -> None:
            try:
                answer, error = work(), None
            except BaseException as failure:
                answer, error = None, failure
            self._loop.call_soon_threadsafe(finish, answer, error)

        self._executor.submit(do)
        return await future

    def _file_faults(self) -> list[str]:
        return whole(self._path, self._connected) if self._path.stat().st_size > AT_ONCE else []

    def _connected(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def _damaged(self, found: list[str]) -> None:
        self._path.with_name(SUSPECT_FILE).write_text("\n".join(found) + "\n", encoding="utf-8")
        self._on_damage(
            JournalDamaged(
                f"the journal's file is damaged ({found[0]}); start the gateway again: it sets the file aside and "
                "builds a new one",
                hint="Файл журнала повреждён. Перезапустите шлюз: он отложит файл и восстановит журнал.",
            )
        )


def _order_page_faults(connection: sqlite3.Connection, after: str) -> Page[str]:
    """The same for orders' logs. What a log makes of its order is `journal verify`'s to compare."""
    try:
        sql = "SELECT number, entries FROM orders WHERE number > ? ORDER BY number LIMIT ?"
        page = connection.execute(sql, (after, _ROWS)).fetchall()
        faults = [order_check.log_fault(connection, *row) for row in page]
    except sqlite3.DatabaseError as error:
        if not database.is_damage(error):
            raise
        return [str(error)], None
    return [fault for fault in faults if fault is not None], page[-1]["number"] if page else None


def _page_faults(connection: sqlite3.Connection, after: int) -> Page[int]:
    """What cannot be believed of the rows that follow `after`, and the last of them: None at the end."""
    try:
        sql = "SELECT * FROM jobs WHERE sequence > ? ORDER BY sequence LIMIT ?"
        page = connection.execute(sql, (after, _ROWS)).fetchall()
    except sqlite3.DatabaseError as error:
        if not database.is_damage(error):
            raise
        return [str(error)], None
    return [fault for fault in map(row_fault, page) if fault is not None], page[-1]["sequence"] if page else None
