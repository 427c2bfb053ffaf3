"""Marked goods afterwards: drives, marking system and journals against each other.

half-accepted   a code waits in a drive's table of checked ones, though no receipt is being made
marks           verdicts in the journal that are not the document's, a refusal of a unit that nobody has anything
                against, or a receipt with a bad line that nobody asked to be sold
told            a receipt's units that the marking system was not told of exactly once
doubled         a unit sold twice with [M+] through one gateway, or two while the marking system was always there; but
                not when a marking system that threw the first sale away says a day later that the unit is free
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from devices.registers.marking import MINUS, REASONS, letter
from emulator.fiscal_drive.documents import StoredDocument
from emulator.fiscal_drive.notifications import StoredNotification
from gateway.jobs import task as tasks
from gateway.jobs.model import Job, JobState
from gateway.jobs.units import BEING_SOLD, OFD_TO_SYSTEM, SOLD_HERE, UNITS
from protocols.ffd.enums import DocumentCode
from protocols.ffd.receipt import Receipt
from protocols.ffd.tlv import all_of, decode, find
from protocols.marking import read
from protocols.ofd import marking as messages
from simulation.houses import House
from simulation.orders import RECEIPTS
from simulation.units import SYSTEM
from simulation.world import World

if TYPE_CHECKING:
    from simulation.judge import Evidence

_CORRECTIONS = frozenset({DocumentCode.CORRECTION, DocumentCode.BSO_CORRECTION})
_SALES = frozenset({DocumentCode.RECEIPT, DocumentCode.BSO}) | _CORRECTIONS
#: A drive in which codes were left says so to whoever comes next.
_LEFTOVERS = frozenset({"fn_marking_sequence", "fn_marking_full"})
_GONE = frozenset({SOLD_HERE.code, BEING_SOLD.code})
#: How far the clocks of a register and of its gateway may be apart.
_CLOCKS = timedelta(hours=3)
#: 1054 -> whether the goods leave the shop.
_LEAVES: Mapping[int, bool] = {1: True, 2: False, 3: False, 4: True}


class Mark(NamedTuple):
    """A marked line of a document: its place, its unit, and 2106."""

    item: int
    cis: str
    flags: int


def judged(world: World, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """(kind, what) of everything that is not as promised."""
    yield from _half_accepted(world)
    yield from _told(world, evidence)
    yield from _twice(world, evidence)
    wanted: Counter[str] = Counter()
    for _, job in evidence.jobs:
        if job.kind in RECEIPTS:
            wanted.update(_units(tasks.to_receipt(job.body)).values())
    for house, job in evidence.jobs:
        if job.kind in RECEIPTS:
            yield from _verdicts(world, house, job, evidence, wanted)


def marks(document: StoredDocument) -> list[Mark]:
    """The lines of a document that hold a code and the result of its check."""
    found = []
    for place, line in enumerate(all_of(document.elements, 1059)):
        inner: Any = line.value
        code, flags = find(inner, 1163), find(inner, 2106)
        if code is not None and flags is not None:
            ((_, cis),) = ((one.tag, one.value) for one in code.value)
            found.append(Mark(place, cis, flags.value))
    return found


def _units(receipt: Receipt) -> dict[int, str]:
    return {place: read(item.marking.code).cis for place, item in enumerate(receipt.items) if item.marking is not None}


def _half_accepted(world: World) -> Iterator[tuple[str, str]]:
    for name, register in world.shop.registers.items():
        state = register.device.state()["marking"]
        if state["step"] != "none" or state["accepted"]:
            yield "half-accepted", f"{name}: {state}"


def _misunderstood(notification: StoredNotification) -> bool:
    """The marking system answered that it could not read it (2111): the drive has done its part."""
    if not notification.receipt:
        return False
    return messages.parse_receipt(notification.receipt).outcome == messages.NOTIFICATION_MALFORMED


def _told(world: World, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Every notification of a drive reached the marking system once, and says of every unit in its receipts."""
    assert world.shop.oism is not None
    arrived = Counter((fn, number) for fn, number, _ in world.shop.oism.notifications())
    for register in world.shop.registers.values():
        drive = register.device.drive
        told: dict[int, list[str]] = defaultdict(list)
        for one in drive.marking.all_notifications():
            if arrived[drive.number, one.number] not in ({0, 1} if _misunderstood(one) else {1}):
                yield "told", f"notification {one.number} of {drive.number} came {arrived[drive.number, one.number]}x"
            ((document),) = decode(one.tlv)
            told[one.document] += [find(line.value, 2101).value for line in all_of(document.value, 2007)]  # type: ignore[arg-type, union-attr]
        for (fn, number), document in evidence.documents.items():
            if fn == drive.number and document.code in _SALES:
                sold = sorted(mark.cis for mark in marks(document))
                if sold != sorted(told[number]):
                    yield "told", f"document {number} of {fn} moves {sold}, the marking system heard {told[number]}"


