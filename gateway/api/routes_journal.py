"""The journal itself: what it lost, what nobody owns, and its comparison with the drives."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.api import answers
from gateway.api.context import Context
from gateway.api.problems import Problem
from gateway.api.query import Query, no_query
from gateway.api.routes_registers import snapshot_of
from gateway.journal import report
from gateway.journal.records import Cause, Recovered
from gateway.journal.verify import finding, judge
from protocols.ffd.arithmetic import rubles

#: Documents of one answer: each is a question of its own, so that receipts go between them.
PAGE = 20
MAX_PAGE = 100
#: Seconds until a busy register answers one of them.
PATIENCE = 30.0
_ALL = 2**32


async def get_journal(context: Context, request: web.BaseRequest) -> web.StreamResponse:
    """The newest loss, documents that no job owns, and how far each drive is accounted for."""
    no_query(request)
    journal = context.shop.journal
    unowned = [one for name in context.shop.registers for one in journal.unowned(name)]
    return answers.json_answer(
        {
            "loss": None if journal.loss is None else answers.plain(report.facts(journal.loss)),
            "recovered": [_object(one) for one in unowned],
            "drives": [
                {"fn": one.fn, "register": one.register, "reviewed": one.reviewed} for one in journal.drives.values()
            ],
        }
    )


async def compare(context: Context, request: web.BaseRequest, name: str) -> web.StreamResponse:
    """Some documents of the drive against the journal, read between jobs; `next` is where to go on."""
    with Query(request, "after", "limit") as asked:
        after = asked.number("after", "a document number is expected") or 0
        limit = asked.number("limit", f"1 to {MAX_PAGE} is expected", 1, MAX_PAGE) or PAGE
    snapshot = snapshot_of(context, name)
    identity, drive = snapshot.identity, snapshot.drive
    if identity is None or drive is None:
        raise Problem("register_unreachable", f"register {name!r} was not read yet; try again when it is connected")
    journal = context.shop.journal
    final = min(after + limit, drive.last_document)
    owners = journal.owners(drive.number, after + 1, final)
    lost = {one.key for one in journal.unowned(name) if one.cause is Cause.LOST}
    found = []
    for number in range(after + 1, final + 1):
        document = await context.shop.document(name, number, seconds=PATIENCE)
        if document is not None and document.fiscal.fn != drive.number:
            raise Problem("register_unreachable", f"the drive of register {name!r} was replaced; begin anew")
        key = None if document is None else (drive.number, number, document.fiscal.sign)
        own = owners.get(number, [])
        found.append(finding(number, document, own, judge(document, own, lost=key in lost, identity=identity)))
    if final >= drive.last_document and snapshot.taken_at is not None:
        # What was made since the drive was looked at is not missing.
        seen = snapshot.taken_at
        beyond = journal.owners(drive.number, drive.last_document + 1, _ALL)
        found += [
            finding(number, None, jobs, judge(None, jobs, lost=False, identity=identity))
            for number, jobs in sorted(beyond.items())
            if all(job.updated_at < seen for job in jobs)
        ]
    return answers.json_answer(
        {
            "register": name,
            "fn": drive.number,
            "last": drive.last_document,
            "next": final if final < drive.last_document else None,
            "documents": found,
        }
    )


def _object(one: Recovered) -> dict[str, Any]:
    return {
        "register": one.register,
        "fiscal": answers.fiscal_object(one.fiscal),
        "code": None if one.fiscal.code is None else int(one.fiscal.code),
        "operation": None if one.operation is None else str(one.operation),
        "total": None if one.total is None else rubles(one.total),
        "cause": str(one.cause),
        "found_at": one.found_at.isoformat(),
    }
