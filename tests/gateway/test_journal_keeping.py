"""What is kept for ever, what is dropped after years, and journals of older programs."""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from virtual_loop import virtual

from devices.registers.base import Fiscal
from gateway.config import ConfigError, load
from gateway.jobs.model import JobKind, JobState, NewJob
from gateway.journal import Journal, KeyConflict, retention
from gateway.journal.database import JOURNAL_FILE, connect
from gateway.journal.executor import InlineExecutor
from gateway.journal.migrate import migrate, versions

ROOT = Path(__file__).parents[2]
T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.moment = T0

    def __call__(self) -> datetime:
        return self.moment


def fatal(error: BaseException) -> None:
    raise AssertionError(error)


def new_job(job_id: str) -> NewJob:
    body = json.dumps({"id": job_id})
    return NewJob(
        id=job_id,
        kind=JobKind.RECEIPT,
        register="kkt-1",
        body=body,
        digest=hashlib.sha256(body.encode()).hexdigest(),
    )


def document(number: int) -> Fiscal:
    return Fiscal(fn="9999078900001234", document=number, sign=number, datetime=T0, registration_number="1")


async def sold(journal: Journal, *keys: str) -> None:
    for number, key in enumerate(keys, 1):
        await journal.accept(new_job(key))
        await journal.transition(key, JobState.RUNNING)
        await journal.transition(key, JobState.DONE, fiscal=document(number), result={"much": "x" * 100})


@virtual
async def test_old_content_is_dropped_and_keys_answer_for_ever(tmp_path: Path) -> None:
    clock = Clock()
    journal = await Journal.open(tmp_path, now=clock, executor=InlineExecutor(), on_fatal=fatal)
    await sold(journal, "old")
    await journal.accept(new_job("waiting"))
    clock.moment += timedelta(days=4 * 365)
    await sold(journal, "young")
    clock.moment += timedelta(days=2 * 365)
    keeping = asyncio.create_task(retention.keep(journal, 5, clock))
    await asyncio.sleep(60)
    old, young, waiting = [await journal.get(key) for key in ("old", "young", "waiting")]
    assert old is not None
    assert young is not None
    assert waiting is not None
    assert (old.body, old.result, old.fiscal, old.state) == ("", None, document(1), JobState.DONE)
    assert (young.body, young.result) == (new_job("young").body, {"much": "x" * 100})
    assert waiting.body == new_job("waiting").body
    replayed, created = await journal.accept(new_job("old"))
    assert (replayed, created) == (old, False)
    with pytest.raises(KeyConflict):
        await journal.accept(NewJob(**{**_fields(new_job("other")), "id": "old"}))
    assert await journal.claimed("9999078900001234", 0) == {(1, 1): "young"}  # both are document 1 of this test
    kept = await journal.events(0)
    assert min(event.at for event in kept) > T0
    keeping.cancel()
    await journal.close()


def _fields(new: NewJob) -> dict[str, object]:
    return {name: getattr(new, name) for name in new.__dataclass_fields__}


@virtual
async def test_steps_are_small_and_stop_at_what_is_young(tmp_path: Path) -> None:
    clock = Clock()
    journal = await Journal.open(tmp_path, now=clock, executor=InlineExecutor(), on_fatal=fatal)
    await sold(journal, *(f"old{number}" for number in range(25)))
    clock.moment += timedelta(days=10)
    await sold(journal, *(f"new{number}" for number in range(25)))
    before = T0 + timedelta(days=5)
    steps = 0
    while await journal.forget(before, 10):
        steps += 1
    assert steps >= 3
    jobs, _ = await journal.find(limit=100)
    assert sorted(job.id for job in jobs if not job.body) == sorted(f"old{number}" for number in range(25))
    assert await journal.forget(before, 10) == 0
    await journal.close()


