"""Afterwards: drive, OFD and journal compared document by document and content by content.

lost      accepted and gone; or `done` and no such document
doubled   a document that no job, or more than one job, answers for
silent    a job without a last word that does not say why, or waits for nothing
wrong     the journal's fiscal data, or the content, are not the drive's; cash that does not add up
illegal   a state that may not follow another; a job parked although its fate can be proven
spoilt    another content than was sent, made by the line and told by the job (`spoilt`): no fault, counted apart
ofd       what the drive holds and the OFD did not get, or got otherwise
and what `simulation.marks` finds about marked goods, `simulation.permitted` about permit mode
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from spoilt import excused

from devices.registers.base import Fiscal
from emulator.fault_kinds import FaultKind
from emulator.fiscal_drive.documents import StoredDocument
from gateway.jobs import bodies
from gateway.jobs import task as tasks
from gateway.jobs.model import FINAL_STATES, Job, JobKind, JobState
from gateway.jobs.register import RegisterSettings
from gateway.jobs.states import may_follow
from protocols.ffd.compare import same_document
from protocols.ffd.enums import DocumentCode, FfdVersion
from protocols.ffd.tlv import find
from simulation import marks, permitted
from simulation.callers import Caller
from simulation.houses import House
from simulation.orders import CASH, RECEIPTS
from simulation.stranger import FIRST_TOTAL
from simulation.world import World

_FISCAL = frozenset({DocumentCode.RECEIPT, DocumentCode.CORRECTION, DocumentCode.BSO, DocumentCode.BSO_CORRECTION})
_SHIFTS = {JobKind.OPEN_SHIFT: DocumentCode.SHIFT_OPEN, JobKind.CLOSE_SHIFT: DocumentCode.SHIFT_CLOSE}
#: Two gateways that both wanted the shift closed have both got what they wanted; nothing tells whose report it is.
_REPORTS = frozenset(_SHIFTS.values())
_INCOMING = {1: 1, 2: -1, 3: -1, 4: 1}
SPOILT = "spoilt"
#: The register forgets to count what it takes for unmade.
_BREAKS_COUNTERS = f"register {FaultKind.DRIVE_ERROR_KEPT}"


class Finding(NamedTuple):
    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


@dataclass(slots=True)
class Evidence:
    """What was found in the journals and in the drives."""

    jobs: list[tuple[House, Job]] = field(default_factory=list)
    documents: dict[tuple[str, int], StoredDocument] = field(default_factory=dict)
    claims: dict[tuple[str, int], list[str]] = field(default_factory=lambda: defaultdict(list))


async def gather(world: World) -> Evidence:
    evidence = Evidence()
    for house in world.houses.values():
        found, _ = await house.journal.find(limit=100_000)
        evidence.jobs += [(house, job) for job in reversed(found)]
    for document in world.archive():
        evidence.documents[document.drive, document.number] = document
    for house, job in evidence.jobs:
        key = answered_for(job)
        if key is not None:
            evidence.claims[key].append(f"{house.name} {job.id}")
    return evidence


def answered_for(job: Job) -> tuple[str, int] | None:
    """The document that a job says is its own."""
    if job.state is not JobState.DONE:
        return None
    if job.fiscal is not None:
        return job.fiscal.fn, job.fiscal.document
    said = (job.result or {}).get("resolved", {}).get("document")
    # A person's word on a drive that is not there any more: nothing can be read of the document.
    return None if said is None or job.bookmark is None else (job.bookmark.fn, said)


async def judge(world: World, caller: Caller) -> list[Finding]:
    """Everything that is not as promised; empty: lost 0, doubled 0, silent 0, wrong 0."""
    evidence = await gather(world)
    found = [Finding("wrong", complaint) for complaint in caller.complaints]
    found += _lost(world, evidence)
    found += _silent(evidence)
    for house, job in evidence.jobs:
        if job.state is JobState.DONE:
            found += _done(world, house, job, evidence)
    found += _documents(evidence)
    found += _cash(world, evidence)
    found += _ofd(world, evidence)
    found += [Finding(kind, what) for kind, what in marks.judged(world, evidence)]
    found += [Finding(kind, what) for kind, what in await permitted.judged(world, evidence)]
    for house in world.houses.values():
        found += await _events(house, [job for owner, job in evidence.jobs if owner is house])
    return found


def _lost(world: World, evidence: Evidence) -> Iterator[Finding]:
    known = {(house.name, job.id): job for house, job in evidence.jobs}
    for key, order in world.orders.items():
        job = known.get(key)
        if job is None:
            if order.accepted:
                yield Finding("lost", f"{order.house} accepted {order.id} and does not know it")
        elif job.digest != order.new.digest and order.accepted:
            yield Finding("wrong", f"{order.house} holds other content under {order.id}")


def _silent(evidence: Evidence) -> Iterator[Finding]:
    for house, job in evidence.jobs:
        if job.state in FINAL_STATES:
            continue
        if not job.warnings:
            yield Finding("silent", f"{house.name} {job.id} is {job.state} and says nothing")
        elif job.state is not JobState.SETTLING:
            said = "; ".join(f"{one.code}: {one.detail}" for one in job.warnings)
            yield Finding("silent", f"{house.name} {job.id} is {job.state} in good weather: {said}")


def _done(world: World, house: House, job: Job, evidence: Evidence) -> Iterator[Finding]:
    name = f"{house.name} {job.id}"
    key = answered_for(job)
    if key is None:
        if job.kind in RECEIPTS:
            yield Finding("lost", f"{name} is done without a document")
        return
    document = evidence.documents.get(key)
    if document is None:
        yield Finding("lost", f"{name} is done as document {key[1]}, which drive {key[0]} does not hold")
        return
    fiscal = job.fiscal
    if fiscal is None:
        if document.total != total_of(job):
            yield Finding("wrong", f"{name}: a person said document {key[1]}, which is another one")
        return
    yield from _fiscal(name, job.kind, fiscal, document)
    if job.kind not in RECEIPTS:
        return
    wanted = tasks.again(job, RegisterSettings(name=job.register), house.now()).document
    told = [warning.detail for warning in job.warnings if warning.code == "read_back_differs"]
    if told and len(evidence.claims[key]) == 1 and excused(told, (), world.hurt[house.name, job.id]):
        yield Finding(SPOILT, f"{name}: document {key[1]}: {'; '.join(told)}")
        return
    if not same_document(wanted, _ffd(world, job.register), document.elements, document.code):
        yield Finding("wrong", f"{name}: document {key[1]} is another receipt than was posted")
    yield from (Finding("wrong", f"{name}: {text}") for text in told)


def _fiscal(name: str, kind: JobKind, fiscal: Fiscal, document: StoredDocument) -> Iterator[Finding]:
    """The journal's fiscal data against the drive's document."""
    asked = (fiscal.sign, fiscal.datetime.replace(tzinfo=None), fiscal.code or document.code)
    if asked != (document.sign, document.at, document.code):
        yield Finding("wrong", f"{name}: {asked}, the drive {(document.sign, document.at, document.code)}")
    if kind in _SHIFTS:
        if document.code is not _SHIFTS[kind]:
            yield Finding("wrong", f"{name} is done as document {document.number}, a {document.code.name}")
    elif (fiscal.shift or document.shift, fiscal.number or document.receipt) != (document.shift, document.receipt):
        yield Finding("wrong", f"{name}: shift {fiscal.shift} receipt {fiscal.number}, the drive {document.shift}")


def _ffd(world: World, register: str) -> FfdVersion:
    registration = world.shop.registers[register].device.drive.registration
    assert registration is not None
    return registration.ffd


def _documents(evidence: Evidence) -> Iterator[Finding]:
    by_total: dict[int, list[str]] = defaultdict(list)
    for house, job in evidence.jobs:
        if job.kind in RECEIPTS:
            by_total[total_of(job)].append(f"{house.name} {job.id} {job.state}")
    for (drive, number), document in evidence.documents.items():
        owners = evidence.claims.get((drive, number), [])
        if len(owners) > 1 and not (document.code in _REPORTS and len({one.split()[0] for one in owners}) > 1):
            yield Finding("doubled", f"document {number} of drive {drive} belongs to {', '.join(owners)}")
        elif not owners and document.code in _FISCAL and document.total < FIRST_TOTAL:
            jobs = ", ".join(by_total.get(document.total, ["nobody"]))
            yield Finding("doubled", f"document {number} of drive {drive} has no owner; asked for by {jobs}")


def total_of(job: Job) -> int:
    """Kopecks that a receipt's job asks for: the mark of its content."""
    return tasks.to_receipt(job.body).total


