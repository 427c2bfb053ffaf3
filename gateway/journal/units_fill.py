"""Units of jobs and documents that the journal knew before it kept units, or that were saved from a damaged file."""

from __future__ import annotations

import sqlite3
from typing import Final

from gateway.jobs.model import JobKind
from gateway.journal import recovered, units

_FACT: Final = "units_kept"
_BATCH: Final = 1000


def fill(connection: sqlite3.Connection) -> None:
    """Once in a journal's life: the rows of all that was accepted, or saved from a damaged file, before it had any."""
    if recovered.fact(connection, _FACT) is not None:
        return
    connection.execute("BEGIN IMMEDIATE")
    marked = connection.execute(
        "SELECT sequence, kind, body FROM jobs WHERE kind IN ('receipt', 'correction') AND instr(body, ?)",
        (units.MARKED,),
    )
    while rows := marked.fetchmany(_BATCH):
        for sequence, kind, body in rows:
            units.keep(connection, sequence, _of_any(JobKind(kind), body))
    _order(connection)
    documents = [recovered.recovered_of(row) for row in connection.execute("SELECT * FROM recovered").fetchall()]
    units.keep_recovered(connection, [(one, units.named(one)) for one in documents])
    recovered.set_fact(connection, _FACT, "1")
    connection.execute("COMMIT")


def _of_any(kind: JobKind, body: str) -> tuple[units.Line, ...]:
    """A torn body must not keep the gateway from its start."""
    try:
        return units.lines(kind, body)
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def _order(connection: sqlite3.Connection) -> None:
    """Moves from before there were events to tell their order: the clock's, and before all that come."""
    found = connection.execute(
        "SELECT sequence FROM jobs WHERE state = 'done' AND sequence IN (SELECT job FROM units) "
        "ORDER BY updated_at, sequence"
    ).fetchall()
    first = -len(found)
    units.moved(connection, ((first + place, row[0]) for place, row in enumerate(found)))