@virtual
async def test_the_number_of_the_newest_event_is_never_given_out_again(tmp_path: Path) -> None:
    clock = Clock()
    journal = await Journal.open(tmp_path, now=clock, executor=InlineExecutor(), on_fatal=fatal)
    await sold(journal, "a")
    last = await journal.last_event()
    clock.moment += timedelta(days=9999)
    while await journal.forget(clock.moment, 10):
        pass
    assert [event.id for event in await journal.events(0)] == [last]
    await journal.close()


def test_less_than_five_years_are_refused(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[journal]\nkeep_years = 4\n")
    with pytest.raises(ConfigError, match="keep_years"):
        load(config)
    config.write_text("[journal]\nkeep_years = 10\n")
    assert load(config).journal.keep_years == 10


def first_version(directory: Path) -> None:
    """A journal of the first schema with a job in it."""
    directory.mkdir(exist_ok=True)
    connection = connect(directory / JOURNAL_FILE, synchronous="FULL")
    migrate(connection, {1: versions("schema")[1]})
    body = new_job("a")
    connection.execute(
        "INSERT INTO jobs (id, kind, register, body, digest, state, created_at, updated_at) "
        "VALUES ('a', 'receipt', 'kkt-1', ?, ?, 'queued', ?, ?)",
        (body.body, body.digest, T0.isoformat(timespec="microseconds"), T0.isoformat(timespec="microseconds")),
    )
    connection.close()


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
from gateway.journal.database import connect
from gateway.journal.migrate import migrate, versions

class Mortal:
    def __init__(self, connection, calls):
        self.connection, self.calls = connection, calls
    def execute(self, sql, *rest):
        self.calls -= 1
        if self.calls < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.connection.execute(sql, *rest)

connection = connect(Path(sys.argv[1]), synchronous="FULL")
connection.execute("PRAGMA cache_spill = 1")
migrate(Mortal(connection, int(sys.argv[2])), versions("schema"))
"""


@pytest.mark.parametrize("calls", [1, 5, 11, 12, 14, 17, 19, 22, 23, 26, 29, 31, 35, 40, 41, 44, 47, 48])
async def test_killed_in_the_middle_of_a_migration(tmp_path: Path, calls: int) -> None:
    """Calls: the version, BEGIN, five tables, three indexes, the new version, COMMIT; BEGIN, table, index, version,
    COMMIT; BEGIN, table, index, table, version, COMMIT; BEGIN, table, two indexes, table, version, COMMIT; BEGIN,
    two tables gone, a table, four indexes, a table, version, COMMIT; BEGIN, table, index, table, index, version,
    COMMIT."""
    first_version(tmp_path)
    ended = subprocess.run(  # noqa: ASYNC221 - the process is the thing under test
        [sys.executable, "-c", KILLED, str(tmp_path / JOURNAL_FILE), str(calls)], cwd=ROOT
    )
    assert ended.returncode == (-signal.SIGKILL if calls < 48 else 0)
    raw = sqlite3.connect(tmp_path / JOURNAL_FILE)
    version = next(number for number, last in enumerate((12, 17, 23, 30, 41, 48, 99), start=1) if calls < last)
    assert raw.execute("PRAGMA user_version").fetchone()[0] == version
    raw.close()
    journal = await Journal.open(tmp_path, now=Clock(), executor=InlineExecutor(), on_fatal=fatal)
    assert journal.loss is None
    assert [job.id for job in await journal.unfinished("kkt-1")] == ["a"]
    await journal.close()


async def test_a_journal_of_the_first_schema_is_salvaged_too(tmp_path: Path) -> None:
    first_version(tmp_path)
    path = tmp_path / JOURNAL_FILE
    path.write_bytes(b"\0" * 4096 + path.read_bytes()[4096:])
    shutil.rmtree(tmp_path / "none", ignore_errors=True)
    journal = await Journal.open(tmp_path, now=Clock(), executor=InlineExecutor(), on_fatal=fatal)
    assert journal.loss is not None
    (job,) = await journal.unfinished("kkt-1")
    assert (job.id, job.state) == ("a", JobState.SETTLING)
    await journal.close()
