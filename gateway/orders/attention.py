"""What of an order a person should look at: pure, from its book and the clock. Row names are docs/orders.md's."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from gateway.orders.book import Book, DocumentState
from gateway.orders.order import closes_when_paid
from gateway.orders.picking import needed
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
    "payment_unexpected",
    "closing_awaited",
    "overpaid",
    "units_left_over",
    "money_left",
    "money_idle",
)
_SATURDAY: Final = 5
_CLOSED: Final = frozenset({OrderState.SETTLED, OrderState.RETURNED, OrderState.CANCELLED})


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
        *_unexpected(book),
        *_unclosed(book),
        *_over(book),
        *_left_over(book),
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
        if now - waiting.at < LATE:
            continue  # no deadline is nearer
        name = waiting.left[0].id
        deadline = calendar.deadline(waiting.at)
        if now >= deadline:
            yield Alarm(
                "receipt_overdue",
                f"{name} was due by {deadline.isoformat()}",
                "Срок выдачи чека по закону прошёл. Пробейте чек немедленно; возможно, нужен чек коррекции.",
                deadline,
            )
        else:
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
            f"event {event} has no fiscal document: {why.detail}",
            "Чек по событию заказа отменили вручную, событие считается несостоявшимся. Если оно было (деньги, выдача,"
            " возврат, отмена), сообщите о нём заново под новым номером.",
            book.given_up_at,
        )


def _unexpected(book: Book) -> Iterator[Alarm]:
    found = book.order.unexpected
    at = None if found is None else _made_at(book, found.event)
    if found is not None and at is not None:
        invoices = ", ".join(map(rubles, found.invoices))
        yield Alarm(
            "payment_unexpected",
            f"event {found.event}: {rubles(found.sum)} was paid, the open invoice is {invoices}; an advance was made",
            f"Оплачено {rubles(found.sum)}, а счёт был на {invoices}: чек пробит на аванс. Сверьте оплату с банком и"
            " выставьте счёт на остаток либо верните лишнее.",
            at,
        )


def _made_at(book: Book, event: str) -> datetime | None:
    """When an event's documents were planned."""
    return next((made.planned_at for made in book.documents.values() if made.document.event == event), None)


def _unclosed(book: Book) -> Iterator[Alarm]:
    """Paid in full, and the payment should have handed it over (row 4): codes were lacking, or it was changed since."""
    order, held = book.order, book.ledger.held
    whole = held and held >= order.open_cost and any(order.open_quantity(line) for line in order.lines)
    if not whole or book.pending or book.moved_at is None or not closes_when_paid(order, book.policy):
        return
    left = [(line, needed(line, order.open_quantity(line))) for line in order.lines]
    lacking = [line.name for line, count in left if len(order.codes.get(line.id, ())) < count]
    why = (
        f"codes are lacking of {', '.join(lacking)}"
        if lacking
        else "it was changed since, or is more than a receipt holds"
    )
    how = f"отсканируйте коды маркировки ({', '.join(f'«{name}»' for name in lacking)}) и " if lacking else ""
    yield Alarm(
        "closing_awaited",
        f"the order is paid and should be settled by its payment, but is not: {why}; tell a delivery",
        f"Заказ оплачен и по политике закрывается оплатой, но закрывающего чека нет: {how}сообщите о выдаче.",
        book.moved_at,
    )


def _over(book: Book) -> Iterator[Alarm]:
    """Of a closed order `money_left` tells it."""
    over = replace(book.order, ledger=book.ledger).over
    if not over or book.state in _CLOSED or book.moved_at is None:
        return
    yield Alarm(
        "overpaid",
        f"{rubles(book.ledger.held)} is held, {rubles(over)} of it beyond what the order still costs",
        f"Покупатель заплатил на {rubles(over)} больше, чем стоит заказ. Верните лишнее (событие refund) или добавьте"
        " товар; при выдаче лишнее вернётся чеком само, если политика overpaid не keep.",
        book.moved_at,
    )


def _left_over(book: Book) -> Iterator[Alarm]:
    units = book.order.put_back
    if units and book.left_over_at is not None:
        yield Alarm(
            "units_left_over",
            f"the order has no place any more for {', '.join(unit.unit for unit in units)}, picked before",
            "Эти отсканированные единицы заказу больше не нужны: "
            + ", ".join(f"«{unit.line}» {unit.unit}" for unit in units)
            + ". Верните их на полку.",
            book.left_over_at,
        )


def _money(book: Book, now: datetime, calendar: Calendar) -> Iterator[Alarm]:
    held, moved = book.ledger.held, book.moved_at
    if not held or moved is None:
        return
    if book.state in _CLOSED:
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
