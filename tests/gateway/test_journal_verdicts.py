"""Verdicts of permit mode in the journal: kept, dropped after their years, copied, exported, saved from a torn file."""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.jobs.model import JobKind, JobState, NewJob
from gateway.journal import Journal, backup
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.executor import InlineExecutor
from gateway.journal.export import jobs, to_jsonl
from gateway.journal.records import PermitVerdict
from gateway.receipts.normalise import digest_of

T0 = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
FN = "9999078900001234"
VERDICT = PermitVerdict(
    at=T0,
    register="kkt-1",
    fn=FN,
    job_id="a",
    item=0,
    cis="0104600439931256215JgXJ5.T",
    allowed=True,
    reason="permit_granted",
    source="cdn",
    value="UUID=42a6a883-0000-4000-8000-000000000000&Time=1785764594397",
    detail="",
    request='{"codes":["0104600439931256215JgXJ5.T\\u001d93dGVz"]}',
    answer='{"code":0,"codes":[{"cis":"0104600439931256215JgXJ5.T"}]}',
)


def fatal(error: BaseException) -> None:
    raise AssertionError(error)


def clock(start: datetime = T0) -> Callable[[], datetime]:
    return lambda: start


async def opened(directory: Path) -> Journal:
    return await Journal.open(directory, now=clock(), executor=InlineExecutor(), on_fatal=fatal)


async def filled(directory: Path, *, finished: bool = True) -> None:
    """Two jobs; what is said of the first one has two attempts."""
    journal = await opened(directory)
    for name in ("a", "b"):
        body = json.dumps({"sum": "100.00", "n": name})
        await journal.accept(NewJob(id=name, kind=JobKind.CASH_IN, register="kkt-1", body=body, digest=digest_of(body)))
        if finished:
            await journal.transition(name, JobState.DONE)
    refused = replace(VERDICT, allowed=False, reason="permit_no_answer", source="none", value=None, answer="<html>")
    await journal.keep_verdicts([refused, VERDICT])
    await journal.keep_verdicts([replace(VERDICT, job_id=None, item=3)])
    await journal.close()


async def test_every_attempt_is_kept_in_order(tmp_path: Path) -> None:
    await filled(tmp_path)
    journal = await opened(tmp_path)
    found = await journal.verdicts("a")
    assert [(one.reason, one.allowed, one.id) for one in found] == [
        ("permit_no_answer", False, 1),
        ("permit_granted", True, 2),
    ]
    assert replace(found[1], id=None) == VERDICT
    assert await journal.verdicts("b") == []
    await journal.close()


async def test_they_are_dropped_with_the_bodies_but_for_the_newest_number(tmp_path: Path) -> None:
    await filled(tmp_path)
    journal = await opened(tmp_path)
    await journal.forget(T0 + timedelta(seconds=1), 100)
    assert await journal.verdicts("a") == []
    await journal.keep_verdicts([VERDICT])
    assert [one.id for one in await journal.verdicts("a")] == [4]
    await journal.close()


async def test_younger_ones_stay(tmp_path: Path) -> None:
    await filled(tmp_path)
    journal = await opened(tmp_path)
    await journal.forget(T0, 100)
    assert len(await journal.verdicts("a")) == 2
    await journal.close()


async def test_an_unfinished_job_keeps_its_own(tmp_path: Path) -> None:
    await filled(tmp_path, finished=False)
    journal = await opened(tmp_path)
    await journal.forget(T0 + timedelta(days=1), 100)
    assert len(await journal.verdicts("a")) == 2
    await journal.close()


async def test_a_backup_holds_them(tmp_path: Path) -> None:
    await filled(tmp_path)
    backup.backup(tmp_path, tmp_path / "copy.db", now=clock(), progress=lambda left, total: None)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as connection:
        assert connection.execute("SELECT count(*) FROM verdicts").fetchone() == (3,)


async def test_json_lines_bear_the_evidence(tmp_path: Path) -> None:
    await filled(tmp_path)
    out = io.StringIO()
    assert to_jsonl(jobs(tmp_path, None, None), out) == 2
    first, second = map(json.loads, out.getvalue().splitlines())
    assert second["permit"] == []
    assert [one["reason"] for one in first["permit"]] == ["permit_no_answer", "permit_granted"]
    assert json.loads(first["permit"][1]["request"])["codes"][0].endswith("\x1d93dGVz")
    assert json.loads(first["permit"][1]["answer"])["codes"][0]["cis"] == VERDICT.cis
    assert first["permit"][1]["value"] == VERDICT.value


@pytest.mark.parametrize("large", [False, True])
async def test_a_torn_journal_gives_back_what_is_whole(tmp_path: Path, large: bool) -> None:
    await filled(tmp_path)
    if large:  # rows over several pages
        journal = await opened(tmp_path)
        answer = json.dumps({"codes": [{"cis": VERDICT.cis, "message": "x" * 20_000}]})
        await journal.keep_verdicts([replace(VERDICT, job_id="b", answer=answer)])
        await journal.close()
    path = tmp_path / JOURNAL_FILE
    path.write_bytes(b"\0" * 4096 + path.read_bytes()[4096:])
    journal = await opened(tmp_path)
    assert journal.loss is not None
    assert journal.loss.report["verdicts_saved"] == (4 if large else 3)
    assert [replace(one, id=None) for one in await journal.verdicts("a")][1] == VERDICT
    assert len(await journal.verdicts("b")) == large
    await journal.close()


async def test_a_torn_row_of_theirs_is_left_out(tmp_path: Path) -> None:
    await filled(tmp_path)
    path = tmp_path / JOURNAL_FILE
    content = path.read_bytes()
    # the answer of the second row is no JSON any more; the row's length is as it was
    place = content.index(b'{"code":0,"codes"')
    torn = content[:place] + b"\x01" + content[place + 1 :]
    path.write_bytes(b"\0" * 4096 + torn[4096:])
    journal = await opened(tmp_path)
    assert journal.loss is not None
    assert journal.loss.report["verdicts_saved"] == 2
    await journal.close()
