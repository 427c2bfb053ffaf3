"""What may be dropped after the years a shop must keep it: bodies, results, events and permit mode's verdicts, never a
key or fiscal data.

Orders with nothing held, owed or to come are dropped whole, with their buyers' contacts; their receipts' keys stay.
A replayed key whose body was dropped still answers: its digest, its state and its document stay for ever.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from itertools import takewhile
from typing import Protocol

from gateway.jobs.model import FINAL_STATES
from gateway.journal import orders, recovered
from gateway.journal.errors import JournalFailed
from gateway.journal.rows import stamp

#: What the law wants kept (54-ФЗ, НК РФ ст. 23): shorter is refused by the configuration.
LEAST_YEARS = 5

#: Rows of one step: a step shares the writer with receipts and must not be noticed.
STEP = 200
#: Seconds between two steps, and between two rounds.
PAUSE = 0.2
ROUND = 6 * 3600.0

_FACT = "forgotten_to"
_FINAL = ", ".join(f"'{state}'" for state in sorted(FINAL_STATES))
_DROP = (
    "UPDATE jobs SET body = '', result = NULL "  # noqa: S608 - states of ours # nosec B608
    f"WHERE sequence > ? AND sequence <= ? AND created_at < ? AND updated_at < ? AND state IN ({_FINAL})"
)
#: The newest event stays, so that its number is not given out again.
_FORGET = "DELETE FROM events WHERE id <= ? AND id < (SELECT max(id) FROM events)"
#: Those of unfinished jobs stay, as everything of theirs does.
_FORGET_VERDICTS = (
    "DELETE FROM verdicts WHERE id <= ? AND id < (SELECT max(id) FROM verdicts) AND (job_id IS NULL OR job_id NOT IN "
    "(SELECT id FROM jobs WHERE state NOT IN ('done', 'failed', 'cancelled')))"
)


def forget(connection: sqlite3.Connection, before: datetime, step: int) -> int:
    """One step of dropping what is older than `before`; how many rows were old enough, 0 when all is done.

    Unfinished jobs keep everything, whatever their age. Rows come in the order of time, so the look stops at the first
    one that is young enough.
    """
    horizon = stamp(before)
    done_to = int(recovered.fact(connection, _FACT) or 0)
    jobs = _older(
        connection.execute(
            "SELECT sequence, created_at FROM jobs WHERE sequence > ? ORDER BY sequence LIMIT ?", (done_to, step)
        ),
        horizon,
    )
    if jobs:
        connection.execute(_DROP, (done_to, jobs[-1], horizon, horizon))
        recovered.set_fact(connection, _FACT, str(jobs[-1]))
    events = _older(connection.execute("SELECT id, at FROM events ORDER BY id LIMIT ?", (step,)), horizon)
    dropped = connection.execute(_FORGET, (events[-1],)).rowcount if events else 0
    verdicts = _older(connection.execute("SELECT id, at FROM verdicts ORDER BY id LIMIT ?", (step,)), horizon)
    dropped += connection.execute(_FORGET_VERDICTS, (verdicts[-1],)).rowcount if verdicts else 0
    return len(jobs) + dropped + orders.forget(connection, before, max(step // 10, 1))


def _older(rows: Iterable[tuple[int, str]], horizon: str) -> list[int]:
    return [number for number, _ in takewhile(lambda row: row[1] < horizon, rows)]


class Forgets(Protocol):
    """A journal, as far as this room knows it."""

    async def forget(self, before: datetime, step: int) -> int: ...


async def keep(journal: Forgets, years: int, now: Callable[[], datetime]) -> None:
    """Until the journal fails: drop what is older than `years`, in small steps with pauses."""
    with suppress(JournalFailed):
        await _rounds(journal, years, now)


async def _rounds(journal: Forgets, years: int, now: Callable[[], datetime]) -> None:
    while True:
        moment = now()
        before = moment.replace(year=moment.year - years, day=min(moment.day, 28))
        while await journal.forget(before, STEP):  # noqa: ASYNC110 - a pause between steps, not a poll
            await asyncio.sleep(PAUSE)
        await asyncio.sleep(ROUND)
