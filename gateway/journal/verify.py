"""The journal against the fiscal drive, document by document, and against itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from devices.registers.base import ArchivedDocument, Identity
from gateway.jobs.model import Job, JobKind
from gateway.jobs.task import with_requisites
from gateway.journal import check, database, order_check
from gateway.receipts.convert import to_receipt
from protocols.ffd.arithmetic import rubles
from protocols.ffd.compare import same_document
from protocols.ffd.enums import DocumentCode, Taxation

_RECEIPTS = frozenset({JobKind.RECEIPT, JobKind.CORRECTION})
_SALES = frozenset({DocumentCode.RECEIPT, DocumentCode.BSO, DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION})


class Verdict(StrEnum):
    """What is found about one document."""

    SAME = "same"
    MISSING = "missing"  # a job owns it, the drive lacks it
    SIGN_DIFFERS = "sign_differs"
    CONTENT_DIFFERS = "content_differs"
    RECOVERED = "recovered"  # no job owns it, and the journal lost rows: a person must say whose it is
    FOREIGN = "foreign"  # no job owns it: made by a cashier or another program
    REPORT = "report"  # a shift or another report that no job asked for
    NONE = "none"  # neither journal nor drive has it


#: What makes `journal verify` end with 1.
DIFFERENCES = frozenset({Verdict.MISSING, Verdict.SIGN_DIFFERS, Verdict.CONTENT_DIFFERS, Verdict.RECOVERED})


def judge(document: ArchivedDocument | None, owners: list[Job], *, lost: bool, identity: Identity) -> Verdict:
    """`owners` are the jobs that claim this number of this drive; `lost`: it was recovered after a loss."""
    if document is None:
        return Verdict.MISSING if owners else Verdict.NONE
    job = next((one for one in owners if one.fiscal is not None and one.fiscal.sign == document.fiscal.sign), None)
    if job is None:
        if owners:
            return Verdict.SIGN_DIFFERS
        if document.code not in _SALES:
            return Verdict.REPORT
        return Verdict.RECOVERED if lost else Verdict.FOREIGN
    return Verdict.SAME if _same_content(document, job, identity) else Verdict.CONTENT_DIFFERS


def _same_content(document: ArchivedDocument, job: Job, identity: Identity) -> bool:
    if job.kind not in _RECEIPTS:
        return document.code not in _SALES
    if not job.body:
        return document.code in _SALES  # its content was dropped after the years it had to be kept
    receipt = with_requisites(to_receipt(job.body), job.intent or {})
    filled = (job.intent or {}).get("taxation")
    if filled is not None:
        receipt = replace(receipt, taxation=Taxation[filled.upper()])
    elif receipt.taxation is None and len(identity.taxations) == 1:
        receipt = replace(receipt, taxation=next(iter(identity.taxations)))
    if not document.elements:
        return document.total == receipt.total and document.operation is receipt.operation
    return same_document(receipt, identity.ffd, document.elements, document.code)


def finding(number: int, document: ArchivedDocument | None, owners: list[Job], verdict: Verdict) -> dict[str, Any]:
    """One line of the answer."""
    found: dict[str, Any] = {"document": number, "verdict": str(verdict), "jobs": [job.id for job in owners]}
    if document is not None:
        found |= {
            "code": int(document.code),
            "sign": document.fiscal.sign,
            "datetime": document.fiscal.datetime.isoformat(),
            "total": None if document.total is None else rubles(document.total),
            "acknowledged": document.acknowledged,
        }
    return found


def file(directory: Path, progress: Callable[[int, int], None]) -> Mapping[str, Any]:
    """SQLite's full check, the digest of every body, every order against its log; a daemon may own the journal.

    `progress` hears how many jobs were looked at, and of how many.
    """
    path = directory / database.JOURNAL_FILE
    faults = check.whole(path)
    jobs, without_body, orders = 0, 0, 0
    if not faults:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
            connection.row_factory = sqlite3.Row
            total = int(connection.execute("SELECT coalesce(max(sequence), 0) FROM jobs").fetchone()[0])
            after = 0
            while page := connection.execute(
                "SELECT * FROM jobs WHERE sequence > ? ORDER BY sequence LIMIT 1000", (after,)
            ).fetchall():
                after = page[-1]["sequence"]
                for row in page:
                    fault = check.row_fault(row)
                    jobs += 1
                    without_body += row["body"] == ""
                    if fault is not None:
                        faults.append(fault)
                progress(after, total)
            for row in _orders(connection):
                orders += 1
                fault = order_check.order_fault(connection, row)
                if fault is not None:
                    faults.append(fault)
    return {"faults": faults, "jobs": jobs, "without_body": without_body, "orders": orders}


def _orders(connection: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    """Every order's row; none in a journal that an older program left."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'order_units'").fetchone():
        return
    after = ""
    while page := connection.execute(
        "SELECT * FROM orders WHERE number > ? ORDER BY number LIMIT 100", (after,)
    ).fetchall():
        yield from page
        after = page[-1]["number"]
