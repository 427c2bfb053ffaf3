"""What of an order a person should look at: pure, from its book and the clock. Row names are docs/orders.md's."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from gateway.orders.book import Book, DocumentState
from gateway.orders.words import OrderState
from protocols.ffd.arithmetic import rubles

#: A receipt that is not registered after so long deserves a look (receipt_lifecycle.md 7).
LATE: Final = timedelta(hours=1)
#: Every alarm that is told when it begins and when it ends; `document_waits` passes by itself and is told by GET alone.
TOLD: Final = (
    "log_doubted",
    "document_failed",
    "receipt_overdue",
    "receipt_late",
    "event_without_document",
    "money_left",
    "money_idle",
)
_SATURDAY: Final = 5


class Alarm(NamedTuple):
    """One thing to look at; `since` is when it began (or, of a deadline, when it passed)."""

    code: str
    detail: str
    hint: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The shop's days. `idle` is how long money may be held without anything moving."""

    zone: tzinfo
    holidays: Collection[date] = ()
    idle: timedelta = timedelta(days=30)

    def deadline(self, at: datetime) -> datetime:
        """The end of the next working day after `at`: when the receipt of a remote payment is due at the latest.

        54-ФЗ ст. 1.2 п. 5.4; UNCONFIRMED wording.
        """
        day = at.astimezone(self.zone).date() + timedelta(days=1)
        while day.weekday() >= _SATURDAY or day in self.holidays:
            day += timedelta(days=1)
        return datetime.combine(day + timedelta(days=1), time(), self.zone)

    def overdue(self, now: datetime) -> datetime:
        """The end of the last day whose events' deadline has passed `now`: what was accepted before it is overdue."""
        day = datetime.combine(now.astimezone(self.zone).date(), time(), self.zone)
        while self.deadline(day - timedelta(microseconds=1)) > now:
            day = datetime.combine(day.date() - timedelta(days=1), time(), self.zone)
        return day


def attention(book: Book, now: datetime, calendar: Calendar) -> tuple[Alarm, ...]:
    """Everything that a person should look at, the most urgent first."""
    return (
        *_doubted(book),
        *_stopped(book),
        *_due(book, now, calendar),
        *_refused(book),
        *_money(book, now, calendar),
    )


def _doubted(book: Book) -> Iterator[Alarm]:
    if book.doubted is not None:
        yield Alarm(
            "log_doubted",
            f"what was said of this order last may be lost: {book.doubted.why}",
            "Журнал восстановлен, последние события заказа могли пропасть. Сверьте заказ и передайте его состав и"
            " недостающие события ещё раз.",
            book.doubted.at,
        )


def _stopped(book: Book) -> Iterator[Alarm]:
    head = book.head
    if head is not None and head.state is DocumentState.FAILED and head.error is not None:
        error = head.error
        yield Alarm(
            "document_failed",
            f"{head.document.kind} {head.document.id} failed: {error.code}: {error.detail}",
            f"Чек не пробит, цепочка заказа остановлена. {error.hint} Устраните причину и повторите чек"
            " либо отмените его.",
            error.at,
        )


def _due(book: Book, now: datetime, calendar: Calendar) -> Iterator[Alarm]:
    for waiting in book.pending:
        name = waiting.left[0].id
        deadline = calendar.deadline(waiting.at)
        if now >= deadline:
            yield Alarm(
                "receipt_overdue",
                f"{name} was due by {deadline.isoformat()}",
                "Срок выдачи чека по закону прошёл. Пробейте чек немедленно; возможно, нужен чек коррекции.",
                deadline,
            )
        elif now - waiting.at >= LATE:
            yield Alarm(
                "receipt_late",
                f"{name} waits since {waiting.at.isoformat()}, it is due by {deadline.isoformat()}",
                "Чек долго не пробивается. Проверьте кассу: по закону он нужен не позже следующего рабочего дня.",
                waiting.at,
            )


def _refused(book: Book) -> Iterator[Alarm]:
    if book.given_up_at is None:
        return
    for event, why in book.refused.items():
        yield Alarm(
            "event_without_document",
            f"event {event} has no fiscal document: {why}",
            "По событию заказа нет чека: его отменили вручную. Если деньги приняты, сообщите о них заново.",
            book.given_up_at,
        )


def _money(book: Book, now: datetime, calendar: Calendar) -> Iterator[Alarm]:
    held, moved = book.ledger.held, book.moved_at
    if not held or moved is None:
        return
    if book.state in {OrderState.SETTLED, OrderState.RETURNED, OrderState.CANCELLED}:
        yield Alarm(
            "money_left",
            f"the order is {book.state}, {rubles(held)} is held still",
            f"Заказ закрыт, но у магазина осталось {rubles(held)} покупателя. Верните деньги: событие refund.",
            moved,
        )
    elif now - moved >= calendar.idle:
        yield Alarm(
            "money_idle",
            f"{rubles(held)} is held, nothing has moved since {moved.isoformat()}",
            f"Деньги покупателя ({rubles(held)}) давно без движения. Выдайте товар или верните деньги.",
            moved,
        )