def _twice(world: World, evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Of receipts: a correction tells of a unit that has moved already, and may tell it twice."""
    if len(world.houses) > 1 and any(what.startswith(SYSTEM) for what in world.struck):
        return
    # Its caller asked to sell it whatever is said of it, and was told (`on_marking_failure`).
    asked = {
        (job.fiscal.fn, job.fiscal.document)
        for _, job in evidence.jobs
        if job.fiscal is not None and any(one.code == "marking_sold_here" for one in job.warnings)
    }
    thrown_away = {
        (register.device.drive.number, one.document)
        for register in world.shop.registers.values()
        for one in register.device.drive.marking.all_notifications()
        if _misunderstood(one)
    }
    yield from left_again(evidence.documents.values(), asked, thrown_away)


def left_again(
    documents: Iterable[StoredDocument], asked: Container[tuple[str, int]], thrown_away: Container[tuple[str, int]]
) -> Iterator[tuple[str, str]]:
    """`asked` and `thrown_away` are (drive, number): sold all the same, and never learnt by the marking system."""
    gone: dict[str, StoredDocument] = {}
    for document in sorted(documents, key=lambda one: (one.at, one.drive, one.number)):
        for mark in marks(document) if document.code in _SALES else ():
            if not _LEAVES[document.operation]:
                gone.pop(mark.cis, None)
                continue
            before = gone.get(mark.cis)
            gone[mark.cis] = document
            if before is None or document.code in _CORRECTIONS or letter(mark.flags) != "M+":
                continue
            late = document.at - before.at > OFD_TO_SYSTEM - _CLOCKS
            if (document.drive, document.number) in asked or (late and (before.drive, before.number) in thrown_away):
                continue
            yield "doubled", f"{mark.cis} leaves again with document {document.number} of {document.drive}"


def _verdicts(
    world: World, house: House, job: Job, evidence: Evidence, wanted: Counter[str]
) -> Iterator[tuple[str, str]]:
    name = f"{house.name} {job.id}"
    receipt = tasks.to_receipt(job.body)
    if job.state is JobState.DONE and job.fiscal is not None:
        document = evidence.documents.get((job.fiscal.fn, job.fiscal.document))
        held = [] if document is None else [(mark.item, mark.flags) for mark in marks(document)]
        if held and held != [(one.item, one.flags) for one in job.marking]:
            yield "marks", f"{name}: the document's are {held}, the journal's {job.marking}"
        if not receipt.sell_despite_marking and any(letter(flags) == MINUS for _, flags in held):
            yield "marks", f"{name}: a line is [M-], and nobody asked to sell it all the same"
    elif job.state is JobState.FAILED and job.error is not None and job.error.code in _LEFTOVERS:
        yield "half-accepted", f"{name} met what was left of another receipt: {job.error.detail}"
    elif job.state is JobState.FAILED and job.error is not None and job.error.code in _GONE:
        for one in (job.intent or {}).get(UNITS, ()):
            cis = _units(receipt)[one["item"]]
            if wanted[cis] < 2:
                yield "marks", f"{name}: {cis} was refused as sold here, and nobody else asked for it"
    elif job.state is JobState.FAILED and job.error is not None and job.error.code in REASONS:
        assert world.shop.oism is not None
        units, book = _units(receipt), world.shop.oism.book
        for one in job.marking:
            cis = units.get(one.item, "")
            if one.result == MINUS and not book.facts(cis).known and wanted[cis] < 2:
                yield "marks", f"{name}: {cis} was refused, and nobody has anything against it"
