"""Logs of orders on disk, their books in memory: an entry is durable before anybody sees what it made of its order.

With each entry the order's alarms are kept and told, once when they begin and once when they end; the clock begins
some by itself, so it is looked at.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final
from weakref import WeakValueDictionary

import structlog

from gateway.journal import Journal
from gateway.journal.errors import JournalDamaged, JournalFailed
from gateway.journal.order_check import row_of
from gateway.journal.orders import UNKNOWN_ALARMS, OrderMoved, Told
from gateway.orders import log
from gateway.orders.attention import LATE, Calendar, attention
from gateway.orders.book import Book, folded
from gateway.orders.claims import moved
from gateway.orders.log import Entry, Failed, GivenUp, Happened, Registered, Retried, Scanned
from gateway.orders.words import Rejected
from protocols.ffd.arithmetic import rubles

logger = structlog.get_logger(__name__)

#: Orders held in memory; the others are folded anew when asked for.
RECENT: Final = 256
#: Seconds between two looks at what the clock alone brings about: receipts that are late, money that lies.
LOOK_AGAIN: Final = 60.0
#: Orders looked at in one go.
PAGE: Final = 32


class Books:
    """Every order's book. Belongs to one event loop; who moves an order holds its lock."""

    def __init__(self, journal: Journal, *, now: Callable[[], datetime], calendar: Calendar) -> None:
        self._journal = journal
        self._now = now
        self._calendar = calendar
        self._books: OrderedDict[str, Book] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._moved: WeakValueDictionary[str, asyncio.Event] = WeakValueDictionary()

    def lock(self, number: str) -> asyncio.Lock:
        """Held by who reads an order to move it."""
        return self._locks.setdefault(number, asyncio.Lock())

    def get(self, number: str) -> Book:
        """The order as its log tells; without entries when there is none. JournalDamaged."""
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

    async def append(self, number: str, entry: Entry, beside: Iterable[str] = ()) -> Book:
        """On disk, then in memory; the lock of the order is held. OrderMoved.

        `beside`: orders that have one of its units, too, and may.
        """
        book = self.get(number)
        after = book.copy()
        after.apply(entry)
        codes, told = self._alarms(after)
        try:
            await self._journal.append_order(
                row_of(after, entry),
                log.to_json(entry),
                codes,
                (_told(after, entry), *told),
                moved(book, after, entry),
                beside,
            )
        except OrderMoved:
            self._books.pop(number, None)
            raise
        self._remember(number, after)
        self._wake(number)
        return after

    async def moved(self, number: str) -> None:
        """Until the order's next entry, or the end."""
        await self._moved.setdefault(number, asyncio.Event()).wait()

    def end(self) -> None:
        """Nobody waits any more."""
        for number in list(self._moved):
            self._wake(number)

    def attended(self, after: str) -> list[str]:
        """Some orders by number, every one among them that bears an alarm now, whether or not it was told."""
        moment = self._now()
        return self._journal.orders_attended(
            after=after, limit=PAGE, late=moment - LATE, idle=moment - self._calendar.idle
        )

    async def watch(self) -> None:
        """What the clock brings about. At first every order that bears an alarm: the shop's days may have changed."""
        after = ""
        while page := self._journal.list_orders(after=after, limit=PAGE, alarmed=True):
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
            async with self.lock(number):
                codes, told = self._alarms(self.get(number))
                if codes != self._journal.order_alarms(number):
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

    def _wake(self, number: str) -> None:
        moved = self._moved.pop(number, None)
        if moved is not None:
            moved.set()

    def _remember(self, number: str, book: Book) -> None:
        self._books[number] = book
        self._books.move_to_end(number)
        while len(self._books) > RECENT:
            self._books.popitem(last=False)


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
