"""Every question about jobs has its index, and its answer is whole and in order."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.jobs.model import JobKind, JobState, NewJob
from gateway.journal import Journal
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.executor import InlineExecutor
from gateway.journal.finding import query
from gateway.journal.migrate import migrate, versions

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CHOICES: dict[str, list[Any]] = {
    "order": [None, "1001"],
    "state": [None, JobState.DONE, JobState.FAILED],
    "register": [None, "kkt-1"],
    "kinds": [(), ("receipt", "correction")],
    "since": [None, T0 - DAY],
    "until": [None, T0 + DAY],
    "before": [None, (5, T0)],
}
ASKED = [dict(zip(CHOICES, values, strict=True)) for values in itertools.product(*CHOICES.values())]


def test_no_question_walks_the_table_or_sorts() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, versions("schema"))
        for asked in ASKED:
            sql, values = query(**asked, limit=51)
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()]
            if any(asked[name] is not None for name in ("order", "state", "register", "since", "until")):
                assert len(plan) == 1, (asked, plan)
                assert plan[0].startswith("SEARCH jobs USING INDEX"), (asked, plan)
            else:  # all of them, from the newest on
                assert plan[0].endswith(("SCAN jobs", "INTEGER PRIMARY KEY (rowid<?)")), plan


class Clock:
    def __init__(self) -> None:
        self.moment = T0

    def __call__(self) -> datetime:
        return self.moment


async def kept(directory: Path) -> Journal:
    """An hour between two jobs, and once the clock is set back for a day."""
    clock = Clock()
    journal = await Journal.open(directory, now=clock, executor=InlineExecutor(), on_fatal=lambda error: None)
    for number in range(1, 31):
        clock.moment += timedelta(hours=1) if number != 16 else -DAY
        body = "{}"
        digest = hashlib.sha256(body.encode()).hexdigest()
        register = f"kkt-{number % 2}"
        await journal.accept(
            NewJob(id=str(number), kind=JobKind.RECEIPT, register=register, body=body, digest=digest, order="1001")
        )
        for state in (JobState.RUNNING, JobState.FAILED if number % 3 else JobState.DONE):
            await journal.transition(str(number), state)
    return journal


@pytest.mark.parametrize("state", [None, JobState.DONE, JobState.FAILED])
@pytest.mark.parametrize("register", [None, "kkt-1"])
@pytest.mark.parametrize("period", [(None, None), (T0 - DAY / 4, T0 + DAY / 4), (T0, None), (None, T0)])
async def test_pages_together_are_every_job_once(
    tmp_path: Path, state: JobState | None, register: str | None, period: tuple[datetime | None, datetime | None]
) -> None:
    journal = await kept(tmp_path)
    since, until = period
    whole, following = await journal.find()
    assert following is None
    wanted = {
        job.id
        for job in whole
        if (state is None or job.state is state)
        and (register is None or job.register == register)
        and (since is None or job.created_at >= since)
        and (until is None or job.created_at < until)
    }
    found: list[str] = []
    cursor = None
    while True:
        page, cursor = await journal.find(
            state=state, register=register, since=since, until=until, cursor=cursor, limit=2
        )
        found += [job.id for job in page]
        if cursor is None:
            break
    assert wanted
    assert len(found) == len(wanted)
    assert set(found) == wanted
    if period == (None, None):
        assert found == sorted(found, key=int, reverse=True)
    await journal.close()


async def test_a_page_goes_on_behind_a_row_that_was_lost(tmp_path: Path) -> None:
    journal = await kept(tmp_path)
    with closing(sqlite3.connect(tmp_path / JOURNAL_FILE, isolation_level=None)) as other:
        other.execute("DELETE FROM jobs WHERE sequence = 28")
    page, _ = await journal.find(cursor=28, limit=2)
    assert [job.id for job in page] == ["27", "26"]
    page, _ = await journal.find(cursor=28, since=T0 - 30 * DAY, limit=2)
    assert len(page) == 2
    assert await journal.find(cursor=0) == ([], None)
    await journal.close()
