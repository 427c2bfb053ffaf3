"""The journal's API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.jobs.model import Job, JobState, NewJob


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, in the order of commits."""

    id: int
    at: datetime
    type: str  # "job" | "register"
    subject: str  # job id or register name
    register: str
    state: str  # the job's state; for registers "connected" "disconnected" "attention" ...
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An API token; only its SHA-256 is kept."""

    id: str
    name: str
    scope: str
    digest: str  # hex SHA-256 of the secret
    created_at: datetime
    revoked_at: datetime | None = None


class Journal:
    @classmethod
    async def open(cls, directory: Path, *, now: Callable[[], datetime], executor: Any, on_fatal: Any) -> Journal:
        raise NotImplementedError

    async def close(self) -> None: ...

    async def accept(self, new: NewJob) -> tuple[Job, bool]:
        raise NotImplementedError

    async def transition(self, job_id: str, state: JobState, **changes: Any) -> Job:
        raise NotImplementedError

    async def get(self, job_id: str) -> Job | None:
        raise NotImplementedError

    async def find(
        self,
        *,
        order: str | None = None,
        state: JobState | None = None,
        register: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        cursor: int | None = None,
        limit: int = 50,
        kinds: Sequence[str] = (),
    ) -> tuple[list[Job], int | None]:
        """Newest first; the second value is the cursor of the next page (None: no more)."""
        raise NotImplementedError

    async def unfinished(self, register: str) -> list[Job]:
        raise NotImplementedError

    async def events(self, after: int, limit: int = 500) -> list[Event]:
        raise NotImplementedError

    async def last_event(self) -> int:
        raise NotImplementedError

    async def note(self, register: str, state: str, data: Mapping[str, Any]) -> Event:
        """A register's event, without a job."""
        raise NotImplementedError

    async def add_token(self, token: Token) -> None: ...
    async def tokens(self) -> list[Token]:
        raise NotImplementedError

    async def revoke_token(self, token_id: str) -> bool:
        raise NotImplementedError