def _cash(world: World, evidence: Evidence) -> Iterator[Finding]:
    """The drawer holds what receipts, cash ins and outs made of it."""
    if world.struck[_BREAKS_COUNTERS] or world.retired:
        return
    for name, register in world.shop.registers.items():
        drive = register.device.drive.number
        holds = register.device.state()["cash"]
        holds -= sum(_cash_of(one) for (fn, _), one in evidence.documents.items() if fn == drive)
        parked = []
        for _, job in evidence.jobs:
            if job.register == name and job.kind in CASH:
                amount = bodies.sum_of(bodies_of(job)) * (1 if job.kind is JobKind.CASH_IN else -1)
                if job.state is JobState.DONE:
                    holds -= amount
                elif job.state not in FINAL_STATES:
                    parked.append(amount)
        sums = {sum(some) for size in range(len(parked) + 1) for some in combinations(parked, size)}
        if holds not in sums:
            yield Finding("doubled" if len(sums) == 1 else "wrong", f"{name}: {holds} kopecks of cash are unaccounted")


def bodies_of(job: Job) -> dict[str, str]:
    import json

    body: dict[str, str] = json.loads(job.body)
    return body


def _cash_of(document: StoredDocument) -> int:
    if document.code not in _FISCAL:
        return 0
    cash = find(document.elements, 1031)
    amount = cash.value if cash else 0
    assert isinstance(amount, int)
    return amount * _INCOMING[document.operation]


