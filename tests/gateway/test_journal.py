"""The journal: what was acknowledged is on disk, one owner, versions migrated in place."""

from __future__ import annotations

import asyncio
import hashlib
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from devices.registers.base import Bookmark, Fiscal, MarkingVerdict, Warn
from gateway.jobs.model import FINAL_STATES, JobError, JobKind, JobState, NewJob
from gateway.journal import (
    DirectoryInUse,
    DirectoryUnusable,
    IllegalTransition,
    Journal,
    JournalDamaged,
    JournalFailed,
    KeyConflict,
    Token,
    UnknownJob,
)
from gateway.journal.check import UNFINISHED
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.executor import InlineExecutor
from gateway.journal.migrate import migrate, statements, versions
from gateway.rim import ThreadExecutor
from protocols.ffd.enums import DocumentCode

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.moment = T0

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


def new_job(job_id: str, body: str = "{}", *, register: str = "kkt-1", order: str | None = None) -> NewJob:
    digest = hashlib.sha256(body.encode()).hexdigest()
    return NewJob(id=job_id, kind=JobKind.RECEIPT, register=register, body=body, digest=digest, order=order)


def fatal(error: BaseException) -> None:
    raise AssertionError(error)


async def opened(directory: Path, **more: object) -> Journal:
    arguments = {"now": Clock(), "executor": InlineExecutor(), "on_fatal": fatal} | more
    return await Journal.open(directory, **arguments)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    one = await opened(tmp_path)
    yield one
    await one.close()


async def test_a_replay_answers_the_job_of_before(journal: Journal) -> None:
    first, created = await journal.accept(new_job("a", '{"x":1}', order="1001"))
    again, recreated = await journal.accept(new_job("a", '{"x":1}', order="1001"))
    assert (created, recreated) == (True, False)
    assert again == first
    assert first.state is JobState.QUEUED


async def test_other_content_under_the_same_id_is_a_conflict_even_when_final(journal: Journal) -> None:
    await journal.accept(new_job("a", '{"x":1}'))
    with pytest.raises(KeyConflict):
        await journal.accept(new_job("a", '{"x":2}'))
    await journal.transition("a", JobState.FAILED, error=JobError(code="no", detail="no"))
    with pytest.raises(KeyConflict):
        await journal.accept(new_job("a", '{"x":2}'))
    replayed, created = await journal.accept(new_job("a", '{"x":1}'))
    assert not created
    assert replayed.state is JobState.FAILED


async def test_a_refused_write_does_not_harm_its_neighbours_in_the_same_commit(tmp_path: Path) -> None:
    journal = await opened(tmp_path, executor=ThreadExecutor("journal"))
    answers = await asyncio.gather(
        *(journal.accept(new_job("same", f'{{"x":{number}}}')) for number in range(5)),
        journal.accept(new_job("other")),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, KeyConflict) for answer in answers) == 4
    assert {job.id for job in await journal.unfinished("kkt-1")} == {"same", "other"}
    await journal.close()


async def test_writes_queued_together_share_a_commit(tmp_path: Path) -> None:
    journal = await opened(tmp_path, executor=ThreadExecutor("journal"))
    await asyncio.gather(*(journal.accept(new_job(f"j{number}")) for number in range(100)))
    assert journal.commits == 1
    await journal.close()


