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
from typing import Any, NamedTuple, TypeVar
from weakref import WeakValueDictionary

import structlog

from devices.errors import GatewayError
from devices.registers.base import Fiscal
from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState, NewJob
from gateway.journal.errors import JournalDamaged, JournalFailed
from gateway.journal.order_check import row_of
from gateway.journal.orders import UNKNOWN_ALARMS, OrderMoved, Told
from gateway.journal.records import Event as JournalEvent
from gateway.orders import log
from gateway.orders.attention import LATE, Alarm, Calendar, attention
from gateway.orders.bodies import body
from gateway.orders.book import Book, DocumentState, Made, folded
from gateway.orders.ledger import Document
from gateway.orders.log import Entry, Failed, GivenUp, Happened, Put, Registered, Retried, Scanned
from gateway.orders.lost import lost_receipts, unaccounted
from gateway.orders.order import Event
from gateway.orders.plan import edited, plan
from gateway.orders.policy import Policy
from gateway.orders.words import Rejected
from gateway.receipts.faults import BodyFaults
from gateway.receipts.normalise import accept
from gateway.shop import Shop
from protocols.ffd.arithmetic import rubles

T = TypeVar("T")

logger = structlog.get_logger(__name__)

#: States of a job that its order must hear of; queued: a failed document is retried.
_TELLING = FINAL_STATES | {JobState.QUEUED}

#: Orders held in memory; the others are folded anew when asked for.
RECENT = 256
#: Seconds after which documents that the queue did not take are offered again.
OFFER_AGAIN = 5.0
#: Seconds between two looks at what the clock alone brings about: receipts that are late, money that lies.
LOOK_AGAIN = 60.0
#: Orders taken up side by side after a start: their documents share commits.
ABREAST = 32


