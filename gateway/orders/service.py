"""Orders at work: logs in the journal, documents as jobs, strictly one after another.

An event is on disk, with the documents planned for it, before its caller hears of it. The next document of an order
becomes a job whose key is the document's id, so that a restart at any point posts it again and the journal answers
with what became of it; the ledger moves when that job has its last word.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import structlog

from devices.errors import GatewayError
from devices.registers.base import Fiscal
from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState, NewJob
from gateway.journal.orders import OrderRow
from gateway.journal.records import Event as JournalEvent
from gateway.orders import log
from gateway.orders.attention import Alarm, Calendar, attention
from gateway.orders.bodies import body
from gateway.orders.book import Book, DocumentState, Made, folded
from gateway.orders.ledger import Document
from gateway.orders.log import Entry, Failed, GivenUp, Happened, Put, Registered, Retried, Scanned
from gateway.orders.order import Event
from gateway.orders.plan import edited, plan
from gateway.orders.policy import Policy
from gateway.orders.words import Rejected
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import accept
from gateway.shop import Shop

T = TypeVar("T")

logger = structlog.get_logger(__name__)

#: States of a job that its order must hear of; queued: a failed document is retried.
_TELLING = FINAL_STATES | {JobState.QUEUED}

#: Orders held in memory; the others are folded anew when asked for.
RECENT = 256
#: Seconds after which a document that the queue did not take is offered again.
OFFER_AGAIN = 5.0


class UnknownOrder(GatewayError):
    """No such order."""

    code = "order_unknown"
    hint = "Заказа с таким номером нет. Проверьте номер или сначала передайте состав заказа."


class StaleOrder(GatewayError):
    """The caller has seen an older version of the order."""

    code = "order_stale"
    hint = "Заказ уже изменился. Запросите его заново и повторите изменение."


class EventConflict(GatewayError):
    """This event id was used with another content."""

    code = "event_conflict"
    hint = "Событие с этим номером уже принято, но с другим содержанием. Дайте событию новый номер."


class Orders:
    """Every order of the shop. Belongs to one event loop; changes of one order follow each other."""

    def __init__(
        self,
        shop: Shop,
        *,
        now: Callable[[], datetime],
        defaults: Policy | None = None,
        calendar: Calendar | None = None,
    ) -> None:
        self.defaults = defaults or Policy()
        self._calendar = calendar or Calendar(zone=UTC)
        self._shop = shop
        self._journal = shop.journal
        self._now = now
        self._books: OrderedDict[str, Book] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._moved: dict[str, asyncio.Event] = {}
        self._unsubscribe: Callable[[], None] = lambda: None
        self._stopped = False

    async def start(self) -> None:
        """Take up every order of which a document is still to come."""
        self._unsubscribe = self._journal.subscribe(self._heard)
        for number in await self._journal.orders_waiting():
            self._spawn(self._advance(number))

    async def stop(self) -> None:
        """Nothing new is begun; what is being written is finished."""
        self._stopped = True
        self._unsubscribe()
        for moved in self._moved.values():
            moved.set()
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- asked by callers

    async def get(self, number: str) -> Book:
        """The order as it is now. UnknownOrder."""
        book = self._book(number)
        if not book.entries:
            raise UnknownOrder(f"no order {number!r}")
        return book

    async def put(self, number: str, put: Put, *, version: int | None = None) -> tuple[Book, bool]:
        """Keep what the order consists of; True when it is new. StaleOrder, Rejected."""
        return await self._whole(self._put(number, put, version))

    async def happen(self, number: str, event: Event, digest: str) -> Book:
        """Accept an event: once, however often it comes. UnknownOrder, EventConflict, Rejected."""
        return await self._whole(self._happen(number, event, digest))

    async def plan(self, number: str, event: Event) -> tuple[Document, ...]:
        """What an event would make; nothing is kept. UnknownOrder, Rejected."""
        book = await self.get(number)
        return plan(book.order, event, book.policy)

    async def scan(self, number: str, scan: Callable[[Book], Scanned | None]) -> Book:
        """Keep what `scan` makes of the order (None: it is kept already). UnknownOrder; what `scan` raises."""
        return await self._whole(self._scan(number, scan))

    async def record(self, number: str, document: str, fiscal: Mapping[str, Any] | None) -> Book:
        """What became of a document that the bank's till issues; None: it was given up. UnknownOrder, Rejected."""
        return await self._whole(self._record(number, document, fiscal))

    async def wait(self, number: str, seconds: float) -> Book:
        """The order as soon as none of its documents is on its way, or as it is after `seconds`. UnknownOrder."""
        book = await self.get(number)
        try:
            async with asyncio.timeout(seconds):
                while self._on_its_way(book) and not self._stopped:
                    await self._moved.setdefault(number, asyncio.Event()).wait()
                    book = await self.get(number)
        except TimeoutError:
            pass
        return book

    def attention(self, book: Book) -> tuple[Alarm, ...]:
        """What of an order a person should look at now."""
        return attention(book, self._now(), self._calendar)

    async def walk(self, *, after: str = "", open_only: bool = False) -> AsyncIterator[Book]:
        """Orders by number; `open_only`: those with money held or a document to come."""
        while rows := await self._journal.list_orders(after=after, limit=RECENT, open_only=open_only):
            for row in rows:
                yield self._book(row.number)
            after = rows[-1].number

    # --- one change after another

    async def _put(self, number: str, put: Put, version: int | None) -> tuple[Book, bool]:
        async with self._lock(number):
            book = self._book(number)
            if version is not None and version != book.version:
                raise StaleOrder(f"order {number} is at version {book.version}, not {version}")
            edited(book.order, book.order_of(put))
            created = not book.entries
            if created or book.differs(put):
                await self._append(number, put)
        self._spawn(self._advance(number))
        return self._book(number), created

    async def _happen(self, number: str, event: Event, digest: str) -> Book:
        async with self._lock(number):
            book = await self.get(number)
            known = book.events.get(event.id)
            if known == digest:
                return book
            if known is not None:
                raise EventConflict(f"event {event.id} of order {number} was accepted with another content")
            documents = plan(book.order, event, book.policy)
            await self._append(number, Happened(at=self._now(), event=event, digest=digest, documents=documents))
        self._spawn(self._advance(number))
        return self._book(number)

    async def _scan(self, number: str, scan: Callable[[Book], Scanned | None]) -> Book:
        async with self._lock(number):
            entry = scan(await self.get(number))
            if entry is not None:
                await self._append(number, entry)
        return self._book(number)

    async def _record(self, number: str, document: str, fiscal: Mapping[str, Any] | None) -> Book:
        async with self._lock(number):
            book = await self.get(number)
            made = book.documents.get(document)
            if made is not None and made.state is DocumentState.DONE and dict(made.fiscal or {}) == fiscal:
                return book
            head = book.head
            if head is None or head.document.id != document or not head.document.by_bank:
                raise Rejected(
                    "document_not_next",
                    "bank",
                    f"{document} is not the next document that the bank's till issues for this order",
                    "Этот чек сейчас не ожидается от кассы банка. Запросите заказ: он перечисляет чеки по порядку.",
                )
            if fiscal is None:
                entry: Entry = GivenUp(at=self._now(), document=document, replanned=book.replanned(document))
            else:
                entry = Registered(at=self._now(), document=document, fiscal=dict(fiscal))
            await self._append(number, entry)
        self._spawn(self._advance(number))
        return self._book(number)

    # --- documents become jobs, and jobs have last words

    async def _advance(self, number: str) -> None:
        """Hand the next document over, and learn what became of it; until one is on its way or must wait."""
        async with self._lock(number):
            while (head := self._book(number).head) is not None and not self._stopped:
                job = None if head.document.by_bank else await self._job(number, head)
                entry = None if job is None else self._last_word(self._book(number), head, job)
                if entry is None:
                    return
                await self._append(number, entry)
                if isinstance(entry, Failed):
                    return

    async def _job(self, number: str, made: Made) -> Job | None:
        """The job of a document, accepted now if it was not before; None when that must wait."""
        name = made.document.id
        job = await self._journal.get(name)
        if job is not None:
            return job
        raw = body(made.document, number, self._book(number).common)
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
        except BodyFaults as error:
            if made.state is not DocumentState.FAILED:
                told = "; ".join(f"{fault.pointer}: {fault.message}" for fault in error.faults)
                await self._append(number, Failed(at=self._now(), document=name, code="body_invalid", detail=told))
        except GatewayError as error:
            logger.warning("a document of an order waits", order=number, document=name, reason=str(error))
            asyncio.get_running_loop().call_later(OFFER_AGAIN, lambda: self._spawn(self._advance(number)))
        return job

    def _last_word(self, book: Book, made: Made, job: Job) -> Entry | None:
        """What a job's state says of its document, if it says anything new."""
        if job.state is JobState.DONE and job.fiscal is not None:
            return Registered(at=self._now(), document=job.id, fiscal=_named(job.fiscal))
        if job.state is JobState.CANCELLED:
            return GivenUp(at=self._now(), document=job.id, replanned=book.replanned(job.id))
        if job.state is JobState.FAILED and made.state is not DocumentState.FAILED:
            error = job.error
            return Failed(
                at=self._now(),
                document=job.id,
                code=error.code if error else "failed",
                detail=error.detail if error else "",
                hint=error.hint if error else "",
            )
        if job.state not in FINAL_STATES and made.state is DocumentState.FAILED:
            return Retried(at=self._now(), document=job.id)
        return None

    def _heard(self, event: JournalEvent, job: Job | None) -> None:
        if job is not None and job.order is not None and job.state in _TELLING and not self._stopped:
            self._spawn(self._learn(job.order, job.id))

    async def _learn(self, number: str, job_id: str) -> None:
        if job_id in self._book(number).documents:  # callers' own receipts may name an order, too
            await self._advance(number)

    # --- the log

    async def _append(self, number: str, entry: Entry) -> None:
        """On disk, then in memory. The lock of the order is held."""
        book = self._book(number)
        after = book.copy()
        after.apply(entry)
        await self._journal.append_order(_row(number, after, self._now()), log.to_json(entry))
        self._books[number] = after
        self._books.move_to_end(number)
        moved = self._moved.pop(number, None)
        if moved is not None:
            moved.set()

    def _book(self, number: str) -> Book:
        book = self._books.get(number)
        if book is None:
            book = folded(number, map(log.from_json, self._journal.order_log(number)))
            if not book.entries:
                return book
            self._books[number] = book
            while len(self._books) > RECENT:
                self._books.popitem(last=False)
        self._books.move_to_end(number)
        return book

    def _lock(self, number: str) -> asyncio.Lock:
        return self._locks.setdefault(number, asyncio.Lock())

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Done to its end, also when the caller goes away in the midst of it."""
        return await asyncio.shield(self._spawn(work))

    def _on_its_way(self, book: Book) -> bool:
        head = book.head
        return head is not None and head.state is not DocumentState.FAILED and not head.document.by_bank


def _named(fiscal: Fiscal) -> dict[str, Any]:
    """Which document it is; the rest of it is its receipt's."""
    return {"fn": fiscal.fn, "document": fiscal.document, "sign": fiscal.sign}


def _row(number: str, book: Book, at: datetime) -> OrderRow:
    head = book.head
    return OrderRow(
        number=number,
        entries=book.entries,
        state=book.state,
        held=book.ledger.held,
        waiting=head is not None,
        stopped=head is not None and head.state is DocumentState.FAILED,
        moved_at=book.moved_at,
        updated_at=at,
    )
