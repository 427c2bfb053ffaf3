"""Orders afterwards: what their program was told, their logs, their jobs and the drives against each other.

chain    an event that was accepted and is not in the log once, or was refused and is in it; documents made out of
         their order; money that the documents, the ledger and the accepted events do not agree on; a log that tells
         another order than the running one
doubled  a document of an order that its log does not know, or that it says was given up
lost     a document that the log says was made, and no drive holds it
silent   an order with a document to make that neither moves nor says why
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from order_laws import sound, sums, units

from emulator.fiscal_drive.documents import StoredDocument
from gateway.jobs.model import Job, JobState
from gateway.journal.database import JOURNAL_FILE
from gateway.journal.order_check import order_fault
from gateway.orders import log
from gateway.orders.book import Book, DocumentState, Made, folded
from gateway.orders.ledger import Document
from gateway.orders.log import GivenUp, Happened, Put, Registered
from gateway.orders.order import Cancel, Delivery, Event, Payment, Refund
from gateway.orders.service import UnknownOrder
from gateway.orders.words import REFUNDS, Form, Means, OrderState
from protocols.ffd.tlv import all_of, find
from simulation.chains import Chain, number_in
from simulation.crm import Crm
from simulation.houses import House
from simulation.world import World

if TYPE_CHECKING:
    from simulation.judge import Evidence

_Key = tuple[str, int]
_OUTGOING: Final = 2  # 1054: the money goes back
_GONE: Final = frozenset({DocumentState.CANCELLED, DocumentState.FAILED})
_ENDED: Final = frozenset({OrderState.CANCELLED, OrderState.SETTLED, OrderState.RETURNED})


async def judged(world: World, evidence: Evidence, crm: Crm) -> list[tuple[str, str]]:
    """(kind, what) of everything that is not as promised."""
    found = [("chain", what) for what in crm.complaints]
    found += [("silent", what) for what in crm.mute.values()]
    drives: dict[str, list[_Key]] = defaultdict(list)
    for key, document in evidence.documents.items():
        for number in numbers_in(document):
            drives[number].append(key)
    for chain in crm.chains:
        house = world.houses[chain.house]
        if house.alive:
            order = await _order(house, chain, evidence, drives.get(chain.number, []))
            found += [(kind, f"{house.name} {chain.number}: {what}") for kind, what in order]
    return found


async def counted(world: World, crm: Crm) -> Counter[str]:
    """Orders, what was accepted of them, and what they made."""
    sums: Counter[str] = Counter()
    for chain in crm.chains:
        house = world.houses[chain.house]
        if chain.put is None or not house.alive:
            continue
        book = await house.orders.get(chain.number)
        states = Counter(made.state for made in book.documents.values())
        sums["orders"] += 1
        sums["events"] += len(book.events)
        sums["refused"] += sum(bool(said.refused) and not said.accepted for said in chain.said.values())
        sums["documents"] += states[DocumentState.DONE]
        sums["given up"] += states[DocumentState.CANCELLED]
    return sums


def numbers_in(document: StoredDocument) -> set[str]:
    """The orders that a document's lines speak of."""
    found = set()
    for line in all_of(document.elements, 1059):
        inner: Any = line.value
        name = find(inner, 1030)
        number = None if name is None else number_in(str(name.value))
        found |= set() if number is None else {number}
    return found


async def _order(house: House, chain: Chain, evidence: Evidence, drives: list[_Key]) -> list[tuple[str, str]]:
    try:
        book = await house.orders.get(chain.number)
    except UnknownOrder:
        return [("lost", "it was accepted and is not known")] if chain.put is not None else []
    entries = [log.from_json(entry) for entry in house.journal.order_log(chain.number)]
    jobs = {job.id: job for owner, job in evidence.jobs if owner is house and job.order == chain.number}
    found = [("chain", what) for what in _said(chain, entries)]
    found += _documents(book, jobs, evidence, drives)
    found += [("chain", what) for what in _sequence(entries, book, jobs)]
    found += [("chain", what) for what in _money(chain, entries, book)]
    if folded(chain.number, entries) != book:
        found.append(("chain", "its log, folded anew, is another order than the running one"))
    found += [("chain", fault) for fault in _verified(house, chain.number)]
    if book.head is not None:
        found.append(("silent", f"{book.head.document.id} is {book.head.state} in good weather"))
    return found


