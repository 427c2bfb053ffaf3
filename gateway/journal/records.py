"""What the journal holds beside jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from devices.registers.base import Fiscal
from protocols.ffd.enums import Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, in the order of commits."""

    id: int
    at: datetime  # UTC
    type: str  # "job" | "register" | "order"
    subject: str  # job id, register name or order number
    register: str
    state: str  # the job's state; for registers "connected" "disconnected" "attention" "released" ...
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token; only its SHA-256 is kept."""

    id: str
    name: str
    scope: str  # "receipts" | "devices" | "admin"
    digest: str  # hex SHA-256 of the secret
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceRow:
    """Bytes that went over a register's link."""

    at: datetime
    register: str
    job_id: str | None
    direction: str  # ">" to the register, "<" from it, "!" a remark (UTF-8)
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PermitVerdict:
    """What permit mode said of one marked line, and from what (docs/permit.md)."""

    at: datetime
    register: str
    fn: str
    job_id: str | None  # None: asked by itself
    item: int
    cis: str
    allowed: bool
    reason: str
    source: str  # "cdn" | "local" | "piot" | "none"
    value: str | None  # tag 1265
    detail: str
    request: str  # JSON text without keys
    answer: str
    id: int | None = None  # None until it is kept


class Cause(StrEnum):
    """Why a document of the drive that no job owns was kept."""

    LOST = "lost"  # the journal is known to have lost rows
    UNWATCHED = "unwatched"  # made while no gateway was running


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """A receipt or correction of a fiscal drive that no job owns (docs/journal.md)."""

    register: str
    fiscal: Fiscal
    operation: Operation | None
    total: int | None  # kopecks
    tlv: bytes  # without the outer tag; empty where the family cannot read it back
    cause: Cause
    found_at: datetime

    @property
    def key(self) -> tuple[str, int, int]:
        """Drive, document number, fiscal sign."""
        return self.fiscal.fn, self.fiscal.document, self.fiscal.sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """How far the documents of a fiscal drive are accounted for."""

    fn: str
    register: str
    reviewed: int  # every document up to this number is a job's, recovered or foreign
    loss: int  # id of the newest `Loss` that its review took into account


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """The journal is known to lack rows it once had."""

    id: int
    at: datetime
    cause: str  # "damaged" | "missing" | "restored"
    report: Mapping[str, Any]  # what was saved, what is lost, what a person must look at
