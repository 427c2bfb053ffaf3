"""What can be kept of a damaged journal: each row read by itself and believed only if it is whole."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState
from gateway.journal import carve, rows
from gateway.journal.records import Token
from gateway.receipts.normalise import digest_of

JOB_COLUMNS = (
    "sequence",
    "id",
    "kind",
    "register",
    "body",
    "digest",
    "order_id",
    "state",
    "created_at",
    "updated_at",
    "attempts",
    "intent",
    "bookmark",
    "fiscal",
    "result",
    "warnings",
    "marking",
    "error",
    "emulated",
)
_TOKEN_COLUMNS = ("id", "name", "scope", "digest", "created_at", "revoked_at")
_EVENT_WIDTH = 7
_KINDS = frozenset(str(kind) for kind in JobKind)
_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,160}").fullmatch
_FN = re.compile(r"[0-9]{16}").fullmatch

#: A body that retention dropped, or that was torn in a finished job: the key and its digest still answer.
DROPPED = ""


@dataclass(slots=True)
class Salvaged:
    """Everything that was believed, and what was not."""

    jobs: dict[int, Job] = field(default_factory=dict)  # by sequence
    tokens: dict[str, Token] = field(default_factory=dict)
    last_event: int = 0
    garbled: dict[int, str] = field(default_factory=dict)  # sequence -> key, as far as it can be read
    bodies_lost: int = 0  # finished jobs kept without their body

    @property
    def missing(self) -> list[int]:
        """Sequence numbers below the last one that no row was found for: sequences have no gaps."""
        last = max(self.jobs, default=0)
        return [number for number in range(1, last) if number not in self.jobs]


def salvage(path: Path) -> Salvaged:
    """Read what is left of the journal at `path` and of its `-wal`; changes neither."""
    found = Salvaged()
    for rowid, record in carve.rows(path):
        if len(record) == len(JOB_COLUMNS) and record[0] is None and record[2] in _KINDS:
            _take_job(found, rowid, record)
        elif len(record) == _EVENT_WIDTH and record[0] is None and record[2] in {"job", "register"}:
            found.last_event = max(found.last_event, rowid)
        elif len(record) == len(_TOKEN_COLUMNS):
            _take_token(found, record)
    for number in found.jobs:
        found.garbled.pop(number, None)
    return found


def _take_job(found: Salvaged, sequence: int, record: carve.Record) -> None:
    columns: dict[str, Any] = dict(zip(JOB_COLUMNS, (sequence, *record[1:]), strict=True))
    job = _believed(columns)
    if job is None:
        found.garbled[sequence] = str(columns["id"])[:128]
        return
    before = found.jobs.get(sequence)
    # An older version of the row may survive on a freed page.
    if before is None or (job.updated_at, job.attempts) >= (before.updated_at, before.attempts):
        found.jobs[sequence] = job
        if job.body == DROPPED and columns["body"] != DROPPED:
            found.bodies_lost += 1


def _believed(columns: Mapping[str, Any]) -> Job | None:
    try:
        job = rows.job_of(columns)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if job.sequence < 1 or _KEY(job.id) is None or _DIGEST(job.digest) is None or not job.register:
        return None
    if job.created_at.tzinfo is None or job.updated_at.tzinfo is None:
        return None
    if job.fiscal is not None and (_FN(job.fiscal.fn) is None or job.fiscal.document < 1):
        return None
    if digest_of(job.body) == job.digest or (job.body == DROPPED and job.state in FINAL_STATES):
        return job
    if job.state not in FINAL_STATES:
        return None  # what it was to print is not known any more
    return rows.job_of({**columns, "body": DROPPED})


def _take_token(found: Salvaged, record: carve.Record) -> None:
    columns: dict[str, Any] = dict(zip(_TOKEN_COLUMNS, record, strict=True))
    if not isinstance(columns["digest"], str) or _DIGEST(columns["digest"]) is None:
        return
    try:
        token = rows.token_of(columns)
    except (ValueError, TypeError):
        return
    before = found.tokens.get(token.id)
    if before is None or before.revoked_at is None:
        found.tokens[token.id] = token


def doubtful(job: Job, fn: str | None) -> Job:
    """An unfinished job whose row may be older than the truth, made safe: it starts only after a look at the drive.

    A bookmark still leads to proof. Without one the job is compared with the documents that no job owns; `fn` is the
    drive that its register had, as far as known.
    """
    if job.state in FINAL_STATES:
        return job
    if job.bookmark is not None:
        return replace(job, state=JobState.SETTLING)
    return replace(job, state=JobState.SETTLING, intent={**(job.intent or {}), "salvaged": True, "fn": fn})
