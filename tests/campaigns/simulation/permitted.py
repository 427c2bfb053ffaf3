"""Permit mode afterwards: what the drive's documents bear against what the services really said.

permit   a receipt with a unit that was refused, or about which nobody was asked; tag 1260 that is of another sale, of
         another unit or of no answer at all; a refusal for which nobody gave a reason; a verdict that is not kept
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from emulator.fiscal_drive.documents import StoredDocument
from gateway.jobs import task as tasks
from gateway.jobs.model import Job, JobKind, JobState
from gateway.journal.records import PermitVerdict
from protocols.ffd.enums import FfdVersion, Operation
from protocols.ffd.receipt import Receipt
from protocols.ffd.tlv import all_of, find
from protocols.marking import read
from simulation.houses import House
from simulation.permits import SERVICES, Said, Services
from simulation.world import World

if TYPE_CHECKING:
    from simulation.judge import Evidence

#: 1262-1264 of the requisite (marking.md §4.3).
_DECREE: Final = {1262: "030", 1263: "21.11.2023", 1264: "1944"}
_REFUSED: Final = frozenset({"permit_denied", "permit_no_answer"})
#: Fields of an answer that must not be false: of every unit, and of one that is sold besides.
_SOUND, _FREE = ("valid", "found", "utilised", "verified"), ("realizable",)
#: What may keep an answer from coming in time.
_TROUBLES: Final = (SERVICES, "machine stalled")


async def judged(world: World, evidence: Evidence) -> list[tuple[str, str]]:
    """(kind, what) of everything that is not as promised."""
    found: list[tuple[str, str]] = []
    if world.permits is None:
        return found
    owners: dict[str, str] = {}
    for house, job in evidence.jobs:
        if job.kind is not JobKind.RECEIPT:
            continue
        sale = _Sale(world, world.permits, house, job, await house.journal.verdicts(job.id))
        document = None if job.fiscal is None else evidence.documents.get((job.fiscal.fn, job.fiscal.document))
        complaints = list(sale.kept())
        if job.state is JobState.DONE and document is not None and "resolved" not in (job.result or {}):
            complaints += sale.done(document, owners)
        elif job.state is JobState.FAILED and job.error is not None and job.error.code in _REFUSED:
            complaints += sale.refused()
        found += [("permit", f"{house.name} {job.id}: {text}") for text in complaints]
    return found


class _Sale:
    """One receipt's job, and the verdicts that its journal keeps."""

    def __init__(
        self, world: World, services: Services, house: House, job: Job, verdicts: Sequence[PermitVerdict]
    ) -> None:
        self._world = world
        self._services = services
        self._house = house
        self._job = job
        self._verdicts = verdicts
        receipt = tasks.to_receipt(job.body)
        self._sale = receipt.operation is Operation.SELL
        self._units = _units(receipt)
        self._lines = {one["item"]: one for one in (job.intent or {}).get("permit", ())}
        self._last = {one.item: one for one in verdicts}

    def kept(self) -> Iterator[str]:
        for one in self._verdicts:
            if one.source != "none" and not (one.request and (one.answer or one.reason == "permit_emergency")):
                yield f"the verdict {one.reason} about line {one.item} is kept without what was said"

    def done(self, document: StoredDocument, owners: dict[str, str]) -> Iterator[str]:
        """`owners`: whose reqId was met in which document."""
        if self._lines.keys() != self._units.keys():
            yield f"lines {sorted(self._units)} are to be asked about, {sorted(self._lines)} were"
            return
        registration = self._world.shop.registers[self._job.register].device.drive.registration
        assert registration is not None
        with_tag = registration.ffd is FfdVersion.V1_2
        held = requisites(document)
        for place, line in enumerate(held):
            verdict = self._last.get(place)
            if place not in self._units:
                if line is not None:
                    yield f"line {place} bears {line}, and it has no unit to ask about"
                continue
            if verdict is None:
                yield f"line {place} was made without a verdict"
                continue
            if line != (verdict.value if with_tag else None):
                yield f"line {place} bears {line}, its verdict says {verdict.value}"
            if verdict.value is None:
                yield from self._unasked(place)
            else:
                yield from self._answered(place, verdict.value, document, owners)

    def refused(self) -> Iterator[str]:
        refused = [one for one in self._lines.values() if not one["allowed"]]
        if not refused:
            yield f"refused by permit mode, and no line is: {self._lines}"
        for one in refused:
            verdict = self._last[one["item"]]
            if one["reason"] == "permit_no_answer":
                if "refuse" not in self._services.may_sell_unasked():
                    yield f"line {one['item']} was refused without an answer, and the rule sells"
                if not any(what.startswith(_TROUBLES) for what in self._world.struck):
                    yield f"line {one['item']} was refused without an answer, and everybody answers"
            elif not any(
                self._allows(said, one["item"]) is False
                for key, said in self._services.said.items()
                if key in verdict.answer
            ):
                yield f"line {one['item']} was refused with {one['reason']}, and nobody said so"

    def _unasked(self, place: int) -> Iterator[str]:
        """Sold without an answer."""
        reason = self._lines[place]["reason"]
        excused = {
            "permit_by_rule": self._sale and "sell" in self._services.may_sell_unasked(),
            "permit_by_operator": self._sale and self._house.name in self._services.ordered,
            "permit_return_unchecked": not self._sale,
            "permit_emergency": bool(self._world.struck[f"{SERVICES} emergency"]),
        }
        if not excused.get(reason, False):
            yield f"line {place} was sold without an answer: {reason}"
        elif reason != "permit_return_unchecked" and reason not in {one.code for one in self._job.warnings}:
            yield f"line {place} was sold without an answer ({reason}), and the job does not say so"

    def _answered(self, place: int, value: str, document: StoredDocument, owners: dict[str, str]) -> Iterator[str]:
        request = dict(part.split("=", 1) for part in value.split("&"))["UUID"]
        said = self._services.said.get(request)
        if said is None:
            yield f"line {place} bears {value}, and nobody heard that answer"
            return
        if said.house != self._house.name or self._job.id not in said.jobs:
            yield f"line {place} bears an answer to {said.house} about {sorted(said.jobs)}"
        allows = self._allows(said, place)
        if not allows:
            yield f"line {place} was {'refused' if allows is False else 'not spoken of'} by {value}"
        where = f"document {document.number} of {document.drive}"
        if owners.setdefault(request, where) != where:
            yield f"line {place} bears {value}, which {owners[request]} bears too"

    def _allows(self, said: Said, place: int) -> bool | None:
        """What an answer means for a line, None where it is not about its unit."""
        entry = said.entries.get(self._units[place])
        if entry is None:
            return None
        if said.offline:
            return not (self._sale and entry.get("isBlocked"))
        bad = any(entry.get(name) is False for name in (_SOUND + _FREE if self._sale else _SOUND))
        return not bad and not (self._sale and (entry.get("isBlocked") or entry.get("sold")))


def requisites(document: StoredDocument) -> list[str | None]:
    """Tag 1265 of permit mode's 1260, line by line."""
    found: list[str | None] = []
    for line in all_of(document.elements, 1059):
        inner: Any = line.value
        values: list[Any] = [None]
        for one in all_of(inner, 1260):
            parts = {tag: find(one.value, tag).value for tag in (1262, 1263, 1264, 1265)}  # type: ignore[arg-type, union-attr]
            if _DECREE.items() <= parts.items():
                values = [parts[1265]]
        found += values
    return found


def _units(receipt: Receipt) -> dict[int, str]:
    """The lines that permit mode concerns: what a buyer gets or brings back."""
    if receipt.operation not in {Operation.SELL, Operation.SELL_REFUND}:
        return {}
    return {place: read(item.marking.code).cis for place, item in enumerate(receipt.items) if item.marking is not None}
