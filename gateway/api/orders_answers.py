"""Orders as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from gateway.api.answers import fiscal_object, plain
from gateway.api.problems import Problem
from gateway.jobs.model import Job
from gateway.orders.attention import Alarm
from gateway.orders.book import Book, DocumentState, Made
from gateway.orders.ledger import Document
from gateway.orders.order import Delivery, Event, Order, Paid, Payment
from gateway.orders.plan import plan
from gateway.orders.policy import Policy
from gateway.orders.words import Means, Rejected
from protocols.ffd.arithmetic import rubles


def order_object(book: Book, jobs: Mapping[str, Job], alarms: Sequence[Alarm]) -> dict[str, Any]:
    """The object of design.md, "Orders". `held`, `state` and `debt` count registered documents only."""
    order = book.order
    return {
        "number": order.number,
        "version": book.version,
        "type": str(order.type),
        "state": str(book.state),
        "total": rubles(order.total),
        "held": rubles(book.ledger.held),
        "debt": rubles(book.ledger.debt),
        "items": [
            {
                "id": line.id,
                "name": line.name,
                "quantity": _quantity(line.quantity),
                "sum": rubles(line.cost),
                "open": _quantity(order.open_quantity(line)),
                "marked": line.marked,
                "codes": len(order.codes.get(line.id, ())),
            }
            for line in order.lines
        ],
        "documents": [document_object(made, jobs.get(made.document.id)) for made in book.documents.values()],
        "next": _next(book),
        "refused": [{"event": event, "detail": why.detail, "hint": why.hint} for event, why in book.refused.items()],
        "policy": book.policy.model_dump(mode="json"),
        "attention": [alarm_object(alarm) for alarm in alarms],
    }


def document_object(made: Made, job: Job | None) -> dict[str, Any]:
    """One document of an order. `state`: that of its job; `planned` before it has one, `awaited` of the bank's till."""
    document = made.document
    if made.state in {DocumentState.DONE, DocumentState.CANCELLED} or job is None:
        waiting = "awaited" if document.by_bank else str(DocumentState.PLANNED)
        state = waiting if made.state is DocumentState.PLANNED else str(made.state)
    else:
        state = str(job.state)
    error = made.error if state == DocumentState.FAILED else None
    return {
        "kind": str(document.kind),
        "event": document.event,
        "receipt_id": document.id,
        "state": state,
        "total": rubles(document.total),
        "fiscaliser": "bank" if document.by_bank else "local",
        "fiscal": plain(dict(made.fiscal)) if document.by_bank and made.fiscal else fiscal_of(job),
        "error": None if error is None else {"code": error.code, "detail": error.detail, "hint": error.hint},
    }


def not_queued(book: Book, made: Made) -> Problem:
    """That a receipt of an order is no job of ours (yet), and how it is given up."""
    name, order = made.document.id, book.order.number
    state = document_object(made, None)["state"]
    first = book.head
    hint = "Этот чек заказа не стоит в очереди кассы: смотрите его в заказе."
    then = f"its order has it: GET /api/v1/orders/{order}"
    if first is not None and made is first:
        then = f'to give it up, tell its order: {{"type": "document", "receipt_id": "{name}", "cancelled": true}}'
        hint = "Этого чека ещё нет в очереди кассы. Чтобы отменить его, сообщите заказу событие document с cancelled."
    elif first is not None and made.state is DocumentState.PLANNED:
        then = f"documents of an order are given up in their order, and {first.document.id} is before it"
        hint = f"Чеки заказа отменяют по порядку: сначала решите, что с чеком {first.document.id}."
    return Problem("job_unknown", f"{name} is a document of order {order}, {state} and no job; {then}", hint=hint)


def fiscal_of(job: Job | None) -> dict[str, Any] | None:
    return None if job is None else fiscal_object(job.fiscal)


def alarm_object(alarm: Alarm) -> dict[str, Any]:
    """Something to look at."""
    return {"code": alarm.code, "detail": alarm.detail, "hint": alarm.hint, "since": alarm.since.isoformat()}


def planned_object(document: Document) -> dict[str, Any]:
    """A document that an event would make."""
    return {"kind": str(document.kind), "receipt_id": document.id, "total": rubles(document.total)}


def _next(book: Book) -> dict[str, Any]:
    """What is due or to be given back, and which documents the money and the hand-over of it all would make."""
    order = book.order
    left = 0 if order.cancelled else order.open_cost - order.ledger.held
    due = max(0, left) + order.ledger.debt
    return {
        "due": rubles(due),
        "refund": rubles(order.ledger.held if order.cancelled else max(0, -left)),
        "payment": _kinds(order, Payment(id="next", paid=_card(due)), book.policy) if due else [],
        "delivery": _kinds(
            # Codes come with the delivery; without them the same documents are made.
            replace(order, lines=tuple(replace(line, marked=False) for line in order.lines)),
            Delivery(id="next", paid=_card(max(0, left)), shipped=book.policy.closing_trigger == "shipment"),
            book.policy,
        ),
    }


def _card(amount: int) -> tuple[Paid, ...]:
    return (Paid(Means.CARD, amount),) if amount else ()


def _kinds(order: Order, event: Event, policy: Policy) -> list[str]:
    try:
        return [str(document.kind) for document in plan(order, event, policy)]
    except Rejected:
        return []


def _quantity(value: Any) -> str:
    return format(value.normalize(), "f")
