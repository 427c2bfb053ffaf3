"""A receipt's document: tags as the drive holds them, the paper, the bytes exchanged."""

from __future__ import annotations

from aiohttp import web

from devices.errors import GatewayError
from devices.registers.base import ArchivedDocument
from gateway.api import answers, papers, traces
from gateway.api.context import Context
from gateway.api.problems import Problem
from gateway.api.query import no_query
from gateway.api.routes_receipts import job_of
from gateway.api.tokens import GRANTED, may
from gateway.jobs.model import Job, JobKind
from gateway.jobs.register import RegisterSnapshot
from gateway.jobs.task import with_defaults
from gateway.receipts.convert import to_receipt
from protocols.ffd.receipt import Receipt
from protocols.ffd.tree import document_to_json
from protocols.paper.lines import Line


async def tags(context: Context, request: web.BaseRequest, job_id: str) -> web.StreamResponse:
    """TLV of the document, read from the fiscal drive now."""
    no_query(request)
    job = await job_of(context, job_id)
    document = await _stored(context, job)
    if not document.elements:
        raise Problem("document_missing", f"register {job.register!r} cannot read documents back from its drive")
    return answers.json_answer(document_to_json(document.fiscal.document, document.code, document.elements))


async def picture(context: Context, request: web.BaseRequest, job_id: str) -> web.StreamResponse:
    """The paper as PNG."""
    no_query(request)
    job = await job_of(context, job_id)
    emulated = papers.is_emulated(job, _snapshot(context, job))
    body = await context.pictures.draw(await _paper(context, job), emulated=emulated)
    return web.Response(body=body, headers={"Content-Type": "image/png", "Cache-Control": "no-store"})


async def paper_text(context: Context, request: web.BaseRequest, job_id: str) -> web.StreamResponse:
    """The paper as text."""
    no_query(request)
    job = await job_of(context, job_id)
    emulated = papers.is_emulated(job, _snapshot(context, job))
    return web.Response(
        body=papers.plain_text(await _paper(context, job), emulated=emulated).encode(),
        headers={"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"},
    )


async def trace(context: Context, request: web.BaseRequest, job_id: str) -> web.StreamResponse:
    """Bytes exchanged for this job, explained; raw for who services devices, masked for who posts receipts."""
    no_query(request)
    job = await job_of(context, job_id)
    rows = await context.traces.for_job(job_id) if context.traces is not None else []
    if not rows:
        raise Problem("trace_missing", f"no bytes are kept for job {job_id!r}; traces live for 30 days")
    family = traces.family_of(_snapshot(context, job))
    granted = request[GRANTED].scopes
    masked = not may(granted, "devices")
    return answers.json_answer(
        {
            "id": job_id,
            "register": job.register,
            "masked": masked,
            "exchanges": traces.explained(rows, family, masked=masked),
        }
    )


def _snapshot(context: Context, job: Job) -> RegisterSnapshot | None:
    handle = context.shop.registers.get(job.register)
    return None if handle is None else handle.snapshot


async def _stored(context: Context, job: Job) -> ArchivedDocument:
    if job.fiscal is None:
        raise Problem("document_missing", f"job {job.id!r} is {job.state}: it has made no fiscal document")
    document = await context.shop.document(job.register, job.fiscal.document)
    if document is None or document.fiscal.fn != job.fiscal.fn:
        raise Problem(
            "document_missing",
            f"document {job.fiscal.document} of drive {job.fiscal.fn} is not in the drive that the register has now",
            hint="Документ сделан на другом фискальном накопителе: возьмите его из архива или у ОФД.",
        )
    return document


async def _paper(context: Context, job: Job) -> tuple[Line, ...]:
    handle = context.shop.registers.get(job.register)
    if handle is None:
        raise Problem("register_not_found", f"register {job.register!r} is no longer configured")
    snapshot = handle.snapshot
    receipt: Receipt | None = None
    if job.kind in answers.RECEIPTS:
        if job.body:  # dropped after the years it had to be kept: the drive alone knows the document then
            receipt = with_defaults(to_receipt(job.body), handle.settings, snapshot.identity)
    elif job.kind is not JobKind.OPEN_SHIFT and job.kind is not JobKind.CLOSE_SHIFT:
        raise Problem("document_missing", f"a {job.kind} makes no fiscal document")
    try:
        document = await _stored(context, job)
        if document.elements:
            return papers.lines(papers.stored(document), receipt, snapshot)
    except GatewayError:
        # The drive cannot be asked now, or never: the request says what the paper shows, less the drive's own header.
        if receipt is None or job.fiscal is None:
            raise
    if receipt is None:
        raise Problem("document_missing", f"register {job.register!r} cannot read documents back from its drive")
    return papers.lines(papers.dated(papers.draft(receipt, snapshot), job), receipt, snapshot)