def _ofd(world: World, evidence: Evidence) -> Iterator[Finding]:
    assert world.shop.ofd is not None
    received = {(one.fn, one.number): one.tlv for one in world.shop.ofd.received()}
    for key, document in evidence.documents.items():
        tlv = received.pop(key, None)
        if tlv is None:
            yield Finding("ofd", f"document {key[1]} of drive {key[0]} never came")
        elif tlv != document.tlv:
            yield Finding("ofd", f"document {key[1]} of drive {key[0]} came with other content")
    for drive, number in received:
        yield Finding("ofd", f"document {number} of drive {drive} is not in the drive")


async def _events(house: House, jobs: list[Job]) -> list[Finding]:
    """Each job's states in the order of commits: legal, and ending in the state it is in."""
    found: list[Finding] = []
    last: dict[str, JobState] = {}
    seen = 0
    created: Counter[str] = Counter()
    while page := await house.journal.events(seen, 5000):
        for event in page:
            if event.id <= seen:
                found.append(Finding("illegal", f"{house.name}: event {event.id} after {seen}"))
            seen = event.id
            if event.type != "job":
                continue
            state = JobState(event.state)
            before = last.get(event.subject)
            if before is None:
                created[event.subject] += 1
                if state is not JobState.QUEUED:
                    found.append(Finding("illegal", f"{house.name}: {event.subject} begins as {state}"))
            elif not may_follow(before, state):
                found.append(Finding("illegal", f"{house.name}: {event.subject} went from {before} to {state}"))
            last[event.subject] = state
    found += [
        Finding("illegal", f"{house.name}: {job.id} is {job.state}, its events say {last.get(job.id)}")
        for job in jobs
        if last.get(job.id) is not job.state
    ]
    return found
