"""What can be kept of a damaged journal: each row read by itself and believed only if it is whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState
from gateway.journal import carve, rows, verdicts
from gateway.journal.errors import JournalDamaged
from gateway.journal.order_check import Link
from gateway.journal.orders import OrderRow
from gateway.journal.records import PermitVerdict, Token
from gateway.orders.words import OrderState
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
#: The columns of `orders`, its alarms too.
ORDER_WIDTH = len(OrderRow.__dataclass_fields__) + 1
_ORDER_STATES = frozenset(str(state) for state in OrderState)
_KINDS = frozenset(str(kind) for kind in JobKind)
_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch
_KEY = re.compile(r"[A-Za-z0-9._:-]{1,160}").fullmatch
_FN = re.compile(r"[0-9]{16}").fullmatch

#: A body that retention dropped, or that was torn in a finished job: the key and its digest still answer.
DROPPED = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A row of a job that is believed: the job, and its columns in the order of JOB_COLUMNS."""

    job: Job
    columns: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Garbled:
    """A row of a job that is there and cannot be believed."""

    sequence: int
    key: str  # as far as it can be read


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """An entry of an order's log, not yet compared with the one before it."""

    number: str
    link: Link


@dataclass(frozen=True, slots=True)
class OrderLength:
    """How long an order's log was at some time."""

    number: str
    entries: int


@dataclass(frozen=True, slots=True)
class LastEvent:
    """An event's number."""

    id: int


Found = Kept | Token | PermitVerdict | OrderEntry | OrderLength | LastEvent | Garbled


def salvage(path: Path) -> Iterator[Found]:
    """What is left of the journal at `path` and of its `-wal`, in no order; changes neither.

    The same row may come several times: an older version of it may survive on a page that was freed.
    """
    for rowid, record in carve.rows(path, lambda record: len(record) != _EVENT_WIDTH):
        if len(record) == len(JOB_COLUMNS) and record[0] is None and record[2] in _KINDS:
            columns: dict[str, Any] = dict(zip(JOB_COLUMNS, (rowid, *record[1:]), strict=True))
            yield _believed(columns) or Garbled(rowid, str(columns["id"])[:128])
        elif len(record) == _EVENT_WIDTH and record[0] is None and record[2] in {"job", "register", "order"}:
            yield LastEvent(rowid)
        elif len(record) == len(verdicts.COLUMNS) and record[0] is None:
            verdict = _verdict({**dict(zip(verdicts.COLUMNS, record, strict=True)), "id": rowid})
            if verdict is not None:
                yield verdict
        elif len(record) == len(Link._fields) + 1 and rowid == 0 and _is_entry(record):
            number, *rest = record
            yield OrderEntry(str(number), Link(*rest))  # type: ignore[arg-type]  # looked at just now
        elif len(record) == ORDER_WIDTH and rowid == 0 and _is_order(record):
            yield OrderLength(str(record[0]), int(record[1] or 0))
        elif len(record) == len(_TOKEN_COLUMNS):
            token = _token(record)
            if token is not None:
                yield token


def _believed(columns: Mapping[str, Any]) -> Kept | None:
    try:
        job = rows.job_of(columns)
    except JournalDamaged:
        return None
    if job.sequence < 1 or _KEY(job.id) is None or _DIGEST(job.digest) is None or not job.register:
        return None
    if job.created_at.tzinfo is None or job.updated_at.tzinfo is None:
        return None
    if job.fiscal is not None and (_FN(job.fiscal.fn) is None or job.fiscal.document < 1):
        return None
    if digest_of(job.body) == job.digest or (job.body == DROPPED and job.state in FINAL_STATES):
        return Kept(job, tuple(columns.values()))
    if job.state not in FINAL_STATES:
        return None  # what it was to print is not known any more
    return Kept(replace(job, body=DROPPED), tuple({**columns, "body": DROPPED}.values()))


def _token(record: carve.Record) -> Token | None:
    columns: dict[str, Any] = dict(zip(_TOKEN_COLUMNS, record, strict=True))
    if not isinstance(columns["digest"], str) or _DIGEST(columns["digest"]) is None:
        return None
    try:
        return rows.token_of(columns)
    except (ValueError, TypeError):
        return None


def _is_entry(record: carve.Record) -> bool:
    number, place, entry, digest = record
    texts = isinstance(number, str) and isinstance(entry, str) and isinstance(digest, str)
    return texts and isinstance(place, int) and _DIGEST(str(digest)) is not None


def _is_order(record: carve.Record) -> bool:
    number, entries, state = record[:3]
    return isinstance(number, str) and isinstance(entries, int) and state in _ORDER_STATES


def _verdict(columns: Mapping[str, Any]) -> PermitVerdict | None:
    """A row of permit mode that is whole: what was asked and answered is JSON, which a torn page does not leave."""
    try:
        if not all(isinstance(columns[name], str) for name in verdicts.WORDS) or not isinstance(columns["item"], int):
            return None
        verdict = verdicts.verdict_of(columns)
        for text in (verdict.request, verdict.answer):
            if text and verdict.source != "none":
                json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return None
    known = verdict.job_id is None or (isinstance(verdict.job_id, str) and _KEY(verdict.job_id) is not None)
    whole = verdict.at.tzinfo is not None and columns["allowed"] in {0, 1} and _FN(verdict.fn) is not None
    return verdict if known and whole and isinstance(verdict.value, str | None) else None


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
