"""Orders: what they consist of, what happened to them, and which receipts that makes."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.api import answers, order_checks
from gateway.api.context import Context
from gateway.api.dry_run import rendered
from gateway.api.keys import HEADER
from gateway.api.orders_answers import document_object, order_object, planned_object
from gateway.api.parsing import read_json
from gateway.api.problems import Problem
from gateway.api.query import Query, no_query
from gateway.api.server import attended
from gateway.jobs.model import Job
from gateway.orders.accept import accept_event, accept_order, accept_scan
from gateway.orders.bodies import body
from gateway.orders.book import Book
from gateway.orders.ledger import Document
from gateway.orders.order import number_fault
from gateway.orders.picking import picked
from gateway.orders.readable import beside
from gateway.orders.schema import DocumentBody
from gateway.orders.words import Rejected
from gateway.receipts.convert import load
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import Accepted, accept
from protocols.ffd.faults import Fault

PAGE = 50
MAX_PAGE = 500


async def put_order(context: Context, request: web.BaseRequest, number: str) -> web.StreamResponse:
    """What an order consists of; 201 when it is new."""
    _check_number(number)
    raw = await read_json(request)
    unknown = order_checks.unknown_register(context, raw)
    try:
        put, version = accept_order(raw, number, context.now, context.orders.defaults)
    except BodyFaults as error:
        raise BodyFaults(beside(error.faults, unknown)) from error
    if unknown:
        raise BodyFaults(unknown)
    if await context.orders.differs(number, put):
        order_checks.composition(context, number, put)
    with _ruled():
        book, created = await context.orders.put(number, put, version=version)
    return await _answer(context, book, status=201 if created else 200)


async def post_event(context: Context, request: web.BaseRequest, number: str) -> web.StreamResponse:
    """Something happened to an order; answered with the order once its documents are made (`?wait=`)."""
    raw = await read_json(request)
    with Query(request, "wait") as asked:
        seconds = asked.wait()
    event, digest = accept_event(_keyed(request, raw))
    orders = context.orders
    with _ruled():
        if isinstance(event, DocumentBody):
            fiscal = None if event.fiscal is None else event.fiscal.model_dump(mode="json", exclude_none=True)
            book = await orders.record(number, event.receipt_id, fiscal)
        else:
            book = await orders.current(number)
            await order_checks.happening(context, book, event, await orders.plan(number, event, digest))
            book = await orders.happen(number, event, digest)
    if seconds:
        book = await attended(request, orders.wait(number, seconds))
    return await _answer(context, book)


async def plan_event(context: Context, request: web.BaseRequest, number: str) -> web.StreamResponse:
    """The documents that an event would make, each with its tags and picture; nothing is kept."""
    raw = await read_json(request)
    no_query(request)
    event, digest = accept_event(_keyed(request, raw))
    if isinstance(event, DocumentBody):
        raise BodyFaults([Fault("/type", "unknown_value", "a foreign document is recorded, not planned")])
    book = await context.orders.current(number)
    with _ruled():
        documents = await context.orders.plan(number, event, digest)
    await order_checks.happening(context, book, event, documents, with_permit=False)
    found = []
    for document in documents:
        receipt = await _rendered(context, document, body(document, number, book.common), bind=not document.by_bank)
        found.append({**planned_object(document), "receipt": receipt})
    return answers.json_answer({"number": number, "documents": found})


async def post_scan(context: Context, request: web.BaseRequest, number: str) -> web.StreamResponse:
    """A unit picked for the order; its line is found by its GTIN."""
    no_query(request)
    scan = accept_scan(await read_json(request))
    with _ruled():
        book = await context.orders.scan(
            number, lambda book: picked(book.order, scan.code, scan.item, context.now(), remove=scan.remove)
        )
    return await _answer(context, book)


async def get_order(context: Context, request: web.BaseRequest, number: str) -> web.StreamResponse:
    """One order; `?wait=` holds the answer until none of its documents is on its way."""
    with Query(request, "wait") as asked:
        seconds = asked.wait()
    book = await context.orders.current(number)
    if seconds:
        book = await attended(request, context.orders.wait(number, seconds))
    return await _answer(context, book)


async def get_document(context: Context, request: web.BaseRequest, number: str, name: str) -> web.StreamResponse:
    """One document of an order with its receipt, also while nobody has made it: what the bank's till is to issue."""
    no_query(request)
    book = await context.orders.current(number)
    made = book.documents.get(name)
    if made is None:
        raise Problem("order_document_unknown", f"order {number!r} has no document {name!r}")
    job = await context.shop.journal.get(name)
    if job is not None and job.body:  # what was accepted then: the buyer may have another address by now
        checked = Accepted(load(job.body), job.body, job.digest)
        named = {"register": job.register} if job.register in context.shop.registers else {}  # it may be gone
        register = order_checks.register_of(context, named)
        receipt = await rendered(context, name, register, checked, bind=False)
    else:
        raw = body(made.document, number, book.common)
        receipt = await _rendered(context, made.document, raw, bind=False)
    return answers.json_answer({**document_object(made, job), "receipt": receipt})


async def list_orders(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """Orders by number, a page at a time; `attention=1`: those that a person should look at."""
    with Query(request, "attention", "after_number", "limit") as asked:
        alarming = asked.flag("attention")
        after = asked.text("after_number") or ""
        limit = asked.number("limit", f"1 to {MAX_PAGE} is expected", 1, MAX_PAGE) or PAGE
    found: list[dict[str, Any]] = []
    following: str | None = None
    async for book in context.orders.walk(after=after, alarmed=alarming):
        alarms = context.orders.attention(book)
        if alarming and not alarms:
            continue
        if len(found) == limit:
            following = found[-1]["number"]
            break
        found.append(order_object(book, await _jobs(context, book), alarms))
    return answers.json_answer({"orders": found, "next": following})


class _ruled:  # noqa: N801 — read as a word: with _ruled()
    """A rule's refusal as the problem of the same code."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Rejected):
            detail = f"rule {error.rule}: {error.detail}"
            raise Problem(error.code, detail, hint=error.hint, errors=error.faults) from error


def _check_number(number: str) -> None:
    fault = number_fault(number)
    if fault is not None:
        raise Problem("order_number_invalid", fault)


def _keyed(request: web.BaseRequest, raw: Any) -> Any:
    """The event with its id, which may come as the Idempotency-Key, too."""
    key = request.headers.get(HEADER)
    if key is None or not isinstance(raw, dict):
        return raw
    key = key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
    if raw.get("id", key) != key:
        raise BodyFaults([Fault("/id", "key_mismatch", f"{HEADER} and id in the body differ")])
    return {**raw, "id": key}


async def _rendered(context: Context, document: Document, raw: dict[str, Any], *, bind: bool) -> dict[str, Any]:
    register = order_checks.register_of(context, raw)
    return await rendered(context, document.id, register, accept(raw, context.now), bind=bind)


async def _jobs(context: Context, book: Book) -> dict[str, Job]:
    jobs = [await context.shop.journal.get(name) for name in book.documents]
    return {job.id: job for job in jobs if job is not None}


async def _answer(context: Context, book: Book, *, status: int = 200) -> web.Response:
    alarms = context.orders.attention(book)
    return answers.json_answer(order_object(book, await _jobs(context, book), alarms), status=status)
