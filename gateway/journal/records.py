"""What the journal holds beside jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, in the order of commits."""

    id: int
    at: datetime  # UTC
    type: str  # "job" | "register"
    subject: str  # job id or register name
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
