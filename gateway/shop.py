"""The shop as the HTTP API and the command line see it: registers, jobs, events."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from typing import Any

from devices.errors import GatewayError
from devices.registers.base import ArchivedDocument, Register
from gateway.jobs.model import Job, NewJob
from gateway.jobs.register import RegisterSettings, RegisterSnapshot
from gateway.journal import Event, Journal


class QueueFull(GatewayError):
    """The register's queue holds as many jobs as it may (HTTP 503 with Retry-After: `retry_after` seconds)."""

    code = "queue_full"
    retry_after = 5


class Draining(GatewayError):
    """The daemon is stopping and takes no new work (HTTP 503)."""

    code = "stopping"


class UnknownRegister(GatewayError):
    """No register has this name (HTTP 422 in a body, 404 in a path)."""

    code = "register_unknown"


class RegisterHandle:
    """One register of the shop."""

    name: str

    @property
    def snapshot(self) -> RegisterSnapshot:
        """Cached: never waits for the device."""
        raise NotImplementedError


class Subscription(AsyncIterator[Event]):
    """Live events in journal order; ends (StopAsyncIteration) when the reader was too slow or the shop stops."""

    def close(self) -> None:
        raise NotImplementedError


class Shop:
    """Registers with their workers over one journal.

    `registers` maps names (the keys of `settings`, first = default) to closed drivers. `now` answers aware datetimes.
    """

    registers: Mapping[str, RegisterHandle]

    def __init__(
        self,
        journal: Journal,
        settings: Mapping[str, RegisterSettings],
        drivers: Mapping[str, Register],
        *,
        now: Callable[[], datetime],
        rng: random.Random,
    ) -> None:
        raise NotImplementedError

    @property
    def journal(self) -> Journal:
        raise NotImplementedError

    @property
    def default_register(self) -> str | None:
        """The first configured, used when a body names none."""
        raise NotImplementedError

    async def start(self) -> None:
        """Start the workers: unfinished jobs are taken up (settled first). Does not wait for any device."""

    async def submit(self, new: NewJob) -> tuple[Job, bool]:
        """On disk when it returns; `created` is False for a replay. KeyConflict, QueueFull, Draining, UnknownRegister."""
        raise NotImplementedError

    async def wait(self, job_id: str, seconds: float) -> Job:
        """The job as soon as its state is final, or as it is after `seconds`. UnknownJob."""
        raise NotImplementedError

    async def cancel(self, job_id: str) -> Job:
        """Only while nothing was sent (queued, held); IllegalTransition otherwise."""
        raise NotImplementedError

    async def retry(self, job_id: str) -> Job:
        """Queue a failed job again, or wake a held one at once."""
        raise NotImplementedError

    async def resolve(self, job_id: str, *, exists: bool, document: int | None = None) -> Job:
        """A human's verdict on a job that is `settling`: the document exists (as `document`) or it does not."""
        raise NotImplementedError

    async def reprint(self, job_id: str) -> Job:
        """A new job that prints the stored document of a done job again."""
        raise NotImplementedError

    async def document(self, register: str, number: int, *, seconds: float = 5.0) -> ArchivedDocument | None:
        """The drive's document, read between two jobs; None when the drive has none. LinkError when it cannot be asked."""
        raise NotImplementedError

    def events(self, *, limit: int = 1000) -> Subscription:
        """Events from now on; older ones are in `journal.events`. `limit` unread ones and the reader is cut."""
        raise NotImplementedError

    async def drain(self) -> None:
        """Refuse new work, finish the document in hand, let the ports go."""

    def stats(self) -> Mapping[str, Any]:
        """For /metrics."""
        raise NotImplementedError
