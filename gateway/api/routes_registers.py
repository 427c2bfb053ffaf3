"""Registers: what is known of them, and jobs that are no receipts."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.api import answers
from gateway.api.context import Context, Handler
from gateway.api.keys import job_key
from gateway.api.parsing import read_json
from gateway.api.problems import Problem
from gateway.api.query import Query, no_query
from gateway.api.routes_receipts import final
from gateway.jobs.model import JobKind, NewJob
from gateway.jobs.register import RegisterSnapshot
from gateway.receipts.actions import accept_action
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import digest_of
from protocols.ffd.faults import Fault

#: Repeating these by accident costs money, so the caller must name the attempt; the rest may leave it to us.
KEY_NEEDED = frozenset({JobKind.CASH_IN, JobKind.CASH_OUT})


def snapshot_of(context: Context, name: str) -> RegisterSnapshot:
    """What is known of a register; 404 when there is none of this name."""
    handle = context.shop.registers.get(name)
    if handle is None:
        known = ", ".join(context.shop.registers) or "none"
        raise Problem("register_not_found", f"no register {name!r}; there are: {known}")
    return handle.snapshot


async def list_registers(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Every register, the default one first."""
    no_query(request)
    return answers.json_answer(
        {"registers": [answers.register_object(handle.snapshot) for handle in context.shop.registers.values()]}
    )


async def get_register(context: Context, request: web.BaseRequest, name: str) -> web.StreamResponse:
    """One register."""
    no_query(request)
    return answers.json_answer(answers.register_object(snapshot_of(context, name)))


def action(kind: JobKind) -> Handler:
    """The handler of one action."""

    async def handle(context: Context, request: web.BaseRequest, name: str) -> web.StreamResponse:
        raw = await read_json(request, optional=True)
        with Query(request, "wait") as asked:
            seconds = asked.wait()
        snapshot_of(context, name)
        new = _new_job(context, request, kind, name, raw)
        job, created = await context.shop.submit(new)
        job = await final(context, request, job, seconds)
        return answers.of_job(job, created=created)

    return handle


def _new_job(context: Context, request: web.BaseRequest, kind: JobKind, name: str, raw: Any) -> NewJob:
    faults: list[Fault] = []
    key = job_key(request, raw if isinstance(raw, dict) else {}, faults, required=kind in KEY_NEEDED)
    try:
        body = accept_action(kind, name, raw)
    except BodyFaults as error:
        raise BodyFaults([*faults, *error.faults]) from error
    if faults:
        raise BodyFaults(faults)
    if not key:
        key = f"{kind}-{context.rng.getrandbits(64):016x}"
    return NewJob(id=key, kind=kind, register=name, body=body, digest=digest_of(body))
