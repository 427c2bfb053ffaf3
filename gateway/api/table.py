"""Every call of the HTTP API, once: the router, the gate and `/openapi.json` read this table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from gateway.api import (
    routes_documents,
    routes_events,
    routes_journal,
    routes_marking,
    routes_marking_check,
    routes_orders,
    routes_receipts,
    routes_registers,
    routes_scanners,
    routes_service,
    routes_tokens,
)
from gateway.api.context import Handler
from gateway.api.sse import Readers
from gateway.jobs.model import JobKind
from gateway.orders.schema import OrderBody, OrderEvent, ScanBody
from gateway.receipts.actions import ACTIONS
from gateway.receipts.schema import CorrectionReceiptBody, ReceiptBody
from gateway.receipts.verdict import VerdictBody

RECEIPTS, DEVICES, ADMIN = "receipts", "devices", "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One call. `scope` None: no token is asked for. `answers` maps statuses to named schemas ("" = no JSON)."""

    method: str
    path: str
    handler: Handler
    summary: str
    scope: str | None
    answers: Mapping[int, str]
    body: type[BaseModel] | None = None
    query: Sequence[str] = ()
    keyed: bool = False
    media: str = "application/json"
    uploads: bool = False  # the body may be a picture, too


def _get(path: str, handler: Handler, summary: str, scope: str | None, answer: str = "", **rest: object) -> Route:
    faults = {404: "Problem"} if "{" in path else {}
    return Route(
        method="GET",
        path=path,
        handler=handler,
        summary=summary,
        scope=scope,
        answers={200: answer, **faults},
        **rest,  # type: ignore[arg-type]
    )


_JOB = {200: "Job", 201: "Job", 202: "Job", 409: "Problem", 422: "Problem", 503: "Problem"}
_RECEIPT = {**_JOB, 200: "JobOrDryRun"}
_ONE_RECEIPT = "/api/v1/receipts/{id}"


def _job(path: str, handler: Handler, summary: str, scope: str, body: type[BaseModel] | None, **rest: object) -> Route:
    faults = {404: "Problem"} if "{" in path else {}
    return Route(
        method="POST",
        path=path,
        handler=handler,
        summary=summary,
        scope=scope,
        body=body,
        answers={**(_RECEIPT if body is not None and issubclass(body, ReceiptBody) else _JOB), **faults},
        **rest,  # type: ignore[arg-type]
    )


def routes(*, metrics_open: bool) -> list[Route]:
    """The table; `metrics_open` says whether /metrics asks for a token."""
    return [
        *_receipts(),
        *_registers(),
        *_scanners(),
        *_marking(),
        *_orders(),
        _get(
            "/api/v1/events",
            routes_events.stream(Readers(routes_events.encode)),
            "Everything that happens (SSE), resumable by Last-Event-ID",
            RECEIPTS,
            query=("last_event_id",),
            media="text/event-stream",
        ),
        *_service(metrics_open=metrics_open),
    ]


