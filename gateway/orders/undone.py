"""What an event is after its documents were given up, in words: of those given up, and of those that stay. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from gateway.orders.ledger import Document
from gateway.orders.order import Cancel, Event
from gateway.orders.words import REFUNDS, DocumentKind
from protocols.ffd.arithmetic import rubles

_HAND_OVER: Final = frozenset({DocumentKind.FULL, DocumentKind.CLOSING})
_AGAIN: Final = "Чтобы сообщить о событии ещё раз, дайте ему новый id."


class Refusal(NamedTuple):
    """Why an accepted event makes no document any more: in English, and in Russian what to do."""

    detail: str
    hint: str


def impossible(detail: str, hint: str) -> Refusal:
    """Of an event that an earlier one's giving up has made impossible; logs of earlier builds keep no hint."""
    return Refusal(detail, hint or f"После отмены чека это событие невозможно. {_AGAIN}")


def undone(event: Event, left: Sequence[Document], done: Sequence[Document]) -> Refusal:
    """Of an event whose documents `left` were given up, `done` being registered."""
    said = list(_said(event, left))
    detail = "given up: " + ", ".join(english for english, _ in said)
    hint = "Отменено вручную: " + ", ".join(russian for _, russian in said) + "."
    if done:
        stays = ", ".join(f"{document.kind} {rubles(document.total)}" for document in done)
        detail += f"; registered, and stays: {stays}"
        hint += f" Чеки, которые уже пробиты, остаются: {stays}."
    return Refusal(detail, f"{hint} {_AGAIN}")


def _said(event: Event, left: Sequence[Document]) -> Iterable[tuple[str, str]]:
    if isinstance(event, Cancel):
        yield "the order is not cancelled", "заказ не отменён"
    if any(document.kind in _HAND_OVER for document in left):
        yield "the goods count as not handed over", "товар не выдан"
    received = sum(document.moved for document in left if document.kind not in REFUNDS)
    if received:
        yield f"{rubles(received)} counts as not received", f"{rubles(received)} не получено"
    back = sum(document.total for document in left if document.kind is DocumentKind.REFUND_GOODS)
    if any(document.kind is DocumentKind.REFUND_GOODS for document in left):
        yield f"goods for {rubles(back)} count as with the buyer", f"товар на {rubles(back)} у покупателя"
    held = sum(document.total for document in left if document.kind in REFUNDS) - back
    if held:
        yield f"{rubles(held)} counts as held still", f"{rubles(held)} остаётся у магазина"
