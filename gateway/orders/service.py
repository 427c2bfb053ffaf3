"""What callers say of orders, taken in durably and answered.

An event is on disk, with the documents planned for it, before its caller hears of it; making the documents is the
chains' business (`chains`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from devices.errors import GatewayError
from gateway.orders.attention import Alarm, Calendar, attention
from gateway.orders.book import Book, DocumentState, Made
from gateway.orders.books import PAGE, Books
from gateway.orders.chains import Chains
from gateway.orders.claims import foreign
from gateway.orders.elsewhere import Elsewhere
from gateway.orders.ledger import Document
from gateway.orders.log import Entry, GivenUp, Happened, Put, Registered, Scanned
from gateway.orders.lost import lost_receipts, unaccounted
from gateway.orders.order import Event, readable, readable_number
from gateway.orders.plan import edited, plan
from gateway.orders.policy import Policy
from gateway.orders.tasks import Tasks
from gateway.orders.words import Rejected
from gateway.shop import Shop


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
        self._journal = shop.journal
        self._now = now
        self._tasks = Tasks()
        self._books = Books(shop.journal, now=now, calendar=self._calendar)
        self._chains = Chains(shop, self._books, self._tasks, now=now)
        self._elsewhere = Elsewhere(shop.journal, self._books, now=now)
        self._rounds: list[asyncio.Task[None]] = []
        self._stopped = False

    async def start(self) -> None:
        """Take up what waits for its documents."""
        self._chains.start()
        self._rounds = [asyncio.create_task(self._chains.offer_again()), asyncio.create_task(self._books.watch())]

    async def stop(self) -> None:
        """Nothing new is begun; what is being written is finished."""
        self._stopped = True
        self._chains.stop()
        for task in self._rounds:
            task.cancel()
        self._books.end()
        await self._tasks.finish()

    # --- asked by callers

    async def get(self, number: str) -> Book:
        """The order as it is now. UnknownOrder."""
        book = self._books.get(number)
        if not book.entries:
            raise UnknownOrder(f"no order {number!r}")
        return book

    async def current(self, number: str) -> Book:
        """The order with everything heard that its documents' jobs have said. UnknownOrder."""
        await self._tasks.whole(self._chains.advance(number))
        return await self.get(number)

    async def differs(self, number: str, put: Put) -> bool:
        """Whether a PUT says anything that is not so already."""
        book = self._books.get(number)
        return not book.entries or book.differs(put)

    async def put(self, number: str, put: Put, *, version: int | None = None) -> tuple[Book, bool]:
        """Keep what the order consists of; True when it is new. StaleOrder, Rejected."""
        return await self._tasks.whole(self._put(number, put, version))

    async def happen(self, number: str, event: Event, digest: str) -> Book:
        """Accept an event: once, however often it comes. UnknownOrder, EventConflict, Rejected."""
        return await self._tasks.whole(self._happen(number, event, digest))

    async def plan(self, number: str, event: Event, digest: str) -> tuple[Document, ...]:
        """What an event would make; nothing is kept. Nothing of one that is accepted already.

        UnknownOrder, EventConflict, Rejected.
        """
        book = await self.get(number)
        if _accepted(book, event, digest):
            return ()
        documents = _planned(book, event)
        await self._elsewhere.of_documents(book, event, documents)
        return documents

    async def scan(self, number: str, scan: Callable[[Book], Scanned | None]) -> Book:
        """Keep what `scan` makes of the order (None: it is kept already). UnknownOrder; what `scan` raises."""
        return await self._tasks.whole(self._scan(number, scan))

    async def record(self, number: str, document: str, fiscal: Mapping[str, Any] | None) -> Book:
        """What became of a document that the bank's till issues; None: it was given up. UnknownOrder, Rejected."""
        return await self._tasks.whole(self._record(number, document, fiscal))

    async def document(self, receipt: str) -> tuple[Book, Made] | None:
        """A document that is no job by its receipt's id, and its order."""
        word = readable_number(receipt)
        numbers = [] if word is None else [word, *self._journal.orders_waiting()]
        for number in dict.fromkeys(numbers):
            if readable(number) == word:
                book = self._books.get(number)
                made = book.documents.get(receipt)
                if made is not None:
                    return book, made
        return None

    async def wait(self, number: str, seconds: float) -> Book:
        """The order as soon as none of its documents is on its way, or as it is after `seconds`. UnknownOrder."""
        book = await self.get(number)
        try:
            async with asyncio.timeout(seconds):
                while _on_its_way(book) and not self._stopped:
                    await self._books.moved(number)
                    book = await self.get(number)
        except TimeoutError:
            pass
        return book

    def attention(self, book: Book) -> tuple[Alarm, ...]:
        """What of an order a person should look at now."""
        return (*self._chains.waiting(book), *attention(book, self._now(), self._calendar))

    async def walk(self, *, after: str = "", alarmed: bool = False) -> AsyncIterator[Book]:
        """Orders by number; `alarmed`: every one that bears an alarm now is among them."""
        if alarmed:
            await self._tasks.whole(self._chains.catch_up())
        waiting = sorted(number for number in self._chains.offered() if number > after) if alarmed else []
        while True:
            page = self._books.attended(after) if alarmed else self._journal.list_orders(after=after, limit=PAGE)
            last = page[-1] if page else None
            due = [number for number in waiting if last is None or number <= last]
            waiting = waiting[len(due) :]
            for number in sorted({*page, *due}):
                yield self._books.get(number)
            if last is None:
                return
            after = last
            await asyncio.sleep(0)  # folding a long list must not keep receipts waiting

    # --- one change after another

    async def _put(self, number: str, put: Put, version: int | None) -> tuple[Book, bool]:
        async with self._books.lock(number):
            await self._chains.steps(number)
            book = self._books.get(number)
            if version not in (None, book.version) and not book.says(put):
                raise StaleOrder(f"order {number} is at version {book.version}, not {version}")
            edited(book.order, book.order_of(put))
            created = not book.entries
            if created or book.differs(put):
                await self._books.append(number, put)
        self._tasks.spawn(self._chains.advance(number))
        return self._books.get(number), created

    async def _happen(self, number: str, event: Event, digest: str) -> Book:
        async with self._books.lock(number):
            await self._chains.steps(number)  # a document that was given up just now changes what can happen next
            book = await self.get(number)
            if _accepted(book, event, digest):
                return book
            documents = _planned(book, event)
            beside = await self._elsewhere.of_documents(book, event, documents)
            if self._journal.loss is not None:
                lost = lost_receipts(book, self._journal.order_receipts(number))
                again = await self._journal.get(documents[0].id) if lost and documents else None
                unaccounted(lost, documents, again, book.common, self._now)
            entry = Happened(at=self._now(), event=event, digest=digest, documents=documents)
            await self._books.append(number, entry, beside)
        self._tasks.spawn(self._chains.advance(number))
        return self._books.get(number)

    async def _scan(self, number: str, scan: Callable[[Book], Scanned | None]) -> Book:
        async with self._books.lock(number):
            book = await self.get(number)
            entry = scan(book)
            if entry is not None:
                await self._books.append(number, entry, await self._elsewhere.of_scan(book, entry))
        return self._books.get(number)

    async def _record(self, number: str, document: str, fiscal: Mapping[str, Any] | None) -> Book:
        async with self._books.lock(number):
            book = await self.get(number)
            made = book.documents.get(document)
            if made is not None and made.state is DocumentState.DONE and dict(made.fiscal or {}) == fiscal:
                return book
            head = book.head
            ours = head is not None and not head.document.by_bank
            if ours and fiscal is None and await self._journal.get(document) is None:
                ours = False  # it never became a job: there is nothing to cancel but the document itself
            if head is None or head.document.id != document or ours:
                raise Rejected(
                    "document_not_next",
                    "bank",
                    f"{document} is not the next document that the bank's till issues for this order",
                    "Этот чек сейчас не ожидается от кассы банка. Запросите заказ: он перечисляет чеки по порядку.",
                )
            if fiscal is None:
                entry: Entry = GivenUp(at=self._now(), document=document, replanned=book.replanned(document))
            else:
                await self._unrecorded(number, document, fiscal)
                entry = Registered(at=self._now(), document=document, fiscal=dict(fiscal))
            await self._books.append(number, entry)
        self._tasks.spawn(self._chains.advance(number))
        return self._books.get(number)

    async def _unrecorded(self, number: str, document: str, fiscal: Mapping[str, Any]) -> None:
        """Rejected for a document of a till that is another receipt's already."""
        found = foreign(document, fiscal)
        if found is None:
            return
        known = self._journal.order_of_document(found.fn, found.document)
        owner = "" if known is None else f"{known.receipt} of order {known.number}"
        if not owner:
            jobs = await self._journal.claimed(found.fn, found.document, found.document)
            owner = next((f"receipt {job}" for job in jobs.values()), "")
        if owner:
            raise Rejected(
                "document_recorded",
                "bank",
                f"document {found.document} of drive {found.fn} is {owner} already",
                f"Фискальный документ {found.document} уже записан за другим чеком ({owner}). Проверьте его номер.",
            )


def _accepted(book: Book, event: Event, digest: str) -> bool:
    """Whether the event was told already. EventConflict."""
    known = book.events.get(event.id)
    if known is not None and known != digest:
        raise EventConflict(f"event {event.id} of order {book.order.number} was accepted with another content")
    return known is not None


def _planned(book: Book, event: Event) -> tuple[Document, ...]:
    """As `plan`; a refusal that only a document which stands is the reason of says so."""
    try:
        return plan(book.order, event, book.policy)
    except Rejected as refused:
        head = book.head
        if head is None or _on_its_way(book):
            raise
        try:
            plan(book.without_next(), event, book.policy)
        except Rejected:
            raise refused from None
        name, stands = head.document.id, "awaited of the bank's till" if head.document.by_bank else "failed"
        raise Rejected(
            refused.code,
            refused.rule,
            f"{refused.detail}, once {name} is registered, which is {stands}: first have it made, or give it up",
            f"Чек {name} ещё не пробит. Сначала повторите его или отмените, затем сообщите событие ещё раз.",
            refused.faults,
        ) from None


def _on_its_way(book: Book) -> bool:
    head = book.head
    return head is not None and head.state is not DocumentState.FAILED and not head.document.by_bank