def _receipts() -> list[Route]:
    given = routes_receipts
    return [
        _job(
            "/api/v1/receipts",
            given.post_receipt,
            "Accept a receipt",
            RECEIPTS,
            ReceiptBody,
            keyed=True,
            query=("wait", "dry_run"),
        ),
        _job(
            "/api/v1/corrections",
            given.post_correction,
            "Accept a correction receipt",
            RECEIPTS,
            CorrectionReceiptBody,
            keyed=True,
            query=("wait", "dry_run"),
        ),
        _get(
            "/api/v1/receipts",
            given.list_receipts,
            "Receipts and corrections, newest first",
            RECEIPTS,
            "JobList",
            query=("order", "state", "register", "from", "to", "cursor", "limit"),
        ),
        _get(_ONE_RECEIPT, given.get_receipt, "One receipt", RECEIPTS, "Job", query=("wait",)),
        _get(f"{_ONE_RECEIPT}/tags", routes_documents.tags, "TLV as the drive holds it", RECEIPTS, "Tags"),
        _get(f"{_ONE_RECEIPT}/picture.png", routes_documents.picture, "The paper (PNG)", RECEIPTS, media="image/png"),
        _get(
            f"{_ONE_RECEIPT}/paper.txt", routes_documents.paper_text, "The paper (text)", RECEIPTS, media="text/plain"
        ),
        _get(f"{_ONE_RECEIPT}/trace", routes_documents.trace, "Bytes exchanged, explained", RECEIPTS, "Trace"),
        _job(f"{_ONE_RECEIPT}/cancel", given.cancel, "Take back what was not sent yet", RECEIPTS, None),
        _job(f"{_ONE_RECEIPT}/retry", given.retry, "Queue a failed job again", RECEIPTS, None, query=("wait",)),
        _job(f"{_ONE_RECEIPT}/resolve", given.resolve, "A human's verdict", RECEIPTS, VerdictBody),
        _job(f"{_ONE_RECEIPT}/reprint", given.reprint, "Print it again", RECEIPTS, None, query=("wait",)),
    ]


def _orders() -> list[Route]:
    given = routes_orders
    one = "/api/v1/orders/{number}"
    faults = {404: "Problem", 409: "Problem", 422: "Problem", 503: "Problem"}

    def post(path: str, handler: Handler, summary: str, body: type[BaseModel], answer: str, *query: str) -> Route:
        return Route(
            method="POST",
            path=f"{one}/{path}",
            handler=handler,
            summary=summary,
            scope=RECEIPTS,
            body=body,
            answers={200: answer, **faults},
            query=query,
            keyed=path == "events",
        )

    return [
        Route(
            method="PUT",
            path=one,
            handler=given.put_order,
            summary="What an order consists of",
            scope=RECEIPTS,
            body=OrderBody,
            answers={200: "Order", 201: "Order", **faults},
        ),
        _get(
            one, given.get_order, "One order: ledger, documents, what would be next", RECEIPTS, "Order", query=("wait",)
        ),
        _get(
            f"{one}/documents/{{id}}",
            given.get_document,
            "One document of an order with its receipt as `plan` shows it, made already or not",
            RECEIPTS,
            "OrderReceipt",
        ),
        _get(
            "/api/v1/orders",
            given.list_orders,
            "Orders by number",
            RECEIPTS,
            "OrderList",
            query=("attention", "after_number", "limit"),
        ),
        post("events", given.post_event, "Something happened to an order", OrderEvent, "Order", "wait"),
        post("plan", given.plan_event, "The receipts that an event would make", OrderEvent, "Planned"),
        post("scans", given.post_scan, "A marked unit was picked for the order", ScanBody, "Order"),
    ]


def _registers() -> list[Route]:
    one = "/api/v1/registers/{name}"
    words = {
        JobKind.OPEN_SHIFT: "Open a shift",
        JobKind.CLOSE_SHIFT: "Close the shift (Z report)",
        JobKind.X_REPORT: "X report; answers its counters",
        JobKind.CASH_IN: "Cash put into the drawer",
        JobKind.CASH_OUT: "Cash taken out",
        JobKind.OPEN_DRAWER: "Open the drawer",
        JobKind.PRINT_TEXT: "Print unfiscal lines",
        JobKind.SET_CLOCK: "Set the register's clock",
        JobKind.RECOVER: "Continue an interrupted print, cancel an open document",
        JobKind.DIAGNOSE: "Ask the register everything",
        JobKind.RELEASE: "Give the port to a vendor's tool for some minutes",
    }
    return [
        _get("/api/v1/registers", routes_registers.list_registers, "Every register", DEVICES, "RegisterList"),
        _get(one, routes_registers.get_register, "One register", DEVICES, "Register"),
        _get(
            f"{one}/documents",
            routes_journal.compare,
            "Documents of the drive against the journal, a page at a time",
            DEVICES,
            "Comparison",
            query=("after", "limit"),
        ),
        *(
            _job(
                f"{one}/{kind}",
                routes_registers.action(kind),
                words[kind],
                DEVICES,
                body,
                keyed=True,
                query=("wait",),
            )
            for kind, body in ACTIONS.items()
        ),
    ]


