"""Which jobs are asked for, as SQL. Each question has its index: it is asked on the loop, however long the journal."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.jobs.model import JobState
from gateway.journal.rows import stamp


def query(
    *,
    order: str | None,
    state: JobState | None,
    register: str | None,
    kinds: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    before: tuple[int, datetime] | None,
    limit: int,
) -> tuple[str, tuple[Any, ...]]:
    """The statement and its values; `before` is the last job of the page before: its number and when it was accepted.

    Newest first: by number, and for a period by the clock, which may have been set back between two numbers. SQLite
    knows nothing of how often a value occurs, so the index is named here: few jobs are not done, a shop has few
    registers, and a period is mostly a short one.
    """
    index, by = _index(order, state, register, dated=since is not None or until is not None)
    wanted: list[tuple[str, Any]] = [
        ("order_id = ?", order),
        ("state = ?", state and state.value),
        ("register = ?", register),
        ("created_at >= ?", since and stamp(since)),
        ("created_at < ?", until and stamp(until)),
    ]
    terms = [term for term, value in wanted if value is not None]
    values = [value for _, value in wanted if value is not None]
    if before is not None:
        number, at = before
        terms.append("sequence < ?" if by == _BY_NUMBER else "(created_at, sequence) < (?, ?)")
        values.extend([number] if by == _BY_NUMBER else [stamp(at), number])
    if kinds:
        terms.append(f"kind IN ({', '.join('?' * len(kinds))})")
        values.extend(kinds)
    where = f"WHERE {' AND '.join(terms)}" if terms else ""
    # Names and terms are ours, values are bound.
    return f"SELECT * FROM jobs {index} {where} ORDER BY {by} LIMIT ?", (*values, limit)  # noqa: S608 # nosec B608


_BY_NUMBER = "sequence DESC"
_BY_CLOCK = "created_at DESC, sequence DESC"


def _index(order: str | None, state: JobState | None, register: str | None, *, dated: bool) -> tuple[str, str]:
    if order is not None:
        return "INDEXED BY jobs_order", _BY_NUMBER
    if state not in {None, JobState.DONE}:
        return "INDEXED BY jobs_state", _BY_NUMBER
    if dated:
        return "INDEXED BY jobs_created", _BY_CLOCK
    if register is not None:
        return "INDEXED BY jobs_register", _BY_NUMBER
    return ("", _BY_NUMBER) if state is None else ("INDEXED BY jobs_state", _BY_NUMBER)
