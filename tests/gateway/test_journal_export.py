"""The export for people who keep books."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fake_shop import new_job, receipt_body
from hypothesis import given
from hypothesis import strategies as st

from devices.registers.base import Fiscal
from gateway.jobs.model import JobKind, JobState
from gateway.journal import Journal
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.executor import InlineExecutor
from gateway.journal.export import COLUMNS, cell, jobs, to_csv, to_jsonl

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.moment = T0

    def __call__(self) -> datetime:
        self.moment += timedelta(hours=1)
        return self.moment


def fatal(error: BaseException) -> None:
    raise AssertionError(error)


@pytest.fixture
async def directory(tmp_path: Path) -> Path:
    journal = await Journal.open(tmp_path, now=Clock(), executor=InlineExecutor(), on_fatal=fatal)
    await journal.accept(new_job("a", receipt_body(1350, customer={"email": "=cmd@example.ru"}, taxation="osn")))
    await journal.transition("a", JobState.RUNNING)
    fiscal = Fiscal(
        fn="9999078900001234",
        document=12,
        sign=123456789,
        datetime=T0,
        registration_number="0000000001006166",
        shift=3,
        number=7,
        qr="t=20260301T1200&s=1350.00&fn=9999078900001234&i=12&fp=123456789&n=1",
    )
    await journal.transition("a", JobState.DONE, fiscal=fiscal)
    await journal.accept(new_job("b", '{"sum":"100.50"}', kind=JobKind.CASH_IN))
    await journal.close()
    return tmp_path


def lines(text: str) -> list[dict[str, str]]:
    assert text[0] == "\ufeff"
    names = {title: name for name, title in COLUMNS.items()}
    return [
        {names[title]: value for title, value in row.items()}
        for row in csv.DictReader(io.StringIO(text[1:]), delimiter=";")
    ]


def test_csv_opens_in_excel(directory: Path) -> None:
    out = io.StringIO()
    assert to_csv(jobs(directory, None, None), out) == 2
    first, second = lines(out.getvalue())
    assert (first["total"], first["cash"], first["document"], first["sign"]) == (
        "1350,00",
        "1350,00",
        "12",
        "123456789",
    )
    assert first["fn"] == "'9999078900001234"  # sixteen digits: Excel would round the last one away
    assert first["customer"] == "'=cmd@example.ru"
    assert (second["kind"], second["total"], second["fn"]) == ("cash-in", "100,50", "")


def test_json_lines_hold_the_body_and_decimal_strings(directory: Path) -> None:
    out = io.StringIO()
    assert to_jsonl(jobs(directory, None, None), out) == 2
    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["total"], first["fn"], first["operation"]) == ("1350.00", "9999078900001234", "sell")
    assert first["body"]["items"][0]["name"] == "Чай"
    assert second["cash"] == "100.50"


def test_from_and_to_are_moments_of_acceptance(directory: Path) -> None:
    every = [line.job.created_at for line in jobs(directory, None, None)]
    assert [line.job.id for line in jobs(directory, every[1], None)] == ["b"]
    assert [line.job.id for line in jobs(directory, None, every[1])] == ["a"]


async def test_a_dropped_body_leaves_the_sum_of_the_qr(directory: Path) -> None:
    journal = await Journal.open(directory, now=Clock(), executor=InlineExecutor(), on_fatal=fatal)
    await journal.forget(T0 + timedelta(days=1), 100)
    await journal.close()
    out = io.StringIO()
    to_jsonl(jobs(directory, None, None), out)
    first = json.loads(out.getvalue().splitlines()[0])
    assert (first["total"], first["body"], first["document"]) == ("1350.00", None, 12)


async def test_memory_does_not_grow_with_the_journal(directory: Path) -> None:
    connection = sqlite3.connect(directory / JOURNAL_FILE)
    connection.executemany(
        "INSERT INTO jobs (id, kind, register, body, digest, state, created_at, updated_at) "
        "VALUES (?, 'x-report', 'kkt-1', ?, '', 'done', ?, ?)",
        ((f"j{number}", "x" * 5000, T0.isoformat(), T0.isoformat()) for number in range(4000)),
    )
    connection.commit()
    connection.close()

    class Nowhere(io.StringIO):
        def write(self, text: str) -> int:
            return len(text)

    tracemalloc.start()
    count = to_csv(jobs(directory, None, None), Nowhere())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 4002
    assert peak < 10_000_000  # the rows are 20 MB


@given(st.text(max_size=20))
def test_no_text_is_a_formula(text: str) -> None:
    assert cell("customer", text)[:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"}