def _scanners() -> list[Route]:
    one = "/api/v1/scanners/{name}"
    return [
        _get("/api/v1/scanners", routes_scanners.list_scanners, "Every scanner", DEVICES, "ScannerList"),
        _get(
            f"{one}/events",
            routes_scanners.stream(),
            "Live scans (SSE), resumable by Last-Event-ID",
            DEVICES,
            query=("last_event_id", "details"),
            media="text/event-stream",
        ),
        Route(
            method="POST",
            path=f"{one}/claim",
            handler=routes_scanners.claim,
            summary="The next scan, given to one caller only",
            scope=DEVICES,
            answers={200: "Claimed", 404: "Problem", 422: "Problem"},
            body=routes_scanners.ClaimBody,
            query=("wait",),
            keyed=True,
        ),
    ]


def _marking() -> list[Route]:
    return [
        Route(
            method="POST",
            path="/api/v1/marking/decode",
            handler=routes_marking.decode,
            summary="The codes on a picture, or a code in parts; changes nothing",
            scope=RECEIPTS,
            answers={200: "Codes", 422: "Problem", 503: "Problem"},
            body=routes_marking.DecodeBody,
            uploads=True,
        ),
        Route(
            method="POST",
            path="/api/v1/marking/check",
            handler=routes_marking_check.check,
            summary="What permit mode, drive and ОИСМ say of a code, or of the codes of a receipt to be",
            scope=RECEIPTS,
            answers={200: "CheckedOrList", 422: "Problem"},
            body=routes_marking_check.CheckBody,
        ),
        _get("/api/v1/marking/permit", routes_marking_check.state, "Permit mode's services", DEVICES, "PermitState"),
        Route(
            method="POST",
            path="/api/v1/marking/permit/emergency",
            handler=routes_marking_check.emergency,
            summary="A person's order to sell what nobody answers about, for a while",
            scope=ADMIN,
            answers={200: "Emergency", 409: "Problem", 422: "Problem"},
            body=routes_marking_check.EmergencyBody,
        ),
    ]


def _service(*, metrics_open: bool) -> list[Route]:
    tokens, service = routes_tokens, routes_service
    return [
        _get("/api/v1/tokens", tokens.list_tokens, "Tokens, without their secrets", ADMIN, "TokenList"),
        Route(
            method="POST",
            path="/api/v1/tokens",
            handler=tokens.create_token,
            summary="A new token; its secret is answered this once",
            scope=ADMIN,
            answers={201: "Token", 422: "Problem"},
            body=tokens.TokenBody,
        ),
        Route(
            method="DELETE",
            path="/api/v1/tokens/{id}",
            handler=tokens.revoke_token,
            summary="Revoke a token",
            scope=ADMIN,
            answers={200: "", 404: "Problem"},
        ),
        _get("/api/v1/journal", routes_journal.get_journal, "Losses and documents nobody owns", DEVICES, "Journal"),
        _get("/api/v1/version", service.version, "The program's version", RECEIPTS, "Version"),
        _get("/health/live", service.live, "The process answers", None, "Health"),
        _get("/health/ready", service.ready, "The journal takes receipts", None, "Health"),
        _get(
            "/metrics",
            service.get_metrics,
            "Prometheus metrics",
            None if metrics_open else DEVICES,
            media="text/plain",
        ),
        _get("/docs", service.docs, "This documentation, browsable", None, media="text/html"),
        _get("/docs/{name}", service.asset, "A file of the documentation", None, media="*/*"),
    ]
