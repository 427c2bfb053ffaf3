"""Documents of orders as jobs, strictly one after another.

The next document of an order becomes a job whose key is the document's id, so that a restart at any point posts it
again and the journal answers with what became of it; the ledger moves when that job has its last word.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import structlog

from devices.errors import GatewayError
from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState, NewJob
from gateway.journal.errors import JournalDamaged, JournalFailed
from gateway.journal.orders import OrderMoved
from gateway.journal.records import Event as JournalEvent
from gateway.orders.attention import Alarm
from gateway.orders.bodies import body, told
from gateway.orders.book import Book, DocumentState, Made
from gateway.orders.books import Books
from gateway.orders.log import Entry, Failed, GivenUp, Registered, Retried
from gateway.orders.tasks import Tasks
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import accept
from gateway.shop import Shop

logger = structlog.get_logger(__name__)

#: States of a job that its order must hear of; queued: a failed document is retried.
_TELLING: Final = FINAL_STATES | {JobState.QUEUED}
#: Seconds after which documents that the queue did not take are offered again.
OFFER_AGAIN: Final = 5.0
#: Orders taken up side by side: their documents share commits.
ABREAST: Final = 32


class Offer(NamedTuple):
    """A document that could not become a job yet."""

    document: str
    register: str
    since: datetime
    reason: str
    hint: str


class Chains:
    """Of every order of the shop. Belongs to one event loop."""

    def __init__(self, shop: Shop, books: Books, tasks: Tasks, *, now: Callable[[], datetime]) -> None:
        self._shop = shop
        self._journal = shop.journal
        self._books = books
        self._tasks = tasks
        self._now = now
        self._offers: dict[str, Offer] = {}  # by order, the oldest first
        self._unsubscribe: Callable[[], None] = lambda: None
        self._stopped = False

    def start(self) -> None:
        """Take up every order whose next document has no job, or has one that moved while nobody listened."""
        self._unsubscribe = self._journal.subscribe(self._heard)
        self._tasks.spawn(self._take_up(self._journal.orders_unheard()))

    async def catch_up(self) -> None:
        """Hear what jobs have said by now; what the queue did not take is not offered again."""
        await self._take_up([number for number in self._journal.orders_unheard() if number not in self._offers])

    def stop(self) -> None:
        """Nothing new is begun."""
        self._stopped = True
        self._unsubscribe()

    async def advance(self, number: str) -> None:
        """Hand the next document over, and learn what became of it; until one is on its way or must wait."""
        try:
            async with self._books.lock(number):
                await self.steps(number)
        except (JournalDamaged, JournalFailed, OrderMoved) as error:
            logger.error("an order stands", order=number, reason=error.detail)

    async def steps(self, number: str) -> None:
        """As `advance`; the lock of the order is held. JournalDamaged, JournalFailed, OrderMoved."""
        while (head := self._books.get(number).head) is not None and not self._stopped:
            job = None if head.document.by_bank else await self._job(number, head)
            entry = None if job is None else self._last_word(self._books.get(number), head, job)
            if entry is None:
                return
            await self._books.append(number, entry)
            if isinstance(entry, Failed):
                return
        if head is None:
            self._offers.pop(number, None)

    async def offer_again(self) -> None:
        """Documents that were not taken, in their order; a register that refuses one is not asked for the others."""
        while True:
            await asyncio.sleep(OFFER_AGAIN)
            refusing: set[str] = set()
            for number, offer in list(self._offers.items()):
                if offer.register not in refusing:
                    await self._tasks.spawn(self.advance(number))
                    if number in self._offers:
                        refusing.add(offer.register)

    def waiting(self, book: Book) -> Iterable[Alarm]:
        """That no queue has taken the order's next document."""
        offer, head = self._offers.get(book.order.number), book.head
        if offer is not None and head is not None and head.document.id == offer.document:
            detail = f"{offer.document} is no job yet: {offer.reason}"
            yield Alarm("document_waits", detail, f"Чек ждёт очереди кассы. {offer.hint}".strip(), offer.since)

    def offered(self) -> Iterable[str]:
        """Orders whose next document no queue has taken."""
        return tuple(self._offers)

    async def _take_up(self, numbers: Sequence[str]) -> None:
        for begin in range(0, len(numbers), ABREAST):
            await asyncio.gather(*map(self.advance, numbers[begin : begin + ABREAST]), return_exceptions=True)

    async def _job(self, number: str, made: Made) -> Job | None:
        """The job of a document, accepted now if it was not before; None when that must wait."""
        name = made.document.id
        job = await self._journal.get(name)
        if job is not None:
            self._offers.pop(number, None)
            return job
        raw = body(made.document, number, self._books.get(number).common)
        register = raw.pop("register", None) or self._shop.default_register
        try:
            checked = accept(raw, self._now)
            new = NewJob(
                id=name,
                kind=JobKind.RECEIPT,
                register=str(register),
                body=checked.canonical,
                digest=checked.digest,
                order=number,
            )
            job, _ = await self._shop.submit(new)
            self._offers.pop(number, None)
        except BodyFaults as error:
            self._offers.pop(number, None)
            if made.state is not DocumentState.FAILED:
                faults = "; ".join(f"{fault.pointer}: {fault.message}" for fault in error.faults)
                detail = told(made.document, faults)
                failed = Failed(at=self._now(), document=name, code="body_invalid", detail=detail)
                await self._books.append(number, failed)
        except GatewayError as error:
            before = self._offers.get(number)
            if before is None or before.document != name:
                logger.warning("a document of an order waits", order=number, document=name, reason=str(error))
                self._offers[number] = Offer(name, str(register), self._now(), error.detail, error.hint)
        return job

    def _last_word(self, book: Book, made: Made, job: Job) -> Entry | None:
        """What a job's state says of its document, if it says anything new."""
        if job.state is JobState.DONE:
            return Registered(at=self._now(), document=job.id, fiscal=_named(job))
        if job.state is JobState.CANCELLED:
            return GivenUp(at=self._now(), document=job.id, replanned=book.replanned(job.id))
        if job.state is JobState.FAILED and made.state is not DocumentState.FAILED:
            error = job.error
            return Failed(
                at=self._now(),
                document=job.id,
                code=error.code if error else "failed",
                detail=told(made.document, error.detail) if error else "",
                hint=told(made.document, error.hint) if error else "",
            )
        if job.state not in FINAL_STATES and made.state is DocumentState.FAILED:
            return Retried(at=self._now(), document=job.id)
        return None

    def _heard(self, event: JournalEvent, job: Job | None) -> None:
        if job is not None and job.order is not None and job.state in _TELLING and not self._stopped:
            self._tasks.spawn(self._learn(job.order, job.id))

    async def _learn(self, number: str, job_id: str) -> None:
        if job_id in self._books.get(number).documents:  # callers' own receipts may name an order, too
            await self.advance(number)


def _named(job: Job) -> dict[str, Any]:
    """Which document it is; the rest of it is its receipt's. Of a drive that is gone only a person's word is known."""
    if job.fiscal is not None:
        return {"fn": job.fiscal.fn, "document": job.fiscal.document, "sign": job.fiscal.sign}
    resolved = (job.result or {}).get("resolved", {})
    return {"fn": job.bookmark.fn if job.bookmark else None, "document": resolved.get("document")}