def _verified(house: House, number: str) -> Iterator[str]:
    """What `journal verify` says of the order's rows."""
    uri = f"{(house.directory / JOURNAL_FILE).as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        row = connection.execute("SELECT * FROM orders WHERE number = ?", (number,)).fetchone()
        fault = order_fault(connection, row)
        if fault is not None:
            yield fault


def _said(chain: Chain, entries: Iterable[log.Entry]) -> Iterator[str]:
    """Events answered with success are in the log once, events answered with a refusal are not."""
    kept: dict[str, list[str]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry, Happened):
            kept[entry.event.id].append(entry.digest)
    for name, digests in kept.items():
        said = chain.said.get(name)
        if said is None or not said.sent:
            yield f"event {name} is in the log, and nobody told it"
        elif digests != [said.digest]:
            yield f"event {name} is in the log {len(digests)} times, or with another content"
        elif said.refused and not said.accepted:
            yield f"event {name} was refused ({said.refused}) and is in the log"
    for name, said in chain.said.items():
        if said.accepted and name not in kept:
            yield f"event {name} was accepted and is not in the log"


class _Money(NamedTuple):
    """Of a document: whether it goes back, and 1020, 1031, 1081, 1215, 1216."""

    back: bool
    total: int
    cash: int
    electronic: int
    prepaid: int
    postpaid: int


def _planned(document: Document) -> _Money:
    forms = {form: sum(one.sum for one in document.money if one.form is form) for form in Form}
    back = document.kind in REFUNDS
    cash, electronic = forms[Form.CASH], forms[Form.ELECTRONIC]
    return _Money(back, document.total, cash, electronic, document.prepaid, document.postpaid)


def _held(document: StoredDocument) -> _Money:
    tags = (find(document.elements, tag) for tag in (1031, 1081, 1215, 1216))
    money = [0 if one is None else one.value for one in tags]
    return _Money(document.operation == _OUTGOING, document.total, *money)  # type: ignore[arg-type]


def _documents(
    book: Book, jobs: Mapping[str, Job], evidence: Evidence, drives: list[_Key]
) -> Iterator[tuple[str, str]]:
    """Each document of the order is in a drive once if it was made, and never if it was not."""
    known: dict[_Key, str] = {}
    spoilt = set()
    for name, made in book.documents.items():
        job = jobs.get(name)
        if made.document.by_bank:
            if job is not None:
                yield "doubled", f"{name} is the bank's, and has a job"
        elif made.state is DocumentState.DONE:
            if job is None or job.state is not JobState.DONE:
                yield "lost", f"{name} is done in the log, its job is {job and job.state}"
                continue
            key = (str((made.fiscal or {}).get("fn")), int((made.fiscal or {}).get("document", 0)))
            told = any(warning.code == "read_back_differs" for warning in job.warnings)
            spoilt |= {key} if told else set()
            yield from _made(name, made, key, evidence, told=told)
            if other := known.get(key):
                yield "doubled", f"{name} and {other} are the same document {key}"
            known[key] = name
        elif job is not None and (made.state not in _GONE or job.state not in {JobState.FAILED, JobState.CANCELLED}):
            yield "chain", f"{name} is {made.state}, its job is {job.state}"
    yield from (("doubled", f"job {name} is of no document of the log") for name in jobs if name not in book.documents)
    for key in drives:
        if key not in known:
            yield "doubled", f"document {key[1]} of drive {key[0]} is in no entry of the log"
    for key, name in known.items():
        if key not in drives and key in evidence.documents and key not in spoilt:
            yield "chain", f"{name} is document {key[1]} of drive {key[0]}, which speaks of another order"