class Offer(NamedTuple):
    """A document that could not become a job yet."""

    document: str
    register: str
    since: datetime
    reason: str
    hint: str


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
        self._moved: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()
        self._offers: dict[str, Offer] = {}  # by order, the oldest first
        self._rounds: list[asyncio.Task[None]] = []
        self._unsubscribe: Callable[[], None] = lambda: None
        self._stopped = False

    async def start(self) -> None:
        """Take up every order whose next document has no job, or has one that moved while nobody listened."""
        self._unsubscribe = self._journal.subscribe(self._heard)
        self._spawn(self._take_up(self._journal.orders_unheard()))
        self._rounds = [asyncio.create_task(self._offer_again()), asyncio.create_task(self._watch())]

    async def stop(self) -> None:
        """Nothing new is begun; what is being written is finished."""
        self._stopped = True
        self._unsubscribe()
        for task in self._rounds:
            task.cancel()
        for moved in list(self._moved.values()):
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

    async def current(self, number: str) -> Book:
        """The order with everything heard that its documents' jobs have said. UnknownOrder."""
        await self._whole(self._advance(number))
        return await self.get(number)

    async def differs(self, number: str, put: Put) -> bool:
        """Whether a PUT says anything that is not so already."""
        book = self._book(number)
        return not book.entries or book.differs(put)

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
                    moved = self._moved.setdefault(number, asyncio.Event())
                    await moved.wait()
                    book = await self.get(number)
        except TimeoutError:
            pass
        return book

    def attention(self, book: Book) -> tuple[Alarm, ...]:
        """What of an order a person should look at now."""
        offer = self._offers.get(book.order.number)
        head = book.head
        alarms = attention(book, self._now(), self._calendar)
        if offer is None or head is None or head.document.id != offer.document:
            return alarms
        detail = f"{offer.document} is no job yet: {offer.reason}"
        return (Alarm("document_waits", detail, f"Чек ждёт очереди кассы. {offer.hint}".strip(), offer.since), *alarms)

    async def walk(self, *, after: str = "", alarmed: bool = False) -> AsyncIterator[Book]:
        """Orders by number; `alarmed`: those with an alarm that was told, or whose document no queue has taken."""
        waiting = sorted(number for number in self._offers if number > after) if alarmed else []
        while True:
            page = self._journal.list_orders(after=after, limit=ABREAST, alarmed=alarmed)
            last = page[-1] if page else None
            due = [number for number in waiting if last is None or number <= last]
            waiting = waiting[len(due) :]
            for number in sorted({*page, *due}):
                yield self._book(number)
            if last is None:
                return
            after = last
            await asyncio.sleep(0)  # folding a long list must not keep receipts waiting

    # --- one change after another

    async def _put(self, number: str, put: Put, version: int | None) -> tuple[Book, bool]:
        async with self._lock(number):
            await self._steps(number)
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
            await self._steps(number)  # a document that was given up just now changes what can happen next
            book = await self.get(number)
            known = book.events.get(event.id)
            if known == digest:
                return book
            if known is not None:
                raise EventConflict(f"event {event.id} of order {number} was accepted with another content")
            documents = plan(book.order, event, book.policy)
            if self._journal.loss is not None:
                lost = lost_receipts(book, self._journal.order_receipts(number))
                again = await self._journal.get(documents[0].id) if lost and documents else None
                unaccounted(lost, documents, again, book.common, self._now)
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
                entry = Registered(at=self._now(), document=document, fiscal=dict(fiscal))
            await self._append(number, entry)
        self._spawn(self._advance(number))
        return self._book(number)

    # --- documents become jobs, and jobs have last words

    async def _take_up(self, numbers: list[str]) -> None:
        for begin in range(0, len(numbers), ABREAST):
            await asyncio.gather(*map(self._advance, numbers[begin : begin + ABREAST]), return_exceptions=True)

    async def _offer_again(self) -> None:
        """Documents that were not taken, in their order; a register that refuses one is not asked for the others."""
        while True:
            await asyncio.sleep(OFFER_AGAIN)
            refusing: set[str] = set()
            for number, offer in list(self._offers.items()):
                if offer.register not in refusing:
                    await self._spawn(self._advance(number))
                    if number in self._offers:
                        refusing.add(offer.register)

    async def _advance(self, number: str) -> None:
        """Hand the next document over, and learn what became of it; until one is on its way or must wait."""
        try:
            async with self._lock(number):
                await self._steps(number)
        except (JournalDamaged, JournalFailed, OrderMoved) as error:
            logger.error("an order stands", order=number, reason=error.detail)

    async def _steps(self, number: str) -> None:
        """The lock of the order is held."""
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
            self._offers.pop(number, None)
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
            self._offers.pop(number, None)
        except BodyFaults as error:
            self._offers.pop(number, None)
            if made.state is not DocumentState.FAILED:
                told = "; ".join(f"{fault.pointer}: {fault.message}" for fault in error.faults)
                await self._append(number, Failed(at=self._now(), document=name, code="body_invalid", detail=told))
        except GatewayError as error:
            before = self._offers.get(number)
            if before is None or before.document != name:
                logger.warning("a document of an order waits", order=number, document=name, reason=str(error))
                self._offers[number] = Offer(name, str(register), self._now(), error.detail, error.hint)
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
        codes, told = self._alarms(after)
        try:
            await self._journal.append_order(
                row_of(after, entry), log.to_json(entry), codes, (_told(after, entry), *told)
            )
        except OrderMoved:
            self._books.pop(number, None)
            raise
        self._remember(number, after)
        if after.head is None:
            self._offers.pop(number, None)
        moved = self._moved.pop(number, None)
        if moved is not None:
            moved.set()

    # --- alarms are told once when they begin and once when they end

    async def _watch(self) -> None:
        """What the clock brings about. At first every order that bears an alarm: the shop's days may have changed."""
        after = ""
        while page := self._journal.list_orders(after=after, limit=ABREAST, alarmed=True):
            for number in page:
                await self._look(number)
            after = page[-1]
        while True:
            moment = self._now()
            for number in self._journal.orders_timely(
                late=moment - LATE, overdue=self._calendar.overdue(moment), idle=moment - self._calendar.idle
            ):
                await self._look(number)
            await asyncio.sleep(LOOK_AGAIN)

    async def _look(self, number: str) -> None:
        try:
            async with self._lock(number):
                codes, told = self._alarms(self._book(number))
                if told:
                    await self._journal.alarm_order(number, codes, told)
        except (JournalDamaged, JournalFailed) as error:
            logger.error("an order cannot be looked at", order=number, reason=error.detail)

    def _alarms(self, book: Book) -> tuple[frozenset[str], list[Told]]:
        """The alarms of an order as it will be, and what is to be told of those that begin and end."""
        number = book.order.number
        found = {alarm.code: alarm for alarm in attention(book, self._now(), self._calendar)}
        before = self._journal.order_alarms(number)
        begun = [
            Told("alarm", {"code": code, "detail": alarm.detail, "since": alarm.since.isoformat()})
            for code, alarm in found.items()
            if code not in before
        ]
        over = [Told("alarm_over", {"code": code}) for code in sorted(before - found.keys() - {UNKNOWN_ALARMS.strip()})]
        return frozenset(found), begun + over

    def _book(self, number: str) -> Book:
        book = self._books.get(number)
        if book is None:
            try:
                book = folded(number, map(log.from_json, self._journal.order_log(number)))
            except (ValueError, LookupError, Rejected) as error:
                raise JournalDamaged(
                    f"the log of order {number!r} cannot be read ({error}); run `fiscal-gateway journal verify`",
                    hint="Журнал заказа повреждён: выполните journal verify и перезапустите шлюз.",
                ) from error
            if not book.entries:
                return book
        self._remember(number, book)
        return book

    def _remember(self, number: str, book: Book) -> None:
        self._books[number] = book
        self._books.move_to_end(number)
        while len(self._books) > RECENT:
            self._books.popitem(last=False)

    def _lock(self, number: str) -> asyncio.Lock:
        return self._locks.setdefault(number, asyncio.Lock())

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        """Who waits for it hears of its error, too; who does not must not lose it."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, GatewayError | Rejected | BodyFaults):
            logger.error("an order's task failed", exc_info=error)

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Done to its end, also when the caller goes away in the midst of it."""
        return await asyncio.shield(self._spawn(work))

    def _on_its_way(self, book: Book) -> bool:
        head = book.head
        return head is not None and head.state is not DocumentState.FAILED and not head.document.by_bank


def _named(fiscal: Fiscal) -> dict[str, Any]:
    """Which document it is; the rest of it is its receipt's."""
    return {"fn": fiscal.fn, "document": fiscal.document, "sign": fiscal.sign}


def _told(book: Book, entry: Entry) -> Told:
    """An entry of the log as `/events` tells it: what it was, and what it made of the order. Nothing about people."""
    said: dict[str, Any] = {"order_state": str(book.state), "held": rubles(book.ledger.held), "version": book.version}
    match entry:
        case Happened():
            made = [document.id for document in entry.documents]
            said |= {"event": entry.event.id, "type": str(entry.event.type), "documents": made}
        case Registered() | Failed() | Retried() | GivenUp():
            said |= {"document": entry.document, "kind": str(book.documents[entry.document].document.kind)}
        case Scanned():
            said |= {"line": entry.line, "taken": entry.taken}
    if isinstance(entry, Failed):
        said["error"] = entry.code
    return Told(entry.entry, said)