async def test_everything_of_a_job_survives_reopening(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    await journal.accept(new_job("a", '{"имя":"Чай"}', order="1001"), emulated=True)
    bookmark = Bookmark(fn="9999078900001234", document=11, shift=3, shift_open=True, cash_ins=2)
    await journal.transition(
        "a", JobState.RUNNING, attempts=1, bookmark=bookmark, intent={"cashier": {"name": "Иванова"}}
    )
    running = await journal.get("a")
    done = await journal.transition(
        "a",
        JobState.DONE,
        fiscal=Fiscal(
            fn="9999078900001234",
            document=12,
            sign=4294967295,
            datetime=datetime(2026, 3, 1, 15, 0, tzinfo=timezone(timedelta(hours=3))),
            registration_number="0000000001006166",
            shift=3,
            qr="t=20260301T1500&s=10.00",
            code=DocumentCode.RECEIPT,
        ),
        warnings=(Warn(code="paper_pending", detail="d", hint="h"),),
        marking=(MarkingVerdict(item=0, result="M+", flags=15),),
        result={"counters": {"sell": 1}},
    )
    await journal.close()

    journal = await opened(tmp_path)
    assert await journal.get("a") == done
    assert running is not None
    assert running.bookmark == bookmark
    assert done.bookmark == bookmark
    assert done.emulated
    assert await journal.unfinished("kkt-1") == []
    assert done.fiscal is not None
    assert await journal.claimed("9999078900001234", 12) == {(12, done.fiscal.sign): "a"}
    assert await journal.claimed("9999078900001234", 13) == {}
    assert await journal.claimed("9999078900001234", 1, 11) == {}
    await journal.close()


async def test_unfinished_jobs_come_in_order_of_acceptance(journal: Journal) -> None:
    for job_id in "cab":
        await journal.accept(new_job(job_id))
    await journal.accept(new_job("elsewhere", register="kkt-2"))
    await journal.transition("a", JobState.CANCELLED)
    assert [job.id for job in await journal.unfinished("kkt-1")] == ["c", "b"]


def test_the_unfinished_are_found_without_walking_the_finished() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, versions("schema"))
    (plan,) = connection.execute(f"EXPLAIN QUERY PLAN {UNFINISHED}").fetchall()
    assert "jobs_unfinished" in plan[3]
    named = set(re.findall(r"'(\w+)'", UNFINISHED))
    assert named == {str(state) for state in FINAL_STATES}
    connection.close()


async def test_states_follow_the_table(journal: Journal) -> None:
    await journal.accept(new_job("a"))
    await journal.transition("a", JobState.RUNNING)
    with pytest.raises(IllegalTransition):
        await journal.transition("a", JobState.CANCELLED)
    with pytest.raises(UnknownJob):
        await journal.transition("nobody", JobState.RUNNING)


async def test_a_change_still_on_its_way_to_disk_already_counts(tmp_path: Path) -> None:
    """Cancelling while `running` is being written must lose: bytes may go out once it is on disk."""
    journal = await opened(tmp_path, executor=ThreadExecutor("journal"))
    await journal.accept(new_job("a"))
    running, cancelled = await asyncio.gather(
        journal.transition("a", JobState.RUNNING), journal.transition("a", JobState.CANCELLED), return_exceptions=True
    )
    assert isinstance(cancelled, IllegalTransition)
    assert (await journal.get("a")) == running
    await journal.close()


async def test_events_are_numbered_resumable_and_heard_after_the_commit(journal: Journal, tmp_path: Path) -> None:
    heard: list[tuple[int, str, int]] = []
    other = sqlite3.connect(tmp_path / JOURNAL_FILE)

    def listener(event: object, job: object) -> None:
        on_disk = other.execute("SELECT count(*) FROM events").fetchone()[0]
        heard.append((event.id, event.state, on_disk))  # type: ignore[attr-defined]

    stop = journal.subscribe(listener)
    await journal.accept(new_job("a", order="1001"))
    await journal.note("kkt-1", "connected", {"fn": "1"})
    await journal.transition("a", JobState.RUNNING)
    stop()
    await journal.transition("a", JobState.SETTLING)
    assert heard == [(1, "queued", 1), (2, "connected", 2), (3, "running", 3)]
    assert [(event.id, event.subject, event.state) for event in await journal.events(1)] == [
        (2, "kkt-1", "connected"),
        (3, "a", "running"),
        (4, "a", "settling"),
    ]
    assert (await journal.events(0, limit=1))[0].data == {"kind": "receipt", "order": "1001"}
    assert await journal.last_event() == 4
    other.close()


async def test_find_pages_newest_first(journal: Journal) -> None:
    for number in range(5):
        await journal.accept(new_job(f"j{number}", order="1001" if number % 2 else "1002"))
    await journal.transition("j3", JobState.FAILED)
    page, cursor = await journal.find(limit=2)
    assert [job.id for job in page] == ["j4", "j3"]
    page, cursor = await journal.find(limit=3, cursor=cursor)
    assert [job.id for job in page] == ["j2", "j1", "j0"]
    assert cursor is None
    assert [job.id for job in (await journal.find(order="1001"))[0]] == ["j3", "j1"]
    assert [job.id for job in (await journal.find(state=JobState.FAILED))[0]] == ["j3"]
    middle = (await journal.get("j2")).created_at  # type: ignore[union-attr]
    assert [job.id for job in (await journal.find(since=middle))[0]] == ["j4", "j3", "j2"]
    moscow = middle.astimezone(timezone(timedelta(hours=3)))
    assert [job.id for job in (await journal.find(until=moscow))[0]] == ["j1", "j0"]


