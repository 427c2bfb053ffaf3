"""What only one order may have: units that it has picked or sold, and documents of banks' tills. Pure.

Whole units alone: parts of one, and goods by weight or volume, may be sold out of one package by several orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from gateway.orders.book import Book, DocumentState
from gateway.orders.goods import Item, Line
from gateway.orders.ledger import NOTHING, Document
from gateway.orders.log import Entry, GivenUp, Happened, Registered, Scanned
from gateway.orders.order import Order
from gateway.orders.words import DocumentKind
from protocols.ffd.enums import Measure
from protocols.marking import CodeError, Kind, parse

_SALES: Final = frozenset({DocumentKind.FULL, DocumentKind.CLOSING})


class Foreign(NamedTuple):
    """A document of a bank's till, and the order's document that it is."""

    fn: str
    document: int
    receipt: str


class Claims(NamedTuple):
    """What an entry changes of it, `freed` before `taken`. `exclusive`: units that no other order may have."""

    taken: frozenset[str] = frozenset()
    freed: frozenset[str] = frozenset()
    exclusive: bool = False
    foreign: Foreign | None = None


NO_CLAIMS: Final = Claims()


def unit(code: str) -> str | None:
    """What tells this unit from every other (КИ); None for a code that names none."""
    try:
        read = parse(code)
    except CodeError:  # accepted by an earlier version
        return None
    return read.unit if read.names_unit and read.kind is not Kind.UNKNOWN else None


def picked(order: Order) -> frozenset[str]:
    """Units that wait for their hand-over."""
    if order.cancelled:
        return frozenset()
    lines = [line for line in order.lines if line.id in order.codes and _is_whole(line) and order.open_quantity(line)]
    return _units(code for line in lines for code in order.codes[line.id])


def sold(documents: Iterable[Document]) -> frozenset[str]:
    """Units that these documents hand over."""
    return _of_items(item for document in documents if document.kind in _SALES for item in document.items)


def units(order: Order) -> frozenset[str]:
    """Every unit that an order has."""
    return picked(order) | _of_items(entry.item for entry in order.ledger.sold if entry.quantity > NOTHING)


def moved(before: Book, after: Book, entry: Entry) -> Claims:
    """What `entry`, which made the one book the other, changes."""
    match entry:
        case Registered():
            made = after.documents[entry.document].document
            return Claims(foreign=foreign(made.id, entry.fiscal) if made.by_bank else None)
        case GivenUp():
            had, has = units(before.order), units(after.order)
            return Claims(has - had, had - has)
    had, has = picked(before.order), picked(after.order)
    documents = entry.documents if isinstance(entry, Happened) else ()
    out = sold(documents)
    back = _of_items(item for one in documents if one.kind is DocumentKind.REFUND_GOODS for item in one.items)
    exclusive = isinstance(entry, Happened | Scanned)
    return Claims((has - had) | out, (had - has) | back, exclusive=exclusive)


def foreign(receipt: str, fiscal: Mapping[str, Any]) -> Foreign | None:
    """Which document a caller says it is; None where that cannot be told."""
    fn, document = fiscal.get("fn"), fiscal.get("document")
    return Foreign(fn, document, receipt) if isinstance(fn, str) and isinstance(document, int) else None


def foreigners(book: Book) -> Iterator[Foreign]:
    """Every document of a bank's till that an order knows."""
    for made in book.documents.values():
        if made.document.by_bank and made.state is DocumentState.DONE and made.fiscal is not None:
            found = foreign(made.document.id, made.fiscal)
            if found is not None:
                yield found


def _is_whole(goods: Line | Item) -> bool:
    return goods.measure is Measure.PIECE and goods.fraction is None


def _of_items(items: Iterable[Item]) -> frozenset[str]:
    return _units(item.code for item in items if item.code is not None and _is_whole(item))


def _units(codes: Iterable[str]) -> frozenset[str]:
    return frozenset(found for code in codes if (found := unit(code)) is not None)
