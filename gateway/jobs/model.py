"""A job: one thing asked of one register, from acceptance to its last word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from devices.registers.base import Bookmark, Fiscal, MarkingVerdict, Warn


class JobKind(StrEnum):
    RECEIPT = "receipt"
    CORRECTION = "correction"
    OPEN_SHIFT = "open-shift"
    CLOSE_SHIFT = "close-shift"
    X_REPORT = "x-report"
    CASH_IN = "cash-in"
    CASH_OUT = "cash-out"
    OPEN_DRAWER = "open-drawer"
    PRINT_TEXT = "print-text"
    SET_CLOCK = "set-clock"
    RECOVER = "recover"
    DIAGNOSE = "diagnose"
    RELEASE = "release"
    REPRINT = "reprint"


#: Kinds that make a fiscal document (settled through the drive's archive).
FISCAL_KINDS = frozenset({JobKind.RECEIPT, JobKind.CORRECTION, JobKind.OPEN_SHIFT, JobKind.CLOSE_SHIFT})


class JobState(StrEnum):
    """queued -> running -> done; a lost answer -> settling; an operator must act -> held (design.md)."""

    QUEUED = "queued"
    RUNNING = "running"
    SETTLING = "settling"
    DONE = "done"
    FAILED = "failed"  # proven that no document exists
    HELD = "held"  # nothing is fiscal yet, an operator must act; goes on by itself afterwards
    CANCELLED = "cancelled"


FINAL_STATES = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    code: str
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What the API asks the journal to keep before it answers."""

    id: str
    kind: JobKind
    register: str
    body: str  # canonical JSON of the normalised request, as hashed
    digest: str  # hex SHA-256 of `body`
    order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One row of the journal, immutable; a transition makes a new one."""

    sequence: int  # order of acceptance, unique over the journal
    id: str
    kind: JobKind
    register: str
    body: str
    digest: str
    order: str | None
    state: JobState
    created_at: datetime  # UTC
    updated_at: datetime
    attempts: int = 0
    intent: Mapping[str, Any] | None = None  # what configuration filled in when the current attempt began
    bookmark: Bookmark | None = None  # where the drive stood before the first byte of the current attempt
    fiscal: Fiscal | None = None
    result: Mapping[str, Any] | None = None  # counters of an x-report, the diagnosis, ...
    warnings: tuple[Warn, ...] = ()
    marking: tuple[MarkingVerdict, ...] = ()
    error: JobError | None = None
    emulated: bool = False


class Waiting(NamedTuple):
    """An unfinished job without what it weighs: as much of it as its place in the queue needs."""

    sequence: int
    id: str
    kind: JobKind
    state: JobState
