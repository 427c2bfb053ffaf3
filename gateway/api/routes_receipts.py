"""Receipts and corrections: post, read, list, and what can be done to one."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.api import answers
from gateway.api.context import Context
from gateway.api.dry_run import dry_run
from gateway.api.keys import job_key
from gateway.api.orders_answers import not_queued
from gateway.api.parsing import read_json
from gateway.api.problems import Problem
from gateway.api.query import Query
from gateway.api.server import attended
from gateway.api.tokens import GRANTED
from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState, NewJob
from gateway.journal import KeyConflict, UnknownJob
from gateway.receipts.convert import to_receipt
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import Accepted, accept
from gateway.receipts.verdict import VerdictBody, accept_verdict
from protocols.ffd.faults import Fault

__all__ = ["VerdictBody"]

_LISTED = tuple(sorted(answers.RECEIPTS))
PAGE = 50
MAX_PAGE = 500


async def post_receipt(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Accept a receipt."""
    return await _post(context, request, JobKind.RECEIPT)


async def post_correction(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Accept a correction receipt."""
    return await _post(context, request, JobKind.CORRECTION)


async def _post(context: Context, request: web.BaseRequest, kind: JobKind) -> web.StreamResponse:
    raw = await read_json(request)
    with Query(request, "wait", "dry_run") as asked:
        dry, seconds = asked.flag("dry_run"), asked.wait()
    key, register, checked = _examine(context, request, raw, kind, keyed=not dry)
    if dry:
        return await dry_run(context, key, register, checked)
    await _makeable(context, key, register, checked)
    job, created = await context.shop.submit(
        NewJob(
            id=key,
            kind=kind,
            register=register,
            body=checked.canonical,
            digest=checked.digest,
            order=checked.body.order,
        )
    )
    if not created and checked.body.register_name not in {None, job.register}:
        raise KeyConflict(job.id)
    if seconds and job.state not in FINAL_STATES:
        job = await final(context, request, job, seconds)
    elif created:
        return answers.accepted(job)
    return answers.of_job(job, created=created)


def _examine(
    context: Context, request: web.BaseRequest, raw: Any, kind: JobKind, *, keyed: bool
) -> tuple[str, str, Accepted]:
    """Key, register and checked body; BodyFaults with everything that is wrong with any of them."""
    faults: list[Fault] = []
    fields = raw if isinstance(raw, dict) else {}
    key = job_key(request, fields, faults, required=keyed)
    name = fields.get("register")
    register = context.shop.default_register if name is None else name
    if name is None and register is None:
        faults.append(Fault("/register", "register_unknown", "no register is configured"))
    elif isinstance(register, str) and register not in context.shop.registers:
        known = ", ".join(context.shop.registers)
        faults.append(Fault("/register", "register_unknown", f"no register {register!r}; there are {known}"))
    try:
        checked = accept(raw, context.now, correction=kind is JobKind.CORRECTION)
    except BodyFaults as error:
        seen = {fault.pointer for fault in error.faults}
        raise BodyFaults([*(f for f in faults if f.pointer not in seen), *error.faults]) from error
    if faults:
        raise BodyFaults(faults)
    return key, str(register), checked


async def _makeable(context: Context, key: str, register: str, checked: Accepted) -> None:
    """BodyFaults for a new receipt which its register, connected now, cannot make.

    Of one that is away nothing is said: it may come back with other settings, or another drive.
    """
    handle = context.shop.registers[register]
    if not handle.connected:
        return
    faults = handle.faults(to_receipt(checked.body))
    if faults and await context.shop.journal.get(key) is None:
        raise BodyFaults(faults)


async def job_of(context: Context, job_id: str) -> Job:
    """The job, or 404."""
    job = await context.shop.journal.get(job_id)
    if job is None:
        found = await context.orders.document(job_id)
        raise UnknownJob(job_id) if found is None else not_queued(*found)
    return job


async def get_receipt(context: Context, request: web.BaseRequest, job_id: str) -> web.StreamResponse:
    """One receipt as it is now; `?wait=` holds the answer until it is final."""
    with Query(request, "wait") as asked:
        seconds = asked.wait()
    job = await final(context, request, await job_of(context, job_id), seconds)
    return answers.json_answer(answers.job_object(job))


async def list_receipts(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Receipts and corrections, newest first, a page at a time."""
    with Query(request, "order", "state", "register", "from", "to", "cursor", "limit") as asked:
        state = asked.one_of("state", tuple(JobState))
        since, until = asked.moment("from", context.now()), asked.moment("to", context.now())
        cursor = asked.number("cursor", "the `next` of an earlier answer is expected")
        limit = asked.number("limit", f"1 to {MAX_PAGE} is expected", 1, MAX_PAGE)
    jobs, following = await context.shop.journal.find(
        order=asked.text("order"),
        state=None if state is None else JobState(state),
        register=asked.text("register"),
        since=since,
        until=until,
        cursor=cursor,
        limit=PAGE if limit is None else limit,
        kinds=_LISTED,
    )
    return answers.json_answer(
        {
            "receipts": [answers.summary(job) for job in jobs],
            "next": None if following is None else str(following),
        }
    )


async def cancel(context: Context, request: web.BaseRequest, job_id: str) -> web.StreamResponse:
    """Take back what was not sent to the register yet."""
    await _no_body(request)
    await job_of(context, job_id)
    return answers.json_answer(answers.job_object(await context.shop.cancel(job_id)))


async def retry(context: Context, request: web.BaseRequest, job_id: str) -> web.StreamResponse:
    """Queue a failed job again, or try one that waits at once."""
    await _no_body(request)
    with Query(request, "wait") as asked:
        seconds = asked.wait()
    await job_of(context, job_id)
    job = await final(context, request, await context.shop.retry(job_id), seconds)
    return answers.of_job(job, created=True)


async def reprint(context: Context, request: web.BaseRequest, job_id: str) -> web.StreamResponse:
    """Print the stored document again: a job of its own."""
    await _no_body(request)
    with Query(request, "wait") as asked:
        seconds = asked.wait()
    await job_of(context, job_id)
    job = await final(context, request, await context.shop.reprint(job_id), seconds)
    return answers.of_job(job, created=True)


async def resolve(context: Context, request: web.BaseRequest, job_id: str) -> web.StreamResponse:
    """A human's verdict on what could not be proven."""
    verdict = accept_verdict(await read_json(request))
    await job_of(context, job_id)
    job = await context.shop.resolve(job_id, exists=verdict.exists, document=verdict.document, by=request[GRANTED].name)
    return answers.json_answer(answers.job_object(job))


async def final(context: Context, request: web.BaseRequest, job: Job, seconds: float) -> Job:
    """The job once its state is final, or as it is after `seconds`; Gone when the caller does not stay for it."""
    if not seconds or job.state in FINAL_STATES:
        return job
    return await attended(request, context.shop.wait(job.id, seconds))


async def _no_body(request: web.BaseRequest) -> None:
    if await read_json(request, optional=True) != {}:
        raise Problem("body_invalid", "this call takes no body", errors=[Fault("", "unexpected_body", "no body")])