async def test_tokens(journal: Journal) -> None:
    await journal.add_token(Token(id="t1", name="crm", scope="receipts", digest="00", created_at=T0))
    assert await journal.revoke_token("t1")
    assert not await journal.revoke_token("t1")
    (token,) = await journal.tokens()
    assert (token.name, token.scope, token.revoked_at is not None) == ("crm", "receipts", True)


async def test_two_owners_of_one_directory_are_refused(tmp_path: Path) -> None:
    first = await opened(tmp_path)
    with pytest.raises(DirectoryInUse):
        await opened(tmp_path)
    await first.close()
    second = await opened(tmp_path)
    await second.close()


async def test_a_directory_that_cannot_be_made_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DirectoryUnusable, match="file"):
        await opened(tmp_path / "file" / "data")


async def test_a_full_disk_stops_everything_and_is_never_retried(tmp_path: Path) -> None:
    failures: list[BaseException] = []
    journal = await opened(tmp_path, on_fatal=failures.append)
    await journal.accept(new_job("before"))
    pages = journal._writer._connection.execute("PRAGMA page_count").fetchone()[0]
    journal._writer._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalFailed):
        await journal.accept(new_job("big", '"' + "x" * 50_000 + '"'))
    journal._writer._connection.execute("PRAGMA max_page_count = 1000000")
    with pytest.raises(JournalFailed):
        await journal.accept(new_job("after"))
    assert len(failures) == 1
    await journal.close()
    journal = await opened(tmp_path)
    assert [job.id for job in await journal.unfinished("kkt-1")] == ["before"]
    await journal.close()


class Gate(InlineExecutor):
    """Holds work back until it is let go."""

    def __init__(self) -> None:
        self.held: list[Callable[[], None]] = []

    def submit(self, work: Callable[[], None]) -> None:
        self.held.append(work)


async def test_callers_who_wait_behind_a_failed_commit_hear_of_it(tmp_path: Path) -> None:
    failures: list[BaseException] = []
    gate = Gate()
    journal = await opened(tmp_path, executor=gate, on_fatal=failures.append)
    first = asyncio.create_task(journal.accept(new_job("first")))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    behind = asyncio.create_task(journal.accept(new_job("behind")))
    await asyncio.sleep(0)
    journal._writer._connection.execute("DROP TABLE jobs")
    (commit,) = gate.held
    commit()
    answers = await asyncio.wait_for(asyncio.gather(first, behind, return_exceptions=True), 5)
    assert [type(answer) for answer in answers] == [JournalFailed, JournalFailed]
    assert len(failures) == 1
    await journal.close()


async def test_an_older_schema_is_migrated_and_a_newer_one_refused(tmp_path: Path) -> None:
    journal = await opened(tmp_path)
    await journal.accept(new_job("a"))
    await journal.close()
    newer = {**versions("schema"), 1000: "CREATE TABLE more (x TEXT);\nINSERT INTO more VALUES ('a;b');"}
    journal = await opened(tmp_path, schema=newer)
    assert (await journal.get("a")) is not None
    await journal.close()
    with pytest.raises(JournalDamaged, match="version 1000"):
        await opened(tmp_path)


def test_a_migration_that_fails_leaves_the_version_before() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, {1: "CREATE TABLE a (x TEXT);", 2: "CREATE TABLE b (x TEXT);\nCREATE TABLE a (y TEXT);"})
    assert connection.execute("PRAGMA user_version").fetchone()[0] == 1
    assert connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'b'").fetchone()[0] == 0
    connection.close()


def test_statements_are_split_at_their_ends_only() -> None:
    assert statements("-- a; comment\nCREATE TABLE a (\n x TEXT\n);\nINSERT INTO a VALUES ('b;c');\n") == [
        "-- a; comment\nCREATE TABLE a (\n x TEXT\n);\n",
        "INSERT INTO a VALUES ('b;c');\n",
    ]
