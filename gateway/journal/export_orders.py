"""Orders for people who keep books: JSON lines with the whole log, and CSV, one line a document."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from gateway.journal import database, order_check
from gateway.journal.export import PAGE, cell
from gateway.journal.rows import stamp
from gateway.orders import log
from gateway.orders.book import Book, Made, folded
from protocols.ffd.arithmetic import rubles

#: Column of the CSV and its heading.
COLUMNS: Mapping[str, str] = {
    "order": "Заказ",
    "order_state": "Состояние заказа",
    "order_total": "Сумма заказа",
    "held": "Деньги покупателя",
    "debt": "Долг покупателя",
    "event": "Событие",
    "kind": "Вид чека",
    "id": "Ключ чека",
    "state": "Состояние чека",
    "total": "Итог",
    "prepaid": "Зачёт предоплаты",
    "fiscaliser": "Кто пробивает",
    "fn": "ФН",
    "document": "ФД",
    "sign": "ФП",
}
_MONEY = frozenset({"order_total", "held", "debt", "total", "prepaid"})


class Whole(NamedTuple):
    """An order and its log."""

    book: Book
    entries: list[str]
    updated_at: str


def orders(directory: Path, since: datetime | None, until: datetime | None) -> Iterator[Whole]:
    """Orders last changed in [since, until), by number, whether a daemon owns the journal or not."""
    path = directory / database.JOURNAL_FILE
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
        after = ""
        while page := connection.execute(
            "SELECT number, updated_at FROM orders WHERE number > ? ORDER BY number LIMIT ?", (after, PAGE)
        ).fetchall():
            after = page[-1][0]
            for number, updated_at in page:
                early = since is not None and updated_at < stamp(since)
                if not early and (until is None or updated_at < stamp(until)):
                    entries = [link.entry for link in order_check.links(connection, number)]
                    yield Whole(folded(number, map(log.from_json, entries)), entries, updated_at)


def to_jsonl(found: Iterator[Whole], out: TextIO) -> int:
    """One order a line, its log as it was kept; how many."""
    count = 0
    for book, entries, updated_at in found:
        told = {
            **_order(book),
            "changed_at": updated_at,
            "documents": [_document(one) for one in book.documents.values()],
        }
        out.write(json.dumps({**told, "log": [json.loads(entry) for entry in entries]}, ensure_ascii=False) + "\n")
        count += 1
    return count


def to_csv(found: Iterator[Whole], out: TextIO) -> int:
    """Semicolons, a byte order mark, Russian headings; an order without documents has one line; how many lines."""
    out.write("\ufeff")
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow(COLUMNS.values())
    count = 0
    for book, _, _ in found:
        for document in [_document(one) for one in book.documents.values()] or [{}]:
            line = {**_order(book), **document}
            table.writerow([_cell(name, line.get(name)) for name in COLUMNS])
            count += 1
    return count


FORMATS: Mapping[str, Callable[[Iterator[Whole], TextIO], int]] = {"jsonl": to_jsonl, "csv": to_csv}


def _order(book: Book) -> dict[str, Any]:
    return {
        "order": book.order.number,
        "order_state": str(book.state),
        "order_total": rubles(book.order.total),
        "held": rubles(book.ledger.held),
        "debt": rubles(book.ledger.debt),
    }


def _document(made: Made) -> dict[str, Any]:
    document, fiscal = made.document, made.fiscal or {}
    return {
        "event": document.event,
        "kind": str(document.kind),
        "id": document.id,
        "state": str(made.state),
        "total": rubles(document.total),
        "prepaid": rubles(document.prepaid),
        "fiscaliser": "bank" if document.by_bank else "local",
        **{name: fiscal.get(name) for name in ("fn", "document", "sign")},
    }


def _cell(name: str, value: object) -> str:
    return cell("total" if name in _MONEY else name, value)
