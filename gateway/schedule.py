"""Closing shifts by the clock: an ordinary job a day and register, with an id that makes it one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta, tzinfo

import structlog

from devices.errors import GatewayError
from gateway.jobs import bodies
from gateway.jobs.model import JobKind, NewJob
from gateway.journal import JournalFailed

log = structlog.get_logger(__name__)

#: The wall clock may be set while we sleep, so it is looked at this often (seconds).
LOOK = 20.0


def next_moment(now: datetime, at: time, zone: tzinfo) -> datetime:
    """The first moment after `now` at which the wall clock of `zone` shows `at`."""
    local = now.astimezone(zone)
    moment = datetime.combine(local.date(), at, zone)
    # A day later by the wall clock, so that a change to summer time does not move it.
    return moment if moment > local else datetime.combine(local.date() + timedelta(days=1), at, zone)


def closing_job(register: str, moment: datetime) -> NewJob:
    """The job that closes the shift of `register` at `moment`; the same one however often it is made."""
    body, digest = bodies.canonical({"scheduled": True})
    return NewJob(
        id=f"close-shift:{register}:{moment.date().isoformat()}",
        kind=JobKind.CLOSE_SHIFT,
        register=register,
        body=body,
        digest=digest,
    )


async def close_daily(
    register: str,
    at: time,
    zone: tzinfo,
    *,
    now: Callable[[], datetime],
    submit: Callable[[NewJob], Awaitable[object]],
) -> None:
    """Submit the closing job every day at `at`, until cancelled."""
    moment = next_moment(now(), at, zone)
    while True:
        wait = (moment - now()).total_seconds()
        if wait > 0:
            await asyncio.sleep(min(wait, LOOK))
            continue
        try:
            await submit(closing_job(register, moment))
        except JournalFailed:
            raise
        except GatewayError as error:  # the queue is full: the shift must be closed all the same, so try again
            log.warning("the shift could not be closed on schedule yet", register=register, error=error.detail)
            await asyncio.sleep(LOOK)
            continue
        moment = next_moment(now(), at, zone)