def _made(name: str, made: Made, key: _Key, evidence: Evidence, *, told: bool) -> Iterator[tuple[str, str]]:
    document = evidence.documents.get(key)
    if document is None:
        yield "lost", f"{name} is done as document {key}, which no drive holds"
    elif not told and _held(document) != _planned(made.document):
        yield "chain", f"{name} is planned as {_planned(made.document)}, document {key} says {_held(document)}"


def _sequence(entries: Iterable[log.Entry], book: Book, jobs: Mapping[str, Job]) -> Iterator[str]:
    """Documents are registered in the order of their events, and within an event in the order of the plan."""
    places: dict[str, tuple[int, int]] = {}
    events: dict[str, int] = {}  # in the order in which they were accepted
    last: dict[str, tuple[tuple[int, int], int, str]] = {}  # by drive
    for entry in entries:
        if isinstance(entry, Happened):
            events[entry.event.id] = len(events)
            places |= {one.id: (events[one.event], index) for index, one in enumerate(entry.documents)}
        elif isinstance(entry, GivenUp):
            for anew in entry.replanned:
                places |= {one.id: (events[anew.event], index) for index, one in enumerate(anew.documents)}
        elif isinstance(entry, Registered) and not book.documents[entry.document].document.by_bank:
            name, fn, number = entry.document, str(entry.fiscal["fn"]), int(entry.fiscal["document"])
            for drive, (place, before, other) in last.items():
                if places[name] <= place or (drive == fn and number <= before):
                    yield f"{name} (document {number} of {fn}) comes after {other}"
            last[fn] = places[name], number, name
    posted = [name for name in book.documents if name in jobs]
    if unwritten := [name for name in posted if name not in places]:
        yield f"jobs were made of {unwritten}, of which the log says nothing"
        return
    order = sorted(posted, key=lambda name: jobs[name].sequence)
    if [places[name] for name in order] != sorted(places[name] for name in posted):
        yield f"its documents became jobs in the order {order}"


def _money(chain: Chain, entries: Sequence[log.Entry], book: Book) -> Iterator[str]:
    """Documents, ledger and accepted events agree on the money; and the laws of every order hold."""
    done = [book.documents[entry.document].document for entry in entries if isinstance(entry, Registered)]
    events = {entry.event.id: entry.event for entry in entries if isinstance(entry, Happened)}
    by_event: dict[str, list[Document]] = defaultdict(list)
    for document in done:
        by_event[document.event].append(document)
    moved = 0
    for name, event in events.items():
        made = by_event[name]
        moved += sum(one.moved for one in made)
        said = _came(event)
        came = sum(one.moved for one in made if one.kind not in REFUNDS or isinstance(event, Refund))
        if book.head is None and name not in book.refused and said is not None and came != said:
            yield f"event {name} moved {said} kopecks, its documents {came}"
        if isinstance(event, Cancel) and name not in book.refused and book.head is None and book.state not in _ENDED:
            yield f"it was cancelled by {name} and is {book.state}"
    composition = [entry for entry in entries if isinstance(entry, Put)][-1]
    if chain.put is not None and (composition.lines, composition.common) != (chain.put.lines, chain.put.common):
        yield "its last PUT is not the one that was accepted last"
    if book.head is None and book.ledger != book.order.ledger:
        yield "what is intended is not what was made, though nothing is to come"
    order = replace(book.order, ledger=book.ledger)
    laws = [partial(sound, one) for one in done]
    for law in (*laws, partial(sums, order, done, moved), partial(units, order, done, chain.marked)):
        try:
            law()
        except AssertionError as error:
            yield f"a law of orders is broken: {error!r} at {_where(error)}"


def _came(event: Event) -> int | None:
    """Money that the caller said came (or, negative, went); None where the gateway reckons it."""
    match event:
        case Payment():
            return sum(one.sum for one in event.paid)
        case Delivery():
            return sum(one.sum for one in event.paid if one.means is not Means.CREDIT)
        case Refund():
            return None if event.sum is None else -event.sum
        case _:
            return None


def _where(error: AssertionError) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"line {trace.tb_lineno}"
