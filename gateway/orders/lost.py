"""Receipts of an order that its log does not know: proof that the log has lost entries. Pure.

A document's key ends in a digest over its order, event and place (`document_id`), so an event that is told again finds
the receipts that it made before. Until all of them are accounted for, an event that would make others is refused: it
would be planned on money that is not counted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from gateway.jobs.model import Job, JobKind, JobState, Waiting
from gateway.orders.bodies import body
from gateway.orders.book import Book
from gateway.orders.ledger import Document
from gateway.orders.order import readable_number
from gateway.orders.words import Rejected
from gateway.receipts.normalise import accept

#: What of a receipt is its document's own; the rest (buyer, cashier) may have been changed since.
_OWN: Final = ("operation", "items", "payments", "total")


def lost_receipts(book: Book, jobs: Iterable[Waiting]) -> list[str]:
    """Of the jobs that name an order, those that were its documents and are in no entry of its log.

    What failed or was cancelled moved no money.
    """
    return [
        job.id
        for job in jobs
        if job.kind is JobKind.RECEIPT
        and readable_number(job.id) is not None
        and job.id not in book.documents
        and job.state not in {JobState.FAILED, JobState.CANCELLED}
    ]


def unaccounted(
    lost: Sequence[str],
    documents: Sequence[Document],
    again: Job | None,
    common: str,
    now: Callable[[], datetime],
) -> None:
    """Rejected for an event whose documents would pass over the lost receipts. `again` has the key of the first."""
    if not lost or not documents:
        return
    if again is not None and again.id in lost:
        number = again.order or ""
        if not again.body or _own(json.loads(again.body)) == _own(_accepted(documents[0], number, common, now)):
            return
    names = ", ".join(lost)
    raise Rejected(
        "order_log_lost",
        "log",
        f"receipts of this order are in no entry of its log: {names}; tell what made them first, with the same event "
        "ids and in the same order",
        "Журнал заказа потерял события, по которым уже пробиты чеки. Передайте состав и эти события заново с теми же "
        "номерами; если их нет, ведите остаток заказа под новым номером.",
    )


def _own(receipt: Mapping[str, Any]) -> list[Any]:
    return [receipt.get(name) for name in _OWN]


def _accepted(document: Document, number: str, common: str, now: Callable[[], datetime]) -> Mapping[str, Any]:
    raw = body(document, number, common)
    raw.pop("register", None)
    told: Mapping[str, Any] = json.loads(accept(raw, now).canonical)
    return told
