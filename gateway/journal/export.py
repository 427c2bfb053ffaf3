"""The journal for people who keep books: JSON lines, and CSV as Excel in a Russian locale opens it.

Rows are read a page at a time, so neither memory nor a reading transaction grows with the journal. Money is a decimal
string; in CSV its point is a comma, because Excel would take 12.05 for a date.
"""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from gateway.jobs.bodies import sum_of
from gateway.jobs.model import Job, JobKind
from gateway.journal import database, rows, verdicts
from gateway.journal.records import PermitVerdict
from gateway.journal.rows import stamp
from gateway.receipts.convert import to_receipt
from protocols.ffd.arithmetic import rubles

PAGE = 500
_RECEIPTS = frozenset({JobKind.RECEIPT, JobKind.CORRECTION})
_CASH = frozenset({JobKind.CASH_IN, JobKind.CASH_OUT})
_QR_SUM = re.compile(r"(?:^|&)s=([0-9]+\.[0-9]{2})").search

#: Column of the CSV and its heading; JSON lines bear the first and `body` besides.
COLUMNS: Mapping[str, str] = {
    "sequence": "№",
    "id": "Ключ",
    "kind": "Вид",
    "state": "Состояние",
    "register": "Касса",
    "order": "Заказ",
    "accepted_at": "Принят",
    "changed_at": "Изменён",
    "operation": "Признак расчёта",
    "total": "Итог",
    "cash": "Наличными",
    "electronic": "Безналичными",
    "prepaid": "Предоплата (аванс)",
    "postpaid": "Постоплата (кредит)",
    "other": "Иная форма",
    "customer": "Покупатель",
    "lines": "Позиций",
    "document_at": "Дата и время чека",
    "fn": "ФН",
    "document": "ФД",
    "sign": "ФП",
    "shift": "Смена",
    "number": "Чек за смену",
    "registration_number": "РН ККТ",
    "qr": "QR",
    "emulated": "Эмулятор",
    "warnings": "Предупреждения",
    "error": "Ошибка",
}
_MONEY = frozenset({"total", "cash", "electronic", "prepaid", "postpaid", "other"})


class Line(NamedTuple):
    """One job, and what permit mode said of its lines."""

    job: Job
    verdicts: list[PermitVerdict]


def jobs(directory: Path, since: datetime | None, until: datetime | None) -> Iterator[Line]:
    """Jobs accepted in [since, until), oldest first, whether a daemon owns the journal or not."""
    path = directory / database.JOURNAL_FILE
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        # A journal that an older program left has none yet.
        checked = bool(connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'verdicts'").fetchone())
        after = 0
        while True:
            page = connection.execute(
                "SELECT * FROM jobs WHERE sequence > ? ORDER BY sequence LIMIT ?", (after, PAGE)
            ).fetchall()
            if not page:
                return
            after = page[-1]["sequence"]
            for row in page:
                early = since is not None and row["created_at"] < stamp(since)
                late = until is not None and row["created_at"] >= stamp(until)
                if not early and not late:
                    yield Line(rows.job_of(row), verdicts.of_job(connection, row["id"]) if checked else [])


def facts(job: Job) -> dict[str, Any]:
    """One line of the export."""
    fiscal = job.fiscal
    return {
        "sequence": job.sequence,
        "id": job.id,
        "kind": str(job.kind),
        "state": str(job.state),
        "register": job.register,
        "order": job.order,
        "accepted_at": job.created_at.isoformat(timespec="seconds"),
        "changed_at": job.updated_at.isoformat(timespec="seconds"),
        **_content(job),
        "document_at": None if fiscal is None else fiscal.datetime.isoformat(timespec="seconds"),
        "fn": None if fiscal is None else fiscal.fn,
        "document": None if fiscal is None else fiscal.document,
        "sign": None if fiscal is None else fiscal.sign,
        "shift": None if fiscal is None else fiscal.shift,
        "number": None if fiscal is None else fiscal.number,
        "registration_number": None if fiscal is None else fiscal.registration_number,
        "qr": None if fiscal is None else fiscal.qr,
        "emulated": job.emulated,
        "warnings": ", ".join(warning.code for warning in job.warnings) or None,
        "error": None if job.error is None else job.error.code,
    }


def _content(job: Job) -> dict[str, Any]:
    if not job.body:  # dropped after the years it had to be kept: the QR still knows the sum
        match = _QR_SUM(job.fiscal.qr or "") if job.fiscal is not None else None
        return {"total": None if match is None else match[1]}
    if job.kind in _CASH:
        amount = rubles(sum_of(json.loads(job.body)))
        return {"total": amount, "cash": amount}
    if job.kind not in _RECEIPTS:
        return {}
    receipt = to_receipt(job.body)
    paid = receipt.payments
    sums = {
        "cash": paid.cash,
        "electronic": paid.electronic,
        "prepaid": paid.prepaid,
        "postpaid": paid.postpaid,
        "other": paid.other,
    }
    customer = receipt.customer
    return {
        "operation": str(receipt.operation),
        "total": rubles(receipt.total),
        **{name: rubles(amount) for name, amount in sums.items() if amount},
        "customer": None if customer is None else customer.email or customer.phone,
        "lines": len(receipt.items),
    }


def to_jsonl(found: Iterator[Line], out: TextIO) -> int:
    """One object a line with the body as it was accepted and permit mode's verdicts; how many."""
    count = 0
    for job, said in found:
        body = json.loads(job.body) if job.body else None
        whole = {**facts(job), "body": body, "permit": [permit_facts(one) for one in said]}
        out.write(json.dumps(whole, ensure_ascii=False) + "\n")
        count += 1
    return count


def permit_facts(verdict: PermitVerdict) -> dict[str, Any]:
    """A verdict with what was asked and answered: the evidence, should somebody doubt the sale."""
    return {**asdict(verdict), "at": verdict.at.isoformat(timespec="milliseconds")}


def to_csv(found: Iterator[Line], out: TextIO) -> int:
    """Semicolons, a byte order mark, Russian headings; how many lines."""
    out.write("\ufeff")
    table = csv.writer(out, delimiter=";", lineterminator="\r\n")
    table.writerow(COLUMNS.values())
    count = 0
    for job, _ in found:
        line = facts(job)
        table.writerow([cell(name, line.get(name)) for name in COLUMNS])
        count += 1
    return count


FORMATS: Mapping[str, Callable[[Iterator[Line], TextIO], int]] = {"jsonl": to_jsonl, "csv": to_csv}


def cell(name: str, value: object) -> str:
    """A value as a spreadsheet shows it: no text is taken for a formula, no long number is rounded."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "да" if value else ""
    text = str(value)
    if name in _MONEY:
        return text.replace(".", ",")
    if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} or (text.isdigit() and len(text) > 15):
        return f"'{text}"
    return text
