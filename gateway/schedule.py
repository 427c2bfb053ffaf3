"""Closing shifts by the clock: an ordinary job a day and register, with an id that makes it one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta, tzinfo

import structlog

from devices.errors import GatewayError
from devices.registers.base import Shift
from gateway.jobs import bodies
from gateway.jobs.model import JobKind, JobState, NewJob
from gateway.jobs.register import RegisterSnapshot
from gateway.journal import Journal, JournalFailed

log = structlog.get_logger(__name__)

#: The wall clock may be set while we sleep, so it is looked at this often (seconds).
LOOK = 20.0
#: Seconds between two looks whether a register was seen for the first time.
FIRST_LOOK = 1.0
#: Newest documents among which one is looked for that is older than a missed closing.
PROOFS = 100


def next_moment(now: datetime, at: time, zone: tzinfo) -> datetime:
    """The first moment after `now` at which the wall clock of `zone` shows `at`."""
    local = now.astimezone(zone)
    moment = datetime.combine(local.date(), at, zone)
    # A day later by the wall clock, so that a change to summer time does not move it.
    return moment if moment > local else datetime.combine(local.date() + timedelta(days=1), at, zone)


def last_moment(now: datetime, at: time, zone: tzinfo) -> datetime:
    """The last moment, `now` included, at which the wall clock of `zone` showed `at`."""
    local = now.astimezone(zone)
    moment = datetime.combine(local.date(), at, zone)
    return moment if moment <= local else datetime.combine(local.date() - timedelta(days=1), at, zone)


def closing_id(register: str, moment: datetime) -> str:
    """The id of the job that closes the shift of `register` at `moment`."""
    return f"close-shift:{register}:{moment.date().isoformat()}"


def closing_job(register: str, moment: datetime, shift_number: int | None = None) -> NewJob:
    """The job that closes the shift of `register` at `moment`; the same one however often it is made.

    With `shift_number` it closes that shift only.
    """
    meant = {} if shift_number is None else {"shift_number": shift_number}
    body, digest = bodies.canonical({"scheduled": True, **meant})
    return NewJob(
        id=closing_id(register, moment),
        kind=JobKind.CLOSE_SHIFT,
        register=register,
        body=body,
        digest=digest,
    )


async def close_missed(
    register: str,
    at: time,
    zone: tzinfo,
    *,
    now: Callable[[], datetime],
    submit: Callable[[NewJob], Awaitable[object]],
    snapshot: Callable[[], RegisterSnapshot],
    journal: Journal,
) -> None:
    """Submit the last closing if its moment passed while nothing ran and the shift of then is still open.

    A shift is taken for that of then only if the journal has a document of it that is older than the moment; the job
    names the shift, so that one opened before its turn comes stays open.
    """
    moment = last_moment(now(), at, zone)
    if await journal.get(closing_id(register, moment)) is not None:
        return
    while not (seen := snapshot()).connected or seen.state is None or seen.identity is None:  # noqa: ASYNC110 — nobody tells
        await asyncio.sleep(FIRST_LOOK)
    if seen.state.shift is Shift.CLOSED or last_moment(now(), at, zone) != moment:
        return  # nothing to close, or the next closing's time has come meanwhile
    fn, number = seen.identity.fn, seen.state.shift_number
    done, _ = await journal.find(register=register, state=JobState.DONE, limit=PROOFS)
    facts = [job.fiscal for job in done if job.fiscal is not None]
    if not any((one.fn, one.shift) == (fn, number) and one.datetime < moment for one in facts):
        return
    log.warning("the shift was not closed in its time: nothing ran", register=register, moment=moment.isoformat())
    try:
        await submit(closing_job(register, moment, number))
    except JournalFailed:
        raise
    except GatewayError as error:  # a full queue: today's closing comes anyhow
        log.warning("the missed closing cannot be made up for", register=register, error=error.detail)


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
