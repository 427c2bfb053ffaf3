"""Verdicts of permit mode as rows and back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import datetime

from gateway.journal.records import PermitVerdict
from gateway.journal.rows import Row, stamp

COLUMNS = (
    "id",
    "at",
    "register",
    "fn",
    "job_id",
    "item",
    "cis",
    "allowed",
    "reason",
    "source",
    "value",
    "detail",
    "request",
    "answer",
)
#: Those that are words and never absent.
WORDS = ("at", "register", "fn", "cis", "reason", "source", "detail", "request", "answer")
_INSERT = (
    f"INSERT INTO verdicts ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))}) "  # noqa: S608 # nosec B608
    "ON CONFLICT (id) DO NOTHING"
)


def insert(connection: sqlite3.Connection, found: Iterable[PermitVerdict]) -> None:
    """Keep them; `id` None gets the next number."""
    connection.executemany(_INSERT, [_values(one) for one in found])


def _values(one: PermitVerdict) -> tuple[object, ...]:
    return (
        one.id,
        stamp(one.at),
        one.register,
        one.fn,
        one.job_id,
        one.item,
        one.cis,
        int(one.allowed),
        one.reason,
        one.source,
        one.value,
        one.detail,
        one.request,
        one.answer,
    )


def verdict_of(row: Row) -> PermitVerdict:
    """A row of `verdicts`; ValueError, KeyError or TypeError where it cannot be read."""
    return PermitVerdict(
        id=row["id"],
        at=datetime.fromisoformat(row["at"]),
        register=row["register"],
        fn=row["fn"],
        job_id=row["job_id"],
        item=row["item"],
        cis=row["cis"],
        allowed=bool(row["allowed"]),
        reason=row["reason"],
        source=row["source"],
        value=row["value"],
        detail=row["detail"],
        request=row["request"],
        answer=row["answer"],
    )


def of_job(connection: sqlite3.Connection, job_id: str) -> list[PermitVerdict]:
    """Every verdict about a job's lines, in the order in which they were given."""
    found = connection.execute("SELECT * FROM verdicts WHERE job_id = ? ORDER BY id", (job_id,))
    return [verdict_of(row) for row in found.fetchall()]
