"""Recovered documents, drives and losses as rows and back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from gateway.jobs.model import Job
from gateway.journal import packing
from gateway.journal.records import Cause, Drive, Loss, Recovered
from gateway.journal.rows import Row, job_of, stamp
from protocols.ffd.enums import Operation

#: No drive counts so far: the number has four bytes.
MOST = 2**32

_INSERT = """
INSERT INTO recovered (fn, document, sign, register, operation, total, fiscal, tlv, cause, found_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fn, document, sign) DO NOTHING"""
_REVIEWED = """
INSERT INTO drives (fn, register, reviewed, loss) VALUES (?, ?, ?, ?)
ON CONFLICT (fn) DO UPDATE SET register = excluded.register, reviewed = excluded.reviewed, loss = excluded.loss"""


def insert(connection: sqlite3.Connection, found: Iterable[Recovered], drive: Drive | None) -> None:
    """Keep documents and, once all of a drive's are kept, how far it is accounted for."""
    connection.executemany(
        _INSERT,
        [
            (
                *one.key,
                one.register,
                None if one.operation is None else str(one.operation),
                one.total,
                packing.fiscal_to(one.fiscal),
                one.tlv,
                str(one.cause),
                stamp(one.found_at),
            )
            for one in found
        ],
    )
    if drive is not None:
        connection.execute(_REVIEWED, (drive.fn, drive.register, drive.reviewed, drive.loss))


def recovered_of(row: Row) -> Recovered:
    """A row of `recovered`."""
    return Recovered(
        register=row["register"],
        fiscal=packing.fiscal_from(row["fiscal"]),
        operation=None if row["operation"] is None else Operation[row["operation"].upper()],
        total=row["total"],
        tlv=row["tlv"],
        cause=Cause(row["cause"]),
        found_at=datetime.fromisoformat(row["found_at"]),
    )


def unowned(connection: sqlite3.Connection) -> list[Recovered]:
    """Documents that no job owns, in order of number."""
    found = connection.execute("SELECT * FROM recovered WHERE job_id IS NULL ORDER BY fn, document")
    return [recovered_of(row) for row in found.fetchall()]


def deny(connection: sqlite3.Connection, job_id: str, at: datetime) -> None:
    """Nothing found until now is this job's."""
    connection.execute("INSERT OR REPLACE INTO denied (job_id, at) VALUES (?, ?)", (job_id, stamp(at)))


def denied_at(connection: sqlite3.Connection, job_id: str) -> datetime | None:
    row = connection.execute("SELECT at FROM denied WHERE job_id = ?", (job_id,)).fetchone()
    return None if row is None else datetime.fromisoformat(row["at"])


def drives(connection: sqlite3.Connection) -> list[Drive]:
    """Every drive that was reviewed once."""
    return [
        Drive(fn=row["fn"], register=row["register"], reviewed=row["reviewed"], loss=row["loss"])
        for row in connection.execute("SELECT * FROM drives ORDER BY fn").fetchall()
    ]


def last_owned(connection: sqlite3.Connection, fn: str) -> int:
    """Number of the last document of a drive that a job owns, 0 when none."""
    sql = (
        "SELECT json_extract(fiscal, '$.document') FROM jobs WHERE fiscal IS NOT NULL "
        "AND json_extract(fiscal, '$.fn') = ? ORDER BY json_extract(fiscal, '$.document') DESC LIMIT 1"
    )
    row = connection.execute(sql, (fn,)).fetchone()
    return 0 if row is None else int(row[0])


def claimed(connection: sqlite3.Connection, fn: str, first: int, last: int | None) -> dict[tuple[int, int], str]:
    """Documents `first` … `last` (None: all that follow) of a drive that a job owns: (number, sign) -> job id."""
    sql = (
        "SELECT json_extract(fiscal, '$.document'), json_extract(fiscal, '$.sign'), id FROM jobs "
        "WHERE fiscal IS NOT NULL AND json_extract(fiscal, '$.fn') = ? "
        "AND json_extract(fiscal, '$.document') BETWEEN ? AND ?"
    )
    found = connection.execute(sql, (fn, first, MOST if last is None else last))
    return {(number, sign): job_id for number, sign, job_id in found.fetchall()}


def owners(connection: sqlite3.Connection, fn: str, first: int, last: int) -> list[Job]:
    """Jobs that own documents `first` … `last` of a drive."""
    sql = (
        "SELECT * FROM jobs WHERE fiscal IS NOT NULL AND json_extract(fiscal, '$.fn') = ? "
        "AND json_extract(fiscal, '$.document') BETWEEN ? AND ?"
    )
    return [job_of(row) for row in connection.execute(sql, (fn, first, last)).fetchall()]


def add_loss(connection: sqlite3.Connection, at: datetime, cause: str, report: Mapping[str, Any]) -> Loss:
    """Note that rows are missing."""
    cursor = connection.execute(
        "INSERT INTO losses (at, cause, report) VALUES (?, ?, ?)", (stamp(at), cause, packing.to_json(report))
    )
    return Loss(id=cursor.lastrowid or 0, at=at, cause=cause, report=report)


def amend_loss(connection: sqlite3.Connection, loss: Loss) -> Loss:
    """Write what is known of it by now."""
    connection.execute("UPDATE losses SET report = ? WHERE id = ?", (packing.to_json(loss.report), loss.id))
    return loss


def last_loss(connection: sqlite3.Connection) -> Loss | None:
    """The newest."""
    row = connection.execute("SELECT * FROM losses ORDER BY id DESC LIMIT 1").fetchone()
    if row is None:
        return None
    return Loss(
        id=row["id"],
        at=datetime.fromisoformat(row["at"]),
        cause=row["cause"],
        report=json.loads(row["report"]),
    )


def fact(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row["value"])


def set_fact(connection: sqlite3.Connection, name: str, value: str | None) -> None:
    """None forgets it."""
    if value is None:
        connection.execute("DELETE FROM facts WHERE name = ?", (name,))
    else:
        connection.execute("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)", (name, value))
